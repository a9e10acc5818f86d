"""The one road of every statement: SQL text compiled once a dialect, run on the driver's own cursor.

Tests stand beside this road: they count the statements, or break one, with `observing`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement, Insert
from sqlalchemy.sql.compiler import SQLCompiler

from workflow.errors import Busy
from workflow.persistence.columns import json_text
from workflow.persistence.row_sets import ROWS, as_set

Observer = Callable[[str], None]
"""Told the name of each statement before it runs; what it raises stops the statement."""

Row = tuple[Any, ...]

_observer: ContextVar[Observer | None] = ContextVar("statement_observer", default=None)
# A plain dict: the driver of SQLite takes no other kind of mapping. Nobody writes to it.
_NO_PARAMS: Mapping[str, Any] = {}
_walks = count()
_LOCKED = frozenset({"40001", "40P01", "55P03"})
_TAKEN = frozenset({"23505", "23000"})


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Every statement of this thread is told to `observer` while the block runs."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def announce(name: str) -> None:
    """Tell the observer of a step that is no statement of its own (begin, commit, and committed once it is done)."""
    observer = _observer.get()
    if observer is not None:
        observer(name)


@dataclass(frozen=True, slots=True)
class _Text:
    """SQL as one dialect spells it; `fixed` are the values that the statement brings along itself.

    `of_rows` spells it for a set of rows at once, where the dialect has a way to; None from it: that statement has none.
    """

    sql: str
    fixed: Mapping[str, Any]
    of_rows: Callable[[], str | None] | None


class Statement:
    """One statement under the name that tests and counters know; its parameters are passed by name."""

    __slots__ = ("_clauses", "_texts", "name")

    def __init__(self, name: str, clause: ClauseElement | Mapping[str, ClauseElement]) -> None:
        self.name = name
        self._clauses = clause
        self._texts: dict[str, _Text] = {}

    def text(self, dialect: Dialect) -> _Text:
        found = self._texts.get(dialect.name)
        if found is None:
            found = self._texts[dialect.name] = self._compiled(dialect)
        return found

    def _compiled(self, dialect: Dialect) -> _Text:
        clause = self._clauses[dialect.name] if isinstance(self._clauses, Mapping) else self._clauses
        # Named parameters let the driver pick what it needs from one mapping, whatever their order in the text.
        speller = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
        compiled = clause.compile(dialect=speller)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        of_rows = None
        if dialect.name != "sqlite" and isinstance(compiled, SQLCompiler):
            types = {name: bind.type for name, bind in compiled.binds.items() if name not in fixed}
            of_rows = cache(partial(as_set, str(compiled), types))
        return _Text(str(compiled), fixed, of_rows)


def per_dialect(build: Callable[[Callable[[Any], Any]], Insert]) -> Mapping[str, Insert]:
    """The same insert for both databases, whose ON CONFLICT belongs to their own insert constructs."""
    return {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}


class Cursor:
    """A driver's cursor that knows which dialect it speaks and how its driver reports faults."""

    __slots__ = ("_connection", "dialect", "name", "raw", "read_only")

    def __init__(self, connection: Any, dialect: Dialect, *, read_only: bool) -> None:
        self._connection = connection
        self.dialect = dialect
        self.name = dialect.name
        self.raw = connection.cursor()
        self.read_only = read_only

    def another(self) -> "Cursor":
        """A second cursor of the same transaction: for rows that are read while other statements run."""
        return Cursor(self._connection, self.dialect, read_only=self.read_only)

    @property
    def driver(self) -> Any:
        return self.dialect.loaded_dbapi


def run(cursor: Cursor, statement: Statement, params: Mapping[str, Any] = _NO_PARAMS) -> Any:
    """Run one statement and hand back the driver's cursor; Busy where the database was locked too long."""
    observer = _observer.get()
    if observer is not None:
        observer(statement.name)
    text = statement.text(cursor.dialect)
    try:
        return cursor.raw.execute(text.sql, {**text.fixed, **params} if text.fixed else params)
    except Exception as fault:
        raise_busy(fault)
        raise


def run_many(cursor: Cursor, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Run one statement for each of `rows`, which counts as one; what is handed back tells how many rows it wrote."""
    announce(statement.name)
    text = statement.text(cursor.dialect)
    try:
        if len(rows) > 1 and text.of_rows is not None and (of_rows := text.of_rows()) is not None:
            return cursor.raw.execute(of_rows, {**text.fixed, ROWS: json_text(rows)})
        return cursor.raw.executemany(text.sql, [{**text.fixed, **row} for row in rows] if text.fixed else rows)
    except Exception as fault:
        raise_busy(fault)
        raise


def walk(cursor: Cursor, statement: Statement, batch: int = 1000) -> Iterator[Row]:
    """The rows of a statement without parameters, fetched as they are looked at; other statements may run in between."""
    if cursor.name == "sqlite":
        found = run(cursor.another(), statement)
        while rows := found.fetchmany(batch):
            yield from rows
        return
    announce(statement.name)
    # The server keeps the rest of the rows: the driver would take all of them at once, in one long statement.
    name = f"walk_{next(_walks)}"
    text = statement.text(cursor.dialect)
    cursor.raw.begin()
    cursor.raw.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {text.sql}", text.fixed)
    while rows := cursor.raw.execute(f"FETCH {batch} FROM {name}").fetchall():
        yield from rows
    cursor.raw.execute(f"CLOSE {name}")


def raise_busy(fault: Exception) -> None:
    """Raise Busy where `fault` is a driver's way to say that somebody else holds a lock, or took an entry's number meanwhile."""
    name = getattr(fault, "sqlite_errorname", None) or ""
    state = getattr(fault, "sqlstate", None)
    if state in _TAKEN and "audit_event" in str(fault):
        raise Busy("an entry of that number is written already; read the head again") from fault
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state in _LOCKED:
        raise Busy("the database is held by somebody else; nothing was written, try again") from fault
