"""Which states lead to which: the graph of a definition."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from workflow.catalog.lint.expressions import conjuncts, plain
from workflow.engine.definition import SAME, Condition, Definition, Transition

_IN_STATE = re.compile(r"state==['\"]([^'\"\\]*)['\"]")


class Branch(NamedTuple):
    """One alternative of a move, from the states where it can be taken; without a target it stays where it is."""

    move: Transition
    condition: Condition | None
    sources: frozenset[str]
    target: str | None


class Leg(NamedTuple):
    """One move that carries an item from a state into another."""

    source: str
    move: Transition
    target: str


class Routes:
    """By state, the branches that leave it and those that enter it; words that name no state are taken for the nearest."""

    def __init__(self, definition: Definition, nearest: Callable[[str], str | None]) -> None:
        self._states = definition.states
        self._nearest = nearest
        self.leaving: dict[str, list[Branch]] = {name: [] for name in definition.states}
        self._entering: dict[str, list[Branch]] = {name: [] for name in definition.states}
        for move in definition.transitions.values():
            for branch in self._branches(move):
                for state in branch.sources:
                    self.leaving[state].append(branch)
                if branch.target:
                    self._entering[branch.target].append(branch)

    def _branches(self, move: Transition) -> Iterator[Branch]:
        """The alternatives in order; one that is taken for certain in some state leaves nothing of it to the next."""
        left = frozenset(known for word in move.sources if (known := self._known(word)))
        for target in move.targets:
            state = None if target.state == SAME else self._known(target.state)
            parts = [plain(part) for part in conjuncts(target.condition.expression)] if target.condition else []
            meant = [found[1] for part in parts if (found := _IN_STATE.fullmatch(part))]
            sources = left & set(meant) if meant else left
            if sources and (state or target.state == SAME):
                yield Branch(move, target.condition, sources, state)
            if meant and len(parts) == 1:
                left -= sources

    def _known(self, word: str) -> str | None:
        return word if word in self._states else self._nearest(word)

    def reached(self, starts: Iterable[str]) -> frozenset[str]:
        """The states where an item may come from `starts`, these included."""
        begun = frozenset(starts)
        return begun | frozenset(self.legs(begun, lambda *_: True))

    def legs(self, starts: Iterable[str], follow: Callable[[Transition, str], bool]) -> Mapping[str, Leg]:
        """By state, the leg that first led there, over the moves and targets to `follow`."""
        found: dict[str, Leg] = {}
        seen = set(starts)
        waiting = sorted(seen)
        for state in waiting:
            for move, _, _, target in self.leaving.get(state, ()):
                if target is None or target in found or not follow(move, target):
                    continue
                found[target] = Leg(state, move, target)
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return found

    def leading_to(self, ends: Iterable[str]) -> frozenset[str]:
        """The states from which an item may come to `ends` without leaving a final state on the way."""
        seen = set(ends)
        waiting = list(seen)
        for state in waiting:
            for branch in self._entering[state]:
                for source in branch.sources - seen:
                    if not self._states[source].final:
                        seen.add(source)
                        waiting.append(source)
        return frozenset(seen)
