"""The engine's rule of who may read what, said in SQL: every list goes through it."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from workflow.engine.item import Delegation
from workflow.engine.mandate import Mandate
from workflow.engine.visibility import LentScope, ReadScope
from workflow.persistence.tables import item


def shape_of(scope: ReadScope) -> ReadScope:
    """The scope with its names left out: scopes of one shape share the text of their statements."""
    lent = tuple(map(_lent_shape, scope.lent))
    return ReadScope(scope.everything, _some(scope.unit), "-", lent, _mandate_shape(scope.mandate))


def _some(name: str | None) -> str | None:
    return "-" if name else None


def _lent_shape(lent: LentScope) -> LentScope:
    power = lent.power
    offices = frozenset({"chairman"}) if lent.everything else frozenset()
    return LentScope(
        Delegation(
            "-",
            "-",
            _some(power.giver_unit),
            offices,
            workflows=_numbers(power.workflows),
            areas=_numbers(power.areas),
        )
    )


def _mandate_shape(mandate: Mandate | None) -> Mandate | None:
    return mandate and Mandate("-", "-", _numbers(mandate.units), _numbers(mandate.workflows))


def _numbers(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(str, range(len(names))))


def readable_clause(scope: ReadScope, unit: str | None) -> sa.ColumnElement[bool] | None:
    """The condition that keeps unreadable items out, or None where `unit`, already asked for, settles it."""
    if scope.everything or (unit is not None and unit == scope.unit):
        return None
    lent = [_lent(f"lent_{n}", one) for n, one in enumerate(scope.lent)]
    mandated = [_mandated(scope.mandate)] if scope.mandate else []
    return sa.or_(*_concerns("scope", scope.unit), *lent, *mandated)


def _concerns(prefix: str, unit: str | None) -> list[sa.ColumnElement[bool]]:
    person = item.c.support.like(sa.bindparam(f"{prefix}_person"))
    if unit is None:
        return [person]
    return [
        item.c.unit == sa.bindparam(f"{prefix}_unit"),
        item.c.support.like(sa.bindparam(f"{prefix}_unit_support")),
        person,
    ]


def _mandated(mandate: Mandate) -> sa.ColumnElement[bool]:
    conditions: list[sa.ColumnElement[bool]] = []
    if mandate.units:
        conditions.append(item.c.unit.in_(_places("mandate_unit", len(mandate.units))))
    if mandate.workflows:
        conditions.append(item.c.workflow.in_(_places("mandate_workflow", len(mandate.workflows))))
    return sa.and_(*conditions)


def _lent(prefix: str, lent: LentScope) -> sa.ColumnElement[bool]:
    power = lent.power
    conditions = [] if lent.everything else [sa.or_(*_concerns(prefix, power.giver_unit))]
    if power.workflows:
        conditions.append(item.c.workflow.in_(_places(f"{prefix}_workflow", len(power.workflows))))
    if power.areas:
        # What has no area lies within every power, as in the engine.
        within = item.c.area.in_(_places(f"{prefix}_area", len(power.areas)))
        conditions.append(sa.or_(item.c.area.is_(None), within))
    return sa.and_(*conditions)


def _places(prefix: str, count: int) -> list[sa.BindParameter[Any]]:
    return [sa.bindparam(f"{prefix}_{k}") for k in range(count)]


def scope_params(scope: ReadScope) -> dict[str, Any]:
    params = _names("scope", scope.unit, scope.person)
    if scope.mandate:
        params |= _numbered("mandate_unit", scope.mandate.units)
        params |= _numbered("mandate_workflow", scope.mandate.workflows)
    for n, lent in enumerate(scope.lent):
        power, prefix = lent.power, f"lent_{n}"
        params |= _names(prefix, power.giver_unit, power.giver)
        params |= _numbered(f"{prefix}_workflow", power.workflows) | _numbered(f"{prefix}_area", power.areas)
    return params


def _names(prefix: str, unit: str | None, person: str) -> dict[str, Any]:
    # An empty name would match any two spaces: whoever has none reads nothing.
    return {
        f"{prefix}_person": f"% {person or '-'} %",
        f"{prefix}_unit": unit,
        f"{prefix}_unit_support": f"% {unit or '-'} %",
    }


def _numbered(prefix: str, names: Iterable[str]) -> dict[str, Any]:
    return {f"{prefix}_{k}": name for k, name in enumerate(sorted(names))}
