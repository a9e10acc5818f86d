"""Items through the API: created, listed, moved, voted on, each answer as the contract says."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from tests.calls import PDF, codes, program
from tests.web.conftest import set_clock
from workflow.services.deadlines import sweep

TASK = {"title": "Công khai ngân sách quý II", "source": "Kế hoạch số 12", "area": "tai-chinh-cong"}
LATER = datetime(2026, 6, 22, 2, tzinfo=UTC)
PLAN = {
    "cause_kind": "objective",
    "cause_note": "Chờ số liệu của cấp trên",
    "plan_note": "Làm thêm giờ, rà soát hằng ngày",
    "plan_due_on": "2026-07-10",
    "plan_owner": "officer.kt",
}


@pytest.fixture
def of(app):
    made = {}

    def program_of(login, *scopes):
        key = (login, scopes)
        if key not in made:
            made[key] = program(app, login, frozenset(scopes)) if scopes else program(app, login)
        return made[key]

    return program_of


@pytest.fixture
def new(of):
    def made(unit="kt", **fields):
        answer = of("clerk").post("/items", {"workflow": "task", "unit": unit, "fields": TASK | fields})
        assert answer.status_code == 201, answer.text
        return answer.json["code"]

    return made


@pytest.fixture
def started(of, new):
    def made(**fields):
        code = new(**fields)
        of("chairman").moved(code, "assign")
        of("head.kt").moved(code, "start")
        return code

    return made


@pytest.fixture
def late(app, of, started):
    code = started(due_on="2026-06-19")
    set_clock(app, LATER)
    sweep(app.extensions["office"])
    assert of("head.kt").item(code)["group"] == "behind"
    return code


# -- creating -----------------------------------------------------------------------------------------------------------


def test_a_new_item_is_answered_with_its_address_and_first_version(of):
    answer = of("clerk").post("/items", {"workflow": "task", "unit": "kt", "fields": TASK | {"assignee": "officer.kt"}})

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.location == f"/api/v1/items/{answer.json['id']}"
    assert answer.json["version"] == 1
    assert answer.json["unit"] == "kt"
    assert answer.json["fields"] == TASK | {"assignee": "officer.kt"}
    assert of("clerk").get(answer.location.removeprefix("/api/v1")).json == answer.json


def test_the_same_key_creates_once(of):
    body = {"workflow": "task", "unit": "kt", "fields": TASK}

    first = of("clerk").post("/items", body, key="once")
    again = of("clerk").post("/items", body, key="once")
    other = of("clerk").post("/items", body | {"unit": "vp"}, key="once")

    assert first.status_code == again.status_code == 201
    assert first.json["id"] == again.json["id"]
    assert other.status_code == 422
    assert codes(other) == ["key_reused"]
    assert len(of("clerk").get("/items").json["items"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "expected"),
    [
        ({"colour": "red"}, 422, {"unknown_key"}),
        ({"fields": {"title": "x"}}, 422, {"input_missing"}),
        ({"fields": {"title": "x", "source": "y", "area": "tai-chinh-cong", "unit": "kt"}}, 422, {"unknown_field"}),
        ({"unit": "nowhere"}, 422, {"no_such_unit"}),
        ({"unit": None}, 422, {"input_missing"}),
        ({"workflow": "taks"}, 404, {"no_such_name"}),
        ({"fields": []}, 422, {"not_an_object"}),
        ({"parent": "0" * 32}, 404, {"not_found"}),
    ],
)
def test_what_is_wrong_with_a_new_item_is_said(of, change, status, expected):
    answer = of("clerk").post("/items", {"workflow": "task", "unit": "kt", "fields": TASK} | change)

    assert answer.status_code == status
    assert set(codes(answer)) == expected


def test_who_may_not_create_is_told_so_before_what_is_missing(of):
    answer = of("officer.kt").post("/items", {"workflow": "task", "unit": "kt", "fields": {}})

    assert answer.status_code == 403
    assert codes(answer)[0] == "not_permitted"


# -- one item -----------------------------------------------------------------------------------------------------------


def test_an_item_is_found_by_id_and_by_code(of, new):
    code = new()

    by_code = of("chairman").item(code)

    assert of("chairman").item(by_code["id"]) == by_code
    assert of("chairman").get(f"/items/{code}").headers["ETag"] == '"1"'


def test_an_item_has_the_members_of_the_contract(of, late):
    found = of("head.kt").item(late)

    assert {
        "id", "code", "workflow", "version", "definition", "state", "group", "unit", "fields", "due_at", "waits_on",
        "late", "parent", "children", "requests", "moves",
    } <= found.keys()  # fmt: skip
    assert set(found["definition"]) == {"version", "hash"}
    assert found["due_at"] == "2026-06-19T17:00:00.000000Z"
    assert found["waits_on"] == "unit_head"
    assert found["late"] == [
        {
            "n": 1,
            "effective_at": "2026-06-19T17:00:00.000000Z",
            "recorded_at": "2026-06-22T02:00:00.000000Z",
            "ended_at": None,
            "ended_by": None,
            "unit": "kt",
            "record": {},
        }
    ]


def test_a_move_says_what_it_asks_for(of, late):
    moves = {move["name"]: move for move in of("head.kt").item(late)["moves"]}

    plan = moves["plan"]
    assert {"name", "label", "to", "allowed", "reasons", "inputs", "approval"} == plan.keys()
    assert plan["label"] == {"vi": "Trình kế hoạch khắc phục", "en": "Submit a remediation plan"}
    assert plan["allowed"] is True
    assert plan["to"] == "remediation_planned"
    cause = plan["inputs"][0]
    assert cause["name"] == "cause_kind"
    assert cause["type"] == "choice"
    assert cause["required"] is True
    assert cause["choices"][0] == {
        "name": "subjective",
        "label": {"vi": "Nguyên nhân chủ quan", "en": "Subjective cause"},
    }
    assert [step["id"] for step in plan["approval"]["steps"]] == ["chair"]


def test_moves_of_others_are_listed_only_when_all_are_asked_for(of, started):
    code = started()

    own = {move["name"] for move in of("officer.kt").item(code)["moves"]}
    every = {move["name"]: move for move in of("officer.kt").item(code, "?moves=all")["moves"]}

    assert own == {"progress"}
    assert own < every.keys()
    assert every["complete"]["allowed"] is False
    assert {reason["kind"] for reason in every["complete"]["reasons"]} >= {"authority"}
    assert "mark_late" not in every


def test_a_move_refused_by_more_than_authority_stays_listed(app, of, started):
    code = started(due_on="2026-06-19")
    set_clock(app, LATER)

    moves = {move["name"]: move for move in of("head.kt").item(code)["moves"]}

    assert moves["complete"]["allowed"] is False
    assert [reason["kind"] for reason in moves["complete"]["reasons"]] == ["precondition"]
    assert moves["complete"]["reasons"][0]["message"]["vi"].startswith("Nhiệm vụ đã quá hạn")


def test_an_item_of_another_unit_does_not_exist(of, new):
    code = new()

    for answer in (
        of("officer.vp").get(f"/items/{code}"),
        of("officer.vp").get(f"/items/{code}/history"),
        of("officer.vp").post(f"/items/{code}/moves", {"move": "assign"}),
        of("officer.vp").post(f"/items/{code}/moves", {"unknown": 1}),
        of("officer.vp").post(f"/items/{code}/votes", {"move": "plan", "vote": "approve"}, seen=1),
        of("officer.vp").post(f"/items/{code}/comments", {"text": "x"}),
        of("officer.vp").post(f"/items/{code}/files"),
        of("admin").get(f"/items/{code}"),
        of("chairman").get("/items/NV-1999-0001"),
        of("chairman").get("/items/%00"),
    ):
        assert answer.status_code == 404
        assert codes(answer) == ["not_found"]


# -- moving -------------------------------------------------------------------------------------------------------------


def test_a_move_answers_the_item_under_its_new_version(of, new):
    code = new()

    answer = of("chairman").move(code, "assign", fields={"assignee": "officer.kt"})

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.json["version"] == 2
    assert answer.json["fields"]["assignee"] == "officer.kt"


def test_a_move_needs_the_version_that_was_seen(of, new):
    code = new()

    missing = of("chairman").post(f"/items/{code}/moves", {"move": "assign"})
    foreign = of("chairman").post(f"/items/{code}/moves", {"move": "assign"}, headers={"If-Match": '"abc"'})
    weak = of("chairman").post(f"/items/{code}/moves", {"move": "assign"}, headers={"If-Match": 'W/"1"'})

    assert (missing.status_code, codes(missing)) == (428, ["version_missing"])
    assert (foreign.status_code, codes(foreign)) == (412, ["stale"])
    assert weak.status_code == 200


def test_an_old_version_is_refused_with_the_new_one_and_who_made_it(of, new):
    code = new()
    of("chairman").moved(code, "assign")

    answer = of("chairman").move(code, "withdraw", seen=1, comment="Giao nhầm")

    assert answer.status_code == 412
    assert answer.headers["ETag"] == '"2"'
    assert answer.json["current"]["version"] == 2
    assert answer.json["current"]["by"] == "chairman"


def test_the_same_key_moves_once_and_is_answered_again(of, new):
    code = new()

    first = of("chairman").move(code, "assign", seen=1, key="k1")
    again = of("chairman").move(code, "assign", seen=1, key="k1")
    other = of("chairman").move(code, "withdraw", seen=1, key="k1", comment="x")

    assert first.status_code == again.status_code == 200
    assert again.json == first.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (other.status_code, codes(other)) == (422, ["key_reused"])
    assert len(of("chairman").get(f"/items/{code}/history").json["items"]) == 2


def test_refusals_come_in_the_order_of_the_contract(of, started):
    code = started()
    wrong = {"colour": "red"}

    not_seen = of("officer.vp").post(f"/items/{code}/moves", {"move": "complete"} | wrong)
    no_version = of("head.kt").post(f"/items/{code}/moves", {"move": "complete"} | wrong)
    stale = of("head.kt").post(f"/items/{code}/moves", {"move": "complete"} | wrong, seen=1)
    unknown = of("head.kt").move(code, "complete", colour="red")
    not_from_here = of("officer.kt").move(code, "verify")
    not_his = of("officer.kt").move(code, "complete")
    missing = of("head.kt").move(code, "complete")
    no_such = of("head.kt").move(code, "compleet")

    assert [a.status_code for a in (not_seen, no_version, stale, unknown, not_from_here, not_his, missing, no_such)] == [
        404, 428, 412, 422, 409, 403, 422, 404,
    ]  # fmt: skip
    assert codes(not_from_here) == ["not_from_here"]
    assert codes(missing) == ["input_missing", "input_missing"]
    assert no_such.json["reasons"][0]["params"]["nearest"] == "complete"
    assert "complete" in no_such.json["detail"]


def test_a_problem_has_every_member(of, started):
    answer = of("officer.kt").move(started(), "complete")

    assert answer.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "reasons"} <= answer.json.keys()
    assert answer.json["type"].endswith("#authority")
    reason = answer.json["reasons"][0]
    assert set(reason) == {"code", "kind", "params", "message"}
    assert set(reason["message"]) == {"vi", "en"}
    assert reason["message"]["vi"] != reason["message"]["en"]


def test_the_comment_may_stand_beside_the_fields_or_among_them(of, new):
    first, second = new(), new()

    beside = of("chairman").move(first, "withdraw", comment="Giao nhầm đơn vị")
    among = of("chairman").move(second, "withdraw", fields={"comment": "Giao nhầm đơn vị"})

    assert beside.status_code == among.status_code == 200
    for code in (first, second):
        assert of("chairman").get(f"/items/{code}/history").json["items"][0]["comment"] == "Giao nhầm đơn vị"
        assert "comment" not in of("chairman").item(code)["fields"]


def test_several_items_are_moved_each_on_its_own(of, new):
    first, second, third = new(), new(), new()
    of("chairman").moved(third, "withdraw", comment="Giao nhầm")

    answer = of("chairman").post(
        "/moves",
        {
            "move": "assign",
            "items": [
                {"id": first, "version": 1},
                {"id": second, "version": 7},
                {"id": third, "version": 2},
                {"id": "NV-1999-0001", "version": 1},
            ],
        },
    )

    assert answer.status_code == 200
    assert [row["status"] for row in answer.json["items"]] == [200, 412, 409, 404]
    assert answer.json["items"][0]["version"] == 2
    assert answer.json["items"][2]["reasons"][0]["code"] == "not_from_here"
    assert of("chairman").item(second)["version"] == 1


def test_a_move_that_is_not_for_many_is_refused_for_each(of, started):
    code = started()

    answer = of("head.kt").post("/moves", {"move": "complete", "items": [{"id": code, "version": 3}]})

    assert [(row["status"], row["reasons"][0]["code"]) for row in answer.json["items"]] == [(422, "not_bulk")]


def test_more_than_a_job_takes_is_refused(of):
    items = [{"id": f"NV-2026-{n:04}", "version": 1} for n in range(1001)]

    answer = of("chairman").post("/moves", {"move": "assign", "items": items})

    assert (answer.status_code, codes(answer)) == (422, ["too_many"])


# -- voting -------------------------------------------------------------------------------------------------------------


def vote(of, login, code, word, move="plan", **body):
    version = of(login).item(code)["version"]
    return of(login).post(f"/items/{code}/votes", {"move": move, "vote": word, **body}, seen=version)


def test_a_proposal_waits_for_its_votes_and_says_whose(of, late):
    of("head.kt").moved(late, "plan", fields=PLAN)

    found = of("chairman").item(late)

    assert found["waits_on"] == "chairman"
    assert found["requests"] == [
        {
            "move": "plan",
            "proposed_by": "head.kt",
            "at": "2026-06-22T02:00:00.000000Z",
            "inputs": PLAN,
            "steps": [
                {"id": "chair", "by": ["chairman", "vice_chairman"], "need": 1, "voted": [], "missing": 1},
            ],
        }
    ]
    plan = next(move for move in found["moves"] if move["name"] == "plan")
    assert plan["allowed"] is False
    assert plan["approval"]["vote"]["allowed"] is True


def test_an_approved_proposal_is_the_move(of, late):
    of("head.kt").moved(late, "plan", fields=PLAN)

    answer = vote(of, "chairman", late, "approve")

    assert answer.status_code == 200
    assert answer.json["state"] == "remediation_planned"
    assert answer.json["requests"] == []
    assert answer.json["late"][0]["record"]["plan_owner"] == {
        "value": "officer.kt",
        "by": "head.kt",
        "at": "2026-06-22T02:00:00.000000Z",
    }


def test_votes_are_refused_as_the_contract_says(of, late):
    of("head.kt").moved(late, "plan", fields=PLAN)
    version = of("head.kt").item(late)["version"]

    proposer = vote(of, "head.kt", late, "approve")
    outsider = vote(of, "officer.kt", late, "approve")
    word = vote(of, "chairman", late, "maybe")
    no_version = of("chairman").post(f"/items/{late}/votes", {"move": "plan", "vote": "approve"})
    stale = of("chairman").post(f"/items/{late}/votes", {"move": "plan", "vote": "approve"}, seen=version - 1)
    not_voted = vote(of, "chairman", late, "withdraw")

    assert [a.status_code for a in (proposer, outsider, word, no_version, stale, not_voted)] == [
        403, 403, 422, 428, 412, 409,
    ]  # fmt: skip


def test_only_the_proposer_takes_a_proposal_back(of, late):
    of("head.kt").moved(late, "plan", fields=PLAN)

    other = of("chairman").ask("DELETE", f"/items/{late}/requests/plan")
    own = of("head.kt").ask("DELETE", f"/items/{late}/requests/plan")
    again = of("head.kt").ask("DELETE", f"/items/{late}/requests/plan")

    assert [answer.status_code for answer in (other, own, again)] == [403, 200, 409]
    assert own.json["requests"] == []


def test_nobody_acts_for_somebody_who_gave_him_no_power(of, late):
    unknown = of("deputy.kt").move(late, "plan", fields=PLAN, **{"for": "head.xx"})
    nothing_given = of("deputy.kt").move(late, "plan", fields=PLAN, **{"for": "head.kt"})
    stale = of("deputy.kt").move(late, "plan", seen=1, fields=PLAN, **{"for": "head.kt"})

    assert (unknown.status_code, codes(unknown)) == (422, ["no_such_person"])
    assert (nothing_given.status_code, codes(nothing_given)) == (403, ["delegation_needed"])
    assert stale.status_code == 412
    refusals = of("auditor").get("/audit/entries?type=refusal").json["items"]
    assert [entry["act"]["id"] for entry in refusals] == ["deputy.kt"]


# -- lists --------------------------------------------------------------------------------------------------------------


def listed(of, login, query=""):
    answer = of(login).get(f"/items{query}")
    assert answer.status_code == 200, answer.text
    return [row["title"] for row in answer.json["items"]]


def test_a_list_is_narrowed_by_every_filter(app, of, new):
    new(title="Một", due_on="2026-06-19", assignee="officer.kt")
    two = new(title="Hai", unit="vp", area="the-che")
    of("chairman").moved(two, "withdraw", comment="Giao nhầm")
    set_clock(app, LATER)

    assert listed(of, "chairman") == ["Một", "Hai"]
    for query in (
        "unit=kt", "state=draft", "group=doing", "assignee=officer.kt", "overdue=true", "area=tai-chinh-cong", "q=mot",
        "waits_on=me",
    ):  # fmt: skip
        assert listed(of, "chairman", f"?{query}") == ["Một"], query
    assert listed(of, "chairman", "?workflow=report") == []
    assert listed(of, "chairman", "?assignee=nobody") == []
    assert listed(of, "chairman", "?waits_on=me&unit=vp") == []
    assert listed(of, "officer.vp") == ["Hai"]


def test_a_list_goes_on_where_its_page_ended(of, new):
    titles = sorted(f"Việc {n}" for n in range(7))
    for title in titles:
        new(title=title)

    for query in ("sort=title", "sort=due_on", "sort=code", "waits_on=me"):
        found, cursor = [], ""
        while cursor is not None:
            page = of("chairman").get(f"/items?limit=3&{query}" + (f"&cursor={cursor}" if cursor else "")).json
            assert len(page["items"]) <= 3
            found += [row["title"] for row in page["items"]]
            cursor = page["next"]
        assert found == titles, query


@pytest.mark.parametrize(
    "query",
    ["limit=201", "limit=0", "limit=x", "sort=colour", "overdue=maybe", "waits_on=you", "colour=red", "cursor=x",
     "unit=kt&unit=vp", "group=gone", "waits_on=me&cursor=x", "q=%00"],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(of, query):
    answer = of("chairman").get(f"/items?{query}")

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_row_agrees_with_its_item(of, late):
    for query in ("", "?waits_on=me"):
        row = of("head.kt").get(f"/items{query}").json["items"][0]
        whole = of("head.kt").item(late)

        assert row["overdue"] is True
        for name in row.keys() - {"fields"}:
            assert row[name] == whole[name], name
        assert row["fields"].items() <= whole["fields"].items()


def test_the_inbox_holds_what_one_can_do_now(of, late):
    rows = of("head.kt").get("/inbox").json["items"]

    assert [row["code"] for row in rows] == [late]
    assert {move["name"] for move in rows[0]["moves"] if move["allowed"]} >= {"plan"}
    assert of("officer.vp").get("/inbox").json == {"items": [], "next": None}


# -- comments and files -------------------------------------------------------------------------------------------------


def test_a_comment_stands_in_the_history_and_leaves_the_version(of, new):
    code = new()

    made = of("head.kt").post(f"/items/{code}/comments", {"text": "Cần số liệu của kho bạc"})
    empty = of("head.kt").post(f"/items/{code}/comments", {"text": "  "})

    assert made.status_code == 201
    assert empty.status_code == 422
    newest = of("head.kt").get(f"/items/{code}/history").json["items"][0]
    assert (newest["type"], newest["comment"], newest["act"]["id"]) == ("comment", "Cần số liệu của kho bạc", "head.kt")
    assert of("head.kt").item(code)["version"] == 1


def attach(of, login, code, content=PDF, name="minh chứng.pdf"):
    return of(login).post(f"/items/{code}/files", data={"file": (BytesIO(content), name)})


def test_a_file_becomes_evidence_once_a_move_names_it(of, started):
    code, other = started(), started()

    taken = attach(of, "officer.kt", code)
    elsewhere = of("head.kt").move(
        other, "complete", fields={"result_note": "Xong", "evidence": [taken.json["sha256"]]}
    )
    done = of("head.kt").move(code, "complete", fields={"result_note": "Xong", "evidence": [taken.json["sha256"]]})

    assert taken.status_code == 201
    assert taken.json == {
        "sha256": taken.json["sha256"], "name": "minh chứng.pdf", "size": len(PDF), "type": "application/pdf",
    }  # fmt: skip
    assert (elsewhere.status_code, codes(elsewhere)) == (422, ["file_unknown"])
    assert done.status_code == 200
    assert done.json["fields"]["evidence"] == [taken.json["sha256"]]
    assert "evidence" not in of("officer.kt").item(other)["fields"]


def test_a_file_is_only_ever_saved_and_only_by_readers_of_its_item(of, client_of, started):
    sha256 = attach(of, "officer.kt", started()).json["sha256"]

    for answer in (of("head.kt").get(f"/files/{sha256}"), client_of("head.kt").get(f"/files/{sha256}")):
        assert answer.status_code == 200
        assert answer.data == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()
    assert of("officer.vp").get(f"/files/{sha256}").status_code == 404
    assert client_of("officer.vp").get(f"/files/{sha256}").status_code == 404


def test_a_file_of_the_wrong_kind_or_no_file_is_refused(of, started):
    code = started()

    wrong = attach(of, "officer.kt", code, b"MZ\x90\x00 not a document", "virus.exe")
    none = of("officer.kt").post(f"/items/{code}/files", data={"other": "x"})
    watcher = attach(of, "auditor", code)

    assert (wrong.status_code, codes(wrong)) == (415, ["type_refused"])
    assert (none.status_code, codes(none)) == (422, ["input_missing"])
    assert watcher.status_code == 403
