"""Log in, log out, change the language."""

from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.exceptions import BadRequest, TooManyRequests, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from web import actors, i18n, problems, security
from web.i18n import _, label, reason_sentence
from web.pages.rendering import render_page
from web.titles import choice_label
from web.wiring import office, settings
from workflow.engine.definition import COMMENT
from workflow.errors import OutsideMandate
from workflow.services import people

bp = Blueprint("session", __name__)

_YEAR_SECONDS = 365 * 86_400
_OWN_FIELDS = frozenset({"csrf_token", "login", "password", "next"})
_KEPT = "kept:"
_UNSEEN = frozenset({"act", "draft", "item", "key", "move", "seen", "version", "workflow"})
"""What a form carries that nobody typed."""


def login_page(status: int = 200, *, failed: bool = False, expired: bool = False, outside: str = "") -> tuple[str, int]:
    """The form. What a form that came too late held is carried along, so that nothing typed is lost."""
    return render_page(
        "session/login.html",
        status,
        failed=failed,
        expired=expired,
        outside=outside,
        login=request.form.get("login", "") if request.endpoint == "session.log_in" else "",
        next=_next(),
        kept=tuple(kept_fields()),
        files_lost=any(sent.filename for sent in request.files.values()),
    )


def _next() -> str:
    if request.endpoint in ("session.log_in", "session.login_form"):
        return security.own_path(request.values.get("next"))
    return security.own_path(request.full_path.rstrip("?") if request.method == "GET" else request.path)


def kept_fields() -> Iterator[tuple[str, str]]:
    """What was typed into the form that found its session over."""
    if request.endpoint == "session.log_in":
        for name, value in request.form.items(multi=True):
            if name.startswith(_KEPT):
                yield name.removeprefix(_KEPT), value
    elif request.method == "POST":
        for name, value in request.form.items(multi=True):
            if name not in _OWN_FIELDS:
                yield name, value


@bp.get("/login")
@security.public
def login_form() -> tuple[str, int]:
    return login_page()


@bp.post("/login")
@security.public
def log_in() -> AnyResponse | tuple[str, int]:
    outcome = people.log_in(
        office(),
        request.form.get("login", ""),
        request.form.get("password", ""),
        people.Visit(request.remote_addr or "", security.request_id(), request.cookies.get(actors.session_cookie())),
    )
    if isinstance(outcome, people.TooManyAttempts):
        raise TooManyRequests(retry_after=outcome.wait_seconds)
    if isinstance(outcome, people.LoginRefused):
        return login_page(401, failed=True)
    if isinstance(outcome, OutsideMandate):
        return login_page(403, outside=reason_sentence(problems.reason_of(outcome)))
    return _signed_in(outcome)


def _signed_in(opened: people.Opened) -> AnyResponse:
    security.forget_visitor()
    target, kept = security.own_path(request.form.get("next")), tuple(kept_fields())
    if kept:
        security.bind_forms(opened.csrf)
        response = make_response(render_page("session/resume.html", next=target, kept=kept, typed=_typed(kept)))
    else:
        response = make_response(redirect(target, 303))
    response.set_cookie(
        actors.session_cookie(), opened.id, httponly=True, secure=settings().https, samesite="Lax", path="/"
    )
    return response


def _typed(kept: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was typed, under the names that its form showed."""
    fields = {name: field for one in office().editions.all_latest() for name, field in one.fields.items()}
    words = {COMMENT: _("Reason or comment"), "text": _("Comment"), "unit": _("Lead unit"), "vote": _("Your decision")}
    votes = {"approve": _("Approve"), "reject": _("Reject")}
    return [
        (label(fields[name].label), choice_label(fields[name], value))
        if name in fields
        else (words.get(name, name), votes.get(value, value) if name == "vote" else value)
        for name, value in kept
        if value and name not in _UNSEEN
    ]


@bp.post("/logout")
def log_out() -> Response:
    found = actors.signed_in()
    if found is None:
        raise Unauthorized
    people.log_out(office(), found, security.request_id())
    response = make_response(redirect("/login", 303))
    response.delete_cookie(actors.session_cookie(), httponly=True, secure=settings().https, samesite="Lax", path="/")
    return response


@bp.post("/language")
@security.public
def change_language() -> Response:
    """Kept in a cookie, and on the account of whoever is signed in."""
    chosen = request.form.get("language", "")
    if chosen not in i18n.LANGUAGES:
        raise BadRequest
    found = actors.signed_in()
    if found is not None:
        people.change_language(office(), found.person.id, chosen)
    response = make_response(redirect(security.own_path(request.form.get("next")), 303))
    response.set_cookie(
        actors.LANGUAGE_COOKIE, chosen, _YEAR_SECONDS, httponly=True, secure=settings().https, samesite="Lax"
    )
    return response
