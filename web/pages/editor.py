"""Writing a workflow in the browser: the text, what stands against it beside its lines, the drawing as it changes."""

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_caller
from web.i18n import label, language
from web.pages.complaints import complaints, pasted_text
from web.pages.rendering import Shown, render_fragment, wants_fragment
from web.wiring import office, shipped
from workflow.catalog.draw import Drawing, View, draw
from workflow.engine import Definition, Reason
from workflow.errors import DefinitionInvalid
from workflow.services import editing
from workflow.services.editing import Examined, Opened, Written

bp = Blueprint("editor", __name__)

Answer = AnyResponse | tuple[str, int]

_DRAWN_AT_MOST = 60
_SHOWN_AT_MOST = 100


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
    return report.scenarios.content.decode() if report and report.scenarios else ""


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
    written = Written(pasted_text(), pasted_text("scenarios"))
    if editing.keep(office(), current_caller(), name, written) is not None:
        abort(403)
    if request.form.get("act") == "publish":
        return _published(name, written)
    examined = editing.examine(office(), name, written)
    if wants_fragment():
        return render_fragment("workflows/examined.html", **_told(examined))
    return _page(name, _draft(name, written), examined).render()


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
        "complaints": complaints(
            report.findings[:_SHOWN_AT_MOST], report.source.decode(errors="replace"), report.scenarios
        ),
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
