"""Names exist: states (L04), and roles, fields, moves, calendar, notices, workflows (L11)."""

from collections.abc import Collection, Iterator, Mapping

from workflow.audit import RESERVED
from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.expressions import Literal, literals
from workflow.catalog.lint.places import PlacedCondition
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import (
    COMMENT,
    OFFICES,
    POSTS,
    UNIT,
    Clear,
    Count,
    Effect,
    FieldType,
    InputField,
    Job,
    Label,
    Notify,
    SetField,
    Signal,
    Source,
    Spawn,
    Stamp,
    Transition,
    Value,
    Webhook,
    Who,
    WhoKind,
)

_STATE = Label("trạng thái", "state")
_ROLE = Label("vai trò", "role")
_FIELD = Label("trường", "field")
_MOVE = Label("bước chuyển", "move")
_DEADLINE = Label("hạn", "deadline")
_RECURRING = frozenset({"reporting_unit"})


def states_exist(subject: Subject) -> Iterator[Finding]:
    known = subject.definition.states
    for path, name in places.states(subject):
        if name not in known:
            yield subject.unknown("L04", path, _STATE, name, known)
    for placed, literal in _literals(subject):
        if literal.name == "state" and literal.word not in known:
            yield _unknown_literal(subject, "L04", placed, literal, _STATE, known)


def roles_exist(subject: Subject) -> Iterator[Finding]:
    for path, who in places.whos(subject):
        yield from _who(subject, path, who)


def _who(subject: Subject, path: Path, who: Who) -> Iterator[Finding]:
    definition, roles = subject.definition, subject.names.roles
    if who.kind in (WhoKind.OFFICE, WhoKind.POST) and who.name not in roles:
        vi, en = f"không ai trong tổ chức giữ vai trò “{who}”", f'nobody in the organisation holds the role "{who}"'
        yield subject.at_value("L11", path, vi, en, subject.like(who.name, roles))
    if who.kind is WhoKind.LAST and who.name not in definition.transitions:
        yield subject.unknown("L11", path, _MOVE, who.name, definition.transitions)
    if who.kind is WhoKind.POST_IN:
        yield from _post_in(subject, path, who)
    if who.kind is not WhoKind.FIELD:
        return
    field = definition.fields.get(who.name)
    if field is None:
        people = {field.name for field in definition.fields.values() if field.type is FieldType.PERSON}
        yield subject.unknown("L11", path, _ROLE, who.name, {*roles, *people, "creator"})
    elif field.type is not FieldType.PERSON:
        yield _mistyped(subject, path, field, FieldType.PERSON)


def _post_in(subject: Subject, path: Path, who: Who) -> Iterator[Finding]:
    """Whoever holds a post in another unit may be told of an item; nothing of it is his to do."""
    if not {"notify", "then"} & set(path):
        vi, en = f"“{who}” chỉ dùng được để báo tin (notify, then)", f'"{who}" can only be told (notify, then)'
        yield subject.at_value("L11", path, vi, en, who.post)
        return
    if who.post not in subject.names.roles:
        yield subject.unknown("L11", path, _ROLE, who.post, subject.names.roles)
    yield from _field(subject, path, who.name, FieldType.UNIT, FieldType.UNITS, FieldType.TEXT)


def _mistyped(subject: Subject, path: Path, field: InputField, *wanted: FieldType) -> Finding:
    kinds = Label(" hoặc ".join(wanted), " or ".join(wanted))
    return subject.at_value(
        "L11",
        path,
        f"trường “{field.name}” kiểu {field.type}, ở đây cần kiểu {kinds.vi}",
        f'the field "{field.name}" is of type {field.type}, here it must be {kinds.en}',
    )


def fields_exist(subject: Subject) -> Iterator[Finding]:
    for path, name in places.creation_inputs(subject):
        yield from _field(subject, path, name)
    for move in subject.definition.transitions.values():
        yield from _fields_of_move(subject, move)
    for deadline in subject.definition.deadlines.values():
        yield from _field(
            subject, ("deadlines", deadline.name, "base"), deadline.base, FieldType.DATE, FieldType.INSTANT
        )
    for path, name in _listed_fields(subject):
        yield from _field(subject, path, name)


def _listed_fields(subject: Subject) -> Iterator[tuple[Path, str]]:
    definition = subject.definition
    for n, name in enumerate(definition.episode_record):
        yield ("episode", "record", n), name
    for state in definition.states:
        frozen = subject.document.data["states"][state].get("freeze", ())
        if frozen != "all":
            yield from ((("states", state, "freeze", n), name) for n, name in enumerate(frozen))
    for n, migration in enumerate(definition.migrations):
        yield from ((("migrate", n, "fill", name), name) for name, _ in migration.fill)


def _field(subject: Subject, path: Path, name: str, *kinds: FieldType) -> Iterator[Finding]:
    """A declared field, of one of the kinds where some are given."""
    field = subject.definition.fields.get(name)
    if field is None:
        yield subject.unknown("L11", path, _FIELD, name, subject.definition.fields)
    elif kinds and field.type not in kinds:
        yield _mistyped(subject, path, field, *kinds)


def _fields_of_move(subject: Subject, move: Transition) -> Iterator[Finding]:
    for path, name in places.inputs(move):
        if name != COMMENT:
            yield from _field(subject, path, name)
    for path, effect in places.effects(subject, move):
        yield from _field_of_effect(subject, path, effect)
    yield from _children_speak_to_parents(subject, move)
    for path, written, value in places.values(subject, move):
        yield from _value(subject, move, path, value, _kind(subject, written) if "set" in path else None)
    for n, name in enumerate(move.checked):
        yield from _field(subject, ("transitions", move.name, "check", n), name, FieldType.FIGURES)
    for n, name in enumerate(move.gate.dismiss_when_changed if move.gate else ()):
        yield from _field(subject, ("transitions", move.name, "approval", "dismiss_when_changed", n), name)


def _children_speak_to_parents(subject: Subject, move: Transition) -> Iterator[Finding]:
    """`child.NAME` is the item that signals its parent; nowhere else does it mean anything."""
    spoken = {
        path[:-1]
        for path, effect in places.effects(subject, move)
        if isinstance(effect, Signal) and effect.to == "parent"
    }
    for path, _, value in places.values(subject, move):
        if value.source is Source.CHILD and path[:-2] not in spoken:
            vi, en = (
                f"“child.{value.value}” chỉ có nghĩa trong tín hiệu gửi mục cha",
                f'"child.{value.value}" has a meaning in a signal to the parent only',
            )
            yield subject.at_value("L11", path, vi, en, f"item.{value.value}")


def _field_of_effect(subject: Subject, path: Path, effect: Effect) -> Iterator[Finding]:
    if isinstance(effect, Stamp):
        yield from _field(subject, path, effect.field, FieldType.INSTANT)
    elif isinstance(effect, Count):
        yield from _field(subject, path, effect.field, FieldType.INTEGER)
    elif isinstance(effect, Clear):
        for n, name in enumerate(effect.fields):
            yield from _field(subject, (*path, n), name)
    elif isinstance(effect, SetField) and effect.field != UNIT and effect.field not in subject.definition.fields:
        known = {*subject.definition.fields, UNIT}
        vi, en = f"không có trường “{effect.field}”", f'no field "{effect.field}"'
        yield subject.at_key("L11", path, vi, en, subject.like(effect.field, known))
    elif isinstance(effect, Spawn) and effect.workflow == subject.definition.workflow:
        yield from _fields_of_own_child(subject, path, effect)


def _fields_of_own_child(subject: Subject, path: Path, effect: Spawn) -> Iterator[Finding]:
    """A child of the same workflow takes what `create` takes. What other workflows take is checked in theirs."""
    known = subject.definition.create.inputs
    for name, _ in effect.fields:
        if name not in known:
            vi = f"“create” không nhận trường “{name}” khi lập mục con"
            en = f'"create" takes no field "{name}" for a child'
            yield subject.at_key("L11", (*path[:-1], "fields", name), vi, en, subject.like(name, known))


def _kind(subject: Subject, name: str) -> FieldType | None:
    field = subject.definition.fields.get(name)
    return FieldType.UNIT if name == UNIT else field.type if field else None


def _value(subject: Subject, move: Transition, path: Path, value: Value, wanted: FieldType | None) -> Iterator[Finding]:
    fields, name = subject.definition.fields, value.value
    if value.source is Source.INPUT and name not in {*move.inputs, COMMENT}:
        vi, en = f"bước này không nhận “{name}”", f'"{name}" is no input of this move'
        yield subject.at_value("L11", path, vi, en, subject.like(name, {*move.inputs, COMMENT}))
    elif value.source in (Source.ITEM, Source.CHILD) and name not in fields and name != UNIT:
        yield subject.unknown("L11", path, _FIELD, name, {*fields, UNIT})
    elif wanted and name in fields and fields[name].type is not wanted:
        yield _mistyped(subject, path, fields[name], wanted)


def moves_exist(subject: Subject) -> Iterator[Finding]:
    known = subject.definition.transitions
    for path, name in places.moves(subject):
        if name not in known:
            yield subject.unknown("L11", path, _MOVE, name, known)


def deadlines_exist(subject: Subject) -> Iterator[Finding]:
    known = {"entered", *subject.definition.deadlines}
    for timer in subject.definition.timers.values():
        if timer.at.anchor not in known:
            yield subject.unknown("L11", ("timers", timer.name, "at"), _DEADLINE, timer.at.anchor, known)


def words_of_conditions_exist(subject: Subject) -> Iterator[Finding]:
    """A condition that looks for a word which nothing bears is never true: it compiles, and refuses for ever."""
    definition = subject.definition
    known: Mapping[str, tuple[Label, Collection[str]]] = {
        "filled": (_FIELD, definition.fields),
        "actor.roles": (_ROLE, subject.names.roles | OFFICES | POSTS),
        "last": (_MOVE, definition.transitions),
        **{
            name: (Label(f"lựa chọn của “{name}”", f'choice of "{name}"'), {choice.name for choice in field.choices})
            for name, field in definition.fields.items()
            if field.type is FieldType.CHOICE
        },
    }
    for placed, literal in _literals(subject):
        kind, words = known.get(literal.name, (_STATE, {literal.word}))
        if literal.word not in words:
            yield _unknown_literal(subject, "L11", placed, literal, kind, words)


def _literals(subject: Subject) -> Iterator[tuple[PlacedCondition, Literal]]:
    for placed in places.conditions(subject):
        yield from ((placed, literal) for literal in literals(placed.condition.expression))


def _unknown_literal(
    subject: Subject, code: str, placed: PlacedCondition, literal: Literal, kind: Label, known: Collection[str]
) -> Finding:
    expression, word = placed.condition.expression, literal.word
    line = expression.count("\n", 0, literal.column) + 1
    position = subject.document.within(placed.path, expression, line, literal.column)
    vi, en = f"không có {kind.vi} “{word}”", f'no {kind.en} "{word}"'
    return subject.at(code, placed.path, position, vi, en, subject.like(word, known))


def calendar_exists(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    if definition.calendar and definition.calendar not in subject.names.calendars:
        kind = Label("lịch làm việc", "calendar")
        yield subject.unknown("L11", ("calendar",), kind, definition.calendar, subject.names.calendars)
    if definition.calendar:
        return
    for timer in definition.timers.values():
        for key, span in (("at", timer.at.offset), ("every", timer.every)):
            if span and span.unit == "wd":
                vi, en = "đếm ngày làm việc (wd) cần khóa “calendar”", 'working days (wd) need the key "calendar"'
                yield subject.at_value("L11", ("timers", timer.name, key), vi, en)
    for deadline in definition.deadlines.values():
        if deadline.grace_on_return and deadline.grace_on_return.unit == "wd":
            vi, en = "đếm ngày làm việc (wd) cần khóa “calendar”", 'working days (wd) need the key "calendar"'
            yield subject.at_value("L11", ("deadlines", deadline.name, "grace_on_return"), vi, en)


def follow_ups_have_takers(subject: Subject) -> Iterator[Finding]:
    """What leaves the transaction must arrive somewhere: an address or job that nothing here takes is only a promise."""
    names = subject.names
    for move in subject.definition.transitions.values():
        for n, follow in enumerate(move.after):
            path: Path = ("transitions", move.name, "after", n)
            if isinstance(follow, Webhook) and follow.name not in names.webhooks:
                kind = Label("địa chỉ nhận (webhook)", "webhook")
                yield subject.unknown("L11", (*path, "webhook"), kind, follow.name, names.webhooks)
            elif isinstance(follow, Job) and follow.name not in names.jobs:
                yield subject.unknown("L11", (*path, "job"), Label("việc nền (job)", "job"), follow.name, names.jobs)


def name_is_free(subject: Subject) -> Iterator[Finding]:
    name = subject.definition.workflow
    if name in RESERVED:
        vi, en = f"tên “{name}” dành riêng cho nhật ký, hãy đặt tên khác", f'the log keeps the name "{name}" for itself'
        yield subject.at_value("L11", ("workflow",), vi, en)


def workflows_exist(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    known, kind = {*subject.names.workflows, definition.workflow}, Label("quy trình", "workflow")
    for n, name in enumerate(definition.create.children_of):
        if name not in known:
            yield subject.unknown("L11", ("create", "children_of", n), kind, name, known)
    for move in definition.transitions.values():
        for path, effect in places.effects(subject, move):
            if isinstance(effect, Spawn) and effect.workflow not in known:
                yield subject.unknown("L11", path, kind, effect.workflow, known)
    for series in definition.series.values():
        if series.for_each not in _RECURRING:
            kind = Label("nhóm đơn vị", "set of units")
            yield subject.unknown("L11", ("series", series.name, "for_each"), kind, series.for_each, _RECURRING)


def templates_exist(subject: Subject) -> Iterator[Finding]:
    """Not asked where nobody said which notices this installation can send."""
    shipped, definition = subject.names.templates, subject.definition
    if not shipped:
        return
    own = {*definition.transitions, *definition.timers, *(f"{name}_proposed" for name in definition.transitions)}
    known, kind = {*shipped, *own}, Label("mẫu thông báo", "template")
    for path, name in _templates(subject):
        if name not in known:
            yield subject.unknown("L11", path, kind, name, known)


def _templates(subject: Subject) -> Iterator[tuple[Path, str]]:
    for move in subject.definition.transitions.values():
        for n, follow in enumerate(move.after):
            if isinstance(follow, Notify):
                yield ("transitions", move.name, "after", n, "template"), follow.template
    for timer in subject.definition.timers.values():
        yield ("timers", timer.name, "template"), timer.template
