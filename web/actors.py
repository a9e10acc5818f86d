"""Who is asking: the cookie's session or the call's token, made the engine's Actor."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, Request, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import MethodNotAllowed, NotFound, Unauthorized
from werkzeug.routing import RequestRedirect

from web import i18n, security
from web.extensions import login_manager
from web.i18n import N_, _
from web.wiring import office, settings
from workflow.engine import Actor
from workflow.engine.administration import (
    refusal_to_administer,
    refusal_to_audit,
    refusal_to_delegate,
    refusal_to_see_all_delegations,
)
from workflow.engine.definition import POSTS
from workflow.engine.visibility import scope_of
from workflow.errors import OutsideMandate
from workflow.services import people
from workflow.services.office import Caller
from workflow.values import replace

WAITING, UNREAD = "waiting", "unread"
LANGUAGE_COOKIE = "dondoc-language"
_SHELLS: Mapping[bool, str] = {True: "api", False: "web"}


class User:
    """flask-login's view of somebody who is signed in."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, signed_in: people.SignedIn) -> None:
        self.signed_in = signed_in

    def get_id(self) -> str:
        return self.signed_in.person.id


def session_cookie() -> str:
    return "__Host-dondoc" if settings().https else "dondoc"


@login_manager.request_loader  # type: ignore[untyped-decorator]
def load_user(asked: Request) -> User | None:
    """By token under /api/, by cookie everywhere else; a token in a cookie or a cookie for a call counts for nothing."""
    if asked.path.startswith(security.API_PREFIX):
        kind, _, token = asked.headers.get("Authorization", "").partition(" ")
        found = people.resolve_token(office(), token.strip()) if kind.lower() == "bearer" else None
    else:
        cookie = asked.cookies.get(session_cookie())
        found = people.resolve(office(), cookie) if cookie else None
    return User(found) if found else None


def guard(app: Flask) -> None:
    """Ask for a session before every view that is not marked public, and for a token of it with every form."""
    app.before_request(_admit)


def _admit() -> None:
    g.signed_in = None
    try:
        if request.endpoint == "static":
            return
        g.signed_in = getattr(current_user, "signed_in", None)
    except OutsideMandate:
        # He may still sign in as somebody else.
        if not security.is_public(request.endpoint):
            raise
    finally:
        # What goes wrong here is told in the visitor's language as well.
        i18n.speak(_language(g.signed_in))
    call = request.path.startswith(security.API_PREFIX)
    if g.signed_in is None and not security.is_public(request.endpoint):
        raise Unauthorized
    if call:
        return
    if g.signed_in is not None:
        security.bind_forms(g.signed_in.csrf)
    if security.changes_something() and request.endpoint is not None:
        security.check_form()


def _language(found: people.SignedIn | None) -> str:
    if found and found.person.lang in i18n.LANGUAGES:
        # Most requests: what the browser would accept need not even be read.
        return found.person.lang
    return i18n.choose_language(
        request.cookies.get(LANGUAGE_COOKIE),
        accepted=request.accept_languages.best_match(i18n.LANGUAGES),
        default=settings().language,
    )


def signed_in() -> people.SignedIn | None:
    """Who is signed in, or None; asks the database no more."""
    found: people.SignedIn | None = g.get("signed_in")
    return found


def current_actor() -> Actor:
    """The engine's Actor of this request; Unauthorized (401) where nobody is signed in."""
    found = signed_in()
    if found is None:
        raise Unauthorized
    return found.actor


def current_caller(key: str | None = None, acting_for: str | None = None) -> Caller:
    """The Caller of this request. `acting_for` is the id of the person whose delegation is used.

    `key` is the idempotency key; a page's form carries it in its field `key`.
    """
    call = request.path.startswith(security.API_PREFIX)
    actor = replace(current_actor(), acting_for=acting_for) if acting_for else current_actor()
    own_key = request.form.get("key") if security.changes_something() and not call else None
    return Caller(actor, _SHELLS[call], security.request_id() or None, key or own_key or None)


def current_reader() -> Caller:
    """The Caller of a request that is only looked at: nothing of what was sent along is read for it."""
    call = request.path.startswith(security.API_PREFIX)
    return Caller(current_actor(), _SHELLS[call], security.request_id() or None)


# -- what is shown to whom ----------------------------------------------------------------------------------------------


class NavLink(NamedTuple):
    """`badge` says what the link counts: what is WAITING for the person, what is UNREAD; "" for nothing.

    A tuple, because every page makes ten of them.
    """

    path: str
    label: str
    icon: str
    current: bool
    badge: str = ""


def navigation() -> tuple[NavLink, ...]:
    """The links of the page's head: the one place that says which pages a person is shown."""
    found = signed_in()
    if found is None:
        return ()
    here = request.path
    return tuple(
        NavLink(path, _(label), icon, _leads_to(path, here), badge)
        for path, label, icon, badge in _links(found.actor)
        if has_page(path)
    )


@lru_cache(maxsize=1024)
def _links(actor: Actor) -> tuple[tuple[str, str, str, str], ...]:
    """The links that this actor is shown, as (path, message, icon, badge)."""
    scope = scope_of(actor)
    works = scope.everything or bool(actor.unit)
    administers = refusal_to_administer(actor) is None
    links = (
        ("/", N_("My work"), "inbox", WAITING, works),
        ("/items", N_("Tasks"), "list-check", "", works),
        ("/reports", N_("Reports"), "calendar-due", "", works),
        (f"/units/{actor.unit}", N_("Unit"), "building", "", bool(actor.roles & POSTS)),
        ("/commune", N_("Whole commune"), "building-community", "", scope.everything),
        ("/directives", N_("Assigning documents"), "file-text", "", works),
        ("/delegations", N_("Delegations"), "signature", "", _has_to_do_with_delegations(actor)),
        ("/history", N_("Log"), "history", "", refusal_to_audit(actor) is None),
        ("/definitions", N_("Workflows"), "sitemap", "", True),
        ("/admin", N_("Administration"), "settings", "", administers),
        ("/notices", N_("Notices"), "bell", UNREAD, True),
        ("/help", N_("Help"), "help-circle", "", True),
    )
    return tuple((path, message, icon, badge) for path, message, icon, badge, shown in links if shown)


def _has_to_do_with_delegations(actor: Actor) -> bool:
    """Who may give a power, holds one, or keeps or answers for those of the office."""
    may_give = refusal_to_delegate(actor) is None
    return may_give or bool(actor.delegations) or refusal_to_see_all_delegations(actor) is None


def home() -> str:
    """Where somebody who signed in begins."""
    links = navigation()
    return links[0].path if links else "/"


def _leads_to(path: str, here: str) -> bool:
    return here == path or (path != "/" and here.startswith(f"{path}/"))


def has_page(path: str) -> bool:
    """Whether this installation has a page at that path."""
    known: dict[str, bool] = current_app.extensions.setdefault("known_pages", {})
    if path not in known:
        try:
            current_app.url_map.bind("localhost").match(path)
            known[path] = True
        except RequestRedirect:
            known[path] = True
        except (NotFound, MethodNotAllowed):
            known[path] = False
    return known[path]
