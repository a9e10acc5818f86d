"""A person's notices: left there by the outbox, marked as read by himself; both are entries of the log."""

from collections.abc import Iterable, Mapping
from typing import Any

from workflow.engine import SYSTEM_ACTOR
from workflow.persistence import UnitOfWork
from workflow.persistence.notices import Notice
from workflow.services import mail
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office

_DELIVERER = Caller(SYSTEM_ACTOR, "job")


class PersonalInbox:
    """Keeps notices for people inside the application."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def leave(self, notices: Iterable[Notice]) -> int:
        """All of them or none; how many were new to their person."""
        fresh = 0
        now = self._office.clock.now()
        with self._office.write() as uow:
            for notice in notices:
                if uow.notices.add(notice):
                    if self._office.mailer is not None:
                        mail.enclose_urgent(uow, notice, now)
                    said = {"message": notice.message, "template": notice.template, "item": notice.item}
                    self._record(uow, notice.person, _DELIVERER, said)
                    fresh += 1
        return fresh

    def mark_read(self, caller: Caller, messages: Iterable[str]) -> int:
        """Mark the caller's own notices of these messages; how many he had not read before."""
        now, person = self._office.clock.now(), caller.actor.id
        with self._office.write() as uow:
            opened = [message for message in dict.fromkeys(messages) if uow.notices.read(message, person, now)]
            if opened:
                self._record(uow, person, caller, {"opened": opened})
        return len(opened)

    def _record(self, uow: UnitOfWork, person: str, caller: Caller, said: Mapping[str, Any]) -> None:
        note = Note(f"person/{person}", "notice", extra={"notice": said})
        append(uow, note, caller, self._office.clock.now())
