"""Who held an item and how it stood at a past instant: told from the log, and in rows that are equal to a fresh replay."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.offices import at, caller, lived_office, moved, new_task, opened_office, tried
from workflow.clock import VIETNAM
from workflow.engine.custody import Holder, Span
from workflow.persistence.statements import observing
from workflow.queries import past
from workflow.services import custody
from workflow.services.custody import Held, Share
from workflow.services.deadlines import sweep
from workflow.services.items import comment

MONDAY = datetime(2026, 6, 1, 1, tzinfo=UTC)  # 8:00 in Vietnam


@pytest.fixture
def office(ground):
    return opened_office(ground, MONDAY)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    return lived_office(tmp_path_factory.mktemp("demo"))


def on(office, text):
    return at(office, datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC))


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def stored(office, code):
    with office.read() as uow:
        return uow.items.get(code)


def spans(office, code):
    with office.read() as uow:
        return custody.spans_of(office, uow, uow.items.get(code))


def fresh(office, item):
    with office.read() as uow:
        return custody.replayed(office, uow, item)


def kept(office, item):
    with office.read() as uow:
        return uow.custody.of_item(item.id)


def every_item(office):
    with office.read() as uow:
        return uow.items.page("", 10_000)


def test_the_rows_are_equal_to_a_fresh_replay_of_every_item(lived):
    assert custody.bring_up(lived) > 0

    for one in every_item(lived):
        head, rows = kept(lived, one.item)
        assert (head, rows) == (one.head.n, fresh(lived, one.item)), one.item.code


def test_rows_that_were_thrown_away_are_made_anew(lived):
    custody.bring_up(lived)
    before = [kept(lived, one.item) for one in every_item(lived)]

    assert custody.rebuild(lived) == len(before)

    assert [kept(lived, one.item) for one in every_item(lived)] == before
    assert custody.bring_up(lived) == 0


def test_every_stretch_ends_where_the_next_begins_and_an_open_item_has_one_that_runs(lived):
    for one in every_item(lived):
        told = fresh(lived, one.item)
        final = lived.editions.of(one.item, None).states[one.item.state].final
        assert [span.until is None for span in told] == [False] * (len(told) - 1) + [final is None]
        assert all(first.until <= second.since for first, second in pairwise(told))


def test_as_of_now_every_item_is_its_row(lived):
    now = lived.clock.now()

    with lived.read() as uow:
        found = {item.id: item for item in past.items_as_of(uow, now)}
        streams = past.entries_of(uow, [one.item.id for one in every_page(uow)][:200])
        replayed = {item_id: past.item_as_of(entries, now) for item_id, entries in streams.items()}
        rows = {one.item.id: one.item for one in every_page(uow)}

    assert found == rows
    assert replayed == {item_id: rows[item_id] for item_id in replayed}


def every_page(uow):
    return uow.items.page("", 10_000)


@pytest.mark.parametrize("by", [past.RECORDED, past.EFFECTIVE])
def test_as_of_a_past_instant_each_item_stands_as_its_entries_up_to_then_say(lived, by):
    instant = local("2026-09-30 12:00")

    with lived.read() as uow:
        found = {item.id: item for item in past.items_as_of(uow, instant, by)}
        ids = [one.item.id for one in every_page(uow)]
        expected = {
            item_id: item
            for start in range(0, len(ids), 200)
            for item_id, entries in past.entries_of(uow, ids[start : start + 200]).items()
            if (item := past.item_as_of(entries, instant, by))
        }

    assert 0 < len(found) < len(ids)
    assert found == expected


def test_a_late_mark_that_was_recorded_at_six_counts_from_midnight(office):
    code = new_task(office, due_on="2026-06-05")
    morning = on(office, "2026-06-06 06:10")
    sweep(morning)
    entries = _entries(morning, code)

    def state(text, by):
        return past.item_as_of(entries, local(text), by).state

    assert [state("2026-06-06 05:00", by) for by in (past.RECORDED, past.EFFECTIVE)] == ["in_progress", "late"]
    assert [state("2026-06-05 23:59", by) for by in (past.RECORDED, past.EFFECTIVE)] == ["in_progress", "in_progress"]
    assert [state("2026-06-06 06:10", by) for by in (past.RECORDED, past.EFFECTIVE)] == ["late", "late"]
    late = spans(morning, code)[-1]
    assert (late.state, late.since, late.holder) == ("late", local("2026-06-06 00:00"), Holder("unit_head", None, "kt"))


def _entries(office, code):
    item = stored(office, code).item
    with office.read() as uow:
        return past.entries_of(uow, (item.id,))[item.id]


def test_before_it_was_made_an_item_did_not_exist(office):
    code = new_task(office, due_on="2026-06-30")

    assert past.item_as_of(_entries(office, code), MONDAY - timedelta(microseconds=1)) is None


def test_comments_and_refusals_change_nothing_of_how_an_item_stood(office):
    code = new_task(office, due_on="2026-06-30")
    comment(office, caller(office, "head.kt"), code, "Đang làm")
    tried(office, "head.kt", code, "verify")

    assert past.item_as_of(_entries(office, code), office.clock.now()) == stored(office, code).item


def test_a_move_asks_nothing_more_for_the_clock_of_responsibility(office):
    code = new_task(office, due_on="2026-06-30")
    names = []

    with observing(names.append):
        moved(office, "chairman", code, "withdraw", comment="Thôi")

    assert not [name for name in names if name.startswith(("custody", "past"))]


def test_what_has_moved_since_is_told_from_the_log_until_it_is_brought_up(office):
    code = new_task(office, due_on="2026-06-30")
    custody.bring_up(office)
    tuesday = on(office, "2026-06-02 09:00")
    moved(tuesday, "chairman", code, "withdraw", comment="Không cần nữa")

    head, rows = kept(tuesday, stored(tuesday, code).item)
    told = spans(tuesday, code)

    assert (head, rows[-1].until) == (stored(tuesday, code).head.n - 1, None)
    assert told[-1].until == tuesday.clock.now()
    assert custody.bring_up(tuesday) == 1
    assert kept(tuesday, stored(tuesday, code).item) == (stored(tuesday, code).head.n, told)


def test_what_is_up_to_date_is_not_written_again(office):
    new_task(office, due_on="2026-06-30")

    assert (custody.bring_up(office), custody.bring_up(office)) == (1, 0)


def test_entries_behind_the_mark_of_a_clock_that_was_set_back_are_found(office):
    custody.bring_up(on(office, "2026-07-01 08:00"))
    new_task(office, due_on="2026-06-30")

    assert custody.bring_up(office) == 1


def test_working_time_is_charged_to_whom_the_item_waited_for(office):
    code = new_task(office, due_on="2026-06-30")
    tuesday = on(office, "2026-06-02 09:00")
    definition = office.editions.latest("task")

    held = custody.measured(office, definition, spans(tuesday, code), tuesday.clock.now())

    (share,) = [one for one in custody.shares(held) if one.holds]
    # Monday from 8:00: 3.5 and 3.5 hours; Tuesday from 7:00: 2.
    assert share.working == timedelta(hours=9)
    assert share.holder.unit == "kt"


def test_a_year_without_data_leaves_the_working_time_open(office):
    code = new_task(office, due_on="2026-06-30")
    definition = office.editions.latest("task")

    held = custody.measured(office, definition, spans(office, code), local("2029-01-02 08:00"))

    assert [one.working for one in custody.shares(held) if one.holds] == [None]


def test_a_person_is_one_holder_by_whatever_word_he_was_named():
    def part(who, hours, until):
        since = MONDAY + timedelta(hours=hours)
        return Held(Span("late", "kt", Holder(who, "an", "kt"), since, until), timedelta(hours=1))

    found = custody.shares((part("assignee", 0, MONDAY), part("plan_owner", 1, None), part("assignee", 2, MONDAY)))

    assert found == (Share(Holder("assignee", "an", "kt"), timedelta(hours=3), holds=False),)
