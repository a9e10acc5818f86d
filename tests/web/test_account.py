"""One's own account: what comes by mail, and the calendar of one's deadlines under a secret address."""

import json
import re
import shutil
from datetime import date, timedelta
from html import unescape

import pytest
from icalendar import Calendar

from tests.calls import program
from tests.offices import OPENING, caller, moved, new_task
from tests.web.conftest import close, set_clock, settings_of
from web import create_app
from web.settings import SettingRefused, Settings
from workflow.outbox.inline import relay_inline
from workflow.persistence.letters import AT_ONCE, DIGEST
from workflow.services import people
from workflow.services.delegations import Power, give
from workflow.values import replace

HOUSE_ADDRESS = "http://localhost"


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def chosen(office, login):
    with office.read() as uow:
        person = uow.people.by_login(login)
        return person.email, uow.letters.choice(person.id)


def acts(office):
    """What the administration's part of the log says was done."""
    with office.read() as uow:
        found = uow.audit.stream("admin", most=1000)
    return [json.loads(entry.body)["admin"] for entry in found]


# -- mail ---------------------------------------------------------------------------------------------------------------


def test_a_person_says_where_mail_reaches_him_and_what_he_wants(client_of, office):
    head = client_of("head.kt")
    page = head.get("/account")
    assert "Hệ thống chưa được cấu hình máy chủ thư" in words(page)
    assert f'value="{AT_ONCE}" checked' in page.text

    answer = head.post("/account/mail", address=" kt@duongan.gov.vn ", choice=DIGEST)

    assert answer.status_code == 303
    page = head.get(answer.location)
    assert "Lựa chọn của bạn có hiệu lực từ bây giờ." in words(page)
    assert 'value="kt@duongan.gov.vn"' in page.text
    assert f'value="{DIGEST}" checked' in page.text
    assert chosen(office, "head.kt") == ("kt@duongan.gov.vn", DIGEST)
    assert chosen(office, "head.snc") == (None, AT_ONCE)


def test_what_is_no_address_is_told_at_its_field_and_kept_there(client_of, office):
    head = client_of("head.kt")
    head.get("/account")

    answer = head.post("/account/mail", address="kt@@<b>", choice=DIGEST)

    assert answer.status_code == 422
    assert "“Địa chỉ thư điện tử” phải là địa chỉ thư điện tử, ví dụ ten@example.vn." in words(answer)
    assert 'href="#field-address"' in answer.text
    assert 'value="kt@@&lt;b&gt;"' in answer.text
    assert chosen(office, "head.kt") == (None, AT_ONCE)
    assert head.post("/account/mail", address="", choice="sometimes").status_code == 422


def test_where_mail_is_set_up_the_page_does_not_say_otherwise(furnished, tmp_path):
    shutil.copytree(furnished, tmp_path / "data")
    env = {"DONDOC_MAIL_URL": "smtp://localhost", "DONDOC_BASE_URL": "http://localhost:5000"}
    app = create_app(Settings.from_environ(tmp_path / "data", env))
    try:
        assert app.extensions["office"].mailer is not None
    finally:
        close(app)
    assert create_app(settings_of(tmp_path / "data")).extensions["office"].mailer is None


def test_mail_without_the_address_of_the_office_is_refused_at_the_start(tmp_path):
    with pytest.raises(SettingRefused, match="DONDOC_BASE_URL: is required with DONDOC_MAIL_URL"):
        Settings.from_environ(tmp_path, {"DONDOC_MAIL_URL": "smtp://mail.vn"})
    with pytest.raises(SettingRefused, match="DONDOC_MAIL_URL: knows no option"):
        Settings.from_environ(tmp_path, {"DONDOC_MAIL_URL": "smtp://mail.vn?tls=1"})


# -- where a mail leads to ----------------------------------------------------------------------------------------------


@pytest.fixture
def told(office):
    """Code and message of a notice to the head of kt."""
    code = new_task(office)
    relay_inline(office)
    with office.read() as uow:
        (notice,) = uow.notices.of_person(uow.people.id_of_login("head.kt"), 9)
    return code, notice.message


def test_a_mail_leads_to_a_page_that_asks_who_is_there(visitor, client_of, told):
    code, message = told
    assert visitor.get(f"/notices/{message}").status_code == 401

    page = client_of("head.kt").get(f"/notices/{message}")

    assert "đã được giao; đề nghị tiếp nhận và thực hiện." in words(page)
    assert f"Đánh dấu đã đọc và mở {code}" in words(page)


def test_looking_at_it_reads_nothing_and_saying_so_reads_it_once(client_of, office, told):
    code, message = told
    head = client_of("head.kt")
    for _ in range(2):
        head.get(f"/notices/{message}")
    assert "1 chưa đọc" in words(head.get("/help"))

    head.get(f"/notices/{message}")
    answer = head.post(f"/notices/{message}")

    assert (answer.status_code, answer.location) == (303, f"/items/{code}")
    assert "chưa đọc" not in words(head.get("/help"))
    assert head.post(f"/notices/{message}").status_code == 303
    stream = f"person/{caller(office, 'head.kt').actor.id}"
    with office.read() as uow:
        entries = uow.audit.stream(stream)
    opened = [said["notice"] for said in map(json.loads, (one.body for one in entries)) if "notice" in said]
    assert [said["opened"] for said in opened if "opened" in said] == [[message]]


@pytest.mark.parametrize("path", ["{message}", "none", "x%00"])
def test_nobody_elses_notice_is_there(client_of, told, path):
    other = client_of("head.snc")

    target = f"/notices/{path.format(message=told[1])}"

    assert other.get(target).status_code == 404
    assert other.post(target).status_code == 404


def test_a_substitute_sees_in_whose_place_he_is_told(client_of, office):
    power = Power("deputy.kt", "KT.", "15/UQ", "2026-06-01", "2026-06-30")
    give(office, caller(office, "head.kt"), power)
    new_task(office)
    relay_inline(office)

    assert "Thay cho: Trưởng Phòng Kinh tế" in words(client_of("deputy.kt").get("/notices"))


# -- the calendar -------------------------------------------------------------------------------------------------------


@pytest.fixture
def task(office):
    return new_task(office, due_on="2026-06-30", title="Báo cáo, rà soát; thủ tục\\ đợt 1")


def subscribed(client_of, login):
    """The path of a new feed of somebody."""
    visitor = client_of(login)
    visitor.get("/account")
    page = visitor.post("/account/calendar")
    assert page.status_code == 200
    return re.search(rf"<code[^>]*>{HOUSE_ADDRESS}(/feeds/[\w-]+\.ics)</code>", page.text)[1]


def events(answer):
    assert answer.status_code == 200
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def item_of(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def test_a_calendar_shows_deadlines_without_any_cookie(client_of, visitor, office, task):
    answer = visitor.client.get(subscribed(client_of, "head.kt"))

    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    (event,) = events(answer).values()
    item = item_of(office, task)
    assert event["uid"] == f"{item.id}@dondoc"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 6, 30), date(2026, 7, 1))
    assert event["summary"] == f"{task} · Báo cáo, rà soát; thủ tục\\ đợt 1"
    assert event["url"] == f"{HOUSE_ADDRESS}/items/{task}"
    assert event["sequence"] == item.revision
    assert event.decoded("dtstamp") == OPENING
    assert "Phải hoàn thành trước 01/07/2026 00:00" in event["description"]
    assert "Nhiệm vụ – Phòng Kinh tế" in event["description"]


def test_its_events_keep_their_name_and_follow_the_item(client_of, visitor, app, task):
    path = subscribed(client_of, "head.kt")
    (before,) = events(visitor.client.get(path)).values()
    set_clock(app, OPENING + timedelta(days=1))
    later = app.extensions["office"]
    moved(later, "chairman", task, "set_due", due_on="2026-07-15", comment="Gia hạn")

    (after,) = events(visitor.client.get(path)).values()

    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstamp") == OPENING + timedelta(days=1)
    assert after.decoded("dtstart") == date(2026, 7, 15)


def test_what_is_closed_is_no_deadline_any_more(client_of, visitor, office, task):
    path = subscribed(client_of, "head.kt")
    moved(office, "chairman", task, "withdraw", comment="Không còn cần thiết")

    assert events(visitor.client.get(path)) == {}


def test_everybody_sees_what_he_may_read_today(client_of, visitor, office, task):
    own = f"{item_of(office, task).id}@dondoc"

    logins = ("head.kt", "officer.kt", "chairman", "head.snc", "admin")
    seen = {login: own in events(visitor.client.get(subscribed(client_of, login))) for login in logins}

    assert seen == {"head.kt": True, "officer.kt": True, "chairman": True, "head.snc": False, "admin": False}


def test_a_post_that_ends_takes_its_deadlines_along(client_of, visitor, app, office, task):
    path = subscribed(client_of, "officer.kt")
    admin = caller(office, "admin")
    with office.read() as uow:
        (held,) = uow.people.appointments(uow.people.id_of_login("officer.kt"))
    assert task in visitor.client.get(path).text

    people.end_appointment(office, admin, "officer.kt", held.id)
    set_clock(app, OPENING + timedelta(seconds=1))

    assert task not in visitor.client.get(path).text


def test_a_title_that_may_name_people_is_told_by_its_code(client_of, visitor, app, office, task):
    class Discreet:
        def __init__(self, editions):
            self._editions = editions

        def of(self, item, uow):
            found = self._editions.of(item, uow)
            return replace(found, fields=found.fields | {"title": replace(found.fields["title"], private=True)})

    path = subscribed(client_of, "head.kt")
    app.extensions["office"] = replace(office, editions=Discreet(office.editions))

    (event,) = events(visitor.client.get(path)).values()

    assert event["summary"] == task
    assert "rà soát" not in visitor.client.get(path).text


def test_another_address_ends_the_one_before_and_none_is_shown_twice(client_of, visitor, office, task):
    first = subscribed(client_of, "head.kt")
    head = client_of("head.kt")
    page = head.get("/account")
    assert "/feeds/" not in page.text
    assert "Lịch của bạn dùng địa chỉ hiện tại từ 01/06/2026 08:00." in words(page)

    second = subscribed(client_of, "head.kt")

    assert visitor.client.get(first).status_code == 404
    assert task in visitor.client.get(second).text
    head.get("/account")
    assert head.post("/account/calendar/close").status_code == 303
    assert visitor.client.get(second).status_code == 404
    assert head.post("/account/calendar/close").status_code == 303
    whose = caller(office, "head.kt").actor.id
    told = [said for said in acts(office) if said["act"].startswith("feed_")]
    assert told == [{"act": act, "person": whose} for act in ("feed_opened", "feed_replaced", "feed_closed")]


def test_the_database_and_the_log_hold_no_secret(client_of, app):
    secret = re.search(r"/feeds/([\w-]+)\.ics", subscribed(client_of, "head.kt"))[1]
    folder = app.extensions["settings"].data

    assert len(secret) >= 43
    assert not [path for path in folder.glob("*.sqlite*") if secret.encode() in path.read_bytes()]


def test_a_locked_account_has_no_calendar(client_of, visitor, office, task):
    path = subscribed(client_of, "head.kt")
    admin = caller(office, "admin")

    people.lock(office, admin, "head.kt")
    assert visitor.client.get(path).status_code == 404

    people.unlock(office, admin, "head.kt")
    assert task in visitor.client.get(path).text


@pytest.mark.parametrize("secret", ["x", "a" * 43, "%00", "đ", "a" * 5000, "../account"])
def test_a_wrong_secret_finds_nothing(client_of, visitor, secret):
    subscribed(client_of, "head.kt")

    assert visitor.client.get(f"/feeds/{secret}.ics").status_code == 404


def test_guessing_and_asking_too_often_is_slowed_down(client_of, visitor, monkeypatch):
    monkeypatch.setattr("web.pages.feeds._MISSES", 2)
    monkeypatch.setattr("web.pages.feeds._READINGS", 2)
    path = subscribed(client_of, "head.kt")

    missed = [visitor.client.get("/feeds/x.ics") for _ in range(3)]
    read = [visitor.client.get(path) for _ in range(3)]

    assert [one.status_code for one in missed] == [404, 404, 429]
    assert [one.status_code for one in read] == [200, 200, 429]
    assert int(read[-1].headers["Retry-After"]) > 0


def test_a_program_makes_and_ends_the_feed_of_whom_it_stands_for(app, visitor, task):
    head = program(app, "head.kt")

    made = head.post("/calendar-feed", json={})
    path = made.json["url"].removeprefix(HOUSE_ADDRESS)

    assert made.status_code == 200
    assert task in visitor.client.get(path).text
    assert head.ask("DELETE", "/calendar-feed").json == {"url": None}
    assert visitor.client.get(path).status_code == 404
    assert head.ask("DELETE", "/calendar-feed").status_code == 404
