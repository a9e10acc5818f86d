"""What somebody typed into the form of a move and has not sent yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.persistence.columns import instant, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run
from workflow.persistence.tables import draft

_NEW = sa.bindparam
_THIS = sa.and_(draft.c.person == _NEW("person"), draft.c.item == _NEW("item"), draft.c.move == _NEW("move"))
_COLUMNS = (draft.c.item, draft.c.move, draft.c.inputs, draft.c.at)
_KEEP = Statement(
    "drafts.keep",
    per_dialect(
        lambda insert: insert(draft).on_conflict_do_update(
            index_elements=["person", "item", "move"],
            set_={"inputs": sa.literal_column("excluded.inputs"), "at": sa.literal_column("excluded.at")},
        )
    ),
)
_FIND = Statement("drafts.find", sa.select(*_COLUMNS).where(_THIS))
_OF = Statement("drafts.of_person", sa.select(*_COLUMNS).where(draft.c.person == _NEW("person")).order_by(draft.c.at))
_DISCARD = Statement("drafts.discard", sa.delete(draft).where(_THIS))
_PURGE = Statement("drafts.purge", sa.delete(draft).where(draft.c.at < _NEW("before")))


@dataclass(frozen=True, slots=True)
class Draft:
    """`inputs` are as typed, before any type is checked."""

    item: str
    move: str
    inputs: Mapping[str, Any]
    at: datetime


def _draft(row: Row) -> Draft:
    return Draft(row[0], row[1], json_value(row[2]), instant(row[3]))


class Drafts:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def keep(self, person_id: str, item_id: str, move: str, inputs: Mapping[str, Any], at: datetime) -> None:
        """Keep what was typed, in place of what was kept before."""
        params = {"person": person_id, "item": item_id, "move": move, "inputs": json_text(inputs), "at": micros(at)}
        run(self._cursor, _KEEP, params)

    def find(self, person_id: str, item_id: str, move: str) -> Draft | None:
        row = run(self._cursor, _FIND, {"person": person_id, "item": item_id, "move": move}).fetchone()
        return _draft(row) if row else None

    def of_person(self, person_id: str) -> tuple[Draft, ...]:
        return tuple(_draft(row) for row in run(self._cursor, _OF, {"person": person_id}).fetchall())

    def discard(self, person_id: str, item_id: str, move: str) -> bool:
        return bool(run(self._cursor, _DISCARD, {"person": person_id, "item": item_id, "move": move}).rowcount)

    def purge(self, before: datetime) -> int:
        forgotten: int = run(self._cursor, _PURGE, {"before": micros(before)}).rowcount
        return forgotten
