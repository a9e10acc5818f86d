"""Consolidating a period: its report is begun, gathered and begun anew by the ordinary moves; its figures the system writes."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from workflow.engine import SYSTEM_ACTOR, Definition, Item, Reason
from workflow.engine.definition import Purpose
from workflow.engine.periods import NO_CALENDAR
from workflow.engine.visibility import scope_of
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.queries.consolidation import versions
from workflow.services.figures import figures_in
from workflow.services.gathering import Gathered, codes_in, gather
from workflow.services.items import NewItem, Refusal, create_within
from workflow.services.journal import fingerprint_of, record_refusal
from workflow.services.moves import MoveRefused, MoveRequest, perform_in
from workflow.services.office import Caller, Office
from workflow.values import replace

DUE_WORKING_DAYS = 2
"""The first version is to be submitted so many working days after the deadline of the units' reports (the commune's rule)."""

COLLECT, MERGE, RENEW = "collect", "merge_reports", "renew"

_SYSTEM = Caller(SYSTEM_ACTOR, "job")


@dataclass(frozen=True, slots=True)
class Consolidated:
    """The version that now holds what was received; `began` where it was made just now."""

    item: Item
    definition: Definition
    began: bool


@dataclass(frozen=True, slots=True)
class NotConsolidated:
    """Why not; `item` is the version that stood in the way, None where none was begun."""

    definition: Definition
    reasons: tuple[Reason, ...]
    item: Item | None = None


def consolidate(
    office: Office, caller: Caller, series: str, period: str, reason: str = ""
) -> Consolidated | NotConsolidated:
    """Bring the period's consolidated report up to what has been received: begin it, gather anew, or begin the next version.

    Who may do which, its workflow says. `reason` is that of a new version; without one the newly received reports are named.
    NotFound for an unknown period; Busy, ReusedKey.
    """
    now = office.clock.now()
    try:
        with office.write() as uow:
            return _consolidate(office, uow, caller, (series, period, reason), now)
    except Refusal as refusal:
        return NotConsolidated(refusal.definition, refusal.reasons)
    except MoveRefused as refusal:
        refused = refusal.refused
        with office.write() as uow:
            record_refusal(uow, caller, refused.item, refused.move, refused.reasons, now)
        return NotConsolidated(refused.definition, refused.reasons, refused.item)


def of_period(
    office: Office, uow: UnitOfWork, caller: Caller, series: str, period: str
) -> tuple[Gathered, tuple[Item, ...]]:
    """What was received by now and the versions made of it, the first one first; NotFound for whom neither is meant."""
    scope = scope_of(caller.actor)
    workflow = office.editions.serving(Purpose.CONSOLIDATION, uow).workflow
    there = tuple(one for one in versions(uow, workflow, series, period) if scope.covers(one))
    if not there and not scope.everything:
        raise NotFound("period", f"{series} {period}")
    return gather(office, uow, series, period), there


def merge(office: Office, item_id: str) -> None:
    """Write the figures into a version whose gathering was asked for. Safe to repeat: what was written since stays."""
    now = office.clock.now()
    with office.write() as uow:
        item = uow.items.get(item_id).item
        definition = office.editions.of(item, uow)
        if item.state in definition.transitions[MERGE].sources and not item.fields.get("collected_at"):
            gathered = gather(office, uow, str(item.fields["series"]), str(item.fields["period"]))
            _write(office, uow, item, gathered, now)


def newly_received(gathered: Gathered, version: Item) -> frozenset[str]:
    """The codes of reports that a version does not hold yet: it is out of date by these."""
    return gathered.codes - codes_in(version.fields.get("included"))


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not the same in two versions; a part is None where the version has none."""

    indicator: str
    before: tuple[Decimal | None, Decimal | None]
    after: tuple[Decimal | None, Decimal | None]


def differences(before: Item, after: Item) -> tuple[Difference, ...]:
    """What changed from one version to another, in the order of the later one."""
    old, new = (
        {name: (one.numerator, one.denominator) for name, one in figures_in(of.fields.get("figures")).items()}
        for of in (before, after)
    )
    names = dict.fromkeys((*new, *old))
    none = (None, None)
    found = (Difference(name, old.get(name, none), new.get(name, none)) for name in names)
    return tuple(one for one in found if one.before != one.after)


def due_of_consolidation(office: Office, definition: Definition, reports_due_on: date) -> date | None:
    """The last day for submitting the first version; None where the calendar does not know the year."""
    calendar = office.calendars.get(definition.calendar or "", NO_CALENDAR)
    try:
        return calendar.shift(reports_due_on, DUE_WORKING_DAYS)
    except CalendarYearMissing:
        return None


# -- steps --------------------------------------------------------------------------------------------------------------


def _consolidate(
    office: Office, uow: UnitOfWork, caller: Caller, asked: tuple[str, str, str], now: datetime
) -> Consolidated:
    series, period, reason = asked
    gathered = gather(office, uow, series, period)
    definition = office.editions.serving(Purpose.CONSOLIDATION, uow)
    if caller.key is not None:
        answer = uow.idempotency.claim(caller.actor.id, caller.key, fingerprint_of(COLLECT, *asked), now)
        if answer is not None:
            return Consolidated(versions(uow, definition.workflow, series, period)[-1], definition, began=False)
    once = replace(caller, key=None)
    there = versions(uow, definition.workflow, series, period)
    if there and not scope_of(caller.actor).covers(there[-1]):
        raise NotFound("period", f"{series} {period}")
    if not there:
        item, began = (
            create_within(
                office, uow, once, _first(office, definition, _unit_of(caller, gathered), gathered), now
            ).item,
            True,
        )
    else:
        item, began = _next(office, uow, once, there[-1], gathered, reason, now)
    item = perform_in(office, uow, once, MoveRequest(item.id, COLLECT), now).item
    item = _write(office, uow, item, gathered, now)
    if caller.key is not None:
        uow.idempotency.finish(caller.actor.id, caller.key, f"{item.id} {item.revision}")
    return Consolidated(item, definition, began)


def _first(office: Office, definition: Definition, unit: str, gathered: Gathered) -> NewItem:
    period = gathered.period
    due_on = due_of_consolidation(office, definition, period.due_on)
    fields = {
        "title": f"{definition.label.vi} {period.label.vi}",
        "series": gathered.series.name,
        "period": period.name,
        "version_no": 1,
        "due_on": due_on.isoformat() if due_on else None,
    }
    return NewItem(definition.workflow, unit, fields)


def _unit_of(caller: Caller, gathered: Gathered) -> str:
    """The unit that consolidates: the asker's own, or that of whom he stands in for. Who has none is refused whatever the unit."""
    actor = caller.actor
    given = (power.giver_unit for power in actor.delegations if power.giver == actor.acting_for)
    return next(given, None) or actor.unit or gathered.standings[0].unit


def _next(
    office: Office, uow: UnitOfWork, caller: Caller, newest: Item, gathered: Gathered, reason: str, now: datetime
) -> tuple[Item, bool]:
    """The version to gather into, and whether it was begun just now: one that is signed is never touched again."""
    definition = office.editions.of(newest, uow)
    renew = definition.transitions[RENEW]
    if newest.state not in renew.sources:
        return newest, False
    words = reason or _reason_of(newly_received(gathered, newest))
    perform_in(office, uow, caller, MoveRequest(newest.id, RENEW, comment=words), now)
    series, period = str(newest.fields["series"]), str(newest.fields["period"])
    return versions(uow, newest.workflow, series, period)[-1], True


def _reason_of(codes: frozenset[str]) -> str:
    # Words for the log, in the office's language, as everything that is stored.
    return f"Có báo cáo tiếp nhận sau khi tổng hợp: {', '.join(sorted(codes))}" if codes else ""


def _write(office: Office, uow: UnitOfWork, item: Item, gathered: Gathered, now: datetime) -> Item:
    fields = gathered.fields(now, office.zone)
    cleared = {name: value for name, value in fields.items() if value not in ("", [])}
    return perform_in(office, uow, _SYSTEM, MoveRequest(item.id, MERGE, inputs=cleared), now).item
