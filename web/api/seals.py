"""The seals of the log, for witnesses and programs, and the whole log in one file; for those who audit."""

from flask import Blueprint, Response

from web.actors import current_actor
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.bundles import download
from web.wiring import office
from workflow.audit.note import Note
from workflow.engine import Kind, Reason
from workflow.engine.administration import refusal_to_audit
from workflow.errors import NotFound
from workflow.services.signing import ask_witness

bp = Blueprint("seals", __name__)


@bp.get("/audit/checkpoint")
@call(
    Described(
        "The newest signed checkpoint, with the proof that it continues the one of `since` entries (C2SP tlog-witness)",
        {200: "bytes"},
        query=schemas.CHECKPOINT_QUERY,
    )
)
def checkpoint() -> Response:
    refusal = refusal_to_audit(current_actor())
    if refusal:
        raise problem.refused((refusal,))
    since = calls.query(schemas.CHECKPOINT_QUERY).get("since", 0)
    with office().read() as uow:
        newest = uow.seals.newest_checkpoint()
        if newest is None:
            raise NotFound("checkpoint", "newest")
        if since > newest.size:
            raise problem.refused(
                (Reason("above_maximum", Kind.INPUT, {"field": "since", "maximum": str(newest.size)}),)
            )
        asked = ask_witness(uow, Note.parse(newest.note), since)
    return Response(str(asked), mimetype="text/plain")


@bp.post("/audit/exports")
@call(
    Described(
        "The whole log in one file, with the program that checks it; private=1 adds private texts. An entry `export`",
        {200: "bytes"},
        query=schemas.EXPORT_QUERY,
    )
)
def export() -> Response:
    made = download(private=calls.query(schemas.EXPORT_QUERY).get("private") == "1")
    if isinstance(made, Reason):
        raise problem.refused((made,))
    return made
