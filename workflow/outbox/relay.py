"""Claim, dispatch, settle: every message leaves at least once, whatever carries it; what cannot is kept for the administrator."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from workflow.errors import Busy
from workflow.ids import new_id
from workflow.persistence.messages import Message
from workflow.services.office import Office

_log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
LEASE = timedelta(minutes=5)
BUSY_REST = timedelta(seconds=5)
KEPT = timedelta(days=30)
_LONGEST_ERROR = 500

Dispatch = Callable[[Message], object]
"""Hands one message on. It may be handed the same message again; Undeliverable where another attempt would not help."""


class Undeliverable(Exception):
    """The message will never arrive, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What became of the messages of one round."""

    delivered: int
    postponed: int
    buried: int


def relay(office: Office, dispatch: Dispatch) -> Relayed:
    """Hand on every message that is due, the longest due first; several relays may work at once."""
    name = new_id(office.clock.now())
    outcomes: Counter[str] = Counter()
    while (message := _claimed(office, name)) is not None:
        outcomes[_attempt(office, name, message, dispatch)] += 1
    return Relayed(outcomes["delivered"], outcomes["postponed"], outcomes["buried"])


def relay_one(office: Office, message_id: str, dispatch: Dispatch, lease: timedelta = LEASE) -> bool:
    """Hand on this message; False where it is not due, or another relay has it, and nothing was done."""
    now = office.clock.now()
    name = new_id(now)
    with office.write() as uow:
        message = uow.messages.take(message_id, name, now, now + lease)
    if message is not None:
        _attempt(office, name, message, dispatch)
    return message is not None


def forget_old(office: Office) -> int:
    """Forget what was delivered long ago; how many messages that were."""
    with office.write() as uow:
        return uow.messages.purge(office.clock.now() - KEPT)


def _claimed(office: Office, name: str) -> Message | None:
    # One at a time: a message that kills the process must not use up the attempts of its neighbours.
    now = office.clock.now()
    with office.write() as uow:
        return next(iter(uow.messages.claim(name, now, now + LEASE, 1)), None)


def _attempt(office: Office, name: str, message: Message, dispatch: Dispatch) -> str:
    if message.attempts > MOST_ATTEMPTS:
        # No attempt ever came back with an error: each one ended the process itself.
        return _bury(office, name, message, f"the process ended in each of {MOST_ATTEMPTS} attempts")
    try:
        dispatch(message)
    except Busy:
        return _give_back(office, name, message)
    except Undeliverable as fault:
        return _bury(office, name, message, str(fault))
    except Exception as fault:  # noqa: BLE001  it is kept with the message, and the other messages must go on
        return _failed(office, name, message, f"{type(fault).__name__}: {fault}")
    with office.write() as uow:
        uow.messages.settle(message.id, name, office.clock.now())
    return "delivered"


def _give_back(office: Office, name: str, message: Message) -> str:
    # Somebody else held the database: nothing is wrong with the message, or with where it goes.
    with office.write() as uow:
        uow.messages.give_back(message.id, name, office.clock.now() + BUSY_REST)
    return "postponed"


def _failed(office: Office, name: str, message: Message, error: str) -> str:
    if message.attempts >= MOST_ATTEMPTS:
        return _bury(office, name, message, error)
    _log.warning("message %s (%s) was not delivered: %s", message.id, message.kind, error)
    until = office.clock.now() + back_off(message.attempts)
    with office.write() as uow:
        uow.messages.postpone(message.id, name, until, error[:_LONGEST_ERROR])
    return "postponed"


def back_off(attempts: int) -> timedelta:
    """How long a message rests after so many attempts in vain: a minute, then five times as long each time."""
    return timedelta(minutes=5 ** (attempts - 1))


def _bury(office: Office, name: str, message: Message, error: str) -> str:
    _log.error("message %s (%s) is given up: %s", message.id, message.kind, error)
    with office.write() as uow:
        uow.messages.bury(message.id, name, office.clock.now(), error[:_LONGEST_ERROR])
    return "buried"
