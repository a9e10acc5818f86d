"""What is told before an act is what the act then does."""

import pytest

from tests.builders import AN, CHI, DUNG, FILE, TASK, VICE, accepted, at, definition, item, on, perform, vote
from workflow.engine import SYSTEM_ACTOR, CreateItem, Perform, Rejected, decide, fold, react
from workflow.engine.definition import Notify, Who, WhoKind
from workflow.engine.parties import voters, waited_for, who_may
from workflow.engine.preview import preview
from workflow.values import replace

DAY = "2026-06-22 09:00"
PLAN = {"cause_note": "Thiếu số liệu", "plan_due_on": "2026-06-26"}


def at_home(day="2026-06-10 09:00"):
    return on(day, AN, CHI, DUNG, VICE)


@pytest.fixture
def started():
    return accepted(TASK, item(), perform("start", CHI), on())


@pytest.fixture
def late():
    return accepted(
        TASK, item(), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")), on("2026-06-20 06:00")
    )


def people(parties):
    return {str(party.who): set(party.people) for party in parties}


def test_the_state_told_is_the_one_that_follows(started):
    act = perform("complete", CHI, evidence=(FILE,))

    told = preview(TASK, started, act, at_home())

    assert told.state == accepted(TASK, started, act, at_home()).state == "completed"
    assert told.missing == ()


def test_what_is_still_to_be_typed_is_told_and_hides_nothing_else(started):
    told = preview(TASK, started, perform("complete", CHI), at_home())

    assert told.state == "completed"
    assert [reason.params["field"] for reason in told.missing] == ["evidence"]


def test_a_refusal_stays_one(started):
    refused = preview(TASK, started, perform("complete", DUNG, evidence=(FILE,)), at_home())

    assert isinstance(refused, Rejected)
    assert refused.reasons[0].code == "not_permitted"


def test_a_refusal_is_told_also_while_inputs_are_missing(started):
    refused = preview(TASK, started, perform("complete", DUNG), at_home())

    assert {"not_permitted", "input_missing"} <= {reason.code for reason in refused.reasons}


def test_it_names_the_people_who_will_be_waited_for(late):
    told = preview(TASK, late, perform("plan", CHI, **PLAN), at_home(DAY))

    assert told.proposal
    assert told.state == "late"
    assert people(told.waits)["chairman"] == {"dung"}


def test_the_timer_that_will_fire_next_is_told():
    told = preview(TASK, item(), perform("start", CHI), at_home())

    assert [(due.timer.fire, due.at) for due in told.timers] == [("mark_late", item().due["main"])]


def test_no_timer_is_told_that_the_next_state_does_not_have(started):
    assert preview(TASK, started, perform("complete", CHI, evidence=(FILE,)), at_home()).timers == ()


def test_a_date_that_changes_is_told_with_the_one_before(late):
    asked = accepted(TASK, late, perform("plan", CHI, **PLAN), at_home(DAY))

    told = preview(TASK, asked, vote("plan", DUNG), at_home(DAY))

    assert told.state == "remediation_planned"
    after = accepted(TASK, asked, vote("plan", DUNG), at_home(DAY))
    assert dict(told.due) == dict(after.due)
    changed = {change.deadline: (change.old, change.new) for change in told.dues}
    assert changed == {
        name: (asked.due.get(name), due) for name, due in after.due.items() if asked.due.get(name) != due
    }


def test_whoever_gets_a_notice_is_told(started):
    notify = Notify((Who(WhoKind.OFFICE, "chairman"),), "completed")
    complete = replace(TASK.transitions["complete"], after=(notify,))
    telling = definition(transitions={**TASK.transitions, "complete": complete})

    told = preview(telling, started, perform("complete", CHI), at_home())

    assert people(told.told) == {"chairman": {"dung"}}


def test_previewing_changes_nothing(started):
    before = fold(started, ())

    preview(TASK, started, perform("complete", CHI, evidence=(FILE,)), at_home())

    assert fold(started, ()) == before


def test_an_item_that_does_not_exist_has_no_preview():
    with pytest.raises(TypeError):
        preview(TASK, item(), CreateItem(DUNG, "i", "c", "kt"), at_home())


# -- who could ------------------------------------------------------------------------------------------------------------


def test_who_did_the_work_is_not_named_as_the_one_who_could_verify_it(started):
    done = accepted(TASK, started, perform("complete", CHI, evidence=(FILE,)), on())
    verify = replace(TASK.transitions["verify"], by=(Who(WhoKind.POST, "unit_head"),), distinct_from=("complete",))
    verify = replace(verify, nobody_left=Who(WhoKind.OFFICE, "chairman"))

    assert people(who_may(TASK, done, verify, at_home())) == {"chairman": {"dung"}}


def test_whoever_has_voted_is_not_waited_for_any_more(late):
    gate = replace(TASK.transitions["plan"].gate, steps=(replace(TASK.transitions["plan"].gate.steps[0], need=2),))
    two = definition(transitions={**TASK.transitions, "plan": replace(TASK.transitions["plan"], gate=gate)})
    asked = accepted(two, late, perform("plan", CHI, **PLAN), on(DAY))

    assert "dung" in set().union(*people(voters(two, asked, asked.requests[0], at_home(DAY))).values())
    once = accepted(two, asked, vote("plan", DUNG), at_home(DAY))

    assert "dung" not in set().union(*people(waited_for(two, once, at_home(DAY))).values())
    assert people(waited_for(two, once, at_home(DAY)))["vice_chairman"] == {"vice"}


def test_the_notices_told_are_those_that_are_sent(late):
    act = perform("plan", CHI, **PLAN)

    told = preview(TASK, late, act, at_home(DAY))

    sent = react(TASK, decide(TASK, late, act, at_home(DAY)).events)
    assert {str(party.who) for party in told.told} == {role for message in sent for role in message.roles}
