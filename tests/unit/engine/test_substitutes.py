"""Substitutes: whoever holds a written power acts in its giver's name, within its bounds, and counts as both people."""

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
    on,
    perform,
)
from workflow.engine import Accepted, Actor, Delegation, decide, list_moves, offers_to
from workflow.engine.administration import (
    refusal_to_delegate,
    refusal_to_end,
    refusal_to_receive,
    refusal_to_record_for_others,
    refusal_to_see_all_delegations,
)
from workflow.engine.definition import Condition, Label
from workflow.engine.visibility import scope_of
from workflow.values import replace

CHAIR_POWER = Delegation("uq-2", "dung", "ubnd", frozenset({"chairman"}), kind="TUQ.")
CLERK = Actor("clerk", "vp", frozenset({"clerk"}))
HEAD_OF_VP = Actor("phuc", "vp", frozenset({"unit_head"}))


def holding(actor, *powers, acting_for=None):
    return replace(actor, delegations=powers, acting_for=acting_for)


AN_FOR_CHI = holding(AN, KT_POWER, acting_for="chi")


@pytest.fixture
def started():
    return accepted(TASK, item(), perform("start", CHI), on())


@pytest.fixture
def completed(started):
    return accepted(TASK, started, perform("complete", CHI, evidence=(FILE,)), on())


def standing(offers):
    return {(offer.move, offer.act): (offer.allowed, offer.acting_for) for offer in offers}


def offered(item_, actor):
    return standing(offers_to(TASK, item_, actor, on()))


# -- acting -------------------------------------------------------------------------------------------------------------


def test_a_substitute_does_what_the_giver_may_and_the_record_names_both(started):
    decision = decide(TASK, started, perform("complete", AN_FOR_CHI, evidence=(FILE,)), on())

    assert isinstance(decision, Accepted)
    assert (decision.role, decision.delegation) == ("unit_head", "uq-1")
    assert {event.doer.acting_for for event in decision.events if hasattr(event, "doer")} == {"chi"}


def test_in_his_own_name_a_substitute_may_do_no_more_than_before(started):
    assert codes(decide(TASK, started, perform("complete", holding(AN, KT_POWER), evidence=(FILE,)), on())) == {
        "not_permitted"
    }


@pytest.mark.parametrize(
    ("powers", "code"),
    [
        ((), "delegation_needed"),
        ((CHAIR_POWER,), "delegation_needed"),
        ((replace(KT_POWER, workflows=frozenset({"report"})),), "delegation_outside"),
        ((replace(KT_POWER, areas=frozenset({"the-che"})),), "delegation_outside"),
        ((replace(KT_POWER, giver_unit="vp"),), "not_permitted"),
    ],
)
def test_whoever_claims_a_name_without_the_power_is_told_what_he_lacks(powers, code):
    found = item(area="tai-chinh-cong")

    assert codes(decide(TASK, found, perform("start", holding(AN, *powers, acting_for="chi")), on())) == {code}


def test_a_power_for_areas_covers_an_item_without_one():
    power = replace(KT_POWER, areas=frozenset({"the-che"}))

    assert isinstance(decide(TASK, item(), perform("start", holding(AN, power, acting_for="chi")), on()), Accepted)


def test_the_areas_of_a_vice_chairman_bind_his_substitute(completed):
    power = Delegation("uq-3", "vice", "ubnd", VICE.roles, VICE.areas)
    substitute = holding(HEAD_OF_VP, power, acting_for="vice")
    within = replace(completed, fields={**completed.fields, "area": "tai-chinh-cong"})
    outside = replace(completed, fields={**completed.fields, "area": "chuyen-doi-so"})

    assert isinstance(decide(TASK, within, perform("verify", substitute), on()), Accepted)
    assert codes(decide(TASK, outside, perform("verify", substitute), on())) == {"not_permitted"}


def test_a_deputy_may_say_for_whom_he_acts_or_leave_it_to_the_power():
    only_deputies = replace(TASK.transitions["start"], by=by("unit_deputy"))
    workflow = definition(transitions={**TASK.transitions, "start": only_deputies})

    for acting_for in (None, "chi"):
        decision = decide(
            workflow, item(workflow), perform("start", holding(DEPUTY, KT_POWER, acting_for=acting_for)), on()
        )
        assert decision.events[-1].doer.acting_for == "chi"


def test_an_officer_is_no_deputy_by_the_heads_power():
    only_deputies = replace(TASK.transitions["start"], by=by("unit_deputy"))
    workflow = definition(transitions={**TASK.transitions, "start": only_deputies})

    assert codes(decide(workflow, item(workflow), perform("start", AN_FOR_CHI), on())) == {"not_permitted"}


def test_a_condition_that_binds_the_givers_office_binds_his_substitute(completed):
    refusal = Label("Không phải việc của Chủ tịch.", "Not for the chairman.")
    verify = replace(TASK.transitions["verify"], when=(Condition("!('chairman' in actor.roles)", refusal),))
    workflow = definition(transitions={**TASK.transitions, "verify": verify})

    for actor in (DUNG, holding(HEAD_OF_VP, CHAIR_POWER, acting_for="dung")):
        assert codes(decide(workflow, completed, perform("verify", actor), on())) == {"condition_failed"}


# -- four eyes ----------------------------------------------------------------------------------------------------------


def test_whoever_did_it_himself_may_not_verify_as_anothers_substitute(completed):
    chi_for_dung = holding(CHI, CHAIR_POWER, acting_for="dung")

    assert codes(decide(TASK, completed, perform("verify", chi_for_dung), on())) == {"self_review"}


def test_in_whose_name_it_was_done_may_not_verify_it(started):
    done = accepted(TASK, started, perform("complete", AN_FOR_CHI, evidence=(FILE,)), on())
    risen = Actor("chi", "ubnd", frozenset({"chairman"}))

    assert codes(decide(TASK, done, perform("verify", risen), on())) == {"self_review"}


def test_whoever_did_it_as_a_substitute_may_not_verify_it(started):
    done = accepted(TASK, started, perform("complete", AN_FOR_CHI, evidence=(FILE,)), on())
    an_for_dung = holding(AN, CHAIR_POWER, acting_for="dung")

    assert codes(decide(TASK, done, perform("verify", an_for_dung), on())) == {"self_review"}


def test_a_substitute_of_whoever_did_it_may_not_verify_it(started):
    done = accepted(TASK, started, perform("complete", CHI, evidence=(FILE,)), on())
    power = Delegation("uq-4", "chi", "ubnd", frozenset({"chairman"}))

    assert codes(decide(TASK, done, perform("verify", holding(VICE, power, acting_for="chi")), on())) == {"self_review"}


def test_another_persons_substitute_may_verify(completed):
    assert isinstance(
        decide(TASK, completed, perform("verify", holding(HEAD_OF_VP, CHAIR_POWER, acting_for="dung")), on()), Accepted
    )


# -- offers -------------------------------------------------------------------------------------------------------------


def test_what_only_a_substitute_may_do_is_offered_in_the_givers_name(started):
    assert offered(started, holding(AN, KT_POWER))["complete", "perform"] == (True, "chi")
    assert offered(started, AN)["complete", "perform"] == (False, None)


def test_what_a_person_may_do_himself_is_offered_in_his_own_name(started):
    assert offered(started, holding(AN, KT_POWER))["progress", "perform"] == (True, None)


def test_a_deputys_offer_names_the_head_for_whom_he_signs(started):
    assert offered(started, holding(DEPUTY, KT_POWER))["complete", "perform"] == (True, "chi")


def test_each_giver_who_may_is_offered(completed):
    other = replace(CHAIR_POWER, id="uq-5", giver="dang")
    found = [o for o in offers_to(TASK, completed, holding(HEAD_OF_VP, CHAIR_POWER, other), on()) if o.move == "verify"]

    assert [offer.acting_for for offer in found] == ["dung", "dang"]


def test_what_a_substitute_could_do_but_for_a_condition_is_shown_with_its_reason(started):
    waiting = replace(started, open_children=1)
    (offer,) = [o for o in offers_to(TASK, waiting, holding(AN, KT_POWER), on()) if o.move == "complete"]

    assert [reason.code for reason in offer.reasons] == ["condition_failed"]
    assert offer.acting_for == "chi"


def test_an_offer_under_a_power_keeps_its_word(started, completed):
    for before in (item(), started, completed):
        for actor in (holding(AN, KT_POWER), holding(DEPUTY, KT_POWER), holding(HEAD_OF_VP, CHAIR_POWER, KT_POWER)):
            for offer in offers_to(TASK, before, actor, on()):
                doer = replace(actor, acting_for=offer.acting_for)
                given = {"evidence": (FILE,), "progress": 50, "to_unit": "vp"}
                inputs = {name: given[name] for name in TASK.transitions[offer.move].inputs if name in given}
                decision = decide(TASK, before, perform(offer.move, doer, "Lý do", **inputs), on())
                assert isinstance(decision, Accepted) == offer.allowed, (actor.id, offer)


def test_without_a_power_the_offers_are_the_moves(started):
    assert offers_to(TASK, started, AN, on()) == list_moves(TASK, started, AN, on())


# -- reading ------------------------------------------------------------------------------------------------------------


def test_a_substitute_reads_what_the_giver_reads_within_the_power():
    other = item(unit="vp", area="the-che")
    lent = replace(CHAIR_POWER, areas=frozenset({"the-che"}))

    assert not scope_of(AN).covers(other)
    assert scope_of(holding(AN, lent)).covers(other)
    assert not scope_of(holding(AN, lent)).covers(item(unit="vp", area="tai-chinh-cong"))
    assert not scope_of(holding(AN, replace(lent, workflows=frozenset({"report"})))).covers(other)
    assert scope_of(holding(AN, CHAIR_POWER)).everything


def test_a_heads_power_opens_his_unit_and_what_names_him():
    power = replace(KT_POWER, giver_unit="vp")
    substitute = scope_of(holding(AN, power))

    assert substitute.covers(item(unit="vp"))
    assert substitute.covers(item(unit="hcc", assignee="chi"))
    assert not substitute.covers(item(unit="hcc"))


def test_the_administrator_reads_nothing_by_a_power_either():
    assert not scope_of(holding(Actor("qt", None, frozenset({"admin"})), CHAIR_POWER)).covers(item())


# -- giving -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "code"),
    [
        (CHI, None),
        (DUNG, None),
        (VICE, None),
        (holding(CHI, CHAIR_POWER), None),
        (DEPUTY, "delegation_chain"),
        (holding(DEPUTY, KT_POWER), "delegation_chain"),
        (holding(AN, KT_POWER), "delegation_chain"),
        (AN, "not_permitted"),
        (CLERK, "not_permitted"),
        (KHACH, "not_permitted"),
    ],
)
def test_only_who_holds_a_power_himself_gives_it(actor, code):
    refusal = refusal_to_delegate(actor)

    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("receiver", "giver", "code"),
    [
        (DEPUTY, CHI, None),
        (AN, CHI, None),
        (CHI, CHI, "receiver_is_giver"),
        (HEAD_OF_VP, CHI, "receiver_of_other_unit"),
        (HEAD_OF_VP, DUNG, None),
        (VICE, DUNG, None),
        (GIANG, DUNG, "receiver_stands_apart"),
        (Actor("qt", "kt", frozenset({"admin"})), CHI, "receiver_stands_apart"),
    ],
)
def test_who_may_be_whose_substitute(receiver, giver, code):
    refusal = refusal_to_receive(receiver, giver)

    assert (refusal.code if refusal else None) == code


def test_the_clerk_records_for_others_and_both_parties_may_end():
    assert refusal_to_record_for_others(CLERK) is None
    assert refusal_to_record_for_others(CHI).code == "not_permitted"
    assert [refusal_to_end(actor, "chi", "deputy") for actor in (CHI, DEPUTY, CLERK)] == [None, None, None]
    assert refusal_to_end(AN, "chi", "deputy").code == "not_permitted"


def test_the_whole_list_is_for_the_clerk_the_chairman_and_the_auditor():
    assert [refusal_to_see_all_delegations(actor) for actor in (CLERK, DUNG, GIANG)] == [None, None, None]
    assert refusal_to_see_all_delegations(CHI).code == "not_permitted"
