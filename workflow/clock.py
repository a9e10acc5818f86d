"""The only place that reads the machine's time. Rules get instants as arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def _machine_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the present instant in UTC, shifted by `offset` (the demonstration office lives on another day)."""

    offset: timedelta = timedelta(0)
    read: Callable[[], datetime] = field(default=_machine_time, repr=False)

    def now(self) -> datetime:
        return self.read() + self.offset


def fixed(at: datetime) -> Clock:
    """A clock that stands still at `at`: for tests, replays and one round of the clock at a named instant."""
    return Clock(read=lambda: at)
