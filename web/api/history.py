"""The log: one item's story for whoever may read the item, and every entry for those who audit."""

from datetime import datetime

from flask import Blueprint, Response

from web import plain, readings
from web.actors import current_actor, current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.event_logs import download
from web.titles import titles_of
from web.wiring import office
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_read_log
from workflow.engine.visibility import part_of_log
from workflow.persistence import UnitOfWork
from workflow.queries.history import HistoryEntry, Sought, entries, of_item, seen_by
from workflow.services.items import readable
from workflow.services.journal import stream_of
from workflow.services.past import instant_asked

bp = Blueprint("history", __name__)

_PAGE = 50


@bp.get("/items/<ref>/history")
@call(
    Described(
        "The entries of an item, newest first; refusals=1 adds refused attempts",
        {200: "Entries"},
        query=schemas.HISTORY_QUERY,
    )
)
def of_one(ref: str) -> Response:
    asked = calls.query(schemas.HISTORY_QUERY)
    limit = asked.get("limit", _PAGE)
    with office().read() as uow:
        item = readable(uow, current_caller(), ref).item
        refusals = asked.get("refusals") == "1"
        before = asked.get("cursor")
        found = of_item(uow, item, stream=stream_of(item), before=before, limit=limit + 1, refusals=refusals)
        titles = titles_of(uow)
    shown = seen_by(current_actor(), found[:limit])
    return calls.page([plain.entry(one, titles) for one in shown], _following(found, limit))


def _following(found: tuple[HistoryEntry, ...], limit: int) -> str | None:
    return found[limit - 1].id if len(found) > limit else None


@bp.get("/audit/entries")
@call(
    Described(
        "Entries of the log by person, item, move, kind, unit and time, oldest first; reading them is itself an entry",
        {200: "SealedEntries"},
        query=schemas.ENTRIES_QUERY,
    )
)
def of_all() -> Response:
    refusal = refusal_to_read_log(current_actor())
    if refusal:
        raise problem.refused((refusal,))
    asked = calls.query(schemas.ENTRIES_QUERY)
    limit = asked.get("limit", _PAGE)
    with office().read() as uow:
        after = asked.get("cursor") or asked.get("after") or ""
        found = entries(uow, _sought(uow, asked), after=after, limit=limit)
        titles = titles_of(uow)
    said = [plain.sealed_entry(one, titles) for one in seen_by(current_actor(), found)]
    readings.note(len(said))
    return calls.page(said, found[-1].id if len(found) == limit else None)


@bp.get("/audit/moves")
@call(
    Described(
        "Every move as an event log for process mining: format=xes (IEEE 1849) or ocel (OCEL 2.0 in JSON); an entry `export`",
        {200: "bytes"},
        query=schemas.MOVES_QUERY,
    )
)
def moves() -> Response:
    made = download(calls.query(schemas.MOVES_QUERY)["format"])
    if isinstance(made, Reason):
        raise problem.refused((made,))
    return made


def _sought(uow: UnitOfWork, asked: dict[str, str]) -> Sought:
    actor = asked.get("actor", "")
    if actor and actor != "system":
        # A login that nobody has finds nothing.
        actor = uow.people.id_of_login(actor) or "-"
    item = asked.get("item", "")
    if item:
        found = uow.items.find(item)
        item = found.item.id if found else "-"
    return Sought(
        stream=asked.get("stream", ""),
        actor=actor,
        type=asked.get("type", ""),
        item=item,
        move=asked.get("move", ""),
        unit=asked.get("unit", ""),
        since=_instant(asked, "since"),
        until=_instant(asked, "until"),
        within=part_of_log(current_actor()),
    )


def _instant(asked: dict[str, str], field: str) -> datetime | None:
    typed = asked.get(field)
    at = instant_asked(office(), typed, field) if typed else None
    if isinstance(at, Reason):
        raise problem.refused((at,))
    return at
