"""Who held an item, and how long, as rows: a projection of the log that can be thrown away and made anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.engine.custody import Holder, Span
from workflow.persistence.columns import instant, instant_or_none, micros, micros_or_none
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run, run_many
from workflow.persistence.tables import audit_event, held, held_head, item

_SPAN = (held.c.state, held.c.unit, held.c.who, held.c.person, held.c.charged, held.c.since, held.c.until)
_OF_ITEM = Statement(
    "custody.of_item",
    sa.select(held_head.c.n, *_SPAN)
    .select_from(held_head.outerjoin(held, held.c.item == held_head.c.item))
    .where(held_head.c.item == sa.bindparam("item"))
    .order_by(held.c.n),
)
_FORGET = Statement("custody.forget", sa.delete(held).where(held.c.item == sa.bindparam("item")))
_FORGET_ALL = (
    Statement("custody.forget_all", sa.delete(held)),
    Statement("custody.forget_heads", sa.delete(held_head)),
)
_ADD = Statement("custody.add", sa.insert(held))
_PUT_HEAD = Statement(
    "custody.put_head",
    per_dialect(
        lambda insert: insert(held_head).on_conflict_do_update(
            index_elements=["item"], set_={"n": sa.literal_column("excluded.n")}
        )
    ),
)
_BEHIND = Statement(
    "custody.behind",
    sa.select(item.c.id)
    .join(audit_event, audit_event.c.item_id == item.c.id)
    .outerjoin(held_head, held_head.c.item == item.c.id)
    .where(
        audit_event.c.rec >= sa.bindparam("since"),
        audit_event.c.item_id.is_not(None),
        sa.func.coalesce(held_head.c.n, sa.literal_column("0")) != item.c.head_n,
    )
    .distinct()
    .limit(sa.bindparam("most")),
)


class Custody:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def of_item(self, item_id: str) -> tuple[int, tuple[Span, ...]]:
        """Up to which entry of its stream an item's story is told here (0: not at all), and its stretches in order."""
        rows = run(self._cursor, _OF_ITEM, {"item": item_id}).fetchall()
        return (rows[0][0] if rows else 0), tuple(read_span(row[1:]) for row in rows if row[1] is not None)

    def put(self, item_id: str, workflow: str, spans: Sequence[Span], head_n: int) -> None:
        """Write an item's story in place of what stood there; it holds up to entry `head_n` of its stream."""
        run(self._cursor, _FORGET, {"item": item_id})
        if spans:
            run_many(self._cursor, _ADD, [_values(item_id, workflow, n, span) for n, span in enumerate(spans, 1)])
        run(self._cursor, _PUT_HEAD, {"item": item_id, "n": head_n})

    def behind(self, since: datetime, most: int) -> tuple[str, ...]:
        """Items with entries recorded since then whose story here is not up to date."""
        rows = run(self._cursor, _BEHIND, {"since": micros(since), "most": most}).fetchall()
        return tuple(row[0] for row in rows)

    def forget_all(self) -> None:
        for statement in _FORGET_ALL:
            run(self._cursor, statement)


def read_span(row: Row) -> Span:
    state, unit, who, person, charged, since, until = row
    return Span(state, unit, Holder(who, person, charged), instant(since), instant_or_none(until))


def _values(item_id: str, workflow: str, n: int, span: Span) -> dict[str, Any]:
    return {
        "item": item_id,
        "n": n,
        "workflow": workflow,
        "state": span.state,
        "unit": span.unit,
        "who": span.holder.who,
        "person": span.holder.person,
        "charged": span.holder.unit,
        "since": micros(span.since),
        "until": micros_or_none(span.until),
    }
