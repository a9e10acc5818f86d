"""How the office stood at fifty random instants, told by the product and by a fold of the log written for this test alone."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.serving import live_through
from workflow.queries.past import items_as_of

INSTANTS = 50


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """The demonstration office after five months."""
    return live_through(tmp_path_factory.mktemp("lived"))


class Ledger:
    """Items as mappings of plain values, made from the log's bytes without any code of the engine."""

    def __init__(self, bodies, private):
        self.items = {}
        for event_id, body in bodies:
            for event in body.get("ev", ()):
                self.apply(event, body, private.get(event_id, {}))
            item = self.items.get(body["stream"].partition("/")[2])
            if item is not None and body.get("ev"):
                item["revision"] += any(event["e"] != "timer" for event in body["ev"])

    def apply(self, event, body, private):
        item_id = body["stream"].partition("/")[2]
        if event["e"] == "created":
            self.items[item_id] = {
                "revision": 0,
                "state": event["state"],
                "unit": event["unit"],
                "entered_at": event["at"],
                "fields": {},
                "due": {},
                "paused": {},
                "late": [],
                "requests": {},
                "children": 0,
            }
            return
        getattr(self, f"_{event['e']}", lambda *_: None)(self.items[item_id], event, private)

    def _moved(self, item, event, _private):
        if event["source"] != event["target"]:
            item["entered_at"] = event["at"]
        item["state"] = event["target"]

    def _override(self, item, event, _private):
        item["state"], item["entered_at"] = event["target"], event["at"]

    def _field(self, item, event, private):
        new = event["new"]
        if isinstance(new, dict) and set(new) == {"cmt"}:
            new = private.get(new["cmt"])
        item["fields"][event["field"]] = new

    def _unit(self, item, event, _private):
        item["unit"] = event["new"]

    def _due(self, item, event, _private):
        item["due"].pop(event["deadline"], None)
        item["paused"].pop(event["deadline"], None)
        if event["new"]:
            item["due"][event["deadline"]] = event["new"]

    def _due_stands(self, item, event, _private):
        item["due"].pop(event["deadline"], None)
        item["paused"][event["deadline"]] = event["bound"]

    def _due_runs(self, item, event, _private):
        item["paused"].pop(event["deadline"], None)

    def _late(self, item, event, _private):
        item["late"].append([event["effective_at"], event["recorded_at"], event["unit"], None])

    def _late_end(self, item, event, _private):
        item["late"][event["n"] - 1][3] = event["at"]

    def _request(self, item, event, _private):
        item["requests"][event["move"]] = set()

    def _amend(self, item, event, _private):
        if event["dismissed"]:
            item["requests"][event["move"]] = set()

    def _vote(self, item, event, _private):
        if event["vote"] == "approve":
            item["requests"][event["move"]].add(event["doer"][0])

    def _unvote(self, item, event, _private):
        item["requests"][event["move"]].discard(event["doer"][0])

    def _request_end(self, item, event, _private):
        item["requests"].pop(event["move"], None)

    def _child(self, item, _event, _private):
        item["children"] += 1

    def _child_end(self, item, _event, _private):
        item["children"] -= 1


def spoken(instant):
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if instant else None


def plain(value):
    return [plain(part) for part in value] if isinstance(value, tuple | list) else value


def told(item):
    """The same facts of an item of the product."""
    return {
        "revision": item.revision,
        "state": item.state,
        "unit": item.unit,
        "entered_at": spoken(item.entered_at),
        "fields": {name: plain(value) for name, value in item.fields.items() if value is not None},
        "due": {name: spoken(bound) for name, bound in item.due.items()},
        "paused": {name: spoken(one.bound) for name, one in item.paused.items()},
        "late": [[spoken(e.effective_at), spoken(e.recorded_at), e.unit, spoken(e.ended_at)] for e in item.episodes],
        "requests": {one.move: {ballot.doer.person for ballot in one.votes} for one in item.requests},
        "children": item.open_children,
    }


def log_of(office):
    with office.read() as uow:
        rows = uow.cursor.raw.execute(
            "SELECT id, rec, body FROM audit_event WHERE item_id IS NOT NULL AND stream NOT LIKE 'refusal/%' ORDER BY stream, n"
        ).fetchall()
        private = {}
        for event_id, field, value in uow.cursor.raw.execute("SELECT event_id, field, value FROM audit_private"):
            private.setdefault(event_id, {})[field] = json.loads(value)
    return [(row[0], row[1], json.loads(bytes(row[2]))) for row in rows], private


def test_as_of_answers_equal_an_independent_fold_of_the_log(office):
    rows, private = log_of(office)
    first, last = min(row[1] for row in rows), max(row[1] for row in rows)
    chance = random.Random(2026)
    # Some between entries, some at the very instant of one.
    instants = [chance.randrange(first, last) for _ in range(INSTANTS - 10)] + [
        chance.choice(rows)[1] for _ in range(10)
    ]

    for micros in instants:
        then = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
        ledger = Ledger([(event_id, body) for event_id, rec, body in rows if rec <= micros], private)
        expected = {
            item_id: item | {"fields": {n: v for n, v in item["fields"].items() if v is not None}}
            for item_id, item in ledger.items.items()
        }
        with office.read() as uow:
            found = {item.id: told(item) for item in items_as_of(uow, then)}
        assert found == expected, then
