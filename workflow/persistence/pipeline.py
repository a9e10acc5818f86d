"""PostgreSQL: statements go out without waiting for one another; who looks at an answer waits for it, and for those before it.

So a unit of work travels as often as it asks something, not as often as it says something: a move of three statements, begun and
committed, goes twice instead of five times. A fault of a statement shows where the next answer is looked at, at the latest when the
unit is finished.

What is sent without a BEGIN is one transaction as well, from the first statement to the point where the line waits for all of it:
a reading unit begins nothing. Its connection says for all of them that they read only, and one instant. Once it has looked at all
its answers it tells the server that it is done, and does not wait to hear that it was.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from workflow.persistence.statements import raise_busy

_IDLE = 0
_KEPT_CURSORS = 16
_MOST_PREPARED = 400


class Answer:
    """A statement that is under way; looking at what it gives waits for it."""

    __slots__ = ("_cursor", "_line")

    def __init__(self, line: "Line", cursor: Any) -> None:
        self._line, self._cursor = line, cursor

    def fetchone(self) -> Any:
        return self._line.awaited(self._cursor.fetchone)

    def fetchall(self) -> Any:
        return self._line.awaited(self._cursor.fetchall)

    @property
    def rowcount(self) -> int:
        """How many rows it wrote."""
        self._line.wait()
        return int(self._cursor.rowcount)


class Answers:
    """The same of one statement that was sent for several rows."""

    __slots__ = ("_answers",)

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers

    @property
    def rowcount(self) -> int:
        return sum(answer.rowcount for answer in self._answers)


class Line:
    """The driver's connection, and what is under way on it; it stands where the driver's connection and cursor would stand."""

    __slots__ = ("_begun", "_connection", "_cursors", "_free", "_opened", "_pipeline", "_used")

    def __init__(self, connection: Any) -> None:
        # Transactions are begun and ended by statements like any other: the driver would wait for its own.
        connection.autocommit = True
        self._connection = connection
        self._begun = False
        self._opened = connection.pipeline()
        self._pipeline = self._opened.__enter__()
        connection.prepared_max = _MOST_PREPARED
        # One for each of a unit's first statements, for an answer lies in its cursor; the next unit takes them again.
        self._cursors = tuple(connection.cursor() for _ in range(_KEPT_CURSORS))
        self._forget()

    def cursor(self) -> "Line":
        return self

    def begin(self) -> None:
        """Begin a transaction that only COMMIT or ROLLBACK ends; one that statements have opened already becomes such a one."""
        if not self._begun:
            self.execute("BEGIN")
            self._begun = True

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> Answer:
        cursor = self._next_cursor()
        cursor.execute(sql, params)
        return Answer(self, cursor)

    def executemany(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> "Answers":
        return Answers([self.execute(sql, row) for row in rows])

    def _next_cursor(self) -> Any:
        self._used += 1
        return next(self._free, None) or self._connection.cursor()

    def wait(self) -> None:
        """Return when everything under way has arrived; the first fault among it is raised."""
        self.awaited(self._pipeline.sync)

    def awaited(self, look: Callable[[], Any]) -> Any:
        try:
            return look()
        except Exception as fault:
            # Behind a fault the server skips everything until it is told where to go on.
            with suppress(Exception):
                self._pipeline.sync()
            raise_busy(fault)
            raise

    def commit(self) -> None:
        ended = self._next_cursor()
        ended.execute("COMMIT")
        self.wait()
        self._forget()
        if ended.statusmessage != "COMMIT":
            raise RuntimeError("the transaction had failed before it was to be kept: nothing of it was written")

    def rollback(self) -> None:
        """Undo what was begun and not finished, whatever state it is in."""
        if not self._used:
            return
        if not self._begun and not self._pipeline.result_queue:
            self._end_unwaited()
            return
        arrived = False
        with suppress(Exception):
            if self._begun:
                self.execute("ROLLBACK")
            self.wait()
            arrived = True
        # Where nothing was begun, to wait for everything has ended the transaction.
        if (self._begun or not arrived) and self._connection.info.transaction_status != _IDLE:
            # The first was skipped, for something before it had failed.
            self.execute("ROLLBACK")
            self.wait()
        self._forget()

    def _end_unwaited(self) -> None:
        """End what statements opened and whose answers were all looked at: the server does so as soon as it is told.

        That it did is read with the next unit's first answer. The driver has no name for a Sync that nobody waits for: what it
        says is libpq's own, and what it is owed is noted where the driver notes it.
        """
        self._pipeline.pgconn.pipeline_sync()
        self._pipeline.result_queue.append(None)
        self._forget()

    def _forget(self) -> None:
        self._used = 0
        self._begun = False
        self._free = iter(self._cursors)

    def close(self) -> None:
        """Let the driver wait for each statement again."""
        with suppress(Exception):
            self._opened.__exit__(None, None, None)
