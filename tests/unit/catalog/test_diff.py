"""Rules of the difference between two editions: everything that changed is told once, in both languages, and drawn."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.editions import FIRST, SECOND, THIRD
from tests.unit.catalog.test_lint import BASE, NAMES, PAPER, changed
from workflow.catalog import check_text
from workflow.catalog.diff import Kind, diff, draw_difference


def made(text):
    definition = check_text(text, "errand.yaml", NAMES).definition
    assert definition is not None
    return definition


def told(*edits):
    return [(one.kind.value, one.part, one.name, one.aspect) for one in diff(made(changed()), made(changed(*edits)))]


def test_the_same_edition_does_not_differ():
    assert diff(made(SECOND), made(SECOND)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("by: [chairman, office_chief]", "by: [chairman]", ("changed", "move", "close", "by")),
        ("require: [note, plan_on, owner]", "require: [note, plan_on]", ("changed", "move", "plan", "require")),
        ("plan_on > today", "plan_on >= today + duration('24h')", ("changed", "move", "plan", "when")),
        ('vi: "Hạn phải sau hôm nay."', 'vi: "Hạn phải muộn hơn."', ("changed", "move", "plan", "when")),
        ('- {state: late, if: "overdue"}', '- {state: late, if: "!overdue"}', ("changed", "move", "redo", "to")),
        ("on_reject: stay", "on_reject: lapse", ("changed", "move", "plan", "approval")),
        ("steps:\n        - {id: chair", "steps:\n        - {id: boss", ("changed", "move", "plan", "approval")),
        ("from: [draft, open]\n    to: dropped", "from: [draft]\n    to: dropped", ("changed", "move", "drop", "from")),
        ("do: [{stamp: done_at}]", "do: []", ("changed", "move", "report", "do")),
        ("    bulk: true\n", "", ("changed", "move", "assign", "bulk")),
        ("every: 1wd", "every: 2wd", ("changed", "timer", "nag", "every")),
        ('at: "main - 1wd"', 'at: "main - 2wd"', ("changed", "timer", "remind", "at")),
        ('vi: "Nội dung"', 'vi: "Kết quả"', ("changed", "field", "note", "label")),
        ("of: [plain, urgent]", "of: [plain, urgent, calm]", ("changed", "field", "kind", "of")),
        ("late: {waits_on: unit_head", "late: {waits_on: chairman", ("changed", "state", "late", "waits_on")),
        ("main: {base: due_on}", "main: {base: due_on, optional: true}", ("changed", "deadline", "main", "optional")),
        ("require: [title, due_on]", "require: [title]", ("changed", "workflow", "errand", "create.require")),
        ("  - {never: {by: officer, do: close}}\n", "", ("changed", "workflow", "errand", "invariants")),
    ],
)
def test_each_change_is_told_once_by_the_files_own_key(old, new, expected):
    assert told((old, new)) == [expected]


def test_states_moves_fields_and_timers_come_and_go():
    found = diff(made(SECOND), made(THIRD))

    kinds = {(one.kind, one.part, one.name) for one in found}
    assert {(Kind.ADDED, "state", "doing"), (Kind.REMOVED, "state", "open")} <= kinds
    assert {(Kind.ADDED, "field", "site"), (Kind.REMOVED, "field", "place"), (Kind.REMOVED, "field", "secret")} <= kinds
    assert (Kind.CHANGED, "timer", "due") in kinds


def test_a_paper_comes_goes_and_changes_by_its_own_keys():
    with_paper = made(BASE + PAPER)
    other = made(BASE + changed(("close", "report"), ("- Lưu: VT,", "- Lưu: VP,"), text=PAPER))

    (came,), (went,) = diff(made(BASE), with_paper), diff(with_paper, made(BASE))
    signed, recipients = diff(with_paper, other)

    assert (came.sentence.en, went.sentence.vi) == ("paper: added", "văn bản: bỏ")
    assert signed.sentence.vi == "văn bản: signed_by: close → report"
    assert (recipients.aspect, recipients.old.en.endswith("; - Lưu: VT, {unit_symbol}.")) == ("recipients", True)


def test_a_change_is_said_in_both_languages():
    (change,) = diff(made(changed()), made(changed(("by: [chairman, office_chief]", "by: [chairman]"))))
    (gone,) = (one for one in diff(made(SECOND), made(THIRD)) if one.name == "place")

    assert change.sentence.en == 'move "close" (Close): by: chairman, office_chief → chairman'
    assert change.sentence.vi == "bước “close” (Xác nhận): by: chairman, office_chief → chairman"
    assert (gone.sentence.en, gone.sentence.vi) == ('field "place" (Place): removed', "trường “place” (Nơi): bỏ")


def _classes(svg, word):
    return {name for names in re.findall(r'class="([^"]*)"', svg) for name in names.split() if name.endswith(word)}


def test_the_drawing_shows_both_editions_with_what_came_and_what_went():
    drawing = draw_difference(made(FIRST), made(SECOND), "vi")

    for svg in (drawing.svg_wide, drawing.svg_tall):
        ET.fromstring(svg)  # noqa: S314  our own text
        assert _classes(svg, "added") == {"n-added", "e-added"}
        assert _classes(svg, "removed") == {"n-removed", "e-removed"}
        assert "+ Có kế hoạch" in svg
        assert "− Có kế hoạch" in svg
        assert "style=" not in svg


def test_a_drawing_of_no_difference_marks_nothing():
    drawing = draw_difference(made(FIRST), made(FIRST), "en")

    assert _classes(drawing.svg_wide, "added") == _classes(drawing.svg_wide, "removed") == set()


def test_only_the_arrow_that_came_is_marked():
    drawing = draw_difference(
        made(changed()),
        made(changed(("from: [draft, open]\n    to: dropped", "from: [draft, open, late]\n    to: dropped"))),
        "en",
    )

    assert drawing.svg_wide.count('<path class="e e-added"') == 1
    assert "e-removed" not in drawing.svg_wide
