"""What of the log leaves for the tools of process mining."""

from pathlib import Path

import click

from web.cli.shell import SpokenGroup, as_house, as_json, caller_of, desk, option, say, say_json, taken
from web.i18n import N_, _, label
from web.wiring import organisation
from workflow.services.event_logs import FORMS
from workflow.services.event_logs import export as exported

history = SpokenGroup("history", help=N_("The moves of the office, for the tools of process mining."))


@history.command("export", help=N_("Write every move into a file: XES (IEEE 1849) or OCEL 2.0 in JSON."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@option("--format", "form", type=click.Choice(tuple(FORMS)), default="xes", help=N_("The form of the event log."))
@as_house
@as_json
def export(file: Path, form: str, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    if file.exists():
        raise click.UsageError(_("{file} exists already.", file=file))
    at = desk()
    house = organisation()
    made = taken(exported(at.office, caller_of(at.office, login), form, label(house.name) if house else ""))
    with file.open("w", encoding="utf-8") as written:
        written.writelines(made.pieces)
    if as_json:
        say_json({"file": str(file), "number": made.number, "format": form})
    else:
        say(_("Export {number}: {file}", number=made.number, file=file))
