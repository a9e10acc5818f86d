"""The registers of directives: every obligation of a unit with the item that carries it. One statement a page."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from workflow.engine import Label
from workflow.engine.visibility import ReadScope
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant, instant_or_none
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import directive, item, obligation
from workflow.queries.scope import readable_clause, scope_params, shape_of


@dataclass(frozen=True, slots=True)
class Summary:
    """A directive with the size of its register: obligations, their instances (one a unit), and the items made of them."""

    id: str
    title: str
    number: str
    dated_on: date
    imported_at: datetime
    imported_by: str
    obligations: int
    instances: int
    items: int


@dataclass(frozen=True, slots=True)
class Carrier:
    """The item that carries an obligation, as far as a list needs it."""

    code: str
    workflow: str
    state: str
    group: str
    due_at: datetime | None
    final: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One obligation of one unit. `carrier` is None where no item carries it, or none that the asker may read."""

    obligation: str
    unit: str
    section: str
    title: Label
    kind: str
    area: str | None
    served_by: str | None
    carrier: Carrier | None


_HEAD = ("id", "title", "number", "dated_on", "imported_at", "imported_by")


def _summaries_statement() -> Statement:
    head = [directive.c[name] for name in _HEAD]
    return Statement(
        "register.summaries",
        sa.select(
            *head,
            sa.func.count(sa.distinct(obligation.c.id)),
            sa.func.count(obligation.c.id),
            sa.func.count(obligation.c.item),
        )
        .select_from(directive.outerjoin(obligation, obligation.c.directive == directive.c.id))
        .group_by(*head)
        .order_by(directive.c.dated_on.desc(), directive.c.id.desc()),
    )


_SUMMARIES = _summaries_statement()


def summaries(uow: UnitOfWork) -> tuple[Summary, ...]:
    """Every imported directive, the newest first."""
    return tuple(
        Summary(row[0], row[1], row[2], date.fromisoformat(row[3]), instant(row[4]), *row[5:])
        for row in run(uow.cursor, _SUMMARIES).fetchall()
    )


@lru_cache(maxsize=16)
def _lines_statement(scope: ReadScope) -> Statement:
    readable = readable_clause(scope, None)
    carried = item.c.id == obligation.c.item
    query = (
        sa.select(
            obligation.c.id,
            obligation.c.unit,
            obligation.c.section,
            obligation.c.title_vi,
            obligation.c.title_en,
            obligation.c.kind,
            obligation.c.area,
            obligation.c.served_by,
            item.c.code,
            item.c.workflow,
            item.c.state,
            item.c.state_group,
            item.c.due_at,
            item.c.final,
        )
        .select_from(obligation.outerjoin(item, carried if readable is None else sa.and_(carried, readable)))
        .where(obligation.c.directive == sa.bindparam("directive"))
        .order_by(obligation.c.rank)
    )
    if not scope.everything:
        query = query.where(sa.or_(obligation.c.unit == sa.bindparam("scope_unit"), item.c.id.is_not(None)))
    return Statement("register.lines", query)


def lines(uow: UnitOfWork, directive_id: str, scope: ReadScope) -> tuple[Line, ...]:
    """The register of a directive in the directive's order.

    Who does not read everything is told what is laid on his own unit, or carried by an item that he may read.
    """
    statement = _lines_statement(shape_of(scope))
    params = {"directive": directive_id, **scope_params(scope)}
    return tuple(_line(row) for row in run(uow.cursor, statement, params).fetchall())


def _line(row: tuple[Any, ...]) -> Line:
    found, unit, section, title_vi, title_en, kind, area, served_by, *carried = row
    return Line(found, unit, section, Label(title_vi, title_en), kind, area, served_by, _carrier(carried))


def _carrier(carried: list[Any]) -> Carrier | None:
    code, workflow, state, group, due_at, final = carried
    return Carrier(code, workflow, state, group, instant_or_none(due_at), bool(final)) if code is not None else None
