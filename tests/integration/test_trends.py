"""Trends from received reports, the newest version of each; lateness by what is said of it now. On both databases."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests import offices
from tests.offices import moved, new_task, opened_office, shipped
from workflow.catalog.figures import Told, outcome
from workflow.clock import VIETNAM
from workflow.engine.accountability import Measure
from workflow.engine.periods import latest_periods
from workflow.queries.trends import items_named
from workflow.services import trends as service
from workflow.services.deadlines import sweep
from workflow.services.trends import Point, Trend, lateness, scale, trends
from workflow.values import replace

INDICATOR = next(one for one in shipped().indicators.indicators if one.target is not None and one.denominator)


def on(office, text):
    instant = datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)
    return offices.at(office, instant)


@pytest.fixture
def office(ground):
    return opened_office(ground)


# -- lateness


def late_task(office, title, **cause):
    code = new_task(office, "kt", title=title, due_on="2026-06-10")
    sweep(on(office, "2026-06-11 00:10"))
    if cause:
        moved(on(office, "2026-06-12 08:00"), "chairman", code, "confirm_cause", comment="Đúng", **cause)
    return code


def test_lateness_is_told_by_what_is_said_of_its_cause(office):
    unexplained = late_task(office, "Chưa nói gì")
    confirmed = late_task(office, "Bão lũ", cause_kind="objective", cause_note="Bão")
    then = on(office, "2026-06-15 08:00")

    with then.read() as uow:
        found, others = lateness(then, uow), lateness(then, uow, "vp")

        by_cause = {
            cause: [item.code for item in items_named(uow, ids)] for cause, ids in found.by_cause.items() if ids
        }

    assert by_cause == {Measure.UNEXPLAINED: [unexplained], Measure.OBJECTIVE_CONFIRMED: [confirmed]}
    assert found.long == ()
    assert not any(others.by_cause.values())


def test_what_is_late_for_more_than_ten_days_is_told_apart(office):
    late_task(office, "Chưa nói gì")

    counts = []
    for day in ("2026-06-21 00:00", "2026-06-21 00:01"):
        then = on(office, day)
        with then.read() as uow:
            counts.append(len(lateness(then, uow).long))

    assert counts == [0, 1]


# -- trends


def test_without_a_received_report_there_is_no_trend(office):
    with office.read() as uow:
        assert trends(office, uow) == ()


def test_a_received_figure_stands_in_its_period_and_periods_without_a_report_are_gaps(monkeypatch, office):
    period = "2026-05"
    row = {"indicator": INDICATOR.id, "numerator": "9", "denominator": "10"}
    received = {
        ("monthly", period, INDICATOR.owner): service.Received(INDICATOR.owner, "BC-2", {"figures": (row,)}),
    }
    monkeypatch.setattr(service, "received_reports", lambda *_: received)
    told = replace(office, indicators=shipped().indicators)

    with told.read() as uow:
        (trend,) = trends(told, uow, INDICATOR.owner)

    assert len(trend.points) == 12
    assert [point.outcome.told for point in trend.points].count(Told.MISSING) == 11
    assert (trend.latest.period, trend.latest.outcome.value, trend.latest.codes) == (period, Decimal(90), ("BC-2",))
    assert trend.is_met is False


def point(value):
    return Point("2026-01", None, replace(outcome(INDICATOR, None), told=Told.NUMBER, value=value))


@pytest.mark.parametrize(
    ("direction", "value", "met"),
    [("up", 100, True), ("up", 99, False), ("down", 100, True), ("down", 101, False), ("none", 100, None)],
)
def test_a_target_is_reached_in_the_direction_that_is_wanted(direction, value, met):
    wanted = replace(INDICATOR, direction=direction, target=Decimal(100))

    assert Trend(wanted, (point(Decimal(value)),)).is_met is met
    assert Trend(replace(wanted, target=None), (point(Decimal(value)),)).is_met is None


def test_a_chart_shows_all_numbers_and_the_target():
    trend = Trend(replace(INDICATOR, target=Decimal(100)), (point(Decimal(80)), point(Decimal(90))))

    assert scale(trend) == (Decimal(80), Decimal(100))
    assert scale(Trend(replace(INDICATOR, target=None), ())) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("every", "names"),
    [
        ("month", ("2025-12", "2026-01", "2026-02")),
        ("quarter", ("2025-Q3", "2025-Q4", "2026-Q1")),
        ("half", ("2025-H1", "2025-H2", "2026-H1")),
        ("year", ("2024", "2025", "2026")),
    ],
)
def test_the_latest_periods_end_with_the_one_that_the_day_lies_in(every, names):
    assert latest_periods(every, date(2026, 2, 1), 3) == names
    assert len(latest_periods(every, date(2026, 12, 31), 12)) == 12
