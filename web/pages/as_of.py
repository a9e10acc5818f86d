"""The reading room's view of a past instant: every item as it stood then. Reading it is itself on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response as AnyResponse

from web import readings
from web.actors import current_actor, current_caller
from web.i18n import DueCue, label
from web.pages import presenting
from web.pages.rendering import render_page
from web.pages.then import odd_instant, reading_choices, reading_of
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Item, Reason
from workflow.engine.administration import refusal_to_audit
from workflow.persistence import UnitOfWork
from workflow.services.past import instant_asked, items_then

bp = Blueprint("as_of", __name__)

Answer = AnyResponse | tuple[str, int]
_MOST = 500


@dataclass(frozen=True, slots=True)
class Line:
    code: str
    href: str
    title: str
    unit: str
    state: str
    group: str
    due: DueCue | None
    waits: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked and found: `count` items in all, `lines` the first of them by their dates; `trouble` says why none."""

    at: datetime | None = None
    count: int = 0
    lines: Sequence[Line] = ()
    trouble: str = ""


@bp.get("/history/as-of")
def index() -> Answer:
    if refusal_to_audit(current_actor()) is not None:
        abort(403)
    by = reading_of(request.args)
    with office().read() as uow:
        titles = titles_of(uow)
        found = _found(uow, titles, by)
    if found.at is not None:
        readings.note(len(found.lines))
    return render_page(
        "history/as_of.html",
        422 if found.trouble else 200,
        found=found,
        most=_MOST,
        by=by,
        readings=reading_choices(),
        units=[(unit, label(words)) for unit, words in titles.units.items()],
        workflows=[(one.workflow, label(one.label)) for one in office().editions.all_latest()],
    )


def _found(uow: UnitOfWork, titles: Titles, by: str) -> Found:
    typed = request.args.get("as_of", "").strip()
    if not typed:
        return Found()
    at = instant_asked(office(), typed)
    if isinstance(at, Reason):
        return Found(trouble=odd_instant(at))
    items = items_then(uow, current_caller(), at, by)
    if isinstance(items, Reason):
        abort(403)
    wanted = [item for item in items if _fits(uow, item)]
    wanted.sort(key=lambda item: (item.due_at is None, item.due_at or at, item.code))
    query = urlencode({"as_of": typed, "by": by})
    return Found(at, len(wanted), [_line(uow, item, titles, at, query) for item in wanted[:_MOST]])


def _fits(uow: UnitOfWork, item: Item) -> bool:
    asked = request.args
    if asked.get("late") and not any(episode.ended_at is None for episode in item.episodes):
        return False
    if not asked.get("closed"):
        definition = office().editions.of(item, uow)
        if definition.states[item.state].final is not None:
            return False
    return all(not asked.get(name) or asked[name] == getattr(item, name) for name in ("unit", "workflow"))


def _line(uow: UnitOfWork, item: Item, titles: Titles, at: datetime, query: str) -> Line:
    definition = office().editions.of(item, uow)
    state = definition.states[item.state]
    return Line(
        code=item.code,
        href=f"{presenting.item_path(item.code)}/history?{query}",
        title=str(item.fields.get("title") or item.code),
        unit=titles.unit(item.unit),
        state=label(state.label),
        group=state.group.value,
        due=presenting.due_of(item, definition, at),
        waits=presenting.waits_for(item, definition, titles),
    )
