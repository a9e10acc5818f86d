import json
import unicodedata
from datetime import timedelta

import pytest
from werkzeug.http import parse_cookie

from tests.offices import HOUSE, OPENING
from tests.web.conftest import PASSWORD, Visitor, set_clock
from web.wiring import shipped
from workflow.engine import Label, Reason
from workflow.persistence.statements import observing
from workflow.services import passwords, people
from workflow.services.office import Caller
from workflow.values import replace


def log_of(office, login):
    person = people.person_of(office, login)
    with office.read() as uow:
        stream = f"person/{person.id}"
        return [json.loads(entry.body)["outcome"] for entry in uow.audit.stream(stream)]


def cookie_of(answer, name):
    return next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}="))


def test_the_right_password_opens_a_session_and_leads_where_one_was_going(visitor):
    visitor.get("/login?next=/help")

    answer = visitor.post("/login", login="head.kt", password=PASSWORD, next="/help")

    assert (answer.status_code, answer.location) == (303, "/help")
    assert visitor.get("/help").status_code == 200


def test_a_login_is_found_however_it_is_capitalised(visitor):
    assert visitor.log_in(" Head.KT ").status_code == 303


def test_a_password_typed_with_decomposed_letters_is_the_same(visitor):
    assert visitor.log_in("head.kt", unicodedata.normalize("NFD", PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    "target", ["//evil.vn", "https://evil.vn", "/\\evil.vn", "javascript:alert(1)", "/a\r\nX: y", "\\\\x"]
)
def test_nobody_is_led_to_another_site(visitor, target):
    visitor.get("/login")

    answer = visitor.post("/login", login="head.kt", password=PASSWORD, next=target)

    assert answer.location == "/"


def test_unknown_locked_and_wrong_are_told_apart_by_nobody(office, visitor):
    people.lock(office, HOUSE, "officer.kt")

    answers = [visitor.log_in(*pair) for pair in (("nobody", PASSWORD), ("officer.kt", PASSWORD), ("head.kt", "x"))]

    assert {answer.status_code for answer in answers} == {401}
    assert all("Tên đăng nhập hoặc mật khẩu không đúng." in answer.text for answer in answers)


def test_an_unknown_login_costs_a_hash_as_well(monkeypatch, office):
    asked = []
    monkeypatch.setattr(passwords._hasher.__class__, "verify", lambda *a: asked.append(a[1]) or True)

    outcome = people.log_in(office, "nobody", "anything at all", people.Visit("127.0.0.1"))

    assert isinstance(outcome, people.LoginRefused)
    assert asked[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_cookie_is_kept_from_scripts_and_other_sites(visitor):
    answer = visitor.log_in("head.kt")

    cookie = cookie_of(answer, "dondoc")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_the_database_holds_nothing_that_opens_a_session(office, visitor):
    answer = visitor.log_in("head.kt")
    session_id = parse_cookie(cookie_of(answer, "dondoc").split(";")[0])["dondoc"]

    with office.read() as uow:
        stored = uow.cursor.raw.execute("SELECT id_hash FROM user_session").fetchall()

    assert session_id not in str(stored)
    assert [people.recognising(session_id)] == [row[0] for row in stored]
    assert len(session_id) >= 43


def test_logging_in_again_replaces_the_session(app, visitor):
    first = parse_cookie(cookie_of(visitor.log_in("head.kt"), "dondoc").split(";")[0])["dondoc"]

    visitor.post("/login", login="head.kt", password=PASSWORD)

    other = app.test_client()
    other.set_cookie("dondoc", first)
    assert other.get("/help").status_code == 401


def logged_out(office, visitor):  # noqa: ARG001  the table calls all alike
    visitor.post("/logout")


def locked(office, visitor):  # noqa: ARG001  the table calls all alike
    people.lock(office, HOUSE, "head.kt")


def new_password(office, visitor):  # noqa: ARG001  the table calls all alike
    people.set_password(office, HOUSE, "head.kt", "một con đường dài rợp bóng cây")


def appointed(office, visitor):  # noqa: ARG001  the table calls all alike
    people.appoint(office, HOUSE, people.NewPost("head.kt", "clerk", "kt"))


def dismissed(office, visitor):  # noqa: ARG001  the table calls all alike
    person = people.person_of(office, "head.kt")
    with office.read() as uow:
        held = uow.people.appointments(person.id)[0]
    people.end_appointment(office, HOUSE, "head.kt", held.id)


@pytest.mark.parametrize("what", [logged_out, locked, new_password, appointed, dismissed])
def test_a_stolen_cookie_is_worthless_after(app, office, visitor, what):
    stolen = parse_cookie(cookie_of(visitor.log_in("head.kt"), "dondoc").split(";")[0])["dondoc"]

    what(office, visitor)

    thief = app.test_client()
    thief.set_cookie("dondoc", stolen)
    assert thief.get("/help").status_code == 401


def test_thirty_idle_minutes_end_a_session(app, visitor):
    visitor.log_in("head.kt")

    set_clock(app, OPENING + timedelta(minutes=29))
    assert visitor.get("/help").status_code == 200
    set_clock(app, OPENING + timedelta(minutes=58))
    assert visitor.get("/help").status_code == 200
    set_clock(app, OPENING + timedelta(minutes=88))
    assert visitor.get("/help").status_code == 401


def test_twelve_hours_end_a_session_however_busy(app, visitor):
    visitor.log_in("head.kt")

    for minutes in range(20, 12 * 60, 20):
        set_clock(app, OPENING + timedelta(minutes=minutes))
        assert visitor.get("/help").status_code == 200

    set_clock(app, OPENING + timedelta(hours=12))
    assert visitor.get("/help").status_code == 401


def test_ten_failures_of_a_login_make_it_wait_and_then_let_it_in_again(app, office, visitor):
    for n in range(10):
        people.log_in(office, "head.kt", "wrong", people.Visit(f"10.0.0.{n}"))

    waits = visitor.log_in("head.kt")
    others = visitor.log_in("head.vp")
    set_clock(app, OPENING + timedelta(minutes=5, seconds=1))
    later = visitor.log_in("head.kt")

    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "300")
    assert others.status_code == 303
    assert later.status_code == 303


def test_ten_failures_of_a_client_make_it_wait_whatever_login_it_tries(office):
    for n in range(10):
        people.log_in(office, f"nobody{n}", "wrong", people.Visit("10.0.0.1"))

    assert isinstance(people.log_in(office, "head.kt", PASSWORD, people.Visit("10.0.0.1")), people.TooManyAttempts)
    assert isinstance(people.log_in(office, "head.kt", PASSWORD, people.Visit("10.0.0.2")), people.Opened)


def test_coming_going_and_being_refused_stand_in_the_log(office, visitor):
    visitor.log_in("head.kt", "wrong")
    visitor.log_in("head.kt")
    visitor.post("/logout")

    assert log_of(office, "head.kt") == ["refused", "in", "out"]


def test_a_form_that_comes_after_the_session_is_over_can_be_sent_after_logging_in(app, visitor):
    visitor.log_in("head.kt")
    set_clock(app, OPENING + timedelta(hours=13))

    late = visitor.post("/language", language="en", next="/help")
    page = visitor.post("/logout", reason="Vướng <mắc>")

    assert late.status_code == 403
    assert page.status_code == 401
    assert 'name="kept:reason" value="Vướng &lt;mắc&gt;"' in page.text
    back = visitor.post("/login", login="head.kt", password=PASSWORD, next="/logout", **{"kept:reason": "Vướng <mắc>"})
    assert back.status_code == 200
    assert 'name="reason" value="Vướng &lt;mắc&gt;"' in back.text
    assert visitor.post("/logout", reason="Vướng <mắc>").status_code == 303


def test_a_password_never_stands_in_a_page(visitor):
    visitor.get("/login")

    answer = visitor.post("/login", login="head.kt", password="mật khẩu rất bí mật")

    assert "mật khẩu rất bí mật" not in answer.text


def test_the_frame_of_a_page_costs_four_statements(client_of):
    head = client_of("head.kt")
    head.get("/help")
    names = []

    with observing(names.append):
        head.get("/help")

    assert len([name for name in names if name not in ("begin", "commit", "committed")]) <= 4


def test_short_common_and_own_passwords_are_not_taken():
    refused = [
        "ngắn quá",
        "123456789012",
        "matkhau123456",
        "password1234",
        "UBND duong an 2026",
        "aaaaaaaaaaaaaa",
        "head.kt.head.kt",
    ]

    codes = [found.code if (found := passwords.refusal_of(one, "head.kt")) else None for one in refused]

    assert None not in codes
    assert passwords.refusal_of("bốn mùa hoa nở trước sân", "head.kt") is None
    assert passwords.refusal_of("k7#Vq9zLm2!xTe4R" * 4, "head.kt") is None


def test_only_the_administrator_changes_the_house(office):
    chairman = Caller(people.actor_of(office, "chairman"), "web")
    admin = Caller(people.actor_of(office, "admin"), "web")
    title = Label("Chuyên viên Phòng Kinh tế", "Officer")

    refused = people.add_person(office, chairman, "officer2.kt", title, PASSWORD)
    added = people.add_person(office, admin, "officer2.kt", title, PASSWORD)
    again = people.add_person(office, admin, "officer2.kt", title, PASSWORD)

    assert isinstance(refused, Reason)
    assert isinstance(added, people.Person)
    assert isinstance(again, Reason)
    assert again.code == "login_taken"


def test_seeding_again_changes_nothing(office):
    assert people.seed_organisation(office, HOUSE, shipped().organisation) == people.Seeded(0, 0, 0)


def test_a_token_is_told_once_and_stands_for_its_person_until_it_is_revoked(office):
    head = Caller(people.actor_of(office, "head.kt"), "web")

    given = people.create_token(office, head, "head.kt", frozenset({"read"}))
    assert isinstance(given, people.NewToken)
    found = people.resolve_token(office, given.token)
    with office.read() as uow:
        stored = uow.cursor.raw.execute("SELECT * FROM api_token").fetchall()

    assert given.token not in str(stored)
    assert found.actor.roles == {"unit_head"}
    assert found.scopes == {"read"}
    people.revoke_token(office, head, "head.kt", given.id)
    assert people.resolve_token(office, given.token) is None


def test_nobody_makes_a_token_for_somebody_else(office):
    head = Caller(people.actor_of(office, "head.kt"), "web")

    assert isinstance(people.create_token(office, head, "chairman", frozenset({"write"})), Reason)


def test_a_token_dies_with_the_lock_of_its_person(office):
    given = people.create_token(office, HOUSE, "head.kt", frozenset({"read"}))

    people.lock(office, HOUSE, "head.kt")

    assert people.resolve_token(office, given.token) is None


def test_the_language_of_the_account_outranks_the_browser(client_of):
    head = client_of("head.kt")

    head.post("/language", language="en", next="/help")
    page = head.get("/help", headers={"Accept-Language": "vi"})

    assert '<html lang="en">' in page.text


def test_links_follow_the_post(client_of, app):
    for path in ("/", "/items", "/units/<unit>", "/commune", "/history", "/definitions", "/admin"):
        if not any(rule.rule == path for rule in app.url_map.iter_rules()):
            app.add_url_rule(path, f"stand-in {path}", lambda **_: "")

    shown = {
        login: client_of(login).get("/help").text for login in ("head.kt", "chairman", "auditor", "admin", "clerk")
    }

    assert 'href="/units/kt"' in shown["head.kt"]
    assert 'href="/commune"' not in shown["head.kt"]
    assert 'href="/history"' in shown["chairman"]
    assert 'href="/history"' in shown["auditor"]
    assert 'href="/history"' not in shown["clerk"]
    assert [login for login, page in shown.items() if 'href="/admin"' in page] == ["admin"]
    assert 'href="/items"' not in shown["admin"]


def test_the_demonstration_says_so(app, visitor):
    assert "trình diễn" not in visitor.get("/login").text

    shifted = replace(app.extensions["office"].clock, offset=timedelta(days=1))
    app.extensions["office"] = replace(app.extensions["office"], clock=shifted)
    assert "02/06/2026 08:00" in visitor.get("/login").text


def test_two_visitors_do_not_share_a_session(client_of):
    head, clerk = client_of("head.kt"), client_of("clerk")

    assert isinstance(head, Visitor)
    assert "Trưởng Phòng Kinh tế" in head.get("/help").text
    assert "Văn thư UBND xã" in clerk.get("/help").text
