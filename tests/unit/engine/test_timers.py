"""Timers: each falling due once, in nominal order, with both times; what belonged to a state ends with it."""

from datetime import date, timedelta

import pytest

from tests.builders import CHI, DUNG, FILE, TASK, accepted, at, by, codes, definition, item, named, on, perform, vote
from workflow.catalog.compile import who_of
from workflow.engine import SYSTEM_ACTOR, Accepted, Perform, decide, fold, react
from workflow.engine.deadlines import next_look, pending
from workflow.engine.definition import Duration, Moment, Target, Timer
from workflow.engine.events import TimerFired, from_plain, to_plain
from workflow.engine.facts import row_facts
from workflow.engine.parties import answering, parties
from workflow.engine.permissions import capacity
from workflow.engine.preview import preview
from workflow.engine.tick import tick
from workflow.engine.workdays import Calendar
from workflow.values import replace

CALENDAR = Calendar("vn", frozenset({date(2026, 9, 2)}), frozenset({date(2026, 8, 22)}), frozenset({2026}))
WD, DAY = Duration(1, "wd"), Duration(1, "d")
REMIND = Timer(
    "remind", ("assigned", "in_progress"), Moment("main", Duration(-3, "wd")), notify=by("unit_head"), template="remind"
)
NAG = Timer(
    "nag",
    ("late",),
    Moment("entered", Duration(3, "wd")),
    notify=by("unit_head"),
    then=by("chairman"),
    every=WD,
    maximum=5,
    template="nag",
)
TIMED = definition(timers={**TASK.timers, **named(REMIND, NAG)})


def then(text):
    return replace(on(text), calendar=CALENDAR)


def ring(before, text, workflow=TIMED):
    """The clock wakes at that time and does all that fell due: the item, and what was done, in order."""
    circumstances, done = then(text), []
    while due := next((one for one in pending(workflow, before, circumstances) if one.at <= circumstances.now), None):
        decision = tick(workflow, before, due, circumstances)
        assert isinstance(decision, Accepted), decision
        before = fold(before, decision.events)
        done.append(decision)
    return before, done


def fired(done):
    return [event for decision in done for event in decision.events if isinstance(event, TimerFired)]


def told(done, workflow=TIMED):
    return [message.roles for decision in done for message in react(workflow, decision.events)]


def late(swept="2026-06-20 06:10"):
    return accepted(
        TIMED, item(TIMED), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20 00:00")), then(swept)
    )


# -- reminders ------------------------------------------------------------------------------------------------------------


def test_a_reminder_comes_at_its_instant_and_only_once():
    # Due on Friday the 19th: three working days before its end is the beginning of Wednesday.
    assert ring(item(TIMED), "2026-06-16 23:59") == (item(TIMED), [])

    reminded, first = ring(item(TIMED), "2026-06-17 00:00")
    _, again = ring(reminded, "2026-06-19 23:59")

    assert [(event.timer, event.n, event.effective_at) for event in fired(first)] == [
        ("remind", 1, at("2026-06-17 00:00"))
    ]
    assert told(first) == [("unit_head",)]
    assert again == []


def test_a_reminder_is_no_revision_and_changes_nothing_that_a_move_looks_at():
    before = item(TIMED)

    after, _ = ring(before, "2026-06-17 06:00")

    assert after == replace(before, heard=after.heard)
    assert after.revision == before.revision


def test_both_times_of_a_reminder_are_kept_and_survive_the_log():
    _, done = ring(item(TIMED), "2026-06-18 06:10")
    (event,) = fired(done)

    assert (event.effective_at, event.at) == (at("2026-06-17 00:00"), at("2026-06-18 06:10"))
    assert from_plain(to_plain(event)) == event


def test_repeats_are_counted_and_the_last_goes_further_up():
    nagged, roles = late(), []
    for day in ("24 07:00", "25 07:00", "26 07:00", "29 07:00", "30 07:00"):
        nagged, done = ring(nagged, f"2026-06-{day}")
        roles += told(done)

    assert roles == [("unit_head",)] * 4 + [("unit_head", "chairman")]
    assert nagged.heard["nag"].n == 5
    assert next_look(TIMED, nagged, then("2026-06-30 08:00")) is None
    assert ring(nagged, "2026-12-01 08:00") == (nagged, [])


def test_a_repeat_falls_due_on_working_days_at_its_own_hour():
    nagged, _ = ring(late(), "2026-06-24 07:00")

    # From Friday to Monday, not to Saturday.
    instants = []
    for _ in range(4):
        due = pending(TIMED, nagged, then("2026-06-24 07:00"))[0]
        instants.append(due.at)
        nagged, _ = ring(nagged, f"{(due.at + timedelta(hours=7)):%Y-%m-%d %H:%M}")
    assert instants == [at(f"2026-06-{day} 06:10") for day in (25, 26, 29, 30)]


def test_repeats_that_were_missed_are_told_once_and_count():
    after, done = ring(late(), "2026-06-28 08:00")

    (event,) = fired(done)
    assert (event.n, event.missed) == (3, 2)
    assert event.effective_at == at("2026-06-24 06:10")
    assert told(done) == [("unit_head",)]
    assert pending(TIMED, after, then("2026-06-28 08:00"))[0].at == at("2026-06-29 06:10")


def test_whom_the_last_repeat_tells_is_told_as_early_as_if_nothing_had_been_missed():
    _, done = ring(late(), "2026-07-20 08:00")

    assert told(done) == [("unit_head", "chairman")]
    assert fired(done)[0].n == 5


def test_repeats_behind_a_move_that_is_due_do_not_count():
    daily = Timer("daily", ("assigned",), Moment("entered", DAY), notify=by("unit_head"), every=DAY, template="daily")
    workflow = definition(timers={**TASK.timers, "daily": daily})

    after, done = ring(item(workflow), "2026-06-25 08:00", workflow)

    assert after.state == "late"
    assert [(event.timer, event.n) for event in fired(done)] == [("daily", 9), ("due", 1)]
    # Fifteen days have passed; the tenth and all after it lie behind the deadline.


def test_everything_missed_comes_in_nominal_order_reminders_before_moves():
    last_day = Timer("last_day", ("assigned",), Moment("main", Duration(-1, "wd")), notify=by("unit_head"))
    at_once = Timer("a_word", ("assigned",), Moment("main"), notify=by("unit_head"), template="a_word")
    workflow = definition(timers={**TASK.timers, **named(last_day, REMIND, at_once)})

    _, done = ring(item(workflow), "2026-06-22 06:10", workflow)

    assert [event.timer for event in fired(done)] == ["remind", "last_day", "a_word", "due"]
    nominal = [event.effective_at for event in fired(done)]
    assert nominal == sorted(nominal)


def test_entering_another_state_ends_what_was_timed_in_the_one_before():
    nagged, _ = ring(late(), "2026-06-25 08:00")
    inputs = {"cause_note": "Thiếu", "plan_due_on": "2026-07-10"}
    asked = accepted(TIMED, nagged, perform("plan", CHI, **inputs), then("2026-06-25 09:00"))

    planned = accepted(TIMED, asked, vote("plan", DUNG), then("2026-06-25 10:00"))

    assert asked.heard
    assert planned.heard == {}
    assert [due.timer.name for due in pending(TIMED, planned, then("2026-06-25 10:00"))] == ["broken"]


def test_a_state_that_is_entered_again_counts_from_one():
    nagged, _ = ring(late(), "2026-06-25 08:00")
    inputs = {"cause_note": "Thiếu", "plan_due_on": "2026-06-26"}
    asked = accepted(TIMED, nagged, perform("plan", CHI, **inputs), then("2026-06-25 09:00"))
    planned = accepted(TIMED, asked, vote("plan", DUNG), then("2026-06-25 10:00"))
    broken, _ = ring(planned, "2026-06-27 00:00")

    _, done = ring(broken, "2026-07-01 08:00")

    assert [(event.timer, event.n) for event in fired(done)] == [("nag", 1)]


def test_a_reminder_whose_instant_had_passed_when_the_state_was_entered_is_not_sent():
    created = item(TIMED, day="2026-06-18 08:00")

    assert ring(created, "2026-06-18 09:00") == (created, [])


def test_a_move_without_change_of_state_leaves_the_timers_running():
    nagged, _ = ring(late(), "2026-06-24 08:00")
    stayed = definition(
        timers=TIMED.timers,
        transitions={
            **TASK.transitions,
            "note": replace(TASK.transitions["progress"], sources=("late",), targets=(Target("same"),)),
        },
    )
    after = accepted(stayed, nagged, perform("note", CHI, progress=5), then("2026-06-24 09:00"))

    _, done = ring(after, "2026-06-25 08:00", stayed)

    assert after.revision == nagged.revision + 1
    assert [event.n for event in fired(done)] == [2]


def test_a_later_deadline_brings_its_own_reminder():
    dated = definition(
        timers=TIMED.timers,
        transitions={
            **TASK.transitions,
            "set_due": replace(TASK.transitions["progress"], sources=("assigned",), require=("due_on",)),
        },
    )
    reminded, _ = ring(item(dated), "2026-06-17 06:00", dated)
    later = accepted(dated, reminded, perform("set_due", CHI, due_on="2026-07-10"), then("2026-06-18 09:00"))

    assert ring(later, "2026-07-07 23:59", dated)[1] == []
    assert [event.effective_at for event in fired(ring(later, "2026-07-08 00:00", dated)[1])] == [
        at("2026-07-08 00:00")
    ]


def test_a_move_that_is_due_is_made_however_late_and_names_its_timer():
    after, done = ring(item(), "2026-06-23 06:10", TASK)

    (event,) = fired(done)
    assert (event.timer, event.effective_at, event.at) == ("due", at("2026-06-20 00:00"), at("2026-06-23 06:10"))
    assert after.state == "late"
    assert after.heard == {}


def test_a_timer_whose_move_leaves_the_state_as_it_is_does_not_fire_for_ever():
    check = Timer("check", ("assigned",), Moment("entered", DAY), fire="touch")
    workflow = definition(
        timers={"check": check},
        transitions={**TASK.transitions, "touch": replace(TASK.transitions["mark_late"], targets=(Target("same"),))},
    )

    after, done = ring(item(workflow), "2026-06-18 08:00", workflow)

    assert [event.timer for event in fired(done)] == ["check"]
    assert after.fields["late_count"] == 1


def test_a_timer_that_both_moves_and_tells_does_both_at_once():
    both = replace(TASK.timers["due"], notify=by("chairman"), template="gone")
    workflow = definition(timers={"due": both})

    _, done = ring(item(workflow), "2026-06-20 00:00", workflow)

    assert told(done, workflow) == [("chairman",)]


def test_the_row_says_when_the_clock_must_look_again():
    reminded, _ = ring(item(TIMED), "2026-06-17 00:00")

    assert next_look(TIMED, item(TIMED), then("2026-06-10 09:00")) == at("2026-06-17 00:00")
    assert next_look(TIMED, reminded, then("2026-06-17 00:00")) == at("2026-06-20 00:00")


def test_a_year_without_data_stops_no_move_and_is_looked_at_again_each_day():
    far = Timer("far", ("in_progress",), Moment("entered", Duration(20, "wd")), notify=by("unit_head"))
    workflow = definition(timers={"far": far})
    created = item(workflow, day="2026-12-20 08:00", due_on="2027-03-01")

    started = accepted(workflow, created, perform("start", CHI), then("2026-12-20 09:00"))

    assert pending(workflow, started, then("2026-12-20 09:00")) == ()
    assert next_look(workflow, started, then("2026-12-20 09:00")) == at("2026-12-21 09:00")
    assert next_look(workflow, started, then("2026-11-02 09:00")) == at("2026-12-01 00:00")


def test_a_preview_tells_the_next_reminder_beside_the_moves_to_come():
    found = preview(TIMED, item(TIMED), perform("start", CHI), then("2026-06-12 09:00"))

    assert [(due.timer.name, due.at) for due in found.reminders] == [("remind", at("2026-06-17 00:00"))]
    assert [due.timer.name for due in found.timers] == ["due"]


# -- deadlines that stand still ---------------------------------------------------------------------------------------------

PAUSED = definition(
    deadlines={
        **TASK.deadlines,
        "main": replace(TASK.deadlines["main"], pause_in=("completed",), grace_on_return=Duration(2, "wd")),
    },
    timers=TIMED.timers,
)


def handed_in(workflow=PAUSED, text="2026-06-15 09:00", **fields):
    started = accepted(workflow, item(workflow, **fields), perform("start", CHI), then("2026-06-11 09:00"))
    return accepted(workflow, started, perform("complete", CHI, evidence=(FILE,)), then(text))


def back(before, text, workflow=PAUSED):
    return accepted(workflow, before, perform("rework", DUNG, "Chưa đạt"), then(text))


def test_while_a_reviewer_holds_the_item_its_deadline_stands():
    held = handed_in()

    assert held.due_at is None
    assert held.paused["main"].bound == at("2026-06-20 00:00")
    assert row_facts(PAUSED, held).due_at is None


def test_a_deadline_that_stands_makes_nothing_late():
    held = handed_in()

    returned = back(held, "2026-06-25 09:00")

    assert returned.state == "in_progress"
    assert returned.episodes == ()


def test_as_many_working_days_remain_as_before():
    # From Monday the 15th to Thursday the 25th eight working days pass: Friday the 19th becomes Wednesday, 1 July.
    returned = back(handed_in(), "2026-06-25 09:00")

    assert returned.due_at == at("2026-07-02 00:00")
    assert returned.paused == {}
    assert row_facts(PAUSED, returned).due_at == returned.due_at


def test_an_afternoon_with_the_reviewer_moves_nothing():
    assert back(handed_in(), "2026-06-15 17:00").due_at == at("2026-06-20 00:00")


def test_after_a_return_the_grace_remains_at_least():
    returned = back(handed_in(text="2026-06-19 16:00"), "2026-06-19 17:00")

    # Handed in on the last day and sent back at once: two working days more.
    assert returned.due_at == at("2026-06-24 00:00")


def test_an_item_that_is_finished_is_given_no_grace():
    verified = accepted(PAUSED, handed_in(text="2026-06-19 16:00"), perform("verify", DUNG), then("2026-06-19 17:00"))

    assert verified.due_at == at("2026-06-20 00:00")


def test_what_has_passed_does_not_stand_still():
    plan = {"cause_note": "Thiếu", "plan_due_on": "2026-06-26"}
    asked = accepted(PAUSED, late(), perform("plan", CHI, **plan), then("2026-06-22 09:00"))
    planned = accepted(PAUSED, asked, vote("plan", DUNG), then("2026-06-22 10:00"))

    done = accepted(PAUSED, planned, perform("complete", CHI, evidence=(FILE,)), then("2026-06-23 09:00"))

    assert done.due_at == at("2026-06-20 00:00")
    assert done.paused == {}


def test_the_timers_of_a_deadline_go_with_it():
    returned = back(handed_in(), "2026-06-25 09:00")

    assert [(due.timer.name, due.at) for due in pending(PAUSED, returned, then("2026-06-25 09:00"))] == [
        ("remind", at("2026-06-29 00:00")),
        ("due", at("2026-07-02 00:00")),
    ]
    assert pending(PAUSED, handed_in(), then("2026-06-15 09:00")) == ()


def test_a_new_date_takes_the_place_of_one_that_stands():
    dated = definition(
        deadlines=PAUSED.deadlines,
        transitions={
            **TASK.transitions,
            "rework": replace(TASK.transitions["rework"], optional=("due_on",)),
            "move_date": replace(TASK.transitions["progress"], sources=("completed",), require=("due_on",)),
        },
    )
    held = handed_in(dated)

    in_hand = accepted(dated, held, perform("move_date", CHI, due_on="2026-06-30"), then("2026-06-16 09:00"))
    returned = accepted(dated, held, perform("rework", DUNG, "Làm lại", due_on="2026-07-10"), then("2026-06-25 09:00"))

    assert (in_hand.due_at, in_hand.paused["main"].bound) == (None, at("2026-07-01 00:00"))
    assert in_hand.paused["main"].since == at("2026-06-16 09:00")
    assert returned.due_at == at("2026-07-11 00:00")


def test_a_deadline_of_an_instant_moves_by_the_time_itself():
    timed = definition(
        fields={**TASK.fields, "due_on": replace(TASK.fields["completed_at"], name="due_on", system=False)},
        deadlines={"main": replace(TASK.deadlines["main"], pause_in=("completed",))},
    )
    held = handed_in(timed, due_on="2026-06-19T05:00:00.000000Z")

    assert back(held, "2026-06-15 13:30", timed).due_at == at("2026-06-19 16:30")


def test_a_pause_over_a_year_without_data_is_refused_in_words():
    held = handed_in(text="2026-12-30 09:00", due_on="2026-12-31")

    decision = decide(PAUSED, held, perform("rework", DUNG, "Chưa đạt"), then("2027-01-05 09:00"))

    assert codes(decision) == {"calendar_year_missing"}


# -- late days --------------------------------------------------------------------------------------------------------------


def test_an_item_late_again_by_the_same_deadline_counts_no_day_twice():
    plan = {"cause_note": "Thiếu", "plan_due_on": "2026-06-26"}
    asked = accepted(TASK, late(), perform("plan", CHI, **plan), then("2026-06-22 09:00"))
    planned = accepted(TASK, asked, vote("plan", DUNG), then("2026-06-22 10:00"))
    done = accepted(TASK, planned, perform("complete", CHI, evidence=(FILE,)), then("2026-06-25 10:00"))

    again = accepted(TASK, done, perform("rework", DUNG, "Chưa đạt"), then("2026-06-30 10:00"))

    first, second = again.episodes
    assert first.effective_at == at("2026-06-20 00:00")
    assert second.effective_at == first.ended_at == at("2026-06-25 10:00")


def test_a_result_sent_back_that_was_handed_in_in_time_is_late_from_its_deadline_on():
    done = accepted(
        TASK,
        accepted(TASK, item(), perform("start", CHI), then("2026-06-11 09:00")),
        perform("complete", CHI, evidence=(FILE,)),
        then("2026-06-18 10:00"),
    )

    again = accepted(TASK, done, perform("rework", DUNG, "Chưa đạt"), then("2026-06-30 10:00"))

    assert [episode.effective_at for episode in again.episodes] == [at("2026-06-20 00:00")]


@pytest.mark.parametrize("name", ["remind", "nag"])
def test_no_reminder_is_ever_refused(name):
    timer = TIMED.timers[name]
    before = item(TIMED) if name == "remind" else late()
    (due,) = (one for one in pending(TIMED, before, then("2026-06-10 09:00")) if one.timer is timer)

    assert isinstance(tick(TIMED, before, due, then("2026-07-01 08:00")), Accepted)


# -- who is meant -----------------------------------------------------------------------------------------------------------


def test_where_nobody_is_named_yet_the_head_of_the_unit_is_told():
    unnamed, named_one = item(), item(assignee="an")

    assert answering(by("assignee"), unnamed, then("2026-06-10 09:00"))[0].people == {"chi"}
    assert answering(by("assignee"), named_one, then("2026-06-10 09:00"))[0].people == {"an"}


def test_posts_of_the_units_that_a_field_holds_are_told_and_may_do_nothing():
    elsewhere = who_of("unit_head(title)")
    before = item(title="kt, vp")

    assert str(elsewhere) == "unit_head(title)"
    assert [party.people for party in parties((elsewhere,), before, then("2026-06-10 09:00"))] == [{"chi"}]
    assert parties((elsewhere,), item(title="vp"), then("2026-06-10 09:00"))[0].people == frozenset()
    assert answering((elsewhere,), item(title="vp"), then("2026-06-10 09:00"))[0].people == frozenset()
    assert capacity(elsewhere, CHI, before) is None
