"""A request for a later date and a difficulty, through the pages: seen from the task, decided, seen again."""

from datetime import UTC, datetime

import pytest

from tests.web.conftest import set_clock
from tests.web.test_item_pages import make, new_task

REQUEST, DIFFICULTY = "GH-2026-0001", "KK-2026-0001"


@pytest.fixture
def on(app, client_of):
    """Somebody who signs in on a day of June."""

    def signed_in(number, login):
        set_clock(app, datetime(2026, 6, number, 2, tzinfo=UTC))
        return client_of(login)

    return signed_in


@pytest.fixture
def task(on):
    chairman = on(1, "chairman")
    code = new_task(chairman)
    make(chairman, code, "assign")
    make(on(1, "head.kt"), code, "start")
    return code


@pytest.fixture
def asked(on, task):
    """The task, with a request of 10 June to be due on 30 June."""
    make(on(10, "head.kt"), task, "extend", proposed_due_on="30/06/2026", comment="Chờ số liệu của thành phố")
    return task


def escalated(on, task, number, text="Thiếu máy quét"):
    make(on(number, "head.kt"), task, "escalate", comment=text)


def test_a_request_stands_on_the_page_of_its_task_and_the_task_on_the_page_of_the_request(on, asked):
    of_task = on(10, "head.kt").get(f"/items/{asked}").text
    of_request = on(10, "chairman").get(f"/items/{REQUEST}").text

    assert "Việc con, đề nghị liên quan" in of_task
    assert f'href="/items/{REQUEST}"' in of_task
    assert "Đề nghị gia hạn, chờ quyết định" in of_task
    assert f'href="/items/{asked}"' in of_request


def test_a_grant_through_the_pages_sets_the_date_of_the_task(on, asked):
    answer = make(on(11, "chairman"), REQUEST, "grant", granted_due_on="30/06/2026")

    shown = on(11, "head.kt").get(f"/items/{asked}").text
    assert answer.status_code == 303
    assert 'Hạn hoàn thành</dt><dd class="text-break">30/06/2026' in shown
    assert "Đã chấp thuận gia hạn" in shown


def test_a_refusal_of_the_task_is_told_with_its_code_and_in_its_own_words(on, asked):
    chairman = on(11, "chairman")
    make(chairman, asked, "withdraw", comment="Không còn cần")

    answer = make(chairman, REQUEST, "grant", granted_due_on="30/06/2026")

    assert answer.status_code == 409
    assert f"{asked}: " in answer.text
    assert "Điều chỉnh hạn hoàn thành" in answer.text
    assert "set_due" not in answer.text


def test_difficulties_are_listed_the_longest_first_and_marked_after_five_working_days(on, task):
    escalated(on, task, 2)
    escalated(on, task, 10, "Thiếu người")

    chairman = on(11, "chairman")

    page = chairman.get("/escalations").text
    assert page.index(DIFFICULTY) < page.index("KK-2026-0002")
    assert page.count("chip-late") == 1
    assert "7 ngày làm việc" in page
    assert 'href="/escalations"' in chairman.get("/commune").text


def test_an_answered_difficulty_leaves_the_list(on, task):
    escalated(on, task, 2)
    chairman = on(3, "chairman")
    make(chairman, DIFFICULTY, "answer", comment="Giao Văn phòng")

    page = chairman.get("/escalations").text

    assert DIFFICULTY not in page
    assert "Không có đề xuất nào chờ ý kiến chỉ đạo." in page


def test_a_head_sees_the_difficulties_of_his_own_unit_only(on, task):
    escalated(on, task, 2)

    assert DIFFICULTY in on(2, "head.kt").get("/escalations").text
    assert DIFFICULTY not in on(2, "head.snc").get("/escalations").text


def test_the_end_of_a_child_is_told_in_the_history_of_its_parent(on, task):
    escalated(on, task, 2)
    make(on(2, "head.kt"), DIFFICULTY, "retract")

    assert "Một việc con, đề nghị đã khép lại" in on(2, "chairman").get(f"/items/{task}/history").text
