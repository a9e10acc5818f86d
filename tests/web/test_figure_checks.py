"""Figures that contradict each other may be drafted and are not sent, by whatever way one tries."""

from io import BytesIO

import pytest

from tests.calls import program
from tests.files import pdf
from tests.offices import at, caller, moved, tried
from tests.web.conftest import set_clock
from tests.web.test_figures import AUGUST
from workflow.services import evidence
from workflow.services.moves import MoveRequest, perform
from workflow.services.reports import open_period

WRONG = {"hs-giai-quyet": {"numerator": 412}, "hs-dung-han": {"numerator": 415, "denominator": 415}}
RIGHT = {"hs-giai-quyet": {"numerator": 415}, "hs-dung-han": {"numerator": 412, "denominator": 415}}


def report_of(office, unit, period):
    opened = open_period(at(office, AUGUST), period)
    return next(item.code for one in opened.periods for item in one.items if item.unit == unit)


def sent_in(office, code, unit):
    moved(office, f"officer.{unit}", code, "send")
    vote = MoveRequest(code, "send", "approve")
    return perform(office, caller(office, f"head.{unit}"), vote)


@pytest.fixture
def drafted(app, office):
    """The centre's report of August, with figures that contradict each other."""
    code = report_of(office, "hcc", "2026-08")
    moved(at(office, AUGUST), "officer.hcc", code, "draft", results="Đạt", figures=WRONG)
    set_clock(app, AUGUST)
    return code


def test_a_report_whose_figures_contradict_each_other_is_drafted_but_not_sent(drafted, office):
    refused = tried(at(office, AUGUST), "officer.hcc", drafted, "send")

    told = {(reason.code, reason.params["indicator"], reason.params["field"]) for reason in refused.reasons}
    assert told == {("figures_unsound", "hs-dung-han", "figures")}
    assert "415, lớn hơn" in refused.reasons[0].sentence.vi


def test_the_page_of_the_report_tells_why_it_cannot_be_sent(client_of, drafted):
    page = client_of("officer.hcc").get(f"/items/{drafted}").text

    assert "415, lớn hơn hồ sơ đã trả kết quả trong kỳ là 412" in page
    assert f'href="/items/{drafted}/moves/send"' not in page


def test_what_was_right_when_it_was_proposed_is_looked_at_again_when_it_is_signed(office, drafted):
    august = at(office, AUGUST)
    moved(august, "officer.hcc", drafted, "draft", figures=RIGHT)
    moved(august, "officer.hcc", drafted, "send")
    moved(august, "deputy.hcc", drafted, "draft", figures=WRONG)

    refused = perform(august, caller(august, "head.hcc"), MoveRequest(drafted, "send", "approve"))

    assert {reason.code for reason in refused.reasons} == {"figures_unsound"}


def test_a_total_since_january_does_not_fall_from_one_report_to_the_next(office):
    august = at(office, AUGUST)
    july, later = (report_of(office, "kt", period) for period in ("2026-07", "2026-08"))
    moved(
        august,
        "officer.kt",
        july,
        "draft",
        results="Đạt",
        figures={"giai-ngan": {"numerator": 500, "denominator": 900}},
    )
    fewer = {"giai-ngan": {"numerator": 450, "denominator": 900}}
    moved(august, "officer.kt", later, "draft", results="Đạt", figures=fewer)

    assert sent_in(august, july, "kt").item.state == "completed"
    refused = tried(august, "officer.kt", later, "send")

    assert "450, thấp hơn 500 của kỳ 2026-07" in refused.reasons[0].sentence.vi


def test_a_correction_may_tell_a_lower_total(office):
    august = at(office, AUGUST)
    july, later = (report_of(office, "kt", period) for period in ("2026-07", "2026-08"))
    for code, paid in ((july, 500), (later, 600)):
        figures = {"giai-ngan": {"numerator": paid, "denominator": 900}}
        moved(august, "officer.kt", code, "draft", results="Đạt", figures=figures)
        sent_in(august, code, "kt")
        moved(august, "consolidator", code, "receive")
    moved(august, "head.kt", later, "correct", comment="Ghi nhầm số của dự án khác")
    perform(august, caller(august, "consolidator"), MoveRequest(later, "correct", "approve"))
    with august.read() as uow:
        (new,) = uow.items.children(uow.items.get(later).item.id)
    fewer = {"giai-ngan": {"numerator": 450, "denominator": 900}}
    moved(august, "officer.kt", new.item.code, "draft", results="Đạt", figures=fewer)

    assert sent_in(august, new.item.code, "kt").item.state == "completed"


def test_the_form_of_sending_says_the_same(client_of, drafted):
    answer = client_of("officer.hcc").get(f"/items/{drafted}/moves/send")

    assert answer.status_code == 422
    assert "415, lớn hơn" in answer.text


def test_a_correction_keeps_the_evidence_of_the_report_that_it_replaces(office):
    august = at(office, AUGUST)
    code = report_of(office, "kt", "2026-08")
    taken = evidence.attach(august, caller(august, "officer.kt"), code, "Kho bạc.pdf", BytesIO(pdf()))
    figures = {"giai-ngan": {"numerator": 1, "denominator": 2, "evidence": [taken.sha256]}}
    moved(august, "officer.kt", code, "draft", results="Đạt", figures=figures, evidence=[taken.sha256])
    sent_in(august, code, "kt")
    moved(august, "consolidator", code, "receive")
    moved(august, "head.kt", code, "correct", comment="Ghi nhầm mẫu số")
    perform(august, caller(august, "consolidator"), MoveRequest(code, "correct", "approve"))
    with august.read() as uow:
        (new,) = uow.items.children(uow.items.get(code).item.id)

    moved(august, "officer.kt", new.item.code, "draft", results="Đạt", figures=figures, evidence=[taken.sha256])
    refused = tried(august, "officer.kt", new.item.code, "draft", evidence=["a" * 64])

    assert [reason.code for reason in refused.reasons] == ["file_unknown"]


def test_a_program_is_refused_with_the_same_reasons_in_both_languages(app, drafted):
    officer = program(app, "officer.hcc")
    office = app.extensions["office"]

    answer = officer.move(drafted, "send")
    foreseen = officer.post(f"/items/{drafted}/moves/send/preview", {})
    refused = tried(office, "officer.hcc", drafted, "send")

    assert answer.status_code == 422
    told = answer.json["reasons"]
    assert [reason["code"] for reason in told] == [reason.code for reason in refused.reasons]
    assert told[0]["params"]["indicator"] == "hs-dung-han"
    assert "415, lớn hơn" in told[0]["message"]["vi"]
    assert "415 is more than" in told[0]["message"]["en"]
    assert foreseen.json["reasons"] == told
