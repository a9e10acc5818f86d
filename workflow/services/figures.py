"""The figures of a report line by line: what its unit answers for, what stands there, what it said before, and since January."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workflow.catalog.figures import Figure, figure_of, merged
from workflow.catalog.indicators import Indicator, Indicators
from workflow.engine import Definition, Item
from workflow.engine.definition import FieldType
from workflow.persistence import UnitOfWork
from workflow.queries.periods import Reported, reported


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of a report. `before` is the figure of the period `period_before`, sent or not.

    `cumulative` is what the reports of this year that were sent, and this one, make together; None where there is none but this.
    """

    indicator: Indicator
    figure: Figure | None
    before: Figure | None
    period_before: str
    cumulative: Figure | None


def table_of(definition: Definition) -> str | None:
    """The name of the field that holds a report's figures; None where the workflow has none."""
    return next((name for name, field in definition.fields.items() if field.type is FieldType.FIGURES), None)


def move_taking(definition: Definition, item: Item, field: str) -> str | None:
    """The move out of the item's state that people make and that takes such a table; None where there is none now."""
    return next((move.name for move in definition.leaving(item.state) if field in move.inputs and move.by), None)


def past_of(uow: UnitOfWork, definition: Definition, item: Item) -> tuple[Reported, ...]:
    """The unit's items of the same series, oldest first; none for an item that belongs to no period or carries no figures."""
    series = item.fields.get("series")
    if not (series and item.fields.get("period")) or table_of(definition) is None:
        return ()
    return reported(uow, item.workflow, item.unit, str(series))


def figures_in(rows: object) -> dict[str, Figure]:
    """The figures of a table, by indicator."""
    found = [figure_of(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, tuple | list) else []
    return {figure.indicator: figure for figure in found}


def lines_of(
    indicators: Indicators, definition: Definition, item: Item, rows: object, past: Iterable[Reported] = ()
) -> tuple[Line, ...]:
    """What the unit answers for in this period, in the order of the catalogue, then whatever else stands in the table `rows`."""
    here = figures_in(rows)
    series = definition.series.get(str(item.fields.get("series")))
    asked = indicators.asked_of(item.unit, series.every if series else None)
    others = tuple(one for one in indicators.indicators if one.id in here and one not in asked)
    period = str(item.fields.get("period") or "")
    earlier = _earlier(past, period)
    name = table_of(definition) or ""
    tables = {one.period: figures_in(one.fields.get(name)) for one in earlier}
    sent = {one.period: tables[one.period] if one.sent else {} for one in earlier if one.period[:4] == period[:4]}
    last = earlier[-1].period if earlier else ""
    return tuple(
        Line(
            one,
            here.get(one.id),
            tables[last].get(one.id) if last else None,
            last,
            _cumulative(one, sent, period, here.get(one.id)),
        )
        for one in asked + others
    )


def _earlier(past: Iterable[Reported], period: str) -> tuple[Reported, ...]:
    """One item for each period before this one: the one that was sent, else the one that is open, else what was replaced."""
    best: dict[str, Reported] = {}
    for one in past:
        if one.period < period:
            best[one.period] = max(best.get(one.period, one), one, key=lambda found: (found.sent, not found.replaced))
    return tuple(best[name] for name in sorted(best))


def _cumulative(
    one: Indicator, sent: Mapping[str, Mapping[str, Figure]], period: str, figure: Figure | None
) -> Figure | None:
    if not sent:
        return None
    return merged(one, {name: table.get(one.id) for name, table in sent.items()} | {period: figure})
