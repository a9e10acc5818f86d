"""Periods: who sent what, what the received reports add up to, and bringing the consolidated report up to that."""

from flask import Blueprint, Response

from web import plain_reports
from web.actors import current_actor, current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.titles import titles_of
from web.wiring import office
from workflow.services.consolidation import NotConsolidated, consolidate, of_period
from workflow.services.matrix import matrix, row_of

bp = Blueprint("reports", __name__)


@bp.get("/reports")
@call(
    Described(
        "The periods of a year (this one, if none is named), the last due first, with how each unit stands",
        {200: "Periods"},
        query=schemas.REPORTS_QUERY,
    )
)
def index() -> Response:
    year = calls.query(schemas.REPORTS_QUERY).get("year") or plain_reports.today(office()).year
    with office().read() as uow:
        return calls.answer(plain_reports.matrix(matrix(office(), uow, current_actor(), str(year)), office()))


@bp.get("/reports/<series>/<period>")
@call(Described("One period with how each unit stands", {200: "Period"}))
def show(series: str, period: str) -> Response:
    with office().read() as uow:
        (row,) = row_of(office(), uow, current_actor(), series, period).rows
        return calls.answer(plain_reports.period(row, office()))


@bp.get("/reports/<series>/<period>/consolidation")
@call(
    Described("What the received reports of a period add up to, with the versions made of it", {200: "Consolidation"})
)
def consolidation(series: str, period: str) -> Response:
    with office().read() as uow:
        gathered, versions = of_period(office(), uow, current_caller(), series, period)
        return calls.answer(plain_reports.consolidation(gathered, versions, office()))


@bp.post("/reports/<series>/<period>/consolidation")
@call(
    Described(
        "Bring the consolidated report up to what was received: begin it, gather anew, or begin the next version, for the "
        "reason given; 201 where a version was begun",
        {200: "Item", 201: "Item"},
        body=schemas.CONSOLIDATION,
        headers=("Idempotency-Key",),
    )
)
def gather(series: str, period: str) -> Response:
    asked = calls.body(schemas.CONSOLIDATION)
    caller = current_caller(calls.request_key(), acting_for=calls.giver_named(asked.get("for")))
    made = consolidate(office(), caller, series, period, asked.get("comment") or "")
    if isinstance(made, NotConsolidated):
        with office().read() as uow:
            titles = titles_of(uow)
        raise problem.refused(made.reasons, made.definition, titles)
    location = {"Location": f"/api/v1/items/{made.item.id}"} if made.began else None
    return calls.item_answer(made.item, 201 if made.began else 200, location)
