"""The inputs of a move, made form fields; and what a form sent, made inputs again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from web.i18n import _, day, label, moment, number, reason_sentence
from web.pages.figures import FigureRow, Rows, rows_of, stored_rows, typed_rows
from web.titles import Titles
from workflow.catalog.inputs import input_field
from workflow.engine import Definition, Item, Reason
from workflow.engine.definition import COMMENT, FieldType, InputField
from workflow.persistence.files import StoredFile

UPLOAD = "upload-"
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
    FieldType.ATTACHMENTS: "attachments",
    FieldType.FIGURES: "figures",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One row of a form; `choices` holds (value, words), `files` the item's uploads where the field takes some.

    A table of figures is one row here too; `figures` are its lines.
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
    before: Rows = (),
    reasons: Iterable[Reason] = (),
) -> tuple[FormField, ...]:
    """The rows for `names`: what was typed comes first, then what the item holds already.

    `before` are the figures of the period before, `reasons` why what was typed was refused.
    """
    wanted = set(required)
    rows = []
    for name in names:
        field = input_field(definition, name)
        if field is None or field.type not in _KINDS:
            continue
        value = typed[name] if name in typed else _standing(field, item, titles)
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
                files=tuple(files) if field.type is FieldType.ATTACHMENTS else (),
                figures=rows_of(definition, item, stored_rows(value), before, reasons)
                if item and field.type is FieldType.FIGURES
                else (),
            )
        )
    return tuple(rows)


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
        return () if field.type in (FieldType.ATTACHMENTS, FieldType.FIGURES) else ""
    if field.type is FieldType.PERSON:
        return titles.login(str(value))
    if field.type is FieldType.DATE:
        return day(str(value))
    if field.type is FieldType.INSTANT:
        return moment(str(value))
    if field.type in (FieldType.DECIMAL, FieldType.INTEGER):
        return number(str(value))
    return value


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
    if field.type is FieldType.UNIT:
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
        if field.type is FieldType.ATTACHMENTS:
            typed[name] = request.form.getlist(name)
        elif field.type is FieldType.FIGURES:
            rows = typed_rows(request.form, name)
            if rows is not None:
                typed[name] = rows
        elif name in request.form:
            typed[name] = request.form[name]
    return typed


def uploads(names: Iterable[str]) -> list[tuple[str, FileStorage]]:
    """The files that came with the form, by the field they are for."""
    return [(name, sent) for name in names for sent in request.files.getlist(UPLOAD + name) if sent.filename]


def errors_by_field(reasons: Iterable[Reason], definition: Definition) -> dict[str, str]:
    """The first sentence for each field that a reason names."""
    found: dict[str, str] = {}
    for reason in reasons:
        name = reason.params.get("field")
        if name:
            found.setdefault(name, reason_sentence(reason, definition=definition))
    return found


def summary(
    reasons: Iterable[Reason], definition: Definition, titles: Titles, names: Sequence[str]
) -> list[tuple[str, str]]:
    """Every reason once, with the field it concerns or "": first what concerns the whole, then as the form goes down `names`."""
    order = {name: at for at, name in enumerate((*(name for name in names if name != COMMENT), COMMENT))}
    found = [
        (reason.params.get("field", ""), reason_sentence(reason, definition=definition, unit_name=titles.unit))
        for reason in reasons
    ]
    return sorted(found, key=lambda one: order.get(one[0], -1))
