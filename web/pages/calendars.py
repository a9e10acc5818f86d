"""The administrator's page of a working calendar: a year's days off and days worked, its hours, the years that are known."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import N_, _, day, reason_sentence
from web.pages.rendering import Shown
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_administer
from workflow.engine.workdays import OFF, PLAIN, WORKED, Calendar, NamedDay
from workflow.errors import NotFound
from workflow.persistence.calendars import By, Entered, hours_text
from workflow.services import calendars
from workflow.services.calendars import FIRST_YEAR, LAST_YEAR, NotEntered, TypedDay
from workflow.values import replace

bp = Blueprint("calendars", __name__)

Answer = AnyResponse | tuple[str, int]

_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_KIND_WORDS = {OFF: N_("day off"), WORKED: N_("worked")}
_FIELDS = {
    "date": N_("Day"),
    "kind": N_("What it is"),
    "name": N_("Name of the day"),
    "source": N_("Document that decides it"),
    "year": N_("Year"),
    "hours": N_("Hours of a working day"),
}
_DONE = {
    "day": N_("Done. The day stands in the calendar. Dates that were fixed before stay as they are."),
    "back": N_("Done. The day is again what its weekday is. Dates that were fixed before stay as they are."),
    "year": N_("Done. From now on dates are counted in this year."),
    "hours": N_("Done. The hours are in force."),
}


@bp.before_request
def only_administrators() -> None:
    """One guard for every page here; the use cases ask the same rule again."""
    if refusal_to_administer(current_actor()) is not None:
        abort(403)


@dataclass(frozen=True, slots=True)
class Line:
    """One day: `tone` colours its kind, `by` and `since` say who entered it (empty: the calendar's file)."""

    on: str
    iso: str
    weekday: str
    kind: str
    words: str
    tone: str
    name: str
    source: str
    by: str
    since: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was refused of one form of the page, and what had been typed there."""

    form: str
    reasons: tuple[Reason, ...]
    typed: Mapping[str, str]


@bp.get("/admin/calendars")
def index() -> Answer:
    """The page of the first calendar: most offices have one only."""
    first = min(office().calendars, default=None)
    if first is None:
        raise NotFound("calendar", "")
    return redirect(url_for("calendars.show", name=first), 303)


@bp.get("/admin/calendars/<name>")
def show(name: str) -> Answer:
    return _page(name)


@bp.post("/admin/calendars/<name>/days")
def put_day(name: str) -> Answer:
    typed = TypedDay(*(_sent("day", part) for part in ("date", "kind", "name", "source")))
    outcome = calendars.put_day(office(), current_caller(), name, typed)
    if isinstance(outcome, NotEntered):
        return _page(name, Wrong("day", outcome.reasons, request.form))
    return _done(name, outcome.date.year, "day")


@bp.post("/admin/calendars/<name>/days/<on>/back")
def take_day_back(name: str, on: str) -> Answer:
    form = f"back-{on}"
    outcome = calendars.take_day_back(office(), current_caller(), name, on, _sent(form, "source"))
    if isinstance(outcome, NotEntered):
        return _page(name, Wrong(form, outcome.reasons, request.form))
    return _done(name, outcome.date.year, "back")


@bp.post("/admin/calendars/<name>/years")
def complete_year(name: str) -> Answer:
    year, source = _sent("year", "year"), _sent("year", "source")
    outcome = calendars.complete_year(office(), current_caller(), name, year, source)
    if isinstance(outcome, NotEntered):
        return _page(name, Wrong("year", outcome.reasons, request.form))
    return _done(name, outcome, "year")


@bp.post("/admin/calendars/<name>/hours")
def put_hours(name: str) -> Answer:
    hours, source = _sent("hours", "hours"), _sent("hours", "source")
    outcome = calendars.put_hours(office(), current_caller(), name, hours, source)
    if isinstance(outcome, NotEntered):
        return _page(name, Wrong("hours", outcome.reasons, request.form))
    return _done(name, _asked_year(), "hours")


def _done(name: str, year: int, done: str) -> Answer:
    return redirect(url_for("calendars.show", name=name, year=year, done=done), 303)


def _asked_year() -> int:
    """The year that the address names, or the present one."""
    given = request.args.get("year", "")
    if given.isdigit() and FIRST_YEAR <= int(given) <= LAST_YEAR:
        return int(given)
    return office().clock.now().astimezone(office().zone).year


def _page(name: str, wrong: Wrong | None = None) -> Answer:
    calendar = _calendar(name)
    year = _asked_year()
    entered = calendars.entered(office())
    with office().read() as uow:
        titles = titles_of(uow)
    errors = [(_anchor(wrong.form, reason), _sentence(reason)) for reason in wrong.reasons] if wrong else []
    shown = Shown(
        "admin/calendar.html",
        problems.of_reasons(wrong.reasons).status if wrong else 200,
        name=name,
        names=sorted(office().calendars),
        year=year,
        years=sorted({*calendar.years, year, *_missed(name)}),
        known=year in calendar.years,
        missed=_missed(name),
        lines=_lines(calendar, entered, year, titles),
        back=_taken_back(name, entered, year, titles),
        hours=hours_text(calendar.hours),
        hours_by=next((_said(one.by, titles) for one in entered.hours if one.calendar == name), ""),
        year_by=next((_said(one.by, titles) for one in entered.years if (one.calendar, one.year) == (name, year)), ""),
        kinds=[(kind, _(words)) for kind, words in _KIND_WORDS.items()],
        fields={field: _(words) for field, words in _FIELDS.items()},
        typed=wrong.typed if wrong and wrong.form == "day" else _chosen(calendar),
        wrong=wrong,
        errors=errors,
        by_field=dict(reversed(errors)),
        done=_(_DONE[request.args["done"]]) if request.args.get("done") in _DONE else "",
    )
    return shown.render()


def _calendar(name: str) -> Calendar:
    found = office().calendars.get(name)
    if found is None:
        raise NotFound("calendar", name)
    return found


def _sent(form: str, field: str) -> str:
    return request.form.get(_field_name(form, field), "")


def _field_name(form: str, field: str) -> str:
    """What a field is called on the page, where several forms ask for the same."""
    return field if form == "day" else f"{form}-{field}"


def _anchor(form: str, reason: Reason) -> str:
    """The field of the page that a reason is about."""
    field = str(reason.params.get("field", ""))
    return _field_name(form, field) if field else ""


def _sentence(reason: Reason) -> str:
    field = reason.params.get("field", "")
    named = replace(reason, params={**reason.params, "field": _(_FIELDS[field])}) if field in _FIELDS else reason
    return reason_sentence(named)


def _missed(name: str) -> list[int]:
    return [one.year for one in calendars.missing_years(office()) if one.calendar == name]


def _lines(calendar: Calendar, entered: Entered, year: int, titles: Titles) -> list[Line]:
    who = {line.day.date: line.by for line in entered.days if line.calendar == calendar.name}
    return [_line(one, who.get(one.date), titles) for one in calendar.days if one.date.year == year]


def _taken_back(name: str, entered: Entered, year: int, titles: Titles) -> list[Line]:
    return [
        _line(line.day, line.by, titles)
        for line in entered.days
        if line.calendar == name and line.day.kind == PLAIN and line.day.date.year == year
    ]


def _line(one: NamedDay, by: By | None, titles: Titles) -> Line:
    return Line(
        on=day(one.date),
        iso=one.date.isoformat(),
        weekday=_(_WEEKDAYS[one.date.weekday()]),
        kind=one.kind,
        words=_(_KIND_WORDS[one.kind]) if one.kind in _KIND_WORDS else "",
        tone="calm" if one.kind == OFF else "soon",
        name=one.name,
        source=one.source,
        by=titles.person(by.person) if by else "",
        since=day(by.at, office().zone) if by else "",
    )


def _said(by: By, titles: Titles) -> str:
    return _("{who}, {day}", who=titles.person(by.person), day=day(by.at, office().zone))


def _chosen(calendar: Calendar) -> Mapping[str, str]:
    """The form filled with the line that is to be changed."""
    asked = request.args.get("edit", "")
    found = next((one for one in calendar.days if one.date.isoformat() == asked), None)
    if found is None:
        return {"kind": OFF}
    return {"date": day(found.date), "kind": found.kind, "name": found.name, "source": found.source}
