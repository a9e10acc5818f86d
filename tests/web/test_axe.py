"""Every page, wide and narrow: nothing that axe objects to, no complaint in the console, nothing that scrolls sideways."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browsing import NARROW, NARROWEST, WIDE, Window
from tests.web.conftest import settings_of
from web import create_app

_AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
_RUN = """async () => (await axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations.map((found) => found.id + ": " + found.help + "\\n" + found.nodes.map((node) => "    " + node.html).join("\\n"))"""
_WIDER = """() => [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1 && !part.closest(".drawing, .visually-hidden, .skip"))
    .slice(0, 5).map((part) => part.outerHTML.slice(0, 160))"""

# In the demonstration office: late, with a plan that waits for the chairman; late without any; under way; under a plan.
LATE_WITH_PLAN, LATE, UNDER_WAY, REMEDY = "NV-2026-0035", "NV-2026-0039", "NV-2026-0005", "NV-2026-0027"


def _failed_login(at: Window) -> None:
    at.go("/login")
    at.sign_in("head.kt", "không phải mật khẩu này")


def _refused_move(at: Window) -> None:
    at.go(f"/items/{LATE}/moves/plan")
    at.page.locator("#field-plan_note").fill("Bố trí thêm người")
    at.page.locator("#field-plan_due_on").fill("30/02/2026")
    at.page.locator("main form button").first.click()
    at.page.locator(".error-summary").wait_for()


def _conflict(at: Window) -> None:
    at.go(f"/items/{REMEDY}/moves/progress")
    at.page.locator("#field-progress").fill("55")
    at.page.locator("#field-result_note").fill("Đã làm thêm phần của tôi")
    at.page.evaluate("document.querySelector('[name=seen]').value = '1'")
    at.page.locator("main form button").first.click()
    at.page.locator("#h-conflict").wait_for()


def _odd_figure(at: Window) -> None:
    at.go("/items?workflow=report&unit=hcc")
    with at.page.expect_navigation():
        at.page.locator("main tbody a", has_text="quý IV").first.click()
    at.go(at.page.url.removeprefix(at.address).partition("?")[0] + "/moves/draft")
    at.page.locator("#figure-hs-dung-han-numerator").fill("11")
    at.page.locator("#figure-hs-dung-han-denominator").fill("10")
    at.page.locator("main form button").first.click()
    at.page.locator(".error-summary").wait_for()


def _report(at: Window) -> None:
    """A report that carries figures."""
    at.go("/items?workflow=report&unit=hcc&closed=true")
    with at.page.expect_navigation():
        at.page.locator("main tbody a", has_text="quý III").first.click()
    at.page.locator("#h-figures-1").wait_for()


def _open_draft(at: Window) -> None:
    """The form of a report with all that it can unfold, and with the word that it is kept."""
    at.go("/items?workflow=report&unit=kt")
    with at.page.expect_navigation():
        at.page.locator("main tbody a", has_text="quý IV").first.click()
    at.go(at.page.url.removeprefix(at.address).partition("?")[0] + "/moves/draft")
    at.page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    at.page.locator("#figure-giai-ngan-numerator").fill("1")
    at.page.locator("#kept .alert").wait_for()


def _saved_draft(at: Window) -> None:
    at.go(f"/items/{REMEDY}/moves/complete")
    at.page.locator("#field-result_note").fill("Bản nháp của tôi")
    at.page.locator("button[name=draft]").click()
    at.page.locator(".alert-success").wait_for()


def _odd_day(at: Window) -> None:
    at.go("/admin/calendars/vn-commune?year=2026")
    at.page.locator("#field-date").fill("30/02/2026")
    at.page.locator("section[aria-labelledby=h-enter] button").click()
    at.page.locator(".error-summary").wait_for()


def _refused_creation(at: Window) -> None:
    at.go("/items/new?workflow=task")
    at.page.locator("main form button").first.click()
    at.page.locator(".error-summary").wait_for()


def _bulk_review(at: Window) -> None:
    at.go("/")
    at.page.locator("input[name=id]").first.check()
    at.page.locator("button[name=move]").first.click()
    at.page.locator("input[name=item]").wait_for(state="attached")


def _many_under_way(at: Window) -> None:
    """More than are done at once become a job; the same row will do for all of them."""
    _bulk_review(at)
    at.page.locator("input[name=item]").first.evaluate(
        "row => { for (let n = 0; n < 60; n += 1) row.after(row.cloneNode()); }"
    )
    with at.page.expect_navigation(url="**/jobs/*"):
        at.page.locator("main form button").first.click()


def _nothing_ticked(at: Window) -> None:
    at.go("/")
    at.page.locator("button[name=move]").first.click()
    at.page.locator("h1").wait_for()


def _too_late(at: Window) -> None:
    """Somebody whose session is over sends a form; what it held is carried along."""
    at.log_in("deputy.vhxh")
    at.go(f"/items/{LATE}/moves/dispatch")
    at.page.context.clear_cookies()
    at.page.locator("#field-comment").fill("Đang bận việc khác")
    at.page.locator("main form button").first.click()
    at.page.locator("#field-login").wait_for()


def _resume(at: Window) -> None:
    _too_late(at)
    at.sign_in("deputy.vhxh")


def _paste(at: Window, text: str) -> None:
    at.go("/directives/new")
    at.page.locator("#field-text").fill(text)
    with at.page.expect_navigation():
        at.page.locator("main form button").first.click()


def _proposal(at: Window) -> None:
    _paste(at, "Kính gửi: Phòng Kinh tế\n\n1. Phòng Kinh tế\n\n- Rà soát thủ tục, báo cáo trước ngày 30/12/2026.\n")
    for order in at.page.locator("main details").all():
        order.evaluate("order => { order.open = true; }")


def _long_proposal(at: Window) -> None:
    orders = "".join(f"- Rà soát nhóm thủ tục số {n}, báo cáo trước ngày 30/12/2026.\n" for n in range(1, 15))
    _paste(at, f"Kính gửi: Phòng Kinh tế\n\n1. Phòng Kinh tế\n\n{orders}")
    with at.page.expect_navigation():
        at.page.locator("button[value='open-1']").click()


def _no_directive(at: Window) -> None:
    _paste(at, "")


def _directive(at: Window) -> None:
    at.go("/directives")
    with at.page.expect_navigation():
        at.page.locator("main tbody a").first.click()


def _wish(at: Window) -> None:
    """The administrator asks for a way past the workflow; the chairman opens it from his work."""
    at.log_in("admin")
    at.go(f"/admin/overrides?code={UNDER_WAY}")
    at.page.locator("#field-target").select_option("suspended")
    at.page.locator("#field-reason").fill("Không còn bước nào đi tiếp")
    at.press("Trình Chủ tịch")
    at.log_in("chairman")
    with at.page.expect_navigation():
        at.page.locator("main a[href^='/overrides/']").first.click()


def _ground_to_give(at: Window) -> None:
    at.go(f"/admin/redactions?code={REMEDY}")
    with at.page.expect_navigation():
        at.page.locator("main td a").first.click()


def _erasing(at: Window) -> None:
    """The administrator asks to have a text erased; the chairman opens it from his work."""
    at.log_in("admin")
    _ground_to_give(at)
    at.page.locator("#field-ground").fill("Luật 91/2025/QH15, Điều 14")
    at.press("Trình Chủ tịch")
    at.log_in("chairman")
    with at.page.expect_navigation():
        at.page.locator("main a[href^='/redactions/']").first.click()


def _notice(at: Window) -> None:
    at.go("/notices")
    message = at.page.locator("main form input[name=message]").first.get_attribute("value")
    at.go(f"/notices/{message}")


def _wrong_address(at: Window) -> None:
    at.go("/account")
    at.page.locator("#field-address").fill("không phải địa chỉ")
    at.page.locator("form[action='/account/mail'] button").click()
    at.page.locator(".error-summary").wait_for()


def _calendar_address(at: Window) -> None:
    at.go("/account")
    at.page.locator("form[action='/account/calendar'] button").click()
    at.page.locator("main code").wait_for()


def _nobody_urged(at: Window) -> None:
    at.go("/reports/monthly/2026-12")
    at.press("Đôn đốc")
    at.page.locator(".error-summary").wait_for()


def _consolidated(at: Window) -> None:
    at.go("/reports/monthly/2026-11/consolidation")
    with at.page.expect_navigation():
        at.page.locator("section[aria-labelledby=h-act] button").click()
    at.page.locator(".alert-success").wait_for()


def _without_a_reason(at: Window) -> None:
    """What is signed is begun anew only for a reason."""
    at.go("/reports/monthly/2026-10/consolidation")
    at.page.locator("section[aria-labelledby=h-act] button").click()
    at.page.locator(".error-summary").wait_for()


def _preview(at: Window) -> None:
    at.go(f"/items/{LATE}/moves/plan")
    at.page.locator("#field-plan_note").fill("Bố trí thêm người")
    with at.page.expect_response("**/preview"):
        at.page.locator("button[formaction]").click()


PAGES: tuple[tuple[str, str, str | Callable[[Window], None]], ...] = (
    ("log-in", "", "/login"),
    ("log-in refused", "", _failed_login),
    ("nobody is signed in", "", "/items"),
    ("my work", "chairman", "/"),
    ("my work, many rows", "officer.hcc", "/"),
    ("my work, empty", "auditor", "/"),
    ("list", "chairman", "/items"),
    ("list of everything", "chairman", "/items?closed=true"),
    ("list, empty", "chairman", "/items?q=khong+co+viec+nay"),
    ("list, filtered", "head.kt", "/items?workflow=task&unit=kt&sort=title"),
    ("search", "chairman", "/search?q=bao+cao"),
    ("late item with a proposal", "chairman", f"/items/{LATE_WITH_PLAN}"),
    ("late item of its proposer", "head.kt", f"/items/{LATE_WITH_PLAN}"),
    ("late item for a reader", "auditor", f"/items/{LATE_WITH_PLAN}"),
    ("item under a plan", "head.snc", f"/items/{REMEDY}"),
    ("follow-up sheet on paper", "head.snc", f"/items/{REMEDY}/print"),
    ("history of an item", "auditor", f"/items/{LATE_WITH_PLAN}/history?refusals=1"),
    ("vote", "chairman", f"/items/{LATE_WITH_PLAN}/moves/plan?act=vote"),
    ("move with a plan to fill in", "head.vhxh", f"/items/{LATE}/moves/plan"),
    ("move with evidence", "head.snc", f"/items/{REMEDY}/moves/complete"),
    ("move refused", "head.vhxh", _refused_move),
    ("figures refused", "officer.hcc", _odd_figure),
    ("report with figures", "auditor", _report),
    ("draft of a report", "officer.kt", _open_draft),
    ("move, draft saved", "head.snc", _saved_draft),
    ("move not permitted", "auditor", f"/items/{LATE}/moves/plan"),
    ("conflict", "head.snc", _conflict),
    ("new item", "clerk", "/items/new"),
    ("new item refused", "clerk", _refused_creation),
    ("move looked at ahead", "head.vhxh", _preview),
    ("several at once", "chairman", _bulk_review),
    ("several under way", "chairman", _many_under_way),
    ("what was begun for several", "chairman", "/jobs"),
    ("nothing ticked", "chairman", _nothing_ticked),
    ("unit", "head.kt", "/units/kt"),
    ("commune", "chairman", "/commune"),
    ("unit on paper", "head.snc", "/units/snc/print"),
    ("commune on paper", "chairman", "/commune/print"),
    ("late of a unit, by cause", "head.snc", "/units/snc/late/unexplained"),
    ("late of the commune, for long", "chairman", "/commune/late/long"),
    ("late, none", "head.vp", "/units/vp/late/subjective"),
    ("accountability", "head.snc", "/units/snc/accountability?period=2026"),
    ("accountability as of then", "auditor", "/units/snc/accountability?period=2026-10&as_of=20/10/2026"),
    ("accountability, odd period and day", "head.snc", "/units/snc/accountability?period=mai&as_of=hôm+kia"),
    ("accountability on paper", "head.snc", "/units/snc/accountability/print?period=2026"),
    ("entries behind a number", "chairman", "/units/snc/accountability/late_days?period=2026"),
    ("entries behind a nought", "chairman", "/units/snc/accountability/signed_kt?period=2026"),
    ("scores", "head.snc", "/units/snc/scores?period=2026"),
    ("scores, none", "auditor", "/units/snc/scores?period=2026"),
    ("scores on paper", "head.snc", "/units/snc/scores/print?period=2026"),
    ("difficulties", "chairman", "/escalations"),
    ("periods", "consolidator", "/reports"),
    ("periods, own unit", "officer.kt", "/reports?year=2026"),
    ("periods, none", "chairman", "/reports?year=2031"),
    ("period", "consolidator", "/reports/monthly/2026-11"),
    ("period, nobody ticked", "consolidator", _nobody_urged),
    ("consolidation, none yet", "chairman", "/reports/quarterly/2026-Q4/consolidation"),
    ("consolidation of three versions", "chairman", "/reports/monthly/2026-10/consolidation"),
    ("consolidation, first version", "head.vhxh", "/reports/monthly/2026-10/consolidation?version=1"),
    ("consolidation of a quarter", "chairman", "/reports/quarterly/2026-Q3/consolidation"),
    ("consolidation gathered", "consolidator", _consolidated),
    ("consolidation without a reason", "consolidator", _without_a_reason),
    ("notices", "chairman", "/notices"),
    ("notices, none", "auditor", "/notices"),
    ("a notice", "chairman", _notice),
    ("account", "chairman", "/account"),
    ("account, wrong address", "head.kt", _wrong_address),
    ("account, calendar address", "head.kt", _calendar_address),
    ("history as of then", "head.snc", f"/items/{REMEDY}/history?as_of=20/10/2026+08:00"),
    ("history as of an odd instant", "head.snc", f"/items/{REMEDY}/history?as_of=hôm+kia"),
    ("log", "auditor", "/history"),
    ("log, searched", "auditor", "/history?unit=kt&move=assign"),
    ("a person's page at an instant", "auditor", "/history/as-of?as_of=01/10/2026+08:00&person=chairman"),
    ("story as of an instant", "auditor", f"/items/{LATE}/history?as_of=01/10/2026+08:00"),
    ("how a workflow is lived", "chairman", "/definitions/task/mining"),
    ("mandates", "admin", "/admin/mandates"),
    ("log, odd day", "auditor", "/history?since=hôm+qua"),
    ("check of the log", "auditor", "/history/check"),
    ("seals of the log", "auditor", "/history/seals"),
    ("office at an instant", "auditor", "/history/as-of?as_of=20/10/2026+08:00&closed=true"),
    ("office at no instant", "auditor", "/history/as-of"),
    ("workflows", "officer.kt", "/definitions"),
    ("workflow of a task", "officer.kt", "/definitions/task"),
    ("workflow of a report", "officer.kt", "/definitions/report/2"),
    ("difference of two editions", "admin", "/definitions/task/2/diff/2"),
    ("what an edition rules", "admin", "/definitions/task/2/items"),
    ("editor of a new workflow", "admin", "/definitions/new"),
    ("editor of a workflow", "admin", "/definitions/task/edit"),
    ("documents", "clerk", "/directives"),
    ("document", "clerk", _directive),
    ("document to be entered", "clerk", "/directives/new"),
    ("document that is empty", "clerk", _no_directive),
    ("document looked over", "clerk", _proposal),
    ("long document, one order opened", "clerk", _long_proposal),
    ("administration", "admin", "/admin"),
    ("people", "admin", "/admin/people"),
    ("new person", "admin", "/admin/people/new"),
    ("person", "admin", "/admin/people/head.kt"),
    ("units", "admin", "/admin/units"),
    ("calendars", "admin", "/admin/calendars"),
    ("calendar of a year", "admin", "/admin/calendars/vn-commune?year=2026"),
    ("calendar without a year", "admin", "/admin/calendars/vn-commune?year=2028"),
    ("calendar, odd day", "admin", _odd_day),
    ("editions", "admin", "/admin/definitions"),
    ("messages given up, none", "admin", "/admin/messages"),
    ("delegations", "chairman", "/delegations"),
    ("difficulties", "chairman", "/escalations"),
    ("ways past the workflow", "admin", "/admin/overrides"),
    ("way past the workflow asked for", "admin", f"/admin/overrides?code={REMEDY}"),
    ("way past the workflow to decide", "", _wish),
    ("erasures", "admin", "/admin/redactions"),
    ("erasure of which text", "admin", f"/admin/redactions?code={REMEDY}"),
    ("erasure on which ground", "admin", _ground_to_give),
    ("erasure to decide", "", _erasing),
    ("help", "head.kt", "/help"),
    ("not found", "chairman", "/items/NV-2026-9999"),
    ("not permitted", "head.kt", "/commune"),
    ("session over", "", _too_late),
    ("session taken up again", "", _resume),
)


# Pages that a form leads to, and addresses that hold no page.
LED_TO = {
    "directives.preview_form",
    "directives.show",
    "jobs.show",
    "notices.show",
    "overrides.show",
    "redactions.show",
}
NO_PAGES = {
    "static",
    "files.content",
    "documents.report",
    "sheets.as_csv",
    "sheets.xlsx",
    "history.moves_of",
    "feeds.show",
    "alive",
    "ready",
    "metrics",
}
STATUS = {
    "accountability, odd period and day": 422,
    "history as of an odd instant": 422,
    "nobody is signed in": 401,
    "move not permitted": 403,
    "not found": 404,
    "not permitted": 403,
}


def test_every_page_is_looked_at(lived):
    addresses = create_app(settings_of(lived[0])).url_map
    known = [target.partition("?")[0] for _name, _login, target in PAGES if isinstance(target, str)]
    looked_at = {addresses.bind("localhost").match(path)[0] for path in known}
    pages = {
        one.endpoint for one in addresses.iter_rules() if "GET" in one.methods and not one.rule.startswith("/api/")
    }

    assert pages - looked_at - LED_TO - NO_PAGES == set()


@pytest.mark.browser
@pytest.mark.parametrize(("name", "login", "target"), PAGES, ids=[page[0] for page in PAGES])
def test_a_page_excludes_nobody(window_of, name, login, target):
    at = window_of(login)
    at.widen(WIDE)
    if isinstance(target, str):
        assert at.go(target) == STATUS.get(name, 200)
    else:
        target(at)
    at.page.evaluate(_AXE)

    wide = at.page.evaluate(_RUN)
    at.widen(NARROW)
    narrow = at.page.evaluate(_RUN)
    at.widen(NARROWEST)
    sideways = at.page.evaluate("document.documentElement.scrollWidth") - NARROWEST

    assert wide == []
    assert narrow == []
    assert sideways <= 0, at.page.evaluate(_WIDER)
    assert at.page.locator("h1").count() == 1
    assert at.page.locator("html").get_attribute("lang") == "vi"
    assert at.faults == []
