"""Gates on a move: which step waits for whose vote, and when the votes suffice."""

from collections.abc import Callable

from workflow.engine.circumstances import Directory
from workflow.engine.decision import Kind, Reason
from workflow.engine.definition import Gate, Step
from workflow.engine.item import Actor, Ballot, Doer, Item, Request
from workflow.engine.permissions import Capacity, FourEyes, authorise
from workflow.values import Frozen

FALLBACK_STEP = "fallback"


class Seat(Frozen):
    """The step on which an actor may vote, and in which capacity."""

    step: Step
    capacity: Capacity


def steps_of(gate: Gate, applies: Callable[[Step], bool]) -> tuple[Step, ...]:
    """The steps that count for this item. Where none does, the fallback decides; without one the gate stays shut."""
    steps = tuple(step for step in gate.steps if applies(step))
    if steps or gate.nobody_left is None:
        return steps
    return (Step(FALLBACK_STEP, (gate.nobody_left,)),)


def _votes(request: Request, step: Step) -> tuple[Ballot, ...]:
    return tuple(ballot for ballot in request.votes if ballot.step == step.id)


def is_satisfied(request: Request, step: Step) -> bool:
    """Whether `need` distinct people approved: a substitute and the one he stands for are one voice, not two."""
    counted: set[str] = set()
    voices = 0
    for ballot in _votes(request, step):
        if not ballot.doer.people & counted:
            voices += 1
        counted |= ballot.doer.people
    return voices >= step.need


def is_open(request: Request, steps: tuple[Step, ...]) -> bool:
    return bool(steps) and all(is_satisfied(request, step) for step in steps)


def waiting_steps(gate: Gate, request: Request, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that take votes now: the first unsatisfied one where steps are ordered, else all of them."""
    missing = tuple(step for step in steps if not is_satisfied(request, step))
    return missing[:1] if gate.ordered else missing


def _barred(gate: Gate, request: Request, step: Step, doer: Doer) -> Reason | None:
    for ballot in request.votes:
        if ballot.doer.people & doer.people:
            if ballot.step == step.id:
                return Reason("already_voted", Kind.STATE, {"move": request.move})
            if gate.distinct_steps:
                return Reason("voted_in_other_step", Kind.AUTHORITY, {"move": request.move, "step": ballot.step})
    return None


def seat(
    gate: Gate, request: Request, steps: tuple[Step, ...], actor: Actor, item: Item, directory: Directory
) -> Seat | Reason:
    """Where the actor may vote now, or why he may not."""
    if not steps:
        return Reason("gate_impossible", Kind.AUTHORITY, {"move": request.move})
    rule = FourEyes(gate.distinct_from, gate.distinct_unit_from, gate.nobody_left)
    refusals: list[Reason] = []
    for step in waiting_steps(gate, request, steps):
        found = authorise(step.by, rule, actor, item, directory, request.proposer)
        if isinstance(found, Reason):
            refusals.append(found)
            continue
        barred = _barred(gate, request, step, Doer(actor.id, actor.unit, found.acting_for))
        if barred is None:
            return Seat(step, found)
        # That he has voted tells a person more than that some other step is not his.
        refusals.insert(0, barred)
    if not refusals or (refusals[0].kind is Kind.AUTHORITY and _has_voted(request, actor) and not gate.distinct_steps):
        return Reason("already_voted", Kind.STATE, {"move": request.move})
    return refusals[0]


def _has_voted(request: Request, actor: Actor) -> bool:
    return any(actor.id in ballot.doer.people for ballot in request.votes)
