"""Which items of a series there are already, whoever opened them, and what the one before said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from workflow.persistence import UnitOfWork
from workflow.persistence.columns import json_value
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item

# Fields are one text; what merely contains the name is told apart when it is read.
_NAMING = Statement(
    "periods.naming",
    sa.select(item.c.unit, item.c.fields).where(
        item.c.workflow == sa.bindparam("workflow"), item.c.fields.like(sa.bindparam("naming"))
    ),
)

_REPORTED = Statement(
    "periods.reported",
    sa.select(item.c.code, item.c.state_group, item.c.final, item.c.fields).where(
        item.c.workflow == sa.bindparam("workflow"),
        item.c.unit == sa.bindparam("unit"),
        item.c.fields.like(sa.bindparam("naming")),
    ),
)


@dataclass(frozen=True, slots=True)
class Reported:
    """One item of a series. `sent` says that it counts as done; `replaced`, that it is closed and another stands in its place."""

    code: str
    period: str
    sent: bool
    replaced: bool
    fields: Mapping[str, Any]


_known: "WeakKeyDictionary[UnitOfWork, dict[tuple[str, str, str], tuple[Reported, ...]]]" = WeakKeyDictionary()


def reported(uow: UnitOfWork, workflow: str, unit: str, series: str) -> tuple[Reported, ...]:
    """The unit's items of that series, oldest period first; asked for once in a unit of work that only reads."""
    if not uow.cursor.read_only:
        return _asked_for(uow, workflow, unit, series)
    known = _known.setdefault(uow, {})
    key = (workflow, unit, series)
    if key not in known:
        known[key] = _asked_for(uow, *key)
    return known[key]


def _asked_for(uow: UnitOfWork, workflow: str, unit: str, series: str) -> tuple[Reported, ...]:
    params = {"workflow": workflow, "unit": unit, "naming": f'%"{series}"%'}
    rows = run(uow.cursor, _REPORTED, params).fetchall()
    found = [_reported(*row) for row in rows]
    return tuple(sorted((one for one in found if one.fields.get("series") == series), key=lambda one: one.period))


def _reported(code: str, group: str, final: int, text: str) -> Reported:
    fields = json_value(text)
    done = group == "done"
    return Reported(code, str(fields.get("period", "")), done, bool(final) and not done, fields)


def reporting(uow: UnitOfWork, workflow: str, series: str, period: str) -> frozenset[str]:
    """The units that have an item of that period, in whatever state."""
    rows = run(uow.cursor, _NAMING, {"workflow": workflow, "naming": f'%"{period}"%'}).fetchall()
    return frozenset(_of(rows, series, period))


def _of(rows: Iterable[tuple[str, str]], series: str, period: str) -> Iterable[str]:
    for unit, text in rows:
        fields = json_value(text)
        if fields.get("series") == series and fields.get("period") == period:
            yield unit
