"""The two pages of an override: the administrator's, without a word of the item's content, and the chairman's."""

import re
from html import unescape

import pytest

from tests.web.test_item_pages import chairman, code, make  # noqa: F401  fixtures
from workflow.outbox.inline import relay_inline

WHY = "Giao nhầm, không bước nào đưa về được"


@pytest.fixture
def asked(client_of, chairman, code):  # noqa: F811
    make(chairman, code, "assign")
    admin = client_of("admin")
    admin.get(f"/admin/overrides?code={code}")
    assert admin.post("/admin/overrides", code=code, target="verified", reason=WHY).status_code == 303
    return code


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def wish_of(visitor):
    return re.search(r'href="(/overrides/[^"]+)"', visitor.get("/").text)[1]


def test_the_administrator_sees_code_and_state_only(client_of, code):  # noqa: F811
    page = client_of("admin").get(f"/admin/overrides?code={code}")

    assert page.status_code == 200
    assert "Dự thảo giao việc" in words(page)
    assert "Công khai ngân sách" not in page.text


def test_a_code_that_does_not_exist_is_said_beside_the_field(client_of):
    page = client_of("admin").get("/admin/overrides?code=NV-1999-0001")

    assert page.status_code == 404
    assert "Không có việc nào mang mã số “NV-1999-0001”." in words(page)


def test_what_is_missing_is_said_and_what_was_typed_is_kept(client_of, code):  # noqa: F811
    admin = client_of("admin")
    admin.get(f"/admin/overrides?code={code}")

    page = admin.post("/admin/overrides", code=code, target="", reason=WHY)

    assert page.status_code == 422
    assert "Hãy chọn trạng thái." in words(page)
    assert WHY in unescape(page.text)


def test_it_waits_in_the_chairmans_inbox_and_is_done_in_his_name(client_of, asked):
    chairman_ = client_of("chairman")
    inbox = chairman_.get("/")
    assert "Chờ bạn quyết định: can thiệp ngoài quy trình" in words(inbox)
    address = wish_of(chairman_)
    page = chairman_.get(address)
    assert WHY in unescape(page.text)

    done = chairman_.post(address, decision="grant", note="")

    assert done.status_code == 303
    story = chairman_.get(f"/items/{asked}")
    assert "Can thiệp ngoài quy trình: từ “Đã giao” sang “Đã xác nhận hoàn thành”" in words(story)
    assert 'class="alarm"' in story.text
    assert "can thiệp ngoài quy trình" not in words(chairman_.get("/")).lower()
    assert "chấp thuận" in words(client_of("admin").get("/admin/overrides"))


def test_a_refusal_needs_words_and_tells_the_administrator(client_of, asked):
    chairman_ = client_of("chairman")
    address = wish_of(chairman_)
    chairman_.get(address)

    bare = chairman_.post(address, decision="refuse", note="")
    assert bare.status_code == 422
    assert "Hãy nêu lý do." in words(bare)
    assert chairman_.post(address, decision="refuse", note="Hãy thu hồi rồi giao lại").status_code == 303

    assert "Hãy thu hồi rồi giao lại" in words(client_of("admin").get("/admin/overrides"))
    assert asked


@pytest.mark.parametrize("login", ["vice", "head.kt", "admin", "auditor"])
def test_nobody_else_reaches_the_decision(client_of, asked, login):
    address = wish_of(client_of("chairman"))
    visitor = client_of(login)

    assert visitor.get(address).status_code == 404
    assert visitor.post(address, decision="grant", note="x").status_code == 404
    assert asked


@pytest.mark.parametrize("login", ["chairman", "clerk"])
def test_nobody_but_the_administrator_asks(client_of, code, login):  # noqa: F811
    visitor = client_of(login)

    assert visitor.get(f"/admin/overrides?code={code}").status_code == 403
    assert visitor.post("/admin/overrides", code=code, target="verified", reason=WHY).status_code == 403


def test_its_notices_lead_the_chairman_to_the_wish_and_the_administrator_to_the_outcome(client_of, office, asked):
    relay_inline(office)
    chairman_, admin = client_of("chairman"), client_of("admin")
    address = wish_of(chairman_)

    assert f'href="{address}"' in chairman_.get("/notices").text
    chairman_.get(address)
    chairman_.post(address, decision="refuse", note="Hãy thu hồi rồi giao lại")
    relay_inline(office)

    page = admin.get("/notices")
    assert f"Nhiệm vụ “{asked}”: Chủ tịch không chấp thuận chuyển trạng thái ngoài quy trình." in words(page)
    assert f'href="/admin/overrides">{asked}' in page.text
    assert chairman_.get(address).status_code == 200
