"""On which legal ground texts are gone from what a page shows; nothing is asked where nothing is gone."""

from collections.abc import Iterable, Mapping

from workflow.audit import ERASED
from workflow.engine import Item
from workflow.persistence import UnitOfWork
from workflow.queries.history import HistoryEntry

Grounds = Mapping[str, str]
"""By the name of the field, or "comment"."""


def grounds_in(uow: UnitOfWork, entries: Iterable[HistoryEntry]) -> Mapping[tuple[str, int], Grounds]:
    """By the stream and number of the entry."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    for stream in sorted({entry.stream for entry in entries if _lacks(entry)}):
        for gone in uow.redactions.gone_of(stream):
            found.setdefault((stream, gone.n), {})[gone.field] = gone.ground
    return found


def _lacks(entry: HistoryEntry) -> bool:
    if entry.comment is None and "comment" in entry.body.get("cmt", {}):
        return True
    return any(
        value == ERASED for event in entry.events for value in (event.get("new"), *event.get("inputs", {}).values())
    )


def grounds_of(uow: UnitOfWork, item: Item, stream: str) -> Grounds:
    """The latest ground for each field of the item."""
    if ERASED not in item.fields.values():
        return {}
    return {gone.field: gone.ground for gone in sorted(uow.redactions.gone_of(stream), key=lambda gone: gone.n)}
