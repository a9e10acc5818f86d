"""Reporting periods open by themselves: one report a unit, once, whoever comes first."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest

from tests.offices import DEFINITIONS, HOUSE, at, caller, empty_office, moved, next_version, opened_office, shipped
from web import wiring
from workflow.audit import canonical
from workflow.clock import VIETNAM
from workflow.engine.workdays import Calendar
from workflow.errors import DefinitionInvalid, NotFound
from workflow.persistence.statements import observing
from workflow.services import auditing, passwords, publishing
from workflow.services.deadlines import sweep
from workflow.services.demonstration import Stage, build
from workflow.services.directives import order_of
from workflow.services.items import NewItem, create
from workflow.services.reports import open_due, open_period
from workflow.values import replace


class Broken(Exception):
    """The fault that a test plants."""


UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
REPORT = (DEFINITIONS / "workflows" / "report.yaml").read_text(encoding="utf-8")


@pytest.fixture
def office(ground):
    return opened_office(ground)


def on(office, moment):
    return at(office, datetime.fromisoformat(moment).replace(tzinfo=VIETNAM).astimezone(UTC))


def reports(office):
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 10_000) if stored.item.workflow == "report"]


def counted(office):
    return Counter(item.fields["period"] for item in reports(office))


def entries(office, item):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"report/{item.id}")]


def published(office, text):
    """The report workflow as the next version, of another text."""
    publishing.publish(office, HOUSE, next_version(text).encode(), "report.yaml")
    office.editions.forget()
    return office


def test_every_reporting_unit_gets_its_report_of_every_enabled_series(office):
    opening = open_due(on(office, "2026-06-15 00:00"))

    found = {(item.fields["period"], item.unit) for item in reports(office)}
    assert found == {(name, unit) for name in ("2026-06", "2026-07", "2026-Q2", "2026-Q3", "2026") for unit in UNITS}
    assert [len(one.items) for one in opening.periods] == [5] * 5
    assert opening.refused == ()


def test_the_consolidating_divisions_own_report_is_opened_too(office):
    open_period(office, "2026-07")

    (own,) = [item for item in reports(office) if item.unit == "vhxh"]
    assert (own.state, own.created_by) == ("assigned", "system")


def test_a_report_carries_the_dates_of_its_period(office):
    open_period(office, "2026-07")

    item = reports(office)[0]
    wanted = {
        "title": "Báo cáo định kỳ tháng 7 năm 2026",
        "series": "monthly",
        "period": "2026-07",
        "window_from": "2026-06-15",
        "window_to": "2026-07-14",
        "due_on": "2026-07-19",
    }
    assert {name: item.fields.get(name) for name in wanted} == wanted
    assert item.due_at == datetime(2026, 7, 19, 17, tzinfo=UTC)


def test_a_report_keeps_the_rule_by_which_its_deadline_was_settled(office):
    open_period(office, "2026-07")
    published(office, REPORT.replace("roll: keep", "roll: next"))
    open_period(office, "2026-09")

    kept = {(item.fields["period"], item.fields["due_on"], item.fields["due_roll"]) for item in reports(office)}
    assert kept == {("2026-07", "2026-07-19", "keep"), ("2026-09", "2026-09-21", "next")}


def test_a_workflow_without_a_place_for_that_rule_opens_all_the_same(office):
    field = REPORT[REPORT.index("  due_roll:") : REPORT.index("  overview:")]
    published(office, REPORT.replace(field, "", 1).replace("due_roll, ", ""))

    open_period(office, "2026-07")

    assert [item.fields.get("due_roll") for item in reports(office)] == [None] * 5


def test_a_period_opens_in_the_first_minute_of_its_data_and_not_before(office):
    eve = open_due(on(office, "2026-07-14 23:59"))
    begun = open_due(on(office, "2026-07-15 00:00"))

    assert "2026-08" not in {one.period.name for one in eve.periods}
    assert [one.period.name for one in begun.periods if one.items] == ["2026-08"]


def test_a_period_that_is_over_does_not_open_by_itself(office):
    open_due(on(office, "2026-07-20 00:00"))

    assert counted(office) == {"2026-08": 5, "2026-Q3": 5, "2026": 5}


def test_what_is_open_is_not_opened_again(office):
    open_due(office)
    before = reports(office)

    again = open_due(office)
    by_hand = open_period(office, "2026-06")

    assert reports(office) == before
    assert {len(one.there) for one in (*again.periods, *by_hand.periods)} == {5}
    assert not any(one.items for one in (*again.periods, *by_hand.periods))


def test_a_forgotten_key_doubles_nothing(office):
    open_period(office, "2026-07")
    with office.write() as uow:
        uow.idempotency.purge(datetime(2030, 1, 1, tzinfo=UTC))

    open_period(office, "2026-07")

    assert counted(office) == {"2026-07": 5}


def test_a_report_that_somebody_opened_by_hand_is_the_units_report(office):
    fields = {"series": "monthly", "period": "2026-07", "window_from": "2026-06-15", "window_to": "2026-07-14"}
    create(office, caller(office, "consolidator"), NewItem("report", "kt", fields))

    (opened,) = open_period(office, "2026-07").periods

    assert (opened.there, len(opened.items)) == (("kt",), 4)
    assert counted(office) == {"2026-07": 5}


def test_a_waived_report_stays_the_only_one_of_its_period(office):
    open_period(office, "2026-07")
    moved(office, "chairman", reports(office)[0].code, "waive", comment="Gộp vào báo cáo quý.")

    open_period(office, "2026-07")

    assert counted(office) == {"2026-07": 5}


def test_the_same_name_in_another_field_is_not_taken_for_the_period(office):
    fields = {"series": "monthly", "period": "2026-06", "window_from": "2026-05-15", "window_to": "2026-06-14"}
    create(office, caller(office, "consolidator"), NewItem("report", "kt", fields | {"title": "2026-07"}))

    (opened,) = open_period(office, "2026-07").periods

    assert opened.there == ()


def test_two_clocks_at_once_open_each_report_once(office):
    start = Barrier(2)

    def opened():
        start.wait(10)
        return open_due(office)

    with ThreadPoolExecutor(2) as pool:
        both = [one.result() for one in (pool.submit(opened), pool.submit(opened))]

    made = [item.id for opening in both for one in opening.periods for item in one.items]
    assert len(made) == len(set(made)) == 15
    assert counted(office) == {"2026-06": 5, "2026-Q2": 5, "2026": 5}
    assert not any(opening.refused for opening in both)


@pytest.mark.parametrize("roll", ["keep", "next"])
def test_whoever_comes_second_to_a_key_makes_nothing(office, roll):
    """On a server the look before the key cannot see what is being written just now: the key decides, whatever was asked."""
    first = open_period(office, "2026-07")
    with office.write() as uow:
        uow.cursor.raw.execute("UPDATE item SET workflow = 'unseen' WHERE workflow = 'report'")
    published(office, REPORT.replace("roll: keep", f"roll: {roll}"))

    second = open_period(office, "2026-07")

    assert len(first.periods[0].items) == 5
    assert [(one.items, one.there) for one in second.periods] == [((), ())]
    assert second.refused == ()
    assert reports(office) == []


def test_a_fault_in_the_middle_leaves_no_half_of_a_report(office):
    def fail(name):
        if name == "idempotency.finish":
            raise Broken(name)

    with observing(fail), pytest.raises(Broken):
        open_period(office, "2026-07")

    assert reports(office) == []
    open_period(office, "2026-07")
    assert counted(office) == {"2026-07": 5}


def test_a_deadline_without_a_working_day_is_said_in_every_log(office):
    early = on(office, "2026-01-20 08:00")

    (opened,) = open_period(early, "2026-02").periods

    assert "14/02/2026" in opened.period.finding.vi
    for item in reports(early):
        created, noted = entries(early, item)
        assert (created["type"], noted["type"]) == ("create", "comment")
    with office.read() as uow:
        texts = {uow.comments.of_item(item.id)[0].text for item in opened.items}
    assert texts == {opened.period.finding.vi}
    assert auditing.verify(office).ok


def test_dates_stay_as_they_were_when_the_period_opened(office):
    open_period(office, "2026-07")
    published(office, REPORT.replace("roll: keep", "roll: next"))

    open_period(office, "2026-07")
    open_period(office, "2026-09")

    assert {item.fields["due_on"] for item in reports(office) if item.fields["period"] == "2026-07"} == {"2026-07-19"}
    assert {item.fields["due_on"] for item in reports(office) if item.fields["period"] == "2026-09"} == {"2026-09-21"}


def test_a_series_that_is_switched_off_opens_nothing(office):
    with pytest.raises(NotFound):
        open_period(office, "2026-H2")


@pytest.mark.parametrize("name", ["2026-13", "2026-Q5", "tháng 7", "%", ""])
def test_a_name_of_no_period_is_not_found(office, name):
    with pytest.raises(NotFound):
        open_period(office, name)


def test_a_calendar_without_the_year_stops_only_the_series_that_must_roll(office, caplog):
    text = REPORT.replace("before_day: 20, roll: keep", "before_day: 20, roll: next")
    published(office, text)
    bare = Calendar("vn-commune", frozenset(), frozenset(), frozenset({2025}))
    without = replace(office, calendars={"vn-commune": bare})

    with caplog.at_level(logging.ERROR):
        opening = open_due(without)

    assert [(one.series, [reason.code for reason in one.reasons]) for one in opening.refused] == [
        ("monthly", ["calendar_year_missing"])
    ]
    assert {one.period.name for one in opening.periods if len(one.items) == 5} == {"2026-Q2", "2026"}
    assert "calendar_year_missing" in caplog.text


def test_a_workflow_that_wants_more_than_a_period_has_refuses_and_says_so(office):
    text = REPORT.replace("window_from, window_to]", "window_from, window_to, overview]", 1).replace(
        "correction_reason, overview,", "correction_reason,", 1
    )
    text += "migrate: [{from: 2, fill: {overview: Không có}}]\n"
    with pytest.raises(DefinitionInvalid, match="L39"):
        published(office, text)
    # What the calendar opens need not be the office's reports: then nobody knows beforehand what it will want.
    published(office, text.replace("purpose: report\n", ""))

    opening = open_period(office, "2026-07")

    assert reports(office) == []
    assert {one.unit for one in opening.refused} == set(UNITS)
    assert {reason.code for one in opening.refused for reason in one.reasons} == {"input_missing"}


def test_an_unsent_report_is_late_on_the_twentieth(office):
    open_period(office, "2026-06")

    assert sweep(on(office, "2026-06-19 23:59")).fired == 0
    assert sweep(on(office, "2026-06-20 00:00")).fired == 5


def test_a_round_of_the_clock_opens_what_began(office):
    wiring.one_round(on(office, "2026-07-15 06:00"))

    assert counted(office)["2026-08"] == 5


def test_an_office_without_units_or_workflows_opens_nothing(tmp_path):
    office = empty_office(tmp_path)
    assert open_due(office).periods == ()

    publishing.publish(office, HOUSE, REPORT.encode(), "report.yaml")
    office.editions.forget()

    assert not any(one.items for one in open_due(office).periods)


def test_the_demonstrations_reports_are_not_doubled(tmp_path):
    order = order_of(
        shipped().obligations, (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes(), date(2026, 6, 15)
    )
    stage = Stage(empty_office(tmp_path), shipped(), order, passwords.hash_of("mot-mat-khau-cua-van-phong-mau"))
    built = build(stage)
    office = at(stage.office, built.until)
    before = counted(office)

    opening = open_due(office)

    assert {one.period.name for one in opening.periods} == {"2026-12", "2026-Q4", "2026"}
    assert all(set(one.there) == set(UNITS) for one in opening.periods)
    assert counted(office) == before
