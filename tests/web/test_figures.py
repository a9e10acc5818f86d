"""A report's figures on its pages: typed once, with last period's beside them, and read as what they say."""

from datetime import UTC, datetime

import pytest

from tests.offices import at, moved
from tests.web.conftest import set_clock
from workflow.services.reports import open_period

AUGUST = datetime(2026, 8, 17, 2, tzinfo=UTC)
JULY = {"hs-dung-han": {"numerator": "996", "denominator": "1000", "source": "Cổng Dịch vụ công"}}


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


def sent(officer, code, **boxes):
    form = officer.get(f"/items/{code}/moves/draft").text
    seen = form.partition('name="seen" value="')[2].partition('"')[0]
    key = form.partition('name="key" value="')[2].partition('"')[0]
    named = {f"figures.{name.replace('__', '.').replace('_', '-')}": value for name, value in boxes.items()}
    return officer.post(f"/items/{code}/moves/draft", act="perform", seen=seen, key=key, **named)


def test_the_form_asks_for_what_the_unit_answers_for_with_last_periods_result_beside(client_of, august):
    form = client_of("officer.hcc").get(f"/items/{august}/moves/draft").text

    assert 'name="figures.hs-dung-han.numerator"' in form
    assert 'name="figures.hs-dung-han.denominator"' in form
    assert "Kỳ trước: 99,6 %" in form
    assert "Cổng Dịch vụ công" in form
    assert "kt-" not in form.partition("Biểu số liệu")[2].partition("</form>")[0]


def test_a_figure_is_shown_as_the_ratio_of_its_parts(client_of, august):
    officer = client_of("officer.hcc")

    answer = sent(officer, august, hs_dung_han__numerator="389", hs_dung_han__denominator="400")

    assert answer.status_code == 303
    page, _, history = officer.get(f"/items/{august}").text.partition('id="history"')
    assert "97,25 %" in page
    assert "99,6 %" in page
    assert "Cổng Dịch vụ công" not in page, "where last period's figure came from says nothing of this one"
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
    assert "Số liệu này chưa đúng" in answer.text


def test_an_empty_table_is_no_table(client_of, august, office):
    officer = client_of("officer.hcc")

    assert sent(officer, august, hs_dung_han__note="Chưa có").status_code == 303

    with office.read() as uow:
        assert not uow.items.get(august).item.fields.get("figures")
