"""Dispatch in this process: the embedded mode, without any server beside the application's own."""

from functools import partial

from workflow.outbox.handlers import deliver
from workflow.outbox.relay import Dispatch, Relayed, relay
from workflow.services.notices import PersonalInbox
from workflow.services.office import Office


def inline(office: Office) -> Dispatch:
    """A message is delivered before this returns."""
    return partial(deliver, office, PersonalInbox(office))


def relay_inline(office: Office) -> Relayed:
    """One round: what is due is delivered here and now."""
    return relay(office, inline(office))
