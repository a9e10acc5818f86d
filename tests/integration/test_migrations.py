from contextlib import contextmanager, suppress

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from workflow.persistence import migrations, open_engine, open_owner_engine
from workflow.persistence.tables import metadata


@pytest.fixture
def owner(tmp_path):
    """The owner's engine of a database without any table."""
    engine = open_owner_engine(f"sqlite:///{tmp_path / 'new.db'}")
    yield engine
    engine.dispose()


def schema(engine):
    """What the database says of itself, without what Alembic and SQLite keep for their own use."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {(kind, name): sql for kind, name, sql in rows if name != "alembic_version"}


def columns(engine, table):
    with engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").fetchall()


def made_from_tables(path):
    engine = open_owner_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    return engine


def test_the_migrated_schema_is_that_of_the_tables(owner):
    migrations.upgrade(owner)

    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_column_and_index_is_spelt_alike_in_migration_and_tables(owner, tmp_path):
    migrations.upgrade(owner)
    declared = made_from_tables(tmp_path / "declared.db")

    for table in metadata.tables:
        assert columns(owner, table) == columns(declared, table), table
    indexes = {key: sql for key, sql in schema(owner).items() if key[0] == "index"}
    assert indexes == {key: sql for key, sql in schema(declared).items() if key[0] == "index"}
    assert "WHERE final = 0" in indexes["index", "ix_item_unit_due_at_id"]
    declared.dispose()


def test_the_audit_tables_are_strict(owner):
    migrations.upgrade(owner)

    with owner.connect() as connection:
        tables = connection.exec_driver_sql("PRAGMA table_list").fetchall()
    strict = {name for _, name, _, _, _, is_strict in tables if is_strict}
    assert strict == {"audit_event", "audit_private"}


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
        connection.exec_driver_sql(
            "INSERT INTO audit_event VALUES ('e1', 's', 1, 1, 'move', 'p', NULL, NULL, x'00', x'00')"
        )
        connection.exec_driver_sql("INSERT INTO audit_private VALUES ('e1', 'comment', x'00', 'x')")

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


def test_the_product_itself_may_not_migrate(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")

    with pytest.raises(sa.exc.DatabaseError, match="not authorized"):
        migrations.upgrade(engine)

    assert schema(engine) == {}
    engine.dispose()
