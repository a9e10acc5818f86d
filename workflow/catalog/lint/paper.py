"""A paper speaks of what there is (L11): fields of a type that it can print, placeholders that are known and have their fields."""

from collections.abc import Iterator, Mapping

from workflow.catalog.findings import Finding, quoted
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import FieldType, PaperForm, Table
from workflow.engine.paper import BRACES, PLACEHOLDERS, needs_of


def fields_of_the_paper_exist(subject: Subject) -> Iterator[Finding]:
    form = subject.definition.paper
    if form is None:
        return
    for name, _ in form.sections:
        yield from _field(subject, ("paper", "sections", name), name, FieldType.TEXT)
    for key, given, kind in (("number", form.number, FieldType.TEXT), ("dated", form.dated, FieldType.DATE)):
        if given:
            yield from _field(subject, ("paper", key), given, kind)
    for n, table in enumerate(form.annexes):
        yield from _annex(subject, form, ("paper", "annexes", n), table)


def _field(subject: Subject, path: Path, name: str, kind: FieldType) -> Iterator[Finding]:
    """A section is named by its key, everything else by its value."""
    tell = subject.at_key if "sections" in path else subject.at_value
    field = subject.definition.fields.get(name)
    if field is None:
        fitting = {one.name for one in subject.definition.fields.values() if one.type is kind}
        vi, en = f"không có trường “{quoted(name)}”", f'no field "{quoted(name)}"'
        yield tell("L11", path, vi, en, subject.like(name, fitting))
    elif field.type is not kind:
        vi = f"trường “{name}” kiểu {field.type}, ở đây cần kiểu {kind}"
        yield tell("L11", path, vi, f'the field "{name}" is of type {field.type}, here it must be {kind}')


def _annex(subject: Subject, form: PaperForm, path: Path, table: Table) -> Iterator[Finding]:
    kinds = {field.type for field in subject.definition.fields.values()}
    if table is Table.FIGURES and FieldType.FIGURES not in kinds:
        yield subject.at_value(
            "L11", path, "phụ lục này cần một trường kiểu figures", "this annex needs a field of type figures"
        )
    missing = _missing(subject, needs_of(table, form.agency))
    if missing:
        vi, en = f"phụ lục này cần các trường: {missing}", f"this annex needs the fields: {missing}"
        yield subject.at_value("L11", path, vi, en)


def _missing(subject: Subject, needs: Mapping[str, FieldType]) -> str:
    fields = subject.definition.fields
    absent = (f"{name} ({kind})" for name, kind in needs.items() if name not in fields or fields[name].type is not kind)
    return ", ".join(absent)


def placeholders_are_known(subject: Subject) -> Iterator[Finding]:
    form = subject.definition.paper
    for path, text in _texts(form) if form else ():
        for found in BRACES.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            position = subject.document.within(path, text, line, found.start() + 1)
            for vi, en, hint in _against(subject, found[1]):
                yield subject.at("L11", path, position, vi, en, hint)


def _texts(form: PaperForm) -> Iterator[tuple[Path, str]]:
    """Every text of the paper that may leave something open."""
    yield ("paper", "subject"), form.subject
    yield ("paper", "addressee"), form.addressee
    yield ("paper", "opening"), form.opening
    yield from ((("paper", "recipients", n), line) for n, line in enumerate(form.recipients))


def _against(subject: Subject, word: str | None) -> Iterator[tuple[str, str, str | None]]:
    """What is to be said against a placeholder: in both languages, and the word that was meant."""
    if word is None:
        yield "dấu ngoặc nhọn này không có dấu đi cùng", "this brace has no other one", None
    elif word not in PLACEHOLDERS:
        short = quoted(word)
        yield f"không có chỗ điền “{short}”", f'no placeholder "{short}"', subject.like(word, PLACEHOLDERS)
    elif missing := _missing(subject, PLACEHOLDERS[word]):
        yield (
            f"chỗ điền “{word}” cần các trường: {missing}",
            f'the placeholder "{word}" needs the fields: {missing}',
            None,
        )
