"""Erasing private texts: the administrator asks and sees no content, the chairman decides."""

from flask import Blueprint, Response

from web import plain
from web.actors import current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.titles import titles_of
from web.wiring import office
from workflow.engine import Reason
from workflow.persistence.redactions import RedactionRequest
from workflow.services import redactions
from workflow.services.redactions import Wanted

bp = Blueprint("redactions", __name__)

_ACTS = {"grant": redactions.grant, "refuse": redactions.refuse}


@bp.get("/redactions")
@call(Described("The latest requests to erase a private text, for the administrator", {200: "Redactions"}))
def index() -> Response:
    calls.query(schemas.NO_QUERY)
    found = redactions.newest(office(), current_caller())
    if isinstance(found, Reason):
        raise problem.refused((found,))
    with office().read() as uow:
        titles = titles_of(uow)
    return calls.page([plain.redaction(one.request, one.code, titles) for one in found], None)


@bp.post("/redactions")
@call(
    Described(
        "Ask the chairman to have a private text erased: entry `n` of the item's history, `field` as its `cmt` calls it",
        {201: "Redaction"},
        body=schemas.NEW_REDACTION,
    )
)
def ask() -> Response:
    asked = calls.body(schemas.NEW_REDACTION)
    wanted = Wanted(asked["item"], asked["n"], asked["field"], asked["ground"])
    return _answer(_taken(redactions.ask(office(), current_caller(), wanted)), 201)


@bp.get("/redactions/<ref>")
@call(Described("One request, for the chairman who decides it", {200: "Redaction"}))
def show(ref: str) -> Response:
    calls.query(schemas.NO_QUERY)
    return _answer(redactions.case(office(), current_caller(), ref).request)


@bp.post("/redactions/<ref>/decision")
@call(
    Described(
        "The chairman has the text erased, for good and with every copy, or refuses and says why",
        {200: "Redaction"},
        body=schemas.REDACTION_DECISION,
    )
)
def decide(ref: str) -> Response:
    asked = calls.body(schemas.REDACTION_DECISION)
    act = _ACTS[asked["decision"]]
    _taken(act(office(), current_caller(), ref, asked.get("note") or ""))
    return _answer(redactions.case(office(), current_caller(), ref).request)


def _taken(outcome: RedactionRequest | tuple[Reason, ...]) -> RedactionRequest:
    if isinstance(outcome, tuple):
        raise problem.refused(outcome)
    return outcome


def _answer(wish: RedactionRequest, status: int = 200) -> Response:
    with office().read() as uow:
        titles = titles_of(uow)
        code = uow.items.get(wish.item).item.code
    return calls.answer(plain.redaction(wish, code, titles), status)
