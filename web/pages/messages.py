"""The administrator's page of messages that were given up: each is tried again or discarded."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor, current_caller
from web.i18n import N_, _
from web.pages.rendering import Shown
from web.wiring import office
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_administer
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.messages import Message
from workflow.services import messages

bp = Blueprint("messages", __name__)

Answer = AnyResponse | tuple[str, int]
_MOST = 100
_KINDS = {
    "notify": N_("notice to people"),
    "webhook": N_("call to another system"),
    "job": N_("job"),
    "mail": N_("e-mail to a person"),
}
_DONE = {
    "retry": N_("The message will be tried again."),
    "discard": N_("The message has been discarded."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message; its item is told by code alone, for the administrator reads no business."""

    id: str
    kind: str
    name: str
    code: str
    ended_at: datetime | None
    error: str


@bp.get("/admin/messages")
def index() -> Answer:
    if refusal_to_administer(current_actor()) is not None:
        abort(403)
    done = _DONE.get(request.args.get("done", ""))
    with office().read() as uow:
        lines = [_line(uow, one) for one in uow.messages.failures(_MOST)]
    return Shown("admin/messages.html", lines=lines, done=_(done) if done else "").render()


def _line(uow: UnitOfWork, one: Message) -> Line:
    kind = _(_KINDS[one.kind]) if one.kind in _KINDS else one.kind
    return Line(one.id, kind, str(one.payload.get("name", "")), _code(uow, one), one.ended_at, one.error or "")


def _code(uow: UnitOfWork, one: Message) -> str:
    try:
        return uow.items.get(one.item).item.code if one.item else ""
    except NotFound:
        return one.item or ""


@bp.post("/admin/messages/<message_id>/retry")
def retry(message_id: str) -> Answer:
    return _ended(messages.retry(office(), current_caller(), message_id), "retry")


@bp.post("/admin/messages/<message_id>/discard")
def discard(message_id: str) -> Answer:
    return _ended(messages.discard(office(), current_caller(), message_id), "discard")


def _ended(refusal: Reason | None, done: str) -> Answer:
    if refusal is not None:
        abort(403)
    return redirect(url_for("messages.index", done=done), 303)
