"""Scenario 10: an inspection asks who knew what at 08:00 on 20 October, reads it as it stood, and takes the proof away."""

import subprocess
import sys
import zipfile

import pytest

from tests.acceptance.periods import UNITS, draft, received, sent
from tests.acceptance.wires import on
from tests.browsing import window

INSTANT = "20/10/2026 08:00"
ACT = "Quyết định 215/QĐ-HĐND ngày 23/11/2026"
PASSWORD = "mùa thu ghé qua hiên nhà vắng"


@pytest.fixture
def seat(browser, commune):
    """Somebody at a browser of their own, signed in."""
    opened = []

    def sit(login, password=None):
        made = window(browser, commune.served.address)
        there = made.__enter__()
        opened.append(made)
        there.log_in(login, *([password] if password else []))
        return there

    yield sit
    for made in opened:
        made.__exit__(None, None, None)


@pytest.fixture
def autumn(commune):
    """October: a task and the report of snc are late at midnight of the 20th, recorded at 06:10; snc sends on the 22nd."""
    chairman = commune.program("chairman")
    facts = {
        "title": "Rà soát thủ tục hành chính",
        "source": "Kế hoạch",
        "area": "thu-tuc-hanh-chinh",
        "due_on": "2026-10-19",
    }
    commune.at(on(9, 14))
    task = chairman.post("/items", {"workflow": "task", "unit": "kt", "fields": facts}).json["code"]
    chairman.moved(task, "assign")
    commune.program("head.kt").moved(task, "start")
    commune.clock(on(9, 15, 0, 1))
    commune.command("report", "open", "--period", "2026-10")
    for unit in UNITS:
        if unit != "snc":
            received(commune, unit, "2026-10", on(10, 15, 9))
    report = draft(commune, "snc", "2026-10", on(10, 16, 15))
    given = {"receiver": "deputy.kt", "kind": "KT.", "act": "15/UQ-PKT", "from": "2026-10-17", "to": "2026-10-31"}
    power = commune.program("head.kt").post("/delegations", given)
    assert power.status_code == 201, power.text
    commune.clock(on(10, 20, 6, 10))
    return {"task": task, "report": report, "power": power.json["id"]}


def test_an_inspection_reads_who_knew_what_when_and_takes_the_proof_away(commune, seat, autumn, tmp_path):
    task, report = autumn["task"], autumn["report"]

    # The head of snc opens what he was told at 07:30; the head of kt not before 09:15.
    for login, hour, minute in (("head.snc", 7, 30), ("head.kt", 9, 15)):
        commune.at(on(10, 20, hour, minute))
        there = seat(login)
        there.go("/notices")
        there.press("Đánh dấu đã đọc")
    commune.at(on(10, 21, 9))
    commune.program("head.kt").ask("DELETE", f"/delegations/{autumn['power']}")
    sent(commune, "snc", report, on(10, 22, 10))
    commune.at(on(10, 23, 8))
    commune.program("consolidator").moved(report, "receive")

    # 25 November: the administrator gives the inspection its account and its mandate.
    commune.at(on(11, 25, 7, 30))
    admin = seat("admin")
    admin.go("/admin/people/new")
    admin.type(login="doan.kiem-tra", title_vi="Đoàn kiểm tra HĐND", password=PASSWORD)
    admin.press("Thêm người dùng")
    admin.go("/admin/mandates")
    admin.type(login="doan.kiem-tra", act=ACT, to="04/12/2026")
    admin.page.locator("#field-from").fill("25/11/2026")
    admin.page.locator("#field-private").check()
    admin.press("Ghi nhận")
    assert "25/11/2026 – 04/12/2026" in admin.words()

    # What did the chairman's page show, and which tasks were late?
    auditor = seat("doan.kiem-tra", PASSWORD)
    auditor.go("/history")
    auditor.follow("Toàn cơ quan tại một thời điểm")
    auditor.page.locator("#field-as_of").fill(INSTANT)
    auditor.page.locator("#f-person").select_option(label="Chủ tịch UBND xã")
    auditor.page.locator("#f-late").check()
    auditor.press("Xem")
    then = auditor.words()
    assert f"2 việc tại {INSTANT}" in then
    assert task in then
    assert report in then
    assert "15/UQ-PKT" in then
    assert f"Việc chờ Chủ tịch UBND xã xử lý lúc {INSTANT}" in then

    # The late mark has both its times, who was told has his, and what came later is marked as later.
    auditor.follow("Rà soát thủ tục hành chính")
    story = auditor.words()
    assert "20/10/2026 06:10" in story
    assert "có hiệu lực từ 20/10/2026 00:00" in story
    assert "Trưởng Phòng Kinh tế: " in story
    assert "mở lúc 20/10/2026 09:15" in story
    auditor.go(f"/items/{report}/history?as_of=20%2F10%2F2026+08%3A00")
    story = auditor.words()
    opened = auditor.page.locator("tr", has_text="Giám đốc Trung tâm Dịch vụ sự nghiệp công").first.inner_text()
    assert "20/10/2026 07:30" in opened
    assert "lúc đó chưa mở" not in opened
    later = auditor.page.locator("ol.timeline li", has_text="ghi nhận sau thời điểm này").all_inner_texts()
    assert any("23/10/2026 08:00" in entry for entry in later)
    assert not any("20/10/2026 06:10" in entry for entry in later)

    # Was anything changed since? The chain is walked, and the log is taken away under a number of its own.
    auditor.go("/history")
    auditor.follow("Kiểm tra nhật ký có bị thay đổi")
    assert "tất cả đều nguyên vẹn" in auditor.words()
    auditor.go("/history/seals")
    with auditor.page.expect_download() as taken:
        auditor.page.get_by_role("main").get_by_role("button", name="Tải nhật ký").click()
    bundle = tmp_path / taken.value.suggested_filename
    taken.value.save_as(bundle)
    number = int(bundle.stem.rpartition("-")[2])

    # On a machine without the product: Python alone, in an empty folder.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(bundle) as archive:
        archive.extract("verify.py", elsewhere)
    asked = [sys.executable, "-I", "-S", "verify.py", str(bundle)]
    verified = subprocess.run(asked, cwd=elsewhere, env={}, capture_output=True, check=False)
    assert verified.returncode == 0, verified.stdout.decode() + verified.stderr.decode()

    # The administrator tries to read what the inspection read.
    assert admin.go(f"/items/{task}") == 404
    assert admin.go("/history/as-of?as_of=20%2F10%2F2026+08%3A00") == 403

    # All of it is on record, and the chairman finds it there.
    chairman = seat("chairman")
    chairman.go("/history?type=read&actor=doan.kiem-tra")
    read = chairman.words()
    assert "/history/as-of?as_of=20%2F10%2F2026+08%3A00" in read.replace("%2f", "%2F")
    assert f"/items/{report}/history" in read
    assert ACT in read
    chairman.go("/history?type=refusal&actor=admin")
    assert f"/items/{task}" in chairman.words()
    chairman.go("/history?type=export")
    assert "Đoàn kiểm tra HĐND" in chairman.words()
    assert number >= 1

    # The mandate ends with 4 December.
    commune.at(on(12, 5, 0, 1))
    auditor.go("/login")
    auditor.sign_in("doan.kiem-tra", PASSWORD)
    assert "đã hết hiệu lực từ 05/12/2026 00:00" in auditor.words()
