"""What the received reports of a period add up to: merged figures, which unit brought which, and what is missing."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from workflow.audit.canonical import encode
from workflow.catalog.figures import Figure, Told, merged, outcome
from workflow.catalog.indicators import PERIODS, Indicator, Indicators
from workflow.engine import Definition, Item
from workflow.engine.definition import Purpose, Series
from workflow.engine.events import instant_text
from workflow.engine.periods import NO_CALENDAR, Period, period_named
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.queries.consolidation import Filed, Standing, standings
from workflow.services.figures import figures_in
from workflow.services.office import Office

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_HASH = 16
_REGISTER = frozenset({"issued_number", "issued_on", "signed_file"})


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of the period. `brought` holds the figure of each unit that has one.

    `holes` names what is missing: a unit, or a unit and the shorter period in which it has none (`hcc/2026-08`). `contradicted`
    holds what units typed for the whole period where that is not what their shorter periods add up to.
    """

    indicator: Indicator
    figure: Figure
    brought: tuple[tuple[str, Figure], ...]
    holes: tuple[str, ...]
    contradicted: tuple[tuple[str, Figure], ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What stands behind a consolidated report at one instant. `parts` are the received reports it rests on, own and shorter."""

    series: Series
    period: Period
    standings: tuple[Standing, ...]
    lines: tuple[Line, ...]
    parts: tuple[Filed, ...]

    @property
    def received(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if one.in_force)

    @property
    def missing(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if not one.in_force and not one.is_waived)

    @property
    def waived(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if one.is_waived)

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(one.item.code for one in self.parts)

    @property
    def included(self) -> str:
        """One line for each report it rests on: unit, code, revision, and the hash of what it says."""
        return "\n".join(
            f"{one.item.unit} {one.item.code} r{one.item.revision} {content_hash(one.item)}" for one in self.parts
        )

    def late(self, now: datetime, zone: tzinfo) -> tuple[tuple[str, int], ...]:
        """The units whose received report was sent late, with the days."""
        days = ((one.unit, one.late_days(now, zone)) for one in self.received)
        return tuple((unit, count) for unit, count in days if count)

    def fields(self, now: datetime, zone: tzinfo) -> Mapping[str, Any]:
        """The same as the fields of a consolidated report hold it."""
        late = self.late(now, zone)
        names = {unit for unit, _days in late}
        return {
            "collected_at": instant_text(now),
            "units_total": len(self.standings) - len(self.waived),
            "units_received": len(self.received),
            "on_time_units": " ".join(one.unit for one in self.received if one.unit not in names),
            "late_units": " ".join(f"{unit}:{days}" for unit, days in late),
            "missing_units": " ".join(one.unit for one in self.missing),
            "waived_units": " ".join(one.unit for one in self.waived),
            "included": self.included or "-",
            "holes": " ".join(f"{line.indicator.id}:{hole}" for line in self.lines for hole in line.holes),
            "figures": [_row(line) for line in self.lines if _says_something(line.indicator, line.figure)],
        }


def content_hash(item: Item) -> str:
    """Of everything that the report says; what was received is frozen, so it stays. Its number comes later and is no part of it."""
    said = {name: _plain(value) for name, value in item.fields.items() if name not in _REGISTER}
    return hashlib.sha256(encode(said)).hexdigest()[:_HASH]


def codes_in(included: object) -> frozenset[str]:
    """The codes of the reports that a consolidated report says it rests on."""
    return frozenset(line.split()[1] for line in str(included or "").splitlines() if len(line.split()) > 1)


def gather(office: Office, uow: UnitOfWork, series: str, period: str) -> Gathered:
    """What was received by now of the period; NotFound where the workflow of reports has no such series or period, or is none."""
    definition = office.editions.serving(Purpose.REPORT, uow)
    asked, found = period_of(office, definition, series, period)
    units = tuple(unit.id for unit in uow.people.units() if unit.reports)
    filed = {(one.series, one.period, one.unit): one for one in standings(uow, definition.workflow, period[:4], units)}
    own = tuple(filed.get((series, period, unit)) or Standing(unit, series, period) for unit in units)
    book = _Book(definition, asked, period, filed)
    lines = tuple(_line(book, own, indicator) for indicator in _carried(office.indicators, asked, units))
    return Gathered(asked, found, own, lines, _parts(book, own, lines))


def period_of(office: Office, definition: Definition, series: str, period: str) -> tuple[Series, Period]:
    """A series and one of its periods, by their names; NotFound."""
    known = definition.series.get(series)
    calendar = office.calendars.get(definition.calendar or "", NO_CALENDAR)
    found = period_named(known, period, calendar) if known else None
    if known is None or found is None:
        raise NotFound("period", f"{series} {period}")
    return known, found


def months_merged(office: Office, uow: UnitOfWork, report: Item) -> tuple[Mapping[str, Any], ...]:
    """The rows that a unit's report of a longer period can begin with: each figure of which every shorter period is there."""
    definition = office.editions.of(report, uow)
    series = definition.series.get(str(report.fields.get("series")))
    period = str(report.fields.get("period") or "")
    if series is None or series.every == PERIODS[0]:
        return ()
    there = standings(uow, definition.workflow, period[:4], (report.unit,))
    filed = {(one.series, one.period, one.unit): one for one in there}
    book = _Book(definition, series, period, filed)
    found = ((one, book.of_parts(report.unit, one)) for one in office.indicators.asked_of(report.unit, series.every))
    return tuple(
        {name: cell for name, cell in _row(Line(one, figure, (), ())).items() if name != "units"}
        for one, figure in found
        if figure and not figure.holes
    )


class _Book:
    """The received figures of a year, looked up by unit, series and period."""

    def __init__(
        self, definition: Definition, series: Series, period: str, filed: Mapping[tuple[str, str, str], Standing]
    ) -> None:
        self._filed = filed
        self.series, self.period = series, period
        self._by_length = {one.every: one.name for one in reversed(tuple(definition.series.values())) if one.enabled}

    def own(self, unit: str, indicator: str) -> Figure | None:
        return self._figure(self.series.name, self.period, unit, indicator)

    def of_parts(self, unit: str, indicator: Indicator) -> Figure | None:
        """The figure merged of the shorter periods in which it is reported, holes named; None where there are no shorter ones."""
        names = self._shorter(indicator)
        if not names:
            return None
        series = self._by_length[indicator.period]
        return merged(indicator, {name: self._figure(series, name, unit, indicator.id) for name in names})

    def filed_parts(self, unit: str, indicator: Indicator) -> Iterator[Filed]:
        for name in self._shorter(indicator):
            standing = self._filed.get((self._by_length[indicator.period], name, unit))
            if standing and standing.in_force:
                yield standing.in_force

    def _shorter(self, indicator: Indicator) -> tuple[str, ...]:
        if indicator.period == self.series.every or indicator.period not in self._by_length:
            return ()
        return periods_within(self.series.every, self.period, indicator.period)

    def _figure(self, series: str, period: str, unit: str, indicator: str) -> Figure | None:
        standing = self._filed.get((series, period, unit))
        return (
            figures_in(standing.in_force.item.fields.get("figures")).get(indicator)
            if standing and standing.in_force
            else None
        )


def periods_within(every: str, period: str, shorter: str) -> tuple[str, ...]:
    """The names of the shorter periods that a longer one consists of: of 2026-Q3, by the month, 2026-07 to 2026-09."""
    length, step = _MONTHS[every], _MONTHS[shorter]
    if step >= length:
        return ()
    year, _, rest = period.partition("-")
    first = (int(rest.lstrip("QH") or 1) - 1) * length
    form = {"month": "{}-{:02d}", "quarter": "{}-Q{}", "half": "{}-H{}"}[shorter]
    return tuple(form.format(year, n // step + 1) for n in range(first, first + length, step))


def _carried(indicators: Indicators, series: Series, units: Iterable[str]) -> tuple[Indicator, ...]:
    asked = {one.id for unit in units for one in indicators.asked_of(unit, series.every)}
    return tuple(one for one in indicators.indicators if one.id in asked)


def _line(book: _Book, own: tuple[Standing, ...], indicator: Indicator) -> Line:
    """Typed once: what every shorter period says is summed; where one is missing, what the unit reported for the whole counts."""
    brought: dict[str, Figure] = {}
    holes: list[str] = []
    for standing in own:
        figure, missing = _of_unit(book, standing.unit, indicator)
        if figure is not None:
            brought[standing.unit] = figure
        elif standing.unit == indicator.owner and not standing.is_waived:
            holes.extend(missing)
    figure = merged(indicator, brought) if len(brought) > 1 else next(iter(brought.values()), Figure(indicator.id))
    typed = ((unit, book.own(unit, indicator.id)) for unit in brought)
    contradicted = tuple((unit, one) for unit, one in typed if one and _contradicts(indicator, one, brought[unit]))
    return Line(indicator, figure, tuple(brought.items()), tuple(holes), contradicted)


def _contradicts(indicator: Indicator, typed: Figure, counted: Figure) -> bool:
    parts = (typed.numerator, typed.denominator), (counted.numerator, counted.denominator)
    return _says_something(indicator, typed) and parts[0] != parts[1]


def _of_unit(book: _Book, unit: str, indicator: Indicator) -> tuple[Figure | None, tuple[str, ...]]:
    """The unit's figure, or what is missing of it."""
    parts = book.of_parts(unit, indicator)
    if parts is not None and not parts.holes:
        return parts, ()
    figure = book.own(unit, indicator.id)
    if figure is not None and _says_something(indicator, figure):
        return figure, ()
    return None, tuple(f"{unit}/{name}" for name in parts.holes) if parts else (unit,)


def _parts(book: _Book, own: tuple[Standing, ...], lines: tuple[Line, ...]) -> tuple[Filed, ...]:
    """Every received report that the lines may rest on: those of the period itself, and those of the shorter ones."""
    found = {one.in_force.item.code: one.in_force for one in own if one.in_force}
    for line in lines:
        for unit, _figure in line.brought:
            found |= {one.item.code: one for one in book.filed_parts(unit, line.indicator)}
    order = {one.unit: n for n, one in enumerate(own)}
    return tuple(sorted(found.values(), key=lambda one: (order.get(one.item.unit, len(order)), one.item.code)))


def _says_something(indicator: Indicator, figure: Figure) -> bool:
    return outcome(indicator, figure).told is not Told.MISSING


def _row(line: Line) -> dict[str, Any]:
    """The line as a row of a table of figures; `units` are those that brought it."""
    figure = line.figure
    row = {
        "indicator": line.indicator.id,
        "numerator": _typed(figure.numerator),
        "denominator": _typed(figure.denominator),
        "source": figure.source,
        "extracted_at": figure.extracted_at,
        "units": " ".join(unit for unit, _figure in line.brought),
    }
    return {name: cell for name, cell in row.items() if cell not in (None, "")}


def _typed(amount: Decimal | None) -> int | str | None:
    """A number as an input takes it, whatever its size: with the comma it has one reading."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else f"{amount:f}".replace(".", ",")


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
