"""The log as people read it: one item's story, or entries by who, what and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.audit import canonical, open_events, refusal_stream
from workflow.engine import Actor, Item
from workflow.engine.events import instant_of
from workflow.engine.visibility import ReadScope, reads_private
from workflow.ids import instant_in
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import json_value, micros
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import audit_event, audit_private, item
from workflow.queries.scope import readable_clause, scope_params, shape_of
from workflow.values import replace

MOST = 200
_OF_NO_ITEM = frozenset({"person", "definition"})
_PINNED = Statement(
    "history.pinned",
    sa.select(item.c.id, item.c.code, item.c.workflow, item.c.fingerprint).where(
        item.c.id.in_([sa.bindparam(f"id{n}") for n in range(MOST)])
    ),
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry; `body` is what the log holds, `events` its events with private text opened where it is not erased.

    `id` orders entries of all streams by the time they were recorded.
    """

    id: str
    stream: str
    n: int
    body: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    comment: str | None
    leaf: str

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def actor(self) -> Mapping[str, Any]:
        return dict(self.body["act"])

    @property
    def recorded_at(self) -> datetime:
        return instant_of(self.body["rec"])

    @property
    def effective_at(self) -> datetime:
        return instant_of(self.body["eff"])


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries of the whole log; empty means any. `item` finds an item's own stream and its refusals.

    `unit` finds what is about items that it leads now; `within` leaves out what is about no item of that scope.
    """

    stream: str = ""
    actor: str = ""
    type: str = ""
    item: str = ""
    move: str = ""
    unit: str = ""
    within: ReadScope | None = None
    since: datetime | None = None
    until: datetime | None = None


def of_item(
    uow: UnitOfWork, item: Item, *, stream: str, before: str | None = None, limit: int = MOST, refusals: bool = False
) -> tuple[HistoryEntry, ...]:
    """The item's entries, newest first, those older than the entry id `before`."""
    streams = (stream, refusal_stream(item.id)) if refusals else (stream, stream)
    params = {"one": streams[0], "two": streams[1], "before": before or "~", "most": limit}
    return _read(uow, _ITEM, params)


def entries(
    uow: UnitOfWork, sought: Sought, *, before: str | None = None, after: str | None = None, limit: int = 50
) -> tuple[HistoryEntry, ...]:
    """Entries of the whole log: newest first, or oldest first behind the entry id `after`."""
    wanted = {name: value for name, value in _wanted(sought).items() if value is not None}
    behind = before if after is None else after
    shape = _Shape(
        frozenset(wanted),
        ascending=after is not None,
        resumed=bool(behind),
        rare=sought.type if sought.type not in _COMMON else "",
        within=shape_of(sought.within) if sought.within else None,
    )
    params = wanted | {"most": max(1, min(limit, MOST))}
    if behind:
        at = instant_in(behind)
        params |= {"behind": behind, "behind_rec": micros(at) if at else 0}
    if sought.within:
        params |= scope_params(sought.within)
    return _read(uow, _sought(shape), params)


def seen_by(actor: Actor, found: Sequence[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """The same entries as `actor` may see them: private texts stay closed where his mandate does not open them."""
    if reads_private(actor):
        return tuple(found)
    return tuple(replace(one, events=tuple(one.body.get("ev", ())), comment=None) for one in found)


@dataclass(frozen=True, slots=True)
class Pinned:
    """An item as far as an entry about it needs it: what it is called and which edition rules it."""

    id: str
    code: str
    workflow: str
    fingerprint: str


def items_of(uow: UnitOfWork, found: Sequence[HistoryEntry]) -> Mapping[str, Pinned]:
    """The items that these entries are about, by the entry's stream, in one statement."""
    ids = {entry.stream: item_id for entry in found if (item_id := _item_of(entry))}
    if not ids:
        return {}
    wanted = sorted(set(ids.values()))
    params = {f"id{n}": wanted[n] if n < len(wanted) else "" for n in range(MOST)}
    rows = {row[0]: Pinned(*row) for row in run(uow.cursor, _PINNED, params).fetchall()}
    return {stream: rows[item_id] for stream, item_id in ids.items() if item_id in rows}


def _item_of(entry: HistoryEntry) -> str:
    family, _slash, item_id = entry.stream.partition("/")
    return "" if family in _OF_NO_ITEM else item_id


def _wanted(sought: Sought) -> dict[str, Any]:
    return {
        "stream": sought.stream or None,
        "actor_id": sought.actor or None,
        "type": sought.type or None,
        "item_id": sought.item or None,
        "tr": sought.move or None,
        "unit": sought.unit or None,
        "since": micros(sought.since) if sought.since else None,
        "until": micros(sought.until) if sought.until else None,
    }


_COLUMNS = (audit_event.c.id, audit_event.c.stream, audit_event.c.n, audit_event.c.body, audit_event.c.leaf)


def _with_private(page: sa.Subquery, *order: Any) -> sa.Select[Any]:
    return (
        sa.select(*page.c, audit_private.c.field, audit_private.c.value)
        .select_from(page.outerjoin(audit_private, audit_private.c.event_id == page.c.id))
        .order_by(*order)
    )


def _item_statement() -> Statement:
    page = (
        sa.select(*_COLUMNS)
        .where(
            sa.or_(audit_event.c.stream == sa.bindparam("one"), audit_event.c.stream == sa.bindparam("two")),
            audit_event.c.id < sa.bindparam("before"),
        )
        .order_by(audit_event.c.id.desc())
        .limit(sa.bindparam("most"))
        .subquery("page")
    )
    return Statement("history.item", _with_private(page, page.c.id.desc()))


_ITEM = _item_statement()


_COMMON = frozenset({"move", "create", "child", "timer"})
"""Kinds of which every page of the log holds some: they are found by walking along it, the others have an index."""
_RARE: sa.ColumnElement[bool] = sa.literal_column("audit_event.type NOT IN ('move', 'create', 'child', 'timer')")


class _Shape(NamedTuple):
    """What the SQL text of a search depends on: which conditions it has, not what they compare with."""

    names: frozenset[str]
    ascending: bool
    resumed: bool
    rare: str
    within: ReadScope | None


@lru_cache(maxsize=256)
def _sought(shape: _Shape) -> Statement:
    conditions: list[sa.ColumnElement[bool]] = [
        audit_event.c[name] == sa.bindparam(name) for name in sorted(shape.names - {"since", "until", "unit"})
    ]
    if "since" in shape.names:
        conditions.append(audit_event.c.rec >= sa.bindparam("since"))
    if "until" in shape.names:
        conditions.append(audit_event.c.rec < sa.bindparam("until"))
    if shape.rare:
        # Repeated word for word, so that the partial index is known to hold the answer.
        conditions.append(_RARE)
    about = _about(shape)
    if about:
        conditions.append(sa.exists(sa.select(item.c.id).where(item.c.id == audit_event.c.item_id, *about)))
    rec, key = audit_event.c.rec, audit_event.c.id
    if shape.resumed:
        # An identifier begins with its instant: both columns go on from the same place, and an index on `rec` serves.
        beyond = (rec >= sa.bindparam("behind_rec"), key > sa.bindparam("behind"))
        short_of = (rec <= sa.bindparam("behind_rec"), key < sa.bindparam("behind"))
        conditions += beyond if shape.ascending else short_of
    order = (rec.asc(), key.asc()) if shape.ascending else (rec.desc(), key.desc())
    page = sa.select(*_COLUMNS).where(*conditions).order_by(*order).limit(sa.bindparam("most")).subquery("page")
    return Statement("history.entries", _with_private(page, page.c.id.asc() if shape.ascending else page.c.id.desc()))


def _about(shape: _Shape) -> list[sa.ColumnElement[bool]]:
    """What must be true of the item that an entry is about."""
    conditions: list[sa.ColumnElement[bool]] = []
    if "unit" in shape.names:
        conditions.append(item.c.unit == sa.bindparam("unit"))
    readable = readable_clause(shape.within, None) if shape.within else None
    if readable is not None:
        conditions.append(readable)
    return conditions


def _read(uow: UnitOfWork, statement: Statement, params: Mapping[str, Any]) -> tuple[HistoryEntry, ...]:
    rows: dict[str, tuple[Any, ...]] = {}
    private: dict[str, dict[str, Any]] = {}
    for row in run(uow.cursor, statement, params).fetchall():
        rows.setdefault(row[0], row)
        if row[5] is not None:
            private.setdefault(row[0], {})[row[5]] = json_value(row[6])
    return tuple(_entry(row, private.get(key, {})) for key, row in rows.items())


def _entry(row: tuple[Any, ...], private: Mapping[str, Any]) -> HistoryEntry:
    body = canonical.decode(bytes(row[3]))
    comment = private.get("comment")
    return HistoryEntry(
        id=row[0],
        stream=row[1],
        n=row[2],
        body=body,
        events=tuple(open_events(body, private)),
        comment=str(comment) if comment is not None else None,
        leaf=bytes(row[4]).hex(),
    )
