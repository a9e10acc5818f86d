"""A workflow of another trade: written in the browser, published, and run to its end there. No line of Python knows of it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

DEFINITIONS = Path(__file__).parent.parent / "definitions"
PURCHASE = (DEFINITIONS / "purchase.yaml").read_text(encoding="utf-8")
STORIES = (DEFINITIONS / "purchase.scenarios.yaml").read_text(encoding="utf-8")
CLEAN = "Không có gì cản trở việc ban hành."


def write(admin, text: str) -> None:
    admin.page.locator("#field-text").fill(text)


def publish(admin) -> None:
    """The administrator writes the purchase with a slip, is led to it, puts it right, and publishes."""
    admin.go("/definitions/new")
    examined = admin.page.locator("#examined")
    expect(examined).to_contain_text(CLEAN)

    write(admin, PURCHASE.replace("waits_on: clerk", "waits_on: clerc"))
    expect(examined).to_contain_text("“clerc”")
    assert admin.page.get_by_role("button", name="Ban hành", exact=True).count() == 0
    examined.get_by_role("link", name=re.compile("^Dòng")).first.click()
    assert admin.page.evaluate(
        "(() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd) })()"
    ).startswith("clerc")

    write(admin, PURCHASE)
    admin.page.locator("summary", has_text="Tình huống kiểm thử").click()
    admin.page.locator("#field-scenarios").fill(STORIES.replace("expect: paid", "expect: received"))
    expect(examined).to_contain_text("L37")
    admin.page.locator("#field-scenarios").fill(STORIES)
    expect(examined).to_contain_text(CLEAN)
    expect(examined.locator("svg.sd-wide")).to_contain_text("Đã thanh toán")
    admin.press("Ban hành")
    expect(admin.page.get_by_role("status").first).to_contain_text("Đã ban hành: Đề nghị mua sắm, phiên bản 1.")


def ask(officer, amount: str) -> str:
    officer.go("/items/new?workflow=purchase")
    officer.type(unit="Phòng Văn hóa - Xã hội", title="Máy chủ", amount=amount, purpose="Thay máy hỏng")
    officer.press("Tạo")
    return re.search(r"/items/([^?]+)", officer.page.url)[1]


def approve(voter, code: str) -> None:
    voter.go(f"/items/{code}/moves/approve_large?act=vote")
    voter.press("Phê duyệt")


def state(window):
    return window.page.locator("h1 + div .chip").first


def test_a_purchase_is_written_published_and_run_to_its_end(seated):
    publish(seated("admin"))

    officer = seated("officer.vhxh")
    code = ask(officer, "120000000")
    assert code.startswith("MS-")
    officer.go(f"/items/{code}")
    expect(officer.page.locator("section[aria-labelledby=h-blocked]")).to_contain_text(
        "Trên 50 triệu đồng phải lấy ý kiến ba người."
    )

    officer.follow("Trình duyệt mua (trên 50 triệu)")
    ahead = officer.page.locator("#ahead")
    expect(ahead).to_contain_text("Còn phải làm: ")
    officer.type(supplier="Công ty B")
    expect(ahead).not_to_contain_text("Còn phải làm: ")
    waits = ahead.locator("dt", has_text="Sẽ chờ").locator("+ dd")
    expect(waits).to_have_text("Chủ tịch UBND xã hoặc Chánh Văn phòng HĐND - UBND")
    officer.press("Trình duyệt mua (trên 50 triệu)")

    # Of the same unit as who asks: he is one of the three, but not for this one.
    colleague = seated("consolidator")
    colleague.go(f"/items/{code}")
    expect(colleague.page.locator("section[aria-labelledby=h-blocked]")).to_contain_text(
        "Người có thể thực hiện thay: "
    )
    chief, chairman = seated("head.vp"), seated("chairman")
    approve(chief, code)
    expect(state(chief)).to_have_text(re.compile("Đang lập đề nghị"))
    approve(chairman, code)
    expect(state(chairman)).to_have_text(re.compile("Đã duyệt mua"))

    officer.go(f"/items/{code}")
    officer.follow("Xác nhận đã nhận hàng")
    officer.press("Xác nhận đã nhận hàng")
    clerk = seated("clerk")
    clerk.go("/")
    clerk.follow("Thanh toán")
    clerk.type(invoice="0000123")
    clerk.press("Thanh toán")
    expect(state(clerk)).to_have_text(re.compile("Đã thanh toán"))

    auditor = seated("auditor")
    auditor.go(f"/items/{code}/history")
    told = [part.split("\n")[0] for part in auditor.page.locator(".timeline > li").all_inner_texts()]
    assert told == [
        "Thanh toán: Đã nhận hàng – Đã thanh toán",
        "Xác nhận đã nhận hàng: Đã duyệt mua – Đã nhận hàng",
        "Phê duyệt: Trình duyệt mua (trên 50 triệu)",
        "Phê duyệt: Trình duyệt mua (trên 50 triệu)",
        "Trình: Trình duyệt mua (trên 50 triệu)",
        "Tạo mới",
    ]
    for window in (officer, colleague, chief, chairman, clerk, auditor):
        assert window.faults == []
