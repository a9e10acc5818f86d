"""What RQ runs: a process that builds the application once, and forks from itself the one that does the jobs."""

import logging
import os
import signal
import time
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested

from web import create_app
from web.settings import Settings
from workflow.outbox.inline import inline
from workflow.outbox.relay import relay_one
from workflow.outbox.rq_dispatch import TERMS, connect, queue_of
from workflow.services import jobs
from workflow.services.office import Office

_log = logging.getLogger(__name__)

_STRETCH = 500
"""So many rows of a long job are done in one go: messages get their turn in between."""
_LIFE_JOBS = 1000
_LIFE_SECONDS = 30
_REST_SECONDS = 1.0

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


# -- the processes ------------------------------------------------------------------------------------------------------


class Horse(SimpleWorker):
    """Does one job after another in this process, as long as the process lives that it was forked from."""

    max_connection_wait_time = 5.0

    def __init__(self, queue: Queue) -> None:
        super().__init__([queue], connection=queue.connection, serializer=queue.serializer, worker_ttl=_LIFE_SECONDS)
        self._parent = os.getppid()

    def heartbeat(self, *args: Any, **more: Any) -> None:
        if os.getppid() != self._parent:
            raise StopRequested
        super().heartbeat(*args, **more)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Told once is told: a supervisor signals every process of a service, and the stable passes it on besides."""


class _Stable:
    """Keeps one horse at work: where it dies, of whatever, the next is forked, warm from the start."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._horse: int | None = None
        self._told: list[int] = []

    def stop(self, number: int, _frame: FrameType | None) -> None:
        """The job at hand is finished; told again, the horse is killed, and what it had claimed comes again."""
        self._told.append(number)
        if self._horse is not None:
            with suppress(ProcessLookupError):
                os.kill(self._horse, signal.SIGTERM if len(self._told) == 1 else signal.SIGKILL)

    def keep(self) -> None:
        """Returns when it was told to stop and the horse has gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self._told:
            horse = os.fork()
            if horse == 0:
                self._ride()
            self._horse = horse
            if self._told:
                # It was told between the fork and this line.
                os.kill(horse, signal.SIGTERM)
            _, status = os.waitpid(horse, 0)
            self._horse = None
            if os.WIFSIGNALED(status):
                _log.warning("a worker process was ended by signal %s", os.WTERMSIG(status))
            if not self._told:
                time.sleep(_REST_SECONDS)

    def _ride(self) -> NoReturn:
        """The life of a horse. It never comes back into the code that it was forked from."""
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            if not self._told:
                Horse(self._queue).work(logging_level="WARNING", max_jobs=_LIFE_JOBS)
        except RedisError as fault:
            _log.warning("this worker waits until Redis answers: %s", fault)
        except BaseException:  # noqa: BLE001  whatever it was, this process ends here and the next one goes on
            _log.exception("a worker process ended")
        finally:
            os._exit(0)


def serve(settings: Settings, redis_url: str) -> None:
    """Work until told to stop: a job at hand is finished first. Redis may come and go meanwhile."""
    global _built  # noqa: PLW0603  as above
    _built = create_app(settings)
    _Stable(queue_of(connect(redis_url))).keep()
