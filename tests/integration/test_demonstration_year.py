"""A year lived by real moves: what the office shows of it is what was typed, added up here once more and differently."""

from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.databases import Ground
from tests.offices import at, caller, empty_office, moved, shipped
from workflow.audit import canonical
from workflow.catalog.figures import figure_of
from workflow.clock import VIETNAM
from workflow.queries.consolidation import versions
from workflow.services import auditing
from workflow.services.consolidation import Consolidated, consolidate
from workflow.services.deadlines import sweep
from workflow.services.demonstration.amounts import counted
from workflow.services.demonstration.year import Year, live
from workflow.services.gathering import months_merged
from workflow.services.moves import MoveRequest, perform

UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
MONTHS = [f"2026-{n:02d}" for n in range(1, 13)]
QUARTERS = {f"2026-Q{n}": MONTHS[3 * n - 3 : 3 * n] for n in range(1, 5)}
LONGER = [*(("quarterly", name) for name in QUARTERS), ("yearly", "2026")]


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The office on the last evening of 2026, and what was typed there."""
    office = empty_office(tmp_path_factory.mktemp("year"))
    told = live(Year(office, shipped(), "no password", 2026))
    return at(office, told.built.until), told


@pytest.fixture(scope="module")
def office(lived):
    return lived[0]


@pytest.fixture(scope="module")
def typed(lived):
    """The figures of the newest version that was received, by period and unit."""
    return {(one.period, one.unit): one.figures for one in lived[1].typed if one.received}


@pytest.fixture(scope="module")
def reports(office):
    with office.read() as uow:
        found = [stored.item for stored in uow.items.page("", 10_000)]
    return [item for item in found if item.workflow == "report"]


def added_up(typed, series, period):
    """Every figure of a longer period, from what was typed: by the months or quarters where all are there, else as the unit
    itself reported the whole. No code of the product takes part.
    """
    months = QUARTERS.get(period, MONTHS)
    parts = {"month": months, "quarter": list(QUARTERS) if series == "yearly" else [], "year": []}
    found = {}
    for indicator in shipped().indicators.indicators:
        rows = [typed.get((part, indicator.owner), {}).get(indicator.id) for part in parts[indicator.period]]
        runs_on = indicator.merge == "latest"
        if rows and (rows[-1] is not None if runs_on else None not in rows):
            found[indicator.id] = rows[-1] if runs_on else _sum(rows)
        elif (whole := typed.get((period, indicator.owner), {}).get(indicator.id)) is not None:
            found[indicator.id] = whole
    return found


def _sum(rows):
    tops, wholes = zip(*rows, strict=True)
    return sum(tops), None if None in wholes else sum(wholes)


def shown(office, series, period):
    """What the newest consolidated version of the period says."""
    with office.read() as uow:
        newest = versions(uow, "consolidation", series, period)[-1]
    return parts_of(newest.fields["figures"])


def parts_of(rows):
    figures = map(figure_of, rows)
    return {one.indicator: (one.numerator, one.denominator) for one in figures}


# -- figures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", MONTHS)
def test_a_month_of_the_commune_is_what_its_units_typed(office, typed, period):
    wanted = {name: row for unit in UNITS for name, row in typed.get((period, unit), {}).items()}

    assert shown(office, "monthly", period) == wanted


@pytest.mark.parametrize(("series", "period"), LONGER)
def test_a_longer_period_of_the_commune_is_the_sum_of_what_was_typed(office, typed, series, period):
    wanted = added_up(typed, series, period)

    assert len(wanted) > 20
    assert shown(office, series, period) == wanted


def test_shares_of_a_year_come_from_its_parts_and_are_no_mean_of_shares(office, typed):
    rows = [typed[month, "hcc"]["hs-dung-han"] for month in MONTHS]
    part, whole = shown(office, "yearly", "2026")["hs-dung-han"]
    mean = sum(top / bottom for top, bottom in rows) / len(rows)

    assert (part, whole) == (sum(top for top, _ in rows), sum(bottom for _, bottom in rows))
    assert part / whole != mean


def test_what_runs_on_by_itself_is_taken_from_its_newest_month(office, typed):
    assert shown(office, "yearly", "2026")["giai-ngan"] == typed["2026-12", "kt"]["giai-ngan"]


def test_a_month_that_was_never_sent_is_filled_by_the_quarter_or_stays_a_hole(office, typed):
    assert ("2026-05", "snc") not in typed
    assert shown(office, "quarterly", "2026-Q2")["tin-bai"] == typed["2026-Q2", "snc"]["tin-bai"]
    assert ("2026-10", "vp") not in typed
    assert ("2026-Q4", "vp") not in typed
    assert "vb-dien-tu" not in shown(office, "quarterly", "2026-Q4")
    with office.read() as uow:
        newest = versions(uow, "consolidation", "quarterly", "2026-Q4")[-1]
    assert "vb-dien-tu:vp/2026-10" in newest.fields["holes"].split()


def test_a_longer_report_begins_with_what_its_shorter_ones_add_up_to(office, typed, reports):
    longer = [one for one in reports if one.fields["series"] != "monthly" and one.fields["period"][:4] == "2026"]
    without_own = {key: figures for key, figures in typed.items() if key[0] in MONTHS or key[0] in QUARTERS}

    for report in longer:
        series, period = report.fields["series"], report.fields["period"]
        shorter = {key: figures for key, figures in without_own.items() if key[0] != period}
        owned = {one.id for one in shipped().indicators.indicators if one.owner == report.unit}
        wanted = {name: row for name, row in added_up(shorter, series, period).items() if name in owned}
        with office.read() as uow:
            rows = months_merged(office, uow, report)
        assert parts_of(rows) == wanted, report.code
    assert len(longer) == 25


def test_a_correction_in_the_new_year_changes_quarter_and_year_and_no_sum_else(lived, typed):
    office, _ = lived
    new_year = at(office, datetime(2027, 1, 5, 2, tzinfo=UTC))
    sweep(new_year)
    (code,) = [
        one.code
        for one in _all(new_year)
        if one.workflow == "report" and (one.unit, one.fields["period"]) == ("hcc", "2026-12")
    ]
    part, whole = typed["2026-12", "hcc"]["hs-truc-tuyen"]
    changed = {**typed["2026-12", "hcc"], "hs-truc-tuyen": (part - 41, whole)}

    moved(new_year, "head.hcc", code, "correct", comment="Đếm trùng 41 hồ sơ")
    _voted(new_year, "consolidator", code, "correct")
    (child,) = [one.code for one in _all(new_year) if one.unit == "hcc" and one.state == "assigned" and one.parent]
    moved(new_year, "officer.hcc", child, "draft", figures=_rows(changed))
    moved(new_year, "officer.hcc", child, "send")
    _voted(new_year, "head.hcc", child, "send")
    moved(new_year, "consolidator", child, "receive")
    for series, period in (("monthly", "2026-12"), ("quarterly", "2026-Q4"), ("yearly", "2026")):
        again = consolidate(new_year, caller(new_year, "consolidator"), series, period)
        assert isinstance(again, Consolidated), again

    after = {**typed, ("2026-12", "hcc"): changed}
    for series, period in (("quarterly", "2026-Q4"), ("yearly", "2026")):
        wanted, before = added_up(after, series, period), added_up(typed, series, period)
        assert shown(new_year, series, period) == wanted
        assert {name for name in wanted if wanted[name] != before[name]} == {"hs-truc-tuyen"}
    assert auditing.verify(new_year).ok
    assert not auditing.replay(new_year).differences


def _all(office):
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 10_000)]


def _voted(office, login, code, move):
    outcome = perform(office, caller(office, login), MoveRequest(code, move, "approve"))
    assert outcome.item, outcome


def _rows(figures):
    return [
        {"indicator": name, "numerator": _text(part)} | ({} if whole is None else {"denominator": _text(whole)})
        for name, (part, whole) in figures.items()
    ]


def _text(amount: Decimal) -> str:
    return f"{amount:f}".replace(".", ",")


# -- the year -----------------------------------------------------------------------------------------------------------


def test_the_log_of_the_year_is_whole_and_yields_the_rows_across_the_change_of_the_edition(office):
    with office.read() as uow:
        kinds = Counter(canonical.decode(entry.body)["type"] for entry in uow.audit.entries_by_stream())

    assert kinds["migrate"] >= 10
    assert auditing.verify(office).ok
    assert not auditing.replay(office).differences


def test_every_unit_has_its_report_of_every_period_of_the_year(reports):
    first = Counter((item.fields["series"], item.unit) for item in reports if not item.parent)
    of_year = {key: count for key, count in first.items() if key[0] != "monthly"}

    # Besides, January of the next year is open since the middle of December.
    assert {count for (series, _), count in first.items() if series == "monthly"} == {13}
    assert of_year == {(series, unit): n for series, n in (("quarterly", 5), ("yearly", 2)) for unit in UNITS}


def test_the_year_has_holes_returns_corrections_late_ones_and_one_that_was_waived(reports):
    states = Counter(item.state for item in reports)

    assert {"verified", "superseded", "waived", "late"} <= set(states)
    assert sum(1 for item in reports if item.fields.get("returned_count")) >= 2
    assert sum(1 for item in reports if item.episodes and item.state == "verified") >= 2
    assert states["superseded"] >= 2


def test_nothing_of_a_report_is_late_that_was_sent_by_its_deadline(reports):
    for item in reports:
        sent = item.fields.get("sent_at")
        if sent and item.due_at:
            in_time = datetime.fromisoformat(sent) < item.due_at
            assert in_time == (not item.episodes), item.code


def test_from_july_on_a_deadline_on_a_day_off_is_moved_and_what_was_open_keeps_its_own(reports):
    rolled = {
        (item.fields["period"], item.fields["due_on"], item.fields["due_roll"])
        for item in reports
        if item.fields["period"] in ("2026-09", "2026-12", "2026-Q3", "2026")
        if not item.parent
    }

    assert rolled == {
        ("2026-09", "2026-09-21", "next"),
        ("2026-12", "2026-12-21", "next"),
        ("2026-Q3", "2026-09-19", "keep"),
        ("2026", "2026-12-19", "keep"),
    }


def test_people_act_on_working_days_in_working_hours(office):
    calendar = shipped().calendars["vn-commune"]
    with office.read() as uow:
        entries = [canonical.decode(entry.body) for entry in uow.audit.entries_by_stream()]
    acts = [one for one in entries if one.get("tr") and one["act"]["id"] != "system"]

    assert len(acts) > 300
    for one in acts:
        instant = datetime.fromisoformat(one["rec"]).astimezone(VIETNAM)
        assert calendar.is_working(instant.date()), one
        assert 7 <= instant.hour < 18, one


def test_the_same_year_lived_on_postgresql_says_the_same(lived, typed, postgresql_stock, tmp_path):
    with closing(Ground(postgresql_stock, tmp_path)) as ground:
        there = empty_office(ground)

        again = live(Year(there, shipped(), "no password", 2026))

        assert again == lived[1]
        for series, period in LONGER:
            assert shown(there, series, period) == added_up(typed, series, period)
        assert auditing.verify(there).ok
        assert not auditing.replay(there).differences


def test_the_same_seed_makes_the_same_year_and_another_seed_another():
    assert counted(2026, 1) == counted(2026, 1)
    assert counted(2026, 1) != counted(2026, 2)
    assert date(2026, 12, 31).year in shipped().calendars["vn-commune"].years
