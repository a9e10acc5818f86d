"""Writing a workflow in the browser: the text, what stands against it beside its lines, the drawing as it changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_caller
from web.i18n import _, label, language
from web.pages.rendering import Shown, render_fragment, wants_fragment
from web.wiring import office, shipped
from workflow.catalog.draw import Drawing, View, draw
from workflow.catalog.findings import Finding
from workflow.engine import Definition, Reason
from workflow.errors import DefinitionInvalid
from workflow.services import editing
from workflow.services.editing import Examined, Opened, Written

bp = Blueprint("editor", __name__)

Answer = AnyResponse | tuple[str, int]

_DRAWN_AT_MOST = 60
_SHOWN_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Complaint:
    """One finding beside its line; `scenarios` where it is one of the stories that goes otherwise."""

    place: str
    sentence: str
    line: str
    severity: str
    number: int
    column: int
    scenarios: bool


@bp.get("/definitions/new")
def new() -> Answer:
    return _opened(None)


@bp.get("/definitions/<name>/edit")
def edit(name: str) -> Answer:
    return _opened(name)


def _opened(name: str | None) -> Answer:
    opened = editing.open_draft(office(), current_caller(), name, _shipped_scenarios(name))
    if isinstance(opened, Reason):
        abort(403)
    return _page(name, opened, editing.examine(office(), name, opened.written)).render()


def _shipped_scenarios(name: str | None) -> str:
    report = shipped().workflows.get(name) if name else None
    if report is None or report.scenarios is None:
        return ""
    text = report.scenarios.text
    return text.decode() if isinstance(text, bytes) else text


@bp.post("/definitions/new")
def write_new() -> Answer:
    return _written(None)


@bp.post("/definitions/<name>/edit")
def write(name: str) -> Answer:
    return _written(name)


def _written(name: str | None) -> Answer:
    """Check, publish or throw away what was sent. Whatever it says is kept as a draft first: nothing typed is lost."""
    if request.form.get("act") == "discard":
        editing.throw_away(office(), current_caller(), name)
        return redirect(_address(name), 303)
    written = Written(_text("text"), _text("scenarios"))
    if editing.keep(office(), current_caller(), name, written) is not None:
        abort(403)
    if request.form.get("act") == "publish":
        return _published(name, written)
    examined = editing.examine(office(), name, written)
    if wants_fragment():
        return render_fragment("workflows/examined.html", **_told(examined))
    return _page(name, _draft(name, written), examined).render()


def _text(field: str) -> str:
    # A browser ends lines its own way; the file's hash must not depend on who typed it.
    return request.form.get(field, "").replace("\r\n", "\n")


def _published(name: str | None, written: Written) -> Answer:
    try:
        published = editing.publish(office(), current_caller(), name, written)
    except DefinitionInvalid:
        examined = editing.examine(office(), name, written)
        return _page(name, _draft(name, written), examined, 422).render()
    if isinstance(published, Reason):
        abort(403)
    made = published.definition
    return redirect(url_for("workflows.edition", name=made.workflow, version=made.version, done="published"), 303)


def _draft(name: str | None, written: Written) -> Opened:
    newest = office().editions.latest(name).version if name else 0
    return Opened(written, newest, is_draft=True)


def _address(name: str | None) -> str:
    return url_for("editor.edit", name=name) if name else url_for("editor.new")


# -- what is shown ------------------------------------------------------------------------------------------------------


def _page(name: str | None, opened: Opened, examined: Examined, status: int = 200) -> Shown:
    return Shown(
        "workflows/edit.html",
        status,
        name=name,
        title=label(office().editions.latest(name).label) if name else "",
        address=_address(name),
        written=opened.written,
        newest=opened.newest,
        is_draft=opened.is_draft,
        refused=status == 422,
        **_told(examined),
    )


def _told(examined: Examined) -> dict[str, Any]:
    report = examined.report
    errors = [finding for finding in report.findings if finding.severity.value == "error"]
    return {
        "complaints": list(_complaints(examined))[:_SHOWN_AT_MOST],
        "more": max(0, len(report.findings) - _SHOWN_AT_MOST),
        "errors": len(errors),
        "drawing": _drawing(report.definition),
        "stakes": [(label(one.state), one.count, label(one.home)) for one in examined.stakes],
        "changes": [label(one.sentence) for one in examined.changes],
        "ok": examined.ok,
    }


def _drawing(definition: Definition | None) -> Drawing | None:
    if definition is None or len(definition.states) > _DRAWN_AT_MOST:
        return None
    return draw(definition, View(None, (), frozenset(), language()), "whole", "ed")


def _complaints(examined: Examined) -> Iterable[Complaint]:
    report = examined.report
    lines = report.source.decode(errors="replace").split("\n")
    stories = report.scenarios.text if report.scenarios else ""
    story_lines = (stories.decode(errors="replace") if isinstance(stories, bytes) else stories).split("\n")
    for finding in report.findings:
        of_scenarios = report.scenarios is not None and finding.file == report.scenarios.file
        yield _complaint(finding, story_lines if of_scenarios else lines, scenarios=of_scenarios)


def _complaint(finding: Finding, lines: list[str], *, scenarios: bool) -> Complaint:
    sentence = label(finding.message)
    hint = f" {_('Did you mean “{word}”?', word=finding.hint)}" if finding.hint else ""
    return Complaint(
        place=_("Line {line}, column {column}", line=finding.line, column=finding.column),
        sentence=f"{sentence[:1].upper()}{sentence[1:]}{hint} ({finding.code})",
        line=lines[finding.line - 1].strip()[:160] if finding.line <= len(lines) else "",
        severity=finding.severity.value,
        number=finding.line,
        column=finding.column,
        scenarios=scenarios,
    )
