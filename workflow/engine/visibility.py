"""Who may read which item: the one rule behind every query, page and call (domain: reading follows the post)."""

from dataclasses import dataclass

from workflow.engine.facts import named_people, supporting_units
from workflow.engine.item import Actor, Item

_READS_EVERYTHING = frozenset(
    {"chairman", "vice_chairman", "office_chief", "consolidator", "clerk", "auditor", "system"}
)


@dataclass(frozen=True, slots=True)
class ReadScope:
    """Everything, or what lies in `unit`, is supported by it, or names `person`."""

    everything: bool
    unit: str | None
    person: str

    def covers(self, item: Item) -> bool:
        if self.everything or (self.unit is not None and self.unit in (item.unit, *supporting_units(item))):
            return True
        return self.person in named_people(item)


def scope_of(actor: Actor) -> ReadScope:
    """What `actor` may read. The administrator reads no content: no office, no post, no unit."""
    if "admin" in actor.roles:
        return ReadScope(everything=False, unit=None, person="")
    return ReadScope(bool(actor.roles & _READS_EVERYTHING), actor.unit, actor.id)
