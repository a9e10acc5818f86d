"""Errors of calls: one shape for all of them (RFC 9457), each reason with a code, parameters and both languages."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException, InternalServerError

from web import plain, problems, security
from web.i18n import N_, _, language
from web.problems import Problem
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Definition, Kind, Reason
from workflow.errors import NotFound, StaleItem, TooLarge, WorkflowError
from workflow.queries.history import of_item
from workflow.services.journal import stream_of

_log = logging.getLogger(__name__)

TITLES: Mapping[str, str] = {
    "state": N_("The item has moved on"),
    "authority": N_("Not permitted"),
    "input": N_("Something that was sent is not right"),
    "precondition": N_("A condition of this step is not met"),
    "not-found": N_("There is no such thing"),
    "stale": N_("The item was changed meanwhile"),
    "reused-key": N_("The request key was used already"),
    "definition-invalid": N_("The workflow file has faults"),
    "too-large": N_("Too large"),
    "type-refused": N_("This kind of content is not accepted"),
    "twin-running": N_("The same request is still running"),
    "busy": N_("The database is busy"),
    "restoring": N_("A backup is being brought back"),
    "version-missing": N_("The version is missing"),
    "not-signed-in": N_("No token in force"),
    "too-many-requests": N_("Too many requests"),
    "method": N_("Not possible in this way"),
    "malformed": N_("The request could not be understood"),
    "fault": N_("A fault of the system"),
}
"""What each type of problem is called; the type's URI ends with its name and leads to the description of the calls."""

_TYPES = "/api/v1/docs#"
_MALFORMED = Problem("malformed", 400, 2)
_METHOD = Problem("method", 405, 2)
_BY_STATUS = {
    401: (problems.NOT_SIGNED_IN, "not_signed_in", Kind.AUTHORITY),
    405: (_METHOD, "not_possible", Kind.INPUT),
    413: (problems.BY_ERROR[TooLarge], "too_large", Kind.INPUT),
    429: (problems.TOO_MANY, "too_many_requests", Kind.PRECONDITION),
}
_PASSED_ON = frozenset({"Allow", "Retry-After", "WWW-Authenticate"})
_RETRY_SECONDS = "1"


class Refusal(Exception):
    """A call refused before any rule was asked, or by a rule; `definition` gives its reasons their labels."""

    def __init__(
        self,
        problem: Problem,
        reasons: Iterable[Reason],
        definition: Definition | None = None,
        titles: Titles | None = None,
    ) -> None:
        super().__init__(problem.name)
        self.problem, self.reasons = problem, tuple(reasons)
        self.definition, self.titles = definition, titles


def refused(reasons: Iterable[Reason], definition: Definition | None = None, titles: Titles | None = None) -> Refusal:
    """The refusal whose status follows from the kinds of its reasons."""
    found = tuple(reasons)
    return Refusal(problems.of_reasons(found), found, definition, titles)


def malformed() -> Refusal:
    return Refusal(_MALFORMED, (Reason("not_json", Kind.INPUT),))


def scope_missing(scope: str) -> Refusal:
    return refused((Reason("scope_needed", Kind.AUTHORITY, {"scope": scope}),))


def version_missing() -> Refusal:
    return Refusal(problems.VERSION_MISSING, (Reason("version_missing", Kind.INPUT),))


# -- answers ------------------------------------------------------------------------------------------------------------


def told(problem: Problem, reasons: list[plain.Said], **more: Any) -> plain.Said:
    """The members of a problem, for a whole answer or for one of several results."""
    return {
        "type": f"{_TYPES}{problem.name}",
        "title": _(TITLES[problem.name]),
        "status": problem.status,
        "detail": " ".join(one["message"][language()] for one in reasons),
        "reasons": reasons,
        **more,
    }


def answer(problem: Problem, reasons: list[plain.Said], **more: Any) -> Response:
    said = told(problem, reasons, instance=request.path, request_id=security.request_id(), **more)
    response = Response(json.dumps(said, ensure_ascii=False), problem.status, mimetype="application/problem+json")
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def of_refusal(refusal: Refusal) -> Response:
    return answer(refusal.problem, plain.reasons(refusal.reasons, refusal.definition, refusal.titles))


def of_workflow(error: WorkflowError) -> Response:
    problem = problems.of_error(error)
    if problem is problems.FAULT:
        return of_fault(error)
    if isinstance(error, StaleItem):
        return _stale(error, problem)
    return answer(problem, plain.reasons((problems.reason_of(error, security.request_id()),)))


def _stale(error: StaleItem, problem: Problem) -> Response:
    """Who came first is said too: whoever was overtaken wants to know by whom."""
    with office().read() as uow:
        item = uow.items.get(error.item_id).item
        titles = titles_of(uow)
        newest = of_item(uow, item, stream=stream_of(item), limit=1)
    winner = plain.entry(newest[0], titles) if newest else {}
    response = answer(
        problem,
        plain.reasons((problems.reason_of(error, security.request_id()),)),
        current={"version": item.revision, "state": item.state, "by": winner.get("act", {}).get("id")},
    )
    response.headers["ETag"] = f'"{item.revision}"'
    return response


def of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, InternalServerError) or status >= 500:
        return of_fault(error)
    if status == 404:
        return of_workflow(NotFound("address", request.path))
    if error.response is not None or status < 400:
        made: Response = current_app.make_response(error.get_response())
        return made
    problem, code, kind = _BY_STATUS.get(
        status, (Problem("malformed", status, _MALFORMED.exit_code), "not_understood", Kind.INPUT)
    )
    headers = {name: text for name, text in error.get_headers() if name in _PASSED_ON}
    response = answer(problem, plain.reasons((Reason(code, kind, _params(code, headers)),)))
    response.headers.update(headers)
    return response


def _params(code: str, headers: Mapping[str, str]) -> dict[str, str]:
    if code == "too_large":
        return {"limit": str(request.max_content_length)}
    return {"seconds": headers.get("Retry-After", _RETRY_SECONDS)} if code == "too_many_requests" else {}


def of_fault(error: Exception) -> Response:
    _log.error("request %s failed", security.request_id(), exc_info=error)
    return answer(
        problems.FAULT,
        plain.reasons((Reason("fault", Kind.PRECONDITION, {"request": security.request_id()}),)),
    )


def of_any(error: Exception) -> Response:
    """The answer to any error under /api/."""
    if isinstance(error, Refusal):
        return of_refusal(error)
    if isinstance(error, WorkflowError):
        return of_workflow(error)
    return of_http(error) if isinstance(error, HTTPException) else of_fault(error)
