"""A workflow while the administrator writes its next edition: his draft, what stands against it, what it means for open items.

Nothing here touches an item: every open item keeps the edition it began under, until somebody moves it to a newer one.
"""

import re
from dataclasses import dataclass

from workflow.catalog import Report, Source
from workflow.catalog.blank import BLANK
from workflow.catalog.diff import Change, diff
from workflow.catalog.findings import Finding, Severity
from workflow.engine import Definition, Label, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.errors import DefinitionInvalid
from workflow.persistence import UnitOfWork
from workflow.queries.dashboard import tallies
from workflow.services import publishing
from workflow.services.office import Caller, Office
from workflow.services.publishing import Published
from workflow.values import replace

_EDIT = "edit"
_NEW = "new"
_VERSION = re.compile(r"^version:[ \t]*\d+", re.MULTILINE)
_WORKFLOW = re.compile(r"^workflow:[ \t]*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a workflow file and of the scenarios beside it."""

    text: str
    scenarios: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """`newest` is the number of the newest published edition, 0 where there is none; `is_draft` where it was kept unsent."""

    written: Written
    newest: int
    is_draft: bool


@dataclass(frozen=True, slots=True)
class Stake:
    """How many open items stand in a state of the edition before, and which state of the new one is their home, if any."""

    state: Label
    count: int
    home: Label | None


@dataclass(frozen=True, slots=True)
class Examined:
    """`ok` where nothing stands against publishing; `stakes` is empty where nothing is open.

    `changes` says, once all is in order, what differs from the newest published edition.
    """

    report: Report
    stakes: tuple[Stake, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def ok(self) -> bool:
        return self.report.ok


def open_draft(office: Office, caller: Caller, workflow: str | None, shipped: str = "") -> Opened | Reason:
    """What the administrator wrote last and did not publish, else the newest edition under the next number.

    `workflow` is None for a new one, which begins with the blank; `shipped` are the scenarios the installation brings for it.
    NotFound for a workflow that nobody published.
    """
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.read() as uow:
        draft = uow.drafts.find(caller.actor.id, _draft_of(workflow), _EDIT)
        newest = office.editions.latest(workflow, uow) if workflow else None
        number = newest.version if newest else 0
        if draft is not None:
            return Opened(Written(str(draft.inputs["text"]), str(draft.inputs["scenarios"])), number, is_draft=True)
        if newest is None:
            return Opened(Written(BLANK), 0, is_draft=False)
        text = uow.definitions.get(newest.workflow, newest.version).text.decode()
        scenarios = publishing.scenarios_of(uow, newest.workflow, newest.version) or shipped
    return Opened(Written(with_version(text, number + 1), scenarios), number, is_draft=False)


def with_version(text: str, number: int) -> str:
    """The text under another version number; as it is where it names none."""
    return _VERSION.sub(f"version: {number}", text, count=1)


def keep(office: Office, caller: Caller, workflow: str | None, written: Written) -> Reason | None:
    """Keep what is written until it is published or thrown away; a Reason where the caller may not write it."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.write() as uow:
        inputs = {"text": written.text, "scenarios": written.scenarios}
        uow.drafts.keep(caller.actor.id, _draft_of(workflow), _EDIT, inputs, office.clock.now())
    return None


def throw_away(office: Office, caller: Caller, workflow: str | None) -> None:
    with office.write() as uow:
        uow.drafts.discard(caller.actor.id, _draft_of(workflow), _EDIT)


def examine(office: Office, workflow: str | None, written: Written) -> Examined:
    """Everything that stands against publishing what is written, its scenarios included, and what it means for open items."""
    report = _named(publishing.check(office, *_files(written)), workflow)
    if report.definition is None:
        return Examined(report)
    with office.read() as uow:
        before = _before(office, uow, report.definition)
        if before is None:
            return Examined(report)
        changes = diff(before, report.definition) if report.ok else ()
        return Examined(report, _stakes(uow, before, report.definition), changes)


def publish(office: Office, caller: Caller, workflow: str | None, written: Written) -> Published | Reason:
    """Publish what is written, its scenarios beside it. DefinitionInvalid where anything stands against it."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    examined = examine(office, workflow, written)
    if not examined.ok:
        raise DefinitionInvalid(examined.report.findings)
    published = publishing.publish(office, caller, *_files(written))
    if isinstance(published, Published):
        with office.write() as uow:
            uow.drafts.discard(caller.actor.id, _draft_of(workflow), _EDIT)
    return published


def _files(written: Written) -> tuple[bytes, str, Source | None]:
    found = _WORKFLOW.search(written.text)
    name = found[1] if found else _NEW
    scenarios = Source(written.scenarios, f"{name}.scenarios.yaml") if written.scenarios.strip() else None
    return written.text.encode(), f"{name}.yaml", scenarios


def _draft_of(workflow: str | None) -> str:
    return f"definition/{workflow or _NEW}"


def _named(report: Report, workflow: str | None) -> Report:
    """The report, with a finding more where the text is that of another workflow: its items are somebody else's."""
    found = report.definition
    if workflow is None or found is None or found.workflow == workflow:
        return report
    line = report.source.decode(errors="replace")[: _place(report)].count("\n") + 1
    other = Finding(
        "L30",
        Severity.ERROR,
        report.file,
        line,
        1,
        Label(
            f"Đây là trang sửa quy trình “{workflow}”, tên này không đổi được; quy trình khác phải được tạo mới.",
            f"This page edits the workflow {workflow!r}; its name cannot change. For another workflow make a new one.",
        ),
        workflow,
    )
    return replace(report, findings=(other, *report.findings))


def _place(report: Report) -> int:
    found = _WORKFLOW.search(report.source.decode(errors="replace"))
    return found.start() if found else 0


def _before(office: Office, uow: UnitOfWork, definition: Definition) -> Definition | None:
    """The newest published edition of that workflow, where it is another than this very text."""
    found = next((one for one in office.editions.all_latest(uow) if one.workflow == definition.workflow), None)
    return None if found is None or found.fingerprint == definition.fingerprint else found


def _stakes(uow: UnitOfWork, before: Definition, definition: Definition) -> tuple[Stake, ...]:
    moved = {
        old: new for step in definition.migrations if step.from_version == before.version for old, new in step.states
    }
    counts: dict[str, int] = {}
    for row in tallies(uow):
        if row.workflow == definition.workflow:
            counts[row.state] = counts.get(row.state, 0) + row.items
    return tuple(
        Stake(state.label, counts[name], _label(definition, moved.get(name, name)))
        for name, state in before.states.items()
        if counts.get(name) and not state.final
    )


def _label(definition: Definition, state: str) -> Label | None:
    found = definition.states.get(state)
    return found.label if found else None
