"""Who is meant by a word of a definition, by name: whom an item waits for, and who could act where somebody else may not."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.engine.approval import waiting_steps
from workflow.engine.circumstances import Circumstances
from workflow.engine.decide import steps_that_count
from workflow.engine.definition import Definition, Gate, Transition, Who, WhoKind
from workflow.engine.facts import waiting
from workflow.engine.item import Doer, Item, Request
from workflow.engine.permissions import FourEyes, holders, left_by

_HEAD = Who(WhoKind.POST, "unit_head")
_NAMED = (WhoKind.FIELD, WhoKind.CREATOR, WhoKind.LAST)


@dataclass(frozen=True, slots=True)
class Party:
    """One word of a `by` and the people (ids) it means on this item; empty where nobody holds it."""

    who: Who
    people: frozenset[str]


def parties(words: Iterable[Who], item: Item, circumstances: Circumstances) -> tuple[Party, ...]:
    return tuple(Party(who, holders(who, item, circumstances.directory)) for who in words)


def waited_for(definition: Definition, item: Item, circumstances: Circumstances) -> tuple[Party, ...]:
    """Whom the item waits for now: the voters of its open request, else the state's own word."""
    for request in item.requests:
        found = voters(definition, item, request, circumstances)
        if found:
            return found
    words = waiting(definition, item) if not item.requests else ()
    state = definition.states[item.state].waits_on
    return answering(words or ((state,) if state else ()), item, circumstances)


def answering(words: Iterable[Who], item: Item, circumstances: Circumstances) -> tuple[Party, ...]:
    """As `parties`; where nobody is named yet, the head of the unit answers for it (the dispatch, part 6)."""
    return tuple(
        party if party.people or party.who.kind not in _NAMED else parties((_HEAD,), item, circumstances)[0]
        for party in parties(words, item, circumstances)
    )


def voters(definition: Definition, item: Item, request: Request, circumstances: Circumstances) -> tuple[Party, ...]:
    """Who may give an opinion on an open request now, those left out whom its own rules bar or who have given it."""
    gate = definition.transitions[request.move].gate
    if gate is None:
        return ()
    steps = steps_that_count(definition, item, request, circumstances)
    words = [who for step in waiting_steps(gate, request, steps) for who in step.by]
    rule = FourEyes(gate.distinct_from, gate.distinct_unit_from, gate.nobody_left)
    voted = frozenset(person for ballot in request.votes for person in ballot.doer.people)
    return _left(words, rule, item, circumstances, request.proposer, voted)


def who_may(
    definition: Definition, item: Item, transition: Transition, circumstances: Circumstances
) -> tuple[Party, ...]:
    """Who could take this step now: the voters where it was proposed, else whoever may begin it and no rule shuts out."""
    request = item.request(transition.name)
    if request is not None:
        return voters(definition, item, request, circumstances)
    return _left(transition.starters, _rule_of(transition), item, circumstances)


def _rule_of(transition: Transition) -> FourEyes:
    if isinstance(transition.gate, Gate):
        # On a gated move the rules of distinct people bind the voters, not who proposes.
        return FourEyes((), (), None)
    return FourEyes(transition.distinct_from, transition.distinct_unit_from, transition.nobody_left)


def _left(
    words: Iterable[Who],
    rule: FourEyes,
    item: Item,
    circumstances: Circumstances,
    proposer: Doer | None = None,
    barred: frozenset[str] = frozenset(),
) -> tuple[Party, ...]:
    directory = circumstances.directory
    words = tuple(words)
    found = tuple(Party(who, left_by(rule, who, item, directory, proposer) - barred) for who in words)
    if rule.nobody_left and rule.nobody_left not in words and not any(party.people for party in found):
        return parties((rule.nobody_left,), item, circumstances)
    return found
