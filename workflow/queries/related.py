"""Items beside items: what stands above and below one, and what has waited longest in one state."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.engine import Actor, Item
from workflow.engine.visibility import ReadScope, scope_of
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item
from workflow.queries.scope import readable_clause, scope_params, shape_of

MOST = 200
_ROW = ("id", "code", "workflow", "fingerprint", "state", "state_group", "unit", "title", "entered_at")


class Related(NamedTuple):
    """One line; `since` is when the item entered its present state."""

    id: str
    code: str
    workflow: str
    fingerprint: str
    state: str
    group: str
    unit: str
    title: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Relatives:
    """`parent` is None where there is none or it is not for the reader; `children` are the oldest first."""

    parent: Related | None
    children: tuple[Related, ...]


def relatives(uow: UnitOfWork, actor: Actor, of: Item) -> Relatives:
    """The item's parent and children that `actor` may read, in one statement."""
    scope = scope_of(actor)
    params = scope_params(scope) | {"own": of.id, "above": of.parent or "", "most": MOST}
    rows = [_related(row) for row in run(uow.cursor, _around(shape_of(scope)), params).fetchall()]
    parent = next((row for row in rows if row.id == of.parent), None)
    return Relatives(parent, tuple(row for row in rows if row.id != of.parent))


def longest_in(uow: UnitOfWork, actor: Actor, workflow: str, state: str) -> tuple[Related, ...]:
    """The items that `actor` may read and that stand in `state`, the one that has stood there longest first; MOST at most."""
    scope = scope_of(actor)
    params = scope_params(scope) | {"workflow": workflow, "state": state, "most": MOST}
    rows = run(uow.cursor, _longest(shape_of(scope)), params).fetchall()
    return tuple(_related(row) for row in rows)


@lru_cache(maxsize=64)
def _around(scope: ReadScope) -> Statement:
    near = sa.or_(item.c.parent == sa.bindparam("own"), item.c.id == sa.bindparam("above"))
    return Statement("related.around", _select(near, scope).order_by(item.c.id))


@lru_cache(maxsize=64)
def _longest(scope: ReadScope) -> Statement:
    wanted = sa.and_(item.c.workflow == sa.bindparam("workflow"), item.c.state == sa.bindparam("state"))
    return Statement("related.longest", _select(wanted, scope).order_by(item.c.entered_at, item.c.id))


def _select(wanted: sa.ColumnElement[bool], scope: ReadScope) -> sa.Select[Any]:
    readable = readable_clause(scope, None)
    conditions = [wanted] if readable is None else [wanted, readable]
    return sa.select(*(item.c[name] for name in _ROW)).where(*conditions).limit(sa.bindparam("most"))


def _related(row: tuple[Any, ...]) -> Related:
    return Related._make((*row[:-1], instant(row[-1])))
