"""What a worklist needs to know of an item, computed once a move so that a page is one SELECT."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from workflow.engine.definition import OVER, Definition, Group, Who, WhoKind
from workflow.engine.events import instant_of
from workflow.engine.item import Item
from workflow.engine.permissions import units_in
from workflow.values import Frozen


class RowFacts(Frozen):
    """`waits_on` is an office, a post or ""; `waits_person` is set where the item waits for one named person.

    `support` lists the units that read the item beside its lead unit and the people it names, each between spaces, so that one
    LIKE finds one.
    """

    group: str
    waits_on: str
    waits_person: str | None
    title: str
    search: str
    area: str | None
    assignee: str | None
    due_at: datetime | None
    late: bool
    final: bool
    support: str = ""


_MARKS = re.compile("[\u0300-\u036f]+")


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Lower case without diacritics, đ as d: what people type when they search. Both hòa and hoà become hoa."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text.lower().replace("đ", "d")))


def waiting(definition: Definition, item: Item) -> tuple[Who, ...]:
    """Whom the item waits for now: the voters of an open request, else the state's `waits_on`."""
    for request in item.requests:
        gate = definition.transitions[request.move].gate
        if gate:
            voted = {ballot.step for ballot in request.votes}
            for step in gate.steps:
                if step.id not in voted:
                    return step.by
    who = definition.states[item.state].waits_on
    return (who,) if who else ()


def held_by(definition: Definition, item: Item) -> tuple[str, str | None]:
    """The same as one word and, where it names one person, that person: what `RowFacts` holds."""
    for who in waiting(definition, item):
        return resolved(who, item)
    return "", None


def resolved(who: Who, item: Item) -> tuple[str, str | None]:
    """One word of whom the item waits for, and the person where it names one."""
    if who.kind in (WhoKind.OFFICE, WhoKind.POST):
        return who.name, None
    person = _person(who, item)
    if person:
        return str(who), person
    # Nobody is named yet: the head of the unit answers for it (the dispatch, part 6).
    return "unit_head", None


def _person(who: Who, item: Item) -> str | None:
    if who.kind is WhoKind.CREATOR:
        return item.created_by
    if who.kind is WhoKind.LAST:
        doer = item.last.get(who.name)
        return doer.person if doer else None
    value = item.fields.get(who.name)
    return str(value) if value else None


def _text(item: Item, name: str) -> str | None:
    value = item.fields.get(name)
    return str(value) if value else None


def supporting_units(item: Item) -> tuple[str, ...]:
    """The units that help the lead unit (phối hợp): they read the item and are not late for it."""
    return units_in(item, "support_units")


def reading_units(item: Item) -> tuple[str, ...]:
    """Who reads the item beside its lead unit: who supports it, who led it before, who was late with it and answers for that."""
    before = _text(item, "previous_unit")
    units = (*supporting_units(item), *((before,) if before else ()), *(episode.unit for episode in item.episodes))
    return tuple(unit for unit in dict.fromkeys(units) if unit != item.unit)


def named_people(item: Item) -> tuple[str, ...]:
    """The people whom the item concerns in person, whatever their unit."""
    named = (item.fields.get("assignee"), item.fields.get("plan_owner"), item.created_by)
    return tuple(dict.fromkeys(str(person) for person in named if person))


def over_at(definition: Definition, group: str, fields: Mapping[str, Any], entered_at: datetime) -> datetime | None:
    """Since when nobody works on an item of that state any more, None where somebody does: what its deadline is judged by.

    What was declared done waits to be confirmed, and that takes other people's days: the declaration counts, not the last state.
    """
    if group not in OVER:
        return None
    if group == Group.DONE:
        stamped = (fields.get(name) for name in definition.done_stamps)
        return max((instant_of(str(one)) for one in stamped if one), default=entered_at)
    return entered_at


def row_facts(definition: Definition, item: Item) -> RowFacts:
    state = definition.states[item.state]
    waits_on, waits_person = held_by(definition, item)
    title = _text(item, "title") or item.code
    searched = [
        item.code,
        title,
        *(str(item.fields[name]) for name in definition.searched_fields if item.fields.get(name)),
    ]
    return RowFacts(
        group=state.group.value,
        waits_on=waits_on,
        waits_person=waits_person,
        title=title,
        search=folded(" ".join(searched)),
        area=_text(item, "area"),
        assignee=_text(item, "assignee"),
        due_at=item.due_at,
        late=any(episode.ended_at is None for episode in item.episodes),
        final=state.final is not None,
        support="".join(f" {reader} " for reader in (*reading_units(item), *named_people(item))),
    )
