"""Items as rows: every fact a rule may look at stands in one row, and saving compares the revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from workflow.audit import Head, item_stream
from workflow.engine.facts import RowFacts
from workflow.engine.item import Ballot, Doer, Episode, Heard, Item, Paused, Recorded, Request
from workflow.errors import NotFound, StaleItem
from workflow.persistence.columns import (
    instant,
    instant_or_none,
    json_text,
    json_value,
    micros,
    micros_or_none,
    nested_tuples,
    plain_fields,
    sort_key,
)
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run, run_many, walk
from workflow.persistence.tables import audit_event, code_counter, item, tally
from workflow.values import Frozen, replace

_NONE: Mapping[str, Any] = MappingProxyType({})
_NEW = sa.bindparam
_READ = (
    "id",
    "code",
    "workflow",
    "version",
    "fingerprint",
    "revision",
    "state",
    "unit",
    "created_by",
    "created_at",
    "entered_at",
    "fields",
    "facts",
    "parent",
    "open_children",
    "head_n",
    "head_leaf",
    "head_rec",
    "area",
    "late",
    "state_group",
    "waits_on",
    "waits_person",
    "assignee",
    "due_at",
    "next_timer_at",
    "final",
)
_INDEXED = (
    "state",
    "unit",
    "parent",
    "late",
    "state_group",
    "waits_on",
    "waits_person",
    "assignee",
    "due_at",
    "next_timer_at",
    "final",
)
_KEPT = frozenset({"id", "code", "workflow", "created_by", "created_at"})
_AT_ONCE = (16, 100)
"""So many items are read by one statement; fewer fill the smaller one up."""
_SELECT = sa.select(*(item.c[name] for name in _READ))
_BY_ID = _SELECT.where(item.c.id == _NEW("id"))
_BY_CODE = _SELECT.where(item.c.code == _NEW("code"))


_GET = Statement("items.get", _BY_ID)
_LOCK = Statement("items.get", _BY_ID.with_for_update())
_GET_BY_CODE = Statement("items.get_by_code", _BY_CODE)
_LOCK_BY_CODE = Statement("items.get_by_code", _BY_CODE.with_for_update())
_GET_ALL = {
    (name, most): Statement(
        "items.get_all",
        # In one order, so that two who hold several never wait for each other.
        _SELECT.where(item.c[name].in_([_NEW(f"ref{n}") for n in range(most)])).order_by(item.c.id).with_for_update(),
    )
    for name in ("id", "code")
    for most in _AT_ONCE
}
_ADD = Statement("items.add", sa.insert(item).values({column.name: _NEW(f"new_{column.name}") for column in item.c}))


@lru_cache(maxsize=256)
def _save(moved: frozenset[str]) -> Statement:
    """Writes a row with those of its indexed columns that `moved`: a named column costs its indexes even where it stays."""
    written = [column.name for column in item.c if column.name not in _KEPT]
    return Statement(
        "items.save",
        sa.update(item)
        .where(item.c.id == _NEW("of_id"), item.c.revision == _NEW("seen"))
        .values({name: _NEW(f"new_{name}") for name in written if name not in _INDEXED or name in moved}),
    )


_ADVANCE = Statement(
    "items.advance",
    sa.update(item)
    .where(item.c.id == _NEW("of_id"), item.c.head_n == _NEW("seen"))
    .values(head_n=_NEW("new_n"), head_leaf=_NEW("new_leaf"), head_rec=_NEW("new_rec")),
)
_HEARD = Statement(
    "items.heard",
    sa.update(item)
    .where(item.c.id == _NEW("of_id"), item.c.revision == _NEW("revision"), item.c.head_n == _NEW("seen"))
    .values(
        facts=_NEW("new_facts"),
        next_timer_at=_NEW("new_next_timer_at"),
        head_n=_NEW("new_n"),
        head_leaf=_NEW("new_leaf"),
        head_rec=_NEW("new_rec"),
    ),
)
_LOOK_AGAIN = Statement(
    "items.look_again",
    sa.update(item)
    .where(item.c.id == _NEW("of_id"), item.c.revision == _NEW("revision"), item.c.head_n == _NEW("seen"))
    .values(next_timer_at=_NEW("new_next_timer_at")),
)
_LOOK_AT_ALL = Statement(
    "items.look_at_all",
    sa.update(item)
    .where(
        item.c.final == sa.literal_column("0"),
        sa.or_(item.c.next_timer_at.is_(None), item.c.next_timer_at > _NEW("new_next_timer_at")),
    )
    .values(next_timer_at=_NEW("new_next_timer_at")),
)
_WITHOUT_ENTRIES = Statement(
    "items.without_entries",
    sa.select(item.c.id, item.c.code)
    .where(
        ~sa.exists(
            sa.select(audit_event.c.n).where(
                audit_event.c.stream == item.c.workflow + sa.literal_column("'/'") + item.c.id
            )
        )
    )
    .order_by(item.c.id),
)
_HEADS = Statement(
    "items.heads",
    sa.select(item.c.workflow, item.c.id, item.c.head_n, item.c.head_leaf, item.c.head_rec).order_by(item.c.id),
)
_REVISION = Statement("items.revision", sa.select(item.c.revision).where(item.c.id == _NEW("id")))
_OF_PARENT = _SELECT.where(item.c.parent == _NEW("parent")).order_by(item.c.id)
_CHILDREN = Statement("items.children", _OF_PARENT)
_LOCK_CHILDREN = Statement("items.children", _OF_PARENT.with_for_update())
_TIMERS = Statement(
    "items.timers_due",
    sa.select(item.c.next_timer_at, item.c.id)
    .where(item.c.next_timer_at.is_not(None), item.c.next_timer_at <= _NEW("until"))
    .order_by(item.c.next_timer_at, item.c.id)
    .limit(_NEW("most")),
)
_PAGE = Statement("items.page", _SELECT.where(item.c.id > _NEW("after")).order_by(item.c.id).limit(_NEW("most")))
_OPEN = Statement(
    "items.open",
    _SELECT.where(
        item.c.workflow == _NEW("workflow"), item.c.final == sa.literal_column("0"), item.c.id > _NEW("after")
    )
    .order_by(item.c.id)
    .limit(_NEW("most")),
)
_ON_EDITIONS = Statement(
    "items.on_editions",
    sa.select(item.c.version, item.c.final, sa.func.count())
    .where(item.c.workflow == _NEW("workflow"))
    .group_by(item.c.version, item.c.final)
    .order_by(item.c.version),
)
_COUNT = Statement(
    "items.tally",
    per_dialect(
        lambda insert: insert(tally).on_conflict_do_update(
            index_elements=["workflow", "unit", "area", "state", "late"],
            set_={"count": tally.c["count"] + sa.literal_column("excluded.count")},
        )
    ),
)
_NEXT_NUMBER = Statement(
    "items.next_number",
    per_dialect(
        lambda insert: (
            insert(code_counter)
            .values(prefix=_NEW("prefix"), year=_NEW("year"), last=sa.literal_column("1"))
            .on_conflict_do_update(
                index_elements=["prefix", "year"], set_={"last": code_counter.c.last + sa.literal_column("1")}
            )
            .returning(code_counter.c.last)
        )
    ),
)

_NEXT_LOOK = _INDEXED.index("next_timer_at")
_NONE_MOVED: frozenset[str] = frozenset()

_Counted = tuple[str, str, str, str, int]
"""Workflow, unit, area (or ""), state, late: under what an item is counted."""


class StoredItem(Frozen):
    """An item as its row holds it, with the head of its audit stream; what `save` compares with. `indexed`: as _INDEXED names."""

    item: Item
    head: Head
    counted: _Counted
    indexed: tuple[Any, ...]

    @property
    def next_look_at(self) -> datetime | None:
        """When the clock means to look at the item."""
        return instant_or_none(self.indexed[_NEXT_LOOK])


class Saved(Frozen):
    """What became of a stored item: at `look_at` the clock looks at it; `head` is that of the entry that tells of it."""

    stored: StoredItem
    item: Item
    facts: RowFacts
    look_at: datetime | None
    head: Head


def _doer(doer: Doer) -> list[str | None]:
    return [doer.person, doer.unit, doer.acting_for]


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        "n": episode.n,
        "eff": micros(episode.effective_at),
        "rec": micros(episode.recorded_at),
        "unit": episode.unit,
        "ended_at": micros_or_none(episode.ended_at),
        "ended_by": episode.ended_by,
        "record": {name: [part.value, part.by, micros(part.at)] for name, part in episode.record.items()},
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "move": request.move,
        "proposer": _doer(request.proposer),
        "at": micros(request.at),
        "inputs": dict(request.inputs),
        "votes": [[vote.step, _doer(vote.doer), micros(vote.at)] for vote in request.votes],
    }


def _facts_text(this: Item) -> str:
    facts: dict[str, Any] = {
        "due": {name: micros(at) for name, at in this.due.items()},
        "last": {move: _doer(doer) for move, doer in this.last.items()},
        "visited": this.visited,
        "episodes": [_episode(episode) for episode in this.episodes],
        "requests": [_request(request) for request in this.requests],
    }
    if this.paused:
        facts["paused"] = {name: [micros(part.bound), micros(part.since)] for name, part in this.paused.items()}
    if this.heard:
        facts["heard"] = {name: [part.n, micros(part.at)] for name, part in this.heard.items()}
    return json_text(facts)


def _read_episode(plain: Mapping[str, Any]) -> Episode:
    record = {
        name: Recorded(nested_tuples(value), by, instant(at)) for name, (value, by, at) in plain["record"].items()
    }
    return Episode(
        n=plain["n"],
        effective_at=instant(plain["eff"]),
        recorded_at=instant(plain["rec"]),
        unit=plain["unit"],
        ended_at=instant_or_none(plain["ended_at"]),
        ended_by=plain["ended_by"],
        record=MappingProxyType(record),
    )


def _read_request(plain: Mapping[str, Any]) -> Request:
    return Request(
        move=plain["move"],
        proposer=Doer(*plain["proposer"]),
        at=instant(plain["at"]),
        inputs=MappingProxyType({name: nested_tuples(value) for name, value in plain["inputs"].items()}),
        votes=tuple(Ballot(step, Doer(*doer), instant(at)) for step, doer, at in plain["votes"]),
    )


def read_item(row: Row) -> Item:
    """The item of a row whose first fifteen columns are those of `ITEM_COLUMNS`."""
    facts = json_value(row[12])
    return Item(
        id=row[0],
        code=row[1],
        workflow=row[2],
        version=row[3],
        fingerprint=row[4],
        revision=row[5],
        state=row[6],
        unit=row[7],
        created_by=row[8],
        created_at=instant(row[9]),
        entered_at=instant(row[10]),
        fields=MappingProxyType(plain_fields(row[11])),
        due=MappingProxyType({name: instant(at) for name, at in facts["due"].items()}),
        last=MappingProxyType({move: Doer(*doer) for move, doer in facts["last"].items()}),
        visited=tuple(facts["visited"]),
        episodes=tuple(_read_episode(episode) for episode in facts["episodes"]),
        requests=tuple(_read_request(request) for request in facts["requests"]),
        parent=row[13],
        open_children=row[14],
        paused=_read_paused(facts.get("paused")),
        heard=_read_heard(facts.get("heard")),
    )


def latest_episode(facts: str) -> Episode:
    """The last stretch of lateness of an item that has one, from its column `facts` alone."""
    return _read_episode(json_value(facts)["episodes"][-1])


def _read_paused(plain: Mapping[str, Any] | None) -> Mapping[str, Paused]:
    if not plain:
        return _NONE
    return MappingProxyType({name: Paused(instant(bound), instant(at)) for name, (bound, at) in plain.items()})


def _read_heard(plain: Mapping[str, Any] | None) -> Mapping[str, Heard]:
    if not plain:
        return _NONE
    return MappingProxyType({name: Heard(n, instant(at)) for name, (n, at) in plain.items()})


ITEM_COLUMNS = _READ[:15]


_INDEXED_PLACES = itemgetter(*(_READ.index(name) for name in _INDEXED))
_INDEXED_VALUES = itemgetter(*(f"new_{name}" for name in _INDEXED))


def _stored(row: Row) -> StoredItem:
    head = Head(row[15], bytes(row[16]), instant_or_none(row[17]))
    return StoredItem(read_item(row), head, (row[2], row[7], row[18] or "", row[6], row[19]), _INDEXED_PLACES(row))


def _changing(this: Item, facts: RowFacts, look_at: datetime | None, head: Head) -> dict[str, Any]:
    """The columns that a command may change, by parameter name."""
    return {
        "new_version": this.version,
        "new_fingerprint": this.fingerprint,
        "new_revision": this.revision,
        "new_state": this.state,
        "new_unit": this.unit,
        "new_entered_at": micros(this.entered_at),
        "new_fields": json_text(dict(this.fields)),
        "new_facts": _facts_text(this),
        "new_parent": this.parent,
        "new_open_children": this.open_children,
        "new_state_group": facts.group,
        "new_waits_on": facts.waits_on,
        "new_waits_person": facts.waits_person,
        "new_title": facts.title,
        "new_title_key": sort_key(facts.title),
        "new_search": facts.search,
        "new_support": facts.support,
        "new_area": facts.area,
        "new_assignee": facts.assignee,
        "new_due_at": micros_or_none(facts.due_at),
        "new_next_timer_at": micros_or_none(look_at),
        "new_late": int(facts.late),
        "new_final": int(facts.final),
        "new_head_n": head.n,
        "new_head_leaf": head.leaf,
        "new_head_rec": micros_or_none(head.recorded_at),
    }


def _moved(before: tuple[Any, ...], after: tuple[Any, ...]) -> frozenset[str]:
    """Which indexed columns are not as they were; for most moves, none."""
    if before == after:
        return _NONE_MOVED
    return frozenset(name for name, old, new in zip(_INDEXED, before, after, strict=True) if old != new)


def _counted(this: Item, facts: RowFacts) -> _Counted:
    return this.workflow, this.unit, facts.area or "", this.state, int(facts.late)


class Items:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        # The revisions of the rows that this unit holds against other writers.
        self._held: dict[str, int] = {}

    def get(self, id_or_code: str) -> StoredItem:
        """The item, held against other writers until this unit of work ends; NotFound where there is none."""
        stored = self.find(id_or_code)
        if stored is None:
            raise NotFound("item", id_or_code)
        return stored

    def find(self, id_or_code: str) -> StoredItem | None:
        """The same, or None."""
        by_id, by_code = (_GET, _GET_BY_CODE) if self._cursor.read_only else (_LOCK, _LOCK_BY_CODE)
        # Codes have hyphens and ids have none; whatever else somebody writes is looked for under both.
        first, second = ((by_code, "code"), (by_id, "id")) if "-" in id_or_code else ((by_id, "id"), (by_code, "code"))
        row = self._row(id_or_code, *first) or self._row(id_or_code, *second)
        return None if row is None else self._holding(_stored(row))

    def get_all(self, refs: Iterable[str]) -> dict[str, StoredItem]:
        """The items of those ids and codes, held like `get` holds its item; what is not found is not there."""
        wanted = tuple(dict.fromkeys(refs))
        found: dict[str, StoredItem] = {}
        if len(wanted) > 1:
            found |= self._all_of("code", [ref for ref in wanted if "-" in ref])
            found |= self._all_of("id", [ref for ref in wanted if "-" not in ref])
        for ref in wanted:
            # One alone, and whatever only looks like a code or an id.
            stored = None if ref in found else self.find(ref)
            if stored is not None:
                found[ref] = stored
        return found

    def _all_of(self, name: str, refs: Sequence[str]) -> dict[str, StoredItem]:
        place, found = _READ.index(name), {}
        for start in range(0, len(refs), _AT_ONCE[-1]):
            some = refs[start : start + _AT_ONCE[-1]]
            most = next(most for most in _AT_ONCE if len(some) <= most)
            params = {f"ref{n}": some[min(n, len(some) - 1)] for n in range(most)}
            for row in run(self._cursor, _GET_ALL[name, most], params).fetchall():
                found[row[place]] = self._holding(_stored(row))
        return found

    def is_current(self, stored: StoredItem) -> bool:
        """Whether an item that this unit holds is as it was read: nothing was written of it since, in this unit."""
        return self._held.get(stored.item.id) == stored.item.revision

    def _holding(self, stored: StoredItem) -> StoredItem:
        if not self._cursor.read_only:
            self._held[stored.item.id] = stored.item.revision
        return stored

    def _row(self, sought: str, statement: Statement, name: str) -> Row | None:
        row: Row | None = run(self._cursor, statement, {name: sought}).fetchone()
        return row

    def add(self, this: Item, facts: RowFacts, look_at: datetime | None, head: Head) -> StoredItem:
        """Write a new item, at which the clock looks at `look_at`; `head` is that of the entry that created it."""
        values = _changing(this, facts, look_at, head) | {
            "new_id": this.id,
            "new_code": this.code,
            "new_workflow": this.workflow,
            "new_created_by": this.created_by,
            "new_created_at": micros(this.created_at),
        }
        run(self._cursor, _ADD, values)
        counted = _counted(this, facts)
        self._count({counted: 1})
        return StoredItem(this, head, counted, _INDEXED_VALUES(values))

    def save(self, *became: Saved) -> tuple[StoredItem, ...]:
        """Write what became of items; StaleItem where one of them was changed since it was read: then nothing of it may stay."""
        alike: dict[frozenset[str], list[dict[str, Any]]] = {}
        counts: dict[_Counted, int] = {}
        saved = []
        for one in became:
            values = _changing(one.item, one.facts, one.look_at, one.head)
            values["of_id"], values["seen"] = one.item.id, one.stored.item.revision
            indexed = _INDEXED_VALUES(values)
            alike.setdefault(_moved(one.stored.indexed, indexed), []).append(values)
            counted = _counted(one.item, one.facts)
            saved.append(StoredItem(one.item, one.head, counted, indexed))
            if counted != one.stored.counted:
                counts[one.stored.counted] = counts.get(one.stored.counted, 0) - 1
                counts[counted] = counts.get(counted, 0) + 1
        for moved, rows in alike.items():
            self._write(_save(moved), rows)
        if counts:
            self._count(counts)
        return tuple(saved)

    def _write(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        written = run_many(self._cursor, statement, rows)
        # To look at the count is one more journey to a server; nobody else can have written a row that is held since it was read.
        known = self._cursor.name != "sqlite" and all(self._held.get(row["of_id"]) == row["seen"] for row in rows)
        if not known and written.rowcount != len(rows):
            raise self._stale_of(rows)
        for row in rows:
            if row["of_id"] in self._held:
                self._held[row["of_id"]] = row["new_revision"]

    def _stale_of(self, rows: Sequence[Mapping[str, Any]]) -> StaleItem:
        """Which of these rows was not written: the first that tells of another entry than it was to tell of."""
        found = {row["of_id"]: self.get(row["of_id"]) for row in rows}
        stale = next((row for row in rows if found[row["of_id"]].head.leaf != row["new_head_leaf"]), rows[-1])
        return StaleItem(stale["of_id"], stale["seen"], found[stale["of_id"]].item.revision)

    def _revision(self, item_id: str) -> int:
        row = run(self._cursor, _REVISION, {"id": item_id}).fetchone()
        if row is None:
            raise NotFound("item", item_id)
        return int(row[0])

    def _count(self, changes: Mapping[_Counted, int]) -> None:
        # In one order everywhere, so that two writers never wait for each other's row.
        rows = [
            {"workflow": key[0], "unit": key[1], "area": key[2], "state": key[3], "late": key[4], "count": by}
            for key, by in sorted(changes.items())
        ]
        run_many(self._cursor, _COUNT, rows)

    def advance(self, stored: StoredItem, head: Head) -> StoredItem:
        """Keep the new head of the item's stream; nothing else of the item changes, its revision least of all."""
        params = {
            "of_id": stored.item.id,
            "seen": stored.head.n,
            "new_n": head.n,
            "new_leaf": head.leaf,
            "new_rec": micros_or_none(head.recorded_at),
        }
        if run(self._cursor, _ADVANCE, params).rowcount != 1:
            raise StaleItem(stored.item.id, stored.item.revision, self._revision(stored.item.id))
        return replace(stored, head=head)

    def next_number(self, prefix: str, year: int) -> int:
        """A number that no item of that prefix and year had before; gaps are allowed."""
        rows = run(self._cursor, _NEXT_NUMBER, {"prefix": prefix, "year": year}).fetchall()
        return int(rows[0][0])

    def children(self, parent: str) -> tuple[StoredItem, ...]:
        """The items below one, oldest first, held like `get` holds its item."""
        statement = _CHILDREN if self._cursor.read_only else _LOCK_CHILDREN
        rows = run(self._cursor, statement, {"parent": parent}).fetchall()
        return tuple(self._holding(_stored(row)) for row in rows)

    def due_before(self, until: datetime, most: int) -> tuple[tuple[datetime, str], ...]:
        """The items with a timer due at `until` or earlier: since when, and the id; the longest due first."""
        rows = run(self._cursor, _TIMERS, {"until": micros(until), "most": most}).fetchall()
        return tuple((instant(row[0]), row[1]) for row in rows)

    def keep_heard(self, stored: StoredItem, this: Item, next_timer_at: datetime | None, head: Head) -> StoredItem:
        """Write how far the timers of `stored` have run; StaleItem where anything of it was written since it was read."""
        text = _facts_text(this)
        params = self._clocked(stored, next_timer_at) | {
            "new_facts": text,
            "new_n": head.n,
            "new_leaf": head.leaf,
            "new_rec": micros_or_none(head.recorded_at),
        }
        self._unless_stale(stored, run(self._cursor, _HEARD, params).rowcount)
        return replace(stored, item=this, head=head)

    def look_again(self, stored: StoredItem, next_timer_at: datetime | None) -> None:
        """Let the clock look at the item at that instant; StaleItem as `keep_heard`."""
        params = self._clocked(stored, next_timer_at)
        self._unless_stale(stored, run(self._cursor, _LOOK_AGAIN, params).rowcount)

    def look_at_all(self, at: datetime) -> int:
        """Let the clock look at every open item at `at`, if not before: something that all of them count with has changed."""
        return int(run(self._cursor, _LOOK_AT_ALL, {"new_next_timer_at": micros(at)}).rowcount)

    def _clocked(self, stored: StoredItem, next_timer_at: datetime | None) -> dict[str, Any]:
        return {
            "of_id": stored.item.id,
            "revision": stored.item.revision,
            "seen": stored.head.n,
            "new_next_timer_at": micros_or_none(next_timer_at),
        }

    def _unless_stale(self, stored: StoredItem, written: int) -> None:
        if written != 1:
            raise StaleItem(stored.item.id, stored.item.revision, self._revision(stored.item.id))

    def without_entries(self) -> tuple[tuple[str, str], ...]:
        """Id and code of every item that the log knows nothing of: a row nobody answers for."""
        return tuple((row[0], row[1]) for row in run(self._cursor, _WITHOUT_ENTRIES).fetchall())

    def heads(self) -> Iterator[tuple[str, Head]]:
        """The stream of every item with the last entry that its row keeps, fetched as they are looked at."""
        for workflow, item_id, n, leaf, recorded_at in walk(self._cursor, _HEADS):
            yield item_stream(workflow, item_id), Head(n, bytes(leaf), instant_or_none(recorded_at))

    def page(self, after: str, most: int) -> tuple[StoredItem, ...]:
        """All items in the order of their ids, those behind `after`: for replays and rebuilding."""
        return tuple(_stored(row) for row in run(self._cursor, _PAGE, {"after": after, "most": most}).fetchall())

    def open_of(self, workflow: str, after: str, most: int) -> tuple[StoredItem, ...]:
        """The open items of one workflow in the order of their ids, those behind `after`."""
        params = {"workflow": workflow, "after": after, "most": most}
        return tuple(_stored(row) for row in run(self._cursor, _OPEN, params).fetchall())

    def on_editions(self, workflow: str) -> Mapping[int, tuple[int, int]]:
        """How many items of a workflow are open and how many are closed, by the version they are pinned to."""
        found: dict[int, tuple[int, int]] = {}
        for version, final, count in run(self._cursor, _ON_EDITIONS, {"workflow": workflow}).fetchall():
            still_open, closed = found.get(version, (0, 0))
            found[version] = (still_open, closed + count) if final else (still_open + count, closed)
        return found
