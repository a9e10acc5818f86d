"""The office's working calendars: what their files say, and over it what the administrator entered, each line on record.

No date that stands already moves with a calendar: a period's dates and an item's deadlines were fixed when they were made.
Timers that count working days from them do.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any, cast

from workflow.catalog import plain_values
from workflow.catalog.findings import nearest
from workflow.catalog.plain_values import date_of, integer_of, text_of
from workflow.engine import Kind, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.engine.workdays import OFF, PLAIN, WORKED, Calendar, CalendarYearMissing, Hours, NamedDay, of_days
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.calendars import By, Entered, EnteredDay, EnteredHours, EnteredYear, hours_text
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office

KINDS = (OFF, WORKED)
FIRST_YEAR, LAST_YEAR = 2000, 2199
_FRESH_SECONDS = 5.0
_LONGEST = {"name": 200, "source": 500}
_HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])[-–]((?:[01][0-9]|2[0-3]):[0-5][0-9])")
_ALARM_MONTH = 10
"""From October on a deadline may well reach into the next year: its days off must be known by then."""


class Calendars(Mapping[str, Calendar]):
    """The calendars of an office as they stand: `shipped` by files, changed by lines in the database.

    What this process enters it knows at once; what another one enters, after five seconds at most: `look` reads
    a mark no more often than that, and the lines only where the mark has changed. It must not be called inside a unit of work.
    """

    def __init__(self, shipped: Mapping[str, Calendar], read: Callable[[], UnitOfWork]) -> None:
        self._shipped, self._read = shipped, read
        self._standing = shipped
        self._mark = ""
        self._looked_at = float("-inf")

    def __getitem__(self, name: str) -> Calendar:
        return self._standing[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._standing)

    def __len__(self) -> int:
        return len(self._standing)

    def look(self) -> None:
        """Learn what was entered since, if it is time to look again."""
        moment = monotonic()
        if moment - self._looked_at < _FRESH_SECONDS:
            return
        self._looked_at = moment
        with self._read() as uow:
            mark = uow.calendars.mark()
            if mark != self._mark:
                self._standing, self._mark = overlaid(self._shipped, uow.calendars.all()), mark

    def look_again(self) -> None:
        """The same, whether or not it is time."""
        self._looked_at = float("-inf")
        self.look()

    def of(self, uow: UnitOfWork, name: str) -> Calendar:
        """The calendar as it stands in that unit of work, whatever this process knew; NotFound with the nearest name."""
        if name not in self._shipped:
            raise NotFound("calendar", name, nearest(name, self._shipped))
        return overlaid({name: self._shipped[name]}, uow.calendars.all())[name]


def overlaid(shipped: Mapping[str, Calendar], entered: Entered) -> Mapping[str, Calendar]:
    """The shipped calendars with what was entered laid over them."""
    return {
        name: of_days(
            name,
            [line.day for line in entered.days if line.calendar == name],
            [line.year for line in entered.years if line.calendar == name],
            next((line.hours for line in entered.hours if line.calendar == name), ()),
            under=calendar,
        )
        for name, calendar in shipped.items()
    }


# -- a year without data ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MissingYear:
    """A year for which a calendar has no data, though dates are counted in it or soon will be."""

    calendar: str
    year: int


def missing_years(office: Office, now: datetime | None = None) -> tuple[MissingYear, ...]:
    """The years that must be entered: the present one always, from October on the next one as well. Asks no database."""
    today = (now or office.clock.now()).astimezone(office.zone)
    wanted = (today.year, today.year + 1) if today.month >= _ALARM_MONTH else (today.year,)
    return tuple(
        MissingYear(name, year)
        for name, calendar in sorted(office.calendars.items())
        for year in wanted
        if year not in calendar.years
    )


def year_missing(fault: CalendarYearMissing) -> Reason:
    """The reason that stands for a date which reaches a year without data."""
    return Reason("calendar_year_missing", Kind.PRECONDITION, {"year": str(fault.year), "calendar": fault.calendar})


# -- the administrator changes it ---------------------------------------------------------------------------------------


def standing(office: Office, name: str) -> Calendar:
    """The calendar as it stands in the database this instant; NotFound with the nearest name."""
    with office.read() as uow:
        return _kept(office).of(uow, name)


def _kept(office: Office) -> Calendars:
    if isinstance(office.calendars, Calendars):
        return office.calendars
    raise TypeError("the calendars of this office are those of its files and cannot be changed")


def entered(office: Office) -> Entered:
    """Every line that was entered, also those taken back: who, when, by which document."""
    with office.read() as uow:
        return uow.calendars.all()


@dataclass(frozen=True, slots=True)
class TypedDay:
    """A line as typed: `date` as people write days, `kind` off or worked."""

    date: str
    kind: str
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class NotEntered:
    """Nothing was changed; `reasons` holds all of them."""

    reasons: tuple[Reason, ...]


def put_day(office: Office, caller: Caller, calendar: str, typed: TypedDay) -> NamedDay | NotEntered:
    """Enter a day off or a day worked, in place of whatever stood for that day. NotFound for an unknown calendar."""
    on, name, source = _day(office, typed.date), _text("name", typed.name), _text("source", typed.source)
    kind = (
        typed.kind if typed.kind in KINDS else _wrong("kind", "not_a_choice", value=typed.kind, known=", ".join(KINDS))
    )
    refused = _refusal(caller, on, kind, name, source)
    if refused:
        return refused
    day = NamedDay(cast("date", on), typed.kind, str(name), str(source))
    with _changing(office, caller) as change:
        _write_day(change, calendar, day, "calendar_day")
    return day


def take_day_back(office: Office, caller: Caller, calendar: str, on: str, source: str) -> NamedDay | NotEntered:
    """From now on that day is what its weekday is, be its line the file's or the office's. NotFound where there is none."""
    day, why = _day(office, on), _text("source", source)
    refused = _refusal(caller, day, why)
    if refused:
        return refused
    with _changing(office, caller) as change:
        before = _line_of(change.standing(calendar), cast("date", day))
        if before is None:
            raise NotFound("day", on)
        back = NamedDay(before.date, PLAIN, before.name, str(why))
        _write_day(change, calendar, back, "calendar_day_back")
    return back


def complete_year(office: Office, caller: Caller, calendar: str, year: str | int, source: str) -> int | NotEntered:
    """Declare that every day off and every day worked of `year` is entered: from now on dates are counted in it."""
    number, why = _year(year), _text("source", source)
    refused = _refusal(caller, number, why)
    if refused:
        return refused
    known = cast("int", number)
    with _changing(office, caller) as change:
        if known in change.standing(calendar).years:
            return NotEntered((Reason("calendar_year_known", Kind.PRECONDITION, {"year": str(known)}),))
        change.uow.calendars.put_year(EnteredYear(calendar, known, str(why), change.by))
        change.record("calendar_year", calendar, {"year": known, "source": str(why)})
    return known


def put_hours(office: Office, caller: Caller, calendar: str, hours: str, source: str) -> Hours | NotEntered:
    """Enter the hours of a working day, as 07:00-11:30 13:30-17:00, in place of the file's.

    They measure who held an item how long; no deadline ends with them.
    """
    parts, why = _hours(hours), _text("source", source)
    refused = _refusal(caller, parts, why)
    if refused:
        return refused
    made = cast("Hours", parts)
    with _changing(office, caller) as change:
        before = change.standing(calendar).hours
        change.uow.calendars.put_hours(EnteredHours(calendar, made, str(why), change.by))
        said = {"hours": hours_text(made), "before": hours_text(before), "source": str(why)}
        change.record("calendar_hours", calendar, said)
    return made


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of a calendar: the line, its entry in the log and the mark for other processes, all or nothing."""

    uow: UnitOfWork
    calendars: Calendars
    caller: Caller
    now: datetime

    @property
    def by(self) -> By:
        return By(self.caller.actor.id, self.now)

    def standing(self, calendar: str) -> Calendar:
        return self.calendars.of(self.uow, calendar)

    def record(self, act: str, calendar: str, said: Mapping[str, Any]) -> None:
        extra = {"admin": {"act": act, "calendar": calendar, **said}}
        entry = append(self.uow, Note("admin", "admin", role="admin", extra=extra), self.caller, self.now)
        self.uow.calendars.put_mark(entry.leaf.hex())
        # Timers count working days, too. Other processes know the calendar by then.
        self.uow.items.look_at_all(self.now + timedelta(seconds=2 * _FRESH_SECONDS))


@contextmanager
def _changing(office: Office, caller: Caller) -> Iterator[_Change]:
    kept = _kept(office)
    with office.write() as uow:
        yield _Change(uow, kept, caller, office.clock.now())
    kept.look_again()


def _write_day(change: _Change, calendar: str, day: NamedDay, act: str) -> None:
    before = _line_of(change.standing(calendar), day.date)
    change.uow.calendars.put_day(EnteredDay(calendar, day, change.by))
    said: dict[str, Any] = {"day": day.date.isoformat(), **_words(day)}
    change.record(act, calendar, said | ({"before": _words(before)} if before else {}))


def _line_of(calendar: Calendar, on: date) -> NamedDay | None:
    return next((line for line in calendar.days if line.date == on), None)


def _words(day: NamedDay) -> dict[str, str]:
    return {"kind": day.kind, "name": day.name, "source": day.source}


# -- what was typed -----------------------------------------------------------------------------------------------------


def _refusal(caller: Caller, *read: object) -> NotEntered | None:
    """Why not: the caller's want of right alone, else everything in `read` that could not be read."""
    refusal = refusal_to_administer(caller.actor)
    reasons = (refusal,) if refusal else tuple(part for part in read if isinstance(part, Reason))
    return NotEntered(reasons) if reasons else None


def _wrong(field: str, code: str, **params: object) -> Reason:
    return Reason(code, Kind.INPUT, {"field": field, **{name: str(value) for name, value in params.items()}})


def _text(field: str, given: str) -> str | Reason:
    try:
        text = text_of(given)
    except plain_values.Refused as refused:
        return _wrong(field, refused.fault.code, **refused.fault.params)
    if not text:
        return _wrong(field, "input_missing")
    return text if len(text) <= _LONGEST[field] else _wrong(field, "too_long", limit=_LONGEST[field])


def _day(office: Office, given: str) -> date | Reason:
    if not given.strip():
        return _wrong("date", "input_missing")
    try:
        return date_of(given, office.clock.now().astimezone(office.zone).date())
    except plain_values.Refused as refused:
        return _wrong("date", refused.fault.code, **refused.fault.params)


def _year(given: str | int) -> int | Reason:
    try:
        year = integer_of(given)
    except plain_values.Refused as refused:
        return _wrong("year", refused.fault.code, **refused.fault.params)
    return (
        year
        if FIRST_YEAR <= year <= LAST_YEAR
        else _wrong("year", "year_out_of_range", first=FIRST_YEAR, last=LAST_YEAR)
    )


def _hours(given: str) -> Hours | Reason:
    wrong = _wrong("hours", "hours_out_of_order")
    parts = [_HOURS.fullmatch(part) for part in given.replace(",", " ").split()]
    if not parts or None in parts:
        return wrong
    made = tuple((time.fromisoformat(part[1]), time.fromisoformat(part[2])) for part in parts if part)
    ordered = all(begin < end for begin, end in made) and all(one[1] <= two[0] for one, two in pairwise(made))
    return made if ordered else wrong
