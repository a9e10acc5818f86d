"""Periods: who sent what, what is missing and until when; and a period's consolidated report with all that it rests on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import DueCue, _, due_cue, label, ngettext, number, period_words, reason_sentence
from web.pages.figures import result_text, stored_rows
from web.pages.presenting import item_path
from web.pages.rendering import Shown, count_within, render_page
from web.titles import Titles, choice_label, titles_of
from web.wiring import office, settings
from workflow.catalog.figures import Figure, figure_of
from workflow.catalog.indicators import Indicator
from workflow.engine import Definition, Item, Label
from workflow.engine.deadlines import end_of_day
from workflow.engine.definition import Purpose
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.queries.consolidation import Standing
from workflow.services.consolidation import (
    COLLECT,
    RENEW,
    Difference,
    NotConsolidated,
    consolidate,
    differences,
    newly_received,
    of_period,
)
from workflow.services.documents import has_paper
from workflow.services.gathering import Gathered, Line
from workflow.services.items import creatable
from workflow.services.matrix import URGE, Matrix, PeriodRow, matrix, row_of, urge
from workflow.services.moves import offers

bp = Blueprint("reports", __name__)

Answer = AnyResponse | tuple[str, int]

_YEAR = re.compile(r"(19|20|21)[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Cell:
    """How one unit stands in one period. `cue` says whether it was sent in time; `notes` what else is to be known."""

    unit: str
    href: str = ""
    code: str = ""
    state: str = ""
    group: str = ""
    cue: DueCue | None = None
    notes: tuple[str, ...] = ()
    sent_at: datetime | None = None
    received_at: datetime | None = None
    version: int = 0
    returned: int = 0
    may_urge: bool = False


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One period in the list. `cue` counts down to its deadline as long as something is missing."""

    href: str
    label: str
    series: str
    window: tuple[str, str]
    due_on: date
    cue: DueCue | None
    cells: tuple[Cell, ...]
    told: str
    consolidation: Cell | None


@bp.get("/reports")
def index() -> Answer:
    year = request.args.get("year") or str(office().clock.now().astimezone(settings().zone).year)
    if not _YEAR.fullmatch(year):
        abort(400)
    with office().read() as uow:
        found = matrix(office(), uow, current_actor(), year)
        titles = titles_of(uow)
        lines = [_line(uow, row, titles) for row in found.rows]
        series = _series_words(uow)
        count_within(uow)
    return render_page(
        "reports/index.html",
        year=int(year),
        units=[titles.unit(unit) for unit in found.units],
        knows_consolidation=found.knows_consolidation,
        groups=[(words, part) for name, words in series if (part := [one for one in lines if one.series == name])],
    )


def _series_words(uow: UnitOfWork) -> tuple[tuple[str, str], ...]:
    definition = office().editions.serving(Purpose.REPORT, uow)
    field = definition.fields["series"]
    return tuple((name, choice_label(field, name)) for name in definition.series)


def _line(uow: UnitOfWork, row: PeriodRow, titles: Titles) -> PeriodLine:
    now, zone = office().clock.now(), settings().zone
    due_at = end_of_day(row.due_on, zone)
    asked = [one for one in row.standings if not one.is_waived]
    sent = len(asked) - len(row.missing)
    return PeriodLine(
        href=url_for("reports.show", series=row.series.name, period=row.period.name),
        label=label(row.period.label),
        series=row.series.name,
        window=(row.period.window_from.isoformat(), row.period.window_to.isoformat()),
        due_on=row.due_on,
        cue=due_cue(due_at, now, zone=zone) if row.missing else None,
        cells=tuple(_cell(uow, one, due_at, titles) for one in row.standings),
        told=_("{sent} of {all} sent", sent=sent, all=len(asked)),
        consolidation=_consolidated(uow, row.consolidation),
    )


def _cell(uow: UnitOfWork, one: Standing, due_at: datetime, titles: Titles, *, may_urge: bool = False) -> Cell:
    newest = one.newest
    unit = titles.unit(one.unit)
    if newest is None:
        return Cell(unit)
    state = office().editions.of(newest.item, uow).states[newest.item.state]
    now, zone = office().clock.now(), settings().zone
    timely = None if one.is_waived else due_cue(due_at, now, one.sent_at, zone=zone)
    return Cell(
        unit=unit,
        href=item_path(newest.item.code),
        code=newest.item.code,
        state=label(state.label),
        group=state.group.value,
        # What is still to come is counted once, for the whole period.
        cue=timely if one.sent_at or now >= due_at else None,
        notes=_notes(one),
        sent_at=one.sent_at,
        received_at=one.in_force.received_at if one.in_force else None,
        version=one.version,
        returned=one.returned_count,
        may_urge=may_urge,
    )


def _notes(one: Standing) -> tuple[str, ...]:
    returned = one.returned_count
    notes = (
        _("waiting for approval") if one.newest and one.newest.item.requests else "",
        ngettext("returned {n} time", "returned {n} times", returned) if returned else "",
        _("version {n}", n=one.version) if one.version > 1 else "",
        _("correction under way") if one.version and one.version < len(one.reports) else "",
    )
    return tuple(note for note in notes if note)


def _consolidated(uow: UnitOfWork, item: Item | None) -> Cell | None:
    if item is None:
        return None
    state = office().editions.of(item, uow).states[item.state]
    version = int(str(item.fields.get("version_no") or 1))
    return Cell("", item_path(item.code), item.code, label(state.label), state.group.value, version=version)


# -- one period ---------------------------------------------------------------------------------------------------------


@bp.get("/reports/<series>/<period>")
def show(series: str, period: str) -> Answer:
    with office().read() as uow:
        shown = _period_page(uow, series, period)
    return shown.render()


def _period_page(uow: UnitOfWork, series: str, period: str, status: int = 200, errors: Iterable[str] = ()) -> Shown:
    found = row_of(office(), uow, current_actor(), series, period)
    (row,) = found.rows
    titles = titles_of(uow)
    zone, due_at = settings().zone, end_of_day(row.due_on, settings().zone)
    urgeable = _urgeable(uow, found)
    consolidation_due = end_of_day(row.consolidation_due_on, zone) if row.consolidation_due_on else None
    cells = [_cell(uow, one, due_at, titles, may_urge=one.unit in urgeable) for one in row.standings]
    submitted_at = row.consolidated.submitted_at if row.consolidated else None
    shown = Shown(
        "reports/show.html",
        status,
        series=series,
        period=period,
        title=_period_title(uow, row.period.label),
        line=_line(uow, row, titles),
        cells=cells,
        urge_href=url_for("reports.urge_units", series=series, period=period),
        may_urge=bool(urgeable),
        consolidation=_consolidated(uow, row.consolidation),
        consolidation_href=_consolidation_path(series, period) if found.knows_consolidation else "",
        consolidation_cue=due_cue(consolidation_due, office().clock.now(), submitted_at, zone=zone),
        finding=label(row.period.finding) if row.period.finding else "",
        errors=[(None, sentence) for sentence in errors],
        urged=request.args.get("urged", type=int) or 0,
        key=new_id(office().clock.now()),
    )
    count_within(uow)
    return shown


def _period_title(uow: UnitOfWork, period: Label) -> str:
    definition = office().editions.serving(Purpose.REPORT, uow)
    return f"{label(definition.label)} {label(period)}"


def _urgeable(uow: UnitOfWork, found: Matrix) -> frozenset[str]:
    """The units that whoever is signed in may urge now, as the workflow says."""
    units = []
    for row in found.rows:
        for one in row.standings:
            if one.newest is None or one.newest.final:
                continue
            definition = office().editions.of(one.newest.item, uow)
            standing = offers(office(), uow, definition, one.newest.item, current_actor())
            if any(offer.move == URGE and offer.allowed for offer in standing):
                units.append(one.unit)
    return frozenset(units)


@bp.post("/reports/<series>/<period>/urge")
def urge_units(series: str, period: str) -> Answer:
    codes = request.form.getlist("code")
    told = urge(office(), current_caller(), codes, request.form.get("comment", "").strip())
    sentences = [f"{code}: {reason_sentence(one, None, of)}" for code, of, reasons in told.refused for one in reasons]
    if not codes:
        sentences = [_("Please tick the units that are to be urged.")]
    if sentences:
        with office().read() as uow:
            shown = _period_page(uow, series, period, 422, sentences)
        return shown.render()
    return redirect(url_for("reports.show", series=series, period=period, urged=len(told.done)), 303)


# -- the consolidated report --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VersionLine:
    number: int
    href: str
    code: str
    state: str
    group: str
    collected_at: str
    units: str
    issued_at: str
    issued_number: str
    current: bool


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One indicator: what it says, of which numbers, who brought it, what is missing of it."""

    label: str
    unit: str
    result: str
    parts: tuple[tuple[str, str], ...]
    brought: str
    holes: str
    target: str


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    label: str
    before: str
    after: str


@bp.get("/reports/<series>/<period>/consolidation")
def consolidation(series: str, period: str) -> Answer:
    with office().read() as uow:
        shown = _consolidation_page(uow, series, period)
    return shown.render()


def _consolidation_path(series: str, period: str) -> str:
    return url_for("reports.consolidation", series=series, period=period)


def _consolidation_page(
    uow: UnitOfWork, series: str, period: str, status: int = 200, errors: Iterable[str] = ()
) -> Shown:
    gathered, versions = of_period(office(), uow, current_caller(), series, period)
    titles = titles_of(uow)
    chosen = _chosen(versions)
    before = versions[versions.index(chosen) - 1] if chosen and versions.index(chosen) else None
    newest = versions[-1] if versions else None
    stale = sorted(newly_received(gathered, newest)) if newest else []
    shown = Shown(
        "reports/consolidation.html",
        status,
        title=_consolidation_title(uow, gathered),
        period_href=url_for("reports.show", series=series, period=period),
        period_title=_period_title(uow, gathered.period.label),
        action=_consolidation_path(series, period),
        act=_act(uow, newest),
        asks_why=newest is not None and _offered(uow, newest, RENEW),
        key=new_id(office().clock.now()),
        stale=[(code, item_path(code)) for code in stale],
        newest=int(str(newest.fields.get("version_no"))) if newest else 0,
        chosen=chosen,
        has_paper=chosen is not None and has_paper(office().editions.of(chosen, uow)),
        versions=[_version(uow, one, chosen, series, period) for one in reversed(versions)],
        units=_units_told(chosen, gathered, titles),
        figures=_figure_lines(chosen, gathered, titles),
        contradicted=_contradicted(gathered, titles),
        before=int(str(before.fields.get("version_no"))) if before else 0,
        differences=[_difference(one) for one in differences(before, chosen)] if before and chosen else [],
        errors=[(None, sentence) for sentence in errors],
        done=request.args.get("done") == "1",
    )
    count_within(uow)
    return shown


def _consolidation_title(uow: UnitOfWork, gathered: Gathered) -> str:
    return f"{label(office().editions.serving(Purpose.CONSOLIDATION, uow).label)} {label(gathered.period.label)}"


def _chosen(versions: tuple[Item, ...]) -> Item | None:
    """The version asked for, else the newest; None where there is none yet."""
    asked = request.args.get("version", type=int)
    if asked is None:
        return versions[-1] if versions else None
    found = next((one for one in versions if one.fields.get("version_no") == asked), None)
    if found is None:
        abort(404)
    return found


def _act(uow: UnitOfWork, newest: Item | None) -> str:
    """The words of the button by which whoever is signed in brings the report up to date; "" where he may not."""
    if newest is None:
        possible = (one.purpose for one in creatable(office(), uow, current_caller()))
        return _("Consolidate now") if Purpose.CONSOLIDATION in possible else ""
    moves = office().editions.of(newest, uow).transitions
    return next((label(moves[name].label) for name in (COLLECT, RENEW) if _offered(uow, newest, name)), "")


def _offered(uow: UnitOfWork, item: Item, move: str) -> bool:
    definition = office().editions.of(item, uow)
    standing = offers(office(), uow, definition, item, current_actor())
    # What a move still asks for is in the form; that it is offered at all is what counts.
    return any(offer.move == move and offer.allowed for offer in standing)


def _version(uow: UnitOfWork, one: Item, chosen: Item | None, series: str, period: str) -> VersionLine:
    state = office().editions.of(one, uow).states[one.state]
    fields = one.fields
    version = int(str(fields.get("version_no") or 1))
    return VersionLine(
        number=version,
        href=f"{_consolidation_path(series, period)}?version={version}",
        code=one.code,
        state=label(state.label),
        group=state.group.value,
        collected_at=str(fields.get("collected_at") or ""),
        units=_(
            "{received} of {total} units", received=fields.get("units_received", 0), total=fields.get("units_total", 0)
        ),
        issued_at=str(fields.get("issued_at") or ""),
        issued_number=str(fields.get("issued_number") or ""),
        current=chosen is not None and one.id == chosen.id,
    )


def _units_told(chosen: Item | None, gathered: Gathered, titles: Titles) -> list[tuple[str, str]]:
    """Who sent in time, who late, who not, who need not: as the version holds it, else as it is now."""
    now, zone = office().clock.now(), settings().zone
    fields: Mapping[str, Any] = chosen.fields if chosen else gathered.fields(now, zone)

    def named(name: str) -> str:
        return ", ".join(titles.unit(unit) for unit in str(fields.get(name) or "").split())

    late = (pair.partition(":") for pair in str(fields.get("late_units") or "").split())
    told = (
        (_("Sent in time"), named("on_time_units")),
        (_("Sent late"), ", ".join(f"{titles.unit(unit)} ({_days_late(days)})" for unit, _colon, days in late)),
        (_("No received report"), named("missing_units")),
        (_("Waived for the period"), named("waived_units")),
    )
    return [(words, units) for words, units in told if units]


def _days_late(days: str) -> str:
    return ngettext("{n} day late", "{n} days late", int(days))


def _figure_lines(chosen: Item | None, gathered: Gathered, titles: Titles) -> list[FigureLine]:
    now, zone = office().clock.now(), settings().zone
    fields: Mapping[str, Any] = chosen.fields if chosen else gathered.fields(now, zone)
    rows = {str(row.get("indicator")): row for row in stored_rows(fields.get("figures"))}
    holes: dict[str, list[str]] = {}
    for told in str(fields.get("holes") or "").split():
        indicator, _colon, missing = told.partition(":")
        holes.setdefault(indicator, []).append(missing)
    return [
        _figure_line(one, rows.get(one.id, {}), holes.get(one.id, []), titles)
        for one in office().indicators.indicators
        if one.id in rows or one.id in holes
    ]


def _holes(missing: Iterable[str], titles: Titles) -> str:
    """Which units have no figure, and in which shorter periods they have none."""
    periods: dict[str, list[str]] = {}
    for one in missing:
        unit, _slash, period = one.partition("/")
        periods.setdefault(unit, []).extend([period_words(period)] if period else [])
    named = (f"{titles.unit(unit)} ({', '.join(of)})" if of else titles.unit(unit) for unit, of in periods.items())
    return ", ".join(named)


def _figure_line(one: Indicator, row: Mapping[str, Any], holes: list[str], titles: Titles) -> FigureLine:
    figure = figure_of(row)
    parts = ((one.numerator, figure.numerator), (one.denominator, figure.denominator))
    return FigureLine(
        label=label(one.label),
        unit=label(one.unit),
        result=result_text(one, figure) if row else "",
        parts=tuple((number(value), label(words)) for words, value in parts if words and value is not None),
        brought=", ".join(titles.unit(unit) for unit in str(row.get("units") or "").split()),
        holes=_holes(holes, titles),
        target=number(one.target) if one.target is not None else "",
    )


def _contradicted(gathered: Gathered, titles: Titles) -> list[tuple[str, DifferenceLine]]:
    """What units typed for the whole period beside what their shorter periods add up to: unit by unit."""
    return [
        (titles.unit(unit), DifferenceLine(label(line.indicator.label), *_beside(line, unit, typed)))
        for line in gathered.lines
        for unit, typed in line.contradicted
    ]


def _beside(line: Line, unit: str, typed: Figure) -> tuple[str, str]:
    counted = dict(line.brought)[unit]
    told = (_told(line.indicator, (one.numerator, one.denominator)) for one in (typed, counted))
    return next(told), next(told)


def _difference(one: Difference) -> DifferenceLine:
    indicator = office().indicators.find(one.indicator)
    if indicator is None:
        return DifferenceLine(one.indicator, "", "")
    return DifferenceLine(label(indicator.label), _told(indicator, one.before), _told(indicator, one.after))


def _told(indicator: Indicator, parts: tuple[Decimal | None, Decimal | None]) -> str:
    """A figure of a version in short, with what it is made of; "" where the version has none."""
    result = result_text(indicator, Figure(indicator.id, *parts))
    if not result or indicator.denominator is None:
        return result
    return f"{result} ({'/'.join(number(part) for part in parts if part is not None)})"


@bp.post("/reports/<series>/<period>/consolidation")
def gather_now(series: str, period: str) -> Answer:
    made = consolidate(office(), current_caller(), series, period, request.form.get("comment", "").strip())
    if isinstance(made, NotConsolidated):
        sentences = _sentences(made.reasons, made.definition)
        with office().read() as uow:
            shown = _consolidation_page(uow, series, period, problems.of_reasons(made.reasons).status, sentences)
        return shown.render()
    return redirect(f"{_consolidation_path(series, period)}?done=1", 303)


def _sentences(reasons: Iterable[Any], definition: Definition) -> list[str]:
    return [reason_sentence(one, None, definition) for one in reasons]
