"""The accountability sheet of a unit's head, of any period, as of any past day; his words beside it are an item of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from workflow.catalog.plain_values import Refused, date_of, shown
from workflow.engine import Definition, Item, Kind, Reason
from workflow.engine.accountability import (
    HEAD,
    House,
    Measure,
    Product,
    Sheet,
    Stretch,
    WorkingDays,
    accounted,
    reads_account,
    reads_scores_of,
)
from workflow.engine.deadlines import end_of_day
from workflow.engine.definition import Purpose
from workflow.engine.periods import CalendarStretch, stretch_said
from workflow.engine.visibility import reads_private
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.queries.accountability import explanations_of, streams_of
from workflow.services.items import Created, NewItem, NotCreated, creatable, create
from workflow.services.office import Caller, Office
from workflow.services.past import instant_asked

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Account:
    """A sheet with what it tells of: `at` is the last instant that was looked at, `explanations` what the head had said by then.

    `heads` held the post then. `workflows` are the kinds of work that some number counts, in the order of their names.
    `whole` where `at` is not before the end of the period.
    """

    unit: str
    heads: tuple[str, ...]
    period: CalendarStretch
    at: datetime
    whole: bool
    sheet: Sheet
    workflows: Mapping[str, Definition]
    explanations: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The progress score of one person (Nghị định 335/2025/NĐ-CP): the mean over his products, in tenths of a per cent.

    `person` is "" for the head, who answers for what nobody is named for.
    """

    person: str
    products: tuple[Product, ...]

    @property
    def tenths(self) -> int:
        return round(10 * sum(one.score for one in self.products) / len(self.products))


def account(
    office: Office, uow: UnitOfWork, caller: Caller, unit: str, period: CalendarStretch, at: datetime | None = None
) -> Account:
    """The sheet as the log told it at `at` (now, where none is given). NotFound where the caller may not read it."""
    if not reads_account(caller.actor, unit) or not uow.people.unit_exists(unit):
        raise NotFound("unit", unit)
    asked = at or office.clock.now()
    begin, end = _bounds(office, period)
    stretch = Stretch(begin, min(end, max(asked + _MOMENT, begin)), end, office.zone)
    house = House(lambda item: office.editions.of(item, uow), office.editions.purposes(uow), _working_days(office, uow))
    sheet = accounted(streams_of(uow, unit, begin, asked), house, unit, stretch)
    return Account(
        unit=unit,
        heads=tuple(sorted(uow.people.directory(asked).holders(HEAD, unit, None))),
        period=period,
        at=asked,
        whole=asked >= end,
        sheet=sheet,
        workflows=_workflows(office, uow, sheet),
        explanations=_explanations(office, uow, caller, unit, period, asked),
    )


def _explanations(
    office: Office, uow: UnitOfWork, caller: Caller, unit: str, period: CalendarStretch, at: datetime
) -> tuple[Item, ...]:
    """What the head had said, to whoever may read what is written freely."""
    definition = office.editions.find_serving(Purpose.EXPLANATION, uow)
    if definition is None or not reads_private(caller.actor):
        return ()
    return explanations_of(uow, definition.workflow, unit, period.name, at)


def _bounds(office: Office, period: CalendarStretch) -> tuple[datetime, datetime]:
    begin = datetime.combine(period.first, time(), tzinfo=office.zone).astimezone(UTC)
    return begin, end_of_day(period.last, office.zone)


def _working_days(office: Office, uow: UnitOfWork) -> WorkingDays:
    difficulties = office.editions.find_serving(Purpose.ESCALATION, uow)
    calendar = office.calendars.get((difficulties.calendar if difficulties else None) or "")

    def between(since: datetime, until: datetime) -> int:
        first, last = (at.astimezone(office.zone).date() for at in (since, until))
        try:
            return calendar.between(first, last) if calendar else 0
        except CalendarYearMissing:
            return 0

    return between


def _workflows(office: Office, uow: UnitOfWork, sheet: Sheet) -> Mapping[str, Definition]:
    names = sorted(
        {mark.item.workflow for measure in (Measure.ASSIGNED, Measure.EPISODES) for mark in sheet.of(measure)}
    )
    return MappingProxyType({name: office.editions.latest(name, uow) for name in names})


def scores(caller: Caller, found: Account) -> tuple[Score, ...]:
    """The progress scores that the caller may read, the lowest first."""
    by_person: dict[str, list[Product]] = {}
    for product in found.sheet.products:
        if reads_scores_of(caller.actor, found.unit, product.person):
            by_person.setdefault(product.person, []).append(product)
    told = (Score(person, tuple(products)) for person, products in by_person.items())
    return tuple(sorted(told, key=lambda score: (score.tenths, score.person)))


# -- what is asked for --------------------------------------------------------------------------------------------------


def period_asked(office: Office, name: str) -> CalendarStretch | Reason:
    """The month, quarter, half or year that is named or said in words; the present month where none is given."""
    found = stretch_said(name.strip() or f"{office.clock.now().astimezone(office.zone):%Y-%m}")
    return found or Reason("pattern", Kind.INPUT, {"field": "period", "value": name.strip()})


def day_asked(office: Office, given: str) -> datetime | Reason | None:
    """The instant up to which the log is read: a day means its end; None where nothing was given. It lies not ahead."""
    if not given.strip():
        return None
    now = office.clock.now()
    today = now.astimezone(office.zone).date()
    try:
        day = date_of(given.strip(), today)
    except Refused:
        return instant_asked(office, given)
    if day > today:
        return Reason("instant_ahead", Kind.INPUT, {"field": "as_of", "value": shown(given)})
    return min(end_of_day(day, office.zone) - _MOMENT, now)


def asked_of(office: Office, period: str, as_of: str) -> tuple[CalendarStretch, datetime | None] | Reason:
    """Both, or the first reason why not."""
    found, at = period_asked(office, period), day_asked(office, as_of)
    if isinstance(found, Reason):
        return found
    return at if isinstance(at, Reason) else (found, at)


# -- what the head says of it -------------------------------------------------------------------------------------------


def may_explain(office: Office, uow: UnitOfWork, caller: Caller, unit: str) -> bool:
    """Whether the caller answers for that unit and may say something beside its sheet."""
    return caller.actor.unit == unit and any(
        definition.purpose is Purpose.EXPLANATION for definition in creatable(office, uow, caller)
    )


def explain(office: Office, caller: Caller, unit: str, period: CalendarStretch, text: str) -> Created | NotCreated:
    """Put the head's words beside the sheet of that period. Unserved where no workflow is for such words."""
    fields = {"title": f"Giải trình {period.label.vi}", "period": period.name, "explanation": text}
    workflow = office.editions.serving(Purpose.EXPLANATION).workflow
    return create(office, caller, NewItem(workflow, unit, fields))
