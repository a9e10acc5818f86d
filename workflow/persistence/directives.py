"""Imported directives and the register of the obligations that they lay on units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from workflow.engine.definition import Label
from workflow.persistence.columns import instant, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, run, run_many
from workflow.persistence.tables import directive, obligation

_NEW = sa.bindparam
_ADD = Statement("directives.add", sa.insert(directive))
_FIND = Statement("directives.find", sa.select(*directive.c).where(directive.c.id == _NEW("id")))
_ALL = Statement("directives.all", sa.select(*directive.c).order_by(directive.c.dated_on, directive.c.id))
_REGISTER = Statement("directives.register", sa.insert(obligation))
_LINK = Statement(
    "directives.link",
    sa.update(obligation)
    .where(
        obligation.c.directive == _NEW("of_directive"),
        obligation.c.id == _NEW("of_id"),
        obligation.c.unit == _NEW("of_unit"),
    )
    .values(item=_NEW("new_item")),
)
_OBLIGATIONS = Statement(
    "directives.obligations",
    sa.select(*obligation.c)
    .where(obligation.c.directive == _NEW("directive"))
    .order_by(obligation.c.rank, obligation.c.unit),
)


@dataclass(frozen=True, slots=True)
class Directive:
    """`source_hash` is the SHA-256 in hex of the text that was imported."""

    id: str
    title: str
    number: str
    dated_on: date
    source_hash: str
    imported_at: datetime
    imported_by: str


@dataclass(frozen=True, slots=True)
class RegisteredObligation:
    """One duty of one unit. `item` is what was created for it, if anything; `details` holds the rest of the file's words."""

    directive: str
    id: str
    unit: str
    section: str
    title: Label
    kind: str
    mode: str
    area: str | None
    served_by: str | None
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    item: str | None = None


def _directive(row: Row) -> Directive:
    return Directive(row[0], row[1], row[2], date.fromisoformat(row[3]), row[4], instant(row[5]), row[6])


def _obligation(row: Row) -> RegisteredObligation:
    return RegisteredObligation(
        directive=row[0],
        id=row[1],
        unit=row[2],
        section=row[3],
        title=Label(row[4], row[5]),
        kind=row[6],
        mode=row[7],
        area=row[8],
        served_by=row[9],
        details=MappingProxyType(json_value(row[10])),
        item=row[11],
    )


class Directives:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, new: Directive) -> None:
        """Write an imported directive; the database refuses an id that exists."""
        run(
            self._cursor,
            _ADD,
            {
                "id": new.id,
                "title": new.title,
                "number": new.number,
                "dated_on": new.dated_on.isoformat(),
                "source_hash": new.source_hash,
                "imported_at": micros(new.imported_at),
                "imported_by": new.imported_by,
            },
        )

    def find(self, directive_id: str) -> Directive | None:
        row = run(self._cursor, _FIND, {"id": directive_id}).fetchone()
        return _directive(row) if row else None

    def all(self) -> tuple[Directive, ...]:
        """Every directive, the oldest first."""
        return tuple(_directive(row) for row in run(self._cursor, _ALL).fetchall())

    def register(self, obligations: Iterable[RegisteredObligation]) -> None:
        """Write obligations in the order of their directive."""
        rows = [
            {
                "directive": each.directive,
                "id": each.id,
                "unit": each.unit,
                "section": each.section,
                "title_vi": each.title.vi,
                "title_en": each.title.en,
                "kind": each.kind,
                "mode": each.mode,
                "area": each.area,
                "served_by": each.served_by,
                "details": json_text(each.details),
                "item": each.item,
                "rank": rank,
            }
            for rank, each in enumerate(obligations)
        ]
        if rows:
            run_many(self._cursor, _REGISTER, rows)

    def link(self, directive_id: str, obligation_id: str, unit: str, item_id: str) -> bool:
        """Say which item carries an obligation; False where there is no such obligation."""
        params = {"of_directive": directive_id, "of_id": obligation_id, "of_unit": unit, "new_item": item_id}
        return bool(run(self._cursor, _LINK, params).rowcount)

    def obligations(self, directive_id: str) -> tuple[RegisteredObligation, ...]:
        rows = run(self._cursor, _OBLIGATIONS, {"directive": directive_id}).fetchall()
        return tuple(_obligation(row) for row in rows)
