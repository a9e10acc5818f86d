"""Past the workflow there is one way only: somebody asks, the chairman decides, and the log says so."""

import pytest

from tests.builders import AN, CHI, DUNG, TASK, accepted, at, codes, item, on, perform
from workflow.engine import SYSTEM_ACTOR, Actor, Perform, fold
from workflow.engine.administration import override
from workflow.engine.events import EpisodeEnded, EpisodeOpened, Overridden, RequestClosed, from_plain, to_plain

DAY = "2026-06-22 09:00"
PLAN = {"cause_note": "Thiếu số liệu", "plan_due_on": "2026-06-26"}


@pytest.fixture
def late():
    return accepted(TASK, item(), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")), on(DAY))


def overridden(before, target, actor=DUNG, asked_by="admin"):
    return override(TASK, before, actor, target, asked_by, on(DAY))


def test_the_chairmans_word_puts_the_item_into_another_state():
    started = accepted(TASK, item(), perform("start", CHI), on())

    after = fold(started, overridden(started, "assigned").events)

    assert after.state == "assigned"
    assert after.entered_at == on(DAY).now
    assert after.visited[-1] == "assigned"
    assert after.fields == started.fields
    assert after.last == started.last


@pytest.mark.parametrize("actor", [AN, CHI, Actor("admin", roles=frozenset({"admin"})), SYSTEM_ACTOR])
def test_nobody_else_decides(actor):
    assert codes(overridden(item(), "verified", actor)) == {"not_permitted"}


def test_nobody_grants_his_own_wish():
    assert codes(overridden(item(), "verified", DUNG, asked_by=DUNG.id)) == {"self_review"}


def test_a_final_state_is_left_this_way_only():
    done = fold(item(), overridden(item(), "verified").events)

    assert codes(overridden(done, "verified")) == {"already_there"}
    assert fold(done, overridden(done, "in_progress").events).state == "in_progress"


def test_a_state_that_the_workflow_does_not_know_is_none():
    assert codes(overridden(item(), "verifyed")) == {"no_such_state"}


def test_lateness_ends_and_begins_as_with_any_move(late):
    out = overridden(late, "in_progress").events
    assert [event.n for event in out if isinstance(event, EpisodeEnded)] == [1]

    back = overridden(fold(late, out), "late").events
    assert [event.n for event in back if isinstance(event, EpisodeOpened)] == [2]


def test_a_proposal_that_lost_its_ground_ends_with_it(late):
    asked = accepted(TASK, late, perform("plan", CHI, **PLAN), on(DAY))

    events = overridden(asked, "in_progress").events

    assert RequestClosed("plan", "overtaken", on(DAY).now) in events
    assert fold(asked, events).requests == ()


def test_who_asked_and_who_decided_both_stand_in_the_event():
    event = overridden(item(), "verified").events[0]

    assert isinstance(event, Overridden)
    assert (event.asked_by, event.doer.person) == ("admin", "dung")
    assert from_plain(to_plain(event)) == event
