"""An officer's path from the opened period to sending its report, in a real browser, over a server that dies on the way."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from tests import files
from tests.browsing import Window, window
from tests.offices import at
from tests.serving import furnish, office_in, serve
from workflow.services.reports import open_period

pytestmark = pytest.mark.browser

SEPTEMBER = datetime(2026, 9, 16, 2, tzinfo=UTC)
FIGURES = {
    "hs-tiep-nhan": ("1260",),
    "hs-giai-quyet": ("1240",),
    "hs-dung-han": ("1233", "1240"),
    "hs-truoc-han": ("420", "1240"),
    "hs-qua-han": ("7",),
    "hs-cap-nhat": ("1255", "1260"),
    "hs-truc-tuyen": ("880", "1100"),
    "tt-truc-tuyen": ("610", "700"),
    "so-hoa": ("1190", "1240"),
    "tai-su-dung": ("400", "1260"),
    "tthc-ra-soat": ("12",),
    "tthc-don-gian-hoa": ("3",),
}
BOXES = [
    (f"#figure-{name}-{part}", value)
    for name, values in FIGURES.items()
    for part, value in zip(("numerator", "denominator"), values, strict=False)
]
KEPT = "Đã tự lưu bản nháp của bạn"


@dataclass
class Hands:
    """What one person does at a page, counted."""

    page: Page
    done: list[str] = field(default_factory=list)

    def fill(self, box: str, value: str) -> None:
        self.done.append(f"fill {box}")
        self.page.locator(box).fill(value)

    def choose(self, box: str, *named: tuple[str, bytes]) -> None:
        self.done += [f"choose {name}" for name, _ in named]
        chosen = [{"name": name, "mimeType": "application/pdf", "buffer": content} for name, content in named]
        self.page.locator(box).set_input_files(chosen)

    def follow(self, words: str) -> None:
        self.done.append(f"follow {words}")
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=words).first.click()

    def press(self, words: str) -> None:
        self.done.append(f"press {words}")
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("button", name=words, exact=True).click()


def typed(page: Page) -> dict[str, str]:
    return {box: page.locator(box).input_value() for box, _ in BOXES}


@pytest.fixture
def folder(tmp_path):
    furnish(tmp_path)
    open_period(at(office_in(tmp_path), SEPTEMBER), "2026-Q3")
    return tmp_path


def test_twelve_figures_and_two_files_are_sent_in_forty_steps_and_a_dead_server_costs_no_figure(browser, folder):
    served = serve(folder, SEPTEMBER)
    with window(browser, served.address) as at_desk:
        at_desk.log_in("officer.hcc")
        at_desk.go("/")
        hands = Hands(at_desk.page)

        hands.follow("Báo cáo định kỳ Quý III")
        hands.follow("Soạn báo cáo")
        first, then, last = BOXES[:8], BOXES[8:13], BOXES[13:]
        for box, value in first:
            hands.fill(box, value)
        at_desk.page.get_by_text(KEPT).wait_for()
        served.kill()
        for box, value in then:
            hands.fill(box, value)
        at_desk.page.get_by_text("Máy chủ không trả lời").wait_for()
        served = serve(folder, SEPTEMBER, port=served.port)
        at_desk.page.reload()

        assert {box: value for box, value in typed(at_desk.page).items() if value} == dict(first + then)

        for box, value in last:
            hands.fill(box, value)
        hands.fill("#field-results", "Tiếp nhận và giải quyết hồ sơ đúng quy định.")
        hands.choose("#upload-evidence", ("Trích xuất một cửa.pdf", files.pdf("a")), ("Thanh toán.pdf", files.pdf("b")))
        hands.press("Soạn báo cáo")
        hands.follow("Trình ký và gửi")
        hands.press("Trình ký và gửi")

        words = at_desk.words()
        assert "99,44 %" in words
        assert len(hands.done) <= 40, hands.done
        code = at_desk.page.url.rpartition("/")[2].partition("?")[0]
        forget_the_outage(at_desk)
    served.stop()
    with office_in(folder).read() as uow:
        report = uow.items.get(code).item
    assert report.request("send")
    assert len(report.fields["figures"]) == len(FIGURES)
    assert len(report.fields["evidence"]) == 2


def forget_the_outage(at_desk: Window) -> None:
    """What the browser complained of while nobody answered was expected."""
    at_desk.faults[:] = [fault for fault in at_desk.faults if "ERR_CONNECTION" not in fault and "fetch" not in fault]


def test_cells_copied_from_a_sheet_fill_the_table_from_the_first_box(browser, folder):
    served = serve(folder, SEPTEMBER)
    rows = "\n".join("\t".join(values) for values in FIGURES.values())
    with window(browser, served.address) as at_desk:
        at_desk.log_in("officer.hcc")
        at_desk.go("/")
        hands = Hands(at_desk.page)
        hands.follow("Báo cáo định kỳ Quý III")
        hands.follow("Soạn báo cáo")

        at_desk.page.locator("#figure-hs-tiep-nhan-numerator").evaluate(
            """(box, rows) => {
                const data = new DataTransfer();
                data.setData("text/plain", rows);
                box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
            }""",
            rows,
        )

        assert typed(at_desk.page) == dict(BOXES)
        at_desk.page.get_by_text(KEPT).wait_for()
        assert "Đã điền 19 ô" in at_desk.words()
    served.stop()
