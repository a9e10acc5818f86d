"""Notices: what happened, said to whom it concerns; the administrator sees what could not be said."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.calls import program
from tests.offices import new_task
from tests.web.conftest import set_clock
from web import wiring
from web.i18n import catalogue, speaking
from web.notices import SENTENCES, sentence
from workflow.outbox.inline import relay_inline
from workflow.persistence.notices import Notice

DEFINITIONS = Path(__file__).parents[2] / "definitions"


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def documented():
    """The names of the table of notices."""
    table = (DEFINITIONS / "README.md").read_text(encoding="utf-8").partition("## Notices")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "`" in line.split("|")[2]]
    return sorted({name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[2])} - {"template"})


def notice(template, at=None, **params):
    known = {"code": "NV-2026-0001", "title": "Rà soát thủ tục", "workflow": "task", "move": "plan"}
    return Notice("m", "p", "i", template, known | params, at)


@pytest.mark.parametrize("name", documented())
def test_every_documented_notice_has_its_sentence(name):
    assert SENTENCES[name] in catalogue("vi")


def test_this_installation_can_say_whatever_it_may_send():
    assert len(documented()) > 40
    assert set(SENTENCES) >= wiring.NOTICES


def test_a_notice_names_kind_and_title_in_both_languages(app, office):
    with app.app_context():
        definitions = {one.workflow: one for one in office.editions.all_latest()}
        with speaking("vi"):
            assert sentence(notice("verified"), definitions) == (
                "Nhiệm vụ “Rà soát thủ tục” đã được xác nhận hoàn thành."
            )
        with speaking("en"):
            assert sentence(notice("verified"), definitions) == "Task “Rà soát thủ tục” has been verified as complete."


def test_a_workflows_own_notice_speaks_the_words_of_its_step(app, office):
    with app.app_context(), speaking("vi"):
        definitions = {one.workflow: one for one in office.editions.all_latest()}
        assert sentence(notice("own"), definitions) == "Nhiệm vụ “Rà soát thủ tục”: Trình kế hoạch khắc phục."
        assert sentence(notice("own_proposed"), definitions) == (
            "Nhiệm vụ “Rà soát thủ tục” có đề nghị chờ bạn cho ý kiến: Trình kế hoạch khắc phục."
        )
        assert "NV-2026-0001" in sentence(notice("own", title="", workflow="gone"), definitions)


@pytest.fixture
def told(office):
    """The codes of two tasks whose unit has been told."""
    codes = [new_task(office), new_task(office, title="<b>Rà soát</b>")]
    relay_inline(office)
    return codes


def test_a_person_reads_what_he_was_told_and_nobody_else_does(client_of, told):
    page = client_of("head.kt").get("/notices")

    assert "Nhiệm vụ “Công khai ngân sách quý III” đã được giao; đề nghị tiếp nhận và thực hiện." in words(page)
    assert all(f'href="/items/{code}"' in page.text for code in told)
    assert "<b>Rà soát" not in page.text
    assert "tiếp nhận và thực hiện. Chưa đọc Phòng Kinh tế" in words(page)
    assert page.text.index(told[1]) < page.text.index(told[0])
    assert "Bạn chưa có thông báo nào." in words(client_of("head.snc").get("/notices"))


def test_the_head_of_every_page_counts_what_is_unread_until_it_is_marked(client_of, told):
    head = client_of("head.kt")
    assert "Thông báo 2 chưa đọc" in words(head.get("/help"))
    page = head.get("/notices")
    shown = re.findall(r'name="message" value="([^"]+)"', page.text)

    assert head.post("/notices", message=shown[:1]).status_code == 303
    assert "Thông báo 1 chưa đọc" in words(head.get("/help"))
    assert head.post("/notices", message=shown).status_code == 303

    page = head.get("/notices")
    assert "chưa đọc" not in words(page)
    assert "Đánh dấu đã đọc" not in words(page)
    assert all(code in page.text for code in told)


@pytest.mark.usefixtures("told")
def test_looking_at_notices_marks_none_and_nobody_marks_anothers(client_of):
    head = client_of("head.kt")
    shown = re.findall(r'name="message" value="([^"]+)"', head.get("/notices").text)
    other = client_of("head.snc")
    other.get("/notices")

    assert other.post("/notices", message=[*shown, "x\0"]).status_code == 303

    assert "Thông báo 2 chưa đọc" in words(head.get("/notices"))


def test_older_notices_follow_on_the_next_page(client_of, monkeypatch, told):
    monkeypatch.setattr("web.pages.notices._PAGE", 1)
    head = client_of("head.kt")

    first = head.get("/notices")
    following = unescape(re.search(r'rel="next" href="([^"]+)"', first.text)[1])
    second = head.get(following)

    assert (told[1] in first.text, told[0] in first.text) == (True, False)
    assert (told[1] in second.text, told[0] in second.text) == (False, True)
    assert 'rel="next"' not in second.text
    assert told[1] in head.get("/notices?cursor=%00").text


def test_a_round_of_the_clock_tells_what_waits_to_be_told(client_of, office):
    new_task(office)

    assert wiring.one_round(office) is not None

    assert "1 chưa đọc" in words(client_of("head.kt").get("/help"))


# -- the call -----------------------------------------------------------------------------------------------------------


def test_a_program_reads_its_own_notices_by_page(app, told):
    head = program(app, "head.kt")

    first = head.get("/notices?limit=1").json
    second = head.get(f"/notices?limit=1&cursor={first['next']}").json

    assert set(first["items"][0]) == {"id", "item", "template", "at", "read_at"}
    assert (first["items"][0]["template"], first["items"][0]["read_at"]) == ("assigned", None)
    assert head.get(f"/items/{first['items'][0]['item']}").json["code"] == told[1]
    assert first["next"] == first["items"][0]["id"]
    assert (len(second["items"]), second["next"]) == (1, None)
    assert program(app, "head.snc").get("/notices").json == {"items": [], "next": None}


@pytest.mark.usefixtures("told")
def test_anothers_notice_is_no_place_to_go_on_from(app):
    cursor = program(app, "head.kt").get("/notices?limit=1").json["next"]

    assert program(app, "head.snc").get(f"/notices?cursor={cursor}").status_code == 422


# -- messages that were given up ----------------------------------------------------------------------------------------


@pytest.fixture
def given_up(office):
    """The id of a message that nothing here takes."""
    code = new_task(office)
    with office.write() as uow:
        item = uow.items.get(code).item.id
        payload = {"item": item, "move": "assign", "name": "to_the_province", "roles": []}
        found = uow.messages.put("webhook", payload, office.clock.now())
    relay_inline(office)
    return found


@pytest.mark.usefixtures("given_up")
def test_the_administrator_sees_what_was_given_up_and_why(client_of):
    admin = client_of("admin")

    page = words(admin.get("/admin/messages"))

    assert "to_the_province gửi sang hệ thống khác, về NV-2026-0001" in page
    assert "nothing in this installation takes a webhook" in page
    assert "/admin/messages" in admin.get("/admin").text
    assert client_of("chairman").get("/admin/messages").status_code == 403


def test_he_lets_it_be_tried_again(client_of, app, office, given_up):
    admin = client_of("admin")
    admin.get("/admin/messages")

    answer = admin.post(f"/admin/messages/{given_up}/retry")

    assert "Thông báo sẽ được gửi lại." in words(admin.get(answer.location))
    assert "to_the_province" not in words(admin.get("/admin/messages"))
    set_clock(app, office.clock.now() + timedelta(minutes=1))
    relay_inline(app.extensions["office"])
    assert "to_the_province" in words(admin.get("/admin/messages"))


def test_he_discards_it_once(client_of, office, given_up):
    admin = client_of("admin")
    admin.get("/admin/messages")

    assert admin.post(f"/admin/messages/{given_up}/discard").status_code == 303

    assert "Không có thông báo nào không gửi được." in words(admin.get("/admin/messages"))
    assert admin.post(f"/admin/messages/{given_up}/discard").status_code == 404
    with office.read() as uow:
        assert uow.messages.get(given_up) is None


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_nobody_but_the_administrator_does_either(client_of, office, given_up, act):
    chairman = client_of("chairman")
    chairman.get("/help")

    assert chairman.post(f"/admin/messages/{given_up}/{act}").status_code == 403

    with office.read() as uow:
        assert uow.messages.get(given_up).status == "buried"
