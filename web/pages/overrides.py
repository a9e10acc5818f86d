"""Past the workflow: the administrator asks on a page of his own, the chairman decides on one of his."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_caller
from web.i18n import _, label, reason_sentence
from web.pages import presenting
from web.pages.rendering import Shown
from web.titles import titles_of
from web.wiring import office
from workflow.engine import Definition, Item, Reason
from workflow.errors import NotFound, StaleItem
from workflow.persistence.overrides import OverrideRequest
from workflow.services import overrides
from workflow.services.overrides import Case, Glimpse, Wanted

bp = Blueprint("overrides", __name__)

Answer = AnyResponse | tuple[str, int]
Errors = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One wish as the administrator reads it; `outcome` is "" while it is open."""

    code: str
    before: str
    after: str
    reason: str
    asked_at: datetime
    outcome: str
    note: str


# -- the administrator asks ---------------------------------------------------------------------------------------------


@bp.get("/admin/overrides")
def index() -> Answer:
    """All wishes, and the form: first the code, then what may be asked of that item."""
    code = request.args.get("code", "").strip()
    if not code:
        return _page().render()
    return _about(code).render()


def _about(code: str) -> Shown:
    try:
        found = overrides.glimpse(office(), current_caller(), code)
    except NotFound:
        return _page([("code", _("There is no item with the code “{code}”.", code=code))], 404, code=code)
    if isinstance(found, Reason):
        abort(403)
    return _page(code=found.code, found=found)


def _page(
    errors: Errors | None = None,
    status: int = 200,
    *,
    code: str = "",
    found: Glimpse | None = None,
    target: str = "",
    reason: str = "",
) -> Shown:
    cases = overrides.newest(office(), current_caller())
    if isinstance(cases, Reason):
        abort(403)
    states = found.definition.states.values() if found else ()
    return Shown(
        "admin/overrides.html",
        status,
        errors=errors or [],
        code=code,
        found=found,
        kind=label(found.definition.label) if found else "",
        state=label(found.state.label) if found else "",
        group=found.state.group.value if found else "",
        choices=[(one.name, label(one.label)) for one in states if found and one.name != found.state.name],
        target=target,
        reason=reason,
        lines=[_line(one) for one in cases],
    )


def _line(one: Case) -> Line:
    wish = one.request
    outcomes = {"granted": _("granted"), "refused": _("refused")}
    return Line(
        one.item.code,
        _state(one.definition, wish.source),
        _state(one.definition, wish.target),
        wish.reason,
        wish.asked_at,
        outcomes.get(wish.outcome or "", ""),
        wish.note or "",
    )


def _state(definition: Definition, name: str) -> str:
    found = definition.states.get(name)
    return label(found.label) if found else name


@bp.post("/admin/overrides")
def ask() -> Answer:
    code, target = request.form.get("code", "").strip(), request.form.get("target", "")
    reason = request.form.get("reason", "")
    try:
        made = overrides.ask(office(), current_caller(), Wanted(code, target, reason))
    except NotFound:
        return _page([("code", _("There is no item with the code “{code}”.", code=code))], 404, code=code).render()
    if isinstance(made, OverrideRequest):
        return redirect(url_for("overrides.index", done="asked"), 303)
    found = overrides.glimpse(office(), current_caller(), code)
    if isinstance(found, Reason):
        abort(403)
    errors = _errors(made, found.definition)
    status = problems.of_reasons(made).status
    return _page(errors, status, code=code, found=found, target=target, reason=reason).render()


def _errors(reasons: Iterable[Reason], definition: Definition) -> Errors:
    fields = {"state": "target"}
    return [
        (fields.get(name, name), _sentence(reason, definition))
        for reason in reasons
        for name in [reason.params.get("field", "")]
    ]


def _sentence(reason: Reason, definition: Definition) -> str:
    if reason.code == "input_missing":
        return _("Please give the reason.")
    if reason.code == "no_such_state" and not reason.params["value"]:
        return _("Please choose the state.")
    return reason_sentence(reason, definition=definition)


# -- the chairman decides -----------------------------------------------------------------------------------------------


@bp.get("/overrides/<request_id>")
def show(request_id: str) -> Answer:
    return _case_page(overrides.case(office(), current_caller(), request_id)).render()


def _case_page(found: Case, errors: Errors | None = None, status: int = 200, note: str = "") -> Shown:
    with office().read() as uow:
        titles = titles_of(uow)
    item, wish, definition = found.item, found.request, found.definition
    state = definition.states[item.state]
    return Shown(
        "overrides/show.html",
        status,
        errors=errors or [],
        item=item,
        href=presenting.item_path(item.code),
        title=str(item.fields.get("title") or item.code),
        kind=label(definition.label),
        unit=titles.unit(item.unit),
        state=label(state.label),
        group=state.group.value,
        before=_state(definition, wish.source),
        after=_state(definition, wish.target),
        wish=wish,
        asked_by=titles.person(wish.asked_by),
        outdated=item.state != wish.source,
        note=note,
    )


@bp.post("/overrides/<request_id>")
def decide(request_id: str) -> Answer:
    note = request.form.get("note", "")
    found = overrides.case(office(), current_caller(), request_id)
    try:
        outcome = _decided(request_id, note)
    except StaleItem as stale:
        told = [("", _("The item was changed in this very moment; nothing was done. Please look at it again."))]
        return _case_page(found, told, problems.of_error(stale).status, note).render()
    if isinstance(outcome, tuple):
        errors = _errors(outcome, found.definition)
        fresh = overrides.case(office(), current_caller(), request_id)
        return _case_page(fresh, errors, problems.of_reasons(outcome).status, note).render()
    return redirect(url_for("items.show", code=found.item.code, done="override"), 303)


def _decided(request_id: str, note: str) -> Item | OverrideRequest | tuple[Reason, ...]:
    acts = {"grant": overrides.grant, "refuse": overrides.refuse}
    act = acts.get(request.form.get("decision", ""))
    if act is None:
        abort(400)
    return act(office(), current_caller(), request_id, note)
