"""Counts for the unit's and the commune's page. They come from the tally that every move keeps, never from counting items."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from workflow.persistence import UnitOfWork
from workflow.persistence.columns import micros
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item, person, tally, unit


class Tally(NamedTuple):
    workflow: str
    unit: str
    area: str
    state: str
    late: int
    items: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has in hand: open items, how many of them late."""

    person: str
    title_vi: str
    title_en: str
    open: int
    late: int


@lru_cache(maxsize=2)
def _tallies(one_unit: bool) -> Statement:  # noqa: FBT001  a cache key
    query = sa.select(
        tally.c.workflow, tally.c.unit, tally.c.area, tally.c.state, tally.c.late, tally.c["count"]
    ).where(sa.literal_column("tally.count > 0"))
    return Statement("dashboard.tally", query.where(tally.c.unit == sa.bindparam("unit")) if one_unit else query)


def tallies(uow: UnitOfWork, within: str | None = None) -> tuple[Tally, ...]:
    """How many items stand where, of one unit or of all."""
    rows = run(uow.cursor, _tallies(within is not None), {"unit": within}).fetchall()
    return tuple(map(Tally._make, rows))


def _load_statement() -> Statement:
    counted = (
        sa.select(
            item.c.assignee.label("person"),
            sa.func.count().label("open"),
            sa.func.sum(item.c.late).label("late"),
        )
        .where(item.c.unit == sa.bindparam("unit"), sa.literal_column("item.final = 0"), item.c.assignee.is_not(None))
        .group_by(item.c.assignee)
        .subquery("counted")
    )
    return Statement(
        "dashboard.load",
        sa.select(counted.c.person, person.c.title_vi, person.c.title_en, counted.c.open, counted.c.late)
        .select_from(counted.join(person, person.c.id == counted.c.person))
        .order_by(counted.c.late.desc(), counted.c.open.desc(), person.c.title_vi),
    )


_LOAD = _load_statement()


def load_by_person(uow: UnitOfWork, within: str) -> tuple[Load, ...]:
    """Who of the unit holds how much, the most burdened first."""
    return tuple(Load(*row) for row in run(uow.cursor, _LOAD, {"unit": within}).fetchall())


@lru_cache(maxsize=2)
def _due(one_unit: bool) -> Statement:  # noqa: FBT001  a cache key
    # One short stretch of the index a unit; a GROUP BY would look at the rows.
    working: sa.ColumnElement[bool] = sa.literal_column(
        "item.final = 0 AND item.state_group NOT IN ('done', 'cancelled')"
    )
    within_days = (item.c.due_at > sa.bindparam("now"), item.c.due_at <= sa.bindparam("until"))
    soon = sa.select(sa.func.count()).where(item.c.unit == unit.c.id, working, *within_days).scalar_subquery()
    query = sa.select(unit.c.id, soon)
    return Statement("dashboard.due", query.where(unit.c.id == sa.bindparam("unit")) if one_unit else query)


def due_soon(uow: UnitOfWork, now: datetime, until: datetime, within: str | None = None) -> dict[str, int]:
    """By unit, or of one alone: how much of what is being worked on falls due before `until`."""
    params = {"now": micros(now), "until": micros(until), "unit": within}
    rows = run(uow.cursor, _due(within is not None), params).fetchall()
    return dict(rows)
