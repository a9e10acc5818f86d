"""The shipped workflows against the commune's permission table, typed by hand from its rows: state x role x move -> verdict."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from workflow.catalog.compile import Names, compile_document
from workflow.catalog.read import read_document
from workflow.engine import (
    Actor,
    Choice,
    Circumstances,
    Decision,
    Definition,
    Delegation,
    Item,
    Kind,
    Perform,
    Rejected,
    Vote,
    decide,
)
from workflow.engine.item import Doer, Request

HERE = Path(__file__).parent
WORKFLOWS = HERE.parents[1] / "definitions" / "workflows"
NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
AREA = "thu-tuc-hanh-chinh"

HOME = {
    "consolidator": "vhxh",
    "office_chief": "vp",
    "office_chief_over_vhxh": "vp",
    "clerk": "vp",
    "chairman": "ubnd",
    "vice_chairman_in_area": "ubnd",
    "vice_chairman_elsewhere": "ubnd",
    "auditor": None,
    "admin": None,
    "system": None,
}
ROLES = {
    "assignee": {"officer"},
    "unit_deputy": {"unit_deputy", "officer"},
    "unit_deputy_delegated": {"unit_deputy", "officer"},
    "consolidator": {"consolidator", "officer"},
    "office_chief": {"office_chief", "unit_head"},
    "office_chief_over_vhxh": {"office_chief", "unit_head"},
    "vice_chairman_in_area": {"vice_chairman"},
    "vice_chairman_elsewhere": {"vice_chairman"},
}
AREAS = {"vice_chairman_in_area": {AREA}, "vice_chairman_elsewhere": {"tai-chinh-cong"}}
PROPOSERS = {"plan": "unit_head", "send": "officer", "correct": "unit_head"}


class Commune:
    """Every office and post has exactly one holder, named by what he holds and where."""

    def holders(self, role: str, unit: str | None, area: str | None) -> frozenset[str]:
        if role == "vice_chairman":
            return frozenset({"vice"} if area == AREA else ())
        return frozenset({f"{role}.{unit}" if unit else role})


CIRCUMSTANCES = Circumstances(NOW, directory=Commune())


@cache
def shipped(workflow: str) -> Definition:
    path = WORKFLOWS / f"{workflow}.yaml"
    compiled = compile_document(read_document(path.read_bytes(), str(path)), Names())
    assert compiled.definition is not None, compiled.findings
    return compiled.definition


@cache
def table(workflow: str) -> tuple[Mapping[str, str], ...]:
    with (HERE / f"{workflow}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def units(role: str, relation: str) -> tuple[str | None, str]:
    """The actor's unit and the item's."""
    if role == "office_chief_over_vhxh":
        return "vp", "vhxh"
    home = HOME.get(role, "kt")
    return home, home if home and relation == "own" else "kt" if home != "kt" else "snc"


def actor(role: str, unit: str | None) -> Actor:
    head = Delegation("d1", f"unit_head.{unit}", unit, frozenset({"unit_head"}))
    return Actor(
        id=f"unit_head.{unit}" if "unit_head" in ROLES.get(role, {role}) else f"{role}.{unit}",
        unit=unit,
        roles=frozenset(ROLES.get(role, {role})),
        areas=frozenset(AREAS.get(role, ())),
        delegations=(head,) if role == "unit_deputy_delegated" else (),
    )


def item(definition: Definition, row: Mapping[str, str], unit: str, assignee: str) -> Item:
    fields = {name: value for name, value in (("area", AREA), ("assignee", assignee)) if name in definition.fields}
    head, move = Doer(f"unit_head.{unit}", unit), row["move"].removeprefix("vote:")
    proposer = Doer(f"{PROPOSERS.get(move, 'unit_head')}.proposing", unit)
    return Item(
        id="i",
        code="X-2026-0001",
        workflow=definition.workflow,
        version=definition.version,
        fingerprint=definition.fingerprint,
        revision=3,
        state=row["state"],
        unit=unit,
        created_by="somebody",
        created_at=NOW,
        entered_at=NOW,
        fields=fields,
        last={"complete": head, "send": head},
        requests=(Request(move, proposer, NOW, {}),) if _has_request(definition, row) else (),
    )


def _has_request(definition: Definition, row: Mapping[str, str]) -> bool:
    kind, _, move = row["move"].rpartition(":")
    return kind == "vote" and row["state"] in definition.transitions[move].sources


def decided(definition: Definition, row: Mapping[str, str]) -> Decision:
    unit, item_unit = units(row["role"], row["unit_relation"])
    asking = actor(row["role"], unit)
    before = item(definition, row, item_unit, asking.id if row["role"] == "assignee" else "nobody")
    kind, _, move = row["move"].rpartition(":")
    command = Vote(asking, move, Choice.APPROVE) if kind == "vote" else Perform(asking, move)
    return decide(definition, before, command, CIRCUMSTANCES)


def verdict(decision: Decision) -> str:
    """What a refusal is about; inputs and circumstances that are still missing do not take a permission away."""
    kinds = {reason.kind for reason in decision.reasons} if isinstance(decision, Rejected) else set()
    if Kind.STATE in kinds:
        return "state"
    return "authority" if Kind.AUTHORITY in kinds else "may"


TABLES = ("task", "standing", "report", "extension", "escalation", "finding", "consolidation")
CASES = [(name, move) for name in TABLES for move in sorted({row["move"] for row in table(name)})]


@pytest.mark.parametrize(("workflow", "move"), CASES)
def test_everybody_may_do_exactly_what_the_permission_table_says(workflow, move):
    definition = shipped(workflow)
    rows = [row for row in table(workflow) if row["move"] == move]

    found = [(row, verdict(decided(definition, row))) for row in rows]

    assert [(row, answer) for row, answer in found if answer != row["verdict"]] == []


@pytest.mark.parametrize("workflow", TABLES)
def test_the_table_covers_every_state_and_move_for_every_role(workflow):
    definition = shipped(workflow)
    votes = {f"vote:{name}" for name, move in definition.transitions.items() if move.gate}
    seats = {(row["role"], row["unit_relation"]) for row in table(workflow)}

    covered = [(row["move"], row["state"], row["role"], row["unit_relation"]) for row in table(workflow)]

    assert len(covered) == len(set(covered))
    assert set(covered) == {
        (move, state, *seat)
        for move in votes | set(definition.transitions)
        for state in definition.states
        for seat in seats
    }
