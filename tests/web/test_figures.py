"""A report's figures on its pages: typed once, with last period's beside them, and read as what they say."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from io import BytesIO

import pytest

from tests.files import pdf
from tests.offices import at, caller, moved
from tests.web.conftest import set_clock
from web.i18n import speaking, typable
from workflow.catalog.plain_values import decimal_of
from workflow.queries.periods import reported
from workflow.services.moves import MoveRequest, perform
from workflow.services.reports import open_period

AUGUST = datetime(2026, 8, 17, 2, tzinfo=UTC)
JULY = {"hs-dung-han": {"numerator": "996", "denominator": "1000", "source": "Sổ theo dõi hồ sơ"}}


@pytest.fixture
def august(app, office):
    """The centre's report of August; July's carried one figure."""
    codes = {}
    for period in ("2026-07", "2026-08"):
        opened = open_period(at(office, AUGUST), period)
        codes[period] = next(item.code for one in opened.periods for item in one.items if item.unit == "hcc")
    moved(at(office, AUGUST), "officer.hcc", codes["2026-07"], "draft", figures=JULY)
    set_clock(app, AUGUST)
    return codes["2026-08"]


def sent(officer, code, to="", fields=None, **boxes):
    form = officer.get(f"/items/{code}/moves/draft").text
    seen = form.partition('name="seen" value="')[2].partition('"')[0]
    key = form.partition('name="key" value="')[2].partition('"')[0]
    named = {}
    for name, value in boxes.items():
        indicator, _, part = name.partition("__")
        named[f"figures.{indicator.replace('_', '-')}.{part}"] = value
    return officer.post(f"/items/{code}/moves/draft{to}", act="perform", seen=seen, key=key, **named, **(fields or {}))


def stored(office, code):
    with office.read() as uow:
        return {row["indicator"]: row for row in uow.items.get(code).item.fields.get("figures") or ()}


def test_the_form_asks_for_what_the_unit_answers_for_with_last_periods_result_beside(client_of, august):
    form = client_of("officer.hcc").get(f"/items/{august}/moves/draft").text

    assert 'name="figures.hs-dung-han.numerator"' in form
    assert 'name="figures.hs-dung-han.denominator"' in form
    assert "Kỳ trước: 99,6 %" in form
    assert "Sổ theo dõi hồ sơ" in form
    assert "kt-" not in form.partition("Biểu số liệu")[2].partition("</form>")[0]


def test_a_figure_is_shown_as_the_ratio_of_its_parts(client_of, august):
    officer = client_of("officer.hcc")

    answer = sent(officer, august, hs_dung_han__numerator="389", hs_dung_han__denominator="400")

    assert answer.status_code == 303
    page, _, history = officer.get(f"/items/{august}").text.partition('id="history"')
    assert "97,25 %" in page
    assert "99,6 %" in page
    assert "Sổ theo dõi hồ sơ" not in page, "where last period's figure came from says nothing of this one"
    assert "Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn: 97,25 %" in history


def test_where_nothing_arose_there_is_no_ratio(client_of, august):
    officer = client_of("officer.hcc")

    sent(officer, august, hs_dung_han__numerator="0", hs_dung_han__denominator="0")

    assert "Không phát sinh" in officer.get(f"/items/{august}").text


def test_a_part_above_its_whole_is_refused_and_all_that_was_typed_stays(client_of, august):
    officer = client_of("officer.hcc")

    answer = sent(
        officer,
        august,
        hs_dung_han__numerator="1001",
        hs_dung_han__denominator="1000",
        hs_tiep_nhan__numerator="mười",
        hs_tiep_nhan__note="Số tạm tính",
    )

    assert answer.status_code == 422
    for kept in ('value="1001"', 'value="1000"', 'value="mười"', 'value="Số tạm tính"'):
        assert kept in answer.text
    assert "“Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn”: tử số 1001 lớn hơn mẫu số 1000." in answer.text
    assert "“Số hồ sơ TTHC tiếp nhận trong kỳ” phải là số" in answer.text
    assert 'href="#field-figures.hs-tiep-nhan"' in answer.text


def test_an_empty_table_is_no_table(client_of, august, office):
    officer = client_of("officer.hcc")

    assert sent(officer, august, hs_dung_han__note="Chưa có").status_code == 303

    with office.read() as uow:
        assert not uow.items.get(august).item.fields.get("figures")


def test_last_periods_figure_and_the_sum_of_the_year_stand_beside_a_figure(client_of, august, office):
    with office.read() as uow:
        past = [one for one in reported(uow, "report", "hcc", "monthly") if one.period == "2026-07"]
    moved(at(office, AUGUST), "officer.hcc", past[0].code, "draft", results="Đạt")
    moved(at(office, AUGUST), "officer.hcc", past[0].code, "send")
    perform(at(office, AUGUST), caller(office, "head.hcc"), MoveRequest(past[0].code, "send", "approve"))
    officer = client_of("officer.hcc")

    sent(officer, august, hs_dung_han__numerator="389", hs_dung_han__denominator="400")

    # 996 of 1000 and 389 of 400 are 1385 of 1400.
    assert "98,93 %" in officer.get(f"/items/{august}").text


def test_a_period_that_was_not_sent_is_named_as_missing_from_the_year(client_of, august):
    officer = client_of("officer.hcc")
    sent(officer, august, hs_dung_han__numerator="389", hs_dung_han__denominator="400")

    assert "thiếu kỳ 07/2026" in officer.get(f"/items/{august}/moves/draft").text


def test_a_figure_carries_its_source_its_time_its_file_and_a_note(client_of, august, office):
    officer = client_of("officer.hcc")
    officer.get(f"/items/{august}")
    content = pdf()
    sha = sha256(content).hexdigest()
    part = (BytesIO(content), "Trích xuất.pdf")
    officer.client.post(f"/items/{august}/files", data={"part": part, "csrf_token": officer.token})

    answer = sent(
        officer,
        august,
        hs_tiep_nhan__numerator="1.234.567",
        hs_tiep_nhan__source="Hệ thống một cửa",
        hs_tiep_nhan__extracted_at="14/08/2026 16:30",
        hs_tiep_nhan__evidence=sha,
        hs_tiep_nhan__note="Số chốt",
    )

    assert answer.status_code == 303
    row = stored(office, august)["hs-tiep-nhan"]
    assert (row["numerator"], row["evidence"]) == (1_234_567, [sha])
    assert row["extracted_at"] == "2026-08-14T09:30:00.000000Z"
    page = officer.get(f"/items/{august}").text
    assert f'<a href="/files/{sha}">Trích xuất.pdf</a>' in page
    assert "14/08/2026 16:30" in page
    form = officer.get(f"/items/{august}/moves/draft").text
    assert 'value="1.234.567"' in form
    assert 'value="14/08/2026 16:30"' in form


def test_a_file_of_another_item_is_no_evidence(client_of, august):
    answer = sent(client_of("officer.hcc"), august, hs_tiep_nhan__numerator="1", hs_tiep_nhan__evidence="a" * 64)

    assert answer.status_code == 422


def test_a_number_of_two_readings_is_refused_with_both(client_of, august):
    answer = sent(client_of("officer.hcc"), august, hs_tiep_nhan__numerator="1.234")

    assert answer.status_code == 422
    assert "1234" in answer.text
    assert "1,234" in answer.text


@pytest.mark.parametrize("value", ["0", "7", "1234", "12345", "1234567", "0.5", "1234.5", "36200000000", "1234567.25"])
@pytest.mark.parametrize("spoken", ["vi", "en"])
def test_a_number_written_into_a_box_is_read_back_as_itself(value, spoken):
    with speaking(spoken):
        assert decimal_of(typable(value)) == Decimal(value)


def test_rows_pasted_in_the_order_of_the_form_fill_the_boxes_and_nothing_is_written(client_of, august, office):
    officer = client_of("officer.hcc")
    rows = "1250\n1240\n1230\t1240\tSổ một cửa\t14/08/2026\n"

    answer = sent(officer, august, fields={"figures.pasted": rows, "fill": "1", **boxes(officer, august)})

    assert answer.status_code == 200
    for box in (
        'name="figures.hs-tiep-nhan.numerator" value="1250"',
        'name="figures.hs-giai-quyet.numerator" value="1240"',
        'name="figures.hs-dung-han.denominator" value="1240"',
        'name="figures.hs-dung-han.source" value="Sổ một cửa"',
        'name="figures.hs-dung-han.extracted_at" value="14/08/2026"',
    ):
        assert box in answer.text
    assert stored(office, august) == {}


def test_pasted_rows_that_begin_with_an_indicator_find_it(client_of, august, office):
    officer = client_of("officer.hcc")
    rows = "Chỉ tiêu\tTử số\tMẫu số\nTỷ lệ thanh toán trực tuyến\t7\t9\nhs-tiep-nhan\t1250\n"

    sent(officer, august, fields={"figures.pasted": rows, **boxes(officer, august)})

    found = stored(office, august)
    assert (found["tt-truc-tuyen"]["numerator"], found["tt-truc-tuyen"]["denominator"]) == (7, 9)
    assert found["hs-tiep-nhan"]["numerator"] == 1250


def boxes(officer, code):
    """Every box of the table, empty, as a browser sends them."""
    form = officer.get(f"/items/{code}/moves/draft").text
    return dict.fromkeys(re.findall(r'name="(figures\.[a-z-]+\.numerator)"', form), "")


def test_what_is_typed_is_kept_while_one_goes_on_and_stands_there_again(client_of, august, office):
    officer = client_of("officer.hcc")

    answer = sent(officer, august, to="/keep", hs_tiep_nhan__numerator="12", hs_dung_han__numerator="nửa")

    assert answer.status_code == 303
    form = officer.get(f"/items/{august}/moves/draft").text
    assert 'value="12"' in form
    assert 'value="nửa"' in form
    assert "Đã tự lưu bản nháp của bạn lúc" in form
    assert stored(office, august) == {}


def test_the_answer_to_keeping_tells_what_stands_against_the_figures(client_of, august):
    officer = client_of("officer.hcc")
    officer.client.environ_base["HTTP_HX_REQUEST"] = "true"

    answer = sent(
        officer,
        august,
        to="/keep",
        hs_giai_quyet__numerator="412",
        hs_dung_han__numerator="415",
        hs_dung_han__denominator="412",
        hs_tiep_nhan__numerator="12,5",
    )

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "tử số 415 lớn hơn mẫu số 412" in answer.text
    assert "chỉ nhận số nguyên" in answer.text


def test_what_comes_after_its_form_was_sent_is_no_draft_again(client_of, august):
    officer = client_of("officer.hcc")
    sent(officer, august, hs_tiep_nhan__numerator="12")

    officer.post(
        f"/items/{august}/moves/draft/keep", act="perform", seen="1", **{"figures.hs-tiep-nhan.numerator": "99"}
    )

    assert 'value="99"' not in officer.get(f"/items/{august}/moves/draft").text


def test_two_files_of_one_figure_stay_its_evidence_when_the_form_is_saved_again(client_of, august, office):
    officer = client_of("officer.hcc")
    shas = []
    for name in ("a", "b"):
        officer.get(f"/items/{august}")
        part = (BytesIO(pdf(name)), f"{name}.pdf")
        officer.client.post(f"/items/{august}/files", data={"part": part, "csrf_token": officer.token})
        shas.append(sha256(pdf(name)).hexdigest())

    sent(officer, august, hs_tiep_nhan__numerator="1", hs_tiep_nhan__evidence=",".join(shas))

    assert stored(office, august)["hs-tiep-nhan"]["evidence"] == shas
    form = officer.get(f"/items/{august}/moves/draft").text
    assert f'<option value="{",".join(shas)}" selected>Giữ nguyên: a.pdf, b.pdf</option>' in form


def test_the_files_that_come_with_the_form_become_the_evidence_of_the_figures_that_say_so(client_of, august, office):
    officer = client_of("officer.hcc")
    part = (BytesIO(pdf("c")), "c.pdf")

    answer = sent(
        officer,
        august,
        hs_tiep_nhan__numerator="1",
        hs_tiep_nhan__evidence="new",
        hs_giai_quyet__numerator="1",
        fields={"upload-evidence": part},
    )

    assert answer.status_code == 303
    found = stored(office, august)
    assert found["hs-tiep-nhan"]["evidence"] == [sha256(pdf("c")).hexdigest()]
    assert "evidence" not in found["hs-giai-quyet"]
