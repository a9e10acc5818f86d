"""The scaled mode while Redis is out of reach: pages, calls and moves do not even ask it; the clock goes on."""

import shutil
import socket
import time
from datetime import timedelta

import pytest

from tests.calls import program
from tests.offices import OPENING, new_task
from tests.web.conftest import Visitor, close, set_clock
from web import create_app, wiring
from web.settings import Settings
from workflow.clock import fixed
from workflow.values import replace

QUICKLY = 2.0
LATER = OPENING + timedelta(days=30)


@pytest.fixture
def silent():
    """Something that would take a connection, and never answer on it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        yield listening


@pytest.fixture
def app(furnished, tmp_path, silent):
    data = shutil.copytree(furnished, tmp_path / "data")
    redis_url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
    made = create_app(Settings.from_environ(data, {"DONDOC_REDIS_URL": redis_url}))
    set_clock(made, OPENING)
    yield made
    close(made)


def test_pages_calls_and_moves_answer_quickly_and_never_ask_redis(app, silent):
    office = app.extensions["office"]
    code = new_task(office)
    head, caller = Visitor(app.test_client()), program(app, "head.kt")
    head.log_in("head.kt")
    began = time.monotonic()

    assert head.get(f"/items/{code}").status_code == 200
    assert head.get("/").status_code == 200
    caller.moved(code, "dispatch", fields={"assignee": "officer.kt"})

    assert time.monotonic() - began < 3 * QUICKLY
    with pytest.raises(BlockingIOError):
        silent.accept()
    with office.read() as uow:
        assert uow.messages.oldest_waiting() == OPENING


def test_the_server_leaves_messages_to_the_clock(app):
    assert wiring.start_clock(app) == ()


def test_the_clock_notices_what_falls_due_though_it_can_call_nobody(app):
    office = app.extensions["office"]
    code = new_task(office, due_on="2026-06-15")
    later = replace(office, clock=fixed(LATER))

    swept = wiring.one_round(later, wiring.hands_of(app.extensions["settings"]))

    assert swept.fired
    with office.read() as uow:
        item = uow.items.get(code).item
        assert item.episodes
        assert uow.messages.oldest_waiting() == OPENING


def test_two_clocks_call_workers_one_at_a_time(app):
    office = app.extensions["office"]
    called = []
    hands = wiring.Hands(lambda _office: called.append("post"), lambda _office: called.append("toil"))

    with office.turn("post"):
        wiring.call_hands(office, hands)
    assert called == []

    wiring.call_hands(office, hands)
    assert called == ["post", "toil"]
