"""Who held an item how long, in words: the share of each, and every stretch of its life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.i18n import _, label, ngettext
from web.titles import Titles
from web.wiring import office
from workflow.engine import Definition
from workflow.engine.custody import Holder
from workflow.engine.workdays import Calendar
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services import custody
from workflow.services.custody import Held

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ShareLine:
    who: str
    working: str
    holds: bool


@dataclass(frozen=True, slots=True)
class SpanLine:
    """`until` None: it still runs."""

    state: str
    who: str
    since: datetime
    until: datetime | None
    working: str


@dataclass(frozen=True, slots=True)
class HeldLines:
    shares: Sequence[ShareLine]
    spans: Sequence[SpanLine]


def held_lines(uow: UnitOfWork, stored: StoredItem, definition: Definition, titles: Titles) -> HeldLines:
    """The table of an item's page; its times are working time by the calendar of its workflow as it stands."""
    calendar = office().calendars.get(definition.calendar or "")
    spans = custody.spans_of(office(), uow, stored)
    held = custody.measured(office(), definition, spans, office().clock.now())
    return HeldLines(
        [
            ShareLine(_who(one.holder, definition, titles), _said(one.working, calendar), one.holds)
            for one in custody.shares(held)
        ],
        [_line(one, definition, titles, calendar) for one in held],
    )


def _line(one: Held, definition: Definition, titles: Titles, calendar: Calendar | None) -> SpanLine:
    span = one.span
    state = definition.states.get(span.state)
    return SpanLine(
        state=label(state.label) if state else span.state,
        who=_who(span.holder, definition, titles),
        since=span.since,
        until=span.until,
        working=_said(one.working, calendar),
    )


def _who(holder: Holder, definition: Definition, titles: Titles) -> str:
    if holder.person:
        return titles.person(holder.person)
    return titles.who(holder.who, holder.unit or "", definition) if holder.who else _("nobody")


def _said(working: timedelta | None, calendar: Calendar | None) -> str:
    return (
        working_text(working, calendar.day_length) if working is not None and calendar is not None else _("not known")
    )


def working_text(working: timedelta, day: timedelta) -> str:
    """Working time in working days of that length, hours and minutes; of days, no minutes."""
    days, rest = divmod(working, day)
    hours, rest = divmod(rest, _HOUR)
    minutes = rest // _MINUTE
    parts = [
        ngettext("{n} working day", "{n} working days", days) if days else "",
        ngettext("{n} hour", "{n} hours", hours) if hours else "",
        ngettext("{n} minute", "{n} minutes", minutes) if minutes and not days else "",
    ]
    return " ".join(part for part in parts if part) or _("under a minute")
