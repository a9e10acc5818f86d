"""A report's figures as a file: for Excel, or as plain columns."""

from flask import Blueprint, Response, abort

from web.actors import current_caller
from web.delivery import made
from web.i18n import language
from web.wiring import office
from workflow.exports.spreadsheet import CSV, XLSX, Sheet, csv_file, workbook
from workflow.services.figure_sheets import sheet_of
from workflow.services.figures import table_of
from workflow.services.items import readable

bp = Blueprint("sheets", __name__)


@bp.get("/items/<code>/figures.xlsx")
def xlsx(code: str) -> Response:
    return made(workbook([_sheet(code)]), f"{code}.xlsx", XLSX)


@bp.get("/items/<code>/figures.csv")
def as_csv(code: str) -> Response:
    return made(csv_file(_sheet(code)), f"{code}.csv", CSV)


def _sheet(code: str) -> Sheet:
    with office().read() as uow:
        item = readable(uow, current_caller(), code).item
        definition = office().editions.of(item, uow)
        field = table_of(definition)
        if field is None:
            abort(404)
        return sheet_of(office().indicators, uow, definition, item, field, language())
