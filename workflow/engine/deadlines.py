"""Due dates, pauses and timers: what falls due, and when. Pure: times go in, times and events come out."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from operator import attrgetter

from workflow.engine.circumstances import Circumstances
from workflow.engine.definition import Deadline, Definition, Duration, FieldType, Timer
from workflow.engine.events import DuePaused, DueResumed, DueSet, instant_of
from workflow.engine.item import Item, Paused, Plain
from workflow.engine.workdays import Calendar, CalendarYearMissing
from workflow.values import Frozen, field

_DAY = timedelta(days=1)
_AHEAD = timedelta(days=31)


class Due(Frozen):
    """The next falling due of a timer: `at` is its nominal instant (UTC), `n` its number among its repeats, from 1."""

    timer: Timer
    at: datetime
    n: int = 1

    @property
    def order(self) -> tuple[datetime, bool, str]:
        # Of one instant, reminders come before moves: a move may end the wait that they belong to.
        return self.at, self.timer.fire is not None, self.timer.name


class Outlook(Frozen):
    """What of every timer falls due next, in nominal order; `unknown` are years that a timer needs and the calendar lacks."""

    dues: tuple[Due, ...]
    unknown: frozenset[int] = field(default_factory=frozenset)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant after `day`, local: what a date's deadline is compared with ("trước 00:00 của ngày sau")."""
    return datetime.combine(day + _DAY, time(), tzinfo=zone).astimezone(UTC)


def due_of(definition: Definition, deadline: Deadline, fields: Mapping[str, Plain], zone: tzinfo) -> datetime | None:
    """The bound of a deadline by its own date under `fields`, or None where its base is empty."""
    value = fields.get(deadline.base)
    if not value:
        return None
    if _is_of_a_day(definition, deadline):
        return end_of_day(date.fromisoformat(str(value)), zone)
    return instant_of(str(value))


def _is_of_a_day(definition: Definition, deadline: Deadline) -> bool:
    return definition.fields[deadline.base].type is FieldType.DATE


def dues_of(definition: Definition, fields: Mapping[str, Plain], zone: tzinfo) -> dict[str, datetime]:
    found = {name: due_of(definition, deadline, fields, zone) for name, deadline in definition.deadlines.items()}
    return {name: at for name, at in found.items() if at is not None}


def is_overdue(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and now >= due_at


# -- what becomes of the bounds when an item goes on ----------------------------------------------------------------------


def bounds_after(
    definition: Definition,
    item: Item,
    target: str,
    changed: Mapping[str, datetime | None],
    circumstances: Circumstances,
) -> list[DueSet | DuePaused | DueResumed]:
    """How the deadlines move when the item is in `target`; `changed` holds the bounds whose own date changes with it.

    CalendarYearMissing where a pause is to be counted in a year without data.
    """
    if not changed and not item.paused and target not in definition.pausing:
        return []
    events: list[DueSet | DuePaused | DueResumed] = []
    for deadline in definition.deadlines.values():
        events.extend(_bound_after(definition, deadline, item, target, changed, circumstances))
    return events


def _bound_after(
    definition: Definition,
    deadline: Deadline,
    item: Item,
    target: str,
    changed: Mapping[str, datetime | None],
    circumstances: Circumstances,
) -> Iterator[DueSet | DuePaused | DueResumed]:
    name, now, paused = deadline.name, circumstances.now, item.paused.get(deadline.name)
    old = item.due.get(name)
    stands = target in deadline.pause_in
    if paused and stands and name not in changed:
        return
    if name in changed:
        bound = changed[name]
    elif paused:
        bound = _resumed(definition, deadline, paused, target, circumstances)
    else:
        bound = old
    # What has passed already stays passed: nobody becomes timely by handing the item on.
    if stands and bound is not None and bound > now:
        yield DuePaused(name, bound, now)
        bound = None
    elif paused:
        yield DueResumed(name, now)
    if bound != old:
        yield DueSet(name, old, bound)


def _resumed(
    definition: Definition, deadline: Deadline, paused: Paused, target: str, circumstances: Circumstances
) -> datetime:
    """The bound of a deadline whose clock goes on: later by as long as it stood, and never nearer than its grace."""
    bound = _shifted_by_pause(definition, deadline, paused, circumstances)
    if deadline.grace_on_return is None or definition.states[target].final:
        return bound
    return max(bound, _graced(definition, deadline, deadline.grace_on_return, circumstances))


def _shifted_by_pause(
    definition: Definition, deadline: Deadline, paused: Paused, circumstances: Circumstances
) -> datetime:
    """A deadline of a day moves by the working days that passed, so that as many remain as before; any other by the time."""
    if not _is_of_a_day(definition, deadline):
        return paused.bound + (circumstances.now - paused.since)
    zone, calendar = circumstances.zone, circumstances.calendar
    first, last = (at.astimezone(zone).date() for at in (paused.since, circumstances.now))
    days = calendar.between(first, last) if calendar else (last - first).days
    if not days:
        return paused.bound
    due_day = paused.bound.astimezone(zone).date() - _DAY
    return end_of_day(calendar.shift(due_day, days) if calendar else due_day + timedelta(days=days), zone)


def _graced(definition: Definition, deadline: Deadline, grace: Duration, circumstances: Circumstances) -> datetime:
    at = shifted(circumstances.now, grace, circumstances)
    if grace.unit == "h" or not _is_of_a_day(definition, deadline):
        return at
    return end_of_day(at.astimezone(circumstances.zone).date(), circumstances.zone)


# -- timers ---------------------------------------------------------------------------------------------------------------


def shifted(at: datetime, offset: Duration, circumstances: Circumstances) -> datetime:
    """`at` moved by `offset`; working days keep the local time of day and need a calendar that knows the year."""
    if offset.unit == "h":
        return at + timedelta(hours=offset.amount)
    if offset.unit == "d":
        return (at.astimezone(circumstances.zone) + timedelta(days=offset.amount)).astimezone(UTC)
    calendar = circumstances.calendar
    if calendar is None:
        raise ValueError("working days need a calendar")
    days = (calendar.name, calendar.off, calendar.worked, calendar.years)
    return _working_days_on(days, at, offset.amount, circumstances.zone)


# Every move asks for its reminders, and they count from the same few instants. A calendar with all its names is slow to hash.
@lru_cache(maxsize=8192)
def _working_days_on(
    days: tuple[str, frozenset[date], frozenset[date], frozenset[int]], at: datetime, amount: int, zone: tzinfo
) -> datetime:
    local = at.astimezone(zone)
    day = Calendar(*days).shift(local.date(), amount)
    return datetime.combine(day, local.time(), tzinfo=zone).astimezone(UTC)


def timer_at(timer: Timer, item: Item, circumstances: Circumstances) -> datetime | None:
    """When `timer` falls due for `item` the first time, or None where its deadline has no date or stands still."""
    anchor = item.entered_at if timer.at.anchor == "entered" else item.due.get(timer.at.anchor)
    if anchor is None or timer.at.offset is None:
        return anchor
    return shifted(anchor, timer.at.offset, circumstances)


def _occurrences(timer: Timer, item: Item, circumstances: Circumstances) -> Iterator[Due]:
    """Every falling due of the timer in nominal order, whether it has been heard or not."""
    at, n = timer_at(timer, item, circumstances), 1
    while at is not None:
        yield Due(timer, at, n)
        if timer.every is None or timer.every.amount <= 0 or (timer.maximum is not None and n >= timer.maximum):
            return
        at, n = shifted(at, timer.every, circumstances), n + 1


def _next(timer: Timer, item: Item, circumstances: Circumstances) -> Due | None:
    """The first falling due that still counts.

    A reminder whose instant had passed before the item came here belongs to another wait; a move that is due is still due.
    """
    heard = item.heard.get(timer.name)
    if heard is None and timer.fire is not None:
        return next(_occurrences(timer, item, circumstances), None)
    for due in _occurrences(timer, item, circumstances):
        if heard is not None and due.at <= heard.at:
            continue
        if timer.fire is not None or due.at >= item.entered_at:
            return due
    return None


def outlook(definition: Definition, item: Item, circumstances: Circumstances) -> Outlook:
    """What comes up for the item in its present state, as far as the calendar reaches."""
    found: list[Due] = []
    unknown: set[int] = set()
    for timer in definition.timers_in(item.state):
        try:
            due = _next(timer, item, circumstances)
        except CalendarYearMissing as fault:
            unknown.add(fault.year)
            continue
        if due is not None:
            found.append(due)
    if len(found) > 1:
        found.sort(key=attrgetter("order"))
    return Outlook(tuple(found), frozenset(unknown))


def pending(definition: Definition, item: Item, circumstances: Circumstances) -> tuple[Due, ...]:
    """What of every timer of the present state falls due next, in nominal order."""
    return outlook(definition, item, circumstances).dues


def next_look(definition: Definition, item: Item, circumstances: Circumstances) -> datetime | None:
    """When the clock has to look at the item again, or None where nothing of it will ever fall due in this state.

    Where the calendar lacks a year, from a month before it on once a day: by then somebody has entered it, or is told again.
    """
    found = outlook(definition, item, circumstances)
    looks = [due.at for due in found.dues[:1]]
    if found.unknown:
        begins = datetime(min(found.unknown), 1, 1, tzinfo=circumstances.zone).astimezone(UTC)
        looks.append(max(begins - _AHEAD, circumstances.now + _DAY))
    return min(looks, default=None)


def waits_alike(before: Item, after: Item) -> bool:
    """Whether every timer of `after` falls due as it did: nothing that timers count from has changed."""
    return (
        before.state == after.state
        and before.entered_at == after.entered_at
        and before.version == after.version
        and before.due == after.due
        and before.heard == after.heard
    )


def passed_by(definition: Definition, item: Item, due: Due, circumstances: Circumstances) -> int:
    """The number of the last repeat of a reminder that has passed, `due` being the first: what was missed is told once.

    Repeats behind a move that is due by itself do not count: that move comes first and ends this wait.
    """
    moves = (one.at for one in pending(definition, item, circumstances) if one.timer.fire and one.at > due.at)
    until = min((circumstances.now, *moves))
    last = due.n
    try:
        for one in _occurrences(due.timer, item, circumstances):
            if one.at > until:
                break
            last = max(last, one.n)
    except CalendarYearMissing:
        # What lies in a year without data has not passed, as far as anybody can tell.
        return last
    return last


def is_unanswered(definition: Definition, item: Item) -> bool:
    """Whether those it waits for have been reminded in vain, where the workflow sets no date that could say it is late."""
    return not definition.deadlines and bool(item.heard)
