"""2026 and 2027 as the five units meet them: one report a unit and period, its window and its bound, under each way to roll."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from tests.offices import DEFINITIONS, HOUSE, next_version, opened_office
from tests.unit.engine.test_periods import TABLE, bound
from workflow.services import publishing
from workflow.services.reports import open_period

UNITS = ("hcc", "kt", "snc", "vhxh", "vp")
REPORT = (DEFINITIONS / "workflows" / "report.yaml").read_text(encoding="utf-8")
ENABLED = [row for row in TABLE if row[0] != "half_yearly"]


@pytest.mark.parametrize(("roll", "place"), [("keep", 4), ("previous", 5), ("next", 6)])
def test_every_unit_has_one_report_a_period_with_the_window_and_the_bound_of_the_table(tmp_path, roll, place):
    office = opened_office(tmp_path)
    text = next_version(REPORT).replace("roll: keep", f"roll: {roll}")
    publishing.publish(office, HOUSE, text.encode(), "report.yaml")

    found = {name: open_period(office, name).periods for _series, name, *_ in ENABLED}
    again = [open_period(office, name).periods for name in found]

    assert all(not period.items for periods in again for period in periods)
    for series, name, begin, end, *_rest in ENABLED:
        (opened,) = (period for period in found[name] if period.period.series == series)
        last = next(row for row in TABLE if row[:2] == (series, name))[place]
        assert sorted(item.unit for item in opened.items) == list(UNITS)
        for item in opened.items:
            fields = item.fields
            assert (fields["series"], fields["period"]) == (series, name)
            assert (fields["window_from"], fields["window_to"], fields["due_on"]) == (begin, end, last)
            assert item.due["main"] == bound(last)


def test_the_half_year_stays_closed_until_somebody_enables_it(tmp_path):
    office = opened_office(tmp_path)

    opened = Counter(
        period.period.series for name in ("2026-06", "2026-Q2", "2026") for period in open_period(office, name).periods
    )

    assert opened == {"monthly": 1, "quarterly": 1, "yearly": 1}


def test_the_table_holds_every_period_of_both_years():
    counted = Counter((row[0], row[1][:4]) for row in TABLE)

    assert counted == {
        (series, year): number
        for series, number in (("monthly", 12), ("quarterly", 4), ("half_yearly", 2), ("yearly", 1))
        for year in ("2026", "2027")
    }
    following = [date.fromisoformat(row[2]) - timedelta(days=1) for row in TABLE if row[0] == "monthly"][1:]
    assert following == [date.fromisoformat(row[3]) for row in TABLE if row[0] == "monthly"][:-1]


def test_the_finding_of_february_2026_is_kept_with_each_report(tmp_path):
    office = opened_office(tmp_path)

    (opened,) = open_period(office, "2026-02", datetime.fromisoformat("2026-02-14T08:00:00+07:00")).periods

    with office.read() as uow:
        for item in opened.items:
            (comment,) = uow.comments.of_item(item.id)
            assert "Không có ngày làm việc nào" in comment.text
