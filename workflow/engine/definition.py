"""What a definition file declares, as values. Nothing here decides; `compile` in `workflow.catalog` builds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

SAME = "same"
COMMENT = "comment"
UNIT = "unit"

OFFICES = frozenset(
    {"chairman", "vice_chairman", "office_chief", "consolidator", "clerk", "auditor", "admin", "system"}
)
"""Roles that hold in the whole commune, whatever the item's unit."""

POSTS = frozenset({"unit_head", "unit_deputy", "officer"})
"""Roles that hold in the item's own unit only."""

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Label:
    vi: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.vi


class FieldType(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    PERSON = "person"
    UNIT = "unit"
    UNITS = "units"
    ATTACHMENTS = "attachments"
    FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: Label


@dataclass(frozen=True, slots=True)
class InputField:
    """One declared field. `minimum` and `maximum` are as written in the file; `choices` is empty but for `choice`."""

    name: str
    type: FieldType
    label: Label
    system: bool = False
    private: bool = False
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    choices: tuple[Choice, ...] = ()
    hint: Label | None = None


class Final(StrEnum):
    DONE = "done"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Group(StrEnum):
    """The classes of the dispatch's part 6 list (s6.2): what a page counts, whatever a workflow calls its states."""

    DOING = "doing"
    BEHIND = "behind"
    DONE = "done"
    CANCELLED = "cancelled"


OVER = frozenset({Group.DONE, Group.CANCELLED})
"""The groups in which nobody works on an item any more."""


class WhoKind(StrEnum):
    OFFICE = "office"
    POST = "post"
    FIELD = "field"
    CREATOR = "creator"
    LAST = "last"
    POST_IN = "post_in"


@dataclass(frozen=True, slots=True)
class Who:
    """One word of a `by`: an office, a post in the item's unit, a person field, the creator, who did `name` last.

    Told only, never asked: whoever holds `post` in the unit, or units, that the field `name` holds.
    """

    kind: WhoKind
    name: str
    post: str = ""

    def __str__(self) -> str:
        if self.kind is WhoKind.POST_IN:
            return f"{self.post}({self.name})"
        return f"last({self.name})" if self.kind is WhoKind.LAST else self.name


@dataclass(frozen=True, slots=True)
class State:
    """`freeze` names the fields no move into or out of this state may change (all declared ones for `freeze: all`)."""

    name: str
    label: Label
    initial: bool = False
    final: Final | None = None
    group: Group = Group.DOING
    overdue: bool = False
    waits_on: Who | None = None
    freeze: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """A CEL expression; `otherwise` is the sentence of its refusal (a target's condition has none)."""

    expression: str
    otherwise: Label | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One alternative of `to`; `state` may be SAME. The one without a condition is the default and stands last."""

    state: str
    condition: Condition | None = None


class Source(StrEnum):
    LITERAL = "literal"
    INPUT = "input"
    ITEM = "item"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class Value:
    """What an effect writes: a literal, or the value of an input, a field of the item, a field of the child."""

    source: Source
    value: str


@dataclass(frozen=True, slots=True)
class Stamp:
    field: str


@dataclass(frozen=True, slots=True)
class Count:
    field: str


@dataclass(frozen=True, slots=True)
class SetField:
    """Writes one field; the field UNIT moves the item to another unit."""

    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class Clear:
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spawn:
    workflow: str
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """Asks the parent, or every child, to perform `move`; `to` is "parent" or "children"."""

    to: str
    move: str
    fields: tuple[tuple[str, Value], ...]


Effect = Stamp | Count | SetField | Clear | Spawn | Signal


@dataclass(frozen=True, slots=True)
class Notify:
    roles: tuple[Who, ...]
    template: str


@dataclass(frozen=True, slots=True)
class Webhook:
    name: str


@dataclass(frozen=True, slots=True)
class Job:
    name: str


FollowUp = Notify | Webhook | Job


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    by: tuple[Who, ...]
    need: int = 1
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """`approval`: who may propose, whose votes open it, and what becomes of a rejection (`on_reject`: "stay" or a move)."""

    proposed_by: tuple[Who, ...]
    steps: tuple[Step, ...]
    ordered: bool = True
    distinct_from: tuple[str, ...] = ()
    distinct_steps: bool = False
    distinct_unit_from: tuple[str, ...] = ()
    nobody_left: Who | None = None
    on_reject: str = "stay"
    dismiss_when_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    name: str
    label: Label
    sources: tuple[str, ...]
    targets: tuple[Target, ...]
    by: tuple[Who, ...] = ()
    require: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    checked: tuple[str, ...] = ()
    gate: Gate | None = None
    distinct_from: tuple[str, ...] = ()
    distinct_unit_from: tuple[str, ...] = ()
    nobody_left: Who | None = None
    effects: tuple[Effect, ...] = ()
    after: tuple[FollowUp, ...] = ()
    bulk: bool = False
    reopens: bool = False

    @property
    def starters(self) -> tuple[Who, ...]:
        """Who may begin it: the proposers where a gate stands on it, else `by`."""
        return self.gate.proposed_by if self.gate else self.by

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.require + self.optional


@dataclass(frozen=True, slots=True)
class Duration:
    """`amount` of `unit`: "wd" working days, "d" calendar days, "h" hours; the amount may be negative."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Moment:
    """`anchor` is a deadline's name or "entered" (the instant the present state was entered), shifted by `offset`."""

    anchor: str
    offset: Duration | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    name: str
    states: tuple[str, ...]
    at: Moment
    fire: str | None = None
    notify: tuple[Who, ...] = ()
    then: tuple[Who, ...] = ()
    every: Duration | None = None
    maximum: int | None = None
    template: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The item must be through before the end of `base` (a date: 00:00 local of the next day; an instant: itself)."""

    name: str
    base: str
    optional: bool = False
    pause_in: tuple[str, ...] = ()
    grace_on_return: Duration | None = None


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    every: str
    window_from: int
    window_to: int
    before_day: int
    due_of: str | None
    roll: str
    opens: str
    for_each: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class PathInvariant:
    start: str
    end: str
    through: str


@dataclass(frozen=True, slots=True)
class NeverInvariant:
    by: Who
    do: str


Invariant = PathInvariant | NeverInvariant


@dataclass(frozen=True, slots=True)
class Migration:
    from_version: int
    states: tuple[tuple[str, str], ...]
    fill: tuple[tuple[str, str], ...]
    drop: tuple[str, ...]


class Purpose(StrEnum):
    """What an office uses a workflow for: its pages and jobs ask for the workflow of a purpose, never for one by its name.

    What each needs of the workflow stands in `workflow.engine.purpose`.
    """

    TASK = "task"
    STANDING = "standing"
    REPORT = "report"
    CONSOLIDATION = "consolidation"
    EXTENSION = "extension"
    ESCALATION = "escalation"
    EXPLANATION = "explanation"


class Agency(StrEnum):
    """In whose name a paper goes out: of the item's unit, or of the whole commune."""

    UNIT = "unit"
    COMMUNE = "commune"


class Table(StrEnum):
    """What may lie behind a paper: the item's figures, which unit sent its part and when, the tasks as they stood."""

    FIGURES = "figures"
    SENDERS = "senders"
    TASKS = "tasks"


@dataclass(frozen=True, slots=True)
class PaperForm:
    """The official paper that an item makes. `signed_by` is the move that signs it; texts are Vietnamese, as papers are.

    Subject, addressee, opening and recipients may hold placeholders (`workflow.engine.paper`). `sections` are text fields with the
    headings that the paper gives them; `number` and `dated` are the fields that the register fills, None where it fills none.
    """

    signed_by: str
    agency: Agency
    kind: str
    symbol: str
    subject: str
    addressee: str
    opening: str
    sections: tuple[tuple[str, str], ...]
    recipients: tuple[str, ...]
    annexes: tuple[Table, ...] = ()
    number: str | None = None
    dated: str | None = None


@dataclass(frozen=True, slots=True)
class Create:
    by: tuple[Who, ...]
    require: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    children_of: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.require + self.optional


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, eq=False, kw_only=True)
class Definition:
    """One immutable edition of a workflow. Compared by identity: a catalog hands out one object an edition.

    `fingerprint` is the SHA-256, in hex, of the file's bytes.
    """

    workflow: str
    version: int
    fingerprint: str
    label: Label
    create: Create
    fields: Mapping[str, InputField]
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    code: str = ""
    purpose: Purpose | None = None
    calendar: str | None = None
    deadlines: Mapping[str, Deadline] = field(default_factory=_empty)
    episode_record: tuple[str, ...] = ()
    timers: Mapping[str, Timer] = field(default_factory=_empty)
    series: Mapping[str, Series] = field(default_factory=_empty)
    paper: PaperForm | None = None
    invariants: tuple[Invariant, ...] = ()
    migrations: tuple[Migration, ...] = ()

    @cached_property
    def initial(self) -> State:
        return next(state for state in self.states.values() if state.initial)

    @cached_property
    def private_fields(self) -> frozenset[str]:
        return frozenset(name for name, declared in self.fields.items() if declared.private)

    @cached_property
    def pausing(self) -> frozenset[str]:
        """The states in which some deadline stands still."""
        return frozenset(state for deadline in self.deadlines.values() for state in deadline.pause_in)

    @cached_property
    def _timers_by_state(self) -> Mapping[str, tuple[Timer, ...]]:
        return {
            state: tuple(timer for timer in self.timers.values() if state in timer.states)
            for state in dict.fromkeys(state for timer in self.timers.values() for state in timer.states)
        }

    def timers_in(self, state: str) -> tuple[Timer, ...]:
        """The timers that run in `state`, in the order of the file."""
        return self._timers_by_state.get(state, ())

    @cached_property
    def searched_fields(self) -> tuple[str, ...]:
        """What a search looks through beside code and title: texts that are no secret, in the order of the file."""
        return tuple(
            name
            for name, declared in self.fields.items()
            if declared.type is FieldType.TEXT and not declared.private and name != "title"
        )

    @cached_property
    def done_stamps(self) -> tuple[str, ...]:
        """The fields that keep when work was declared done: what the steps stamp that lead from work into the done group."""
        return tuple(
            dict.fromkeys(
                effect.field
                for move in self.transitions.values()
                if self._finishes(move)
                for effect in move.effects
                if isinstance(effect, Stamp)
            )
        )

    def _finishes(self, move: Transition) -> bool:
        reached = {self.states[target.state].group for target in move.targets if target.state in self.states}
        return Group.DONE in reached and any(self.states[one].group not in OVER for one in move.sources)

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """The transitions that start in `state`, in the order of the file."""
        return tuple(move for move in self.transitions.values() if state in move.sources)
