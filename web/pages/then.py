"""How an item stood at an instant that its reader asks for, on the page of its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request

from web.actors import current_actor
from web.i18n import N_, DueCue, _, label, reason_sentence
from web.notices import sentence
from web.pages import presenting
from web.pages.ahead import parties_text
from web.titles import Titles
from web.wiring import office
from workflow.engine import Definition, Item, Reason
from workflow.engine.administration import refusal_to_read_log
from workflow.engine.visibility import shown_to
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.files import StoredFile
from workflow.persistence.notices import Notice
from workflow.queries.past import EFFECTIVE, RECORDED
from workflow.queries.told import told_about
from workflow.services.past import READINGS, instant_asked, item_then, office_at
from workflow.services.preview import who_could

READING_WORDS = {RECORDED: N_("as recorded by then"), EFFECTIVE: N_("as it counted then, though recorded later")}


@dataclass(frozen=True, slots=True)
class TellingLine:
    """A notice that had been left by then; `opened` is when it was first opened, though that may be later.

    `person` is named where the notices of several are told.
    """

    sentence: str
    code: str
    at: datetime
    opened: datetime | None
    by_then: bool
    person: str = ""


@dataclass(frozen=True, slots=True)
class Then:
    """What was asked and what is answered; without a `state` nothing was asked, `error` says why, or the item was `absent`.

    `could` tells for each move of then who could take it, `told` who had been told of the item, for whoever reads the log.
    """

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
    could: Sequence[tuple[str, str]] = ()
    told: Sequence[TellingLine] = ()


def reading_of(asked: Mapping[str, str]) -> str:
    """The reading that the query names, or what had been recorded by then."""
    by = asked.get("by", RECORDED)
    return by if by in READINGS else RECORDED


def reading_choices() -> tuple[tuple[str, str], ...]:
    """The readings to choose from, with their words."""
    return tuple((reading, _(words)) for reading, words in READING_WORDS.items())


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
        could=_could(uow, found, definition, titles, at),
        told=_told(uow, found, titles, at),
    )


def _could(uow: UnitOfWork, found: Item, definition: Definition, titles: Titles, at: datetime) -> list[tuple[str, str]]:
    past = office_at(office(), at)
    return [
        (label(definition.transitions[move].label), parties_text(parties, found, definition, titles))
        for move, parties in who_could(past, uow, definition, found).items()
        if parties
    ]


def _told(uow: UnitOfWork, found: Item, titles: Titles, at: datetime) -> list[TellingLine]:
    if refusal_to_read_log(current_actor()) is not None:
        return []
    definitions = {one.workflow: one for one in office().editions.all_latest(uow)}
    return [telling_line(one, definitions, at, titles.person(one.person)) for one in told_about(uow, found.id, at)]


def telling_line(one: Notice, definitions: Mapping[str, Definition], at: datetime, person: str = "") -> TellingLine:
    """A notice as it is told of an instant `at`."""
    by_then = one.read_at is not None and one.read_at <= at
    return TellingLine(
        sentence(one, definitions), str(one.params.get("code", "")), one.at, one.read_at, by_then, person
    )
