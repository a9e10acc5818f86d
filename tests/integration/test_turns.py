"""One process at a time: whoever has the turn of a name, and when another one gets it."""

import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.offices import caller, opened_office
from workflow.persistence import open_engine
from workflow.persistence.jobs import Asked
from workflow.persistence.turns import turn
from workflow.services import jobs
from workflow.services.items import NewItem, create
from workflow.values import replace

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from workflow.persistence import open_engine
from workflow.persistence.turns import turn
with turn(open_engine(sys.argv[1]), "clock") as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def engine(database):
    return database.engine


@contextmanager
def another(database):
    """An engine as another process has it."""
    made = open_engine(database.url)
    yield made
    made.dispose()


def test_one_has_the_turn_and_the_next_gets_it_when_he_ends(database, engine):
    with another(database) as second:
        with turn(engine, "clock") as mine, turn(second, "clock") as his:
            assert (mine, his) == (True, False)
        with turn(second, "clock") as his:
            assert his is True


def test_turns_of_other_names_are_free(database, engine):
    with another(database) as second, turn(engine, "clock") as mine, turn(second, "jobs") as his:
        assert (mine, his) == (True, True)


def test_a_fault_gives_the_turn_back(engine):
    with pytest.raises(ZeroDivisionError), turn(engine, "clock"):
        raise ZeroDivisionError

    with turn(engine, "clock") as mine:
        assert mine is True


def test_whoever_did_not_get_it_does_not_give_it_back(database, engine):
    with another(database) as second, turn(engine, "clock"):
        with turn(second, "clock"):
            pass
        with turn(second, "clock") as his:
            assert his is False


def test_a_killed_process_leaves_its_turn(database, engine):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database.url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "True\n"
        with turn(engine, "clock") as mine:
            assert mine is False
        holder.send_signal(signal.SIGKILL)

    for _ in range(1000):
        with turn(engine, "clock") as mine:
            if mine:
                return
    pytest.fail("the turn of a killed process is still taken")


def test_long_jobs_are_worked_on_by_one_process_at_a_time(ground):
    opened = opened_office(ground)
    engine = ground.databases[0].engine
    office = replace(opened, turn=partial(turn, engine))
    made = create(
        office, caller(office, "clerk"), NewItem("task", "kt", {"title": "A", "source": "KH", "area": "the-che"})
    )
    jobs.start(office, caller(office, "chairman"), "assign", [Asked(made.item.code, made.item.revision)], None)

    with turn(engine, "jobs"):
        assert jobs.work(office) == 0
    assert jobs.work(office) == 1


def test_a_stretch_of_long_jobs_ends_where_it_was_told(ground):
    office = opened_office(ground)
    clerk, fields = caller(office, "clerk"), {"title": "A", "source": "KH", "area": "the-che"}
    items = [create(office, clerk, NewItem("task", "kt", fields)).item for _ in range(3)]
    jobs.start(office, caller(office, "chairman"), "assign", [Asked(one.code, one.revision) for one in items], None)

    assert [jobs.work(office, 2) for _ in range(3)] == [2, 1, 0]
