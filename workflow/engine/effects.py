"""The closed vocabulary of effects: what a move writes beside its inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from workflow.engine.definition import (
    UNIT,
    Clear,
    Count,
    Definition,
    Effect,
    FieldType,
    SetField,
    Signal,
    Source,
    Spawn,
    Stamp,
    Value,
)
from workflow.engine.events import instant_text
from workflow.engine.item import Item, Plain


@dataclass(frozen=True, slots=True)
class Writes:
    """The values a move leaves behind: its inputs and what its effects add; `unit` where the item changes hands."""

    fields: Mapping[str, Plain]
    unit: str | None


def literal(definition: Definition, field: str, text: str) -> Plain:
    """A literal of the file as the field's stored value."""
    kind = definition.fields[field].type if field in definition.fields else FieldType.TEXT
    if kind is FieldType.INTEGER:
        return int(text)
    if kind is FieldType.BOOLEAN:
        return text == "true"
    return text


def _value(definition: Definition, item: Item, inputs: Mapping[str, Plain], field: str, value: Value) -> Plain:
    if value.source is Source.INPUT:
        return inputs.get(value.value)
    if value.source is Source.ITEM:
        return item.unit if value.value == UNIT else item.fields.get(value.value)
    return literal(definition, field, value.value)


def unavailable(effects: tuple[Effect, ...]) -> tuple[str, ...]:
    """The effects of a move that this release declares but cannot run; a move with one of them is refused, not half done."""
    return tuple(
        "spawn" if isinstance(effect, Spawn) else "signal" for effect in effects if isinstance(effect, Spawn | Signal)
    )


def written(
    definition: Definition, item: Item, effects: tuple[Effect, ...], inputs: Mapping[str, Plain], now: datetime
) -> Writes:
    """What the inputs and the effects, in order, leave in the item's fields."""
    fields: dict[str, Plain] = dict(inputs)
    unit: str | None = None
    for effect in effects:
        if isinstance(effect, Stamp):
            fields[effect.field] = instant_text(now)
        elif isinstance(effect, Count):
            before = fields.get(effect.field, item.fields.get(effect.field))
            fields[effect.field] = (before if isinstance(before, int) else 0) + 1
        elif isinstance(effect, Clear):
            fields.update(dict.fromkeys(effect.fields))
        elif isinstance(effect, SetField):
            value = _value(definition, item, inputs, effect.field, effect.value)
            if effect.field == UNIT:
                unit = str(value) if value else None
            else:
                fields[effect.field] = value
    return Writes(fields, unit)
