"""The unit's page and the commune's page: each number opens the list that it counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor
from web.i18n import _, label, moment
from web.measures import WORDS
from web.pages import presenting
from web.pages.charts import shares, trend_lines
from web.pages.rendering import Shown, count_within
from web.titles import Titles, titles_of
from web.wiring import office, settings
from workflow.engine import Item, Label
from workflow.engine.accountability import Measure, reads_account
from workflow.engine.visibility import scope_of
from workflow.persistence import UnitOfWork
from workflow.queries.dashboard import Load
from workflow.queries.trends import items_named
from workflow.queries.worklist import Filter, list_items
from workflow.services.overview import SOON_DAYS, Bar, Overview, overview
from workflow.services.trends import CAUSES, Lateness, lateness, trends

bp = Blueprint("overview", __name__)

Answer = AnyResponse | tuple[str, int]
_SHOWN, _MOST = 12, 200
LONG_LATE = "long"


@dataclass(frozen=True, slots=True)
class Tile:
    number: int
    words: str
    href: str
    tone: str


@dataclass(frozen=True, slots=True)
class BarLine:
    """One line of a breakdown with its segments as (tone, words, count, x, width) of a bar 100 wide."""

    name: str
    href: str
    segments: tuple[tuple[str, str, int, float, float], ...]
    total: int
    total_href: str
    behind: int
    behind_href: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """What one person has in hand, as a bar with its numbers."""

    name: str
    open: int
    late: int
    href: str
    late_href: str
    segments: tuple[tuple[str, str, int, float, float], ...]


@dataclass(frozen=True, slots=True)
class Aside:
    number: int
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Hero:
    """The number that is to be seen first: how much is behind, with what of it is worst."""

    number: int
    href: str
    asides: list[Aside]


@bp.get("/units/<unit>")
def of_unit(unit: str) -> Answer:
    return _unit_page(unit, "overview/unit.html")


@bp.get("/units/<unit>/print")
def print_unit(unit: str) -> Answer:
    return _unit_page(unit, "overview/print_unit.html")


def _unit_page(unit: str, template: str) -> Answer:
    actor, now = current_actor(), office().clock.now()
    with office().read() as uow:
        titles = titles_of(uow)
        if unit not in titles.units or not reads_account(actor, unit):
            abort(404)
        found, why = overview(office(), uow, unit), lateness(office(), uow, unit)
        late = list_items(uow, actor, Filter(unit=unit, late=True), now, limit=_SHOWN)
        shown = Shown(
            template,
            name=titles.unit(unit),
            unit=unit,
            hero=_hero(found, why, f"/units/{unit}/late", unit=unit),
            tiles=_tiles(found.total, found.due_soon, unit=unit),
            areas=_lines(found.by_area, titles, "area", unit=unit),
            people=[_person(one, unit, titles) for one in found.people],
            causes=shares(why, WORDS, f"/units/{unit}/late"),
            trends=trend_lines(trends(office(), uow, unit)),
            late=presenting.lines_of(late.rows, lambda name: office().editions.latest(name, uow), titles, now),
            more=_list(unit=unit, late="true") if late.next else "",
            all_href=_list(unit=unit),
            **_paper(titles),
        )
        count_within(uow)
    return shown.render()


@bp.get("/commune")
def commune() -> Answer:
    return _commune_page("overview/commune.html")


@bp.get("/commune/print")
def print_commune() -> Answer:
    return _commune_page("overview/print_commune.html")


def _commune_page(template: str) -> Answer:
    actor, now = current_actor(), office().clock.now()
    if not scope_of(actor).everything:
        abort(403)
    with office().read() as uow:
        titles = titles_of(uow)
        found, why = overview(office(), uow), lateness(office(), uow)
        late = list_items(uow, actor, Filter(late=True), now, limit=_SHOWN)
        shown = Shown(
            template,
            hero=_hero(found, why, "/commune/late"),
            tiles=_tiles(found.total, found.due_soon),
            units=_lines(found.by_unit, titles, "unit"),
            sheets=[(titles.unit(bar.key), f"/units/{bar.key}/accountability") for bar in found.by_unit if bar.total],
            areas=_lines(found.by_area, titles, "area"),
            causes=shares(why, WORDS, "/commune/late"),
            trends=trend_lines(trends(office(), uow)),
            late=presenting.lines_of(late.rows, lambda name: office().editions.latest(name, uow), titles, now),
            more=_list(late="true") if late.next else "",
            **_paper(titles),
        )
        count_within(uow)
    return shown.render()


# -- what is late, by why -----------------------------------------------------------------------------------------------


@bp.get("/units/<unit>/late/<why>")
def late_of_unit(unit: str, why: str) -> Answer:
    if not reads_account(current_actor(), unit):
        abort(404)
    return _late_page(why, unit)


@bp.get("/commune/late/<why>")
def late_of_commune(why: str) -> Answer:
    if not scope_of(current_actor()).everything:
        abort(403)
    return _late_page(why, None)


def _late_page(why: str, unit: str | None) -> Answer:
    """What is late for that cause, or for long."""
    if why not in (*CAUSES, LONG_LATE):
        abort(404)
    with office().read() as uow:
        titles = titles_of(uow)
        if unit is not None and unit not in titles.units:
            abort(404)
        found = lateness(office(), uow, unit)
        ids = found.long if why == LONG_LATE else found.by_cause[Measure(why)]
        shown = Shown(
            "overview/late.html",
            name=titles.unit(unit) if unit else _("The commune"),
            back=f"/units/{unit}" if unit else "/commune",
            words=_("Late for more than ten days") if why == LONG_LATE else _(WORDS[Measure(why)]),
            count=len(ids),
            lines=[_late_line(uow, item, titles) for item in items_named(uow, ids[:_MOST])],
            hidden=max(0, len(ids) - _MOST),
        )
        count_within(uow)
    return shown.render()


def _late_line(uow: UnitOfWork, item: Item, titles: Titles) -> presenting.Line:
    definition = office().editions.of(item, uow)
    due = presenting.due_of(item, definition, office().clock.now())
    line = presenting.line_of(item, definition, titles, due, presenting.item_path(item.code))
    return line._replace(waits=presenting.waits_cell(presenting.waits_for(item, definition, titles)))


# -- numbers ------------------------------------------------------------------------------------------------------------


def _hero(found: Overview, why: Lateness, path: str, **narrowed: str) -> Hero:
    """The one number, and what of it is worst."""
    unexplained = len(why.by_cause[Measure.UNEXPLAINED])
    asides = [
        Aside(len(why.long), _("late for more than ten days"), f"{path}/{LONG_LATE}"),
        Aside(unexplained, _("without a stated cause"), f"{path}/{Measure.UNEXPLAINED.value}"),
        Aside(found.unanswered, _("difficulties unanswered"), "/escalations"),
    ]
    return Hero(found.total.behind, _list(group="behind", **narrowed), asides)


def _person(one: Load, unit: str, titles: Titles) -> PersonLine:
    parts = (("late", _("late"), one.late), ("doing", _("in hand, not late"), one.open - one.late))
    whose = {"unit": unit, "assignee": titles.login(one.person)}
    return PersonLine(
        name=label(Label(one.title_vi, one.title_en)),
        open=one.open,
        late=one.late,
        href=_list(**whose),
        late_href=_list(**whose, late="true"),
        segments=_segments(parts, one.open),
    )


def _paper(titles: Titles) -> dict[str, Any]:
    """Who prints it and when: at the foot of the paper."""
    return {
        "printed_by": titles.person(current_actor().id),
        "printed_at": moment(office().clock.now(), settings().zone),
    }


def _tiles(total: Bar, due_soon: int, **narrowed: str) -> list[Tile]:
    return [
        Tile(due_soon, _("Due within {n} days", n=SOON_DAYS), _list(soon="true", **narrowed), "soon"),
        Tile(total.doing, _("In progress"), _list(group="doing", **narrowed), "doing"),
        Tile(total.done, _("Done"), _list(group="done", **narrowed), "done"),
    ]


def _list(**narrowed: str | None) -> str:
    return f"/items?{urlencode({name: value for name, value in narrowed.items() if value})}"


def _lines(bars: tuple[Bar, ...], titles: Titles, key: str, **narrowed: str) -> list[BarLine]:
    return [_line(bar, titles, key, **narrowed) for bar in bars if bar.total]


def _line(bar: Bar, titles: Titles, key: str, **narrowed: str) -> BarLine:
    name = (titles.unit(bar.key) if key == "unit" else titles.area(bar.key)) or _("No area")
    everything = _list(**{key: bar.key}, closed="true", **narrowed)
    parts = (("late", _("behind"), bar.behind), ("doing", _("in progress"), bar.doing), ("done", _("done"), bar.done))
    return BarLine(
        name=name,
        href=f"/units/{bar.key}" if key == "unit" else everything,
        segments=_segments(parts, bar.total),
        total=bar.total,
        total_href=everything,
        behind=bar.behind,
        behind_href=_list(**{key: bar.key}, group="behind", **narrowed),
    )


def _segments(parts: Iterable[tuple[str, str, int]], total: int) -> tuple[tuple[str, str, int, float, float], ...]:
    segments, x = [], 0.0
    for tone, words, count in parts:
        if count:
            width = 100 * count / total
            segments.append((tone, words, count, round(x, 2), round(max(width - 0.6, 0.4), 2)))
            x += width
    return tuple(segments)
