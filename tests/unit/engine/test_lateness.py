"""Lateness is a fact with two times; no later move erases it."""

from datetime import date

import pytest

from tests.builders import AN, CHI, DUNG, FILE, TASK, accepted, at, codes, item, on, perform, vote
from workflow.engine import SYSTEM_ACTOR, Accepted, Perform, decide
from workflow.engine.deadlines import end_of_day, is_overdue, pending, shifted
from workflow.engine.definition import Duration
from workflow.engine.workdays import Calendar, CalendarYearMissing
from workflow.values import replace

MIDNIGHT = "2026-06-20 00:00"
SWEPT = "2026-06-20 06:10"


def mark_late(effective: str = MIDNIGHT) -> Perform:
    return Perform(SYSTEM_ACTOR, "mark_late", effective_at=at(effective))


@pytest.fixture
def late():
    return accepted(TASK, item(), mark_late(), on(SWEPT))


@pytest.fixture
def planned(late):
    asked = accepted(
        TASK, late, perform("plan", CHI, cause_note="Thiếu số liệu", plan_due_on="2026-06-26"), on("2026-06-22 09:00")
    )
    return accepted(TASK, asked, vote("plan", DUNG), on("2026-06-22 15:00"))


def test_a_deadline_ends_with_its_day_in_vietnam():
    assert item().due_at == at(MIDNIGHT)
    assert not is_overdue(item().due_at, at("2026-06-19 23:59"))
    assert is_overdue(item().due_at, at(MIDNIGHT))


def test_an_episode_keeps_when_it_took_effect_and_when_it_was_recorded(late):
    (episode,) = late.episodes

    assert (episode.effective_at, episode.recorded_at) == (at(MIDNIGHT), at(SWEPT))
    assert (episode.unit, episode.ended_at) == ("kt", None)
    assert late.fields["late_count"] == 1


def test_only_the_clock_marks_late():
    decision = decide(TASK, item(), Perform(DUNG, "mark_late"), on(SWEPT))

    assert codes(decision) == {"not_permitted"}


def test_what_is_late_is_not_completed_without_a_plan(late):
    decision = decide(TASK, late, perform("complete", CHI, evidence=(FILE,)), on(SWEPT))

    assert codes(decision) == {"not_from_here"}


def test_the_plan_is_copied_into_the_episode_with_who_and_when(planned):
    record = planned.episodes[0].record

    assert record["cause_note"].value == "Thiếu số liệu"
    assert record["plan_due_on"].by == "chi"
    assert record["plan_due_on"].at == at("2026-06-22 15:00")


def test_one_episode_spans_late_and_planned_and_ends_with_completion(planned):
    done = accepted(TASK, planned, perform("complete", CHI, evidence=(FILE,)), on("2026-06-25 10:00"))

    (episode,) = done.episodes
    assert (episode.ended_at, episode.ended_by) == (at("2026-06-25 10:00"), "complete")


def test_a_broken_plan_ends_its_episode_and_opens_the_next(planned):
    broken = accepted(TASK, planned, mark_late("2026-06-27 00:00"), on("2026-06-27 07:00"))

    first, second = broken.episodes
    assert (first.ended_at, first.ended_by) == (at("2026-06-27 00:00"), "mark_late")
    assert (second.n, second.effective_at, second.recorded_at) == (2, at("2026-06-27 00:00"), at("2026-06-27 07:00"))
    assert broken.fields["late_count"] == 2


def test_a_result_sent_back_after_the_due_day_is_late_again(planned):
    done = accepted(TASK, planned, perform("complete", CHI, evidence=(FILE,)), on("2026-06-25 10:00"))

    back = accepted(TASK, done, perform("rework", DUNG, "Chưa đạt"), on("2026-06-30 10:00"))

    assert back.state == "late"
    assert [episode.ended_at is None for episode in back.episodes] == [False, True]


def test_a_transfer_closes_the_old_units_account_and_keeps_it(late):
    moved = accepted(TASK, late, perform("transfer", DUNG, to_unit="vp"), on("2026-06-30 09:00"))

    assert moved.episodes[0].unit == "kt"
    assert moved.episodes[0].ended_by == "transfer"


def test_no_move_ever_removes_an_episode(planned):
    done = accepted(TASK, planned, perform("complete", CHI, evidence=(FILE,)), on("2026-06-25 10:00"))
    verified = accepted(TASK, done, perform("verify", DUNG), on("2026-06-25 16:00"))
    again = accepted(TASK, verified, perform("reopen", DUNG, "Sai số liệu"), on("2026-06-26 09:00"))

    assert again.episodes[0].record == planned.episodes[0].record


def test_the_due_timer_falls_due_at_the_deadline_and_the_plans_own_after_approval(planned):
    (due,) = pending(TASK, item(), on())
    (broken,) = pending(TASK, planned, on())

    assert (due.timer.name, due.at) == ("due", at(MIDNIGHT))
    assert (broken.timer.name, broken.at) == ("broken", at("2026-06-27 00:00"))


def test_without_a_due_date_nothing_is_ever_late():
    endless = replace(item(), due={})

    assert pending(TASK, endless, on()) == ()
    assert not is_overdue(None, at("2030-01-01"))


def test_a_new_due_date_moves_the_deadline_in_the_same_command():
    created = item(due_on="2026-07-01")

    assert created.due_at == at("2026-07-02 00:00")


CALENDAR = Calendar("vn", frozenset({date(2026, 9, 2)}), frozenset({date(2026, 8, 22)}), frozenset({2026}))


@pytest.mark.parametrize(
    ("start", "offset", "expected"),
    [
        ("2026-06-20 00:00", Duration(-1, "wd"), "2026-06-19 00:00"),
        ("2026-06-22 00:00", Duration(-1, "wd"), "2026-06-19 00:00"),
        ("2026-08-21 10:00", Duration(1, "wd"), "2026-08-22 10:00"),
        ("2026-09-01 10:00", Duration(1, "wd"), "2026-09-03 10:00"),
        ("2026-06-19 10:00", Duration(2, "d"), "2026-06-21 10:00"),
        ("2026-06-19 23:00", Duration(2, "h"), "2026-06-20 01:00"),
    ],
)
def test_offsets_count_in_their_own_unit(start, offset, expected):
    circumstances = replace(on(), calendar=CALENDAR)

    assert shifted(at(start), offset, circumstances) == at(expected)


def test_a_year_without_data_is_a_fault_not_a_guess():
    with pytest.raises(CalendarYearMissing):
        CALENDAR.is_working(date(2027, 1, 4))


def test_working_days_between_two_days_count_the_last_and_not_the_first():
    assert CALENDAR.between(date(2026, 9, 1), date(2026, 9, 4)) == 2


def test_the_end_of_a_day_is_the_first_instant_of_the_next():
    assert end_of_day(date(2026, 6, 19), on().zone) == at(MIDNIGHT)


def test_marking_late_twice_is_refused(late):
    assert codes(decide(TASK, late, mark_late(), on(SWEPT))) == {"not_from_here"}


def test_an_officer_reports_progress_under_a_plan(planned):
    decision = decide(TASK, planned, perform("progress", AN, progress=80), on("2026-06-23 09:00"))

    assert isinstance(decision, Accepted)
