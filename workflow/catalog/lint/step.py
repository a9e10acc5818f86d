"""One edition after another: open items must find their place (L29, L35), and changed content takes a new version (L30)."""

from collections.abc import Iterator

from workflow.catalog.compile import Compiled, Names, is_literal
from workflow.catalog.findings import Finding
from workflow.catalog.lint.filling import certainly_filled
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import COMMENT, SAME, Definition, FieldType, Migration
from workflow.engine.succession import Leg, rule_from

STEP_CODES = frozenset({"L29", "L30", "L35"})
"""What only shows when two editions are compared."""

_NO_LITERAL = frozenset({FieldType.PERSON, FieldType.ATTACHMENTS, FieldType.FIGURES})


def check_step(old: Definition, compiled: Compiled) -> tuple[Finding, ...]:
    """What stands against publishing `compiled` after `old`, an edition of the same workflow; nothing where they are equal."""
    new = compiled.definition
    if new is None or new.fingerprint == old.fingerprint:
        return ()
    subject = Subject(new, compiled.document, Names())
    if new.workflow != old.workflow:
        return (subject.at_value("L29", ("workflow",), *_other_workflow(old, new)),)
    found = {
        *_takes_a_new_version(subject, old),
        *_every_state_has_a_home(subject, old),
        *_required_is_filled(subject, old),
    }
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.message.en)))


def _other_workflow(old: Definition, new: Definition) -> tuple[str, str]:
    return (
        f"“{new.workflow}” không phải là bản mới của quy trình “{old.workflow}”",
        f'"{new.workflow}" is no new version of the workflow "{old.workflow}"',
    )


def _takes_a_new_version(subject: Subject, old: Definition) -> Iterator[Finding]:
    version = subject.definition.version
    if version <= old.version:
        wanted = old.version + 1
        yield subject.at_value(
            "L30",
            ("version",),
            f"phiên bản {old.version} đã có với nội dung khác; hãy ghi version: {wanted}",
            f"version {old.version} exists with another content; write version: {wanted}",
            str(wanted),
        )


def _rule(subject: Subject, old: Definition) -> tuple[Path, Migration] | None:
    """The block that speaks of items of the old edition, and where it stands."""
    rules = subject.definition.migrations
    rule = rule_from(subject.definition, old.version)
    return (("migrate", rules.index(rule)), rule) if rule else None


def _every_state_has_a_home(subject: Subject, old: Definition) -> Iterator[Finding]:
    new, placed = subject.definition, _rule(subject, old)
    leg = Leg(old, new)
    states: Path = (*placed[0], "states") if placed else ("states",)
    mapped = dict(placed[1].states) if placed else {}
    for name, state in old.states.items():
        path: Path = (*states, name) if name in mapped else states
        home = leg.home(name)
        if home is None:
            # A misspelt new state is L04's to tell.
            if name not in mapped:
                yield _homeless(subject, path, name, old.version)
        elif bool(state.final) != bool(new.states[home].final):
            word = (("kết thúc", "final"), ("mở", "open"))
            was, will = (word[0], word[1]) if state.final else (word[1], word[0])
            here: Path = path if name in mapped else ("states", home)
            vi = f"“{name}” ở phiên bản {old.version} là trạng thái {was[0]}, “{home}” là trạng thái {will[0]}"
            en = f'"{name}" of version {old.version} is {was[1]}, "{home}" is {will[1]}'
            yield subject.at_key("L29", here, vi, en)
    for name in mapped:
        if name not in old.states:
            vi, en = (
                f"phiên bản {old.version} không có trạng thái “{name}”",
                f'version {old.version} has no state "{name}"',
            )
            yield subject.at_key("L29", (*states, name), vi, en, subject.like(name, old.states))


def _homeless(subject: Subject, path: Path, name: str, version: int) -> Finding:
    block = f"migrate: [{{from: {version}, states: {{{name}: …}}}}]"
    vi = f"trạng thái “{name}” của phiên bản {version} không còn chỗ; ghi {block}"
    en = f'the state "{name}" of version {version} has no home; write {block}'
    return subject.at_key("L29", path, vi, en, subject.like(name, subject.definition.states))


def _required_is_filled(subject: Subject, old: Definition) -> Iterator[Finding]:
    placed = _rule(subject, old)
    if placed:
        yield from _fills_fit(subject, old, *placed)
    filled = {name for name, _ in placed[1].fill} if placed else set[str]()
    for path, name, states in _required(subject, old):
        lacking = any(name not in fields for fields in states)
        if lacking and name not in filled and name != COMMENT:
            yield _unfilled(subject, path, name, old.version)


def _required(subject: Subject, old: Definition) -> Iterator[tuple[Path, str, list[frozenset[str]]]]:
    """Each required input, with what is certainly filled in the old states whose open items count as having given it."""
    new, leg = subject.definition, Leg(old, subject.definition)
    certain = certainly_filled(Subject(old, subject.document, subject.names))
    homes = {state: leg.home(state) for state in certain if not old.states[state].final}
    for n, name in enumerate(new.create.require):
        yield ("create", "require", n), name, [certain[state] for state in homes]
    for move in new.transitions.values():
        before = old.transitions.get(move.name)
        ends = {target.state for target in move.targets if target.state != SAME}
        behind = [certain[state] for state, home in homes.items() if home in ends]
        for n, name in enumerate(move.require):
            if before is None or name not in before.require:
                yield ("transitions", move.name, "require", n), name, behind


def _unfilled(subject: Subject, path: Path, name: str, version: int) -> Finding:
    block = f"migrate: [{{from: {version}, fill: {{{name}: …}}}}]"
    vi = f"trường “{name}” nay bắt buộc mà việc đang mở của phiên bản {version} chưa có; ghi {block}"
    en = f'"{name}" is newly required and open items of version {version} lack it; write {block}'
    return subject.at_value("L35", path, vi, en)


def _fills_fit(subject: Subject, old: Definition, path: Path, rule: Migration) -> Iterator[Finding]:
    for name, source in rule.fill:
        field = subject.definition.fields.get(name)
        was = old.fields.get(source)
        if field is None:
            # An unknown field is L11's to tell.
            continue
        if was.type is field.type if was else field.type not in _NO_LITERAL and is_literal(field, source):
            continue
        kind = field.type.value
        vi = (
            f"“{source}” không phải trường kiểu {kind} của phiên bản {old.version}, cũng không phải giá trị kiểu {kind}"
        )
        en = f'"{source}" is neither a field of type {kind} of version {old.version} nor a value of that type'
        known = [one.name for one in old.fields.values() if one.type is field.type]
        yield subject.at_value("L35", (*path, "fill", name), vi, en, subject.like(source, known))
