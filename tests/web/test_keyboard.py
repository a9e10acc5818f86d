"""Every move of a task by keyboard alone: Tab, the arrows, Space, Enter and letters reach all of it."""

import io
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.browsing import window
from tests.files import pdf
from tests.offices import caller, moved, new_task, shipped
from tests.serving import furnish, serve
from workflow.clock import fixed
from workflow.services import evidence
from workflow.services.deadlines import sweep
from workflow.services.items import NewItem, create
from workflow.services.moves import Done, MoveRequest, perform
from workflow.services.office import Office
from workflow.values import replace

pytestmark = pytest.mark.browser

MONDAY = datetime(2026, 6, 22, 2, tzinfo=UTC)
PAST, FUTURE, LATER = "05/06/2026", "10/07/2026", "20/07/2026"
TABS_TO_THE_FIRST_INPUT = 15
_MOST_TABS = 60
_PLAN = {
    "cause_kind": "objective",
    "cause_note": "Chờ văn bản của tỉnh",
    "plan_note": "Bố trí thêm người",
    "plan_due_on": FUTURE,
    "plan_owner": "officer.kt",
}


# -- a task in each state, made by its people ------------------------------------------------------------------------------


def draft(office: Office) -> str:
    asked = {"title": "Việc thử bàn phím", "source": "Kế hoạch năm", "area": "tai-chinh-cong"}
    return create(office, caller(office, "clerk"), NewItem("task", "kt", asked)).item.code


def assigned(office: Office) -> str:
    code = draft(office)
    moved(office, "chairman", code, "assign")
    return code


def under_way(office: Office) -> str:
    code = new_task(office)
    evidence.attach(office, caller(office, "head.kt"), code, "bien-ban.pdf", io.BytesIO(pdf()))
    return code


def dated(office: Office) -> str:
    return new_task(office, due_on=FUTURE)


def late(office: Office) -> str:
    code = new_task(office, due_on=PAST)
    sweep(office)
    return code


def proposed(office: Office) -> str:
    code = late(office)
    moved(office, "head.kt", code, "plan", **_PLAN)
    return code


def planned(office: Office) -> str:
    code = proposed(office)
    done = perform(office, caller(office, "chairman"), MoveRequest(code, "plan", act="approve"))
    assert isinstance(done, Done)
    return code


def completed(office: Office) -> str:
    code = new_task(office)
    taken = evidence.attach(office, caller(office, "head.kt"), code, "bien-ban.pdf", io.BytesIO(pdf()))
    moved(office, "head.kt", code, "complete", result_note="Đã xong", evidence=[taken.sha256])
    return code


def suspended(office: Office) -> str:
    code = new_task(office)
    moved(office, "chairman", code, "suspend", comment="Chờ hướng dẫn")
    return code


@dataclass(frozen=True)
class Walk:
    """One move: from which task, by whom, what is typed or chosen ("" ticks), which button sends it."""

    move: str
    start: Callable[[Office], str]
    login: str
    typed: dict[str, str] = field(default_factory=dict)
    act: str = "perform"
    button: str = "button:not([name]):not([formaction])"

    def __str__(self) -> str:
        return " ".join((self.act, self.move, *self.typed))


_WHY = {"comment": "Có lý do"}
WALKS = (
    Walk("assign", draft, "chairman"),
    Walk("start", assigned, "head.kt"),
    Walk("refuse", assigned, "head.kt", _WHY),
    Walk("complete", under_way, "head.kt", {"result_note": "Đã xong", "evidence": ""}),
    Walk("progress", under_way, "officer.kt", {"progress": "45"}),
    Walk("dispatch", under_way, "head.kt", {"assignee": "officer.kt"}),
    Walk("set_due", under_way, "chairman", {"due_on": LATER}),
    Walk("suspend", under_way, "chairman", _WHY),
    Walk("resume", suspended, "chairman"),
    Walk("transfer", under_way, "chairman", {"to_unit": "vp"}),
    Walk("withdraw", under_way, "chairman", _WHY),
    Walk(
        "plan",
        late,
        "head.kt",
        {
            "cause_kind": "",
            "cause_note": "Chậm số liệu",
            "plan_note": "Thêm người",
            "plan_due_on": FUTURE,
            "plan_owner": "officer.kt",
        },
    ),
    Walk("plan", proposed, "chairman", act="vote", button="button[value=approve]"),
    Walk("plan", proposed, "chairman", _WHY, act="vote", button="button[value=reject]"),
    Walk("plan", proposed, "head.kt", {"plan_due_on": LATER}, act="amend"),
    Walk("plan", proposed, "head.kt", act="take_back"),
    Walk("extend", dated, "head.kt", {"proposed_due_on": LATER, "comment": "Có lý do"}),
    Walk("escalate", under_way, "head.kt", _WHY),
    Walk("waive_plan", late, "chairman", _WHY),
    Walk("confirm_cause", planned, "chairman", _WHY),
    Walk("verify", completed, "chairman"),
    Walk("rework", completed, "chairman", _WHY),
    Walk("recall", completed, "head.kt"),
)


def test_the_walks_are_every_move_of_a_task():
    task = shipped().workflows["task"].definition
    by_people = {move.name for move in task.transitions.values() if [str(who) for who in move.starters] != ["system"]}

    assert {walk.move for walk in WALKS} == by_people


@pytest.fixture(scope="module")
def commune(tmp_path_factory):
    """An office on Monday 22 June, and the process that serves it."""
    folder = tmp_path_factory.mktemp("commune")
    office = replace(furnish(folder), clock=fixed(MONDAY))
    served = serve(folder, MONDAY)
    yield office, served
    served.stop()


@pytest.fixture(scope="module")
def hands_of(browser, commune):
    _office, served = commune
    with ExitStack() as windows:
        known = {}

        def of(login):
            if login not in known:
                known[login] = windows.enter_context(window(browser, served.address))
                known[login].log_in(login)
            return Hands(known[login])

        yield of


class Hands:
    """Somebody who has a keyboard and nothing else."""

    def __init__(self, at):
        self.at, self._page = at, at.page

    def tab_to(self, selector):
        """How many presses of Tab it took."""
        for presses in range(1, _MOST_TABS):
            self._page.keyboard.press("Tab")
            if self._page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return presses
        raise AssertionError(f"Tab does not reach {selector}")

    def enter(self):
        with self._page.expect_navigation():
            self._page.keyboard.press("Enter")

    def give(self, value):
        """Type, choose or tick in the field that has the focus."""
        if not value:
            self._page.keyboard.press("Space")
        elif self._page.evaluate("document.activeElement.tagName") == "SELECT":
            self._choose(value)
        else:
            self._page.keyboard.type(value)

    def _choose(self, value):
        for _ in range(_MOST_TABS):
            if self._page.evaluate("document.activeElement.value") == value:
                return
            self._page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {value}")


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_a_move_is_made_by_keyboard_alone(commune, hands_of, walk):
    code = walk.start(commune[0])
    hands = hands_of(walk.login)
    address = f"/items/{code}/moves/{walk.move}" + ("" if walk.act == "perform" else f"?act={walk.act}")

    hands.at.go(f"/items/{code}")
    hands.tab_to(f'#act a[href="{address}"]')
    hands.enter()
    for name, value in walk.typed.items():
        hands.tab_to(f'main [name="{name}"]')
        hands.give(value)
    hands.tab_to(f"main form {walk.button}")
    hands.enter()

    assert f"/items/{code}?done={walk.move}" in hands.at.page.url, hands.at.words()


def test_the_first_input_of_a_form_is_near(commune, hands_of):
    code = late(commune[0])
    hands = hands_of("chairman")
    hands.at.go(f"/items/{code}/moves/set_due")

    skip = hands.tab_to(".skip")
    hands.at.page.keyboard.press("Enter")
    further = hands.tab_to("main form :is(input, select, textarea)")

    assert skip + 1 + further <= TABS_TO_THE_FIRST_INPUT


def test_a_refused_form_takes_the_focus_to_what_is_wrong_and_from_there_to_the_field(commune, hands_of):
    code = late(commune[0])
    hands = hands_of("head.kt")
    hands.at.go(f"/items/{code}/moves/plan")
    hands.tab_to("main form button:not([name]):not([formaction])")

    hands.enter()

    assert hands.at.page.evaluate("document.activeElement.matches('.error-summary')")
    hands.tab_to(".error-summary a[href='#field-cause_note']")
    hands.at.page.keyboard.press("Enter")
    assert hands.at.page.evaluate("document.activeElement.id") == "field-cause_note"
