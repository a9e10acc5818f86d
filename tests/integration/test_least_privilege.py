"""Whoever works in the database does his work and nothing to the log: the product at its seals, the redactor beyond his one act."""

import sqlite3
from types import SimpleNamespace

import psycopg
import pytest

from tests.databases import Ground, sqlite_ground
from tests.integration import test_append_only as on_sqlite
from tests.integration import test_append_only_on_postgresql as on_a_server
from tests.servers import REDACTOR
from workflow.persistence.engine import open_redactor_engine
from workflow.persistence.roles import grant_to_redactor

SEALS = ("audit_leaf", "audit_head", "audit_checkpoint", "audit_alarm")
HIS_OWN = "DELETE FROM audit_private"

AT_THE_SEALS = tuple(
    attack.format(table=table)
    for table in SEALS
    for attack in (
        "DELETE FROM {table}",
        "UPDATE {table} SET size = 0" if table in ("audit_head", "audit_checkpoint") else "UPDATE {table} SET seq = 0",
        "INSERT INTO {table} SELECT * FROM {table}",
        "DROP TABLE {table}",
        "ALTER TABLE {table} RENAME TO old_{table}",
        "ALTER TABLE {table} ADD COLUMN more TEXT",
    )
)
SQLITE_ALONE = tuple(
    attack.format(table=table)
    for table in SEALS
    for attack in (
        "REPLACE INTO {table} SELECT * FROM {table}",
        "INSERT OR IGNORE INTO {table} SELECT * FROM {table}",
        "DROP TRIGGER {table}_update",
        "CREATE TEMP TRIGGER quiet BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END",
    )
)
SERVER_ALONE = tuple(
    attack.format(table=table)
    for table in SEALS
    for attack in (
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TRIGGER {table}_insert ON {table}",
        "CREATE RULE quiet AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT DO NOTHING",
        "COPY {table} FROM PROGRAM 'echo'",
        "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    )
)


@pytest.fixture
def file(tmp_path):
    """A log of three entries with one private value, in a file."""
    ground = sqlite_ground(tmp_path)
    database = ground.database()
    on_a_server.written(database)
    yield database
    ground.close()


@pytest.fixture(scope="module")
def served(postgresql_stock, tmp_path_factory):
    """The same on a server, with the role that may erase; every attack finds it as the one before should have left it."""
    ground = Ground(postgresql_stock, tmp_path_factory.mktemp("privilege"))
    database = on_a_server.written(ground.database())
    grant_to_redactor(database.owner, REDACTOR)
    name = database.url.rpartition("/")[2]
    yield SimpleNamespace(database=database, url=database.url, redactor=postgresql_stock.server.url_of(name, REDACTOR))
    ground.close()


def attempted(engine, attack, path):
    """Whether a connection of this engine refuses the attack; whatever it did is kept."""
    connection = engine.raw_connection()
    try:
        return on_sqlite.attempt(connection, attack.format(path=path / "office.db"))
    finally:
        connection.close()


def naming_entries(attack, log):
    """The attack with the ids of this log in the place of those that its author knew."""
    for row in log["audit_event"]:
        attack = attack.replace(f"'e{row[3]}'", f"'{row[1]}'")
    return attack


@pytest.mark.parametrize("attack", AT_THE_SEALS + SQLITE_ALONE)
def test_the_product_does_nothing_to_the_seals_of_a_file(file, tmp_path, attack):
    before = on_sqlite.log_of(file)

    assert attempted(file.engine, attack, tmp_path)

    assert on_sqlite.log_of(file) == before


@pytest.mark.parametrize("attack", AT_THE_SEALS + SERVER_ALONE)
def test_the_product_does_nothing_to_the_seals_on_a_server(served, attack):
    before = on_a_server.log_of(served.database)

    assert on_a_server.refused(served.url, "BEGIN", attack)

    assert on_a_server.log_of(served.database) == before


@pytest.mark.parametrize(
    "attack", [one for one in on_sqlite.REWRITES + on_sqlite.BREAK_INS + AT_THE_SEALS if one != HIS_OWN]
)
def test_who_erases_in_a_file_can_do_nothing_else_to_the_log(file, tmp_path, attack):
    before = on_sqlite.log_of(file)
    engine = open_redactor_engine(file.url)

    refused = attempted(engine, naming_entries(attack, before), tmp_path)

    engine.dispose()
    assert refused
    assert on_sqlite.log_of(file) == before


@pytest.mark.parametrize(
    "attack", [one for one in on_a_server.REWRITES + on_a_server.BREAK_INS + AT_THE_SEALS if one != HIS_OWN]
)
def test_who_erases_on_a_server_can_do_nothing_else_to_the_log(served, attack):
    before = on_a_server.log_of(served.database)

    assert on_a_server.refused(served.redactor, "BEGIN", attack)

    assert on_a_server.log_of(served.database) == before


def test_who_erases_can_erase(file, served):
    engine = open_redactor_engine(file.url)
    with engine.begin() as connection:
        assert connection.exec_driver_sql(HIS_OWN).rowcount == 3
    engine.dispose()
    with psycopg.connect(served.redactor.replace("+psycopg", "")) as connection:
        assert connection.execute(HIS_OWN).rowcount == 3
        connection.rollback()


def test_the_product_cannot_erase(file, served):
    connection = file.engine.raw_connection()
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        connection.driver_connection.execute(HIS_OWN)
    connection.close()
    with (
        psycopg.connect(served.url.replace("+psycopg", "")) as product,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        product.execute(HIS_OWN)
