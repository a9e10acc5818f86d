"""The administrator keeps the working calendar through its page; a year without data is told to him on every page."""

from datetime import UTC, date, datetime

import pytest

from tests.web.conftest import set_clock
from workflow.engine.workdays import CalendarYearMissing

PATH = "/admin/calendars/vn-commune"
AUTUMN = datetime(2027, 10, 4, 1, tzinfo=UTC)
DAY = {"date": "1/6/2026", "kind": "off", "name": "Nghỉ bão số 3", "source": "Công điện 12/CĐ-UBND"}


@pytest.fixture
def admin(client_of):
    made = client_of("admin")
    made.get(PATH)
    return made


def works(office, *day):
    return office.calendars["vn-commune"].is_working(date(*day))


def test_the_page_lists_the_days_of_a_year_with_their_sources(admin):
    page = admin.get(f"{PATH}?year=2026").text

    assert "Tết Dương lịch" in page
    assert "Công văn 12729/VPCP-KGVX" in page
    assert "theo tệp lịch" in page
    assert "thứ Bảy" in page
    assert "07:00-11:30 13:30-17:00" in page
    assert "2027-02-05" not in page


def test_the_tabs_lead_to_the_first_calendar(admin):
    assert 'href="/admin/calendars"' in admin.get("/admin").text
    assert admin.get("/admin/calendars").headers["Location"] == PATH


def test_a_day_is_entered_and_shown_with_who_entered_it(admin, office):
    answer = admin.post(f"{PATH}/days", **DAY)

    assert answer.status_code == 303
    page = admin.get(answer.headers["Location"]).text
    assert "Nghỉ bão số 3" in page
    assert "Quản trị hệ thống" in page
    assert "Các thời hạn đã ấn định trước đó giữ nguyên." in page
    assert not works(office, 2026, 6, 1)


def test_a_line_is_changed_from_a_form_that_holds_it(admin, office):
    page = admin.get(f"{PATH}?year=2026&edit=2026-11-24").text
    assert 'value="24/11/2026"' in page
    assert 'value="Ngày Văn hóa Việt Nam"' in page

    admin.post(f"{PATH}/days", date="24/11/2026", kind="worked", name="Ngày làm việc", source="Công văn 9")

    assert works(office, 2026, 11, 24)


def test_a_line_is_taken_back_with_its_reason(admin, office):
    answer = admin.post(f"{PATH}/days/2026-11-24/back?year=2026", **{"back-2026-11-24-source": "Chưa có luật"})

    assert answer.status_code == 303
    assert works(office, 2026, 11, 24)
    assert "Chưa có luật" in admin.get(f"{PATH}?year=2026").text


def test_a_line_is_not_taken_back_without_a_reason(admin, office):
    answer = admin.post(f"{PATH}/days/2026-11-24/back?year=2026")

    assert answer.status_code == 422
    assert 'href="#field-back-2026-11-24-source"' in answer.text
    assert 'id="field-back-2026-11-24-source"' in answer.text
    assert not works(office, 2026, 11, 24)


def test_what_is_wrong_with_a_day_is_told_at_its_fields_and_what_was_typed_stays(admin):
    answer = admin.post(f"{PATH}/days", **{**DAY, "date": "30/02/2026", "source": ""})

    assert answer.status_code == 422
    assert 'href="#field-date"' in answer.text
    assert "Văn bản quy định" in answer.text
    assert 'value="30/02/2026"' in answer.text
    assert 'value="Nghỉ bão số 3"' in answer.text


def test_a_year_is_declared_complete(admin, office):
    assert "Xác nhận năm 2028 đã đủ" in admin.get(f"{PATH}?year=2028").text

    answer = admin.post(f"{PATH}/years?year=2028", **{"year-year": "2028", "year-source": "Thông báo nghỉ năm 2028"})

    assert answer.status_code == 303
    assert works(office, 2028, 1, 4)
    assert "Xác nhận năm 2028 đã đủ" not in admin.get(f"{PATH}?year=2028").text


def test_hours_are_set(admin):
    assert admin.post(f"{PATH}/hours", **{"hours-hours": "8-12", "hours-source": "QĐ 7"}).status_code == 422

    admin.post(f"{PATH}/hours", **{"hours-hours": "08:00-12:00 13:00-17:00", "hours-source": "QĐ 7"})

    assert "08:00-12:00 13:00-17:00" in admin.get(PATH).text


@pytest.mark.parametrize("login", ["chairman", "clerk", "auditor", "head.kt"])
def test_nobody_but_the_administrator_sees_or_changes_the_calendar(client_of, login):
    visitor = client_of(login)

    assert visitor.get(PATH).status_code == 403
    assert visitor.post(f"{PATH}/days", **DAY).status_code == 403
    assert visitor.post(f"{PATH}/days/2026-11-24/back").status_code == 403
    assert visitor.post(f"{PATH}/years").status_code == 403
    assert visitor.post(f"{PATH}/hours").status_code == 403


@pytest.mark.parametrize("path", ["/admin/calendars/nowhere", f"{PATH}x"])
def test_a_calendar_that_does_not_exist_is_not_found(admin, path):
    assert admin.get(path).status_code == 404
    assert admin.post(f"{path}/days", **DAY).status_code == 404


def test_from_october_on_the_administrator_is_told_of_the_year_that_lacks_on_every_page(app, client_of):
    admin, chairman = client_of("admin"), client_of("chairman")
    told = f"{PATH}?year=2028"
    assert told not in admin.get("/help").text

    set_clock(app, AUTUMN)
    admin.log_in("admin")
    chairman.log_in("chairman")

    assert told in admin.get("/help").text
    assert told not in chairman.get("/help").text


def test_a_date_beyond_the_calendar_is_refused_in_words(app, client_of, monkeypatch):
    visitor = client_of("head.kt")

    def reaching(**_: str) -> None:
        raise CalendarYearMissing("vn-commune", 2029)

    monkeypatch.setitem(app.view_functions, "items.index", reaching)
    answer = visitor.get("/items")

    assert answer.status_code == 422
    assert "Đề nghị quản trị hệ thống nhập ngày nghỉ năm 2029" in answer.text


def test_the_log_tells_in_words_what_was_changed(admin, client_of):
    admin.post(f"{PATH}/days", **DAY)
    admin.post(f"{PATH}/years?year=2028", **{"year-year": "2028", "year-source": "Thông báo"})

    page = client_of("auditor").get("/history").text

    assert "Lịch vn-commune: ngày 01/06/2026 là “ngày nghỉ” (Nghỉ bão số 3), theo Công điện 12/CĐ-UBND" in page
    assert "Lịch vn-commune: năm 2028 đã nhập đủ, theo Thông báo" in page
