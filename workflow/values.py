"""Values that are made on every move: unchangeable, compared and hashed by their parts, and cheap to make."""

import dataclasses
from typing import Any, TypeVar, dataclass_transform

import msgspec
from msgspec import field, structs

__all__ = ["Frozen", "field", "names_of", "replace"]

_Any = TypeVar("_Any")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(msgspec.Struct, frozen=True):
    """The base of such a value, written like a frozen dataclass.

    A frozen dataclass sets each part through `object.__setattr__`; a move makes some forty values of four hundred parts, and that
    alone was an eighth of it.
    """


def names_of(kind: type[Frozen]) -> tuple[str, ...]:
    """The names of the parts, in the order in which they may be given."""
    return kind.__struct_fields__


def replace(value: _Any, /, **changes: Any) -> _Any:
    """The same value with some parts changed; of a dataclass likewise. TypeError for a part that it has not."""
    if isinstance(value, Frozen):
        return structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]
