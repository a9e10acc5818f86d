"""A thousand messages through real workers and a real Redis, while workers are killed and Redis forgets and restarts."""

import json
import os
import signal
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.databases import Ground
from tests.offices import new_task, opened_office
from tests.workers import crew, horses, until
from web.wiring import HEARTBEAT
from workflow.clock import Clock
from workflow.persistence.tables import message
from workflow.services import auditing
from workflow.values import replace

MESSAGES = 1000
KILLS = 20
WORKERS = 2
WITHIN = timedelta(minutes=1)
_PATIENCE = 120
_PARENT_DIES_EVERY = 5
_FLUSH_AT, _RESTART_AT = 7, 13


@pytest.fixture
def ground(postgresql_stock, tmp_path):
    made = Ground(postgresql_stock, tmp_path)
    yield made
    made.close()


def written(office, code):
    """The ids of that many messages about one item, each for one person."""
    with office.read() as uow:
        item = uow.items.get(code).item
    payload = {"item": item.id, "move": "assign", "name": "assigned", "roles": ["chairman"]}
    with office.write() as uow:
        return [uow.messages.put("notify", payload, office.clock.now()) for _ in range(MESSAGES)]


def delivered(database, ids):
    """How many of them are settled."""
    asked = sa.select(sa.func.count()).where(
        message.c.id >= ids[0], message.c.id <= ids[-1], message.c.status == "delivered"
    )
    with database.owner.connect() as connection:
        return connection.execute(asked).scalar_one()


def told(office):
    """How often each message is told of: among the chairman's notices, and in his stream of the log."""
    with office.read() as uow:
        chairman = uow.people.id_of_login("chairman")
        noticed = Counter(one.message for one in uow.notices.of_person(chairman, 10 * MESSAGES))
        bodies = [json.loads(one.body) for one in uow.audit.stream(f"person/{chairman}", most=10 * MESSAGES)]
    logged = Counter(body["notice"]["message"] for body in bodies if "message" in body.get("notice", ()))
    return noticed, logged


def beating(office):
    with office.read() as uow:
        return uow.settings.find(HEARTBEAT)


class Saboteur:
    """Kills horses, and now and then a whole worker; as a supervisor would, he starts another one for that."""

    def __init__(self, hands):
        self.hands = hands
        self.workers = [hands.launch("worker") for _ in range(WORKERS)]

    def strike(self, number):
        until(self.at_work, _PATIENCE, "a worker with a job at hand")
        worker = self.at_work()[-1]
        (horse,) = horses(worker)
        if number % _PARENT_DIES_EVERY == 0:
            self.workers.remove(worker)
            self.hands.kill(worker)
            self.workers.insert(0, self.hands.launch("worker"))
        with suppress(ProcessLookupError):
            os.kill(horse, signal.SIGKILL)

    def at_work(self):
        return [worker for worker in self.workers if horses(worker)]


def test_every_effect_comes_about_once_whatever_is_killed_and_forgotten(ground, redis_server):
    redis_server.must_be_ours()
    opened = opened_office(ground)
    code = new_task(opened)
    office, (database,) = replace(opened, clock=Clock()), ground.databases
    with crew(database, redis_server) as hands:
        hands.launch("clock")
        saboteur = Saboteur(hands)
        until(lambda: beating(office), _PATIENCE, "the first round of the clock")
        ids = written(office, code)

        for strike in range(1, KILLS + 1):
            part = strike * MESSAGES // (KILLS + 10)
            until(lambda part=part: delivered(database, ids) >= part, _PATIENCE, f"{part} messages")
            saboteur.strike(strike)
            if strike == _FLUSH_AT:
                redis_server.flush()
            if strike == _RESTART_AT:
                redis_server.restart()
        last_fault = office.clock.now()
        assert delivered(database, ids) < MESSAGES
        until(lambda: delivered(database, ids) == MESSAGES, _PATIENCE, "all messages")

    with office.read() as uow:
        last = max(uow.messages.get(message_id).ended_at for message_id in ids)
    assert last - last_fault <= WITHIN
    noticed, logged = told(office)
    assert {noticed[message_id] for message_id in ids} == {1}
    assert {logged[message_id] for message_id in ids} == {1}
    assert auditing.verify(office).ok
