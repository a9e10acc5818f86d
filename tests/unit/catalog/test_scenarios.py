"""Rules of the stories beside a definition: the shipped ones hold, and each slip is told at its step."""

import re
from pathlib import Path

import pytest

from tests.offices import DEFINITIONS, shipped
from workflow.catalog import check_file
from workflow.catalog.scenarios import check_scenarios

SHIPPED = sorted(path for path in (DEFINITIONS / "workflows").glob("*.yaml") if "." not in path.stem)
STORY = """\
- name: {vi: "Chậm rồi khắc phục", en: "Late, then remedied"}
  today: "2026-06-10"
  people: {an: {unit: kt, roles: [officer]}, chi: {unit: kt, roles: [unit_head]}, dung: {unit: ubnd, roles: [chairman]}}
  create: {by: dung, unit: kt, fields: {title: T, source: S, area: tai-chinh-cong, due_on: "2026-06-19", assignee: an}}
  steps:
    - {as: dung, do: assign, expect: assigned}
    - {as: chi, do: start, expect: in_progress}
    - {clock: "2026-06-20", expect: late, notified: [chi]}
    - {as: chi, do: complete, refused: [not_from_here]}
    - as: chi
      do: plan
      with: {cause_kind: objective, cause_note: C, plan_note: P, plan_due_on: "2026-06-26", plan_owner: an}
      expect: late
      waits: [dung]
    - {as: dung, approve: plan, expect: remediation_planned}
    - as: chi
      do: complete
      with: {result_note: R, evidence: [{file: "bang-ke.pdf"}]}
      comment: "Đủ số liệu"
      expect: completed
"""


def findings(text):
    library = shipped()
    return check_scenarios(library.workflows["task"].definition, text, "task.scenarios.yaml", library.calendars)


def told(*edit):
    old, new = edit
    assert STORY.count(old) == 1, old
    return [(found.code, found.line, found.hint) for found in findings(STORY.replace(old, new))]


def test_the_story_of_the_manual_holds():
    assert findings(STORY) == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_workflow_has_stories_and_they_hold(path):
    report = check_file(path, shipped().names, shipped().calendars)

    assert report.scenarios is not None
    assert [str(found) for found in report.findings if found.code == "L37"] == []
    assert len(re.findall(r"^- name:", report.scenarios.text.decode(), re.MULTILINE)) >= 3
    assert report.scenarios.text.count(b"refused:") >= 3


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        ("do: start, expect: in_progress", "do: start, expect: late", 7, None),
        ("do: start, expect: in_progress", "do: start, expect: in_progres", 7, "in_progress"),
        ("notified: [chi]", "notified: [dung]", 8, None),
        ("notified: [chi]", "notified: []", 8, None),
        ("refused: [not_from_here]", "refused: [self_review]", 9, None),
        ("refused: [not_from_here]", "expect: late", 9, None),
        ("do: assign, expect: assigned", "do: assign, refused: [not_permitted]", 6, None),
        ("waits: [dung]", "waits: [chi]", 10, None),
        ("waits: [dung]", "waits: []", 10, None),
        ("as: dung, approve: plan", "as: chi, approve: plan", 15, None),
        ("as: dung, approve: plan", "as: dung, reject: plan", 15, None),
        ("as: dung, approve: plan", "as: dun, approve: plan", 15, "dung"),
        ("do: assign,", "do: asign,", 6, "assign"),
        ("by: dung,", "by: dumg,", 4, "dung"),
        ("title: T, ", "", 4, None),
        ('"2026-06-20"', '"2026-06-19 23:59"', 8, None),
        ('"2026-06-20"', '"2026-06-09"', 8, None),
        ('"2026-06-20"', '"2031-06-20"', 10, None),
        (', evidence: [{file: "bang-ke.pdf"}]', "", 16, None),
    ],
)
def test_what_goes_otherwise_than_told_is_found_at_its_step(old, new, line, hint):
    assert told(old, new) == [("L37", line, hint)]


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        ("approve: plan", "aprove: plan", 15, "approve"),
        ("today:", "todey:", 2, "today"),
        ('clock: "2026-06-20"', "clock: tomorrow", 8, None),
        ('clock: "2026-06-20", expect', 'clock: "2026-06-20", as: chi, expect', 8, None),
        ("as: chi, do: start", "do: start", 7, None),
        ("do: start", "do: start, approve: plan", 7, None),
        ("refused: [not_from_here]", "refused: []", 9, None),
    ],
)
def test_the_grammar_of_stories_is_closed(old, new, line, hint):
    found = told(old, new)

    assert ("L01", line, hint) in found
    assert {code for code, _, _ in found} == {"L01"}


def test_a_slip_is_told_in_both_languages_with_what_was_expected_and_what_came():
    (found,) = findings(STORY.replace("do: start, expect: in_progress", "do: start, expect: late"))

    assert found.message.en == 'scenario "Late, then remedied", step 2: expected late, got in_progress'
    assert found.message.vi == "kịch bản “Chậm rồi khắc phục”, bước 2: mong đợi late, nhận được in_progress"
    assert found.column == 7


def test_each_story_is_told_its_first_slip_only():
    text = STORY.replace("expect: assigned", "expect: draft").replace("expect: completed", "expect: draft")

    assert [found.line for found in findings(text + STORY + text)] == [6, 6 + 2 * STORY.count("\n")]


def test_a_vote_is_withdrawn_by_its_voter_and_a_request_by_its_proposer():
    text = STORY.replace(
        "    - {as: dung, approve: plan, expect: remediation_planned}\n",
        "    - {as: dung, withdraw: plan, refused: [not_voted]}\n"
        "    - {as: chi, withdraw: plan, expect: late, waits: [chi]}\n"
        "    - {as: dung, approve: plan, refused: [no_open_request]}\n",
    )

    assert findings(text[: text.index("    - as: chi\n      do: complete")]) == ()


def test_a_deputy_acts_in_a_story_only_under_a_power_that_the_story_gives():
    text = STORY.replace("chi: {unit: kt,", "pho: {unit: kt, roles: [unit_deputy]}, chi: {unit: kt,")
    text = text.replace("{as: chi, do: start,", "{as: pho, do: start,")
    given = text.replace("roles: [unit_deputy]", "roles: [unit_deputy], delegated_by: [chi]")

    assert "delegation_needed" in findings(text)[0].message.en
    assert findings(given) == ()


def test_timers_of_a_long_wait_end():
    text = STORY.replace('clock: "2026-06-20", expect: late, notified: [chi]', 'clock: "2027-12-01", expect: late')

    assert findings(text)[0].line == 10


@pytest.mark.parametrize("text", ["", "a: b", "[]", "- 1", "\0", "- {name: {vi: a}}", "[" * 50])
def test_hostile_stories_are_findings(text):
    assert findings(text)


def test_stories_beside_a_file_are_found_and_those_of_a_broken_workflow_are_not_played(tmp_path: Path):
    source = (DEFINITIONS / "workflows" / "task.yaml").read_text(encoding="utf-8")
    (tmp_path / "task.scenarios.yaml").write_text(STORY.replace("expect: assigned", "expect: draft"), encoding="utf-8")
    good, bad = tmp_path / "task.yaml", tmp_path / "bad" / "task.yaml"
    bad.parent.mkdir()
    (bad.parent / "task.scenarios.yaml").write_text(STORY, encoding="utf-8")
    good.write_text(source, encoding="utf-8")
    bad.write_text(source.replace("by: [chairman, vice_chairman]", "by: [charman]", 1), encoding="utf-8")

    found, broken = (check_file(path, shipped().names, shipped().calendars) for path in (good, bad))

    assert [(one.code, one.line) for one in found.findings if one.code == "L37"] == [("L37", 6)]
    assert not found.ok
    assert "L37" not in {one.code for one in broken.findings}
