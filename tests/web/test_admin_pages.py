"""What the administrator does through the pages: accounts, posts, workflows; and that nobody else may."""

import io
import re

import pytest

from tests.offices import HOUSE, next_version
from tests.web.test_editor import LEAVE, NEWEST, STORY
from web import wiring
from workflow.services import people

TASK = "task.yaml"
_SECRET = re.compile(r"<code[^>]*>([0-9a-f-]{20,})</code>")
_END = re.compile(r'action="(/admin/people/[^"]+/end)"')
_PAGES = (
    "/admin",
    "/admin/people",
    "/admin/people/new",
    "/admin/people/officer.kt",
    "/admin/units",
    "/admin/definitions",
)
_ACTS = (
    "/admin/people/new",
    "/admin/people/officer.kt/password",
    "/admin/people/officer.kt/lock",
    "/admin/people/officer.kt/unlock",
    "/admin/people/officer.kt/posts",
    "/admin/people/officer.kt/posts/x/end",
    "/admin/definitions",
)


@pytest.fixture
def admin(client_of):
    return client_of("admin")


def source_of(name="task"):
    return wiring.shipped().workflows[name].source.decode()


def actor(office, login):
    return people.actor_of(office, login)


@pytest.mark.parametrize("login", ["chairman", "clerk", "auditor", "head.kt"])
def test_nobody_but_the_administrator_sees_or_does_anything_here(client_of, login):
    visitor = client_of(login)

    assert {visitor.get(path).status_code for path in _PAGES} == {403}
    assert {visitor.post(path, login="x", act="publish").status_code for path in _ACTS} == {403}
    assert 'href="/admin"' not in visitor.get("/help").text


def test_the_administrator_finds_the_pages_in_the_head(admin):
    assert 'href="/admin"' in admin.get("/help").text
    assert {admin.get(path).status_code for path in _PAGES} == {200}


@pytest.mark.parametrize("path", _ACTS)
def test_a_form_without_its_token_does_nothing(admin, path):
    admin.token = ""

    assert admin.post(path).status_code == 403


# -- people -------------------------------------------------------------------------------------------------------------


def test_everybody_is_listed_with_login_title_and_posts(admin, office):
    page = admin.get("/admin/people").text

    with office.read() as uow:
        everybody = uow.people.all()
    for person in everybody:
        assert f'href="/admin/people/{person.login}"' in page
        assert person.title.vi in page
    assert "hủ trưởng đơn vị – Phòng Kinh tế" in page


def test_a_person_is_added_with_a_password_that_is_shown_once(admin, office, visitor):
    admin.get("/admin/people/new")
    answer = admin.post("/admin/people/new", login="officer.moi", title_vi="Chuyên viên mới", title_en="", password="")

    made = _SECRET.search(answer.text)[1]
    assert answer.status_code == 200
    assert visitor.log_in("officer.moi", made).status_code == 303
    assert made not in admin.get("/admin/people/officer.moi").text
    with office.read() as uow:
        assert uow.people.by_login("officer.moi").title.en == "Chuyên viên mới"


def test_a_person_is_added_with_a_password_of_ones_choice(admin, visitor):
    admin.get("/admin/people/new")
    chosen = "mưa rào đầu mùa hạ 41"

    answer = admin.post("/admin/people/new", login="officer.moi", title_vi="Chuyên viên mới", password=chosen)

    assert (answer.status_code, answer.location) == (303, "/admin/people/officer.moi?done=added")
    assert "Đã thêm tài khoản" in admin.get(answer.location).text
    assert visitor.log_in("officer.moi", chosen).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("login", "officer.kt"),
        ("login", "Chuyên viên"),
        ("title_vi", ""),
        ("title_en", "a\u202eb"),
        ("password", "ngắn"),
    ],
)
def test_a_refused_account_keeps_what_was_typed_and_names_the_field(admin, office, field, value):
    admin.get("/admin/people/new")
    fields = {"login": "officer.moi", "title_vi": "Chuyên viên mới", "title_en": "New officer", "password": ""}

    answer = admin.post("/admin/people/new", **fields | {field: value})

    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert all(typed in answer.text for name, typed in fields.items() if name != field)
    assert 'value="ngắn"' not in answer.text
    with office.read() as uow:
        assert uow.people.by_login("officer.moi") is None


def test_a_new_password_replaces_the_old_one_and_ends_every_session(admin, client_of, visitor):
    officer = client_of("officer.kt")
    admin.get("/admin/people/officer.kt")

    answer = admin.post("/admin/people/officer.kt/password", password="")

    assert officer.get("/items").status_code == 401
    assert visitor.log_in("officer.kt").status_code == 401
    assert visitor.log_in("officer.kt", _SECRET.search(answer.text)[1]).status_code == 303


def test_a_password_that_is_too_short_is_refused(admin, visitor):
    admin.get("/admin/people/officer.kt")

    answer = admin.post("/admin/people/officer.kt/password", password="ngắn")

    assert answer.status_code == 422
    assert 'href="#field-password"' in answer.text
    assert visitor.log_in("officer.kt").status_code == 303


def test_a_locked_account_is_out_until_it_is_opened(admin, client_of, visitor):
    officer = client_of("officer.kt")
    admin.get("/admin/people/officer.kt")

    locked = admin.post("/admin/people/officer.kt/lock")

    assert locked.status_code == 303
    assert "Đã khóa tài khoản" in admin.get(locked.location).text
    assert officer.get("/items").status_code == 401
    assert visitor.log_in("officer.kt").status_code == 401
    assert admin.post("/admin/people/officer.kt/unlock").status_code == 303
    assert visitor.log_in("officer.kt").status_code == 303


def test_a_post_is_given_with_unit_and_areas_and_ended(admin, office):
    admin.get("/admin/people/officer.kt")

    given = admin.post(
        "/admin/people/officer.kt/posts", role="vice_chairman", unit="", areas=["the-che", "tai-chinh-cong"]
    )

    assert given.status_code == 303
    assert "vice_chairman" in actor(office, "officer.kt").roles
    assert actor(office, "officer.kt").areas == {"the-che", "tai-chinh-cong"}
    page = admin.get(given.location)
    assert "Đã giao chức danh" in page.text
    for path in _END.findall(page.text):
        assert admin.post(path).status_code == 303
    assert not actor(office, "officer.kt").roles
    assert "Chức danh đã giữ trước đây" in admin.get("/admin/people/officer.kt").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"role": "", "unit": "kt"}, "role"),
        ({"role": "system", "unit": "kt"}, "role"),
        ({"role": "officer", "unit": ""}, "unit"),
        ({"role": "officer", "unit": "kho-bac"}, "unit"),
        ({"role": "vice_chairman", "unit": "", "areas": "nong-nghiep"}, "areas"),
    ],
)
def test_a_post_that_cannot_be_is_refused_at_its_field(admin, office, typed, field):
    before = actor(office, "clerk").roles
    admin.get("/admin/people/clerk")

    answer = admin.post("/admin/people/clerk/posts", **typed)

    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert actor(office, "clerk").roles == before


def test_an_unknown_person_has_no_page(admin):
    assert admin.get("/admin/people/ai-do").status_code == 404
    admin.get("/admin/people")
    assert admin.post("/admin/people/ai-do/lock").status_code == 404
    assert admin.post("/admin/people/clerk/posts/khong-co/end").status_code == 404


# -- units, state -------------------------------------------------------------------------------------------------------


def test_units_and_areas_are_shown(admin):
    page = admin.get("/admin/units").text

    assert "Trung tâm Phục vụ Hành chính công" in page
    assert "Chuyển đổi số" in page


def test_the_state_of_the_office_tells_what_is_known(admin, office):
    before = admin.get("/admin").text
    with office.write() as uow:
        uow.settings.put(wiring.HEARTBEAT, "2026-06-01T00:45:00.000000Z")
        uow.messages.put("mail", {}, office.clock.now())
    after = admin.get("/admin").text

    assert "chưa ghi nhận" in before
    assert "phù hợp" in before
    assert "01/06/2026 07:45 (15 phút trước)" in after
    assert "cũ nhất từ 01/06/2026 08:00" in after


# -- workflows ----------------------------------------------------------------------------------------------------------


def test_a_clean_workflow_is_published_as_the_next_version(admin, office):
    admin.get("/admin/definitions")
    part = (io.BytesIO(next_version(source_of()).encode()), TASK)

    answer = admin.post("/admin/definitions", part=part, text="", act="publish")

    assert answer.status_code == 303
    assert f"phiên bản {NEWEST + 1} được áp dụng" in admin.get(answer.location).text
    assert office.editions.latest("task").version == NEWEST + 1
    assert 'href="/definitions/task/2"' in admin.get("/admin/definitions").text


def test_a_check_publishes_nothing(admin, office):
    admin.get("/admin/definitions")

    answer = admin.post("/admin/definitions", text=next_version(source_of()), act="check")

    assert answer.status_code == 200
    assert "Hệ thống chưa ban hành gì." in answer.text
    assert office.editions.latest("task").version == NEWEST


@pytest.mark.parametrize("act", ["publish", "check"])
def test_faults_are_told_in_the_readers_language_with_line_and_column(admin, office, act):
    admin.get("/admin/definitions")
    text = next_version(source_of()).replace("by: [chairman, vice_chairman, consolidator, clerk]", "by: [charman]")
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "charman" in words)

    answer = admin.post("/admin/definitions", text=text, act=act)

    assert answer.status_code == 422
    assert f"Dòng {line}, cột" in answer.text
    assert "Có phải ý bạn là “chairman”?" in answer.text
    assert "by: [charman]" in answer.text
    assert office.editions.latest("task").version == NEWEST


def test_a_changed_text_under_a_published_version_is_refused(admin):
    admin.get("/admin/definitions")

    answer = admin.post("/admin/definitions", text=source_of() + "\n# đổi\n", act="publish")

    assert answer.status_code == 422
    assert f"version: {NEWEST + 1}" in answer.text


def test_the_same_text_again_changes_nothing(admin):
    admin.get("/admin/definitions")
    part = (io.BytesIO(source_of().encode()), TASK)

    answer = admin.post("/admin/definitions", part=part, text="", act="publish")

    assert answer.status_code == 200
    assert "đã được ban hành trước đây" in answer.text


def test_nothing_sent_is_told(admin):
    admin.get("/admin/definitions")

    answer = admin.post("/admin/definitions", text=" ", act="publish")

    assert answer.status_code == 422
    assert 'href="#field-part"' in answer.text


def send_with_scenarios(admin, text, stories, act="publish"):
    admin.get("/admin/definitions")
    parts = {
        "part": (io.BytesIO(text.encode()), "leave.yaml"),
        "scenarios_part": (io.BytesIO(stories.encode()), "leave.scenarios.yaml"),
    }
    return admin.post("/admin/definitions", **parts, text="", scenarios="", act=act)


@pytest.mark.parametrize("act", ["publish", "check"])
def test_a_scenario_that_goes_otherwise_keeps_a_workflow_from_being_published(admin, office, act):
    stories = STORY.replace("expect: granted", "expect: refused")
    line = next(n for n, words in enumerate(stories.splitlines(), 1) if "expect: refused" in words)

    answer = send_with_scenarios(admin, LEAVE, stories, act)

    assert answer.status_code == 422
    assert f"Dòng {line}, cột" in answer.text
    assert "(tình huống kiểm thử)" in answer.text
    assert "expect: refused" in answer.text
    assert "leave" not in {one.workflow for one in office.editions.all_latest()}


def test_each_edition_keeps_the_scenarios_that_it_was_published_with(admin):
    assert send_with_scenarios(admin, LEAVE, STORY).status_code == 303

    assert send_with_scenarios(admin, next_version(LEAVE), STORY.replace("Việc nhà", "Việc riêng")).status_code == 303

    old, new = (admin.get(f"/definitions/leave/{version}").text for version in (1, 2))
    assert "Việc nhà" in old
    assert "Việc riêng" in new
    assert "Việc nhà" not in new


def test_the_last_administrator_can_neither_be_locked_nor_lose_his_post(admin, office):
    page = admin.get("/admin/people/admin")

    locked = admin.post("/admin/people/admin/lock")
    ended = admin.post(_END.search(page.text)[1])

    assert (locked.status_code, ended.status_code) == (422, 422)
    assert "Không còn ai khác quản trị hệ thống" in locked.text
    assert "Không còn ai khác quản trị hệ thống" in ended.text
    assert actor(office, "admin").roles == {"admin"}


def test_an_administrator_may_go_once_somebody_else_has_the_post(admin, office):
    admin.get("/admin/people/clerk")
    assert admin.post("/admin/people/clerk/posts", role="admin").status_code == 303

    assert admin.post("/admin/people/admin/lock").status_code == 303
    assert people.lock(office, HOUSE, "clerk").code == "last_administrator"
