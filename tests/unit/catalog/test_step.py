"""Rules of one edition after another: old states have a home (L29), change takes a version (L30), new needs are filled (L35)."""

import pytest

from tests.unit.catalog.test_lint import BASE, NAMES, changed
from workflow.catalog import Beside, check_text

OLD = check_text(BASE, "errand.yaml", NAMES).definition
NEXT = ("version: 1\n", "version: 2\n")
MIGRATE = "migrate: [{from: 1, %s}]\n"
LAST = BASE.count("\n") + 1
"""The line on which it stands."""
RENAMED = [
    ("from: [open, planned]\n    to: done", "from: [open, mended]\n    to: done"),
    ("- {state: planned,", "- {state: mended,"),
    ("from: [open, planned]\n    to: late", "from: [open, mended]\n    to: late"),
    ("to: planned", "to: mended"),
    ("  planned: {", "  mended: {"),
    ("in: [planned]", "in: [mended]"),
    ("[draft, late, planned, done]", "[draft, late, mended, done]"),
    ("through: planned", "through: mended"),
]
"""The same workflow with one state renamed."""


def told(*edits, tail=""):
    report = check_text(changed(*edits) + tail, "errand.yaml", NAMES, Beside(previous=OLD))
    return [f"{one.line} {one.code}" + (f" {one.hint}" if one.hint else "") for one in report.findings]


def line(text, *edits):
    return 1 + changed(*edits)[: changed(*edits).index(text)].count("\n")


def test_the_next_version_of_the_same_content_stands():
    assert told(NEXT) == []


def test_the_very_same_text_is_no_new_version():
    assert told() == []


@pytest.mark.parametrize("version", [("Giao việc", "Phân công"), ("version: 1\n", "version: 1   # the same\n")])
def test_changed_content_takes_a_new_version(version):
    assert told(version) == ["3 L30 2"]


def test_a_state_that_is_gone_has_no_home():
    assert told(NEXT, *RENAMED) == ["21 L29"]


def test_a_state_that_is_renamed_finds_its_home_by_the_migrate_block():
    assert told(NEXT, *RENAMED, tail=MIGRATE % "states: {planned: mended}") == []


def test_a_block_for_another_version_is_no_home():
    tail = "migrate: [{from: 7, states: {planned: mended}}]\n"

    assert "21 L29" in told(NEXT, *RENAMED, tail=tail)


@pytest.mark.parametrize(
    ("states", "word"), [("open: closed", "open"), ("closed: open", "final"), ("dropped: draft", "final")]
)
def test_open_stays_open_and_final_stays_final(states, word):
    report = check_text(changed(NEXT) + MIGRATE % f"states: {{{states}}}", "errand.yaml", NAMES, Beside(previous=OLD))

    (found,) = report.findings
    assert (found.code, found.line) == ("L29", LAST)
    assert f"of version 1 is {word}" in found.message.en


def test_the_migrate_block_names_states_that_were():
    assert told(NEXT, tail=MIGRATE % "states: {opened: open}") == [f"{LAST} L29 open"]


def test_a_field_newly_required_at_creation_is_filled():
    edits = (NEXT, ("require: [title, due_on]", "require: [title, due_on, kind]"), ("optional: [kind], ch", "ch"))

    assert told(*edits) == ["7 L35"]
    assert told(*edits, tail=MIGRATE % "fill: {kind: plain}") == []


def test_a_field_newly_required_by_a_move_is_filled_where_items_are_past_it():
    edits = (NEXT, ("    optional: [kind]\n    bulk: true", "    require: [kind]"))

    assert told(*edits) == [f"{line('require: [kind]', *edits)} L35"]
    assert told(*edits, tail=MIGRATE % "fill: {kind: plain}") == []


def test_a_field_that_every_old_item_has_by_then_needs_no_filling():
    edits = (NEXT, ("    optional: [kind]\n    bulk: true", "    require: [title]"))

    assert "L35" not in " ".join(told(*edits))


def test_a_field_newly_required_on_the_way_to_the_end_needs_no_filling():
    edits = (NEXT, ("    from: done\n    to: closed", "    require: [kind]\n    from: done\n    to: closed"))

    assert told(*edits) == []


@pytest.mark.parametrize(
    ("fill", "hint"),
    [("kind: pressing", None), ("kind: due_on", None), ("owner: an", None), ("plan_on: due_om", "due_on")],
)
def test_what_fills_a_field_is_an_old_field_or_a_value_of_its_type(fill, hint):
    found = told(NEXT, tail=MIGRATE % f"fill: {{{fill}}}")

    assert found == [f"{LAST} L35 {hint}" if hint else f"{LAST} L35"]


def test_an_old_field_of_the_same_type_fills():
    assert told(NEXT, tail=MIGRATE % "fill: {plan_on: due_on}") == []


def test_another_workflow_is_no_next_version():
    assert (
        told(NEXT, ("workflow: errand", "workflow: chore"), ("children_of: [errand]", "children_of: []"))[0] == "2 L29"
    )
