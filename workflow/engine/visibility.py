"""Who may read which item: the one rule behind every query, page and call (domain: reading follows the post)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from workflow.engine.definition import Definition
from workflow.engine.facts import named_people, reading_units
from workflow.engine.item import Actor, Delegation, Item
from workflow.engine.mandate import Mandate
from workflow.engine.permissions import covers
from workflow.values import Frozen, replace

_Part = TypeVar("_Part")

_READS_EVERYTHING = frozenset(
    {"chairman", "vice_chairman", "office_chief", "consolidator", "clerk", "auditor", "system"}
)


class LentScope(Frozen):
    """What a giver reads, within the workflows and areas of his power."""

    power: Delegation

    @property
    def everything(self) -> bool:
        return bool(self.power.roles & _READS_EVERYTHING)

    @property
    def unlimited(self) -> bool:
        return self.everything and not self.power.workflows and not self.power.areas

    def covers(self, item: Item) -> bool:
        power = self.power
        return covers(power, item) and (self.everything or _concerns(power.giver_unit, power.giver, item))


class ReadScope(Frozen):
    """Everything, or what `unit` leads, supports, led or was late with, or what names `person`; `lent` is read as a substitute.

    `mandate` lets an auditor read within its bounds.
    """

    everything: bool
    unit: str | None
    person: str
    lent: tuple[LentScope, ...] = ()
    mandate: Mandate | None = None

    def covers(self, item: Item) -> bool:
        if self.everything or _concerns(self.unit, self.person, item):
            return True
        if self.mandate is not None and _within(self.mandate, item):
            return True
        return any(lent.covers(item) for lent in self.lent)


def _concerns(unit: str | None, person: str, item: Item) -> bool:
    return (unit is not None and (unit == item.unit or unit in reading_units(item))) or person in named_people(item)


def _within(mandate: Mandate, item: Item) -> bool:
    return (not mandate.units or item.unit in mandate.units) and (
        not mandate.workflows or item.workflow in mandate.workflows
    )


def scope_of(actor: Actor) -> ReadScope:
    """What `actor` may read. The administrator reads no content: no office, no post, no unit."""
    if "admin" in actor.roles:
        return ReadScope(everything=False, unit=None, person="")
    if actor.mandate is not None and actor.mandate.narrow:
        return ReadScope(everything=False, unit=None, person="", mandate=actor.mandate)
    lent = tuple(LentScope(power) for power in actor.delegations)
    if actor.roles & _READS_EVERYTHING or any(scope.unlimited for scope in lent):
        return ReadScope(everything=True, unit=actor.unit, person=actor.id)
    return ReadScope(everything=False, unit=actor.unit, person=actor.id, lent=lent)


def part_of_log(actor: Actor) -> ReadScope | None:
    """Within which scope `actor`, who may read the log, reads it; None: all of it."""
    scope = scope_of(actor)
    return None if scope.everything else scope


def reads_private(actor: Actor) -> bool:
    """Whether `actor` reads what is declared private in what he may read: everybody whom no mandate forbids it."""
    return actor.mandate is None or actor.mandate.private


def shown_to(actor: Actor, definition: Definition, item: Item) -> Item:
    """The item as `actor` may see it: without what is declared private, where his mandate does not open that."""
    if reads_private(actor):
        return item
    return replace(
        item,
        fields=_open(definition, item.fields),
        requests=tuple(replace(one, inputs=_open(definition, one.inputs)) for one in item.requests),
        episodes=tuple(replace(one, record=_open(definition, one.record)) for one in item.episodes),
    )


def _open(definition: Definition, parts: Mapping[str, _Part]) -> Mapping[str, _Part]:
    return MappingProxyType({name: part for name, part in parts.items() if name not in definition.private_fields})
