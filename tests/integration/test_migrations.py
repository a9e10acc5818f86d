from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.servers import OWNER, PRODUCT
from workflow.persistence import migrations, open_engine, open_owner_engine
from workflow.persistence.tables import metadata

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def owner(fresh):
    """The owner's engine of a database without any table."""
    engine = open_owner_engine(fresh())
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request, tmp_path):
    """Where another database without any table is, each time it is asked; seen by the given role of a server."""
    if request.param == "sqlite":
        numbers = count()
        yield lambda _role=OWNER: f"sqlite:///{tmp_path / f'new-{next(numbers)}.db'}"
        return
    server, made = request.getfixturevalue("postgres"), []

    def url(role=OWNER):
        made.append(server.new_database())
        return server.url_of(made[-1], role)

    yield url
    for name in made:
        server.drop(name)


POSTGRESQL_SCHEMA = (
    "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "SELECT 'table', relname, relkind::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
    "SELECT 'trigger', tgname, pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
    "SELECT 'key', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace",
)


def schema(engine):
    """What the database says of itself, without what Alembic and SQLite keep for their own use."""
    sqlite = ("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL",)
    with engine.connect() as connection:
        rows = [
            row
            for question in (sqlite if engine.dialect.name == "sqlite" else POSTGRESQL_SCHEMA)
            for row in connection.exec_driver_sql(question).fetchall()
        ]
    return {(kind, name): sql for kind, name, sql in rows if not name.startswith("alembic_version")}


def columns(engine, table):
    question = f"PRAGMA table_xinfo({table})"
    if engine.dialect.name == "postgresql":
        question = (
            "SELECT column_name, data_type, is_nullable, column_default, collation_name, ordinal_position "
            f"FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
        )
    with engine.connect() as connection:
        return connection.exec_driver_sql(question).fetchall()


def made_from_tables(url):
    engine = open_owner_engine(url)
    metadata.create_all(engine)
    return engine


def test_the_migrated_schema_is_that_of_the_tables(owner):
    migrations.upgrade(owner)

    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_column_and_index_is_spelt_alike_in_migration_and_tables(owner, fresh):
    migrations.upgrade(owner)
    declared = made_from_tables(fresh())

    for table in metadata.tables:
        assert columns(owner, table) == columns(declared, table), table
    indexes = {key: sql for key, sql in schema(owner).items() if key[0] == "index"}
    assert indexes == {key: sql for key, sql in schema(declared).items() if key[0] == "index"}
    partial = "WHERE final = 0" if owner.dialect.name == "sqlite" else "WHERE (final = 0)"
    assert partial in indexes["index", "ix_item_unit_due_at_id"]
    declared.dispose()


@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
def test_the_audit_tables_are_strict(owner):
    migrations.upgrade(owner)

    with owner.connect() as connection:
        tables = connection.exec_driver_sql("PRAGMA table_list").fetchall()
    strict = {name for _, name, _, _, _, is_strict in tables if is_strict}
    assert strict == {
        "audit_event",
        "audit_private",
        "audit_leaf",
        "audit_head",
        "audit_checkpoint",
        "audit_alarm",
    }


def test_down_leaves_nothing_and_up_works_again(owner):
    migrations.upgrade(owner)
    built = schema(owner)

    migrations.downgrade(owner)
    assert schema(owner) == {}
    assert migrations.current(owner) is None

    migrations.upgrade(owner)
    assert schema(owner) == built


def test_down_works_on_a_log_that_holds_entries(owner):
    migrations.upgrade(owner)
    with owner.begin() as connection:
        event = {
            "id": "e1",
            "stream": "s",
            "n": 1,
            "rec": NOW,
            "type": "move",
            "actor_id": "p",
            "body": b"b",
            "leaf": b"l",
        }
        connection.execute(metadata.tables["audit_event"].insert().values(event))
        private = {"event_id": "e1", "field": "comment", "salt": b"s", "value": "x"}
        connection.execute(metadata.tables["audit_private"].insert().values(private))

    migrations.downgrade(owner)

    assert schema(owner) == {}


def test_a_database_knows_its_revision_and_upgrading_twice_is_harmless(owner):
    assert migrations.current(owner) is None

    migrations.upgrade(owner)
    migrations.upgrade(owner)

    assert migrations.current(owner) == migrations.newest()


class Killed(Exception):
    """The process that migrates ends here."""


@contextmanager
def killed_at(engine, number):
    """Stop the work of `engine` before its statement of that number; yields the statements that were let through."""
    passed = []

    def count(_connection, _cursor, statement, *_):
        if len(passed) + 1 == number:
            raise Killed
        passed.append(statement)

    sa.event.listen(engine, "before_cursor_execute", count)
    with suppress(Killed):
        yield passed
    sa.event.remove(engine, "before_cursor_execute", count)


@pytest.mark.parametrize("direction", [migrations.upgrade, migrations.downgrade])
def test_a_migration_that_breaks_anywhere_leaves_the_schema_as_it_was(owner, direction):
    if direction is migrations.downgrade:
        migrations.upgrade(owner)
    before = schema(owner)

    for number in (*range(2, 20), 25):
        with killed_at(owner, number) as passed:
            direction(owner)
        assert len(passed) == number - 1
        assert schema(owner) == before

    direction(owner)
    assert schema(owner) != before


def test_the_product_itself_may_not_migrate(fresh):
    engine = open_engine(fresh(PRODUCT))

    with pytest.raises(sa.exc.DatabaseError, match=r"not authorized|permission denied"):
        migrations.upgrade(engine)

    assert schema(engine) == {}
    engine.dispose()


@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)
def test_a_migration_may_take_longer_than_a_request(owner):
    with owner.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "3s"
