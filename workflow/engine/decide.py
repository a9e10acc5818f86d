"""`decide` and `list_moves`: the one answer for page, API, command, bulk, mail link and clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workflow.engine import approval
from workflow.engine.apply import fold
from workflow.engine.circumstances import Circumstances
from workflow.engine.commands import Choice, Command, CreateItem, Perform, TakeBack, Vote
from workflow.engine.conditions import cel_value
from workflow.engine.deadlines import bounds_after, due_of, dues_of, is_overdue
from workflow.engine.decision import Accepted, Decision, Kind, Offer, Reason, Rejected
from workflow.engine.definition import (
    COMMENT,
    SAME,
    Condition,
    Definition,
    Signal,
    Spawn,
    Step,
    Target,
    Transition,
    WhoKind,
)
from workflow.engine.effects import Consequence, consequences, signals_its_parent, written
from workflow.engine.events import (
    EpisodeEnded,
    EpisodeOpened,
    EpisodeRecorded,
    Event,
    FieldChanged,
    ItemCreated,
    RequestAmended,
    RequestClosed,
    RequestOpened,
    Transitioned,
    UnitChanged,
    Voted,
    VoteWithdrawn,
)
from workflow.engine.item import EMPTY, SYSTEM_ACTOR, Actor, Ballot, Doer, Item, Plain, Request
from workflow.engine.machine import Rules, rules_of
from workflow.engine.permissions import Capacity, FourEyes, authorise, givers_on, roles_of
from workflow.engine.workdays import CalendarYearMissing
from workflow.values import replace

_NO_RULE = FourEyes((), (), None)


@dataclass(slots=True)
class Question:
    """One actor before one item: what every rule of this decision looks at."""

    definition: Definition
    item: Item
    actor: Actor
    circumstances: Circumstances
    rules: Rules = field(init=False)
    _facts: dict[str, Any] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.rules = rules_of(self.definition)

    def facts(self, inputs: Mapping[str, Plain]) -> Mapping[str, Any]:
        """The values of every variable a condition may name, with `inputs` merged in."""
        if self._facts is None:
            self._facts = self._item_facts()
        if not inputs:
            return self._facts
        given = {
            name: cel_value(self.definition.fields[name].type, value, self.circumstances.zone)
            for name, value in inputs.items()
            if value is not None and name in self.definition.fields
        }
        filled = sorted({*self._facts["filled"], *given})
        return {**self._facts, **given, "filled": filled}

    def _item_facts(self) -> dict[str, Any]:
        item, zone, declared = self.item, self.circumstances.zone, self.definition.fields
        facts: dict[str, Any] = {
            name: cel_value(declared[name].type, value, zone)
            for name, value in item.fields.items()
            if value is not None and name in declared
        }
        facts["filled"] = list(facts)
        facts["state"] = item.state
        facts["today"] = self.circumstances.today
        facts["now"] = self.circumstances.now
        facts["overdue"] = is_overdue(item.due_at, self.circumstances.now)
        facts["actor.id"] = self.actor.id
        facts["actor.unit"] = self.actor.unit or ""
        facts["actor.roles"] = sorted(roles_of(self.actor))
        facts["item.unit"] = item.unit
        facts["item.created_by"] = item.created_by
        facts["item.open_children"] = item.open_children
        facts["last"] = {move: doer.person for move, doer in item.last.items()}
        return facts


class Attempt:
    """One try at one move: collects every reason, remembers what each condition said. The machine's judge.

    A `trial` has no inputs yet: rules that look at an input still to come are left open instead of refusing.
    """

    __slots__ = (
        "_permitted",
        "_transition",
        "_trial",
        "capacity",
        "comment",
        "conditions",
        "inputs",
        "question",
        "reasons",
        "uncertain",
    )

    def __init__(
        self,
        question: Question,
        transition: Transition,
        inputs: Mapping[str, Plain],
        comment: str | None,
        *,
        capacity: Capacity | None = None,
        trial: bool = False,
    ) -> None:
        self.question = question
        self._transition = transition
        self.inputs = inputs
        self.comment = comment
        self.capacity = capacity
        self._trial = trial
        self.reasons: list[Reason] = []
        self.conditions: list[tuple[int, bool]] = []
        self.uncertain = False
        self._permitted: bool | None = None

    def permits(self) -> bool:
        if self._permitted is None:
            self._judge()
            self._permitted = not self.reasons
        return self._permitted

    def chooses(self, target: Target) -> bool:
        if target.condition is None:
            return True
        program = self.question.rules.program(target.condition)
        if self._trial and program.reads & self._ungiven():
            self.uncertain = True
            return False
        return program.holds(self.question.facts(self.inputs))

    def _ungiven(self) -> set[str]:
        return set(self._transition.inputs) - set(self.inputs)

    def _judge(self) -> None:
        self._authority()
        if not self._trial:
            self._inputs()
        self._state_rules()
        open_names = self._ungiven() if self._trial else set(self._transition.require) - set(self.inputs)
        for index, condition in enumerate(self._transition.when):
            self._condition(index, condition, open_names)
        for name in self._transition.checked:
            self._check(name)

    def _authority(self) -> None:
        if self.capacity is not None:
            return
        move, question = self._transition, self.question
        # On a gated move the four-eyes rules bind the voters; the proposer only has to be one who may propose.
        rule = _NO_RULE if move.gate else FourEyes(move.distinct_from, move.distinct_unit_from, move.nobody_left)
        found = authorise(move.starters, rule, question.actor, question.item, question.circumstances.directory)
        if isinstance(found, Reason):
            self.reasons.append(found)
        else:
            self.capacity = found

    def _inputs(self) -> None:
        move = self._transition
        for name in move.require:
            given = self.comment if name == COMMENT else self.inputs.get(name)
            if given is None or given in ("", ()):
                self.reasons.append(Reason("input_missing", Kind.INPUT, {"field": name}))
        for name in self.inputs:
            if name not in move.inputs:
                self.reasons.append(Reason("unknown_input", Kind.INPUT, {"field": name, "move": move.name}))

    def _state_rules(self) -> None:
        item, states = self.question.item, self.question.definition.states
        for name in self.inputs:
            if name in states[item.state].freeze:
                self.reasons.append(Reason("frozen", Kind.PRECONDITION, {"field": name, "state": item.state}))

    def _condition(self, index: int, condition: Condition, open_names: set[str]) -> None:
        program = self.question.rules.program(condition)
        if program.reads & open_names:
            return
        holds = program.holds(self.question.facts(self.inputs))
        self.conditions.append((index, holds))
        if not holds:
            kind = Kind.AUTHORITY if "actor" in program.reads else Kind.PRECONDITION
            params = {"move": self._transition.name, "index": str(index)}
            self.reasons.append(Reason("condition_failed", kind, params, condition.otherwise))

    def _check(self, name: str) -> None:
        item = self.question.item
        if self._trial and name in self._ungiven():
            return
        rows = self.inputs.get(name, item.fields.get(name))
        self.reasons.extend(self.question.circumstances.measures.against(item, name, rows))


def decide(definition: Definition, item: Item | None, command: Command, circumstances: Circumstances) -> Decision:
    """What follows from `command`, or every reason why not; KeyError for a move the definition does not know.

    `item` is None for CreateItem and only then.
    """
    if isinstance(command, CreateItem):
        return _create(definition, command, circumstances)
    if item is None:
        raise ValueError("only CreateItem does without an item")
    try:
        return _decided(Question(definition, item, command.actor, circumstances), command)
    except CalendarYearMissing as fault:
        # A pause cannot be counted over days that nobody has entered yet: the move waits for the calendar.
        return Rejected((Reason("calendar_year_missing", Kind.PRECONDITION, {"year": str(fault.year)}),))


def _decided(question: Question, command: Perform | Vote | TakeBack) -> Decision:
    transition = question.definition.transitions[command.move]
    if isinstance(command, Vote):
        return _vote(question, transition, command)
    if isinstance(command, TakeBack):
        return _take_back(question, transition)
    refusal = _not_from_here(question, transition)
    if refusal:
        return Rejected((refusal,))
    return _propose(question, transition, command) if transition.gate else _perform(question, transition, command)


def list_moves(definition: Definition, item: Item, actor: Actor, circumstances: Circumstances) -> tuple[Offer, ...]:
    """Every move out of the item's state that people make, as it stands for this actor: `decide` on a draft."""
    question = Question(definition, item, actor, circumstances)
    offers: list[Offer] = []
    for transition in definition.leaving(item.state):
        if not may_be_started_by_people(transition) or _not_from_here(question, transition):
            continue
        request = item.request(transition.name)
        if request is None:
            offers.append(_offer(question, transition))
        else:
            offers.extend(_request_offers(question, transition, request))
    return tuple(offers)


def offers_to(definition: Definition, item: Item, actor: Actor, circumstances: Circumstances) -> tuple[Offer, ...]:
    """The same, each move in the name in which the actor may make it: his own first, else that of whoever gave him a power.

    Who says already for whom he acts is offered what he may do in that name.
    """
    own = list_moves(definition, item, actor, circumstances)
    if actor.acting_for is not None:
        return own
    lent = [
        offer
        for giver in givers_on(actor, item)
        for offer in list_moves(definition, item, replace(actor, acting_for=giver), circumstances)
    ]
    return tuple(chosen for offer in own for chosen in _in_whose_name(offer, lent))


def _in_whose_name(own: Offer, lent: Iterable[Offer]) -> tuple[Offer, ...]:
    if not _is_somebody_elses(own):
        return (own,)
    same = [offer for offer in lent if (offer.move, offer.act) == (own.move, own.act)]
    allowed = tuple(offer for offer in same if offer.allowed)
    return allowed or (next((offer for offer in same if not _is_somebody_elses(offer)), own),)


def _is_somebody_elses(offer: Offer) -> bool:
    return any(reason.kind is Kind.AUTHORITY for reason in offer.reasons)


def _offer(question: Question, transition: Transition) -> Offer:
    attempt = Attempt(question, transition, EMPTY, None, trial=True)
    # The machine would ask the attempt first of all; most moves of a list are refused, and need no machine for it.
    state = question.rules.run(transition, question.item.state, attempt) if attempt.permits() else None
    # A gated move leaves the item where it is until the votes suffice: what is shown is where it will lead.
    target = None if attempt.uncertain else state
    acting_for = attempt.capacity.acting_for if attempt.capacity else None
    return Offer(transition.name, "perform", not attempt.reasons, tuple(attempt.reasons), target, acting_for)


def _request_offers(question: Question, transition: Transition, request: Request) -> Iterable[Offer]:
    found = _seat(question, transition, request)
    if isinstance(found, Reason):
        yield Offer(transition.name, "vote", False, (found,))
    else:
        yield Offer(transition.name, "vote", True, acting_for=found.capacity.acting_for)
    if question.actor.id == request.proposer.person:
        # Who proposed under a power that is over since may take it back, no more.
        yield replace(_offer(question, transition), act="amend", target=None)
        yield Offer(transition.name, "take_back", True)


def drafted(
    definition: Definition, item: Item, command: Perform, circumstances: Circumstances
) -> tuple[Event, ...] | None:
    """The events that `command` would cause if what it still asks for were given; None where they hang on just that."""
    question = Question(definition, item, command.actor, circumstances)
    transition = definition.transitions[command.move]
    attempt = Attempt(question, transition, command.inputs, command.comment, trial=True)
    target = question.rules.run(transition, item.state, attempt)
    if target is None or attempt.capacity is None:
        return None
    doer = _doer(command.actor, attempt.capacity)
    if transition.gate:
        asked = RequestOpened(transition.name, doer, circumstances.now, command.inputs)
        return () if item.request(transition.name) else (asked,)
    try:
        return None if attempt.uncertain else _moved(question, transition, target, command.inputs, doer, doer.person)
    except CalendarYearMissing:
        return None


def steps_that_count(
    definition: Definition, item: Item, request: Request, circumstances: Circumstances
) -> tuple[Step, ...]:
    """The steps of an open request's gate that apply to it."""
    transition = definition.transitions[request.move]
    return _steps(Question(definition, item, SYSTEM_ACTOR, circumstances), transition, request)


def _not_from_here(question: Question, transition: Transition) -> Reason | None:
    item, definition = question.item, question.definition
    state = definition.states[item.state]
    params = {"move": transition.name, "state": item.state}
    if item.state not in transition.sources:
        return Reason("not_from_here", Kind.STATE, params)
    if state.final and not transition.reopens and any(t.state != SAME for t in transition.targets):
        return Reason("final_state", Kind.STATE, params)
    return None


def _perform(question: Question, transition: Transition, command: Perform) -> Decision:
    attempt = Attempt(question, transition, command.inputs, command.comment)
    target = question.rules.run(transition, question.item.state, attempt)
    if target is None or attempt.capacity is None:
        return Rejected(tuple(attempt.reasons), tuple(attempt.conditions))
    doer = _doer(question.actor, attempt.capacity)
    events = _moved(question, transition, target, command.inputs, doer, doer.person, command.effective_at)
    asked = _asked_of_others(question, transition, events, command.inputs, command.comment)
    return _accepted(events, attempt.capacity, attempt, asked)


def _accepted(
    events: tuple[Event, ...],
    found: Capacity,
    attempt: Attempt | None = None,
    asked: tuple[Consequence, ...] = (),
) -> Accepted:
    conditions = tuple(attempt.conditions) if attempt else ()
    return Accepted(events, conditions, str(found.who), found.delegation, asked)


def _asked_of_others(
    question: Question,
    transition: Transition,
    events: tuple[Event, ...],
    inputs: Mapping[str, Plain],
    comment: str | None,
) -> tuple[Consequence, ...]:
    """What the move, which led to `events`, asks of the items above and below."""
    if not any(isinstance(effect, Spawn | Signal) for effect in transition.effects):
        return ()
    after = fold(question.item, events)
    return consequences(question.definition, after, transition.effects, {**inputs, COMMENT: comment})


def _doer(actor: Actor, found: Capacity) -> Doer:
    return Doer(actor.id, actor.unit, found.acting_for)


def _moved(
    question: Question,
    transition: Transition,
    target: str,
    inputs: Mapping[str, Plain],
    doer: Doer,
    author: str,
    effective_at: datetime | None = None,
) -> tuple[Event, ...]:
    """The events of a move that was decided; `author` is whose words the inputs are."""
    definition, item, now = question.definition, question.item, question.circumstances.now
    writes = written(definition, item, transition.effects, inputs, now)
    changed: list[Event] = [
        FieldChanged(name, item.fields.get(name), value)
        for name, value in writes.fields.items()
        if item.fields.get(name) != value
    ]
    if writes.unit and writes.unit != item.unit:
        changed.append(UnitChanged(item.unit, writes.unit))
    moved = Transitioned(transition.name, item.state, target, doer, now)
    recorded = _recorded(definition, item, changed, author, now)
    lateness = lateness_of(definition, item, target, transition.name, now, effective_at)
    due = _due_changes(question, changed, target)
    overtaken = overtaken_by(definition, item, target, now, transition.name)
    return (*changed, moved, *due, *recorded, *lateness, *overtaken)


def _recorded(definition: Definition, item: Item, changed: list[Event], author: str, now: datetime) -> list[Event]:
    """What of the changes belongs into the open episode: cause, plan, date and person (the dispatch, s6.2 and s6.3)."""
    episode = next((late for late in item.episodes if late.ended_at is None), None)
    if episode is None:
        return []
    return [
        EpisodeRecorded(episode.n, change.field, change.new, author, now)
        for change in changed
        if isinstance(change, FieldChanged) and change.field in definition.episode_record and change.new is not None
    ]


def lateness_of(
    definition: Definition, item: Item, target: str, cause: str, now: datetime, effective_at: datetime | None = None
) -> list[Event]:
    """The episodes that end and begin when the item goes to `target`; `cause` names the move, or what else took it there."""
    was, will = definition.states[item.state].overdue, definition.states[target].overdue
    # A plan whose own date passed ends its episode and opens the next: two failures are two facts.
    broken = was and will and effective_at is not None
    events: list[Event] = []
    episode = next((late for late in item.episodes if late.ended_at is None), None)
    if episode and (not will or broken):
        events.append(EpisodeEnded(episode.n, effective_at if broken and effective_at else now, cause))
    if will and (broken or not was):
        due = item.due_at if item.due_at and item.due_at <= now else now
        # The same deadline may make an item late again: what an earlier stretch has counted is not counted twice.
        counted = (late.ended_at for late in item.episodes if late.ended_at)
        since = max((effective_at or due, *counted))
        events.append(EpisodeOpened(len(item.episodes) + 1, since, now, item.unit))
    return events


def overtaken_by(
    definition: Definition, item: Item, target: str, now: datetime, move: str | None = None
) -> list[Event]:
    """The open requests, but that for `move`, that end because their move does not start in `target`."""
    return [
        RequestClosed(request.move, "overtaken", now)
        for request in item.requests
        if request.move != move and target not in definition.transitions[request.move].sources
    ]


def _due_changes(question: Question, changed: list[Event], target: str) -> Iterable[Event]:
    definition, zone = question.definition, question.circumstances.zone
    news = {change.field: change.new for change in changed if isinstance(change, FieldChanged)}
    dates = {
        name: due_of(definition, deadline, news, zone)
        for name, deadline in definition.deadlines.items()
        if deadline.base in news
    }
    return bounds_after(definition, question.item, target, dates, question.circumstances)


def _propose(question: Question, transition: Transition, command: Perform) -> Decision:
    request = question.item.request(transition.name)
    attempt = Attempt(question, transition, command.inputs, command.comment)
    if request is not None and request.proposer.person != question.actor.id:
        return Rejected((Reason("request_open", Kind.STATE, {"move": transition.name}),))
    target = question.rules.run(transition, question.item.state, attempt)
    if target is None or attempt.capacity is None:
        return Rejected(tuple(attempt.reasons), tuple(attempt.conditions))
    now, doer = question.circumstances.now, _doer(question.actor, attempt.capacity)
    inputs = _proposed(transition, command)
    opened: Event
    if request is None:
        opened = RequestOpened(transition.name, doer, now, inputs)
    else:
        opened = RequestAmended(transition.name, now, inputs, _dismisses(transition, request, inputs))
    return _accepted((opened,), attempt.capacity, attempt)


def _proposed(transition: Transition, command: Perform) -> Mapping[str, Plain]:
    """The inputs of a request. A comment that the move asks for is one of them: when the gate opens, nobody gives it anew."""
    if COMMENT in transition.inputs and command.comment:
        return {**command.inputs, COMMENT: command.comment}
    return command.inputs


def _dismisses(transition: Transition, request: Request, inputs: Mapping[str, Plain]) -> bool:
    watched = transition.gate.dismiss_when_changed if transition.gate else ()
    return any(request.inputs.get(name) != inputs.get(name) for name in watched)


def _steps(question: Question, transition: Transition, request: Request) -> tuple[Step, ...]:
    facts = question.facts(request.inputs)

    def applies(step: Step) -> bool:
        return step.condition is None or question.rules.program(step.condition).holds(facts)

    return approval.steps_of(transition.gate, applies) if transition.gate else ()


def _seat(question: Question, transition: Transition, request: Request) -> approval.Seat | Reason:
    if transition.gate is None:
        return Reason("no_open_request", Kind.STATE, {"move": transition.name})
    steps = _steps(question, transition, request)
    return approval.seat(
        transition.gate, request, steps, question.actor, question.item, question.circumstances.directory
    )


def _vote(question: Question, transition: Transition, command: Vote) -> Decision:
    request = question.item.request(transition.name)
    if request is None:
        return Rejected((Reason("no_open_request", Kind.STATE, {"move": transition.name}),))
    if command.vote is Choice.WITHDRAW:
        return _withdraw_vote(question, transition, request)
    found = _seat(question, transition, request)
    if isinstance(found, Reason):
        return Rejected((found,))
    now, doer = question.circumstances.now, _doer(question.actor, found.capacity)
    vote = Voted(transition.name, found.step.id, command.vote.value, doer, now)
    if command.vote is Choice.REJECT:
        return _rejected(question, transition, vote, found.capacity, command.comment)
    return _approved(question, transition, request, vote, found.capacity, command.comment)


def _withdraw_vote(question: Question, transition: Transition, request: Request) -> Decision:
    ballot = next((vote for vote in request.votes if vote.doer.person == question.actor.id), None)
    if ballot is None:
        return Rejected((Reason("not_voted", Kind.STATE, {"move": transition.name}),))
    return Accepted((VoteWithdrawn(transition.name, ballot.doer, question.circumstances.now),))


def _rejected(
    question: Question, transition: Transition, vote: Voted, found: Capacity, comment: str | None
) -> Decision:
    closed = RequestClosed(transition.name, "rejected", vote.at)
    on_reject = transition.gate.on_reject if transition.gate else "stay"
    if on_reject == "stay":
        return _accepted((vote, closed), found)
    following = question.definition.transitions[on_reject]
    refusal = _not_from_here(question, following)
    if refusal:
        return Rejected((refusal,))
    attempt = Attempt(question, following, EMPTY, comment, capacity=found)
    target = question.rules.run(following, question.item.state, attempt)
    if target is None:
        return Rejected(tuple(attempt.reasons))
    events = (vote, closed, *_moved(question, following, target, EMPTY, vote.doer, vote.doer.person))
    return _accepted(events, found, attempt, _asked_of_others(question, following, events, EMPTY, comment))


def _approved(
    question: Question, transition: Transition, request: Request, vote: Voted, found: Capacity, comment: str | None
) -> Decision:
    counted = replace(request, votes=(*request.votes, Ballot(vote.step, vote.doer, vote.at)))
    if not approval.is_open(counted, _steps(question, transition, request)):
        return _accepted((vote,), found)
    inputs = {name: value for name, value in request.inputs.items() if name != COMMENT}
    said = str(request.inputs[COMMENT]) if COMMENT in request.inputs else comment
    attempt = Attempt(question, transition, inputs, said, capacity=found)
    target = question.rules.run(transition, question.item.state, attempt)
    if target is None:
        return Rejected(tuple(attempt.reasons), tuple(attempt.conditions))
    closed = RequestClosed(transition.name, "opened", vote.at)
    moved = _moved(question, transition, target, inputs, vote.doer, request.proposer.person)
    events = (vote, closed, *moved)
    return _accepted(events, found, attempt, _asked_of_others(question, transition, events, inputs, said))


def _take_back(question: Question, transition: Transition) -> Decision:
    request = question.item.request(transition.name)
    if request is None:
        return Rejected((Reason("no_open_request", Kind.STATE, {"move": transition.name}),))
    if question.actor.id not in request.proposer.people:
        return Rejected((Reason("not_proposer", Kind.AUTHORITY, {"move": transition.name}),))
    return Accepted((RequestClosed(transition.name, "withdrawn", question.circumstances.now),))


def _create(definition: Definition, command: CreateItem, circumstances: Circumstances) -> Decision:
    now = circumstances.now
    draft = Item(
        id=command.item_id,
        code=command.code,
        workflow=definition.workflow,
        version=definition.version,
        fingerprint=definition.fingerprint,
        revision=0,
        state=definition.initial.name,
        unit=command.unit,
        created_by=command.actor.id,
        created_at=now,
        entered_at=now,
        fields=command.fields,
        parent=command.parent,
    )
    found = authorise(definition.create.by, _NO_RULE, command.actor, draft, circumstances.directory)
    reasons = _create_refusals(definition, command)
    if isinstance(found, Reason):
        return Rejected((found, *reasons))
    if reasons:
        return Rejected(reasons)
    created = ItemCreated(
        command.item_id,
        command.code,
        definition.workflow,
        definition.version,
        definition.fingerprint,
        command.unit,
        definition.initial.name,
        command.actor.id,
        now,
        command.parent,
    )
    changed = [FieldChanged(name, None, value) for name, value in command.fields.items() if value is not None]
    dues = dues_of(definition, command.fields, circumstances.zone)
    bounds = bounds_after(definition, draft, draft.state, dues, circumstances)
    events: tuple[Event, ...] = (created, *changed, *bounds)
    return Accepted(events, role=str(found.who), delegation=found.delegation)


def _create_refusals(definition: Definition, command: CreateItem) -> tuple[Reason, ...]:
    create = definition.create
    reasons = [
        Reason("input_missing", Kind.INPUT, {"field": name})
        for name in create.require
        if command.fields.get(name) in {None, "", ()}
    ]
    reasons.extend(
        Reason("unknown_input", Kind.INPUT, {"field": name, "move": "create"})
        for name in command.fields
        if name not in create.inputs
    )
    if command.parent is not None and command.parent_workflow not in create.children_of:
        reasons.append(Reason("wrong_parent", Kind.PRECONDITION, {"parent": command.parent_workflow or ""}))
    if command.parent is None and signals_its_parent(definition):
        reasons.append(Reason("parent_needed", Kind.PRECONDITION, {"parent": ", ".join(create.children_of)}))
    return tuple(reasons)


def may_be_started_by_people(transition: Transition) -> bool:
    """Whether anybody but the clock may begin the move."""
    return any(not (who.kind is WhoKind.OFFICE and who.name == "system") for who in transition.starters)
