"""Erasing a private text: the administrator asks without seeing it, the chairman decides, the log stays as it was.

What opens the commitment is deleted, and every plain copy with it; an entry of the log says what was erased, on which legal
ground and by whose decision, not what it said. An officer's act in office is never erased: only the words are.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflow.engine import Definition, Item, Kind, Reason, row_facts
from workflow.engine.administration import REDACTION, refusal_to_administer, refusal_to_decide
from workflow.engine.definition import COMMENT
from workflow.engine.item import Actor
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import StoredItem, UnitOfWork
from workflow.persistence.items import Saved
from workflow.persistence.redactions import TELLING, Redaction, RedactionRequest, Sealed, without
from workflow.services.journal import Note, append, stream_of
from workflow.services.office import Caller, Office
from workflow.values import replace

GROUND_LENGTH = 200
_SHOWN = 100
_CHAIRMAN = "chairman"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """All that the administrator learns of an item: where texts are sealed that could be erased, and which were asked about."""

    item_id: str
    code: str
    definition: Definition
    sealed: tuple[Sealed, ...]
    open: frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The text of entry `n` of an item under the key `field`, to be erased on that legal ground."""

    code: str
    n: int
    field: str
    ground: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Where else the log seals exactly the same text."""

    code: str
    n: int
    field: str


@dataclass(frozen=True, slots=True)
class Case:
    """One request as whoever decides it sees it. `text` is None once it is gone; `copies` go with it."""

    request: RedactionRequest
    item: Item
    definition: Definition
    text: str | None
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One request as the administrator reads it."""

    request: RedactionRequest
    code: str
    definition: Definition


# -- the administrator asks ---------------------------------------------------------------------------------------------


def glimpse(office: Office, caller: Caller, code: str) -> Glimpse | Reason:
    """NotFound where there is no such item."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.read() as uow:
        item = uow.items.get(code.strip()).item
        stream = stream_of(item)
        asked = frozenset((one.n, one.field) for one in uow.redactions.open_of(stream))
        return Glimpse(item.id, item.code, office.editions.of(item, uow), uow.redactions.sealed(stream), asked)


def ask(office: Office, caller: Caller, wanted: Wanted) -> RedactionRequest | tuple[Reason, ...]:
    """Put the wish before the chairman. NotFound where there is no such item; the reasons why it cannot be asked."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return (refusal,)
    now = office.clock.now()
    with office.write() as uow:
        item = uow.items.get(wanted.code.strip()).item
        reasons = tuple(_against(uow, stream_of(item), wanted))
        if reasons:
            return reasons
        made = RedactionRequest(
            new_id(now),
            item.id,
            stream_of(item),
            wanted.n,
            wanted.field,
            wanted.ground.strip(),
            caller.actor.id,
            now,
        )
        uow.redactions.add(made)
        _note(uow, caller, made, "asked", now)
        _tell(uow, made, "asked", {_CHAIRMAN}, now)
        return made


def _against(uow: UnitOfWork, stream: str, wanted: Wanted) -> Iterator[Reason]:
    if not isinstance(uow.redactions.value(stream, wanted.n, wanted.field), str):
        yield Reason("redaction_unknown", Kind.INPUT, {"field": "text", "n": str(wanted.n), "name": wanted.field})
    if any((one.n, one.field) == (wanted.n, wanted.field) for one in uow.redactions.open_of(stream)):
        yield Reason("redaction_open", Kind.STATE)
    if not wanted.ground.strip():
        yield Reason("input_missing", Kind.INPUT, {"field": "ground"})
    elif len(wanted.ground.strip()) > GROUND_LENGTH:
        yield Reason("ground_too_long", Kind.INPUT, {"field": "ground", "most": str(GROUND_LENGTH)})


def newest(office: Office, caller: Caller) -> tuple[Listed, ...] | Reason:
    """The latest requests, decided or not, for whoever administers the office."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.read() as uow:
        found = uow.redactions.newest(_SHOWN)
        return tuple(Listed(one.request, one.code, office.editions.of(one, uow)) for one in found)


# -- the chairman decides -----------------------------------------------------------------------------------------------


def to_decide(uow: UnitOfWork, actor: Actor) -> tuple[RedactionRequest, ...]:
    """The undecided requests that wait for `actor`, the oldest first; nothing is asked where he may decide none."""
    if refusal_to_decide(actor, asked_by="") is not None:
        return ()
    return tuple(one for one in uow.redactions.all_open() if refusal_to_decide(actor, one.asked_by) is None)


def case(office: Office, caller: Caller, request_id: str) -> Case:
    """One request, for whoever may decide it; NotFound for everybody else."""
    with office.read() as uow:
        request = _his(uow, caller, request_id)
        item = uow.items.get(request.item).item
        text = uow.redactions.value(request.stream, request.n, request.field)
        copies = _copies(uow, request, text) if isinstance(text, str) else ()
        return Case(request, item, office.editions.of(item, uow), text, copies)


def _his(uow: UnitOfWork, caller: Caller, request_id: str) -> RedactionRequest:
    request = uow.redactions.get(request_id)
    if refusal_to_decide(caller.actor, request.asked_by) is not None:
        raise NotFound(REDACTION, request_id)
    return request


def _copies(uow: UnitOfWork, request: RedactionRequest, text: str) -> tuple[Copy, ...]:
    places = _places(uow, request, text)
    codes: dict[str, str] = {}
    for _stream, _n, _field, item_id in places:
        if item_id is not None and item_id not in codes:
            codes[item_id] = uow.items.get(item_id).item.code
    own = (request.stream, request.n, request.field)
    return tuple(
        Copy(codes.get(item_id or "", stream), n, field)
        for stream, n, field, item_id in places
        if (stream, n, field) != own
    )


def grant(office: Office, caller: Caller, request_id: str, note: str) -> RedactionRequest | tuple[Reason, ...]:
    """Have it erased: at once where this process may, else by the one that may. NotFound as `case`."""
    decided = _decide(office, caller, request_id, "granted", note)
    if isinstance(decided, RedactionRequest):
        carry_out_granted(office)
    return decided


def refuse(office: Office, caller: Caller, request_id: str, note: str) -> RedactionRequest | tuple[Reason, ...]:
    """Leave the text where it is, and say why. NotFound as `case`."""
    return _decide(office, caller, request_id, "refused", note)


def _decide(
    office: Office, caller: Caller, request_id: str, outcome: str, note: str
) -> RedactionRequest | tuple[Reason, ...]:
    now, words = office.clock.now(), note.strip()
    with office.write() as uow:
        request = _his(uow, caller, request_id)
        if outcome == "refused" and not words:
            return (Reason("input_missing", Kind.INPUT, {"field": "note"}),)
        if not uow.redactions.decide(request_id, outcome, caller.actor.id, now, words or None):
            return (Reason("redaction_decided", Kind.STATE),)
        decided = replace(request, outcome=outcome, decided_by=caller.actor.id, decided_at=now, note=words or None)
        _note(uow, caller, decided, outcome, now)
        _tell(uow, decided, outcome, (), now)
        return decided


def _note(uow: UnitOfWork, caller: Caller, request: RedactionRequest, wish: str, now: datetime) -> None:
    said = {
        "act": f"redaction_{wish}",
        "request": request.id,
        "stream": request.stream,
        "n": request.n,
        "field": request.field,
        "ground": request.ground,
    }
    role = "admin" if wish == "asked" else _CHAIRMAN
    append(uow, Note("admin", "admin", role=role, extra={"admin": said}), caller, now)


def _tell(uow: UnitOfWork, request: RedactionRequest, wish: str, roles: Collection[str], now: datetime) -> None:
    payload = {
        "item": request.item,
        REDACTION: request.id,
        "name": f"{REDACTION}_{wish}",
        "roles": sorted(roles),
        "people": [] if wish == "asked" else [request.asked_by],
    }
    uow.messages.put(REDACTION, payload, now)


# -- it is carried out --------------------------------------------------------------------------------------------------


def carry_out_granted(office: Office) -> int:
    """Erase what was granted and still stands; how many requests that were. Nothing where this process may not erase."""
    if office.eraser is None:
        return 0
    with office.read() as uow:
        waiting = uow.redactions.granted()
    for request in waiting:
        with office.eraser.at_work() as uow:
            _carry_out(office, uow, request)
    return len(waiting)


def _carry_out(office: Office, uow: UnitOfWork, request: RedactionRequest) -> None:
    now = office.clock.now()
    if not uow.redactions.carried_out(request.id, now):
        # Somebody was quicker.
        return
    who = Caller(uow.people.actor(str(request.decided_by), now), "job")
    text = uow.redactions.value(request.stream, request.n, request.field)
    if isinstance(text, str):
        gone = Redaction(
            request.stream,
            request.n,
            request.field,
            request.ground,
            request.asked_by,
            str(request.decided_by),
            now,
        )
        erase(office, uow, who, gone, text)


def erase(office: Office, uow: UnitOfWork, who: Caller, gone: Redaction, text: str) -> int:
    """Take the text out of the database wherever it stands; one entry of the log for each place where it was sealed.

    Returns how many places that were.
    """
    count = 0
    for stream, n, field, _item in _places(uow, gone, text):
        place = replace(gone, stream=stream, n=n, field=field)
        if uow.redactions.erase(place):
            said = {
                "stream": stream,
                "n": n,
                "field": field,
                "ground": gone.ground,
                "asked_by": gone.asked_by,
                "decided_by": gone.decided_by,
            }
            # Whoever carries it out has no office in it: the clock, or a restore that repeats it.
            role = _CHAIRMAN if _CHAIRMAN in who.actor.roles else ""
            append(uow, Note("log", REDACTION, role=role, extra={REDACTION: said}), who, gone.erased_at)
            count += 1
    near = _family(uow, gone.stream)
    for item_id in sorted(near) if len(text) < TELLING else uow.redactions.items_with(text):
        _rewrite(office, uow, item_id, text)
    uow.redactions.sweep(text, near if len(text) < TELLING else None)
    return count


def _places(
    uow: UnitOfWork, where: RedactionRequest | Redaction, text: str
) -> tuple[tuple[str, int, str, str | None], ...]:
    """Where the log seals exactly this text: anywhere, or beside the item where it is too short to be told from others."""
    found = uow.redactions.alike(text)
    if len(text) >= TELLING:
        return found
    near = _family(uow, where.stream)
    return tuple(place for place in found if place[3] in near)


def _family(uow: UnitOfWork, stream: str) -> frozenset[str]:
    """The item of a stream with all above and below it: words pass from one to the other."""
    item_id = stream.partition("/")[2]
    found = {item_id}
    waiting = [item_id]
    while waiting:
        for child in uow.items.children(waiting.pop()):
            if child.item.id not in found:
                found.add(child.item.id)
                waiting.append(child.item.id)
    above = uow.items.find(item_id)
    while above is not None and above.item.parent is not None:
        found.add(above.item.parent)
        above = uow.items.find(above.item.parent)
    return frozenset(found)


def _rewrite(office: Office, uow: UnitOfWork, item_id: str, text: str) -> None:
    """The item's row as a replay of its log yields it from now on; its version stays, for nothing was done to it."""
    stored = uow.items.find(item_id)
    if stored is None:
        return
    definition = office.editions.of(stored.item, uow)
    became = _without(stored, definition.private_fields | {COMMENT}, text)
    if became != stored.item:
        # What the clock has to do with the item stays as it is: no rule of its own looks at private text.
        uow.items.save(Saved(stored, became, row_facts(definition, became), stored.next_look_at, stored.head))


def _without(stored: StoredItem, private: frozenset[str], text: str) -> Item:
    item = stored.item
    requests = tuple(replace(one, inputs=_cleared(one.inputs, private, text)) for one in item.requests)
    episodes = tuple(
        replace(
            one,
            record=MappingProxyType(
                {
                    name: replace(part, value=without(part.value, text)) if name in private else part
                    for name, part in one.record.items()
                }
            ),
        )
        for one in item.episodes
    )
    return replace(item, fields=_cleared(item.fields, private, text), requests=requests, episodes=episodes)


def _cleared(values: Mapping[str, Any], private: frozenset[str], text: str) -> Mapping[str, Any]:
    cleared = {name: without(value, text) if name in private else value for name, value in values.items()}
    return MappingProxyType(cleared)
