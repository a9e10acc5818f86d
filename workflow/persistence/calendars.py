"""What the office entered in its working calendars beside what their files say: days, years, hours, each with its source."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from workflow.engine.workdays import Hours, NamedDay
from workflow.persistence.columns import instant, micros
from workflow.persistence.statements import Cursor, Statement, per_dialect, run
from workflow.persistence.tables import calendar_day, calendar_hours, calendar_year, setting

_MARK = "calendars"
_FIND_MARK = Statement(
    "calendars.mark", sa.select(setting.c.value).where(setting.c.key == sa.literal_column(f"'{_MARK}'"))
)
_PUT_MARK = Statement(
    "calendars.put_mark",
    per_dialect(
        lambda insert: insert(setting).on_conflict_do_update(
            index_elements=["key"], set_={"value": sa.literal_column("excluded.value")}
        )
    ),
)
_DAYS = Statement("calendars.days", sa.select(*calendar_day.c).order_by(calendar_day.c.calendar, calendar_day.c.day))
_YEARS = Statement(
    "calendars.years", sa.select(*calendar_year.c).order_by(calendar_year.c.calendar, calendar_year.c.year)
)
_HOURS = Statement("calendars.hours", sa.select(*calendar_hours.c).order_by(calendar_hours.c.calendar))


def _replacing(table: sa.Table, *key: str) -> Any:
    changed: dict[str, Any] = {
        column.name: sa.literal_column(f"excluded.{column.name}") for column in table.c if column.name not in key
    }
    return per_dialect(lambda insert: insert(table).on_conflict_do_update(index_elements=list(key), set_=changed))


_PUT_DAY = Statement("calendars.put_day", _replacing(calendar_day, "calendar", "day"))
_PUT_YEAR = Statement("calendars.put_year", _replacing(calendar_year, "calendar", "year"))
_PUT_HOURS = Statement("calendars.put_hours", _replacing(calendar_hours, "calendar"))


@dataclass(frozen=True, slots=True)
class By:
    """Who entered a line, and when."""

    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EnteredDay:
    calendar: str
    day: NamedDay
    by: By


@dataclass(frozen=True, slots=True)
class EnteredYear:
    """The lists of `year` are complete; `source` is the document that says so."""

    calendar: str
    year: int
    source: str
    by: By


@dataclass(frozen=True, slots=True)
class EnteredHours:
    calendar: str
    hours: Hours
    source: str
    by: By


@dataclass(frozen=True, slots=True)
class Entered:
    """Everything that the office entered, of all its calendars."""

    days: tuple[EnteredDay, ...] = ()
    years: tuple[EnteredYear, ...] = ()
    hours: tuple[EnteredHours, ...] = ()


class Calendars:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def mark(self) -> str:
        """Changes with every line that is entered; "" where none ever was."""
        row = run(self._cursor, _FIND_MARK).fetchone()
        return str(row[0]) if row else ""

    def all(self) -> Entered:
        """What is entered, in the order of calendars and days."""
        return Entered(
            tuple(
                EnteredDay(
                    row[0], NamedDay(date.fromisoformat(row[1]), row[2], row[3], row[4]), By(row[5], instant(row[6]))
                )
                for row in run(self._cursor, _DAYS).fetchall()
            ),
            tuple(
                EnteredYear(row[0], row[1], row[2], By(row[3], instant(row[4])))
                for row in run(self._cursor, _YEARS).fetchall()
            ),
            tuple(
                EnteredHours(row[0], _read_hours(row[1]), row[2], By(row[3], instant(row[4])))
                for row in run(self._cursor, _HOURS).fetchall()
            ),
        )

    def put_day(self, entered: EnteredDay) -> None:
        """Write a line over whatever was entered for that day."""
        day = entered.day
        written = {"day": day.date.isoformat(), "kind": day.kind, "name": day.name, "source": day.source}
        run(self._cursor, _PUT_DAY, {"calendar": entered.calendar, **written, **_by(entered.by)})

    def put_year(self, entered: EnteredYear) -> None:
        written = {"calendar": entered.calendar, "year": entered.year, "source": entered.source}
        run(self._cursor, _PUT_YEAR, {**written, **_by(entered.by)})

    def put_hours(self, entered: EnteredHours) -> None:
        written = {"calendar": entered.calendar, "hours": hours_text(entered.hours), "source": entered.source}
        run(self._cursor, _PUT_HOURS, {**written, **_by(entered.by)})

    def put_mark(self, mark: str) -> None:
        """Tell every process that something was entered; in the same unit of work."""
        run(self._cursor, _PUT_MARK, {"key": _MARK, "value": mark})


def _by(by: By) -> dict[str, Any]:
    return {"entered_by": by.person, "entered_at": micros(by.at)}


def hours_text(hours: Hours) -> str:
    """As it is stored and logged: 07:00-11:30 13:30-17:00."""
    return " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in hours)


def _read_hours(text: str) -> Hours:
    parts = (part.split("-") for part in text.split())
    return tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in parts)
