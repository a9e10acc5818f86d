"""What people read of the clock: reminders in the history and in previews, what stands at the head of a list, what stands still."""

from datetime import UTC, datetime

import pytest

from tests.calls import program
from tests.offices import DEFINITIONS, HOUSE, next_version
from tests.web.conftest import set_clock
from tests.web.test_item_pages import PDF, hidden, make, new_task
from workflow.errors import DefinitionInvalid
from workflow.services import publishing
from workflow.services.deadlines import sweep

TASK = next_version((DEFINITIONS / "workflows" / "task.yaml").read_text(encoding="utf-8"))


def day(month: int, number: int, hour: int = 1) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


@pytest.fixture
def wake(app):
    def at(instant):
        set_clock(app, instant)
        return sweep(app.extensions["office"])

    return at


@pytest.fixture
def started(client_of):
    code = new_task(client_of("chairman"))
    make(client_of("chairman"), code, "assign")
    make(client_of("head.kt"), code, "start")
    return code


def test_the_history_tells_of_a_reminder_whom_it_went_to_and_when_it_was_due(client_of, wake, started):
    wake(day(6, 17))

    page = client_of("head.kt").get(f"/items/{started}").text

    assert "Nhắc việc: Đang thực hiện" in page
    assert "Đến: " in page
    assert "17/06/2026 00:00" in page


def test_the_history_counts_repeats_and_says_what_was_missed(client_of, wake, started):
    wake(day(6, 19, 17))
    wake(day(6, 29))

    page = client_of("head.kt").get(f"/items/{started}/history").text

    assert "Nhắc việc lần 4 trên 5: Chậm tiến độ" in page
    assert "(3 lần nhắc trước đó đến hạn trong lúc đồng hồ ngừng chạy)" in page


def test_an_open_form_is_sent_after_a_reminder(app, client_of, wake, started):
    set_clock(app, datetime(2026, 6, 16, 16, 58, tzinfo=UTC))
    head = client_of("head.kt")
    form = head.get(f"/items/{started}/moves/progress")
    swept = wake(datetime(2026, 6, 16, 17, 1, tzinfo=UTC))
    sent = head.post(f"/items/{started}/moves/progress", act="perform", **hidden(form), progress="30")

    assert swept.reminded == 1
    assert sent.status_code == 303


def test_a_preview_tells_the_next_reminder(app, client_of, started):
    page = client_of("head.kt").get(f"/items/{started}/moves/progress").text
    told = program(app, "head.kt").post(f"/items/{started}/moves/progress/preview", {"fields": {"progress": 10}}).json

    assert "Lần nhắc tới" in page
    assert told["reminders"][0] == {"timer": "remind", "at": "2026-06-16T17:00:00.000000Z"}
    assert [timer["move"] for timer in told["timers"]] == ["mark_late"]


def test_what_lies_unanswered_for_too_long_stands_first(app, client_of, wake, started):
    make(client_of("head.kt"), started, "escalate", comment="Thiếu kinh phí")
    other = {"title": "Rà soát", "source": "KH 12", "area": "tai-chinh-cong", "due_on": "2026-06-02"}
    program(app, "chairman").post("/items", {"workflow": "task", "unit": "kt", "fields": other})
    before = client_of("chairman").get("/").text

    wake(day(6, 8, 2))
    after = client_of("chairman").get("/").text

    assert "Chờ ý kiến đã quá lâu" not in before
    assert after.index("Chờ ý kiến đã quá lâu") == min(after.index(words) for words in ("Chờ ý kiến", "KK-2026-0001"))
    assert after.index("KK-2026-0001") < after.index("NV-2026-0002")


@pytest.fixture
def _paused(office):
    text = TASK.replace(
        "main: {base: due_on, optional: true}", "main: {base: due_on, optional: true, pause_in: [completed]}"
    )
    return publishing.publish(office, HOUSE, text.encode(), "task.yaml")


@pytest.mark.usefixtures("_paused")
def test_a_deadline_that_stands_is_told_with_since_when_and_is_no_date_of_any_list(app, client_of, started):
    make(client_of("head.kt"), started, "complete", upload=PDF, result_note="Đã công khai")

    page = client_of("head.kt").get(f"/items/{started}").text
    item = program(app, "head.kt").get(f"/items/{started}").json

    assert "“Hạn hoàn thành” tạm dừng tính từ" in page
    assert "hạn đang là 19/06/2026" in page
    assert item["paused"][0]["deadline"] == "main"
    assert item["due_at"] is None


@pytest.mark.usefixtures("_paused")
def test_after_a_return_the_page_shows_the_bound_that_counts(app, client_of, started):
    make(client_of("head.kt"), started, "complete", upload=PDF, result_note="Đã công khai")
    set_clock(app, day(6, 8))
    make(client_of("chairman"), started, "rework", comment="Thiếu biểu")

    item = program(app, "head.kt").get(f"/items/{started}").json

    # From Monday the 1st to Monday the 8th five working days passed: Friday the 19th becomes Friday the 26th.
    assert item["paused"] == []
    assert item["due_at"] == "2026-06-26T17:00:00.000000Z"
    assert "26/06/2026" in client_of("head.kt").get(f"/items/{started}").text


@pytest.mark.parametrize("follow", ["{webhook: city}", "{job: archive}", "{notify: [chairman], template: unheard_of}"])
def test_what_nothing_here_would_carry_out_is_not_published(office, follow):
    told = "after: [{notify: [unit_head, assignee], template: assigned}]"
    assert TASK.count(told) == 1

    with pytest.raises(DefinitionInvalid) as refused:
        publishing.publish(office, HOUSE, TASK.replace(told, f"after: [{follow}]").encode(), "task.yaml")

    assert {finding.code for finding in refused.value.findings} >= {"L11"}
