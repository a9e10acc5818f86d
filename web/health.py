"""Is this process alive, may it be sent requests: what a supervisor and a load balancer ask. It says no more than that."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, jsonify

from web import security, wiring
from web.settings import Settings
from workflow.engine.events import instant_of
from workflow.persistence import UnitOfWork
from workflow.persistence.migrations import newest
from workflow.queries.condition import schema_of
from workflow.services.office import Office
from workflow.services.sealing import standing

CLOCK_IS_OLD = timedelta(minutes=2)
"""A round comes every ten seconds; after so long without one somebody has to look."""

_PING = timedelta(seconds=1)
_needed_schema = cache(newest)


@dataclass(frozen=True, slots=True)
class Check:
    """`needed` where no page can be answered without it; the others are told and take nobody off the air."""

    name: str
    ok: bool
    needed: bool


def register(app: Flask) -> None:
    app.add_url_rule("/healthz", view_func=security.public(alive), methods=["GET"])
    app.add_url_rule("/readyz", view_func=security.public(ready), methods=["GET"])
    app.wsgi_app = ByAnyName(app.wsgi_app, frozenset({"/healthz", "/readyz"}))  # type: ignore[method-assign]


class ByAnyName:
    """Answers these paths whatever name the machine is called by: a supervisor knows a process by its number alone.

    Nothing that is answered there is made of the name, so nobody gains anything by choosing one.
    """

    def __init__(self, application: WSGIApplication, paths: frozenset[str]) -> None:
        self._application, self._paths = application, paths

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in self._paths:
            environ = {**environ, "HTTP_HOST": "localhost"}
        return self._application(environ, start_response)


def alive() -> Response:
    """The process answers; nothing else was asked."""
    return jsonify(status="alive")


def ready() -> tuple[Response, int]:
    """503 where a page could not be answered; a clock or a Redis that is down is told, and blocks no page."""
    found = checks(wiring.office(), wiring.settings())
    is_ready = all(check.ok for check in found if check.needed)
    said = {check.name: {"ok": check.ok, "needed": check.needed} for check in found}
    return jsonify(ready=is_ready, checks=said), 200 if is_ready else 503


def checks(office: Office, settings: Settings) -> tuple[Check, ...]:
    """What is asked of this process's surroundings, the cheap and important first."""
    asked: list[tuple[str, Callable[[], bool], bool]] = [
        ("database", lambda: _answers(office, lambda _uow: True), True),
        ("schema", lambda: _answers(office, lambda uow: schema_of(uow) == _needed_schema()), True),
        ("files", lambda: can_write(settings.files), True),
        ("clock", lambda: _answers(office, lambda uow: clock_runs(uow, office.clock.now())), False),
    ]
    asked.append(("seals", lambda: _answers(office, lambda uow: well_sealed(uow, office.clock.now())), False))
    if settings.redis_url is not None:
        asked.append(("redis", lambda: redis_answers(str(settings.redis_url)), False))
    return tuple(Check(name, ask(), needed) for name, ask, needed in asked)


def _answers(office: Office, question: Callable[[UnitOfWork], bool]) -> bool:
    try:
        with office.read() as uow:
            return question(uow)
    except Exception:  # noqa: BLE001  whatever it is, the database gives no answer
        return False


def can_write(folder: Path) -> bool:
    """Whether a file can be made there, asked by making one; the folder itself is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def clock_age(uow: UnitOfWork, now: datetime) -> timedelta | None:
    """How long ago a round of the clock ended, by the office's own time; None where none ever did."""
    beat = uow.settings.find(wiring.HEARTBEAT)
    return now - instant_of(beat) if beat else None


def clock_runs(uow: UnitOfWork, now: datetime) -> bool:
    age = clock_age(uow, now)
    return age is not None and age < CLOCK_IS_OLD


def well_sealed(uow: UnitOfWork, now: datetime) -> bool:
    """Whether what is written has its place and its signature in time, and the signer does not refuse."""
    found = standing(uow)
    return found.refused is None and not found.waits_too_long(now) and not found.unsigned_too_long(now)


def redis_answers(url: str) -> bool:
    from workflow.outbox.rq_dispatch import answers

    return answers(url, _PING)
