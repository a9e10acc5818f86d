"""Every period of 2026 and 2027 by hand: its data, and until when its report is sent under each way to roll."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.offices import shipped
from workflow.engine.circumstances import VIETNAM
from workflow.engine.periods import NO_CALENDAR, calendar_stretch, period_named, periods_between, stretch_said
from workflow.engine.workdays import Calendar, CalendarYearMissing
from workflow.values import replace

SERIES = shipped().workflows["report"].definition.series
CALENDAR = shipped().calendars["vn-commune"]


def _spoken(name):
    words = calendar_stretch(name).label
    return words.vi, words.en


# name: data from, data to, last day as the dispatch says, rolled back, rolled on
MONTHLY = """
2026-01  2025-12-15  2026-01-14  2026-01-19  2026-01-19  2026-01-19
2026-02  2026-01-15  2026-02-14  2026-02-19  2026-02-13  2026-02-23
2026-03  2026-02-15  2026-03-14  2026-03-19  2026-03-19  2026-03-19
2026-04  2026-03-15  2026-04-14  2026-04-19  2026-04-17  2026-04-20
2026-05  2026-04-15  2026-05-14  2026-05-19  2026-05-19  2026-05-19
2026-06  2026-05-15  2026-06-14  2026-06-19  2026-06-19  2026-06-19
2026-07  2026-06-15  2026-07-14  2026-07-19  2026-07-17  2026-07-20
2026-08  2026-07-15  2026-08-14  2026-08-19  2026-08-19  2026-08-19
2026-09  2026-08-15  2026-09-14  2026-09-19  2026-09-18  2026-09-21
2026-10  2026-09-15  2026-10-14  2026-10-19  2026-10-19  2026-10-19
2026-11  2026-10-15  2026-11-14  2026-11-19  2026-11-19  2026-11-19
2026-12  2026-11-15  2026-12-14  2026-12-19  2026-12-18  2026-12-21
2027-01  2026-12-15  2027-01-14  2027-01-19  2027-01-19  2027-01-19
2027-02  2027-01-15  2027-02-14  2027-02-19  2027-02-19  2027-02-19
2027-03  2027-02-15  2027-03-14  2027-03-19  2027-03-19  2027-03-19
2027-04  2027-03-15  2027-04-14  2027-04-19  2027-04-19  2027-04-19
2027-05  2027-04-15  2027-05-14  2027-05-19  2027-05-19  2027-05-19
2027-06  2027-05-15  2027-06-14  2027-06-19  2027-06-18  2027-06-21
2027-07  2027-06-15  2027-07-14  2027-07-19  2027-07-19  2027-07-19
2027-08  2027-07-15  2027-08-14  2027-08-19  2027-08-19  2027-08-19
2027-09  2027-08-15  2027-09-14  2027-09-19  2027-09-17  2027-09-20
2027-10  2027-09-15  2027-10-14  2027-10-19  2027-10-19  2027-10-19
2027-11  2027-10-15  2027-11-14  2027-11-19  2027-11-19  2027-11-19
2027-12  2027-11-15  2027-12-14  2027-12-19  2027-12-17  2027-12-20
"""
QUARTERLY = """
2026-Q1  2025-12-15  2026-03-14  2026-03-19  2026-03-19  2026-03-19
2026-Q2  2026-03-15  2026-06-14  2026-06-19  2026-06-19  2026-06-19
2026-Q3  2026-06-15  2026-09-14  2026-09-19  2026-09-18  2026-09-21
2026-Q4  2026-09-15  2026-12-14  2026-12-19  2026-12-18  2026-12-21
2027-Q1  2026-12-15  2027-03-14  2027-03-19  2027-03-19  2027-03-19
2027-Q2  2027-03-15  2027-06-14  2027-06-19  2027-06-18  2027-06-21
2027-Q3  2027-06-15  2027-09-14  2027-09-19  2027-09-17  2027-09-20
2027-Q4  2027-09-15  2027-12-14  2027-12-19  2027-12-17  2027-12-20
"""
HALF_YEARLY = """
2026-H1  2025-12-15  2026-06-14  2026-06-19  2026-06-19  2026-06-19
2026-H2  2026-06-15  2026-12-14  2026-12-19  2026-12-18  2026-12-21
2027-H1  2026-12-15  2027-06-14  2027-06-19  2027-06-18  2027-06-21
2027-H2  2027-06-15  2027-12-14  2027-12-19  2027-12-17  2027-12-20
"""
YEARLY = """
2026     2025-12-15  2026-12-14  2026-12-19  2026-12-18  2026-12-21
2027     2026-12-15  2027-12-14  2027-12-19  2027-12-17  2027-12-20
"""
TABLE = [
    (series, *line.split())
    for series, lines in (
        ("monthly", MONTHLY),
        ("quarterly", QUARTERLY),
        ("half_yearly", HALF_YEARLY),
        ("yearly", YEARLY),
    )
    for line in lines.strip().splitlines()
]


def rolling(series, roll):
    return replace(SERIES[series], roll=roll)


def bound(day):
    """00:00 in Vietnam of the day after, seven hours ahead of UTC all year."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=24 - 7)


def names(periods):
    return [period.name for period in periods]


@pytest.mark.parametrize(("series", "name", "begin", "end", "keep", "previous", "following"), TABLE)
def test_a_period_has_its_window_and_its_bound_under_every_roll(series, name, begin, end, keep, previous, following):
    for roll, last in (("keep", keep), ("previous", previous), ("next", following)):
        period = period_named(rolling(series, roll), name, CALENDAR)

        assert (period.name, str(period.window_from), str(period.window_to)) == (name, begin, end)
        assert (str(period.opens_on), str(period.due_on)) == (begin, last)
        assert period.due_at(VIETNAM) == bound(last)


def test_the_bound_of_july_is_midnight_before_the_twentieth_in_vietnam():
    period = period_named(SERIES["monthly"], "2026-07", CALENDAR)

    assert period.due_at(VIETNAM) == datetime(2026, 7, 19, 17, tzinfo=UTC)


def test_only_february_2026_leaves_no_working_day_between_cut_off_and_deadline():
    found = [row[1] for row in TABLE if period_named(SERIES[row[0]], row[1], CALENDAR).finding]

    assert found == ["2026-02"]
    finding = period_named(SERIES["monthly"], "2026-02", CALENDAR).finding
    assert "14/02/2026" in finding.vi
    assert "19/02/2026" in finding.vi
    assert "Decree 09/2019/NĐ-CP" in finding.en


def test_february_2026_has_its_working_day_when_its_deadline_rolls_on():
    assert period_named(rolling("monthly", "next"), "2026-02", CALENDAR).finding is None


def test_a_deadline_that_rolls_back_before_the_cut_off_is_found():
    assert period_named(rolling("monthly", "previous"), "2026-02", CALENDAR).finding is not None


@pytest.mark.parametrize(
    ("series", "name"),
    [
        ("monthly", "2026-13"),
        ("monthly", "2026-Q3"),
        ("quarterly", "2026-Q5"),
        ("half_yearly", "2026"),
        ("yearly", "0000"),
    ],
)
def test_a_name_of_no_period_of_the_series_is_none(series, name):
    assert period_named(SERIES[series], name, CALENDAR) is None


def test_a_period_is_open_from_its_first_day_of_data_to_its_last_day_for_sending():
    monthly = SERIES["monthly"]

    def on(day):
        return names(periods_between(monthly, date.fromisoformat(day), date.fromisoformat(day), CALENDAR))

    assert on("2026-07-14") == ["2026-07"]
    assert on("2026-07-15") == ["2026-07", "2026-08"]
    assert on("2026-07-19") == ["2026-07", "2026-08"]
    assert on("2026-07-20") == ["2026-08"]


def test_a_deadline_that_rolls_keeps_its_period_open():
    day = date(2026, 7, 20)

    assert names(periods_between(rolling("monthly", "next"), day, day, CALENDAR)) == ["2026-07", "2026-08"]
    assert names(periods_between(rolling("monthly", "previous"), date(2026, 7, 18), day, CALENDAR)) == ["2026-08"]


def test_a_year_is_open_beside_the_next_for_a_few_days():
    assert names(periods_between(SERIES["yearly"], date(2026, 12, 14), date(2026, 12, 14), CALENDAR)) == ["2026"]
    assert names(periods_between(SERIES["yearly"], date(2026, 12, 15), date(2026, 12, 19), CALENDAR)) == [
        "2026",
        "2027",
    ]


def test_a_period_may_open_when_its_data_are_closed():
    late = replace(SERIES["monthly"], opens="window_end")

    assert period_named(late, "2026-07", CALENDAR).opens_on == date(2026, 7, 15)
    assert names(periods_between(late, date(2026, 7, 14), date(2026, 7, 14), CALENDAR)) == []


def test_a_window_and_a_deadline_stay_within_short_months():
    month = replace(SERIES["monthly"], window_from=31, window_to=31, before_day=31)

    period = period_named(month, "2026-03", CALENDAR)
    assert (str(period.window_from), str(period.window_to), str(period.due_on)) == (
        "2026-02-28",
        "2026-03-31",
        "2026-03-30",
    )
    assert period_named(month, "2026-04", CALENDAR).due_on == date(2026, 4, 30)


def test_a_kept_deadline_stands_without_a_calendar_and_says_what_was_not_checked():
    period = period_named(SERIES["yearly"], "2028", CALENDAR)

    assert period.due_on == date(2028, 12, 19)
    assert "2028" in period.finding.vi
    assert "could not be counted" in period.finding.en


@pytest.mark.parametrize("roll", ["next", "previous"])
def test_a_deadline_does_not_roll_by_guess(roll):
    with pytest.raises(CalendarYearMissing, match="2028"):
        period_named(rolling("monthly", roll), "2028-01", CALENDAR)
    with pytest.raises(CalendarYearMissing):
        period_named(rolling("monthly", roll), "2026-07", NO_CALENDAR)


def test_a_day_worked_on_a_weekend_is_no_reason_to_roll():
    worked = Calendar("a", frozenset(), frozenset({date(2026, 7, 19)}), frozenset({2026}))

    assert period_named(rolling("monthly", "next"), "2026-07", worked).due_on == date(2026, 7, 19)


@pytest.mark.parametrize(
    ("series", "name", "vi", "en"),
    [
        ("monthly", "2026-07", "tháng 7 năm 2026", "July 2026"),
        ("quarterly", "2026-Q3", "quý III năm 2026", "quarter 3 of 2026"),
        ("half_yearly", "2026-H1", "6 tháng đầu năm 2026", "first half of 2026"),
        ("half_yearly", "2026-H2", "6 tháng cuối năm 2026", "second half of 2026"),
        ("yearly", "2026", "năm 2026", "year 2026"),
    ],
)
def test_a_period_is_spoken_in_both_languages(series, name, vi, en):
    label = period_named(SERIES[series], name, CALENDAR).label

    assert (label.vi, label.en) == (vi, en)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("10/2026", "2026-10"),
        ("  Tháng 3  năm 2026 ", "2026-03"),
        ("quý 4/2026", "2026-Q4"),
        ("6 thang cuoi 2026", "2026-H2"),
        ("năm 2026", "2026"),
        ("2026-Q1", "2026-Q1"),
        *[(words, name) for name in ("2026-05", "2026-Q3", "2026-H1", "2026") for words in _spoken(name)],
    ],
)
def test_a_period_is_understood_as_people_write_it_and_as_it_is_shown(said, name):
    assert stretch_said(said) == calendar_stretch(name) is not None


@pytest.mark.parametrize("said", ["", "13/2026", "quý 5/2026", "cuối 2026", "tháng 10", "Q4"])
def test_what_names_no_period_is_none(said):
    assert stretch_said(said) is None
