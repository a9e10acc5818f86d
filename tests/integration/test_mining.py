"""How a workflow is really lived is counted from the log: ways, steps, loops, stays and waits."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.offices import OPENING, at, moved, new_task, opened_office
from workflow.exports.event_log import cases, directly_follows
from workflow.persistence.statements import observing
from workflow.queries.mining import Stay, Step, Story, by_state, follows, returns, stories, taken, variants
from workflow.services.custody import bring_up
from workflow.services.mining import mined

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def lived(office):
    """Three tasks: two of one way, the third suspended and resumed, so that it comes back."""
    codes = [new_task(office, unit) for unit in ("kt", "kt", "hcc")]
    moved(at(office, OPENING + DAY), "chairman", codes[2], "suspend", comment="Chờ")
    moved(at(office, OPENING + 3 * DAY), "chairman", codes[2], "resume")
    later = at(office, OPENING + 4 * DAY)
    bring_up(later)
    return later


def found(office):
    with office.read() as uow:
        return stories(uow, "task", SINCE, UNTIL)


def test_ways_are_counted_the_most_frequent_first(lived):
    ways = variants(found(lived))

    assert [(way.moves, way.count) for way in ways] == [
        (("assign", "start"), 2),
        (("assign", "start", "suspend", "resume"), 1),
    ]
    assert ways[0].example.startswith("NV-")


def test_each_step_is_counted_with_where_it_led(lived):
    counts = taken(found(lived))

    assert counts[Step("assign", "draft", "assigned")] == 3
    assert counts[Step("resume", "suspended", "in_progress")] == 1
    assert sum(counts.values()) == 8


def test_an_item_that_comes_back_to_a_state_counts_as_a_return(lived):
    assert returns(found(lived)) == {0: 2, 1: 1}


def test_what_follows_what_is_the_same_as_in_the_event_log(lived):
    with lived.read() as uow:
        exported = directly_follows(case for case in cases(uow) if case.workflow == "task")

    assert follows(found(lived)) == exported


def test_how_long_items_stayed_is_told_by_state_and_by_unit_with_the_slowest(lived):
    with lived.read() as uow:
        told = mined(lived, uow, lived.editions.latest("task", uow), SINCE, UNTIL, working=False)

    assert told.states["suspended"].total == 2 * DAY
    assert (told.states["in_progress"].count, told.states["in_progress"].longest) == (4, 4 * DAY)
    assert told.units["hcc", "in_progress"].total == 2 * DAY
    assert told.slowest["kt"] == "in_progress"
    assert (told.items, told.working) == (3, False)


def test_times_are_working_time_where_that_is_asked(lived):
    with lived.read() as uow:
        told = mined(lived, uow, lived.editions.latest("task", uow), SINCE, UNTIL, working=True)

    # From Tuesday 8:00 to Thursday 8:00: two working days of eight hours.
    assert (told.states["suspended"].total, told.working) == (timedelta(hours=16), True)


def test_items_of_other_days_are_left_out(lived):
    with lived.read() as uow:
        assert stories(uow, "task", SINCE, OPENING) == ()
        assert stories(uow, "report", SINCE, UNTIL) == ()


def test_it_asks_two_statements_however_many_items_there_are(lived):
    asked = []
    with lived.read() as uow:
        definition = lived.editions.latest("task", uow)
        with observing(asked.append):
            mined(lived, uow, definition, SINCE, UNTIL, working=True)

    assert asked == ["mining.steps", "mining.held"]


def test_a_story_counts_every_return():
    story = Story("NV", tuple(Step(f"{a}{b}", a, b) for a, b in ("ab", "ba", "ab", "bb", "bc")))

    assert story.returns == 2


def test_the_middle_stay_is_told():
    stays = [Stay("i", "s", "u", OPENING, OPENING + n * DAY) for n in (1, 2, 9)]

    assert by_state(stays, OPENING)["s"].median == 2 * DAY
