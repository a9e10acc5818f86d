"""What becomes of each unit's report of each period of a year, and on which days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType

from workflow.clock import VIETNAM
from workflow.engine.workdays import Calendar

UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
_CUT_OFF, _LAST = 14, 19
_ONE_DAY = timedelta(days=1)


class Fate(StrEnum):
    """`NEVER` was drafted and not sent; `WAIVED` need not be; `CORRECTED` was sent in time, received, and put right later."""

    KEPT = "kept"
    RETURNED = "returned"
    LATE = "late"
    NEVER = "never"
    WAIVED = "waived"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Term:
    """One reporting period: its series and name, the month in which it ends, and the months and quarters it consists of."""

    series: str
    name: str
    last_month: int
    months: tuple[int, ...]
    quarters: tuple[int, ...] = ()


def terms(year: int) -> Iterator[Term]:
    """Every period of the year, in the order in which they end."""
    for n in range(1, 13):
        yield Term("monthly", f"{year}-{n:02d}", n, (n,))
        if n % 3 == 0:
            yield Term("quarterly", f"{year}-Q{n // 3}", n, (n - 2, n - 1, n), (n // 3,))
    yield Term("yearly", str(year), 12, tuple(range(1, 13)), (1, 2, 3, 4))


_SETTLED: Mapping[tuple[str, str], Fate] = MappingProxyType(
    {
        ("-02", "vp"): Fate.WAIVED,
        ("-03", "kt"): Fate.LATE,
        ("-05", "snc"): Fate.NEVER,
        ("-06", "hcc"): Fate.CORRECTED,
        ("-08", "vp"): Fate.CORRECTED,
        ("-09", "hcc"): Fate.RETURNED,
        ("-10", "vp"): Fate.NEVER,
        ("-11", "snc"): Fate.LATE,
        ("-12", "kt"): Fate.LATE,
        ("-Q2", "snc"): Fate.KEPT,
        ("-Q3", "vhxh"): Fate.RETURNED,
        ("-Q4", "vp"): Fate.NEVER,
    }
)
"""What every such year holds, whatever chance adds: each kind of trouble, a hole that a longer report fills, one that stays."""

_KINDS = tuple(Fate)
_WEIGHTS = (70, 10, 8, 2, 2, 8)


def fate_of(term: Term, unit: str, chance: Random) -> Fate:
    """Chance and the year's settled troubles; what ends in December is not corrected any more, and the year itself is sent."""
    settled = _SETTLED.get((term.name[4:], unit))
    if settled:
        return settled
    drawn = chance.choices(_KINDS, _WEIGHTS)[0]
    may_be = {Fate.KEPT, Fate.RETURNED, Fate.LATE} if term.last_month == 12 or term.series != "monthly" else set(_KINDS)
    return drawn if drawn in may_be else Fate.KEPT


@dataclass(frozen=True, slots=True)
class Days:
    """When people have time for a report: the working days after its cut-off and up to its last day, and those that follow."""

    calendar: Calendar
    year: int
    month: int

    @property
    def within(self) -> tuple[date, ...]:
        """In a month whose last days are all off, the working day before the cut-off: then they send early."""
        days = [date(self.year, self.month, n) for n in range(_CUT_OFF + 1, _LAST + 1)]
        working = tuple(day for day in days if self.calendar.is_working(day))
        return working or (self.before(days[0]),)

    def before(self, day: date) -> date:
        earlier = day - _ONE_DAY
        return earlier if self.calendar.is_working(earlier) else self.before(earlier)

    def after(self, day: date, working_days: int) -> date:
        """So many working days later."""
        return self.calendar.shift(day, working_days)

    @property
    def overdue(self) -> date:
        """A working day on which the report is late, also where its deadline was moved to the next working day."""
        return self.after(date(self.year, self.month, _LAST), 2)


def moment(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=VIETNAM)
