"""The request's spine: what an actor may do with an item, and doing it in one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflow.catalog.findings import nearest
from workflow.catalog.inputs import InputContext, InputError, load_inputs
from workflow.engine import (
    Accepted,
    Choice,
    Circumstances,
    Command,
    Decision,
    Definition,
    Item,
    Kind,
    Offer,
    Perform,
    Reason,
    TakeBack,
    Vote,
    decide,
    list_moves,
    offers_to,
)
from workflow.engine.definition import FieldType, Transition
from workflow.engine.item import Actor, Plain
from workflow.engine.permissions import givers_on
from workflow.engine.visibility import scope_of
from workflow.errors import NotFound, StaleItem
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services import delegations
from workflow.services.journal import fingerprint_of, record_refusal
from workflow.services.office import Caller, Office
from workflow.services.relatives import Act, RelativesRefused, carry_out
from workflow.values import Frozen, replace


class MoveRequest(Frozen):
    """`item` is an id or a code; `act` is perform, approve, reject, withdraw (a vote) or take_back (a request).

    `seen` is the revision the asker looked at; None skips that check (only the command line may).
    """

    item: str
    move: str
    act: str = "perform"
    inputs: Mapping[str, Any] = MappingProxyType({})
    comment: str | None = None
    seen: int | None = None


class Done(Frozen):
    """The item after the act; `replayed` when the same key had been answered before and nothing was done again."""

    item: Item
    definition: Definition
    replayed: bool = False


class Refused(Frozen):
    """Nothing was written but the refusal; `item` is as it stands. `reasons` holds all of them.

    A reason with a param `item` is that of another item, which the move would have changed too.
    """

    item: Item
    definition: Definition
    move: str
    reasons: tuple[Reason, ...]


Outcome = Done | Refused


class MoveRefused(Exception):
    """Carries a refusal out of the unit of work, or a part of it, so that nothing of the try stays, not even the claimed key."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.move)
        self.refused = refused


def perform(office: Office, caller: Caller, request: MoveRequest) -> Outcome:
    """Make a move, a vote or a withdrawal.

    Raises NotFound (also where the asker may not read the item), StaleItem, ReusedKey, Busy; a refusal by a rule is a value.
    """
    now = office.clock.now()
    outcome: Outcome
    try:
        with office.write() as uow:
            outcome = perform_in(office, uow, caller, request, now)
    except MoveRefused as refusal:
        outcome = refusal.refused
        with office.write() as uow:
            record_refusal(uow, caller, outcome.item, outcome.move, outcome.reasons, now)
    testify(office, request, outcome)
    return outcome


def testify(office: Office, request: MoveRequest, outcome: Outcome) -> None:
    """Tell the office's witness what became of a request, once its transaction is over."""
    workflow = outcome.definition.workflow
    if isinstance(outcome, Refused):
        office.witness(workflow, outcome.move, tuple(reason.code for reason in outcome.reasons))
    elif not outcome.replayed:
        office.witness(workflow, request.move, ())


def perform_in(office: Office, uow: UnitOfWork, caller: Caller, request: MoveRequest, now: datetime) -> Done:
    """The same within a unit of the caller's; MoveRefused carries the refusal, whose writing is the caller's too."""
    stored = uow.items.get(request.item)
    item = stored.item
    if not scope_of(caller.actor).covers(item):
        raise NotFound("item", request.item)
    definition = office.editions.of(item, uow)
    if caller.key is not None:
        asked = (request.item, request.move, request.act, request.inputs, request.comment, caller.actor.acting_for)
        print_ = fingerprint_of(*asked)
        if uow.idempotency.claim(caller.actor.id, caller.key, print_, now) is not None:
            return Done(item, definition, replayed=True)
    if request.seen is not None and request.seen != item.revision:
        raise StaleItem(item.id, request.seen, item.revision)
    transition = transition_named(definition, request.move)
    circumstances = office.around(uow, definition, now)
    command, errors = command_of(uow, definition, transition, item, request, caller.actor, circumstances)
    reasons = errors
    decision = decide(definition, item, command, circumstances)
    if not isinstance(decision, Accepted):
        reasons = delegations.explained(uow, caller.actor, _merged(errors, decision.reasons), now)
    elif decision.delegation and (over := delegations.refusal_to_use(uow, decision.delegation, now)):
        # The actor was read before this transaction began; the power may have been ended since.
        reasons = (over, *errors)
    if reasons or not isinstance(decision, Accepted):
        raise MoveRefused(Refused(item, definition, request.move, reasons))
    try:
        after = carry_out(office, uow, caller, Act(definition, stored, decision, request.comment), circumstances)
    except RelativesRefused as refusal:
        raise MoveRefused(Refused(item, definition, request.move, refusal.reasons)) from None
    if caller.key is not None:
        uow.idempotency.finish(caller.actor.id, caller.key, f"{after.id} {after.revision}")
    return Done(after, definition)


def transition_named(definition: Definition, move: str) -> Transition:
    """The transition; NotFound with the nearest name."""
    found = definition.transitions.get(move)
    if found is None:
        raise NotFound("move", move, nearest(move, definition.transitions))
    return found


def command_of(
    uow: UnitOfWork,
    definition: Definition,
    transition: Transition,
    item: Item,
    request: MoveRequest,
    actor: Actor,
    circumstances: Circumstances,
) -> tuple[Command, tuple[Reason, ...]]:
    comment = (request.comment or "").strip() or None
    if request.act == "take_back":
        return TakeBack(actor, request.move, comment), ()
    if request.act != "perform":
        return Vote(actor, request.move, Choice(request.act), comment), ()
    loaded = load_inputs(definition, transition.inputs, request.inputs, input_context(uow, circumstances))
    errors = tuple(reason_of(error) for error in loaded.errors)
    errors += unknown_files(uow, definition, item, loaded.values)
    return Perform(actor, request.move, loaded.values, comment), errors


def input_context(uow: UnitOfWork, circumstances: Circumstances) -> InputContext:
    return InputContext(
        today=circumstances.today.date(),
        person_id=uow.people.id_of_login,
        unit_exists=uow.people.unit_exists,
    )


def reason_of(error: InputError) -> Reason:
    return Reason(error.code, Kind.INPUT, {"field": error.field, **error.params})


def unknown_files(
    uow: UnitOfWork, definition: Definition, item: Item, values: Mapping[str, Plain]
) -> tuple[Reason, ...]:
    """A reason for each attachment that was not uploaded to this very item.

    What a correction took over from the report it replaces may stay where it stands.
    """
    named = tuple(_named_in(definition, values))
    if not named:
        return ()
    known = {*uow.files.of_item(item.id), *(sha for sha, _where in _named_in(definition, item.fields))}
    return tuple(
        Reason("file_unknown", Kind.INPUT, {"value": sha, **where}) for sha, where in named if sha not in known
    )


def _named_in(definition: Definition, values: Mapping[str, Plain]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, value in values.items():
        if isinstance(value, tuple) and name in definition.fields:
            yield from _files_in(definition, name, value)


def _files_in(definition: Definition, name: str, value: tuple[object, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The files that a value names, and where: its field, and the indicator whose evidence one is."""
    kind = definition.fields[name].type
    if kind is FieldType.ATTACHMENTS:
        yield from ((str(sha), {"field": name}) for sha in value)
    elif kind is FieldType.FIGURES:
        for row in value:
            if isinstance(row, Mapping):
                where = {"field": name, "indicator": str(row.get("indicator", ""))}
                yield from ((str(sha), where) for sha in row.get("evidence", ()))


def _merged(errors: tuple[Reason, ...], reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """All reasons at once; a field whose value could not be read is not called missing as well."""
    unreadable = {reason.params.get("field") for reason in errors}
    rest = [r for r in reasons if not (r.code == "input_missing" and r.params.get("field") in unreadable)]
    authority = [r for r in rest if r.kind in (Kind.STATE, Kind.AUTHORITY)]
    return (*authority, *errors, *(r for r in rest if r not in authority))


def offers(office: Office, uow: UnitOfWork, definition: Definition, item: Item, actor: Actor) -> tuple[Offer, ...]:
    """Every move out of the item's state as it stands for `actor`: the same `decide` that will judge the act.

    What he may do only as somebody's substitute is offered in that person's name.
    """
    circumstances = office.around(uow, definition)
    return offers_to(definition, item, actor, circumstances)


def names_to_act_in(
    office: Office, uow: UnitOfWork, definition: Definition, item: Item, actor: Actor, wanted: tuple[str, str]
) -> tuple[str | None, ...]:
    """In whose name the actor may make the move (its name and act) now: None is his own, else the id of a giver."""
    circumstances = office.around(uow, definition)
    found = [
        offer.acting_for
        for giver in (None, *givers_on(actor, item))
        for offer in list_moves(definition, item, replace(actor, acting_for=giver), circumstances)
        if offer.allowed and (offer.move, offer.act) == wanted
    ]
    return tuple(dict.fromkeys(found))


def would_decide(office: Office, uow: UnitOfWork, stored: StoredItem, command: Command) -> Decision:
    """What `decide` says, without doing it: for reviews before a bulk act."""
    definition = office.editions.of(stored.item, uow)
    return decide(definition, stored.item, command, office.around(uow, definition))
