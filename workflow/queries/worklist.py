"""Lists of items: what waits for somebody, and what somebody looks for. One statement a page."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.engine import Actor, Definition, Item
from workflow.engine.definition import OFFICES, OVER, POSTS
from workflow.engine.facts import folded, over_at
from workflow.engine.visibility import ReadScope, scope_of
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant, instant_or_none, json_text, json_value, micros
from workflow.persistence.items import ITEM_COLUMNS, read_item
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item
from workflow.queries.scope import readable_clause, scope_params, shape_of

MOST = 200
_WORDS = 5
_STANDS_IN = {
    "vice_chairman": frozenset({"chairman"}),
    "office_chief": frozenset({"chairman", "consolidator"}),
}
"""Where an item waits for one office and another may act on it as well; only a place to look, the engine decides."""

# fmt: off
_ROW = (
    "id", "code", "workflow", "fingerprint", "revision", "state", "state_group", "unit", "title", "area", "assignee",
    "waits_on", "waits_person", "due_at", "late", "final", "entered_at",
)
# fmt: on
_CODE, _DUE = _ROW.index("code"), _ROW.index("due_at")
# Only what is done is asked for its fields, which may be long: when it was declared done stands among them.
_DONE_FIELDS = sa.case((item.c.state_group == sa.literal_column("'done'"), item.c.fields)).label("done_fields")
# Said by what it is not: SQLite would gather all rows of two groups and sort them, instead of walking along their dates.
_WORKING: sa.ColumnElement[bool] = sa.literal_column("item.state_group NOT IN ('done', 'cancelled')")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; empty means any. `q` finds without diacritics; `open_only` leaves finished items out.

    `sort` is due_on, -due_on, title or code.
    """

    workflow: str = ""
    state: str = ""
    group: str = ""
    unit: str = ""
    assignee: str = ""
    area: str = ""
    q: str = ""
    overdue: bool = False
    late: bool = False
    due_until: datetime | None = None
    open_only: bool = False
    sort: str = "due_on"


class Row(NamedTuple):
    """One line of a list; `assignee` and `waits_person` are opaque ids.

    `entered_at` is read of one on which nobody works any more, `done_fields`, as JSON, of one that is done.
    A tuple, unlike our other values: fifty of them are made for every page.
    """

    id: str
    code: str
    workflow: str
    fingerprint: str
    revision: int
    state: str
    group: str
    unit: str
    title: str
    area: str | None
    assignee: str | None
    waits_on: str
    waits_person: str | None
    due_at: datetime | None
    late: bool
    final: bool
    entered_at: datetime | None = None
    done_fields: str | None = None

    def over_at(self, definition: Definition) -> datetime | None:
        """Since when nobody works on it any more."""
        if self.entered_at is None:
            return None
        fields = json_value(self.done_fields) if self.done_fields else {}
        return over_at(definition, self.group, fields, self.entered_at)


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor of the following page, or None at the end."""

    rows: tuple[Row, ...]
    next: str | None


class CursorInvalid(ValueError):
    """The cursor is not one that a page gave out under this order."""


def list_items(
    uow: UnitOfWork, actor: Actor, wanted: Filter, now: datetime, *, limit: int = 50, cursor: str | None = None
) -> Page:
    """The items the actor may read and asked for, undated ones after dated ones. CursorInvalid for a made-up cursor."""
    scope = scope_of(actor)
    limit = max(1, min(limit, MOST))
    key = _decoded(cursor, wanted.sort)
    phases = ("dated", "undated") if wanted.sort.endswith("due_on") else ("all",)
    if key and key[0] == "undated":
        phases = ("undated",)
    found: list[tuple[Any, ...]] = []
    last_phase = phases[0]
    for phase in phases:
        if len(found) > limit:
            break
        after = key if key and key[0] == phase else None
        statement = _list_statement(_shape(wanted, scope, phase, resumed=after is not None))
        params = _params(wanted, scope, now) | {"most": limit + 1 - len(found)}
        if after:
            params |= {"after_value": after[1], "after_id": after[2]}
        rows = run(uow.cursor, statement, params).fetchall()
        if rows and len(found) < limit:
            last_phase = phase
        found += rows
    following = _encoded(last_phase, found[limit - 1], wanted.sort) if len(found) > limit else None
    return Page(_rows(found[:limit]), following)


class _Shape(NamedTuple):
    """What a list's SQL text depends on: which conditions it has, not what they compare with."""

    columns: frozenset[str]
    words: int
    overdue: bool
    late: bool
    due_until: bool
    open_only: bool
    scope: ReadScope
    narrowed: bool
    sort: str
    phase: str
    resumed: bool


def _shape(wanted: Filter, scope: ReadScope, phase: str, *, resumed: bool) -> _Shape:
    return _Shape(
        columns=frozenset(
            name
            for name, value in (
                ("workflow", wanted.workflow),
                ("state", wanted.state),
                ("state_group", wanted.group),
                ("unit", wanted.unit),
                ("assignee", wanted.assignee),
                ("area", wanted.area),
            )
            if value
        ),
        words=len(_words(wanted.q)),
        overdue=wanted.overdue,
        late=wanted.late,
        due_until=wanted.due_until is not None,
        open_only=wanted.open_only,
        scope=shape_of(scope),
        narrowed=bool(wanted.unit) and wanted.unit == scope.unit,
        sort=wanted.sort,
        phase=phase,
        resumed=resumed,
    )


def _words(q: str) -> list[str]:
    return folded(q).split()[:_WORDS]


@lru_cache(maxsize=512)
def _list_statement(shape: _Shape) -> Statement:
    conditions: list[sa.ColumnElement[bool]] = [
        item.c[name] == sa.bindparam(f"is_{name}") for name in sorted(shape.columns)
    ]
    conditions += [item.c.search.like(sa.bindparam(f"word_{n}"), escape="\\") for n in range(shape.words)]
    if shape.overdue:
        conditions += [item.c.due_at <= sa.bindparam("now"), _WORKING]
    if shape.late:
        conditions.append(sa.literal_column("item.late = 1"))
    if shape.due_until:
        conditions += [item.c.due_at <= sa.bindparam("due_until"), item.c.due_at > sa.bindparam("now"), _WORKING]
    if shape.open_only or shape.overdue or shape.late or shape.due_until:
        conditions.append(sa.literal_column("item.final = 0"))
    scope = None if shape.narrowed else readable_clause(shape.scope, None)
    if scope is not None:
        conditions.append(scope)
    order, after = _order(shape)
    if shape.resumed:
        conditions.append(after)
    if shape.phase == "dated":
        conditions.append(item.c.due_at.is_not(None))
    elif shape.phase == "undated":
        conditions.append(item.c.due_at.is_(None))
    key = [item.c.title_key] if shape.sort == "title" else []
    page = sa.select(*(item.c[name] for name in _ROW), _DONE_FIELDS, *key).where(*conditions).order_by(*order)
    return Statement("worklist.list", page.limit(sa.bindparam("most")))


def _order(shape: _Shape) -> tuple[tuple[Any, ...], sa.ColumnElement[bool]]:
    column, descending = _sorted_by(shape.sort, shape.phase)
    value: sa.BindParameter[Any] = sa.bindparam("after_value")
    tie: sa.BindParameter[Any] = sa.bindparam("after_id")
    if column is None:
        return (item.c.id,), item.c.id > tie
    chosen = item.c[column]
    if descending:
        return (chosen.desc(), item.c.id.desc()), sa.or_(chosen < value, sa.and_(chosen == value, item.c.id < tie))
    return (chosen, item.c.id), sa.or_(chosen > value, sa.and_(chosen == value, item.c.id > tie))


def _sorted_by(sort: str, phase: str) -> tuple[str | None, bool]:
    if phase == "undated":
        return None, False
    if sort == "title":
        return "title_key", False
    if sort == "code":
        return "code", False
    return "due_at", sort.startswith("-")


def _params(wanted: Filter, scope: ReadScope, now: datetime) -> dict[str, Any]:
    params = scope_params(scope) | {
        "is_workflow": wanted.workflow,
        "is_state": wanted.state,
        "is_state_group": wanted.group,
        "is_unit": wanted.unit,
        "is_assignee": wanted.assignee,
        "is_area": wanted.area,
        "now": micros(now),
        "due_until": micros(wanted.due_until) if wanted.due_until else None,
    }
    for n, word in enumerate(_words(wanted.q)):
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params[f"word_{n}"] = f"%{escaped}%"
    return params


# Deadlines are ends of days: a list shows few of them, many times.
_due = lru_cache(maxsize=4096)(instant_or_none)


# fmt: off
def _rows(found: list[tuple[Any, ...]]) -> tuple[Row, ...]:
    """The lines of `_ROW`'s columns; what an order by title reads besides is not shown."""
    # Unpacked by name and made without a call in between: a third of what a page costs beside its statement.
    made = tuple.__new__
    return tuple([
        made(Row, (
            item_id, code, workflow, fingerprint, revision, state, group, unit, title, area, assignee, waits_on, waits_to,
            _due(due_at), late == 1, final == 1, instant(entered_at) if group in OVER else None, done_fields,
        ))
        for item_id, code, workflow, fingerprint, revision, state, group, unit, title, area, assignee, waits_on, waits_to,
            due_at, late, final, entered_at, done_fields, *_ in found
    ])
# fmt: on


def _encoded(phase: str, row: tuple[Any, ...], sort: str) -> str:
    value: Any = None
    if phase == "dated":
        value = row[_DUE]
    elif phase == "all":
        value = row[_CODE] if sort == "code" else _text_key(row[-1])
    return base64.urlsafe_b64encode(json_text([phase, value, row[0]]).encode()).decode().rstrip("=")


def _text_key(key: Any) -> str:
    return key if isinstance(key, str) else bytes(key).hex()


def _decoded(cursor: str | None, sort: str) -> tuple[str, Any, str] | None:
    if not cursor:
        return None
    try:
        phase, value, tie = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        raise CursorInvalid(cursor) from None
    kinds: dict[str, type] = {"dated": int, "undated": type(None), "all": str}
    fits = phase in kinds and isinstance(value, kinds[phase]) and isinstance(tie, str)
    if not fits or (phase == "all") == sort.endswith("due_on"):
        raise CursorInvalid(cursor)
    return phase, value, tie


@dataclass(frozen=True, slots=True)
class Awaited:
    """Under which names an item may wait for an actor: in person, under an office, under a post in a unit.

    His own names and those of whoever gave him a power; the engine still decides what he may do.
    """

    people: tuple[str, ...]
    offices: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]


def awaited(actor: Actor) -> Awaited:
    offices = actor.roles & OFFICES
    posts = {(actor.unit, post) for post in actor.roles & POSTS if actor.unit}
    for delegation in actor.delegations:
        offices |= delegation.roles & OFFICES
        posts |= {(delegation.giver_unit, post) for post in delegation.roles & POSTS if delegation.giver_unit}
    if "vice_chairman" in offices:
        offices |= {"chairman"}
    posts |= {(unit, "unit_head") for unit, post in posts if post == "unit_deputy"}
    people = dict.fromkeys((actor.id, *(delegation.giver for delegation in actor.delegations)))
    return Awaited(tuple(people), tuple(sorted(offices)), tuple(sorted(posts)))


@lru_cache(maxsize=64)
def _waiting_statement(people: int, offices: int, posts: int) -> Statement:
    columns = [item.c[name] for name in ITEM_COLUMNS]
    alive: sa.ColumnElement[bool] = sa.literal_column("item.final = 0")

    def part(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return sa.select(
            sa.select(*columns, item.c.due_at)
            .where(alive, *conditions)
            .order_by(item.c.due_at, item.c.id)
            .limit(sa.bindparam("most"))
            .subquery()
        )

    parts = [part(item.c.waits_person == sa.bindparam(f"person_{n}")) for n in range(people)]
    parts += [part(item.c.waits_on == sa.bindparam(f"office_{n}")) for n in range(offices)]
    parts += [
        part(item.c.unit == sa.bindparam(f"unit_{n}"), item.c.waits_on == sa.bindparam(f"post_{n}"))
        for n in range(posts)
    ]
    return Statement("worklist.waiting", sa.union_all(*parts))


def waiting_for(uow: UnitOfWork, actor: Actor, most: int = MOST) -> tuple[Item, ...]:
    """The open items that wait for the actor, the longest due first, undated ones last: facts for `offers_to`."""
    names = awaited(actor)
    params: dict[str, Any] = {"most": most}
    params |= {f"person_{n}": person for n, person in enumerate(names.people)}
    params |= {f"office_{n}": word for n, word in enumerate(names.offices)}
    for n, (unit, post) in enumerate(names.posts):
        params |= {f"unit_{n}": unit, f"post_{n}": post}
    statement = _waiting_statement(len(names.people), len(names.offices), len(names.posts))
    rows = run(uow.cursor, statement, params).fetchall()
    items = {row[0]: read_item(row) for row in rows}
    scope = scope_of(actor)
    ordered = sorted(items.values(), key=due_first)
    return tuple(found for found in ordered if scope.covers(found))[:most]


def due_first(found: Item) -> tuple[bool, float, str]:
    """The order in which items wait: the longest due first, undated ones last."""
    return (found.due_at is None, found.due_at.timestamp() if found.due_at else 0.0, found.id)
