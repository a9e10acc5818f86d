"""What a page weighs on the wire: the first one with all it brings along, and each that follows."""

import pytest

from tests.browsing import window

pytestmark = pytest.mark.browser

KB = 1024
FIRST, FIRST_REQUESTS = 130 * KB, 14
NEXT, NEXT_REQUESTS = 15 * KB, 3
NODES = 1500

NEXT_PAGES = (
    ("chairman", "/items"),
    ("chairman", "/items/NV-2026-0035"),
    ("chairman", "/items/NV-2026-0035/moves/plan?act=vote"),
    ("chairman", "/commune"),
    ("head.vhxh", "/items/NV-2026-0039/moves/plan"),
    ("head.kt", "/units/kt"),
    ("auditor", "/history"),
    ("officer.kt", "/definitions/task"),
    ("clerk", "/items/new"),
    ("head.kt", "/help"),
)


class Load:
    """What came over the wire since `start`: (address, bytes of the body as sent)."""

    def __init__(self, page):
        self._page = page
        self._answers = []
        page.on("requestfinished", self._keep)

    def _keep(self, request):
        self._answers.append(request)

    def of(self, path, address):
        self._answers.clear()
        self._page.goto(address + path, wait_until="networkidle")
        return [(one.url, one.sizes()["responseBodySize"]) for one in self._answers if not one.url.startswith("data:")]


def test_the_first_page_is_light(browser, demonstration):
    with window(browser, demonstration.address) as visitor:
        visitor.log_in("chairman")
        cookies = visitor.page.context.cookies()
    with window(browser, demonstration.address) as visitor:
        visitor.page.context.add_cookies(cookies)

        brought = Load(visitor.page).of("/", demonstration.address)

    assert len(brought) <= FIRST_REQUESTS, brought
    assert sum(size for _url, size in brought) <= FIRST, brought


@pytest.mark.parametrize(("login", "path"), NEXT_PAGES)
def test_a_page_that_follows_is_lighter(window_of, demonstration, login, path):
    visitor = window_of(login)
    visitor.go("/")

    brought = Load(visitor.page).of(path, demonstration.address)

    # What comes out of the browser's own cache has no body on the wire.
    fresh = [one for one in brought if one[1] > 0]
    assert len(fresh) <= NEXT_REQUESTS, brought
    assert sum(size for _url, size in fresh) <= NEXT, brought
    assert visitor.page.locator("*").count() <= NODES
