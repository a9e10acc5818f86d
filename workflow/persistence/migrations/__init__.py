"""The schema, step by step. Run under `open_owner_engine`: the product's own connections may not change it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

_HERE = Path(__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`, all of the way or not at all."""
    with engine.begin() as connection:
        upgrade_within(connection, revision)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """The same as a part of the transaction that is open there."""
    command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`, all of the way or not at all; what newer tables hold is lost."""
    with engine.begin() as connection:
        downgrade_within(connection, revision)


def downgrade_within(connection: Connection, revision: str = "base") -> None:
    """The same as a part of the transaction that is open there."""
    command.downgrade(_config(connection), revision)


def newest() -> str | None:
    """The revision this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(engine: Engine) -> str | None:
    """The revision the database is at; None for an empty one."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        return current_within(connection)


def current_within(connection: Connection) -> str | None:
    """The same, as the transaction sees it that is open there."""
    return MigrationContext.configure(connection).get_current_revision()
