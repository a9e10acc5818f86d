"""The inputs of a move, made form fields; and what a form sent, made inputs again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from web.i18n import _, day, label, moment, period_words, reason_sentence, typable
from web.pages.figures import WITH_THE_FORM, FigureRow, figure_sentence, is_known, typed_rows, written_rows
from web.titles import Titles
from workflow.catalog.inputs import input_field, names_a_period
from workflow.engine import Definition, Item, Reason
from workflow.engine.definition import COMMENT, FieldType, InputField
from workflow.engine.item import units_of
from workflow.persistence.files import StoredFile

UPLOAD = "upload-"
SHEET = ".sheet"
_KINDS: Mapping[FieldType, str] = {
    FieldType.TEXT: "textarea",
    FieldType.INTEGER: "number",
    FieldType.DECIMAL: "number",
    FieldType.DATE: "date",
    FieldType.INSTANT: "instant",
    FieldType.BOOLEAN: "boolean",
    FieldType.CHOICE: "choice",
    FieldType.PERSON: "choice",
    FieldType.UNIT: "choice",
    FieldType.UNITS: "choices",
    FieldType.ATTACHMENTS: "attachments",
    FieldType.FIGURES: "figures",
}
_SEVERAL = frozenset({FieldType.ATTACHMENTS, FieldType.FIGURES, FieldType.UNITS})


@dataclass(frozen=True, slots=True)
class FormField:
    """One row of a form; `choices` holds (value, words), `files` the item's uploads where the field takes some.

    A table of figures is one row here too; `figures` are its lines, `sheet` is where it is had as a file.
    """

    name: str
    label: str
    type: str
    value: Any
    required: bool
    hint: str = ""
    error: str = ""
    choices: Sequence[tuple[str, str]] = ()
    files: Sequence[StoredFile] = ()
    figures: Sequence[FigureRow] = ()
    sheet: str = ""


def fields_of(
    definition: Definition,
    names: Iterable[str],
    required: Iterable[str],
    typed: Mapping[str, Any],
    titles: Titles,
    *,
    item: Item | None = None,
    files: Iterable[StoredFile] = (),
    errors: Mapping[str, str] | None = None,
    tables: Mapping[str, Sequence[FigureRow]] | None = None,
) -> tuple[FormField, ...]:
    """The rows for `names`: what was typed comes first, then what the item holds already; `tables` are the lines of figures."""
    wanted = set(required)
    rows = []
    for name in names:
        field = input_field(definition, name)
        if field is None or field.type not in _KINDS:
            continue
        value = value_in(field, typed, item, titles)
        rows.append(
            FormField(
                name=name,
                label=label(field.label),
                type=_kind(field),
                value=value,
                required=name in wanted,
                hint=_hint(field),
                error=(errors or {}).get(name, ""),
                choices=_choices(field, titles),
                files=tuple(files) if field.type in (FieldType.ATTACHMENTS, FieldType.FIGURES) else (),
                figures=(tables or {}).get(name, ()),
                sheet=f"/items/{item.code}/figures.xlsx" if item and field.type is FieldType.FIGURES else "",
            )
        )
    return tuple(rows)


def value_in(field: InputField, typed: Mapping[str, Any], item: Item | None, titles: Titles) -> Any:
    """What stands in a field's box: what was typed, else what the item holds, written as one would type it."""
    return typed[field.name] if field.name in typed else _standing(field, item, titles)


def _kind(field: InputField) -> str:
    # A title or a reference is one line; what is private is somebody's own words and needs room.
    if field.type is FieldType.TEXT and not field.private:
        return "text"
    return _KINDS[field.type]


def _hint(field: InputField) -> str:
    own = label(field.hint) if field.hint else ""
    form = ""
    if field.type is FieldType.DATE:
        form = _("Day/month/year, for instance 30/06/2026")
    elif field.type is FieldType.INSTANT:
        form = _("Day/month/year and time, for instance 30/06/2026 08:00")
    elif names_a_period(field):
        form = _("For instance 10/2026, quarter 4 of 2026, second half of 2026 or 2026")
    elif field.type is FieldType.ATTACHMENTS:
        form = _("PDF, Word (docx), Excel (xlsx), PNG or JPG, 20 MB each at most")
    return ". ".join(part for part in (own.rstrip("."), form) if part)


def _standing(field: InputField, item: Item | None, titles: Titles) -> Any:
    value = item.fields.get(field.name) if item else None
    if value is not None and field.type is FieldType.TEXT and field.private:
        # Somebody's earlier words are not put into another's mouth.
        return ""
    return _written(field, value, titles)


def _written(field: InputField, value: Any, titles: Titles) -> Any:
    """A stored value as somebody would have typed it."""
    if value is None:
        return () if field.type in _SEVERAL else ""
    if field.type is FieldType.UNITS:
        return units_of(str(value))
    if field.type is FieldType.PERSON:
        return titles.login(str(value))
    if field.type is FieldType.DATE:
        return day(str(value))
    if field.type is FieldType.INSTANT:
        return moment(str(value))
    if field.type in (FieldType.DECIMAL, FieldType.INTEGER):
        return typable(str(value))
    if field.type is FieldType.FIGURES:
        return written_rows(value)
    return period_words(str(value)) if names_a_period(field) else value


def retyped(definition: Definition, inputs: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
    """What somebody had proposed, as it stood in the form."""
    return {
        name: _written(field, value, titles)
        for name, value in inputs.items()
        if (field := input_field(definition, name)) is not None
    }


def _choices(field: InputField, titles: Titles) -> Sequence[tuple[str, str]]:
    if field.type is FieldType.CHOICE:
        return [(choice.name, label(choice.label)) for choice in field.choices]
    if field.type in (FieldType.UNIT, FieldType.UNITS):
        return [(name, label(words)) for name, words in titles.units.items()]
    if field.type is FieldType.PERSON:
        return [(titles.logins[person], label(words)) for person, words in titles.people.items()]
    return ()


def typed_inputs(definition: Definition, names: Iterable[str]) -> dict[str, Any]:
    """What the form sent for `names`, as typed; a tick that is not there means no."""
    typed: dict[str, Any] = {}
    for name in names:
        field = input_field(definition, name)
        if field is None or name == COMMENT:
            continue
        if field.type in (FieldType.ATTACHMENTS, FieldType.UNITS):
            typed[name] = request.form.getlist(name)
        elif field.type is FieldType.FIGURES:
            rows = typed_rows(request.form, name)
            if rows is not None:
                typed[name] = rows
        elif name in request.form:
            typed[name] = request.form[name]
    return typed


def sheets(names: Iterable[str]) -> list[tuple[str, FileStorage]]:
    """The sheets that came with the form, by the table that they are to fill."""
    found = [(name, request.files.get(name + SHEET)) for name in names]
    return [(name, sent) for name, sent in found if sent is not None and sent.filename]


def uploads(names: Iterable[str]) -> list[tuple[str, FileStorage]]:
    """The files that came with the form, by the field they are for."""
    return [(name, sent) for name in names for sent in request.files.getlist(UPLOAD + name) if sent.filename]


def show_figures_by(typed: dict[str, Any], uploaded: Sequence[str]) -> None:
    """Let the files that come with a form be the evidence of the figures that say so."""
    tables = [rows for rows in typed.values() if isinstance(rows, list) and rows and isinstance(rows[0], dict)]
    for row in (row for rows in tables for row in rows):
        if row.get("evidence") == [WITH_THE_FORM] and uploaded:
            row["evidence"] = list(uploaded)


def errors_by_field(reasons: Iterable[Reason], definition: Definition) -> dict[str, str]:
    """The first sentence for each field that a reason names; a figure's own stands beside the figure."""
    found: dict[str, str] = {}
    for reason in reasons:
        name = reason.params.get("field")
        if name and not reason.params.get("indicator"):
            found.setdefault(name, reason_sentence(reason, definition=definition))
    return found


def summary(
    reasons: Iterable[Reason], definition: Definition, titles: Titles, names: Sequence[str]
) -> list[tuple[str, str]]:
    """Every reason once, with the field it concerns or "": first what concerns the whole, then as the form goes down `names`."""
    order = {name: at for at, name in enumerate((*(name for name in names if name != COMMENT), COMMENT))}
    found = [_line(reason, definition, titles) for reason in reasons]
    return sorted(found, key=lambda one: order.get(one[0].partition(".")[0], -1))


def _line(reason: Reason, definition: Definition, titles: Titles) -> tuple[str, str]:
    field, indicator = reason.params.get("field", ""), reason.params.get("indicator")
    if indicator is not None:
        return f"{field}.{indicator}" if is_known(indicator) else field, figure_sentence(reason)
    return field, reason_sentence(reason, definition=definition, unit_name=titles.unit)
