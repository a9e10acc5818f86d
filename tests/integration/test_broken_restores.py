"""A restore is killed anywhere: nobody takes what is left for an office, everybody is told what to do, and doing it helps."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event

from tests.databases import Ground
from tests.integration.test_backups import Place, place_of, restored, target  # noqa: F401  the fixtures
from tests.offices import new_task, opened_office
from web import create_app
from web.cli import dondoc
from web.settings import Settings
from workflow.persistence import backup, migrations, open_owner_engine
from workflow.persistence.engine import closed_after
from workflow.persistence.restoration import RESTORING
from workflow.persistence.statements import observing
from workflow.services import auditing

ROOT = Path(__file__).parents[2]
SENTENCE = "run again: dondoc restore FOLDER"
LONGEST = 30.0
UNREACHABLE = 6


@pytest.fixture
def ground(postgresql_stock, tmp_path):
    """On a server; a SQLite file is brought into its place when it is whole (tests/integration/test_crashes.py)."""
    made = Ground(postgresql_stock, tmp_path)
    yield made
    made.close()


@pytest.fixture
def task(ground):
    return new_task(opened_office(ground))


@pytest.fixture
def kept(ground, task, tmp_path):
    """A backup of an office in which something happened."""
    assert task
    folder = tmp_path / "kept" / "monday"
    place_of(ground, ground.databases[-1].folder).run("backup", str(folder))
    return folder


@pytest.fixture
def watch(ground, target):  # noqa: F811  the fixture
    """The server's superuser, looking at the place that is restored into."""
    name = target.environ["DONDOC_DATABASE_URL"].rpartition("/")[2]
    with psycopg.connect(ground.stock.server.url, dbname=name, autocommit=True) as connection:
        yield connection


def is_marked(watch):
    if watch.execute("SELECT to_regclass('setting')").fetchone()[0] is None:
        return False
    return watch.execute("SELECT count(*) FROM setting WHERE key = %s", (RESTORING,)).fetchone()[0] == 1


def is_written_to(watch):
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    return (
        watch.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others} AND backend_xid IS NOT NULL").fetchone()[0]
        > 0
    )


def is_left_alone(watch):
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    return watch.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}").fetchone()[0] == 0


def until(holds):
    end = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.002)


def revision_at(place: Place):
    with closed_after(open_owner_engine(place.environ["DONDOC_OWNER_DATABASE_URL"])) as engine:
        return migrations.current(engine)


def ran(place: Place, *words):
    command = [sys.executable, "-m", "web", *words, "--data", str(place.data)]
    env = {**os.environ, "DONDOC_LANG": "en", **place.environ}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def restoring(place: Place, folder: Path):
    """A process of its own that restores, killed at the end of the block as by a power cut."""
    command = [sys.executable, "-m", "web", "restore", str(folder), "--data", str(place.data)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **place.environ},
        stdout=subprocess.DEVNULL,
    )
    # Whoever watches is the quicker one, on a busy machine as well.
    os.setpriority(os.PRIO_PROCESS, process.pid, 5)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL, "it had ended before it was killed"


def test_one_that_is_killed_while_it_fills_the_database_leaves_nothing(kept, target, restored, watch, task):  # noqa: F811
    with restoring(target, kept):
        until(lambda: is_written_to(watch))
    until(lambda: is_left_alone(watch))

    assert revision_at(target) is None
    target.run("restore", str(kept))
    assert target.run("item", "show", task)
    assert auditing.verify(restored()).ok


def test_one_that_is_killed_later_leaves_what_nobody_takes_for_an_office(kept, target, restored, watch, task, tmp_path):  # noqa: F811
    with restoring(target, kept):
        until(lambda: is_marked(watch))
    until(lambda: is_left_alone(watch))

    server = ran(target, "serve", "--port", "0")
    assert (server.returncode, SENTENCE in server.stderr) == (UNREACHABLE, True), server
    for words in (
        ("clock", "--once"),
        ("init",),
        ("item", "list"),
        ("audit", "verify"),
        ("backup", str(tmp_path / "half")),
    ):
        assert SENTENCE in target.run(*words, code=UNREACHABLE).stderr, words
    assert not (tmp_path / "half").exists()
    assert SENTENCE in target.run("doctor", code=1).stdout
    assert is_marked(watch)

    target.run("restore", str(kept))
    assert not is_marked(watch)
    assert target.run("item", "show", task)
    assert target.run("clock", "--once")
    assert auditing.verify(restored()).ok
    assert auditing.replay(restored()).differences == ()
    target.run("restore", str(kept), code=UNREACHABLE)


def test_pages_and_calls_say_that_there_is_no_office_yet(kept, target, watch):  # noqa: F811
    with restoring(target, kept):
        until(lambda: is_marked(watch))
    until(lambda: is_left_alone(watch))
    app = create_app(Settings.from_environ(target.data, target.environ))
    visitor = app.test_client()

    page, ready = visitor.get("/feeds/anything.ics"), visitor.get("/readyz")
    call = visitor.get("/api/v1/items", headers={"Authorization": "Bearer anything"})

    assert (page.status_code, call.status_code, ready.status_code) == (503, 503, 503)
    assert "Hệ thống chưa sẵn sàng" in page.text
    assert [reason["code"] for reason in call.json["reasons"]] == ["half_restored"]
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def test_two_at_once_do_not_come_between_each_other(kept, target, watch):  # noqa: F811
    with restoring(target, kept) as first:
        until(lambda: is_marked(watch))
        first.send_signal(signal.SIGSTOP)
        second = ran(target, "restore", str(kept))

    assert second.returncode == UNREACHABLE
    assert "Another restore is at work" in second.stderr


# -- at each of its steps -----------------------------------------------------------------------------------------------


def killed(act) -> bool:
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


def at_call(number):
    seen = count(1)

    def called(*_said):
        if next(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return called


def in_the_schema(number):
    event.listen(Engine, "before_cursor_execute", at_call(number))


def in_a_table(number):
    """In the middle of its rows."""
    last = at_call(number)

    def half_filled(driver, statement, file):
        with driver.cursor().copy(statement) as rows:
            content = file.read_bytes()
            rows.write(content[: len(content) // 2])
            last()
            rows.write(content[len(content) // 2 :])

    backup._fill = half_filled


def dying(place: Place, folder: Path, prepare, number):
    prepare(number)
    with observing(at_call(number) if prepare is in_the_end else lambda _said: None):
        done = CliRunner(env=place.environ).invoke(dondoc, ["restore", str(folder), "--data", str(place.data)])
    assert done.exit_code == 0, done.output


def in_the_end(_number):
    """While the filled database is made fit to live in."""


STEPS = [
    *((in_the_schema, number) for number in (1, 2, 10, 60, 150)),
    *((in_a_table, number) for number in (1, 8, 25)),
    *((in_the_end, number) for number in (1, 2, 4, 7, 9)),
    # Over what those left behind.
    *((in_the_schema, number) for number in (5, 40, 100)),
    (in_a_table, 12),
    (in_the_end, 6),
]


def test_wherever_it_is_killed_it_is_nothing_or_refused_and_restored_again(kept, target, restored, watch, task):  # noqa: F811
    was_marked = False
    for where, number in STEPS:
        assert killed(partial(dying, target, kept, where, number)), (where, number)
        until(partial(is_left_alone, watch))
        # What an earlier attempt left stays until a later one has filled the place anew, all of it at once.
        was_marked = was_marked or where is in_the_end
        assert is_marked(watch) is was_marked, (where, number)
        assert (revision_at(target) is not None) is was_marked, (where, number)
        if was_marked:
            assert SENTENCE in target.run("item", "list", code=UNREACHABLE).stderr

    assert not killed(partial(dying, target, kept, in_the_end, 10_000))
    assert not is_marked(watch)
    assert target.run("item", "show", task)
    assert auditing.verify(restored()).ok
    assert auditing.replay(restored()).differences == ()
