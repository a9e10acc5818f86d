"""The lists that come into a report by themselves: the unit's tasks by how they stand (s6.2), and its standing duties."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from workflow.engine import Actor, Definition, Item
from workflow.engine.definition import Group, Purpose
from workflow.engine.visibility import scope_of, shown_to
from workflow.persistence import UnitOfWork
from workflow.queries.unit_work import led_by
from workflow.services.office import Office

_LED = (Purpose.TASK, Purpose.STANDING)
_ORDER = (Group.BEHIND, Group.DOING, Group.DONE)


@dataclass(frozen=True, slots=True)
class Standing:
    """One task or duty as it stood, as far as the reader may see it."""

    item: Item
    definition: Definition

    @property
    def group(self) -> Group:
        return self.definition.states[self.item.state].group


@dataclass(frozen=True, slots=True)
class Work:
    """As of `at`: the cut-off of the period, or now where that is still ahead. Late tasks come first, then what is under way."""

    at: datetime
    tasks: tuple[Standing, ...]
    duties: tuple[Standing, ...]


def work_of(office: Office, uow: UnitOfWork, actor: Actor, report: Item) -> Work | None:
    """What the unit of a report had to do in its period; None for an item of no period."""
    first, last = (_day(report.fields.get(name)) for name in ("window_from", "window_to"))
    if first is None or last is None:
        return None
    since = datetime.combine(first, time(), tzinfo=office.zone)
    at = min(datetime.combine(last, time.max, tzinfo=office.zone), office.clock.now())
    return work_led(office, uow, actor, report.unit, since, at)


def work_led(office: Office, uow: UnitOfWork, actor: Actor, unit: str, since: datetime, at: datetime) -> Work:
    """What a unit had to do by `at`, without what was closed before `since`; as far as `actor` may see it."""
    scope = scope_of(actor)
    standings = []
    tasks, duties = (found.workflow if (found := office.editions.find_serving(one, uow)) else "" for one in _LED)
    for item in led_by(uow, unit, (tasks, duties), since, at):
        definition = office.editions.of(item, uow)
        state = definition.states[item.state]
        closed_before = state.group is Group.DONE and item.entered_at < since
        if state.group in _ORDER and not state.initial and not closed_before and scope.covers(item):
            standings.append(Standing(shown_to(actor, definition, item), definition))
    return Work(at, _of(standings, tasks), _of(standings, duties))


def _of(found: Iterable[Standing], workflow: str) -> tuple[Standing, ...]:
    some = [one for one in found if one.item.workflow == workflow]
    return tuple(sorted(some, key=lambda one: _ORDER.index(one.group)))


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
