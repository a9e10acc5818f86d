"""Working time: the hours of working days between two instants, by the clock of the office."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from workflow.clock import VIETNAM
from workflow.engine.workdays import PLAIN, Calendar, CalendarYearMissing, NamedDay, of_days

HOURS = ((time(7), time(11, 30)), (time(13, 30), time(17)))
TET = NamedDay(date(2026, 9, 2), "off", "Quốc khánh", "Điều 112")
SWAP = NamedDay(date(2026, 8, 22), "worked", "Làm bù", "Thông báo")
CALENDAR = of_days("vn", (TET, SWAP), {2026}, HOURS)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-09-01 08:00", "2026-09-01 09:30", 1.5),
        ("2026-09-01 11:00", "2026-09-01 14:00", 1),
        ("2026-09-01 11:30", "2026-09-01 13:30", 0),
        ("2026-09-01 17:00", "2026-09-03 07:00", 0),  # a holiday between
        ("2026-09-01 16:00", "2026-09-03 08:00", 2),
        ("2026-09-01 00:00", "2026-09-02 00:00", 8),
        ("2026-09-04 16:00", "2026-09-07 08:00", 2),  # a weekend between
        ("2026-08-21 16:00", "2026-08-24 08:00", 10),  # a Saturday that was worked
        ("2026-08-31 00:00", "2026-09-05 00:00", 32),
        ("2026-09-01 09:00", "2026-09-01 09:00", 0),
        ("2026-09-01 10:00", "2026-09-01 09:00", 0),
        ("2026-09-02 10:00", "2026-09-01 10:00", 0),
    ],
)
def test_working_time_counts_hours_of_working_days_alone(since, until, hours):
    assert CALENDAR.working_time(at(since), at(until), VIETNAM) == timedelta(hours=hours)


def test_parts_add_up_to_the_whole():
    marks = [at("2026-08-20 03:17"), at("2026-08-22 09:59"), at("2026-08-31 13:31"), at("2026-09-03 12:00")]

    parts = [CALENDAR.working_time(one, two, VIETNAM) for one, two in pairwise(marks)]

    assert sum(parts, timedelta()) == CALENDAR.working_time(marks[0], marks[-1], VIETNAM)


def test_without_hours_a_working_day_is_the_whole_day():
    bare = of_days("vn", (), {2026})

    assert bare.day_length == timedelta(hours=24)
    assert bare.working_time(at("2026-09-04 12:00"), at("2026-09-07 12:00"), VIETNAM) == timedelta(hours=24)


def test_a_working_day_is_as_long_as_its_hours():
    assert CALENDAR.day_length == timedelta(hours=8)


def test_working_time_in_a_year_without_data_is_a_fault():
    with pytest.raises(CalendarYearMissing, match="2027"):
        CALENDAR.working_time(at("2026-12-31 16:00"), at("2027-01-04 08:00"), VIETNAM)


def test_lines_that_lie_over_a_calendar_replace_its_days_and_add_years():
    over = of_days(
        "vn",
        (NamedDay(TET.date, PLAIN, "", "x"), NamedDay(date(2026, 9, 3), "off", "Nghỉ", "x")),
        {2027},
        under=CALENDAR,
    )

    assert over.is_working(TET.date)
    assert not over.is_working(date(2026, 9, 3))
    assert over.is_working(SWAP.date)
    assert (over.years, over.hours) == ({2026, 2027}, HOURS)
    assert [day.date.day for day in over.days] == [22, 3]


def test_three_working_days_skip_a_weekend_a_holiday_and_count_a_worked_saturday():
    plain = Calendar("a", frozenset(), frozenset(), frozenset({2026}))

    assert plain.shift(date(2026, 8, 20), 3) == date(2026, 8, 25)
    assert CALENDAR.shift(date(2026, 8, 20), 3) == date(2026, 8, 24)
    assert CALENDAR.shift(date(2026, 9, 1), 3) == date(2026, 9, 7)
    assert CALENDAR.shift(date(2026, 9, 7), -3) == date(2026, 9, 1)
