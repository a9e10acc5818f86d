"""The unit's page and the commune's page: each number opens the list that it counts."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor
from web.i18n import _, label
from web.pages import presenting
from web.pages.rendering import render_page
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Label
from workflow.engine.visibility import scope_of
from workflow.queries.worklist import Filter, list_items
from workflow.services.overview import SOON_DAYS, Bar, overview

bp = Blueprint("overview", __name__)

Answer = AnyResponse | tuple[str, int]
_SHOWN = 12


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
    behind: int
    behind_href: str


@bp.get("/units/<unit>")
def of_unit(unit: str) -> Answer:
    scope = scope_of(current_actor())
    if not scope.everything and unit != scope.unit:
        abort(404)
    now = office().clock.now()
    with office().read() as uow:
        titles = titles_of(uow)
        if unit not in titles.units:
            abort(404)
        found = overview(office(), uow, unit)
        late = list_items(uow, current_actor(), Filter(unit=unit, late=True), now, limit=_SHOWN)
        lines = presenting.lines_of(late.rows, lambda name: office().editions.latest(name, uow), titles, now)
    return render_page(
        "overview/unit.html",
        name=titles.unit(unit),
        tiles=_tiles(found.total, found.due_soon, unit=unit),
        areas=_lines(found.by_area, titles, "area", unit=unit),
        people=[
            (
                label(_title(one.title_vi, one.title_en)),
                one.open,
                one.late,
                _list(unit=unit, assignee=titles.login(one.person)),
            )
            for one in found.people
        ],
        late=lines,
        more=_list(unit=unit, late="true") if late.next else "",
        all_href=_list(unit=unit),
    )


def _title(vi: str, en: str) -> Label:
    return Label(vi, en)


@bp.get("/commune")
def commune() -> Answer:
    if not scope_of(current_actor()).everything:
        abort(403)
    now = office().clock.now()
    with office().read() as uow:
        titles = titles_of(uow)
        found = overview(office(), uow)
        late = list_items(uow, current_actor(), Filter(late=True), now, limit=_SHOWN)
        lines = presenting.lines_of(late.rows, lambda name: office().editions.latest(name, uow), titles, now)
    return render_page(
        "overview/commune.html",
        tiles=_tiles(found.total, found.due_soon),
        units=_lines(found.by_unit, titles, "unit"),
        areas=_lines(found.by_area, titles, "area"),
        late=lines,
        more=_list(late="true") if late.next else "",
    )


def _tiles(total: Bar, due_soon: int, **narrowed: str) -> list[Tile]:
    return [
        Tile(total.behind, _("Behind schedule"), _list(group="behind", **narrowed), "late"),
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
    href = f"/units/{bar.key}" if key == "unit" else _list(area=bar.key, closed="true", **narrowed)
    parts = (("late", _("behind"), bar.behind), ("doing", _("in progress"), bar.doing), ("done", _("done"), bar.done))
    segments, x = [], 0.0
    for tone, words, count in parts:
        if count:
            width = 100 * count / bar.total
            segments.append((tone, words, count, round(x, 2), round(max(width - 0.6, 0.4), 2)))
            x += width
    behind = _list(**{key: bar.key}, group="behind", **narrowed)
    return BarLine(name, href, tuple(segments), bar.total, bar.behind, behind)
