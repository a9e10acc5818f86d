"""Working calendars through the API and the command: read by everybody, changed by the administrator."""

import pytest

from tests.calls import codes, program
from tests.web.test_api_shell import fits
from tests.web.test_cli_commands import Terminal, terminal  # noqa: F401  the fixture
from web.api.components import COMPONENTS
from workflow.engine.workdays import CalendarYearMissing

NAME = "vn-commune"
STORM = {"kind": "off", "name": "Nghỉ bão", "source": "Công điện 12/CĐ-UBND"}


@pytest.fixture
def admin(app):
    return program(app, "admin")


def days(answer):
    return {one["date"]: one["kind"] for one in answer.json["days"]}


def test_whoever_has_a_token_reads_the_calendar(app):
    officer = program(app, "officer.kt", frozenset({"read"}))

    one, listed = officer.get(f"/calendars/{NAME}?year=2026"), officer.get("/calendars")

    assert fits(one.json, COMPONENTS["Calendar"]) == []
    assert fits(listed.json, COMPONENTS["Calendars"]) == []
    assert (one.json["years"], one.json["missing_years"]) == ([2026, 2027], [])
    assert one.json["hours"] == [{"from": "07:00", "to": "11:30"}, {"from": "13:30", "to": "17:00"}]
    assert days(one)["2026-01-10"] == "worked"
    assert {day[:4] for day in days(one)} == {"2026"}


def test_the_administrator_enters_takes_back_and_completes(admin):
    entered = admin.ask("PUT", f"/calendars/{NAME}/days/2028-01-03", json=STORM)
    complete = admin.ask("PUT", f"/calendars/{NAME}/years/2028", json={"source": "Thông báo"})
    back = admin.ask("DELETE", f"/calendars/{NAME}/days/2028-01-03?source=Nhầm")
    hours = admin.ask("PUT", f"/calendars/{NAME}/hours", json={"hours": "08:00-12:00", "source": "QĐ 7"})

    assert (entered.status_code, days(entered)) == (200, {"2028-01-03": "off"})
    assert complete.json["years"] == [2026, 2027, 2028]
    assert (back.status_code, days(back)) == (200, {})
    assert hours.json["hours"] == [{"from": "08:00", "to": "12:00"}]


def test_a_change_needs_the_scope_and_the_post_of_the_administrator(app):
    without_scope = program(app, "admin", frozenset({"read", "write"}))
    without_post = program(app, "chairman")

    for other, code in ((without_scope, "scope_needed"), (without_post, "not_permitted")):
        answer = other.ask("PUT", f"/calendars/{NAME}/days/2026-06-01", json=STORM)
        assert (answer.status_code, codes(answer)) == (403, [code])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "/calendars/nowhere/days/2026-06-01", STORM, 404, "not_found"),
        ("PUT", f"/calendars/{NAME}/days/2026-02-30", STORM, 422, "not_a_date"),
        ("PUT", f"/calendars/{NAME}/days/2026-06-01", STORM | {"kind": "half"}, 422, "not_a_choice"),
        ("PUT", f"/calendars/{NAME}/days/2026-06-01", {"kind": "off"}, 422, "input_missing"),
        ("DELETE", f"/calendars/{NAME}/days/2026-06-03?source=x", None, 404, "not_found"),
        ("DELETE", f"/calendars/{NAME}/days/2026-11-24", None, 422, "input_missing"),
        ("PUT", f"/calendars/{NAME}/years/2027", {"source": "x"}, 422, "calendar_year_known"),
        ("PUT", f"/calendars/{NAME}/years/1700", {"source": "x"}, 422, "year_out_of_range"),
        ("PUT", f"/calendars/{NAME}/hours", {"hours": "8-12", "source": "x"}, 422, "hours_out_of_order"),
    ],
)
def test_what_cannot_be_entered_is_told(admin, method, path, body, status, code):
    answer = admin.ask(method, path, json=body) if body else admin.ask(method, path)

    assert answer.status_code == status
    assert code in codes(answer)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("vi", "Lịch làm việc chưa có dữ liệu năm 2029"),
        ("en", "The calendar has no data for 2029; that year's days off must be entered first."),
    ],
)
def test_a_date_beyond_the_calendar_is_a_reason_in_both_languages(app, monkeypatch, language, sentence):
    def reaching(**_: str) -> None:
        raise CalendarYearMissing(NAME, 2029)

    monkeypatch.setitem(app.view_functions, "api.items.index", reaching)
    answer = program(app, "chairman").get("/items")

    assert (answer.status_code, codes(answer)) == (422, ["calendar_year_missing"])
    assert answer.json["reasons"][0]["message"][language].startswith(sentence)


# -- the command --------------------------------------------------------------------------------------------------------


def test_the_command_lists_a_year_and_says_where_one_lacks(terminal):  # noqa: F811
    assert "10/01/2026" in terminal.run("calendar", "list", "--year", "2026").stdout
    assert "no data for 2031" in terminal.run("calendar", "list", "--year", "2031").stdout


def test_the_command_changes_the_calendar(terminal):  # noqa: F811
    terminal.run("calendar", "set", "2028-01-03", "off", "--name", "Nghỉ bù", "--source", "Thông báo")
    terminal.run("calendar", "complete", "2028", "--source", "Thông báo")
    terminal.run("calendar", "unset", "24/11/2026", "--source", "Chưa có luật")
    terminal.run("calendar", "hours", "08:00-12:00", "13:00-17:00", "--source", "QĐ 7")

    said = terminal.json("calendar", "list")

    found = {one["date"]: one["kind"] for one in said["days"]}
    assert found["2028-01-03"] == "off"
    assert "2026-11-24" not in found
    assert (said["years"], said["hours"][1]["from"]) == ([2026, 2027, 2028], "13:00")


def test_the_command_ends_with_the_code_of_the_refusal(terminal):  # noqa: F811
    terminal.run("calendar", "complete", "2027", "--source", "x", code=4)
    terminal.run("calendar", "set", "2026-06-01", "off", "--name", "x", "--source", "x", "--as", "chairman", code=3)
    terminal.run("calendar", "unset", "2026-06-03", "--source", "x", code=7)
    terminal.run("calendar", "list", "--calendar", "nowhere", code=7)
