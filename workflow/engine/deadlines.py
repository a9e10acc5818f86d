"""Due dates and timers: what falls due, and when. Pure: times go in, times come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from workflow.engine.circumstances import Circumstances
from workflow.engine.definition import Deadline, Definition, Duration, FieldType, Timer
from workflow.engine.events import instant_of
from workflow.engine.item import Item, Plain


@dataclass(frozen=True, slots=True)
class Due:
    """A timer and the instant (UTC) at which it falls due."""

    timer: Timer
    at: datetime


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant after `day`, local: what a date's deadline is compared with ("trước 00:00 của ngày sau")."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def due_of(definition: Definition, deadline: Deadline, fields: Mapping[str, Plain], zone: tzinfo) -> datetime | None:
    """The effective bound of a deadline under `fields`, or None where its base is empty."""
    value = fields.get(deadline.base)
    if not value:
        return None
    if definition.fields[deadline.base].type is FieldType.DATE:
        return end_of_day(date.fromisoformat(str(value)), zone)
    return instant_of(str(value))


def dues_of(definition: Definition, fields: Mapping[str, Plain], zone: tzinfo) -> dict[str, datetime]:
    found = {name: due_of(definition, deadline, fields, zone) for name, deadline in definition.deadlines.items()}
    return {name: at for name, at in found.items() if at is not None}


def is_overdue(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and now >= due_at


def shifted(at: datetime, offset: Duration, circumstances: Circumstances) -> datetime:
    """`at` moved by `offset`; working days keep the local time of day and need a calendar that knows the year."""
    if offset.unit == "h":
        return at + timedelta(hours=offset.amount)
    local = at.astimezone(circumstances.zone)
    if offset.unit == "d":
        return (local + timedelta(days=offset.amount)).astimezone(UTC)
    if circumstances.calendar is None:
        raise ValueError("working days need a calendar")
    day = circumstances.calendar.shift(local.date(), offset.amount)
    return datetime.combine(day, local.time(), tzinfo=circumstances.zone).astimezone(UTC)


def timer_at(timer: Timer, item: Item, circumstances: Circumstances) -> datetime | None:
    """When `timer` falls due for `item`, or None where its deadline has no date."""
    anchor = item.entered_at if timer.at.anchor == "entered" else item.due.get(timer.at.anchor)
    if anchor is None or timer.at.offset is None:
        return anchor
    return shifted(anchor, timer.at.offset, circumstances)


def pending(definition: Definition, item: Item, circumstances: Circumstances) -> tuple[Due, ...]:
    """The timers that will fire a move out of the item's present state, in nominal order."""
    found = []
    for timer in definition.timers.values():
        if timer.fire and item.state in timer.states:
            at = timer_at(timer, item, circumstances)
            if at is not None:
                found.append(Due(timer, at))
    return tuple(sorted(found, key=lambda due: (due.at, due.timer.name)))
