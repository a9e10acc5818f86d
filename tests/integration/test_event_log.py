"""The event logs: valid against the published schemas, complete, and read by the field's own tool with the same counts."""

import importlib.util
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from tests.offices import OPENING, at, caller, moved, new_task, opened_office
from workflow.exports.event_log import cases, directly_follows, ocel, xes
from workflow.services.deadlines import sweep
from workflow.services.moves import Done, MoveRequest, perform

SCHEMA = etree.XMLSchema(file=str(Path(__file__).parent.parent / "xes.xsd"))
KINDS = {"string": str, "time": str, "integer": int, "float": float, "boolean": bool}
PM4PY = os.environ.get("DONDOC_TEST_PM4PY") or (sys.executable if importlib.util.find_spec("pm4py") else "")
"""A Python that has pm4py: it is under the AGPL and stands in no list of requirements."""


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def lived(office):
    """Three tasks: one withdrawn, one accepted only, one late with a plan that the chairman decided."""
    codes = [
        new_task(office, unit, due_on=due) for unit, due in (("kt", "2026-06-30"), ("snc", ""), ("hcc", "2026-06-05"))
    ]
    moved(at(office, OPENING + timedelta(hours=2)), "chairman", codes[0], "withdraw", comment="Thôi <không> & “đóng”")
    late = at(office, OPENING + timedelta(days=7))
    sweep(late)
    plan = {"cause_kind": "objective", "cause_note": "Chờ", "plan_note": "Đôn đốc", "plan_due_on": "2026-06-30"}
    moved(late, "head.hcc", codes[2], "plan", **plan, plan_owner="officer.hcc")
    decided = perform(late, caller(late, "chairman"), MoveRequest(codes[2], "plan", act="approve"))
    assert isinstance(decided, Done), decided
    return codes


def told(office, write):
    with office.read() as uow:
        return "".join(write(uow))


def xes_of(office):
    return told(office, lambda uow: xes(uow, "Xã Đường An"))


def stories(office):
    with office.read() as uow:
        return list(cases(uow))


def values(element, kind="string"):
    return {part.get("key"): part.get("value") for part in element.findall(kind)}


def test_the_xes_log_keeps_the_published_schema(office, lived):
    assert lived
    document = etree.fromstring(xes_of(office).encode())

    assert SCHEMA.validate(document), SCHEMA.error_log


def test_a_trace_is_an_item_and_an_event_a_move(office, lived):
    document = etree.fromstring(xes_of(office).encode())

    traces = {values(trace)["concept:name"]: trace for trace in document.findall("trace")}
    names = {
        code: [values(event)["concept:name"] for event in trace.findall("event")] for code, trace in traces.items()
    }

    assert names == {
        lived[0]: ["assign", "start", "withdraw"],
        lived[1]: ["assign", "start"],
        lived[2]: ["assign", "start", "mark_late", "plan"],
    }


def test_of_a_gate_the_deciding_vote_is_the_event(office, lived):
    (story,) = (one for one in stories(office) if one.code == lived[2])
    chairman = caller(office, "chairman").actor.id

    decided = story.moves[-1]

    assert (decided.name, decided.person, decided.role) == ("plan", chairman, "chairman")
    assert (decided.source, decided.target) == ("late", "remediation_planned")


def test_a_move_that_counted_earlier_tells_both_instants(office, lived):
    document = etree.fromstring(xes_of(office).encode())
    late = next(event for event in document.iter("event") if values(event)["concept:name"] == "mark_late")

    instants = values(late, "date")

    assert datetime.fromisoformat(instants["time:timestamp"]) == OPENING + timedelta(days=7)
    assert instants["effective"] == "2026-06-05T17:00:00.000000Z"
    assert values(late)["org:resource"] == "system"
    assert lived


def test_no_words_of_people_leave_with_the_event_log(office, lived):
    assert lived
    for text in (xes_of(office), told(office, ocel)):
        assert "Thôi" not in text
        assert "Đôn đốc" not in text


def broken_rules_of_ocel(log):
    """Which rules of the OCEL 2.0 JSON schema, and of its meta-model, a log breaks."""
    found = []
    if set(log) != {"objectTypes", "eventTypes", "objects", "events"}:
        found.append("the four parts")
    types = {}
    for part in ("objectTypes", "eventTypes"):
        for one in log[part]:
            if set(one) != {"name", "attributes"} or any(set(a) != {"name", "type"} for a in one["attributes"]):
                found.append(f"{part}: {one}")
            types[part, one["name"]] = {a["name"]: KINDS[a["type"]] for a in one["attributes"]}
        if len({one["name"] for one in log[part]}) != len(log[part]):
            found.append(f"{part}: a name twice")
    ids = {one["id"] for one in log["objects"]}
    if len(ids) != len(log["objects"]) or len({one["id"] for one in log["events"]}) != len(log["events"]):
        found.append("an id twice")
    for part, keys, timed in (("object", {"id", "type"}, {"time"}), ("event", {"id", "type", "time"}, set())):
        for one in log[f"{part}s"]:
            if set(one) != keys | {"attributes", "relationships"}:
                found.append(f"keys of {one}")
            declared = types.get((f"{part}Types", one["type"]))
            if declared is None:
                found.append(f"type of {one}")
                continue
            found += [f"{one['id']}: {a}" for a in one["attributes"] if set(a) != {"name", "value"} | timed]
            found += [f"{one['id']}: {a}" for a in one["attributes"] if type(a["value"]) is not declared[a["name"]]]
            found += [
                f"{one['id']}: {r}" for r in one["relationships"] if r["objectId"] not in ids or not r["qualifier"]
            ]
            for instant in [one.get("time"), *(a.get("time") for a in one["attributes"])]:
                if instant:
                    datetime.fromisoformat(instant)
    return found


def test_the_ocel_log_keeps_the_published_schema(office, lived):
    log = json.loads(told(office, ocel))

    assert broken_rules_of_ocel(log) == []
    assert {one["name"] for one in log["objectTypes"]} >= {"task", "unit", "person"}
    assert len(log["events"]) == 9
    assert lived


def facts(thing):
    return {one["name"]: one["value"] for one in thing["attributes"]}


def test_an_object_tells_how_it_changed(office, lived):
    log = json.loads(told(office, ocel))
    (task,) = (one for one in log["objects"] if {"code": lived[2]}.items() <= facts(one).items())

    states = [a["value"] for a in task["attributes"] if a["name"] == "state"]

    assert states == ["draft", "assigned", "in_progress", "late", "remediation_planned"]


def test_a_log_that_breaks_a_rule_is_found():
    log = {"objectTypes": [], "eventTypes": [], "objects": [], "events": []}
    log["events"] = [{"id": "e", "type": "t", "time": "2026-06-01T00:00:00Z", "attributes": [], "relationships": []}]

    assert broken_rules_of_ocel(log) == [f"type of {log['events'][0]}"]


def test_only_admitted_items_are_told(office, lived):
    (wanted,) = (one.id for one in stories(office) if one.code == lived[0])

    document = etree.fromstring(told(office, lambda uow: xes(uow, "Xã", lambda item: item == wanted)).encode())
    log = json.loads(told(office, lambda uow: ocel(uow, lambda item: item == wanted)))

    assert [values(trace)["concept:name"] for trace in document.findall("trace")] == [lived[0]]
    assert [one["id"] for one in log["objects"] if one["type"] == "task"] == [wanted]
    assert broken_rules_of_ocel(log) == []


LOADED = """
import json, sys, pm4py
log = pm4py.read_xes(sys.argv[1])
follows, _, _ = pm4py.discover_dfg(log)
objects = pm4py.read_ocel2_json(sys.argv[2])
flat = pm4py.ocel_flattening(objects, "task")
of_objects, _, _ = pm4py.discover_dfg(flat)
print("\\n" + json.dumps([[[*pair, int(n)] for pair, n in one.items()] for one in (follows, of_objects)]))
"""


@pytest.mark.skipif(not PM4PY, reason="no Python with pm4py: DONDOC_TEST_PM4PY names one")
def test_pm4py_counts_what_followed_what_as_we_do(office, lived, tmp_path):
    assert lived
    (tmp_path / "log.xes").write_text(xes_of(office), encoding="utf-8")
    (tmp_path / "log.jsonocel").write_text(told(office, ocel), encoding="utf-8")
    asked = [PM4PY, "-W", "ignore", "-c", LOADED, tmp_path / "log.xes", tmp_path / "log.jsonocel"]

    answer = subprocess.run(asked, check=True, capture_output=True, text=True)

    ours = {(*pair, n) for pair, n in directly_follows(stories(office)).items()}
    theirs = [{tuple(one) for one in counts} for counts in json.loads(answer.stdout.splitlines()[-1])]
    assert theirs == [ours, ours]
