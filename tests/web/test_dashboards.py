"""The unit's and the commune's page: the one number first, every number leads to as many rows, trends by received reports."""

import re
import shutil

import pytest

from tests.web.conftest import Visitor, close, set_clock, settings_of
from web import create_app

_LATE = re.compile(r'href="((?:/units/\w+|/commune)/late/\w+)"[^>]*>([\d.]+)')


@pytest.fixture(scope="module")
def app(lived, tmp_path_factory):
    folder, now = lived
    made = create_app(settings_of(shutil.copytree(folder, tmp_path_factory.mktemp("dashboards") / "data")))
    set_clock(made, now)
    yield made
    close(made)


def visit(app, login):
    visitor = Visitor(app.test_client())
    visitor.log_in(login)
    return visitor


def rows(text):
    return text.count("<tr data-row>")


@pytest.mark.parametrize(("login", "path"), [("chairman", "/commune"), ("head.snc", "/units/snc")])
def test_the_first_number_of_the_page_is_how_much_is_behind_and_it_opens_that_list(app, login, path):
    visitor = visit(app, login)
    main = visitor.get(path).text.partition("<main")[2]

    href, number = re.search(r'href="([^"]+)"><b>([\d.]+)</b>', main).groups()

    assert "group=behind" in href
    assert rows(visitor.get(href.replace("&amp;", "&")).text) == int(number) > 0


@pytest.mark.parametrize(("login", "path"), [("chairman", "/commune"), ("head.snc", "/units/snc")])
def test_every_number_of_lateness_opens_as_many_rows(app, login, path):
    visitor = visit(app, login)

    found = _LATE.findall(visitor.get(path).text)

    assert len(found) >= 2
    for href, number in found:
        assert rows(visitor.get(href).text) == int(number), href


def test_causes_together_are_all_that_is_late(app):
    chairman = visit(app, "chairman")
    table = chairman.get("/commune").text.partition('id="h-causes"')[2].partition("</table>")[0]

    together = sum(int(number) for _href, number in _LATE.findall(table))

    assert together == rows(chairman.get("/items?late=true").text) > 3


def test_a_trend_says_its_newest_figure_its_target_and_leads_to_the_report(app):
    chairman = visit(app, "chairman")
    trends = chairman.get("/commune").text.partition('id="h-trends"')[2]

    row = next(part for part in trends.split("<tr>") if "Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn" in part)

    href, figure = re.search(r'<a href="(/items/BC-[\d-]+)" aria-label="[^"]*: ([\d,]+ %)"', row).groups()
    assert "100 %" in row
    assert "không đạt" in row
    assert figure in chairman.get(href).text


def test_a_correction_stands_in_the_trend_in_place_of_what_it_corrects(app):
    chairman = visit(app, "chairman")
    trends = chairman.get("/commune").text.partition('id="h-trends"')[2]

    codes = set(re.findall(r'href="/items/(BC-[\d-]+)"', trends))
    with app.extensions["office"].read() as uow:
        states = {code: uow.items.get(code).item.state for code in codes}

    assert len(codes) > 10
    assert set(states.values()) == {"verified"}


def test_a_picture_says_every_period_in_words(app):
    trends = visit(app, "chairman").get("/commune").text.partition('id="h-trends"')[2]

    (words, *_more) = re.findall(r'class="chart"[^>]*aria-label="([^"]+)"', trends)

    assert len(re.findall(r"tháng \d+ năm 202[56] ", words)) == 12
    assert "chưa có số liệu" in words
    assert "kế hoạch giao" in words


def test_a_unit_sees_its_own_indicators_only(app):
    trends = visit(app, "head.snc").get("/units/snc").text.partition('id="h-trends"')[2]

    assert "Số tin, bài" in trends
    assert "Tỷ lệ hồ sơ giải quyết" not in trends


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("head.kt", "/units/snc/print", 404),
        ("head.kt", "/units/snc/late/long", 404),
        ("head.kt", "/commune/print", 403),
        ("head.kt", "/commune/late/long", 403),
        ("chairman", "/commune/late/nonsense", 404),
        ("chairman", "/units/nowhere/late/long", 404),
        ("chairman", "/commune/late/signed_head", 404),
    ],
)
def test_what_one_may_not_read_or_what_is_none_is_refused(app, login, path, status):
    assert visit(app, login).get(path).status_code == status


@pytest.mark.parametrize(("login", "path"), [("chairman", "/commune"), ("head.snc", "/units/snc")])
def test_on_paper_the_numbers_are_the_same_and_who_printed_it_stands_below(app, login, path):
    visitor = visit(app, login)
    screen, paper = (visitor.get(f"{path}{more}").text for more in ("", "/print"))

    bars = [sorted(re.findall(r'class="bar"[^>]*aria-label="([^"]*)"', text)) for text in (screen, paper)]

    assert bars[0] == bars[1] != []
    assert "Người in:" in paper
    assert "<nav" not in paper


def test_the_legend_keeps_its_colours_on_paper(app):
    """Browsers leave backgrounds out when they print, and a key is nothing else."""
    address = re.search(r'href="([^"]*print[^"]*\.css[^"]*)"', visit(app, "chairman").get("/commune/print").text)[1]
    rule = re.search(r"\.key\{[^}]*\}", visit(app, "chairman").get(address).text)[0]

    assert "print-color-adjust:exact" in rule
