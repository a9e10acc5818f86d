"""The pages that tell of errors: what happened, what is kept, what to do, whom to ask. Never how the program is made."""

import logging

from flask import Flask, Response, current_app, make_response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from web import problems, security
from web.i18n import N_, _, reason_sentence
from web.pages.rendering import leave_the_database_alone, render_fragment, render_page, wants_fragment
from web.pages.session import login_page
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import HalfRestored, OutsideMandate, Unserved, WorkflowError

_log = logging.getLogger(__name__)


class Told:
    """The four things an error page says, in English as the key of their translation."""

    __slots__ = ("do", "happened", "kept", "title")

    def __init__(self, title: str, happened: str, kept: str, do: str) -> None:
        self.title, self.happened, self.kept, self.do = title, happened, kept, do


_NOTHING_SAVED = N_("Nothing was saved by this request.")
_TYPED_KEPT = N_("Nothing was saved. What you typed is still in the form: press Back in the browser.")
_BACK = N_("Go back and try again.")

TOLD: dict[int, Told] = {
    400: Told(
        N_("The request could not be understood"),
        N_("The address or the form that your browser sent was not complete."),
        _NOTHING_SAVED,
        N_("Open the page again from “My work”."),
    ),
    401: Told(
        N_("Please sign in"),
        N_("You are not signed in, or your session is over."),
        N_("What you typed is kept on this page."),
        N_("Sign in to go on."),
    ),
    403: Told(
        N_("You are not permitted to do this"),
        N_("Your post does not give you this right."),
        _NOTHING_SAVED,
        N_("If this is your task, ask the administrator to check your post."),
    ),
    404: Told(
        N_("There is no such page"),
        N_("The page does not exist, or it is not for your unit."),
        N_("Your data is as it was."),
        N_("Check the address, or look for the task under “My work”."),
    ),
    405: Told(
        N_("This page cannot be asked for in this way"),
        N_("The address was opened in a way that it does not know."),
        _NOTHING_SAVED,
        N_("Open the page again from “My work”."),
    ),
    409: Told(
        N_("The task has moved on meanwhile"),
        N_("This step is no longer possible: somebody has done something with the task since you opened it."),
        _TYPED_KEPT,
        N_("Open the task again to see how it stands."),
    ),
    412: Told(
        N_("Somebody changed this before you"),
        N_("The task was changed after you opened this page."),
        _TYPED_KEPT,
        N_("Open the task again, compare, then send once more."),
    ),
    413: Told(
        N_("The file is too large"),
        N_("Files may have 20 MB at most."),
        _TYPED_KEPT,
        N_("Attach a smaller file, or split it."),
    ),
    415: Told(
        N_("This kind of file is not accepted"),
        N_("Accepted are PDF, Word (docx), Excel (xlsx), PNG and JPG."),
        _TYPED_KEPT,
        N_("Save the file as one of these kinds and attach it again."),
    ),
    422: Told(
        N_("Something in the form is not right"),
        N_("One or more fields are missing or not right."),
        _TYPED_KEPT,
        _BACK,
    ),
    428: Told(
        N_("The version is missing"),
        N_("The request does not say which version of the task you looked at."),
        _TYPED_KEPT,
        N_("Open the task again, then send once more."),
    ),
    429: Told(
        N_("Too many attempts"),
        N_("There were too many attempts in a short time."),
        _NOTHING_SAVED,
        N_("Wait a few minutes, then try again."),
    ),
    500: Told(
        N_("The system has a fault"),
        N_("Something went wrong on our side; it is not your mistake."),
        _TYPED_KEPT,
        N_("Try again in a few minutes. If it happens again, tell the administrator the number below."),
    ),
    503: Told(
        N_("The system is busy"),
        N_("The database did not answer in time."),
        _TYPED_KEPT,
        N_("Wait half a minute, then send again."),
    ),
}
YEAR_MISSING = Told(
    N_("The working calendar lacks a year"),
    N_("A date of this task reaches into a year whose days off are not entered yet."),
    _TYPED_KEPT,
    N_("Ask the system administrator to enter the days off of {year}, then send again."),
)
OUTSIDE_MANDATE = Told(
    N_("Your mandate is not in force"),
    N_("An auditor reads under a written mandate and on its days only."),
    _NOTHING_SAVED,
    "{sentence}",
)
HALF_RESTORED = Told(
    N_("There is no office here yet"),
    N_("A backup is being brought back, or that was broken off."),
    _NOTHING_SAVED,
    N_("Tell the system administrator: the restore must come to its end, or be run again."),
)
UNSERVED = Told(
    N_("The office has no workflow for this"),
    N_("This page shows the items of a workflow that is not published here."),
    N_("Your data is as it was."),
    N_("Ask the administrator to publish a workflow whose file says “purpose: {purpose}”."),
)
FORM_REFUSED = Told(
    N_("The form is out of date"),
    N_("The form did not come from a page of your present session, so it was not accepted."),
    _TYPED_KEPT,
    N_("Open the page again, then send once more."),
)


def handle(app: Flask) -> None:
    """Answer every error of a page, and of addresses that no blueprint owns.

    `app.extensions["api_errors"]` (error → Response), where the API has set it, answers for those under /api/.
    """
    app.register_error_handler(HTTPException, tell_http)
    app.register_error_handler(WorkflowError, tell_workflow)
    app.register_error_handler(Exception, tell_fault)


def tell_http(error: HTTPException) -> Response:
    call = current_app.extensions.get("api_errors")
    if call is not None and request.path.startswith(security.API_PREFIX):
        return make_response(call(error))
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        return tell_fault(error.original_exception)
    response = error_page(status, FORM_REFUSED if isinstance(error, security.FormRefused) else None)
    for name, value in error.get_headers():
        if name in ("Retry-After", "Allow", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def tell_workflow(error: WorkflowError) -> Response:
    problem = problems.of_error(error)
    if problem is problems.FAULT:
        return tell_fault(error)
    if isinstance(error, CalendarYearMissing):
        return error_page(problem.status, YEAR_MISSING, year=str(error.year))
    if isinstance(error, Unserved):
        return error_page(problem.status, UNSERVED, purpose=error.name)
    if isinstance(error, OutsideMandate):
        return error_page(problem.status, OUTSIDE_MANDATE, sentence=reason_sentence(problems.reason_of(error)))
    return error_page(problem.status, HALF_RESTORED if isinstance(error, HalfRestored) else None)


def tell_fault(error: Exception) -> Response:
    _log.error("request %s failed", security.request_id(), exc_info=error)
    try:
        return error_page(InternalServerError.code)
    except Exception:  # noqa: BLE001  the last resort must not depend on what has just failed
        _log.exception("the error page of request %s failed as well", security.request_id())
        return make_response(f"500 · {security.request_id()}", 500, {"Content-Type": "text/plain; charset=utf-8"})


def error_page(status: int, told: Told | None = None, **named: str) -> Response:
    """The page (or, for htmx, the fragment) of that status; `named` fills in what `do` names."""
    if status == 401 and not wants_fragment():
        return make_response(login_page(401, expired=True))
    if status >= 500:
        leave_the_database_alone()
    told = told or TOLD.get(status) or TOLD[400 if status < 500 else 500]
    words = {"title": _(told.title), "happened": _(told.happened), "kept": _(told.kept), "do": _(told.do, **named)}
    if wants_fragment():
        return make_response(render_fragment("errors/fragment.html", status, **words, request_id=security.request_id()))
    return make_response(render_page("errors/page.html", status, code=status, **words, path=request.path))
