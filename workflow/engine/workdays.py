"""Working-day arithmetic over a dated calendar. A year without data is a fault, never a silent guess."""

from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5


class CalendarYearMissing(ValueError):
    """The calendar says nothing about a year that a deadline needs; enter that year's days off first."""

    def __init__(self, calendar: str, year: int) -> None:
        super().__init__(f"calendar {calendar!r} has no data for {year}")
        self.calendar, self.year = calendar, year


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off on weekdays, days worked on weekends, and the years for which these lists are complete."""

    name: str
    off: frozenset[date]
    worked: frozenset[date]
    years: frozenset[int]

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
