"""People at real browsers: each has a window of its own, and every fault that a window reports is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.serving import PASSWORD

WIDE, NARROW, NARROWEST = 1440, 390, 320
_HEIGHT = {WIDE: 900, NARROW: 844, NARROWEST: 640}
_REFUSED_PAGE = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Window:
    """One person's browser. `faults` holds what a script, the console or the content security policy complained of."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that tells of a refusal has its status; the browser remarks on that, and it is no fault.
        told = message.text.startswith(_REFUSED_PAGE) and message.location["url"] == self.page.url
        if message.type in ("error", "warning") and not told:
            self.faults.append(f"{self.page.url}: {message.text}")

    def go(self, path: str) -> int:
        """Open that address; the status of the answer."""
        answer = self.page.goto(self.address + path)
        return answer.status if answer else 0

    def widen(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": _HEIGHT[width]})

    def log_in(self, login: str, password: str = PASSWORD) -> None:
        self.go("/login")
        self.sign_in(login, password)

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Fill in the form of the log-in that is on the screen."""
        self.page.locator("#field-login").fill(login)
        self.page.locator("#field-password").fill(password)
        self.press("Đăng nhập")

    def press(self, name: str) -> None:
        """Press the button of the page's main part that bears that name, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str, row: str = "") -> None:
        """Follow the first link that bears that name: of the main part, or of its table row that holds `row`."""
        main = self.page.get_by_role("main")
        within = main.locator("tr", has_text=row) if row else main
        with self.page.expect_navigation():
            within.get_by_role("link", name=name).first.click()

    def type(self, **fields: str) -> None:
        """Type or choose each value in the field of that name."""
        for name, value in fields.items():
            field = self.page.locator(f"#field-{name}")
            kind = field.evaluate("field => field.tagName")
            if kind == "SELECT":
                field.select_option(label=value)
            elif kind == "FIELDSET":
                field.get_by_label(value, exact=True).check()
            else:
                field.fill(value)

    def words(self) -> str:
        return self.page.get_by_role("main").inner_text()


@contextmanager
def window(browser: Browser, address: str, **options: object) -> Iterator[Window]:
    """A new browser profile at `address`; asserts when it is closed that nothing was complained of."""
    viewport = {"width": WIDE, "height": _HEIGHT[WIDE]}
    # Colours that are still on their way would be measured as they pass.
    context = browser.new_context(locale="vi-VN", viewport=viewport, reduced_motion="reduce", **options)
    context.set_default_timeout(10_000)
    made = Window(context.new_page(), address)
    made.listen()
    yield made
    context.close()
    assert made.faults == []
