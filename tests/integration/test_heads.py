"""F17 on the database itself: the end of a stream is cut off, taken back or swapped. The chain that is left holds; verify tells."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from tests.offices import OPENING, at, moved, new_task, opened_office
from tests.sealing import sealer_of
from workflow.services import auditing
from workflow.services.sealing import commit_to_heads, seal


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def task(office):
    return new_task(office)


@pytest.fixture
def stream(office, task):
    with office.read() as uow:
        return f"task/{uow.items.get(task).item.id}"


@pytest.fixture
def tamper(ground, office, task):  # noqa: ARG001  there must be something to change
    """What the owner of the database can do who takes the guards away."""

    database = ground.databases[-1]

    def done(statement, *values):
        if ground.name == "sqlite":
            # A tool of its own, which looks at no reference between tables.
            with closing(sqlite3.connect(database.folder / "office.sqlite")) as connection, connection:
                triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for (name,) in triggers:
                    connection.execute(f'DROP TRIGGER "{name}"')
                connection.execute(statement, values)
            return
        with database.owner.begin() as connection:
            for table in ("audit_event", "audit_private", "audit_leaf"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.exec_driver_sql("ALTER TABLE audit_leaf DROP CONSTRAINT IF EXISTS fk_audit_leaf_event_id")
            connection.exec_driver_sql(statement.replace("?", "%s"), values)

    return done


def cut(tamper, stream, upto):
    for table, column in (("audit_leaf", "event_id"), ("audit_private", "event_id"), ("audit_event", "id")):
        tamper(
            f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM audit_event WHERE stream = ? AND n > ?)",
            stream,
            upto,
        )


def found(office):
    verified = auditing.verify(office)
    assert verified.ok is (verified.first_bad is None and not verified.heads)
    assert verified.first_bad is None, "the chain itself holds"
    return [(one.stream, one.n, one.code) for one in verified.heads]


def sealed(ground, office, day=0):
    with sealer_of(ground.databases[-1]) as sealer:
        seal(sealer)
        commit_to_heads(at(office, OPENING + timedelta(days=day)))
        seal(sealer)


def test_an_office_at_work_keeps_the_ends_of_its_streams(ground, office, task):
    for day in range(3):
        moved(office, "head.kt", task, "progress", progress=str(day))
        sealed(ground, office, day)
    new_task(office)

    assert found(office) == []


def test_the_end_of_an_items_stream_that_was_cut_off_is_told(office, tamper, stream):
    cut(tamper, stream, 2)

    assert found(office) == [(stream, 2, "log_shorter")]


def test_a_stream_that_is_gone_altogether_is_told(office, tamper, stream):
    cut(tamper, stream, 0)

    assert found(office) == [(stream, 3, "log_shorter")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("head_n = head_n - 1", "row_behind"),
        ("head_n = head_n + 1", "log_shorter"),
        ("head_leaf = (SELECT leaf FROM audit_event WHERE n = 1 LIMIT 1)", "row_hash"),
        ("head_rec = head_rec - 1", "row_time"),
        ("head_rec = NULL", "row_time"),
    ],
)
def test_a_head_that_was_changed_in_its_row_is_told(office, tamper, stream, change, code):
    tamper(f"UPDATE item SET {change} WHERE id = ?", stream.partition("/")[2])

    assert found(office) == [(stream, 3, code)]


def test_a_row_that_was_deleted_with_its_head_is_told(office, tamper, stream):
    tamper("DELETE FROM item WHERE id = ?", stream.partition("/")[2])

    assert found(office) == [(stream, 3, "row_missing")]


@pytest.mark.usefixtures("task")
def test_the_end_of_a_stream_of_no_item_is_told_by_what_the_log_committed_to(ground, office, tamper):
    sealed(ground, office)

    cut(tamper, "definition/task", 0)

    assert [name for name, _n, _code in found(office)] == ["log"]


def test_a_sealed_entry_that_is_gone_is_told_by_its_place(ground, office, tamper, stream):
    sealed(ground, office)
    for table, column in (("audit_private", "event_id"), ("audit_event", "id")):
        tamper(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM audit_event WHERE stream = ? AND n > 2)", stream)

    codes = [code for _stream, _n, code in found(office)]

    assert codes == ["log_shorter", "sealed_gone", "heads_root"]


def test_an_item_that_was_taken_back_with_its_end_is_told_by_what_the_log_committed_to(ground, office, tamper, stream):
    sealed(ground, office)
    cut(tamper, stream, 2)
    tamper(
        "UPDATE item SET head_n = 2, head_leaf = (SELECT leaf FROM audit_event WHERE stream = ? AND n = 2),"
        " head_rec = (SELECT rec FROM audit_event WHERE stream = ? AND n = 2) WHERE id = ?",
        stream,
        stream,
        stream.partition("/")[2],
    )

    assert [name for name, _n, _code in found(office)] == ["log"]
