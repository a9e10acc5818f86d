"""The page of how a workflow is lived: counts on the drawing and in the table beside it, for those who read everything."""

from datetime import timedelta

import pytest

from tests.offices import OPENING, at, moved, new_task
from tests.web.conftest import set_clock
from workflow.services.custody import bring_up

PAGE = "/definitions/task/mining"


@pytest.fixture
def lived(app, office):
    codes = [new_task(office, unit) for unit in ("kt", "hcc")]
    moved(at(office, OPENING + timedelta(days=1)), "chairman", codes[0], "suspend", comment="Chờ")
    later = at(office, OPENING + timedelta(days=3))
    bring_up(later)
    set_clock(app, later.clock.now())
    return codes


@pytest.mark.usefixtures("lived")
def test_the_drawing_and_the_table_beside_it_tell_the_same_counts(client_of):
    page = client_of("chairman").get(PAGE).text

    assert "Giao việc · 2" in page
    assert "· 0<" in page
    assert '<td class="num" data-label="Số lần">2</td>' in page


def test_a_way_leads_to_the_story_of_an_item_that_went_it(client_of, lived):
    page = client_of("auditor").get(PAGE).text

    assert "Giao việc → Tiếp nhận và thực hiện → Tạm dừng thực hiện" in page
    assert f'href="/items/{lived[0]}/history"' in page


@pytest.mark.usefixtures("lived")
def test_times_are_told_as_elapsed_or_as_working_time(client_of):
    visitor = client_of("chairman")

    assert "2 ngày" in visitor.get(PAGE).text
    assert "2 ngày làm việc" in visitor.get(f"{PAGE}?time=working").text


@pytest.mark.usefixtures("lived")
def test_what_was_counted_is_counted_anew_once_something_was_written(client_of, office):
    visitor = client_of("chairman")
    assert "2 việc, 2 cách đi" in visitor.get(PAGE).text

    new_task(at(office, OPENING + timedelta(days=2)), "snc")

    assert "3 việc, 2 cách đi" in visitor.get(PAGE).text


def test_no_items_and_odd_days_are_said(client_of):
    visitor = client_of("chairman")

    assert "không có việc nào" in visitor.get(f"{PAGE}?since=01/01/2025&until=31/01/2025").text
    assert visitor.get(f"{PAGE}?since=nie").status_code == 422


@pytest.mark.parametrize("login", ["head.kt", "officer.kt", "admin"])
def test_it_is_for_those_who_read_everything(client_of, login):
    visitor = client_of(login)

    assert visitor.get(PAGE).status_code == 403
    assert PAGE not in visitor.get("/definitions/task").text
