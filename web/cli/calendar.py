"""Working calendars: see their days, enter or take back a day, declare a year complete, set the hours."""

from typing import TypeVar

import click

from web import plain
from web.cli.shell import Desk, SpokenGroup, as_house, as_json, caller_of, desk, option, refuse, say, say_json, table
from web.i18n import N_, _, day, reason_sentence
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import NotFound
from workflow.services import calendars
from workflow.services.calendars import FIRST_YEAR, KINDS, LAST_YEAR, NotEntered, TypedDay, year_missing

_Made = TypeVar("_Made")

calendar = SpokenGroup("calendar", help=N_("Working calendars: days off, days worked, hours."))

_name = option("--calendar", "name", metavar="NAME", help=N_("Which calendar, where there are several."))
_source = option("--source", required=True, metavar="TEXT", help=N_("The document that decides it."))


@calendar.command("list", help=N_("The days off and days worked of a year, or of all years."))
@_name
@option("--year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), help=N_("Only of this year."))
@as_json
def list_command(name: str | None, year: int | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    chosen = _chosen(at, name)
    if as_json:
        say_json(plain.calendar(at.office, chosen, year))
        return
    found = calendars.standing(at.office, chosen)
    table((day(one.date), one.kind, one.name, one.source) for one in found.days if year in (None, one.date.year))
    missing = [one.year for one in calendars.missing_years(at.office) if one.calendar == chosen]
    if year and year not in found.years and year not in missing:
        missing.append(year)
    for one in sorted(missing):
        say(f"! {reason_sentence(year_missing(CalendarYearMissing(chosen, one)))}")


@calendar.command("set", help=N_("Enter a day off or a day worked; dates that are fixed already stay."))
@click.argument("on", metavar="DAY")
@click.argument("kind", type=click.Choice(KINDS), metavar="|".join(KINDS))
@option("--name", "title", required=True, metavar="TEXT", help=N_("What the day is called."))
@_source
@_name
@as_house
def set_command(on: str, kind: str, title: str, source: str, name: str | None, login: str | None) -> None:
    at = desk()
    chosen, caller = _chosen(at, name), caller_of(at.office, login)
    made = _taken(calendars.put_day(at.office, caller, chosen, TypedDay(on, kind, title, source)))
    say(_("{calendar}: {day} is entered ({kind}).", calendar=chosen, day=day(made.date), kind=made.kind))


@calendar.command("unset", help=N_("Take a line back: the day is what its weekday is."))
@click.argument("on", metavar="DAY")
@_source
@_name
@as_house
def unset_command(on: str, source: str, name: str | None, login: str | None) -> None:
    at = desk()
    chosen, caller = _chosen(at, name), caller_of(at.office, login)
    made = _taken(calendars.take_day_back(at.office, caller, chosen, on, source))
    say(_("{calendar}: the line of {day} is taken back.", calendar=chosen, day=day(made.date)))


@calendar.command(
    "complete", help=N_("Declare that the days of a year are complete: from now on dates are counted in it.")
)
@click.argument("year", metavar="YEAR")
@_source
@_name
@as_house
def complete_command(year: str, source: str, name: str | None, login: str | None) -> None:
    at = desk()
    chosen, caller = _chosen(at, name), caller_of(at.office, login)
    made = _taken(calendars.complete_year(at.office, caller, chosen, year, source))
    say(_("{calendar}: dates are counted in {year} from now on.", calendar=chosen, year=made))


@calendar.command("hours", help=N_("Set the hours of a working day, for instance 07:00-11:30 13:30-17:00."))
@click.argument("hours", nargs=-1, required=True, metavar="HOURS")
@_source
@_name
@as_house
def hours_command(hours: tuple[str, ...], source: str, name: str | None, login: str | None) -> None:
    at = desk()
    chosen, caller = _chosen(at, name), caller_of(at.office, login)
    _taken(calendars.put_hours(at.office, caller, chosen, " ".join(hours), source))
    say(_("{calendar}: the hours are set.", calendar=chosen))


def _chosen(at: Desk, name: str | None) -> str:
    """The calendar that is meant: the one named, or the only one."""
    names = sorted(at.office.calendars)
    if name is None:
        if len(names) != 1:
            raise click.UsageError(_("Please say which calendar: {names}", names=", ".join(names)))
        return names[0]
    if name not in names:
        raise NotFound("calendar", name)
    return name


def _taken(outcome: _Made | NotEntered) -> _Made:
    """What was made; a refusal ends the command."""
    if isinstance(outcome, NotEntered):
        refuse(outcome.reasons)
    return outcome
