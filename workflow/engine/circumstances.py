"""What surrounds a decision and is no fact of the item: the instant, the calendar, who holds which post, what checks figures."""

from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from workflow.engine.decision import Reason
from workflow.engine.item import Item, Plain
from workflow.engine.workdays import Calendar
from workflow.values import Frozen

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Directory(Protocol):
    """Tells who holds an office (`unit` None) or a post in a unit, this day. A vice chairman counts for his areas only."""

    def holders(self, role: str, unit: str | None, area: str | None) -> frozenset[str]: ...


class NobodyElse:
    """A directory that knows no one: rules that ask who is left then fail closed."""

    def holders(self, role: str, unit: str | None, area: str | None) -> frozenset[str]:  # noqa: ARG002  the protocol's
        return frozenset()


NOBODY_ELSE = NobodyElse()


class Measures(Protocol):
    """Says what stands against a table of figures, with what the unit reported before."""

    def against(self, item: Item, field: str, rows: Plain) -> tuple[Reason, ...]: ...


class Unmeasured:
    """Measures of an office without a catalogue of indicators: nothing stands against any table."""

    def against(self, item: Item, field: str, rows: Plain) -> tuple[Reason, ...]:  # noqa: ARG002  the protocol's
        return ()


UNMEASURED = Unmeasured()


class Circumstances(Frozen):
    """`now` is aware UTC."""

    now: datetime
    zone: tzinfo = VIETNAM
    calendar: Calendar | None = None
    directory: Directory = NOBODY_ELSE
    measures: Measures = UNMEASURED

    @property
    def today(self) -> datetime:
        """The local midnight that began this day."""
        return _midnight_before(self.now, self.zone)


@lru_cache(maxsize=64)
def _midnight_before(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
