"""The one user of `transitions`: one Machine a definition, shared by all its items, run on throw-away drafts.

No item is ever registered with the machine and no string callback reaches it: both cost memory or safety.
"""

import logging
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from transitions import EventData, Machine

from workflow.engine.conditions import Environment, Program
from workflow.engine.definition import SAME, Condition, Definition, Target, Transition

logging.getLogger("transitions").setLevel(logging.ERROR)


class Judge(Protocol):
    """Weighs one attempt at one move: all rules at once, then which alternative of `to` it takes."""

    def permits(self) -> bool: ...

    def chooses(self, target: Target) -> bool: ...


class Draft:
    """What the machine moves: a state and the judge of this attempt."""

    __slots__ = ("judge", "state")

    def __init__(self, state: str, judge: Judge) -> None:
        self.state = state
        self.judge = judge


def _guard(target: Target) -> Any:
    def guard(event: EventData) -> bool:
        draft: Any = event.model
        judge: Judge = draft.judge
        # `transitions` compares with ==: hand it a bool and nothing that merely looks like one.
        return bool(judge.permits() and judge.chooses(target))

    return guard


class Rules:
    """A definition made runnable: its machine and its compiled conditions."""

    def __init__(self, definition: Definition) -> None:
        self._environment = Environment(definition.fields)
        self._programs: dict[str, Program] = {}
        self._machine = Machine(
            model=None,
            states=list(definition.states),
            initial=definition.initial.name,
            auto_transitions=False,
            send_event=True,
            queued=False,
            ignore_invalid_triggers=True,
        )
        for transition in definition.transitions.values():
            for source in transition.sources:
                for target in transition.targets:
                    # An internal transition (dest None) leaves the state alone: that is `to: same`.
                    dest = None if target.state == SAME else target.state
                    self._machine.add_transition(transition.name, source, dest, conditions=_guard(target))
        self._triggers = {name: event.trigger for name, event in self._machine.events.items()}

    def program(self, condition: Condition) -> Program:
        program = self._programs.get(condition.expression)
        if program is None:
            program = self._programs[condition.expression] = self._environment.compile(condition.expression)
        return program

    def run(self, transition: Transition, state: str, judge: Judge) -> str | None:
        """The state that `transition` leads to from `state`, or None where the judge refuses."""
        draft = Draft(state, judge)
        return draft.state if self._triggers[transition.name](draft) else None


_rules: "WeakKeyDictionary[Definition, Rules]" = WeakKeyDictionary()


def rules_of(definition: Definition) -> Rules:
    """The runnable form of a definition, built once for each."""
    rules = _rules.get(definition)
    if rules is None:
        rules = _rules[definition] = Rules(definition)
    return rules
