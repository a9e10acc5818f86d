"""Papers and files at the terminal: a report as an official document, and what the signatures on files are worth."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

import click

from web import plain
from web.cli.report import report
from web.cli.shell import SpokenGroup, as_json, as_login, as_reader, caller_of, desk, option, say, say_fault, say_json
from web.i18n import N_, _, label, moment, ngettext
from web.wiring import organisation
from workflow.persistence.files import StoredFile
from workflow.services.documents import FORMS, document_of
from workflow.services.items import readable
from workflow.services.signatures import SENTENCES, Signature, signatures_of

file = SpokenGroup("file", help=N_("Files of items: what the signatures on them are worth."))


@report.command("document", help=N_("A report as an official document, written to a file."))
@click.argument("code")
@as_login
@option("--format", "form", type=click.Choice(FORMS), default=FORMS[0], help=N_("The form of the file."))
@option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=N_("Where to write it; without it, under its own name in this folder."),
)
def document_command(code: str, login: str, form: str, out: Path | None) -> None:
    at = desk()
    made = document_of(at.office, organisation(), caller_of(at.office, login), code, form)
    place = out or Path(made.name)
    place.write_bytes(made.content)
    say(_("{file}: {bytes} written", file=place, bytes=ngettext("{n} byte", "{n} bytes", len(made.content))))


@file.command(
    "signatures",
    help=N_("What the signatures on the files of an item are worth; ends with 1 where one does not hold."),
)
@click.argument("code")
@as_reader
@as_json
def signatures_command(code: str, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    with at.office.read() as uow:
        files = tuple(uow.files.of_item(readable(uow, caller, code).item.id).values())
    found = [(one, signatures_of(at.office, one)) for one in files]
    if as_json:
        say_json([plain.signed_file(one.sha256, one.name, signatures) for one, signatures in found])
    else:
        for one, signatures in found:
            for line in _lines(one, signatures, at.office.zone):
                say(line)
        if not found:
            say_fault(_("No file has been uploaded yet."))
    if any(not one.holds for _file, signatures in found for one in signatures):
        raise click.exceptions.Exit(1)


def _lines(one: StoredFile, signatures: tuple[Signature, ...], zone: tzinfo) -> Iterator[str]:
    yield f"{one.name}  {one.sha256}"
    if not signatures:
        yield f"  {_('no signature')}"
    for signature in signatures:
        yield f"  {label(SENTENCES[signature.verdict])}"
        if signature.signer:
            yield f"    {signature.signer}, {moment(signature.signed_at, zone)}, {signature.issuer}"
