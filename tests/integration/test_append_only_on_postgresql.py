"""Nobody who got hold of a connection of the product rewrites the log on a PostgreSQL server (fault F18 of the matrix)."""

from datetime import UTC, datetime

import psycopg
import pytest

from tests.databases import Ground
from tests.servers import OWNER, PRODUCT
from workflow.audit import ActorMark, Head, compose
from workflow.persistence.roles import grant

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

ROW = "'{id}', 'task/i1', {n}, 0, 'move', 'p-evil', NULL, 'i1', '\\x00', '\\x00'"
REWRITES = (
    "UPDATE audit_event SET body = '\\x00'",
    "UPDATE audit_event SET body = '\\x00' WHERE n = 2",
    "DELETE FROM audit_event",
    "DELETE FROM audit_event WHERE n = 3",
    "TRUNCATE audit_event CASCADE",
    "TRUNCATE audit_private",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=2)}) ON CONFLICT (stream, n) DO UPDATE SET body = '\\x00'",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=2)}) ON CONFLICT DO NOTHING",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=3)})",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=9)})",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=0)})",
    f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=4)}), ({ROW.format(id='newer', n=6)})",
    "UPDATE audit_private SET value = '\"x\"'",
    "INSERT INTO audit_private SELECT event_id, field, salt, '\"x\"' FROM audit_private",
    "INSERT INTO audit_private SELECT * FROM audit_private ON CONFLICT (event_id, field) DO UPDATE SET value = 'x'",
    "MERGE INTO audit_event USING (VALUES (2)) AS old (n) ON audit_event.n = old.n WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM audit_event RETURNING n) SELECT n FROM gone",
)
"""Refused to the owner too, as long as the triggers stand."""

BREAK_INS = (
    "DELETE FROM audit_private",
    "DROP TABLE audit_event",
    "DROP TABLE audit_private",
    "DROP TRIGGER audit_event_change ON audit_event",
    "DROP TRIGGER audit_event_insert ON audit_event",
    "DROP FUNCTION audit_append_only() CASCADE",
    "DROP INDEX ix_audit_event_rec",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "ALTER TABLE audit_event DISABLE TRIGGER audit_event_change",
    "ALTER TABLE audit_event RENAME TO old_event",
    "ALTER TABLE audit_event DROP COLUMN tr",
    "ALTER TABLE audit_event ADD COLUMN more TEXT",
    "ALTER TABLE audit_event RENAME COLUMN body TO old_body",
    "ALTER TABLE audit_event OWNER TO dondoc",
    "ALTER FUNCTION audit_append_only() OWNER TO dondoc",
    "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    "CREATE TRIGGER quiet BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE RULE quiet AS ON INSERT TO audit_event DO INSTEAD NOTHING",
    "CREATE TABLE audit_other (id TEXT)",
    "CREATE TEMP TABLE audit_event (id TEXT)",
    "CREATE TEMP VIEW audit_event AS SELECT 1",
    "CREATE SCHEMA evil",
    "CREATE INDEX slow ON audit_event (body)",
    "CREATE EXTENSION dblink",
    "SET session_replication_role = replica",
    "SET ROLE dondoc_owner",
    "SET SESSION AUTHORIZATION dondoc_owner",
    "SET ROLE postgres",
    "GRANT dondoc_owner TO dondoc",
    "ALTER ROLE dondoc SUPERUSER",
    "ALTER ROLE dondoc_owner PASSWORD 'x'",
    "BEGIN; LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE",
    "REINDEX TABLE audit_event",
    "COPY audit_event TO PROGRAM 'cat'",
    "COPY audit_event TO '/tmp/audit_event'",
    "COPY audit_event FROM PROGRAM 'echo'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "DO $$ BEGIN EXECUTE 'UPDATE audit_event SET n = 9'; END $$",
    "DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', false); END $$",
    "UPDATE pg_trigger SET tgenabled = 'D'",
    "DELETE FROM pg_trigger",
    "UPDATE pg_class SET relowner = 0 WHERE relname = 'audit_event'",
    "UPDATE alembic_version SET version_num = 'x'",
)
"""Refused for want of the right; the owner or the superuser could."""

NOTHING_DONE = ("GRANT UPDATE ON audit_event TO dondoc", "VACUUM FULL audit_event", "ANALYZE audit_event")
"""Answered with a warning only, and nothing is done."""


@pytest.fixture(scope="module")
def office(postgresql_stock, tmp_path_factory):
    """A log of three entries with one private value; every attack finds it as the one before should have left it."""
    ground = Ground(postgresql_stock, tmp_path_factory.mktemp("attacked"))
    yield written(under_given_rights(ground.database()))
    ground.close()


@pytest.fixture
def another(postgresql_stock, tmp_path):
    """The same for one test alone."""
    ground = Ground(postgresql_stock, tmp_path)
    yield written(under_given_rights(ground.database()))
    ground.close()


def under_given_rights(database):
    """As `dondoc init` gives them, not as the template of the tests had them."""
    grant(database.owner, PRODUCT)
    return database


def written(database):
    head = Head()
    with database.write() as uow:
        for n in range(1, 4):
            made = entry(n, head)
            uow.audit.append(made)
            head = made.head
    return database


def entry(n, head):
    return compose(  # noqa: S604  a word of the log, no process
        stream="task/i1",
        n=n,
        previous=head.leaf,
        recorded_at=NOW,
        effective_at=NOW,
        type="move",
        actor=ActorMark("p-an"),
        shell="web",
        comment="riêng tư",
    )


def log_of(database):
    """The log, its triggers and its rights."""
    questions = (
        "SELECT * FROM audit_event ORDER BY stream, n",
        "SELECT * FROM audit_private ORDER BY event_id, field",
        "SELECT tgname, tgenabled, tgfoid::regproc::text FROM pg_trigger ORDER BY tgname",
        "SELECT relname, relowner, relacl::text FROM pg_class WHERE relname LIKE 'audit%' ORDER BY relname",
        "SELECT prosrc FROM pg_proc WHERE proname LIKE 'audit%' ORDER BY proname",
        "SELECT relname FROM pg_class WHERE relpersistence = 't'",
        "SELECT * FROM alembic_version",
    )
    with database.owner.connect() as connection:
        return [connection.exec_driver_sql(question.replace("%", "%%")).fetchall() for question in questions]


def refused(url, *statements):
    """Whether the last statement was refused; whatever was done is kept."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        try:
            for statement in statements:
                connection.execute(statement)
        except psycopg.Error as fault:
            return isinstance(fault, (psycopg.errors.InsufficientPrivilege, psycopg.IntegrityError)) or (
                "append-only" in str(fault)
            )
    return False


@pytest.mark.parametrize("attack", REWRITES + BREAK_INS)
def test_no_statement_of_the_product_rewrites_the_log(office, attack):
    before = log_of(office)

    assert refused(office.url, attack)
    assert refused(office.url, "BEGIN", attack)

    assert log_of(office) == before


@pytest.mark.parametrize("attack", NOTHING_DONE)
def test_what_is_answered_with_a_warning_does_nothing(office, attack):
    before = log_of(office)

    refused(office.url, attack)

    assert log_of(office) == before


@pytest.mark.parametrize("attack", REWRITES)
def test_triggers_refuse_the_rewriting_even_to_the_owner(office, attack):
    before = log_of(office)

    assert refused(office.owner_url, attack)

    assert log_of(office) == before


@pytest.mark.parametrize("attack", REWRITES)
def test_triggers_stand_in_a_replicas_session_too(office, postgres, attack):
    before = log_of(office)
    superuser = postgres.url_of(office.url.rpartition("/")[2])

    assert refused(superuser, "SET session_replication_role = replica", attack)

    assert log_of(office) == before


def test_an_honest_entry_is_still_taken_after_all_that(another):
    office = another
    for attack in REWRITES + BREAK_INS:
        refused(office.url, attack)

    with office.write() as uow:
        head = uow.audit.head("task/i1")
        uow.audit.append(entry(head.n + 1, head))

    with office.read() as uow:
        assert uow.audit.head("task/i1").n == 4


def test_the_product_owns_nothing_and_the_owner_everything(office):
    with office.owner.connect() as connection:
        owners = connection.exec_driver_sql(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
    assert owners == [(OWNER,)]


def test_a_reading_unit_cannot_be_talked_into_writing(office):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), office.read() as uow:
        uow.cursor.raw.execute("INSERT INTO setting (key, value) VALUES ('x', 'y')").rowcount  # noqa: B018  to look is to wait for it


def test_a_reading_unit_sees_one_instant_from_its_first_statement_on(another):
    office = another
    with office.read() as uow:
        assert uow.audit.head("task/i1").n == 3
        with psycopg.connect(office.url.replace("+psycopg", "")) as other:
            other.execute(f"INSERT INTO audit_event VALUES ({ROW.format(id='new', n=4)})")
            other.commit()
        assert uow.audit.head("task/i1").n == 3


def test_the_product_keeps_its_settings_on_every_connection(office):
    found = set()
    for _ in range(2):
        with office.engine.connect() as connection:
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                found.add((name, connection.exec_driver_sql(f"SHOW {name}").scalar()))
            connection.invalidate()

    assert found == {
        ("lock_timeout", "3s"),
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
    }
