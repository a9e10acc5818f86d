"""The editions of a workflow beside each other: how two differ, and what a newer one would do to every open item."""

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor, current_caller
from web.i18n import _, label, language, reason_sentence
from web.pages.rendering import Shown, render_page
from web.titles import titles_of
from web.wiring import office
from workflow.catalog.diff import Change, Kind, diff, draw_difference
from workflow.engine import Definition, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.engine.visibility import scope_of
from workflow.errors import NotFound
from workflow.services.succession import Passage, Verdict, plan, plan_return, run, run_return

bp = Blueprint("editions", __name__)

Answer = AnyResponse | tuple[str, int]

_SHOWN_AT_MOST = 200


@bp.get("/definitions/<name>/<int:old>/diff/<int:new>")
def difference(name: str, old: int, new: int) -> Answer:
    before, after = office().editions.version(name, old), office().editions.version(name, new)
    changes = diff(before, after)
    return render_page(
        "workflows/diff.html",
        name=label(after.label),
        workflow=name,
        old=old,
        new=new,
        drawing=draw_difference(before, after, language()),
        added=[label(one.subject) for one in changes if one.kind is Kind.ADDED],
        removed=[label(one.subject) for one in changes if one.kind is Kind.REMOVED],
        changed=[_row(one) for one in changes if one.kind is Kind.CHANGED],
    )


def _row(change: Change) -> tuple[str, str, str, str]:
    return label(change.subject), change.aspect, label(change.old), label(change.new)


@bp.get("/definitions/<name>/<int:version>/items")
def preview(name: str, version: int) -> Answer:
    """For who administers the office, who may read every item, and nobody else: it names items of all units."""
    actor = current_actor()
    may_run = refusal_to_administer(actor) is None
    if not may_run and not scope_of(actor).everything:
        abort(403)
    definition = office().editions.version(name, version)
    ahead, back = plan(office(), name, version), plan_return(office(), name, version)
    return _told(definition, ahead, back, may_run=may_run).render()


def _told(definition: Definition, ahead: Passage, back: Passage, *, may_run: bool) -> Shown:
    # What stays is what somebody must look at: it comes first.
    verdicts = sorted(ahead.verdicts, key=lambda verdict: verdict.possible)
    with office().read() as uow:
        titles = titles_of(uow)
    return Shown(
        "workflows/items.html",
        name=label(definition.label),
        workflow=definition.workflow,
        version=definition.version,
        total=len(verdicts),
        possible=ahead.possible,
        back=back.possible,
        rows=[_verdict(definition, verdict, titles.unit(verdict.unit)) for verdict in verdicts[:_SHOWN_AT_MOST]],
        more=max(0, len(verdicts) - _SHOWN_AT_MOST),
        may_run=may_run,
        done=request.args.get("done", type=int),
    )


def _verdict(target: Definition, verdict: Verdict, unit: str) -> dict[str, object]:
    edition = office().editions.version(target.workflow, verdict.version)
    fields = [
        *(_("filled: {fields}", fields=_field(target, name)) for name in verdict.filled),
        *(_("dropped: {fields}", fields=_field(edition, name)) for name in verdict.dropped),
    ]
    return {
        "code": verdict.code,
        "unit": unit,
        "version": verdict.version,
        "state": label(edition.states[verdict.state].label),
        "to": label(target.states[verdict.to_state].label) if verdict.possible else "",
        "fields": "; ".join(fields),
        "why": [reason_sentence(reason, None, edition) for reason in verdict.reasons],
    }


def _field(definition: Definition, name: str) -> str:
    declared = definition.fields.get(name)
    return label(declared.label) if declared else name


@bp.post("/definitions/<name>/<int:version>/items")
def pass_on(name: str, version: int) -> Answer:
    """Bring the items over, or back; those that cannot go stay and are told of on the page that follows."""
    acts = {"run": run, "return": run_return}
    act = acts.get(request.form.get("act", ""))
    if act is None:
        raise NotFound("move", request.form.get("act", "")[:40])
    passage = act(office(), current_caller(), name, version)
    if isinstance(passage, Reason):
        abort(403)
    return redirect(url_for("editions.preview", name=name, version=version, done=passage.possible), 303)
