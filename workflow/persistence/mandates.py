"""Mandates of auditors: by which written act, on which days and within which bounds somebody reads; none is ever deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.engine.mandate import Mandate
from workflow.errors import NotFound
from workflow.persistence.columns import instant, instant_or_none, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, run
from workflow.persistence.tables import mandate

_NEW = sa.bindparam


def in_force(now: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Which rows count at that instant."""
    return sa.and_(
        mandate.c.from_at <= now,
        mandate.c.to_at > now,
        sa.or_(mandate.c.ended_at.is_(None), mandate.c.ended_at > now),
    )


_ALL = sa.select(*mandate.c)
_ADD = Statement("mandates.add", sa.insert(mandate))
_NEWEST = Statement("mandates.all", _ALL.order_by(mandate.c.from_at.desc(), mandate.c.id.desc()))
_OF = Statement("mandates.of", _ALL.where(mandate.c.person == _NEW("person")).order_by(mandate.c.from_at, mandate.c.id))
_GET = Statement("mandates.get", _ALL.where(mandate.c.id == _NEW("id")))
_IN_FORCE = Statement("mandates.in_force", _ALL.where(mandate.c.person == _NEW("person"), in_force(_NEW("now"))))
_END = Statement(
    "mandates.end",
    sa.update(mandate)
    .where(mandate.c.id == _NEW("of_id"), mandate.c.ended_at.is_(None))
    .values(ended_at=_NEW("new_end")),
)


@dataclass(frozen=True, slots=True)
class GivenMandate:
    """One mandate as it was written: `act` is the document it stands in; the instant `to_at` is the first outside of it."""

    id: str
    person: str
    act: str
    from_at: datetime
    to_at: datetime
    given_by: str
    given_at: datetime
    units: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    private: bool = True
    ended_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return self.from_at <= now < self.until

    @property
    def until(self) -> datetime:
        """When it ends, or was ended."""
        return self.to_at if self.ended_at is None else min(self.to_at, self.ended_at)

    @property
    def bounds(self) -> Mandate:
        return Mandate(self.id, self.act, frozenset(self.units), frozenset(self.workflows), self.private)


class Mandates:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, new: GivenMandate) -> None:
        params = {
            "id": new.id,
            "person": new.person,
            "act": new.act,
            "from_at": micros(new.from_at),
            "to_at": micros(new.to_at),
            "units": json_text(new.units),
            "workflows": json_text(new.workflows),
            "private": int(new.private),
            "given_by": new.given_by,
            "given_at": micros(new.given_at),
            "ended_at": None,
        }
        run(self._cursor, _ADD, params)

    def all(self) -> tuple[GivenMandate, ...]:
        """Every mandate, the newest first."""
        return self._rows(_NEWEST)

    def of(self, person_id: str) -> tuple[GivenMandate, ...]:
        """Those of one person, the oldest first."""
        return self._rows(_OF, person=person_id)

    def in_force(self, person_id: str, now: datetime) -> GivenMandate | None:
        found = self._rows(_IN_FORCE, person=person_id, now=micros(now))
        return found[0] if found else None

    def get(self, mandate_id: str) -> GivenMandate:
        """NotFound where there is none."""
        found = self._rows(_GET, id=mandate_id)
        if not found:
            raise NotFound("mandate", mandate_id)
        return found[0]

    def end(self, mandate_id: str, at: datetime) -> bool:
        """False where it was ended before."""
        return bool(run(self._cursor, _END, {"of_id": mandate_id, "new_end": micros(at)}).rowcount == 1)

    def _rows(self, statement: Statement, **params: Any) -> tuple[GivenMandate, ...]:
        rows: Sequence[Row] = run(self._cursor, statement, params).fetchall()
        return tuple(map(_given, rows))


def _given(row: Row) -> GivenMandate:
    return GivenMandate(
        id=row[0],
        person=row[1],
        act=row[2],
        from_at=instant(row[3]),
        to_at=instant(row[4]),
        units=tuple(json_value(row[5])),
        workflows=tuple(json_value(row[6])),
        private=row[7] == 1,
        given_by=row[8],
        given_at=instant(row[9]),
        ended_at=instant_or_none(row[10]),
    )
