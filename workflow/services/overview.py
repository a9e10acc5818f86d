"""The unit's page and the commune's page: every number here opens the list that it counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from workflow.engine import Item, row_facts
from workflow.engine.definition import Group, Purpose
from workflow.persistence import UnitOfWork
from workflow.queries.dashboard import Load, Tally, due_soon, load_by_person, tallies
from workflow.queries.matching import fits
from workflow.queries.worklist import Filter
from workflow.services.office import Office

SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a breakdown: how many items of `key` (a unit or an area) are in each group; `late` of them behind."""

    key: str
    doing: int
    behind: int
    done: int
    cancelled: int

    @property
    def total(self) -> int:
        """What counts as assigned: withdrawn items do not."""
        return self.doing + self.behind + self.done


@dataclass(frozen=True, slots=True)
class Overview:
    """`due_soon` falls due within SOON_DAYS days, whatever the state is called. `unanswered` difficulties wait for an answer."""

    total: Bar
    by_unit: tuple[Bar, ...]
    by_area: tuple[Bar, ...]
    due_soon: int
    people: tuple[Load, ...]
    unanswered: int = 0


def overview(office: Office, uow: UnitOfWork, unit: str | None = None, workflow: str | None = None) -> Overview:
    """The state of one unit, or of the commune; `workflow` narrows it to one kind of item. At most four statements."""
    now = office.clock.now()
    rows = [row for row in tallies(uow, unit) if workflow in (None, row.workflow)]
    groups = {key: _group(office, uow, *key) for key in {(row.workflow, row.state) for row in rows}}
    counted = [(row, groups[row.workflow, row.state]) for row in rows]
    soon = due_soon(uow, now, now + timedelta(days=SOON_DAYS), unit)
    difficulties = office.editions.find_serving(Purpose.ESCALATION, uow)
    asked = (difficulties.workflow, difficulties.initial.name) if difficulties else None
    return Overview(
        total=_bar("", counted),
        by_unit=_bars("unit", counted),
        by_area=_bars("area", counted),
        due_soon=sum(soon.values()),
        people=load_by_person(uow, unit) if unit else (),
        unanswered=sum(row.items for row in rows if (row.workflow, row.state) == asked),
    )


def overview_of(office: Office, uow: UnitOfWork, items: Iterable[Item]) -> Overview:
    """The same counted from items that are at hand, at the instant of the office's clock; nobody's load is told."""
    now = office.clock.now()
    counts: Counter[tuple[str, str, str, str, int]] = Counter()
    soon = 0
    for item in items:
        definition = office.editions.of(item, uow)
        facts = row_facts(definition, item)
        counts[item.workflow, item.unit, facts.area or "", item.state, int(facts.late)] += 1
        soon += fits(Filter(due_until=now + timedelta(days=SOON_DAYS)), item, definition, now)
    rows = [Tally(*key, count) for key, count in counts.items()]
    groups = {key: _group(office, uow, *key) for key in {(row.workflow, row.state) for row in rows}}
    counted = [(row, groups[row.workflow, row.state]) for row in rows]
    return Overview(_bar("", counted), _bars("unit", counted), _bars("area", counted), soon, ())


def _group(office: Office, uow: UnitOfWork, workflow: str, name: str) -> Group:
    state = office.editions.latest(workflow, uow).states.get(name)
    return state.group if state else Group.DOING


def _bars(key: str, counted: Iterable[tuple[Tally, Group]]) -> tuple[Bar, ...]:
    by_key: dict[str, list[tuple[Tally, Group]]] = {}
    for row, group in counted:
        by_key.setdefault(getattr(row, key), []).append((row, group))
    return tuple(_bar(name, by_key[name]) for name in sorted(by_key))


def _bar(key: str, counted: Iterable[tuple[Tally, Group]]) -> Bar:
    sums = dict.fromkeys(Group, 0)
    for row, group in counted:
        sums[group] += row.items
    return Bar(key, sums[Group.DOING], sums[Group.BEHIND], sums[Group.DONE], sums[Group.CANCELLED])
