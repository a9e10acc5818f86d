"""What a move would lead to, asked with what is typed so far. Nothing is written, not even that somebody asked."""

from dataclasses import dataclass

from workflow.engine import Definition, Item, Reason, Rejected
from workflow.engine.parties import Party, waited_for, who_may
from workflow.engine.preview import Preview, preview
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services.items import readable
from workflow.services.moves import MoveRequest, command_of, transition_named
from workflow.services.office import Caller, Office


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`found` is Rejected where the act would be refused, whatever is still typed."""

    item: Item
    definition: Definition
    found: Preview | Rejected


def foresee(office: Office, uow: UnitOfWork, caller: Caller, request: MoveRequest) -> Foreseen:
    """NotFound as for the move itself. The version seen is not asked for: what is shown is told of the item as it is."""
    return foresee_stored(office, uow, caller, readable(uow, caller, request.item), request)


def foresee_stored(
    office: Office, uow: UnitOfWork, caller: Caller, stored: StoredItem, request: MoveRequest
) -> Foreseen:
    """The same of an item that the caller has read already."""
    item = stored.item
    definition = office.editions.of(item, uow)
    transition = transition_named(definition, request.move)
    circumstances = office.around(uow, definition)
    command, errors = command_of(uow, definition, transition, item, request, caller.actor, circumstances)
    found = preview(definition, item, command, circumstances)
    return Foreseen(item, definition, _with_errors(found, errors))


def _with_errors(found: Preview | Rejected, errors: tuple[Reason, ...]) -> Preview | Rejected:
    """A value that cannot be read hides no refusal, and what follows from it cannot be told."""
    if not errors:
        return found
    reasons = found.reasons if isinstance(found, Rejected) else ()
    return Rejected((*reasons, *errors))


def waits(office: Office, uow: UnitOfWork, definition: Definition, item: Item) -> tuple[Party, ...]:
    """Whom the item waits for now, by name."""
    return waited_for(definition, item, office.around(uow, definition))


def who_could(office: Office, uow: UnitOfWork, definition: Definition, item: Item) -> dict[str, tuple[Party, ...]]:
    """For each step out of the item's state, who could take it now, by name."""
    circumstances = office.around(uow, definition)
    return {
        transition.name: who_may(definition, item, transition, circumstances)
        for transition in definition.leaving(item.state)
    }
