"""Through RQ on Redis: workers are told which message is due. Redis may forget all of it; what was sent is told by the rows alone.

The clock announces: it reserves due messages for a moment and enqueues their ids. A worker that gets such an id claims the row
itself, delivers and settles it. Whatever is lost on the way (Redis emptied, a worker killed before or after it had claimed) is
found by its row when the moment has passed, and announced again.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from workflow.ids import new_id
from workflow.services.office import Office

_log = logging.getLogger(__name__)

QUEUE = "dondoc"
"""The one queue: RQ takes from several at once by a way that can lose what it has taken."""
_WORK = "work-"
_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True, slots=True)
class Terms:
    """How long what may last. What a fault interrupts is announced again within `attempt` and one round of the clock.

    `announced`: a worker has so long to claim what it was told of. `delivery`: an attempt that lasts longer is ended by RQ,
    `attempt`: and its claim ends then; later than that, so that nobody repeats what is still going on. `work`: one stretch of
    a long job. `kept`: so long Redis still tells of a job that failed. `most` are in the queue at once: it stays short, whatever
    waits in the rows.
    """

    announced: timedelta = timedelta(seconds=15)
    delivery: timedelta = timedelta(seconds=25)
    attempt: timedelta = timedelta(seconds=30)
    work: timedelta = timedelta(minutes=2)
    kept: timedelta = timedelta(minutes=1)
    most: int = 500


TERMS = Terms()


def connect(url: str, answer_within: timedelta = timedelta(seconds=2)) -> Redis:
    """Redis at this address; what does not answer in time fails, and the next round tries again."""
    seconds = answer_within.total_seconds()
    return Redis.from_url(
        url,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )


def answers(url: str, within: timedelta) -> bool:
    """Whether a Redis answers at this address."""
    redis = connect(url, within)
    try:
        return bool(redis.ping())
    except RedisError:
        return False
    finally:
        redis.close()


def queue_of(redis: Redis) -> Queue:
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer)


class Bell:
    """Tells workers what is due: `deliver` takes the id of a message, `work` nothing; both are names of functions there.

    Its calls never raise for a Redis that is out of reach: they say so in the log, once, and leave the rows as they are.
    """

    def __init__(self, redis: Redis, *, deliver: str, work: str, terms: Terms = TERMS) -> None:
        self._queue = queue_of(redis)
        self._deliver, self._work = deliver, work
        self._terms = terms
        self._is_mute = False

    def announce(self, office: Office) -> int:
        """Tell of every message that is due; how many were put into the queue."""
        return self._heard(lambda: self._announced(office), 0)

    def call_for_work(self, office: Office) -> bool:
        """Ask some worker to go on with the long jobs; False where none waits, or one was asked already."""
        with office.read() as uow:
            if not uow.jobs.waiting(1):
                return False
        return self._heard(lambda: self._called(office), otherwise=False)

    def _heard(self, act: Callable[[], _Outcome], otherwise: _Outcome) -> _Outcome:
        try:
            outcome = act()
        except RedisError as fault:
            if not self._is_mute:
                _log.warning("messages and long jobs wait until Redis answers again: %s", fault)
            self._is_mute = True
            return otherwise
        if self._is_mute:
            _log.warning("Redis answers again")
        self._is_mute = False
        return outcome

    def _announced(self, office: Office) -> int:
        waiting = self._queue.get_job_ids()
        due = self._reserved(office, self._terms.most - len(waiting))
        return self._enqueue(due, frozenset(waiting))

    def _called(self, office: Office) -> bool:
        if any(job_id.startswith(_WORK) for job_id in self._queue.get_job_ids()):
            return False
        # Under an id of its own each time: one that a killed worker left behind must not stand in the way.
        self._put(_WORK + new_id(office.clock.now()), self._work, (), self._terms.work)
        return True

    def _reserved(self, office: Office, most: int) -> tuple[str, ...]:
        if most <= 0:
            return ()
        now = office.clock.now()
        with office.write() as uow:
            return uow.messages.announce(now, now + self._terms.announced, most)

    def _enqueue(self, due: Iterable[str], waiting: frozenset[str]) -> int:
        """What still waits in the queue keeps its place; whatever else Redis knows of a message is a lost attempt."""
        lost = [message_id for message_id in due if message_id not in waiting]
        for message_id in lost:
            try:
                self._put(message_id, self._deliver, (message_id,), self._terms.delivery)
            except DuplicateJobError:
                # Its parts in RQ's registries run out by themselves.
                self._queue.connection.delete(Job.key_for(message_id))
                self._put(message_id, self._deliver, (message_id,), self._terms.delivery)
        return len(lost)

    def _put(self, job_id: str, function: str, args: tuple[str, ...], lasts: timedelta) -> None:
        self._queue.enqueue_call(
            function,
            args=args,
            job_id=job_id,
            unique=True,
            timeout=_seconds(lasts),
            result_ttl=0,
            failure_ttl=_seconds(self._terms.kept),
        )


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
