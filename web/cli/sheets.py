"""A report's figures to an Excel or CSV file, and an Excel file into the report's draft."""

from pathlib import Path

import click

from web import plain_figures
from web.cli.report import report
from web.cli.shell import (
    Desk,
    as_json,
    as_login,
    as_reader,
    caller_of,
    desk,
    option,
    refuse_in,
    request_key,
    say,
    say_json,
    say_reasons,
)
from web.i18n import N_, _, language, ngettext
from workflow.exports.spreadsheet import csv_file, workbook
from workflow.services.figure_sheets import cells_in, sheet_of
from workflow.services.figures import table_of
from workflow.services.items import readable
from workflow.services.moves import MoveRequest, Refused, perform
from workflow.services.office import Caller


@report.command("export", help=N_("Write a report's table of figures to a file: .xlsx, or .csv."))
@click.argument("ref", metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@as_reader
def export_command(ref: str, file: Path, login: str | None) -> None:
    at = desk()
    with at.office.read() as uow:
        item = readable(uow, caller_of(at.office, login), ref).item
        definition = at.office.editions.of(item, uow)
        field = table_of(definition)
        if field is None:
            raise click.UsageError(_("“{ref}” carries no table of figures.", ref=ref))
        sheet = sheet_of(at.office.indicators, uow, definition, item, field, language())
    file.write_bytes(csv_file(sheet) if file.suffix.lower() == ".csv" else workbook([sheet]))
    say(_("Written: {file}", file=file))


@report.command(
    "import", help=N_("Take the figures of an Excel file into a report's draft; each fault is told by its cell.")
)
@click.argument("ref", metavar="ID")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@as_login
@option("--dry-run", is_flag=True, help=N_("Only say what would be taken in."))
@request_key
@as_json
def import_command(ref: str, file: Path, login: str, dry_run: bool, key: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login, key)
    with file.open("rb") as opened:
        cells = cells_in(file.name, opened)
    with at.office.read() as uow:
        item = readable(uow, caller, ref).item
        definition = at.office.editions.of(item, uow)
        found = plain_figures.foreseen(at.office, uow, item, cells)
    if found.faults:
        refuse_in(at.office, found.faults, definition)
    if dry_run:
        _say_found(found, as_json=as_json)
        return
    _apply(at, caller, found, as_json=as_json)


def _apply(at: Desk, caller: Caller, found: plain_figures.Foreseen, *, as_json: bool) -> None:
    if found.move is None:
        raise click.UsageError(_("No step takes figures as “{code}” stands now.", code=found.item.code))
    asked = MoveRequest(found.item.id, found.move, inputs={found.field: found.rows}, seen=found.item.revision)
    outcome = perform(at.office, caller, asked)
    if isinstance(outcome, Refused):
        refuse_in(at.office, outcome.reasons, outcome.definition)
    _say_found(found, as_json=as_json)


def _say_found(found: plain_figures.Foreseen, *, as_json: bool) -> None:
    if as_json:
        say_json(found.said())
        return
    say(ngettext("{code}: {n} figure", "{code}: {n} figures", len(found.rows), code=found.item.code))
    say_reasons(found.unsound)
