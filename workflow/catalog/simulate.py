"""Random walks by the rules: which states are reached, which moves never come about, how long items stay where."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from types import MappingProxyType
from typing import Any

from workflow.catalog.organisation import Organisation
from workflow.catalog.patterns import matches
from workflow.catalog.rehearsal import Cast, Rehearsal, RehearsalTooLong
from workflow.clock import VIETNAM
from workflow.engine import SYSTEM_ACTOR, Actor, Choice, Definition, Delegation, Reason
from workflow.engine.decide import may_be_started_by_people
from workflow.engine.definition import COMMENT, FieldType, Final, InputField, Transition
from workflow.engine.permissions import capacity
from workflow.engine.workdays import Calendar
from workflow.values import replace

_MOST_ACTS = 120
_TRIES = 12
_PATIENCE = 0.9
_PAUSES = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=10))
_DAYS = (-3, 0, 1, 2, 5, 10, 30)
_WORDS = ("Nội dung", "2026-07", "2026-Q3", "2026-H2", "2026", "a", "A1", "1", "0123456789")
"""Texts of which some fits most patterns."""


@dataclass(frozen=True, slots=True)
class Stay:
    """How often a state was entered and how long items stayed there until they left it, in days."""

    entered: int
    mean_days: float
    longest_days: float


@dataclass(frozen=True, slots=True)
class Walks:
    """What came of all walks; `dead` are the moves that nobody ever made, each with the refusals met most often.

    `rung` says how often each timer fell due, `silent` names those that never did.
    """

    runs: int
    not_created: int
    stays: Mapping[str, Stay]
    unreached: tuple[str, ...]
    made: Mapping[str, int]
    dead: Mapping[str, tuple[str, ...]]
    rung: Mapping[str, int]
    silent: tuple[str, ...]
    ended: Mapping[str, int]
    unfinished: int

    def to_plain(self) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "not_created": self.not_created,
            "states": {
                name: {
                    "entered": stay.entered,
                    "mean_days": round(stay.mean_days, 2),
                    "longest_days": round(stay.longest_days, 2),
                }
                for name, stay in self.stays.items()
            },
            "unreached": list(self.unreached),
            "moves": dict(self.made),
            "dead": {move: list(codes) for move, codes in self.dead.items()},
            "timers": dict(self.rung),
            "silent": list(self.silent),
            "ended": dict(self.ended),
            "unfinished": self.unfinished,
        }


def cast_of(organisation: Organisation) -> Cast:
    """The posts of an office; each deputy holds a written power of the head of the unit."""
    people = {
        post.login: Actor(id=post.login, unit=post.unit, roles=frozenset(post.roles), areas=frozenset(post.areas))
        for post in organisation.posts
    }
    return Cast(MappingProxyType({login: _empowered(actor, people.values()) for login, actor in people.items()}))


def _empowered(actor: Actor, people: Iterable[Actor]) -> Actor:
    heads = [one for one in people if "unit_head" in one.roles and one.unit == actor.unit]
    if "unit_deputy" not in actor.roles or not heads:
        return actor
    powers = tuple(Delegation(f"{head.id}-{actor.id}", head.id, head.unit, head.roles, head.areas) for head in heads)
    return replace(actor, delegations=powers)


def _unheard(_done: int, _of: int) -> None:
    """Nobody watches the progress."""


def simulate(
    definition: Definition,
    cast: Cast,
    calendar: Calendar | None,
    *,
    runs: int,
    seed: int,
    heard: Callable[[int, int], None] = _unheard,
) -> Walks:
    """The same `seed` gives the same walks. Children of an item take no part: none is open, ever."""
    chance = Random(seed)  # noqa: S311  walks are to be repeated, not to be unguessable
    tally = _Tally(definition)
    for n in range(1, runs + 1):
        _Walk(definition, cast, calendar, chance, tally).go()
        heard(n, runs)
    return tally.result(runs)


@dataclass
class _Tally:
    definition: Definition
    not_created: int = 0
    unfinished: int = 0
    entered: Counter[str] = field(default_factory=Counter)
    stays: dict[str, list[timedelta]] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    rung: Counter[str] = field(default_factory=Counter)
    refused: dict[str, Counter[str]] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)

    def refuse(self, move: str, reasons: Iterable[Reason]) -> None:
        self.refused.setdefault(move, Counter()).update(reason.code for reason in reasons)

    def walked(self, rehearsal: Rehearsal) -> None:
        item, states = rehearsal.item, self.definition.states
        if item is None:
            self.not_created += 1
            return
        self.rung.update(event.timer for event in rehearsal.rung)
        entered, state = item.created_at, self.definition.initial.name
        self.entered[state] += 1
        for move in rehearsal.trail:
            self.made[move.move] += 1
            if move.target != move.source:
                self.stays.setdefault(state, []).append(move.at - entered)
                entered, state = move.at, move.target
                self.entered[state] += 1
        if states[state].final:
            self.ended[state] += 1
        else:
            self.unfinished += 1

    def result(self, runs: int) -> Walks:
        names = self.definition.transitions
        return Walks(
            runs=runs,
            not_created=self.not_created,
            stays={name: self._stay(name) for name in self.definition.states if self.entered[name]},
            unreached=tuple(name for name in self.definition.states if not self.entered[name]),
            made={name: self.made[name] for name in names if self.made[name]},
            dead={name: self._refusals(name) for name in names if not self.made[name]},
            rung={name: self.rung[name] for name in self.definition.timers if self.rung[name]},
            silent=tuple(name for name in self.definition.timers if not self.rung[name]),
            ended={name: self.ended[name] for name in self.definition.states if self.ended[name]},
            unfinished=self.unfinished,
        )

    def _stay(self, state: str) -> Stay:
        days = [stay / timedelta(days=1) for stay in self.stays.get(state, ())]
        return Stay(self.entered[state], sum(days) / len(days) if days else 0.0, max(days, default=0.0))

    def _refusals(self, move: str) -> tuple[str, ...]:
        met = self.refused.get(move, Counter())
        return tuple(code for code, _ in sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))[:3])


class _Walk:
    """One item from its creation until it is closed, time runs out of the calendar, or enough was tried."""

    def __init__(
        self, definition: Definition, cast: Cast, calendar: Calendar | None, chance: Random, tally: _Tally
    ) -> None:
        self._definition, self._chance, self._tally = definition, chance, tally
        self._people: Sequence[Actor] = tuple(cast.people.values())
        self._units = sorted({person.unit for person in self._people if person.unit}) or ["unit"]
        year = min(calendar.years) if calendar and calendar.years else 2026
        began = datetime(year, 6, 1, 8, tzinfo=VIETNAM).astimezone(UTC)
        self._rehearsal = Rehearsal(definition, cast, calendar, began)

    def go(self) -> None:
        try:
            if self._create():
                for _ in range(_MOST_ACTS):
                    if not self._go_on():
                        break
        except (RehearsalTooLong, ValueError):
            # The walk ends where the calendar does.
            pass
        self._tally.walked(self._rehearsal)

    def _create(self) -> bool:
        create = self._definition.create
        parent = create.children_of[0] if create.children_of else None
        for _ in range(_TRIES * 5):
            actor = self._chance.choice((*self._people, SYSTEM_ACTOR))
            unit = self._chance.choice(self._units)
            fields = self._inputs(create.require, create.optional, unit)
            if not self._rehearsal.create(actor, unit, fields, parent):
                return True
        return False

    def _go_on(self) -> bool:
        """One act of somebody, or some time; False where the walk is over."""
        state = self._definition.states[self._rehearsal.state]
        moves = [move for move in self._definition.leaving(state.name) if may_be_started_by_people(move)]
        if state.final and (not moves or self._chance.random() < 0.5):
            return False
        if not moves or self._chance.random() < 0.3 or not self._somebody_acts(moves):
            self._rehearsal.wait(self._rehearsal.now + self._chance.choice(_PAUSES))
        return True

    def _somebody_acts(self, moves: Sequence[Transition]) -> bool:
        for _ in range(_TRIES):
            move = self._chance.choice(moves)
            if self._gives_up(move) and self._chance.random() < _PATIENCE:
                continue
            actor = self._chance.choice(self._likely(move))
            reasons = self._act(move, actor)
            if not reasons:
                return True
            self._tally.refuse(move.name, reasons)
        return False

    def _gives_up(self, move: Transition) -> bool:
        """Whether the move can only end the item undone: chosen as often as others, it would end nearly every walk."""
        states = self._definition.states
        return all(
            target.state in states and states[target.state].final not in (None, Final.DONE) for target in move.targets
        )

    def _likely(self, move: Transition) -> Sequence[Actor]:
        """Those whose post or relation to the item lets them begin the move or vote on it; everybody where it is nobody's."""
        item = self._rehearsal.item
        if item is None:
            return self._people
        steps = move.gate.steps if move.gate and item.request(move.name) else ()
        words = tuple(who for step in steps for who in step.by) or move.starters
        likely = [one for one in self._people if any(capacity(who, one, item) for who in words)]
        return likely or self._people

    def _act(self, move: Transition, actor: Actor) -> tuple[Reason, ...]:
        rehearsal, item = self._rehearsal, self._rehearsal.item
        request = item.request(move.name) if item else None
        if request:
            if self._chance.random() < 0.1:
                proposer = next((one for one in self._people if one.id == request.proposer.person), actor)
                return rehearsal.withdraw(proposer, move.name)
            choice = Choice.REJECT if self._chance.random() < 0.25 else Choice.APPROVE
            return rehearsal.vote(actor, move.name, choice, "Ý kiến")
        unit = item.unit if item else self._units[0]
        return rehearsal.perform(actor, move.name, self._inputs(move.require, move.optional, unit), "Ý kiến")

    # -- what people type -------------------------------------------------------------------------------------------------

    def _inputs(self, required: Iterable[str], optional: Iterable[str], unit: str) -> dict[str, Any]:
        names = [*required, *(name for name in optional if self._chance.random() < 0.5)]
        fields = self._definition.fields
        return {name: self._value(fields[name], unit) for name in names if name in fields and name != COMMENT}

    def _value(self, declared: InputField, unit: str) -> Any:
        match declared.type:
            case FieldType.TEXT:
                return self._text(declared)
            case FieldType.INTEGER | FieldType.DECIMAL:
                low, high = int(float(declared.minimum or 0)), int(float(declared.maximum or 100))
                return str(self._chance.randint(low, max(low, high)))
            case FieldType.DATE:
                return self._day(declared).isoformat()
            case FieldType.INSTANT:
                return f"{self._day(declared).isoformat()} 08:00"
            case FieldType.BOOLEAN:
                return self._chance.choice(("true", "false"))
            case FieldType.CHOICE:
                return self._chance.choice(declared.choices).name
            case FieldType.PERSON:
                own = [person.id for person in self._people if person.unit == unit]
                return self._chance.choice(own or [person.id for person in self._people])
            case FieldType.UNIT:
                return self._chance.choice(self._units)
            case FieldType.UNITS:
                return self._chance.sample(self._units, max(1, int(declared.minimum or 1)))
            case FieldType.ATTACHMENTS:
                return [sha256(str(n).encode()).hexdigest() for n in range(int(declared.minimum or 1))]
            case FieldType.FIGURES:
                return [{"indicator": f"i{n}", "numerator": "1"} for n in range(int(declared.minimum or 1))]

    def _text(self, declared: InputField) -> str | None:
        least = int(declared.minimum or 0)
        words = [word.ljust(least, ".") for word in _WORDS]
        fitting = [word for word in words if not declared.pattern or matches(declared.pattern, word)]
        return fitting[0] if len(fitting) == len(words) else self._chance.choice(fitting) if fitting else None

    def _day(self, declared: InputField) -> date:
        day = self._rehearsal.circumstances.today.date() + timedelta(days=self._chance.choice(_DAYS))
        low = date.fromisoformat(declared.minimum[:10]) if declared.minimum else day
        high = date.fromisoformat(declared.maximum[:10]) if declared.maximum else max(day, low)
        return min(max(day, low), high)
