"""The calendar file: days off and days worked, each with what decided it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from workflow.catalog.data_file import DataFile, open_data
from workflow.catalog.grammar import SLUG, Block, Day, Listed, One, Text, Whole
from workflow.engine.definition import Label
from workflow.engine.workdays import OFF, WORKED, Calendar, Hours, NamedDay, of_days

_SATURDAY = 5
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"

DAY = Block.from_dict(
    {
        "date": Day(needed=True),
        "kind": Text(needed=True, known=(OFF, WORKED)),
        "name": Text(needed=True),
        "source": Text(needed=True),
    },
    name="Day",
)
HOURS = Block.from_dict(
    {"from": Text(needed=True, form=re.compile(_CLOCK)), "to": Text(needed=True, form=re.compile(_CLOCK))}, name="Hours"
)
CALENDAR = Block.from_dict(
    {
        "format": Text(needed=True, known=("1",)),
        "name": Text(needed=True, form=SLUG),
        "years": Listed(Whole(least=1900, most=2199), needed=True, least=1),
        "hours": Listed(One(HOURS)),
        "days": Listed(One(DAY), needed=True),
    },
    name="Calendar",
)


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """`calendar` is what the engine counts with; `days` and `hours` (from, to) are the file's own lines."""

    calendar: Calendar
    days: tuple[NamedDay, ...]
    hours: tuple[tuple[str, str], ...]


def read_calendar(text: str | bytes, file: str) -> CalendarFile:
    """The calendar a file describes; DocumentInvalid with every fault found."""
    data = open_data(CALENDAR, text, file)
    _check_days(data)
    _check_hours(data)
    data.settle()
    values = data.values
    days = tuple(NamedDay(**day) for day in values["days"])
    hours = tuple((part["from"], part["to"]) for part in values.get("hours", ()))
    return CalendarFile(of_days(values["name"], days, values["years"], hours_of(hours)), days, hours)


def hours_of(parts: Iterable[tuple[str, str]]) -> Hours:
    """Parts of a day out of their texts (HH:MM)."""
    return tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in parts)


def _check_hours(data: DataFile) -> None:
    before = ""
    for n, part in enumerate(data.values.get("hours", ())):
        if not before <= part["from"] < part["to"]:
            vi = f"giờ làm việc phải theo thứ tự trong ngày: {part['from']} – {part['to']}"
            data.note(
                ("hours", n), vi, f"hours stand in the order of the day: {part['from']} – {part['to']}", code="L01"
            )
        before = part["to"]


def _check_days(data: DataFile) -> None:
    seen: set[date] = set()
    for n, day in enumerate(data.values["days"]):
        for complaint in _complaints(day, data.values["years"], seen):
            data.note(("days", n, "date"), complaint.vi, complaint.en, code="L01")
        seen.add(day["date"])


def _complaints(day: dict[str, Any], years: tuple[int, ...], seen: set[date]) -> Iterator[Label]:
    on = day["date"]
    if on in seen:
        yield Label(f"ngày {on} đã có ở trên", f"{on} stands here a second time")
    if on.year not in years:
        yield Label(f"năm {on.year} không có trong “years”", f'{on.year} is not among "years"')
    if day["kind"] == "worked" and on.weekday() < _SATURDAY:
        yield Label(f"ngày {on} vốn là ngày làm việc", f"{on} is a weekday, which is worked anyway")
