"""The accountability sheet as of a past day is the one that the log, cut at that day, yields: counted once more by other means."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from tests.offices import at, caller, lived_office, moved, new_task, opened_office, shipped
from workflow.audit import canonical, open_events
from workflow.clock import VIETNAM
from workflow.engine import replay
from workflow.engine.accountability import Measure
from workflow.engine.events import from_plain, instant_of
from workflow.errors import NotFound
from workflow.persistence.statements import observing
from workflow.services.accountability import account, day_asked, explain, period_asked, scores
from workflow.services.deadlines import sweep
from workflow.services.items import Created, NotCreated
from workflow.services.office import Office

UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
PAST_DAYS = ("2026-08-31", "2026-10-20", "2026-11-10")
WORK = frozenset({"task", "standing", "finding"})


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def on(office, text):
    return at(office, local(text))


def told(office, unit, period="2026", as_of=None, login="chairman"):
    asking = caller(office, login)
    with office.read() as uow:
        return account(office, uow, asking, unit, period_asked(office, period), as_of)


def numbers(office, unit, period="2026", as_of=None):
    sheet = told(office, unit, period, as_of).sheet
    return {measure: sheet.number(measure) for measure in Measure if sheet.number(measure)}


# -- the demonstration office, counted twice ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    return lived_office(tmp_path_factory.mktemp("demo"))


def cut_log(office, until):
    """The items that the entries up to `until` yield, and nothing else."""
    streams = {}
    with office.read() as uow:
        for entry in uow.audit.item_entries_by_stream():
            body = canonical.decode(entry.body)
            if instant_of(body["rec"]) <= until and body.get("ev"):
                events = [from_plain(event) for event in open_events(body, entry.private)]
                streams.setdefault(entry.stream, []).append(events)
    return [replay(commands) for commands in streams.values()]


def counted_by_hand(items, unit, until):
    """What the year's sheet must say, read off the items alone: their states, stamps, counters and stretches of lateness."""
    definitions = {name: made.definition for name, made in shipped().workflows.items()}
    found = Counter()
    for item in items:
        state = definitions[item.workflow].states[item.state]
        for episode in item.episodes:
            if episode.unit == unit:
                found[Measure.EPISODES] += 1
                found[cause_of(item, episode)] += 1
        if item.workflow == "report" and item.unit == unit:
            found[Measure.RETURNED] += item.fields.get("returned_count", 0)
            if item.due_at is not None and item.due_at < datetime(2026, 12, 31, 17, tzinfo=UTC):
                found[Measure.REPORTS] += 1
                found[sending_of(item, state, until)] += 1
        elif item.workflow in WORK:
            if unit in (item.unit, item.fields.get("previous_unit")) and "assigned" in item.visited:
                found[Measure.ASSIGNED] += 1
                found[part_of(item, state, unit)] += 1
            if item.unit == unit:
                found[Measure.SENT_BACK] += item.fields.get("returned_count", 0)
    return {measure: number for measure, number in found.items() if number}


def cause_of(item, episode):
    latest = episode is item.episodes[-1] and episode.ended_at is not None
    record = {name: part.value for name, part in episode.record.items()}
    said = {**record, **(item.fields if latest else {})}
    if said.get("cause_confirmed") and said.get("cause_kind") in ("objective", "both"):
        return Measure.OBJECTIVE_CONFIRMED
    if said.get("cause_kind") == "objective":
        return Measure.OBJECTIVE_CLAIMED
    return Measure.SUBJECTIVE if said.get("cause_kind") else Measure.UNEXPLAINED


def sending_of(item, state, until):
    sent = item.fields.get("sent_at")
    if state.final and state.final.value == "cancelled":
        return Measure.WAIVED
    if sent and state.group.value != "doing" and not state.overdue:
        return Measure.REPORTS_ON_TIME if instant_of(sent) < item.due_at else Measure.REPORTS_LATE
    return Measure.REPORTS_MISSING if item.due_at <= until else Measure.REPORTS_OPEN


def part_of(item, state, unit):
    if item.unit != unit:
        return Measure.PASSED_ON
    if state.group.value == "cancelled":
        return Measure.WITHDRAWN
    if state.group.value == "done":
        if item.due_at is None:
            return Measure.UNDATED
        done = instant_of(item.fields["completed_at"])
        if done >= item.due_at:
            return Measure.LATE_DONE
        last_day = item.fields["due_on"]
        return Measure.EARLY if f"{done.astimezone(VIETNAM):%Y-%m-%d}" < last_day else Measure.ON_TIME
    return Measure.LATE_OPEN if state.overdue else Measure.OPEN


@pytest.mark.parametrize("day", PAST_DAYS)
@pytest.mark.parametrize("unit", UNITS)
def test_the_sheet_as_of_a_past_day_is_what_the_log_cut_at_that_day_yields(lived, unit, day):
    cut = day_asked(lived, day)

    expected = counted_by_hand(cut_log(lived, cut), unit, cut)
    found = numbers(lived, unit, as_of=cut)

    assert {measure: found.get(measure) for measure in expected} == expected
    assert expected[Measure.ASSIGNED] > 5


def test_the_days_differ_so_that_the_comparison_means_something(lived):
    sheets = [numbers(lived, "kt", as_of=day_asked(lived, day)) for day in (*PAST_DAYS, "2026-11-20")]

    assert len({tuple(sorted(sheet.items())) for sheet in sheets}) == len(sheets)


def test_a_sheet_asks_the_database_four_times_however_much_the_unit_does(lived):
    asked = []

    with observing(asked.append):
        told(lived, "hcc")

    assert len([name for name in asked if name.startswith(("accountability", "past"))]) <= 4


# -- a log that ends there, on both databases ---------------------------------------------------------------------------

CODE = "NV-2026-0001"
CAUSE = {"cause_kind": "objective", "cause_note": "Bão", "comment": "Đúng"}
AWAY = {"to_unit": "hcc", "due_on": "2026-11-13"}


def explained(office):
    return explain(office, caller(office, "head.vp"), "vp", period_asked(office, "2026-10"), "Chờ lịch họp")


ACTS = (
    ("2026-09-03 08:00", lambda office: new_task(office, "vp", title="Đối thoại", due_on="2026-09-30")),
    ("2026-10-01 06:10", sweep),
    ("2026-10-05 09:00", explained),
    ("2026-10-12 08:00", lambda office: moved(office, "chairman", CODE, "transfer", **AWAY)),
    ("2026-10-14 09:00", lambda office: moved(office, "head.hcc", CODE, "start")),
    ("2026-11-14 00:01", sweep),
    ("2026-11-16 09:00", lambda office: moved(office, "chairman", CODE, "confirm_cause", **CAUSE)),
)
CUTS = ("2026-10-10 17:00", "2026-10-13 17:00", "2026-11-15 08:00")


def acted(office, until=None):
    for when, act in ACTS:
        if until is None or local(when) <= local(until):
            act(on(office, when))
    return on(office, until or "2026-11-20 08:00")


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("unit", ["vp", "hcc"])
def test_it_is_the_sheet_of_an_office_whose_log_ends_there(ground, cut, unit):
    whole, ended = acted(opened_office(ground)), acted(opened_office(ground), cut)

    then, now = told(whole, unit, as_of=local(cut)), told(ended, unit)

    assert {m: then.sheet.number(m) for m in Measure} == {m: now.sheet.number(m) for m in Measure}
    assert [one.tenths for one in scores(caller(whole, "chairman"), then)] == [
        one.tenths for one in scores(caller(ended, "chairman"), now)
    ]
    assert len(then.explanations) == len(now.explanations)


def test_the_transfer_leaves_the_old_unit_its_eleven_days_and_counts_of_both_days_can_be_told(ground):
    office = acted(opened_office(ground))

    tenth, thirteenth = (numbers(office, "vp", "2026-10", local(f"2026-10-{day} 17:00")) for day in (10, 13))

    assert (tenth[Measure.LATE_OPEN], thirteenth.get(Measure.LATE_OPEN)) == (1, None)
    assert thirteenth[Measure.LATE_DAYS] == 11
    assert thirteenth[Measure.PASSED_ON] == 1
    assert numbers(office, "hcc", "2026-10")[Measure.OPEN] == 1


def test_a_confirmed_objective_cause_takes_nothing_off_the_score_from_that_day_on(ground):
    office = acted(opened_office(ground))

    before, after = (told(office, "hcc", "2026-11", local(f"2026-11-{day} 12:00")) for day in (15, 17))

    assert [one.tenths for one in scores(caller(office, "head.hcc"), before)] == [750]
    assert [one.tenths for one in scores(caller(office, "head.hcc"), after)] == [1000]


# -- who reads and who explains -----------------------------------------------------------------------------------------


def test_the_sheet_of_another_unit_is_not_there_and_an_officer_sees_no_colleagues_score(ground):
    office = acted(opened_office(ground))

    with pytest.raises(NotFound):
        told(office, "vp", login="head.kt")
    assert scores(caller(office, "officer.vp"), told(office, "vp", login="officer.vp")) == ()


def test_only_the_head_explains_his_own_sheet_and_what_he_says_stands_beside_it(ground):
    office = opened_office(ground)
    period = period_asked(office, "2026-06")

    made = explain(office, caller(office, "head.vp"), "vp", period, "Thiếu người")
    others = explain(office, caller(office, "head.kt"), "vp", period, "Thiếu người")

    assert isinstance(made, Created)
    assert isinstance(others, NotCreated)
    (said,) = told(office, "vp", "2026-06").explanations
    assert said.fields["explanation"] == "Thiếu người"
    assert told(office, "vp", "2026-07").explanations == ()
    assert said.workflow == "explanation"


def test_a_day_means_its_end_and_lies_not_ahead():
    office = at(_no_database(), local("2026-10-20 08:00"))

    assert day_asked(office, "19/10/2026") == local("2026-10-20 00:00") - datetime.resolution
    assert day_asked(office, "20/10/2026") == local("2026-10-20 08:00")
    assert day_asked(office, " ") is None
    assert day_asked(office, "21/10/2026").code == "instant_ahead"
    assert day_asked(office, "hôm kia").code == "not_an_instant"


def test_a_period_is_a_month_a_quarter_a_half_or_a_year_and_the_present_month_where_none_is_named():
    office = at(_no_database(), local("2026-10-20 08:00"))

    names = [period_asked(office, name) for name in ("", "2026-Q4", "2026-H1", "2026")]

    assert [(one.first, one.last) for one in names] == [
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 1, 1), date(2026, 12, 31)),
    ]
    assert period_asked(office, "2026-13").code == "pattern"


def _no_database():
    return Office(None, None, None, None, {}, None)
