"""What every way to hand a message on must keep: at least once, one effect, nothing lost, nothing that fails holds up the rest."""

import signal
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask

from tests.offices import OPENING, at, caller, opened_office
from web import worker
from workflow.errors import Busy
from workflow.outbox.relay import LEASE, MOST_ATTEMPTS, Undeliverable, back_off, relay
from workflow.outbox.rq_dispatch import TERMS, Bell, connect, queue_of
from workflow.services import messages

SOON = timedelta(seconds=1)


class Killed(BaseException):
    """The process ends here."""


class Inline:
    """This process does it itself."""

    lease = LEASE

    def round(self, office, dispatch):
        with suppress(Killed):
            relay(office, dispatch)

    def close(self):
        pass


class ThroughRedis:
    """The clock announces, a worker of RQ does what it finds in the queue."""

    lease = TERMS.attempt

    def __init__(self, redis, monkeypatch):
        self.redis = connect(redis.url)
        self.bell = Bell(self.redis, deliver="web.worker.deliver", work="web.worker.work")
        self.monkeypatch = monkeypatch

    def round(self, office, dispatch):
        app = Flask(__name__)
        app.extensions["office"] = office
        self.monkeypatch.setattr(worker, "_built", app)
        self.monkeypatch.setattr(worker, "inline", lambda _office: dispatch)
        self.bell.announce(office)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        worker.Horse(queue_of(self.redis)).work(burst=True, logging_level="WARNING")
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def close(self):
        self.redis.close()


@pytest.fixture(params=["inline", "rq"])
def transport(request, monkeypatch):
    made = Inline() if request.param == "inline" else ThroughRedis(request.getfixturevalue("redis_server"), monkeypatch)
    yield made
    made.close()


@pytest.fixture
def office(ground):
    return opened_office(ground)


def put(office, name="sound"):
    with office.write() as uow:
        return uow.messages.put("notify", {"name": name}, office.clock.now())


def message(office, message_id):
    with office.read() as uow:
        return uow.messages.get(message_id)


class Hand:
    """Takes messages and remembers them; what a name stands for is done first."""

    def __init__(self, **faults):
        self.faults = faults
        self.taken = []

    def __call__(self, one):
        self.taken.append(one.id)
        fault = self.faults.get(one.payload["name"])
        if fault is not None:
            raise fault


def test_every_message_that_is_due_is_handed_on_once_and_settled(office, transport):
    ids, hand = [put(office) for _ in range(5)], Hand()

    for _ in range(2):
        transport.round(office, hand)

    assert sorted(hand.taken) == sorted(ids)
    assert {(found.status, found.ended_at) for found in (message(office, one) for one in ids)} == {
        ("delivered", OPENING)
    }


def test_what_is_not_due_yet_waits(office, transport):
    later, hand = put(at(office, OPENING + SOON)), Hand()

    transport.round(office, hand)
    assert hand.taken == []

    transport.round(at(office, OPENING + SOON), hand)
    assert hand.taken == [later]


def test_what_fails_rests_longer_each_time_and_is_given_up_after_five_attempts(office, transport):
    poison, sound = put(office, "poison"), put(office)
    hand, now = Hand(poison=OSError("out of reach")), OPENING

    for attempt in range(1, MOST_ATTEMPTS + 1):
        transport.round(at(office, now), hand)
        if attempt < MOST_ATTEMPTS:
            now += back_off(attempt)
            transport.round(at(office, now - SOON), hand)

    assert hand.taken.count(poison) == MOST_ATTEMPTS
    assert hand.taken.count(sound) == 1
    given_up = message(office, poison)
    assert (given_up.status, given_up.error) == ("buried", "OSError: out of reach")
    assert message(office, sound).status == "delivered"


def test_what_can_never_arrive_is_given_up_at_once(office, transport):
    lost, hand = put(office, "lost"), Hand(lost=Undeliverable("nobody is there"))

    transport.round(office, hand)

    assert (message(office, lost).status, message(office, lost).error) == ("buried", "nobody is there")


def test_what_ends_its_process_comes_again_when_its_claim_has_ended_and_is_given_up_in_the_end(office, transport):
    poison, sound = put(office, "poison"), put(office)
    hand = Hand(poison=Killed())

    for attempt in range(MOST_ATTEMPTS + 2):
        now = OPENING + attempt * transport.lease
        transport.round(at(office, now), hand)
        transport.round(at(office, now + transport.lease - SOON), hand)

    assert hand.taken.count(poison) == MOST_ATTEMPTS
    assert hand.taken.count(sound) == 1
    assert message(office, poison).error == f"the process ended in each of {MOST_ATTEMPTS} attempts"


def test_a_database_that_is_busy_is_no_attempt(office, transport):
    held, hand = put(office, "held"), Hand(held=Busy("somebody else writes"))

    for minutes in range(2 * MOST_ATTEMPTS):
        transport.round(at(office, OPENING + timedelta(minutes=minutes)), hand)

    assert len(hand.taken) == 2 * MOST_ATTEMPTS
    assert (message(office, held).status, message(office, held).attempts) == ("waiting", 0)


def test_the_administrators_retry_is_handed_on_again(office, transport):
    lost, hand = put(office, "lost"), Hand(lost=Undeliverable("nobody is there"))
    transport.round(office, hand)

    messages.retry(office, caller(office, "admin"), lost)
    transport.round(office, Hand())

    assert message(office, lost).status == "delivered"
