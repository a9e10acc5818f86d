"""Which states lead to which: the graph of a definition."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from workflow.catalog.lint.expressions import conjuncts, plain
from workflow.engine.definition import SAME, Condition, Definition, Transition

_IN_STATE = re.compile(r"state==['\"]([^'\"\\]*)['\"]")


class End(NamedTuple):
    """One alternative of a move; without a target it stays where it is."""

    condition: Condition | None
    target: str | None


class Fan(NamedTuple):
    """Alternatives of one move that can be taken in the same states."""

    move: Transition
    sources: frozenset[str]
    ends: tuple[End, ...]

    def ends_from(self, state: str) -> Iterator[str]:
        return (end.target or state for end in self.ends)


class Leg(NamedTuple):
    """One move that carries an item from a state into another."""

    source: str
    move: Transition
    target: str


class Routes:
    """By state, the fans that leave it and those that enter it; words that name no state are taken for the nearest.

    A fan is looked at once, whatever the number of its states: the work grows with the file, not with its square.
    """

    def __init__(self, definition: Definition, nearest: Callable[[str], str | None]) -> None:
        self._states = definition.states
        self._nearest = nearest
        self.fans = tuple(fan for move in definition.transitions.values() for fan in self._fans(move))
        self.leaving: dict[str, list[Fan]] = {name: [] for name in definition.states}
        self._entering: dict[str, list[Fan]] = {name: [] for name in definition.states}
        for fan in self.fans:
            for state in fan.sources:
                self.leaving[state].append(fan)
            for target in {end.target for end in fan.ends if end.target}:
                self._entering[target].append(fan)

    def _fans(self, move: Transition) -> Iterator[Fan]:
        """The alternatives in order; one that is taken for certain in some state leaves nothing of it to the next."""
        left = frozenset(known for word in move.sources if (known := self._known(word)))
        found: dict[frozenset[str], list[End]] = {}
        for target in move.targets:
            state = None if target.state == SAME else self._known(target.state)
            parts = [plain(part) for part in conjuncts(target.condition.expression)] if target.condition else []
            meant = [word[1] for part in parts if (word := _IN_STATE.fullmatch(part))]
            sources = left & set(meant) if meant else left
            if sources and (state or target.state == SAME):
                found.setdefault(sources, []).append(End(target.condition, state))
            if meant and len(parts) == 1:
                left -= sources
        return (Fan(move, sources, tuple(ends)) for sources, ends in found.items())

    def _known(self, word: str) -> str | None:
        return word if word in self._states else self._nearest(word)

    def reached(self, starts: Iterable[str]) -> frozenset[str]:
        """The states where an item may come from `starts`, these included."""
        begun = frozenset(starts)
        return begun | frozenset(self.legs(begun, lambda *_: True))

    def legs(self, starts: Iterable[str], follow: Callable[[Transition, str], bool]) -> Mapping[str, Leg]:
        """By state, the leg that first led there, over the moves and targets to `follow`."""
        found: dict[str, Leg] = {}
        begun = set(starts)
        waiting = sorted(begun)
        passed: set[int] = set()
        for state in waiting:
            for fan in self.leaving.get(state, ()):
                if id(fan) in passed:
                    continue
                passed.add(id(fan))
                for target in {end.target: None for end in fan.ends if end.target}:
                    if target not in found and follow(fan.move, target):
                        found[target] = Leg(state, fan.move, target)
                        if target not in begun:
                            waiting.append(target)
        return found

    def leading_to(self, ends: Iterable[str]) -> frozenset[str]:
        """The states from which an item may come to `ends` without leaving a final state on the way."""
        seen = set(ends)
        waiting = list(seen)
        passed: set[int] = set()
        for state in waiting:
            for fan in self._entering[state]:
                if id(fan) in passed:
                    continue
                passed.add(id(fan))
                for source in fan.sources - seen:
                    if not self._states[source].final:
                        seen.add(source)
                        waiting.append(source)
        return frozenset(seen)
