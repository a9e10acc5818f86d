"""Rules of compiling: what each word of a file comes to mean."""

import hashlib

import pytest

from tests.unit.catalog.test_schema import SMALL
from workflow.catalog.compile import Names, compile_document, who_of
from workflow.catalog.read import read_document
from workflow.engine.definition import (
    Agency,
    Choice,
    Clear,
    Condition,
    Count,
    Create,
    Deadline,
    Duration,
    FieldType,
    Final,
    Gate,
    Group,
    Job,
    Label,
    Migration,
    Moment,
    NeverInvariant,
    Notify,
    PaperForm,
    PathInvariant,
    Series,
    SetField,
    Signal,
    Source,
    Spawn,
    Stamp,
    Step,
    Table,
    Target,
    Timer,
    Value,
    Webhook,
    Who,
    WhoKind,
)
from workflow.values import replace

OFFICER = Who(WhoKind.POST, "officer")
CHAIRMAN = Who(WhoKind.OFFICE, "chairman")
FULL = """\
format: 1
workflow: task
version: 3
code: NV
label: {vi: "Nhiệm vụ", en: "Task"}
calendar: vn-commune
create: {by: [chairman], require: [title], optional: [due_on], children_of: [task]}
fields:
  title: {type: text, private: false, min: 3, max: 200, pattern: "^\\\\S", label: {vi: "Tên", en: "Title"}}
  note: {type: text, hint: {vi: "Ghi rõ", en: "In full"}}
  due_on: {type: date, label: {vi: "Hạn", en: "Due"}}
  owner: {type: person, label: {vi: "Người", en: "Owner"}}
  kind: {type: choice, of: [a, b], label: {vi: "Loại", en: "Kind"}}
  cause: {type: choice, of: {x: {vi: "Ích", en: "X"}}, label: {vi: "Cớ", en: "Cause"}}
  count: {type: integer, system: true, label: {vi: "Số", en: "Count"}}
deadlines:
  main: {base: due_on, optional: true, pause_in: [held], grace_on_return: 2wd}
episode: {record: [note]}
states:
  open: {initial: true, waits_on: owner, label: {vi: "Mở", en: "Open"}}
  late: {waits_on: officer, group: behind, flag: overdue, freeze: [title], label: {vi: "Chậm", en: "Late"}}
  held: {waits_on: nobody_knows, label: {vi: "Treo", en: "Held"}}
  done: {final: done, freeze: all, label: {vi: "Xong", en: "Done"}}
  void: {final: cancelled, label: {en: "Void"}}
  old: {final: superseded}
transitions:
  finish:
    from: [open, late]
    to:
      - {state: late, if: "overdue"}
      - {state: done}
    by: [officer, owner, creator, last(plan), "last( plan )"]
    require: [note]
    optional: [kind]
    when: [{if: "'note' in filled", else: {vi: "Chưa.", en: "Not yet."}}, {if: "overdue"}]
    distinct_from: [plan]
    distinct_unit_from: [plan]
    nobody_left: chairman
    do: [{stamp: due_on}, {count: count}, {set: {unit: input.note, note: item.title, kind: a, title: child.x}},
         {clear: [note, kind]},
         {spawn: task, fields: {title: input.note}}, {signal: parent, move: plan, fields: {note: item.x}}]
    after: [{notify: [chairman]}, {notify: [owner], template: told}, {webhook: city}, {job: print}]
    bulk: true
    reopens: true
    label: {vi: "Xong", en: "Finish"}
  plan:
    from: late
    to: same
    approval:
      proposed_by: [officer]
      steps: [{id: chair, by: [chairman]}, {id: two, by: [owner], need: 2, if: "overdue"}]
      order: parallel
      distinct_from: [proposer]
      distinct_steps: true
      distinct_unit_from: [finish]
      nobody_left: chairman
      on_reject: finish
      dismiss_when_changed: [note]
    label: {vi: "Trình", en: "Plan"}
timers:
  remind: {in: [open], at: "main - 3wd", notify: [owner], then: [chairman], every: 1wd, max: 5}
  due: {in: [open, late], at: main, fire: plan, template: told}
  stuck: {in: [late], at: "entered+12h", notify: [officer]}
series:
  monthly:
    every: month
    window: {from: 15, to: 14}
    due: {before_day: 20, roll: next}
    opens: window_end
    for_each: reporting_unit
    enabled: false
invariants:
  - {path: {from: late, to: done, through: plan}}
  - {never: {by: officer, do: plan}}
migrate: [{from: 2, states: {was: open}, fill: {owner: title}, drop: [gone]}]
"""


def compiled(text):
    made = compile_document(read_document(text, "task.yaml"), Names())
    assert made.findings == ()
    return made.definition


@pytest.fixture(scope="module")
def task():
    return compiled(FULL)


def test_the_head_of_the_file_is_kept(task):
    assert (task.workflow, task.version, task.code, task.calendar) == ("task", 3, "NV", "vn-commune")
    assert task.label == Label("Nhiệm vụ", "Task")
    assert task.fingerprint == hashlib.sha256(FULL.encode()).hexdigest()
    assert task.create == Create((CHAIRMAN,), ("title",), ("due_on",), ("task",))
    assert task.episode_record == ("note",)


def test_text_is_private_unless_the_file_says_otherwise(task):
    private = {name for name, field in task.fields.items() if field.private}

    assert private == {"note"}


def test_fields_keep_their_facts(task):
    title = task.fields["title"]

    assert (title.minimum, title.maximum, title.pattern) == ("3", "200", "^\\S")
    assert task.fields["note"].hint == Label("Ghi rõ", "In full")
    assert task.fields["due_on"].type is FieldType.DATE
    assert [name for name, field in task.fields.items() if field.system] == ["count"]


def test_choices_have_labels_of_their_own_or_their_name(task):
    assert task.fields["kind"].choices == (Choice("a", Label("a", "a")), Choice("b", Label("b", "b")))
    assert task.fields["cause"].choices == (Choice("x", Label("Ích", "X")),)


def test_a_label_left_out_is_empty_in_that_language(task):
    assert task.states["void"].label == Label("", "Void")
    assert task.states["old"].label == Label("", "")


def test_the_group_follows_from_the_file_else_from_the_final_kind(task):
    groups = {name: state.group for name, state in task.states.items()}

    assert groups == {
        "open": Group.DOING,
        "late": Group.BEHIND,
        "held": Group.DOING,
        "done": Group.DONE,
        "void": Group.CANCELLED,
        "old": Group.CANCELLED,
    }
    assert task.states["done"].final is Final.DONE
    assert [name for name, state in task.states.items() if state.overdue] == ["late"]
    assert task.initial.name == "open"


def test_freeze_all_means_every_declared_field(task):
    assert task.states["done"].freeze == frozenset(task.fields)
    assert task.states["late"].freeze == {"title"}
    assert task.states["open"].freeze == frozenset()


@pytest.mark.parametrize(
    ("word", "kind", "name"),
    [
        ("vice_chairman", WhoKind.OFFICE, "vice_chairman"),
        ("unit_head", WhoKind.POST, "unit_head"),
        ("creator", WhoKind.CREATOR, "creator"),
        ("last(finish)", WhoKind.LAST, "finish"),
        ("assignee", WhoKind.FIELD, "assignee"),
        ("unit_haed", WhoKind.FIELD, "unit_haed"),
        ("last(", WhoKind.FIELD, "last("),
    ],
)
def test_a_word_of_by_is_an_office_a_post_a_relation_or_taken_for_a_field(word, kind, name):
    assert who_of(word) == Who(kind, name)


def test_waits_on_is_such_a_word_too(task):
    assert task.states["late"].waits_on == OFFICER
    assert task.states["held"].waits_on == Who(WhoKind.FIELD, "nobody_knows")
    assert task.states["done"].waits_on is None


def test_a_move_keeps_what_the_file_says(task):
    move = task.transitions["finish"]

    assert move.sources == ("open", "late")
    assert move.targets == (Target("late", Condition("overdue")), Target("done"))
    assert move.by == (
        OFFICER,
        Who(WhoKind.FIELD, "owner"),
        Who(WhoKind.CREATOR, "creator"),
        Who(WhoKind.LAST, "plan"),
        Who(WhoKind.LAST, "plan"),
    )
    assert (move.require, move.optional) == (("note",), ("kind",))
    assert move.when == (Condition("'note' in filled", Label("Chưa.", "Not yet.")), Condition("overdue"))
    assert (move.distinct_from, move.distinct_unit_from, move.nobody_left) == (("plan",), ("plan",), CHAIRMAN)
    assert (move.bulk, move.reopens, move.gate) == (True, True, None)


def test_effects_are_told_apart_and_set_makes_one_for_each_field(task):
    assert task.transitions["finish"].effects == (
        Stamp("due_on"),
        Count("count"),
        SetField("unit", Value(Source.INPUT, "note")),
        SetField("note", Value(Source.ITEM, "title")),
        SetField("kind", Value(Source.LITERAL, "a")),
        SetField("title", Value(Source.CHILD, "x")),
        Clear(("note", "kind")),
        Spawn("task", (("title", Value(Source.INPUT, "note")),)),
        Signal("parent", "plan", (("note", Value(Source.ITEM, "x")),)),
    )


def test_a_notice_without_a_template_bears_the_name_of_its_move_or_timer(task):
    assert task.transitions["finish"].after == (
        Notify((CHAIRMAN,), "finish"),
        Notify((Who(WhoKind.FIELD, "owner"),), "told"),
        Webhook("city"),
        Job("print"),
    )
    assert {name: timer.template for name, timer in task.timers.items()} == {
        "remind": "remind",
        "due": "told",
        "stuck": "stuck",
    }


def test_a_gate_keeps_its_steps_and_rules(task):
    move = task.transitions["plan"]

    assert move.targets == (Target("same"),)
    assert move.starters == (OFFICER,)
    assert move.gate == Gate(
        proposed_by=(OFFICER,),
        steps=(Step("chair", (CHAIRMAN,)), Step("two", (Who(WhoKind.FIELD, "owner"),), 2, Condition("overdue"))),
        ordered=False,
        distinct_from=("proposer",),
        distinct_steps=True,
        distinct_unit_from=("finish",),
        nobody_left=CHAIRMAN,
        on_reject="finish",
        dismiss_when_changed=("note",),
    )


def test_a_gate_is_ordered_and_stays_on_reject_unless_the_file_says_otherwise():
    text = SMALL.replace("    by: [officer]\n", "    by: [officer]\n    approval: {steps: [{id: a, by: [chairman]}]}\n")

    gate = compiled(text).transitions["finish"].gate

    assert (gate.ordered, gate.on_reject, gate.proposed_by) == (True, "stay", (OFFICER,))


def test_moments_and_spans_are_read(task):
    assert task.timers["remind"] == Timer(
        name="remind",
        states=("open",),
        at=Moment("main", Duration(-3, "wd")),
        notify=(Who(WhoKind.FIELD, "owner"),),
        then=(CHAIRMAN,),
        every=Duration(1, "wd"),
        maximum=5,
        template="remind",
    )
    assert (task.timers["due"].at, task.timers["due"].fire) == (Moment("main"), "plan")
    assert task.timers["stuck"].at == Moment("entered", Duration(12, "h"))
    assert task.deadlines["main"] == Deadline("main", "due_on", True, ("held",), Duration(2, "wd"))


def test_series_invariants_and_migrations_are_read(task):
    assert task.series["monthly"] == Series(
        "monthly", "month", 15, 14, 20, None, "next", "window_end", "reporting_unit", enabled=False
    )
    assert task.invariants == (PathInvariant("late", "done", "plan"), NeverInvariant(OFFICER, "plan"))
    assert task.migrations == (Migration(2, (("was", "open"),), (("owner", "title"),), ("gone",)),)


def test_a_paper_is_read_with_its_sections_and_lines_in_order():
    head = "signed_by: plan, kind: Tờ trình, symbol: TTr, subject: a, sections: {note: N, title: T}, recipients: [b, c]"

    bare, full = (
        compiled(f"{FULL}paper: {{{head}{more}}}\n").paper
        for more in ("", ", agency: commune, addressee: d, opening: e, annexes: [tasks], number: f, dated: g")
    )

    sections = (("note", "N"), ("title", "T"))
    assert bare == PaperForm("plan", Agency.UNIT, "Tờ trình", "TTr", "a", "", "", sections, ("b", "c"))
    assert full == replace(
        bare, agency=Agency.COMMUNE, addressee="d", opening="e", annexes=(Table.TASKS,), number="f", dated="g"
    )


def test_what_a_small_file_leaves_out_has_quiet_defaults():
    small = compiled(SMALL)

    assert (small.code, small.calendar, small.episode_record) == ("", None, ())
    assert (dict(small.deadlines), dict(small.timers), dict(small.series)) == ({}, {}, {})
    assert small.transitions["finish"].effects == ()
