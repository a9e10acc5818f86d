"""How an item passes from one edition of its workflow to another: by the `migrate` blocks, or not at all. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workflow.engine.circumstances import Circumstances
from workflow.engine.deadlines import bounds_after, due_of
from workflow.engine.decision import Accepted, Kind, Reason, Rejected
from workflow.engine.definition import COMMENT, Definition, FieldType, InputField, Migration
from workflow.engine.effects import literal
from workflow.engine.events import DueResumed, DueSet, Event, FieldChanged, Migrated
from workflow.engine.item import Item, Plain, Request, units_of
from workflow.engine.workdays import CalendarYearMissing

_UNIT_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_UNCHANGED = MappingProxyType[str, str]({})


@dataclass(frozen=True, slots=True)
class Leg:
    """The step from one edition to a later one; `rule` is the later one's `migrate` block, if it has one."""

    old: Definition
    new: Definition

    @property
    def rule(self) -> Migration | None:
        return rule_from(self.new, self.old.version)

    def home(self, state: str) -> str | None:
        """The state of the new edition in which items of that old state go on; None where there is none."""
        found = dict(self.rule.states if self.rule else ()).get(state, state)
        return found if found in self.new.states else None


def rule_from(definition: Definition, version: int) -> Migration | None:
    """What `definition` says of items of that older version."""
    return next((rule for rule in definition.migrations if rule.from_version == version), None)


def road(editions: Mapping[int, Definition], start: int, end: int) -> tuple[Leg, ...]:
    """The legs from version `start` up to `end`: straight where the last edition speaks of `start`, else edition by edition."""
    legs: list[Leg] = []
    here = start
    while here < end:
        straight = rule_from(editions[end], here) is not None
        there = end if straight else min(version for version in editions if here < version <= end)
        legs.append(Leg(editions[here], editions[there]))
        here = there
    return tuple(legs)


def migrate(legs: tuple[Leg, ...], item: Item, circumstances: Circumstances) -> Accepted | Rejected:
    """The item under the last edition of `legs`, which start at its own; or every reason why it stays where it is."""
    state, fields = item.state, dict(item.fields)
    for leg in legs:
        home = leg.home(state)
        if home is None:
            return Rejected((_because("no_home", state=state, version=str(leg.new.version)),))
        state = home
        fields, lost = _carried(leg, fields)
        if lost:
            return Rejected(tuple(_because("field_lost", field=name, version=str(leg.new.version)) for name in lost))
    return _settled(legs[0].old, legs[-1].new, item, state, fields, circumstances)


def go_back(
    legs: tuple[Leg, ...], before: Item, after: Item, item: Item, circumstances: Circumstances
) -> Accepted | Rejected:
    """The item under the edition that it had before a migration made `before` into `after`; what was done since is kept.

    `legs` lead from the former edition to the present one.
    """
    old, new = legs[0].old, legs[-1].new
    state = before.state if item.state == after.state else _only_origin(legs, item.state)
    if state is None:
        return Rejected((_because("no_home", state=item.state, version=str(old.version)),))
    fields = {name: value for name, value in item.fields.items() if name in old.fields}
    for name in {*before.fields, *after.fields}:
        undone = item.fields.get(name) == after.fields.get(name)
        if undone and before.fields.get(name) != after.fields.get(name):
            fields[name] = before.fields.get(name)
    return _settled(new, old, item, state, _filled(fields), circumstances)


def _only_origin(legs: tuple[Leg, ...], state: str) -> str | None:
    """The one state of the first edition whose items are now in `state`; None where there is none, or more than one."""
    found = [name for name in legs[0].old.states if _end(legs, name) == state]
    return found[0] if len(found) == 1 else None


def _end(legs: tuple[Leg, ...], state: str) -> str | None:
    here: str | None = state
    for leg in legs:
        here = leg.home(here) if here else None
    return here


def _filled(fields: Mapping[str, Plain]) -> dict[str, Plain]:
    return {name: value for name, value in fields.items() if value is not None}


def _carried(leg: Leg, fields: Mapping[str, Plain]) -> tuple[dict[str, Plain], list[str]]:
    """The fields after one leg, and the names of values for which the new edition has no place."""
    rule = leg.rule
    carried = dict(fields)
    for name, source in rule.fill if rule else ():
        if carried.get(name) is None:
            carried[name] = fields.get(source) if source in leg.old.fields else literal(leg.new, name, source)
    for name in rule.drop if rule else ():
        carried.pop(name, None)
    carried = _filled(carried)
    return carried, [name for name in carried if name not in leg.new.fields]


# -- what must hold of an item under another edition ------------------------------------------------------------------------


def _settled(
    old: Definition, new: Definition, item: Item, state: str, fields: Mapping[str, Plain], circumstances: Circumstances
) -> Accepted | Rejected:
    reasons = tuple(_objections(old, new, item, state, fields))
    if reasons:
        return Rejected(reasons)
    migrated = Migrated(
        old.version, old.fingerprint, new.version, new.fingerprint, item.state, state, circumstances.now
    )
    changed = tuple(_changes(old, item.fields, fields))
    try:
        dues = tuple(_dues(old, new, item, state, fields, circumstances))
    except CalendarYearMissing as fault:
        return Rejected((_because("calendar_year_missing", year=str(fault.year)),))
    return Accepted((migrated, *changed, *dues), role="admin")


def _objections(
    old: Definition, new: Definition, item: Item, state: str, fields: Mapping[str, Plain]
) -> Iterator[Reason]:
    was, will = old.states[item.state], new.states[state]
    if bool(was.final) != bool(will.final):
        yield _because("finality_changes", state=item.state, to=state)
    # Being late is a finding against a unit: no administrator makes or ends it by changing a file.
    if was.overdue != will.overdue:
        yield _because("lateness_changes", state=item.state, to=state)
    for name, value in fields.items():
        if not _fits(old.fields.get(name), new.fields[name], value):
            yield _because("value_unfit", field=name, version=str(new.version))
    for request in item.requests:
        if not _stands(new, request, state):
            yield _because("request_lost", move=request.move, version=str(new.version))


def _fits(was: InputField | None, field: InputField, value: Plain) -> bool:
    """Whether a value that was accepted once is one of this field; bounds and patterns bind new values only."""
    if field.type is FieldType.CHOICE:
        return value in {choice.name for choice in field.choices}
    if was is None or was.type is field.type:
        return True
    if field.type is FieldType.UNITS:
        # Ids of units were written into texts before there was a type for them.
        once = was.type in (FieldType.TEXT, FieldType.UNIT)
        return once and all(map(_UNIT_ID.fullmatch, units_of(str(value))))
    return field.type is FieldType.TEXT and isinstance(value, str)


def _stands(new: Definition, request: Request, state: str) -> bool:
    """Whether an open request means the same under `new`: its votes count, and its inputs are all that is asked for."""
    move = new.transitions.get(request.move)
    if move is None or move.gate is None or state not in move.sources:
        return False
    steps = {step.id for step in move.gate.steps}
    asked = set(move.require) - {COMMENT}
    given = set(request.inputs) - {COMMENT}
    return asked <= given <= set(move.inputs) and all(vote.step in steps for vote in request.votes)


def _changes(old: Definition, before: Mapping[str, Plain], after: Mapping[str, Plain]) -> Iterator[FieldChanged]:
    for name in dict.fromkeys((*before, *after)):
        was, will = before.get(name), after.get(name)
        if was != will:
            # The log hides by the new edition's word what is private; what only the old one calls so must not be shown.
            declared = old.fields.get(name)
            yield FieldChanged(name, None if declared and declared.private else was, will)


def _dues(
    old: Definition,
    new: Definition,
    item: Item,
    state: str,
    fields: Mapping[str, Plain],
    circumstances: Circumstances,
) -> Iterator[Event]:
    """Bounds that the new edition reckons otherwise; one whose rule and date stayed is left as it stands."""
    for name in dict.fromkeys((*item.due, *item.paused)):
        if name not in new.deadlines:
            if name in item.paused:
                yield DueResumed(name, circumstances.now)
            if name in item.due:
                yield DueSet(name, item.due[name], None)
    changed = {
        name: due_of(new, deadline, fields, circumstances.zone)
        for name, deadline in new.deadlines.items()
        if deadline != old.deadlines.get(name) or item.fields.get(deadline.base) != fields.get(deadline.base)
    }
    yield from bounds_after(new, item, state, changed, circumstances)


def _because(code: str, **params: str) -> Reason:
    return Reason(code, Kind.PRECONDITION, MappingProxyType(params))
