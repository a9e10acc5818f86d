"""A gate opens by votes of the right people, and by nothing else."""

import pytest

from tests.builders import (
    AN,
    CHI,
    DEPUTY,
    DUNG,
    KT_POWER,
    TASK,
    VICE,
    accepted,
    at,
    by,
    codes,
    definition,
    item,
    on,
    perform,
    vote,
    who,
)
from workflow.engine import SYSTEM_ACTOR, Actor, Perform, TakeBack, decide
from workflow.engine.definition import Condition, Step
from workflow.values import replace

DAY = "2026-06-22 09:00"
TWO = (Step("chair", by("chairman", "vice_chairman"), need=2),)
PLAN = {"cause_note": "Thiếu số liệu", "plan_due_on": "2026-06-26"}


@pytest.fixture
def late():
    return accepted(
        TASK, item(), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")), on("2026-06-20 06:00")
    )


@pytest.fixture
def asked(late):
    return accepted(TASK, late, perform("plan", CHI, **PLAN), on(DAY))


def gated(**changes):
    gate = replace(TASK.transitions["plan"].gate, **changes)
    return definition(transitions={**TASK.transitions, "plan": replace(TASK.transitions["plan"], gate=gate)})


def test_the_item_stays_where_it_is_while_a_request_is_open(asked):
    assert asked.state == "late"
    assert asked.request("plan").inputs["plan_due_on"] == "2026-06-26"
    assert "plan_due_on" not in asked.fields


def test_only_those_named_may_propose(late):
    assert codes(decide(TASK, late, perform("plan", AN, **PLAN), on(DAY))) == {"not_permitted"}


def test_a_proposal_obeys_the_moves_conditions(late):
    backdated = perform("plan", CHI, cause_note="Thiếu số liệu", plan_due_on="2026-06-22")

    assert codes(decide(TASK, late, backdated, on(DAY))) == {"condition_failed"}


def test_approval_makes_the_move_and_writes_the_inputs(asked):
    planned = accepted(TASK, asked, vote("plan", DUNG), on(DAY))

    assert planned.state == "remediation_planned"
    assert planned.fields["cause_note"] == "Thiếu số liệu"
    assert planned.requests == ()
    assert planned.last["plan"].person == "dung"


def test_a_proposer_may_not_approve_his_own_request(late):
    both = replace(CHI, roles=frozenset({"unit_head", "chairman"}))
    asked = accepted(TASK, late, perform("plan", both, **PLAN), on(DAY))

    assert codes(decide(TASK, asked, vote("plan", both), on(DAY))) == {"self_review"}


def test_whoever_is_not_named_may_not_vote(asked):
    assert codes(decide(TASK, asked, vote("plan", AN), on(DAY))) == {"not_permitted"}


def test_a_rejection_closes_the_request_and_leaves_the_state(asked):
    rejected = accepted(TASK, asked, vote("plan", DUNG, "reject"), on(DAY))

    assert (rejected.state, rejected.requests) == ("late", ())


def test_the_same_person_may_propose_anew_after_a_rejection(asked):
    rejected = accepted(TASK, asked, vote("plan", DUNG, "reject"), on(DAY))

    again = accepted(TASK, rejected, perform("plan", CHI, **PLAN), on(DAY))

    assert again.request("plan") is not None


def test_a_rejection_may_make_a_move_of_its_own(late):
    workflow = gated(on_reject="transfer")
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))

    assert codes(decide(workflow, asked, vote("plan", DUNG, "reject"), on(DAY))) == {"input_missing"}


def test_the_proposer_takes_his_request_back(asked):
    assert codes(decide(TASK, asked, TakeBack(DUNG, "plan"), on(DAY))) == {"not_proposer"}
    assert accepted(TASK, asked, TakeBack(CHI, "plan"), on(DAY)).requests == ()


def test_a_request_may_be_taken_back_until_its_gate_opens_also_after_somebody_voted(late):
    workflow = gated(steps=TWO)
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))
    once = accepted(workflow, asked, vote("plan", DUNG), on(DAY))

    taken_back = accepted(workflow, once, TakeBack(CHI, "plan"), on(DAY))

    assert taken_back.requests == ()
    assert codes(decide(workflow, taken_back, vote("plan", VICE), on(DAY))) == {"no_open_request"}
    opened = accepted(workflow, once, vote("plan", VICE), on(DAY))
    assert codes(decide(workflow, opened, TakeBack(CHI, "plan"), on(DAY))) == {"no_open_request"}


def test_nobody_else_overwrites_an_open_request(asked):
    deputy = replace(DEPUTY, delegations=(KT_POWER,))

    assert codes(decide(TASK, asked, perform("plan", deputy, **PLAN), on(DAY))) == {"request_open"}


def test_two_votes_of_one_person_are_one(late):
    workflow = gated(steps=TWO)
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))
    once = accepted(workflow, asked, vote("plan", DUNG), on(DAY))

    assert once.state == "late"
    assert codes(decide(workflow, once, vote("plan", DUNG), on(DAY))) == {"already_voted"}
    assert accepted(workflow, once, vote("plan", VICE), on(DAY)).state == "remediation_planned"


def test_a_substitutes_vote_and_the_principals_are_one_voice(late):
    workflow = gated(steps=TWO)
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))
    power = replace(KT_POWER, giver="dung", giver_unit="ubnd", roles=frozenset({"chairman"}))
    substitute = Actor("thay", "ubnd", frozenset(), delegations=(power,), acting_for="dung")
    once = accepted(workflow, asked, vote("plan", substitute), on(DAY))

    assert codes(decide(workflow, once, vote("plan", DUNG), on(DAY))) == {"already_voted"}


def test_a_vote_is_withdrawn_until_the_gate_opens(late):
    workflow = gated(steps=TWO)
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))
    once = accepted(workflow, asked, vote("plan", DUNG), on(DAY))

    back = accepted(workflow, once, vote("plan", DUNG, "withdraw"), on(DAY))

    assert back.request("plan").votes == ()
    assert codes(decide(workflow, back, vote("plan", DUNG, "withdraw"), on(DAY))) == {"not_voted"}


def test_a_change_of_a_watched_field_voids_the_votes_and_another_does_not(late):
    workflow = gated(steps=TWO)
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))
    once = accepted(workflow, asked, vote("plan", DUNG), on(DAY))

    reworded = accepted(workflow, once, perform("plan", CHI, **{**PLAN, "cause_note": "Khác"}), on(DAY))
    postponed = accepted(workflow, once, perform("plan", CHI, **{**PLAN, "plan_due_on": "2026-07-26"}), on(DAY))

    assert len(reworded.request("plan").votes) == 1
    assert postponed.request("plan").votes == ()


def test_ordered_steps_take_votes_one_after_the_other(late):
    steps = (Step("head", by("unit_head")), Step("chair", by("chairman")))
    workflow = gated(steps=steps, distinct_from=())
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))

    assert codes(decide(workflow, asked, vote("plan", DUNG), on(DAY))) == {"not_permitted"}
    signed = accepted(workflow, asked, vote("plan", CHI), on(DAY))
    assert accepted(workflow, signed, vote("plan", DUNG), on(DAY)).state == "remediation_planned"


def test_distinct_steps_take_distinct_people(late):
    steps = (Step("head", by("chairman")), Step("chair", by("chairman")))
    workflow = gated(steps=steps, distinct_steps=True)
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))
    once = accepted(workflow, asked, vote("plan", DUNG), on(DAY))

    assert codes(decide(workflow, once, vote("plan", DUNG), on(DAY))) == {"voted_in_other_step"}


def test_where_no_step_applies_the_fallback_decides_and_without_one_the_gate_stays_shut(late):
    never = (Step("chair", by("vice_chairman"), condition=Condition("overdue == false")),)
    with_fallback, without = gated(steps=never), gated(steps=never, nobody_left=None)
    asked = accepted(with_fallback, late, perform("plan", CHI, **PLAN), on(DAY))

    assert accepted(with_fallback, asked, vote("plan", DUNG), on(DAY)).state == "remediation_planned"
    assert codes(decide(without, asked, vote("plan", DUNG), on(DAY))) == {"gate_impossible"}


def test_a_move_out_of_the_state_overtakes_an_open_request(asked):
    moved = accepted(TASK, asked, perform("transfer", DUNG, to_unit="vp"), on(DAY))

    assert moved.requests == ()


def test_a_gate_whose_condition_fails_by_the_time_of_the_vote_does_not_open(asked):
    assert codes(decide(TASK, asked, vote("plan", DUNG), on("2026-06-26 09:00"))) == {"condition_failed"}


def test_a_quorum_that_only_the_excluded_could_fill_goes_to_the_fallback(late):
    workflow = gated(steps=(Step("own", by("unit_head")),), nobody_left=who("chairman"))
    asked = accepted(workflow, late, perform("plan", CHI, **PLAN), on(DAY))

    assert codes(decide(workflow, asked, vote("plan", CHI), on(DAY))) == {"self_review"}
    assert accepted(workflow, asked, vote("plan", DUNG), on(DAY)).state == "remediation_planned"
