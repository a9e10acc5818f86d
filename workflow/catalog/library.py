"""A definitions folder as a whole, and one text checked against the names such a folder knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from workflow.catalog import lint
from workflow.catalog.calendar import CalendarFile, read_calendar
from workflow.catalog.compile import Names, compile_document
from workflow.catalog.findings import Finding, has_errors
from workflow.catalog.indicators import Indicators, read_indicators
from workflow.catalog.lint.family import check_family
from workflow.catalog.lint.step import check_step
from workflow.catalog.obligations import Obligations, read_obligations
from workflow.catalog.organisation import Organisation, read_organisation
from workflow.catalog.read import MAX_BYTES, DocumentInvalid, read_document
from workflow.catalog.scenarios import check_scenarios
from workflow.engine.definition import Definition
from workflow.engine.workdays import Calendar
from workflow.values import replace

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
STORIES = ".scenarios"
"""What the name of a file of scenarios adds to that of its workflow: `task.scenarios.yaml` stands beside `task.yaml`."""


class Source(NamedTuple):
    text: str | bytes
    file: str

    @property
    def content(self) -> bytes:
        return self.text.encode(errors="replace") if isinstance(self.text, str) else self.text


@dataclass(frozen=True, slots=True)
class Beside:
    """What a check may hold a workflow against.

    That is its scenarios, played under `calendars`, the edition before it, and the `others`, by name, whose items it may
    open and move.
    """

    scenarios: Source | None = None
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: MappingProxyType({}))
    previous: Definition | None = None
    others: Mapping[str, Definition] = field(default_factory=lambda: MappingProxyType({}))


NOTHING_BESIDE = Beside()


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of one workflow file found; `definition` is None where it could not be read or compiled at all.

    `scenarios` are those that stand beside it in its folder; `load_folder` finds them, `check_text` plays them.
    """

    definition: Definition | None
    findings: tuple[Finding, ...]
    file: str
    source: bytes
    scenarios: Source | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing stands against publishing it."""
        return self.definition is not None and not has_errors(self.findings)


@dataclass(frozen=True, slots=True)
class Library:
    """What a definitions folder holds. A part whose file is not there is None or empty."""

    workflows: Mapping[str, Report]
    names: Names
    organisation: Organisation | None
    calendar_files: Mapping[str, CalendarFile]
    indicators: Indicators | None
    obligations: Obligations | None

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        return {name: file.calendar for name, file in self.calendar_files.items()}


def check_text(text: str | bytes, file: str, names: Names, beside: Beside = NOTHING_BESIDE) -> Report:
    """Everything that is wrong with one workflow file: reading, grammar, lint and what stands beside it.

    Never raises for what the texts say. Scenarios are played only where nothing else stands against the workflow.
    """
    source = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        compiled = compile_document(read_document(text, file), names)
    except DocumentInvalid as fault:
        return Report(None, fault.findings, file, source, beside.scenarios)
    found = {*compiled.findings, *(lint.check(compiled, names) if compiled.definition else ())}
    if beside.previous:
        found.update(check_step(beside.previous, compiled))
    found.update(check_family(compiled, beside.others, names))
    findings = tuple(sorted(found, key=lambda finding: finding.place))
    if compiled.definition and not has_errors(findings) and beside.scenarios:
        findings += check_scenarios(compiled.definition, *beside.scenarios, beside.calendars)
    return Report(compiled.definition, findings, file, source, beside.scenarios)


@lru_cache(maxsize=64)
def accepted_text(text: bytes, file: str, names: Names) -> Definition | None:
    """The definition of a text that was accepted once; None where this release cannot read it any more.

    What a later release would have against it is not asked: items run under it. Equal texts yield the same definition.
    """
    try:
        return compile_document(read_document(text, file), names).definition
    except DocumentInvalid:
        return None


def check_file(
    path: Path,
    names: Names,
    calendars: Mapping[str, Calendar],
    previous: Definition | None = None,
    others: Mapping[str, Definition] = MappingProxyType({}),
) -> Report:
    """The same for a file and the scenarios beside it. OSError where it cannot be read."""
    return check_text(*_text(path), names, Beside(scenarios_of(path), calendars, previous, others))


def scenarios_of(path: Path) -> Source | None:
    """The scenarios that stand beside a workflow file, if any."""
    beside = [path.with_name(f"{path.stem}{STORIES}{suffix}") for suffix in sorted(SUFFIXES, reverse=True)]
    found = next((file for file in beside if file.is_file()), None)
    return Source(*_text(found)) if found else None


def load_folder(folder: Path, templates: frozenset[str] = frozenset()) -> Library:
    """The library of a definitions folder; DocumentInvalid where a data file is wrong. Faults of a workflow are its report's.

    `templates` are the notices that this installation can send: a workflow may name these only.
    """
    organisation = _organisation(folder)
    calendar_files = {
        made.calendar.name: made for made in (read_calendar(*_text(file)) for file in _files(folder / "calendars"))
    }
    indicators = _indicators(folder, organisation)
    names = Names(
        roles=organisation.roles if organisation else Names().roles,
        calendars=frozenset(calendar_files),
        templates=templates,
        areas=frozenset(area.id for area in organisation.areas) if organisation else frozenset(),
    )
    names, workflows = _workflows(folder / "workflows", names)
    return Library(
        workflows=MappingProxyType(workflows),
        names=names,
        organisation=organisation,
        calendar_files=MappingProxyType(calendar_files),
        indicators=indicators,
        obligations=_obligations(folder, organisation, indicators),
    )


def _files(folder: Path) -> Iterator[Path]:
    """The definition files of a folder by name; the scenarios beside a workflow are none."""
    if folder.is_dir():
        yield from sorted(
            file for file in folder.iterdir() if file.suffix in SUFFIXES and not file.stem.endswith(STORIES)
        )


def _text(file: Path) -> tuple[bytes, str]:
    """The file's bytes, one more than the reader takes at most, and its name."""
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1), str(file)


def _first(folder: Path) -> Path | None:
    return next(_files(folder), None)


def _organisation(folder: Path) -> Organisation | None:
    file = _first(folder / "organisation")
    return read_organisation(*_text(file)) if file else None


def _units(organisation: Organisation | None) -> frozenset[str]:
    return frozenset(unit.id for unit in organisation.units) if organisation else frozenset()


def _indicators(folder: Path, organisation: Organisation | None) -> Indicators | None:
    file = _first(folder / "indicators")
    return read_indicators(*_text(file), units=_units(organisation)) if file else None


def _obligations(folder: Path, organisation: Organisation | None, indicators: Indicators | None) -> Obligations | None:
    file = _first(folder / "obligations")
    if file is None:
        return None
    return read_obligations(
        *_text(file),
        units=_units(organisation),
        areas=frozenset(area.id for area in organisation.areas) if organisation else frozenset(),
        indicators=indicators.ids if indicators else frozenset(),
    )


def _workflows(folder: Path, names: Names) -> tuple[Names, dict[str, Report]]:
    """The reports by workflow, and the names with these workflows among them: they may refer to each other."""
    sources = [_text(file) for file in _files(folder)]
    declared = frozenset(name for source, file in sources if (name := _declared(source, file)))
    known = replace(names, workflows=declared)
    beside = Beside(others=_others(sources, known))
    reports = [
        replace(check_text(source, file, known, beside), scenarios=scenarios_of(Path(file))) for source, file in sources
    ]
    return known, {
        report.definition.workflow if report.definition else Path(report.file).stem: report for report in reports
    }


def _others(sources: list[tuple[bytes, str]], names: Names) -> dict[str, Definition]:
    """The workflows of a folder that can be read at all, by name."""
    found = {}
    for source, file in sources:
        try:
            definition = compile_document(read_document(source, file), names).definition
        except DocumentInvalid:
            continue
        if definition is not None:
            found[definition.workflow] = definition
    return found


def _declared(source: bytes, file: str) -> str | None:
    try:
        data = read_document(source, file).data
    except DocumentInvalid:
        return None
    name = data.get("workflow") if isinstance(data, dict) else None
    return name if isinstance(name, str) else None
