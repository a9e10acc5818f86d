"""Published definitions: states, moves, fields, and who may do what."""

from flask import Blueprint, Response

from web import plain
from web.api import calls, schemas
from web.api.calls import Described, call
from web.wiring import office
from workflow.catalog.findings import nearest
from workflow.engine import Definition
from workflow.errors import NotFound

bp = Blueprint("definitions", __name__)


@bp.get("/definitions")
@call(Described("The newest edition of every workflow", {200: "Definitions"}, query=schemas.NO_QUERY))
def index() -> Response:
    calls.query(schemas.NO_QUERY)
    return calls.page([plain.definition(one) for one in office().editions.all_latest()], None)


@bp.get("/definitions/<name>")
@call(
    Described(
        "One workflow: its newest edition, or the one of that version",
        {200: "Definition"},
        query=schemas.DEFINITION_QUERY,
    )
)
def show(name: str) -> Response:
    version = calls.query(schemas.DEFINITION_QUERY).get("version")
    newest = _newest(name)
    found = newest if version in (None, newest.version) else office().editions.version(name, version)
    return calls.answer(plain.definition(found))


def _newest(name: str) -> Definition:
    try:
        return office().editions.latest(name)
    except NotFound:
        known = [one.workflow for one in office().editions.all_latest()]
        raise NotFound("workflow", name, nearest(name, known)) from None
