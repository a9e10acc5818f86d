"""Working calendars: everybody reads them, the administrator's token changes them."""

from typing import TypeVar

from flask import Blueprint, Response

from web import plain
from web.actors import current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.wiring import office
from workflow.errors import NotFound
from workflow.services import calendars
from workflow.services.calendars import NotEntered, TypedDay

bp = Blueprint("calendars", __name__)

_Entered = TypeVar("_Entered")


@bp.get("/calendars")
@call(Described("The working calendars as they stand, each with all its days", {200: "Calendars"}))
def index() -> Response:
    calls.query(schemas.NO_QUERY)
    return calls.page([plain.calendar(office(), name) for name in sorted(office().calendars)], None)


@bp.get("/calendars/<name>")
@call(
    Described(
        "One working calendar; year=2026 shows the days of that year only", {200: "Calendar"}, query=schemas.YEAR_QUERY
    )
)
def show(name: str) -> Response:
    return _answer(name, calls.query(schemas.YEAR_QUERY).get("year"))


@bp.put("/calendars/<name>/days/<day>")
@call(
    Described(
        "Enter a day off or a day worked, in place of what stood for that day; dates that are fixed already stay",
        {200: "Calendar"},
        body=schemas.CALENDAR_DAY,
    )
)
def put_day(name: str, day: str) -> Response:
    _known(name)
    asked = calls.body(schemas.CALENDAR_DAY)
    typed = TypedDay(day, asked["kind"], asked["name"], asked["source"])
    outcome = calendars.put_day(office(), current_caller(), name, typed)
    return _answer(name, _entered(outcome).date.year)


@bp.delete("/calendars/<name>/days/<day>")
@call(
    Described(
        "Take a line back: the day is what its weekday is. The source is the document that decides it",
        {200: "Calendar"},
        query=schemas.SOURCE_QUERY,
    )
)
def take_day_back(name: str, day: str) -> Response:
    _known(name)
    source = calls.query(schemas.SOURCE_QUERY)["source"]
    outcome = calendars.take_day_back(office(), current_caller(), name, day, source)
    return _answer(name, _entered(outcome).date.year)


@bp.put("/calendars/<name>/years/<year>")
@call(
    Described(
        "Declare that the days of a year are complete: from now on dates are counted in it",
        {200: "Calendar"},
        body=schemas.SOURCE,
    )
)
def complete_year(name: str, year: str) -> Response:
    _known(name)
    outcome = calendars.complete_year(office(), current_caller(), name, year, calls.body(schemas.SOURCE)["source"])
    return _answer(name, _entered(outcome))


@bp.put("/calendars/<name>/hours")
@call(
    Described(
        "Set the hours of a working day, as 07:00-11:30 13:30-17:00; no deadline ends with them",
        {200: "Calendar"},
        body=schemas.CALENDAR_HOURS,
    )
)
def put_hours(name: str) -> Response:
    _known(name)
    asked = calls.body(schemas.CALENDAR_HOURS)
    _entered(calendars.put_hours(office(), current_caller(), name, asked["hours"], asked["source"]))
    return _answer(name)


def _known(name: str) -> None:
    if name not in office().calendars:
        raise NotFound("calendar", name)


def _entered(outcome: _Entered | NotEntered) -> _Entered:
    if isinstance(outcome, NotEntered):
        raise problem.refused(outcome.reasons)
    return outcome


def _answer(name: str, year: int | None = None) -> Response:
    return calls.answer(plain.calendar(office(), name, year))
