"""Erasing a private text on pages, by calls and by commands: who sees what of it, and what the history shows afterwards."""

import json
import re
import shutil
from html import unescape

import pytest
from click.testing import CliRunner

from tests.calls import program
from tests.databases import Database
from tests.offices import caller, new_task, office_over
from tests.web.test_item_pages import chairman, code, make  # noqa: F401  fixtures
from web.cli import dondoc
from workflow.outbox.inline import relay_inline
from workflow.persistence import open_engine, open_owner_engine
from workflow.services.items import comment

SECRET = "Bà Nguyễn Thị Hạnh ở ngõ 12 bị bệnh tim, số điện thoại 0912345678"
GROUND = "Luật 91/2025/QH15, Điều 14"


@pytest.fixture
def commented(office, chairman, code):  # noqa: F811
    """The code of a task to which somebody's illness was written."""
    make(chairman, code, "assign")
    comment(office, caller(office, "chairman"), code, SECRET)
    return code


@pytest.fixture
def asked(client_of, commented):
    admin = client_of("admin")
    page = admin.get(f"/admin/redactions?code={commented}")
    text = re.search(r"text=([0-9]+\.comment)", page.text)[1]
    admin.get(f"/admin/redactions?code={commented}&text={text}")
    assert admin.post("/admin/redactions", code=commented, text=text, ground=GROUND).status_code == 303
    return commented


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def wish_of(visitor):
    return re.search(r'href="(/redactions/[^"]+)"', visitor.get("/").text)[1]


def test_the_administrator_sees_where_a_text_lies_and_nothing_of_it(client_of, commented):
    page = client_of("admin").get(f"/admin/redactions?code={commented}")

    assert page.status_code == 200
    assert "Yêu cầu xóa nội dung" in words(page)
    assert "Hạnh" not in unescape(page.text)
    assert "Công khai ngân sách" not in page.text


def test_a_code_that_does_not_exist_is_said_beside_the_field(client_of):
    page = client_of("admin").get("/admin/redactions?code=NV-1999-0001")

    assert page.status_code == 404
    assert "Không có việc nào mang mã số “NV-1999-0001”." in words(page)


def test_a_request_needs_its_legal_ground(client_of, commented):
    admin = client_of("admin")
    text = re.search(r"text=([0-9]+\.comment)", admin.get(f"/admin/redactions?code={commented}").text)[1]

    page = admin.post("/admin/redactions", code=commented, text=text, ground=" ")

    assert page.status_code == 422
    assert "Đề nghị nêu căn cứ pháp lý." in words(page)


def test_the_chairman_reads_it_decides_and_the_history_says_on_which_ground_it_is_gone(client_of, asked):
    decider = client_of("chairman")
    assert "Chờ quyết định: xóa nội dung riêng tư" in words(decider.get("/"))
    address = wish_of(decider)
    assert SECRET in unescape(decider.get(address).text)

    done = decider.post(address, decision="grant", note="")

    assert done.status_code == 303
    assert "Đã xóa nội dung." in words(decider.get(f"{address}?done=granted"))
    for page in (f"/items/{asked}", f"/items/{asked}/history", address):
        assert "Hạnh" not in unescape(decider.get(page).text), page
    assert f"[đã xóa theo {GROUND}]" in words(decider.get(f"/items/{asked}/history"))
    assert "đã xóa" in words(client_of("admin").get("/admin/redactions"))


def test_a_refusal_needs_its_words_and_leaves_the_text(client_of, asked):
    decider = client_of("chairman")
    address = wish_of(decider)
    decider.get(address)

    assert decider.post(address, decision="refuse", note="").status_code == 422
    assert decider.post(address, decision="refuse", note="Còn thời hạn lưu trữ").status_code == 303

    assert SECRET in unescape(decider.get(f"/items/{asked}/history").text)
    assert "Còn thời hạn lưu trữ" in words(client_of("admin").get("/admin/redactions"))


@pytest.mark.parametrize("login", ["admin", "vice", "head.kt", "auditor", "clerk"])
def test_the_page_of_the_decision_is_the_chairmans(client_of, asked, login):  # noqa: ARG001  it must be asked
    address = wish_of(client_of("chairman"))

    assert client_of(login).get(address).status_code == 404


def test_only_the_administrator_may_ask(client_of):
    assert client_of("chairman").get("/admin/redactions").status_code == 403


def test_the_chairman_is_told_and_the_administrator_hears_of_the_decision(client_of, office, asked):  # noqa: ARG001
    relay_inline(office)
    decider = client_of("chairman")
    assert "quản trị viên trình bạn xóa một nội dung riêng tư" in words(decider.get("/notices"))
    address = wish_of(decider)
    decider.get(address)
    decider.post(address, decision="grant", note="")

    relay_inline(office)

    assert "Chủ tịch đã chấp thuận xóa một nội dung riêng tư" in words(client_of("admin").get("/notices"))


def test_the_same_by_calls(app, office):
    code_ = new_task(office)
    comment(office, caller(office, "chairman"), code_, SECRET)
    admin, decider, head = (program(app, login) for login in ("admin", "chairman", "head.kt"))
    entry = next(one for one in decider.get(f"/items/{code_}/history").json["items"] if one["type"] == "comment")
    wanted = {"item": code_, "n": entry["n"], "field": "comment", "ground": GROUND}

    assert head.post("/redactions", wanted).status_code == 403
    made = admin.post("/redactions", wanted)
    assert made.status_code == 201, made.text
    ref = made.json["id"]
    assert admin.post("/redactions", wanted).status_code == 409
    assert admin.get(f"/redactions/{ref}").status_code == 404
    assert head.post(f"/redactions/{ref}/decision", {"decision": "grant"}).status_code == 404
    assert decider.post(f"/redactions/{ref}/decision", {"decision": "refuse"}).status_code == 422
    done = decider.post(f"/redactions/{ref}/decision", {"decision": "grant"})

    assert done.status_code == 200
    assert done.json["outcome"] == "granted"
    assert done.json["erased_at"] is not None
    assert admin.get("/redactions").json["items"][0]["id"] == ref
    assert "Hạnh" not in decider.get(f"/items/{code_}/history").text


def sqlite_office(data):
    url = f"sqlite:///{data}/dondoc.sqlite"
    return Database("sqlite", url, url, data, open_engine(url), open_owner_engine(url))


def run(data, *said, code=0):  # noqa: F811  the exit code
    done = CliRunner(env={"DONDOC_LANG": "en"}).invoke(dondoc, [*said, "--data", str(data)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_the_same_by_commands(furnished, tmp_path):
    data = shutil.copytree(furnished, tmp_path / "data")
    office_ = office_over(sqlite_office(data))
    code_ = new_task(office_)
    comment(office_, caller(office_, "chairman"), code_, SECRET)
    found = json.loads(run(data, "redact", "find", code_, "--as", "admin", "--json"))["texts"]
    n, field = next((one["n"], one["field"]) for one in found)

    asked_ = run(data, "redact", "ask", code_, str(n), field, "--ground", GROUND, "--as", "admin")
    ref = asked_.split(":")[1].strip()
    run(data, "redact", "refuse", ref, "--note", "x", "--as", "admin", code=7)
    assert "has been erased" in run(data, "redact", "grant", ref, "--as", "chairman")

    listed = json.loads(run(data, "redact", "list", "--as", "admin", "--json"))["items"]
    assert listed[0]["erased_at"] is not None
    assert json.loads(run(data, "audit", "replay", "--json"))["ok"]
    assert GROUND in (data / "redactions.ndjson").read_text(encoding="utf-8")
    assert "0 requests" in run(data, "redact", "carry-out")
