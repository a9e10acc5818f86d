"""The accountability sheet of a unit's head: its numbers, the entries behind each, the progress scores."""

from flask import Blueprint, Response

from web import plain_accountability
from web.actors import current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.titles import titles_of
from web.wiring import office
from workflow.engine import Reason
from workflow.engine.accountability import Measure
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.services.accountability import Account, account, asked_of
from workflow.services.accountability import scores as scores_of

bp = Blueprint("accountability", __name__)


@bp.get("/units/<unit>/accountability")
@call(
    Described(
        "What a unit's head answers for in a month (2026-10), quarter, half or year: as of now, or of a past day",
        {200: "AccountabilitySheet"},
        query=schemas.ACCOUNT_QUERY,
    )
)
def sheet(unit: str) -> Response:
    asked = calls.query(schemas.ACCOUNT_QUERY)
    with office().read() as uow:
        found = _account(uow, unit, asked)
        return calls.answer(plain_accountability.sheet(found, titles_of(uow)))


@bp.get("/units/<unit>/accountability/<measure>")
@call(
    Described(
        "The entries of the log that make up one number of the sheet",
        {200: "AccountabilityEntries"},
        query=schemas.ACCOUNT_ENTRIES_QUERY,
    )
)
def entries(unit: str, measure: str) -> Response:
    asked = calls.query(schemas.ACCOUNT_ENTRIES_QUERY)
    if measure not in set(Measure):
        raise NotFound("measure", measure)
    workflow = asked.pop("workflow", "")
    with office().read() as uow:
        found = _account(uow, unit, asked)
        return calls.answer(plain_accountability.entries(found, Measure(measure), workflow, titles_of(uow)))


@bp.get("/units/<unit>/scores")
@call(
    Described(
        "The progress scores of a unit's people (Nghị định 335/2025/NĐ-CP), as far as the asker may read them",
        {200: "Scores"},
        query=schemas.ACCOUNT_QUERY,
    )
)
def scores(unit: str) -> Response:
    asked = calls.query(schemas.ACCOUNT_QUERY)
    with office().read() as uow:
        found = _account(uow, unit, asked)
        told = scores_of(current_caller(), found)
        return calls.answer(plain_accountability.scores(found, told, titles_of(uow)))


def _account(uow: UnitOfWork, unit: str, asked: dict[str, str]) -> Account:
    wanted = asked_of(office(), asked.get("period", ""), asked.get("as_of", ""))
    if isinstance(wanted, Reason):
        raise problem.refused((wanted,))
    return account(office(), uow, current_caller(), unit, *wanted)
