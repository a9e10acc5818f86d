"""The engine's rule of who may read what, said in SQL: every list goes through it."""

from typing import Any

import sqlalchemy as sa

from workflow.engine.visibility import ReadScope
from workflow.persistence.tables import item


def readable_clause(scope: ReadScope, unit: str | None) -> sa.ColumnElement[bool] | None:
    """The condition that keeps unreadable items out, or None where `unit`, already asked for, settles it."""
    if scope.everything or (unit is not None and unit == scope.unit):
        return None
    person = item.c.support.like(sa.bindparam("scope_person"))
    if scope.unit is None:
        return person
    return sa.or_(
        item.c.unit == sa.bindparam("scope_unit"), item.c.support.like(sa.bindparam("scope_unit_support")), person
    )


def scope_params(scope: ReadScope) -> dict[str, Any]:
    # An empty name would match any two spaces: whoever has none reads nothing.
    return {
        "scope_person": f"% {scope.person or '-'} %",
        "scope_unit": scope.unit,
        "scope_unit_support": f"% {scope.unit or '-'} %",
    }
