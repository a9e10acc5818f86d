"""Opens reporting periods: for each series one item a unit and period, made once, by the clock or by whoever runs the house."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from workflow.engine import SYSTEM_ACTOR, Definition, Item, Kind, Reason
from workflow.engine.definition import Series
from workflow.engine.periods import NO_CALENDAR, Period, period_named, periods_between
from workflow.engine.workdays import Calendar, CalendarYearMissing
from workflow.errors import NotFound, ReusedKey
from workflow.persistence import UnitOfWork
from workflow.queries.periods import reporting
from workflow.services.items import NewItem, Refusal, comment_within, create_within
from workflow.services.office import Caller, Office

_log = logging.getLogger(__name__)

_ROLL = "due_roll"
"""A field that keeps, beside the date, by which rule of its day the date came about."""

_Choice = Callable[[Series, Calendar], tuple[Period, ...]]


@dataclass(frozen=True, slots=True)
class OpenPeriod:
    """A period that is open now: the items made for it just now, and the units that had theirs already."""

    workflow: str
    period: Period
    items: tuple[Item, ...]
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotOpened:
    """What could not be opened: a whole series (`unit` and `period` are ""), or one unit's item of a period."""

    definition: Definition
    series: str
    period: str
    unit: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    periods: tuple[OpenPeriod, ...]
    refused: tuple[NotOpened, ...]


def open_due(office: Office, now: datetime | None = None) -> Opening:
    """Open every period that has begun and is not yet due, of every enabled series. Safe to repeat, and for two at once.

    What is refused is logged and told, and keeps nothing else from opening.
    """
    at = now or office.clock.now()
    today = at.astimezone(office.zone).date()
    opening = _open(office, at, lambda series, calendar: periods_between(series, today, today, calendar))
    for refused in opening.refused:
        codes = ", ".join(reason.code for reason in refused.reasons)
        _log.error("series %s %s %s was not opened: %s", refused.series, refused.period, refused.unit, codes)
    return opening


def open_period(office: Office, name: str, now: datetime | None = None) -> Opening:
    """Open the period of that name, past or to come, in every enabled series that has it; NotFound where none has.

    Its dates are those of the rule and the calendar of today, and stay so.
    """

    def named(series: Series, calendar: Calendar) -> tuple[Period, ...]:
        found = period_named(series, name, calendar)
        return (found,) if found else ()

    opening = _open(office, now or office.clock.now(), named)
    if not (opening.periods or opening.refused):
        raise NotFound("period", name)
    return opening


@dataclass(frozen=True, slots=True)
class _Plan:
    """One period of one workflow, with the units that have no item of it yet and those that have."""

    definition: Definition
    period: Period
    missing: tuple[str, ...]
    there: tuple[str, ...]


def _open(office: Office, at: datetime, choose: _Choice) -> Opening:
    with office.read() as uow:
        planned = tuple(_planned(office, uow, choose))
    opened, refused = [], [one for one in planned if isinstance(one, NotOpened)]
    for plan in planned:
        if isinstance(plan, _Plan):
            made = [_open_one(office, plan, unit, at) for unit in plan.missing]
            items = tuple(one for one in made if isinstance(one, Item))
            refused += [one for one in made if isinstance(one, NotOpened)]
            opened.append(OpenPeriod(plan.definition.workflow, plan.period, items, plan.there))
    return Opening(tuple(opened), tuple(refused))


def _planned(office: Office, uow: UnitOfWork, choose: _Choice) -> Iterator[_Plan | NotOpened]:
    units = [unit.id for unit in uow.people.units() if unit.reports]
    for definition in office.editions.all_latest(uow):
        calendar = office.calendars.get(definition.calendar or "", NO_CALENDAR)
        for series in definition.series.values():
            try:
                periods = choose(series, calendar) if series.enabled else ()
            except CalendarYearMissing as missing:
                reason = Reason("calendar_year_missing", Kind.PRECONDITION, {"year": str(missing.year)})
                yield NotOpened(definition, series.name, "", "", (reason,))
                continue
            for period in periods:
                there = reporting(uow, definition.workflow, series.name, period.name)
                missing_units = tuple(unit for unit in units if unit not in there)
                yield _Plan(definition, period, missing_units, tuple(unit for unit in units if unit in there))


def _open_one(office: Office, plan: _Plan, unit: str, at: datetime) -> Item | NotOpened | None:
    """The new item; None where somebody else made it meanwhile."""
    workflow, period = plan.definition.workflow, plan.period
    # Two at once meet at this key; what was made otherwise, or so long ago that its key is forgotten, is looked for.
    caller = Caller(SYSTEM_ACTOR, "job", key=f"series/{workflow}/{period.series}/{unit}/{period.name}")
    try:
        with office.write() as uow:
            if unit in reporting(uow, workflow, period.series, period.name):
                return None
            created = create_within(office, uow, caller, NewItem(workflow, unit, _fields(plan)), at)
            if created.replayed:
                return None
            if period.finding:
                comment_within(uow, caller, created.item.id, period.finding.vi, at)
            return created.item
    except ReusedKey:
        # Another process made it in the same instant, with another calendar at hand: the first one stands.
        return None
    except Refusal as refusal:
        return NotOpened(refusal.definition, period.series, period.name, unit, refusal.reasons)


def _fields(plan: _Plan) -> dict[str, str]:
    """What the item is told of its period; how its deadline was rolled only where the definition has a place for it."""
    period = plan.period
    rolled = {_ROLL: plan.definition.series[period.series].roll} if _ROLL in plan.definition.fields else {}
    return rolled | {
        "title": f"{plan.definition.label.vi} {period.label.vi}",
        "series": period.series,
        "period": period.name,
        "window_from": period.window_from.isoformat(),
        "window_to": period.window_to.isoformat(),
        "due_on": period.due_on.isoformat(),
    }
