"""The streams that a unit answers for, cut at an instant: what an accountability sheet is counted from. Two statements."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from workflow.audit import REFUSALS
from workflow.engine import Item
from workflow.engine.accountability import Line
from workflow.engine.events import from_plain, instant_of
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import json_value, micros
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import audit_event, delegation, held, item
from workflow.queries.past import entries_of, item_as_of

_MOST = 200

_CONCERNED = (
    sa.select(item.c.id)
    .where(
        sa.or_(
            item.c.unit == sa.bindparam("unit"),
            item.c.support.like(sa.bindparam("once")),
            item.c.id.in_(sa.select(held.c.item).where(held.c.unit == sa.bindparam("unit"))),
        ),
        item.c.created_at <= sa.bindparam("until"),
        # What was closed before the stretch began has nothing to add to it.
        sa.or_(sa.literal_column("item.final = 0"), item.c.head_rec >= sa.bindparam("since")),
    )
    .scalar_subquery()
)
_STREAMS = Statement(
    "accountability.streams",
    sa.select(audit_event.c.item_id, audit_event.c.n, audit_event.c.body)
    .where(
        audit_event.c.item_id.in_(_CONCERNED),
        audit_event.c.item_id.is_not(None),
        audit_event.c.rec <= sa.bindparam("until"),
        # A comment and a reminder change nothing of what is counted.
        sa.literal_column("audit_event.type NOT IN ('comment', 'timer')"),
        audit_event.c.stream.not_like(f"{REFUSALS}/%"),
    )
    .order_by(audit_event.c.item_id, audit_event.c.n),
)
_EXPLANATIONS = Statement(
    "accountability.explanations",
    sa.select(item.c.id).where(
        item.c.workflow == sa.bindparam("workflow"),
        item.c.unit == sa.bindparam("unit"),
        item.c.created_at <= sa.bindparam("until"),
        item.c.fields.like(sa.bindparam("naming")),
    ),
)
_POWERS = Statement("accountability.powers", sa.select(delegation.c.id, delegation.c.kind))


def streams_of(uow: UnitOfWork, unit: str, since: datetime, until: datetime) -> Iterator[tuple[Line, ...]]:
    """The entries up to `until` of every item that the unit leads or led, unless it was closed before `since`."""
    powers = dict(run(uow.cursor, _POWERS).fetchall())
    params = {"unit": unit, "once": f"% {unit} %", "since": micros(since), "until": micros(until)}
    rows = run(uow.cursor, _STREAMS, params).fetchall()
    for _, stream in groupby(rows, key=itemgetter(0)):
        yield tuple(_lines(stream, powers))


def _lines(rows: Iterable[tuple[Any, ...]], powers: Mapping[str, str]) -> Iterator[Line]:
    for _item_id, n, text in rows:
        # Whether the bytes are canonical is what `dondoc audit verify` asks; here they are read by the thousand.
        body = json_value(bytes(text).decode())
        # What is private stays behind its commitment: no number looks at it.
        events = tuple(from_plain(event) for event in body.get("ev", ()))
        if events:
            yield _line(n, body, events, powers)


def _line(n: int, body: Mapping[str, Any], events: tuple[Any, ...], powers: Mapping[str, str]) -> Line:
    act = body["act"]
    return Line(
        n=n,
        recorded_at=instant_of(body["rec"]),
        effective_at=instant_of(body["eff"]),
        events=events,
        type=str(body["type"]),
        move=str(body.get("tr") or ""),
        person=str(act["id"]),
        role=str(act.get("role") or ""),
        power=powers.get(str(act.get("dlg")), "") if act.get("dlg") else "",
    )


def explanations_of(uow: UnitOfWork, workflow: str, unit: str, period: str, until: datetime) -> tuple[Item, ...]:
    """What the unit had said of that period by `until`, as it stood then, in the order in which it was said."""
    params = {"workflow": workflow, "unit": unit, "until": micros(until), "naming": f'%"{period}"%'}
    ids = sorted(row[0] for row in run(uow.cursor, _EXPLANATIONS, params).fetchall())
    if not ids:
        return ()
    streams = entries_of(uow, ids[:_MOST], until)
    found = (item_as_of(streams.get(item_id, ()), until) for item_id in ids[:_MOST])
    return tuple(one for one in found if one is not None and one.fields.get("period") == period)
