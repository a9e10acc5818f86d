"""Files for the browser: what a page links to, always saved and never shown."""

from flask import Blueprint, Response

from web.actors import current_actor
from web.delivery import attachment
from web.wiring import office
from workflow.services import evidence

bp = Blueprint("files", __name__)


@bp.get("/files/<sha256>")
def content(sha256: str) -> Response:
    return attachment(evidence.open_file(office(), current_actor(), sha256))
