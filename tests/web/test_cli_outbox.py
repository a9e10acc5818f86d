"""`dondoc worker` and `dondoc outbox`: who carries messages, and what becomes of those that could not arrive."""

import json
import os
import shutil
import signal

import pytest
from click.testing import CliRunner

from tests.databases import sqlite_ground
from tests.offices import caller, opened_office
from tests.workers import crew, horses, until
from web.cli import dondoc
from workflow.clock import Clock
from workflow.outbox.inline import relay_inline
from workflow.persistence import UnitOfWork, open_engine
from workflow.persistence.jobs import Asked
from workflow.services import jobs
from workflow.services.items import NewItem, create
from workflow.values import replace

PATIENCE = 120


@pytest.fixture
def data(furnished, tmp_path):
    return shutil.copytree(furnished, tmp_path / "data")


@pytest.fixture
def lost(data):
    """The id of a message that was given up."""
    engine = open_engine(f"sqlite:///{data}/dondoc.sqlite")
    office = _Plain(engine)
    with office.write() as uow:
        message_id = uow.messages.put("webhook", {"name": "to_the_province"}, office.clock.now())
    relay_inline(office)
    engine.dispose()
    return message_id


class _Plain:
    """As much of an office as a message needs that nothing takes."""

    def __init__(self, engine):
        self.clock = Clock()
        self.write = lambda: UnitOfWork(engine)


def run(data, *words, code=0, **env):
    done = CliRunner(env={"DONDOC_LANG": "en", **env}).invoke(dondoc, [*words, "--data", str(data)])
    assert done.exit_code == code, done.output
    return done


def given_up(data):
    return json.loads(run(data, "outbox", "list", "--json").stdout)["items"]


def test_what_was_given_up_is_listed_tried_again_and_discarded(data, lost):
    listed = run(data, "outbox", "list").stdout
    (one,) = given_up(data)
    assert lost in listed
    assert "nothing in this installation takes a webhook" in listed
    assert (one["id"], one["kind"], one["name"]) == (lost, "webhook", "to_the_province")

    assert "tried again" in run(data, "outbox", "retry", lost).stdout
    assert given_up(data) == []
    run(data, "clock", "--once")
    assert "discarded" in run(data, "outbox", "discard", lost).stdout

    assert given_up(data) == []
    run(data, "outbox", "discard", lost, code=7)


def test_only_the_administrator_does_that_in_his_own_name(data, lost):
    run(data, "outbox", "retry", lost, "--as", "chairman", code=3)
    run(data, "outbox", "retry", lost, "--as", "admin")


def test_a_worker_without_redis_says_who_does_its_work(data):
    assert "dondoc serve" in run(data, "worker", code=2).stderr


def test_real_processes_deliver_go_on_with_long_jobs_and_stop_when_told(tmp_path, redis_server):
    ground = sqlite_ground(tmp_path)
    office = replace(opened_office(ground), clock=Clock())
    clerk, chairman = caller(office, "clerk"), caller(office, "chairman")
    fields = {"title": "Rà soát", "source": "KH 12", "area": "the-che"}
    items = [create(office, clerk, NewItem("task", "kt", fields)).item for _ in range(60)]
    asked = [Asked(one.code, one.revision) for one in items]

    with crew(ground.databases[0], redis_server) as hands:
        clock, worker = hands.launch("clock"), hands.launch("worker")
        job = jobs.start(office, chairman, "assign", asked, None)
        until(lambda: jobs.find(office, chairman, job.id).is_over, PATIENCE, "the long job")
        until(lambda: len(told(office, "head.kt")) == len(items), PATIENCE, "all notices")

        # Like systemd, which signals every process of a service.
        os.kill(horses(worker)[0], signal.SIGTERM)
        assert [hands.stop(worker), hands.stop(clock)] == [0, 0]
    assert {row.row.state for row in jobs.told(office, chairman, job)} == {"assigned"}


def told(office, login):
    with office.read() as uow:
        return [one for one in uow.notices.of_person(uow.people.id_of_login(login), 200) if one.template == "assigned"]
