"""The order of the whole log, its tree, its checkpoints. Sealer and signer write them, each through a connection of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.audit.heads import Sealed
from workflow.audit.tree import Frontier
from workflow.persistence.columns import instant, instant_or_none, json_value, micros
from workflow.persistence.statements import Cursor, Statement, run, run_many, walk
from workflow.persistence.tables import (
    audit_alarm,
    audit_checkpoint,
    audit_event,
    audit_head,
    audit_leaf,
    audit_private,
)

_PAGE = 10_000
_ONE_HOUR = 3_600_000_000
_FROM_THE_FIRST = -(2**62)

_HEAD = sa.select(audit_head.c.size, audit_head.c.frontier).where(audit_head.c.id == sa.literal_column("1"))
_LOOK = Statement("seals.head", _HEAD)
_HOLD = Statement("seals.hold", {"sqlite": _HEAD, "postgresql": _HEAD.with_for_update()})
_MOVE = Statement(
    "seals.move",
    sa.update(audit_head)
    .where(audit_head.c.id == sa.literal_column("1"))
    .values(size=sa.bindparam("new_size"), frontier=sa.bindparam("new_frontier")),
)
_LEAF = Statement("seals.number", sa.insert(audit_leaf))
_LAST_RECORDED = Statement(
    "seals.last_recorded",
    sa.text(
        "SELECT e.rec FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id"
        " WHERE l.seq = (SELECT max(seq) FROM audit_leaf)"
    ),
)
_UNSEALED = Statement(
    "seals.unsealed",
    {
        # Rows are only ever appended, by one writer after another: what is behind the last sealed one is not sealed.
        "sqlite": sa.text(
            "SELECT e.id, e.stream, e.n, e.rec, e.leaf, 1 FROM audit_event e WHERE e.rowid > coalesce("
            "(SELECT s.rowid FROM audit_leaf l JOIN audit_event s ON s.id = l.event_id"
            " WHERE l.seq = (SELECT max(seq) FROM audit_leaf)), 0)"
            " AND e.rec >= :since ORDER BY e.rowid LIMIT :most"
        ).bindparams(sa.bindparam("since", type_=sa.BigInteger()), sa.bindparam("most", type_=sa.Integer())),
        # There, what was recorded first need not be committed first.
        "postgresql": sa.text(
            "SELECT e.id, e.stream, e.n, e.rec, e.leaf, e.n = 1 OR EXISTS (SELECT 1 FROM audit_event p"
            " JOIN audit_leaf b ON b.event_id = p.id WHERE p.stream = e.stream AND p.n = e.n - 1)"
            " FROM audit_event e WHERE e.rec >= :since"
            " AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)"
            " ORDER BY e.rec, e.stream, e.n LIMIT :most"
        ).bindparams(sa.bindparam("since", type_=sa.BigInteger()), sa.bindparam("most", type_=sa.Integer())),
    },
)
_CHECKPOINT = Statement("seals.checkpoint", sa.insert(audit_checkpoint))
_CHECKPOINTS = Statement(
    "seals.checkpoints",
    sa.select(
        audit_checkpoint.c.number, audit_checkpoint.c.size, audit_checkpoint.c.at, audit_checkpoint.c.note
    ).order_by(audit_checkpoint.c.number),
)
_NEWEST = Statement(
    "seals.newest",
    sa.select(audit_checkpoint.c.number, audit_checkpoint.c.size, audit_checkpoint.c.at, audit_checkpoint.c.note)
    .order_by(audit_checkpoint.c.size.desc(), audit_checkpoint.c.number.desc())
    .limit(sa.literal_column("1")),
)
_TOKENS = Statement(
    "seals.tokens",
    sa.select(audit_checkpoint.c.size, audit_checkpoint.c.token)
    .where(audit_checkpoint.c.token.is_not(None), audit_checkpoint.c.size <= sa.bindparam("most"))
    .order_by(audit_checkpoint.c.number),
)
_NUMBER = Statement("seals.checkpoint_number", sa.select(sa.func.max(audit_checkpoint.c.number)))
_ALARM = Statement("seals.alarm", sa.insert(audit_alarm))
_ALARMS = Statement(
    "seals.newest_alarm",
    sa.select(audit_alarm.c.number, audit_alarm.c.at, audit_alarm.c.code, audit_alarm.c.seq)
    .order_by(audit_alarm.c.number.desc())
    .limit(sa.literal_column("1")),
)
# An entry that is gone leaves its leaf: it must be seen, so the leaf comes first.
_SEALED = Statement(
    "seals.entries",
    sa.select(audit_leaf.c.seq, audit_leaf.c.leaf, audit_event.c.body)
    .join_from(audit_leaf, audit_event, audit_event.c.id == audit_leaf.c.event_id, isouter=True)
    .order_by(audit_leaf.c.seq),
)
_ORDER = Statement(
    "seals.order",
    sa.select(audit_leaf.c.leaf, audit_event.c.stream, audit_event.c.n, audit_event.c.leaf.label("own"))
    .join_from(audit_leaf, audit_event, audit_event.c.id == audit_leaf.c.event_id, isouter=True)
    .order_by(audit_leaf.c.seq),
)
_LEAVES = Statement(
    "seals.leaves",
    sa.select(audit_leaf.c.seq, audit_leaf.c.leaf)
    .where(audit_leaf.c.seq >= sa.bindparam("start"), audit_leaf.c.seq < sa.bindparam("end"))
    .order_by(audit_leaf.c.seq)
    .limit(sa.bindparam("most")),
)
_OPENINGS = Statement(
    "seals.openings",
    sa.select(
        audit_leaf.c.seq,
        audit_event.c.stream,
        audit_event.c.n,
        audit_private.c.field,
        audit_private.c.salt,
        audit_private.c.value,
    )
    .join_from(audit_private, audit_leaf, audit_leaf.c.event_id == audit_private.c.event_id)
    .join(audit_event, audit_event.c.id == audit_private.c.event_id)
    .order_by(audit_leaf.c.seq, audit_private.c.field),
)
_PLACE = Statement(
    "seals.place",
    sa.select(audit_leaf.c.seq, audit_event.c.body)
    .join_from(audit_leaf, audit_event, audit_event.c.id == audit_leaf.c.event_id)
    .where(audit_event.c.stream == sa.bindparam("stream"), audit_event.c.n == sa.bindparam("n")),
)


def _signed(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    newest = (audit_checkpoint.c.size.desc(), audit_checkpoint.c.number.desc())
    return sa.select(column).order_by(*newest).limit(sa.literal_column("1")).scalar_subquery()


def _alarmed(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    return sa.select(column).order_by(audit_alarm.c.number.desc()).limit(sa.literal_column("1")).scalar_subquery()


_PROGRESS = Statement(
    "seals.progress",
    sa.select(
        audit_head.c.size,
        _signed(audit_checkpoint.c.size),
        sa.type_coerce(_signed(audit_checkpoint.c.at), sa.BigInteger),
        sa.type_coerce(_alarmed(audit_alarm.c.at), sa.BigInteger),
        _alarmed(audit_alarm.c.code),
        _alarmed(audit_alarm.c.seq),
        sa.select(sa.type_coerce(audit_event.c.rec, sa.BigInteger))
        .join_from(audit_leaf, audit_event, audit_event.c.id == audit_leaf.c.event_id)
        .where(audit_leaf.c.seq == sa.func.coalesce(_signed(audit_checkpoint.c.size), sa.literal_column("0")))
        .scalar_subquery(),
    ).where(audit_head.c.id == sa.literal_column("1")),
)
_HEADS = Statement(
    "seals.heads",
    sa.text(
        "SELECT e.stream, e.n, e.leaf FROM audit_event e JOIN (SELECT s.stream AS stream, max(s.n) AS n"
        " FROM audit_event s JOIN audit_leaf l ON l.event_id = s.id GROUP BY s.stream) h"
        " ON h.stream = e.stream AND h.n = e.n ORDER BY e.stream"
    ),
)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A committed entry without a place yet; `follows` where the one before it in its stream has one."""

    event_id: str
    stream: str
    n: int
    recorded_at: datetime
    leaf: bytes
    follows: bool


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    number: int
    size: int
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why the signer refused, when, and from which entry on; None where no entry is at fault."""

    number: int
    at: datetime
    code: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the log is sealed and signed, and the signer's last alarm; `unsigned_since` is of the first entry unsigned."""

    size: int
    signed_size: int
    signed_at: datetime | None
    alarm_at: datetime | None
    alarm: str | None
    alarm_seq: int | None
    unsigned_since: datetime | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment of the entry at `seq`."""

    seq: int
    stream: str
    n: int
    field: str
    salt: bytes
    value: object


class Seals:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    # -- the sealer's -----------------------------------------------------------------------------------------------

    def hold(self) -> Frontier:
        """The tree as it stands, held against any other sealer until the unit of work ends."""
        size, frontier = run(self._cursor, _HOLD).fetchone()
        return Frontier.from_bytes(size, bytes(frontier))

    def recent(self, most: int) -> tuple[Unsealed, ...]:
        """Committed entries without a place, in the order they may get one, as far as an hour before the last sealed one.

        On SQLite nothing older can be without a place. On PostgreSQL it can where a clock went back: `missed` finds it.
        """
        if self._cursor.name == "sqlite":
            # The place in the file is the order; a clock that went back hides nothing there.
            return self._unsealed(_FROM_THE_FIRST, most)
        last = run(self._cursor, _LAST_RECORDED).fetchone()
        return self._unsealed(last[0] - _ONE_HOUR if last else _FROM_THE_FIRST, most)

    def missed(self, most: int) -> tuple[Unsealed, ...]:
        """The same among all entries, however old: it looks at each of them."""
        return self._unsealed(_FROM_THE_FIRST, most)

    def _unsealed(self, since: int, most: int) -> tuple[Unsealed, ...]:
        rows = run(self._cursor, _UNSEALED, {"since": since, "most": most}).fetchall()
        return tuple(Unsealed(row[0], row[1], row[2], instant(row[3]), bytes(row[4]), bool(row[5])) for row in rows)

    def append(self, frontier: Frontier, entries: Sequence[Unsealed]) -> None:
        """Give `entries` the next places; `frontier` is the tree that was held, and grows by them."""
        first = frontier.size
        for entry in entries:
            frontier.append(entry.leaf)
        rows = [
            {"seq": first + place, "event_id": entry.event_id, "leaf": entry.leaf}
            for place, entry in enumerate(entries)
        ]
        run_many(self._cursor, _LEAF, rows)
        run(self._cursor, _MOVE, {"new_size": frontier.size, "new_frontier": frontier.to_bytes()})

    # -- the signer's -----------------------------------------------------------------------------------------------

    def add_checkpoint(self, size: int, at: datetime, note: str, token: bytes | None = None) -> StoredCheckpoint:
        """`token` is what a time-stamping authority said of the note's text, where one was asked."""
        last = run(self._cursor, _NUMBER).fetchone()[0]
        made = StoredCheckpoint((last or 0) + 1, size, at, note)
        params = {"number": made.number, "size": size, "at": micros(at), "note": note, "token": token}
        run(self._cursor, _CHECKPOINT, params)
        return made

    def raise_alarm(self, code: str, seq: int | None, at: datetime) -> None:
        newest = self.newest_alarm()
        number = newest.number + 1 if newest else 1
        run(self._cursor, _ALARM, {"number": number, "at": micros(at), "code": code, "seq": seq})

    # -- everybody's ------------------------------------------------------------------------------------------------

    def head(self) -> Frontier:
        """The tree as it stands."""
        size, frontier = run(self._cursor, _LOOK).fetchone()
        return Frontier.from_bytes(size, bytes(frontier))

    def oldest_unsealed(self) -> datetime | None:
        """When the entry was recorded that has waited longest for its place."""
        found = self.recent(1)
        return found[0].recorded_at if found else None

    def progress(self) -> Progress:
        row = run(self._cursor, _PROGRESS).fetchone()
        size, signed, signed_at, alarm_at, alarm, alarm_seq, unsigned = row
        return Progress(
            size,
            signed or 0,
            instant_or_none(signed_at),
            instant_or_none(alarm_at),
            alarm,
            alarm_seq,
            instant_or_none(unsigned),
        )

    def checkpoints(self) -> tuple[StoredCheckpoint, ...]:
        rows = run(self._cursor, _CHECKPOINTS).fetchall()
        return tuple(StoredCheckpoint(row[0], row[1], instant(row[2]), row[3]) for row in rows)

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        """The one of the largest tree, with the most signatures."""
        row = run(self._cursor, _NEWEST).fetchone()
        return StoredCheckpoint(row[0], row[1], instant(row[2]), row[3]) if row else None

    def tokens(self, most: int) -> Mapping[int, bytes]:
        """By size, up to `most` entries: the tokens of the time-stamping authority."""
        rows = run(self._cursor, _TOKENS, {"most": most}).fetchall()
        return {size: bytes(token) for size, token in rows}

    def newest_alarm(self) -> Alarm | None:
        row = run(self._cursor, _ALARMS).fetchone()
        return Alarm(row[0], instant(row[1]), row[2], row[3]) if row else None

    def sealed(self) -> Iterator[tuple[int, bytes, bytes | None]]:
        """(place, leaf, body) of every sealed entry in order, fetched as they are looked at; no body where the entry is gone."""
        return walk(self._cursor, _SEALED)

    def order(self) -> Iterator[Sealed]:
        """Every sealed place with the entry that stands there, in order, fetched as they are looked at."""
        for sealed, stream, n, leaf in walk(self._cursor, _ORDER):
            yield Sealed(bytes(sealed), stream, n or 0, bytes(leaf or b""))

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """The leaves at places from `start` up to, without, `end`."""
        while start < end:
            rows = run(self._cursor, _LEAVES, {"start": start, "end": end, "most": _PAGE}).fetchall()
            if not rows:
                return
            for _seq, leaf in rows:
                yield bytes(leaf)
            start = rows[-1][0] + 1

    def openings(self) -> Iterator[Opening]:
        """What opens the commitments of sealed entries and is not erased, in the order of the log."""
        for seq, stream, n, field, salt, value in walk(self._cursor, _OPENINGS):
            yield Opening(seq, stream, n, field, bytes(salt), json_value(value))

    def place_of(self, stream: str, n: int) -> tuple[int, bytes] | None:
        """The place and the body of one entry; None where there is no such entry, or it is not sealed yet."""
        row = run(self._cursor, _PLACE, {"stream": stream, "n": n}).fetchone()
        return (row[0], bytes(row[1])) if row else None

    def stream_heads(self) -> Iterator[tuple[str, int, bytes]]:
        """(stream, n, leaf) of the last sealed entry of each stream, sorted by the bytes of the stream's name."""
        for stream, n, leaf in walk(self._cursor, _HEADS):
            yield stream, n, bytes(leaf)
