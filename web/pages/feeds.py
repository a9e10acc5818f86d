"""The calendar feed: a person's deadlines under a secret address, for calendars that cannot sign in."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, current_app, request
from icalendar import Calendar, Event

from web.i18n import _, label, last_day, moment, speaking
from web.security import Allowance, public
from web.titles import Titles, titles_of
from web.wiring import office, organisation, settings
from workflow.engine import Definition
from workflow.persistence import UnitOfWork
from workflow.queries.agenda import Dated, dated
from workflow.services import feeds
from workflow.services.feeds import Subscriber

bp = Blueprint("feeds", __name__)

_READINGS, _MISSES, _SECONDS = 60, 60, 300.0
_REFRESH = timedelta(hours=1)


@bp.get("/feeds/<secret>.ics")
@public
def show(secret: str) -> Response:
    """404 for whatever opens no feed: nobody learns whether an address was ever one."""
    with office().read() as uow:
        found = feeds.subscriber(office(), uow, secret)
        if found is not None:
            with speaking(found.language):
                written = _calendar(uow, found)
    if found is None:
        _allowance("feed_misses", _MISSES).take(request.remote_addr or "")
        abort(404)
    _allowance("feed_readings", _READINGS).take(found.actor.id)
    response = Response(written, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="don-doc.ics"'
    return response


def _allowance(name: str, count: int) -> Allowance:
    found: Allowance = current_app.extensions.setdefault(name, Allowance(count, _SECONDS))
    return found


def _calendar(uow: UnitOfWork, reader: Subscriber) -> bytes:
    house, titles = organisation(), titles_of(uow)
    calendar = Calendar()
    calendar.add("prodid", "-//Don Doc//Deadlines//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Deadlines – {office}", office=label(house.name) if house else "Đôn Đốc"))
    calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for one in dated(uow, reader.actor):
        calendar.add_component(_event(one, office().editions.of(one, uow), titles))
    written: bytes = calendar.to_ical()
    return written


def _event(one: Dated, definition: Definition, titles: Titles) -> Event:
    """The last day that is in time, whole; the bound itself stands in the text."""
    # A title that names people stays in the house: whoever holds the address reads the feed without signing in.
    title = one.code if "title" in definition.private_fields else f"{one.code} · {one.title}"
    last, href = last_day(one.due_at, settings().zone), f"{_base()}/items/{one.code}"
    event = Event()
    event.add("uid", f"{one.id}@dondoc")
    event.add("sequence", one.revision)
    event.add("dtstamp", _seconds(one.changed_at))
    event.add("last-modified", _seconds(one.changed_at))
    event.add("dtstart", last)
    event.add("dtend", last + timedelta(days=1))
    event.add("summary", title)
    event.add("description", _description(one, definition, titles, href))
    event.add("url", href)
    event.add("categories", [label(definition.label)])
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


def _description(one: Dated, definition: Definition, titles: Titles, href: str) -> str:
    return "\n".join(
        (
            f"{label(definition.label)} – {titles.unit(one.unit)}",
            _("State: {state}", state=label(definition.states[one.state].label)),
            _("To be done before {time}", time=moment(one.due_at, settings().zone)),
            href,
        )
    )


def _seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _base() -> str:
    return settings().base_url or request.host_url.rstrip("/")
