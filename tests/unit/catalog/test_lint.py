"""Rules of the checks: every fault is told with code, line, column and the nearest right name, and goes with its cause.

`tests/definitions/lint/base.yaml` is a small, faultless workflow; each file beside it is the same with one fault.
"""

import difflib
import json
import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from workflow.catalog.compile import Names, compile_document
from workflow.catalog.findings import Severity
from workflow.catalog.library import check_text, load_folder
from workflow.catalog.lint import CHECKS, check
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import read_document

ROOT = Path(__file__).parents[3]
DEFINITIONS = ROOT / "definitions"
FAULTS = ROOT / "tests" / "definitions" / "lint"
BASE = (FAULTS / "base.yaml").read_text(encoding="utf-8")
NAMES = Names(
    roles=frozenset(
        [
            "chairman",
            "vice_chairman",
            "office_chief",
            "clerk",
            "auditor",
            "admin",
            "system",
            "unit_head",
            "unit_deputy",
            "officer",
        ]
    ),
    calendars=frozenset({"vn"}),
    templates=frozenset({"told"}),
    workflows=frozenset({"errand"}),
)

# What each file is told: line and column, code (w: a warning), and the name that was meant.
EXPECTED = {
    "l01_unknown_key": ["41:5 L01 require"],
    "l01_paper_without_recipients": ["114:15 L01"],
    "l01_unknown_purpose": ["6:10 L01 explanation"],
    "l02_same_key_twice": ["87:3 L02"],
    "l03_no_initial_state": ["21:1 L03"],
    "l03_two_initial_states": ["23:3 L03"],
    "l04_misspelt_target": ["50:9 L04 closed"],
    "l04_misspelt_source": ["38:18 L04 planned"],
    "l04_misspelt_state_of_timer": ["103:17 L04 planned"],
    "l04_misspelt_state_in_condition": ["43:24 L04 open"],
    "l05_state_never_reached": ["28:3 L05"],
    "l06_dead_end": ["27:3 L06"],
    "l07_only_cancelled": ["27:3 L07"],
    "l09_final_state_left": ["94:11 L09"],
    "l10_default_before_guard": ["60:9 L10"],
    "l10_no_default": ["60:23 L10"],
    "l10_condition_asked_twice": ["60:24 L10"],
    "l11_misspelt_role": ["40:10 L11 unit_head"],
    "l11_role_nobody_holds": ["53:18 L11"],
    "l11_misspelt_field": ["74:15 L11 note"],
    "l11_misspelt_move": ["52:21 L11 report"],
    "l11_misspelt_fired_move": ["103:45 L11 lapse"],
    "l11_misspelt_last": ["61:10 L11 close"],
    "l11_name_of_the_log": ["2:11 L11"],
    "l11_unknown_calendar": ["6:11 L11"],
    "l11_no_calendar_for_working_days": ["100:28 L11", "103:47 L11", "103:71 L11"],
    "l11_unknown_template": ["46:44 L11 told"],
    "l11_unknown_workflow": ["7:91 L11 errand"],
    "l11_unknown_deadline": ["101:28 L11 main"],
    "l11_relation_that_is_no_person": ["25:23 L11"],
    "l11_stamp_on_a_date": ["45:18 L11"],
    "l11_value_that_is_no_input": ["45:42 L11"],
    "l11_misspelt_field_in_condition": ["58:32 L11 plan_on"],
    "l11_misspelt_choice_in_condition": ["43:71 L11 urgent"],
    "l11_webhook_nobody_takes": ["46:61 L11"],
    "l11_job_nobody_takes": ["46:57 L11"],
    "l11_post_of_another_unit_acts": ["40:30 L11 unit_head"],
    "l11_post_in_a_date": ["101:62 L11"],
    "l11_paper_signed_by_no_move": ["109:14 L11 close"],
    "l11_misspelt_placeholder": ["114:19 L11 committee"],
    "l11_placeholder_without_its_field": ["112:34 L11"],
    "l11_placeholder_left_open": ["112:26 L11"],
    "l11_misspelt_section": ["113:14 L11 note"],
    "l11_section_that_is_no_text": ["113:14 L11"],
    "l11_number_of_a_paper_in_a_date": ["113:11 L11"],
    "l11_annex_without_its_fields": ["113:13 L11", "113:22 L11"],
    "l12_not_boolean": ["43:14 L12"],
    "l12_date_against_number": ["76:22 L12"],
    "l12_misspelt_name": ["43:14 L12 item.open_children"],
    "l12_single_quoted": ["43:36 L12 overdue"],
    "l12_unquoted": ["43:32 L12"],
    "l12_block": ["43:13 L12 overdue"],
    "l13_english_missing": ["77:9 L13"],
    "l13_refusal_missing": ["76:9 L13"],
    "l14_vietnamese_missing": ["22:46 L14"],
    "l14_label_missing": ["10:3 L14"],
    "l15_system_field": ["7:58 L15"],
    "l15_frozen_field": ["97:15 L15"],
    "l15_child_lacks_a_field": ["45:36 L15"],
    "l16_fired_move_asks": ["69:15 L16"],
    "l17_timer_where_the_move_is_not": ["102:20 L17"],
    "l17_timer_in_a_final_state": ["104:42 L17"],
    "l17_not_by_the_system": ["102:39 L17", "103:45 L17"],
    "l17_timer_where_the_deadline_stands": ["101:23 L17"],
    "l18_condition_reads_what_may_be_empty": ["71:3 L18"],
    "l18_timer_reads_what_may_be_empty": ["25:3 L18"],
    "l19_system_move_nothing_fires": ["100:3 L19"],
    "l19_timer_that_does_nothing": ["101:3 L19"],
    "l19_watched_field_is_no_input": ["85:37 L19"],
    "l19_grace_without_a_pause": ["18:24 L19"],
    "l19_pause_in_a_final_state": ["18:41 L19"],
    "l19_repeat_without_a_span": ["101:49 L19"],
    "l19_template_of_nobody": ["102:46 L19"],
    "l20_nobody": ["90:5 L20"],
    "l20_nobody_votes": ["81:23 L20"],
    "l21_no_step_applies": ["71:3 L21"],
    "l22_quorum_of_one": ["81:45 L22"],
    "l23_no_way_out": ["52:5 L23"],
    "l23_no_way_out_of_the_gate": ["82:7 L23"],
    "l23_rule_outside_the_gate": ["75:5 L23"],
    "l24_one_person_twice": ["82:23 L24"],
    "l24_one_name_twice": ["82:16 L24"],
    "l25_not_from_here": ["84:18 L25"],
    "l25_asks_for_more": ["84:18 L25"],
    "l26_way_around": ["78:5 L32w", "106:5 L26"],
    "l26_who_never_may": ["107:5 L26"],
    "l26_who_may_be_anybody": ["107:5 L26"],
    "l27_no_reminder": ["24:3 L27"],
    "l27_reminder_of_an_optional_date": ["25:3 L27"],
    "l27_no_owner": ["23:3 L27"],
    "l28_timers_undo_each_other": ["22:3 L28"],
    "l28_timer_fires_itself": ["26:3 L28"],
    "l31_never_before": ["34:21 L31"],
    "l31_last_never_before": ["22:36 L31"],
    "l32_request_overtaken": ["78:5 L32w"],
    "l33_unused_field": ["17:3 L33w"],
    "l33_role_named_twice": ["40:30 L33w"],
    "l33_one_label_twice": ["64:5 L33w"],
    "l34_bulk_with_input": ["35:5 L34"],
    "l34_bulk_with_signature": ["75:5 L34", "75:5 L34"],
    "l36_fallback_excluded_too": ["53:18 L36"],
    "l36_system_as_fallback": ["53:18 L36"],
    "l39_creation_without_its_inputs": ["8:50 L39", "8:69 L39"],
    "l39_moves_and_mandatory_input": ["6:10 L39", "6:10 L39", "8:50 L39", "8:69 L39"],
    "l39_fields_and_series": ["6:10 L39", "6:10 L39", "8:14 L39", "8:69 L39"],
    "l39_counted_as_work": ["21:1 L39"],
}
READ_BEFORE = {"L01", "L02"}


def told(text, file="errand.yaml", names=NAMES):
    return [
        f"{finding.line}:{finding.column} {finding.code}"
        + ("w" if finding.severity is Severity.WARNING else "")
        + (f" {finding.hint}" if finding.hint else "")
        for finding in check_text(text, file, names).findings
    ]


def codes(text, names=NAMES):
    return {finding.code for finding in check_text(text, "errand.yaml", names).findings}


def changed(*edits, text=BASE):
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def fault(slug):
    return (FAULTS / f"{slug}.yaml").read_text(encoding="utf-8")


def subject_of(text):
    compiled = compile_document(read_document(text, "errand.yaml"), NAMES)
    return Subject(compiled.definition, compiled.document, NAMES)


@cache
def faulty_subjects():
    return [subject_of(fault(slug)) for slug in EXPECTED if slug[:3].upper() not in READ_BEFORE]


def test_the_base_has_no_fault():
    assert told(BASE) == []


@pytest.mark.parametrize(("slug", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_a_fault_is_told_at_its_place_with_the_name_that_was_meant(slug, expected):
    assert told(fault(slug), f"{slug}.yaml") == expected


@pytest.mark.parametrize("slug", EXPECTED)
def test_the_finding_bears_the_code_of_its_file_and_goes_when_the_fault_is_taken_back(slug):
    bad = fault(slug)
    lines = [line for line in difflib.ndiff(BASE.splitlines(), bad.splitlines()) if line[:1] in "+-"]

    assert slug[:3].upper() in codes(bad)
    # The file is the base but for these lines: with them taken back it has no fault, as the first test says.
    assert 0 < len(lines) <= 18


def test_every_file_stands_in_the_table_and_every_check_has_one():
    files = {file.stem for file in FAULTS.glob("*.yaml")} - {"base"}

    assert files == set(EXPECTED)
    assert {slug[:3].upper() for slug in files} == set(CHECKS) | READ_BEFORE


EACH = [(code, each) for code, checks in CHECKS.items() for each in checks]


@pytest.mark.parametrize(("code", "each"), EACH, ids=[each.__name__ for _, each in EACH])
def test_each_check_finds_something_somewhere_and_nothing_in_the_base(code, each):
    found = [finding for subject in faulty_subjects() for finding in each(subject)]

    assert {finding.code for finding in found} == {code}
    assert list(each(subject_of(BASE))) == []


def test_every_finding_is_a_sentence_in_both_languages_and_plain_to_a_program():
    for slug in EXPECTED:
        for finding in check_text(fault(slug), f"{slug}.yaml", NAMES).findings:
            vi, en = finding.message.vi, finding.message.en
            assert vi != en
            assert re.search("[à-ỹđ]", vi), vi
            assert not re.search("[à-ỹđ]", en), en
            assert unicodedata.is_normalized("NFC", vi)
            assert json.loads(json.dumps(finding.to_plain()))["message"] == {"vi": vi, "en": en}


def test_only_l32_and_l33_are_warnings_and_stop_nothing():
    severities = {
        (finding.code, finding.severity)
        for slug in EXPECTED
        for finding in check_text(fault(slug), f"{slug}.yaml", NAMES).findings
    }

    assert {code for code, severity in severities if severity is Severity.WARNING} == {"L32", "L33"}
    assert {code for code, severity in severities if severity is Severity.ERROR} == (
        (set(CHECKS) | READ_BEFORE) - {"L32", "L33"}
    )
    assert check_text(fault("l33_unused_field"), "errand.yaml", NAMES).ok
    assert not check_text(fault("l11_misspelt_role"), "errand.yaml", NAMES).ok


def test_a_definition_that_did_not_compile_is_not_checked():
    compiled = compile_document(read_document("format: 1\n", "errand.yaml"), NAMES)

    assert check(compiled, NAMES) == ()


# --- the shipped workflows


@cache
def shipped():
    text = (DEFINITIONS / "README.md").read_text(encoding="utf-8")
    notices = frozenset(re.findall("`([a-z_]+)`", text[text.index("## Notices") :])) - {"template"}
    return load_folder(DEFINITIONS, notices)


SHIPPED_WARNINGS = {
    "consolidation": {},
    "escalation": {},
    "explanation": {},
    "extension": {},
    "finding": {"transitions.plan.approval": {"withdraw", "waive_plan", "set_due"}},
    "report": {
        "transitions.send.approval": {"waive"},
        "transitions.plan.approval": {"send"},
    },
    "standing": {"transitions.plan.approval": {"transfer", "withdraw", "set_due"}},
    "task": {"transitions.plan.approval": {"transfer", "withdraw", "waive_plan", "set_due", "suspend"}},
}


SHIPPED = sorted(file.stem for file in (DEFINITIONS / "workflows").glob("*.yaml") if "." not in file.stem)


@pytest.mark.parametrize("workflow", SHIPPED)
def test_a_shipped_workflow_has_no_error_and_no_warning_but_what_is_listed(workflow):
    report = shipped().workflows[workflow]

    assert [str(finding) for finding in report.findings if finding.severity is Severity.ERROR] == []
    warned = {
        found[1]: set(found[2].split(", "))
        for finding in report.findings
        if (found := re.fullmatch(r"(\S+): while a request is open, (.*) may move the item on: .*", finding.message.en))
    }
    assert len(warned) == len(report.findings)
    assert warned == SHIPPED_WARNINGS[workflow]


@pytest.mark.parametrize(
    ("workflow", "old", "new", "expected"),
    [
        ("task", "require: [result_note, evidence]", "requires: [result_note, evidence]", "L01"),
        ("task", "    to: verified\n", "    to: verifyed\n", "L04"),
        ("task", "by: [unit_head, unit_deputy, assignee]", "by: [unit_haed, unit_deputy, assignee]", "L11"),
        ("task", '"item.open_children == 0"', '"item.open_children"', "L12"),
        ("task", "    nobody_left: chairman\n    when:", "    when:", "L23"),
        ("task", "on_reject: stay", "on_reject: start", "L25"),
        ("task", "remediation_planned]\n    to: completed", "late]\n    to: completed", "L26"),
        ("task", "  unverified: {in: [completed]", "  unverified: {in: [late]", "L27"),
        ("report", "require: [cause_kind, cause_note, plan_note, plan_due_on,", "require: [cause_kind, plan_note,", "L18"),
        ("report", 'need: 1, if: "!(item.unit == \'vhxh\')"}', "need: 1, if: \"item.unit == 'vp'\"}", "L21"),
        ("report", "    reopens: true\n", "", "L09"),
    ],
)  # fmt: skip
def test_a_slip_in_a_shipped_workflow_is_caught(workflow, old, new, expected):
    text = (DEFINITIONS / "workflows" / f"{workflow}.yaml").read_text(encoding="utf-8")
    assert old in text

    assert expected in codes(text.replace(old, new, 1), shipped().names)


# --- where the checks must hold back, or look closer


STEP = "        - {id: chair, by: [chairman]}\n"
SET_DUE = """\
  set_due:
    from: late
    to: open
    by: [chairman]
    require: [due_on]
    label: {vi: "Đặt hạn mới", en: "Set a new date"}
"""


@pytest.mark.parametrize("expression", ["item.unit == 'vp'", "overdue", "kind == 'plain' || overdue"])
def test_two_steps_of_which_one_denies_the_other_always_leave_one(expression):
    steps = f'        - {{id: a, by: [chairman], if: "{expression}"}}\n'
    denied = f'        - {{id: b, by: [office_chief], if: "!( {expression} )"}}\n'

    assert "L21" in codes(changed((STEP, steps)))
    assert "L21" not in codes(changed((STEP, steps + denied)))


def test_steps_that_deny_each_other_may_have_the_same_people():
    both = (
        '        - {id: a, by: [chairman], if: "overdue"}\n        - {id: b, by: [chairman], if: "!overdue"}\n'
        "      distinct_steps: true\n"
    )

    assert "L24" not in codes(changed((STEP, both)))
    assert "L24" in codes(changed((STEP, both.replace("!overdue", "overdue "))))


@pytest.mark.parametrize(
    ("by", "need", "enough"),
    [
        ("chairman", 1, True),
        ("chairman, office_chief", 2, True),
        ("chairman, office_chief", 3, False),
        ("chairman, owner", 2, True),
        ("owner", 2, False),
        ("officer", 9, True),
        ("unit_head, chairman", 2, False),  # the head proposes, and the proposer is excluded
        ("unit_head", 1, True),  # nobody is left: the fallback votes
    ],
)
def test_a_quorum_is_held_against_those_who_can_vote(by, need, enough):
    text = changed((STEP, f"        - {{id: chair, by: [{by}], need: {need}}}\n"))

    assert ("L22" not in codes(text)) is enough


def test_a_new_main_date_on_the_way_ends_what_lateness_demands():
    dated = changed(("timers:\n", SET_DUE + "timers:\n"))
    undated = changed(("    require: [due_on]\n", ""), text=dated)

    assert "L26" not in codes(dated)
    assert "L26" in codes(undated)


def test_a_new_date_does_not_excuse_the_forbidden_step_itself():
    straight = SET_DUE.replace("to: open", "to: done")

    assert "L26" in codes(changed(("timers:\n", straight + "timers:\n")))


def test_whoever_did_a_move_is_told_from_those_who_may_do_it():
    recall = """\
  recall:
    from: done
    to: open
    by: [last(close), creator]
    label: {vi: "Rút lại", en: "Recall"}
"""
    never = "  - {never: {by: officer, do: close}}\n"

    text = changed(("timers:\n", recall + "timers:\n"), (never, "  - {never: {by: officer, do: recall}}\n"))

    assert "L26" not in codes(text)
    assert "L26" in codes(changed(("by: [chairman, clerk], require", "by: [chairman, officer], require"), text=text))


def test_a_condition_on_the_state_is_part_of_the_graph():
    text = changed(
        (
            "    to: dropped\n",
            "    to:\n      - {state: dropped, if: \"state == 'draft'\"}\n      - {state: closed}\n",
        )
    )

    assert codes(text) == set()
    assert codes(changed(("from: [draft, open]", "from: [open]"), text=text)) == {"L05"}


@pytest.mark.parametrize(
    ("expression", "safe"),
    [
        ("plan_on > today", False),
        ("'plan_on' in filled && plan_on > today", True),
        ("!('plan_on' in filled) || plan_on > today", True),
        ("note == 'x'", True),
        ("overdue || late_count < 3", False),
        ("item.unit == 'plan_on'", True),
    ],
)
def test_a_condition_asks_first_whether_a_field_has_a_value(expression, safe):
    assert ("L18" not in codes(changed(("item.open_children == 0", expression)))) is safe


def test_what_a_refusal_asked_for_is_certain_behind_it():
    asked = (
        '      - if: "\'kind\' in filled"\n        else: {vi: "Thiếu loại.", en: "The kind is missing."}\n'
        "      - if: \"kind == 'plain'\"\n"
    )

    assert "L18" not in codes(changed(('      - if: "item.open_children == 0"\n', asked)))


def test_a_date_that_may_be_missing_needs_an_optional_deadline():
    text = changed(("require: [title, due_on], optional: [kind]", "require: [title], optional: [kind, due_on]"))

    assert "L18" in codes(text)
    assert "L18" not in codes(changed(("main: {base: due_on}", "main: {base: due_on, optional: true}"), text=text))


def test_a_field_that_an_effect_empties_is_empty_afterwards():
    emptied = changed(("{clear: [done_at]}", "{clear: [done_at, due_on]}"))

    assert "L18" in codes(emptied)


def test_overdue_means_nothing_without_a_main_deadline():
    text = changed(
        ("  main: {base: due_on}\n", "  other: {base: due_on}\n"),
        ('"main - 1wd"', '"other - 1wd"'),
        ('"main"', '"other"'),
    )

    assert codes(text) == {"L18"}


def test_a_fired_move_that_empties_its_own_date_cannot_spin():
    tick = """\
  tick:
    from: planned
    to: same
    by: [system]
    do: [{clear: [plan_on]}]
    label: {vi: "Bỏ hạn", en: "Clear the date"}
"""
    text = changed(("timers:\n", tick + "timers:\n  ticking: {in: [planned], at: plan, fire: tick}\n"))

    assert "L28" not in codes(text)
    assert "L28" in codes(changed(("    do: [{clear: [plan_on]}]\n", ""), text=text))


def test_a_fallback_outside_the_excluded_unit_is_a_way_out():
    by_unit = changed(("    distinct_from: [report]\n", "    distinct_unit_from: [report]\n"))

    assert codes(by_unit) == set()
    assert codes(
        changed(("nobody_left: chairman\n    label", "nobody_left: office_chief\n    label"), text=by_unit)
    ) == {"L36"}


def test_the_move_of_a_rejection_starts_where_the_request_stood_and_asks_at_most_a_comment():
    log = """\
  log:
    from: late
    to: same
    by: [chairman]
    require: [comment]
    label: {vi: "Ghi chú", en: "Log"}
"""

    assert codes(changed(("on_reject: stay", "on_reject: log"), ("timers:\n", log + "timers:\n"))) == set()


def test_a_child_of_the_same_workflow_needs_what_create_asks_for():
    whole = "do: [{stamp: done_at}, {spawn: errand, fields: {title: item.title, due_on: item.due_on}}]"
    report = ("do: [{stamp: done_at}]", whole)

    assert codes(changed(report)) == set()
    assert codes(changed(report, (", children_of: [errand]", ""))) == {"L15"}
    assert codes(changed((report[0], whole.replace("due_on: item", "note: item.note, due_on: item")))) == {"L11"}


def test_the_value_of_one_type_is_not_written_to_a_field_of_another():
    assert codes(changed(("{stamp: done_at}", "{set: {plan_on: item.due_on}}"))) == set()
    assert codes(changed(("{stamp: done_at}", "{set: {plan_on: item.title}}"))) >= {"L11"}
    assert codes(changed(("{stamp: done_at}", "{set: {unit: item.owner}}"))) >= {"L11"}


def test_notices_are_not_asked_about_where_nobody_said_which_there_are():
    text = changed(("template: told", "template: tald"))

    assert codes(text, Names(NAMES.roles, NAMES.calendars, frozenset(), NAMES.workflows)) == set()


@pytest.mark.parametrize("name", ["close", "nag", "plan_proposed", "told"])
def test_a_notice_may_bear_the_name_of_a_move_a_timer_or_a_request(name):
    assert codes(changed(("template: told", f"template: {name}"))) == set()


def test_one_misspelt_state_is_one_finding():
    assert told(changed(("    to: planned\n", "    to: planed\n"))) == ["73:9 L04 planned"]


def test_a_json_file_is_told_the_line_of_the_value():
    data = read_document(changed(("item.open_children == 0", "item.open_childs == 0")), "errand.yaml").data
    text = json.dumps(data, indent=1, ensure_ascii=False)

    (finding,) = check_text(text, "errand.json", NAMES).findings

    line = text.splitlines()[finding.line - 1]
    assert line[finding.column - 1 :] == '"if": "item.open_childs == 0",'.removeprefix('"if": ')
    assert (finding.code, finding.hint) == ("L12", "item.open_children")


PAPER = """\
paper:
  signed_by: close
  kind: "Phiếu trình"
  symbol: PTr
  subject: "Kết quả việc {title}"
  addressee: "Kính gửi: {commune}"
  opening: "{agency} ({unit}) trình:"
  sections: {note: "Nội dung"}
  recipients: ["- {committee} (để b/c);", "- {consolidating};", "- Lưu: VT, {unit_symbol}."]
"""


def test_a_paper_of_what_there_is_has_no_fault():
    assert told(BASE + PAPER) == []


def test_what_a_paper_says_is_used():
    remark = '  remark: {type: text, label: {vi: "Ghi chú", en: "Remark"}}\n'
    text = changed(("deadlines:\n", remark + "deadlines:\n"))

    assert codes(text) == {"L33"}
    assert codes(text + PAPER.replace("{note:", '{remark: "Ghi chú", note:')) == set()


@pytest.mark.parametrize(
    ("agency", "annex", "fields", "expected"),
    [
        ("unit", "tasks", "window_from: {type: date}, window_to: {type: date}", 0),
        ("unit", "tasks", "window_from: {type: date}, window_to: {type: text}", 1),
        ("unit", "tasks", "period: {type: text}", 1),
        ("commune", "tasks", "period: {type: text}", 0),
        ("commune", "figures", "counts: {type: figures}", 0),
        ("commune", "senders", "on_time_units: {type: text}, late_units: {type: text}", 1),
    ],
)
def test_an_annex_is_made_of_fields_that_there_are(agency, annex, fields, expected):
    declared = "".join(f"  {field}\n" for field in fields.replace("}, ", "}\n").splitlines())
    text = changed(("deadlines:\n", declared + "deadlines:\n")) + PAPER
    text += f"  agency: {agency}\n  annexes: [{annex}]\n"

    findings = check_text(text, "errand.yaml", NAMES).findings

    assert sum(finding.code == "L11" for finding in findings) == expected


def test_thousands_of_wrong_names_are_told_without_comparing_each_with_each():
    fields = "".join(f"  field_{n}: {{type: text}}\n" for n in range(1500))
    wrong = ", ".join(f"feild_{n}" for n in range(1500))
    text = changed(("deadlines:\n", fields + "deadlines:\n"), ("optional: [kind],", f"optional: [kind, {wrong}],"))

    findings = check_text(text, "errand.yaml", NAMES).findings
    wrong_ones = [finding for finding in findings if finding.code == "L11"]

    assert len(wrong_ones) == 1500
    assert 0 < sum(1 for finding in wrong_ones if finding.hint) < 50
