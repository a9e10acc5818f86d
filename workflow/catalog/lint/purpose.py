"""A workflow offers what its purpose needs (L39): it takes what code hands to it, and holds what is read of it."""

from collections.abc import Collection, Iterator, Mapping

from workflow.catalog.findings import Finding
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import COMMENT, OFFICES, SYSTEM, FieldType, Label, Spawn, Transition, Who, WhoKind
from workflow.engine.purpose import NEEDS, Handed, Needs

_HERE = ("purpose",)


def creation_takes_what_is_handed(subject: Subject) -> Iterator[Finding]:
    create, needs = subject.definition.create, _needs(subject)
    handed = needs.created
    if handed is None:
        return
    what = Label("khi lập mục", "when an item is created")
    yield from _takes(subject, handed, ("create",), create.inputs, create.require, what)
    if handed.by_system and not _names(create.by, SYSTEM):
        vi, en = (
            "hệ thống tự lập mục, nên “by” phải có: system",
            'the system makes the items, so "by" must name: system',
        )
        yield _told(subject, ("create", "by"), vi, en)
    if needs.made_by_office and not _names(create.by, *(OFFICES - {SYSTEM})):
        vi = "văn bản giao việc do người giữ chức danh chung nhập, nên “by” phải có một chức danh như clerk"
        en = 'directives are taken in by whoever holds an office, so "by" must name one, for instance clerk'
        yield _told(subject, ("create", "by"), vi, en)


def moves_take_what_is_handed(subject: Subject) -> Iterator[Finding]:
    definition, needs = subject.definition, _needs(subject)
    missing = ", ".join(name for name in needs.moves if name not in definition.transitions)
    if missing:
        yield _told(subject, _HERE, f"còn thiếu các bước: {missing}", f"these moves are missing: {missing}")
    for name, handed in needs.moves.items():
        move = definition.transitions.get(name)
        if move:
            yield from _move(subject, handed, move)
            if name == needs.renewed_by and not _makes_the_next(subject, move):
                vi = f"bước “{name}” cần hiệu ứng “spawn: {definition.workflow}” để lập phiên bản kế tiếp"
                en = f'the move "{name}" needs the effect "spawn: {definition.workflow}", which makes the next version'
                yield _told(subject, ("transitions", name, "do"), vi, en, at_key=True)


def _move(subject: Subject, handed: Handed, move: Transition) -> Iterator[Finding]:
    path = ("transitions", move.name)
    what = Label(f"bước “{move.name}”", f'at the move "{move.name}"')
    yield from _takes(subject, handed, path, (*move.inputs, COMMENT), move.require, what)
    if handed.by_system and not _names(move.starters, SYSTEM):
        vi = f"hệ thống tự thực hiện bước “{move.name}”, nên “by” phải có: system"
        en = f'the system makes the move "{move.name}", so "by" must name: system'
        yield _told(subject, (*path, "by"), vi, en)


def _makes_the_next(subject: Subject, move: Transition) -> bool:
    own = subject.definition.workflow
    return any(isinstance(effect, Spawn) and effect.workflow == own for effect in move.effects)


def fields_can_be_read(subject: Subject) -> Iterator[Finding]:
    needs, fields = _needs(subject), subject.definition.fields
    missing = _absent(needs.read, fields)
    if missing:
        yield _told(subject, _HERE, f"cần các trường: {missing}", f"these fields are needed: {missing}")
    yield from _mistyped(subject, needs.read)


def items_count_as_what_they_are(subject: Subject) -> Iterator[Finding]:
    """What the calendar opens, and what the sheet of a unit's head counts by the purpose: not as reports, nor as work."""
    definition, needs = subject.definition, _needs(subject)
    for key, there in (("series", bool(definition.series)), ("episode", bool(definition.episode_record))):
        if needs.plain and there:
            vi = f"vì có “{key}”, mục sẽ bị tính là báo cáo hoặc việc được giao"
            en = f'by "{key}" the items would be counted as reports or as work'
            yield _told(subject, (key,), vi, en, at_key=True)
    if needs.calendar and not definition.calendar:
        vi, en = (
            "thời gian chờ tính bằng ngày làm việc, cần khóa “calendar”",
            'working days are counted: "calendar" is needed',
        )
        yield _told(subject, _HERE, vi, en)
    if needs.series:
        yield from _series(subject)


def _series(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    if not definition.series:
        yield _told(
            subject, _HERE, "cần khối “series” để lịch mở kỳ", 'the block "series" is needed, which opens periods'
        )
    field = definition.fields.get("series")
    known = {choice.name for choice in field.choices} if field else set()
    missing = ", ".join(name for name in definition.series if name not in known)
    if missing and field and field.type is FieldType.CHOICE:
        vi, en = f"trường “series” còn thiếu lựa chọn: {missing}", f'the field "series" lacks the choices: {missing}'
        yield _told(subject, ("fields", "series", "of"), vi, en, at_key=True)


# -- what they share ----------------------------------------------------------------------------------------------------


def _needs(subject: Subject) -> Needs:
    purpose = subject.definition.purpose
    return NEEDS[purpose] if purpose else Needs()


def _told(subject: Subject, path: Path, vi: str, en: str, *, at_key: bool = False) -> Finding:
    """At the value of `path`, or at its key; at what should hold it where it is absent. Each sentence names the purpose."""
    purpose = subject.definition.purpose
    tell = subject.at_key if at_key else subject.at_value
    return tell("L39", path, f"dùng cho “{purpose}”: {vi}", f'for the purpose "{purpose}": {en}')


def _names(whos: Collection[Who], *offices: str) -> bool:
    return any(who.kind is WhoKind.OFFICE and who.name in offices for who in whos)


def _takes(
    subject: Subject, handed: Handed, path: Path, inputs: Collection[str], require: tuple[str, ...], what: Label
) -> Iterator[Finding]:
    """Everything that is handed over is an input of its type, and nothing is mandatory that may be missing."""
    missing = _absent(handed.fields, inputs)
    if missing:
        vi, en = f"{what.vi} cần nhận: {missing}", f"{what.en}, these must be taken: {missing}"
        yield _told(subject, (*path, "optional"), vi, en)
    yield from _mistyped(subject, handed.fields)
    for n, name in enumerate(require):
        if name not in handed.always:
            vi, en = f"{what.vi} có khi không có “{name}”", f'{what.en}, "{name}" may be missing'
            yield _told(
                subject, (*path, "require", n), f"{vi}, nên không bắt buộc được", f"{en}: it cannot be mandatory"
            )


def _absent(wanted: Mapping[str, FieldType], there: Collection[str]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in wanted.items() if name not in there)


def _mistyped(subject: Subject, wanted: Mapping[str, FieldType]) -> Iterator[Finding]:
    fields = subject.definition.fields
    for name, kind in wanted.items():
        if name in fields and fields[name].type is not kind:
            given = fields[name].type
            vi = f"trường “{name}” kiểu {given}, ở đây cần kiểu {kind}"
            yield _told(
                subject, ("fields", name, "type"), vi, f'the field "{name}" is of type {given}, here it must be {kind}'
            )
