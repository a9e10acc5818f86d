"""How indicators went over the last periods, against their targets, and why what is late is late: of a unit or of the commune."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from workflow.catalog.figures import Figure, Outcome, Told, figure_of, merged, outcome
from workflow.catalog.indicators import Indicator
from workflow.engine import Definition
from workflow.engine.accountability import Measure, cause_now
from workflow.engine.periods import latest_periods
from workflow.persistence import UnitOfWork
from workflow.queries.trends import Received, late_ones, received_reports
from workflow.services.figures import table_of
from workflow.services.office import Office

PERIODS = 12
LONG = timedelta(days=10)
_LENGTH = {"month": 31, "quarter": 92, "half": 184, "year": 366}
CAUSES = (Measure.SUBJECTIVE, Measure.OBJECTIVE_CLAIMED, Measure.OBJECTIVE_CONFIRMED, Measure.UNEXPLAINED)


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a trend. `codes` are the received reports that say it; none where nothing was received."""

    period: str
    figure: Figure | None
    outcome: Outcome
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trend:
    """One indicator over the last twelve of its periods, the oldest first."""

    indicator: Indicator
    points: tuple[Point, ...]

    @property
    def latest(self) -> Point | None:
        """The newest period of which anything is known."""
        return next((point for point in reversed(self.points) if point.outcome.told is not Told.MISSING), None)

    @property
    def is_met(self) -> bool | None:
        """Whether the newest number reaches the target; None where there is no number or no target to hold it against."""
        value, target = (self.latest.outcome.value if self.latest else None), self.indicator.target
        if value is None or target is None or self.indicator.direction == "none":
            return None
        return self.indicator.is_met(value, target)


@dataclass(frozen=True, slots=True)
class Lateness:
    """What is late now, by cause, and what has been so for more than LONG: ids, the longest late first."""

    by_cause: Mapping[Measure, tuple[str, ...]]
    long: tuple[str, ...]


def trends(office: Office, uow: UnitOfWork, unit: str | None = None) -> tuple[Trend, ...]:
    """Those of the indicators that anything has been reported of, targets missed first. One statement."""
    definition = next((one for one in office.editions.all_latest(uow) if one.series and table_of(one)), None)
    asked = [one for one in office.indicators.indicators if unit in (None, one.owner)]
    if definition is None or not asked:
        return ()
    now = office.clock.now()
    longest = max(_LENGTH[one.period] for one in asked)
    reports = received_reports(uow, definition.workflow, now - timedelta(days=longest * (PERIODS + 1)), unit)
    figures = _figures(reports, table_of(definition) or "")
    found = (_trend(one, definition, figures, now.astimezone(office.zone)) for one in asked)
    told = [trend for trend in found if trend.latest]
    return tuple(sorted(told, key=lambda trend: trend.is_met is not False))


_Key = tuple[str, str, str]
_Figures = Mapping[_Key, Mapping[str, tuple[Figure, str]]]


def _figures(reports: Mapping[_Key, Received], field: str) -> _Figures:
    """By series, period and indicator: the figure of each unit and the code of the report that says it."""
    found: dict[_Key, dict[str, tuple[Figure, str]]] = {}
    for (series, period, unit), report in reports.items():
        for row in report.fields.get(field) or ():
            figure = figure_of(row)
            found.setdefault((series, period, figure.indicator), {})[unit] = (figure, report.code)
    return found


def _trend(indicator: Indicator, definition: Definition, figures: _Figures, today: datetime) -> Trend:
    series = next((one.name for one in definition.series.values() if one.every == indicator.period), "")
    names = latest_periods(indicator.period, today.date(), PERIODS)
    return Trend(
        indicator, tuple(_point(indicator, name, figures.get((series, name, indicator.id), {})) for name in names)
    )


def _point(indicator: Indicator, period: str, brought: Mapping[str, tuple[Figure, str]]) -> Point:
    if not brought:
        return Point(period, None, outcome(indicator, None))
    figure = merged(indicator, {unit: one for unit, (one, _code) in brought.items()})
    return Point(period, figure, outcome(indicator, figure), tuple(code for _figure, code in brought.values()))


def scale(trend: Trend) -> tuple[Decimal, Decimal]:
    """The least and the greatest that a chart of it must show: its numbers and its target."""
    values = [point.outcome.value for point in trend.points if point.outcome.value is not None]
    shown = [*values, *([trend.indicator.target] if trend.indicator.target is not None else [])] or [Decimal(0)]
    return min(shown), max(shown)


def lateness(office: Office, uow: UnitOfWork, unit: str | None = None) -> Lateness:
    """Why what is late is late, in one unit or in all. One statement."""
    found = late_ones(uow, unit)
    since = office.clock.now() - LONG
    by_cause: dict[Measure, list[str]] = {cause: [] for cause in CAUSES}
    for one in found:
        by_cause[cause_now(one.episode)].append(one.id)
    return Lateness(
        by_cause={cause: tuple(ids) for cause, ids in by_cause.items()},
        long=tuple(one.id for one in found if one.episode.effective_at < since),
    )
