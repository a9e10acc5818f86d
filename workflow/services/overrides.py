"""Past the workflow: the administrator asks for another state, the chairman decides and is the one who acted.

Who asks sees an item's code and state, nothing of its content. Asking and refusing are entries of the item's own stream and
change no fact of it; granting is an act like any other, under the item's version.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from workflow.engine import Accepted, Actor, Definition, Item, Kind, Reason
from workflow.engine.administration import (
    OVERRIDE,
    override,
    refusal_to_administer,
    refusal_to_decide,
    refusal_to_override,
)
from workflow.engine.definition import State
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import StoredItem, UnitOfWork
from workflow.persistence.overrides import OverrideRequest
from workflow.services.journal import Note, record, stream_of
from workflow.services.office import Caller, Office
from workflow.services.relatives import Act, RelativesRefused, carry_out
from workflow.values import replace

_SHOWN = 100
_CHAIRMAN, _UNIT_HEAD = "chairman", "unit_head"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """All that the administrator learns of an item: its code, its workflow, the state it is in, those it could be in."""

    code: str
    definition: Definition
    state: State
    open: OverrideRequest | None


@dataclass(frozen=True, slots=True)
class Wanted:
    code: str
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Case:
    """One request with the item it is about, as both stand."""

    request: OverrideRequest
    item: Item
    definition: Definition


def glimpse(office: Office, caller: Caller, code: str) -> Glimpse | Reason:
    """NotFound where there is no such item."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.read() as uow:
        item = uow.items.get(code.strip()).item
        definition = office.editions.of(item, uow)
        return Glimpse(item.code, definition, definition.states[item.state], uow.overrides.open_of(item.id))


def ask(office: Office, caller: Caller, wanted: Wanted) -> OverrideRequest | tuple[Reason, ...]:
    """Put the wish before the chairman. NotFound where there is no such item; the reasons why it cannot be asked."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return (refusal,)
    now = office.clock.now()
    with office.write() as uow:
        stored = uow.items.get(wanted.code.strip())
        definition = office.editions.of(stored.item, uow)
        reasons = _refusals(uow, definition, stored.item, wanted)
        if reasons:
            return reasons
        made = OverrideRequest(
            new_id(now),
            stored.item.id,
            stored.item.state,
            wanted.target,
            wanted.reason.strip(),
            caller.actor.id,
            now,
        )
        uow.overrides.add(made)
        _note(office, uow, caller, stored, made, "asked", made.reason)
        _tell(uow, made, "asked", {_CHAIRMAN}, now)
        return made


def _refusals(uow: UnitOfWork, definition: Definition, item: Item, wanted: Wanted) -> tuple[Reason, ...]:
    reasons = []
    refusal = refusal_to_override(definition, item, wanted.target)
    if refusal:
        reasons.append(refusal)
    if not wanted.reason.strip():
        reasons.append(Reason("input_missing", Kind.INPUT, {"field": "reason"}))
    if uow.overrides.open_of(item.id):
        reasons.append(Reason("override_open", Kind.STATE))
    return tuple(reasons)


def to_decide(uow: UnitOfWork, actor: Actor) -> tuple[OverrideRequest, ...]:
    """The undecided wishes that wait for `actor`, the oldest first; nothing is asked where he may decide none."""
    if refusal_to_decide(actor, asked_by="") is not None:
        return ()
    return tuple(one for one in uow.overrides.all_open() if refusal_to_decide(actor, one.asked_by) is None)


def newest(office: Office, caller: Caller) -> tuple[Case, ...] | Reason:
    """The latest wishes, decided or not, for whoever administers the office."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.read() as uow:
        return tuple(_case(office, uow, one) for one in uow.overrides.newest(_SHOWN))


def case(office: Office, caller: Caller, request_id: str) -> Case:
    """One wish, for whoever may decide it; NotFound for everybody else."""
    with office.read() as uow:
        found = _case(office, uow, uow.overrides.get(request_id))
    if refusal_to_decide(caller.actor, found.request.asked_by) is not None:
        raise NotFound("override", request_id)
    return found


def _case(office: Office, uow: UnitOfWork, request: OverrideRequest) -> Case:
    item = uow.items.get(request.item).item
    return Case(request, item, office.editions.of(item, uow))


def grant(office: Office, caller: Caller, request_id: str, note: str) -> Item | tuple[Reason, ...]:
    """Do what was asked, in the decider's own name. NotFound as `case`; StaleItem where somebody moved the item meanwhile."""
    now = office.clock.now()
    try:
        with office.write() as uow:
            found = _undecided(office, uow, caller, request_id)
            if isinstance(found, Reason):
                return (found,)
            stored = uow.items.get(found.item.id)
            circumstances = office.around(uow, found.definition, now)
            asked_by = found.request.asked_by
            decision = override(
                found.definition, stored.item, caller.actor, found.request.target, asked_by, circumstances
            )
            if not isinstance(decision, Accepted):
                return decision.reasons
            act = Act(found.definition, stored, decision, note.strip() or found.request.reason)
            after = carry_out(office, uow, caller, act, circumstances)
            uow.overrides.decide(request_id, "granted", caller.actor.id, now, note.strip() or None)
            states = (found.request.source, found.request.target)
            _tell(uow, found.request, "granted", _concerned(found.definition, states), now)
            return after
    except RelativesRefused as refusal:
        return refusal.reasons


def refuse(office: Office, caller: Caller, request_id: str, note: str) -> OverrideRequest | tuple[Reason, ...]:
    """Leave the item as it is, and say why. NotFound as `case`."""
    now = office.clock.now()
    with office.write() as uow:
        request = uow.overrides.get(request_id)
        if refusal_to_decide(caller.actor, request.asked_by) is not None:
            raise NotFound("override", request_id)
        if not note.strip():
            return (Reason("input_missing", Kind.INPUT, {"field": "note"}),)
        if not uow.overrides.decide(request_id, "refused", caller.actor.id, now, note.strip()):
            return (Reason("override_decided", Kind.STATE),)
        stored = uow.items.get(request.item)
        _note(office, uow, caller, stored, request, "refused", note.strip())
        definition = office.editions.of(stored.item, uow)
        _tell(uow, request, "refused", _concerned(definition, (stored.item.state,)), now)
        return replace(request, outcome="refused", decided_by=caller.actor.id, decided_at=now, note=note.strip())


def _undecided(office: Office, uow: UnitOfWork, caller: Caller, request_id: str) -> Case | Reason:
    found = _case(office, uow, uow.overrides.get(request_id))
    if refusal_to_decide(caller.actor, found.request.asked_by) is not None:
        raise NotFound("override", request_id)
    if found.request.outcome is not None:
        return Reason("override_decided", Kind.STATE)
    if found.item.state != found.request.source:
        # What was asked was asked of another state: the answer to it would be to a question that nobody put.
        return Reason("override_outdated", Kind.STATE, {"state": found.item.state})
    return found


def _concerned(definition: Definition, states: Iterable[str]) -> frozenset[str]:
    """In the words of the definition: the head of the unit, and whoever the item waits for in those states."""
    waits = (definition.states[name].waits_on for name in states if name in definition.states)
    return frozenset({_UNIT_HEAD, *(str(who) for who in waits if who)})


def _tell(uow: UnitOfWork, request: OverrideRequest, wish: str, roles: Collection[str], now: datetime) -> None:
    """Leave a message for those roles and, once it is decided, for whoever asked."""
    people = [] if wish == "asked" else [request.asked_by]
    payload = {
        "item": request.item,
        "override": request.id,
        "name": f"{OVERRIDE}_{wish}",
        "roles": sorted(roles),
        "people": people,
    }
    uow.messages.put(OVERRIDE, payload, now)


def _note(
    office: Office,
    uow: UnitOfWork,
    caller: Caller,
    stored: StoredItem,
    request: OverrideRequest,
    wish: str,
    words: str,
) -> None:
    """An entry beside the item's facts: its version stays, so nobody's form grows old by a wish."""
    extra = {"wish": wish, "override": request.id, "of": request.source, "wanted": request.target}
    note = Note(stream_of(stored.item), OVERRIDE, comment=words, extra=extra)
    entry = record(uow, stored.head, note, caller, office.clock.now())
    uow.items.advance(stored, entry.head)
