"""How an item stood at an instant that its reader asks for, on the page of its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request

from web.actors import current_actor
from web.i18n import N_, DueCue, _, label, reason_sentence
from web.pages import presenting
from web.titles import Titles
from web.wiring import office
from workflow.engine import Item, Reason
from workflow.engine.visibility import shown_to
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.files import StoredFile
from workflow.queries.past import EFFECTIVE, RECORDED
from workflow.services.past import READINGS, instant_asked, item_then

READING_WORDS = {RECORDED: N_("as recorded by then"), EFFECTIVE: N_("as it counted then, though recorded later")}


@dataclass(frozen=True, slots=True)
class Then:
    """What was asked and what is answered; without a `state` nothing was asked, `error` says why, or the item was `absent`."""

    typed: str
    by: str
    readings: Sequence[tuple[str, str]]
    error: str = ""
    absent: bool = False
    at: datetime | None = None
    state: str = ""
    group: str = ""
    unit: str = ""
    waits: str = ""
    due: DueCue | None = None
    facts: Sequence[tuple[str, str]] = ()


def reading_of(asked: Mapping[str, str]) -> str:
    """The reading that the query names, or what had been recorded by then."""
    by = asked.get("by", RECORDED)
    return by if by in READINGS else RECORDED


def reading_choices() -> list[tuple[str, str]]:
    """The readings to choose from, with their words."""
    return [(reading, _(words)) for reading, words in READING_WORDS.items()]


def odd_instant(reason: Reason) -> str:
    """Why what was typed is no instant to ask for, under the name that the box bears."""
    return reason_sentence(Reason(reason.code, reason.kind, {**reason.params, "field": _("Day and time")}))


def asked_then(uow: UnitOfWork, item: Item, titles: Titles, files: Mapping[str, StoredFile]) -> Then:
    """What the query of the page asks for, `as_of` and `by`, and its answer."""
    typed = request.args.get("as_of", "").strip()
    by = reading_of(request.args)
    offered = reading_choices()
    if not typed:
        return Then(typed, by, offered)
    at = instant_asked(office(), typed)
    if isinstance(at, Reason):
        return Then(typed, by, offered, error=odd_instant(at))
    try:
        found = item_then(uow, item, at, by)
    except NotFound:
        return Then(typed, by, offered, absent=True)
    definition = office().editions.of(found, uow)
    found = shown_to(current_actor(), definition, found)
    state = definition.states[found.state]
    return Then(
        typed,
        by,
        offered,
        at=at,
        state=label(state.label),
        group=state.group.value,
        unit=titles.unit(found.unit),
        waits=presenting.waits_for(found, definition, titles),
        due=presenting.due_of(found, definition, at),
        facts=presenting.facts_of(found, definition, titles, files),
    )
