"""The calls of periods: their shape, who may read them, and consolidating by program."""

import pytest

from tests.calls import codes, program
from tests.reporting import on, opened, reported
from tests.web.conftest import set_clock
from tests.web.test_api_shell import fits

PATH = "/reports/monthly/2026-07/consolidation"


@pytest.fixture
def july(app):
    office = app.extensions["office"]
    opened(office, "2026-07", on(6, 15))
    reported(office, "snc", "2026-07", on(7, 16))
    set_clock(app, on(7, 20))
    return app


def shape_of(app, path: str) -> dict:
    description = app.test_client().get("/api/v1/openapi.json").json
    return description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def test_answers_have_the_shape_that_is_described(july):
    consolidator = program(july, "consolidator")
    consolidator.post(PATH, {})

    for path, address in (
        ("/reports", "/reports?year=2026"),
        ("/reports/{series}/{period}", "/reports/monthly/2026-07"),
        ("/reports/{series}/{period}/consolidation", PATH),
    ):
        answer = consolidator.get(address)
        assert answer.status_code == 200, answer.text
        assert fits(answer.json, shape_of(july, path)) == [], path


def test_a_version_is_created_once_and_then_brought_up_to_date(july):
    consolidator = program(july, "consolidator")

    first = consolidator.post(PATH, {}, key="one")
    again = consolidator.post(PATH, {}, key="one")
    anew = consolidator.post(PATH, {})

    assert (first.status_code, again.status_code, anew.status_code) == (201, 200, 200)
    assert first.headers["Location"] == f"/api/v1/items/{first.json['id']}"
    assert again.json["version"] == first.json["version"] < anew.json["version"]
    assert {first.json["id"], again.json["id"], anew.json["id"]} == {first.json["id"]}


def test_who_may_not_consolidate_is_told_why(july):
    chairman = program(july, "chairman")

    refused = chairman.post(PATH, {})

    assert (refused.status_code, codes(refused)) == (403, ["not_permitted"])


def test_a_unit_reads_itself_and_no_consolidation(july):
    officer = program(july, "officer.kt")

    (period,) = (one for one in officer.get("/reports?year=2026").json["periods"] if one["period"] == "2026-07")

    assert [one["unit"] for one in period["units"]] == ["kt"]
    assert officer.get(PATH).status_code == 404
    assert officer.get("/reports/monthly/2026-99").status_code == 404
    assert officer.get("/reports?year=much").status_code == 422
