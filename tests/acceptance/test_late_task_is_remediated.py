"""The road of a late task, as its people walk it: at real browsers, through a real server, while the days go by."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browsing import NARROW
from tests.files import pdf

pytestmark = pytest.mark.browser

PDF = {"name": "bien-ban-nghiem-thu.pdf", "mimeType": "application/pdf", "buffer": pdf()}
DUE = "19/06/2026"
_COPY_IS_KEPT = """() => new Promise((answer) => {
    const look = (tries) => {
        const kept = Object.keys(sessionStorage).some((key) => key.startsWith("draft:"));
        if (kept || !tries) answer(kept);
        else setTimeout(look, 50, tries - 1);
    };
    look(100);
})"""
PLAN = {
    "cause_kind": "Nguyên nhân chủ quan",
    "cause_note": "Chậm tổng hợp số liệu của các thôn",
    "plan_note": "Bố trí thêm một người, chốt số liệu hằng ngày",
    "plan_due_on": "26/06/2026",
    "plan_owner": "Chuyên viên Phòng Kinh tế",
}

# Each act with its person's post and its time; the one that came into effect earlier than it was recorded has both.
STORY = (
    (
        "Xác nhận hoàn thành: Đã hoàn thành, chờ xác nhận – Đã xác nhận hoàn thành",
        "25/06/2026 09:00 · Chủ tịch UBND xã",
    ),
    (
        "Báo cáo hoàn thành: Đã có kế hoạch khắc phục – Đã hoàn thành, chờ xác nhận",
        "25/06/2026 08:00 · Trưởng Phòng Kinh tế",
    ),
    (
        "Chưa đạt, yêu cầu thực hiện lại: Đã hoàn thành, chờ xác nhận – Đã có kế hoạch khắc phục",
        "24/06/2026 14:00 · Chủ tịch UBND xã",
    ),
    (
        "Báo cáo hoàn thành: Đã có kế hoạch khắc phục – Đã hoàn thành, chờ xác nhận",
        "24/06/2026 10:00 · Trưởng Phòng Kinh tế",
    ),
    ("Tải tệp lên", "24/06/2026 10:00 · Trưởng Phòng Kinh tế"),
    ("Phê duyệt: Trình kế hoạch khắc phục", "20/06/2026 09:00 · Chủ tịch UBND xã"),
    ("Trình: Trình kế hoạch khắc phục", "20/06/2026 08:00 · Trưởng Phòng Kinh tế"),
    (
        "Ghi nhận chậm tiến độ: Đang thực hiện – Chậm tiến độ",
        "20/06/2026 06:10 · Hệ thống (tự động) · có hiệu lực từ 20/06/2026 00:00",
    ),
    *(
        ("Nhắc việc: Đang thực hiện", f"20/06/2026 06:10 · Hệ thống (tự động) · có hiệu lực từ {day}/06/2026 00:00")
        for day in (19, 17)
    ),
    ("Tiếp nhận và thực hiện: Đã giao – Đang thực hiện", "08/06/2026 08:00 · Trưởng Phòng Kinh tế"),
    ("Giao việc: Dự thảo giao việc – Đã giao", "08/06/2026 08:00 · Chủ tịch UBND xã"),
    ("Tạo mới", "08/06/2026 08:00 · Chủ tịch UBND xã"),
)


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """That hour of Việt Nam on a day of June 2026."""
    return datetime(2026, 6, day, hour - 7, minute, tzinfo=UTC)


def set_task(chairman) -> str:
    """The chairman writes a task for the economic division, due on 19 June, and assigns it."""
    chairman.go("/items/new?workflow=task")
    chairman.type(
        unit="Phòng Kinh tế",
        title="Công khai ngân sách quý II",
        source="Kế hoạch số 12/KH-UBND",
        area="Tài chính công",
        due_on=DUE,
    )
    chairman.press("Tạo")
    chairman.follow("Giao việc")
    chairman.press("Giao việc")
    return re.search(r"/items/([^?]+)", chairman.page.url)[1]


def start(head, code: str) -> None:
    head.go(f"/items/{code}")
    head.follow("Tiếp nhận và thực hiện")
    head.press("Tiếp nhận và thực hiện")


def told(reader, code: str) -> list[tuple[str, str]]:
    """The history of the item as `reader` is shown it, the newest first: what, then when and by whom."""
    reader.go(f"/items/{code}/history")
    return [tuple(text.split("\n")[:2]) for text in reader.page.locator(".timeline > li").all_inner_texts()]


def entry(reader, title: str):
    """The newest entry of the history on the screen whose title begins so."""
    first = reader.page.locator(".fw-semibold", has_text=re.compile(f"^{title}"))
    return reader.page.locator(".timeline > li").filter(has=first).first


def standing(who) -> str:
    return who.page.locator("h1 + div .chip").first.inner_text().strip()


@pytest.mark.parametrize(
    "served",
    ["one process on SQLite", "two processes and a worker on PostgreSQL and Redis"],
    indirect=True,
)
def test_a_late_task_is_explained_remedied_sent_back_and_verified(served, seated):
    chairman, head = seated("chairman"), seated("head.kt")
    code = set_task(chairman)
    head.go("/")
    head.follow("Tiếp nhận và thực hiện", code)
    head.press("Tiếp nhận và thực hiện")

    # The clock of the house stood still that night and went on in the morning: late is late since midnight.
    served.at(datetime(2026, 6, 19, 23, 10, tzinfo=UTC))
    assert served.round() == 1
    served.at(on(20, 8))
    head.log_in("head.kt")
    head.go(f"/items/{code}")
    assert standing(head) == "Chậm tiến độ"
    expect(head.page.locator("section[aria-labelledby=h-late]")).to_contain_text("20/06/2026 00:00")
    assert "Báo cáo hoàn thành" not in head.page.locator("#act").inner_text()

    head.follow("Trình kế hoạch khắc phục")
    head.type(**PLAN)
    head.press("Trình kế hoạch khắc phục")
    served.at(on(20, 9))
    chairman.log_in("chairman")
    chairman.go("/")
    chairman.follow("Cho ý kiến: Trình kế hoạch khắc phục", code)
    assert PLAN["cause_note"] in chairman.words()
    chairman.press("Phê duyệt")
    assert standing(chairman) == "Đã có kế hoạch khắc phục"

    served.at(on(24, 10))
    head.log_in("head.kt")
    head.go(f"/items/{code}")
    head.follow("Báo cáo hoàn thành")
    head.type(result_note="Đã công khai trên Cổng thông tin")
    head.page.locator("#upload-evidence").set_input_files(PDF)
    head.press("Báo cáo hoàn thành")
    served.at(on(24, 14))
    chairman.log_in("chairman")
    chairman.go("/")
    chairman.follow("Chưa đạt, yêu cầu thực hiện lại", code)
    chairman.type(comment="Thiếu biểu số 3")
    chairman.press("Chưa đạt, yêu cầu thực hiện lại")

    served.at(on(25, 8))
    head.log_in("head.kt")
    head.go(f"/items/{code}")
    expect(head.page.locator(".quote")).to_contain_text("Thiếu biểu số 3")
    head.follow("Báo cáo hoàn thành")
    head.type(result_note="Đã bổ sung biểu số 3")
    expect(head.page.get_by_label("bien-ban-nghiem-thu.pdf")).to_be_checked()
    head.press("Báo cáo hoàn thành")
    served.at(on(25, 9))
    chairman.log_in("chairman")
    chairman.go(f"/items/{code}")
    chairman.follow("Xác nhận hoàn thành")
    chairman.press("Xác nhận hoàn thành")
    assert standing(chairman) == "Đã xác nhận hoàn thành"

    assert served.round() == 0
    head.log_in("head.kt")
    head.go("/notices")
    assert "Công khai ngân sách quý II" in head.words()
    auditor = seated("auditor")
    assert told(auditor, code) == list(STORY)
    for title, words in (
        ("Ghi nhận chậm tiến độ", "Số lần chậm"),
        ("Trình: Trình kế hoạch khắc phục", PLAN["cause_note"]),
        ("Trình: Trình kế hoạch khắc phục", PLAN["plan_due_on"]),
        ("Trình: Trình kế hoạch khắc phục", PLAN["plan_owner"]),
        ("Chưa đạt, yêu cầu thực hiện lại", "Thiếu biểu số 3"),
        ("Báo cáo hoàn thành", "Đã bổ sung biểu số 3"),
    ):
        expect(entry(auditor, title)).to_contain_text(words)
    auditor.go(f"/items/{code}")
    with auditor.page.expect_download() as kept:
        auditor.page.get_by_role("link", name=PDF["name"]).first.click()
    assert Path(kept.value.path()).read_bytes() == PDF["buffer"]
    auditor.go("/history/check")
    assert "không khớp" not in auditor.words()


def test_of_two_people_at_once_the_second_sees_what_the_first_did_and_keeps_the_typed_text(seated):
    chairman, head, officer = seated("chairman"), seated("head.kt"), seated("officer.kt")
    code = set_task(chairman)
    start(head, code)
    for one, percent in ((head, "55"), (officer, "40")):
        one.go(f"/items/{code}/moves/progress")
        one.type(progress=percent, result_note=f"Phần của tôi: {percent}")

    officer.press("Cập nhật tiến độ")
    head.press("Cập nhật tiến độ")

    conflict = head.page.locator("[aria-labelledby=h-conflict]")
    expect(conflict).to_be_focused()
    expect(conflict).to_contain_text("Chuyên viên Phòng Kinh tế")
    expect(conflict).to_contain_text("40")
    expect(head.page.locator("#field-progress")).to_have_value("55")
    expect(head.page.locator("#field-result_note")).to_have_value("Phần của tôi: 55")
    head.press("Gửi lại trên bản mới: Cập nhật tiến độ")
    assert standing(head) == "Đang thực hiện"
    assert [who for what, who in told(head, code) if what == "Cập nhật tiến độ"] == [
        "08/06/2026 08:00 · Trưởng Phòng Kinh tế",
        "08/06/2026 08:00 · Chuyên viên Phòng Kinh tế",
    ]


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_session_that_ends_while_somebody_types_loses_nothing(served, seated, script):
    chairman, head = seated("chairman"), seated("head.kt", java_script_enabled=script)
    code = set_task(chairman)
    start(head, code)
    head.go(f"/items/{code}/moves/progress")
    head.type(progress="70", result_note="Một đoạn dài, viết gần một giờ")

    served.at(on(8, 9, 5))
    head.press("Cập nhật tiến độ")
    head.sign_in("head.kt")
    assert "Một đoạn dài, viết gần một giờ" in head.words()
    head.press("Gửi ngay")

    assert standing(head) == "Đang thực hiện"
    assert told(head, code)[0] == ("Cập nhật tiến độ", "08/06/2026 09:05 · Trưởng Phòng Kinh tế")
    expect(entry(head, "Cập nhật tiến độ")).to_contain_text("Một đoạn dài, viết gần một giờ")


def test_what_was_typed_comes_back_after_the_page_was_left(served, seated):
    chairman, head = seated("chairman"), seated("head.kt")
    code = set_task(chairman)
    start(head, code)
    head.go(f"/items/{code}/moves/progress")
    head.type(result_note="Chưa gửi")
    assert head.page.evaluate(_COPY_IS_KEPT)

    served.at(on(8, 9, 5))
    head.go(f"/items/{code}/moves/progress")
    head.sign_in("head.kt")

    expect(head.page.locator("#field-result_note")).to_have_value("Chưa gửi")


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_double_click_acts_once(seated, script):
    chairman, head = seated("chairman"), seated("head.kt", java_script_enabled=script)
    code = set_task(chairman)
    start(head, code)
    head.go(f"/items/{code}/moves/progress")
    head.type(progress="35")

    head.page.get_by_role("main").get_by_role("button", name="Cập nhật tiến độ", exact=True).dblclick()

    # Looked at, not waited for: the second click breaks off the journey of the first.
    expect(head.page).to_have_url(re.compile("done=progress"))
    assert [what for what, _who in told(head, code)].count("Cập nhật tiến độ") == 1


def test_the_same_road_without_javascript_on_a_phone(served, seated):
    chairman, head = seated("chairman", java_script_enabled=False), seated("head.kt", java_script_enabled=False)
    for one in (chairman, head):
        one.widen(NARROW)
    code = set_task(chairman)
    start(head, code)
    served.at(on(20, 8))
    assert served.round() == 1
    head.log_in("head.kt")
    head.go(f"/items/{code}/moves/plan")
    head.type(**PLAN | {"cause_note": ""})
    head.press("Trình kế hoạch khắc phục")
    head.page.locator(".error-summary a").click()
    head.type(cause_note=PLAN["cause_note"])
    head.press("Trình kế hoạch khắc phục")
    chairman.log_in("chairman")
    chairman.go(f"/items/{code}/moves/plan?act=vote")
    chairman.press("Phê duyệt")
    head.go(f"/items/{code}/moves/complete")
    head.type(result_note="Đã công khai")
    head.page.locator("#upload-evidence").set_input_files(PDF)
    head.press("Báo cáo hoàn thành")
    chairman.go(f"/items/{code}/moves/verify")
    chairman.press("Xác nhận hoàn thành")

    assert standing(chairman) == "Đã xác nhận hoàn thành"
