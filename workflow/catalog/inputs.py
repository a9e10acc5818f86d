"""The inputs of a move, from a form, JSON or the command line: one schema for all of them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, tzinfo
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from marshmallow import ValidationError
from marshmallow.fields import Field

from workflow.catalog.findings import nearest
from workflow.catalog.patterns import matches
from workflow.catalog.plain_values import (
    Fault,
    Refused,
    attachments_of,
    boolean_of,
    date_of,
    decimal_of,
    decimal_text,
    figures_of,
    instant_of_text,
    integer_of,
    shown,
    text_of,
)
from workflow.clock import VIETNAM
from workflow.engine.definition import COMMENT, UNIT, Definition, FieldType, InputField, Label
from workflow.engine.item import EMPTY, Plain, units_of, units_text
from workflow.engine.periods import stretch_said
from workflow.values import Frozen

BUILT_IN: Mapping[str, InputField] = MappingProxyType(
    {
        COMMENT: InputField(COMMENT, FieldType.TEXT, Label("Lý do hoặc ý kiến", "Reason or comment"), private=True),
        UNIT: InputField(UNIT, FieldType.UNIT, Label("Đơn vị chủ trì", "Lead unit")),
    }
)
"""What no definition declares and a move or a creation may ask for all the same."""


class InputContext(Frozen):
    """`today` is the local date; `person_id` turns a login into the person's id or None; `unit_exists` knows the units."""

    today: date
    person_id: Callable[[str], str | None]
    unit_exists: Callable[[str], bool]
    zone: tzinfo = VIETNAM


class InputError(Frozen):
    """Why one given value is refused: a stable code with parameters, from which each shell makes its sentence."""

    field: str
    code: str
    params: Mapping[str, str]


class Loaded(Frozen):
    """`values` are those that could be read, also where others could not."""

    values: Mapping[str, Plain]
    errors: tuple[InputError, ...]


_NOTHING = Loaded(EMPTY, ())


def _bounded(field: InputField, value: Decimal | int | str, minimum: Any, maximum: Any) -> None:
    if minimum is not None and value < minimum:
        raise Refused("below_minimum", value=value, minimum=field.minimum)
    if maximum is not None and value > maximum:
        raise Refused("above_maximum", value=value, maximum=field.maximum)


def _number(field: InputField, number: Decimal | int) -> None:
    low, high = field.minimum, field.maximum
    _bounded(field, number, _bound(low) if low else None, _bound(high) if high else None)


# The few bounds that definitions name.
_bound = lru_cache(maxsize=1024)(Decimal)


def _length(field: InputField, letters: int) -> None:
    low, high = field.minimum, field.maximum
    if low and letters < int(low):
        raise Refused("too_short", length=letters, minimum=low)
    if high and letters > int(high):
        raise Refused("too_long", length=letters, limit=high)


def _size(field: InputField, entries: int) -> None:
    low, high = field.minimum, field.maximum
    if low and entries < int(low):
        raise Refused("too_few", entries=entries, minimum=low)
    if high and entries > int(high):
        raise Refused("too_many", entries=entries, limit=high)


def names_a_period(field: InputField) -> bool:
    """Whether a text is held to the form of a period's name (2026-10): then what people write for one is taken as well."""
    return bool(field.type is FieldType.TEXT and field.pattern and _wants_periods(field.pattern))


@lru_cache(maxsize=1024)
def _wants_periods(pattern: str) -> bool:
    return matches(pattern, "2026-10") and not matches(pattern, "2026-13")


def _text(field: InputField, value: Any, _: InputContext) -> Plain:
    text = text_of(value)
    _length(field, len(text))
    if field.pattern and not matches(field.pattern, text):
        said = stretch_said(text) if names_a_period(field) else None
        if said and matches(field.pattern, said.name):
            return said.name
        raise Refused("pattern", value=shown(text), pattern=field.pattern)
    return text


def _integer(field: InputField, value: Any, _: InputContext) -> Plain:
    number = integer_of(value)
    _number(field, number)
    return number


def _decimal(field: InputField, value: Any, _: InputContext) -> Plain:
    number = decimal_of(value)
    _number(field, number)
    return decimal_text(number)


def _date(field: InputField, value: Any, context: InputContext) -> Plain:
    day = date_of(value, context.today).isoformat()
    _bounded(field, day, field.minimum, field.maximum)
    return day


def _instant(field: InputField, value: Any, context: InputContext) -> Plain:
    at = instant_of_text(value, context.zone)
    bounds = [instant_of_text(bound, context.zone) if bound else None for bound in (field.minimum, field.maximum)]
    _bounded(field, at, *bounds)
    return at


def _boolean(_: InputField, value: Any, __: InputContext) -> Plain:
    return boolean_of(value)


def _choice(field: InputField, value: Any, _: InputContext) -> Plain:
    names: list[str] = [choice.name for choice in field.choices]
    if value in names:
        return str(value)
    raise Refused(
        "not_a_choice", value=shown(value), nearest=nearest(shown(value), names) or "", known=", ".join(names)
    )


def _person(_: InputField, value: Any, context: InputContext) -> Plain:
    found = context.person_id(text_of(value))
    if found is None:
        raise Refused("no_such_person", value=shown(value))
    return found


def _unit(_: InputField, value: Any, context: InputContext) -> Plain:
    unit = text_of(value)
    if not context.unit_exists(unit):
        raise Refused("no_such_unit", value=shown(value))
    return unit


def _units(field: InputField, value: Any, context: InputContext) -> Plain:
    listed = isinstance(value, list | tuple)
    units = units_of(units_text(map(text_of, value)) if listed else text_of(value))
    for unit in units:
        if not context.unit_exists(unit):
            # Of a text all is shown: what somebody wrote as one name was taken apart.
            raise Refused("no_such_unit", value=shown(unit if listed else value))
    _size(field, len(units))
    return units_text(units)


def _attachments(field: InputField, value: Any, _: InputContext) -> Plain:
    sums = attachments_of(value)
    _size(field, len(sums))
    return sums


def _figures(field: InputField, value: Any, context: InputContext) -> Plain:
    rows = figures_of(value, context.today, context.zone)
    _size(field, len(rows))
    return rows


_READERS: Mapping[FieldType, Callable[[InputField, Any, InputContext], Plain]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.DATE: _date,
    FieldType.INSTANT: _instant,
    FieldType.BOOLEAN: _boolean,
    FieldType.CHOICE: _choice,
    FieldType.PERSON: _person,
    FieldType.UNIT: _unit,
    FieldType.UNITS: _units,
    FieldType.ATTACHMENTS: _attachments,
    FieldType.FIGURES: _figures,
}


class Input(Field[Any]):
    """One declared field of a definition, read by its type and held to its bounds."""

    def __init__(self, declared: InputField) -> None:
        super().__init__()
        self.declared = declared

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **asked: Any) -> Plain:  # noqa: ARG002  marshmallow's own arguments
        try:
            return _READERS[self.declared.type](self.declared, value, asked["context"])
        except Refused as refused:
            raise ValidationError(list(refused.faults)) from None


_fields: "WeakKeyDictionary[Definition, dict[tuple[str, ...], dict[str, Input]]]" = WeakKeyDictionary()


def input_field(definition: Definition, name: str) -> InputField | None:
    """The declared or built-in field of that name."""
    return definition.fields.get(name) or BUILT_IN.get(name)


def _inputs_of(definition: Definition, names: tuple[str, ...]) -> Mapping[str, Input]:
    """The fields that read these inputs, built once for each edition of a workflow."""
    known = _fields.setdefault(definition, {})
    if names not in known:
        known[names] = {name: Input(field) for name in names if (field := input_field(definition, name))}
    return known[names]


def _given(value: Any) -> bool:
    """Whether somebody gave a value: an empty box of a form, an empty list and null say nothing."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ((), [], {})


def load_inputs(
    definition: Definition, names: tuple[str, ...], raw: Mapping[str, Any], context: InputContext
) -> Loaded:
    """What was given under `names`, as the engine stores it. What is missing is the engine's to say, with all else."""
    given = {name: value for name, value in raw.items() if _given(value)}
    if not given:
        return _NOTHING
    fields = _inputs_of(definition, names)
    values: dict[str, Plain] = {}
    errors: list[InputError] = []
    for name, field in fields.items():
        if name in given:
            try:
                values[name] = field.deserialize(given[name], name, given, context=context)
            except ValidationError as fault:
                errors.extend(_refused(name, fault))
    errors.extend(_unknown(name, names) for name in given if name not in fields)
    return Loaded(MappingProxyType(values), tuple(errors))


def _refused(name: str, fault: ValidationError) -> Iterator[InputError]:
    for found in fault.messages:
        if isinstance(found, Fault):
            yield InputError(name, found.code, MappingProxyType(dict(found.params)))


def _unknown(name: str, names: tuple[str, ...]) -> InputError:
    return InputError(shown(name), "unknown_field", MappingProxyType({"nearest": nearest(str(name), names) or ""}))
