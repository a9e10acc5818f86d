"""The outbox: messages written with the move that caused them, claimed by a relay, delivered at least once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.ids import new_id
from workflow.persistence.columns import instant, instant_or_none, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, run, run_many
from workflow.persistence.tables import message

_NEW = sa.bindparam
_WAITING: sa.ColumnElement[str] = sa.literal_column("'waiting'")
_DELIVERED: sa.ColumnElement[str] = sa.literal_column("'delivered'")
_BURIED: sa.ColumnElement[str] = sa.literal_column("'buried'")
_QUEUE: sa.ColumnElement[str] = sa.literal_column("'queue'")
"""Holds what was announced: no relay, so that whoever is told of the message may take it."""
_COLUMNS = ("id", "created_at", "kind", "item", "payload", "attempts", "status", "ended_at", "error")
_SELECT = sa.select(*(message.c[name] for name in _COLUMNS))
_PUT = Statement(
    "messages.put",
    sa.insert(message).values(
        {name: _NEW(name) for name in ("id", "created_at", "kind", "item", "payload", "due_at")}
        | {"status": _WAITING, "attempts": sa.literal_column("0")}
    ),
)
_DUE = sa.and_(message.c.status == _WAITING, message.c.due_at <= _NEW("now"))
_FREE = sa.or_(message.c.lease_until.is_(None), message.c.lease_until <= _NEW("now"))
_NEXT = (
    sa.select(message.c.id)
    .where(_DUE, _FREE)
    .order_by(message.c.due_at, message.c.id)
    .limit(_NEW("most"))
    .with_for_update(skip_locked=True)
)
_HOLDING = {
    "lease_until": _NEW("new_lease"),
    "leased_by": _NEW("new_relay"),
    "attempts": message.c.attempts + sa.literal_column("1"),
}
_ALL = tuple(message.c[name] for name in _COLUMNS)
_CLAIM = Statement(
    "messages.claim", sa.update(message).where(message.c.id.in_(_NEXT)).values(_HOLDING).returning(*_ALL)
)
_TAKE = Statement(
    "messages.take",
    sa.update(message)
    .where(message.c.id == _NEW("of_id"), _DUE, sa.or_(_FREE, message.c.leased_by == _QUEUE))
    .values(_HOLDING)
    .returning(*_ALL),
)
_ANNOUNCE = Statement(
    "messages.announce",
    sa.update(message)
    .where(message.c.id.in_(_NEXT))
    .values(lease_until=_NEW("new_lease"), leased_by=_QUEUE)
    .returning(message.c.id),
)
_HELD = sa.and_(message.c.id == _NEW("of_id"), message.c.leased_by == _NEW("of_relay"), message.c.status == _WAITING)
_SETTLE = Statement(
    "messages.settle",
    sa.update(message)
    .where(_HELD)
    .values(status=_DELIVERED, ended_at=_NEW("new_end"), lease_until=sa.null(), leased_by=sa.null(), error=sa.null()),
)
_POSTPONE = Statement(
    "messages.postpone",
    sa.update(message)
    .where(_HELD)
    .values(due_at=_NEW("new_due"), error=_NEW("new_error"), lease_until=sa.null(), leased_by=sa.null()),
)
_GIVE_BACK = Statement(
    "messages.give_back",
    sa.update(message)
    .where(_HELD)
    .values(
        due_at=_NEW("new_due"),
        attempts=message.c.attempts - sa.literal_column("1"),
        lease_until=sa.null(),
        leased_by=sa.null(),
    ),
)
_BURY = Statement(
    "messages.bury",
    sa.update(message)
    .where(_HELD)
    .values(
        status=_BURIED, ended_at=_NEW("new_end"), error=_NEW("new_error"), lease_until=sa.null(), leased_by=sa.null()
    ),
)
_RETRY = Statement(
    "messages.retry",
    sa.update(message)
    .where(message.c.id == _NEW("of_id"), message.c.status == _BURIED)
    .values(status=_WAITING, due_at=_NEW("new_due"), attempts=sa.literal_column("0"), ended_at=sa.null()),
)
_DISCARD = Statement(
    "messages.discard", sa.delete(message).where(message.c.id == _NEW("of_id"), message.c.status == _BURIED)
)
_GET = Statement("messages.get", _SELECT.where(message.c.id == _NEW("id")))
_UNTRIED = Statement(
    "messages.untried",
    # Held until this transaction ends: no relay may take the message away meanwhile.
    sa.select(message.c.id)
    .where(message.c.id == _NEW("id"), message.c.status == _WAITING, message.c.attempts == sa.literal_column("0"))
    .with_for_update(),
)
_FAILURES = Statement(
    "messages.failures",
    _SELECT.where(message.c.status == _BURIED).order_by(message.c.ended_at.desc()).limit(_NEW("most")),
)
_OLDEST = Statement("messages.oldest", sa.select(sa.func.min(message.c.due_at)).where(message.c.status == _WAITING))
_PURGE = Statement(
    "messages.purge",
    sa.delete(message).where(message.c.status == _DELIVERED, message.c.ended_at < _NEW("before")),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `attempts` counts the claims; `status` is waiting, delivered or buried."""

    id: str
    created_at: datetime
    kind: str
    item: str | None
    payload: Mapping[str, Any]
    attempts: int = 0
    status: str = "waiting"
    ended_at: datetime | None = None
    error: str | None = None


def _message(row: Row) -> Message:
    return Message(
        id=row[0],
        created_at=instant(row[1]),
        kind=row[2],
        item=row[3],
        payload=json_value(row[4]),
        attempts=row[5],
        status=row[6],
        ended_at=instant_or_none(row[7]),
        error=row[8],
    )


class Messages:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def put(self, kind: str, payload: Mapping[str, Any], at: datetime) -> str:
        """Write a message in the transaction of its cause, due at once; its id. `item` of the payload is kept as a column."""
        return self.put_all(((kind, payload, at),))[0]

    def put_all(self, messages: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> tuple[str, ...]:
        """The same for several: kind, payload and instant of each."""
        ids = tuple(new_id(at) for _, _, at in messages)
        rows = [
            {
                "id": message_id,
                "created_at": micros(at),
                "kind": kind,
                "item": payload.get("item"),
                "payload": json_text(payload),
                "due_at": micros(at),
            }
            for message_id, (kind, payload, at) in zip(ids, messages, strict=True)
        ]
        if rows:
            run_many(self._cursor, _PUT, rows)
        return ids

    def claim(self, relay: str, now: datetime, lease_until: datetime, most: int) -> tuple[Message, ...]:
        """Reserve messages for this relay until the lease ends; the caller settles each."""
        rows = run(
            self._cursor,
            _CLAIM,
            {"now": micros(now), "most": most, "new_lease": micros(lease_until), "new_relay": relay},
        ).fetchall()
        return tuple(sorted((_message(row) for row in rows), key=lambda each: (each.created_at, each.id)))

    def announce(self, now: datetime, until: datetime, most: int) -> tuple[str, ...]:
        """The messages that are due and that nobody has, the longest due first; until then they are not announced again.

        That is no attempt: an announcement may be lost as often as it likes.
        """
        rows = run(self._cursor, _ANNOUNCE, {"now": micros(now), "most": most, "new_lease": micros(until)}).fetchall()
        return tuple(sorted(row[0] for row in rows))

    def take(self, message_id: str, relay: str, now: datetime, lease_until: datetime) -> Message | None:
        """Reserve this message as `claim` does; None where it is not due, or another relay has it."""
        params = {"of_id": message_id, "now": micros(now), "new_lease": micros(lease_until), "new_relay": relay}
        row = run(self._cursor, _TAKE, params).fetchone()
        return _message(row) if row else None

    def settle(self, message_id: str, relay: str, at: datetime) -> bool:
        """Delivered. False where the lease was lost to another relay meanwhile."""
        return self._end(_SETTLE, message_id, relay, new_end=micros(at))

    def postpone(self, message_id: str, relay: str, until: datetime, error: str) -> bool:
        """Failed, to be tried again from `until` on."""
        return self._end(_POSTPONE, message_id, relay, new_due=micros(until), new_error=error)

    def give_back(self, message_id: str, relay: str, until: datetime) -> bool:
        """Not tried at all, to be claimed from `until` on: that was no attempt."""
        return self._end(_GIVE_BACK, message_id, relay, new_due=micros(until))

    def bury(self, message_id: str, relay: str, at: datetime, error: str) -> bool:
        """Failed for good: kept for the administrator, never claimed again unless retried."""
        return self._end(_BURY, message_id, relay, new_end=micros(at), new_error=error)

    def _end(self, statement: Statement, message_id: str, relay: str, **values: Any) -> bool:
        ended = run(self._cursor, statement, {"of_id": message_id, "of_relay": relay, **values}).rowcount
        return bool(ended)

    def get(self, message_id: str) -> Message | None:
        row = run(self._cursor, _GET, {"id": message_id}).fetchone()
        return _message(row) if row else None

    def is_untried(self, message_id: str) -> bool:
        """Whether no relay has claimed it yet; none will before this unit of work is over."""
        return run(self._cursor, _UNTRIED, {"id": message_id}).fetchone() is not None

    def failures(self, most: int) -> tuple[Message, ...]:
        """The buried messages, newest first."""
        return tuple(_message(row) for row in run(self._cursor, _FAILURES, {"most": most}).fetchall())

    def retry(self, message_id: str, at: datetime) -> bool:
        """Let a buried message be claimed again; False where it is not buried."""
        return bool(run(self._cursor, _RETRY, {"of_id": message_id, "new_due": micros(at)}).rowcount)

    def discard(self, message_id: str) -> bool:
        """Forget a buried message; False where it is not buried."""
        return bool(run(self._cursor, _DISCARD, {"of_id": message_id}).rowcount)

    def oldest_waiting(self) -> datetime | None:
        """Since when the longest waiting message is due: what the operator watches."""
        return instant_or_none(run(self._cursor, _OLDEST).fetchone()[0])

    def purge(self, before: datetime) -> int:
        """Forget the messages delivered before that instant; how many they were."""
        forgotten: int = run(self._cursor, _PURGE, {"before": micros(before)}).rowcount
        return forgotten
