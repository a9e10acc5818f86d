"""Erasing a private text: what was asked, what was erased, and every plain copy that the database holds of it."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.audit import ERASED
from workflow.errors import NotFound
from workflow.persistence.columns import JsonText, instant, instant_or_none, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run
from workflow.persistence.tables import (
    audit_event,
    audit_private,
    comment,
    draft,
    item,
    job,
    job_row,
    message,
    notice,
    override_request,
    redaction,
)
from workflow.persistence.tables import redaction_request as table
from workflow.values import Frozen, names_of

_NEW = sa.bindparam
TELLING = 24
"""From so many letters on a text is told from every other: its copies are looked for in the whole office."""

# -- what was asked -----------------------------------------------------------------------------------------------------

_COLUMNS = sa.select(
    table.c.id,
    table.c.item,
    table.c.stream,
    table.c.n,
    table.c.field,
    table.c.ground,
    table.c.asked_by,
    table.c.asked_at,
    table.c.outcome,
    table.c.decided_by,
    table.c.decided_at,
    table.c.note,
    table.c.done_at,
)
_OPEN = table.c.outcome.is_(None)
_ADD = Statement("redactions.add", sa.insert(table))
_GET = Statement("redactions.get", _COLUMNS.where(table.c.id == _NEW("id")))
_ALL_OPEN = Statement("redactions.all_open", _COLUMNS.where(_OPEN).order_by(table.c.asked_at, table.c.id))
_NEWEST = Statement(
    "redactions.newest",
    _COLUMNS.add_columns(item.c.code, item.c.workflow, item.c.fingerprint)
    .select_from(table.join(item))
    .order_by(table.c.asked_at.desc(), table.c.id.desc())
    .limit(_NEW("most")),
)
_OF_STREAM = Statement(
    "redactions.of_stream", _COLUMNS.where(_OPEN, table.c.stream == _NEW("stream")).order_by(table.c.n)
)
_GRANTED = Statement(
    "redactions.granted",
    _COLUMNS.where(table.c.outcome == sa.literal_column("'granted'"), table.c.done_at.is_(None)).order_by(
        table.c.decided_at, table.c.id
    ),
)
_DECIDE = Statement(
    "redactions.decide",
    sa.update(table)
    .where(_OPEN, table.c.id == _NEW("which"))
    .values(outcome=_NEW("word"), decided_by=_NEW("by"), decided_at=_NEW("at"), note=_NEW("words")),
)
_DONE = Statement(
    "redactions.done",
    sa.update(table).where(table.c.id == _NEW("which"), table.c.done_at.is_(None)).values(done_at=_NEW("at")),
)


class RedactionRequest(Frozen):
    """One text, named by where it stands in the log. `outcome` is "granted", "refused" or None; `done_at`: it is gone since."""

    id: str
    item: str
    stream: str
    n: int
    field: str
    ground: str
    asked_by: str
    asked_at: datetime
    outcome: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str | None = None
    done_at: datetime | None = None


class AskedOf(Frozen):
    """A request with what its item is called and which edition rules it."""

    request: RedactionRequest
    code: str
    workflow: str
    fingerprint: str


def _request(row: Row) -> RedactionRequest:
    return RedactionRequest(
        id=row[0],
        item=row[1],
        stream=row[2],
        n=row[3],
        field=row[4],
        ground=row[5],
        asked_by=row[6],
        asked_at=instant(row[7]),
        outcome=row[8],
        decided_by=row[9],
        decided_at=instant_or_none(row[10]),
        note=row[11],
        done_at=instant_or_none(row[12]),
    )


# -- what is there, what is gone ----------------------------------------------------------------------------------------


class Sealed(Frozen):
    """A private text of the log by where it stands; nothing of what it says."""

    stream: str
    n: int
    field: str
    recorded_at: datetime
    type: str
    actor: str
    move: str | None


class Redaction(Frozen):
    """A text that is gone: where it stood, on which legal ground, who asked and who decided."""

    stream: str
    n: int
    field: str
    ground: str
    asked_by: str
    decided_by: str
    erased_at: datetime


_SEALED = Statement(
    "redactions.sealed",
    sa.select(
        audit_event.c.stream,
        audit_event.c.n,
        audit_private.c.field,
        audit_event.c.rec,
        audit_event.c.type,
        audit_event.c.actor_id,
        audit_event.c.tr,
    )
    .join_from(audit_private, audit_event, audit_private.c.event_id == audit_event.c.id)
    .where(audit_event.c.stream == _NEW("stream"))
    .order_by(audit_event.c.n.desc(), audit_private.c.field),
)
_VALUE = Statement(
    "redactions.value",
    sa.select(audit_private.c.value)
    .join_from(audit_private, audit_event, audit_private.c.event_id == audit_event.c.id)
    .where(
        audit_event.c.stream == _NEW("stream"),
        audit_event.c.n == _NEW("n"),
        audit_private.c.field == _NEW("field"),
    ),
)
_ALIKE = Statement(
    "redactions.alike",
    sa.select(audit_event.c.stream, audit_event.c.n, audit_private.c.field, audit_event.c.item_id)
    .join_from(audit_private, audit_event, audit_private.c.event_id == audit_event.c.id)
    .where(audit_private.c.value == _NEW("text"))
    .order_by(audit_event.c.stream, audit_event.c.n, audit_private.c.field),
)
_ERASE = Statement(
    "redactions.erase",
    sa.delete(audit_private).where(
        audit_private.c.field == _NEW("field"),
        audit_private.c.event_id
        == sa.select(audit_event.c.id)
        .where(audit_event.c.stream == _NEW("stream"), audit_event.c.n == _NEW("n"))
        .scalar_subquery(),
    ),
)
_GONE = (
    redaction.c.stream,
    redaction.c.n,
    redaction.c.field,
    redaction.c.ground,
    redaction.c.asked_by,
    redaction.c.decided_by,
    redaction.c.erased_at,
)
_KEEP = Statement("redactions.keep", per_dialect(lambda insert: insert(redaction).on_conflict_do_nothing()))
_GONE_OF = Statement("redactions.gone_of", sa.select(*_GONE).where(redaction.c.stream == _NEW("stream")))
_ALL_GONE = Statement(
    "redactions.all_gone",
    sa.select(*_GONE).order_by(redaction.c.erased_at, redaction.c.stream, redaction.c.n, redaction.c.field),
)

# -- plain copies -------------------------------------------------------------------------------------------------------


class _Place:
    """One column in which people's words about an item lie beside the item's own row, which is rewritten by its rules."""

    def __init__(self, column: sa.Column[Any], owner: sa.Column[str], source: sa.FromClause | None = None) -> None:
        place = column.table
        keys = list(place.primary_key)
        self.keys = tuple(key.name for key in keys)
        self.is_json = isinstance(column.type, JsonText)
        words = sa.type_coerce(column, sa.Text)
        found = sa.select(*keys, words, owner).select_from(source if source is not None else place)
        held = {"sqlite": sa.func.instr, "postgresql": sa.func.strpos}
        self.look = Statement(
            "redactions.look",
            {name: found.where(within(words, _NEW("words")) > sa.literal_column("0")) for name, within in held.items()},
        )
        mine = sa.and_(*(key == _NEW(f"of_{key.name}") for key in keys))
        self.rewrite = Statement(
            "redactions.rewrite",
            sa.update(place).where(mine).values({column.name: sa.type_coerce(_NEW("new"), sa.Text)}),
        )


_PLACES = (
    _Place(comment.c.text, comment.c.item),
    _Place(draft.c.inputs, draft.c.item),
    _Place(message.c.payload, message.c.item),
    _Place(message.c.error, message.c.item),
    _Place(notice.c.params, notice.c.item),
    _Place(job.c.comment, job_row.c.item, job.join(job_row)),
    _Place(job_row.c.reasons, job_row.c.item),
    _Place(override_request.c.reason, override_request.c.item),
    _Place(override_request.c.note, override_request.c.item),
)
_ITEMS = Statement(
    "redactions.items",
    {
        name: sa.select(item.c.id)
        .where(
            sa.or_(
                *(
                    within(sa.type_coerce(column, sa.Text), _NEW("words")) > sa.literal_column("0")
                    for column in (item.c.fields, item.c.facts)
                )
            )
        )
        .order_by(item.c.id)
        for name, within in {"sqlite": sa.func.instr, "postgresql": sa.func.strpos}.items()
    },
)


def _quoted(text: str) -> str:
    """The text as it stands within JSON."""
    return json_text(text)[1:-1]


def without(value: Any, text: str) -> Any:
    """A plain value of any depth with ERASED wherever exactly that text stands."""
    if isinstance(value, str):
        return ERASED if unicodedata.normalize("NFC", value) == text else value
    if isinstance(value, Mapping):
        return {name: without(part, text) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without(part, text) for part in value)
    return value


# -- the repository -----------------------------------------------------------------------------------------------------


class Redactions:
    """`erase` needs a connection that may; everything else any connection of the product can do."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, new: RedactionRequest) -> None:
        params = {name: getattr(new, name) for name in names_of(RedactionRequest)}
        run(self._cursor, _ADD, params | {"asked_at": micros(new.asked_at)})

    def get(self, request_id: str) -> RedactionRequest:
        row = run(self._cursor, _GET, {"id": request_id}).fetchone()
        if row is None:
            raise NotFound("redaction", request_id)
        return _request(row)

    def all_open(self) -> tuple[RedactionRequest, ...]:
        """The undecided ones, the oldest first."""
        return self._requests(_ALL_OPEN)

    def open_of(self, stream: str) -> tuple[RedactionRequest, ...]:
        return self._requests(_OF_STREAM, stream=stream)

    def newest(self, most: int) -> tuple[AskedOf, ...]:
        rows = run(self._cursor, _NEWEST, {"most": most}).fetchall()
        return tuple(AskedOf(_request(row), *row[13:]) for row in rows)

    def granted(self) -> tuple[RedactionRequest, ...]:
        """Decided and not carried out yet, in the order of the decisions."""
        return self._requests(_GRANTED)

    def _requests(self, statement: Statement, **params: Any) -> tuple[RedactionRequest, ...]:
        return tuple(_request(row) for row in run(self._cursor, statement, params).fetchall())

    def decide(self, request_id: str, outcome: str, by: str, at: datetime, note: str | None) -> bool:
        """False where somebody decided it before."""
        params = {"which": request_id, "word": outcome, "by": by, "at": micros(at), "words": note}
        return bool(run(self._cursor, _DECIDE, params).rowcount)

    def carried_out(self, request_id: str, at: datetime) -> bool:
        """False where somebody else did it."""
        return bool(run(self._cursor, _DONE, {"which": request_id, "at": micros(at)}).rowcount)

    def sealed(self, stream: str) -> tuple[Sealed, ...]:
        """The private texts of a stream that are not erased, the newest entry first."""
        return tuple(_sealed(row) for row in run(self._cursor, _SEALED, {"stream": stream}).fetchall())

    def value(self, stream: str, n: int, field: str) -> Any:
        """What stands there, or None where nothing does: never sealed, or erased already."""
        row = run(self._cursor, _VALUE, {"stream": stream, "n": n, "field": field}).fetchone()
        return json_value(row[0]) if row else None

    def alike(self, text: str) -> tuple[tuple[str, int, str, str | None], ...]:
        """Everywhere in the log that exactly this text is sealed: (stream, n, field, item)."""
        return tuple(run(self._cursor, _ALIKE, {"text": json_text(text)}).fetchall())

    def erase(self, gone: Redaction) -> bool:
        """Delete what opens that commitment and keep that it is gone; False where it was gone before."""
        where = {"stream": gone.stream, "n": gone.n, "field": gone.field}
        if not run(self._cursor, _ERASE, where).rowcount:
            return False
        params = {name: getattr(gone, name) for name in names_of(Redaction)}
        run(self._cursor, _KEEP, params | {"erased_at": micros(gone.erased_at)})
        return True

    def gone_of(self, stream: str) -> tuple[Redaction, ...]:
        rows = run(self._cursor, _GONE_OF, {"stream": stream}).fetchall()
        return tuple(_redaction(row) for row in rows)

    def all_gone(self) -> tuple[Redaction, ...]:
        return tuple(_redaction(row) for row in run(self._cursor, _ALL_GONE).fetchall())

    def items_with(self, text: str) -> tuple[str, ...]:
        """The items in whose row the text may stand."""
        return tuple(row[0] for row in run(self._cursor, _ITEMS, {"words": _quoted(text)}).fetchall())

    def sweep(self, text: str, items: frozenset[str] | None) -> int:
        """Put ERASED wherever else the text stands, about those items or (None) about any; how many rows that were."""
        return sum(self._swept(place, text, items) for place in _PLACES)

    def _swept(self, place: _Place, text: str, items: frozenset[str] | None) -> int:
        count = 0
        words = _quoted(text) if place.is_json else text
        for *keys, found, owner in run(self._cursor, place.look, {"words": words}).fetchall():
            if items is not None and owner not in items:
                continue
            became = json_text(without(json_value(found), text)) if place.is_json else without(found, text)
            if became != found:
                mine = {f"of_{name}": key for name, key in zip(place.keys, keys, strict=True)}
                count += run(self._cursor, place.rewrite, mine | {"new": became}).rowcount
        return count


def _sealed(row: Row) -> Sealed:
    return Sealed(
        stream=row[0], n=row[1], field=row[2], recorded_at=instant(row[3]), type=row[4], actor=row[5], move=row[6]
    )


def _redaction(row: Row) -> Redaction:
    return Redaction(
        stream=row[0],
        n=row[1],
        field=row[2],
        ground=row[3],
        asked_by=row[4],
        decided_by=row[5],
        erased_at=instant(row[6]),
    )
