"""Workflows that open and move each other's items: what one asks, the other can do (L11, L15), and none opens itself (L38).

No two workflows of an office have one purpose (L40).
"""

from collections.abc import Iterator, Mapping

from workflow.catalog.compile import Compiled, Names, is_literal
from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import (
    COMMENT,
    UNIT,
    Definition,
    FieldType,
    InputField,
    Label,
    Signal,
    Source,
    Spawn,
    Transition,
    Value,
)

_MOVE = Label("bước chuyển", "move")


def check_family(compiled: Compiled, others: Mapping[str, Definition], names: Names) -> tuple[Finding, ...]:
    """What stands against `compiled` beside the other workflows, as far as they are known; the rest is not judged."""
    if compiled.definition is None:
        return ()
    own = compiled.definition
    family = {**others, own.workflow: own}
    subject = Subject(own, compiled.document, names)
    found = {
        finding
        for move in own.transitions.values()
        for path, effect in places.effects(subject, move)
        for finding in (
            _spawn(subject, family, path, effect)
            if isinstance(effect, Spawn)
            else _signal(subject, family, path, effect)
            if isinstance(effect, Signal)
            else ()
        )
    }
    found.update(_rival(subject, family))
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.message.en)))


def _rival(subject: Subject, family: Mapping[str, Definition]) -> Iterator[Finding]:
    own = subject.definition
    for other in family.values():
        if own.purpose and other.purpose is own.purpose and other.workflow != own.workflow:
            vi = f"quy trình “{other.workflow}” đã dùng cho việc này; mỗi việc chỉ có một quy trình"
            en = f'the workflow "{other.workflow}" has this purpose; a purpose is one workflow\'s'
            yield subject.at_value("L40", ("purpose",), vi, en)


def _spawn(subject: Subject, family: Mapping[str, Definition], path: Path, spawn: Spawn) -> Iterator[Finding]:
    own, child = subject.definition.workflow, family.get(spawn.workflow)
    # A child of the same workflow is checked with the file itself.
    if child is None or child.workflow == own:
        return
    if own not in child.create.children_of:
        vi = f"“create.children_of” của “{child.workflow}” không có “{own}”: không lập được mục con"
        en = f'"create.children_of" of "{child.workflow}" does not name "{own}": no such child can be made'
        yield subject.at_value("L15", path, vi, en)
    if _spawns(family, child.workflow, own):
        vi = f"“{child.workflow}” lại lập ra mục “{own}”: vòng lặp giữa các quy trình"
        en = f'items of "{child.workflow}" open items of "{own}" in turn: the workflows open each other in a circle'
        yield subject.at_value("L38", path, vi, en)
    what = Label(f"khi lập mục “{child.workflow}”", f'when an item of "{child.workflow}" is created')
    takes = _Takes(child, child.create.inputs, child.create.require, what)
    yield from _given(subject, takes, path, dict(spawn.fields))


def _spawns(family: Mapping[str, Definition], start: str, sought: str) -> bool:
    """Whether an item of `start` may bring about one of `sought`, through any number of workflows."""
    seen, ahead = {start}, [start]
    while ahead:
        for name in _spawned(family.get(ahead.pop())):
            if name == sought:
                return True
            if name not in seen:
                seen.add(name)
                ahead.append(name)
    return False


def _spawned(definition: Definition | None) -> Iterator[str]:
    for move in definition.transitions.values() if definition else ():
        yield from (effect.workflow for effect in move.effects if isinstance(effect, Spawn))


def _signal(subject: Subject, family: Mapping[str, Definition], path: Path, signal: Signal) -> Iterator[Finding]:
    own = subject.definition
    if signal.to == "parent":
        if not own.create.children_of:
            vi = "“create.children_of” bỏ trống: không có mục cha để báo"
            yield subject.at_value(
                "L15", path, vi, '"create.children_of" names no workflow: there is no parent to signal'
            )
        heard = [family[name] for name in own.create.children_of if name in family]
        deaf = [definition for definition in heard if signal.move not in definition.transitions]
    else:
        heard = [definition for definition in family.values() if own.workflow in definition.create.children_of]
        # Children that know no such move are passed over; that none knows it is a slip, once all of them are known.
        knows = any(signal.move in definition.transitions for definition in heard)
        deaf = [] if knows or subject.names.workflows - family.keys() else heard
    for definition in deaf[:1]:
        yield subject.unknown("L11", (*path[:-1], "move"), _MOVE, signal.move, definition.transitions)
    for definition in heard:
        move = definition.transitions.get(signal.move)
        if move:
            yield from _given(subject, _taken_by(definition, move), path, dict(signal.fields))


class _Takes:
    """What another workflow takes as values: the fields it knows, and those it cannot do without."""

    def __init__(self, definition: Definition, inputs: tuple[str, ...], require: tuple[str, ...], what: Label) -> None:
        self.definition = definition
        self.known = inputs
        self.require = require
        self.what = what

    def field(self, name: str) -> InputField | None:
        return self.definition.fields.get(name)


def _taken_by(definition: Definition, move: Transition) -> _Takes:
    what = Label(
        f"bước “{move.name}” của “{definition.workflow}”", f'the move "{move.name}" of "{definition.workflow}"'
    )
    # The comment of the act goes along by itself.
    require = tuple(name for name in move.require if name != COMMENT)
    return _Takes(definition, (*move.inputs, COMMENT), require, what)


def _given(subject: Subject, takes: _Takes, path: Path, fields: Mapping[str, Value]) -> Iterator[Finding]:
    missing = ", ".join(name for name in takes.require if name not in fields)
    if missing:
        vi, en = f"{takes.what.vi} còn thiếu: {missing}", f"{takes.what.en}, this would be missing: {missing}"
        yield subject.at_value("L15", path, vi, en)
    for name, value in fields.items():
        at = (*path[:-1], "fields", name)
        if name not in takes.known:
            vi, en = f"{takes.what.vi} không nhận “{name}”", f'{takes.what.en}, "{name}" is not taken'
            yield subject.at_key("L11", at, vi, en, subject.like(name, takes.known))
        else:
            yield from _fitting(subject, takes, at, name, value)


def _fitting(subject: Subject, takes: _Takes, path: Path, name: str, value: Value) -> Iterator[Finding]:
    field = takes.field(name)
    if field is None:
        return
    if value.source is Source.LITERAL:
        fits, given = is_literal(field, value.value), f"“{value.value}”"
    else:
        kind = _kind(subject.definition, value.value)
        # What does not exist is told of in its own place.
        fits, given = kind in (None, field.type) or field.type is FieldType.TEXT, str(kind)
    if not fits:
        vi = f"“{name}” {takes.what.vi} có kiểu {field.type}, ở đây là {given}"
        en = f'{takes.what.en}, "{name}" is of type {field.type}; given here: {given}'
        yield subject.at_value("L11", path, vi, en)


def _kind(definition: Definition, name: str) -> FieldType | None:
    if name in (COMMENT, UNIT):
        return FieldType.TEXT if name == COMMENT else FieldType.UNIT
    field = definition.fields.get(name)
    return field.type if field else None
