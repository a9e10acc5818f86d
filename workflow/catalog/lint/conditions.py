"""Conditions compile and are boolean (L12); each refuses in both languages (L13); alternatives are in order (L10)."""

import re
from collections.abc import Iterator, Mapping

from workflow.catalog.findings import Finding, quoted
from workflow.catalog.lint import places
from workflow.catalog.lint.expressions import plain
from workflow.catalog.lint.places import PlacedCondition
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.conditions import FACTS, ConditionInvalid
from workflow.engine.definition import Label

_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_YIELDS = re.compile(r"the expression yields (\w+)")
_MISFIT = re.compile(r"found no matching overload for '(?P<operator>[^']*)' applied to '\((?P<types>[^)]*)\)'")
_TYPES: Mapping[str, Label] = {
    "google.protobuf.Timestamp": Label("ngày giờ", "a date or instant"),
    "int": Label("số nguyên", "a whole number"),
    "double": Label("số thập phân", "a decimal"),
    "string": Label("chữ", "a text"),
    "bool": Label("đúng/sai", "true or false"),
}
_NOISE = re.compile(r" \(in container '[^']*'\)| \[[A-Z_]+\]$")


def conditions_compile(subject: Subject) -> Iterator[Finding]:
    for placed in places.conditions(subject):
        try:
            subject.environment.compile(placed.condition.expression)
        except ConditionInvalid as fault:
            yield _invalid(subject, placed, fault)


def _invalid(subject: Subject, placed: PlacedCondition, fault: ConditionInvalid) -> Finding:
    expression = placed.condition.expression
    line, column, hint = fault.line, fault.column, None
    undeclared = _UNDECLARED.search(fault.message)
    if undeclared:
        word = undeclared[1]
        hint = subject.like(word, {*subject.definition.fields, *FACTS})
        # CEL points at the last dot of a dotted name; a reader looks for its beginning.
        found = re.search(rf"(?<![\w.'\"]){re.escape(word)}(?!\w)", expression)
        column = found.start() + 1 if found and line == 1 else column
    said = _sentence(fault)
    position = subject.document.within(placed.path, expression, line, column)
    return subject.at("L12", placed.path, position, said.vi, said.en, hint)


def _sentence(fault: ConditionInvalid) -> Label:
    message = quoted_line(_NOISE.sub("", fault.message))
    undeclared, yields = _UNDECLARED.search(message), _YIELDS.search(message)
    if undeclared:
        return Label(f"điều kiện không biết tên “{undeclared[1]}”", f'the condition knows no name "{undeclared[1]}"')
    if yields:
        return Label(
            f"biểu thức cho {yields[1]}, không phải đúng hoặc sai",
            f"the expression yields {yields[1]}, not true or false",
        )
    misfit = _MISFIT.search(message)
    if misfit:
        return _misfit(misfit["operator"].strip("_"), misfit["types"].split(", "), message[misfit.end() :])
    if message.startswith("Syntax error: "):
        said = message.removeprefix("Syntax error: ")
        return Label(f"điều kiện sai cú pháp: {said}", f"the condition has a syntax error: {said}")
    return Label(f"điều kiện không biên dịch được: {message}", f"the condition does not compile: {message}")


def _misfit(operator: str, types: list[str], remark: str) -> Label:
    kinds = [_TYPES.get(name, Label(name, name)) for name in types]
    vi, en = " và ".join(kind.vi for kind in kinds), " and ".join(kind.en for kind in kinds)
    # What follows is the compiler's word on decimals, which is the way out.
    note = Label("; số thập phân so với số thập phân: viết 1000000.0", remark) if remark else Label("", "")
    return Label(f"“{operator}” không dùng được cho {vi}{note.vi}", f'"{operator}" does not fit {en}{note.en}')


def quoted_line(message: str) -> str:
    """The message on one line, at a length that can be read."""
    line = " ".join(message.split())
    return line if len(line) <= 240 else f"{line[:239]}…"


def refusals_are_bilingual(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        for n, condition in enumerate(move.when):
            path: Path = ("transitions", move.name, "when", n)
            said = condition.otherwise
            if said is None:
                vi, en = "điều kiện thiếu câu từ chối “else”", 'the condition lacks its refusal "else"'
                yield subject.at_value("L13", path, vi, en)
            elif not (said.vi and said.en):
                yield subject.at_key("L13", (*path, "else"), *_missing(said))


def _missing(label: Label) -> tuple[str, str]:
    names = Label("tiếng Việt", "Vietnamese") if not label.vi else Label("tiếng Anh", "English")
    key = "vi" if not label.vi else "en"
    return f"câu từ chối thiếu {names.vi} (“{key}”)", f'the refusal is missing in {names.en} ("{key}")'


def alternatives_are_ordered(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        path: Path = ("transitions", move.name, "to")
        default = next((n for n, target in enumerate(move.targets) if target.condition is None), None)
        last = len(move.targets) - 1
        if default is None:
            vi, en = (
                "phương án cuối không được có “if”: thiếu mặc định",
                'the last one has no "if": a default is missing',
            )
            yield subject.at_key("L10", (*path, last, "if"), vi, en)
        for n in range(last + 1 if default is None else default + 1, last + 1):
            vi, en = "không bao giờ đến được: đứng sau mặc định", "never reached: it stands after the default"
            yield subject.at_value("L10", (*path, n), vi, en)
        yield from _alike(subject, path, move.name)


def _alike(subject: Subject, path: Path, name: str) -> Iterator[Finding]:
    targets = subject.definition.transitions[name].targets
    seen: dict[str, int] = {}
    for n, target in enumerate(targets):
        if target.condition is None:
            break
        text = plain(target.condition.expression)
        if text in seen:
            short = quoted(target.condition.expression)
            vi, en = f"điều kiện “{short}” đã đứng ở phương án trước", f'"{short}" is asked by an alternative before'
            yield subject.at_key("L10", (*path, n, "if"), vi, en)
        elif n + 1 < len(targets) and targets[n + 1].condition is None and targets[n + 1].state == target.state:
            vi, en = "cùng trạng thái với mặc định ngay sau nó", "leads where the default right after it leads"
            yield subject.at_value("L10", (*path, n), vi, en)
        seen.setdefault(text, n)
