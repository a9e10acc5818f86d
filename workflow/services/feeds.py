"""The secret address of a person's calendar feed: made, replaced and revoked by himself, each on record."""

import hmac
import secrets
from dataclasses import dataclass

from workflow.engine import Actor
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office
from workflow.services.people import recognising

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whom a feed belongs to, with his powers of this day, and in which language it speaks."""

    actor: Actor
    language: str


def open_feed(office: Office, caller: Caller) -> str:
    """The secret of the caller's feed, told once and stored nowhere. One that he had before opens nothing from now on."""
    now, secret = office.clock.now(), secrets.token_urlsafe(_SECRET_BYTES)
    with office.write() as uow:
        act = "feed_opened" if uow.sessions.feed_since(caller.actor.id) is None else "feed_replaced"
        uow.sessions.open_feed(caller.actor.id, recognising(secret), now)
        _record(office, uow, caller, act)
    return secret


def close_feed(office: Office, caller: Caller) -> None:
    """From now on the address answers to nobody. NotFound where the caller has none."""
    with office.write() as uow:
        if not uow.sessions.close_feed(caller.actor.id):
            raise NotFound("calendar feed", caller.actor.id)
        _record(office, uow, caller, "feed_closed")


def _record(office: Office, uow: UnitOfWork, caller: Caller, act: str) -> None:
    said = {"act": act, "person": caller.actor.id}
    append(uow, Note("admin", "admin", extra={"admin": said}), caller, office.clock.now())


def subscriber(office: Office, uow: UnitOfWork, secret: str) -> Subscriber | None:
    """Whom that secret belongs to, or None: unknown, replaced, revoked, or of a locked account."""
    asked = recognising(secret)
    found = uow.sessions.feed(asked)
    if found is None or not hmac.compare_digest(found.secret_hash, asked):
        return None
    return Subscriber(uow.people.actor(found.person, office.clock.now()), found.language)
