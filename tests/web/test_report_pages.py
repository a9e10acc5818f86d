"""The pages of periods: who sees whom, urging, and the road of a consolidated report from its first version to the next."""

import re
import shutil

import pytest

from tests.reporting import code_of, on, opened, reported
from tests.web.conftest import Visitor, close, set_clock, settings_of
from web import create_app

OCTOBER, NOVEMBER = "/reports/monthly/2026-10", "/reports/monthly/2026-11"
QUARTER = "/reports/quarterly/2026-Q4"


@pytest.fixture
def app(lived, tmp_path):
    folder, now = lived
    made = create_app(settings_of(shutil.copytree(folder, tmp_path / "data")))
    set_clock(made, now)
    yield made
    close(made)


@pytest.fixture
def at(app):
    def visitor(login: str) -> Visitor:
        made = Visitor(app.test_client())
        made.log_in(login)
        return made

    return visitor


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_periods_count_down_and_say_who_is_missing(at):
    page = words(at("consolidator").get("/reports").text)

    assert "tháng 12 năm 2026" in page
    assert "Còn 29 ngày" in page
    assert "4/5 đơn vị đã gửi" in page
    assert "bị trả lại 2 lần" in page
    assert "Được miễn kỳ này" in page


def test_a_unit_sees_itself_alone(at):
    officer = at("officer.kt")

    page = words(officer.get("/reports").text)

    assert "Phòng Kinh tế" in page
    assert "Trung tâm Dịch vụ sự nghiệp công" not in page
    assert "Đôn đốc các đơn vị" not in officer.get("/reports/monthly/2026-11").text
    assert officer.get(f"{OCTOBER}/consolidation").status_code == 404


def test_whoever_may_not_read_the_consolidated_report_is_not_told_that_there_is_none(at):
    title = "Báo cáo tổng hợp"
    assert title in words(at("chairman").get("/reports").text)
    assert title not in words(at("officer.kt").get("/reports").text)


def test_the_administrator_sees_no_period_of_anybody(at):
    page = at("admin").get("/reports").text

    assert "BC-2026" not in page


@pytest.mark.parametrize("path", ["/reports/monthly/2026-13", "/reports/weekly/2026-10", "/reports/monthly/2026-Q3"])
def test_a_period_of_no_series_is_not_found(at, path):
    assert at("consolidator").get(path).status_code == 404


def test_who_has_not_sent_is_urged_on_record(at):
    consolidator = at("consolidator")
    (code,) = re.findall(r'name="code" value="([^"]+)"', consolidator.get("/reports/monthly/2026-11").text)

    answer = consolidator.post("/reports/monthly/2026-11/urge", code=code, comment="Đề nghị gửi ngay hôm nay")

    assert answer.status_code == 303
    assert "Đã đôn đốc 1 đơn vị" in consolidator.get(answer.location).text
    history = words(consolidator.get(f"/items/{code}").text)
    assert "Đôn đốc" in history
    assert "Đề nghị gửi ngay hôm nay" in history


def test_urging_nobody_is_refused_with_words(at):
    consolidator = at("consolidator")
    consolidator.get("/reports/monthly/2026-11")

    answer = consolidator.post("/reports/monthly/2026-11/urge")

    assert answer.status_code == 422
    assert "Vui lòng chọn đơn vị cần đôn đốc" in answer.text


def test_who_may_not_urge_is_refused_by_the_rules(at):
    head = at("head.kt")
    page = at("consolidator").get("/reports/monthly/2026-11").text
    (code,) = re.findall(r'name="code" value="([^"]+)"', page)
    own = re.search(r"BC-2026-\d+", head.get("/reports/monthly/2026-12").text)[0]

    assert head.post("/reports/monthly/2026-12/urge", code=own).status_code == 422
    assert head.post("/reports/monthly/2026-11/urge", code=code).status_code == 404


def test_a_consolidation_is_begun_by_one_button(at):
    consolidator = at("consolidator")
    before = words(consolidator.get(f"{QUARTER}/consolidation").text)
    assert "Chưa lập báo cáo" in before
    assert "Các phiên bản Chưa có." in before

    answer = consolidator.post(f"{QUARTER}/consolidation")

    page = words(consolidator.get(answer.location).text)
    assert "Phiên bản 1: 0/5 đơn vị" in page
    assert re.search(r"TH-2026-\d{4}", page)


def test_each_version_says_what_it_rests_on_and_what_differs_from_the_one_before(at):
    reader = at("chairman")

    newest = words(reader.get(f"{OCTOBER}/consolidation").text)
    first = words(reader.get(f"{OCTOBER}/consolidation?version=1").text)

    assert "Phiên bản 3: 5/5 đơn vị" in newest
    assert "Trung tâm Dịch vụ sự nghiệp công (trễ 3 ngày)" in newest
    assert "Khác với phiên bản 2" in newest
    assert "Phiên bản 1: 4/5 đơn vị" in first
    assert "Chưa có báo cáo được tiếp nhận Trung tâm Dịch vụ sự nghiệp công" in first
    assert "thiếu: Trung tâm Dịch vụ sự nghiệp công" in first
    assert "Khác với phiên bản" not in first
    assert reader.get(f"{OCTOBER}/consolidation?version=9").status_code == 404


def test_only_the_consolidator_is_offered_the_button(at):
    chairman = at("chairman")

    assert "h-act" in at("consolidator").get(f"{OCTOBER}/consolidation").text
    assert "h-act" not in chairman.get(f"{OCTOBER}/consolidation").text
    assert chairman.post(f"{OCTOBER}/consolidation").status_code == 403


def test_a_report_received_since_makes_the_page_ask_for_a_new_version(at):
    consolidator = at("consolidator")
    page = words(consolidator.get(f"{NOVEMBER}/consolidation").text)
    assert "chưa cập nhật số liệu mới" not in page
    waiting = re.findall(r"BC-2026-\d{4}", words(consolidator.get("/items?workflow=report&group=done&q=11").text))
    code = next(one for one in waiting if "receive" in consolidator.get(f"/items/{one}").text)
    form = consolidator.get(f"/items/{code}/moves/receive").text
    consolidator.post(f"/items/{code}/moves/receive", seen=re.search(r'name="seen" value="(\d+)"', form)[1])

    stale = words(consolidator.get(f"{NOVEMBER}/consolidation").text)
    answer = consolidator.post(f"{NOVEMBER}/consolidation")

    assert f"Phiên bản 1 chưa cập nhật số liệu mới. Báo cáo tiếp nhận sau đó: {code}" in stale
    assert answer.status_code == 303
    assert "chưa cập nhật số liệu mới" not in words(consolidator.get(answer.location).text)


def test_what_stands_in_the_way_is_told_on_the_page(at):
    consolidator, head = at("consolidator"), at("head.vhxh")
    code = re.search(r"TH-2026-\d{4}", consolidator.get(f"{NOVEMBER}/consolidation").text)[0]
    form = consolidator.get(f"/items/{code}/moves/submit").text
    sent = consolidator.post(f"/items/{code}/moves/submit", seen=re.search(r'name="seen" value="(\d+)"', form)[1])
    assert sent.status_code == 303, words(sent.text)
    form = head.get(f"/items/{code}/moves/submit?act=vote").text
    seen = re.search(r'name="seen" value="(\d+)"', form)[1]
    voted = head.post(f"/items/{code}/moves/submit", seen=seen, act="vote", vote="approve")
    assert voted.status_code == 303, words(voted.text)

    consolidator.get(f"{NOVEMBER}/consolidation")
    answer = consolidator.post(f"{NOVEMBER}/consolidation")

    assert answer.status_code == 409
    assert "h-act" not in answer.text
    assert "Đã trình UBND xã" in words(answer.text)


def test_a_quarter_begins_with_what_its_months_add_up_to(furnished, tmp_path):
    made = create_app(settings_of(shutil.copytree(furnished, tmp_path / "data")))
    set_clock(made, on(9, 16))
    office = made.extensions["office"]
    for n, period in enumerate(("2026-07", "2026-08", "2026-09")):
        opened(office, period, on(6 + n, 15))
        reported(office, "snc", period, on(7 + n, 15), {"tin-bai": (10 * (n + 1), None), "cong-ttdt": (7, 10)})
    opened(office, "2026-Q3", on(9, 15))
    officer = Visitor(made.test_client())
    officer.log_in("officer.snc")

    form = officer.get(f"/items/{code_of(office, 'snc', '2026-Q3')}/moves/draft").text

    boxes = dict(re.findall(r'name="figures\.([a-z-]+\.[a-z]+)"[^>]* value="([^"]*)"', form))
    assert (boxes["tin-bai.numerator"], boxes["cong-ttdt.numerator"], boxes["cong-ttdt.denominator"]) == (
        "60",
        "21",
        "30",
    )
    close(made)
