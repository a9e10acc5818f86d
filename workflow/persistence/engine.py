"""How a database is opened: the settings of every connection, and what a connection of the product may never do."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, PoolProxiedConnection, create_engine, event

from workflow.persistence.pipeline import Line
from workflow.persistence.writer_queue import WriterQueue

READING = {"sqlite_begin": "DEFERRED"}
"""Execution options of an engine or connection that only reads: on SQLite it then takes no write lock."""

BUSY_SECONDS = 5

_SQLITE_SETTINGS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
)
_POSTGRESQL_SETTINGS = (
    "SET lock_timeout = '3s'",
    "SET statement_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '30s'",
)
# Repeatable read is what makes a reader see one instant.
_READING_SETTINGS = (
    "SET default_transaction_read_only = on",
    "SET default_transaction_isolation = 'repeatable read'",
)
# A migration may take its time with many rows; it waits for nobody longer than a person would.
_OWNER_SETTINGS = ("SET lock_timeout = '3s'",)
# Shape of the schema, other databases, extensions: nothing of this is a product's business.
_NEVER = frozenset(
    {
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_CREATE_VTABLE,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_INDEX,
        sqlite3.SQLITE_DROP_TEMP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_TRIGGER,
        sqlite3.SQLITE_DROP_TEMP_VIEW,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_DROP_VTABLE,
    }
)
_CHANGES = frozenset({sqlite3.SQLITE_DELETE, sqlite3.SQLITE_UPDATE})
_WRITES = _CHANGES | {sqlite3.SQLITE_INSERT}
_SEALS = frozenset({"audit_leaf", "audit_head", "audit_checkpoint", "audit_alarm"})
_OF_THE_SEALER = frozenset({(sqlite3.SQLITE_INSERT, "audit_leaf"), (sqlite3.SQLITE_UPDATE, "audit_head")})
_OF_THE_SIGNER = frozenset({(sqlite3.SQLITE_INSERT, "audit_checkpoint"), (sqlite3.SQLITE_INSERT, "audit_alarm")})
_SETTABLE = frozenset(
    {
        "busy_timeout",
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "optimize",
        "query_only",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
        "wal_checkpoint",
    }
)


def _may(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:  # noqa: ARG001  SQLite's own arguments
    """What SQLite asks for every part of every statement when it is prepared."""
    table = (first or "").lower()
    if action in _NEVER:
        return sqlite3.SQLITE_DENY
    if action in _CHANGES and table.startswith(("audit_", "sqlite_")):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_INSERT and (table.startswith("sqlite_") or table in _SEALS):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and second is not None and table not in _SETTABLE:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _may_erase(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """The same, and what opens a commitment of the log may be deleted."""
    if action == sqlite3.SQLITE_DELETE and (first or "").lower() == "audit_private":
        return sqlite3.SQLITE_OK
    return _may(action, first, second, database, trigger)


def _only(own: frozenset[tuple[int, str]]) -> Callable[..., int]:
    """The guard of somebody who may write these and read everything."""

    def may(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
        if action in _WRITES:
            return sqlite3.SQLITE_OK if (action, (first or "").lower()) in own else sqlite3.SQLITE_DENY
        return _may(action, first, second, database, trigger)

    return may


def _set(connection: Any, settings: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(setting)
    cursor.close()


def _begin(connection: Connection) -> None:
    # Take the write lock first: SQLite cannot upgrade a read to a write under contention.
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _opened(guard: Callable[..., int] | None) -> Callable[[Any, Any], None]:
    def opened(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        _set(connection, _SQLITE_SETTINGS)
        if guard is not None:
            connection.set_authorizer(guard)

    return opened


def _opened_on_a_server(settings: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def opened(connection: Any, _record: Any) -> None:
        _set_for_good(connection, settings)

    return opened


def _set_for_good(connection: Any, settings: tuple[str, ...]) -> None:
    # Outside of a transaction, so that they stay.
    connection.autocommit = True
    _set(connection, settings)
    connection.autocommit = False


def _configure(engine: Engine, guard: Callable[..., int] | None) -> Engine:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _opened(guard))
        event.listen(engine, "begin", _begin)
    else:
        # On PostgreSQL the role of the connection is the guard.
        event.listen(engine, "connect", _opened_on_a_server(_POSTGRESQL_SETTINGS if guard else _OWNER_SETTINGS))
    return engine


def configure(engine: Engine) -> Engine:
    """Give every connection of `engine` the product's settings: durable, and with no way to touch the log or the schema."""
    return _configure(engine, _may)


def open_engine(url: str) -> Engine:
    return configure(create_engine(url))


def open_owner_engine(url: str) -> Engine:
    """An engine that may change the schema: for migrations, backup and restore alone."""
    return _configure(create_engine(url), None)


def open_redactor_engine(url: str) -> Engine:
    """An engine that may do what the product may and, beyond that, delete private texts: for carrying out a redaction."""
    return _configure(create_engine(url), _may_erase)


def open_sealer_engine(url: str) -> Engine:
    """An engine that numbers entries, moves the head of the tree, and writes nothing else (on PostgreSQL by its role's rights)."""
    return _configure(create_engine(url), _only(_OF_THE_SEALER))


def open_signer_engine(url: str) -> Engine:
    """The same for checkpoints and the signer's alarms."""
    return _configure(create_engine(url), _only(_OF_THE_SIGNER))


@contextmanager
def closed_after(engine: Engine) -> Iterator[Engine]:
    """An engine that is opened for one piece of work."""
    try:
        yield engine
    finally:
        engine.dispose()


class Connections:
    """The open connections of one engine that are free, the one used last first: SQLite keeps its statements prepared there.

    The pool opens and bounds them. What it does at each lending (it resets, counts, watches) would cost more than a statement:
    a unit of work, the one user here, ends its own transactions.
    """

    __slots__ = ("_free", "_pool", "_settings", "queue")

    def __init__(self, pool: Pool, settings: tuple[str, ...] = (), queue: WriterQueue | None = None) -> None:
        self._pool = pool
        self._settings = settings
        self.queue = queue
        self._free: deque[PoolProxiedConnection] = deque()

    @property
    def lent(self) -> int:
        """How many are at work: a unit of work has each of them."""
        return self._pool.checkedout() - len(self._free)  # type: ignore[attr-defined, no-any-return]

    def take(self) -> PoolProxiedConnection:
        try:
            return self._free.pop()
        except IndexError:
            return self._opened()

    def give_back(self, connection: PoolProxiedConnection) -> None:
        """Only without a transaction: whoever takes it next begins one."""
        self._free.append(connection)

    def close(self) -> None:
        while self._free:
            free = self._free.pop()
            if _LINE in free.info:
                free.info.pop(_LINE).close()
            free.close()
        self._pool.dispose()
        if self.queue is not None:
            self.queue.close()

    def _opened(self) -> PoolProxiedConnection:
        connection = self._pool.connect()
        _set(connection, self._settings)
        return connection


_LINE = "line"


class ServerConnections(Connections):
    """The same for a server, whose connections are `driver_of` lines."""

    __slots__ = ()

    def _opened(self) -> PoolProxiedConnection:
        connection = self._pool.connect()
        _set_for_good(connection.driver_connection, self._settings)
        connection.info[_LINE] = Line(connection.driver_connection)
        return connection


def driver_of(connection: PoolProxiedConnection) -> Any:
    """What statements are handed to: the driver's connection, or a line to a server."""
    return connection.info.get(_LINE) or connection.driver_connection


# Whoever changes a setting of a connection makes SQLite prepare all of its statements anew, and on a server tells it one statement
# more each time: readers have connections of their own.
_writers: "WeakKeyDictionary[Engine, Connections]" = WeakKeyDictionary()
_readers: "WeakKeyDictionary[Engine, Connections]" = WeakKeyDictionary()


def writers(engine: Engine) -> Connections:
    found = _writers.get(engine)
    if found is None:
        found = _kept(engine, _writers, _writing(engine))
    return found


def _writing(engine: Engine) -> Connections:
    if engine.dialect.name != "sqlite":
        return ServerConnections(engine.pool.recreate())
    path = engine.url.database
    return Connections(engine.pool, queue=WriterQueue(path, BUSY_SECONDS) if path else None)


def readers(engine: Engine) -> Connections:
    """Connections that refuse to write, whatever they are asked."""
    found = _readers.get(engine)
    if found is None:
        found = _kept(engine, _readers, _reading(engine))
    return found


def _reading(engine: Engine) -> Connections:
    if engine.dialect.name != "sqlite":
        return ServerConnections(engine.pool.recreate(), _READING_SETTINGS)
    return Connections(engine.pool.recreate(), ("PRAGMA query_only = 1",))


def _kept(engine: Engine, kept: "WeakKeyDictionary[Engine, Connections]", made: Connections) -> Connections:
    found = kept.setdefault(engine, made)
    if found is made:
        event.listen(engine, "engine_disposed", lambda disposed: _close(kept, disposed), once=True)
    return found


def _close(kept: "WeakKeyDictionary[Engine, Connections]", engine: Engine) -> None:
    connections = kept.pop(engine, None)
    if connections is not None:
        connections.close()
