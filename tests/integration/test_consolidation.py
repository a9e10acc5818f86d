"""Consolidating a period: what was received, what is missing, new versions, months that become a quarter, duties measured."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import pytest

from tests.offices import at, caller, moved, opened_office
from tests.reporting import UNITS, ZONE, code_of, on, opened, received, reported, sent, voted
from workflow.catalog.figures import Figure
from workflow.engine import Item
from workflow.outbox.inline import relay_inline
from workflow.queries.consolidation import standings, versions
from workflow.services import consolidation
from workflow.services.consolidation import Consolidated, NotConsolidated, consolidate, differences, newly_received
from workflow.services.figures import figures_in
from workflow.services.gathering import gather, months_merged, periods_within
from workflow.services.items import Created, NewItem, create
from workflow.services.moves import MoveRequest, perform
from workflow.services.office import Office


@pytest.fixture
def office(ground) -> Office:
    return opened_office(ground)


def figures_of(item: Item) -> Mapping[str, Figure]:
    return figures_in(item.fields.get("figures"))


def consolidated(office: Office, instant: datetime, series: str = "monthly", period: str = "2026-10") -> Item:
    then = at(office, instant)
    found = consolidate(then, caller(then, "consolidator"), series, period)
    assert isinstance(found, Consolidated), found
    return found.item


def issued(office: Office, item: Item, instant: datetime) -> None:
    then = at(office, instant)
    moved(then, "consolidator", item.code, "submit")
    voted(then, "head.vhxh", item.code, "submit")
    moved(then, "chairman", item.code, "issue")


@pytest.fixture
def october(office) -> Office:
    """Four units sent their report of October in time and had it received; snc has not sent."""
    opened(office, "2026-10", on(9, 15))
    for unit in UNITS[:4]:
        reported(office, unit, "2026-10", on(10, 16))
    return office


def test_a_hole_is_named_and_never_a_zero(october):
    item = consolidated(october, on(10, 20, 9))

    fields = item.fields
    assert (fields["units_received"], fields["units_total"]) == (4, 5)
    assert fields["on_time_units"] == "vhxh vp kt hcc"
    assert fields["missing_units"] == "snc"
    assert "tin-bai:snc" in fields["holes"].split()
    assert "tin-bai" not in figures_of(item)
    assert item.due_at.astimezone(ZONE) == on(10, 22, 0)


def test_figures_are_merged_from_parts_and_say_who_brought_them(october):
    item = consolidated(october, on(10, 20, 9))

    figure = figures_of(item)["hs-dung-han"]
    assert (figure.numerator, figure.denominator) == (Decimal(1000), Decimal(1000))
    (row,) = (row for row in item.fields["figures"] if row["indicator"] == "hs-dung-han")
    assert row["units"] == "hcc"
    assert len(item.fields["included"].splitlines()) == 4


def test_nobody_types_the_figures_of_a_consolidated_report(october):
    item = consolidated(october, on(10, 20, 9))
    then = at(october, on(10, 20, 10))

    typed = perform(then, caller(then, "consolidator"), MoveRequest(item.code, "merge_reports", inputs={}))
    by_chairman = perform(then, caller(then, "chairman"), MoveRequest(item.code, "merge_reports", inputs={}))

    assert "not_permitted" in {reason.code for reason in typed.reasons}
    assert "not_permitted" in {reason.code for reason in by_chairman.reasons}


def test_a_draft_takes_in_what_comes_later_without_a_new_version(october):
    first = consolidated(october, on(10, 20, 9))
    reported(october, "snc", "2026-10", on(10, 20, 14))

    again = consolidated(october, on(10, 20, 15))

    assert (again.id, again.fields["version_no"]) == (first.id, 1)
    assert again.fields["units_received"] == 5
    assert again.fields["late_units"] == "snc:1"
    assert again.fields.get("missing_units") is None


def test_a_signed_version_stays_and_a_late_report_makes_the_next(october):
    first = consolidated(october, on(10, 21, 9))
    issued(october, first, on(10, 21, 16))
    code = sent(october, "snc", "2026-10", on(10, 22, 9))
    received(october, "snc", code, on(10, 23, 8))

    second = consolidated(october, on(10, 23, 9))

    with october.read() as uow:
        kept, newest = versions(uow, "consolidation", "monthly", "2026-10")
        stale = newly_received(gather(october, uow, "monthly", "2026-10"), kept)
    assert (kept.id, kept.state, newest.id) == (first.id, "superseded", second.id)
    assert kept.fields["figures"] == first.fields["figures"]
    assert stale == {code}
    assert (second.fields["version_no"], second.fields["late_units"]) == (2, "snc:3")
    assert code in second.fields["reason"]
    assert [one.indicator for one in differences(kept, newest)] == ["tin-bai"]


def test_what_was_submitted_is_gathered_anew_only_after_it_came_back(october):
    item = consolidated(october, on(10, 21, 9))
    then = at(october, on(10, 21, 10))
    moved(then, "consolidator", item.code, "submit")
    voted(then, "head.vhxh", item.code, "submit")

    refused = consolidate(then, caller(then, "consolidator"), "monthly", "2026-10")

    assert isinstance(refused, NotConsolidated)
    assert [reason.code for reason in refused.reasons] == ["not_from_here"]
    moved(then, "chairman", item.code, "send_back", comment="Bổ sung nguyên nhân")
    assert consolidated(october, on(10, 21, 11)).state == "returned"


@pytest.mark.parametrize("login", ["head.kt", "chairman", "officer.vhxh", "auditor"])
def test_only_the_consolidator_begins_one(october, login):
    then = at(october, on(10, 20, 9))

    refused = consolidate(then, caller(then, login), "monthly", "2026-10")

    assert isinstance(refused, NotConsolidated)
    with october.read() as uow:
        assert versions(uow, "consolidation", "monthly", "2026-10") == ()


def test_a_second_press_of_the_same_key_begins_nothing(october):
    then = at(october, on(10, 20, 9))

    first = consolidate(then, caller(then, "consolidator", key="k-1"), "monthly", "2026-10")
    again = consolidate(then, caller(then, "consolidator", key="k-1"), "monthly", "2026-10")

    assert (first.began, again.began, again.item.revision) == (True, False, first.item.revision)


def test_a_version_begun_by_hand_is_filled_by_its_job(october):
    then = at(october, on(10, 20, 9))
    fields = {"title": "Báo cáo tổng hợp", "series": "monthly", "period": "2026-10", "version_no": 1}
    made = create(then, caller(then, "consolidator"), NewItem("consolidation", "vhxh", fields))
    assert isinstance(made, Created), made
    moved(then, "consolidator", made.item.code, "collect")

    relay_inline(then)
    consolidation.merge(then, made.item.id)

    with october.read() as uow:
        (item,) = versions(uow, "consolidation", "monthly", "2026-10")
    assert item.fields["units_received"] == 4
    assert item.revision == made.item.revision + 2


def test_a_waived_unit_is_no_hole(october):
    then = at(october, on(9, 16))
    moved(then, "chairman", code_of(october, "snc", "2026-10"), "waive", comment="Gộp vào báo cáo quý")

    fields = consolidated(october, on(10, 20, 9)).fields

    assert (fields["units_total"], fields["waived_units"]) == (4, "snc")
    assert "tin-bai:snc" not in str(fields.get("holes"))


def test_a_correction_counts_once_it_is_received_and_lateness_stays(october):
    first = consolidated(october, on(10, 20, 9))
    then = at(october, on(11, 5, 9))
    old = code_of(october, "hcc", "2026-10")
    moved(then, "head.hcc", old, "correct", comment="Sót 14 hồ sơ quá hạn")
    voted(then, "consolidator", old, "correct")
    with october.read() as uow:
        underway = gather(then, uow, "monthly", "2026-10")
        assert newly_received(underway, first) == frozenset()

    right = {"hs-giai-quyet": (1000, None), "hs-dung-han": (986, 1000), "hs-qua-han": (14, None)}
    new = reported(october, "hcc", "2026-10", on(11, 5, 15), right)

    with october.read() as uow:
        gathered = gather(then, uow, "monthly", "2026-10")
    (standing,) = (one for one in gathered.standings if one.unit == "hcc")
    assert newly_received(gathered, first) == {new}
    assert (standing.version, standing.in_force.item.code) == (2, new)
    assert standing.late_days(on(11, 6), ZONE) == 0
    assert old != new


def test_months_make_the_quarter_and_a_correction_reaches_it(office):
    monthly = {"2026-07": 10, "2026-08": 20, "2026-09": 40}
    for n, (period, count) in enumerate(monthly.items()):
        opened(office, period, on(6 + n, 15))
        reported(office, "snc", period, on(7 + n, 16), {"tin-bai": (count, None), "cong-ttdt": (count, 50)})
    opened(office, "2026-Q3", on(9, 15))

    with office.read() as uow:
        quarter = next(
            one for one in standings(uow, "report", "2026", UNITS) if one.period == "2026-Q3" and one.unit == "snc"
        )
        offered = {row["indicator"]: row for row in months_merged(office, uow, quarter.newest.item)}
    figures = figures_of(consolidated(office, on(9, 21), "quarterly", "2026-Q3"))

    assert (offered["cong-ttdt"]["numerator"], offered["cong-ttdt"]["denominator"]) == (70, 150)
    assert figures["tin-bai"].numerator == 70
    assert (figures["cong-ttdt"].numerator, figures["cong-ttdt"].denominator) == (70, 150)

    old = code_of(office, "snc", "2026-08")
    moved(at(office, on(9, 22)), "head.snc", old, "correct", comment="Đếm trùng")
    voted(at(office, on(9, 22)), "consolidator", old, "correct")
    reported(office, "snc", "2026-08", on(9, 23), {"tin-bai": (19, None), "cong-ttdt": (20, 50)})

    assert figures_of(consolidated(office, on(9, 24), "quarterly", "2026-Q3"))["tin-bai"].numerator == 69


def test_a_quarter_with_a_month_missing_names_the_month(office):
    for n, period in enumerate(("2026-07", "2026-09")):
        opened(office, period, on(6 + 2 * n, 15))
        reported(office, "snc", period, on(7 + 2 * n, 16))
    opened(office, "2026-Q3", on(9, 15))

    item = consolidated(office, on(9, 21), "quarterly", "2026-Q3")

    assert "tin-bai:snc/2026-08" in item.fields["holes"].split()
    assert "tin-bai" not in figures_of(item)


@pytest.mark.parametrize(
    ("every", "period", "shorter", "names"),
    [
        ("quarter", "2026-Q4", "month", ("2026-10", "2026-11", "2026-12")),
        ("half", "2026-H2", "quarter", ("2026-Q3", "2026-Q4")),
        ("year", "2026", "half", ("2026-H1", "2026-H2")),
        ("month", "2026-07", "month", ()),
    ],
)
def test_a_longer_period_consists_of_the_shorter_ones(every, period, shorter, names):
    assert periods_within(every, period, shorter) == names


def test_a_target_missed_in_a_received_report_asks_the_unit_for_a_remedy(october):
    begun = at(october, on(6, 16))
    fields = {
        "title": "Hồ sơ TTHC không trễ hạn: 100%",
        "source": "Công văn CCHC",
        "area": "thu-tuc-hanh-chinh",
        "indicator": "hs-dung-han",
        "target": "100",
    }
    made = create(begun, caller(begun, "chairman"), NewItem("standing", "hcc", fields))
    moved(begun, "chairman", made.item.code, "assign")
    moved(begun, "head.hcc", made.item.code, "start")
    relay_inline(at(october, on(10, 16, 9)))
    with october.read() as uow:
        met = uow.items.get(made.item.code).item.fields
    assert (met["period"], met["met"], met["value"]) == ("2026-10", True, "100")

    then = at(october, on(11, 5, 9))
    old = code_of(october, "hcc", "2026-10")
    moved(then, "head.hcc", old, "correct", comment="Sót 14 hồ sơ quá hạn")
    voted(then, "consolidator", old, "correct")
    right = {"hs-giai-quyet": (1000, None), "hs-dung-han": (986, 1000), "hs-qua-han": (14, None)}
    reported(october, "hcc", "2026-10", on(11, 5, 15), right)
    relay_inline(at(october, on(11, 5, 16)))
    relay_inline(at(october, on(11, 5, 17)))

    head = caller(then, "head.hcc").actor.id
    with october.read() as uow:
        duty = uow.items.get(made.item.code).item
        told = [one.template for one in uow.notices.of_person(head, 20)]
    assert (duty.fields["period"], duty.fields["met"], duty.fields["value"]) == ("2026-10", False, "98.6")
    assert duty.fields["line_count"] == 2
    assert told.count("remedy_wanted") == 1


def test_a_report_that_contradicts_its_months_is_named_and_the_months_count(office):
    for n, period in enumerate(("2026-07", "2026-08", "2026-09")):
        opened(office, period, on(6 + n, 15))
        reported(office, "snc", period, on(7 + n, 16), {"tin-bai": (10, None)})
    opened(office, "2026-Q3", on(9, 15))
    reported(office, "snc", "2026-Q3", on(9, 17), {"tin-bai": (31, None)})

    with office.read() as uow:
        gathered = gather(office, uow, "quarterly", "2026-Q3")

    (line,) = (line for line in gathered.lines if line.indicator.id == "tin-bai")
    assert line.figure.numerator == 30
    assert [(unit, typed.numerator) for unit, typed in line.contradicted] == [("snc", 31)]
