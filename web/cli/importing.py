"""Take documents in: a directive becomes a register of obligations and draft items, all or nothing."""

from pathlib import Path
from typing import NoReturn

import click

from web import problems, wiring
from web.cli.shell import (
    SpokenGroup,
    as_json,
    as_login,
    caller_of,
    desk,
    finding_text,
    option,
    request_key,
    say,
    say_fault,
    say_json,
    say_reasons,
)
from web.i18n import N_, _
from web.titles import titles_of
from workflow.catalog.read import MAX_BYTES
from workflow.errors import DefinitionInvalid
from workflow.services.directives import CREATED, Imported, NotImported, Order, import_directive, preview
from workflow.services.office import Office

importing = SpokenGroup("import", help=N_("Take in a directive or a list of items."))


@importing.command(
    help=N_("Take in a directive: its obligations are registered, tasks and standing duties become drafts.")
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@as_login
@option("--dry-run", is_flag=True, help=N_("Only say what would be taken in."))
@request_key
@as_json
def directive(file: Path, login: str, dry_run: bool, key: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login, key)
    order = order_from(at.office, file)
    if dry_run:
        _say_rows(order, as_json=as_json)
        return
    outcome = import_directive(at.office, caller, order)
    if isinstance(outcome, NotImported):
        _refuse(at.office, outcome)
    if as_json:
        say_json({"directive": outcome.directive, "items": outcome.items, "obligations": outcome.obligations})
    else:
        _say_counts(order, outcome)


def order_from(office: Office, file: Path) -> Order:
    """The order that a dispatch or a register gives; what keeps it from being taken in is said, and ends the command."""
    with file.open("rb") as opened:
        text = opened.read(MAX_BYTES + 1)
    read = preview(office, wiring.shipped(), text, str(file))
    for finding in read.dispatch.findings:
        say_fault(finding_text(finding))
    if read.order is None:
        raise click.exceptions.Exit(problems.BY_ERROR[DefinitionInvalid].exit_code)
    return read.order


def _say_rows(order: Order, *, as_json: bool) -> None:
    rows = [
        {
            "obligation": one.id,
            "unit": unit,
            "workflow": one.served_by,
            "creates": one.served_by in CREATED,
            "title": one.title.vi,
        }
        for one in order.obligations
        for unit in one.units
    ]
    if as_json:
        say_json({"title": order.title, "rows": rows})
        return
    say(order.title)
    for row in rows:
        mark = "+" if row["creates"] else " "
        say(f"{mark} {row['obligation']}  {row['unit']}  {row['workflow']}  {row['title']}")


def _say_counts(order: Order, outcome: Imported) -> None:
    say(_("Taken in: {title}", title=order.title))
    say(
        _(
            "{obligations} obligations registered, {items} draft items created.",
            obligations=outcome.obligations,
            items=outcome.items,
        )
    )


def _refuse(office: Office, outcome: NotImported) -> NoReturn:
    with office.read() as uow:
        titles = titles_of(uow)
    for row in outcome.rows:
        if row.obligation:
            click.echo(f"{row.obligation} / {row.unit}:", err=True)
        say_reasons(row.reasons, row.definition, titles)
    code = problems.of_reasons(reason for row in outcome.rows for reason in row.reasons).exit_code
    raise click.exceptions.Exit(code)
