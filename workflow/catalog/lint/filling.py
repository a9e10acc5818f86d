"""Definite assignment (L18): no timer or condition reads a field that some path leaves empty.

For each state, the fields that certainly have a value there, whatever path led to it. What an optional input brings is
certain of nothing; what a condition asks for is certain behind it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.expressions import asked_for, assured
from workflow.catalog.lint.routes import End, Fan
from workflow.catalog.lint.subject import Subject
from workflow.engine.conditions import reads
from workflow.engine.definition import Clear, Count, SetField, Source, Stamp, Transition, Value

_Fields = frozenset[str]


def nothing_reads_what_may_be_empty(subject: Subject) -> Iterator[Finding]:
    filled = certainly_filled(subject)
    yield from _timers(subject, filled)
    yield from _conditions(subject, filled)


def certainly_filled(subject: Subject) -> dict[str, _Fields]:
    """By reachable state, the fields that certainly have a value."""
    definition, routes = subject.definition, subject.routes
    begun = _meant(subject, definition.create.require)
    known = {state.name: begun for state in definition.states.values() if state.initial}
    passages = {id(fan): [(end, _passage(subject, fan.move, end)) for end in fan.ends] for fan in routes.fans}
    waiting = {id(fan): fan for state in known for fan in routes.leaving[state]}
    while waiting:
        fan = waiting.pop(next(iter(waiting)))
        for state in _narrowed(fan, passages[id(fan)], known):
            waiting |= {id(each): each for each in routes.leaving[state]}
    return known


def _narrowed(fan: Fan, passages: list[tuple[End, "_Passage"]], known: dict[str, _Fields]) -> set[str]:
    """Lead what is known through a fan; the states of which less is known now."""
    sources = [state for state in fan.sources if state in known]
    before = frozenset.intersection(*(known[state] for state in sources))
    narrowed: set[str] = set()
    for end, passage in passages:
        arriving = {end.target: before} if end.target else {state: known[state] for state in sources}
        for state, fields in arriving.items():
            after = passage.lead(fields)
            after = after & known[state] if state in known else after
            if known.get(state) != after:
                known[state] = after
                narrowed.add(state)
    return narrowed


class _Passage(NamedTuple):
    """What one alternative of a move does to what is certain: gained, lost, and copied from other fields."""

    gained: _Fields
    lost: _Fields
    copied: tuple[tuple[str, str], ...]

    def lead(self, before: _Fields) -> _Fields:
        copies = (field for field, source in self.copied if source in before)
        return ((before | self.gained) - self.lost).union(copies)


def _passage(subject: Subject, move: Transition, end: End) -> _Passage:
    given = set(_meant(subject, move.require))
    for condition in (*move.when, *([end.condition] if end.condition else [])):
        given |= assured(condition.expression)
    # Effects look at the item as it was before the move; the last word on a field counts.
    certain: dict[str, bool | str] = dict.fromkeys(given, True)
    for effect in move.effects:
        if isinstance(effect, Stamp | Count):
            certain[effect.field] = True
        elif isinstance(effect, Clear):
            certain.update(dict.fromkeys(effect.fields, False))
        elif isinstance(effect, SetField):
            certain[effect.field] = _certainty(effect.value, move)
    return _Passage(
        gained=frozenset(field for field, how in certain.items() if how is True),
        lost=frozenset(field for field, how in certain.items() if how is not True),
        copied=tuple((field, how) for field, how in certain.items() if isinstance(how, str)),
    )


def _certainty(value: Value, move: Transition) -> bool | str:
    """Whether a value is certainly there, or the field of the item on which it depends."""
    if value.source is Source.ITEM:
        return value.value
    return value.source is Source.LITERAL or (value.source is Source.INPUT and value.value in move.require)


def _meant(subject: Subject, names: Iterable[str]) -> _Fields:
    """The fields that are named; a misspelt one stands for its nearest, so that one slip is one finding."""
    fields = subject.definition.fields
    return frozenset(name if name in fields else subject.like(name, fields) or name for name in names)


def _timers(subject: Subject, filled: dict[str, _Fields]) -> Iterator[Finding]:
    definition = subject.definition
    told: set[tuple[str, str]] = set()
    for timer in definition.timers.values():
        deadline = definition.deadlines.get(timer.at.anchor)
        if deadline is None or deadline.optional or deadline.base not in definition.fields:
            continue
        for state in timer.states:
            if state in filled and deadline.base not in filled[state] and (state, deadline.base) not in told:
                told.add((state, deadline.base))
                yield subject.at_key(
                    "L18",
                    ("states", state),
                    f"hẹn giờ “{timer.name}” cần trường “{deadline.base}”, có đường tới đây để trống nó",
                    f'the timer "{timer.name}" reads the field "{deadline.base}", which some path to here leaves empty',
                )


def _conditions(subject: Subject, filled: dict[str, _Fields]) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for _, condition, move in places.conditions(subject):
        if "overdue" in reads(condition.expression) and "main" not in subject.definition.deadlines:
            vi, en = (
                "điều kiện đọc “overdue” mà không có hạn “main”",
                'a condition reads "overdue", yet no deadline is "main"',
            )
            yield subject.at_key("L18", ("transitions", move.name), vi, en)
        sources = [state for state in dict.fromkeys(move.sources) if state in filled]
        for name in sorted(_looked_at(subject, condition.expression, _promised(subject, move))):
            source = next((state for state in sources if name not in filled[state]), None)
            if source and (move.name, name) not in told:
                told.add((move.name, name))
                yield subject.at_key(
                    "L18",
                    ("transitions", move.name),
                    f"điều kiện đọc trường “{name}”, ở trạng thái “{source}” có thể còn trống: hỏi “'{name}' in filled” trước",
                    f'a condition reads the field "{name}", which may be empty in the state "{source}":'
                    f" ask \"'{name}' in filled\" first",
                )


def _promised(subject: Subject, move: Transition) -> _Fields:
    """What has a value by the time the conditions of the move count: its inputs, and what its refusals ask for."""
    asked = (assured(condition.expression) for condition in move.when if asked_for(condition.expression))
    return _meant(subject, move.require).union(*asked)


def _looked_at(subject: Subject, expression: str, promised: Iterable[str]) -> _Fields:
    definition = subject.definition
    names = reads(expression)
    main = definition.deadlines.get("main")
    if "overdue" in names and main and not main.optional:
        names |= {main.base}
    return (names & set(definition.fields)) - _meant(subject, asked_for(expression)) - set(promised)
