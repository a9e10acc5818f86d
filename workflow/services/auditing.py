"""Check the log: whether it is whole, and whether it yields the rows that pages show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.audit import Fault, HeadFault, Verification, canonical, open_events, opens, walk
from workflow.audit.heads import unlike_commitments, unlike_rows
from workflow.engine import Item
from workflow.engine.apply import fold
from workflow.engine.events import from_plain
from workflow.persistence import UnitOfWork
from workflow.persistence.audit_log import StoredEntry
from workflow.queries.condition import recent_streams
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office
from workflow.values import names_of


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


@dataclass(frozen=True, slots=True)
class Verified:
    """`count` entries were walked up to the first bad one; `heads` tells whatever does not agree with the ends of the streams."""

    count: int
    first_bad: Fault | None
    heads: tuple[HeadFault, ...]

    @property
    def ok(self) -> bool:
        return self.first_bad is None and not self.heads


def verify(office: Office) -> Verified:
    """Walk every stream of the log (canonical bytes, hashes, numbering, order, states); the first bad entry is named.

    Then the ends of the streams: what items' rows keep of them, and what the log committed to once a day, must be so. A cut
    off end leaves a chain that holds.
    """
    with office.read() as uow:
        walked = walk((entry.stream, entry.n, entry.body, entry.leaf) for entry in uow.audit.entries_by_stream())
        rows = unlike_rows(uow.items.heads(), uow.audit.ends())
        said = unlike_commitments((entry.body for entry in uow.audit.stream("log")), uow.seals.order())
        return Verified(walked.count, walked.first_bad, (*rows, *said))


def verify_newest(office: Office, entries: int) -> Verification:
    """The same for the streams of so many entries that were written last."""
    with office.read() as uow:
        found = [entry for stream in recent_streams(uow, entries) for entry in uow.audit.stream(stream)]
    return walk((entry.stream, entry.n, entry.body, entry.leaf) for entry in found)


def replay(office: Office) -> Replayed:
    """Fold the log of every item and compare it with the item's row, fact by fact.

    A private text must open its commitment; one that is gone must have been erased by an entry of the log.
    """
    differences: list[Difference] = []
    items = entries = 0
    with office.read() as uow:
        for item, count, sealed in _replayed(uow, _erased(uow)):
            items += 1
            entries += count
            row = uow.items.find(item.id)
            differences.extend(_compare(item, row.item if row else None))
            differences.extend(Difference(item.code, item.id, one.fact, one.found, one.committed) for one in sealed)
        differences.extend(_without_log(uow))
    return Replayed(items, entries, tuple(differences))


@dataclass(frozen=True, slots=True)
class _Unsound:
    """A private text that is not what its entry committed to."""

    fact: str
    found: str
    committed: str


_Place = tuple[str, int, str]


def _erased(uow: UnitOfWork) -> frozenset[_Place]:
    """Where the log says that a text was erased."""
    said = (canonical.decode(entry.body)["redaction"] for entry in uow.audit.of_type("log", "redaction"))
    return frozenset((one["stream"], one["n"], one["field"]) for one in said)


def _replayed(uow: UnitOfWork, erased: frozenset[_Place]) -> Iterator[tuple[Item, int, tuple[_Unsound, ...]]]:
    item: Item | None = None
    stream, count = "", 0
    unsound: list[_Unsound] = []
    for entry in uow.audit.item_entries_by_stream():
        if entry.stream != stream:
            if item is not None:
                yield item, count, tuple(unsound)
            item, stream, count, unsound = None, entry.stream, 0, []
        count += 1
        body = canonical.decode(entry.body)
        unsound.extend(_unsound(entry, body.get("cmt", {}), erased))
        events = open_events(body, entry.private)
        if events:
            item = fold(item, (from_plain(event) for event in events))
    if item is not None:
        yield item, count, tuple(unsound)


def _unsound(entry: StoredEntry, commitments: Mapping[str, str], erased: frozenset[_Place]) -> Iterator[_Unsound]:
    for name, committed in commitments.items():
        fact, gone = f"#{entry.n} {name}", (entry.stream, entry.n, name) in erased
        if name in entry.private:
            if gone:
                yield _Unsound(fact, "present", "erased")
            elif not opens(entry.salts[name], entry.private[name], committed):
                yield _Unsound(fact, "changed", committed)
        elif not gone:
            yield _Unsound(fact, "missing", committed)


def _compare(log: Item, row: Item | None) -> Iterator[Difference]:
    if row is None:
        yield Difference(log.code, log.id, "row", "missing", "present")
        return
    for name in names_of(Item):
        logged, stored = _comparable(getattr(log, name)), _comparable(getattr(row, name))
        if logged != stored:
            yield Difference(log.code, log.id, name, str(stored), str(logged))


def _comparable(value: Any) -> Any:
    """Mappings as dicts: a read-only view and a dict of equal content are the same fact."""
    return dict(value) if isinstance(value, Mapping) else value


def _without_log(uow: UnitOfWork) -> Iterator[Difference]:
    for item_id, code in uow.items.without_entries():
        yield Difference(code, item_id, "log", "present", "missing")


def record_reading(office: Office, caller: Caller, what: str, shown: int) -> None:
    """Put on record that somebody read: which page or answer, how many entries of it, and by which mandate."""
    now = office.clock.now()
    mandate = caller.actor.mandate
    purpose = {"mandate": mandate.id, "purpose": mandate.act} if mandate else {}
    with office.write() as uow:
        extra = {"what": what[:500], "shown": shown, **purpose}
        append(uow, Note(f"person/{caller.actor.id}", "read", extra=extra), caller, now)


def record_refused_reading(office: Office, caller: Caller, what: str) -> None:
    """Put on record that somebody was refused what he tried to read; the entry holds the address and nothing of the content."""
    now = office.clock.now()
    with office.write() as uow:
        append(uow, Note(f"person/{caller.actor.id}", "refusal", extra={"what": what[:500]}), caller, now)
