"""How the database itself is set: what a promise of durability and of an untouched log hangs on. It changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, Engine, text

_SQLITE = MappingProxyType({"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"})
_POSTGRESQL = MappingProxyType(
    {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "server_encoding": "UTF8"}
)
_LOG = "audit_event"


@dataclass(frozen=True, slots=True)
class Oddity:
    """A setting that is not as it must be; `wanted` is what it should be."""

    name: str
    found: str
    wanted: str


def oddities(engine: Engine) -> tuple[Oddity, ...]:
    """The settings of a connection of `engine`, as the product opens it, that break its promises; empty where all is well."""
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        if engine.dialect.name == "sqlite":
            return tuple(_of_sqlite(connection))
        return tuple(_of_a_server(connection))


def _of_sqlite(connection: Connection) -> Iterator[Oddity]:
    for name, wanted in _SQLITE.items():
        found = str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        if found != wanted:
            yield Oddity(name, found, wanted)
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    if found != "ok":
        yield Oddity("quick_check", found, "ok")


def _of_a_server(connection: Connection) -> Iterator[Oddity]:
    for name, wanted in _POSTGRESQL.items():
        found = str(connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one())
        # Stricter than asked is as good.
        if found != wanted and not (name == "synchronous_commit" and found in ("remote_write", "remote_apply")):
            yield Oddity(name, found, wanted)


def may_change_the_log(engine: Engine) -> bool:
    """PostgreSQL: whether the role of this engine could change what was logged, or the schema. False on SQLite.

    There every connection of the product is guarded by itself.
    """
    if engine.dialect.name == "sqlite":
        return False
    with engine.connect() as connection:
        return bool(
            connection.execute(
                text(
                    "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
                    " OR has_table_privilege(:log, 'UPDATE') OR has_table_privilege(:log, 'DELETE')"
                    " OR has_schema_privilege(current_schema(), 'CREATE')"
                ),
                {"log": _LOG},
            ).scalar_one()
        )
