"""Figures as programs read them: what a sheet would make of a report's table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web import plain
from web.plain import Said
from workflow.engine import Definition, Item, Reason
from workflow.errors import NotFound
from workflow.exports.sheet_reader import Row
from workflow.persistence import UnitOfWork
from workflow.services.figure_sheets import put_into, taken_from
from workflow.services.figures import move_taking, table_of
from workflow.services.office import Office


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`rows` is the table `field` with the sheet's rows in it, as `move` takes it (None: no step takes one now).

    `faults` is what is wrong in the sheet, by cell; `unsound` what would stand against sending such figures.
    """

    item: Item
    definition: Definition
    field: str
    move: str | None
    rows: Sequence[Mapping[str, Any]]
    faults: tuple[Reason, ...]
    unsound: tuple[Reason, ...]

    def said(self) -> Said:
        return {
            "id": self.item.id,
            "code": self.item.code,
            "version": self.item.revision,
            "field": self.field,
            "move": self.move,
            "rows": [dict(row) for row in self.rows],
            "faults": plain.reasons(self.faults, self.definition),
            "unsound": plain.reasons(self.unsound, self.definition),
        }


def foreseen(office: Office, uow: UnitOfWork, item: Item, cells: Sequence[Row]) -> Foreseen:
    """What a sheet would make of the item's figures; NotFound for an item that carries none."""
    definition = office.editions.of(item, uow)
    field = table_of(definition)
    if field is None:
        raise NotFound("figures", item.code)
    today = office.clock.now().astimezone(office.zone).date()
    taken = taken_from(cells, office.indicators, field, uow.files.of_item(item.id), today, office.zone)
    rows = put_into(item.fields.get(field), taken.rows)
    unsound = office.measures(uow).against(item, field, tuple(rows))
    return Foreseen(item, definition, field, move_taking(definition, item, field), rows, taken.faults, unsound)
