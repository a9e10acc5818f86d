"""Check and publish definitions. A published edition is never changed: the next one takes the next version."""

import hashlib
from dataclasses import dataclass

from workflow.catalog import Beside, Report, Source, check_text
from workflow.catalog.findings import Finding, Severity
from workflow.engine import Definition, Label, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.errors import DefinitionInvalid
from workflow.persistence import UnitOfWork
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office
from workflow.values import replace


@dataclass(frozen=True, slots=True)
class Published:
    """`fresh` is False where this very text had been published before and nothing was written. `findings` are warnings."""

    definition: Definition
    fresh: bool
    findings: tuple[Finding, ...]


def publish(
    office: Office, caller: Caller, text: bytes, file: str, scenarios: Source | None = None
) -> Published | Reason:
    """Publish the edition that `text` declares; `scenarios` are those that stand beside its file and are kept with it.

    Raises DefinitionInvalid with every finding where a check refuses it, the scenarios and the step from the edition
    before among them, or where its version was published with another content. A Reason says that the caller may not
    publish.
    """
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    report = check(office, text, file, scenarios)
    definition = _read(report)
    with office.write() as uow:
        fresh = _store(uow, office, caller, report)
    office.editions.forget()
    return Published(definition, fresh, report.findings)


def check(office: Office, text: bytes, file: str, scenarios: Source | None = None) -> Report:
    """What `publish` would say of a text, without publishing it."""
    others = {definition.workflow: definition for definition in office.editions.all_latest()}
    # What this office has published itself may be named as well as what is shipped.
    names = replace(office.names, workflows=office.names.workflows | others.keys())
    report = check_text(text, file, names, Beside(others=others))
    if report.definition is None:
        return report
    previous = edition_before(office, report.definition)
    if previous is None and scenarios is None:
        return report
    return check_text(text, file, names, Beside(scenarios, office.calendars, previous, others))


def edition_before(office: Office, definition: Definition) -> Definition | None:
    """The edition that `definition` would follow: the newest, unless it is itself published already."""
    with office.read() as uow:
        editions = uow.definitions.editions(definition.workflow)
    if not editions or definition.fingerprint in {edition.fingerprint for edition in editions}:
        return None
    return office.editions.version(definition.workflow, editions[-1].version)


def scenarios_of(uow: UnitOfWork, workflow: str, version: int) -> str:
    """The scenarios that edition was published with; "" where it had none."""
    return uow.settings.find(_scenarios_key(workflow, version)) or ""


def _scenarios_key(workflow: str, version: int) -> str:
    return f"scenarios/{workflow}@{version}"


def _store(uow: UnitOfWork, office: Office, caller: Caller, report: Report) -> bool:
    definition = _read(report)
    standing = uow.definitions.find(definition.workflow, definition.version)
    if standing is not None and standing.fingerprint == definition.fingerprint:
        return False
    newest = max((row.version for row in uow.definitions.latest() if row.workflow == definition.workflow), default=0)
    if definition.version <= newest:
        raise DefinitionInvalid((_taken(report.file, definition, newest),))
    now = office.clock.now()
    uow.definitions.add(
        definition.workflow,
        definition.version,
        definition.fingerprint,
        report.source,
        report.file,
        at=now,
        by=caller.actor.id,
    )
    extra = {"version": definition.version, "hash": definition.fingerprint, "file": report.file}
    if report.scenarios is not None:
        stories = report.scenarios.content
        uow.settings.put(_scenarios_key(definition.workflow, definition.version), stories.decode(errors="replace"))
        extra["scenarios"] = hashlib.sha256(stories).hexdigest()
    append(uow, Note(f"definition/{definition.workflow}", "definition", role="admin", extra=extra), caller, now)
    return True


def _read(report: Report) -> Definition:
    """What a report without errors always has; DefinitionInvalid for every other one."""
    if not report.ok or report.definition is None:
        raise DefinitionInvalid(report.findings)
    return report.definition


def _taken(file: str, definition: Definition, newest: int) -> Finding:
    """L30: changed content means a new version."""
    wanted = newest + 1
    return Finding(
        "L30",
        Severity.ERROR,
        file,
        1,
        1,
        Label(
            f"Phiên bản {definition.version} của quy trình “{definition.workflow}” đã ban hành với nội dung khác;"
            f" hãy ghi version: {wanted}.",
            f"Version {definition.version} of {definition.workflow!r} is published with another content;"
            f" write version: {wanted}.",
        ),
        str(wanted),
    )
