"""The accountability sheet on its pages: every number leads to what it counts, the head's words stand beside it."""

import re
import shutil
from html.parser import HTMLParser

import pytest

from tests.web.conftest import Visitor, close, set_clock, settings_of
from web import create_app
from web.measures import BY_KIND, TOGETHER, WORDS
from workflow.engine.accountability import Measure

_NUMBER = re.compile(r'<a href="(/units/\w+/accountability/[^"]+)"[^>]*>([\d.]+)</a>')


@pytest.fixture(scope="module")
def app(lived, tmp_path_factory):
    folder, now = lived
    made = create_app(settings_of(shutil.copytree(folder, tmp_path_factory.mktemp("accountable") / "data")))
    set_clock(made, now)
    yield made
    close(made)


def visit(app, login):
    visitor = Visitor(app.test_client())
    visitor.log_in(login)
    return visitor


class _Rows(HTMLParser):
    """How many rows the bodies of a page's tables have."""

    def __init__(self):
        super().__init__()
        self.inside, self.count = False, 0

    def handle_starttag(self, tag, _attrs):
        if tag == "tbody":
            self.inside = True
        self.count += self.inside and tag == "tr"

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "tbody"


def rows_of(text):
    parser = _Rows()
    parser.feed(text)
    return parser.count


@pytest.mark.parametrize("unit", ["hcc", "snc"])
def test_every_number_opens_as_many_entries_as_it_says(app, unit):
    chairman = visit(app, "chairman")

    numbers = _NUMBER.findall(chairman.get(f"/units/{unit}/accountability?period=2026").text)

    assert len(numbers) > 25
    for href, value in numbers:
        page = chairman.get(href.replace("&amp;", "&"))
        days = sum(int(found) for found in re.findall(r'data-label="Số ngày">(\d+)<', page.text))
        assert (days or rows_of(page.text)) == int(value), href


def test_an_entry_behind_a_number_leads_to_itself_in_the_history_of_its_item(app):
    head = visit(app, "head.snc")

    page = head.get("/units/snc/accountability/episodes?period=2026").text
    code, entry = re.search(r'href="/items/([\w-]+)/history#(entry-\d+)"', page).groups()

    assert f'id="{entry}"' in head.get(f"/items/{code}/history").text


def test_every_measure_has_words_and_stands_under_one_heading():
    headed = [measure for _heading, measures in (*BY_KIND, *TOGETHER) for measure in measures]

    assert set(WORDS) == set(Measure)
    assert sorted(headed) == sorted(Measure)


def test_a_past_day_is_told_as_the_log_knew_it_then(app):
    auditor = visit(app, "auditor")

    then, now = (auditor.get(f"/units/snc/accountability?period=2026{more}").text for more in ("&as_of=31/07/2026", ""))

    assert "theo nhật ký đến 31/07/2026 23:59" in then
    assert _NUMBER.findall(then) != _NUMBER.findall(now)
    assert all("as_of=31%2F07%2F2026" in href for href, _ in _NUMBER.findall(then))


@pytest.mark.parametrize("login", ["head.kt", "officer.kt", "admin"])
def test_another_unit_finds_nothing_there(app, login):
    visitor = visit(app, login)

    pages = ("accountability", "accountability/print", "accountability/episodes", "scores", "scores/print")

    assert {visitor.get(f"/units/snc/{page}").status_code for page in pages} == {404}


def test_a_number_that_is_none_and_a_unit_that_is_none_are_not_there(app):
    chairman = visit(app, "chairman")

    assert chairman.get("/units/snc/accountability/nonsense").status_code == 404
    assert chairman.get("/units/nowhere/accountability").status_code == 404


def test_an_odd_period_and_an_odd_day_are_told_at_their_fields(app):
    page = visit(app, "head.snc").get("/units/snc/accountability?period=2026-13&as_of=hôm+kia")

    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 2
    assert "Kỳ được ghi là 10/2026" in page.text
    assert "“Tính đến” phải là ngày/tháng/năm" in page.text


def test_the_head_explains_beside_the_numbers_and_it_is_printed_with_them(app):
    head = visit(app, "head.snc")
    head.get("/units/snc/accountability?period=2026-10")

    answer = head.post(
        "/units/snc/accountability", period="2026-10", explanation="Hai viên chức nghỉ ốm <b>dài ngày</b>"
    )

    assert answer.status_code == 303
    assert "Lời giải trình của bạn" in head.get(answer.location).text
    paper = visit(app, "chairman").get("/units/snc/accountability/print?period=2026-10").text
    assert "Hai viên chức nghỉ ốm &lt;b&gt;dài ngày" in paper
    assert "Hai viên chức" not in head.get("/units/snc/accountability?period=2026-09").text


def test_an_empty_explanation_is_refused_and_nobody_else_explains(app):
    head, officer = visit(app, "head.vp"), visit(app, "officer.vp")
    head.get("/units/vp/accountability?period=2026-10")

    refused = head.post("/units/vp/accountability", period="2026-10", explanation="  ")
    officers = officer.get("/units/vp/accountability?period=2026-10")

    assert refused.status_code == 422
    assert 'id="field-explanation"' in refused.text
    assert 'id="field-explanation"' not in officers.text
    assert officer.post("/units/vp/accountability", period="2026-10", explanation="Thử").status_code == 403


def test_an_officer_reads_his_own_score_and_nobody_elses(app):
    own, all_of_them = (
        visit(app, login).get("/units/snc/scores?period=2026").text for login in ("officer.snc", "head.snc")
    )

    assert own.count('scope="row"') == 1
    assert all_of_them.count('scope="row"') > 1
    assert "Ở đây không có điểm nào" in visit(app, "auditor").get("/units/snc/scores?period=2026").text


def test_the_annex_names_its_decree_and_what_it_counts(app):
    page = visit(app, "chairman").get("/units/snc/scores/print?period=2026").text

    assert "Nghị định 335/2025/NĐ-CP" in page
    assert "25 %" in page
