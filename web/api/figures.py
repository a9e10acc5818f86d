"""A report's figures as a sheet, and what a sheet would make of them; a move then takes the rows."""

from flask import Blueprint, Response, request

from web import plain_figures
from web.actors import current_caller
from web.api import calls, problem
from web.api.calls import Described, call
from web.delivery import made
from web.wiring import office
from workflow.engine import Kind, Reason
from workflow.errors import NotFound
from workflow.exports.spreadsheet import XLSX, workbook
from workflow.services.figure_sheets import cells_in, sheet_of
from workflow.services.figures import table_of
from workflow.services.items import readable

bp = Blueprint("figures", __name__)


@bp.get("/items/<ref>/figures.xlsx")
@call(
    Described("The table of figures of a report as an Excel file, to be filled in and taken in again", {200: "bytes"})
)
def sheet(ref: str) -> Response:
    with office().read() as uow:
        item = readable(uow, current_caller(), ref).item
        definition = office().editions.of(item, uow)
        field = table_of(definition)
        if field is None:
            raise NotFound("figures", ref)
        made_of = sheet_of(office().indicators, uow, definition, item, field, "vi")
    return made(workbook([made_of]), f"{item.code}.xlsx", XLSX)


@bp.post("/items/<ref>/figures/preview")
@call(
    Described(
        "What an Excel file (part `file`) would make of a report's figures: every row as the move `move` takes it, and what is "
        "wrong in which cell. Nothing is written: send `rows` with that move",
        {200: "FiguresPreview"},
        multipart=True,
    )
)
def preview(ref: str) -> Response:
    calls.found_item(ref)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise problem.refused((Reason("input_missing", Kind.INPUT, {"field": "file"}),))
    cells = cells_in(sent.filename, sent.stream)
    with office().read() as uow:
        item = readable(uow, current_caller(), ref).item
        return calls.answer(plain_figures.foreseen(office(), uow, item, cells).said())
