"""What is counted and timed, for Prometheus: each process tells its own requests and moves, all of them what the database holds."""

import hmac
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from ipaddress import ip_address

from flask import Flask, Request, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from werkzeug.exceptions import Forbidden

from web import security, wiring
from web.health import ByAnyName, clock_age
from web.settings import Settings
from workflow import __version__
from workflow.queries.condition import load
from workflow.services.office import Office
from workflow.services.sealing import Standing, standing

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


class Meters:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._moves = Counter(
            "dondoc_moves",
            "Moves, votes and recalls that were tried",
            ("workflow", "move", "outcome"),
            registry=self.registry,
        )
        self._refusals = Counter("dondoc_refusals", "Reasons why moves were refused", ("code",), registry=self.registry)
        self._requests = Histogram(
            "dondoc_request_seconds",
            "Time to answer a request, by the template of its address",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)

    def witness(self, workflow: str, move: str, codes: tuple[str, ...]) -> None:
        """A move was tried; `codes` say why it was refused, none where it was made."""
        self._moves.labels(workflow, move, "refused" if codes else "done").inc()
        for code in codes:
            self._refusals.labels(code).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).observe(seconds)


class Kept(Collector):
    """What the office keeps for all of its processes, read at the moment it is asked for."""

    def __init__(self, office: Callable[[], Office]) -> None:
        self._office = office

    def collect(self) -> Iterator[Metric]:
        release = GaugeMetricFamily("dondoc_build_info", "The release that runs", labels=["version"])
        release.add_metric([__version__], 1)
        yield release
        try:
            found = tuple(_kept(self._office()))
        except Exception:  # noqa: BLE001  that the database is out of reach is itself what is to be told
            found = ()
        yield GaugeMetricFamily("dondoc_database_up", "1 where the database answers", 1 if found else 0)
        yield from found


def _kept(office: Office) -> Iterator[Metric]:
    now = office.clock.now()
    with office.read() as uow:
        found, age = load(uow), clock_age(uow, now)
        sealed = standing(uow)
        fired = int(uow.settings.find(wiring.TIMERS_FIRED) or 0)
    messages = GaugeMetricFamily("dondoc_messages", "Messages of the outbox, by what became of them", labels=["status"])
    messages.add_metric(["waiting"], found.waiting)
    messages.add_metric(["buried"], found.buried)
    yield messages
    yield GaugeMetricFamily(
        "dondoc_oldest_message_seconds",
        "How long the message waits that has waited longest",
        max(0.0, (now - found.oldest_message).total_seconds()) if found.oldest_message else 0,
    )
    yield GaugeMetricFamily("dondoc_job_rows_waiting", "Rows of long jobs that are still to be done", found.job_rows)
    yield CounterMetricFamily("dondoc_timers_fired", "Timers that fired, whichever process fired them", fired)
    yield from _seals(sealed, now)
    if age is not None:
        yield GaugeMetricFamily("dondoc_clock_age_seconds", "Since the last round of the clock", age.total_seconds())


def _seals(found: Standing, now: datetime) -> Iterator[Metric]:
    """How long what is written waits for its place and for a signature: how long it could be rewritten unseen."""
    for name, words, since in (
        (
            "dondoc_unsealed_seconds",
            "Since the oldest entry was recorded that has no place in the log",
            found.waiting_since,
        ),
        (
            "dondoc_unsigned_seconds",
            "Since the oldest entry was recorded that no checkpoint covers",
            found.unsigned_since,
        ),
    ):
        yield GaugeMetricFamily(name, words, max(0.0, (now - since).total_seconds()) if since else 0)
    yield GaugeMetricFamily("dondoc_log_entries", "Entries with a place in the log", found.size)
    yield GaugeMetricFamily("dondoc_signer_refuses", "1 where the signer refused last", 1 if found.refused else 0)


def measure(app: Flask, meters: Meters, settings: Settings) -> None:
    """Time every request of `app`, and tell what was counted at /metrics."""
    app.before_request(_begin)
    app.after_request(partial(_end, meters))
    app.add_url_rule("/metrics", "metrics", security.public(partial(_told, meters)), methods=["GET"])
    if settings.metrics_token is not None:
        # Without a token a page elsewhere could have a browser on this machine ask under a name of its own.
        app.wsgi_app = ByAnyName(app.wsgi_app, frozenset({"/metrics"}))  # type: ignore[method-assign]


def _begin() -> None:
    g.began = time.perf_counter()


def seconds_so_far() -> float:
    """Since this request began."""
    now = time.perf_counter()
    return now - float(g.get("began", now))


def route_of(asked: Request) -> str:
    """The template of the address, never the address itself: that may name people and would never end."""
    return asked.url_rule.rule if asked.url_rule else "none"


def _end(meters: Meters, response: Response) -> Response:
    # A method is whatever a stranger writes there: those that are none of ours are one.
    method = request.method if request.method in _METHODS else "other"
    meters.answered(method, route_of(request), response.status_code, seconds_so_far())
    return response


def _told(meters: Meters) -> Response:
    _admit(wiring.settings())
    return Response(generate_latest(meters.registry), content_type=CONTENT_TYPE_LATEST)


def _admit(settings: Settings) -> None:
    """With DONDOC_METRICS_TOKEN whoever bears it; without it only this machine itself, and nobody through a proxy."""
    if settings.metrics_token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), settings.metrics_token.encode()):
            raise Forbidden
        return
    through_a_proxy = settings.proxy_hops == 0 and any(name in request.headers for name in _FORWARDED)
    if through_a_proxy or not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104  no address is none of ours
        raise Forbidden
