"""Written delegations: who may act for whom. A move or vote under one says `"for": LOGIN`."""

from flask import Blueprint, Response

from web import plain
from web.actors import current_actor, current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.titles import titles_of
from web.wiring import office
from workflow.engine import Kind, Reason
from workflow.persistence.people import GivenPower
from workflow.services.delegations import NotGiven, Power, end, give, visible_to

bp = Blueprint("delegations", __name__)

_PAGE = 50


@bp.get("/delegations")
@call(
    Described(
        "What the asker gave and received, newest first; every one for the clerk, the chairman and the auditor",
        {200: "Delegations"},
        query=schemas.PAGE_QUERY,
    )
)
def index() -> Response:
    asked = calls.query(schemas.PAGE_QUERY)
    limit, cursor = asked.get("limit", _PAGE), asked.get("cursor")
    with office().read() as uow:
        found = visible_to(uow, current_actor())
        titles = titles_of(uow)
    start = _behind(found, cursor) if cursor else 0
    shown = found[start : start + limit]
    following = shown[-1].id if start + limit < len(found) else None
    now = office().clock.now()
    return calls.page([plain.delegation(power, titles, now, office().zone) for power in shown], following)


def _behind(found: tuple[GivenPower, ...], cursor: str) -> int:
    start = next((n for n, power in enumerate(found, 1) if power.id == cursor), 0)
    if not start:
        raise problem.refused((Reason("cursor_invalid", Kind.INPUT, {"field": "cursor"}),))
    return start


@bp.post("/delegations")
@call(
    Described(
        "Give a power for a time; the clerk records one that somebody else gave in writing and names the giver",
        {201: "Delegation"},
        body=schemas.NEW_DELEGATION,
        headers=("Idempotency-Key",),
    )
)
def create() -> Response:
    asked = calls.body(schemas.NEW_DELEGATION)
    power = Power(
        receiver=asked["receiver"],
        kind=asked["kind"],
        act=asked["act"],
        from_on=asked["from"],
        to_on=asked["to"],
        workflows=asked.get("workflows", ()),
        areas=asked.get("areas", ()),
        giver=asked.get("giver"),
    )
    made = give(office(), current_caller(calls.request_key()), power)
    if isinstance(made, NotGiven):
        raise _refused(made.reasons)
    headers = {"Location": f"/api/v1/delegations/{made.power.id}"}
    return _answer(made.power, 201, headers | ({"Idempotency-Replayed": "true"} if made.replayed else {}))


@bp.delete("/delegations/<ref>")
@call(Described("End a power with effect at once: by either party, or by the clerk", {200: "Delegation"}))
def finish(ref: str) -> Response:
    ended = end(office(), current_caller(calls.request_key()), ref)
    if isinstance(ended, Reason):
        raise _refused((ended,))
    return _answer(ended)


def _refused(reasons: tuple[Reason, ...]) -> problem.Refusal:
    with office().read() as uow:
        titles = titles_of(uow)
    return problem.refused(reasons, titles=titles)


def _answer(power: GivenPower, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    with office().read() as uow:
        titles = titles_of(uow)
    return calls.answer(plain.delegation(power, titles, office().clock.now(), office().zone), status, headers)
