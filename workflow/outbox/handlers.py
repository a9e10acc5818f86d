"""Delivers one message through a port. Words of a definition become people here, at delivery, not when the message was written."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from workflow.catalog.compile import who_of
from workflow.engine import Definition, Item
from workflow.engine.administration import OVERRIDE, REDACTION
from workflow.engine.item import Request
from workflow.engine.parties import Party, answering, parties, voters
from workflow.engine.permissions import capacity
from workflow.errors import NotFound
from workflow.outbox.relay import Undeliverable
from workflow.persistence import UnitOfWork
from workflow.persistence.messages import Message
from workflow.persistence.notices import Notice
from workflow.services import consolidation, duties, mail, roots
from workflow.services.office import Office
from workflow.values import replace


class Inbox(Protocol):
    """Takes notices for people; one that a person has already is left as it is."""

    def leave(self, notices: Iterable[Notice]) -> object: ...


def deliver(office: Office, inbox: Inbox, message: Message) -> None:
    """Undeliverable for what nothing here consumes. The same message delivered again leaves nothing new."""
    if message.kind == mail.KIND:
        _mail(office, message)
        return
    if message.kind == "job":
        _job(office, message)
        return
    told = _TOLD.get(message.kind)
    if told is None:
        name = message.payload.get("name", "")
        raise Undeliverable(f"nothing in this installation takes a {message.kind} (“{name}”)")
    with office.read() as uow:
        notices = told(office, uow, message)
    inbox.leave(notices)


def _mail(office: Office, message: Message) -> None:
    if office.mailer is None:
        raise Undeliverable("no mail server is set (DONDOC_MAIL_URL)")
    # A crash between sending and recording sends the letter again, under the same Message-ID.
    if message.payload.get("name") == roots.ROOT:
        root = roots.letter_of(office, message)
        if root is not None:
            office.mailer.send(root)
            roots.record_sent(office, root)
        return
    letter = mail.letter_of(office, message)
    if letter is not None:
        office.mailer.send(letter)
        mail.record_sent(office, letter)


def _job(office: Office, message: Message) -> None:
    start = _JOBS.get(str(message.payload.get("name")))
    if start is None:
        raise Undeliverable(f"nothing in this installation takes a job (“{message.payload.get('name', '')}”)")
    try:
        start(office, str(message.item))
    except NotFound:
        raise Undeliverable(f"its item {message.item} does not exist") from None


def _notices(office: Office, uow: UnitOfWork, message: Message) -> tuple[Notice, ...]:
    item = _item_of(uow, message)
    definition = office.editions.of(item, uow)
    circumstances = office.around(uow, definition)
    request = _proposal(item, message)
    # Only whoever may vote is told of a proposal, those whom its own rules bar left out.
    found = (
        voters(definition, item, request, circumstances)
        if request
        else answering(map(who_of, message.payload["roles"]), item, circumstances)
    )
    people = frozenset[str]().union(*(party.people for party in found))
    standing_in = _substitutes(uow, item, found, circumstances.now, _hands_in(request))
    params = _params(definition, item, str(message.payload["move"]))

    def notice(person: str, said: dict[str, str]) -> Notice:
        return Notice(message.id, person, item.id, str(message.payload["name"]), said, message.created_at)

    return (
        *(notice(person, params) for person in sorted(people)),
        *(notice(person, params | {"for": giver}) for person, giver in standing_in.items() if person not in people),
    )


def _item_of(uow: UnitOfWork, message: Message) -> Item:
    try:
        return uow.items.get(str(message.item)).item
    except NotFound:
        raise Undeliverable(f"its item {message.item} does not exist") from None


def _of_wish(office: Office, uow: UnitOfWork, message: Message) -> tuple[Notice, ...]:
    """A wish past the workflow, or to have a text erased.

    Once it is decided it is told by the item's code: the administrator reads no more of an item.
    No substitute is told of it: this decision is nobody's but the chairman's.
    """
    payload, item = message.payload, _item_of(uow, message)
    definition = office.editions.of(item, uow)
    circumstances = office.around(uow, definition)
    found = parties(map(who_of, payload["roles"]), item, circumstances)
    people = frozenset(payload["people"]).union(*(party.people for party in found))
    said = (
        {"code": item.code, "workflow": item.workflow} if payload["people"] else _params(definition, item, message.kind)
    )
    said |= {message.kind: str(payload[message.kind])}
    name = str(payload["name"])
    return tuple(Notice(message.id, person, item.id, name, said, message.created_at) for person in sorted(people))


def _proposal(item: Item, message: Message) -> Request | None:
    """The open proposal that the message tells of."""
    move = str(message.payload["move"])
    return item.request(move) if message.payload["name"] == f"{move}_proposed" else None


def _hands_in(request: Request | None) -> frozenset[str]:
    """Whoever proposed it or gave an opinion: he is not asked a second time under another name."""
    doers = (request.proposer, *(ballot.doer for ballot in request.votes)) if request else ()
    return frozenset(person for doer in doers for person in doer.people)


def _substitutes(
    uow: UnitOfWork, item: Item, found: Iterable[Party], now: datetime, barred: frozenset[str]
) -> Mapping[str, str]:
    """Whoever stands in for one of those people on this item, and for whom: as far as the power reaches."""
    asked = [(party.who, giver) for party in found for giver in sorted(party.people)]
    givers = {giver for _who, giver in asked}
    pairs = [(giver, one) for giver, one in uow.people.standing_in(now) if giver in givers and one not in barred]
    actors = {receiver: uow.people.actor(receiver, now) for _giver, receiver in pairs}
    return {
        receiver: giver
        for giver, receiver in pairs
        if any(capacity(who, replace(actors[receiver], acting_for=giver), item) for who, one in asked if one == giver)
    }


def _params(definition: Definition, item: Item, move: str) -> dict[str, str]:
    """What the sentence of a notice needs. A title that names people stays with its item, where it can be erased."""
    known = {"code": item.code, "workflow": item.workflow, "unit": item.unit, "move": move, "state": item.state}
    title = item.fields.get("title")
    return known | ({"title": str(title)} if title and "title" not in definition.private_fields else {})


_JOBS: Mapping[str, Callable[[Office, str], None]] = MappingProxyType(
    {"fall_short": duties.fall_short, "measure": duties.measure, "merge_reports": consolidation.merge}
)
"""What a definition may start after a move (`catalog.compile.JOBS`): each is given the item, and may be started again."""

_TOLD: Mapping[str, Callable[[Office, UnitOfWork, Message], tuple[Notice, ...]]] = MappingProxyType(
    {"notify": _notices, OVERRIDE: _of_wish, REDACTION: _of_wish}
)
