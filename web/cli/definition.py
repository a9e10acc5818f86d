"""Workflow definitions: check files, draw, list, publish."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

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
from workflow.catalog import Beside, Names, Report, check_file, check_text
from workflow.catalog.draw import View, draw, to_dot, to_mermaid
from workflow.catalog.findings import has_errors, nearest
from workflow.catalog.library import STORIES, SUFFIXES, scenarios_of
from workflow.catalog.lint.step import STEP_CODES
from workflow.catalog.read import MAX_BYTES
from workflow.engine import Definition
from workflow.errors import NotFound
from workflow.services.publishing import edition_before, publish
from workflow.values import replace

definition = SpokenGroup("definition", help=N_("Workflow definitions: check files, draw, list, publish."))

_PATHS = click.Path(exists=True, path_type=Path)


@definition.command(
    help=N_("Check workflow files (the shipped ones without PATH): what is wrong, where, and what was meant.")
)
@click.argument("paths", nargs=-1, type=_PATHS, metavar="[PATH]…")
@option("--as-step", is_flag=True, help=N_("The two files are an old and a new version: check the step between them."))
@as_json
def check(paths: tuple[Path, ...], as_step: bool, as_json: bool) -> None:  # noqa: FBT001  click's
    if as_step:
        reports = step_between(paths)
    else:
        # Named files are held against what the office works with; the shipped ones stand for themselves.
        files = files_of(paths) if paths else files_of((wiring.definitions_folder() / "workflows",))
        reports = against_the_office(checked(files, _known() if paths else {}))
    findings = [finding for report in reports for finding in report.findings]
    if as_json:
        say_json({"findings": [finding.to_plain() for finding in findings], "ok": not has_errors(findings)})
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


def step_between(paths: tuple[Path, ...]) -> list[Report]:
    """The new one of two files, checked as what follows the old one; both, where the old one cannot be read at all."""
    if len(paths) != 2:
        raise click.UsageError(_("--as-step takes two files: the old version and the new one."))
    before, after = checked(list(paths))
    if before.definition is None:
        return [before, after]
    return [_held_against(after, before.definition)]


def against_the_office(reports: list[Report]) -> list[Report]:
    """Each report also held against the edition before it, where an office has published one."""
    settings = given_settings()
    if not database_is_there(settings):
        return reports
    office = open_desk(settings).office
    return [
        _held_against(report, edition_before(office, report.definition)) if report.definition else report
        for report in reports
    ]


def _held_against(report: Report, previous: Definition | None) -> Report:
    """The same report with what stands against the step from `previous`."""
    if previous is None:
        return report
    library = wiring.shipped()
    stepped = check_text(report.source, report.file, library.names, Beside(previous=previous))
    added = tuple(
        finding for finding in stepped.findings if finding.code in STEP_CODES and finding not in report.findings
    )
    return replace(report, findings=(*added, *report.findings))


def checked(files: list[Path], published: Mapping[str, Definition] = MappingProxyType({})) -> list[Report]:
    """Each file checked with the stories beside it.

    The workflows among them may refer to each other, to those `published`, and to the shipped ones.
    """
    library = wiring.shipped()
    names: Names = library.names
    first = [check_file(file, names, library.calendars) for file in files]
    here = {report.definition.workflow: report.definition for report in first if report.definition}
    shipped = {name: report.definition for name, report in library.workflows.items() if report.definition}
    others = shipped | dict(published) | here
    wider = replace(names, workflows=names.workflows | others.keys())
    return [check_file(file, wider, library.calendars, others=others) for file in files]


def text_of_file(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


@definition.command("draw", help=N_("Draw a workflow: a published one by its name, or a file."))
@click.argument("name", metavar="NAME")
@option(
    "--format", "form", type=click.Choice(["svg", "mermaid", "dot"]), default="svg", help=N_("The form of the drawing.")
)
def draw_command(name: str, form: str) -> None:
    found = named(name)
    language = i18n.language()
    if form == "mermaid":
        say(to_mermaid(found, language).rstrip())
    elif form == "dot":
        say(to_dot(found, language).rstrip())
    else:
        say(draw(found, View(None, (), frozenset(), language), "whole").svg_wide)


def named(name: str) -> Definition:
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
