"""The dates of a person: every open item that he may read and that is due some day, the soonest first."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from workflow.engine import Actor
from workflow.engine.visibility import ReadScope, scope_of
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant, instant_or_none
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item
from workflow.queries.scope import readable_clause, scope_params, shape_of

MOST = 1000
_COLUMNS = (
    *("id", "code", "workflow", "fingerprint", "revision", "state", "unit", "title"),
    *("due_at", "entered_at", "head_rec"),
)


@dataclass(frozen=True, slots=True)
class Dated:
    """One item with a bound; `changed_at` is when its last entry was recorded."""

    id: str
    code: str
    workflow: str
    fingerprint: str
    revision: int
    state: str
    unit: str
    title: str
    due_at: datetime
    changed_at: datetime


def dated(uow: UnitOfWork, actor: Actor, most: int = MOST) -> tuple[Dated, ...]:
    """What is done or given up has no date any more, even where somebody still has to look at it."""
    scope = scope_of(actor)
    params = scope_params(scope) | {"most": most}
    return tuple(_dated(row) for row in run(uow.cursor, _statement(shape_of(scope)), params).fetchall())


@lru_cache(maxsize=64)
def _statement(shape: ReadScope) -> Statement:
    conditions: list[sa.ColumnElement[bool]] = [
        sa.literal_column("item.final = 0"),
        sa.literal_column("item.state_group NOT IN ('done', 'cancelled')"),
        item.c.due_at.is_not(None),
    ]
    readable = readable_clause(shape, None)
    if readable is not None:
        conditions.append(readable)
    found = sa.select(*(item.c[name] for name in _COLUMNS)).where(*conditions).order_by(item.c.due_at, item.c.id)
    return Statement("agenda.dated", found.limit(sa.bindparam("most")))


def _dated(row: tuple[Any, ...]) -> Dated:
    item_id, code, workflow, fingerprint, revision, state, unit, title, due_at, entered_at, head_rec = row
    changed_at = instant_or_none(head_rec) or instant(entered_at)
    return Dated(item_id, code, workflow, fingerprint, revision, state, unit, title, instant(due_at), changed_at)
