"""The request's spine: what an actor may do with an item, and doing it in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from workflow.errors import NotFound, ReusedKey, StaleItem, TwinRunning
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services import delegations
from workflow.services.commits import commit
from workflow.services.journal import fingerprint_of, record_refusal
from workflow.services.office import Caller, Office
from workflow.services.relatives import Act, RelativesRefused, carry_out, concerns_one_item, decided_alone
from workflow.values import Frozen, replace


class MoveRequest(Frozen):
    """`item` is an id or a code; `act` is perform, approve, reject, withdraw (a vote) or take_back (a request).

    `seen` is the revision the asker looked at; None skips that check (only the command line may). `bulk`: it is one of many
    that were asked for at once, which not every move allows.
    """

    item: str
    move: str
    act: str = "perform"
    inputs: Mapping[str, Any] = MappingProxyType({})
    comment: str | None = None
    seen: int | None = None
    bulk: bool = False


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
Fault = NotFound | StaleItem | ReusedKey | TwinRunning
"""What a request may come to without a decision."""


class MoveRefused(Exception):
    """Carries a refusal out of the unit of work, or a part of it, so that nothing of the try stays, not even the claimed key."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.move)
        self.refused = refused


def perform(office: Office, caller: Caller, request: MoveRequest) -> Outcome:
    """Make a move, a vote or a withdrawal.

    Raises NotFound (also where the asker may not read the item), StaleItem, ReusedKey, Busy; a refusal by a rule is a value.
    """
    outcome: Outcome = office.together.do(_perform_waiting, (office, caller, request))
    testify(office, request, outcome)
    return outcome


def _perform_waiting(waiting: Sequence[tuple[Office, Caller, MoveRequest]]) -> Sequence[Any]:
    """The outcome or the fault of each of those who wait to write in one process."""
    if len(waiting) == 1:
        return (_perform_alone(*waiting[0]),)
    office = waiting[0][0]
    with office.write() as uow:
        return perform_all(office, uow, [(caller, request) for _, caller, request in waiting], office.clock.now())


def _perform_alone(office: Office, caller: Caller, request: MoveRequest) -> Outcome:
    now = office.clock.now()
    try:
        with office.write() as uow:
            return perform_in(office, uow, caller, request, now)
    except MoveRefused as refusal:
        outcome = refusal.refused
        with office.write() as uow:
            record_refusal(uow, caller, outcome.item, outcome.move, outcome.reasons, now)
        return outcome


def testify(office: Office, request: MoveRequest, outcome: Outcome) -> None:
    """Tell the office's witness what became of a request, once its transaction is over."""
    workflow = outcome.definition.workflow
    if isinstance(outcome, Refused):
        office.witness(workflow, outcome.move, tuple(reason.code for reason in outcome.reasons))
    elif not outcome.replayed:
        office.witness(workflow, request.move, ())


def perform_all(
    office: Office, uow: UnitOfWork, asked: Sequence[tuple[Caller, MoveRequest]], now: datetime
) -> tuple[Outcome | Fault, ...]:
    """Do these requests in one unit of work, each as if it were alone; what became of each, in their order.

    What refuses or faults one leaves the others as they are; its refusal is written too. Of two requests for one item the later
    is done after the earlier. Busy where the database is held by somebody: then the whole unit is to be undone.
    """
    return _Batch(office, uow, asked, now).done()


def perform_in(office: Office, uow: UnitOfWork, caller: Caller, request: MoveRequest, now: datetime) -> Done:
    """One request within a unit of the caller's; MoveRefused carries the refusal, whose writing is the caller's too."""
    judged = _judged(office, uow, caller, request, uow.items.get(request.item), now)
    if isinstance(judged, Done):
        return judged
    try:
        after = carry_out(office, uow, caller, judged.act, judged.circumstances)
    except RelativesRefused as refusal:
        raise MoveRefused(judged.refused(refusal.reasons)) from None
    if caller.key is not None:
        uow.idempotency.finish(caller.actor.id, caller.key, _answer(after))
    return Done(after, judged.act.definition)


def _answer(after: Item) -> str:
    return f"{after.id} {after.revision}"


class _Judged(Frozen):
    """A request that the rules allow."""

    item: Item
    move: str
    act: Act
    circumstances: Circumstances

    def refused(self, reasons: tuple[Reason, ...]) -> Refused:
        return Refused(self.item, self.act.definition, self.move, reasons)


def _judged(
    office: Office, uow: UnitOfWork, caller: Caller, request: MoveRequest, stored: StoredItem, now: datetime
) -> _Judged | Done:
    """What the rules say of the request; Done where it was answered before. Its key is claimed, nothing else is written."""
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
    if request.bulk and not transition.bulk:
        alone = Reason("not_bulk", Kind.PRECONDITION, {"move": request.move})
        raise MoveRefused(Refused(item, definition, request.move, (alone,)))
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
    return _Judged(item, request.move, Act(definition, stored, decision, request.comment), circumstances)


class _Batch:
    """Requests that share a unit of work, judged in their order; what can be written together waits for as long as nobody looks."""

    def __init__(
        self, office: Office, uow: UnitOfWork, asked: Sequence[tuple[Caller, MoveRequest]], now: datetime
    ) -> None:
        self._office, self._uow, self._asked, self._now = office, uow, asked, now
        self._outcomes: dict[int, Outcome | Fault] = {}
        # By the id of its item: a second request for it looks at what became of it.
        self._waiting: dict[str, tuple[int, _Judged]] = {}

    def done(self) -> tuple[Outcome | Fault, ...]:
        held = self._uow.items.get_all(request.item for _, request in self._asked)
        for n, (_, request) in enumerate(self._asked):
            if request.item in held:
                self._take(n, held[request.item])
            else:
                self._fail(n, NotFound("item", request.item))
        self._write()
        return tuple(self._outcomes[n] for n in range(len(self._asked)))

    def _take(self, n: int, stored: StoredItem) -> None:
        item = stored.item
        if item.id in self._waiting or (self._waiting and self._looks_at_others(item, self._asked[n][1].move)):
            self._write()
        if not self._uow.items.is_current(stored):
            stored = self._uow.items.get(item.id)
        judged = self._judged(n, stored)
        if judged is None:
            return
        if concerns_one_item(judged.act.decision, item):
            self._waiting[item.id] = n, judged
        else:
            self._write()
            self._write_family(n, judged)

    def _looks_at_others(self, item: Item, move: str) -> bool:
        """Figures are held against what others reported."""
        transition = self._office.editions.of(item, self._uow).transitions.get(move)
        return transition is not None and bool(transition.checked)

    def _judged(self, n: int, stored: StoredItem) -> _Judged | None:
        """What may be done, or None where the outcome is known without."""
        caller, request = self._asked[n]
        try:
            judged = _judged(self._office, self._uow, caller, request, stored, self._now)
        except MoveRefused as refusal:
            self._refuse(n, refusal.refused)
        except (ReusedKey, TwinRunning) as fault:
            # The key is somebody else's, and stays so.
            self._outcomes[n] = fault
        except (NotFound, StaleItem) as fault:
            self._fail(n, fault)
        else:
            if isinstance(judged, _Judged):
                return judged
            self._outcomes[n] = judged
        return None

    def _write(self) -> None:
        """Write what waits to be written."""
        waiting, self._waiting = tuple(self._waiting.values()), {}
        if waiting:
            decided = (decided_alone(one.act, self._asked[n][0], one.circumstances) for n, one in waiting)
            for (n, one), item in zip(waiting, commit(self._uow, *decided), strict=True):
                self._finish(n, item, one)

    def _write_family(self, n: int, judged: _Judged) -> None:
        try:
            with self._uow.part():
                after = carry_out(self._office, self._uow, self._asked[n][0], judged.act, judged.circumstances)
        except RelativesRefused as refusal:
            self._refuse(n, judged.refused(refusal.reasons))
        else:
            self._finish(n, after, judged)

    def _finish(self, n: int, after: Item, judged: _Judged) -> None:
        caller = self._asked[n][0]
        if caller.key is not None:
            self._uow.idempotency.finish(caller.actor.id, caller.key, _answer(after))
        self._outcomes[n] = Done(after, judged.act.definition)

    def _refuse(self, n: int, refused: Refused) -> None:
        self._release(n)
        record_refusal(self._uow, self._asked[n][0], refused.item, refused.move, refused.reasons, self._now)
        self._outcomes[n] = refused

    def _fail(self, n: int, fault: NotFound | StaleItem) -> None:
        self._release(n)
        self._outcomes[n] = fault

    def _release(self, n: int) -> None:
        """Nothing is done for the request: its key may be used for another."""
        caller = self._asked[n][0]
        if caller.key is not None:
            self._uow.idempotency.release(caller.actor.id, caller.key)


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
