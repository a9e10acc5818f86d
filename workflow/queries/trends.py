"""What stands behind the charts of the dashboards: received reports of the last periods, and what is late now. A statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from workflow.engine import Item
from workflow.engine.item import Episode
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import json_value, micros
from workflow.persistence.items import ITEM_COLUMNS, latest_episode, read_item
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item


@dataclass(frozen=True, slots=True)
class Received:
    """A report that was received: the newest one of its unit and period."""

    unit: str
    code: str
    fields: Mapping[str, Any]


@lru_cache(maxsize=2)
def _received(one_unit: bool) -> Statement:  # noqa: FBT001  a cache key
    wanted: list[sa.ColumnElement[bool]] = [
        item.c.workflow == sa.bindparam("workflow"),
        item.c.created_at >= sa.bindparam("since"),
        sa.literal_column("item.final = 1"),
        item.c.fields.like('%"received_at":"%'),
    ]
    if one_unit:
        wanted.append(item.c.unit == sa.bindparam("unit"))
    columns = (item.c.unit, item.c.code, item.c.fields)
    return Statement("trends.received", sa.select(*columns).where(*wanted).order_by(item.c.created_at, item.c.id))


def received_reports(
    uow: UnitOfWork, workflow: str, since: datetime, within: str | None = None
) -> Mapping[tuple[str, str, str], Received]:
    """Reports opened since then that were received, by series, period and unit; a correction replaces what it corrects."""
    params = {"workflow": workflow, "since": micros(since), "unit": within}
    rows = run(uow.cursor, _received(within is not None), params).fetchall()
    found = (Received(unit, code, json_value(fields)) for unit, code, fields in rows)
    return {(str(one.fields.get("series")), str(one.fields.get("period")), one.unit): one for one in found}


@dataclass(frozen=True, slots=True)
class LateOne:
    """An item that is late now, as far as the counts ask for it."""

    id: str
    episode: Episode


@lru_cache(maxsize=2)
def _late(one_unit: bool) -> Statement:  # noqa: FBT001  a cache key
    # Both indexes hold open items only, so that the condition is said word for word.
    wanted: list[sa.ColumnElement[bool]] = [sa.literal_column("item.late = 1"), sa.literal_column("item.final = 0")]
    if one_unit:
        wanted.append(item.c.unit == sa.bindparam("unit"))
    return Statement(
        "trends.late", sa.select(item.c.id, item.c.facts).where(*wanted).order_by(item.c.due_at, item.c.id)
    )


def late_ones(uow: UnitOfWork, within: str | None = None) -> tuple[LateOne, ...]:
    """What is late now in one unit or in all, the longest first."""
    rows = run(uow.cursor, _late(within is not None), {"unit": within}).fetchall()
    return tuple([LateOne(item_id, latest_episode(facts)) for item_id, facts in rows])


_MOST = 200
_NAMED = Statement(
    "trends.named",
    sa.select(*(item.c[name] for name in ITEM_COLUMNS))
    .where(item.c.id.in_([sa.bindparam(f"id{n}") for n in range(_MOST)]))
    .order_by(item.c.due_at, item.c.id),
)


def items_named(uow: UnitOfWork, ids: Sequence[str]) -> tuple[Item, ...]:
    """Those items, the first 200 of them, the longest late first."""
    params = {f"id{n}": ids[n] if n < len(ids) else "" for n in range(_MOST)}
    return tuple(read_item(row) for row in run(uow.cursor, _NAMED, params).fetchall())
