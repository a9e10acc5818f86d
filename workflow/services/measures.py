"""What an office holds the figures of a report against: its catalogue's checks, and what the unit reported before."""

from workflow.catalog.figure_checks import NOTHING_BEFORE, Before, Fault, faults_of, looks_back
from workflow.catalog.indicators import Indicators
from workflow.engine import Item, Kind, Reason
from workflow.engine.item import Plain
from workflow.persistence import UnitOfWork
from workflow.queries.periods import Reported, reported
from workflow.services.figures import figures_in


class CatalogueMeasures:
    """Of one unit of work: a unit's earlier reports are looked up only where a check needs them."""

    def __init__(self, indicators: Indicators, uow: UnitOfWork) -> None:
        self._indicators, self._uow = indicators, uow

    def against(self, item: Item, field: str, rows: Plain) -> tuple[Reason, ...]:
        figures = figures_in(rows)
        before = self._before(item, field) if looks_back(self._indicators, figures) else NOTHING_BEFORE
        return tuple(_reason(field, fault) for fault in faults_of(self._indicators, figures, before))

    def _before(self, item: Item, field: str) -> Before:
        series, period = str(item.fields.get("series") or ""), str(item.fields.get("period") or "")
        if not (series and period):
            return NOTHING_BEFORE
        return before(reported(self._uow, item.workflow, item.unit, series), item, field)


def before(reports: tuple[Reported, ...], item: Item, field: str) -> Before:
    """The figures of the unit's report before this one in the same year; nothing where this one corrects another."""
    period = str(item.fields.get("period") or "")
    if any(one.period == period and one.replaced for one in reports):
        return NOTHING_BEFORE
    earlier = [one for one in reports if one.sent and one.period < period and one.period[:4] == period[:4]]
    last = max(earlier, key=lambda one: one.period, default=None)
    return Before(last.period, figures_in(last.fields.get(field))) if last else NOTHING_BEFORE


def _reason(field: str, fault: Fault) -> Reason:
    params = {"field": field, "indicator": fault.indicator}
    return Reason("figures_unsound", Kind.PRECONDITION, params, fault.sentence)
