"""What differs between two editions of a workflow: as sentences in both languages, and as one drawing of both."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from workflow.catalog.draw import Drawing, View, draw
from workflow.engine.definition import (
    Clear,
    Condition,
    Count,
    Create,
    Deadline,
    Definition,
    Duration,
    Effect,
    FollowUp,
    Gate,
    InputField,
    Invariant,
    Job,
    Label,
    Migration,
    Moment,
    Notify,
    PaperForm,
    PathInvariant,
    Series,
    SetField,
    Signal,
    Source,
    Spawn,
    Stamp,
    State,
    Target,
    Timer,
    Transition,
    Value,
    Webhook,
)
from workflow.values import replace


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `part` is state, move, field, deadline, timer, series, paper or workflow; `aspect` is the file's own key.

    `old` and `new` are what stood and what stands there, in the file's words; both are None where a whole part came or went.
    """

    kind: Kind
    part: str
    name: str
    label: Label
    aspect: str = ""
    old: Label | None = None
    new: Label | None = None

    @property
    def sentence(self) -> Label:
        vi, en = self.subject.vi, self.subject.en
        if self.kind is Kind.ADDED:
            return Label(f"{vi}: thêm mới", f"{en}: added")
        if self.kind is Kind.REMOVED:
            return Label(f"{vi}: bỏ", f"{en}: removed")
        was, will = self.old or _NOTHING, self.new or _NOTHING
        return Label(
            f"{vi}: {self.aspect}: {was.vi or 'không có'} → {will.vi or 'không có'}",
            f"{en}: {self.aspect}: {was.en or 'none'} → {will.en or 'none'}",
        )

    @property
    def subject(self) -> Label:
        """The part in the reader's words and by its name in the file."""
        word = _PARTS[self.part]
        if self.part in _ALONE:
            return word
        return Label(f"{word.vi} “{self.name}” ({self.label.vi})", f'{word.en} "{self.name}" ({self.label.en})')


_NOTHING = Label("", "")
_PARTS: Mapping[str, Label] = MappingProxyType(
    {
        "workflow": Label("quy trình", "workflow"),
        "state": Label("trạng thái", "state"),
        "move": Label("bước", "move"),
        "field": Label("trường", "field"),
        "deadline": Label("hạn", "deadline"),
        "timer": Label("hẹn giờ", "timer"),
        "series": Label("chuỗi kỳ", "series"),
        "paper": Label("văn bản", "paper"),
    }
)
_ALONE = frozenset({"workflow", "paper"})
"""Parts of which a file has one at most: nothing is gained by their name."""

_Aspects = Mapping[str, Label]
"""What a part says, by the key under which it says it."""


def diff(old: Definition, new: Definition) -> tuple[Change, ...]:
    """Every difference in the order of the file: the workflow, its states, moves, fields, deadlines, timers, series, paper."""
    return tuple(change for part, describe in _DESCRIBED for change in _compared(part, describe(old), describe(new)))


def _compared(
    part: str, before: Mapping[str, tuple[Label, _Aspects]], after: Mapping[str, tuple[Label, _Aspects]]
) -> Iterator[Change]:
    for name, (label, _) in before.items():
        if name not in after:
            yield Change(Kind.REMOVED, part, name, label)
    for name, (label, aspects) in after.items():
        if name not in before:
            yield Change(Kind.ADDED, part, name, label)
            continue
        was = before[name][1]
        for aspect, value in aspects.items():
            if was[aspect] != value:
                yield Change(Kind.CHANGED, part, name, label, aspect, was[aspect], value)


# -- what each part says ----------------------------------------------------------------------------------------------------


def _text(value: object) -> Label:
    """A value of the file in the file's own words; what is not said is the empty text."""
    if value is None or value is False:
        return _NOTHING
    if isinstance(value, Label):
        return value
    if isinstance(value, tuple | frozenset):
        words = sorted(map(str, value)) if isinstance(value, frozenset) else map(str, value)
        joined = ", ".join(words)
        return Label(joined, joined)
    text = "true" if value is True else str(value)
    return Label(text, text)


def _said(**values: object) -> _Aspects:
    return {name.rstrip("_"): _text(value) for name, value in values.items()}


def _top(definition: Definition) -> Mapping[str, tuple[Label, _Aspects]]:
    create: Create = definition.create
    said = _said(
        label=definition.label,
        code=definition.code,
        purpose=definition.purpose,
        calendar=definition.calendar,
        episode=definition.episode_record,
        invariants=tuple(_invariant(one) for one in definition.invariants),
        migrate=tuple(_migration(one) for one in definition.migrations),
    )
    asked = {
        "create.by": _text(create.by),
        "create.require": _text(create.require),
        "create.optional": _text(create.optional),
        "create.children_of": _text(create.children_of),
    }
    return {definition.workflow: (definition.label, {**said, **asked})}


def _state(state: State) -> _Aspects:
    return _said(
        label=state.label,
        initial=state.initial,
        final=state.final,
        group=state.group,
        flag="overdue" if state.overdue else None,
        waits_on=state.waits_on,
        freeze=state.freeze,
    )


def _move(move: Transition) -> _Aspects:
    return _said(
        label=move.label,
        from_=move.sources,
        to=tuple(map(_target, move.targets)),
        by=move.by,
        require=move.require,
        optional=move.optional,
        when=_joined(map(_condition, move.when)),
        check=move.checked,
        approval=_gate(move.gate) if move.gate else None,
        distinct_from=move.distinct_from,
        distinct_unit_from=move.distinct_unit_from,
        nobody_left=move.nobody_left,
        do=tuple(map(_effect, move.effects)),
        after=tuple(map(_follow_up, move.after)),
        bulk=move.bulk,
        reopens=move.reopens,
    )


def _field(field: InputField) -> _Aspects:
    return _said(
        label=field.label,
        type=field.type,
        system=field.system,
        private=field.private,
        min=field.minimum,
        max=field.maximum,
        pattern=field.pattern,
        of=_joined(
            Label(f"{choice.name} “{choice.label.vi}”", f'{choice.name} "{choice.label.en}"')
            for choice in field.choices
        ),
        hint=field.hint,
    )


def _deadline(deadline: Deadline) -> _Aspects:
    return _said(
        base=deadline.base,
        optional=deadline.optional,
        pause_in=deadline.pause_in,
        grace_on_return=_span(deadline.grace_on_return),
    )


def _timer(timer: Timer) -> _Aspects:
    return _said(
        in_=timer.states,
        at=_moment(timer.at),
        fire=timer.fire,
        notify=timer.notify,
        then=timer.then,
        every=_span(timer.every),
        max=timer.maximum,
        template=timer.template,
    )


def _series(series: Series) -> _Aspects:
    return _said(
        every=series.every,
        window=f"{series.window_from}–{series.window_to}",
        due=" ".join(filter(None, (f"before_day {series.before_day}", series.due_of, series.roll))),
        opens=series.opens,
        for_each=series.for_each,
        enabled=series.enabled,
    )


def _paper(definition: Definition) -> Mapping[str, tuple[Label, _Aspects]]:
    form = definition.paper
    return {"paper": (_PARTS["paper"], _form(form))} if form else {}


def _form(form: PaperForm) -> _Aspects:
    return _said(
        signed_by=form.signed_by,
        agency=form.agency,
        kind=form.kind,
        symbol=form.symbol,
        subject=form.subject,
        addressee=form.addressee,
        opening=form.opening,
        sections=_joined(Label(f"{name} “{words}”", f'{name} "{words}"') for name, words in form.sections),
        annexes=form.annexes,
        number=form.number,
        dated=form.dated,
        recipients=_joined(Label(line, line) for line in form.recipients),
    )


def _all(parts: Mapping[str, Any], say: Any) -> Mapping[str, tuple[Label, _Aspects]]:
    return {name: (getattr(part, "label", Label(name, name)), say(part)) for name, part in parts.items()}


_DESCRIBED: tuple[tuple[str, Any], ...] = (
    ("workflow", _top),
    ("state", lambda one: _all(one.states, _state)),
    ("move", lambda one: _all(one.transitions, _move)),
    ("field", lambda one: _all(one.fields, _field)),
    ("deadline", lambda one: _all(one.deadlines, _deadline)),
    ("timer", lambda one: _all(one.timers, _timer)),
    ("series", lambda one: _all(one.series, _series)),
    ("paper", _paper),
)


def _joined(labels: Iterable[Label]) -> Label:
    found = list(labels)
    return Label("; ".join(one.vi for one in found), "; ".join(one.en for one in found))


def _condition(condition: Condition) -> Label:
    otherwise = condition.otherwise
    if otherwise is None:
        return _text(condition.expression)
    return Label(f"{condition.expression} (“{otherwise.vi}”)", f'{condition.expression} ("{otherwise.en}")')


def _target(target: Target) -> str:
    return f"{target.state} [{target.condition.expression}]" if target.condition else target.state


def _gate(gate: Gate) -> str:
    steps = ", ".join(
        f"{step.id}({'/'.join(map(str, step.by))} × {step.need}{f' [{step.condition.expression}]' if step.condition else ''})"
        for step in gate.steps
    )
    said = {
        "proposed_by": "/".join(map(str, gate.proposed_by)),
        "steps": steps,
        "order": "sequence" if gate.ordered else "parallel",
        "distinct_from": "/".join(gate.distinct_from),
        "distinct_steps": "true" if gate.distinct_steps else "",
        "distinct_unit_from": "/".join(gate.distinct_unit_from),
        "nobody_left": str(gate.nobody_left or ""),
        "on_reject": gate.on_reject,
        "dismiss_when_changed": "/".join(gate.dismiss_when_changed),
    }
    return "; ".join(f"{key} {value}" for key, value in said.items() if value)


def _value(value: Value) -> str:
    return value.value if value.source is Source.LITERAL else f"{value.source.value}.{value.value}"


def _values(fields: Iterable[tuple[str, Value]]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in fields)


def _effect(effect: Effect) -> str:
    match effect:
        case Stamp(field):
            return f"stamp {field}"
        case Count(field):
            return f"count {field}"
        case SetField(field, value):
            return f"set {field}={_value(value)}"
        case Clear(fields):
            return f"clear {'/'.join(fields)}"
        case Spawn(workflow, fields):
            return f"spawn {workflow} {_values(fields)}".rstrip()
        case Signal(to, move, fields):
            return f"signal {to} {move} {_values(fields)}".rstrip()


def _follow_up(follow: FollowUp) -> str:
    match follow:
        case Notify(roles, template):
            return f"notify {'/'.join(map(str, roles))} {template}"
        case Webhook(name):
            return f"webhook {name}"
        case Job(name):
            return f"job {name}"


def _span(span: Duration | None) -> str | None:
    return f"{span.amount}{span.unit}" if span else None


def _moment(moment: Moment) -> str:
    if moment.offset is None:
        return moment.anchor
    sign = "-" if moment.offset.amount < 0 else "+"
    return f"{moment.anchor} {sign} {abs(moment.offset.amount)}{moment.offset.unit}"


def _invariant(one: Invariant) -> str:
    if isinstance(one, PathInvariant):
        return f"path {one.start} → {one.through} → {one.end}"
    return f"never {one.by} {one.do}"


def _migration(rule: Migration) -> str:
    states = " ".join(f"{old}→{new}" for old, new in rule.states)
    fill = " ".join(f"{name}={source}" for name, source in rule.fill)
    drop = " ".join(f"-{name}" for name in rule.drop)
    return " ".join(filter(None, (f"from {rule.from_version}:", states, fill, drop)))


# -- one drawing of both ----------------------------------------------------------------------------------------------------

_SIGNS = {Kind.ADDED: "+ ", Kind.REMOVED: "− "}
"""Beside the colour, for readers who do not tell colours apart."""


def draw_difference(old: Definition, new: Definition, language: str) -> Drawing:
    """Both editions in one picture: what came is marked added, what went is marked removed, by class and by sign."""
    marks: dict[str, str] = {}
    both = _both(old, new, marks)
    return draw(both, View(language=language, marks=MappingProxyType(marks)), "whole", prefix="df")


def _both(old: Definition, new: Definition, marks: dict[str, str]) -> Definition:
    """A definition that has the states and the arrows of both; `marks` takes what of them is not in both."""
    states = {name: _marked_state(state, old, new, marks) for name, state in {**old.states, **new.states}.items()}
    moves: dict[str, Transition] = {}
    for name, move in {**old.transitions, **new.transitions}.items():
        before, after = _arrows(old.transitions.get(name)), _arrows(new.transitions.get(name))
        for kind, arrows in ((None, before & after), (Kind.REMOVED, before - after), (Kind.ADDED, after - before)):
            for part in _split(move, arrows, kind):
                moves[part.name] = part
                if kind:
                    marks[f"move:{part.name}"] = kind.value
    return replace(new, states=MappingProxyType(states), transitions=MappingProxyType(moves))


def _marked_state(state: State, old: Definition, new: Definition, marks: dict[str, str]) -> State:
    if state.name in old.states and state.name in new.states:
        return state
    kind = Kind.ADDED if state.name in new.states else Kind.REMOVED
    marks[f"state:{state.name}"] = kind.value
    # Two initial states would be no drawing of anything.
    return replace(state, label=_signed(state.label, kind), initial=state.initial and kind is Kind.ADDED)


def _signed(label: Label, kind: Kind) -> Label:
    return Label(_SIGNS[kind] + label.vi, _SIGNS[kind] + label.en)


def _arrows(move: Transition | None) -> frozenset[tuple[str, str]]:
    """The arrows of a move: from, to (which may be `same`)."""
    if move is None:
        return frozenset()
    return frozenset((source, target.state) for source in move.sources for target in move.targets)


def _split(move: Transition, arrows: frozenset[tuple[str, str]], kind: Kind | None) -> Iterator[Transition]:
    """The move as moves whose arrows are exactly these: a move leads from each of its sources to each of its ends."""
    ends_of: dict[str, tuple[str, ...]] = {}
    for source in dict.fromkeys(source for source, _ in sorted(arrows)):
        ends_of[source] = tuple(sorted(target for start, target in arrows if start == source))
    for n, ends in enumerate(dict.fromkeys(ends_of.values())):
        sources = tuple(source for source, its_ends in ends_of.items() if its_ends == ends)
        yield replace(
            move,
            name=f"{move.name} {kind or 'kept'} {n}",
            label=_signed(move.label, kind) if kind else move.label,
            sources=sources,
            targets=tuple(Target(end) for end in ends),
        )
