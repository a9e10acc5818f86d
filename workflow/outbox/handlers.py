"""Delivers one message through a port. Words of a definition become people here, at delivery, not when the message was written."""

from collections.abc import Iterable
from typing import Protocol

from workflow.catalog.compile import who_of
from workflow.engine import Circumstances, Definition, Item
from workflow.engine.parties import parties, voters
from workflow.errors import NotFound
from workflow.outbox.relay import Undeliverable
from workflow.persistence import UnitOfWork
from workflow.persistence.messages import Message
from workflow.persistence.notices import Notice
from workflow.services.office import Office


class Inbox(Protocol):
    """Takes notices for people; one that a person has already is left as it is."""

    def leave(self, notices: Iterable[Notice]) -> object: ...


def deliver(office: Office, inbox: Inbox, message: Message) -> None:
    """Undeliverable for what nothing here consumes. The same message delivered again leaves nothing new."""
    if message.kind != "notify":
        name = message.payload.get("name", "")
        raise Undeliverable(f"nothing in this installation takes a {message.kind} (“{name}”)")
    with office.read() as uow:
        notices = _notices(office, uow, message)
    inbox.leave(notices)


def _notices(office: Office, uow: UnitOfWork, message: Message) -> tuple[Notice, ...]:
    try:
        item = uow.items.get(str(message.item)).item
    except NotFound:
        raise Undeliverable(f"its item {message.item} does not exist") from None
    definition = office.editions.of(item, uow)
    circumstances = office.circumstances(definition, uow.people.directory(office.clock.now()))
    people = _people(definition, item, message, circumstances)
    params = _params(definition, item, str(message.payload["move"]))
    template = str(message.payload["name"])
    return tuple(Notice(message.id, person, item.id, template, params, message.created_at) for person in sorted(people))


def _people(definition: Definition, item: Item, message: Message, circumstances: Circumstances) -> frozenset[str]:
    move = str(message.payload["move"])
    request = item.request(move)
    if request is not None and message.payload["name"] == f"{move}_proposed":
        # Only whoever may vote is told of a proposal, those whom its own rules bar left out.
        found = voters(definition, item, request, circumstances)
    else:
        found = parties(map(who_of, message.payload["roles"]), item, circumstances)
    return frozenset[str]().union(*(party.people for party in found))


def _params(definition: Definition, item: Item, move: str) -> dict[str, str]:
    """What the sentence of a notice needs. A title that names people stays with its item, where it can be erased."""
    known = {"code": item.code, "workflow": item.workflow, "unit": item.unit, "move": move}
    title = item.fields.get("title")
    return known | ({"title": str(title)} if title and "title" not in definition.private_fields else {})
