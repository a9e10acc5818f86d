"""What stands against a table of figures, and what is wrong with a file that says so."""

from functools import cache
from pathlib import Path

import pytest

from workflow.catalog import load_folder
from workflow.catalog.figure_checks import NOTHING_BEFORE, Before, faults_of, looks_back
from workflow.catalog.figures import figure_of
from workflow.catalog.indicators import read_indicators
from workflow.catalog.read import DocumentInvalid

DEFINITIONS = Path(__file__).parents[3] / "definitions"


@cache
def shipped():
    return load_folder(DEFINITIONS).indicators


def table(**parts):
    """Figures by indicator (`_` for `-`): a number, or numerator and denominator."""
    found = {}
    for name, given in parts.items():
        numerator, denominator = given if isinstance(given, tuple) else (given, None)
        indicator = name.replace("_", "-")
        found[indicator] = figure_of({"indicator": indicator, "numerator": numerator, "denominator": denominator})
    return found


def faults(before=NOTHING_BEFORE, **parts):
    return faults_of(shipped(), table(**parts), before)


GOOD = {"hs_giai_quyet": 412, "hs_dung_han": (405, 412), "hs_truoc_han": (120, 412), "hs_qua_han": 7}


def test_figures_that_agree_with_each_other_are_sound():
    assert faults(**GOOD) == ()


@pytest.mark.parametrize(
    ("changed", "indicator", "words"),
    [
        ({"hs_giai_quyet": 400}, "hs-dung-han", "405, lớn hơn hồ sơ đã trả kết quả trong kỳ là 400"),
        ({"hs_truoc_han": (410, 412)}, "hs-truoc-han", "410, lớn hơn"),
        ({"hs_dung_han": (405, 410)}, "hs-dung-han", "410, khác với"),
        ({"hs_dung_han": (412, 412)}, "hs-dung-han", "100 % trong khi"),
    ],
)
def test_figures_that_contradict_each_other_are_told_with_both_numbers_and_the_way_out(changed, indicator, words):
    found = faults(**GOOD | changed)

    assert indicator in {fault.indicator for fault in found}
    told = " ".join(fault.sentence.vi for fault in found)
    assert words in told
    assert "đề nghị" in told


def test_all_on_time_is_sound_where_nothing_is_overdue():
    assert faults(hs_giai_quyet=412, hs_dung_han=(412, 412), hs_qua_han=0) == ()


def test_a_number_that_is_missing_breaks_no_check():
    assert faults(hs_dung_han=(405, 412)) == ()
    assert faults(hs_giai_quyet=1, hs_dung_han=(None, None)) == ()


def test_where_nothing_arose_nothing_is_full():
    assert faults(hs_giai_quyet=0, hs_dung_han=(0, 0), hs_qua_han=3) == ()


def test_dossiers_are_whole_and_money_may_have_places():
    found = faults(hs_tiep_nhan="12.5", giai_ngan=("1.5", "3.25"))

    assert [fault.indicator for fault in found] == ["hs-tiep-nhan"]
    assert "12,5" in found[0].sentence.vi
    assert "12.5" in found[0].sentence.en


def test_what_is_counted_since_january_does_not_fall():
    before = Before("2026-07", table(giai_ngan=(500, 1000)))

    (fault,) = faults(before, giai_ngan=(450, 1000))

    assert "450, thấp hơn 500 của kỳ 2026-07" in fault.sentence.vi
    assert faults(before, giai_ngan=(500, 1000)) == ()
    assert faults(NOTHING_BEFORE, giai_ngan=(450, 1000)) == ()


def test_earlier_reports_are_looked_up_only_for_figures_that_are_held_against_them():
    assert looks_back(shipped(), table(giai_ngan=(1, 2)))
    assert not looks_back(shipped(), table(**GOOD))


# -- the file -----------------------------------------------------------------------------------------------------------

FILE = """format: 1
version: 1
indicators:
  - {id: a, label: {vi: A, en: A}, unit: {vi: "%", en: "%"}, numerator: {vi: x, en: x}, denominator: {vi: y, en: y},
     direction: up, target_basis: none, owner: hcc, period: month, section: s1}
  - {id: b, label: {vi: B, en: B}, unit: {vi: c, en: c}, numerator: {vi: x, en: x},
     direction: up, target_basis: none, owner: hcc, period: month, section: s1}
checks:
  - {CHECK}
"""
SAYS = 'way_out: {vi: "Sửa", en: "Correct it"}'


def read(check):
    return read_indicators(FILE.replace("CHECK", f"{check}, {SAYS}"), "t.yaml", frozenset({"hcc"}))


@pytest.mark.parametrize(
    ("check", "column", "words"),
    [
        ("of: z, at_most: b", 10, "z"),
        ("of: a, at_most: b.denominator", 22, "mẫu số"),
        ("of: a", 5, "đúng một"),
        ("of: a, at_most: b, equals: b", 5, "đúng một"),
        ("of: a, at_most: a", 22, "chính nó"),
        ("of: b, full_only_without: a", 10, "tỷ lệ"),
        ("of: a, at_mots: b", 13, "at_mots"),
        ("of: a.share, at_most: b", 10, "a.share"),
    ],
)
def test_a_wrong_check_is_told_with_its_place(check, column, words):
    with pytest.raises(DocumentInvalid) as refused:
        read(check)

    first = refused.value.findings[0]
    assert (first.file, first.line) == ("t.yaml", 9)
    assert first.column == column
    assert words in first.message.vi


def test_a_right_check_names_the_numerator_where_it_names_no_part():
    (check,) = read("of: a, at_most: b").checks

    assert (check.of.part, check.rule, check.other.indicator, check.other.part) == (
        "numerator",
        "at_most",
        "b",
        "numerator",
    )
