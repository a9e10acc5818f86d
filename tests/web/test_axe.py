"""Every page, wide and narrow: nothing that axe objects to, no complaint in the console, nothing that scrolls sideways."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browsing import NARROW, NARROWEST, WIDE, Window

pytestmark = pytest.mark.browser

_AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
_RUN = """async () => (await axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations.map((found) => found.id + ": " + found.help + "\\n" + found.nodes.map((node) => "    " + node.html).join("\\n"))"""
_WIDER = """() => [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1 && !part.closest(".drawing, .visually-hidden, .skip"))
    .slice(0, 5).map((part) => part.outerHTML.slice(0, 160))"""

# In the demonstration office: late since 31 October with a plan that waits for the chairman; late without any; under way;
# waiting for its verification; still a draft.
LATE_WITH_PLAN, LATE, UNDER_WAY, REMEDY = "NV-2026-0035", "NV-2026-0039", "NV-2026-0034", "NV-2026-0027"


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


def _saved_draft(at: Window) -> None:
    at.go(f"/items/{REMEDY}/moves/complete")
    at.page.locator("#field-result_note").fill("Bản nháp của tôi")
    at.page.locator("button[name=draft]").click()
    at.page.locator(".alert-success").wait_for()


def _refused_creation(at: Window) -> None:
    at.go("/items/new?workflow=task")
    at.page.locator("main form button").first.click()
    at.page.locator(".error-summary").wait_for()


def _bulk_review(at: Window) -> None:
    at.go("/")
    at.page.locator("input[name=id]").first.check()
    at.page.locator("button[name=move]").first.click()
    at.page.locator("input[name=item]").wait_for(state="attached")


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
    ("late item with a proposal", "chairman", f"/items/{LATE_WITH_PLAN}"),
    ("late item of its proposer", "head.kt", f"/items/{LATE_WITH_PLAN}"),
    ("late item for a reader", "auditor", f"/items/{LATE_WITH_PLAN}"),
    ("item under a plan", "head.snc", f"/items/{REMEDY}"),
    ("history of an item", "auditor", f"/items/{LATE_WITH_PLAN}/history?refusals=1"),
    ("vote", "chairman", f"/items/{LATE_WITH_PLAN}/moves/plan?act=vote"),
    ("move with a plan to fill in", "head.vhxh", f"/items/{LATE}/moves/plan"),
    ("move with evidence", "head.snc", f"/items/{REMEDY}/moves/complete"),
    ("move refused", "head.vhxh", _refused_move),
    ("move, draft saved", "head.snc", _saved_draft),
    ("move not permitted", "auditor", f"/items/{LATE}/moves/plan"),
    ("conflict", "head.snc", _conflict),
    ("new item", "clerk", "/items/new"),
    ("new item refused", "clerk", _refused_creation),
    ("several at once", "chairman", _bulk_review),
    ("nothing ticked", "chairman", _nothing_ticked),
    ("unit", "head.kt", "/units/kt"),
    ("commune", "chairman", "/commune"),
    ("log", "auditor", "/history"),
    ("log, odd day", "auditor", "/history?since=hôm+qua"),
    ("check of the log", "auditor", "/history/check"),
    ("workflows", "officer.kt", "/definitions"),
    ("workflow of a task", "officer.kt", "/definitions/task"),
    ("workflow of a report", "officer.kt", "/definitions/report/1"),
    ("help", "head.kt", "/help"),
    ("not found", "chairman", "/items/NV-2026-9999"),
    ("not permitted", "head.kt", "/commune"),
    ("session over", "", _too_late),
    ("session taken up again", "", _resume),
)


@pytest.mark.parametrize(("login", "target"), [page[1:] for page in PAGES], ids=[page[0] for page in PAGES])
def test_a_page_excludes_nobody(window_of, login, target):
    at = window_of(login)
    at.widen(WIDE)
    at.go(target) if isinstance(target, str) else target(at)
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
