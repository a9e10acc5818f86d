"""What `decide` accepts and refuses, rule by rule."""

import pytest

from tests.builders import (
    AN,
    CHI,
    DEPUTY,
    DUNG,
    FILE,
    GIANG,
    KHACH,
    KT_POWER,
    TASK,
    VICE,
    accepted,
    by,
    codes,
    definition,
    item,
    move,
    named,
    on,
    perform,
    vote,
    who,
)
from workflow.engine import Accepted, CreateItem, Kind, Rejected, decide
from workflow.engine.definition import Condition
from workflow.values import replace


@pytest.fixture
def started():
    return accepted(TASK, item(), perform("start", CHI), on())


@pytest.fixture
def completed(started):
    return accepted(TASK, started, perform("complete", CHI, evidence=(FILE,)), on())


def test_the_head_of_the_unit_starts_what_was_assigned_to_it():
    decision = decide(TASK, item(), perform("start", CHI), on())

    assert isinstance(decision, Accepted)
    assert decision.role == "unit_head"


def test_the_head_of_another_unit_is_told_that_it_is_not_his_units_task():
    decision = decide(TASK, item(), perform("start", replace(CHI, unit="vp")), on())

    assert codes(decision) == {"wrong_unit"}


def test_a_person_without_any_post_is_told_who_may():
    decision = decide(TASK, item(), perform("start", KHACH), on())

    assert codes(decision) == {"not_permitted"}
    assert decision.reasons[0].params["may"] == "unit_head, unit_deputy, assignee"


def test_the_assignee_may_start_whatever_his_post():
    decision = decide(TASK, item(assignee="an"), perform("start", AN), on())

    assert isinstance(decision, Accepted)
    assert decision.role == "assignee"


def test_a_deputy_acts_only_under_a_delegation_in_force():
    without = decide(TASK, item(), perform("start", DEPUTY), on())
    within = decide(TASK, item(), perform("start", replace(DEPUTY, delegations=(KT_POWER,))), on())

    assert codes(without) == {"delegation_needed"}
    assert within.delegation == "uq-1"
    assert within.events[-1].doer.acting_for == "chi"


def test_a_delegation_for_another_workflow_gives_no_power():
    power = replace(KT_POWER, workflows=frozenset({"report"}))

    decision = decide(TASK, item(), perform("start", replace(DEPUTY, delegations=(power,))), on())

    assert codes(decision) == {"delegation_needed"}


def test_the_vice_chairman_counts_only_in_his_areas(completed):
    within = replace(completed, fields={**completed.fields, "area": "tai-chinh-cong"})
    outside = replace(completed, fields={**completed.fields, "area": "chuyen-doi-so"})

    assert isinstance(decide(TASK, within, perform("verify", VICE), on()), Accepted)
    assert codes(decide(TASK, outside, perform("verify", VICE), on())) == {"outside_area"}
    assert isinstance(decide(TASK, completed, perform("verify", VICE), on()), Accepted)


def test_a_move_that_does_not_start_here_is_refused_by_the_state_alone(started):
    decision = decide(TASK, started, perform("verify", KHACH), on())

    assert codes(decision) == {"not_from_here"}
    assert decision.reasons[0].kind is Kind.STATE


def test_all_reasons_come_at_once(started):
    waiting = replace(started, open_children=1)

    decision = decide(TASK, waiting, perform("complete", AN), on())

    assert [reason.code for reason in decision.reasons] == ["not_permitted", "input_missing", "condition_failed"]
    assert [reason.kind for reason in decision.reasons] == [Kind.AUTHORITY, Kind.INPUT, Kind.PRECONDITION]


def test_a_failed_condition_speaks_the_definitions_own_sentence(started):
    decision = decide(TASK, replace(started, open_children=2), perform("complete", CHI, evidence=(FILE,)), on())

    assert decision.reasons[0].sentence.vi == "Chưa được."


def test_a_condition_that_reads_the_actor_refuses_by_authority():
    rule = Condition("actor.unit == item.unit && 'officer' in actor.roles")
    workflow = definition(
        transitions=named(move("start", "assigned", "in_progress", "chairman", when=(rule,)), *_rest())
    )

    decision = decide(workflow, item(workflow), perform("start", DUNG), on())

    assert decision.reasons[0].kind is Kind.AUTHORITY


def _rest():
    return tuple(part for part in TASK.transitions.values() if part.name != "start")


def test_an_expression_that_errs_refuses():
    rule = Condition("plan_due_on > today")
    workflow = definition(
        transitions=named(move("start", "assigned", "in_progress", "unit_head", when=(rule,)), *_rest())
    )

    decision = decide(workflow, item(workflow), perform("start", CHI), on())

    assert codes(decision) == {"condition_failed"}


def test_a_field_that_the_move_does_not_ask_for_is_refused(started):
    decision = decide(TASK, started, perform("complete", CHI, evidence=(FILE,), title="Khác"), on())

    assert codes(decision) == {"unknown_input"}


def test_a_frozen_field_is_not_written():
    changing = move("rename", "completed", "same", "chairman", optional=("title",))
    workflow = definition(transitions=named(*TASK.transitions.values(), changing))
    done = accepted(workflow, item(workflow), perform("start", CHI), on())
    done = accepted(workflow, done, perform("complete", CHI, evidence=(FILE,)), on())

    decision = decide(workflow, done, perform("rename", DUNG, title="Khác"), on())

    assert codes(decision) == {"frozen"}


def test_whoever_completed_may_not_verify(completed):
    both = replace(CHI, roles=frozenset({"unit_head", "chairman"}))

    decision = decide(TASK, completed, perform("verify", both), on())

    assert codes(decision) == {"self_review"}


def test_a_substitute_counts_as_both_people(started):
    deputy = replace(DEPUTY, delegations=(KT_POWER,))
    done = accepted(TASK, started, perform("complete", deputy, evidence=(FILE,)), on())
    head = replace(CHI, unit="ubnd", roles=frozenset({"chairman"}))

    decision = decide(TASK, done, perform("verify", head), on())

    assert codes(decision) == {"self_review"}


def test_a_verifier_of_the_same_unit_is_refused(completed):
    colleague = replace(DUNG, id="khanh", unit="kt")

    decision = decide(TASK, completed, perform("verify", colleague), on())

    assert codes(decision) == {"same_unit"}


def test_where_a_rule_leaves_nobody_the_named_fallback_acts_and_no_other():
    verify = replace(TASK.transitions["verify"], by=by("unit_head"), distinct_unit_from=(), nobody_left=who("chairman"))
    workflow = definition(transitions={**TASK.transitions, "verify": verify})
    done = accepted(workflow, item(workflow), perform("start", CHI), on())
    done = accepted(workflow, done, perform("complete", CHI, evidence=(FILE,)), on())

    assert codes(decide(workflow, done, perform("verify", CHI), on())) == {"self_review"}
    assert isinstance(decide(workflow, done, perform("verify", DUNG), on()), Accepted)
    assert codes(decide(workflow, done, perform("verify", VICE), on())) == {"not_permitted"}


def test_the_fallback_stays_out_while_somebody_is_left():
    verify = replace(TASK.transitions["verify"], by=by("unit_head"), distinct_unit_from=(), nobody_left=who("chairman"))
    workflow = definition(transitions={**TASK.transitions, "verify": verify})
    done = accepted(workflow, item(workflow), perform("start", CHI), on())
    done = accepted(workflow, done, perform("complete", CHI, evidence=(FILE,)), on())
    second_head = replace(CHI, id="hoa")

    decision = decide(workflow, done, perform("verify", DUNG), on("2026-06-10", CHI, second_head, DUNG))

    assert codes(decision) == {"not_permitted"}


def test_the_first_alternative_that_holds_is_taken(completed):
    sent_back = perform("rework", DUNG, "Chưa đạt")

    in_time = accepted(TASK, completed, sent_back, on("2026-06-19 23:59"))
    too_late = accepted(TASK, completed, sent_back, on("2026-06-20 00:00"))

    assert in_time.state == "in_progress"
    assert too_late.state == "late"


def test_a_required_comment_is_asked_for(completed):
    decision = decide(TASK, completed, perform("rework", DUNG), on())

    assert codes(decision) == {"input_missing"}


def test_a_final_state_is_left_only_by_a_move_that_reopens(completed):
    verified = accepted(TASK, completed, perform("verify", DUNG), on())
    sneaky = definition(
        transitions=named(*TASK.transitions.values(), move("undo", "verified", "in_progress", "chairman"))
    )

    assert codes(decide(sneaky, verified, perform("undo", DUNG), on())) == {"final_state"}
    assert accepted(TASK, verified, perform("reopen", DUNG, "Sai số liệu"), on()).state == "in_progress"


def test_a_move_without_change_of_state_writes_its_inputs(started):
    after = accepted(TASK, started, perform("progress", AN, progress=40), on())

    assert (after.state, after.fields["progress"], after.entered_at) == ("in_progress", 40, started.entered_at)


def test_a_transfer_moves_the_item_to_the_other_unit(started):
    after = accepted(TASK, started, perform("transfer", DUNG, to_unit="vp"), on())

    assert (after.unit, after.state) == ("vp", "assigned")


def test_stamp_and_set_write_and_clear_empties(completed):
    back = accepted(TASK, completed, perform("rework", DUNG, "Chưa đạt"), on())

    assert completed.fields["completed_at"] == "2026-06-10T02:00:00.000000Z"
    assert completed.fields["checked"] is True
    assert "completed_at" not in back.fields


def test_only_those_named_may_create_and_only_with_the_declared_fields():
    stranger = decide(TASK, None, CreateItem(AN, "i", "NV-1", "kt", {"title": "A", "progress": 3}), on())
    nameless = decide(TASK, None, CreateItem(DUNG, "i", "NV-1", "kt", {}), on())

    assert codes(stranger) == {"not_permitted", "unknown_input"}
    assert codes(nameless) == {"input_missing"}


def test_a_child_is_created_only_under_a_declared_parent():
    decision = decide(TASK, None, CreateItem(DUNG, "i", "NV-1", "kt", {"title": "A"}, "p1", "report"), on())

    assert codes(decision) == {"wrong_parent"}


def test_an_unknown_move_is_a_fault_of_the_caller():
    with pytest.raises(KeyError):
        decide(TASK, item(), perform("finish", CHI), on())


def test_a_vote_without_an_open_request_is_refused_by_the_state():
    decision = decide(TASK, item(), vote("plan", DUNG), on())

    assert isinstance(decision, Rejected)
    assert codes(decision) == {"no_open_request"}


def test_the_auditor_has_no_move_at_all(completed):
    for name, transition in TASK.transitions.items():
        if completed.state in transition.sources:
            assert any(r.kind is Kind.AUTHORITY for r in decide(TASK, completed, perform(name, GIANG), on()).reasons)
