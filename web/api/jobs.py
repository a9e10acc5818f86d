"""A move on more items than a call may wait for: begun with POST /moves, told here, stopped here."""

from flask import Blueprint, Response

from web import plain, problems
from web.actors import current_caller
from web.api import calls, problem
from web.api.calls import Described, call
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.persistence.jobs import Job
from workflow.services import jobs
from workflow.services.jobs import Told

bp = Blueprint("jobs", __name__)

_STATUS = {"stale": 412, "not_found": 404}


@bp.get("/jobs/<job_id>")
@call(Described("One's own job: how far it is, and the result of each item that has its turn behind it", {200: "Job"}))
def show(job_id: str) -> Response:
    return calls.answer(_said(jobs.find(office(), current_caller(), job_id)))


@bp.delete("/jobs/<job_id>")
@call(Described("Stop one's own job: what is done stays done, the rest is left", {200: "Job"}))
def stop(job_id: str) -> Response:
    return calls.answer(_said(jobs.cancel(office(), current_caller(), job_id)))


def job_begun(job: Job) -> Response:
    """202 with the job and its address."""
    return calls.answer(_said(job), 202, {"Location": f"/api/v1/jobs/{job.id}"})


def _said(job: Job) -> plain.Said:
    told = jobs.told(office(), current_caller(), job)
    with office().read() as uow:
        titles = titles_of(uow)
    status = "stopped" if job.cancelled_at else "finished" if job.is_over else "going_on"
    return {
        "id": job.id,
        "move": job.move,
        "status": status,
        "created_at": plain.at_text(job.created_at),
        "total": job.total,
        "done": job.done,
        "items": [_result(one, titles) for one in told if one.row.done_at is not None],
    }


def _result(told: Told, titles: Titles) -> plain.Said:
    if told.reasons:
        found = problems.of_reasons(told.reasons)
        reasons = plain.reasons(told.reasons, told.definition, titles)
        answer = {"id": told.row.item} | problem.told(found, reasons)
        return answer | {"status": _STATUS.get(told.reasons[0].code, found.status)}
    said: plain.Said = {"id": told.row.item, "status": 200, "state": told.row.state}
    return said | ({"code": told.item.code} if told.item else {})
