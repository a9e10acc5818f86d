"""Definite assignment (L18): no timer or condition reads a field that some path leaves empty.

For each state, the fields that certainly have a value there, whatever path led to it. What an optional input brings is
certain of nothing; what a condition asks for is certain behind it.
"""

from collections.abc import Iterable, Iterator

from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.expressions import asked_for, assured
from workflow.catalog.lint.routes import Branch
from workflow.catalog.lint.subject import Subject
from workflow.engine.conditions import reads
from workflow.engine.definition import Clear, Count, SetField, Source, Stamp, Transition, Value

_Fields = frozenset[str]


def nothing_reads_what_may_be_empty(subject: Subject) -> Iterator[Finding]:
    filled = _filled(subject)
    yield from _timers(subject, filled)
    yield from _conditions(subject, filled)


def _filled(subject: Subject) -> dict[str, _Fields]:
    """By reachable state, the fields that certainly have a value."""
    definition, routes = subject.definition, subject.routes
    known = {
        state.name: _meant(subject, definition.create.require) for state in definition.states.values() if state.initial
    }
    waiting = list(known)
    for state in waiting:
        for branch in routes.leaving[state]:
            end = branch.target or state
            after = _after(subject, branch, known[state])
            before = known.get(end)
            known[end] = after if before is None else before & after
            if known[end] != before:
                waiting.append(end)
    return known


def _after(subject: Subject, branch: Branch, before: _Fields) -> _Fields:
    move = branch.move
    given = before | _meant(subject, move.require)
    for condition in (*move.when, *([branch.condition] if branch.condition else [])):
        given |= assured(condition.expression)
    # Effects look at the item as it was before the move, in the order of the file.
    filled = set(given)
    for effect in move.effects:
        if isinstance(effect, Stamp | Count):
            filled.add(effect.field)
        elif isinstance(effect, Clear):
            filled.difference_update(effect.fields)
        elif isinstance(effect, SetField):
            (filled.add if _is_certain(effect.value, move, before) else filled.discard)(effect.field)
    return frozenset(filled)


def _meant(subject: Subject, names: Iterable[str]) -> _Fields:
    """The fields that are named; a misspelt one stands for its nearest, so that one slip is one finding."""
    fields = subject.definition.fields
    return frozenset(name if name in fields else subject.like(name, fields) or name for name in names)


def _is_certain(value: Value, move: Transition, before: _Fields) -> bool:
    if value.source is Source.INPUT:
        return value.value in move.require
    if value.source is Source.ITEM:
        return value.value in before
    return value.source is Source.LITERAL


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
