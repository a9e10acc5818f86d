"""Delegations through the API: given, listed, ended; a move or vote in somebody's name says for whom."""

from io import BytesIO

import pytest

from tests.calls import PDF, codes, program
from tests.offices import caller, new_task
from workflow.services.jobs import work

GIVEN = {
    "receiver": "deputy.kt",
    "kind": "KT.",
    "act": "Văn bản số 15/UQ-PKT ngày 01/6/2026",
    "from": "2026-06-01",
    "to": "2026-06-30",
}


@pytest.fixture
def of(app):
    made = {}

    def program_of(login):
        if login not in made:
            made[login] = program(app, login)
        return made[login]

    return program_of


@pytest.fixture
def power(of):
    answer = of("head.kt").post("/delegations", GIVEN)
    assert answer.status_code == 201, answer.text
    return answer.json


def upload(of, code):
    answer = of("officer.kt").ask("POST", f"/items/{code}/files", data={"file": (BytesIO(PDF), "a.pdf")})
    return answer.json["sha256"]


def test_a_power_is_given_and_listed_for_both_and_for_the_office(of, power):
    assert power == {
        **GIVEN,
        "id": power["id"],
        "giver": "head.kt",
        "workflows": [],
        "areas": [],
        "ended_at": None,
        "in_force": True,
    }
    for login in ("head.kt", "deputy.kt", "clerk", "chairman", "auditor"):
        assert of(login).get("/delegations").json == {"items": [power], "next": None}
    assert of("officer.kt").get("/delegations").json["items"] == []


def test_the_list_goes_on_behind_its_cursor(of, power):
    other = of("head.vp").post("/delegations", GIVEN | {"receiver": "deputy.vp"}).json

    first = of("clerk").get("/delegations?limit=1").json
    second = of("clerk").get(f"/delegations?limit=1&cursor={first['next']}").json

    assert {first["items"][0]["id"], second["items"][0]["id"]} == {power["id"], other["id"]}
    assert second["next"] is None
    assert codes(of("clerk").get("/delegations?cursor=x")) == ["cursor_invalid"]


def test_the_same_key_gives_once(of):
    first = of("head.kt").post("/delegations", GIVEN, key="once")
    again = of("head.kt").post("/delegations", GIVEN, key="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json == again.json
    assert first.location == f"/api/v1/delegations/{first.json['id']}"
    assert len(of("head.kt").get("/delegations").json["items"]) == 1


@pytest.mark.parametrize(
    ("login", "change", "status", "expected"),
    [
        ("deputy.kt", {"receiver": "officer.kt"}, 403, ["delegation_chain"]),
        ("officer.kt", {}, 403, ["not_permitted"]),
        ("head.kt", {"giver": "head.vp"}, 403, ["not_permitted"]),
        ("head.kt", {"receiver": "head.kt"}, 422, ["receiver_is_giver"]),
        (
            "head.kt",
            {"receiver": "deputy.vp", "to": "2026-05-01"},
            422,
            ["receiver_of_other_unit", "ends_before_start"],
        ),
        ("head.kt", {"kind": "TM."}, 422, ["not_a_choice"]),
        ("head.kt", {"workflows": "task"}, 422, ["not_a_list"]),
        ("head.kt", {"workflows": ["taks"]}, 422, ["not_a_choice"]),
        ("head.kt", {"colour": "red"}, 422, ["unknown_key"]),
    ],
)
def test_what_may_not_be_given_is_refused_with_its_reasons(of, login, change, status, expected):
    answer = of(login).post("/delegations", GIVEN | change)

    assert (answer.status_code, codes(answer)) == (status, expected)


def test_a_substitute_says_for_whom_he_moves_and_the_log_names_both(of, office, power):
    code = new_task(office)
    fields = {"result_note": "Đã công khai.", "evidence": [upload(of, code)]}

    offered = {move["name"]: move for move in of("deputy.kt").item(code)["moves"]}
    done = of("deputy.kt").move(code, "complete", fields=fields, **{"for": "head.kt"})

    assert (offered["complete"]["allowed"], offered["complete"]["for"]) == (True, "head.kt")
    assert "for" not in offered["progress"]
    assert done.status_code == 200, done.text
    entry = of("deputy.kt").get(f"/items/{code}/history").json["items"][0]
    assert (entry["act"]["id"], entry["act"]["for"], entry["act"]["dlg"]) == ("deputy.kt", "head.kt", power["id"])
    assert [row["code"] for row in of("chairman").get("/inbox").json["items"]] == [code]


def test_what_waits_for_the_giver_is_in_the_substitutes_inbox(of, office):
    of("chairman").post("/delegations", GIVEN | {"receiver": "officer.hcc", "kind": "TUQ."})
    code = new_task(office)
    of("head.kt").moved(code, "complete", fields={"result_note": "Xong.", "evidence": [upload(of, code)]})

    (row,) = of("officer.hcc").get("/inbox").json["items"]
    verified = of("officer.hcc").move(code, "verify", **{"for": "chairman"})

    assert {move["name"]: move.get("for") for move in row["moves"]}["verify"] == "chairman"
    assert verified.json["group"] == "done"


def test_an_ended_power_gives_nothing_and_says_so(of, office, power):
    code = new_task(office)
    ended = of("deputy.kt").ask("DELETE", f"/delegations/{power['id']}")
    again = of("head.kt").ask("DELETE", f"/delegations/{power['id']}")

    refused = of("deputy.kt").move(code, "complete", fields={}, **{"for": "head.kt"})

    assert (ended.status_code, ended.json["in_force"]) == (200, False)
    assert ended.json["ended_at"] == "2026-06-01T01:00:00.000000Z"
    assert (again.status_code, codes(again)) == (409, ["delegation_expired"])
    assert (refused.status_code, codes(refused)[0]) == (403, "delegation_expired")
    assert GIVEN["act"] in refused.json["reasons"][0]["message"]["vi"]


def test_who_has_no_part_in_a_power_finds_none(of, power):
    assert of("head.vp").ask("DELETE", f"/delegations/{power['id']}").status_code == 404
    assert of("auditor").ask("DELETE", f"/delegations/{power['id']}").status_code == 403
    assert of("clerk").ask("DELETE", "/delegations/none").status_code == 404


def test_nobody_gives_by_a_token_that_only_reads(app, office):
    reader = program(app, "head.kt", frozenset({"read"}))

    assert reader.post("/delegations", GIVEN).status_code == 403
    assert caller(office, "deputy.kt").actor.delegations == ()


TASK = {
    "workflow": "task",
    "unit": "kt",
    "fields": {"title": "Rà soát thủ tục", "source": "Kế hoạch năm", "area": "thu-tuc-hanh-chinh"},
}


@pytest.fixture
def lent_by_the_chairman(of):
    answer = of("chairman").post("/delegations", GIVEN | {"receiver": "officer.hcc", "kind": "TUQ."})
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def last_act(of, code):
    return of("chairman").get(f"/items/{code}/history").json["items"][0]["act"]


def test_a_substitute_creates_in_the_givers_name_and_the_log_names_both(of, lent_by_the_chairman):
    made = of("officer.hcc").post("/items", TASK | {"for": "chairman"})

    assert made.status_code == 201, made.text
    act = last_act(of, made.json["code"])
    assert (act["id"], act["for"], act["dlg"]) == ("officer.hcc", "chairman", lent_by_the_chairman)


def test_a_power_counts_for_creating_only_where_it_is_named(of, lent_by_the_chairman):
    assert lent_by_the_chairman

    refused = of("officer.hcc").post("/items", TASK)

    assert (refused.status_code, codes(refused)) == (403, ["not_permitted"])


def test_a_deputy_who_creates_by_his_heads_power_is_logged_with_it(of, office, power):
    task = new_task(office)
    fields = {"title": "Thiếu biểu mẫu", "area": "tai-chinh-cong", "difficulty": "Chưa có mẫu của sở"}

    made = of("deputy.kt").post("/items", {"workflow": "escalation", "unit": "kt", "parent": task, "fields": fields})

    assert made.status_code == 201, made.text
    act = last_act(of, made.json["code"])
    assert (act["id"], act["role"], act["for"], act["dlg"]) == ("deputy.kt", "unit_deputy", "head.kt", power["id"])


def test_nobody_creates_in_the_name_of_somebody_who_gave_him_nothing(of, lent_by_the_chairman):
    assert lent_by_the_chairman

    refused = of("officer.kt").post("/items", TASK | {"for": "chairman"})
    unknown = of("officer.hcc").post("/items", TASK | {"for": "chairmann"})

    assert refused.status_code == 403
    assert (unknown.status_code, codes(unknown)) == (422, ["no_such_person"])


@pytest.mark.parametrize("count", [1, 51])
def test_many_are_moved_in_the_givers_name(of, office, lent_by_the_chairman, count):
    made = of("clerk").post("/items", TASK).json
    body = {"move": "assign", "items": [{"id": made["id"], "version": 1}] * count, "for": "chairman"}

    answer = of("officer.hcc").post("/moves", body)
    work(office)

    assert answer.status_code == (200 if count == 1 else 202), answer.text
    act = last_act(of, made["code"])
    assert (act["id"], act["for"], act["dlg"]) == ("officer.hcc", "chairman", lent_by_the_chairman)
