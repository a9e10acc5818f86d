"""How a workflow is really lived: its ways, counts on its drawing, loops and waits; for whoever reads the whole commune's work."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, abort, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor
from web.i18n import _, label, language, ngettext
from web.pages import presenting
from web.pages.held import working_text
from web.pages.rendering import render_page
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.catalog.draw import View, draw
from workflow.catalog.plain_values import Refused as NotADate
from workflow.catalog.plain_values import date_of
from workflow.engine import Definition
from workflow.persistence import UnitOfWork
from workflow.queries.mining import Times, Variant
from workflow.services.mining import Mined, mined, refusal_to_mine

bp = Blueprint("mining", __name__)

Answer = AnyResponse | tuple[str, int]
_WAYS = 20
_KEPT = 32
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StepLine:
    move: str
    source: str
    target: str
    count: int


@dataclass(frozen=True, slots=True)
class WayLine:
    """One way through the workflow; `href` leads to the story of an item that went it."""

    moves: str
    count: int
    share: str
    example: str
    href: str


@dataclass(frozen=True, slots=True)
class WaitLine:
    """How long items stayed; `slowest` marks where those of the unit stayed longest in all."""

    unit: str
    state: str
    count: int
    median: str
    total: str
    longest: str
    slowest: bool = False


@bp.get("/definitions/<name>/mining")
def show(name: str) -> Answer:
    if refusal_to_mine(current_actor()) is not None:
        abort(403)
    definition = office().editions.latest(name)
    trouble = ""
    try:
        since, until = _asked()
    except NotADate:
        since, until = _this_year()
        trouble = _("A date is written day/month/year, for instance 30/06/2026.")
    with office().read() as uow:
        found = _found(uow, definition, since, until)
        titles = titles_of(uow)
        ways = found.variants[:_WAYS]
    counts = {f"move:{move}": 0 for move in definition.transitions}
    for step, count in found.taken.items():
        counts[f"move:{step.move}"] = counts.get(f"move:{step.move}", 0) + count
    in_state = {f"state:{state}": times.count for state, times in found.states.items()}
    say = _Saying(definition, titles, found.working)
    return render_page(
        "workflows/mining.html",
        422 if trouble else 200,
        trouble=trouble,
        workflow=name,
        name=label(definition.label),
        since=since,
        until=until - _DAY,
        found=found,
        drawing=draw(definition, View(language=language(), counts={**counts, **in_state}), "whole"),
        steps=[
            StepLine(say.move(step.move), say.state(step.source), say.state(step.target), count)
            for step, count in found.taken.items()
        ],
        ways=[say.way(way, found.items) for way in ways],
        more_ways=len(found.variants) - len(ways),
        states=[say.wait(times, state) for state, times in found.states.items()],
        units=[
            say.wait(times, state, unit, slowest=found.slowest.get(unit) == state)
            for (unit, state), times in sorted(found.units.items())
        ],
    )


def _asked() -> tuple[datetime, datetime]:
    """The days that the address names, both included; without any, the present year."""
    since, until = _this_year()
    today = office().clock.now().astimezone(office().zone).date()
    if typed := request.args.get("since", "").strip():
        since = _begin(date_of(typed, today))
    if typed := request.args.get("until", "").strip():
        until = _begin(date_of(typed, today) + _DAY)
    return since, until


def _this_year() -> tuple[datetime, datetime]:
    year = office().clock.now().astimezone(office().zone).year
    return _begin(date(year, 1, 1)), _begin(date(year + 1, 1, 1))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=office().zone).astimezone(UTC)


def _found(uow: UnitOfWork, definition: Definition, since: datetime, until: datetime) -> Mined:
    """Counted once as long as nothing was written: thousands of items are looked through for it."""
    kept: dict[object, Mined] = current_app.extensions.setdefault("mined", {})
    working = request.args.get("time") == "working"
    today = office().clock.now().astimezone(office().zone).date()
    key = (definition.fingerprint, since, until, working, today, uow.audit.newest_mark())
    if key not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[key] = mined(office(), uow, definition, since, until, working=working)
    return kept[key]


@dataclass(frozen=True, slots=True)
class _Saying:
    """Puts what was counted into words."""

    definition: Definition
    titles: Titles
    working: bool

    def move(self, name: str) -> str:
        found = self.definition.transitions.get(name)
        return label(found.label) if found else name

    def state(self, name: str) -> str:
        found = self.definition.states.get(name)
        return label(found.label) if found else name

    def way(self, way: Variant, items: int) -> WayLine:
        moves = " → ".join(self.move(name) for name in way.moves) or _("nothing yet")
        share = f"{100 * way.count / items:.0f} %" if items else ""
        return WayLine(moves, way.count, share, way.example, f"{presenting.item_path(way.example)}/history")

    def wait(self, times: Times, state: str, unit: str = "", *, slowest: bool = False) -> WaitLine:
        return WaitLine(
            self.titles.unit(unit),
            self.state(state),
            times.count,
            self.length(times.median),
            self.length(times.total),
            self.length(times.longest),
            slowest,
        )

    def length(self, length: timedelta) -> str:
        if self.working:
            calendar = office().calendars[self.definition.calendar or ""]
            return working_text(length, calendar.day_length)
        days, rest = divmod(length, _DAY)
        hours = rest // timedelta(hours=1)
        parts = [
            ngettext("{n} day", "{n} days", days) if days else "",
            ngettext("{n} hour", "{n} hours", hours) if hours or not days else "",
        ]
        return " ".join(part for part in parts if part)
