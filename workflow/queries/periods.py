"""Which items of a series there are already, whoever opened them, and what the one before said."""

from collections.abc import Iterable, Mapping
from typing import Any

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

_OF_UNIT = Statement(
    "periods.of_unit",
    sa.select(item.c.unit, item.c.fields).where(
        item.c.workflow == sa.bindparam("workflow"),
        item.c.unit == sa.bindparam("unit"),
        item.c.fields.like(sa.bindparam("naming")),
    ),
)


def fields_before(uow: UnitOfWork, workflow: str, unit: str, series: str, period: str) -> Mapping[str, Any]:
    """The fields of the unit's newest item of that series before `period`, or nothing."""
    params = {"workflow": workflow, "unit": unit, "naming": f'%"{series}"%'}
    found = [json_value(text) for _, text in run(uow.cursor, _OF_UNIT, params).fetchall()]
    earlier = [one for one in found if one.get("series") == series and str(one.get("period", "")) < period]
    return max(earlier, key=lambda one: str(one["period"]), default={})


def reporting(uow: UnitOfWork, workflow: str, series: str, period: str) -> frozenset[str]:
    """The units that have an item of that period, in whatever state."""
    rows = run(uow.cursor, _NAMING, {"workflow": workflow, "naming": f'%"{period}"%'}).fetchall()
    return frozenset(_of(rows, series, period))


def _of(rows: Iterable[tuple[str, str]], series: str, period: str) -> Iterable[str]:
    for unit, text in rows:
        fields = json_value(text)
        if fields.get("series") == series and fields.get("period") == period:
            yield unit
