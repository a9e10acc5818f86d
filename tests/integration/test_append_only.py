"""Nobody who got hold of a connection of the product rewrites the log in its SQLite file (fault F18 of the matrix)."""

import sqlite3
from datetime import UTC, datetime

import pytest

from tests.databases import sqlite_ground
from workflow.audit import ActorMark, Head, compose

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

ROW = "'{id}', 'task/i1', {n}, 0, 'move', 'p-evil', NULL, 'i1', x'00', x'00'"
REWRITES = (
    "UPDATE audit_event SET body = x'00'",
    "UPDATE audit_event SET body = x'00' WHERE n = 2",
    "UPDATE OR REPLACE audit_event SET id = 'e1' WHERE n = 2",
    "UPDATE OR IGNORE audit_event SET n = 9",
    "DELETE FROM audit_event",
    "DELETE FROM audit_event WHERE n = 3",
    f"REPLACE INTO audit_event VALUES ({ROW.format(id='e2', n=2)})",
    f"INSERT OR REPLACE INTO audit_event VALUES ({ROW.format(id='e2', n=4)})",
    f"INSERT OR REPLACE INTO audit_event VALUES ({ROW.format(id='new', n=2)})",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='e2', n=2)}) ON CONFLICT DO UPDATE SET body = x'00'",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=2)}) ON CONFLICT (stream, n) DO UPDATE SET body = x'00'",
    f"INSERT OR IGNORE INTO audit_event VALUES ({ROW.format(id='e2', n=2)})",
    "INSERT OR REPLACE INTO audit_event (rowid, id, stream, n, rec, type, actor_id, body, leaf) VALUES (2, 'new', 'task/i1', 4, 0, 'move', 'p', x'00', x'00')",  # noqa: E501  one attack, one line
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=9)})",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=0)})",
    "UPDATE audit_private SET value = '\"x\"'",
    "REPLACE INTO audit_private SELECT event_id, field, salt, '\"x\"' FROM audit_private",
    "INSERT OR REPLACE INTO audit_private (rowid, event_id, field, salt, value) VALUES (1, 'e1', 'other', x'00', 'x')",
)
"""Refused by triggers on every connection, the owner's too, whatever its pragmas say."""

BREAK_INS = (
    "DELETE FROM audit_private",
    "DROP TABLE audit_event",
    "DROP TRIGGER audit_event_update",
    "DROP TRIGGER audit_event_delete",
    "DROP TRIGGER audit_event_insert",
    "DROP INDEX ix_audit_event_rec",
    "ALTER TABLE audit_event RENAME TO old_event",
    "ALTER TABLE audit_event DROP COLUMN tr",
    "ALTER TABLE audit_event ADD COLUMN more TEXT",
    "ALTER TABLE audit_event RENAME COLUMN body TO old_body",
    "CREATE TABLE audit_other (id TEXT)",
    "CREATE TEMP TABLE audit_event (id TEXT)",
    "CREATE TEMP VIEW audit_event AS SELECT 1",
    "CREATE TRIGGER quiet AFTER INSERT ON audit_event BEGIN SELECT 1; END",
    "CREATE TEMP TRIGGER quiet BEFORE INSERT ON audit_event BEGIN SELECT RAISE(IGNORE); END",
    "CREATE VIRTUAL TABLE pages USING dbstat",
    "PRAGMA writable_schema = ON",
    "PRAGMA writable_schema = RESET",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA secure_delete = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA trusted_schema = ON",
    "PRAGMA journal_mode = OFF",
    "PRAGMA schema_version = 99",
    "UPDATE sqlite_schema SET sql = ''",
    "DELETE FROM sqlite_schema WHERE type = 'trigger'",
    "INSERT INTO sqlite_schema VALUES ('trigger', 't', 'audit_event', 0, '')",
    "ATTACH '{path}' AS other",
    "VACUUM INTO '{path}.copy'",
    "SELECT load_extension('evil')",
)
"""Refused by the authorizer of the product's connections; the owner's could."""


@pytest.fixture
def ground(tmp_path):
    return sqlite_ground(tmp_path)


@pytest.fixture
def office(database):
    """A log of three entries with one private value."""
    head = Head()
    with database.write() as uow:
        for n in range(1, 4):
            made = compose(  # noqa: S604  a word of the log, no process
                stream="task/i1",
                n=n,
                previous=head.leaf,
                recorded_at=NOW,
                effective_at=NOW,
                type="move",
                actor=ActorMark("p-an"),
                shell="web",
                comment="riêng tư" if n == 1 else None,
            )
            uow.audit.append(made)
            head = made.head
    with database.owner.begin() as connection:
        # Ids that the attacks can name.
        connection.exec_driver_sql("DROP TRIGGER audit_event_update")
        connection.exec_driver_sql("DROP TRIGGER audit_private_update")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("UPDATE audit_private SET event_id = 'e1'")
        connection.exec_driver_sql("UPDATE audit_event SET id = 'e' || n")
        for table in ("audit_event", "audit_private"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
    return database


def log_of(database):
    with database.owner.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"SELECT rowid, * FROM {name} ORDER BY rowid").fetchall()
            for name in ("audit_event", "audit_private", "sqlite_schema")
        }


REFUSALS = ("not authorized", "authorization denied", "may not be modified", "append-only", "never rewritten")
"""The words of a refusal; a mistake in an attack would be told in others."""


def attempt(connection, attack):
    """Whether the attack was refused; whatever it did is kept."""
    try:
        connection.driver_connection.execute(attack).fetchall()
    except sqlite3.DatabaseError as refusal:
        return any(words in str(refusal) for words in REFUSALS)
    finally:
        connection.driver_connection.commit()
    return False


@pytest.mark.parametrize("attack", REWRITES + BREAK_INS)
def test_no_statement_of_the_product_rewrites_the_log(office, tmp_path, attack):
    before = log_of(office)
    connection = office.engine.raw_connection()

    refused = attempt(connection, attack.format(path=tmp_path / "office.db"))

    connection.close()
    assert refused
    assert log_of(office) == before


# SQLite itself refuses VACUUM inside a transaction.
@pytest.mark.parametrize("attack", [attack for attack in REWRITES + BREAK_INS if "VACUUM" not in attack])
def test_no_attack_hides_in_an_open_transaction(office, tmp_path, attack):
    before = log_of(office)
    connection = office.engine.raw_connection()
    connection.driver_connection.execute("BEGIN IMMEDIATE")

    refused = attempt(connection, attack.format(path=tmp_path / "office.db"))

    connection.close()
    assert refused
    assert log_of(office) == before


@pytest.mark.parametrize("pragma", ["ON", "OFF"])
@pytest.mark.parametrize("attack", REWRITES)
def test_triggers_refuse_the_rewriting_even_without_the_authorizer(office, attack, pragma):
    before = log_of(office)
    connection = office.owner.raw_connection()
    connection.driver_connection.execute(f"PRAGMA recursive_triggers = {pragma}")

    refused = attempt(connection, attack)

    connection.driver_connection.execute("PRAGMA recursive_triggers = ON")
    connection.close()
    assert refused
    assert log_of(office) == before


def test_many_attacks_at_once_are_refused_too(office):
    before = log_of(office)
    connection = office.engine.raw_connection()

    with pytest.raises(sqlite3.DatabaseError):
        connection.driver_connection.executescript("PRAGMA writable_schema = ON; DELETE FROM audit_event;")

    connection.close()
    assert log_of(office) == before


def test_an_honest_entry_is_still_taken_after_all_that(office, tmp_path):
    connection = office.engine.raw_connection()
    for attack in REWRITES + BREAK_INS:
        attempt(connection, attack.format(path=tmp_path / "office.db"))
    connection.close()

    with office.write() as uow:
        head = uow.audit.head("task/i1")
        made = compose(  # noqa: S604  a word of the log, no process
            stream="task/i1",
            n=head.n + 1,
            previous=head.leaf,
            recorded_at=NOW,
            effective_at=NOW,
            type="move",
            actor=ActorMark("p-an"),
            shell="web",
            comment="thêm",
        )
        uow.audit.append(made)

    with office.read() as uow:
        assert uow.audit.head("task/i1") == made.head


def test_the_product_keeps_its_settings_on_every_connection(database):
    settings = {}
    for _ in range(2):
        connection = database.engine.raw_connection()
        for name in (
            "journal_mode",
            "synchronous",
            "foreign_keys",
            "recursive_triggers",
            "trusted_schema",
            "secure_delete",
            "busy_timeout",
        ):
            value = connection.driver_connection.execute(f"PRAGMA {name}").fetchone()[0]
            settings.setdefault(name, set()).add(value)
        connection.invalidate()

    assert settings == {
        "journal_mode": {"wal"},
        "synchronous": {2},
        "foreign_keys": {1},
        "recursive_triggers": {1},
        "trusted_schema": {0},
        "secure_delete": {1},
        "busy_timeout": {5000},
    }
