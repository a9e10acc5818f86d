"""Working-day arithmetic over a dated calendar. A year without data is a fault, never a silent guess."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from workflow.errors import WorkflowError
from workflow.values import replace

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_WHOLE_DAY = timedelta(hours=24)
OFF, WORKED, PLAIN = "off", "worked", "plain"
"""What a dated line says of its day; PLAIN takes an earlier line back: the day is then what its weekday is."""


class CalendarYearMissing(WorkflowError, ValueError):
    """The calendar says nothing about a year that a deadline needs; enter that year's days off first."""

    def __init__(self, calendar: str, year: int) -> None:
        super().__init__(f"calendar {calendar!r} has no data for {year}")
        self.calendar, self.year = calendar, year


@dataclass(frozen=True, slots=True)
class NamedDay:
    """`kind` is OFF, WORKED or PLAIN; `source` is the document that decided it."""

    date: date
    kind: str
    name: str
    source: str


Hours = tuple[tuple[time, time], ...]
"""Parts of a day in order, each from its first instant up to and without its last."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off on weekdays, days worked on weekends, and the years for which these lists are complete.

    `days` are the same lists with their names; `hours` are those of every working day, none: the whole day counts.
    """

    name: str
    off: frozenset[date]
    worked: frozenset[date]
    years: frozenset[int]
    hours: Hours = ()
    days: tuple[NamedDay, ...] = ()

    def is_working(self, day: date) -> bool:
        """Whether the office works on `day`; CalendarYearMissing where the year has no data."""
        if day.year not in self.years:
            raise CalendarYearMissing(self.name, day.year)
        if day in self.worked:
            return True
        return day.weekday() < _SATURDAY and day not in self.off

    def shift(self, day: date, working_days: int) -> date:
        """The day that lies `working_days` working days after `day` (before it, where negative)."""
        step = timedelta(days=1 if working_days > 0 else -1)
        left = abs(working_days)
        while left:
            day += step
            left -= self.is_working(day)
        return day

    def between(self, first: date, last: date) -> int:
        """How many working days lie after `first`, up to and including `last`."""
        days = (last - first).days
        return sum(self.is_working(first + timedelta(days=n)) for n in range(1, days + 1))

    @property
    def day_length(self) -> timedelta:
        """How long a working day is."""
        return sum((_length(part) for part in self.hours), timedelta()) or _WHOLE_DAY

    def working_time(self, since: datetime, until: datetime, zone: tzinfo) -> timedelta:
        """The working time from `since` up to `until`, by the clock of `zone`; none where `until` is not later.

        CalendarYearMissing where a day in between lies in a year without data.
        """
        first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (since, until))
        total = timedelta()
        day = first.date()
        while day <= last.date():
            if self.is_working(day):
                total += self._within(day, first, last)
            day += _ONE_DAY
        return total

    def _within(self, day: date, first: datetime, last: datetime) -> timedelta:
        midnight = datetime.combine(day, time())
        if first <= midnight and midnight + _ONE_DAY <= last:
            return self.day_length
        parts = [(datetime.combine(day, begin), datetime.combine(day, end)) for begin, end in self.hours]
        parts = parts or [(midnight, midnight + _ONE_DAY)]
        overlaps = (min(end, last) - max(begin, first) for begin, end in parts)
        return sum((part for part in overlaps if part > timedelta()), timedelta())


def _length(part: tuple[time, time]) -> timedelta:
    begin, end = (datetime.combine(date.min, at) for at in part)
    return end - begin


def of_days(
    name: str, days: Iterable[NamedDay], years: Iterable[int], hours: Hours = (), under: Calendar | None = None
) -> Calendar:
    """A calendar of dated lines: where it lies over another, `under`, a line of its own replaces the one of that day.

    Years are added to those of the calendar below; hours replace its hours.
    """
    lines = {day.date: day for day in (*(under.days if under else ()), *days)}
    standing = tuple(sorted((day for day in lines.values() if day.kind != PLAIN), key=lambda day: day.date))
    made = Calendar(
        name=name,
        off=frozenset(day.date for day in standing if day.kind == OFF),
        worked=frozenset(day.date for day in standing if day.kind == WORKED),
        years=frozenset(years),
        hours=hours,
        days=standing,
    )
    return replace(made, years=made.years | under.years, hours=hours or under.hours) if under else made
