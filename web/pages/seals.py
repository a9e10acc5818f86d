"""How far the log is sealed and signed, and the whole of it in one file: for those who audit, to be checked without us."""

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor
from web.bundles import download
from web.pages.rendering import render_page
from web.seals import alarms
from web.wiring import office
from workflow.audit.note import Note
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_audit, refusal_to_take_private
from workflow.exports.bundle import keys_of
from workflow.services.sealing import standing

bp = Blueprint("seals", __name__)

Answer = AnyResponse | tuple[str, int]
_SHOWN = 20


@bp.get("/history/seals")
def index() -> Answer:
    if refusal_to_audit(current_actor()) is not None:
        abort(403)
    with office().read() as uow:
        found, notes, keys = standing(uow), uow.seals.checkpoints(), keys_of(uow)
    return render_page(
        "history/seals.html",
        found=found,
        alarms=alarms(found, office().clock.now()),
        newest=Note.parse(notes[-1].note) if notes else None,
        note=notes[-1].note if notes else "",
        checkpoints=[(one, Note.parse(one.note)) for one in reversed(notes[-_SHOWN:])],
        keys=keys,
        private=refusal_to_take_private(current_actor()) is None,
    )


@bp.post("/history/export")
def take() -> Answer:
    """The whole log; taking it is an entry of its own."""
    made = download(private="private" in request.form)
    if isinstance(made, Reason):
        abort(403)
    return made
