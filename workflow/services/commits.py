"""Writes what was decided: of each item its row under its version, one audit entry, and the messages."""

from collections.abc import Sequence
from datetime import datetime

from workflow.audit import Entry, Head
from workflow.engine import SYSTEM_ACTOR, Accepted, Actor, Circumstances, Definition, Item, fold, react, row_facts
from workflow.engine.deadlines import next_look, waits_alike
from workflow.engine.events import (
    ChildClosed,
    ChildOpened,
    EpisodeOpened,
    Overridden,
    RequestAmended,
    RequestClosed,
    RequestOpened,
    TimerFired,
    Transitioned,
    Voted,
    VoteWithdrawn,
)
from workflow.persistence import StoredItem, UnitOfWork
from workflow.persistence.items import Saved
from workflow.services.journal import Note, entry_of, stream_of
from workflow.services.office import Caller
from workflow.values import Frozen


class Decided(Frozen):
    """What was decided of one item, by whom it was asked and what surrounded it; `stored` is None where it is a new one."""

    definition: Definition
    stored: StoredItem | None
    decision: Accepted
    caller: Caller
    circumstances: Circumstances
    comment: str | None = None
    entry_type: str | None = None


def commit(uow: UnitOfWork, *decided: Decided) -> tuple[Item, ...]:
    """Write these decisions, of no item more than one; the items as they then stand. The caller's unit commits.

    Each kind of row is written for all of them at once: a hundred items cost the database little more than ten.
    """
    items, entries, messages = [], [], []
    for one in decided:
        now, events = one.circumstances.now, one.decision.events
        item = fold(one.stored.item if one.stored else None, events)
        items.append(item)
        entries.append(entry_of(one.stored.head if one.stored else Head(), _note(one, item), one.caller, now))
        for message in react(one.definition, events):
            told = {"item": item.id, "move": message.move, "name": message.name, "roles": list(message.roles)}
            messages.append((message.kind, told, now))
    uow.audit.append(*entries)
    _write_rows(uow, decided, items, entries)
    if messages:
        uow.messages.put_all(messages)
    return tuple(items)


def _write_rows(uow: UnitOfWork, decided: Sequence[Decided], items: Sequence[Item], entries: Sequence[Entry]) -> None:
    saved = []
    for one, item, entry in zip(decided, items, entries, strict=True):
        definition, stored, circumstances = one.definition, one.stored, one.circumstances
        if stored is None:
            look_at = next_look(definition, item, circumstances)
            uow.items.add(item, row_facts(definition, item), look_at, entry.head)
        elif item.revision == stored.item.revision:
            uow.items.keep_heard(stored, item, next_look(definition, item, circumstances), entry.head)
        else:
            same = waits_alike(stored.item, item)
            look_at = stored.next_look_at if same else next_look(definition, item, circumstances)
            saved.append(Saved(stored, item, row_facts(definition, item), look_at, entry.head))
    if saved:
        uow.items.save(*saved)


def _note(one: Decided, item: Item) -> Note:
    before, decision = one.stored.item if one.stored else None, one.decision
    moved = next((event for event in decision.events if isinstance(event, Transitioned)), None)
    return Note(
        stream=stream_of(item),
        type=one.entry_type or _entry_type(decision, before),
        events=decision.events,
        item=item,
        definition=one.definition,
        move=moved.move if moved else None,
        source=before.state if before else None,
        target=item.state,
        comment=one.comment,
        role=decision.role,
        delegation=decision.delegation,
        conditions=decision.conditions,
        effective_at=_effective_at(decision, one.caller.actor),
    )


def _entry_type(decision: Accepted, before: Item | None) -> str:
    if before is None:
        return "create"
    own = [event for event in decision.events if not isinstance(event, ChildOpened | ChildClosed)]
    if not own:
        return "child"
    if isinstance(own[-1], TimerFired):
        return "timer"
    if isinstance(own[0], Overridden):
        return "override"
    if isinstance(own[0], Voted | VoteWithdrawn):
        return "vote"
    if isinstance(own[0], RequestOpened | RequestAmended | RequestClosed):
        return "request"
    return "move"


def _effective_at(decision: Accepted, actor: Actor) -> datetime | None:
    """The instant the clock's own acts took effect, however late they are recorded; people act when they act."""
    if actor.id != SYSTEM_ACTOR.id:
        return None
    fell_due = (event.effective_at for event in decision.events if isinstance(event, EpisodeOpened | TimerFired))
    return next(fell_due, None)
