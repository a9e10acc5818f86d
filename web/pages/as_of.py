"""The reading room's view of a past instant: the items, the counts, the powers, and what one person's page showed then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response as AnyResponse

from web import readings
from web.actors import current_actor, current_caller
from web.i18n import DueCue, _, day, label
from web.pages import presenting
from web.pages.rendering import Shown
from web.pages.then import TellingLine, odd_instant, reading_choices, reading_of, telling_line
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Definition, Item, Reason
from workflow.engine.administration import refusal_to_read_log
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.people import GivenPower
from workflow.queries.matching import fits
from workflow.queries.worklist import Filter
from workflow.services.delegations import days_of
from workflow.services.inbox import Waiting
from workflow.services.overview import Bar, overview_of
from workflow.services.past import instant_asked, items_then, office_at, person_then, powers_then

bp = Blueprint("as_of", __name__)

Answer = AnyResponse | tuple[str, int]
_MOST = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it stood; `moves` are those that the person asked about could make then."""

    code: str
    href: str
    title: str
    unit: str
    state: str
    group: str
    due: DueCue | None
    waits: str
    moves: str = ""


@dataclass(frozen=True, slots=True)
class PowerLine:
    giver: str
    receiver: str
    kind: str
    act: str
    days: str


@dataclass(frozen=True, slots=True)
class PersonLines:
    """What the page of that person showed, and what he had been told of."""

    name: str
    waiting: Sequence[Line]
    told: Sequence[TellingLine]


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked and found: `count` items fit, `lines` are the first of them by their dates; `trouble` says why none.

    `counts` are of all items that existed, by unit.
    """

    at: datetime | None = None
    count: int = 0
    lines: Sequence[Line] = ()
    counts: Sequence[tuple[str, Bar]] = ()
    total: Bar | None = None
    due_soon: int = 0
    powers: Sequence[PowerLine] = ()
    person: PersonLines | None = None
    trouble: str = ""


@bp.get("/history/as-of")
def index() -> Answer:
    if refusal_to_read_log(current_actor()) is not None:
        abort(403)
    by = reading_of(request.args)
    with office().read() as uow:
        titles = titles_of(uow)
        found = _found(uow, titles, by)
        shown = Shown(
            "history/as_of.html",
            422 if found.trouble else 200,
            found=found,
            most=_MOST,
            by=by,
            readings=reading_choices(),
            units=titles.unit_choices(),
            people=[(titles.logins[person], label(words)) for person, words in titles.people.items()],
            workflows=[(one.workflow, label(one.label)) for one in office().editions.all_latest(uow)],
        )
    if found.at is not None:
        readings.note(len(found.lines))
    return shown.render()


def _found(uow: UnitOfWork, titles: Titles, by: str) -> Found:
    typed = request.args.get("as_of", "").strip()
    if not typed:
        return Found()
    at = instant_asked(office(), typed)
    if isinstance(at, Reason):
        return Found(trouble=odd_instant(at))
    items = items_then(uow, current_caller(), at, by)
    if isinstance(items, Reason):
        abort(403)
    existed = tuple(items)
    return _told(_Then(uow, titles, at, urlencode({"as_of": typed, "by": by})), existed)


@dataclass(frozen=True, slots=True)
class _Then:
    """Out of which unit of work, in whose words and as of when it is told; `query` leads on to one item of then."""

    uow: UnitOfWork
    titles: Titles
    at: datetime
    query: str

    def definition(self, item: Item) -> Definition:
        return office().editions.of(item, self.uow)


def _told(then: _Then, existed: tuple[Item, ...]) -> Found:
    wanted, past = _filter(), office_at(office(), then.at)
    fitting = [item for item in existed if fits(wanted, item, then.definition(item), then.at)]
    fitting.sort(key=lambda item: (item.due_at is None, item.due_at or then.at, item.code))
    counted = overview_of(past, then.uow, existed)
    login = request.args.get("person", "")
    try:
        person = _person(then, login, existed) if login else None
    except NotFound:
        return Found(trouble=_("At that instant nobody with this account could act in the office."))
    return Found(
        then.at,
        len(fitting),
        [_line(then, item) for item in fitting[:_MOST]],
        [(then.titles.unit(bar.key), bar) for bar in counted.by_unit],
        counted.total,
        counted.due_soon,
        [_power(then, power) for power in powers_then(then.uow, then.at)],
        person,
    )


def _filter() -> Filter:
    asked = request.args
    return Filter(
        workflow=asked.get("workflow", ""),
        unit=asked.get("unit", ""),
        q=asked.get("q", ""),
        late=asked.get("late") == "true",
        open_only=asked.get("closed") != "true",
    )


def _line(then: _Then, item: Item, moves: str = "") -> Line:
    definition = then.definition(item)
    state = definition.states[item.state]
    return Line(
        code=item.code,
        href=f"{presenting.item_path(item.code)}/history?{then.query}",
        title=str(item.fields.get("title") or item.code),
        unit=then.titles.unit(item.unit),
        state=label(state.label),
        group=state.group.value,
        due=presenting.due_of(item, definition, then.at),
        waits=presenting.waits_for(item, definition, then.titles),
        moves=moves,
    )


def _person(then: _Then, login: str, existed: tuple[Item, ...]) -> PersonLines:
    stood = person_then(office_at(office(), then.at), then.uow, login, existed)
    definitions = {one.workflow: one for one in office().editions.all_latest(then.uow)}
    return PersonLines(
        then.titles.person(stood.actor.id),
        [_line(then, one.item, _moves(one)) for one in stood.waiting],
        [telling_line(one, definitions, then.at) for one in stood.told],
    )


def _moves(one: Waiting) -> str:
    names = dict.fromkeys(offer.move for offer in one.offers)
    return ", ".join(label(one.definition.transitions[name].label) for name in names)


def _power(then: _Then, power: GivenPower) -> PowerLine:
    first, last = days_of(power, office().zone)
    return PowerLine(
        then.titles.person(power.giver),
        then.titles.person(power.receiver),
        power.kind,
        power.act,
        f"{day(first)} – {day(last)}",
    )
