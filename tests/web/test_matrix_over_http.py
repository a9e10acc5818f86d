"""The commune's permission table over HTTP: a stated sample of its cells, asked of the API in a way that changes nothing."""

import csv
import io
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.calls import program
from tests.files import pdf
from tests.offices import caller, moved
from tests.web.conftest import set_clock
from workflow.services import evidence
from workflow.services.deadlines import sweep
from workflow.services.delegations import Power, give
from workflow.services.items import NewItem, create
from workflow.services.moves import MoveRequest, perform

TABLE = Path(__file__).parent.parent / "rules" / "task.csv"
SAMPLE = 2_400
STATUS = {"may": 422, "authority": 403, "state": 409}
LOGIN = {
    "officer": "officer.kt",
    "assignee": "officer.kt",
    "unit_deputy": "deputy.kt",
    "unit_deputy_delegated": "deputy.kt",
    "unit_head": "head.kt",
    "consolidator": "consolidator",
    "clerk": "clerk",
    "office_chief": "head.vp",
    "office_chief_over_vhxh": "head.vp",
    "vice_chairman_in_area": "vice",
    "vice_chairman_elsewhere": "vice",
    "chairman": "chairman",
    "auditor": "auditor",
    "admin": "admin",
}
HOME = {"consolidator": "vhxh", "clerk": "vp", "office_chief": "vp"}
# Reading follows the post: unit posts read their unit, the administrator reads nothing, the rest reads all.
READS_OWN_UNIT = {"officer", "assignee", "unit_deputy", "unit_deputy_delegated", "unit_head"}
LATER = datetime(2026, 7, 1, 2, tzinfo=UTC)


def cells():
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["role"] != "system"]
    # The People's Committee itself leads no task; a vote that would count is no question that changes nothing.
    return [
        row
        for row in rows
        if not (
            row["role"] in {"chairman", "vice_chairman_in_area", "vice_chairman_elsewhere"}
            and row["unit_relation"] == "own"
        )
        and not (row["move"].startswith("vote:") and row["verdict"] == "may")
    ]


def unit_of(row):
    if row["role"] == "office_chief_over_vhxh":
        return "vhxh"
    home = HOME.get(row["role"], "kt" if row["role"] in READS_OWN_UNIT else None)
    return home if home and row["unit_relation"] == "own" else ("snc" if home == "kt" else "kt")


class Stock:
    """Items in every state, made by real moves, one for each question that needs its own."""

    def __init__(self, app):
        self.app = app
        self.codes = {}

    @property
    def office(self):
        return self.app.extensions["office"]

    def build(self, keys):
        """Make every item while its road is open, then let the due day pass for those that are to be late."""
        for key in keys:
            self.codes[key] = self.begun(*key)
        set_clock(self.app, LATER)
        sweep(self.office)
        for key in keys:
            self.ended(*key)

    def begun(self, state, unit, area, assignee, _asked):
        late = state in ("late", "remediation_planned")
        fields = {"title": state, "source": "KH", "area": area} | ({"assignee": assignee} if assignee else {})
        fields |= {"due_on": "2026-06-05"} if late else {}
        code = create(self.office, caller(self.office, "chairman"), NewItem("task", unit, fields)).item.code
        head = f"head.{unit}"
        road = {
            "draft": [],
            "withdrawn": [("chairman", "withdraw", {"comment": "Không cần"})],
            "assigned": [("chairman", "assign", {})],
        }.get(state, [("chairman", "assign", {}), (head, "start", {})])
        for login, move, inputs in road:
            moved(self.office, login, code, move, **inputs)
        if state == "suspended":
            moved(self.office, "chairman", code, "suspend", comment="Chờ")
        return code

    def ended(self, state, unit, area, assignee, asked):
        code, head = self.codes[state, unit, area, assignee, asked], f"head.{unit}"
        if state in ("completed", "verified"):
            file = evidence.attach(self.office, caller(self.office, head), code, "a.pdf", io.BytesIO(pdf(unit)))
            moved(self.office, head, code, "complete", result_note="Xong", evidence=[file.sha256])
        if state == "verified":
            moved(self.office, "chairman", code, "verify")
        if state == "remediation_planned" or asked:
            plan = {
                "cause_kind": "subjective",
                "cause_note": "Chậm",
                "plan_note": "Đôn đốc",
                "plan_due_on": "2026-07-20",
            }
            moved(self.office, head, code, "plan", **plan, plan_owner=head)
        if state == "remediation_planned":
            perform(self.office, caller(self.office, "chairman"), MoveRequest(code, "plan", "approve"))


def key_of(row):
    area = "tai-chinh-cong" if row["role"] == "vice_chairman_elsewhere" else "thu-tuc-hanh-chinh"
    assignee = "officer.kt" if row["role"] == "assignee" else None
    asked = row["move"].startswith("vote:") and row["state"] == "late"
    return row["state"], unit_of(row), area, assignee, asked


@pytest.fixture
def chosen():
    found = cells()
    return random.Random(20_260_601).sample(found, min(SAMPLE, len(found)))


def test_the_api_answers_the_sampled_cells_as_the_table_says(app, chosen):
    assert len(chosen) >= 2_000
    stock = Stock(app)
    stock.build(sorted({key_of(row) for row in chosen}, key=str))
    programs = {login: program(app, login) for login in set(LOGIN.values())}
    seen = {key: programs["chairman"].item(code)["version"] for key, code in stock.codes.items()}

    # First without any delegation, then with one in force.
    wrong = []
    for row in sorted(chosen, key=lambda row: row["role"] == "unit_deputy_delegated"):
        if row["role"] == "unit_deputy_delegated" and "power" not in seen:
            seen["power"] = lend(app)
        status = asked(programs[LOGIN[row["role"]]], stock.codes[key_of(row)], seen[key_of(row)], row)
        if status != expected(row):
            wrong.append((dict(row), expected(row), status))

    assert wrong == []


def lend(app):
    office = app.extensions["office"]
    given = give(office, caller(office, "head.kt"), power_for("deputy.kt"))
    assert not hasattr(given, "code"), given
    return given


def power_for(receiver):
    return Power(receiver=receiver, kind="KT.", act="Quyết định số 7", from_on="2026-07-01", to_on="2026-07-31")


def asked(calls, code, version, row):
    if row["move"].startswith("vote:"):
        body = {"move": row["move"].removeprefix("vote:"), "vote": "approve"}
        return calls.post(f"/items/{code}/votes", body, seen=version).status_code
    # A field that no move knows: nobody's question can be carried out, everything else is judged as always.
    body = {"move": row["move"], "fields": {"khong_co": "1"}}
    return calls.post(f"/items/{code}/moves", body, seen=version).status_code


def expected(row):
    hidden = row["role"] == "admin" or (row["role"] in READS_OWN_UNIT and row["unit_relation"] == "other")
    return 404 if hidden else STATUS[row["verdict"]]
