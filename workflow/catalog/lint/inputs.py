"""What a move asks for can be given: fields open to input (L15), nothing from the clock (L16) nor in bulk (L34)."""

from collections.abc import Iterator

from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.subject import Subject
from workflow.engine.definition import Spawn, Transition


def inputs_can_be_given(subject: Subject) -> Iterator[Finding]:
    fields = subject.definition.fields
    for path, name in places.creation_inputs(subject):
        if name in fields and fields[name].system:
            yield subject.at_value("L15", path, *_system(name))
    for move in subject.definition.transitions.values():
        yield from _inputs_of_move(subject, move)
        for path, effect in places.effects(subject, move):
            if isinstance(effect, Spawn) and effect.workflow == subject.definition.workflow:
                yield from _own_child(subject, (*path[:-1], "spawn"), effect)


def _system(name: str) -> tuple[str, str]:
    return (
        f"trường “{name}” do hệ thống ghi (system), không nhập được",
        f'the field "{name}" is written by the system only, nobody can give it',
    )


def _inputs_of_move(subject: Subject, move: Transition) -> Iterator[Finding]:
    fields, states = subject.definition.fields, subject.definition.states
    for path, name in places.inputs(move):
        if name not in fields:
            continue
        frozen = [source for source in move.sources if source in states and name in states[source].freeze]
        if fields[name].system:
            yield subject.at_value("L15", path, *_system(name))
        elif frozen:
            vi = f"trường “{name}” bị khóa (freeze) ở trạng thái “{frozen[0]}”"
            en = f'the field "{name}" is frozen in the state "{frozen[0]}"'
            yield subject.at_value("L15", path, vi, en)


def _own_child(subject: Subject, path: tuple[str | int, ...], effect: Spawn) -> Iterator[Finding]:
    create, own = subject.definition.create, subject.definition.workflow
    given = {name for name, _ in effect.fields}
    missing = [name for name in create.require if name not in given]
    if missing:
        names = ", ".join(missing)
        yield subject.at_value("L15", path, f"mục con thiếu: {names}", f"the child would lack: {names}")
    if own not in create.children_of:
        vi = f"“create.children_of” không có “{own}”: không lập được mục con"
        en = f'"create.children_of" does not name "{own}": no such child can be made'
        yield subject.at_value("L15", path, vi, en)


def fired_moves_ask_for_nothing(subject: Subject) -> Iterator[Finding]:
    fired: dict[str, str] = {}
    for each in subject.definition.timers.values():
        fired.setdefault(each.fire or "", each.name)
    for move in subject.definition.transitions.values():
        if move.name not in fired:
            continue
        timer = fired[move.name]
        for n, name in enumerate(move.require):
            vi = f"bước do hẹn giờ “{timer}” gọi không thể đòi “{name}”"
            en = f'fired by the timer "{timer}", the move cannot ask for "{name}"'
            yield subject.at_value("L16", ("transitions", move.name, "require", n), vi, en)
        if move.gate:
            vi = f"bước do hẹn giờ “{timer}” gọi không thể chờ phê duyệt"
            en = f'fired by the timer "{timer}", the move cannot wait for an approval'
            yield subject.at_key("L16", ("transitions", move.name, "approval"), vi, en)


def bulk_moves_ask_for_nothing(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        path = ("transitions", move.name, "bulk")
        if move.bulk and move.require:
            names = ", ".join(move.require)
            vi, en = f"làm hàng loạt không thể đòi: {names}", f"made in bulk, the move cannot ask for: {names}"
            yield subject.at_key("L34", path, vi, en)
        if move.bulk and move.gate:
            vi, en = "làm hàng loạt không thể chờ ký duyệt", "made in bulk, the move cannot wait for a signature"
            yield subject.at_key("L34", path, vi, en)
