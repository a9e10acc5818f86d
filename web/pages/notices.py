"""Notices: what whoever is signed in was told of, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor, current_caller
from web.i18n import _
from web.notices import sentence
from web.pages import presenting
from web.pages.rendering import render_page
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Definition
from workflow.engine.administration import refusal_to_administer
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.notices import Notice
from workflow.services.notices import PersonalInbox

bp = Blueprint("notices", __name__)

Answer = AnyResponse | tuple[str, int]
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One notice; `href` leads to its item, "" where it has none; `on_behalf` says in whose place the reader is told."""

    message: str
    sentence: str
    unit: str
    code: str
    href: str
    at: datetime
    read: bool
    on_behalf: str


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
    giver = one.params.get("for")
    return Line(
        message=one.message,
        sentence=sentence(one, definitions),
        unit=titles.unit(str(one.params.get("unit", ""))),
        code=code,
        href=_href(one, code),
        at=one.at,
        read=one.read_at is not None,
        on_behalf=_("On behalf of: {who}", who=titles.person(giver)) if giver else "",
    )


def _href(one: Notice, code: str) -> str:
    """Where its reader goes on: who decides a wish past the workflow to that wish, who administers to all of them."""
    if one.template == "override_asked":
        return url_for("overrides.show", request_id=one.params["override"])
    if "override" in one.params and refusal_to_administer(current_actor()) is None:
        return url_for("overrides.index")
    if one.template == "redaction_asked":
        return url_for("redactions.show", request_id=one.params["redaction"])
    if "redaction" in one.params and refusal_to_administer(current_actor()) is None:
        return url_for("redactions.index")
    return presenting.item_path(code) if code else ""


@bp.post("/notices")
def read() -> Answer:
    """Mark what the page showed, and nothing that came since."""
    shown = [message for message in request.form.getlist("message")[:_PAGE] if message.isalnum()]
    PersonalInbox(office()).mark_read(current_caller(), shown)
    cursor = request.form.get("cursor") or None
    return redirect(url_for("notices.index", cursor=cursor, done="read"), 303)


@bp.get("/notices/<message>")
def show(message: str) -> Answer:
    """Where a mail leads to: one notice, which is read only when its reader says so."""
    with office().read() as uow:
        line = _line(
            _own(uow, message), {one.workflow: one for one in office().editions.all_latest(uow)}, titles_of(uow)
        )
    return render_page("notices/show.html", line=line)


@bp.post("/notices/<message>")
def open_item(message: str) -> Answer:
    """Mark it as read and go to its item."""
    with office().read() as uow:
        notice = _own(uow, message)
    PersonalInbox(office()).mark_read(current_caller(), [message])
    return redirect(_href(notice, str(notice.params.get("code", ""))) or url_for("notices.index"), 303)


def _own(uow: UnitOfWork, message: str) -> Notice:
    found = uow.notices.find(message, current_actor().id) if message.isalnum() else None
    if found is None:
        raise NotFound("notice", message)
    return found
