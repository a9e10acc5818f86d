"""What units cannot solve alone and nobody has answered yet, the longest first: the list that the leaders begin with."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor
from web.pages.presenting import item_path
from web.pages.rendering import render_page
from web.titles import Titles, titles_of
from web.wiring import office, settings
from workflow.engine import Definition
from workflow.engine.definition import Purpose
from workflow.engine.workdays import CalendarYearMissing
from workflow.queries.related import Related, longest_in

bp = Blueprint("escalations", __name__)

Answer = AnyResponse | tuple[str, int]

_ANSWERED_WITHIN = 5
"""Working days after which an unanswered difficulty stands out (the commune's rule, part 8.2 of the dispatch)."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One line; `days` are working days, or None where the calendar does not know the year."""

    code: str
    href: str
    title: str
    unit: str
    since: datetime
    days: int | None

    @property
    def overdue(self) -> bool:
        return self.days is not None and self.days > _ANSWERED_WITHIN


@bp.get("/escalations")
def index() -> Answer:
    with office().read() as uow:
        definition = office().editions.serving(Purpose.ESCALATION, uow)
        titles = titles_of(uow)
        found = longest_in(uow, current_actor(), definition.workflow, definition.initial.name)
    lines = [_line(row, definition, titles) for row in found]
    return render_page("escalations/index.html", lines=lines, limit=_ANSWERED_WITHIN)


def _line(row: Related, definition: Definition, titles: Titles) -> Unanswered:
    days = _working_days(definition, row.since)
    return Unanswered(row.code, item_path(row.code), row.title, titles.unit(row.unit), row.since, days)


def _working_days(definition: Definition, since: datetime) -> int | None:
    calendar = office().calendars.get(definition.calendar or "")
    try:
        return calendar.between(_local(since), _local(office().clock.now())) if calendar else None
    except CalendarYearMissing:
        return None


def _local(at: datetime) -> date:
    return at.astimezone(settings().zone).date()
