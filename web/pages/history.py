"""The reading room: the whole log by who, what and when, for auditors and the chairman. Reading it is itself on record."""

from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response as AnyResponse

from web import readings
from web.actors import current_actor, current_caller
from web.event_logs import download
from web.i18n import N_, _, label
from web.pages import presenting
from web.pages.rendering import render_page
from web.seals import alarms_seen
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.catalog.plain_values import Refused as NotADate
from workflow.catalog.plain_values import date_of
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_audit, refusal_to_read_log
from workflow.engine.visibility import part_of_log
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.queries.erased import Grounds, grounds_in
from workflow.queries.history import HistoryEntry, Pinned, Sought, entries, items_of, seen_by
from workflow.services import auditing
from workflow.services.items import readable

bp = Blueprint("history", __name__)

Answer = AnyResponse | tuple[str, int]
_PAGE = 50
KINDS = {
    "move": N_("Steps"),
    "create": N_("Creations"),
    "request": N_("Proposals"),
    "vote": N_("Decisions on proposals"),
    "timer": N_("Reminders"),
    "override": N_("Steps past the workflow"),
    "refusal": N_("Refused attempts"),
    "comment": N_("Comments"),
    "file": N_("Files"),
    "notice": N_("Notices sent or read"),
    "delegation": N_("Delegations"),
    "login": N_("Signing in and out"),
    "definition": N_("Workflows"),
    "migrate": N_("Changes of version"),
    "import": N_("Imports"),
    "admin": N_("Administration"),
    "read": N_("Readings"),
    "export": N_("Exports"),
    "redaction": N_("Erasures"),
    "key": N_("Keys of the log"),
    "root": N_("Roots of the log mailed"),
}
"""The kinds of entries that can be looked for, by their names in the log."""


@bp.get("/history")
def index() -> Answer:
    _only_readers_of_the_log()
    with office().read() as uow:
        sought, trouble = _sought(uow)
        found = entries(uow, sought, before=request.args.get("before"), limit=_PAGE) if not trouble else ()
        titles = titles_of(uow)
        about = items_of(uow, found)
        grounds = grounds_in(uow, found)
        told = [
            _told(uow, entry, about.get(entry.stream), titles, grounds.get((entry.stream, entry.n), {}))
            for entry in seen_by(current_actor(), found)
        ]
        moves = _moves(uow)
    readings.note(len(told))
    return render_page(
        "history/index.html",
        told=told,
        titles=titles,
        units=titles.unit_choices(),
        moves=moves,
        kinds=[(name, _(words)) for name, words in KINDS.items()],
        trouble=trouble,
        alarms=alarms_seen(),
        whole=refusal_to_audit(current_actor()) is None,
        next_href=_address(before=found[-1].id) if len(found) == _PAGE else "",
        first_href=_address(before=None) if request.args.get("before") else "",
    )


@bp.get("/history/moves/<form>")
def moves_of(form: str) -> Answer:
    """Every move as an event log; taking it away is an entry of its own."""
    made = download(form)
    if isinstance(made, Reason):
        abort(403)
    return made


def _only_readers_of_the_log() -> None:
    if refusal_to_read_log(current_actor()) is not None:
        abort(403)


def _moves(uow: UnitOfWork) -> list[tuple[str, str]]:
    """The moves of all workflows, by their words; one that several call alike is named once."""
    names: dict[str, str] = {}
    for one in office().editions.all_latest(uow):
        for move in one.transitions.values():
            names.setdefault(move.name, label(move.label))
    return sorted(names.items(), key=lambda named: named[1])


def _sought(uow: UnitOfWork) -> tuple[Sought, str]:
    args = request.args
    # A login that nobody has finds nothing.
    actor = (uow.people.id_of_login(args["actor"]) or "-") if args.get("actor") else ""
    item = ""
    if args.get("item"):
        try:
            item = readable(uow, current_caller(), args["item"].strip()).item.id
        except NotFound:
            return Sought(), _("There is no item “{code}”.", code=args["item"])
    try:
        since, until = _day(args.get("since")), _day(args.get("until"), after=1)
    except NotADate:
        return Sought(), _("A date is written day/month/year, for instance 30/06/2026.")
    sought = Sought(
        actor=actor,
        type=args.get("type", ""),
        item=item,
        move=args.get("move", ""),
        unit=args.get("unit", ""),
        within=part_of_log(current_actor()),
        since=since,
        until=until,
    )
    return sought, ""


def _day(text: str | None, after: int = 0) -> datetime | None:
    if not text or not text.strip():
        return None
    now = office().clock.now().astimezone(office().zone).date()
    day = date_of(text.strip(), now) + timedelta(days=after)
    return datetime.combine(day, time(), tzinfo=office().zone).astimezone(UTC)


def _told(
    uow: UnitOfWork, entry: HistoryEntry, about: Pinned | None, titles: Titles, grounds: Grounds
) -> presenting.Told:
    definition = office().editions.of(about, uow) if about else None
    return presenting.told(entry, definition, titles, {}, code=about.code if about else "", grounds=grounds)


def _address(**changes: str | None) -> str:
    merged = {**{name: value for name, value in request.args.items() if value}, **changes}
    return f"/history?{urlencode({name: value for name, value in merged.items() if value})}"


@bp.get("/history/check")
def check() -> Answer:
    """Walk the whole log now and say whether it holds."""
    _only_readers_of_the_log()
    return render_page("history/check.html", found=auditing.verify(office()))
