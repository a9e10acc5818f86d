"""Create items, comment on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from workflow.catalog.inputs import load_inputs
from workflow.engine import Accepted, Actor, Circumstances, CreateItem, Definition, Item, Kind, Reason, Rejected, decide
from workflow.engine.administration import refusal_to_contribute
from workflow.engine.definition import COMMENT
from workflow.engine.effects import signals_its_parent
from workflow.engine.visibility import scope_of
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services.journal import Note, fingerprint_of, record, record_refusal, stream_of
from workflow.services.moves import input_context, reason_of
from workflow.services.office import Caller, Office
from workflow.services.relatives import Act, carry_out, next_code

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NewItem:
    """What a new item is to hold; `fields` as typed, before any type is checked."""

    workflow: str
    unit: str
    fields: Mapping[str, Any]
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Created:
    item: Item
    definition: Definition
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class NotCreated:
    definition: Definition
    reasons: tuple[Reason, ...]


def create(office: Office, caller: Caller, new: NewItem) -> Created | NotCreated:
    """Create one item under the newest edition. NotFound for an unknown workflow or unit; ReusedKey; Busy."""
    now = office.clock.now()
    try:
        with office.write() as uow:
            return create_within(office, uow, caller, new, now)
    except Refusal as refusal:
        return NotCreated(refusal.definition, refusal.reasons)


class Refusal(Exception):
    """Carries a refused creation out of the unit of work, so that nothing of it stays."""

    def __init__(self, definition: Definition, reasons: tuple[Reason, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.definition, self.reasons = definition, reasons


def create_within(office: Office, uow: UnitOfWork, caller: Caller, new: NewItem, now: datetime) -> Created:
    """The same inside a unit of work that the caller opened: raises Refusal, so that all or nothing is created.

    A parent learns of its child in its own log. NotFound also for a parent that the caller may not read.
    """
    definition = office.editions.latest(new.workflow, uow)
    if caller.key is not None:
        asked = fingerprint_of("create", new.workflow, new.unit, new.fields, new.parent, caller.actor.acting_for)
        answer = uow.idempotency.claim(caller.actor.id, caller.key, asked, now)
        if answer is not None:
            return Created(uow.items.get(answer.outcome.split()[0]).item, definition, replayed=True)
    if not uow.people.unit_exists(new.unit):
        raise NotFound("unit", new.unit)
    circumstances = office.around(uow, definition, now)
    loaded = load_inputs(definition, definition.create.inputs, new.fields, input_context(uow, circumstances))
    parent = readable(uow, caller, new.parent).item if new.parent else None
    code = next_code(uow, definition, circumstances)
    command = CreateItem(
        caller.actor,
        new_id(now),
        code,
        new.unit,
        loaded.values,
        parent.id if parent else None,
        parent.workflow if parent else None,
    )
    decision = decide(definition, None, command, circumstances)
    errors = tuple(reason_of(error) for error in loaded.errors)
    if not isinstance(decision, Accepted):
        raise Refusal(definition, (*errors, *decision.reasons))
    if errors:
        raise Refusal(definition, errors)
    item = carry_out(office, uow, caller, Act(definition, None, decision), circumstances)
    if caller.key is not None:
        uow.idempotency.finish(caller.actor.id, caller.key, f"{item.id} {item.revision}")
    return Created(item, definition)


def comment(office: Office, caller: Caller, item_ref: str, text: str) -> str | Reason:
    """Add a comment and return its id; the item's version stays. NotFound where the asker may not read the item."""
    now = office.clock.now()
    refusal = refusal_to_contribute(caller.actor)
    if refusal:
        with office.read() as uow:
            item = readable(uow, caller, item_ref).item
        with office.write() as uow:
            record_refusal(uow, caller, item, COMMENT, (refusal,), now)
        return refusal
    with office.write() as uow:
        return comment_within(uow, caller, item_ref, text, now)


def comment_within(uow: UnitOfWork, caller: Caller, item_ref: str, text: str, now: datetime) -> str:
    """The same inside a unit of work that the caller opened."""
    stored = readable(uow, caller, item_ref)
    comment_id = new_id(now)
    uow.comments.add(comment_id, stored.item.id, caller.actor.id, text, now)
    note = Note(stream_of(stored.item), "comment", comment=text, extra={"comment": comment_id})
    entry = record(uow, stored.head, note, caller, now)
    uow.items.advance(stored, entry.head)
    return comment_id


def readable(uow: UnitOfWork, caller: Caller, item_ref: str) -> StoredItem:
    """The item by id or code; NotFound also where the asker may not read it, so that nobody learns that it exists."""
    stored = uow.items.get(item_ref)
    if not scope_of(caller.actor).covers(stored.item):
        raise NotFound("item", item_ref)
    return stored


def creatable(office: Office, uow: UnitOfWork, caller: Caller) -> tuple[Definition, ...]:
    """The workflows of which the caller may create items that need no parent, in the order of their names."""
    return tuple(_creatable(office, uow, caller))


def creates_something(office: Office, uow: UnitOfWork, caller: Caller) -> bool:
    """Whether there is any such workflow."""
    return any(True for _ in _creatable(office, uow, caller))


def _creatable(office: Office, uow: UnitOfWork, caller: Caller) -> Iterator[Definition]:
    return (definition for definition in office.editions.all_latest(uow) if _may_create(definition, caller.actor))


@lru_cache(maxsize=1024)
def _may_create(definition: Definition, actor: Actor) -> bool:
    """Follows from what the actor holds alone: no rule of creating asks what day it is or who else is there."""
    if signals_its_parent(definition):
        return False
    draft = CreateItem(actor, "", "", actor.unit or "")
    decision = decide(definition, None, draft, Circumstances(_SOME_DAY))
    return not isinstance(decision, Rejected) or all(reason.kind is not Kind.AUTHORITY for reason in decision.reasons)
