"""Written delegations (ủy quyền): given, ended, listed, and what became of one that no longer helps.

Nghị định 30/2020, Điều 13: in writing, limited in time and content, never passed on. Each act stands in the log.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from workflow.catalog.plain_values import shown
from workflow.engine import Actor, Kind, Reason
from workflow.engine.administration import (
    refusal_to_delegate,
    refusal_to_end,
    refusal_to_receive,
    refusal_to_record_for_others,
    refusal_to_see_all_delegations,
)
from workflow.engine.definition import POSTS
from workflow.engine.events import instant_text
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.people import Appointment, GivenPower
from workflow.services.journal import Note, append, fingerprint_of
from workflow.services.office import Caller, Office
from workflow.services.written_acts import TypedAct, midnight

KINDS = ("KT.", "TL.", "TUQ.")
"""Ký thay, thừa lệnh, thừa ủy quyền: what stands before the giver's title where the receiver signs."""


@dataclass(frozen=True, slots=True)
class Power:
    """What a written act gives, as typed: people by login, `act` is its number and date, both days are included.

    No workflows or areas means all of them. `giver` is named where the clerk records what somebody else gave.
    """

    receiver: str
    kind: str
    act: str
    from_on: str
    to_on: str
    workflows: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    giver: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """`replayed` when the same key had been answered before and nothing was done again."""

    power: GivenPower
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class NotGiven:
    """Nothing was written. `reasons` holds all of them; each names the field it concerns."""

    reasons: tuple[Reason, ...]


# -- giving -------------------------------------------------------------------------------------------------------------


def give(office: Office, caller: Caller, asked: Power) -> Given | NotGiven:
    """Record a power: in force from its first day on, but never before this instant. Raises ReusedKey, Busy."""
    now = office.clock.now()
    with office.write() as uow:
        giver = _giver(uow, caller.actor, asked.giver, now)
        if isinstance(giver, Reason):
            return NotGiven((giver,))
        read = _Reading(uow, giver, asked, now, office.zone, _workflows(office, uow))
        power = read.power()
        if power is None:
            return NotGiven(tuple(read.reasons))
        if caller.key is not None:
            known = uow.idempotency.claim(caller.actor.id, caller.key, fingerprint_of("delegate", repr(asked)), now)
            if known is not None:
                return Given(uow.people.delegation(known.outcome), replayed=True)
            uow.idempotency.finish(caller.actor.id, caller.key, power.id)
        uow.people.delegate(power)
        _record(uow, caller, "given", power, now)
    return Given(power)


def _workflows(office: Office, uow: UnitOfWork) -> frozenset[str]:
    return frozenset(definition.workflow for definition in office.editions.all_latest(uow))


def _giver(uow: UnitOfWork, actor: Actor, login: str | None, now: datetime) -> Actor | Reason:
    """Whose power it is, if it may be given at all."""
    named = uow.people.id_of_login(login) if login else actor.id
    if named == actor.id:
        return refusal_to_delegate(actor) or actor
    refusal = refusal_to_record_for_others(actor)
    if refusal:
        return refusal
    giver = _person(uow, named, now)
    if giver is None:
        return Reason("no_such_person", Kind.INPUT, {"field": "giver", "value": shown(login)})
    return refusal_to_delegate(giver) or giver


def _person(uow: UnitOfWork, person_id: str | None, now: datetime) -> Actor | None:
    """The person, unless unknown or locked."""
    with suppress(NotFound):
        return uow.people.actor(person_id, now) if person_id else None
    return None


class _Reading(TypedAct):
    """Makes a stored power of a typed one, and collects every reason why not."""

    def __init__(
        self, uow: UnitOfWork, giver: Actor, asked: Power, now: datetime, zone: tzinfo, workflows: frozenset[str]
    ) -> None:
        super().__init__(now, zone)
        self._uow, self._giver, self._asked, self._workflows = uow, giver, asked, workflows

    def power(self) -> GivenPower | None:
        asked = self._asked
        receiver = self._receiver()
        self.known("kind", (asked.kind,), KINDS)
        act = self.number_of_act(asked.act)
        first, last = self.day("from", asked.from_on), self.day("to", asked.to_on)
        if first and last:
            self._period(first, last)
        self.known("workflows", asked.workflows, self._workflows)
        self.known("areas", asked.areas, [area.id for area in self._uow.people.areas()] if asked.areas else ())
        if self.reasons or receiver is None or act is None or first is None or last is None:
            return None
        return GivenPower(
            id=new_id(self.now),
            giver=self._giver.id,
            receiver=receiver.id,
            kind=asked.kind,
            act=act,
            # What is recorded later than it was signed gives nothing backwards.
            from_at=max(midnight(first, self.zone), self.now),
            to_at=midnight(last + timedelta(days=1), self.zone),
            workflows=tuple(sorted(set(asked.workflows))),
            areas=tuple(sorted(set(asked.areas))),
        )

    def _receiver(self) -> Actor | None:
        login = self._asked.receiver
        if not login:
            self.refuse("input_missing", "receiver")
            return None
        receiver = _person(self._uow, self._uow.people.id_of_login(login), self.now)
        if receiver is None:
            self.refuse("no_such_person", "receiver", value=shown(login))
            return None
        refusal = refusal_to_receive(receiver, self._giver)
        if refusal:
            self.reasons.append(refusal)
        return receiver

    def _period(self, first: date, last: date) -> None:
        if last < first:
            self.refuse("ends_before_start", "to")
        elif midnight(last + timedelta(days=1), self.zone) <= self.now:
            self.refuse("end_in_past", "to")
        elif last >= _a_year_after(first):
            self.refuse("period_too_long", "to")


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def days_of(power: GivenPower, zone: tzinfo) -> tuple[date, date]:
    """The first and the last local day on which the power holds, as long as nobody ends it."""
    last_instant = power.to_at - timedelta(microseconds=1)
    return power.from_at.astimezone(zone).date(), last_instant.astimezone(zone).date()


# -- ending and listing -------------------------------------------------------------------------------------------------


def end(office: Office, caller: Caller, delegation_id: str) -> GivenPower | Reason:
    """End a power with effect at once. NotFound where there is none that the caller may see."""
    now = office.clock.now()
    with office.write() as uow:
        power = uow.people.delegation(delegation_id)
        refusal = refusal_to_end(caller.actor, power.giver, power.receiver)
        if refusal:
            if refusal_to_see_all_delegations(caller.actor):
                raise NotFound("delegation", delegation_id)
            return refusal
        if _is_over(power, now) or not uow.people.end_delegation(power.id, now):
            return _over(power, Kind.STATE)
        _record(uow, caller, "ended", power, now)
        return uow.people.delegation(delegation_id)


def visible_to(uow: UnitOfWork, actor: Actor) -> tuple[GivenPower, ...]:
    """What a person gave and received; every power of the office for whoever keeps or answers for them. Newest first."""
    if refusal_to_see_all_delegations(actor) is None:
        return uow.people.delegations()
    return uow.people.delegations_of(actor.id)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The ids of those who may give what the asker may enter, and of those who may receive from one of them."""

    givers: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()


def candidates(uow: UnitOfWork, actor: Actor, now: datetime) -> Candidates:
    """For whom and to whom `actor` may enter a power now; nobody where he may enter none."""
    own = refusal_to_delegate(actor) is None
    records = refusal_to_record_for_others(actor) is None
    if not own and not records:
        return Candidates()
    people = _posted(uow, now)
    givers = [one for one in people if refusal_to_delegate(one) is None and (records or one.id == actor.id)]
    receivers = [one.id for one in people if any(refusal_to_receive(one, giver) is None for giver in givers)]
    return Candidates(tuple(giver.id for giver in givers), tuple(receivers))


def _posted(uow: UnitOfWork, now: datetime) -> tuple[Actor, ...]:
    """Everybody who holds an office or a post now and is not locked, by login; without what others lent him."""
    held: dict[str, list[Appointment]] = {}
    for one in uow.people.all_appointments():
        if one.from_at <= now and (one.to_at is None or now < one.to_at):
            held.setdefault(one.person, []).append(one)
    return tuple(
        Actor(person.id, _unit_of(held[person.id]), frozenset(one.role for one in held[person.id]))
        for person in uow.people.all()
        if person.id in held and person.locked_at is None
    )


def _unit_of(held: list[Appointment]) -> str | None:
    units = [one.unit for one in held if one.role in POSTS] or [one.unit for one in held]
    return next((unit for unit in units if unit), None)


def _record(uow: UnitOfWork, caller: Caller, act: str, power: GivenPower, now: datetime) -> None:
    said = {
        "act": act,
        "id": power.id,
        "giver": power.giver,
        "giver_post": uow.people.get(power.giver).title.vi,
        "receiver": power.receiver,
        "receiver_post": uow.people.get(power.receiver).title.vi,
        "kind": power.kind,
        "document": power.act,
        "from": instant_text(power.from_at),
        "until": instant_text(power.to_at),
        "workflows": list(power.workflows),
        "areas": list(power.areas),
    }
    append(uow, Note(f"person/{power.giver}", "delegation", extra={"delegation": said}), caller, now)


# -- what became of a power ---------------------------------------------------------------------------------------------


def refusal_to_use(uow: UnitOfWork, delegation_id: str, now: datetime) -> Reason | None:
    """Why a power that was in force when somebody opened his page gives nothing any more, or None."""
    power = uow.people.delegation(delegation_id)
    return None if power.in_force(now) else _over(power, Kind.AUTHORITY)


def explained(uow: UnitOfWork, actor: Actor, reasons: tuple[Reason, ...], now: datetime) -> tuple[Reason, ...]:
    """The same reasons, but where a power is missing that was there or is to come, what became of it."""
    if all(reason.code != "delegation_needed" for reason in reasons):
        return reasons
    told = _told(uow, actor, now)
    return tuple(told if told and reason.code == "delegation_needed" else reason for reason in reasons)


def _told(uow: UnitOfWork, actor: Actor, now: datetime) -> Reason | None:
    powers = [power for power in uow.people.delegations_of(actor.id) if _concerns(uow, power, actor, now)]
    to_come = next((power for power in reversed(powers) if not _is_over(power, now) and power.from_at > now), None)
    if to_come:
        return Reason("delegation_not_begun", Kind.AUTHORITY, _of(to_come, to_come.from_at))
    over = [power for power in powers if _is_over(power, now)]
    return _over(max(over, key=_end_of), Kind.AUTHORITY) if over else None


def _concerns(uow: UnitOfWork, power: GivenPower, actor: Actor, now: datetime) -> bool:
    if power.receiver != actor.id:
        return False
    if actor.acting_for is not None:
        return power.giver == actor.acting_for
    giver = _person(uow, power.giver, now)
    return giver is not None and "unit_head" in giver.roles and giver.unit == actor.unit


def _is_over(power: GivenPower, now: datetime) -> bool:
    return power.ended_at is not None or power.to_at <= now


def _end_of(power: GivenPower) -> datetime:
    return power.to_at if power.ended_at is None else min(power.to_at, power.ended_at)


def _over(power: GivenPower, kind: Kind) -> Reason:
    return Reason("delegation_expired", kind, _of(power, _end_of(power)))


def _of(power: GivenPower, at: datetime) -> dict[str, str]:
    return {"document": power.act, "at": instant_text(at)}
