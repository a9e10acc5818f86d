"""The closed vocabulary of effects: what a move writes beside its inputs, and what it asks of other items."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

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
from workflow.values import Frozen


class Writes(Frozen):
    """The values a move leaves behind: its inputs and what its effects add; `unit` where the item changes hands."""

    fields: Mapping[str, Plain]
    unit: str | None


class SpawnChild(Frozen):
    """A child item is to be created with these values, by whoever made the move."""

    workflow: str
    fields: Mapping[str, Plain]


class SignalItem(Frozen):
    """The parent, or every open child (`to` is "parent" or "children"), is to make `move`, by whoever made this one."""

    to: str
    move: str
    fields: Mapping[str, Plain]


Consequence = SpawnChild | SignalItem


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
    if value.source in (Source.ITEM, Source.CHILD):
        # Who signals its parent is the child that the parent's move speaks of.
        return item.unit if value.value == UNIT else item.fields.get(value.value)
    return literal(definition, field, value.value)


def consequences(
    definition: Definition, item: Item, effects: tuple[Effect, ...], inputs: Mapping[str, Plain]
) -> tuple[Consequence, ...]:
    """What a move asks of other items, in the order of its effects. `item` is as the move left it; empty values are left out.

    A literal stays the text of the file: `fitted` makes it a value of the item that takes it.
    """
    found: list[Consequence] = []
    for effect in effects:
        if isinstance(effect, Spawn):
            found.append(SpawnChild(effect.workflow, _values(definition, item, inputs, effect.fields)))
        elif isinstance(effect, Signal):
            found.append(SignalItem(effect.to, effect.move, _values(definition, item, inputs, effect.fields)))
    return tuple(found)


def _values(
    definition: Definition, item: Item, inputs: Mapping[str, Plain], fields: tuple[tuple[str, Value], ...]
) -> Mapping[str, Plain]:
    values = {
        name: value.value if value.source is Source.LITERAL else _value(definition, item, inputs, name, value)
        for name, value in fields
    }
    return MappingProxyType({name: value for name, value in values.items() if value is not None})


def fitted(definition: Definition, fields: Mapping[str, Plain]) -> dict[str, Plain]:
    """Values of another item or file as `definition` stores them: the text of a literal becomes a number or a yes."""
    return {
        name: literal(definition, name, value) if isinstance(value, str) else value for name, value in fields.items()
    }


@lru_cache(maxsize=256)
def signals_its_parent(definition: Definition) -> bool:
    """Whether items of this workflow have something to say to a parent, and so are nothing without one."""
    return any(
        isinstance(effect, Signal) and effect.to == "parent"
        for move in definition.transitions.values()
        for effect in move.effects
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
