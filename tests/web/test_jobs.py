"""More than fifty at once: looked over as always, then done in the background with a page that tells how far it is."""

import re
from html import unescape

import pytest

from tests.calls import program
from tests.offices import caller
from workflow.services import jobs
from workflow.services.items import NewItem, create


@pytest.fixture
def codes(office):
    """Fifty-one drafts of tasks."""
    clerk = caller(office, "clerk")
    fields = {"title": "Rà soát thủ tục", "source": "KH 12", "area": "the-che"}
    return [create(office, clerk, NewItem("task", "kt", fields)).item.code for _ in range(51)]


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def begin(visitor, codes):
    visitor.get("/")
    review = visitor.post("/items/bulk", id=codes, move="assign")
    assert "Số lượng lớn nên được xử lý ở chế độ nền" in words(review)
    chosen = re.findall(r'name="item" value="([^"]+)"', review.text)
    key = re.search(r'name="key" value="([^"]+)"', review.text)[1]
    answer = visitor.post("/items/bulk/confirm", item=chosen, move="assign", key=key, comment="")
    assert answer.status_code == 303
    return answer.location


def test_the_page_tells_how_far_it_is_and_what_became_of_each(client_of, office, codes):
    chairman = client_of("chairman")
    address = begin(chairman, codes)
    waiting = chairman.get(address)
    assert "Đã xử lý 0 trên 51" in words(waiting)
    assert 'hx-trigger="every 2s"' in waiting.text

    jobs.work(office)

    part = chairman.get(address, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Đã xử lý 51 trên 51" in words(part)
    assert "every 2s" not in part.text
    assert words(part).count("Đã giao") == 51
    assert address in chairman.get("/jobs").text


def test_it_can_be_stopped_without_script(client_of, office, codes):
    chairman = client_of("chairman")
    address = begin(chairman, codes)
    chairman.get(address)

    assert chairman.post(f"{address}/cancel").status_code == 303
    assert jobs.work(office) == 0
    assert "Đã dừng" in words(chairman.get(address))


def test_nobody_else_sees_it(client_of, codes):
    address = begin(client_of("chairman"), codes)

    assert client_of("vice").get(address).status_code == 404
    assert client_of("vice").post(f"{address}/cancel").status_code == 404


def test_fifty_are_still_done_at_once(client_of, codes):
    chairman = client_of("chairman")
    chairman.get("/")
    review = chairman.post("/items/bulk", id=codes[:50], move="assign")
    chosen = re.findall(r'name="item" value="([^"]+)"', review.text)

    answer = chairman.post("/items/bulk/confirm", item=chosen, move="assign", key="k", comment="")

    assert answer.status_code == 200
    assert "Đã thực hiện" in words(answer) or "50" in words(answer)


def test_only_steps_that_all_of_them_take_are_offered_beside(client_of, office, codes):
    chairman = client_of("chairman")
    chairman.get("/")

    review = chairman.post("/items/bulk", id=codes[:2], move="withdraw")

    assert 'name="move" value="assign"' in review.text
    with office.read() as uow:
        stored = uow.items.get(codes[0]).item
    jobs.start(office, caller(office, "chairman"), "assign", [jobs.Asked(codes[0], stored.revision)], None)
    jobs.work(office)
    assert 'name="move" value="assign"' not in chairman.post("/items/bulk", id=codes[:2], move="withdraw").text


# -- calls --------------------------------------------------------------------------------------------------------------


def test_a_call_for_more_than_fifty_is_answered_with_a_job(app, office, codes):
    chairman = program(app, "chairman")
    body = {"move": "assign", "items": [{"id": code, "version": 1} for code in codes]}

    answer = chairman.post("/moves", body, key="many")

    assert answer.status_code == 202
    assert answer.json["status"] == "going_on"
    assert chairman.post("/moves", body, key="many").json["id"] == answer.json["id"]
    jobs.work(office)
    told = chairman.get(f"/jobs/{answer.json['id']}").json
    assert (told["status"], told["done"], len(told["items"])) == ("finished", 51, 51)
    assert {one["status"] for one in told["items"]} == {200}
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['id']}"


def test_each_refusal_of_a_job_is_told_as_elsewhere(app, office, codes):
    chairman = program(app, "chairman")
    body = {"move": "assign", "items": [{"id": code, "version": 7} for code in codes]}
    made = chairman.post("/moves", body).json

    jobs.work(office)

    told = chairman.get(f"/jobs/{made['id']}").json
    assert {one["status"] for one in told["items"]} == {412}


def test_a_job_is_stopped_by_its_asker_alone(app, codes):
    chairman, vice = program(app, "chairman"), program(app, "vice")
    body = {"move": "assign", "items": [{"id": code, "version": 1} for code in codes]}
    made = chairman.post("/moves", body).json

    assert vice.ask("DELETE", f"/jobs/{made['id']}").status_code == 404
    assert chairman.ask("DELETE", f"/jobs/{made['id']}").json["status"] == "stopped"
