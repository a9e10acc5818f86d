"""Erasing a private text: the administrator asks without seeing it, the chairman sees it and decides."""

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
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.catalog.inputs import input_field
from workflow.engine import Definition, Reason
from workflow.errors import NotFound
from workflow.persistence.redactions import RedactionRequest, Sealed
from workflow.services import redactions
from workflow.services.redactions import Case, Copy, Glimpse, Listed, Wanted

bp = Blueprint("redactions", __name__)

Answer = AnyResponse | tuple[str, int]
Errors = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One request as the administrator reads it; `outcome` is "" while it is open."""

    code: str
    place: str
    ground: str
    asked_at: datetime
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a private text lies that could be erased; nothing of what it says."""

    key: str
    title: str
    who: str
    at: datetime
    field: str
    asked: bool


# -- the administrator asks ---------------------------------------------------------------------------------------------


@bp.get("/admin/redactions")
def index() -> Answer:
    """All requests, and the way to a new one: first the code, then the entry of its history, then the legal ground."""
    code = request.args.get("code", "").strip()
    if not code:
        return _page().render()
    return _about(code, chosen=request.args.get("text", "")).render()


def _about(code: str, chosen: str = "", errors: Errors | None = None, status: int = 200, ground: str = "") -> Shown:
    try:
        found = redactions.glimpse(office(), current_caller(), code)
    except NotFound:
        return _page([("code", _("There is no item with the code “{code}”.", code=code))], 404, code=code)
    if isinstance(found, Reason):
        abort(403)
    return _page(errors, status, code=found.code, found=found, chosen=chosen, ground=ground)


def _page(
    errors: Errors | None = None,
    status: int = 200,
    *,
    code: str = "",
    found: Glimpse | None = None,
    chosen: str = "",
    ground: str = "",
) -> Shown:
    listed = redactions.newest(office(), current_caller())
    if isinstance(listed, Reason):
        abort(403)
    with office().read() as uow:
        titles = titles_of(uow)
    places = [_place(one, found, titles) for one in found.sealed] if found else []
    return Shown(
        "admin/redactions.html",
        status,
        errors=errors or [],
        code=code,
        known=found is not None,
        kind=label(found.definition.label) if found else "",
        places=places,
        chosen=next((place for place in places if place.key == chosen and not place.asked), None),
        ground=ground,
        lines=[_line(one) for one in listed],
    )


def _place(one: Sealed, found: Glimpse, titles: Titles) -> Place:
    move = found.definition.transitions.get(one.move or "")
    kinds = {
        "comment": _("Comment"),
        "override": _("Past the workflow"),
        "request": _("Proposal"),
        "vote": _("Opinion on a proposal"),
    }
    return Place(
        f"{one.n}.{one.field}",
        label(move.label) if move else kinds.get(one.type, _("Entry")),
        titles.person(one.actor),
        one.recorded_at,
        _field(found.definition, one.field),
        (one.n, one.field) in found.open,
    )


def _field(definition: Definition, key: str) -> str:
    """The words of a sealed field. The second text of one field within an entry bears a number behind its name."""
    field = input_field(definition, key) or input_field(definition, key.rpartition("_")[0])
    return label(field.label) if field else key


def _line(one: Listed) -> Line:
    wish = one.request
    outcomes = {"granted": _("being erased"), "refused": _("refused")}
    return Line(
        one.code,
        _("entry {n}: {field}", n=wish.n, field=_field(one.definition, wish.field)),
        wish.ground,
        wish.asked_at,
        _("erased") if wish.done_at else outcomes.get(wish.outcome or "", ""),
        wish.note or "",
    )


@bp.post("/admin/redactions")
def ask() -> Answer:
    code, chosen = request.form.get("code", "").strip(), request.form.get("text", "")
    ground = request.form.get("ground", "")
    number, _dot, field = chosen.partition(".")
    wanted = Wanted(code, int(number) if number.isascii() and number.isdigit() else 0, field, ground)
    try:
        made = redactions.ask(office(), current_caller(), wanted)
    except NotFound:
        return _page([("code", _("There is no item with the code “{code}”.", code=code))], 404, code=code).render()
    if isinstance(made, RedactionRequest):
        return redirect(url_for("redactions.index", done="asked"), 303)
    return _about(code, chosen, _errors(made), problems.of_reasons(made).status, ground).render()


def _errors(reasons: Iterable[Reason]) -> Errors:
    return [(str(reason.params.get("field", "")), _sentence(reason)) for reason in reasons]


def _sentence(reason: Reason) -> str:
    if reason.code == "input_missing":
        wanted = {"ground": _("Please name the legal ground.")}
        return wanted.get(str(reason.params["field"]), _("Please give the reason."))
    return reason_sentence(reason)


# -- the chairman decides -----------------------------------------------------------------------------------------------


@bp.get("/redactions/<request_id>")
def show(request_id: str) -> Answer:
    return _case_page(redactions.case(office(), current_caller(), request_id)).render()


def _case_page(found: Case, errors: Errors | None = None, status: int = 200, note: str = "") -> Shown:
    with office().read() as uow:
        titles = titles_of(uow)
    item, wish = found.item, found.request
    return Shown(
        "redactions/show.html",
        status,
        errors=errors or [],
        item=item,
        href=presenting.item_path(item.code),
        title=str(item.fields.get("title") or item.code),
        kind=label(found.definition.label),
        unit=titles.unit(item.unit),
        wish=wish,
        field=_field(found.definition, wish.field),
        text=found.text,
        copies=_copies(found),
        asked_by=titles.person(wish.asked_by),
        note=note,
        done=_done(wish) if request.args.get("done") else "",
    )


def _done(wish: RedactionRequest) -> str:
    later = _("It is decided. The text is erased as soon as whoever looks after the database carries it out.")
    done = _("The text has been erased.") if wish.done_at else later
    return {"granted": done, "refused": _("Refused. The text stays where it is.")}.get(wish.outcome or "", "")


def _copies(found: Case) -> list[tuple[str, str, str]]:
    """Where else the same text stands: the item's address and code, and the entry."""
    return [
        (presenting.item_path(one.code), one.code, _("entry {n}: {field}", n=one.n, field=_copy_field(found, one)))
        for one in found.copies
    ]


def _copy_field(found: Case, one: Copy) -> str:
    return _field(found.definition, one.field) if one.code == found.item.code else one.field


@bp.post("/redactions/<request_id>")
def decide(request_id: str) -> Answer:
    note = request.form.get("note", "")
    acts = {"grant": redactions.grant, "refuse": redactions.refuse}
    act = acts.get(request.form.get("decision", ""))
    if act is None:
        abort(400)
    outcome = act(office(), current_caller(), request_id, note)
    if isinstance(outcome, RedactionRequest):
        return redirect(url_for("redactions.show", request_id=request_id, done=outcome.outcome), 303)
    found = redactions.case(office(), current_caller(), request_id)
    return _case_page(found, _errors(outcome), problems.of_reasons(outcome).status, note).render()
