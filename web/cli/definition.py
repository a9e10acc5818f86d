"""Workflow definitions: check files, draw, list, publish."""

from dataclasses import replace
from pathlib import Path

import click

from web import i18n, wiring
from web.cli.shell import (
    WRONG,
    SpokenGroup,
    as_house,
    as_json,
    caller_of,
    database_is_there,
    desk,
    finding_text,
    given_settings,
    open_desk,
    option,
    say,
    say_fault,
    say_json,
    table,
    taken,
)
from web.i18n import N_, _, label, moment, ngettext
from workflow.catalog import Names, Report, check_file
from workflow.catalog.draw import View, draw, to_dot, to_mermaid
from workflow.catalog.findings import has_errors, nearest
from workflow.catalog.library import STORIES, SUFFIXES, scenarios_of
from workflow.catalog.read import MAX_BYTES
from workflow.engine import Definition
from workflow.errors import NotFound
from workflow.services.publishing import publish

definition = SpokenGroup("definition", help=N_("Workflow definitions: check files, draw, list, publish."))

_PATHS = click.Path(exists=True, path_type=Path)


@definition.command(
    help=N_("Check workflow files (the shipped ones without PATH): what is wrong, where, and what was meant.")
)
@click.argument("paths", nargs=-1, type=_PATHS, metavar="[PATH]…")
@as_json
def check(paths: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001  click's
    reports = checked(files_of(paths) if paths else files_of((wiring.definitions_folder() / "workflows",)))
    findings = [finding for report in reports for finding in report.findings]
    if as_json:
        say_json([finding.to_plain() for finding in findings])
    else:
        for finding in findings:
            say(finding_text(finding))
        say(ngettext("{n} file checked.", "{n} files checked.", len(reports)))
    if has_errors(findings):
        raise click.exceptions.Exit(WRONG)


def files_of(paths: tuple[Path, ...]) -> list[Path]:
    """The workflow files meant: those named, and those in the folders named, stories beside them left out."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
            found += [one for one in inside if not one.stem.endswith(STORIES)]
        else:
            found.append(path)
    if not found:
        raise click.UsageError(_("There is no workflow file in {paths}.", paths=", ".join(map(str, paths))))
    return found


def checked(files: list[Path]) -> list[Report]:
    """Each file checked with the stories beside it; the workflows among them may refer to each other and to the shipped ones."""
    library = wiring.shipped()
    names: Names = library.names
    first = [check_file(file, names, library.calendars) for file in files]
    here = {report.definition.workflow: report.definition for report in first if report.definition}
    shipped = {name: report.definition for name, report in library.workflows.items() if report.definition}
    wider = replace(names, workflows=names.workflows | here.keys())
    return [check_file(file, wider, library.calendars, others=shipped | here) for file in files]


def text_of_file(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


@definition.command("draw", help=N_("Draw a workflow: a published one by its name, or a file."))
@click.argument("name", metavar="NAME")
@option(
    "--format", "form", type=click.Choice(["svg", "mermaid", "dot"]), default="svg", help=N_("The form of the drawing.")
)
def draw_command(name: str, form: str) -> None:
    found = _named(name)
    language = i18n.language()
    if form == "mermaid":
        say(to_mermaid(found, language).rstrip())
    elif form == "dot":
        say(to_dot(found, language).rstrip())
    else:
        say(draw(found, View(None, (), frozenset(), language), "whole").svg_wide)


def _named(name: str) -> Definition:
    path = Path(name)
    if path.suffix in SUFFIXES and path.is_file():
        report = checked([path])[0]
        if report.definition is None:
            for finding in report.findings:
                say_fault(finding_text(finding))
            raise click.exceptions.Exit(WRONG)
        return report.definition
    known = _known()
    if name not in known:
        raise NotFound("workflow", name, nearest(name, known))
    return known[name]


def _known() -> dict[str, Definition]:
    """What is published, or what is shipped where no office has been set up."""
    settings = given_settings()
    if database_is_there(settings):
        return {one.workflow: one for one in open_desk(settings).office.editions.all_latest()}
    return {name: report.definition for name, report in wiring.shipped().workflows.items() if report.definition}


@definition.command("list", help=N_("The published workflows, each edition."))
@as_json
def list_command(as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    with at.office.read() as uow:
        editions = [one for newest in uow.definitions.latest() for one in uow.definitions.editions(newest.workflow)]
    names = {one.workflow: label(one.label) for one in at.office.editions.all_latest()}
    if as_json:
        say_json(
            [
                {"name": one.workflow, "version": one.version, "hash": one.fingerprint, "file": one.file}
                for one in editions
            ]
        )
        return
    table(
        (
            one.workflow,
            one.version,
            names[one.workflow],
            moment(one.published_at, at.settings.zone),
            one.fingerprint[:12],
        )
        for one in editions
    )


@definition.command(
    "publish", help=N_("Publish workflow files: new items follow them, running ones keep their edition.")
)
@click.argument("paths", nargs=-1, required=True, type=_PATHS, metavar="PATH…")
@as_house
def publish_command(paths: tuple[Path, ...], login: str | None) -> None:
    at = desk()
    caller = caller_of(at.office, login)
    for file in files_of(paths):
        made = taken(publish(at.office, caller, text_of_file(file), file.name, scenarios_of(file)))
        found = made.definition
        for warning in made.findings:
            say_fault(finding_text(warning))
        if made.fresh:
            say(_("Published: {name}, version {version}.", name=found.workflow, version=found.version))
        else:
            say(_("Published before: {name}, version {version}.", name=found.workflow, version=found.version))
