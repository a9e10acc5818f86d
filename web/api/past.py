"""How things stood at a past instant: one item for its readers, the rows of all of them for those who audit."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from web import plain, readings
from web.actors import current_actor, current_caller
from web.api import calls, picking, problem, schemas
from web.api.calls import Described, call
from web.wiring import office
from workflow.engine import Kind, Reason
from workflow.queries.matching import fits
from workflow.queries.past import RECORDED
from workflow.services.items import readable
from workflow.services.overview import overview_of
from workflow.services.past import instant_asked, item_then, items_then, office_at, person_then, powers_then

bp = Blueprint("past", __name__)

_PAGE = 50


@bp.get("/audit/as-of")
@call(
    Described(
        "The rows of all items as recorded by an instant (by=effective: as they counted then); reading them is an entry",
        {200: "Items"},
        query=schemas.AS_OF_QUERY,
    )
)
def as_of() -> Response:
    asked = calls.query(schemas.AS_OF_QUERY)
    return rows(asked.pop("at"), asked, field="at")


@bp.get("/audit/as-of/counts")
@call(
    Described(
        "How many items stood in each group at an instant, in all, by unit and by area; reading them is an entry",
        {200: "CountsThen"},
        query=schemas.COUNTS_THEN_QUERY,
    )
)
def counts() -> Response:
    asked = calls.query(schemas.COUNTS_THEN_QUERY)
    at, by = _instant(asked.pop("at"), "at"), asked.pop("by", RECORDED)
    with office().read() as uow:
        items = items_then(uow, current_caller(), at, by)
        if isinstance(items, Reason):
            raise problem.refused((items,))
        past, wanted = office_at(office(), at), picking.wanted(uow, asked)
        fitting = (item for item in items if fits(wanted, item, past.editions.of(item, uow), at))
        said = plain.counts_then(overview_of(past, uow, fitting), at, by)
    readings.note(0)
    return calls.answer(said)


@bp.get("/audit/as-of/people/<login>")
@call(
    Described(
        "What one person's page showed at an instant: items with the moves he could make, notices left by then, his powers",
        {200: "PersonThen"},
        query=schemas.PERSON_THEN_QUERY,
    )
)
def person(login: str) -> Response:
    asked = calls.query(schemas.PERSON_THEN_QUERY)
    at, by = _instant(asked["at"], "at"), asked.get("by", RECORDED)
    with office().read() as uow:
        items = items_then(uow, current_caller(), at, by)
        if isinstance(items, Reason):
            raise problem.refused((items,))
        past = office_at(office(), at)
        stood = person_then(past, uow, login, items)
        to = plain.reader(past, uow, current_actor())
        own = [power for power in powers_then(uow, at) if stood.actor.id in (power.giver, power.receiver)]
        said = {
            "login": login,
            "as_of": plain.at_text(at),
            "by": by,
            "waiting": [
                plain.row_of(to, one.item) | {"moves": list(dict.fromkeys(offer.move for offer in one.offers))}
                for one in stood.waiting
            ],
            "told": [plain.notice(one) for one in stood.told],
            "delegations": [plain.delegation(power, to.titles, at, office().zone) for power in own],
        }
    readings.note(len(stood.told))
    return calls.answer(said)


@bp.get("/items/<ref>/held")
@call(
    Described(
        "For whom an item waited, stretch by stretch: the unit on whose clock it ran and the working time",
        {200: "Held"},
        query=schemas.NO_QUERY,
    )
)
def held(ref: str) -> Response:
    calls.query(schemas.NO_QUERY)
    with office().read() as uow:
        stored = readable(uow, current_caller(), ref)
        said = plain.held(plain.reader(office(), uow, current_actor()), stored)
    return calls.answer(said)


def rows(given: str, asked: dict[str, Any], field: str = "as_of") -> Response:
    """The list that `asked` describes, as it would have been told at the instant that was typed."""
    at = _instant(given, field)
    by = asked.pop("by", RECORDED)
    limit, cursor = asked.pop("limit", _PAGE), asked.pop("cursor", None)
    if asked.pop("waits_on", None):
        raise problem.refused((Reason("unknown_key", Kind.INPUT, {"field": "waits_on"}),))
    with office().read() as uow:
        found = items_then(uow, current_caller(), at, by)
        if isinstance(found, Reason):
            raise problem.refused((found,))
        to = plain.reader(office_at(office(), at), uow, current_actor())
        answer = picking.page(to, found, picking.wanted(uow, asked), limit, cursor)
    readings.note(len(answer.get_json()["items"]))
    return answer


def item(ref: str, asked: dict[str, Any]) -> Response:
    """One item as it stood then, for whoever may read it now."""
    if "moves" in asked:
        raise problem.refused((Reason("unknown_key", Kind.INPUT, {"field": "moves"}),))
    with office().read() as uow:
        present = readable(uow, current_caller(), ref).item
        at = _instant(asked["as_of"], "as_of")
        by = asked.get("by", RECORDED)
        to = plain.reader(office_at(office(), at), uow, current_actor())
        said = plain.past_item(to, item_then(uow, present, at, by), by)
    return calls.answer(said)


def _instant(given: str, field: str) -> datetime:
    at = instant_asked(office(), given, field)
    if isinstance(at, Reason):
        raise problem.refused((at,))
    return at
