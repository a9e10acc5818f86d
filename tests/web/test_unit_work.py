"""The lists that come into a report by themselves, as they stood at its cut-off."""

from datetime import UTC, datetime

import pytest

from tests.offices import at, caller, moved, new_task
from tests.web.conftest import set_clock
from workflow.services.deadlines import sweep
from workflow.services.items import NewItem, create
from workflow.services.moves import MoveRequest, perform
from workflow.services.reports import open_period
from workflow.services.unit_work import work_of

JULY, AUGUST = datetime(2026, 7, 1, 2, tzinfo=UTC), datetime(2026, 8, 17, 2, tzinfo=UTC)


@pytest.fixture
def july(app, office):
    """The report of July of kt, whose data end on the fourteenth."""
    opened = open_period(at(office, JULY), "2026-07")
    set_clock(app, AUGUST)
    return next(item.code for one in opened.periods for item in one.items if item.unit == "kt")


def work(office, code, login="officer.kt"):
    reader = caller(office, login).actor
    with office.read() as uow:
        return work_of(office, uow, reader, uow.items.get(code).item)


def titles(found):
    return [one.item.fields["title"] for one in found]


def test_a_report_lists_its_units_tasks_and_duties_with_how_they_stand(client_of, july, office):
    then = at(office, JULY)
    new_task(then, "kt", title="Công khai dự toán")
    duty = {"title": "Giải ngân vốn", "source": "Công văn", "area": "tai-chinh-cong"}
    create(then, caller(then, "clerk"), NewItem("standing", "kt", duty))
    new_task(then, "hcc", title="Việc của Trung tâm", area="thu-tuc-hanh-chinh")

    page = client_of("officer.kt").get(f"/items/{july}").text

    assert "Công khai dự toán" in page
    assert "Việc của Trung tâm" not in page
    assert "Tính đến 14/07/2026" in page


def test_what_happened_after_the_cut_off_is_not_told(july, office):
    code = new_task(at(office, JULY), "kt", title="Rà soát")
    moved(at(office, AUGUST), "officer.kt", code, "progress", result_note="Đã xong một nửa", progress="50")

    (one,) = work(at(office, AUGUST), july).tasks

    assert "progress" not in one.item.fields
    assert one.item.code == code


def test_what_is_made_after_the_cut_off_is_no_part_of_it(july, office):
    new_task(at(office, AUGUST), "kt", title="Mới giao")

    assert work(at(office, AUGUST), july).tasks == ()


def test_while_the_cut_off_is_ahead_the_lists_are_those_of_now(july, office):
    new_task(at(office, JULY), "kt", title="Rà soát")

    found = work(at(office, JULY), july)

    assert found.at == JULY
    assert titles(found.tasks) == ["Rà soát"]


def test_a_late_task_stands_first_with_its_cause(client_of, july, office):
    then = at(office, JULY)
    new_task(then, "kt", title="Đúng tiến độ")
    late = new_task(then, "kt", title="Chậm", due_on="2026-07-05")
    sixth = at(office, datetime(2026, 7, 6, 2, tzinfo=UTC))
    sweep(sixth)
    moved(
        sixth,
        "head.kt",
        late,
        "plan",
        cause_kind="objective",
        cause_note="Chờ hướng dẫn của cấp trên",
        plan_note="Làm ngoài giờ",
        plan_due_on="2026-08-31",
        plan_owner="officer.kt",
    )
    perform(sixth, caller(sixth, "chairman"), MoveRequest(late, "plan", "approve"))

    page = client_of("officer.kt").get(f"/items/{july}").text.partition('id="work"')[2]

    assert page.index("Chậm") < page.index("Đúng tiến độ")
    assert "Chờ hướng dẫn của cấp trên" in page
    assert "Nguyên nhân khách quan" in page


def test_the_form_of_the_draft_shows_the_same_lists(client_of, july, office):
    new_task(at(office, JULY), "kt", title="Rà soát quy chế")

    assert "Rà soát quy chế" in client_of("officer.kt").get(f"/items/{july}/moves/draft").text


def test_an_item_of_no_period_has_no_such_lists(client_of, office):
    code = new_task(office, "kt")

    assert 'id="work"' not in client_of("officer.kt").get(f"/items/{code}").text


def test_a_period_is_told_in_words_where_a_report_names_its_own(client_of, july):
    page = client_of("officer.kt").get(f"/items/{july}").text

    facts = page.partition('id="h-facts"')[2].partition("</dl>")[0]
    assert "tháng 7 năm 2026" in facts
    assert "2026-07" not in facts
