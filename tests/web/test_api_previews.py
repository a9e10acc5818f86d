"""A program asks what a move would lead to: the engine's answer, people by login, and nothing is written."""

from functools import cache

import pytest

from tests.calls import program


@pytest.fixture
def of(app):
    return cache(lambda login: program(app, login))


@pytest.fixture
def started(of):
    fields = {"title": "Công khai ngân sách", "source": "KH 12", "area": "tai-chinh-cong", "due_on": "2026-06-19"}
    made = of("chairman").post("/items", {"workflow": "task", "unit": "kt", "fields": fields})
    code = made.json["code"]
    of("chairman").moved(code, "assign")
    of("head.kt").moved(code, "start")
    return code


def preview(of, login, code, move, **body):
    return of(login).post(f"/items/{code}/moves/{move}/preview", body)


def test_it_tells_state_people_dates_and_what_is_still_missing(of, started):
    told = preview(of, "head.kt", started, "complete", fields={"result_note": "Xong"}).json

    assert told["allowed"]
    assert told["state"] == "completed"
    assert told["waits_for"] == [{"who": "chairman", "people": ["chairman"]}]
    assert told["told"] == [{"who": "chairman", "people": ["chairman"]}]
    assert [reason["params"]["field"] for reason in told["missing"]] == ["evidence"]
    assert told["due"][0]["deadline"] == "main"
    assert told["timers"] == []


def test_a_new_date_shows_the_old_one_beside_it_and_the_timer_it_moves(of, started):
    told = preview(of, "chairman", started, "set_due", fields={"due_on": "2026-06-30"}).json

    assert told["due"] == [
        {"deadline": "main", "at": "2026-06-30T17:00:00.000000Z", "before": "2026-06-19T17:00:00.000000Z"}
    ]
    assert told["timers"] == [{"move": "mark_late", "at": "2026-06-30T17:00:00.000000Z"}]


def test_a_refusal_is_an_answer_with_its_reasons(of, started):
    answer = preview(of, "officer.kt", started, "complete")

    assert answer.status_code == 200
    assert not answer.json["allowed"]
    assert "not_permitted" in {reason["code"] for reason in answer.json["reasons"]}


def test_nothing_is_written(of, office, started):
    with office.read() as uow:
        before = (uow.items.get(started).item, uow.audit.newest_mark())

    preview(of, "head.kt", started, "complete")

    with office.read() as uow:
        assert (uow.items.get(started).item, uow.audit.newest_mark()) == before


@pytest.mark.parametrize(
    ("login", "move", "status"), [("officer.vp", "complete", 404), ("head.kt", "no_such_move", 404)]
)
def test_what_is_not_there_for_the_asker_is_not_found(of, started, login, move, status):
    assert preview(of, login, started, move).status_code == status
