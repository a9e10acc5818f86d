"""The asker's calendar feed: its secret address is told once, when it is made."""

from flask import Blueprint, Response, request, url_for

from web.actors import current_caller
from web.api import calls
from web.api.calls import Described, call
from web.wiring import office, settings
from workflow.services import feeds

bp = Blueprint("feeds", __name__)


@bp.post("/calendar-feed")
@call(Described("Make the asker's calendar feed; one that he had before ends", {200: "CalendarFeed"}))
def make() -> Response:
    secret = feeds.open_feed(office(), current_caller())
    base = settings().base_url or request.host_url.rstrip("/")
    return calls.answer({"url": f"{base}{url_for('feeds.show', secret=secret)}"})


@bp.delete("/calendar-feed")
@call(Described("End the asker's calendar feed: its address answers to nobody any more", {200: "CalendarFeed"}))
def end() -> Response:
    feeds.close_feed(office(), current_caller())
    return calls.answer({"url": None})
