"""Check the log: whether it is whole, and whether it yields the rows that pages show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from workflow.audit import Verification, canonical, open_events, walk
from workflow.engine import Item
from workflow.engine.apply import fold
from workflow.engine.events import from_plain
from workflow.persistence import UnitOfWork
from workflow.queries.condition import recent_streams
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact in which an item's row and the replay of its log disagree."""

    code: str
    item_id: str
    fact: str
    row: str
    log: str


@dataclass(frozen=True, slots=True)
class Replayed:
    items: int
    entries: int
    differences: tuple[Difference, ...]


def verify(office: Office) -> Verification:
    """Walk every stream of the log: canonical bytes, hashes, numbering, order, states; the first bad entry is named."""
    with office.read() as uow:
        return walk((entry.stream, entry.n, entry.body, entry.leaf) for entry in uow.audit.entries_by_stream())


def verify_newest(office: Office, entries: int) -> Verification:
    """The same for the streams of so many entries that were written last."""
    with office.read() as uow:
        found = [entry for stream in recent_streams(uow, entries) for entry in uow.audit.stream(stream)]
    return walk((entry.stream, entry.n, entry.body, entry.leaf) for entry in found)


def replay(office: Office) -> Replayed:
    """Fold the log of every item and compare it with the item's row, fact by fact."""
    differences: list[Difference] = []
    items = entries = 0
    with office.read() as uow:
        for item, count in _replayed(uow):
            items += 1
            entries += count
            row = uow.items.find(item.id)
            differences.extend(_compare(item, row.item if row else None))
        differences.extend(_without_log(uow))
    return Replayed(items, entries, tuple(differences))


def _replayed(uow: UnitOfWork) -> Iterator[tuple[Item, int]]:
    item: Item | None = None
    stream, count = "", 0
    for entry in uow.audit.item_entries_by_stream():
        if entry.stream != stream:
            if item is not None:
                yield item, count
            item, stream, count = None, entry.stream, 0
        count += 1
        events = open_events(canonical.decode(entry.body), entry.private)
        if events:
            item = fold(item, (from_plain(event) for event in events))
    if item is not None:
        yield item, count


def _compare(log: Item, row: Item | None) -> Iterator[Difference]:
    if row is None:
        yield Difference(log.code, log.id, "row", "missing", "present")
        return
    for part in fields(Item):
        logged, stored = _comparable(getattr(log, part.name)), _comparable(getattr(row, part.name))
        if logged != stored:
            yield Difference(log.code, log.id, part.name, str(stored), str(logged))


def _comparable(value: Any) -> Any:
    """Mappings as dicts: a read-only view and a dict of equal content are the same fact."""
    return dict(value) if isinstance(value, Mapping) else value


def _without_log(uow: UnitOfWork) -> Iterator[Difference]:
    for item_id, code in uow.items.without_entries():
        yield Difference(code, item_id, "log", "present", "missing")


def record_reading(office: Office, caller: Caller, what: str, shown: int) -> None:
    """Put on record that somebody read the log: which page of it and how many entries."""
    now = office.clock.now()
    with office.write() as uow:
        extra = {"what": what[:500], "shown": shown}
        append(uow, Note(f"person/{caller.actor.id}", "read", extra=extra), caller, now)
