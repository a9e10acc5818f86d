"""What the asker was told of: the rows of the page “Notices”."""

from flask import Blueprint, Response

from web import plain
from web.actors import current_actor
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.wiring import office
from workflow.engine import Kind, Reason
from workflow.persistence import UnitOfWork
from workflow.persistence.notices import Notice

bp = Blueprint("notices", __name__)

_PAGE = 50


@bp.get("/notices")
@call(Described("What the asker was told of, newest first", {200: "Notices"}, query=schemas.PAGE_QUERY))
def index() -> Response:
    asked = calls.query(schemas.PAGE_QUERY)
    limit, person = asked.get("limit", _PAGE), current_actor().id
    with office().read() as uow:
        found = uow.notices.of_person(person, limit + 1, _before(uow, person, asked.get("cursor")))
    shown = found[:limit]
    following = shown[-1].message if len(found) > limit else None
    return calls.page([plain.notice(one) for one in shown], following)


def _before(uow: UnitOfWork, person: str, cursor: str | None) -> Notice | None:
    if not cursor:
        return None
    found = uow.notices.find(cursor, person)
    if found is None:
        raise problem.refused((Reason("cursor_invalid", Kind.INPUT, {"field": "cursor"}),))
    return found
