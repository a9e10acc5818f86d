"""How a workflow is really lived: the ways of its items, its loops, and where they wait longest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from workflow.engine import Actor, Definition, Kind, Reason
from workflow.engine.visibility import scope_of
from workflow.engine.workdays import CalendarYearMissing
from workflow.persistence import UnitOfWork
from workflow.queries import mining
from workflow.queries.mining import Measure, Step, Times, Variant
from workflow.services.office import Office


@dataclass(frozen=True, slots=True)
class Mined:
    """What the items did that were made within a time; `working` says whether times are working time by the calendar.

    `slowest` is, for each unit, the state in which its items stayed longest in all.
    """

    items: int
    variants: tuple[Variant, ...]
    taken: Mapping[Step, int]
    follows: Mapping[tuple[str, str], int]
    returns: Mapping[int, int]
    states: Mapping[str, Times]
    units: Mapping[tuple[str, str], Times]
    slowest: Mapping[str, str]
    working: bool


def refusal_to_mine(actor: Actor) -> Reason | None:
    """Why `actor` may not see how all units work, or None: it is for whoever reads everything."""
    return None if scope_of(actor).everything else Reason("not_permitted", Kind.AUTHORITY, {"may": "chairman, auditor"})


def mined(
    office: Office, uow: UnitOfWork, definition: Definition, since: datetime, until: datetime, *, working: bool
) -> Mined:
    """Three statements at most. Where the calendar lacks a year of it, times are told as they elapsed."""
    now = office.clock.now()
    found = mining.stories(uow, definition.workflow, since, until)
    stays = mining.stays(uow, definition.workflow, since, until)
    measure = _working_time(office, definition) if working else None
    try:
        states = mining.by_state(stays, now, measure or mining.elapsed)
        units = mining.by_unit(stays, now, measure or mining.elapsed)
    except CalendarYearMissing:
        measure = None
        states, units = mining.by_state(stays, now), mining.by_unit(stays, now)
    return Mined(
        items=len(found),
        variants=mining.variants(found),
        taken=mining.taken(found),
        follows=mining.follows(found),
        returns=mining.returns(found),
        states=states,
        units=units,
        slowest=_slowest(units),
        working=measure is not None,
    )


def _working_time(office: Office, definition: Definition) -> Measure | None:
    calendar = office.calendars.get(definition.calendar or "")
    if calendar is None:
        return None
    return lambda since, until: calendar.working_time(since, until, office.zone)


def _slowest(units: Mapping[tuple[str, str], Times]) -> dict[str, str]:
    found: dict[str, tuple[str, Times]] = {}
    for (unit, state), times in units.items():
        if unit not in found or times.total > found[unit][1].total:
            found[unit] = state, times
    return {unit: state for unit, (state, _times) in found.items()}
