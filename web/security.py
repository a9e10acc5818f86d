"""What every answer carries and every request must pass, whatever page or call it is for."""

import binascii
import hmac
import re
import secrets
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import Forbidden, TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

API_PREFIX = "/api/"
"""Paths that answer to tokens only: no cookie counts there, so nothing can be forged there either."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""What an answer carries unless its page says otherwise."""

_MEGABYTE = 1024 * 1024
_REQUEST_ID = "X-Request-Id"
_A_NAME = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SECRET_BYTES = 32

_View = TypeVar("_View", bound=Callable[..., Any])


class FormRefused(Forbidden):
    """A form that did not come from a page of this very session."""

    description = "the form did not come from a page of this session"


class _FormCookie(SecureCookieSessionInterface):
    """The visitor's own signed cookie. Whoever is signed in brings none: then there is nothing to verify, no signer to make."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def protect(app: Flask, *, trusted_hosts: tuple[str, ...], https: bool, proxy_hops: int) -> None:
    """Set the bounds of a request and the headers of every answer, errors included."""
    app.config.update(
        TRUSTED_HOSTS=list(trusted_hosts),
        MAX_CONTENT_LENGTH=22 * _MEGABYTE,
        MAX_FORM_MEMORY_SIZE=_MEGABYTE,
        MAX_FORM_PARTS=1000,
        SESSION_COOKIE_NAME="__Host-dondoc-form" if https else "dondoc-form",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )
    app.session_interface = _FormCookie()
    if proxy_hops:
        hops = {"x_for": proxy_hops, "x_proto": proxy_hops, "x_host": proxy_hops}
        app.wsgi_app = ProxyFix(app.wsgi_app, **hops)  # type: ignore[method-assign]
    app.before_request(open_request)
    app.before_request(refuse_strangers)
    app.after_request(add_headers)


def open_request() -> None:
    given = request.headers.get(_REQUEST_ID, "")
    # A proxy or a program may have named it already; what it says goes into logs and must be nothing but a name.
    g.request_id = given if _A_NAME.fullmatch(given) else secrets.token_hex(8)
    if request.mimetype != "multipart/form-data":
        # Only files are large; what is no upload need not be read at all.
        request.max_content_length = _MEGABYTE
    # Even a request that is refused at the door gets a page with forms.
    bind_forms(None)


def request_id() -> str:
    """The name under which this request stands in the server's log and on its error page."""
    return str(g.get("request_id") or "")


def add_headers(response: Response) -> Response:
    given = {name.lower() for name, _value in response.headers}
    response.headers.extend((name, value) for name, value in _HEADERS.items() if name.lower() not in given)
    response.headers[_REQUEST_ID] = request_id()
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


# -- forged requests ----------------------------------------------------------------------------------------------------


def changes_something() -> bool:
    """Whether this request may change the state of the office; GET, HEAD and OPTIONS never do."""
    return request.method not in _SAFE_METHODS


def refuse_strangers() -> None:
    """A browser says where a form comes from; one that comes from another site is refused before anything is read."""
    if not changes_something() or request.path.startswith(API_PREFIX):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FormRefused
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise FormRefused


def new_secret() -> str:
    """A secret of 256 bits for a session or a form."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def bind_forms(secret: str | None) -> None:
    """Forms of this request belong to the session with that secret; None: to the visitor's own signed cookie."""
    g.csrf_secret = secret


def _form_secret() -> bytes:
    if g.csrf_secret is None:
        if "csrf" not in session:
            session["csrf"] = new_secret()
        g.csrf_secret = session["csrf"]
    return str(g.csrf_secret).encode()


def forget_visitor() -> None:
    """From the next request on, forms belong to a session: the visitor's cookie is taken back."""
    session.clear()


def csrf_token() -> str:
    """The token of this session's forms, masked anew each time so that compression gives nothing away."""
    secret = _form_secret()
    mask = secrets.token_bytes(len(secret))
    return urlsafe_b64encode(mask + _xor(mask, secret)).decode()


def check_form() -> None:
    """FormRefused unless the form carries a token of this session (field `csrf_token`, header `X-CSRF-Token`)."""
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token") or ""
    if not hmac.compare_digest(_unmasked(given), _form_secret()):
        raise FormRefused


def _xor(mask: bytes, text: bytes) -> bytes:
    return (int.from_bytes(mask) ^ int.from_bytes(text)).to_bytes(len(mask))


def _unmasked(token: str) -> bytes:
    try:
        raw = urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        return b""
    half = len(raw) // 2
    return _xor(raw[:half], raw[half:]) if len(raw) == 2 * half else b""


# -- who may come without a session -------------------------------------------------------------------------------------


def public(view: _View) -> _View:
    """Mark a view that anybody may ask for; every other one asks for a session first."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_public(endpoint: str | None) -> bool:
    """Also true of an address that does not exist, whose answer is 404 for everybody."""
    return endpoint is None or bool(getattr(current_app.view_functions[endpoint], "is_public", False))


def own_path(target: str | None) -> str:
    """`target` where it is a path of this very site, else "/": nobody is led elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(char) <= ord(" ") or char == "\\" for char in target):
        return "/"
    return target


# -- too much at once ---------------------------------------------------------------------------------------------------


class Allowance:
    """At most `count` acts in `seconds` for each key, in this process."""

    def __init__(self, count: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._count, self._seconds, self._clock = count, seconds, clock
        self._acts: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Count one act; TooManyRequests with the seconds to wait where the allowance is spent."""
        now = self._clock()
        with self._lock:
            self._forget(now)
            acts = self._acts.setdefault(key, deque())
            if len(acts) >= self._count:
                raise TooManyRequests(retry_after=int(acts[0] + self._seconds - now) + 1)
            acts.append(now)

    def _forget(self, now: float) -> None:
        for key in list(self._acts):
            acts = self._acts[key]
            while acts and acts[0] <= now - self._seconds:
                acts.popleft()
            if not acts:
                del self._acts[key]
