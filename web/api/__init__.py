"""The calls under /api/v1: JSON in and out, by token only."""

from flask import Blueprint, Flask, current_app, request

from web import security
from web.actors import signed_in
from web.api import (
    accountability,
    calendars,
    calls,
    definitions,
    delegations,
    feeds,
    figures,
    files,
    history,
    inbox,
    items,
    jobs,
    notices,
    openapi,
    past,
    previews,
    problem,
    redactions,
    reports,
    seals,
)

_BUDGET, _SECONDS = 1000, 1.0
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    """Give `app` the calls, and their way of telling errors for every address under /api/."""
    bp = Blueprint("api", __name__, url_prefix="/api/v1")
    bp.before_request(admit)
    bp.register_error_handler(Exception, problem.of_any)
    for part in (
        items,
        jobs,
        previews,
        history,
        definitions,
        delegations,
        feeds,
        figures,
        files,
        inbox,
        notices,
        calendars,
        past,
        accountability,
        reports,
        redactions,
        seals,
        openapi,
    ):
        bp.register_blueprint(part.bp)
    app.register_blueprint(bp)
    app.extensions["api_errors"] = problem.of_any
    app.extensions["api_budget"] = security.Allowance(_BUDGET, _SECONDS)


def admit() -> None:
    """Hold the token to its scopes and its budget: a stop for accidents, far above what anybody needs."""
    found = signed_in()
    if found is None:
        return
    current_app.extensions["api_budget"].take(found.id_hash)
    needed = _scope()
    # Whoever may write is told what became of it.
    granted = found.scopes | ({"read"} if "write" in found.scopes else set())
    if needed not in granted:
        raise problem.scope_missing(needed)
    calls.check_reference((request.view_args or {}).get("ref"))


def _scope() -> str:
    if request.path.startswith("/api/v1/audit/"):
        return "audit"
    if request.method not in _SAFE:
        return "admin" if request.path.startswith("/api/v1/calendars/") else "write"
    return "read"
