"""What a unit's head answers for: each story of an item is told by a few entries, and stands in the numbers that it belongs to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.offices import shipped
from workflow.engine.accountability import (
    DAYS,
    House,
    Line,
    Measure,
    Stretch,
    accounted,
    reads_account,
    reads_scores_of,
)
from workflow.engine.deadlines import end_of_day
from workflow.engine.events import (
    DueSet,
    EpisodeEnded,
    EpisodeOpened,
    EpisodeRecorded,
    FieldChanged,
    ItemCreated,
    RequestOpened,
    Transitioned,
    UnitChanged,
    Voted,
)
from workflow.engine.item import Actor, Doer
from workflow.engine.mandate import Mandate
from workflow.engine.periods import calendar_stretch

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DEFINITIONS = {name: made.definition for name, made in shipped().workflows.items()}
HOUSE = House(
    lambda item: DEFINITIONS[item.workflow],
    {name: made.purpose for name, made in DEFINITIONS.items() if made.purpose},
    lambda a, b: (b - a).days,
)
PARTS = {
    Measure.EARLY,
    Measure.ON_TIME,
    Measure.UNDATED,
    Measure.LATE_DONE,
    Measure.LATE_OPEN,
    Measure.OPEN,
    Measure.PASSED_ON,
    Measure.WITHDRAWN,
}


def on(month, day, hour=8, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def due(month, day):
    return end_of_day(date(2026, month, day), ZONE)


class Story:
    """Entries of one item, written one after the other."""

    def __init__(self, workflow="task", state="draft", unit="vp", at=None, **fields):
        self.workflow, self.lines = workflow, []
        created = ItemCreated("i1", "X-1", workflow, 1, "f", unit, state, "clerk", at or on(9, 1), None)
        due_events = [DueSet("main", None, fields.pop("bound"))] if "bound" in fields else []
        self.say(
            at or on(9, 1),
            created,
            *(FieldChanged(name, None, value) for name, value in fields.items()),
            *due_events,
        )

    def say(self, at, *events, effective=None, **line):
        self.lines.append(Line(len(self.lines) + 1, at, effective or at, events, **line))
        return self

    def move(self, at, source, target, *more, move="m", unit="vp", person="x", **line):
        doer = Doer(person, unit)
        return self.say(at, Transitioned(move, source, target, doer, at), *more, person=person, move=move, **line)

    def begun(self, **fields):
        self.move(on(9, 1, 9), "draft", "assigned", unit="ubnd")
        return self.move(on(9, 2), "assigned", "in_progress", *(FieldChanged(n, None, v) for n, v in fields.items()))

    def late(self, month, day, recorded=None, n=1):
        at = on(month, day, 0)
        return self.say(
            recorded or at,
            Transitioned("mark_late", "in_progress", "late", Doer("system", None), recorded or at),
            EpisodeOpened(n, at, recorded or at, "vp"),
            effective=at,
            person="system",
        )


def task(bound=None):
    return Story(title="Đối thoại", bound=bound or due(9, 30))


def sheet(story, period="2026-10", unit="vp", cut=None):
    found = calendar_stretch(period)
    begin = datetime.combine(found.first, datetime.min.time(), tzinfo=ZONE).astimezone(UTC)
    end = end_of_day(found.last, ZONE)
    until = min(end, cut + timedelta(microseconds=1)) if cut else end
    lines = [line for line in story.lines if cut is None or line.recorded_at <= cut]
    stretch = Stretch(begin, until, end, ZONE)
    return accounted([lines], HOUSE, unit, stretch)


def numbers(story, *measures, **asked):
    found = sheet(story, **asked)
    return tuple(found.number(measure) for measure in measures)


def fate(story, **asked):
    """In which of the parts the one piece of work stands."""
    found = sheet(story, **asked)
    return [part.value for part in Measure if part in PARTS and found.number(part)]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (on(9, 29, 23, 59), "early"),
        (on(9, 30, 0), "on_time"),
        (on(9, 30, 23, 59), "on_time"),
        (on(10, 1, 0), "late_done"),
    ],
)
def test_a_result_is_early_on_time_or_late_by_the_date_in_force_at_its_declaration(declared, expected):
    story = task().begun().move(declared, "in_progress", "completed")

    assert fate(story, period="2026-Q3" if expected != "late_done" else "2026-10") == [expected]


def test_a_result_without_a_date_is_neither_early_nor_late():
    story = Story(title="Hướng dẫn").begun().move(on(10, 5), "in_progress", "completed")

    assert fate(story) == ["undated"]


def test_a_result_that_was_sent_back_counts_as_not_done_until_it_is_declared_again():
    story = task(due(10, 20)).begun().move(on(10, 5), "in_progress", "completed")
    story.move(on(10, 8), "completed", "in_progress", unit="ubnd")

    assert fate(story, cut=on(10, 6)) == ["early"]
    assert fate(story) == ["open"]
    assert numbers(story, Measure.SENT_BACK) == (1,)
    assert fate(story.move(on(10, 20), "in_progress", "completed")) == ["on_time"]


def test_a_result_that_its_own_unit_took_back_was_not_sent_back():
    story = task(due(10, 20)).begun().move(on(10, 5), "in_progress", "completed")
    story.move(on(10, 8), "completed", "in_progress")

    assert numbers(story, Measure.SENT_BACK) == (0,)


def test_what_was_done_before_the_period_is_not_answered_for_again():
    story = task().begun().move(on(9, 10), "in_progress", "completed").move(on(10, 2), "completed", "verified")

    assert numbers(story, Measure.ASSIGNED, Measure.EARLY) == (0, 0)
    assert numbers(story, Measure.ASSIGNED, Measure.NEW, Measure.EARLY, period="2026-09") == (1, 1, 1)


def test_a_draft_is_not_answered_for_and_what_was_given_back_no_longer():
    story = task()

    assert numbers(story, Measure.ASSIGNED, period="2026-09") == (0,)
    story.move(on(9, 1, 9), "draft", "assigned", unit="ubnd").move(on(9, 3), "assigned", "draft")
    assert fate(story, period="2026-09") == ["passed_on"]
    assert fate(story) == []


def test_what_the_clock_recorded_late_counts_from_the_midnight_that_it_speaks_of():
    story = task().begun().late(10, 1, recorded=on(10, 1, 6, 10))

    assert fate(story, cut=on(10, 1, 6)) == ["open"]
    assert fate(story, cut=on(10, 1, 7)) == ["late_open"]
    assert numbers(story, Measure.EPISODES, period="2026-09") == (0,)


# -- a transfer (the commune's fifth story) -----------------------------------------------------------------------------


def transferred():
    story = task().begun().late(10, 1)
    moved = on(10, 12)
    return story.move(
        moved,
        "late",
        "assigned",
        UnitChanged("vp", "hcc"),
        DueSet("main", due(9, 30), due(11, 13)),
        EpisodeEnded(1, moved, "transfer"),
        unit="ubnd",
    )


def test_a_unit_keeps_its_eleven_days_of_lateness_after_the_transfer():
    old = numbers(transferred(), Measure.LATE_DAYS, Measure.EPISODES, Measure.PASSED_ON, Measure.LATE_OPEN)

    assert old == (11, 1, 1, 0)


def test_the_receiving_unit_starts_clean():
    new = sheet(transferred(), unit="hcc")

    assert new.number(Measure.EPISODES) == 0
    assert new.number(Measure.NEW) == 1
    assert new.number(Measure.EXTENSIONS) == 0
    assert [part.value for part in PARTS if new.number(part)] == ["open"]


def test_before_the_transfer_the_item_was_late_with_the_old_unit_and_both_days_can_be_told():
    tenth, thirteenth = (sheet(transferred(), cut=on(10, day, 17)) for day in (10, 13))

    assert (tenth.number(Measure.LATE_OPEN), thirteenth.number(Measure.LATE_OPEN)) == (1, 0)
    assert tenth.number(Measure.LATE_DAYS) == 10


# -- causes and plans ---------------------------------------------------------------------------------------------------


def caused(kind, confirmed=None):
    story = task().begun().late(10, 1)
    story.say(on(10, 2), EpisodeRecorded(1, "cause_kind", kind, "x", on(10, 2)))
    if confirmed:
        story.say(confirmed, EpisodeRecorded(1, "cause_confirmed", True, "ct", confirmed))
    return story


@pytest.mark.parametrize(
    ("kind", "confirmed", "expected"),
    [
        ("subjective", None, Measure.SUBJECTIVE),
        ("subjective", on(10, 7), Measure.SUBJECTIVE),
        ("objective", None, Measure.OBJECTIVE_CLAIMED),
        ("objective", on(10, 7), Measure.OBJECTIVE_CONFIRMED),
        ("both", None, Measure.SUBJECTIVE),
        ("both", on(10, 7), Measure.OBJECTIVE_CONFIRMED),
    ],
)
def test_a_cause_counts_as_objective_once_it_is_confirmed_and_both_as_subjective_until_then(kind, confirmed, expected):
    causes = (Measure.SUBJECTIVE, Measure.OBJECTIVE_CLAIMED, Measure.OBJECTIVE_CONFIRMED, Measure.UNEXPLAINED)

    found = numbers(caused(kind, confirmed), *causes)

    assert found == tuple(int(measure is expected) for measure in causes)


def test_a_confirmation_opens_the_entry_that_gave_it():
    (mark,) = sheet(caused("objective", on(10, 7))).of(Measure.OBJECTIVE_CONFIRMED)

    assert mark.line.effective_at == on(10, 7)


def test_a_confirmation_counts_for_the_month_of_the_lateness_though_it_comes_later_and_only_from_then_on():
    story = caused("objective", on(11, 7))

    assert numbers(story, Measure.OBJECTIVE_CONFIRMED) == (1,)
    assert numbers(story, Measure.OBJECTIVE_CONFIRMED, cut=on(11, 6)) == (0,)


def test_what_is_confirmed_once_the_lateness_is_over_is_said_of_its_last_stretch():
    story = caused("objective").move(on(10, 9), "late", "completed", EpisodeEnded(1, on(10, 9), "complete"))
    story.move(on(10, 12), "completed", "completed", FieldChanged("cause_confirmed", None, True), unit="ubnd")

    assert numbers(story, Measure.OBJECTIVE_CLAIMED, Measure.OBJECTIVE_CONFIRMED) == (0, 1)


def test_lateness_is_without_a_plan_until_one_is_approved_or_waived():
    late = task().begun().late(10, 1)

    assert numbers(late, Measure.WITHOUT_PLAN) == (1,)
    planned = task().begun().late(10, 1)
    planned.move(
        on(10, 3), "late", "remediation_planned", EpisodeRecorded(1, "plan_due_on", "2026-10-20", "x", on(10, 3))
    )
    assert numbers(planned, Measure.WITHOUT_PLAN) == (0,)
    waived = task().begun().late(10, 1).move(on(10, 3), "late", "remediation_planned", move="waive_plan", unit="ubnd")
    assert numbers(waived, Measure.WITHOUT_PLAN) == (0,)


def test_a_plan_that_was_not_kept_is_a_second_lateness_and_a_broken_plan():
    story = task().begun().late(10, 1)
    story.move(
        on(10, 3), "late", "remediation_planned", EpisodeRecorded(1, "plan_due_on", "2026-10-10", "x", on(10, 3))
    )
    broken = on(10, 11, 0)
    story.move(
        broken, "remediation_planned", "late", EpisodeEnded(1, broken, "m"), EpisodeOpened(2, broken, broken, "vp")
    )

    assert numbers(story, Measure.EPISODES, Measure.PLANS_BROKEN, Measure.WITHOUT_PLAN) == (2, 1, 1)
    assert numbers(story, Measure.LATE_DAYS) == (10 + 21,)


def test_a_later_date_is_an_extension_and_the_lateness_before_it_stays():
    story = caused("objective", on(10, 7))
    story.move(
        on(10, 7, 15),
        "late",
        "in_progress",
        DueSet("main", due(9, 30), due(11, 30)),
        EpisodeEnded(1, on(10, 7, 15), "set_due"),
        unit="ubnd",
    )

    assert numbers(story, Measure.EXTENSIONS, Measure.EPISODES, Measure.LATE_DAYS) == (1, 1, 7)
    assert fate(story) == ["open"]


def test_the_first_date_and_an_earlier_one_are_no_extensions():
    story = task().begun()
    story.move(on(10, 7), "in_progress", "in_progress", DueSet("main", due(9, 30), due(9, 20)), unit="ubnd")

    assert numbers(story, Measure.EXTENSIONS, period="2026") == (0,)


# -- reports (the commune's fourth story) -------------------------------------------------------------------------------


def report(bound=None):
    story = Story(
        "report", "assigned", "hcc", at=on(8, 15), series="monthly", period="2026-09", bound=bound or due(9, 19)
    )
    return story.move(on(9, 15), "assigned", "in_progress", unit="hcc")


REPORTS = (
    Measure.REPORTS,
    Measure.REPORTS_ON_TIME,
    Measure.REPORTS_LATE,
    Measure.REPORTS_MISSING,
    Measure.REPORTS_OPEN,
)


def returned_twice(third):
    story = report().move(on(9, 16, 9), "in_progress", "completed", unit="hcc")
    story.move(on(9, 16, 15), "completed", "returned", unit="vhxh")
    story.move(on(9, 17, 10), "returned", "completed", unit="hcc")
    story.move(on(9, 18, 10), "completed", "returned", unit="vhxh")
    return story.move(third, "returned", "completed", unit="hcc").move(
        on(9, 21, 8), "completed", "verified", unit="vhxh"
    )


def test_the_sending_that_was_received_says_whether_a_report_was_on_time():
    found = numbers(returned_twice(on(9, 18, 16)), *REPORTS, Measure.RETURNED, period="2026-09", unit="hcc")

    assert found == (1, 1, 0, 0, 0, 2)


def test_had_the_third_sending_come_after_the_day_it_would_be_late_although_the_first_came_in_time():
    found = numbers(returned_twice(on(9, 21, 7)), *REPORTS, period="2026-09", unit="hcc")

    assert found == (1, 0, 1, 0, 0)


def test_a_report_that_is_not_sent_is_open_until_its_day_and_missing_after_it():
    assert numbers(report(), *REPORTS, period="2026-09", unit="hcc", cut=on(9, 19, 23)) == (1, 0, 0, 0, 1)
    assert numbers(report(), *REPORTS, period="2026-09", unit="hcc", cut=on(9, 20, 1)) == (1, 0, 0, 1, 0)


def test_a_waived_report_is_neither_late_nor_missing():
    story = report().move(on(9, 17), "in_progress", "waived", unit="ubnd")

    assert numbers(story, *REPORTS, Measure.WAIVED, period="2026-09", unit="hcc") == (1, 0, 0, 0, 0, 1)


def test_a_correction_is_told_when_it_happens_and_the_first_sending_stays_on_time():
    story = returned_twice(on(9, 18, 16)).move(on(10, 5), "verified", "superseded", unit="hcc")

    assert numbers(story, Measure.CORRECTED, Measure.REPORTS, unit="hcc") == (1, 0)
    assert numbers(story, Measure.CORRECTED, Measure.REPORTS_ON_TIME, period="2026-09", unit="hcc") == (0, 1)


# -- difficulties and signatures ----------------------------------------------------------------------------------------


def test_a_difficulty_counts_when_it_is_raised_and_its_answer_when_it_is_given_with_the_days_between():
    story = Story("escalation", "open", at=on(10, 5), title="Giải ngân")
    asked = (Measure.DIFFICULTIES, Measure.ANSWERED, Measure.UNANSWERED, Measure.ANSWER_DAYS)

    assert numbers(story, *asked) == (1, 0, 1, 0)
    story.move(on(11, 3), "open", "answered", unit="ubnd")
    assert numbers(story, *asked) == (1, 0, 1, 0)
    assert numbers(story, *asked, period="2026-11") == (0, 1, 0, 29)


def test_a_difficulty_that_was_taken_back_is_neither_answered_nor_waiting():
    story = Story("escalation", "open", at=on(10, 5), title="Giải ngân").move(on(10, 6), "open", "retracted")

    assert numbers(story, Measure.DIFFICULTIES, Measure.ANSWERED, Measure.UNANSWERED) == (1, 0, 0)


def test_what_the_head_signs_is_told_apart_from_what_is_signed_in_his_name():
    story = task(due(10, 30)).begun()
    story.move(on(10, 2), "in_progress", "in_progress", person="head", role="unit_head")
    story.move(on(10, 3), "in_progress", "in_progress", person="deputy", role="unit_deputy", power="KT.")
    story.move(on(10, 4), "in_progress", "in_progress", person="officer", role="unit_head", power="TL.")
    story.move(on(10, 5), "in_progress", "in_progress", person="officer", role="unit_head", power="TUQ.")
    story.move(on(10, 6), "in_progress", "in_progress", person="officer", role="officer")
    story.say(on(10, 7), RequestOpened("plan", Doer("head", "vp"), on(10, 7), {}), person="head", role="unit_head")
    story.say(on(10, 8), Voted("send", "s", "approve", Doer("head", "vp"), on(10, 8)), person="head", role="unit_head")
    story.say(on(10, 9), FieldChanged("progress", None, 5), person="head", role="unit_head")

    signed = (Measure.SIGNED_HEAD, Measure.SIGNED_KT, Measure.SIGNED_TL, Measure.SIGNED_TUQ)
    assert numbers(story, *signed) == (3, 1, 1, 1)
    assert numbers(story, *signed, unit="kt") == (0, 0, 0, 0)


# -- the sheet as a whole -----------------------------------------------------------------------------------------------


STORIES = {
    "open": lambda: task(due(12, 1)).begun(),
    "late": lambda: task().begun().late(10, 1),
    "transferred": transferred,
    "caused": lambda: caused("both"),
    "withdrawn": lambda: task().begun().move(on(10, 4), "in_progress", "withdrawn", unit="ubnd"),
}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("cut", [on(10, 1, 0), on(10, 10), on(10, 13), None])
def test_each_piece_of_work_stands_in_exactly_one_part_of_what_was_assigned(name, cut):
    found = sheet(STORIES[name](), cut=cut)

    assert sum(found.number(part) for part in PARTS) == found.number(Measure.ASSIGNED) == 1


@pytest.mark.parametrize("name", STORIES)
def test_each_number_is_the_marks_behind_it(name):
    found = sheet(STORIES[name]())

    counted = {measure: found.number(measure) for measure in Measure}
    by_workflow = {measure: found.number(measure, "task") for measure in Measure}

    assert counted == by_workflow
    assert all(found.number(measure) == len(found.of(measure)) for measure in Measure if measure not in DAYS)
    assert all(found.number(measure, "report") == 0 for measure in Measure)


def test_an_entry_that_says_nothing_of_the_item_changes_no_number():
    story = STORIES["late"]()
    silent = replace(story.lines[-1], n=99, events=())

    before = sheet(story).marks
    story.lines.append(silent)

    assert sheet(story).marks == before


# -- progress scores (Nghị định 335/2025) -------------------------------------------------------------------------------


def scores(story, **asked):
    return {(one.person, one.score) for one in sheet(story, **asked).products}


def late_again(times):
    story = task().begun(assignee="an")
    for n in range(1, times + 1):
        begun = on(10, n, 0)
        events = [EpisodeOpened(n, begun, begun, "vp")]
        if n > 1:
            events.insert(0, EpisodeEnded(n - 1, begun, "m"))
        story.move(begun, "in_progress", "late", *events, person="system")
    return story


@pytest.mark.parametrize(("times", "score"), [(0, 100), (1, 75), (2, 50), (4, 0), (5, 0)])
def test_each_delay_takes_a_quarter_of_the_progress_score_and_never_more_than_all_of_it(times, score):
    assert scores(late_again(times)) == {("an", score)}


def test_a_delay_whose_objective_cause_is_confirmed_takes_nothing():
    claimed, confirmed = caused("objective"), caused("objective", on(11, 20))

    assert scores(claimed) == {("", 75)}
    assert scores(confirmed) == {("", 100)}
    assert [len(one.excused) for one in sheet(confirmed).products] == [1]


def test_a_delay_is_that_of_whoever_had_the_work_when_it_began_and_counts_in_that_period_only():
    story = task().begun(assignee="an").late(10, 1)
    story.move(on(10, 5), "late", "late", FieldChanged("assignee", "an", "binh"))

    assert scores(story) == {("an", 75), ("binh", 100)}
    assert scores(story, period="2026-11") == {("binh", 100)}


def test_whoever_dispatches_work_has_no_product_of_it_and_what_is_withdrawn_is_none():
    story = task(due(10, 30)).begun()
    story.move(on(10, 5), "in_progress", "in_progress", FieldChanged("assignee", None, "an"))

    assert scores(story) == {("an", 100)}
    assert scores(story, period="2026-09") == {("", 100)}
    assert scores(story.move(on(10, 6), "in_progress", "withdrawn", unit="ubnd")) == set()


def test_what_was_late_in_the_heads_hands_stays_his_though_it_is_dispatched_later():
    story = task().begun().late(10, 1)
    story.move(on(10, 5), "late", "late", FieldChanged("assignee", None, "an"))

    assert scores(story) == {("", 75), ("an", 100)}


def test_the_delay_of_a_transferred_task_stays_with_the_unit_and_the_person_that_were_late():
    assert scores(transferred()) == {("", 75)}
    assert scores(transferred(), unit="hcc") == {("", 100)}


# -- who may read it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mandate", "reads"),
    [
        (Mandate("m", "QĐ 1"), True),
        (Mandate("m", "QĐ 1", units=frozenset({"vp"})), True),
        (Mandate("m", "QĐ 1", units=frozenset({"kt"})), False),
        (Mandate("m", "QĐ 1", units=frozenset({"vp"}), workflows=frozenset({"task"})), False),
    ],
)
def test_an_auditor_reads_the_sheet_of_a_unit_whose_whole_work_lies_within_his_mandate(mandate, reads):
    auditor = Actor("a", None, frozenset({"auditor"}), mandate=mandate)

    assert reads_account(auditor, "vp") is reads


@pytest.mark.parametrize(
    ("roles", "unit", "account", "others", "own"),
    [
        ({"unit_head"}, "vp", True, True, True),
        ({"unit_head"}, "kt", False, False, True),
        ({"officer"}, "vp", True, False, True),
        ({"chairman"}, "ubnd", True, True, True),
        ({"auditor"}, None, True, False, True),
        ({"admin"}, "vp", False, False, True),
    ],
)
def test_scores_are_for_the_person_his_head_and_the_chairman(roles, unit, account, others, own):
    actor = Actor("me", unit, frozenset(roles))

    assert reads_account(actor, "vp") is account
    assert reads_scores_of(actor, "vp", "somebody") is others
    assert reads_scores_of(actor, "vp", "me") is own
