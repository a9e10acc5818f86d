"""Who read what: each page and answer that an auditor is shown, and what of the log anybody is shown, is an entry of the log.

So is what the administrator tried to read of the office's business and was refused. Nobody else's page views are kept.
"""

from flask import Flask, Response, current_app, g, make_response, request

from web.actors import current_reader, signed_in
from web.wiring import office
from workflow.engine.administration import inspects, stands_apart_from_content
from workflow.errors import Busy
from workflow.services.auditing import record_reading, record_refused_reading

_ADMINISTRATION = "/admin"
_REFUSED = frozenset({403, 404})
_SAFE = frozenset({"GET", "HEAD"})
_NO_CONTENT = frozenset({"help", "account", "session", "api.openapi"})
"""Blueprints that show nothing of the office's business."""


def keep(app: Flask) -> None:
    """Put readings on record as answers leave `app`."""
    app.after_request(_kept)


def note(entries: int) -> None:
    """The view at hand shows so many entries of the log: whoever reads them is on record, once the answer is made."""
    g.log_entries = entries


def _kept(response: Response) -> Response:
    if signed_in() is None or request.endpoint is None:
        return response
    try:
        _record(response)
    except Busy as fault:
        # What cannot be put on record is not shown.
        return make_response(current_app.handle_user_exception(fault))
    return response


def _record(response: Response) -> None:
    caller, what = current_reader(), request.full_path.rstrip("?")
    if stands_apart_from_content(caller.actor):
        if response.status_code in _REFUSED and not request.path.startswith(_ADMINISTRATION):
            record_refused_reading(office(), caller, what)
    elif response.status_code == 200 and ("log_entries" in g or (inspects(caller.actor) and _shows_content())):
        record_reading(office(), caller, what, g.get("log_entries", 0))


def _shows_content() -> bool:
    return request.method in _SAFE and request.blueprint not in _NO_CONTENT
