"""One transaction and the repositories that work in it: the only place that ends one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import Engine

from workflow.persistence.audit_log import AuditLog
from workflow.persistence.calendars import Calendars
from workflow.persistence.comments import Comments
from workflow.persistence.custody import Custody
from workflow.persistence.definitions import Definitions
from workflow.persistence.directives import Directives
from workflow.persistence.drafts import Drafts
from workflow.persistence.engine import Connections, driver_of, readers, writers
from workflow.persistence.files import Files
from workflow.persistence.idempotency import Idempotency
from workflow.persistence.items import Items
from workflow.persistence.jobs import Jobs
from workflow.persistence.letters import Letters
from workflow.persistence.mandates import Mandates
from workflow.persistence.messages import Messages
from workflow.persistence.notices import Notices
from workflow.persistence.overrides import Overrides
from workflow.persistence.people import People
from workflow.persistence.redactions import Redactions
from workflow.persistence.seals import Seals
from workflow.persistence.sessions import Sessions
from workflow.persistence.settings import Settings
from workflow.persistence.statements import Cursor, announce, raise_busy

_open = threading.local()

_Repository = TypeVar("_Repository")


class _Made(Generic[_Repository]):
    """A repository of the unit, made where it is first asked for: most units need two or three of them."""

    def __init__(self, kind: Callable[[Cursor], _Repository]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, unit: "UnitOfWork", owner: type) -> _Repository:
        # What stands in the unit itself is found before this is asked again.
        made = unit.__dict__[self._name] = self._kind(unit.cursor)
        return made


class UnitOfWork:
    """`with UnitOfWork(engine) as uow:` all of the block, or nothing of it.

    A clean exit writes, an exception writes nothing. A reading unit sees one instant of the database and cannot write.
    Each thread has its own units; one inside another is refused, for its half would stay when the other's is undone.
    `cursor` is for `workflow.queries` alone.
    """

    cursor: Cursor
    items = _Made(Items)
    audit = _Made(AuditLog)
    messages = _Made(Messages)
    idempotency = _Made(Idempotency)
    definitions = _Made(Definitions)
    people = _Made(People)
    mandates = _Made(Mandates)
    sessions = _Made(Sessions)
    directives = _Made(Directives)
    files = _Made(Files)
    comments = _Made(Comments)
    drafts = _Made(Drafts)
    notices = _Made(Notices)
    letters = _Made(Letters)
    overrides = _Made(Overrides)
    redactions = _Made(Redactions)
    jobs = _Made(Jobs)
    settings = _Made(Settings)
    calendars = _Made(Calendars)
    custody = _Made(Custody)
    seals = _Made(Seals)

    def __init__(self, engine: Engine, *, read_only: bool = False) -> None:
        self._engine = engine
        self._read_only = read_only
        self._connections: Connections = readers(engine) if read_only else writers(engine)
        self._connection: Any = None
        self._driver: Any = None
        self._queue = self._connections.queue

    def __enter__(self) -> Self:
        held = _open.__dict__.setdefault("pools", set())
        if self._connection is not None or id(self._engine.pool) in held:
            raise RuntimeError("a unit of work is open in this thread already; pass it on instead of opening another")
        self._connection = self._taken()
        held.add(id(self._engine.pool))
        try:
            self._driver = driver_of(self._connection)
            cursor = Cursor(self._driver, self._engine.dialect, read_only=self._read_only)
            self._begin(cursor)
        except BaseException as fault:
            self._leave()
            if isinstance(fault, Exception):
                raise_busy(fault)
            raise
        self.cursor = cursor
        return self

    def _taken(self) -> Any:
        if self._queue is None:
            return self._connections.take()
        # Who waits for his turn to write keeps no connection from others meanwhile.
        self._queue.enter()
        try:
            return self._connections.take()
        except BaseException:
            self._queue.leave()
            raise

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that stands or falls alone: what it raises undoes what it wrote, and passes on; the rest of the unit stays."""
        announce("part")
        self.cursor.raw.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.cursor.raw.execute("ROLLBACK TO SAVEPOINT part")
            # What the repository knows of rows that were written in it is no longer so.
            self.__dict__.pop("items", None)
            raise
        finally:
            self.cursor.raw.execute("RELEASE SAVEPOINT part")

    def _begin(self, cursor: Cursor) -> None:
        announce("begin")
        if cursor.name != "sqlite":
            # A reader's statements are one transaction as they are (`pipeline`); a writer holds what it read.
            if not self._read_only:
                cursor.raw.begin()
        elif self._read_only:
            cursor.raw.execute("BEGIN DEFERRED")
        else:
            # Take the write lock first: SQLite cannot upgrade a read to a write under contention.
            cursor.raw.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and not self._read_only:
                self._finish()
        finally:
            self._leave()

    def _finish(self) -> None:
        announce("commit")
        try:
            self._commit()
        except Exception as fault:
            raise_busy(fault)
            raise
        announce("committed")

    def _commit(self) -> None:
        if self.cursor.name == "sqlite":
            # The driver's own commit prepares its statement anew each time; what a cursor runs stays prepared.
            self.cursor.raw.execute("COMMIT")
        else:
            self._driver.commit()

    def _leave(self) -> None:
        """Undo whatever was not finished and give the connection back."""
        connection, self._connection = self._connection, None
        try:
            self._driver.rollback()
        except BaseException:
            # Its state is unknown: nobody may get this connection again.
            connection.invalidate()
            connection.close()
            raise
        else:
            self._connections.give_back(connection)
        finally:
            if self._queue is not None:
                self._queue.leave()
            _open.pools.discard(id(self._engine.pool))
