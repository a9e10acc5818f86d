"""The administrator's page of auditors' mandates: who reads by which written act, on which days and within which bounds."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import N_, _, day, label, moment, reason_sentence
from web.pages.rendering import Shown
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_administer
from workflow.persistence import UnitOfWork
from workflow.persistence.mandates import GivenMandate
from workflow.services.mandates import NewMandate, NotMandated, days_of, end, give
from workflow.values import replace

bp = Blueprint("mandates", __name__)

Answer = AnyResponse | tuple[str, int]
_FIELDS = {
    "login": N_("Login of the account"),
    "act": N_("Number and date of the decision"),
    "from": N_("From the day"),
    "to": N_("Until the end of"),
    "units": N_("Only these units"),
    "workflows": N_("Only these workflows"),
}
_DONE = {
    "given": N_("Done. The mandate is recorded; this person signs in anew."),
    "ended": N_("Done. The mandate is over, and every session of this person has ended."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One mandate in the list; `tone` and `standing` say whether it holds."""

    id: str
    person: str
    login: str
    act: str
    scope: str
    days: str
    tone: str
    standing: str
    may_end: bool


@bp.before_request
def only_administrators() -> None:
    if refusal_to_administer(current_actor()) is not None:
        abort(403)


@bp.get("/admin/mandates")
def index() -> Answer:
    return _page({"login": request.args.get("login", "")})


@bp.post("/admin/mandates")
def create() -> Answer:
    form = request.form
    asked = NewMandate(
        login=form.get("login", ""),
        act=form.get("act", ""),
        from_on=form.get("from", ""),
        to_on=form.get("to", ""),
        units=tuple(form.getlist("units")),
        workflows=tuple(form.getlist("workflows")),
        private="private" in form,
    )
    made = give(office(), current_caller(), asked)
    if isinstance(made, NotMandated):
        typed = {**form, "units": asked.units, "workflows": asked.workflows}
        return _page(typed, made.reasons)
    return redirect(url_for("mandates.index", done="given"), 303)


@bp.post("/admin/mandates/<mandate>/end")
def finish(mandate: str) -> Answer:
    ended = end(office(), current_caller(), mandate)
    if isinstance(ended, Reason):
        return _page({}, (ended,))
    return redirect(url_for("mandates.index", done="ended"), 303)


def _page(typed: dict[str, Any], reasons: tuple[Reason, ...] = ()) -> Answer:
    with office().read() as uow:
        shown = _shown(uow, typed, reasons)
    return shown.render()


def _shown(uow: UnitOfWork, typed: dict[str, Any], reasons: tuple[Reason, ...]) -> Shown:
    titles = titles_of(uow)
    workflows = {one.workflow: label(one.label) for one in office().editions.all_latest(uow)}
    errors = [(reason.params.get("field", ""), _sentence(reason)) for reason in reasons]
    return Shown(
        "admin/mandates.html",
        problems.of_reasons(reasons).status if reasons else 200,
        lines=[_line(one, workflows, titles) for one in uow.mandates.all()],
        units=titles.unit_choices(),
        workflows=list(workflows.items()),
        fields={name: _(words) for name, words in _FIELDS.items()},
        typed=typed,
        errors=errors,
        by_field={name: sentence for name, sentence in reversed(errors) if name},
        done=_(_DONE[request.args["done"]]) if request.args.get("done") in _DONE else "",
    )


def _sentence(reason: Reason) -> str:
    field = reason.params.get("field", "")
    named = replace(reason, params={**reason.params, "field": _(_FIELDS[field])}) if field in _FIELDS else reason
    return reason_sentence(named)


def _line(one: GivenMandate, workflows: dict[str, str], titles: Titles) -> Line:
    first, last = days_of(one, office())
    tone, standing = _standing(one)
    return Line(
        id=one.id,
        person=titles.person(one.person),
        login=titles.login(one.person) or "",
        act=one.act,
        scope=_scope(one, workflows, titles),
        days=f"{day(first)} – {day(last)}",
        tone=tone,
        standing=standing,
        may_end=tone != "cancelled",
    )


def _standing(one: GivenMandate) -> tuple[str, str]:
    now = office().clock.now()
    if one.ended_at is not None:
        return "cancelled", _("ended {at}", at=moment(one.ended_at, office().zone))
    if one.until <= now:
        return "cancelled", _("no longer in force")
    return ("done", _("in force")) if one.from_at <= now else ("calm", _("to come"))


def _scope(one: GivenMandate, workflows: dict[str, str], titles: Titles) -> str:
    units = ", ".join(titles.unit(name) for name in one.units) or _("all units")
    kinds = ", ".join(workflows.get(name, name) for name in one.workflows) or _("all kinds of work")
    private = _("private text too") if one.private else _("without private text")
    return f"{units}; {kinds}; {private}"
