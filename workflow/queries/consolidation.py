"""Who sent what for which period: every unit's reports as one row a unit and period, and the consolidated versions of a period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache

import sqlalchemy as sa

from workflow.engine import Actor, Item
from workflow.engine.definition import Group
from workflow.engine.events import instant_of
from workflow.engine.visibility import ReadScope, scope_of
from workflow.persistence import UnitOfWork
from workflow.persistence.items import ITEM_COLUMNS, read_item
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item
from workflow.queries.scope import readable_clause, scope_params, shape_of


@dataclass(frozen=True, slots=True)
class Filed:
    """One report of a unit. `final` says that nothing more is done with it; `received_at` that it was received, and when."""

    item: Item
    group: str
    final: bool

    @property
    def received_at(self) -> datetime | None:
        return _instant(self.item.fields.get("received_at"))

    @property
    def sent_at(self) -> datetime | None:
        return _instant(self.item.fields.get("sent_at"))

    @property
    def is_received(self) -> bool:
        """Also where a correction has been asked for since: until that is received, this one counts."""
        return self.final and self.received_at is not None

    @property
    def is_waived(self) -> bool:
        return self.final and self.received_at is None


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit in one period: its reports, the first one and the corrections of it, oldest first; none where none was opened.

    Timeliness is that of the first report: of the sending that was accepted, or of today where nothing has been sent.
    """

    unit: str
    series: str
    period: str
    reports: tuple[Filed, ...] = ()

    @property
    def newest(self) -> Filed | None:
        return self.reports[-1] if self.reports else None

    @property
    def in_force(self) -> Filed | None:
        """The newest report that was received."""
        return next((one for one in reversed(self.reports) if one.is_received), None)

    @property
    def version(self) -> int:
        """The number of the report in force, 1 for the first; 0 where none is."""
        return next((n for n in range(len(self.reports), 0, -1) if self.reports[n - 1].is_received), 0)

    @property
    def is_waived(self) -> bool:
        return self.newest is not None and self.newest.is_waived

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent first: the sending that was accepted, or one that still waits for an answer; not one that came back."""
        first = self.reports[0] if self.reports else None
        return first.sent_at if first and (first.is_received or first.group == Group.DONE.value) else None

    @property
    def returned_count(self) -> int:
        counts = (one.item.fields.get("returned_count") for one in self.reports)
        return sum(count for count in counts if isinstance(count, int))

    @property
    def due_on(self) -> date | None:
        due = self.reports[0].item.fields.get("due_on") if self.reports else None
        return date.fromisoformat(str(due)) if due else None

    def late_days(self, now: datetime, zone: tzinfo) -> int:
        """By how many days it was sent late, or is late by now; 0 in time, or where it need not be sent."""
        if self.due_on is None or self.is_waived:
            return 0
        until = (self.sent_at or now).astimezone(zone).date()
        return max(0, (until - self.due_on).days)


@dataclass(frozen=True, slots=True)
class Consolidation:
    """The consolidated report of one period: its versions, the first one first; at least one."""

    versions: tuple[Item, ...]

    @property
    def newest(self) -> Item:
        return self.versions[-1]

    @property
    def submitted_at(self) -> datetime | None:
        """When it was submitted, None where it has not been or came back. Only the first version has a deadline."""
        return _instant(self.versions[0].fields.get("submitted_at"))


def standings(
    uow: UnitOfWork, workflow: str, year: str, units: Iterable[str], actor: Actor | None = None
) -> tuple[Standing, ...]:
    """Every unit in every period of a year that was opened, in one statement; of what `actor` may read, where one is named.

    `workflow` is that of the reports. In the order of series, period and `units`.
    """
    found: dict[tuple[str, str, str], list[Filed]] = {}
    for filed in _filed(uow, workflow, year, actor):
        fields = filed.item.fields
        key = (str(fields.get("series")), str(fields.get("period")), filed.item.unit)
        found.setdefault(key, []).append(filed)
    order = {unit: n for n, unit in enumerate(units)}
    keys = sorted(found, key=lambda key: (key[0], key[1], order.get(key[2], len(order)), key[2]))
    return tuple(Standing(unit, series, period, tuple(found[series, period, unit])) for series, period, unit in keys)


def versions(uow: UnitOfWork, workflow: str, series: str, period: str) -> tuple[Item, ...]:
    """The consolidated report's versions of that period, the first one first. Whether somebody may read one, the engine says."""
    found = (filed.item for filed in _filed(uow, workflow, period, None))
    return tuple(one for one in found if (one.fields.get("series"), one.fields.get("period")) == (series, period))


def consolidations(uow: UnitOfWork, workflow: str, year: str, actor: Actor) -> Mapping[tuple[str, str], Consolidation]:
    """The consolidated report of each period of a year, as far as `actor` may read it, by series and period."""
    found: dict[tuple[str, str], list[Item]] = {}
    for filed in _filed(uow, workflow, year, actor):
        fields = filed.item.fields
        found.setdefault((str(fields.get("series")), str(fields.get("period"))), []).append(filed.item)
    return {key: Consolidation(tuple(versions_)) for key, versions_ in found.items()}


def _filed(uow: UnitOfWork, workflow: str, period: str, actor: Actor | None) -> tuple[Filed, ...]:
    """Items whose period begins with that text, oldest first."""
    scope = scope_of(actor) if actor else None
    # Fields are one text, spelt in one way: a name of a period has no letter that LIKE reads otherwise.
    params = {"workflow": workflow, "naming": f'%"period":"{period}%'} | (scope_params(scope) if scope else {})
    rows = run(uow.cursor, _statement(shape_of(scope) if scope else None), params).fetchall()
    return tuple(Filed(read_item(row), row[-2], bool(row[-1])) for row in rows)


@lru_cache(maxsize=64)
def _statement(scope: ReadScope | None) -> Statement:
    wanted = [item.c.workflow == sa.bindparam("workflow"), item.c.fields.like(sa.bindparam("naming"))]
    readable = readable_clause(scope, None) if scope else None
    if readable is not None:
        wanted.append(readable)
    columns = (*(item.c[name] for name in ITEM_COLUMNS), item.c.state_group, item.c.final)
    return Statement("consolidation.filed", sa.select(*columns).where(*wanted).order_by(item.c.created_at, item.c.id))


def _instant(value: object) -> datetime | None:
    return instant_of(str(value)) if value else None
