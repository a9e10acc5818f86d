"""The administrator writes a workflow in the browser: what is wrong stands beside it, nothing typed is lost, items are safe."""

import re
from html import unescape
from pathlib import Path

import pytest

from tests.offices import shipped
from tests.web.test_item_pages import chairman, code, make  # noqa: F401  fixtures
from workflow.catalog.blank import BLANK

DEFINITIONS = Path(__file__).parent.parent / "definitions"
LEAVE = (DEFINITIONS / "leave.yaml").read_text(encoding="utf-8")
NEWEST = shipped().workflows["task"].definition.version
STORY = """\
- name: {vi: "Được nghỉ", en: "Granted"}
  today: "2026-06-10"
  people: {an: {unit: kt, roles: [officer]}, chi: {unit: kt, roles: [unit_head]}}
  create: {by: an, unit: kt, fields: {title: "Nghỉ phép", first_day: "2026-06-15", last_day: "2026-06-16", reason: "Việc nhà"}}
  steps:
    - {as: an, do: grant, with: {days: "2"}, refused: [not_permitted]}
    - {as: chi, do: grant, with: {days: "2"}, expect: granted}
"""


@pytest.fixture
def admin(client_of):
    return client_of("admin")


def send(visitor, address, text, scenarios="", act="check", **headers):
    data = {"csrf_token": visitor.token, "text": text, "scenarios": scenarios, "act": act}
    return visitor._read(visitor.client.post(address, data=data, headers=headers, content_type="multipart/form-data"))


def written(answer, name="text"):
    return unescape(re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)[1])


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_the_next_edition_begins_with_the_newest_under_the_next_number(admin):
    page = admin.get("/definitions/task/edit")

    assert page.status_code == 200
    assert re.search(rf"^version: {NEWEST + 1}$", written(page), re.MULTILINE)
    assert "Không có gì cản trở việc ban hành." in page.text
    assert "Sơ đồ trạng thái: Nhiệm vụ" in page.text


def test_a_new_workflow_begins_with_a_blank_that_passes_every_check(admin):
    page = admin.get("/definitions/new")

    assert written(page) == BLANK
    assert "Không có gì cản trở việc ban hành." in page.text


@pytest.mark.parametrize("login", ["chairman", "officer.kt", "auditor"])
@pytest.mark.parametrize("address", ["/definitions/new", "/definitions/task/edit"])
def test_only_the_administrator_writes_workflows(client_of, login, address):
    visitor = client_of(login)

    assert visitor.get(address).status_code == 403
    assert send(visitor, address, LEAVE, act="publish").status_code == 403


def test_a_fault_is_told_with_its_place_and_cannot_be_published(admin):
    admin.get("/definitions/new")
    text = LEAVE.replace("waits_on: unit_head", "waits_on: unit_haed")

    page = send(admin, "/definitions/new", text)

    line = next(n for n, one in enumerate(text.split("\n"), 1) if "unit_haed" in one)
    assert f'data-line="{line}"' in page.text
    assert "“unit_head”" in words(page)
    assert 'value="publish"' not in page.text
    refused = send(admin, "/definitions/new", text, act="publish")
    assert refused.status_code == 422
    assert written(refused) == text


def test_while_typing_only_what_the_check_says_is_sent_back(admin):
    admin.get("/definitions/new")

    part = send(admin, "/definitions/new", LEAVE, **{"HX-Request": "true"})

    assert "<html" not in part.text
    assert "<svg" in part.text
    assert 'value="publish"' in part.text


def test_text_that_cannot_even_be_read_is_kept_as_it_was_typed(admin):
    admin.get("/definitions/new")
    text = "format: 1\n  <b>: [\n\tlỗi"

    page = send(admin, "/definitions/new", text)

    assert page.status_code == 200
    assert written(page) == text
    assert "Còn" in page.text


def test_a_text_beyond_the_bound_is_one_clear_finding_and_is_kept(admin):
    admin.get("/definitions/new")
    text = LEAVE + "# " + "đ" * 140_000

    page = send(admin, "/definitions/new", text)

    assert page.status_code == 200
    assert "L02" in page.text
    assert written(page) == text


def test_a_draft_waits_for_its_writer_and_for_nobody_else(admin, client_of):
    admin.get("/definitions/task/edit")
    send(admin, "/definitions/task/edit", "format: 1\n# còn dở", "- name: dở")

    again = client_of("admin").get("/definitions/task/edit")

    assert written(again) == "format: 1\n# còn dở"
    assert written(again, "scenarios") == "- name: dở"
    again = send(admin, "/definitions/task/edit", "", act="discard")
    assert again.status_code == 303
    assert re.search(rf"^version: {NEWEST + 1}$", written(admin.get("/definitions/task/edit")), re.MULTILINE)


def test_what_browsers_do_to_line_ends_does_not_change_the_file(admin, office):
    admin.get("/definitions/new")

    answer = send(admin, "/definitions/new", LEAVE.replace("\n", "\r\n"), act="publish")

    assert answer.status_code == 303
    with office.read() as uow:
        assert uow.definitions.get("leave", 1).text == LEAVE.encode()


def test_what_is_published_can_be_used_at_once(admin, client_of):
    admin.get("/definitions/new")

    answer = send(admin, "/definitions/new", LEAVE, STORY, act="publish")

    assert answer.location == "/definitions/leave/1?done=published"
    assert "Đã ban hành: Đơn xin nghỉ phép, phiên bản 1." in words(admin.get(answer.location))
    assert client_of("officer.kt").get("/items/new?workflow=leave").status_code == 200
    following = admin.get("/definitions/leave/edit")
    assert written(following, "scenarios") == STORY
    assert "version: 2" in written(following)


def test_a_story_that_goes_otherwise_stops_publishing(admin):
    admin.get("/definitions/new")
    wrong = STORY.replace("expect: granted", "expect: taken")

    page = send(admin, "/definitions/new", LEAVE, wrong, act="publish")

    assert page.status_code == 422
    assert "L37" in page.text
    assert 'href="#field-scenarios"' in page.text


def test_a_text_of_another_workflow_is_refused_on_this_ones_page(admin):
    admin.get("/definitions/task/edit")

    page = send(admin, "/definitions/task/edit", LEAVE, act="publish")

    assert page.status_code == 422
    assert "tên này không đổi được" in page.text


def test_an_edition_with_its_old_number_and_another_content_is_refused(admin):
    text = written(admin.get("/definitions/task/edit")).replace(f"version: {NEWEST + 1}", f"version: {NEWEST}")

    page = send(admin, "/definitions/task/edit", text + "# khác\n", act="publish")

    assert page.status_code == 422
    assert "L30" in page.text


def test_open_items_keep_their_edition_and_the_writer_sees_where_they_would_stand(admin, office, chairman, code):  # noqa: F811
    text = written(admin.get("/definitions/task/edit"))
    page = send(admin, "/definitions/task/edit", text)
    assert "Ban hành không làm thay đổi việc đang mở" in page.text
    assert "Dự thảo giao việc" in words(page)

    assert send(admin, "/definitions/task/edit", text, act="publish").status_code == 303

    assert make(chairman, code, "assign").status_code == 303
    with office.read() as uow:
        assert uow.items.get(code).item.version == NEWEST


def test_publishing_is_on_record_with_who_did_it(admin, office):
    admin.get("/definitions/new")
    send(admin, "/definitions/new", LEAVE, act="publish")

    with office.read() as uow:
        entries = [entry for entry in uow.audit.entries_by_stream() if entry.stream == "definition/leave"]
    assert len(entries) == 1


def test_what_differs_from_the_edition_before_is_told_in_words(admin):
    text = written(admin.get("/definitions/task/edit")).replace("Tiếp nhận và thực hiện", "Nhận việc")

    page = send(admin, "/definitions/task/edit", text)

    assert "Tiếp nhận và thực hiện → Nhận việc" in words(page)
