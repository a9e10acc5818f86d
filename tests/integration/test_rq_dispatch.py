"""Redis forgets, is slow, or is gone: the rows lose nothing, and nobody waits for it."""

import json
import socket
import time
from datetime import timedelta

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from tests.offices import OPENING, at, caller, opened_office
from workflow.outbox.rq_dispatch import TERMS, Bell, Terms, connect, queue_of
from workflow.persistence.jobs import Asked
from workflow.services import jobs
from workflow.services.items import NewItem, create

QUICKLY = 2.0


@pytest.fixture
def office(tmp_path):
    return opened_office(tmp_path)


@pytest.fixture
def redis(redis_server):
    made = connect(redis_server.url)
    yield made
    made.close()


@pytest.fixture
def queue(redis):
    return queue_of(redis)


@pytest.fixture
def bell(redis):
    return a_bell(redis)


def a_bell(redis, terms=TERMS):
    return Bell(redis, deliver="web.worker.deliver", work="web.worker.work", terms=terms)


@pytest.fixture
def silent():
    """The address of something that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def put(office):
    with office.write() as uow:
        return uow.messages.put("notify", {"name": "any"}, office.clock.now())


def message(office, message_id):
    with office.read() as uow:
        return uow.messages.get(message_id)


def job(redis, job_id):
    return Job.fetch(job_id, connection=redis, serializer=JSONSerializer)


def after(office, wait):
    return at(office, OPENING + wait)


# -- what travels -------------------------------------------------------------------------------------------------------


def test_only_the_id_travels_under_the_id_as_json(office, bell, redis):
    one = put(office)

    assert bell.announce(office) == 1

    stored = redis.hgetall(f"rq:job:{one}")
    found = job(redis, one)
    assert (found.func_name, found.args, found.kwargs) == ("web.worker.deliver", [one], {})
    assert found.timeout == TERMS.delivery.total_seconds()
    assert json.loads(found.data) == ["web.worker.deliver", None, [one], {}]
    assert b"any" not in b"".join(stored.values())


def test_a_message_is_announced_once_as_long_as_somebody_may_still_take_it(office, bell, queue):
    one = put(office)

    announced = [bell.announce(after(office, wait)) for wait in (timedelta(0), TERMS.announced - timedelta(seconds=1))]

    assert announced == [1, 0]
    assert queue.get_job_ids() == [one]


def test_what_still_waits_in_the_queue_keeps_its_place(office, bell, queue):
    first, second = put(office), put(office)
    bell.announce(office)

    assert bell.announce(after(office, TERMS.announced)) == 0
    assert queue.get_job_ids() == [first, second]
    assert message(office, first).attempts == 0


def test_the_queue_stays_short(office, redis, queue):
    bell = a_bell(redis, Terms(most=3))
    ids = [put(office) for _ in range(5)]

    assert [bell.announce(office), bell.announce(office)] == [3, 0]
    queue.pop_job_id()
    assert bell.announce(office) == 1
    assert queue.get_job_ids() == ids[1:4]


# -- what is lost -------------------------------------------------------------------------------------------------------


def test_a_flushed_redis_is_told_again_and_that_is_no_attempt(office, bell, queue, redis_server):
    one = put(office)

    for lost in range(7):
        bell.announce(after(office, lost * TERMS.announced))
        redis_server.flush()
    bell.announce(after(office, 7 * TERMS.announced))

    assert queue.get_job_ids() == [one]
    assert (message(office, one).attempts, message(office, one).status) == (0, "waiting")


def test_a_job_that_a_killed_worker_left_behind_is_replaced(office, bell, queue, redis):
    one = put(office)
    bell.announce(office)
    queue.pop_job_id()
    job(redis, one).set_status("started")

    assert bell.announce(after(office, TERMS.announced)) == 1
    assert queue.get_job_ids() == [one]
    assert job(redis, one).get_status() == "queued"


def test_what_a_late_worker_wrote_about_a_replaced_job_stands_in_nobodys_way(office, bell, queue, redis):
    one = put(office)
    redis.hset(Job.key_for(one), "last_heartbeat", "now")

    assert bell.announce(office) == 1
    assert job(redis, one).args == [one]
    assert queue.get_job_ids() == [one]


def test_redis_restarted_without_a_word_is_found_again(office, bell, queue, redis_server):
    redis_server.must_be_ours()
    one = put(office)
    redis_server.kill()
    assert bell.announce(office) == 0
    redis_server.start()

    assert bell.announce(office) == 1
    assert queue.get_job_ids() == [one]


# -- what is down -------------------------------------------------------------------------------------------------------


def test_redis_that_is_gone_is_told_once_in_the_log_and_reserves_nothing(office, bell, redis_server, caplog):
    redis_server.must_be_ours()
    one = put(office)
    redis_server.kill()

    assert [bell.announce(office) for _ in range(3)] == [0, 0, 0]

    assert len([record for record in caplog.records if "wait until Redis answers" in record.message]) == 1
    with office.write() as uow:
        assert uow.messages.claim("another way", OPENING, OPENING + TERMS.attempt, 5)[0].id == one


def test_redis_that_never_answers_holds_up_a_round_for_a_moment_only(office, silent):
    put(office)
    redis = connect(silent, answer_within=timedelta(milliseconds=50))
    began = time.monotonic()

    assert a_bell(redis).announce(office) == 0

    assert time.monotonic() - began < QUICKLY
    redis.close()


# -- long jobs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def begun(office):
    """A long job on three drafts."""
    clerk = caller(office, "clerk")
    fields = {"title": "Rà soát", "source": "KH 12", "area": "the-che"}
    items = [create(office, clerk, NewItem("task", "kt", fields)).item for _ in range(3)]
    return jobs.start(
        office, caller(office, "chairman"), "assign", [Asked(one.code, one.revision) for one in items], None
    )


def test_a_worker_is_called_once_for_all_that_waits(office, bell, queue, begun):
    assert [bell.call_for_work(office) for _ in range(3)] == [True, False, False]

    (asked,) = queue.get_jobs()
    assert (asked.func_name, asked.args) == ("web.worker.work", [])
    assert begun.total == 3


def test_nobody_is_called_where_nothing_waits(office, bell, queue, begun):
    jobs.cancel(office, caller(office, "chairman"), begun.id)

    assert bell.call_for_work(office) is False
    assert queue.get_job_ids() == []


@pytest.mark.usefixtures("begun")
def test_a_call_that_was_lost_comes_again(office, bell, queue, redis_server):
    bell.call_for_work(office)
    queue.pop_job_id()
    assert bell.call_for_work(office) is True
    redis_server.flush()

    assert bell.call_for_work(office) is True
    assert len(queue.get_job_ids()) == 1
