"""Mandates of auditors: given and ended by the administrator, in writing, for a time and within bounds; all in the log."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflow.catalog.organisation import StandingMandate
from workflow.catalog.plain_values import shown
from workflow.engine import Kind, Reason
from workflow.engine.administration import refusal_to_administer, refusal_to_mandate
from workflow.engine.events import instant_text
from workflow.engine.mandate import AUDITOR
from workflow.errors import OutsideMandate
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.mandates import GivenMandate
from workflow.persistence.people import Appointment, Person
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office
from workflow.services.written_acts import TypedAct, midnight

_LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class NewMandate:
    """What a written act lets somebody read, as typed; both days are included. No units or workflows means all of them."""

    login: str
    act: str
    from_on: str
    to_on: str
    units: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class NotMandated:
    """Nothing was written. `reasons` holds all of them; each names the field it concerns."""

    reasons: tuple[Reason, ...]


def give(office: Office, caller: Caller, asked: NewMandate) -> GivenMandate | NotMandated:
    """Record a mandate, never backwards in time; whoever gets his first one holds the auditor's post from now on."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return NotMandated((refusal,))
    now = office.clock.now()
    with office.write() as uow:
        workflows = frozenset(one.workflow for one in office.editions.all_latest(uow))
        reading = _Reading(uow, office, asked, now, workflows)
        made = reading.mandate(caller.actor.id)
        if made is None:
            return NotMandated(tuple(reading.reasons))
        _give(uow, made, now)
        _record(uow, caller, "mandate_given", made, now)
        uow.sessions.close_all_of(made.person)
    return made


def seed(uow: UnitOfWork, person_id: str, standing: StandingMandate, now: datetime) -> None:
    """The mandate with which the auditor of a new office begins."""
    last = now + timedelta(days=standing.days)
    uow.mandates.add(GivenMandate(new_id(now), person_id, standing.act, now, last, "system", now))


def _give(uow: UnitOfWork, made: GivenMandate, now: datetime) -> None:
    uow.mandates.add(made)
    if not any(one.role == AUDITOR and one.to_at is None for one in uow.people.appointments(made.person)):
        uow.people.appoint(Appointment(new_id(now), made.person, AUDITOR, None, now))


def end(office: Office, caller: Caller, mandate_id: str) -> GivenMandate | Reason:
    """End a mandate with effect at once, and every session under it. NotFound where there is none."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    now = office.clock.now()
    with office.write() as uow:
        found = uow.mandates.get(mandate_id)
        if found.until <= now or not uow.mandates.end(mandate_id, now):
            return Reason("mandate_over", Kind.STATE, _of(found, found.until))
        _record(uow, caller, "mandate_ended", found, now)
        uow.sessions.close_all_of(found.person)
        return uow.mandates.get(mandate_id)


def days_of(mandate: GivenMandate, office: Office) -> tuple[date, date]:
    """The first and the last local day on which it holds, as long as nobody ends it."""
    last = mandate.to_at - timedelta(microseconds=1)
    return mandate.from_at.astimezone(office.zone).date(), last.astimezone(office.zone).date()


def fault_outside(uow: UnitOfWork, person_id: str, now: datetime) -> OutsideMandate | None:
    """What keeps somebody out who is nothing but an auditor, while no mandate of his is in force; None for all others."""
    held = [one for one in uow.people.appointments(person_id) if one.from_at <= now and not _ended(one, now)]
    if {one.role for one in held} != {AUDITOR}:
        return None
    mandates = uow.mandates.of(person_id)
    if any(one.in_force(now) for one in mandates):
        return None
    to_come = [one for one in mandates if now < one.from_at < one.until]
    if to_come:
        return OutsideMandate("mandate_to_come", _of(to_come[0], to_come[0].from_at))
    if mandates:
        last = max(mandates, key=lambda one: one.until)
        return OutsideMandate("mandate_over", _of(last, last.until))
    return OutsideMandate("mandate_missing", {})


def _ended(held: Appointment, now: datetime) -> bool:
    return held.to_at is not None and held.to_at <= now


def _of(mandate: GivenMandate, at: datetime) -> dict[str, str]:
    return {"document": mandate.act, "at": instant_text(at)}


def _record(uow: UnitOfWork, caller: Caller, act: str, made: GivenMandate, now: datetime) -> None:
    said = {
        "act": act,
        "id": made.id,
        "person": made.person,
        "post": uow.people.get(made.person).title.vi,
        "document": made.act,
        "from": instant_text(made.from_at),
        "until": instant_text(made.to_at),
        "units": list(made.units),
        "workflows": list(made.workflows),
        "private": made.private,
    }
    append(uow, Note("admin", "admin", role="admin", extra={"admin": said}), caller, now)


class _Reading(TypedAct):
    """Makes a mandate of a typed one, and collects every reason why not."""

    def __init__(
        self, uow: UnitOfWork, office: Office, asked: NewMandate, now: datetime, workflows: frozenset[str]
    ) -> None:
        super().__init__(now, office.zone)
        self._uow, self._asked, self._workflows = uow, asked, workflows

    def mandate(self, given_by: str) -> GivenMandate | None:
        asked = self._asked
        person = self._person()
        act = self.number_of_act(asked.act)
        first, last = self.day("from", asked.from_on), self.day("to", asked.to_on)
        self.known("units", asked.units, [unit.id for unit in self._uow.people.units()] if asked.units else ())
        self.known("workflows", asked.workflows, self._workflows)
        if person is None or act is None or first is None or last is None:
            return None
        from_at = max(midnight(first, self.zone), self.now)
        to_at = midnight(last + timedelta(days=1), self.zone)
        self._period(person, from_at, to_at)
        if self.reasons:
            return None
        return GivenMandate(
            id=new_id(self.now),
            person=person.id,
            act=act,
            from_at=from_at,
            to_at=to_at,
            given_by=given_by,
            given_at=self.now,
            units=tuple(sorted(set(asked.units))),
            workflows=tuple(sorted(set(asked.workflows))),
            private=asked.private,
        )

    def _person(self) -> Person | None:
        login = self._asked.login.strip()
        if not login:
            self.refuse("input_missing", "login")
            return None
        person = self._uow.people.by_login(login)
        if person is None:
            self.refuse("no_such_person", "login", value=shown(login))
            return None
        held = [one for one in self._uow.people.appointments(person.id) if not _ended(one, self.now)]
        refusal = refusal_to_mandate(frozenset(one.role for one in held))
        if refusal:
            self.reasons.append(refusal)
        return person

    def _period(self, person: Person, from_at: datetime, to_at: datetime) -> None:
        if to_at <= self.now:
            self.refuse("end_in_past", "to")
        elif to_at <= from_at:
            self.refuse("ends_before_start", "to")
        elif to_at - from_at > _LONGEST:
            self.refuse("mandate_too_long", "to")
        elif any(one.from_at < to_at and from_at < one.until for one in self._uow.mandates.of(person.id)):
            self.refuse("mandate_twice", "from")
