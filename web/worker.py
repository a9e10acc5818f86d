"""What RQ runs. A worker builds the application once; each job is done in a process of its own, forked from it."""

import logging
import signal
import threading
from types import FrameType

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from web import create_app
from web.extensions import db
from web.settings import Settings
from workflow.outbox.inline import inline
from workflow.outbox.relay import relay_one
from workflow.outbox.rq_dispatch import TERMS, connect, queue_of
from workflow.services import jobs
from workflow.services.office import Office

_log = logging.getLogger(__name__)

_STRETCH = 500
"""So many rows of a long job are done in one go: messages get their turn in between."""
_WARM_JOBS = 50
_REST_SECONDS = 2.0
_LIFE_SECONDS = 30

_built: Flask | None = None


def _app() -> Flask:
    global _built  # noqa: PLW0603  RQ finds its functions by name: what they share stands in the module
    if _built is None:
        _built = create_app(Settings.from_environ())
    return _built


def _office() -> Office:
    found: Office = _app().extensions["office"]
    return found


# -- the jobs: named in web.wiring --------------------------------------------------------------------------------------


def deliver(message_id: str) -> bool:
    """Deliver this message and settle its row; False where it was not ours to deliver. That RQ sees no error says nothing."""
    with _app().app_context():
        return relay_one(_office(), message_id, inline(_office()), TERMS.attempt)


def work() -> int:
    """Go on with the long jobs; how many rows were done."""
    with _app().app_context():
        return jobs.work(_office(), _STRETCH)


# -- the process --------------------------------------------------------------------------------------------------------


class WarmWorker(Worker):
    """Forks from a process that knows the definitions already, and holds no connection to the database."""

    max_connection_wait_time = 5.0

    def __init__(self, queue: Queue, stopped: threading.Event) -> None:
        super().__init__([queue], connection=queue.connection, serializer=queue.serializer, worker_ttl=_LIFE_SECONDS)
        self._stopped = stopped
        self._forked = 0

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        if self._forked % _WARM_JOBS == 0:
            _warm()
        self._forked += 1
        super().fork_work_horse(job, queue)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self._stopped.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's signal handlers have no types


def _warm() -> None:
    """Compile the editions in force here, so that no fork has to."""
    with _app().app_context():
        try:
            _office().editions.all_latest()
        except Exception:  # noqa: BLE001  the job itself meets the same database and is tried again
            _log.exception("the database cannot be asked for its definitions")
        finally:
            db.engine.dispose()


def serve(settings: Settings, redis_url: str) -> None:
    """Work until told to stop: a job at hand is finished first. Redis may come and go meanwhile."""
    global _built  # noqa: PLW0603  as above
    _built = create_app(settings)
    stopped = threading.Event()
    queue = queue_of(connect(redis_url))
    while not stopped.is_set():
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        try:
            WarmWorker(queue, stopped).work(logging_level="WARNING")
        except RedisError as fault:
            _log.warning("this worker waits until Redis answers: %s", fault)
        stopped.wait(_REST_SECONDS)
