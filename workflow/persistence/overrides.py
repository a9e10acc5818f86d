"""What the administrator asks of the chairman past a workflow: open until it is decided, kept for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.errors import NotFound
from workflow.persistence.columns import instant, micros
from workflow.persistence.statements import Cursor, Row, Statement, run
from workflow.persistence.tables import override_request as table

_COLUMNS = sa.select(
    table.c.id,
    table.c.item,
    table.c.source,
    table.c.target,
    table.c.reason,
    table.c.asked_by,
    table.c.asked_at,
    table.c.outcome,
    table.c.decided_by,
    table.c.decided_at,
    table.c.note,
)
_OPEN = table.c.outcome.is_(None)
_ADD = Statement("overrides.add", sa.insert(table))
_GET = Statement("overrides.get", _COLUMNS.where(table.c.id == sa.bindparam("id")))
_OPEN_OF = Statement("overrides.open_of", _COLUMNS.where(_OPEN, table.c.item == sa.bindparam("item")))
_ALL_OPEN = Statement("overrides.all_open", _COLUMNS.where(_OPEN).order_by(table.c.asked_at, table.c.id))
_NEWEST = Statement(
    "overrides.newest", _COLUMNS.order_by(table.c.asked_at.desc(), table.c.id.desc()).limit(sa.bindparam("limit"))
)
_DECIDE = Statement(
    "overrides.decide",
    sa.update(table)
    .where(_OPEN, table.c.id == sa.bindparam("which"))
    .values(
        outcome=sa.bindparam("outcome"),
        decided_by=sa.bindparam("decided_by"),
        decided_at=sa.bindparam("decided_at"),
        note=sa.bindparam("note"),
    ),
)


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """`source` is the state the item was in when it was asked; `outcome` is "granted", "refused" or None while it is open."""

    id: str
    item: str
    source: str
    target: str
    reason: str
    asked_by: str
    asked_at: datetime
    outcome: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str | None = None


def _request(row: Row) -> OverrideRequest:
    return OverrideRequest(
        id=row[0],
        item=row[1],
        source=row[2],
        target=row[3],
        reason=row[4],
        asked_by=row[5],
        asked_at=instant(row[6]),
        outcome=row[7],
        decided_by=row[8],
        decided_at=instant(row[9]) if row[9] is not None else None,
        note=row[10],
    )


class Overrides:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, new: OverrideRequest) -> None:
        params: dict[str, Any] = {
            "id": new.id,
            "item": new.item,
            "source": new.source,
            "target": new.target,
            "reason": new.reason,
            "asked_by": new.asked_by,
            "asked_at": micros(new.asked_at),
            "outcome": None,
            "decided_by": None,
            "decided_at": None,
            "note": None,
        }
        run(self._cursor, _ADD, params)

    def get(self, request_id: str) -> OverrideRequest:
        row = run(self._cursor, _GET, {"id": request_id}).fetchone()
        if row is None:
            raise NotFound("override", request_id)
        return _request(row)

    def open_of(self, item_id: str) -> OverrideRequest | None:
        row = run(self._cursor, _OPEN_OF, {"item": item_id}).fetchone()
        return _request(row) if row else None

    def all_open(self) -> tuple[OverrideRequest, ...]:
        """The undecided ones, the oldest first."""
        return tuple(_request(row) for row in run(self._cursor, _ALL_OPEN).fetchall())

    def newest(self, limit: int) -> tuple[OverrideRequest, ...]:
        return tuple(_request(row) for row in run(self._cursor, _NEWEST, {"limit": limit}).fetchall())

    def decide(self, request_id: str, outcome: str, by: str, at: datetime, note: str | None) -> bool:
        """False where somebody decided it before."""
        params = {"which": request_id, "outcome": outcome, "decided_by": by, "decided_at": micros(at), "note": note}
        return bool(run(self._cursor, _DECIDE, params).rowcount)
