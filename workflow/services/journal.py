"""Writes audit entries: the last words of every unit of work, whoever acted and through whichever shell."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflow.audit import ActorMark, Entry, Head, compose, item_stream, refusal_stream
from workflow.engine import Actor, Definition, Item, Reason
from workflow.engine.events import Event, to_plain
from workflow.persistence import UnitOfWork
from workflow.services.office import Caller
from workflow.values import Frozen


class Note(Frozen):
    """What an entry is to say; `extra` is for entries without events (a login, a published definition)."""

    stream: str
    type: str
    events: tuple[Event, ...] = ()
    item: Item | None = None
    definition: Definition | None = None
    move: str | None = None
    source: str | None = None
    target: str | None = None
    comment: str | None = None
    role: str = ""
    delegation: str | None = None
    conditions: tuple[tuple[int, bool], ...] = ()
    effective_at: datetime | None = None
    files: Sequence[tuple[str, int, str]] = ()
    extra: Mapping[str, Any] = MappingProxyType({})


def stream_of(item: Item) -> str:
    return item_stream(item.workflow, item.id)


def record(uow: UnitOfWork, head: Head, note: Note, caller: Caller, now: datetime) -> Entry:
    """Append the entry that follows `head` on its stream."""
    entry = entry_of(head, note, caller, now)
    uow.audit.append(entry)
    return entry


def entry_of(head: Head, note: Note, caller: Caller, now: datetime) -> Entry:
    """The entry that follows `head` on its stream; the recorded time never runs backwards within a stream."""
    recorded_at = head.not_before(now)
    actor, definition = caller.actor, note.definition
    return compose(
        stream=note.stream,
        n=head.n + 1,
        previous=head.leaf,
        recorded_at=recorded_at,
        effective_at=note.effective_at or recorded_at,
        type=note.type,
        actor=_mark(note, actor),
        shell=caller.shell,
        key=caller.key,
        request=caller.request,
        workflow=(definition.workflow, definition.version, definition.fingerprint) if definition else None,
        events=[to_plain(event) for event in note.events],
        private_fields=definition.private_fields if definition else frozenset(),
        move=note.move,
        source=note.source,
        target=note.target,
        revision=note.item.revision if note.item else None,
        comment=note.comment,
        files=note.files,
        why=_cause(note),
        conditions=note.conditions,
        extra=note.extra,
    )


def _mark(note: Note, actor: Actor) -> ActorMark:
    giver = _acting_for(note, actor)
    giver_post = (
        next((power.giver_post for power in actor.delegations if power.giver == giver), None) if giver else None
    )
    return ActorMark(actor.id, note.role, actor.unit, actor.post, giver, note.delegation, giver_post or None)


def _acting_for(note: Note, actor: Actor) -> str | None:
    for event in note.events:
        doer = getattr(event, "doer", None) or getattr(event, "proposer", None)
        if doer is not None and doer.acting_for:
            return str(doer.acting_for)
    return actor.acting_for or next((power.giver for power in actor.delegations if power.id == note.delegation), None)


def _cause(note: Note) -> str | None:
    value = note.item.fields.get("cause_kind") if note.item else None
    return str(value) if value else None


def append(uow: UnitOfWork, note: Note, caller: Caller, now: datetime) -> Entry:
    """Append to a stream that keeps its head in the log itself (people, definitions, refusals, the log's own)."""
    return record(uow, uow.audit.head(note.stream), note, caller, now)


def record_refusal(
    uow: UnitOfWork, caller: Caller, item: Item, move: str, reasons: tuple[Reason, ...], now: datetime
) -> None:
    """One entry on a stream of its own: a refused act never contends with the item. Never in the unit that was refused."""
    extra = {"move": move, "state": item.state, "codes": [reason.code for reason in reasons]}
    append(uow, Note(refusal_stream(item.id), "refusal", extra=extra), caller, now)


def fingerprint_of(*parts: Any) -> str:
    """What a request asked for, as one hash: the same key with another body is refused by it."""
    text = json.dumps(
        [dict(part) if isinstance(part, Mapping) else part for part in parts], sort_keys=True, default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()
