"""My work: what waits for whoever is signed in, and acting on several at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import DueCue, _, label, reason_sentence
from web.pages import acting, presenting
from web.pages.rendering import render_page
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Definition, Item, Perform, Reason, Rejected
from workflow.engine.definition import COMMENT, Transition
from workflow.errors import NotFound, WorkflowError
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.overrides import OverrideRequest
from workflow.services.inbox import Waiting, waiting
from workflow.services.items import readable
from workflow.services.moves import Done, MoveRequest, Refused, offers, perform, would_decide
from workflow.services.overrides import to_decide
from workflow.services.overview import SOON_DAYS

bp = Blueprint("inbox", __name__)

Answer = AnyResponse | tuple[str, int]
_MOST_AT_ONCE = 50
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
        wishes = [_wish(uow, one) for one in to_decide(uow, current_actor())]
    groups = [*([_past_the_workflow(wishes, titles)] if wishes else []), *_grouped(found, titles, now)]
    return render_page("inbox/index.html", groups=groups, total=len(found) + len(wishes), key=new_id(now))


def _wish(uow: UnitOfWork, one: OverrideRequest) -> tuple[str, Item, Definition]:
    item = uow.items.get(one.item).item
    return f"/overrides/{one.id}", item, office().editions.of(item, uow)


def _past_the_workflow(wishes: Iterable[tuple[str, Item, Definition]], titles: Titles) -> Group:
    """What only the chairman may decide, above everything else."""
    group = Group(_("To decide: past the workflow"))
    for href, item, definition in wishes:
        group.lines.append(_line(item, definition, titles, None, href))
        group.links[item.code] = [(_("Decide"), href)]
    return group


def _grouped(found: Iterable[Waiting], titles: Titles, now: datetime) -> list[Group]:
    decisions = Group(_("To decide: proposals that wait for you"))
    overdue = Group(_("Late or past their date"))
    soon = Group(_("Due within {n} days", n=SOON_DAYS))
    rest = Group(_("Everything else"))
    for one in found:
        due = one.item.due_at
        if any(offer.act == "vote" for offer in one.offers):
            group = decisions
        elif one.definition.states[one.item.state].overdue or (due is not None and due <= now):
            group = overdue
        elif due is not None and due <= now + timedelta(days=SOON_DAYS):
            group = soon
        else:
            group = rest
        _add(group, one, titles, now)
    return [group for group in (decisions, overdue, soon, rest) if group.lines]


def _add(group: Group, one: Waiting, titles: Titles, now: datetime) -> None:
    item, definition = one.item, one.definition
    due = presenting.due_of(item, definition, now)
    group.lines.append(_line(item, definition, titles, due, presenting.item_path(item.code)))
    buttons = presenting.buttons(one.offers, item, definition, titles)
    group.links[item.code] = [(_link_words(button), button.href) for button in buttons[:_LINKS]]
    for offer in one.offers:
        transition = definition.transitions[offer.move]
        if transition.bulk and offer.act == "perform":
            group.ticks.add(item.code)
            group.bulk[offer.move] = label(transition.label)


def _link_words(button: presenting.Button) -> str:
    return f"{button.label}, {button.name}" if button.name else button.label


def _line(item: Item, definition: Definition, titles: Titles, due: DueCue | None, href: str) -> presenting.Line:
    state = definition.states[item.state]
    return presenting.Line(
        code=item.code,
        href=href,
        title=str(item.fields.get("title") or item.code),
        unit=titles.unit(item.unit),
        state=label(state.label),
        group=state.group.value,
        due=due,
        waits="",
        assignee="",
        kind=label(definition.label),
    )


# -- several at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One ticked item before or after the act: what became of it, or every reason why not.

    `giver` is the login of the person in whose name it is done, `name` says so; "" for one's own.
    """

    code: str
    title: str
    revision: int
    allowed: bool
    sentences: tuple[str, ...]
    state: str = ""
    giver: str = ""
    name: str = ""


@bp.post("/items/bulk")
def bulk_review() -> Answer:
    """Nothing is done yet: who ticked sees what is possible, and why the rest is not."""
    codes, move = request.form.getlist("id"), request.form.get("move", "")
    if not codes:
        return render_page("inbox/bulk.html", 422, rows=[], move=move, label="", stage="nothing", comment="")
    if len(codes) > _MOST_AT_ONCE:
        abort(413)
    rows = [row for row in (_reviewed(code, move) for code in codes) if row is not None]
    name, asks_comment = _move_words(codes, move)
    return render_page(
        "inbox/bulk.html",
        rows=rows,
        move=move,
        label=name,
        stage="review",
        asks_comment=asks_comment,
        possible=sum(row.allowed for row in rows),
        key=new_id(office().clock.now()),
    )


def _reviewed(code: str, move: str) -> Reviewed | None:
    with office().read() as uow:
        try:
            stored = readable(uow, current_caller(), code)
        except NotFound:
            return None
        definition = office().editions.of(stored.item, uow)
        title = str(stored.item.fields.get("title") or code)
        transition = definition.transitions.get(move)
        if transition is None or not transition.bulk:
            sentence = _("This step cannot be made for several items at once.")
            return Reviewed(code, title, stored.item.revision, allowed=False, sentences=(sentence,))
        titles, giver = titles_of(uow), _in_whose_name(uow, stored.item, definition, move)
        actor = replace(current_actor(), acting_for=giver)
        decision = would_decide(office(), uow, stored, Perform(actor, move, comment=_provisional(transition)))
        reasons = decision.reasons if isinstance(decision, Rejected) else ()
        return Reviewed(
            code,
            title,
            stored.item.revision,
            not reasons,
            _sentences(reasons, definition, titles),
            giver=(titles.login(giver) or "") if giver else "",
            name=acting.on_behalf_of(giver, titles) if giver else "",
        )


def _in_whose_name(uow: UnitOfWork, item: Item, definition: Definition, move: str) -> str | None:
    """The giver in whose name this item's step is offered, None where it is offered in one's own."""
    standing = offers(office(), uow, definition, item, current_actor())
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
    chosen = [(*part.split(":"), "", "")[:3] for part in request.form.getlist("item")][:_MOST_AT_ONCE]
    givers = _givers(login for _code, _seen, login in chosen)
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
