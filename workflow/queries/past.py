"""The log replayed up to an instant: how an item stood then, as it was recorded by then or as it counted from then on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from workflow.audit import REFUSALS, canonical, open_events
from workflow.engine import Item
from workflow.engine.apply import fold
from workflow.engine.custody import Step
from workflow.engine.events import EpisodeEnded, EpisodeRecorded, Event, from_plain, instant_of
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant_or_none, json_value, micros
from workflow.persistence.items import ITEM_COLUMNS, read_item
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import audit_event, audit_private, item

RECORDED, EFFECTIVE = "recorded", "effective"
"""By what was written by then, or by what counted then, though it may have been written later."""

_BATCH = 200
_EVER = 2**62
_ENTRIES = Statement(
    "past.entries",
    sa.select(
        audit_event.c.item_id,
        audit_event.c.n,
        audit_event.c.body,
        audit_private.c.field,
        audit_private.c.value,
    )
    .select_from(audit_event.outerjoin(audit_private, audit_private.c.event_id == audit_event.c.id))
    .where(
        audit_event.c.item_id.in_([sa.bindparam(f"id{n}") for n in range(_BATCH)]),
        audit_event.c.item_id.is_not(None),
        audit_event.c.rec <= sa.bindparam("until"),
        audit_event.c.stream.not_like(f"{REFUSALS}/%"),
    )
    .order_by(audit_event.c.item_id, audit_event.c.n),
)
_ITEMS = Statement(
    "past.items",
    sa.select(*(item.c[name] for name in ITEM_COLUMNS), item.c.head_rec)
    .where(item.c.created_at <= sa.bindparam("at"), item.c.id > sa.bindparam("after"))
    .order_by(item.c.id)
    .limit(sa.bindparam("most")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry of an item's stream did to the item, and its two times."""

    recorded_at: datetime
    effective_at: datetime
    events: tuple[Event, ...]

    def at(self, by: str) -> datetime:
        return self.effective_at if by == EFFECTIVE else self.recorded_at


def entries_of(
    uow: UnitOfWork, item_ids: Sequence[str], until: datetime | None = None
) -> Mapping[str, tuple[Entry, ...]]:
    """The streams of up to 200 items, each in order, in one statement: whole, or what was recorded up to `until`.

    Entries without events are left out.
    """
    params: dict[str, Any] = {f"id{n}": item_ids[n] if n < len(item_ids) else "" for n in range(_BATCH)}
    params["until"] = micros(until) if until else _EVER
    rows = run(uow.cursor, _ENTRIES, params).fetchall()
    return {item_id: tuple(_entries(one_item)) for item_id, one_item in groupby(rows, key=lambda row: str(row[0]))}


def _entries(rows: Iterable[tuple[Any, ...]]) -> Iterator[Entry]:
    for _n, parts in groupby(rows, key=lambda row: row[1]):
        same = tuple(parts)
        body = canonical.decode(bytes(same[0][2]))
        private = {row[3]: json_value(row[4]) for row in same if row[3] is not None}
        events = tuple(from_plain(event) for event in open_events(body, private))
        if events:
            yield Entry(instant_of(body["rec"]), instant_of(body["eff"]), events)


def item_as_of(entries: Iterable[Entry], at: datetime, by: str = RECORDED) -> Item | None:
    """The item as it stood at `at`, or None where it did not exist then."""
    found: Item | None = None
    for entry in entries:
        if entry.at(by) > at:
            continue
        events = tuple(event for event in entry.events if _has_ground(found, event))
        if events and (found is not None or entry.events[0] is events[0]):
            found = fold(found, events)
    return found


def _has_ground(found: Item | None, event: Event) -> bool:
    """Whether what the event is about exists: one that counts from early on may speak of an episode that counts later."""
    if isinstance(event, EpisodeEnded | EpisodeRecorded):
        return found is None or event.n <= len(found.episodes)
    return True


def items_as_of(uow: UnitOfWork, at: datetime, by: str = RECORDED) -> Iterator[Item]:
    """Every item that existed at `at`, as it stood then, in the order of their making.

    What has not changed since is its row; only the rest is replayed.
    """
    after = ""
    while True:
        params = {"at": micros(at), "after": after, "most": _BATCH}
        rows = run(uow.cursor, _ITEMS, params).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        changed = [row[0] for row in rows if (instant_or_none(row[-1]) or at) > at]
        # What was recorded later may still count by then; by what was recorded it does not.
        streams = entries_of(uow, changed, None if by == EFFECTIVE else at) if changed else {}
        told_anew = frozenset(changed)
        for row in rows:
            found = item_as_of(streams.get(row[0], ()), at, by) if row[0] in told_anew else read_item(row)
            if found is not None:
                yield found


def steps_of(entries: Iterable[Entry]) -> tuple[Step, ...]:
    """The same entries as the clock of responsibility reads them: by the instants from which they count."""
    return tuple(Step(entry.effective_at, entry.events) for entry in entries)
