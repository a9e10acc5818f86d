"""What a unit had to do, and what it reported before, on both databases."""

from datetime import UTC, datetime

from tests.offices import at, caller, moved, new_task, opened_office, tried
from workflow.queries.periods import reported
from workflow.services.moves import MoveRequest, perform
from workflow.services.reports import open_period
from workflow.services.unit_work import work_of

JULY, AUGUST = datetime(2026, 7, 1, 2, tzinfo=UTC), datetime(2026, 8, 17, 2, tzinfo=UTC)
PAID = {"giai-ngan": {"numerator": 500, "denominator": 900}}
FEWER = {"giai-ngan": {"numerator": 450, "denominator": 900}}


def report_of(office, unit, period):
    opened = open_period(office, period)
    return next(item.code for one in opened.periods for item in one.items if item.unit == unit)


def test_tasks_are_told_as_they_stood_at_the_cut_off(ground):
    july = opened_office(ground, JULY)
    code = report_of(july, "kt", "2026-07")
    task = new_task(july, "kt", title="Rà soát")
    new_task(july, "hcc", title="Của đơn vị khác", area="thu-tuc-hanh-chinh")
    august = at(july, AUGUST)
    moved(august, "officer.kt", task, "progress", progress="50", result_note="Một nửa")
    reader = caller(august, "officer.kt").actor

    with august.read() as uow:
        (one,) = work_of(august, uow, reader, uow.items.get(code).item).tasks

    assert one.item.code == task
    assert "progress" not in one.item.fields


def test_what_a_unit_reported_before_is_found_with_whether_it_was_sent(ground):
    office = opened_office(ground, JULY)
    july, august = (report_of(office, "kt", period) for period in ("2026-07", "2026-08"))
    moved(office, "officer.kt", july, "draft", results="Đạt", figures=PAID)
    moved(office, "officer.kt", july, "send")
    perform(office, caller(office, "head.kt"), MoveRequest(july, "send", "approve"))

    with office.read() as uow:
        found = [(one.code, one.period, one.sent, one.replaced) for one in reported(uow, "report", "kt", "monthly")]

    assert found == [(july, "2026-07", True, False), (august, "2026-08", False, False)]


def test_a_total_that_falls_is_refused_where_the_one_before_was_sent(ground):
    office = opened_office(ground, JULY)
    july, august = (report_of(office, "kt", period) for period in ("2026-07", "2026-08"))
    for code, figures in ((july, PAID), (august, FEWER)):
        moved(office, "officer.kt", code, "draft", results="Đạt", figures=figures)
    before = tried(office, "officer.kt", august, "send")
    moved(office, "head.kt", july, "send")
    perform(office, caller(office, "head.kt"), MoveRequest(july, "send", "approve"))

    with office.read() as uow:
        stands = office.measures(uow).against(
            uow.items.get(august).item, "figures", (FEWER["giai-ngan"] | {"indicator": "giai-ngan"},)
        )

    assert before.item.request("send")
    assert [reason.params["indicator"] for reason in stands] == ["giai-ngan"]
