"""Writers are killed at any instant: what was answered is there once, what was not is done once when it is asked again (F1, G1).

DONDOC_KILLS says how many kills; the whole measure is 2 000 of them.
"""

import os
import random
import selectors
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from tests.databases import sqlite_ground
from tests.offices import caller, moved, new_task, opened_office
from web.cli import dondoc
from workflow.audit import canonical
from workflow.persistence import UnitOfWork, migrations, open_engine, open_owner_engine
from workflow.persistence.backup import copy_out
from workflow.persistence.statements import observing
from workflow.services import auditing, backups
from workflow.services.editions import Editions
from workflow.services.moves import Done, MoveRequest, perform
from workflow.services.office import Office
from workflow.values import replace

KILLS = int(os.environ.get("DONDOC_KILLS", "200"))
ON_A_SERVER = 20
"""There it is a client that dies; the server has tests of its own."""
WRITERS = 2
MOVES_A_KILL = 50
LONGEST = 20.0
"""Seconds that a round may take on a machine that has other things to do."""


@dataclass
class Place:
    """One database, opened anew in every process: a connection never survives a fork."""

    url: str
    opened: list = field(default_factory=list)

    def engine(self):
        if not self.opened:
            self.opened.append(open_engine(self.url))
        return self.opened[0]

    def close(self):
        for engine in self.opened:
            engine.dispose()
        self.opened.clear()

    def write(self):
        return UnitOfWork(self.engine())

    def read(self):
        return UnitOfWork(self.engine(), read_only=True)


@pytest.fixture
def place(ground):
    opened_office(ground)
    database = ground.databases[-1]
    database.close()
    made = Place(database.url)
    yield made
    made.close()


@pytest.fixture
def office(place):
    first = opened(place)
    codes = [new_task(first) for _ in range(3)]
    return first, codes, caller(first, "head.kt")


def opened(place):
    """The office with its editions read once: who is forked from here need not read them again."""
    from tests.offices import OPENING, shipped
    from workflow.clock import fixed

    library = shipped()
    return Office(
        place.write,
        place.read,
        fixed(OPENING),
        Editions(place.read, library.names),
        library.calendars,
        library.names,
    )


def write_until_killed(office, who, codes, tag, answers):
    """Make moves, each under a key of its own, and tell of each that was answered."""
    for n in count():
        key = f"{tag}-{n}"
        os.write(answers, f"?{key}\n".encode())
        asked = MoveRequest(codes[n % len(codes)], "progress", inputs={"progress": str(n % 101)})
        if isinstance(perform(office, replace(who, key=key), asked), Done):
            os.write(answers, f"!{key}\n".encode())


def writer(office, who, codes, tag):
    """A process that writes; its number, and where it tells what it asked (?) and what was answered (!)."""
    told, answers = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of the test's own may run twice.
        with suppress(BaseException):
            os.close(told)
            write_until_killed(office, who, codes, tag, answers)
        os._exit(1)
    os.close(answers)
    return child, told


def killed(place, office, who, codes, number, chance):
    """What the writers of one round had asked and been answered when they were killed in the middle of it."""
    place.close()
    crew = [writer(office, who, codes, f"{number}-{one}") for one in range(WRITERS)]
    said = {told: b"" for _child, told in crew}
    wanted = WRITERS * chance.randint(MOVES_A_KILL - 15, MOVES_A_KILL + 25)
    until = time.monotonic() + LONGEST
    try:
        with selectors.DefaultSelector() as ears:
            for told in said:
                ears.register(told, selectors.EVENT_READ)
            while sum(part.count(b"!") for part in said.values()) < wanted and time.monotonic() < until:
                for ready, _events in ears.select(0.1):
                    said[ready.fd] += os.read(ready.fd, 65536)
        # At any instant of a move: they last a millisecond or two.
        time.sleep(chance.uniform(0, 0.005))
    finally:
        # Whatever befalls the test, nobody of the crew outlives it.
        for child, _told in crew:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    lines = [line for told, part in said.items() for line in (part + rest_of(told)).decode().split("\n")[:-1]]
    return {line[1:] for line in lines if line[0] == "?"}, {line[1:] for line in lines if line[0] == "!"}


def rest_of(told):
    """What a killed process had told and nobody had read yet."""
    rest = b""
    while part := os.read(told, 65536):
        rest += part
    os.close(told)
    return rest


def keys_of(office, codes):
    """How often each key stands in the log."""
    found = {}
    with office.read() as uow:
        for code in codes:
            item = uow.items.get(code).item
            for entry in uow.audit.stream(f"task/{item.id}"):
                key = canonical.decode(entry.body).get("req", {}).get("key")
                if key:
                    found[key] = found.get(key, 0) + 1
    return found


def test_nothing_answered_is_lost_and_nothing_is_done_twice_however_often_writers_are_killed(
    ground, place, office, record_property
):
    first, codes, who = office
    moved(first, "head.kt", codes[0], "progress", progress="1")
    kills = KILLS if ground.name == "sqlite" else min(KILLS, ON_A_SERVER)
    chance = random.Random(6)
    asked, answered, rounds = set(), set(), 0
    began = time.monotonic()
    while rounds * WRITERS < kills:
        more_asked, more_answered = killed(place, first, who, codes, rounds, chance)
        asked, answered, rounds = asked | more_asked, answered | more_answered, rounds + 1
    unheard = asked - answered
    known = keys_of(first, codes)

    assert len(answered) >= MOVES_A_KILL * kills
    assert answered - known.keys() == set()
    assert {key for key, times in known.items() if times != 1} == set()
    assert auditing.verify(first).ok
    assert auditing.replay(first).differences == ()

    for key in sorted(unheard):
        n = int(key.rpartition("-")[2])
        again = MoveRequest(codes[n % len(codes)], "progress", inputs={"progress": str(n % 101)})
        assert perform(first, replace(who, key=key), again).replayed == (key in known)
    after = keys_of(first, codes)
    assert after.keys() == asked
    assert set(after.values()) == {1}
    assert auditing.replay(first).differences == ()
    figures = {"kills": rounds * WRITERS, "moves": len(answered), "committed unheard": len(unheard & known.keys())}
    figures["seconds"] = round(time.monotonic() - began)
    for name, figure in figures.items():
        record_property(name, figure)
    print(figures)


# -- killed in the middle of what runs the house ------------------------------------------------------------------------


def dies(act):
    """Do that in a process of its own; whether it was killed before it was done."""
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            act()
            code = 0
        os._exit(code)
    _child, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)


def at_statement(number):
    """An observer that kills its own process at the statement of that number."""
    seen = count(1)

    def observe(*_said):
        if next(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return observe


def migrated(url, number):
    engine = open_owner_engine(url)
    event.listen(engine, "before_cursor_execute", at_statement(number))
    migrations.upgrade(engine)
    engine.dispose()


def test_a_migration_that_is_killed_leaves_the_old_schema_or_the_new_one(tmp_path):
    numbers = [1, 2, 3, *range(5, 2000, 23)]
    for number in numbers:
        url = f"sqlite:///{tmp_path}/killed-{number}.sqlite"
        killed_there = dies(partial(migrated, url, number))
        engine = open_owner_engine(url)
        with engine.connect() as connection:
            tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").scalar_one()
        assert migrations.current(engine) == (None if killed_there else migrations.newest())
        assert bool(tables) is not killed_there
        if killed_there:
            migrations.upgrade(engine)
            assert migrations.current(engine) == migrations.newest()
        engine.dispose()
        if not killed_there:
            break
    assert number > 50


def test_a_restore_that_is_killed_leaves_no_office_behind(tmp_path):
    ground = sqlite_ground(tmp_path)
    live = opened_office(ground)
    code = new_task(live)
    database = ground.databases[-1]
    backups.make(live, partial(copy_out, database.owner), tmp_path / "kept" / "monday")
    database.close()
    words = ["restore", str(tmp_path / "kept" / "monday"), "--data", str(tmp_path / "new")]

    def restored(number):
        with observing(at_statement(number)):
            assert CliRunner().invoke(dondoc, words).exit_code == 0

    for number in (1, 2, 4, 7):
        assert dies(partial(restored, number))
        assert not (tmp_path / "new" / "dondoc.sqlite").exists()
    assert not dies(partial(restored, 10_000))
    told = CliRunner().invoke(dondoc, ["item", "show", code, "--data", str(tmp_path / "new")])
    assert told.exit_code == 0, told.output
