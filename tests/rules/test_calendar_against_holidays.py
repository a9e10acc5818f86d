"""The shipped calendar beside the package `holidays`: differences are printed for a person; no rule of ours hangs on them."""

from datetime import date

import holidays
import pytest

from tests.offices import shipped

CALENDAR = shipped().calendars["vn-commune"]
LAW = {
    2026: ("01-01", "02-16", "02-17", "02-18", "02-19", "02-20", "04-26", "04-30", "05-01", "09-01", "09-02"),
    2027: ("01-01", "02-05", "02-06", "02-07", "02-08", "02-09", "04-16", "04-30", "05-01", "09-02", "09-03"),
}
"""Điều 112 Bộ luật Lao động: one day for the new year, five for Tết, one each for Giỗ Tổ, 30/4 and 01/5, two for Quốc khánh."""


@pytest.mark.parametrize("year", [2026, 2027])
def test_every_statutory_day_is_off(year):
    off = {day.date for day in CALENDAR.days if day.kind == "off"}

    assert [day for day in LAW[year] if date.fromisoformat(f"{year}-{day}") not in off] == []


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_statutory_day_on_a_weekend_is_made_up_for_on_a_weekday(year):
    weekend = [day for day in LAW[year] if date.fromisoformat(f"{year}-{day}").weekday() >= 5]
    made_up = [day for day in CALENDAR.days if day.date.year == year and "nghỉ bù" in day.name.lower()]

    assert len(made_up) == len(weekend)
    assert all(day.date.weekday() < 5 for day in made_up)


@pytest.mark.parametrize("year", [2026, 2027])
def test_differences_to_the_package_are_printed(year, capsys):
    theirs = holidays.country_holidays("VN", years=[year], language="vi")
    ours = {day.date: day for day in CALENDAR.days if day.date.year == year}

    with capsys.disabled():
        for on in sorted({*theirs, *ours}):
            mine = ours[on].kind if on in ours else "–"
            other = "off" if on in theirs else "–"
            if mine != other:
                words = ours[on].name if on in ours else theirs[on]
                print(f"\n  {on:%d/%m/%Y}: calendar {mine}, holidays {other} ({words})", end="")

    assert date(year, 4, 30) in theirs
