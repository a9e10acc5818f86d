"""The audit log in the database: append and read; nothing here can change an entry."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from workflow.audit import REFUSALS, Entry, Head
from workflow.errors import Busy
from workflow.ids import entry_id
from workflow.persistence.columns import instant, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, run, run_many, walk
from workflow.persistence.tables import audit_event, audit_private

_NEW = sa.bindparam
_EVENT = Statement("audit.append", sa.insert(audit_event))
_PRIVATE = Statement("audit.append_private", sa.insert(audit_private))
_HEAD = Statement(
    "audit.head",
    sa.select(audit_event.c.n, audit_event.c.leaf, audit_event.c.rec)
    .where(audit_event.c.stream == _NEW("stream"))
    .order_by(audit_event.c.n.desc())
    .limit(sa.literal_column("1")),
)
_HOLD = Statement(
    "audit.hold",
    sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0))").bindparams(
        sa.bindparam("stream", type_=sa.Text())
    ),
)
_ENTRY = (audit_event.c.id, audit_event.c.stream, audit_event.c.n, audit_event.c.body, audit_event.c.leaf)
_STREAM = Statement(
    "audit.stream",
    sa.select(*_ENTRY)
    .where(audit_event.c.stream == _NEW("stream"), audit_event.c.n > _NEW("after"))
    .order_by(audit_event.c.n)
    .limit(_NEW("most")),
)
_VALUES = Statement(
    "audit.private",
    sa.select(audit_private.c.field, audit_private.c.value).where(audit_private.c.event_id == _NEW("event_id")),
)
_OPENINGS = Statement(
    "audit.openings",
    sa.select(audit_private.c.field, audit_private.c.salt, audit_private.c.value).where(
        audit_private.c.event_id == _NEW("event_id")
    ),
)
_STREAM_VALUES = Statement(
    "audit.private_of_stream",
    sa.select(audit_event.c.n, audit_private.c.field, audit_private.c.value)
    .join_from(audit_private, audit_event, audit_private.c.event_id == audit_event.c.id)
    .where(audit_event.c.stream == _NEW("stream")),
)
_ALL = Statement("audit.by_stream", sa.select(*_ENTRY).order_by(audit_event.c.stream, audit_event.c.n))
_OF_ITEMS = Statement(
    "audit.items_by_stream",
    sa.select(*_ENTRY, audit_private.c.field, audit_private.c.value, audit_private.c.salt)
    .join_from(audit_event, audit_private, audit_private.c.event_id == audit_event.c.id, isouter=True)
    .where(
        audit_event.c.item_id.is_not(None),
        audit_event.c.stream.not_like(sa.literal_column(f"'{REFUSALS}/%'")),
    )
    .order_by(audit_event.c.stream, audit_event.c.n),
)
_ENDS = Statement(
    "audit.ends",
    sa.text(
        "SELECT e.stream, e.n, e.leaf, e.rec FROM audit_event e JOIN"
        " (SELECT stream, max(n) AS n FROM audit_event GROUP BY stream) h ON h.stream = e.stream AND h.n = e.n"
    ),
)
_OF_TYPE = Statement(
    "audit.of_type",
    sa.select(*_ENTRY)
    .where(audit_event.c.stream == _NEW("stream"), audit_event.c.type == _NEW("type"))
    .order_by(audit_event.c.n),
)
_NEWEST = Statement(
    "audit.newest",
    {
        # Rows are only ever appended: the last one's number tells every change apart, also two of one instant.
        "sqlite": sa.text("SELECT rowid FROM audit_event ORDER BY rowid DESC LIMIT 1"),
        # There, who commits last need not have begun last: what this transaction can see is told whole.
        "postgresql": sa.text("SELECT pg_current_snapshot()::text"),
    },
)
_MOST = 2**62
_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry as it lies in the database, byte for byte; `private` holds what of it was asked for and is not erased.

    `salts` open the commitments of what `private` holds, where they were asked for as well.
    """

    id: str
    stream: str
    n: int
    body: bytes
    leaf: bytes
    private: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    salts: Mapping[str, bytes] = field(default_factory=lambda: _NONE)


def _entry(row: Row, private: Mapping[str, Any] = _NONE, salts: Mapping[str, bytes] = _NONE) -> StoredEntry:
    return StoredEntry(row[0], row[1], row[2], bytes(row[3]), bytes(row[4]), private, salts)


class AuditLog:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def append(self, *entries: Entry) -> tuple[str, ...]:
        """Write entries and what they keep private; their ids. Busy where another entry took the number of one meanwhile."""
        ids, rows, private = [], [], []
        for entry in entries:
            event_id = entry_id(entry.recorded_at, entry.n)
            ids.append(event_id)
            rows.append(
                {
                    "id": event_id,
                    "stream": entry.stream,
                    "n": entry.n,
                    "rec": micros(entry.recorded_at),
                    "type": entry.type,
                    "actor_id": entry.actor_id,
                    "tr": entry.move,
                    "item_id": entry.item_id,
                    "body": entry.body,
                    "leaf": entry.leaf,
                }
            )
            if entry.private:
                private += [
                    {"event_id": event_id, "field": value.field, "salt": value.salt, "value": value.value}
                    for value in entry.private
                ]
        try:
            run_many(self._cursor, _EVENT, rows)
        except self._cursor.driver.IntegrityError as fault:
            numbers = ", ".join(f"{entry.n} of {entry.stream}" for entry in entries)
            raise Busy(f"entry {numbers} is written already; read the head again") from fault
        if private:
            run_many(self._cursor, _PRIVATE, private)
        return tuple(ids)

    def head(self, stream: str) -> Head:
        """The last entry of a stream, held against other writers like an item.

        An item's own stream keeps its head on the item's row (`StoredItem.head`).
        """
        if self._cursor.name != "sqlite" and not self._cursor.read_only:
            # There is no row to hold: one is told apart from the next by its number alone.
            run(self._cursor, _HOLD, {"stream": stream})
        row = run(self._cursor, _HEAD, {"stream": stream}).fetchone()
        return Head(row[0], bytes(row[1]), instant(row[2])) if row else Head()

    def newest_mark(self) -> str:
        """A mark of the entries that are there, or "": as long as it stays, nothing in the office has changed."""
        row = run(self._cursor, _NEWEST).fetchone()
        return str(row[0]) if row else ""

    def stream(self, stream: str, after: int = 0, most: int = _MOST) -> tuple[StoredEntry, ...]:
        """The entries of one stream in order, those numbered above `after`."""
        rows = run(self._cursor, _STREAM, {"stream": stream, "after": after, "most": most}).fetchall()
        return tuple(_entry(row) for row in rows)

    def of_type(self, stream: str, kind: str) -> tuple[StoredEntry, ...]:
        """The entries of one type in one stream, in order."""
        rows = run(self._cursor, _OF_TYPE, {"stream": stream, "type": kind}).fetchall()
        return tuple(_entry(row) for row in rows)

    def private(self, event_id: str) -> Mapping[str, Any]:
        """The private values of one entry that are not erased, by their key in its `cmt`."""
        rows = run(self._cursor, _VALUES, {"event_id": event_id}).fetchall()
        return {key: json_value(value) for key, value in rows}

    def private_of_stream(self, stream: str) -> Mapping[int, Mapping[str, Any]]:
        """The private values of a whole stream that are not erased, by entry number."""
        found: dict[int, dict[str, Any]] = {}
        for n, key, value in run(self._cursor, _STREAM_VALUES, {"stream": stream}).fetchall():
            found.setdefault(n, {})[key] = json_value(value)
        return found

    def openings(self, event_id: str) -> tuple[tuple[str, bytes, Any], ...]:
        """What opens the commitments of one entry: (key, salt, value) each."""
        rows = run(self._cursor, _OPENINGS, {"event_id": event_id}).fetchall()
        return tuple((key, bytes(salt), json_value(value)) for key, salt, value in rows)

    def entries_by_stream(self) -> Iterator[StoredEntry]:
        """The whole log, stream by stream in the order of the numbers, fetched as it is looked at."""
        return (_entry(row) for row in walk(self._cursor, _ALL))

    def ends(self) -> Iterator[tuple[str, Head]]:
        """The last entry of every stream, fetched as they are looked at."""
        for stream, n, leaf, recorded_at in walk(self._cursor, _ENDS):
            yield stream, Head(n, bytes(leaf), instant(recorded_at))

    def item_entries_by_stream(self) -> Iterator[StoredEntry]:
        """The same for the items' own streams alone, with their private values: what a replay folds."""
        rows = walk(self._cursor, _OF_ITEMS)
        for _, parts in groupby(rows, key=itemgetter(0)):
            same = tuple(parts)
            private = {row[5]: json_value(row[6]) for row in same if row[5] is not None}
            salts = {row[5]: bytes(row[7]) for row in same if row[5] is not None}
            yield _entry(same[0], private, salts)
