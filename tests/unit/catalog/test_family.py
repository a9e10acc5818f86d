"""Rules of workflows that open and move each other's items: each slip is told at its place in the file that asks."""

from pathlib import Path

import pytest

from workflow.catalog import Beside, Names, check_text, load_folder
from workflow.catalog.compile import compile_document
from workflow.catalog.read import read_document

ROOT = Path(__file__).parents[3]
FAMILY = ROOT / "tests" / "definitions" / "family"
TEXTS = {file.stem: file.read_text(encoding="utf-8") for file in FAMILY.glob("*.yaml")}
# `split_badly` and `tell_in_vain` are slips on purpose: here they are put right.
TEXTS["errand"] = TEXTS["errand"].replace(
    '{spawn: part, fields: {weight: "3"}}', "{spawn: part, fields: {title: item.title}}"
)
TEXTS["part"] = TEXTS["part"].replace(
    "{signal: parent, move: hum}", '{signal: parent, move: hear, fields: {note: "A"}}'
)
NAMES = Names(calendars=frozenset({"vn-commune"}), workflows=frozenset(TEXTS))


def family(**texts):
    return {
        name: compile_document(read_document(text, f"{name}.yaml"), NAMES).definition
        for name, text in (TEXTS | texts).items()
    }


def told(name, *edit, **texts):
    """Code, line and hint of what is found in one of the files after an edit, beside the others."""
    text = TEXTS[name]
    if edit:
        old, new = edit
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    report = check_text(text, f"{name}.yaml", NAMES, Beside(others=family(**texts)))
    return [(finding.code, finding.line, finding.hint) for finding in report.findings if finding.code != "L33"]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_family_whose_members_fit_has_no_finding(name):
    assert told(name) == []


SPLIT = 'do: [{spawn: part, fields: {title: input.note, weight: "3"}}]'


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ('do: [{spawn: part, fields: {weight: "3"}}]', [("L15", 22, None)]),
        ('do: [{spawn: part, fields: {title: input.note, wieght: "3"}}]', [("L11", 22, "weight")]),
        ('do: [{spawn: part, fields: {title: input.note, weight: "three"}}]', [("L11", 22, None)]),
        ("do: [{spawn: part, fields: {title: input.note, weight: item.title}}]", [("L11", 22, None)]),
        ("do: [{spawn: part, fields: {title: child.title}}]", [("L11", 22, "item.title")]),
    ],
)
def test_what_a_spawn_gives_is_what_the_child_takes(new, expected):
    assert told("errand", SPLIT, new) == expected


def test_a_child_that_takes_no_such_parent_is_not_opened():
    orphan = TEXTS["part"].replace("children_of: [errand]", "children_of: [link]")

    assert ("L15", 22, None) in told("errand", part=orphan)


HEAR = "do: [{signal: parent, move: hear, fields: {note: child.note}}]"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("do: [{signal: parent, move: haer, fields: {note: child.note}}]", [("L11", 23, "hear")]),
        ("do: [{signal: parent, move: hear}]", [("L15", 23, None)]),
        ("do: [{signal: parent, move: hear, fields: {note: child.note, weight: child.weight}}]", [("L11", 23, None)]),
        ("do: [{signal: parent, move: hear, fields: {note: child.not}}]", [("L11", 23, "note")]),
    ],
)
def test_what_a_signal_asks_is_what_the_parent_can_do(new, expected):
    assert told("part", HEAR, new) == expected


def test_the_comment_goes_along_with_a_signal_by_itself():
    stop = "do: [{signal: parent, move: stop}]"
    assert stop in TEXTS["part"]

    assert told("part") == []


def test_a_signal_to_children_that_none_of_them_knows_is_a_slip():
    assert [code for code, _, _ in told("errand", "move: drop}", "move: dorp}")] == ["L11"]


def test_a_signal_to_a_parent_that_there_cannot_be_is_a_slip():
    text = TEXTS["part"].replace(", children_of: [errand]", "")

    report = check_text(text, "part.yaml", NAMES, Beside(others=family()))

    assert "L15" in {finding.code for finding in report.findings}


def test_workflows_that_open_each_other_in_a_circle_are_told_of_in_each():
    back = TEXTS["part"].replace(HEAR, "do: [{spawn: errand, fields: {title: item.title}}]")

    assert ("L38", 22, None) in told("errand", part=back)


def test_the_files_of_a_folder_are_checked_beside_each_other(tmp_path):
    (tmp_path / "workflows").mkdir()
    for name, text in TEXTS.items():
        wrong = text.replace("move: hear, fields: {note: child.note}", "move: haer, fields: {note: child.note}")
        (tmp_path / "workflows" / f"{name}.yaml").write_text(wrong, encoding="utf-8")

    reports = load_folder(tmp_path).workflows

    assert any(finding.hint == "hear" for finding in reports["part"].findings)
    assert not any(finding.hint == "hear" for finding in reports["errand"].findings)


def test_a_workflow_that_is_unknown_is_not_judged():
    report = check_text(TEXTS["errand"], "errand.yaml", NAMES)

    assert [finding.code for finding in report.findings if finding.code != "L33"] == []
