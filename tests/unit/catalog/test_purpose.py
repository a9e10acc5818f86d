"""Rules of purposes: a workflow that says what it is for offers what that needs, and no two say the same."""

import pytest

from tests.offices import DEFINITIONS, shipped
from workflow.catalog import Beside, check_text
from workflow.catalog.compile import Names, compile_document
from workflow.catalog.lint import check
from workflow.catalog.read import read_document
from workflow.engine.definition import Purpose
from workflow.engine.purpose import NEEDS

TEXTS = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (DEFINITIONS / "workflows").glob("*.yaml")
    if "." not in file.stem
}


def found(workflow, *edits):
    """What L39 says of a shipped workflow after some edits: the line it stands in, as written there, and the sentence."""
    text = TEXTS[workflow]
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    lines = text.splitlines()
    compiled = compile_document(read_document(text, f"{workflow}.yaml"), shipped().names)
    return [
        (lines[finding.line - 1].strip().partition(":")[0], finding.message.en.partition(": for the purpose ")[2])
        for finding in check(compiled, shipped().names)
        if finding.code == "L39"
    ]


@pytest.mark.parametrize("workflow", TEXTS)
def test_a_shipped_workflow_offers_what_its_purpose_needs(workflow):
    assert found(workflow) == []


def test_each_purpose_is_that_of_one_shipped_workflow_and_says_what_it_needs():
    purposes = [report.definition.purpose for report in shipped().workflows.values() if report.definition.purpose]

    assert sorted(purposes) == sorted(Purpose)
    assert set(NEEDS) == set(Purpose)


@pytest.mark.parametrize(
    ("workflow", "old", "new", "where", "sentence"),
    [
        (
            "task",
            "optional: [section, obligation, mode, due_on,",
            "optional: [section, due_on,",
            "optional",
            '"task": when an item is created, these must be taken: obligation (text), mode (choice)',
        ),
        (
            "task",
            "require: [title, source, area]",
            "require: [title, source, area, assignee]",
            "require",
            '"task": when an item is created, "assignee" may be missing: it cannot be mandatory',
        ),
        (
            "task",
            "by: [chairman, vice_chairman, consolidator, clerk]",
            "by: [unit_head]",
            "by",
            '"task": directives are taken in by whoever holds an office, so "by" must name one, for instance clerk',
        ),
        (
            "task",
            "section: {type: text",
            "section: {type: decimal",
            "section",
            '"task": the field "section" is of type decimal, here it must be text',
        ),
        (
            "standing",
            "mode, indicator, year, target",
            "mode, year",
            "optional",
            '"standing": when an item is created, these must be taken: indicator (text), target (decimal)',
        ),
        (
            "standing",
            "  fall_short:  ",
            "  fell_short:  ",
            "purpose",
            '"standing": these moves are missing: fall_short',
        ),
        (
            "standing",
            "    require: [period, met]\n    optional: [value]",
            "    require: [period, met, evidence]",
            "require",
            '"standing": at the move "measure", "evidence" may be missing: it cannot be mandatory',
        ),
        (
            "standing",
            "    require: [period]\n    optional: [value]",
            "    require: [period]",
            "fall_short",
            '"standing": at the move "fall_short", these must be taken: value (decimal)',
        ),
        (
            "standing",
            "    to: same\n    by: [system]\n    require: [period, met]",
            "    to: same\n    by: [consolidator]\n    require: [period, met]",
            "by",
            '"standing": the system makes the move "measure", so "by" must name: system',
        ),
        (
            "standing",
            "remedy_due_on: {type: date",
            "remedy_until: {type: date",
            "purpose",
            '"standing": these fields are needed: remedy_due_on (date)',
        ),
        (
            "report",
            "by: [system, consolidator]",
            "by: [consolidator]",
            "by",
            '"report": the system makes the items, so "by" must name: system',
        ),
        (
            "report",
            "optional: [title, due_on, due_roll,",
            "optional: [due_on, due_roll,",
            "optional",
            '"report": when an item is created, these must be taken: title (text)',
        ),
        (
            "report",
            "  received_at: {type: instant",
            "  taken_at: {type: instant",
            "purpose",
            '"report": these fields are needed: received_at (instant)',
        ),
        (
            "report",
            "      quarterly: {vi",
            "      trimester: {vi",
            "of",
            '"report": the field "series" lacks the choices: quarterly',
        ),
        (
            "consolidation",
            "      - spawn: consolidation",
            "      - spawn: report",
            "do",
            '"consolidation": the move "renew" needs the effect "spawn: consolidation", which makes the next version',
        ),
        (
            "consolidation",
            "optional: [on_time_units, late_units, missing_units, waived_units, holes, figures]",
            "optional: [on_time_units, late_units, missing_units, waived_units, figures]",
            "optional",
            '"consolidation": at the move "merge_reports", these must be taken: holes (text)',
        ),
        (
            "consolidation",
            "    by: [consolidator]\n    do: [{clear:",
            "    by: [consolidator]\n    require: [overview]\n    do: [{clear:",
            "require",
            '"consolidation": at the move "collect", "overview" may be missing: it cannot be mandatory',
        ),
        (
            "extension",
            "\nstates:\n",
            "\nepisode: {record: [reason]}\n\nstates:\n",
            "episode",
            '"extension": by "episode" the items would be counted as reports or as work',
        ),
        (
            "escalation",
            "calendar: vn-commune\n",
            "",
            "purpose",
            '"escalation": working days are counted: "calendar" is needed',
        ),
        (
            "escalation",
            "  title: {type: text, private: false,",
            "  title: {type: integer,",
            "title",
            '"escalation": the field "title" is of type integer, here it must be text',
        ),
        (
            "explanation",
            "require: [title, period, explanation]",
            "require: [title, period]",
            "create",
            '"explanation": when an item is created, these must be taken: explanation (text)',
        ),
    ],
)
def test_what_a_purpose_lacks_is_told_where_it_is_to_be_mended(workflow, old, new, where, sentence):
    assert (where, sentence) in found(workflow, (old, new))


def test_a_report_without_series_is_opened_by_nobody():
    series = TEXTS["report"][TEXTS["report"].index("\nseries:\n") : TEXTS["report"].index("\npaper:")]

    told = found("report", (series, ""))

    assert told == [("purpose", '"report": the block "series" is needed, which opens periods')]


def test_what_is_handed_only_where_there_is_such_a_field_may_be_mandatory():
    assert (
        found(
            "report",
            ("optional: [title, due_on, due_roll,", "optional: [title, due_on,"),
            ("require: [series,", "require: [due_roll, series,"),
        )
        == []
    )


def test_an_unknown_purpose_is_an_error_with_the_word_that_was_meant():
    report = check_text(TEXTS["report"].replace("purpose: report", "purpose: reprot"), "report.yaml", Names())

    (finding,) = report.findings
    assert (finding.code, finding.line, finding.column, finding.hint) == ("L01", 7, 10, "report")
    assert not report.ok


def test_a_purpose_is_one_workflows():
    others = {name: made.definition for name, made in shipped().workflows.items()}
    text = TEXTS["finding"].replace("\nlabel: ", "\npurpose: escalation\nlabel: ", 1)

    report = check_text(text, "finding.yaml", shipped().names, Beside(others=others))

    told = {(finding.line, finding.column): finding.message for finding in report.findings if finding.code == "L40"}
    assert [(place, words.en) for place, words in told.items()] == [
        ((7, 10), 'purpose: the workflow "escalation" has this purpose; a purpose is one workflow\'s')
    ]
    assert all("quy trình “escalation”" in words.vi for words in told.values())


def test_a_workflow_without_a_purpose_owes_nothing():
    for workflow, text in TEXTS.items():
        without = "\n".join(line for line in text.splitlines() if not line.startswith("purpose:"))
        compiled = compile_document(read_document(without, f"{workflow}.yaml"), shipped().names)
        assert compiled.definition.purpose is None
        assert [finding for finding in check(compiled, shipped().names) if finding.code in ("L39", "L40")] == []
