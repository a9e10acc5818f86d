"""What holds for every call: tokens and scopes, bodies, the log, the definitions, and the description of it all."""

import re

import pytest

from tests.calls import codes, program
from tests.offices import HOUSE, caller, new_task, next_version
from web import wiring
from web.api.components import COMPONENTS
from web.security import Allowance
from workflow.services import people, publishing


@pytest.fixture
def chairman(app):
    return program(app, "chairman")


@pytest.fixture
def task(office):
    return new_task(office)


# -- tokens and scopes --------------------------------------------------------------------------------------------------


def test_nobody_calls_without_a_token_in_force(app, office, client_of):
    made = program(app, "chairman")
    token_id = people.create_token(office, HOUSE, "chairman", frozenset({"read"})).id
    people.lock(office, HOUSE, "vice")
    anonymous = app.test_client()
    session = client_of("chairman")

    for answer in (
        anonymous.get("/api/v1/items"),
        anonymous.get("/api/v1/items", headers={"Authorization": "Bearer no-such"}),
        anonymous.get("/api/v1/items", headers={"Authorization": f"Basic {made.token}"}),
        session.client.get("/api/v1/items"),
        program(app, "vice").get("/items"),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert codes(answer) == ["not_signed_in"]
    people.revoke_token(office, HOUSE, "chairman", token_id)
    assert made.get("/items").status_code == 200


def test_a_token_does_what_its_scopes_say_and_nothing_else(app, task):
    reads, writes = program(app, "chairman", frozenset({"read"})), program(app, "chairman", frozenset({"write"}))
    audits, rules = program(app, "auditor", frozenset({"audit"})), program(app, "admin", frozenset({"admin"}))

    assert reads.get(f"/items/{task}").status_code == 200
    assert reads.get("/audit/entries").status_code == 403
    for answer in (
        reads.post(f"/items/{task}/comments", {"text": "x"}),
        reads.move(task, "withdraw", comment="x"),
        reads.ask("DELETE", f"/items/{task}/requests/plan"),
        reads.post("/moves", {"move": "assign", "items": [{"id": task, "version": 1}]}),
    ):
        assert (answer.status_code, codes(answer)) == (403, ["scope_needed"])
    assert writes.get(f"/items/{task}").status_code == 200
    assert writes.post(f"/items/{task}/comments", {"text": "x"}).status_code == 201
    assert audits.get("/audit/entries").status_code == 200
    assert audits.get("/items").status_code == 403
    assert rules.get("/items").status_code == 403


def test_a_token_has_a_budget_of_its_own(app, chairman):
    app.extensions["api_budget"] = Allowance(2, 60.0)
    other = program(app, "vice")

    statuses = [chairman.get("/definitions").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert other.get("/definitions").status_code == 200
    assert "Retry-After" in chairman.get("/definitions").headers


# -- bodies and errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[" * 200_000, "application/json"),
        (b'{"a":' * 100_000, "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'{"workflow":"task","workflow":"task"}', "application/json"),
        (b'{"workflow":NaN}', "application/json"),
        (b'{"workflow":' + b"1" * 5000 + b"}", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"workflow":"task"}', "text/plain"),
        (b"", "application/json"),
    ],
)
def test_what_is_no_json_object_is_refused_as_such(chairman, content, kind):
    answer = chairman.post("/items", data=content, content_type=kind)

    assert (answer.status_code, codes(answer)) == (400, ["not_json"])


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800", "x" * 10_001, 7, ["x"], "a\u202eb"])
def test_a_text_that_cannot_be_kept_is_refused(chairman, task, text):
    comment = chairman.post(f"/items/{task}/comments", {"text": text})
    move = chairman.move(task, "withdraw", comment=text)
    among = chairman.move(task, "withdraw", fields={"comment": text})

    assert [comment.status_code, move.status_code, among.status_code] == [422, 422, 422]


def test_a_body_has_bounds(chairman):
    answer = chairman.post("/items", data=b'{"a":"' + b"x" * 2_000_000 + b'"}', content_type="application/json")

    assert (answer.status_code, codes(answer)) == (413, ["too_large"])


@pytest.mark.parametrize("key", ["k" * 201])
def test_a_key_has_bounds(chairman, task, key):
    assert chairman.move(task, "withdraw", key=key, comment="x").status_code == 422


def test_every_address_under_api_answers_as_the_api(app, chairman):
    missing = chairman.get("/nothing-here")
    other = app.test_client().get("/api/v2/items")
    wrong = chairman.ask("PUT", "/items")

    assert (missing.status_code, other.status_code, wrong.status_code) == (404, 404, 405)
    assert [answer.mimetype for answer in (missing, other, wrong)] == ["application/problem+json"] * 3
    assert "GET" in wrong.headers["Allow"]


def test_a_fault_says_nothing_of_how_it_is_made(chairman, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("SELECT secret FROM /srv")

    monkeypatch.setattr("web.api.items.list_items", broken)

    answer = chairman.get("/items")

    assert (answer.status_code, codes(answer)) == (500, ["fault"])
    assert "secret" not in answer.text
    assert answer.json["request_id"] in answer.json["detail"]


def test_a_problem_speaks_the_language_of_its_reader(app, office):
    people.change_language(office, people.person_of(office, "vice").id, "en")

    vietnamese, english = program(app, "chairman").get("/items/x"), program(app, "vice").get("/items/x")

    assert vietnamese.json["title"] == "Không có nội dung này"
    assert english.json["title"] == "There is no such thing"
    assert vietnamese.json["reasons"] == english.json["reasons"]


# -- the log ------------------------------------------------------------------------------------------------------------


def test_the_history_of_an_item_is_flat_newest_first_and_opened(chairman, task):
    chairman.moved(task, "withdraw", comment="Giao nhầm đơn vị")

    entries = chairman.get(f"/items/{task}/history").json["items"]

    assert [entry["n"] for entry in entries] == [4, 3, 2, 1]
    newest = entries[0]
    assert {"stream", "n", "rec", "eff", "type", "tr", "from", "to", "rev", "act", "wf", "chg", "comment"} <= set(
        newest
    )
    assert (newest["tr"], newest["to"], newest["rev"], newest["cli"]) == ("withdraw", "withdrawn", 4, "api")
    assert newest["act"]["id"] == "chairman"
    assert newest["comment"] == "Giao nhầm đơn vị"
    assert ["title", None, "Công khai ngân sách quý III"] in entries[-1]["chg"]


def test_private_fields_are_opened_and_people_named(app, chairman, task):
    program(app, "officer.kt").moved(task, "progress", fields={"progress": 40, "result_note": "Đã nhận đủ số liệu"})
    program(app, "head.kt").moved(task, "dispatch", fields={"assignee": "officer.kt"})

    entries = chairman.get(f"/items/{task}/history").json["items"]

    assert ["assignee", None, "officer.kt"] in entries[0]["chg"]
    assert ["result_note", None, "Đã nhận đủ số liệu"] in entries[1]["chg"]


def test_the_history_goes_on_where_its_page_ended(chairman, task):
    seen, cursor = [], ""
    while cursor is not None:
        page = chairman.get(f"/items/{task}/history?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
        seen += [entry["n"] for entry in page["items"]]
        cursor = page["next"]

    assert seen == [3, 2, 1]


def test_refused_attempts_are_told_only_when_asked_for(app, chairman, task):
    program(app, "officer.kt").move(task, "complete")

    plain = chairman.get(f"/items/{task}/history").json["items"]
    whole = chairman.get(f"/items/{task}/history?refusals=1").json["items"]

    assert "refusal" not in {entry["type"] for entry in plain}
    refusal = next(entry for entry in whole if entry["type"] == "refusal")
    assert refusal["act"]["id"] == "officer.kt"
    assert "not_permitted" in refusal["codes"]


def test_only_auditors_read_the_whole_log_and_their_reading_is_on_record(app, office):
    new_task(office)
    auditor = program(app, "auditor")

    first = auditor.get("/audit/entries?limit=3").json
    rest = auditor.get(f"/audit/entries?after={first['next']}&limit=200").json
    reads = auditor.get("/audit/entries?type=read&actor=auditor").json["items"]

    assert program(app, "head.kt").get("/audit/entries").status_code == 403
    assert len(first["items"]) == 3
    ids = [entry["id"] for entry in [*first["items"], *rest["items"]]]
    assert ids == sorted(set(ids))
    assert rest["next"] is None
    assert len(reads) == 2
    of_item = auditor.get(f"/audit/entries?type=move&actor=chairman&stream={reads[0]['stream']}").json["items"]
    assert of_item == []
    moves = auditor.get("/audit/entries?type=move&actor=chairman").json["items"]
    assert [entry["tr"] for entry in moves] == ["assign"]
    assert re.fullmatch("[0-9a-f]{64}", moves[0]["leaf"])


# -- definitions --------------------------------------------------------------------------------------------------------


def test_a_definition_has_the_members_of_the_contract(chairman):
    found = chairman.get("/definitions/task").json

    assert {
        "name", "version", "hash", "label", "create", "fields", "states", "transitions", "timers", "series",
    } <= found.keys()  # fmt: skip
    states = {state["name"]: state for state in found["states"]}
    assert states["draft"]["initial"] is True
    assert states["draft"]["waits_on"] == "chairman"
    assert (states["verified"]["final"], states["late"]["final"]) == ("done", None)
    moves = {move["name"]: move for move in found["transitions"]}
    assert moves["dispatch"]["to"] == ["same"]
    assert moves["rework"]["to"] == ["remediation_planned", "late", "in_progress"]
    assert moves["assign"]["from"] == ["draft"]
    assert moves["assign"]["by"] == ["chairman", "vice_chairman"]
    assert moves["assign"]["bulk"] is True
    assert moves["assign"]["approval"] is None
    assert moves["plan"]["approval"]["steps"][0]["by"] == ["chairman", "vice_chairman"]
    assert {name["name"] for name in chairman.get("/definitions").json["items"]} == set(wiring.shipped().workflows)


def test_an_edition_is_found_by_its_version(office, chairman):
    task = wiring.shipped().workflows["task"]
    text, version = next_version(task.source.decode()).encode(), task.definition.version
    publishing.publish(office, HOUSE, text, "task.yaml")

    assert chairman.get("/definitions/task").json["version"] == version + 1
    assert chairman.get(f"/definitions/task?version={version}").json["version"] == version
    assert chairman.get("/definitions/task?version=9").status_code == 404
    assert chairman.get("/definitions/task?version=x").status_code == 422
    nearest = chairman.get("/definitions/taks")
    assert nearest.status_code == 404
    assert nearest.json["reasons"][0]["params"]["nearest"] == "task"


# -- the description ----------------------------------------------------------------------------------------------------


def fits(value, shape, path="$"):
    """What of `value` its JSON Schema does not allow: the part of the standard that components use."""
    if "$ref" in shape:
        shape = COMPONENTS[shape["$ref"].rpartition("/")[2]]
    if "anyOf" in shape:
        tried = [fits(value, option, path) for option in shape["anyOf"]]
        return [] if [] in tried else tried[0]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    if "type" in shape and not isinstance(value, kinds[shape["type"]]):
        return [f"{path}: {value!r} is no {shape['type']}"]
    if "enum" in shape and value not in shape["enum"]:
        return [f"{path}: {value!r} is none of {shape['enum']}"]
    found = []
    if isinstance(value, dict):
        known, others = shape.get("properties", {}), shape.get("additionalProperties", True)
        found += [f"{path}: {name} is missing" for name in shape.get("required", ()) if name not in value]
        for name, part in value.items():
            if name in known:
                found += fits(part, known[name], f"{path}.{name}")
            elif others is False:
                found.append(f"{path}: {name} is not described")
            elif isinstance(others, dict):
                found += fits(part, others, f"{path}.{name}")
    if isinstance(value, list):
        for n, part in enumerate(value):
            found += fits(part, shape.get("items", {}), f"{path}[{n}]")
    return found


def test_answers_have_the_shape_that_is_described(app, chairman, task):
    description = app.test_client().get("/api/v1/openapi.json").json
    program(app, "officer.kt").move(task, "complete")
    plain = {
        "/items": "/items",
        "/items/{ref}": f"/items/{task}?moves=all",
        "/items/{ref}/history": f"/items/{task}/history?refusals=1",
        "/inbox": "/inbox",
        "/definitions": "/definitions",
        "/definitions/{name}": "/definitions/report",
        "/audit/entries": "/audit/entries",
    }

    for path, address in plain.items():
        schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = chairman.get(address)
        assert answer.status_code == 200
        assert fits(answer.json, schema) == [], path
    assert fits(chairman.get("/items/none").json, {"$ref": "#/components/schemas/Problem"}) == []


def test_every_call_is_described(app):
    description = app.test_client().get("/api/v1/openapi.json").json
    described = {
        (path, method.upper()) for path, calls in description["paths"].items() for method in calls
    }  # fmt: skip

    answered = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1"), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and rule.endpoint not in ("api.openapi.document", "api.openapi.docs")
    }

    assert description["openapi"] == "3.1.0"
    assert described == answered


def test_every_name_that_the_description_refers_to_exists(app):
    description = app.test_client().get("/api/v1/openapi.json")

    named = set(re.findall(r"#/components/schemas/(\w+)", description.text))

    assert named <= description.json["components"]["schemas"].keys()


def test_the_description_can_be_read_without_scripts(app):
    answer = app.test_client().get("/api/v1/docs")

    assert answer.status_code == 200
    assert "POST /api/v1/items/{ref}/moves" in answer.text
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert 'id="stale"' in answer.text


def test_the_shell_is_on_record(app, office, task):
    chairman = program(app, "chairman")
    chairman.moved(task, "withdraw", comment="x", key="k7")

    newest = chairman.get(f"/items/{task}/history").json["items"][0]

    assert newest["cli"] == "api"
    assert newest["req"]["key"] == "k7"
    assert caller(office, "chairman").shell == "web"
