"""Rules of the grammar: a closed set of keys, plain shapes, and complaints that name place, value and way out."""

import pytest

from workflow.catalog.compile import Names, compile_document
from workflow.catalog.read import read_document

SMALL = """\
format: 1
workflow: task
version: 1
label: {vi: "Nhiệm vụ", en: "Task"}
create: {by: [chairman], require: [title]}
fields:
  title: {type: text, label: {vi: "Tên", en: "Title"}}
states:
  open: {initial: true, label: {vi: "Mở", en: "Open"}}
  done: {final: done, label: {vi: "Xong", en: "Done"}}
transitions:
  finish:
    from: open
    to: done
    by: [officer]
    label: {vi: "Hoàn thành", en: "Finish"}
"""

PAPER = """\
paper:
  signed_by: finish
  kind: a
  symbol: A
  subject: b
  sections: {title: d}
  recipients: [c]
"""


def complaints(text):
    compiled = compile_document(read_document(text, "task.yaml"), Names())
    assert (compiled.definition is None) == bool(compiled.findings)
    assert all(finding.code == "L01" and finding.message.vi != finding.message.en for finding in compiled.findings)
    return [str(finding) for finding in compiled.findings]


def changed(old, new):
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)


def test_the_small_workflow_is_well_formed():
    assert complaints(SMALL) == []


def test_an_unknown_key_is_named_with_its_place_and_the_nearest_right_one():
    text = changed("    by: [officer]\n", "    by: [officer]\n    requires: [title]\n")

    assert complaints(text) == [
        'task.yaml:16:5 L01 transitions.finish: unknown key "requires" (did you mean "require"?)'
    ]


def test_every_complaint_is_told_at_once_in_the_order_of_the_file():
    text = changed("version: 1", "version: one\nverzion: 2").replace("    to: done\n", "")

    assert complaints(text) == [
        'task.yaml:3:10 L01 version: expected a whole number from 1 to 999999, found "one"',
        'task.yaml:4:1 L01 unknown key "verzion" (did you mean "version"?)',
        'task.yaml:13:3 L01 transitions.finish: the key "to" is missing',
    ]


@pytest.mark.parametrize("key", ["format", "workflow", "version", "label", "create", "fields", "states", "transitions"])
def test_what_a_workflow_needs_is_missed(key):
    text = SMALL.replace(f"{key}:", f"# {key}:") if key in ("format", "workflow", "version") else _without(key)

    assert f'L01 the key "{key}" is missing' in complaints(text)[0]


def _without(key):
    lines, kept, inside = SMALL.splitlines(keepends=True), [], False
    for line in lines:
        if not line.startswith(" "):
            inside = line.startswith(f"{key}:")
        if not inside:
            kept.append(line)
    return "".join(kept)


BLOCKS = {
    "create": ("require: [title]}", "require: [title], X: y}", "create"),
    "field": ("fields:\n  title: {type: text,", "fields:\n  title: {type: text, X: y,", "fields.title"),
    "label": ('label: {vi: "Tên",', 'label: {X: y, vi: "Tên",', "fields.title.label"),
    "state": ("open: {initial: true,", "open: {initial: true, X: y,", "states.open"),
    "transition": ("    from: open\n", "    from: open\n    X: y\n", "transitions.finish"),
    "target": ("to: done", "to: [{state: done, X: y}]", "transitions.finish.to[0]"),
    "when": ("to: done", "to: done\n    when: [{if: overdue, X: y}]", "transitions.finish.when[0]"),
    "approval": (
        "to: done",
        "to: done\n    approval: {steps: [{id: a, by: [chairman]}], X: y}",
        "transitions.finish.approval",
    ),
    "step": (
        "to: done",
        "to: done\n    approval: {steps: [{id: a, by: [chairman], X: y}]}",
        "transitions.finish.approval.steps[0]",
    ),
    "effect": ("to: done", "to: done\n    do: [{stamp: title, X: y}]", "transitions.finish.do[0]"),
    "follow-up": ("to: done", "to: done\n    after: [{notify: [officer], X: y}]", "transitions.finish.after[0]"),
    "deadline": ("states:", "deadlines: {main: {base: title, X: y}}\nstates:", "deadlines.main"),
    "episode": ("states:", "episode: {record: [title], X: y}\nstates:", "episode"),
    "timer": ("states:", "timers: {t: {in: [open], at: main, X: y}}\nstates:", "timers.t"),
    "series": (
        "states:",
        "series: {m: {every: month, window: {from: 15, to: 14}, due: {before_day: 20}, for_each: unit, X: y}}\nstates:",
        "series.m",
    ),
    "window": (
        "states:",
        "series: {m: {every: month, window: {from: 15, to: 14, X: y}, due: {before_day: 20}, for_each: unit}}\nstates:",
        "series.m.window",
    ),
    "due": (
        "states:",
        "series: {m: {every: month, window: {from: 15, to: 14}, due: {before_day: 20, X: y}, for_each: unit}}\nstates:",
        "series.m.due",
    ),
    "paper": (
        "states:",
        "paper: {signed_by: finish, kind: a, symbol: A, subject: b, sections: {}, recipients: [c], X: y}\nstates:",
        "paper",
    ),
    "invariant": ("states:", "invariants: [{never: {by: officer, do: finish}, X: y}]\nstates:", "invariants[0]"),
    "never": ("states:", "invariants: [{never: {by: officer, do: finish, X: y}}]\nstates:", "invariants[0].never"),
    "path": ("states:", "invariants: [{path: {from: a, to: b, through: c, X: y}}]\nstates:", "invariants[0].path"),
    "migration": ("states:", "migrate: [{from: 1, X: y}]\nstates:", "migrate[0]"),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_no_block_takes_a_key_that_the_format_does_not_have(block):
    old, new, where = BLOCKS[block]
    start = SMALL.index(old)

    found = complaints(SMALL[:start] + new + SMALL[start + len(old) :])

    assert len(found) == 1
    assert f'L01 {where}: unknown key "X"' in found[0]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("format: 1", "format: 2", '1:9 L01 format: "2" is none of: 1'),
        ("version: 1", "version: 0", "3:10 L01 version: expected a whole number from 1"),
        ("version: 1", "version: 1.0", "3:10 L01 version: expected a whole number"),
        ("version: 1", "version: 010", "3:10 L01 version: expected a whole number"),
        ("version: 1", f"version: {'9' * 5000}", "3:10 L01 version: expected a whole number"),
        ("workflow: task", "workflow: Task Two", '2:11 L01 workflow: "Task Two" does not have the form'),
        ("by: [officer]", "by: officer", '15:9 L01 transitions.finish.by: expected a list [ ], found "officer"'),
        ("by: [officer]", "by: [[officer]]", "15:10 L01 transitions.finish.by[0]: expected text, found a list"),
        ("by: [officer]", "by:", "L01 transitions.finish.by: expected a list [ ], found nothing"),
        ("from: open", "from: []", "13:11 L01 transitions.finish.from: the list is too short, at least 1 needed"),
        ("to: done", "to: {state: done}", "14:9 L01 transitions.finish.to: expected text, found a mapping"),
        ("initial: true", "initial: yes", '9:19 L01 states.open.initial: expected true or false, found "yes"'),
        ("final: done", "final: finished", "10:17 L01 states.done.final:"),
        ("{type: text,", "{type: txt,", 'L01 fields.title.type: "txt" is none of'),
        ("to: done", "to: done\n    bulk: 1", "L01 transitions.finish.bulk: expected true or false"),
        ("to: done", "to: done\n    do: [{stmp: title}]", 'do[0]: unknown key "stmp" (did you mean "stamp"?)'),
        ("to: done", "to: done\n    do: [{}]", "do[0]: expected one of: stamp, count, set, clear, spawn, signal"),
        ("to: done", "to: done\n    do: [{stamp: a, count: b}]", 'do[0]: "count" does not go with "stamp"'),
        ("to: done", "to: done\n    do: [{stamp: a, fields: {b: c}}]", 'do[0]: "fields" does not go with "stamp"'),
        ("to: done", "to: done\n    do: [{signal: parent}]", 'do[0]: the key "move" is missing'),
        ("to: done", "to: done\n    do: [{signal: sister, move: a}]", 'do[0].signal: "sister" is none of'),
        ("to: done", "to: done\n    approval: {steps: []}", "approval.steps: the list is too short, at least 1 needed"),
        ("to: done", "to: done\n    approval: {proposed_by: [officer]}", 'approval: the key "steps" is missing'),
        ("states:", "timers: {t: {in: [open], at: main -3 wd}}\nstates:", "timers.t.at: expected a moment"),
        ("states:", "timers: {t: {in: [open], at: main, every: 3}}\nstates:", "timers.t.every: expected a span"),
        ("states:", "invariants: [{}]\nstates:", "invariants[0]: expected one of: path, never"),
        (
            "states:",
            f"{PAPER.replace('kind: a', 'kind: a {title}')}states:",
            'paper.kind: "a {title}" does not have the form',
        ),
        ("states:", f"{PAPER.replace('symbol: A', 'symbol: a')}states:", 'paper.symbol: "a" does not have the form'),
        ("states:", PAPER.replace("{title: d}", '{title: "d {e}"}') + "states:", "paper.sections.title: "),
        (
            "states:",
            f"{PAPER.replace('[c]', '[]')}states:",
            "paper.recipients: the list is too short, at least 1 needed",
        ),
        ("states:", f"{PAPER.replace('  signed_by: finish', '')}states:", 'paper: the key "signed_by" is missing'),
        (
            "states:",
            f"{PAPER}  agency: comune\nstates:",
            '"comune" is none of: unit, commune (did you mean "commune"?)',
        ),
        ("states:", f"{PAPER}  annexes: [figure]\nstates:", 'annexes[0]: "figure" is none of: figures, senders, tasks'),
        ("states:", "code: nv\nstates:", 'code: "nv" does not have the form'),
    ],
)
def test_a_wrong_shape_is_told_with_what_was_expected(old, new, complaint):
    start = SMALL.index(old)

    found = complaints(SMALL[:start] + new + SMALL[start + len(old) :])

    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    "name",
    [
        "today",
        "overdue",
        "actor",
        "item",
        "last",
        "type",
        "in",
        "true",
        "size",
        "comment",
        "unit",
        "officer",
        "chairman",
        "creator",
    ],
)
def test_a_field_may_not_take_a_name_with_a_meaning_of_its_own(name):
    found = complaints(changed("  title: {type", f"  {name}: {{type"))

    assert found == [f'task.yaml:7:3 L01 fields: the name "{name}" is reserved']


@pytest.mark.parametrize(("old", "name"), [("open: {", "same"), ("finish:", "proposer"), ("finish:", "stay")])
def test_a_state_or_move_may_not_take_a_word_of_the_format(old, name):
    found = complaints(changed(old, old.replace(old.rstrip(": {"), name)))

    assert [f'the name "{name}" is reserved' in text for text in found] == [True]


@pytest.mark.parametrize("name", ["Title", "hạn", "two words", "1st", "a-b", "_a"])
def test_names_are_written_one_way(name):
    assert (
        f'L01 fields: the name "{name}" does not have the form' in complaints(changed("  title: {", f"  {name}: {{"))[0]
    )


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ("type: choice", 'L01 fields.title: a choice needs "of"'),
        ("type: text, of: [a]", 'fields.title.of: "of" does not fit the type text'),
        ("type: date, pattern: a", 'fields.title.pattern: "pattern" does not fit the type date'),
        ("type: text, pattern: '('", 'fields.title.pattern: "(" is no regular expression'),
        ("type: text, pattern: '(?=a)'", "is no regular expression of RE2"),
        (f"type: text, pattern: '{'a' * 501}'", "is no regular expression of RE2"),
        (f"type: text, pattern: '{'(a*)*' * 20_000}'", "is no regular expression of RE2"),
        ('type: text, pattern: "a\\tb\\x07("', "is no regular expression of RE2"),
        ("type: choice, of: [a, a]", "fields.title.of: a choice is listed twice"),
        ("type: integer, min: 1.5", 'fields.title.min: "1.5" is no bound of type integer'),
        ("type: date, max: 2026-02-30", 'fields.title.max: "2026-02-30" is no bound of type date'),
        ("type: person, min: 1", 'fields.title.min: "1" is no bound of type person'),
        ("type: integer, min: 10, max: 9", 'fields.title.max: "max" 9 is below "min" 10'),
        ("type: date, min: 2026-02-01, max: 2026-01-31", '"max" 2026-01-31 is below "min" 2026-02-01'),
    ],
)
def test_the_facts_of_a_field_fit_its_type(facts, complaint):
    found = complaints(changed("{type: text,", f"{{{facts},"))

    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("facts", "literal", "fits"),
    [
        ("type: integer", "12", True),
        ("type: integer", "1.5", False),
        ("type: decimal", "1.5", True),
        ("type: boolean", "true", True),
        ("type: boolean", "yes", False),
        ("type: date", "2026-06-30", True),
        ("type: date", "2026-06-31", False),
        ("type: choice, of: [a, b]", "b", True),
        ("type: choice, of: [a, b]", "c", False),
        ("type: figures", "x", False),
        ("type: text", "anything", True),
        ("type: integer", "input.title", True),
    ],
)
def test_a_literal_that_is_set_is_a_value_of_its_field(facts, literal, fits):
    text = changed("{type: text,", f"{{{facts},").replace(
        "to: done", f"to: done\n    do: [{{set: {{title: {literal}}}}}]"
    )

    compiled = compile_document(read_document(text, "task.yaml"), Names())

    kind = facts.partition(",")[0].removeprefix("type: ")
    wrong = f'task.yaml:15:24 L01 transitions.finish.do[0].set.title: "{literal}" is no value of type {kind}'
    assert [str(finding) for finding in compiled.findings] == ([] if fits else [wrong])
    assert compiled.definition is not None


def test_a_complaint_quotes_a_long_text_in_short():
    long, key = "x" * 100_000, "y" * 900
    text = changed("{type: text,", f"{{type: {long}, {key}: z,").replace("to: done", f"to: done\n    bulk: {long}")

    found = complaints(text)

    assert len(found) == 3
    assert all("…" in complaint and len(complaint) < 300 for complaint in found)


@pytest.mark.parametrize("text", ["a", "[a, b]", "{}", "states: []", "transitions: {a: }", "fields: {a: [b]}"])
def test_any_document_gives_findings_and_no_exception(text):
    assert complaints(text)
