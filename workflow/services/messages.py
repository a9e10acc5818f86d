"""The messages that were given up: the administrator lets them be tried again, or discards them."""

from collections.abc import Callable

from workflow.engine import Reason
from workflow.engine.administration import refusal_to_administer
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.messages import Message
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office


def retry(office: Office, caller: Caller, message_id: str) -> Reason | None:
    """Let it be claimed again, with all its attempts before it. NotFound where no such message was given up."""
    now = office.clock.now()
    return _act(office, caller, message_id, "message_retried", lambda uow: uow.messages.retry(message_id, now))


def discard(office: Office, caller: Caller, message_id: str) -> Reason | None:
    """It is gone, and the log says what it was. NotFound as `retry`."""
    return _act(office, caller, message_id, "message_discarded", lambda uow: uow.messages.discard(message_id))


def _act(
    office: Office, caller: Caller, message_id: str, name: str, act: Callable[[UnitOfWork], bool]
) -> Reason | None:
    refusal = refusal_to_administer(caller.actor)
    if refusal is not None:
        return refusal
    with office.write() as uow:
        found = uow.messages.get(message_id)
        if found is None or not act(uow):
            raise NotFound("message", message_id)
        said = {"act": name} | _of(found)
        append(uow, Note("admin", "admin", role="admin", extra={"admin": said}), caller, office.clock.now())
    return None


def _of(message: Message) -> dict[str, str | None]:
    name = str(message.payload.get("name", ""))
    return {"message": message.id, "kind": message.kind, "name": name, "item": message.item, "error": message.error}
