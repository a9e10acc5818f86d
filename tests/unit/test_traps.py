"""Each trap of an approval is refused by the linter; built around the linter, the engine still fails closed."""

from pathlib import Path

import pytest

from tests.builders import CHI, DUNG, TASK, VICE, accepted, at, by, codes, definition, item, on, perform, vote, who
from workflow.catalog import Names, check_text
from workflow.engine import SYSTEM_ACTOR, Perform, decide
from workflow.engine.definition import Condition, Step
from workflow.values import replace

LINT = Path(__file__).parent.parent / "definitions" / "lint"
NAMES = Names(calendars=frozenset({"vn"}))
DAY = "2026-06-22 09:00"
PLAN = {"cause_note": "Thiếu số liệu", "plan_due_on": "2026-06-26"}


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("l21_no_step_applies", "L21"),
        ("l22_quorum_of_one", "L22"),
        ("l23_no_way_out_of_the_gate", "L23"),
        ("l24_one_person_twice", "L24"),
        ("l25_not_from_here", "L25"),
        ("l36_fallback_excluded_too", "L36"),
    ],
)
def test_the_linter_refuses_the_trap(file, code):
    report = check_text((LINT / f"{file}.yaml").read_bytes(), f"{file}.yaml", NAMES)

    assert code in {finding.code for finding in report.findings}
    assert not report.ok


def asked(**changes):
    """A late task whose plan waits behind the gate with those changes, and its definition."""
    gate = replace(TASK.transitions["plan"].gate, **changes)
    workflow = definition(transitions={**TASK.transitions, "plan": replace(TASK.transitions["plan"], gate=gate)})
    late = accepted(
        workflow,
        item(workflow),
        Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")),
        on("2026-06-20 06:00"),
    )
    return workflow, accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))


EVERYBODY = (CHI, DUNG, VICE)


def everyone_refused(workflow, waiting, *but):
    return {
        actor.id: codes(decide(workflow, waiting, vote("plan", actor), on(DAY)))
        for actor in EVERYBODY
        if actor not in but
    }


def test_l21_where_no_step_applies_nobody_opens_the_gate():
    never = (Step("chair", by("chairman"), condition=Condition("!overdue")),)
    workflow, waiting = asked(steps=never, nobody_left=None)

    assert everyone_refused(workflow, waiting) == {person.id: {"gate_impossible"} for person in EVERYBODY}


def test_l22_a_quorum_that_one_person_cannot_fill_stays_unfilled():
    workflow, waiting = asked(steps=(Step("own", by("unit_head"), need=2),), distinct_from=(), nobody_left=None)
    once = accepted(workflow, waiting, vote("plan", CHI), on(DAY))

    assert once.state == "late"
    assert codes(decide(workflow, once, vote("plan", CHI), on(DAY))) == {"already_voted"}
    assert codes(decide(workflow, once, vote("plan", DUNG), on(DAY))) == {"not_permitted"}


def test_l23_four_eyes_without_a_way_out_shuts_and_stays_shut():
    workflow, waiting = asked(steps=(Step("own", by("unit_head")),), nobody_left=None)

    assert everyone_refused(workflow, waiting) == {
        "chi": {"self_review"},
        "dung": {"not_permitted"},
        "vice": {"not_permitted"},
    }


def test_l24_one_person_does_not_fill_two_distinct_steps():
    steps = (Step("one", by("chairman")), Step("two", by("chairman")))
    workflow, waiting = asked(steps=steps, distinct_steps=True, nobody_left=None)
    once = accepted(workflow, waiting, vote("plan", DUNG), on(DAY))

    assert once.state == "late"
    assert everyone_refused(workflow, once)["dung"] == {"voted_in_other_step"}


def test_l25_a_rejection_that_cannot_be_carried_out_leaves_the_request_open():
    workflow, waiting = asked(on_reject="start")

    assert decide(workflow, waiting, vote("plan", DUNG, "reject"), on(DAY)).reasons
    assert waiting.request("plan") is not None


def test_l36_a_fallback_that_the_same_rule_excludes_opens_nothing():
    workflow, waiting = asked(steps=(Step("own", by("unit_head")),), nobody_left=who("unit_head"))

    assert everyone_refused(workflow, waiting)["chi"] == {"self_review"}
    assert everyone_refused(workflow, waiting)["dung"] == {"not_permitted"}
