"""What goes on in the background for whoever is signed in: how far each job is, and what became of each row."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_caller
from web.i18n import _, label, reason_sentence
from web.pages import presenting
from web.pages.rendering import render_fragment, render_page, wants_fragment
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.persistence.jobs import Job
from workflow.services import jobs
from workflow.services.jobs import Told

bp = Blueprint("jobs", __name__)

Answer = AnyResponse | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """`outcome` is done, turned_down, waiting or left (the job was cancelled before it came to it)."""

    code: str
    href: str
    title: str
    outcome: str
    state: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    id: str
    label: str
    created_at: datetime
    total: int
    done: int
    refused: int
    over: bool
    cancelled: bool
    rows: tuple[Row, ...] = ()


@bp.get("/jobs")
def index() -> Answer:
    found = jobs.own(office(), current_caller())
    return render_page("jobs/list.html", jobs=[_progress(one) for one in found], kept_days=jobs.KEPT.days)


@bp.get("/jobs/<job_id>")
def show(job_id: str) -> Answer:
    """How far it is; asked again every two seconds as a fragment, or by loading the page again."""
    job = _with_rows(jobs.find(office(), current_caller(), job_id))
    if wants_fragment():
        return render_fragment("jobs/part.html", job=job)
    return render_page("jobs/show.html", job=job)


@bp.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Answer:
    jobs.cancel(office(), current_caller(), job_id)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


def _with_rows(job: Job) -> Progress:
    told = jobs.told(office(), current_caller(), job)
    with office().read() as uow:
        titles = titles_of(uow)
    return _progress(job, tuple(_row(one, job, titles) for one in told))


def _progress(job: Job, rows: tuple[Row, ...] = ()) -> Progress:
    names = {
        label(one.transitions[job.move].label)
        for one in office().editions.all_latest()
        if job.move in one.transitions and one.transitions[job.move].bulk
    }
    return Progress(
        id=job.id,
        label=" / ".join(sorted(names)) or job.move,
        created_at=job.created_at,
        total=job.total,
        done=job.done,
        refused=sum(row.outcome == "turned_down" for row in rows),
        over=job.is_over,
        cancelled=job.cancelled_at is not None,
        rows=rows,
    )


def _row(told: Told, job: Job, titles: Titles) -> Row:
    item, definition = told.item, told.definition
    state = definition.states.get(told.row.state or "") if definition else None
    return Row(
        code=item.code if item else told.row.item,
        href=presenting.item_path(item.code) if item else "",
        title=str(item.fields.get("title") or item.code) if item else _("not for you to read"),
        outcome=_outcome(told, job),
        state=label(state.label) if state else "",
        sentences=tuple(
            reason_sentence(reason, definition=definition, unit_name=titles.unit) for reason in told.reasons
        ),
    )


def _outcome(told: Told, job: Job) -> str:
    if told.row.done_at is not None:
        return "turned_down" if told.reasons else "done"
    return "left" if job.cancelled_at else "waiting"
