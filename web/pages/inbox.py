"""My work: what waits for whoever is signed in, and acting on several at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import _, label, reason_sentence
from web.pages import acting, presenting
from web.pages.rendering import count_within, render_page
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Definition, Item, Offer, Perform, Reason, Rejected
from workflow.engine.definition import COMMENT, Transition
from workflow.errors import NotFound, WorkflowError
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.jobs import Asked
from workflow.persistence.overrides import OverrideRequest
from workflow.persistence.redactions import RedactionRequest
from workflow.services import jobs, redactions
from workflow.services.inbox import Waiting, waiting
from workflow.services.items import readable
from workflow.services.moves import Done, MoveRequest, Refused, offers, perform, would_decide
from workflow.services.overrides import to_decide
from workflow.services.overview import SOON_DAYS
from workflow.values import replace

bp = Blueprint("inbox", __name__)

Answer = AnyResponse | tuple[str, int]
_LINKS = 3


@dataclass(slots=True)
class Group:
    """One part of the inbox; `bulk` are the moves that may be made on several of its items at once."""

    title: str
    lines: list[presenting.Line] = field(default_factory=list)
    links: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    ticks: set[str] = field(default_factory=set)
    bulk: dict[str, str] = field(default_factory=dict)


@bp.get("/")
def index() -> Answer:
    now = office().clock.now()
    with office().read() as uow:
        titles = titles_of(uow)
        found = waiting(office(), uow, current_actor())
        wishes = [_wish(uow, one, "overrides") for one in to_decide(uow, current_actor())]
        erasing = [_wish(uow, one, "redactions") for one in redactions.to_decide(uow, current_actor())]
        count_within(uow)
    groups = [
        *_to_decide(_("To decide: past the workflow"), wishes, titles),
        *_to_decide(_("To decide: erasing private text"), erasing, titles),
        *_grouped(found, titles, now),
    ]
    total = len(found) + len(wishes) + len(erasing)
    return render_page("inbox/index.html", groups=groups, total=total, key=new_id(now))


def _wish(uow: UnitOfWork, one: OverrideRequest | RedactionRequest, place: str) -> tuple[str, Item, Definition]:
    item = uow.items.get(one.item).item
    return f"/{place}/{one.id}", item, office().editions.of(item, uow)


def _to_decide(title: str, wishes: Iterable[tuple[str, Item, Definition]], titles: Titles) -> list[Group]:
    """What only the chairman may decide, above everything else; no group where nothing waits."""
    group = Group(title)
    for href, item, definition in wishes:
        if item.code not in group.links:
            group.lines.append(presenting.line_of(item, definition, titles, None, href))
        group.links.setdefault(item.code, []).append((_("Decide"), href))
    return [group] if group.lines else []


def _grouped(found: Iterable[Waiting], titles: Titles, now: datetime) -> list[Group]:
    unanswered = Group(_("Unanswered for too long"))
    decisions = Group(_("To decide: proposals that wait for you"))
    overdue = Group(_("Late or past their date"))
    soon = Group(_("Due within {n} days", n=SOON_DAYS))
    rest = Group(_("Everything else"))
    for one in found:
        due = None if one.is_over else one.item.due_at
        if one.is_unanswered:
            group = unanswered
        elif any(offer.act == "vote" for offer in one.offers):
            group = decisions
        elif one.definition.states[one.item.state].overdue or (due is not None and due <= now):
            group = overdue
        elif due is not None and due <= now + timedelta(days=SOON_DAYS):
            group = soon
        else:
            group = rest
        _add(group, one, titles, now)
    groups = [group for group in (unanswered, decisions, overdue, soon, rest) if group.lines]
    if groups == [rest]:
        rest.title = _("What waits for you")
    return groups


def _add(group: Group, one: Waiting, titles: Titles, now: datetime) -> None:
    item, definition = one.item, one.definition
    due = presenting.due_of(item, definition, now)
    group.lines.append(presenting.line_of(item, definition, titles, due, presenting.item_path(item.code)))
    buttons = presenting.buttons(one.offers, item, definition, titles)
    group.links[item.code] = [(_link_words(button), button.href) for button in buttons[:_LINKS]]
    for offer in one.offers:
        transition = definition.transitions[offer.move]
        if transition.bulk and offer.act == "perform":
            group.ticks.add(item.code)
            group.bulk[offer.move] = label(transition.label)


def _link_words(button: presenting.Button) -> str:
    return f"{button.label}, {button.name}" if button.name else button.label


# -- several at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One ticked item before or after the act: what became of it, or every reason why not.

    `giver` is the login of the person in whose name it is done, `name` says so; "" for one's own. `possible` are the steps
    open on this item that may be made on several at once, by name, with their words.
    """

    code: str
    title: str
    revision: int
    allowed: bool
    sentences: tuple[str, ...]
    state: str = ""
    giver: str = ""
    name: str = ""
    possible: Mapping[str, str] = field(default_factory=dict)


@bp.post("/items/bulk")
def bulk_review() -> Answer:
    """Nothing is done yet: who ticked sees what is possible, and why the rest is not."""
    codes, move = request.form.getlist("id"), request.form.get("move", "")
    if not codes:
        return render_page("inbox/bulk.html", 422, rows=[], move=move, label="", stage="nothing", comment="")
    if len(codes) > jobs.MOST_IN_A_JOB:
        abort(413)
    with office().read() as uow:
        titles = titles_of(uow)
        rows = [row for row in (_reviewed(uow, titles, code, move) for code in codes) if row is not None]
    name, asks_comment = _move_words(codes, move)
    return render_page(
        "inbox/bulk.html",
        rows=rows,
        move=move,
        label=name,
        stage="review",
        asks_comment=asks_comment,
        possible=sum(row.allowed for row in rows),
        others=[(other, words) for other, words in _common(rows).items() if other != move],
        as_job=sum(row.allowed for row in rows) > jobs.MOST_AT_ONCE,
        key=new_id(office().clock.now()),
    )


def _common(rows: Iterable[Reviewed]) -> dict[str, str]:
    """The steps that every one of the items takes now."""
    first, *rest = rows or [Reviewed("", "", 0, allowed=False, sentences=())]
    return {move: words for move, words in first.possible.items() if all(move in row.possible for row in rest)}


def _reviewed(uow: UnitOfWork, titles: Titles, code: str, move: str) -> Reviewed | None:
    try:
        stored = readable(uow, current_caller(), code)
    except NotFound:
        return None
    item, definition = stored.item, office().editions.of(stored.item, uow)
    standing = offers(office(), uow, definition, item, current_actor())
    row = Reviewed(
        code,
        str(item.fields.get("title") or code),
        item.revision,
        allowed=False,
        sentences=(),
        possible=_possible(standing, definition),
    )
    transition = definition.transitions.get(move)
    if transition is None or not transition.bulk:
        return replace(row, sentences=(_("This step cannot be made for several items at once."),))
    giver = _in_whose_name(standing, move)
    actor = replace(current_actor(), acting_for=giver)
    decision = would_decide(office(), uow, stored, Perform(actor, move, comment=_provisional(transition)))
    reasons = decision.reasons if isinstance(decision, Rejected) else ()
    return replace(
        row,
        allowed=not reasons,
        sentences=_sentences(reasons, definition, titles),
        giver=(titles.login(giver) or "") if giver else "",
        name=acting.on_behalf_of(giver, titles) if giver else "",
    )


def _possible(standing: Iterable[Offer], definition: Definition) -> dict[str, str]:
    found = [offer.move for offer in standing if offer.allowed and offer.act == "perform"]
    return {move: label(definition.transitions[move].label) for move in found if definition.transitions[move].bulk}


def _in_whose_name(standing: Iterable[Offer], move: str) -> str | None:
    """The giver in whose name this item's step is offered, None where it is offered in one's own."""
    return next((offer.acting_for for offer in standing if offer.move == move and offer.act == "perform"), None)


def _provisional(transition: Transition) -> str | None:
    """The comment is asked for once for all; its absence refuses nothing in the review."""
    return "…" if COMMENT in transition.require else None


def _sentences(reasons: Iterable[Reason], definition: Any, titles: Titles) -> tuple[str, ...]:
    return tuple(reason_sentence(reason, definition=definition, unit_name=titles.unit) for reason in reasons)


def _move_words(codes: Iterable[str], move: str) -> tuple[str, bool]:
    for code in codes:
        with office().read() as uow:
            try:
                item = readable(uow, current_caller(), code).item
            except NotFound:
                continue
            transition = office().editions.of(item, uow).transitions.get(move)
            if transition is not None:
                return label(transition.label), COMMENT in transition.require
    return move, False


@bp.post("/items/bulk/confirm")
def bulk_confirm() -> Answer:
    """One transaction an item: what fails for one undoes nothing of another."""
    move, comment, key = request.form.get("move", ""), request.form.get("comment", ""), request.form.get("key", "")
    chosen = [(*part.split(":"), "", "")[:3] for part in request.form.getlist("item")][: jobs.MOST_IN_A_JOB]
    givers = _givers(login for _code, _seen, login in chosen)
    if len(chosen) > jobs.MOST_AT_ONCE:
        asked = [Asked(code, int(seen) if seen.isdigit() else 0, givers.get(login)) for code, seen, login in chosen]
        job = jobs.start(office(), current_caller(), move, asked, comment)
        return redirect(url_for("jobs.show", job_id=job.id), 303)
    rows = [
        _performed(
            MoveRequest(code, move, comment=comment, seen=int(seen) if seen.isdigit() else 0),
            givers.get(login),
            f"{key}:{code}",
        )
        for code, seen, login in chosen
    ]
    name, _asks = _move_words([row.code for row in rows], move)
    done = sum(row.allowed for row in rows)
    return render_page("inbox/bulk.html", rows=rows, move=move, label=name, stage="result", possible=done)


def _givers(logins: Iterable[str]) -> dict[str, str]:
    """The ids of those in whose names something is to be done, by login; nobody's login stands for nobody's power."""
    with office().read() as uow:
        return {login: uow.people.id_of_login(login) or "?" for login in set(logins) if login}


def _performed(asked: MoveRequest, giver: str | None, key: str) -> Reviewed:
    code, seen = asked.item, asked.seen or 0
    try:
        outcome = perform(office(), current_caller(key=key, acting_for=giver), asked)
    except WorkflowError as fault:
        sentence = _FAULTS.get(problems.of_error(fault).status, "Please open the item and try again.")
        return Reviewed(code, code, seen, allowed=False, sentences=(_(sentence),))
    title = str(outcome.item.fields.get("title") or code)
    if isinstance(outcome, Refused):
        with office().read() as uow:
            titles = titles_of(uow)
        return Reviewed(
            code, title, seen, allowed=False, sentences=_sentences(outcome.reasons, outcome.definition, titles)
        )
    return _succeeded(outcome, title)


def _succeeded(outcome: Done, title: str) -> Reviewed:
    state = outcome.definition.states[outcome.item.state]
    return Reviewed(
        outcome.item.code, title, outcome.item.revision, allowed=True, sentences=(), state=label(state.label)
    )


_FAULTS = {
    404: "There is no such item, or it is not for your unit.",
    412: "Somebody changed the item meanwhile; nothing was done with it.",
    503: "The database was busy; please try this item again.",
}
