"""Files: attached to an item under their SHA-256, opened again by whoever may read it."""

from flask import Blueprint, Response, current_app, request

from web import plain
from web.actors import current_actor, current_caller
from web.api import calls, problem
from web.api.calls import Described, call
from web.delivery import attachment, saved
from web.security import Allowance
from web.titles import titles_of
from web.wiring import office, organisation
from workflow.engine import Kind, Reason
from workflow.services import evidence
from workflow.services.documents import document_of
from workflow.services.moves import Refused
from workflow.services.signatures import signatures_seen

bp = Blueprint("files", __name__)

_UPLOADS, _SECONDS = 120, 60.0


@bp.post("/items/<ref>/files")
@call(
    Described(
        "Attach a file (part `file`); it becomes evidence once a move names its sha256. The item's version stays",
        {201: "File"},
        multipart=True,
    )
)
def attach(ref: str) -> Response:
    calls.found_item(ref)
    allowance: Allowance = current_app.extensions.setdefault("api_uploads", Allowance(_UPLOADS, _SECONDS))
    allowance.take(current_actor().id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise problem.refused((Reason("input_missing", Kind.INPUT, {"field": "file"}),))
    taken = evidence.attach(office(), current_caller(calls.request_key()), ref, sent.filename, sent.stream)
    if isinstance(taken, Refused):
        with office().read() as uow:
            titles = titles_of(uow)
        raise problem.refused(taken.reasons, taken.definition, titles)
    said = {"sha256": taken.sha256, "name": taken.name, "size": taken.size, "type": taken.type}
    return calls.answer(said, 201, {"Location": f"/api/v1/files/{taken.sha256}"})


@bp.get("/files/<sha256>")
@call(Described("A file's content, always as an attachment", {200: "bytes"}))
def content(sha256: str) -> Response:
    return attachment(evidence.open_file(office(), current_actor(), sha256))


@bp.get("/files/<sha256>/signatures")
@call(
    Described("What the signatures on a file are worth, judged by the office's own trusted roots", {200: "Signatures"})
)
def signatures(sha256: str) -> Response:
    return calls.answer(
        {"signatures": [plain.signature(one) for one in signatures_seen(office(), current_actor(), sha256)]}
    )


@bp.get("/items/<ref>/report.<form>")
@call(
    Described(
        "A report as an official document: docx, pdf, or its annexes as xlsx; an entry of the log", {200: "bytes"}
    )
)
def document(ref: str, form: str) -> Response:
    return saved(document_of(office(), organisation(), current_caller(), ref, form))
