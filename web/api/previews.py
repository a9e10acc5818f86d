"""What a move would lead to, asked before it is made: the answer of the engine, and nothing is written."""

from typing import Any

from flask import Blueprint, Response

from web import plain
from web.actors import current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Kind, Reason, Rejected
from workflow.engine.definition import COMMENT
from workflow.engine.parties import Party
from workflow.engine.preview import Preview
from workflow.persistence import UnitOfWork
from workflow.services.moves import MoveRequest
from workflow.services.office import Caller
from workflow.services.preview import Foreseen, foresee

bp = Blueprint("previews", __name__)


@bp.post("/items/<ref>/moves/<move>/preview")
@call(
    Described(
        "What a move, an opinion or a withdrawal would lead to now; nothing is written, a refusal is told as an answer",
        {200: "Preview"},
        body=schemas.PREVIEW,
    )
)
def preview_move(ref: str, move: str) -> Response:
    calls.found_item(ref)
    asked = calls.body(schemas.PREVIEW)
    fields = dict(asked.get("fields", {}))
    comment = asked.get("comment") or fields.pop(COMMENT, None)
    request = MoveRequest(ref, move, asked.get("act", "perform"), fields, str(comment) if comment else None)
    with office().read() as uow:
        foreseen = foresee(office(), uow, _caller(uow, asked.get("for")), request)
        titles = titles_of(uow)
    return calls.answer(_said(foreseen, titles))


def _caller(uow: UnitOfWork, giver: str | None) -> Caller:
    if giver is None:
        return current_caller()
    person = uow.people.id_of_login(giver)
    if person is None:
        raise problem.refused((Reason("no_such_person", Kind.INPUT, {"field": "for", "value": giver}),))
    return current_caller(acting_for=person)


def _said(foreseen: Foreseen, titles: Titles) -> plain.Said:
    found, definition = foreseen.found, foreseen.definition
    refused = found if isinstance(found, Rejected) else None
    told = Preview(None) if isinstance(found, Rejected) else found
    before = {change.deadline: change.old for change in told.dues}
    return {
        "allowed": refused is None,
        "reasons": plain.reasons(refused.reasons if refused else (), definition, titles),
        "missing": plain.reasons(told.missing, definition, titles),
        "state": told.state,
        "proposal": told.proposal,
        "waits_for": _parties(told.waits, titles),
        "due": [
            {"deadline": name, "at": plain.at_text(at), "before": plain.at_text(before.get(name, at))}
            for name, at in told.due
        ],
        "timers": [{"move": str(due.timer.fire), "at": plain.at_text(due.at)} for due in told.timers],
        "reminders": [{"timer": due.timer.name, "at": plain.at_text(due.at)} for due in told.reminders],
        "told": _parties(told.told, titles),
        "opens": list(told.opens),
    }


def _parties(found: tuple[Party, ...], titles: Titles) -> list[dict[str, Any]]:
    return [
        {"who": str(party.who), "people": sorted(filter(None, (titles.login(person) for person in party.people)))}
        for party in found
    ]
