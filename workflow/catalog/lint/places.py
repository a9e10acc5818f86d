"""Every word of a definition that names something, with where it stands."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import (
    SAME,
    Clear,
    Condition,
    Count,
    Effect,
    NeverInvariant,
    Notify,
    PathInvariant,
    SetField,
    Signal,
    Source,
    Spawn,
    Stamp,
    Transition,
    Value,
    Who,
)


class PlacedWho(NamedTuple):
    path: Path
    who: Who


class PlacedCondition(NamedTuple):
    """`path` is of the expression; `move` is the one it belongs to."""

    path: Path
    condition: Condition
    move: Transition


class PlacedEffect(NamedTuple):
    """`path` is of what the effect writes or starts."""

    path: Path
    effect: Effect


class PlacedValue(NamedTuple):
    path: Path
    field: str
    value: Value


class PlacedName(NamedTuple):
    path: Path
    name: str


def _listed(path: Path, whos: Iterable[Who]) -> Iterator[PlacedWho]:
    return (PlacedWho((*path, n), who) for n, who in enumerate(whos))


def _alone(path: Path, who: Who | None) -> Iterator[PlacedWho]:
    if who:
        yield PlacedWho(path, who)


def whos(subject: Subject) -> Iterator[PlacedWho]:
    """Every word that names people."""
    definition = subject.definition
    yield from _listed(("create", "by"), definition.create.by)
    for state in definition.states.values():
        yield from _alone(("states", state.name, "waits_on"), state.waits_on)
    for move in definition.transitions.values():
        yield from performers(move)
        yield from _notified(move)
    for timer in definition.timers.values():
        yield from _listed(("timers", timer.name, "notify"), timer.notify)
        yield from _listed(("timers", timer.name, "then"), timer.then)
    for n, entry in enumerate(definition.invariants):
        if isinstance(entry, NeverInvariant):
            yield PlacedWho(("invariants", n, "never", "by"), entry.by)


def performers(move: Transition) -> Iterator[PlacedWho]:
    """Every word that says who may begin, decide or stand in for a move."""
    path: Path = ("transitions", move.name)
    yield from _listed((*path, "by"), move.by)
    yield from _alone((*path, "nobody_left"), move.nobody_left)
    gate = move.gate
    if gate is None:
        return
    if gate.proposed_by != move.by:
        yield from _listed((*path, "approval", "proposed_by"), gate.proposed_by)
    for n, step in enumerate(gate.steps):
        yield from _listed((*path, "approval", "steps", n, "by"), step.by)
    yield from _alone((*path, "approval", "nobody_left"), gate.nobody_left)


def _notified(move: Transition) -> Iterator[PlacedWho]:
    for n, follow in enumerate(move.after):
        if isinstance(follow, Notify):
            yield from _listed(("transitions", move.name, "after", n, "notify"), follow.roles)


def conditions(subject: Subject) -> Iterator[PlacedCondition]:
    for move in subject.definition.transitions.values():
        path: Path = ("transitions", move.name)
        for n, condition in enumerate(move.when):
            yield PlacedCondition((*path, "when", n, "if"), condition, move)
        for n, target in enumerate(move.targets):
            if target.condition:
                yield PlacedCondition((*path, "to", n, "if"), target.condition, move)
        for n, step in enumerate(move.gate.steps if move.gate else ()):
            if step.condition:
                yield PlacedCondition((*path, "approval", "steps", n, "if"), step.condition, move)


_KEYS: dict[type[Effect], str] = {Stamp: "stamp", Count: "count", Clear: "clear", Spawn: "spawn", Signal: "signal"}


def effects(subject: Subject, move: Transition) -> Iterator[PlacedEffect]:
    """The effects of a move. One entry of `do` is one effect, but for `set`, which is one for each field."""
    made = iter(move.effects)
    entries: list[dict[str, Any]] = subject.document.data["transitions"][move.name].get("do", [])
    for n, entry in enumerate(entries):
        path: Path = ("transitions", move.name, "do", n)
        if "set" in entry:
            yield from (PlacedEffect((*path, "set", name), next(made)) for name in entry["set"])
        else:
            effect = next(made)
            yield PlacedEffect((*path, _KEYS[type(effect)]), effect)


def values(subject: Subject, move: Transition) -> Iterator[PlacedValue]:
    """What effects write, but for literals: `input.NAME`, `item.NAME`, `child.NAME`."""
    for path, effect in effects(subject, move):
        if isinstance(effect, SetField):
            placed = [PlacedValue(path, effect.field, effect.value)]
        elif isinstance(effect, Spawn | Signal):
            placed = [PlacedValue((*path[:-1], "fields", name), name, value) for name, value in effect.fields]
        else:
            placed = []
        yield from (one for one in placed if one.value.source is not Source.LITERAL)


def inputs(move: Transition) -> Iterator[PlacedName]:
    path: Path = ("transitions", move.name)
    for n, name in enumerate(move.require):
        yield PlacedName((*path, "require", n), name)
    for n, name in enumerate(move.optional):
        yield PlacedName((*path, "optional", n), name)


def creation_inputs(subject: Subject) -> Iterator[PlacedName]:
    create = subject.definition.create
    for n, name in enumerate(create.require):
        yield PlacedName(("create", "require", n), name)
    for n, name in enumerate(create.optional):
        yield PlacedName(("create", "optional", n), name)


def states(subject: Subject) -> Iterator[PlacedName]:
    """Every word that names a state, `same` left out."""
    definition = subject.definition
    for move in definition.transitions.values():
        path: Path = ("transitions", move.name)
        yield from (PlacedName((*path, "from", n), name) for n, name in enumerate(move.sources))
        for n, target in enumerate(move.targets):
            if target.state != SAME:
                yield PlacedName((*path, "to", n, "state"), target.state)
    for timer in definition.timers.values():
        yield from (PlacedName(("timers", timer.name, "in", n), name) for n, name in enumerate(timer.states))
    for deadline in definition.deadlines.values():
        path = ("deadlines", deadline.name, "pause_in")
        yield from (PlacedName((*path, n), name) for n, name in enumerate(deadline.pause_in))
    for n, entry in enumerate(definition.invariants):
        if isinstance(entry, PathInvariant):
            ends = (("from", entry.start), ("to", entry.end), ("through", entry.through))
            yield from (PlacedName(("invariants", n, "path", key), name) for key, name in ends)
    for n, migration in enumerate(definition.migrations):
        yield from (PlacedName(("migrate", n, "states", old), new) for old, new in migration.states)


def moves(subject: Subject) -> Iterator[PlacedName]:
    """Every word that names a move, but for those within `last(…)`."""
    definition = subject.definition
    for move in definition.transitions.values():
        yield from distinct(move)
        if move.gate and move.gate.on_reject != "stay":
            yield PlacedName(("transitions", move.name, "approval", "on_reject"), move.gate.on_reject)
    for timer in definition.timers.values():
        if timer.fire:
            yield PlacedName(("timers", timer.name, "fire"), timer.fire)
    for n, entry in enumerate(definition.invariants):
        if isinstance(entry, NeverInvariant):
            yield PlacedName(("invariants", n, "never", "do"), entry.do)
    if definition.paper:
        yield PlacedName(("paper", "signed_by"), definition.paper.signed_by)


def distinct(move: Transition) -> Iterator[PlacedName]:
    """The moves that four-eyes rules of `move` name; `proposer`, where it may stand, is none."""
    path: Path = ("transitions", move.name)
    rules = [(path, move.distinct_from, move.distinct_unit_from, frozenset[str]())]
    if move.gate:
        gate = move.gate
        rules.append(((*path, "approval"), gate.distinct_from, gate.distinct_unit_from, frozenset({"proposer"})))
    for around, people, units, relations in rules:
        for key, names in (("distinct_from", people), ("distinct_unit_from", units)):
            for n, name in enumerate(names):
                if name not in relations:
                    yield PlacedName((*around, key, n), name)
