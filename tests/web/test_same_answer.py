"""Page, API and command line give one answer: for every state of a task and everybody, the same moves and the same reasons."""

import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.calls import PDF, Program, codes, program
from tests.offices import at, caller, moved
from tests.web.conftest import Visitor, close, set_clock, settings_of
from web import create_app, wiring
from web.cli import dondoc
from workflow.clock import Clock
from workflow.engine import Rejected
from workflow.engine.commands import Perform
from workflow.engine.decide import may_be_started_by_people
from workflow.services.deadlines import sweep
from workflow.services.evidence import attach
from workflow.services.items import NewItem, create
from workflow.services.moves import MoveRequest, perform, would_decide

NOW = datetime(2026, 6, 22, 2, tzinfo=UTC)
BEFORE = datetime(2026, 6, 18, 2, tzinfo=UTC)
STATES = tuple(wiring.shipped().workflows["task"].definition.states)
PEOPLE = ("chairman", "vice", "clerk", "auditor", "admin", "head.kt", "deputy.kt", "officer.kt", "head.vp")
PLAN = {
    "cause_kind": "objective",
    "cause_note": "Chờ số liệu",
    "plan_note": "Làm thêm giờ",
    "plan_due_on": "2026-07-10",
    "plan_owner": "officer.kt",
}
_LINK = re.compile(r"/moves/(\w+)(?:\?act=(\w+))?")


@dataclass
class World:
    """One office with a task of kt in every state, and everybody before it."""

    app: Flask
    data: Path
    items: dict[str, str]
    programs: dict[str, Program]
    visitors: dict[str, Visitor]

    @property
    def office(self):
        return self.app.extensions["office"]

    def command(self, *words: str):
        return CliRunner(env={"DONDOC_LANG": "vi"}).invoke(dondoc, [*words, "--json", "--data", str(self.data)])


@pytest.fixture(scope="module")
def world(furnished, tmp_path_factory):
    data = tmp_path_factory.mktemp("same") / "data"
    shutil.copytree(furnished, data)
    wiring.keep_clock(data, NOW - Clock().now())
    app = create_app(settings_of(data))
    set_clock(app, BEFORE)
    items = _items_of_every_state(app.extensions["office"])
    set_clock(app, NOW)
    yield World(app, data, items, {login: program(app, login) for login in PEOPLE}, _visitors(app))
    close(app)


def _visitors(app):
    visitors = {login: Visitor(app.test_client()) for login in PEOPLE}
    for login, visitor in visitors.items():
        assert visitor.log_in(login).status_code == 303
    return visitors


def _items_of_every_state(before):
    now = at(before, NOW)
    made = {state: _new(before, state) for state in STATES}
    roads = {
        "assigned": ("assign",),
        "in_progress": ("assign", "start"),
        "late": ("assign", "start"),
        "remediation_planned": ("assign", "start"),
        "completed": ("assign", "start", "complete"),
        "verified": ("assign", "start", "complete", "verify"),
        "suspended": ("assign", "suspend"),
        "withdrawn": ("withdraw",),
    }
    for state, road in roads.items():
        for move in road:
            _make(before, made[state], move)
    sweep(now)
    moved(now, "head.kt", made["remediation_planned"], "plan", **PLAN)
    perform(now, caller(now, "chairman"), MoveRequest(made["remediation_planned"], "plan", "approve"))
    with now.read() as uow:
        assert {state: uow.items.get(code).item.state for state, code in made.items()} == {s: s for s in STATES}
    return made


def _new(office, state):
    due = {"due_on": "2026-06-19"} if state in ("late", "remediation_planned") else {}
    fields = {"title": f"Việc {state}", "source": "Kế hoạch", "area": "tai-chinh-cong", **due}
    return create(office, caller(office, "clerk"), NewItem("task", "kt", fields)).item.code


def _make(office, code, move):
    head = move in ("start", "complete")
    inputs = {"comment": "Theo kế hoạch"} if move in ("suspend", "withdraw") else {}
    if move == "complete":
        inputs = {"result_note": "Xong", "evidence": [_evidence(office, code, PDF)]}
    moved(office, "head.kt" if head else "chairman", code, move, **inputs)


def _evidence(office, code, content):
    return attach(office, caller(office, "head.kt"), code, "minh chứng.pdf", BytesIO(content)).sha256


def _refusals(world, login, code):
    """Move → codes, for every move that people make and that is refused as it stands, by the engine's own word."""
    office = world.office
    definition = office.editions.latest("task")
    actor = caller(office, login).actor
    with office.read() as uow:
        stored = uow.items.get(code)
        found = {
            move: would_decide(office, uow, stored, Perform(actor, move))
            for move, transition in definition.transitions.items()
            if may_be_started_by_people(transition)
        }
    return {
        move: [reason.code for reason in decision.reasons]
        for move, decision in found.items()
        if isinstance(decision, Rejected)
    }


@pytest.mark.parametrize("login", PEOPLE)
@pytest.mark.parametrize("state", STATES)
def test_the_same_moves_are_offered(world, login, state):
    code = world.items[state]

    called = world.programs[login].get(f"/items/{code}?moves=all")
    commanded = world.command("item", "moves", code, "--all", "--as", login)
    page = world.visitors[login].get(f"/items/{code}")

    if called.status_code == 404:
        assert (page.status_code, commanded.exit_code) == (404, 7)
        return
    moves = called.json["moves"]
    assert json.loads(commanded.stdout)["moves"] == moves
    linked = {name for name, act in _LINK.findall(page.text) if not act}
    assert linked == {move["name"] for move in moves if move["allowed"]}


@pytest.mark.parametrize("login", PEOPLE)
@pytest.mark.parametrize("state", STATES)
def test_the_same_reasons_are_given(world, login, state):
    code = world.items[state]
    asked = world.programs[login]
    version = asked.get(f"/items/{code}")
    if version.status_code == 404:
        answer = asked.post(f"/items/{code}/moves", {"move": "assign"}, seen=1)
        command = world.command("item", "move", code, "assign", "--as", login)
        assert (answer.status_code, command.exit_code) == (404, 7)
        return
    seen = version.json["version"]
    expected = _refusals(world, login, code)

    for n, (move, reasons) in enumerate(expected.items()):
        answer = asked.post(f"/items/{code}/moves", {"move": move}, seen=seen)
        assert sorted(codes(answer)) == sorted(reasons), move
        # A command and a page for each would take minutes: one in seven, others in each state.
        if (n + STATES.index(state)) % 7 == 0:
            _same_on_page_and_command(world, login, code, move, answer, seen)
    assert asked.item(code)["version"] == seen


def _same_on_page_and_command(world, login, code, move, answer, seen):
    command = world.command("item", "move", code, move, "--as", login)
    said = json.loads(command.stdout)["reasons"]
    page = world.visitors[login].post(f"/items/{code}/moves/{move}", seen=str(seen), key="")

    assert said == answer.json["reasons"]
    assert command.exit_code == {409: 5, 403: 3, 422: 4}[answer.status_code]
    assert page.status_code == answer.status_code
