"""What a step would lead to, as the person who is about to take it reads it; and who could where he may not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from web.actors import current_caller
from web.i18n import _, day, label, last_day, reason_sentence
from web.titles import Titles
from web.wiring import office, settings
from workflow.engine import Definition, Item, Reason, Rejected
from workflow.engine.definition import Who
from workflow.engine.parties import Party
from workflow.engine.preview import Preview
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services.moves import MoveRequest
from workflow.services.preview import Foreseen, foresee_stored
from workflow.values import replace

_NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Ahead:
    """`heading` says of which act it speaks; `state` is "" where it hangs on what is not typed yet.

    `refused` are the sentences of why the step is not possible; then nothing else is told.
    """

    heading: str
    state: str = ""
    group: str = ""
    proposal: bool = False
    waits: str = ""
    dates: tuple[tuple[str, str, str], ...] = ()
    timers: tuple[tuple[str, datetime], ...] = ()
    reminders: tuple[tuple[str, datetime], ...] = ()
    told: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def ahead_of(
    uow: UnitOfWork, stored: StoredItem, request: MoveRequest, acting_for: str | None, titles: Titles
) -> Ahead:
    """What `request` would lead to if it were sent now."""
    caller = current_caller()
    caller = replace(caller, actor=replace(caller.actor, acting_for=acting_for))
    heading = _("When you approve…") if request.act == "approve" else _("After this step…")
    return _told(heading, foresee_stored(office(), uow, caller, stored, request), titles)


def _told(heading: str, foreseen: Foreseen, titles: Titles) -> Ahead:
    definition, found = foreseen.definition, foreseen.found
    if isinstance(found, Rejected):
        return Ahead(heading, refused=_sentences(found.reasons, definition, titles))
    return Ahead(
        heading,
        state=label(definition.states[found.state].label) if found.state else "",
        group=definition.states[found.state].group.value if found.state else "",
        proposal=found.proposal,
        waits=parties_text(found.waits, foreseen.item, definition, titles),
        dates=tuple(_dates(found, definition)),
        timers=tuple((label(definition.transitions[str(due.timer.fire)].label), due.at) for due in found.timers),
        reminders=tuple(
            (_words(due.timer.notify, foreseen.item, definition, titles), due.at) for due in found.reminders[:1]
        ),
        told=tuple(dict.fromkeys(party_text(party, foreseen.item, definition, titles) for party in found.told)),
        opens=tuple(_workflow_name(workflow, definition) for workflow in found.opens),
        missing=_sentences(found.missing, definition, titles),
    )


def _words(told: Iterable[Who], item: Item, definition: Definition, titles: Titles) -> str:
    return ", ".join(titles.who(str(who), item.unit, definition) for who in told)


def _sentences(reasons: Iterable[Reason], definition: Definition, titles: Titles) -> tuple[str, ...]:
    return tuple(reason_sentence(reason, definition=definition, unit_name=titles.unit) for reason in reasons)


def _dates(found: Preview, definition: Definition) -> Iterable[tuple[str, str, str]]:
    """Every deadline as it will stand, with the day it has now where that is another."""
    before = {change.deadline: change.old for change in found.dues}
    standing: dict[str, Any] = dict(found.due)
    for name in (*standing, *(name for name in before if name not in standing)):
        words = label(definition.fields[definition.deadlines[name].base].label)
        after = _day(standing[name]) if name in standing else _("none")
        earlier = before.get(name)
        yield words, after, _day(earlier) if earlier else ""


def _day(due_at: datetime) -> str:
    return day(last_day(due_at, settings().zone))


def _workflow_name(workflow: str, definition: Definition) -> str:
    if workflow == definition.workflow:
        return label(definition.label)
    known = {one.workflow: one.label for one in office().editions.all_latest()}
    return label(known[workflow]) if workflow in known else workflow


# -- people -------------------------------------------------------------------------------------------------------------


def party_text(party: Party, item: Item, definition: Definition, titles: Titles) -> str:
    """The holders by their posts where they are few, else the word of the definition."""
    if 0 < len(party.people) <= _NAMED_AT_MOST:
        return ", ".join(sorted(titles.person(person) for person in party.people))
    return titles.who(str(party.who), item.unit, definition)


def parties_text(found: Iterable[Party], item: Item, definition: Definition, titles: Titles) -> str:
    """Those who are somebody, one after another; the words themselves where nobody is."""
    found = tuple(found)
    somebody = [party for party in found if party.people] or found
    return _(" or ").join(dict.fromkeys(party_text(party, item, definition, titles) for party in somebody))


def others_text(found: Iterable[Party], mine: str, item: Item, definition: Definition, titles: Titles) -> str:
    """Who could act instead of the person with the id `mine`; "" where there is nobody."""
    others = [replace(party, people=party.people - {mine}) for party in found]
    return parties_text([party for party in others if party.people], item, definition, titles)
