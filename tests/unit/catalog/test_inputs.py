"""Rules of inputs: what people and programs write becomes exactly what the engine stores, or a refusal with a code."""

from datetime import date

import pytest

from workflow.catalog.compile import Names, compile_document
from workflow.catalog.inputs import InputContext, load_inputs
from workflow.catalog.read import read_document

TODAY = date(2026, 6, 10)
FILE, OTHER = "a" * 64, "b" * 64
FIELDS = """\
format: 1
workflow: task
version: 1
label: {vi: "Nhiệm vụ", en: "Task"}
create: {by: [chairman]}
states: {open: {initial: true}}
transitions: {}
fields:
  note: {type: text}
  short: {type: text, min: 2, max: 5}
  number: {type: text, pattern: "^[0-9]+/UBND$"}
  period: {type: text, pattern: "^[0-9]{4}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$"}
  progress: {type: integer, min: 0, max: 100}
  amount: {type: decimal, min: -5, max: 2000000.5}
  due_on: {type: date, min: 2026-01-01, max: 2026-12-31}
  born_on: {type: date}
  seen_at: {type: instant}
  agreed: {type: boolean}
  cause: {type: choice, of: [subjective, objective]}
  owner: {type: person}
  to_unit: {type: unit}
  support: {type: units, max: 2}
  evidence: {type: attachments, max: 2}
  figures: {type: figures}
"""


@pytest.fixture(scope="module")
def definition():
    return compile_document(read_document(FIELDS, "task.yaml"), Names()).definition


@pytest.fixture(scope="module")
def context():
    return InputContext(TODAY, {"an": "p-1"}.get, {"kt", "vhxh", "vp"}.__contains__)


@pytest.fixture(scope="module")
def load(definition, context):
    names = (*definition.fields, "comment", "unit")
    return lambda **raw: load_inputs(definition, names, raw, context)


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("note", "  Đã xong.\r\nCòn một việc\t nhỏ ", "Đã xong.\nCòn một việc  nhỏ"),
        ("note", "u\u0309y ban", "ủy ban"),
        ("short", "ủủủủủ", "ủủủủủ"),
        ("short", "u\u0309" * 5, "ủ" * 5),
        ("number", "12/UBND", "12/UBND"),
        ("period", "2026-10", "2026-10"),
        ("period", "tháng 10 năm 2026", "2026-10"),
        ("period", "quý 4/2026", "2026-Q4"),
        ("progress", "50", 50),
        ("progress", 50, 50),
        ("progress", 50.0, 50),
        ("progress", "0", 0),
        ("amount", "1.234,5", "1234.5"),
        ("amount", "1.234.567,50", "1234567.5"),
        ("amount", "1.234.567", "1234567"),
        ("amount", "92,5", "92.5"),
        ("amount", "92.5", "92.5"),
        ("amount", "0.125", "0.125"),
        ("amount", "1234.500", "1234.5"),
        ("amount", "1,234", "1.234"),
        ("amount", 1.234, "1.234"),
        ("amount", 1e-5, "0.00001"),
        ("amount", "-0", "0"),
        ("amount", 100, "100"),
        ("due_on", "2026-07-01", "2026-07-01"),
        ("due_on", "1/7", "2026-07-01"),
        ("due_on", "01/07/26", "2026-07-01"),
        ("due_on", "1-7-2026", "2026-07-01"),
        ("due_on", "1.7.2026", "2026-07-01"),
        ("due_on", " Hôm nay ", "2026-06-10"),
        ("due_on", "hôm nay".replace("ô", "o\u0302"), "2026-06-10"),
        ("due_on", "today", "2026-06-10"),
        ("born_on", "29/02/2024", "2024-02-29"),
        ("seen_at", "2026-06-10T08:00", "2026-06-10T01:00:00.000000Z"),
        ("seen_at", "2026-06-10T08:00:00+09:00", "2026-06-09T23:00:00.000000Z"),
        ("seen_at", "2026-06-10T01:00:00Z", "2026-06-10T01:00:00.000000Z"),
        ("agreed", True, True),
        ("agreed", "on", True),
        ("agreed", "Có", True),
        ("agreed", "false", False),
        ("agreed", False, False),
        ("agreed", "không", False),
        ("cause", "objective", "objective"),
        ("owner", "an", "p-1"),
        ("to_unit", "kt", "kt"),
        ("unit", "vhxh", "vhxh"),
        ("support", "kt", "kt"),
        ("support", ["kt", "vhxh", "kt"], "kt, vhxh"),
        ("support", " kt vhxh,kt", "kt, vhxh"),
        ("comment", " Đồng ý. ", "Đồng ý."),
        ("evidence", FILE, (FILE,)),
        ("evidence", [FILE, OTHER, FILE], (FILE, OTHER)),
        ("figures", [{"indicator": "a", "numerator": 9, "ratio": 92.5, "source": "x"}],
         ({"indicator": "a", "numerator": 9, "ratio": "92.5", "source": "x"},)),
        ("figures", {"a": {"numerator": 9, "note": ""}}, ({"indicator": "a", "numerator": 9},)),
        ("figures", {"numerator": 9}, ({"numerator": 9},)),
        ("figures", {"a": {"numerator": "986", "denominator": "1000,0"}},
         ({"indicator": "a", "numerator": 986, "denominator": 1000},)),
        ("figures", {"a": {"numerator": "0", "denominator": "0"}},
         ({"indicator": "a", "numerator": 0, "denominator": 0},)),
        ("figures", {"a": {"numerator": "12,50"}}, ({"indicator": "a", "numerator": "12.5"},)),
        ("figures", {"a": {"numerator": 1, "extracted_at": "9/6/2026", "evidence": FILE}},
         ({"indicator": "a", "numerator": 1, "extracted_at": "2026-06-09", "evidence": [FILE]},)),
        ("figures", {"a": {"numerator": 1, "extracted_at": "09/06/2026 16:30"}},
         ({"indicator": "a", "numerator": 1, "extracted_at": "2026-06-09T09:30:00.000000Z"},)),
        ("figures", {"a": {"numerator": 1, "extracted_at": "2026-06-09T09:30:00.000000Z"}},
         ({"indicator": "a", "numerator": 1, "extracted_at": "2026-06-09T09:30:00.000000Z"},)),
    ],
)  # fmt: skip
def test_a_value_is_stored_in_its_one_form(load, name, given, stored):
    loaded = load(**{name: given})

    assert loaded.errors == ()
    assert loaded.values == {name: stored}
    assert type(loaded.values[name]) is type(stored)


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("note", 5, "not_text"),
        ("note", ["a"], "not_text"),
        ("note", "a\x00b", "control_character"),
        ("note", "a\x1b[2Jb", "control_character"),
        ("note", "a\x85b", "control_character"),
        ("note", "a\u202eb", "control_character"),
        ("note", "a\ud800b", "control_character"),
        ("note", "x" * 10_001, "too_long"),
        ("short", "x", "too_short"),
        ("short", "xxxxxx", "too_long"),
        ("period", "13/2026", "pattern"),
        ("number", "12/UBNDX", "pattern"),
        ("progress", "101", "above_maximum"),
        ("progress", "-1", "below_minimum"),
        ("progress", "5,5", "not_a_whole_number"),
        ("progress", 5.5, "not_a_whole_number"),
        ("progress", "năm", "not_a_number"),
        ("progress", True, "not_a_number"),
        ("progress", "٣", "not_a_number"),
        ("progress", "1e1", "not_a_number"),
        ("progress", "9" * 5000, "number_too_long"),
        pytest.param("progress", 10**5000, "number_too_long", id="vast-number"),
        pytest.param("note", 10**5000, "not_text", id="vast-no-text"),
        pytest.param("owner", "\ud800", "control_character", id="half-a-character"),
        ("amount", "1.234", "ambiguous_number"),
        ("amount", "-1.234", "ambiguous_number"),
        ("amount", "1,234,567", "not_a_number"),
        ("amount", "1.2345.678", "not_a_number"),
        ("amount", "12.34,5", "not_a_number"),
        ("amount", float("nan"), "not_a_number"),
        ("amount", float("inf"), "not_a_number"),
        ("amount", 1e300, "number_too_long"),
        ("amount", "0,1234567", "number_too_long"),
        ("amount", "-5,01", "below_minimum"),
        ("amount", "2000000,51", "above_maximum"),
        ("due_on", "2025-12-31", "below_minimum"),
        ("due_on", "1/1/2027", "above_maximum"),
        ("born_on", "30/02/2026", "not_a_date"),
        ("born_on", "2026-13-01", "not_a_date"),
        ("born_on", "1/7-2026", "not_a_date"),
        ("born_on", "mai", "not_a_date"),
        ("born_on", "0001-01-01", "not_a_date"),
        ("born_on", "9999-12-31", "not_a_date"),
        ("born_on", 20260701, "not_a_date"),
        ("seen_at", "2026-06-10", "not_an_instant"),
        ("seen_at", "0001-01-01T00:00:00+14:00", "not_an_instant"),
        ("seen_at", 5, "not_an_instant"),
        ("agreed", "maybe", "not_a_boolean"),
        ("agreed", 2, "not_a_boolean"),
        ("cause", "objectiv", "not_a_choice"),
        ("cause", ["objective"], "not_a_choice"),
        ("owner", "nobody", "no_such_person"),
        ("owner", "p-1", "no_such_person"),
        ("to_unit", "xx", "no_such_unit"),
        ("unit", "xx", "no_such_unit"),
        ("support", "kt, xx", "no_such_unit"),
        ("support", ["kt", "xx"], "no_such_unit"),
        ("support", "Phòng Kinh tế", "no_such_unit"),
        ("support", {"kt": "vhxh"}, "not_text"),
        ("support", [["kt"]], "not_text"),
        ("support", ["kt", "vhxh", "vp"], "too_many"),
        ("evidence", "A" * 64, "not_an_attachment"),
        ("evidence", "../etc/passwd", "not_an_attachment"),
        ("evidence", [FILE, 5], "not_an_attachment"),
        ("evidence", {"a": FILE}, "not_an_attachment"),
        ("evidence", [FILE, OTHER, "c" * 64], "too_many"),
        ("evidence", [f"{n:064x}" for n in range(51)], "too_many"),
        ("figures", "many", "not_figures"),
        ("figures", [5], "not_figures"),
        ("figures", [{f"k{n}": 1 for n in range(31)}], "not_figures"),
        ("figures", [{"a": {"b": 1}}], "not_text"),
        ("figures", [{"a": 1}] * 201, "too_many"),
        ("figures", {"a": {"numerator": "nhiều"}}, "not_a_number"),
        ("figures", {"a": {"numerator": "1.234"}}, "ambiguous_number"),
        ("figures", {"a": {"numerator": "-1"}}, "below_minimum"),
        ("figures", {"a": {"numerator": "1001", "denominator": "1000"}}, "part_above_whole"),
        ("figures", {"a": {"numerator": 1, "extracted_at": "31/12/2026"}}, "instant_ahead"),
        ("figures", {"a": {"numerator": 1, "extracted_at": "31/12/2026 08:00"}}, "instant_ahead"),
        ("figures", {"a": {"numerator": 1, "extracted_at": "hôm kia"}}, "not_a_date"),
        ("figures", {"a": {"numerator": 1, "evidence": ["x"]}}, "not_an_attachment"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_stable_code(load, name, given, code):
    loaded = load(**{name: given})

    assert [(error.field, error.code) for error in loaded.errors] == [(name, code)]
    assert loaded.values == {}
    assert all(isinstance(value, str) and len(value) < 100 for value in loaded.errors[0].params.values())


def test_an_ambiguous_number_names_both_readings(load):
    (error,) = load(amount="1.234").errors

    assert error.params == {"value": "1.234", "grouped": "1234", "decimal": "1,234"}


def test_a_wrong_choice_names_the_nearest_and_all(load):
    (error,) = load(cause="objectiv").errors

    assert error.params == {"value": "objectiv", "nearest": "objective", "known": "subjective, objective"}


@pytest.mark.parametrize("nothing", ["", "   ", "\n", None, [], (), {}])
def test_an_empty_value_counts_as_not_given(load, nothing):
    loaded = load(note=nothing, progress=nothing, evidence=nothing, cause=nothing)

    assert (loaded.values, loaded.errors) == ({}, ())


def test_what_is_missing_is_no_error_of_the_inputs(load):
    assert load() == load(note="")


def test_an_unknown_name_is_refused_with_the_nearest_known_one(load):
    loaded = load(not_e="x", note="y")

    assert [(error.field, error.code, dict(error.params)) for error in loaded.errors] == [
        ("not_e", "unknown_field", {"nearest": "note"})
    ]


def test_a_declared_field_that_the_move_does_not_ask_for_is_unknown_too(definition, context):
    loaded = load_inputs(definition, ("note",), {"progress": "5", "comment": "x"}, context)

    assert [(error.field, error.code) for error in loaded.errors] == [
        ("progress", "unknown_field"),
        ("comment", "unknown_field"),
    ]


def test_all_faults_are_told_at_once_and_the_good_values_kept(load):
    loaded = load(note="Tốt", progress="x", due_on="y", strange="z")

    assert {error.code for error in loaded.errors} == {"not_a_number", "not_a_date", "unknown_field"}
    assert loaded.values == {"note": "Tốt"}


def test_a_hostile_text_cannot_hold_up_a_pattern(load):
    loaded = load(number="1" * 9_999)

    assert [error.code for error in loaded.errors] == ["pattern"]


def test_two_editions_of_a_workflow_are_read_by_their_own_fields(definition, context):
    text = FIELDS.replace("progress: {type: integer, min: 0, max: 100}", "progress: {type: text}")
    newer = compile_document(read_document(text, "task.yaml"), Names()).definition

    old = load_inputs(definition, ("progress",), {"progress": "50"}, context)
    new = load_inputs(newer, ("progress",), {"progress": "50"}, context)

    assert (old.values["progress"], new.values["progress"]) == (50, "50")


def test_whoever_is_refused_a_figure_learns_which_indicator_it_was(load):
    rows = {"a": {"numerator": "1"}, "b": {"numerator": "x", "denominator": "10"}}

    (error,) = load(figures=rows).errors

    assert (error.params["indicator"], error.params["part"], error.params["value"]) == ("b", "numerator", "x")


def test_every_figure_that_cannot_be_read_is_told_at_once(load):
    rows = [
        {"indicator": "a", "numerator": "x"},
        {"indicator": "b", "numerator": 1},
        {"indicator": "c", "numerator": "-2"},
    ]

    errors = load(figures=rows).errors

    assert [(error.code, error.params["indicator"]) for error in errors] == [
        ("not_a_number", "a"),
        ("below_minimum", "c"),
    ]
