"""What an actor can do now: the list, the badge and the mail all ask here, and here `offers_to` is asked."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.engine import Actor, Definition, Item, Offer, offers_to
from workflow.engine.deadlines import is_unanswered
from workflow.engine.definition import OVER
from workflow.engine.visibility import scope_of
from workflow.persistence import UnitOfWork
from workflow.queries.matching import waits
from workflow.queries.worklist import awaited, due_first, waiting_for
from workflow.services.office import Office
from workflow.services.overrides import to_decide


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that waits for the actor, with the moves he may make now (at least one)."""

    item: Item
    definition: Definition
    offers: tuple[Offer, ...]

    @property
    def is_unanswered(self) -> bool:
        """Whether he was reminded of it in vain: a request or a difficulty that lies too long."""
        return is_unanswered(self.definition, self.item)

    @property
    def is_over(self) -> bool:
        """Whether nobody works on it any more, as where it only waits to be confirmed: its date is met or missed already."""
        return self.definition.states[self.item.state].group in OVER


def waiting(office: Office, uow: UnitOfWork, actor: Actor) -> tuple[Waiting, ...]:
    """The open items that wait for the actor, or for somebody whose power he holds, and on which he may act.

    What he was reminded of in vain and has no date to be late by comes first, then the longest due.
    """
    return _actionable(office, uow, waiting_for(uow, actor), actor)


def waiting_among(office: Office, uow: UnitOfWork, items: Iterable[Item], actor: Actor) -> tuple[Waiting, ...]:
    """The same of items that are at hand, at the instant of the office's clock: what a person's page showed at a past one."""
    scope, names = scope_of(actor), awaited(actor)
    his = (item for item in items if scope.covers(item) and waits(names, office.editions.of(item, uow), item))
    return _actionable(office, uow, sorted(his, key=due_first), actor)


def _actionable(office: Office, uow: UnitOfWork, items: Iterable[Item], actor: Actor) -> tuple[Waiting, ...]:
    directory, measures = uow.people.directory(office.clock.now()), office.measures(uow)
    found: list[Waiting] = []
    for item in items:
        definition = office.editions.of(item, uow)
        circumstances = office.circumstances(definition, directory, measures)
        allowed = tuple(offer for offer in offers_to(definition, item, actor, circumstances) if offer.allowed)
        if allowed:
            found.append(Waiting(item, definition, allowed))
    found.sort(key=_unanswered_first)
    return tuple(found)


def _unanswered_first(one: Waiting) -> bool:
    return not one.is_unanswered


class Badge:
    """Counts what waits for each person, and counts again only once something was written or the day changed."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._known: dict[str, tuple[tuple[str, str], int]] = {}

    def count(self, uow: UnitOfWork, actor: Actor) -> int:
        """How many rows the actor's inbox has. One statement where nothing changed since the last question."""
        day = self._office.clock.now().astimezone(self._office.zone).date().isoformat()
        state = (uow.audit.newest_mark(), day)
        known = self._known.get(actor.id)
        if known is None or known[0] != state:
            known = self._known[actor.id] = (
                state,
                len(waiting(self._office, uow, actor)) + len(to_decide(uow, actor)),
            )
        return known[1]
