"""Periodic reports with their dates and times: a deadline on a Sunday, two returns, two people at once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.wires import Commune, on
from tests.browsing import NARROW, Window, window
from tests.files import pdf
from tests.offices import DEFINITIONS, next_version

REPORT = (DEFINITIONS / "workflows" / "report.yaml").read_text(encoding="utf-8")
ROLL = "Hạn gửi rơi vào ngày nghỉ (chốt khi mở kỳ)"
END_OF_19_JULY = "2026-07-19T17:00:00.000000Z"
END_OF_19_SEPTEMBER = "2026-09-19T17:00:00.000000Z"
SETTLED = [
    {"indicator": "hs-tiep-nhan", "numerator": "430"},
    {"indicator": "hs-giai-quyet", "numerator": "412"},
    {"indicator": "hs-dung-han", "numerator": "412", "denominator": "412"},
    {"indicator": "tt-truc-tuyen", "numerator": "96", "denominator": "120"},
]
TOO_MANY = "Đã giải quyết 412 hồ sơ, trong đó trước hạn và đúng hạn 415 hồ sơ."
CORRECTED = "Đã giải quyết 412 hồ sơ, trong đó trước hạn và đúng hạn 412 hồ sơ."


@pytest.fixture
def at_browser(browser, commune: Commune) -> Iterator[Callable[..., Window]]:
    """Somebody of the commune at a browser of their own, signed in."""
    with ExitStack() as windows:

        def sit(login: str, **options: object) -> Window:
            made = windows.enter_context(window(browser, commune.served.address, **options))
            made.log_in(login)
            return made

        yield sit


def report_of(commune: Commune, unit: str, period: str) -> str:
    """The code of the unit's report of that period."""
    head = commune.program(f"head.{unit}")
    codes = [one["code"] for one in head.get(f"/items?workflow=report&unit={unit}").json["items"]]
    (found,) = [code for code in codes if head.item(code)["fields"]["period"] == period]
    return found


def drafted(commune: Commune, unit: str, code: str, results: str, **more: object) -> None:
    fields = {"results": results, **more}
    commune.program(f"officer.{unit}").moved(code, "draft", fields=fields)


def signed(commune: Commune, unit: str, code: str) -> dict:
    """The head's approval of what his officer proposed: it is the signature, and it sends."""
    head = commune.program(f"head.{unit}")
    ballot = {"move": "send", "vote": "approve"}
    answer = head.post(f"/items/{code}/votes", ballot, seen=head.item(code)["version"])
    assert answer.status_code == 200, answer.text
    return answer.json


def roll_to(commune: Commune, folder: Path, policy: str) -> None:
    """Publish the next version of the periodic report, whose deadlines on a day off are rolled so."""
    text = next_version(REPORT).replace("roll: keep", f"roll: {policy}")
    (folder / "report.yaml").write_text(text, encoding="utf-8")
    commune.command("definition", "publish", str(folder / "report.yaml"))


def late_since(item: dict) -> list[str]:
    return [episode["effective_at"] for episode in item["late"]]


# -- the deadline of July is a Sunday -----------------------------------------------------------------------------------


def july_sent_on_friday_and_on_monday(commune: Commune) -> tuple[dict, dict]:
    """kt sends on Friday 17 July 16:40, snc's director signs on Monday 20 July 08:05; how both reports stand then."""
    commune.clock(on(6, 22, 0, 5))
    kt, snc = (report_of(commune, unit, "2026-07") for unit in ("kt", "snc"))
    commune.clock(on(7, 17, 8))
    commune.at(on(7, 17, 14))
    for unit, code, figure in (("kt", kt, "giai-ngan"), ("snc", snc, "tin-bai")):
        figures = [{"indicator": figure, "numerator": "38"} | ({"denominator": "100"} if unit == "kt" else {})]
        evidence = commune.file(f"officer.{unit}", code, "so-lieu.pdf", pdf())
        drafted(commune, unit, code, "Thực hiện theo kế hoạch", figures=figures, evidence=[evidence])
        commune.program(f"officer.{unit}").moved(code, "send")
    commune.at(on(7, 17, 16, 40))
    in_time = signed(commune, "kt", kt)
    commune.clock(on(7, 20, 0, 1))
    commune.at(on(7, 20, 8, 5))
    return in_time, signed(commune, "snc", snc)


def test_a_deadline_on_a_sunday_stays_there_and_a_later_policy_never_rewrites_lateness(commune, tmp_path, at_browser):
    kt, snc = july_sent_on_friday_and_on_monday(commune)
    assert (kt["state"], late_since(kt)) == ("completed", [])
    assert (snc["state"], late_since(snc)) == ("completed", [END_OF_19_JULY])
    # The Sunday is kept; on the last working day before it both people had been reminded.
    assert "report_last_day" in commune.notices("officer.snc")
    assert "report_last_day" in commune.notices("head.snc")

    commune.at(on(7, 22, 9))
    roll_to(commune, tmp_path, "next")
    commune.command("definition", "migrate", "report", "--to", "2")
    commune.clock(on(8, 15, 0, 5))

    after = commune.program("head.snc").item(snc["code"])
    assert (late_since(after), after["fields"]["due_on"], after["fields"]["due_roll"]) == (
        [END_OF_19_JULY],
        "2026-07-19",
        "keep",
    )
    fields = {
        period: commune.program("head.snc").item(report_of(commune, "snc", period))["fields"]
        for period in ("2026-08", "2026-Q3", "2026-09")
    }
    assert {period: (one["due_on"], one["due_roll"]) for period, one in fields.items()} == {
        "2026-08": ("2026-08-19", "keep"),
        "2026-Q3": ("2026-09-19", "keep"),
        "2026-09": ("2026-09-21", "next"),
    }
    director = at_browser("head.snc")
    director.go(f"/items/{snc['code']}")
    assert f"{ROLL}\nGiữ nguyên ngày ấn định" in director.words()
    director.go(f"/items/{report_of(commune, 'snc', '2026-09')}")
    assert f"{ROLL}\nChuyển sang ngày làm việc kế tiếp" in director.words()


def test_under_the_policy_of_the_next_working_day_the_same_monday_is_in_time(commune, tmp_path):
    roll_to(commune, tmp_path, "next")

    kt, snc = july_sent_on_friday_and_on_monday(commune)

    assert [(one["fields"]["due_on"], late_since(one)) for one in (kt, snc)] == [("2026-07-20", [])] * 2
    commune.clock(on(7, 21, 0, 1))
    assert late_since(commune.program("head.snc").item(snc["code"])) == []


# -- returned twice -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2026-09", "2026-Q3"])
@pytest.mark.parametrize(
    ("third", "late"),
    [(on(9, 18, 16, 50), []), (on(9, 21, 8, 10), [END_OF_19_SEPTEMBER])],
    ids=["sent again on Friday", "sent again on Monday"],
)
def test_a_report_returned_twice_is_judged_by_the_sending_that_was_accepted(commune, period, third, late):
    officer, receiver = commune.program("officer.hcc"), commune.program("consolidator")
    commune.clock(on(8, 15, 0, 5))
    code = report_of(commune, "hcc", period)

    def sent(proposed, at, results: str, *files: str) -> dict:
        commune.at(proposed)
        named = [commune.file("officer.hcc", code, name, pdf(name)) for name in files]
        kept = officer.item(code)["fields"].get("evidence") or []
        drafted(commune, "hcc", code, results, figures=SETTLED, evidence=[*kept, *named])
        officer.moved(code, "send")
        commune.at(at)
        return signed(commune, "hcc", code)

    sent(on(9, 15, 16), on(9, 16, 9), TOO_MANY, "bieu-so-lieu.pdf")
    commune.at(on(9, 16, 15, 30))
    first = receiver.moved(code, "return", comment="Số trước hạn, đúng hạn (415) lớn hơn số đã giải quyết (412)")
    sent(on(9, 17, 9, 30), on(9, 17, 10, 15), CORRECTED)
    commune.at(on(9, 18, 10))
    second = receiver.moved(code, "return", comment="Chưa có minh chứng thanh toán trực tuyến")
    assert (first["state"], second["state"]) == ("returned", "returned")

    # The clock looks at the end of Friday, Saturday and Sunday, whoever holds the report then.
    if third < on(9, 19):
        sent(on(9, 18, 15), third, CORRECTED, "thong-ke-thanh-toan.pdf")
    for day in (19, 20, 21):
        commune.clock(on(9, day, 0, 0, 10))
    if third >= on(9, 19):
        sent(on(9, 21, 8), third, CORRECTED, "thong-ke-thanh-toan.pdf")
    commune.at(on(9, 21, 8, 30))
    received = receiver.moved(code, "receive")

    assert (received["state"], late_since(received)) == ("verified", late)
    assert [received["fields"][name] for name in ("sent_count", "returned_count")] == [3, 2]
    assert received["fields"]["sent_at"] == f"{third:%Y-%m-%dT%H:%M:%S}.000000Z"
    assert received["fields"]["due_on"] == "2026-09-19"
    moves = [one["tr"] for one in commune.history("auditor", code) if one.get("tr") in ("return", "receive")]
    assert moves == ["return", "return", "receive"]


def test_more_in_time_than_were_settled_is_not_even_sent(commune):
    officer = commune.program("officer.hcc")
    commune.clock(on(8, 15, 0, 5))
    code = report_of(commune, "hcc", "2026-09")
    figures = [
        {"indicator": "hs-giai-quyet", "numerator": "412"},
        {"indicator": "hs-dung-han", "numerator": "415", "denominator": "430"},
    ]
    drafted(commune, "hcc", code, TOO_MANY, figures=figures)

    refused = officer.move(code, "send")

    assert refused.status_code == 422
    told = " ".join(reason["message"]["vi"] for reason in refused.json["reasons"])
    assert "415" in told
    assert "412" in told
    assert officer.item(code)["state"] == "in_progress"


# -- two at once --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_figures_saved_from_an_older_page_are_refused_with_who_and_when_and_nothing_typed_is_lost(commune, at_browser):
    commune.clock(on(7, 15, 0, 5))
    code = report_of(commune, "snc", "2026-08")
    commune.at(on(8, 17, 13, 30))
    evidence = commune.file("officer.snc", code, "so-lieu.pdf", pdf())
    figures = [{"indicator": "tin-bai", "numerator": "41"}]
    drafted(commune, "snc", code, "Phát thanh 41 buổi", figures=figures, evidence=[evidence])
    commune.program("officer.snc").moved(code, "send")
    commune.at(on(8, 17, 13, 58))
    officer = at_browser("officer.snc")
    officer.go(f"/items/{code}/moves/draft")
    director = at_browser("head.snc", has_touch=True)
    director.widen(NARROW)
    director.go(f"/items/{code}/moves/send?act=vote")

    commune.at(on(8, 17, 14, 2, 11))
    with director.page.expect_navigation():
        director.page.get_by_role("main").get_by_role("button", name="Phê duyệt", exact=True).dblclick()
    officer.page.locator('[name="figures.tin-bai.numerator"]').fill("43")
    officer.type(results="Phát thanh 43 buổi")
    officer.press("Soạn báo cáo")

    sentence = "Dữ liệu đã được Giám đốc Trung tâm Dịch vụ sự nghiệp công cập nhật lúc 14:02:11 ngày 17/08/2026."
    assert sentence in officer.words()
    assert officer.page.locator('[name="figures.tin-bai.numerator"]').input_value() == "43"
    assert officer.page.locator("#field-results").input_value() == "Phát thanh 43 buổi"
    report = commune.program("head.snc").item(code)
    assert (report["state"], report["fields"]["sent_count"], report["fields"]["results"]) == (
        "completed",
        1,
        "Phát thanh 41 buổi",
    )
    votes = [one for one in commune.history("auditor", code) if one.get("tr") == "send" and one["to"] == "completed"]
    assert [one["rec"] for one in votes] == ["2026-08-17T07:02:11.000000Z"]


@pytest.mark.browser
def test_of_two_who_decide_within_a_second_the_second_sees_the_decision_and_whose_it_is(commune, at_browser):
    chairman, director = commune.program("chairman"), commune.program("head.snc")
    asked = {"title": "Số hóa hồ sơ", "source": "Công văn CCHC", "area": "chuyen-doi-so", "due_on": "2026-08-31"}
    task = chairman.post("/items", {"workflow": "task", "unit": "snc", "fields": asked}).json["code"]
    chairman.moved(task, "assign")
    director.moved(task, "start")
    commune.at(on(8, 17, 14))
    director.moved(task, "extend", comment="Thiếu máy quét", fields={"proposed_due_on": "2026-09-30"})
    request = director.item(task)["children"][0]
    vice = at_browser("vice")
    vice.go(f"/items/{request}/moves/refuse")

    commune.at(on(8, 17, 14, 2, 11))
    granted = chairman.moved(request, "grant", fields={"granted_due_on": "2026-09-30"})
    commune.at(on(8, 17, 14, 2, 12))
    vice.type(comment="Chưa đủ lý do")
    vice.press("Không chấp thuận gia hạn")

    assert granted["state"] == "granted"
    assert "Dữ liệu đã được Chủ tịch UBND xã cập nhật lúc 14:02:11 ngày 17/08/2026." in vice.words()
    assert "Đã chấp thuận gia hạn" in vice.words()
    assert vice.page.locator("#field-comment").input_value() == "Chưa đủ lý do"
    after = chairman.item(request)
    assert (after["state"], after["version"]) == ("granted", granted["version"])
