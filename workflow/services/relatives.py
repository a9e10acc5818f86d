"""What one act does to its item and to the items above and below it: all of it in one transaction, or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from workflow.engine import (
    Accepted,
    Circumstances,
    CreateItem,
    Definition,
    Item,
    Kind,
    Perform,
    Reason,
    decide,
    fold,
)
from workflow.engine.definition import COMMENT
from workflow.engine.effects import SignalItem, SpawnChild, fitted
from workflow.engine.events import (
    ChildClosed,
    ChildOpened,
    Event,
)
from workflow.engine.permissions import carried_on
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services.commits import Decided, commit
from workflow.services.office import Caller, Office
from workflow.values import Frozen, replace

DEPTH = 5
"""How many items one act may pass through, one signalling the next."""


class RelativesRefused(Exception):
    """An item above or below refused its part, so the act is not done at all. Each reason names its item by code."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class Act(Frozen):
    """What was decided of one item; `stored` is None where it is a new one."""

    definition: Definition
    stored: StoredItem | None
    decision: Accepted
    comment: str | None = None


def carry_out(office: Office, uow: UnitOfWork, caller: Caller, act: Act, circumstances: Circumstances) -> Item:
    """Write the act and all that follows from it, one entry an item; the item as it then stands. The caller's unit commits.

    Raises RelativesRefused before anything is written.
    """
    # An item keeps its parent for ever: where it stood before tells as well as where it will stand.
    item = act.stored.item if act.stored else fold(None, act.decision.events)
    if concerns_one_item(act.decision, item):
        return commit(uow, decided_alone(act, caller, circumstances))[0]
    family = _Family(office, uow, caller, circumstances)
    family.take_part(act, item)
    if family.reasons:
        raise RelativesRefused(tuple(family.reasons))
    family.write()
    return family.parts[item.id].item


def concerns_one_item(decision: Accepted, item: Item) -> bool:
    """Whether nothing above or below the item can have a part in what was decided of it."""
    return item.parent is None and not decision.consequences


def decided_alone(act: Act, caller: Caller, circumstances: Circumstances) -> Decided:
    """An act that concerns one item, to be written with others like it."""
    return Decided(act.definition, act.stored, act.decision, caller, circumstances, act.comment)


def next_code(uow: UnitOfWork, definition: Definition, circumstances: Circumstances) -> str:
    """A code that no item had before; whoever asks uses it or leaves a gap."""
    year = circumstances.today.year
    return f"{definition.code}-{year}-{uow.items.next_number(definition.code, year):04d}"


@dataclass(slots=True)
class _Part:
    """One item's part in the act: `item` is as it stands after `events`; without a decision, only its children count."""

    definition: Definition
    stored: StoredItem | None
    item: Item
    events: list[Event] = field(default_factory=list)
    decision: Accepted | None = None
    comment: str | None = None

    @property
    def is_open(self) -> bool:
        return not self.definition.states[self.item.state].final

    def add(self, events: Iterable[Event]) -> None:
        self.events.extend(events)
        # Folded anew each time: whatever one command does to an item is one revision.
        self.item = fold(self.stored.item if self.stored else None, self.events)


class _Family:
    """Every item that takes part in one act, each decided before the first is written."""

    def __init__(self, office: Office, uow: UnitOfWork, caller: Caller, circumstances: Circumstances) -> None:
        self._office = office
        self._uow = uow
        self._caller = caller
        self._actor = caller.actor
        self._circumstances = circumstances
        self.parts: dict[str, _Part] = {}
        self.reasons: list[Reason] = []

    @property
    def _now(self) -> datetime:
        return self._circumstances.now

    def take_part(self, act: Act, after: Item) -> None:
        self._actor = carried_on(self._caller.actor, act.decision.delegation)
        part = _Part(act.definition, act.stored, act.stored.item if act.stored else after)
        self.parts[after.id] = part
        self._act(part, act.decision, act.comment, depth=1, was_open=act.stored is not None and part.is_open)

    def write(self) -> None:
        # Who was only looked at has no event.
        commit(self._uow, *(self._decided(part) for part in self.parts.values() if part.events))

    def _decided(self, part: _Part) -> Decided:
        decision = replace(part.decision or Accepted(()), events=tuple(part.events))
        around = self._around(part.definition)
        return Decided(part.definition, part.stored, decision, self._caller, around, part.comment)

    def _around(self, definition: Definition) -> Circumstances:
        return self._office.circumstances(
            definition, self._circumstances.directory, self._circumstances.measures, self._now
        )

    def _act(self, part: _Part, decision: Accepted, comment: str | None, *, depth: int, was_open: bool) -> None:
        part.decision, part.comment = decision, comment
        part.add(decision.events)
        self._count(part, was_open=was_open)
        for consequence in decision.consequences:
            if isinstance(consequence, SpawnChild):
                self._spawn(part, consequence, depth)
            else:
                self._signal(part, consequence, depth)

    def _count(self, part: _Part, *, was_open: bool) -> None:
        """Tell the parent that it has one open child more or less, in its own stream: its row is what its rules look at."""
        item = part.item
        if item.parent is None or was_open == part.is_open:
            return
        told = ChildOpened(item.id, item.workflow) if part.is_open else ChildClosed(item.id, item.state)
        self._part_of(item.parent).add((told,))

    def _part_of(self, item_id: str) -> _Part:
        part = self.parts.get(item_id)
        if part is None:
            # Read under the lock of this unit, so that two children never count from the same number.
            stored = self._uow.items.get(item_id)
            definition = self._office.editions.of(stored.item, self._uow)
            part = self.parts[item_id] = _Part(definition, stored, stored.item)
        return part

    # -- a child is created

    def _spawn(self, parent: _Part, spawn: SpawnChild, depth: int) -> None:
        try:
            definition = self._office.editions.latest(spawn.workflow, self._uow)
        except NotFound:
            reason = Reason("workflow_missing", Kind.PRECONDITION, {"workflow": spawn.workflow})
            self._refuse(parent, parent.definition, (reason,))
            return
        circumstances = self._around(definition)
        command = CreateItem(
            self._actor,
            new_id(self._now),
            next_code(self._uow, definition, circumstances),
            parent.item.unit,
            fitted(definition, spawn.fields),
            parent.item.id,
            parent.item.workflow,
        )
        decision = decide(definition, None, command, circumstances)
        if not isinstance(decision, Accepted):
            self._refuse(parent, definition, decision.reasons)
            return
        child = fold(None, decision.events)
        part = self.parts[child.id] = _Part(definition, None, child)
        self._act(part, decision, None, depth=depth + 1, was_open=False)

    # -- another item is moved

    def _signal(self, sender: _Part, signal: SignalItem, depth: int) -> None:
        for part in self._addressed(sender, signal):
            self._ask(part, signal, sender.comment, depth + 1)

    def _addressed(self, sender: _Part, signal: SignalItem) -> Iterator[_Part]:
        if signal.to == "children":
            # A child that knows no such move is not meant: a task's subtasks may stop with it, its requests stay.
            for child in self._uow.items.children(sender.item.id):
                part = self._part_of(child.item.id)
                if part.is_open and signal.move in part.definition.transitions:
                    yield part
        elif sender.item.parent is None:
            parents = ", ".join(sender.definition.create.children_of)
            reason = Reason("parent_needed", Kind.PRECONDITION, {"parent": parents})
            self._refuse(sender, sender.definition, (reason,))
        else:
            yield self._part_of(sender.item.parent)

    def _ask(self, part: _Part, signal: SignalItem, comment: str | None, depth: int) -> None:
        params = {"move": signal.move}
        if depth > DEPTH:
            self._refuse(part, part.definition, (Reason("signals_too_deep", Kind.PRECONDITION, params),))
        elif part.decision is not None:
            self._refuse(part, part.definition, (Reason("signalled_twice", Kind.PRECONDITION, params),))
        elif signal.move not in part.definition.transitions:
            self._refuse(part, part.definition, (Reason("move_unknown", Kind.PRECONDITION, params),))
        else:
            self._move(part, signal, comment, depth)

    def _move(self, part: _Part, signal: SignalItem, comment: str | None, depth: int) -> None:
        fields = fitted(part.definition, signal.fields)
        said = fields.pop(COMMENT, comment)
        # The words of the act go with it, unless the definition names others: the parent's history says why, too.
        words = str(said) if said else None
        command = Perform(self._actor, signal.move, fields, words)
        decision = decide(part.definition, part.item, command, self._around(part.definition))
        if isinstance(decision, Accepted):
            self._act(part, decision, words, depth=depth, was_open=part.is_open)
        else:
            self._refuse(part, part.definition, decision.reasons)

    def _refuse(self, part: _Part, definition: Definition, reasons: Iterable[Reason]) -> None:
        """Keep the reasons with the item they concern; a child that cannot be created is told of at its parent."""
        for reason in reasons:
            params = {**reason.params, "item": part.item.code}
            self.reasons.append(replace(reason, params=params, of=definition))
