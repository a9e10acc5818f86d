"""What the asker can do now: the rows of the page “My work”."""

from flask import Blueprint, Response

from web import plain
from web.actors import current_actor
from web.api import calls, schemas
from web.api.calls import Described, call
from web.wiring import office
from workflow.services.inbox import waiting

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@call(Described("What waits for the asker, each item with what he can do", {200: "Inbox"}, query=schemas.NO_QUERY))
def index() -> Response:
    calls.query(schemas.NO_QUERY)
    with office().read() as uow:
        to = plain.reader(office(), uow, current_actor())
        rows = [plain.waiting_row(to, one) for one in waiting(office(), uow, current_actor())]
    return calls.page(rows, None)
