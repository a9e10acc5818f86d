"""Notices: what whoever is signed in was told of, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor, current_caller
from web.notices import sentence
from web.pages import presenting
from web.pages.rendering import render_page
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Definition
from workflow.engine.administration import refusal_to_administer
from workflow.persistence.notices import Notice
from workflow.services.notices import PersonalInbox

bp = Blueprint("notices", __name__)

Answer = AnyResponse | tuple[str, int]
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One notice; `href` leads to its item, "" where it has none."""

    message: str
    sentence: str
    unit: str
    code: str
    href: str
    at: datetime
    read: bool


@bp.get("/notices")
def index() -> Answer:
    """The person's own; an unknown cursor begins at the newest."""
    person, cursor = current_actor().id, request.args.get("cursor", "")
    with office().read() as uow:
        before = uow.notices.find(cursor, person) if cursor.isalnum() else None
        found = uow.notices.of_person(person, _PAGE + 1, before)
        titles = titles_of(uow)
        definitions = {one.workflow: one for one in office().editions.all_latest(uow)}
    lines = [_line(one, definitions, titles) for one in found[:_PAGE]]
    following = url_for("notices.index", cursor=lines[-1].message) if len(found) > _PAGE else ""
    return render_page(
        "notices/index.html",
        lines=lines,
        unread=[line.message for line in lines if not line.read],
        next_href=following,
        first_href=url_for("notices.index") if before else "",
        cursor=cursor,
        done=request.args.get("done", ""),
    )


def _line(one: Notice, definitions: Mapping[str, Definition], titles: Titles) -> Line:
    code = str(one.params.get("code", ""))
    unit = titles.unit(str(one.params.get("unit", "")))
    return Line(one.message, sentence(one, definitions), unit, code, _href(one, code), one.at, one.read_at is not None)


def _href(one: Notice, code: str) -> str:
    """Where its reader goes on: who decides a wish past the workflow to that wish, who administers to all of them."""
    if one.template == "override_asked":
        return url_for("overrides.show", request_id=one.params["override"])
    if "override" in one.params and refusal_to_administer(current_actor()) is None:
        return url_for("overrides.index")
    return presenting.item_path(code) if code else ""


@bp.post("/notices")
def read() -> Answer:
    """Mark what the page showed, and nothing that came since."""
    shown = [message for message in request.form.getlist("message")[:_PAGE] if message.isalnum()]
    PersonalInbox(office()).mark_read(current_caller(), shown)
    cursor = request.form.get("cursor") or None
    return redirect(url_for("notices.index", cursor=cursor, done="read"), 303)
