"""How the office stood at a past instant, for whoever may read it: one item for its readers, all of them for those who audit."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time

from workflow.catalog.plain_values import Refused, date_of, instant_of_text, shown
from workflow.clock import fixed
from workflow.engine import Actor, Item, Kind, Reason
from workflow.engine.administration import refusal_to_read_log
from workflow.engine.events import instant_of
from workflow.engine.visibility import scope_of
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.notices import Notice
from workflow.persistence.people import GivenPower
from workflow.queries.past import EFFECTIVE, RECORDED, entries_of, item_as_of, items_as_of
from workflow.queries.told import told_to
from workflow.services.inbox import Waiting, waiting_among
from workflow.services.office import Caller, Office
from workflow.values import replace

READINGS = (RECORDED, EFFECTIVE)
"""What had been written by then; what counted then, though it may have been written later."""


def instant_asked(office: Office, given: str, field: str = "as_of") -> datetime | Reason:
    """The instant that was typed (RFC 3339, or 20/10/2026 08:00 by the office's clock), no later than now."""
    try:
        at = instant_of(instant_of_text(_written(office, given), office.zone))
    except Refused as refused:
        return Reason(refused.fault.code, Kind.INPUT, {"field": field, **_texts(refused)})
    if at > office.clock.now():
        return Reason("instant_ahead", Kind.INPUT, {"field": field, "value": shown(given)})
    return at


def _written(office: Office, given: str) -> str:
    day, _space, hour = unicodedata.normalize("NFC", given).strip().rpartition(" ")
    if not day or "-" in day:
        return given
    try:
        spoken = time.fromisoformat(hour)
    except ValueError:
        return given
    on = date_of(day, office.clock.now().astimezone(office.zone).date())
    return datetime.combine(on, spoken).isoformat()


def _texts(refused: Refused) -> dict[str, str]:
    return {name: str(value) for name, value in refused.fault.params.items()}


def office_at(office: Office, at: datetime) -> Office:
    """The same office with its clock at `at`: what is told of then is told with the dates of then."""
    return replace(office, clock=fixed(at))


def item_then(uow: UnitOfWork, item: Item, at: datetime, by: str = RECORDED) -> Item:
    """The item, which the caller may read, as it stood at `at`; NotFound where it did not exist yet."""
    found = item_as_of(entries_of(uow, (item.id,)).get(item.id, ()), at, by)
    if found is None:
        raise NotFound("item", item.code)
    return found


def items_then(uow: UnitOfWork, caller: Caller, at: datetime, by: str = RECORDED) -> Iterator[Item] | Reason:
    """Every item as it stood at `at`, in the order of their making; the reason where the caller may not read the log.

    Where a mandate names units or workflows, what lay outside of it then is left out.
    """
    refusal = refusal_to_read_log(caller.actor)
    if refusal:
        return refusal
    scope = scope_of(caller.actor)
    found = items_as_of(uow, at, by)
    return found if scope.everything else filter(scope.covers, found)


@dataclass(frozen=True, slots=True)
class Stood:
    """How a person stood at a past instant: what waited for him with the moves he could make, and what he had been told of.

    The newest notice comes first; its `read_at` may lie after that instant.
    """

    actor: Actor
    waiting: tuple[Waiting, ...]
    told: tuple[Notice, ...]


def person_then(then: Office, uow: UnitOfWork, login: str, items: Iterable[Item]) -> Stood:
    """How the person with that login stood at the instant of the office's clock, among items as they stood then.

    NotFound for one who is unknown or whose account was locked then.
    """
    person = uow.people.by_login(login)
    if person is None:
        raise NotFound("person", login)
    at = then.clock.now()
    actor = uow.people.actor_then(person.id, at)
    told = tuple(told_to(uow, person.id, at))
    return Stood(actor, waiting_among(then, uow, items, actor), told)


def powers_then(uow: UnitOfWork, at: datetime) -> tuple[GivenPower, ...]:
    """The written powers that were in force at `at`, the newest first; one that was ended since is among them."""
    return tuple(
        power
        for power in uow.people.delegations()
        if power.from_at <= at < power.to_at and (power.ended_at is None or at < power.ended_at)
    )
