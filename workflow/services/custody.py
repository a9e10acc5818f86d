"""Who held an item, and how long: brought up from the log behind the moves, which pay nothing for it; told in working time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workflow.engine import Definition, Item
from workflow.engine.custody import Holder, Span, custody
from workflow.engine.events import instant_of, instant_text
from workflow.engine.workdays import CalendarYearMissing
from workflow.persistence import StoredItem, UnitOfWork
from workflow.queries.past import Entry, entries_of, steps_of
from workflow.services.office import Office

_BATCH, _BATCHES = 100, 20
_BROUGHT_UP = "custody_at"
_OVERLAP = timedelta(minutes=10)
"""How long before the last look entries may still appear: a transaction that was recorded earlier may commit later."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch with its working time; None where the workflow has no calendar or the calendar lacks a year of it."""

    span: Span
    working: timedelta | None


@dataclass(frozen=True, slots=True)
class Share:
    """How long one holder had an item in all; `working` None: as in `Held`. `holds` where he has it now."""

    holder: Holder
    working: timedelta | None
    holds: bool


# -- the projection -----------------------------------------------------------------------------------------------------


def bring_up(office: Office) -> int:
    """Tell in rows what the log has told since the last time; how many items' stories were written. Safe to repeat.

    A round of the clock does it, and at most so much at a time that nothing else waits for it; whoever reads meanwhile is
    told from the log.
    """
    now, count = office.clock.now(), 0
    since = _since(office, now)
    for _batch in range(_BATCHES):
        behind = _behind(office, since)
        if not behind:
            with office.write() as uow:
                uow.settings.put(_BROUGHT_UP, instant_text(now))
            break
        _write(office, behind)
        count += len(behind)
    return count


def rebuild(office: Office) -> int:
    """Throw the rows away and make them anew from the log."""
    with office.write() as uow:
        uow.custody.forget_all()
        uow.settings.put(_BROUGHT_UP, instant_text(_BEGINNING))
    count = 0
    while more := bring_up(office):
        count += more
    return count


def _since(office: Office, now: datetime) -> datetime:
    with office.read() as uow:
        mark = uow.settings.find(_BROUGHT_UP)
    last = instant_of(mark) if mark else _BEGINNING
    # A clock that was set back writes entries behind the mark: then everything is looked through.
    return _BEGINNING if last <= _BEGINNING or last > now else last - _OVERLAP


def _behind(office: Office, since: datetime) -> tuple[str, ...]:
    with office.read() as uow:
        return uow.custody.behind(since, _BATCH)


def _write(office: Office, item_ids: tuple[str, ...]) -> None:
    # Told from one instant of the database, written in a short unit of its own: nobody who acts waits for a replay. Should
    # an item go on in between, the head that is kept with its story says so, and the next look finds it.
    with office.read() as uow:
        streams = entries_of(uow, item_ids)
        stories = [
            (stored, _told(office, uow, streams.get(stored.item.id, ())))
            for item_id in item_ids
            if (stored := uow.items.find(item_id)) is not None
        ]
    with office.write() as uow:
        for stored, spans in stories:
            uow.custody.put(stored.item.id, stored.item.workflow, spans, stored.head.n)


def spans_of(office: Office, uow: UnitOfWork, stored: StoredItem) -> tuple[Span, ...]:
    """The stretches of an item's life up to its last entry: from the rows where they are up to date, else from the log."""
    upto, spans = uow.custody.of_item(stored.item.id)
    return spans if upto == stored.head.n else replayed(office, uow, stored.item)


def replayed(office: Office, uow: UnitOfWork, item: Item) -> tuple[Span, ...]:
    """The same from the log alone."""
    return _told(office, uow, entries_of(uow, (item.id,)).get(item.id, ()))


def _told(office: Office, uow: UnitOfWork, entries: Iterable[Entry]) -> tuple[Span, ...]:
    return custody(steps_of(entries), lambda item: office.editions.of(item, uow))


# -- in working time ----------------------------------------------------------------------------------------------------


def measured(office: Office, definition: Definition, spans: Iterable[Span], now: datetime) -> tuple[Held, ...]:
    """Each stretch with its working time by the calendar as it stands; one that still runs, up to `now`."""
    return tuple(Held(span, _working(office, definition, span, now)) for span in spans)


def _working(office: Office, definition: Definition, span: Span, now: datetime) -> timedelta | None:
    calendar = office.calendars.get(definition.calendar or "")
    try:
        return calendar.working_time(span.since, span.until or now, office.zone) if calendar else None
    except CalendarYearMissing:
        return None


def shares(held: Iterable[Held]) -> tuple[Share, ...]:
    """The same by holder, in the order in which they first had the item; a person is one holder, by whatever word he was named."""
    found: dict[tuple[str, str | None], Share] = {}
    for one in held:
        holder = one.span.holder
        key = (holder.person or holder.who, holder.unit)
        known = found.get(key) or Share(holder, timedelta(), holds=False)
        total = None if known.working is None or one.working is None else known.working + one.working
        found[key] = Share(known.holder, total, holds=one.span.until is None)
    return tuple(found.values())
