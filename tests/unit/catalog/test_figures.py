"""What a figure says, and how figures of several periods become one."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.catalog.figures import Figure, Told, figure_of, merged, outcome
from workflow.catalog.indicators import Indicator
from workflow.engine.definition import Label

WORDS = Label("từ", "word")
SHARE = Indicator("s", WORDS, WORDS, WORDS, "up", "none", "hcc", "month", "s1", denominator=WORDS)
COUNT = Indicator("c", WORDS, WORDS, WORDS, "none", "none", "hcc", "month", "s1")
STOCK = Indicator("k", WORDS, WORDS, WORDS, "up", "none", "kt", "month", "s1", denominator=WORDS, merge="latest")


def share(numerator=None, denominator=None, **more):
    return figure_of({"indicator": "s", "numerator": numerator, "denominator": denominator, **more})


def test_a_share_is_its_numerator_of_a_hundred_of_its_denominator():
    found = outcome(SHARE, share(389, 400))

    assert (found.told, found.value, found.is_share) == (Told.NUMBER, Decimal("97.25"), True)


def test_a_denominator_of_zero_says_that_nothing_arose():
    assert outcome(SHARE, share(0, 0)).told is Told.NONE_AROSE
    assert outcome(SHARE, share(None, 0)).told is Told.NONE_AROSE


@pytest.mark.parametrize("parts", [(), (5,), (None, 5), ("", "")])
def test_what_nobody_has_said_yet_is_missing_and_not_zero(parts):
    assert outcome(SHARE, share(*parts)).told is Told.MISSING


def test_a_count_of_zero_is_a_number():
    assert outcome(COUNT, figure_of({"indicator": "c", "numerator": 0})).value == 0


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(1, 3, "33.33"), (2, 3, "66.67"), (99_999, 100_000, "99.99"), (100, 100, "100"), (0, 7, "0"), (1, 2, "50")],
)
def test_a_share_is_shown_with_two_places_and_never_rounded_up_to_all(numerator, denominator, shown):
    rounded = outcome(SHARE, share(numerator, denominator)).rounded

    assert f"{rounded:f}" == shown


def test_a_stored_row_carries_where_its_figure_comes_from():
    row = {"indicator": "s", "numerator": "12.5", "source": "Cổng", "extracted_at": "2026-07-14", "evidence": ["ab"]}

    assert figure_of(row) == Figure("s", Decimal("12.5"), None, "Cổng", "2026-07-14", ("ab",))


def test_shares_are_merged_from_their_parts_and_never_averaged():
    year = merged(SHARE, {"07": share(1, 1), "08": share(0, 99)})

    assert outcome(SHARE, year).value == 1
    assert (year.numerator, year.denominator) == (1, 100)


def test_the_order_of_the_parts_changes_no_sum():
    parts = {"07": share(1, 3), "08": None, "09": share(0, 0)}

    sums = {
        (merged(SHARE, dict(order)).numerator, merged(SHARE, dict(order)).denominator)
        for order in permutations(parts.items())
    }

    assert sums == {(1, 3)}


def test_a_period_without_a_figure_is_named_as_a_hole_and_not_counted_as_zero():
    quarter = merged(SHARE, {"07": share(9, 10), "08": None, "09": share(4)})

    assert quarter.holes == ("08", "09")
    assert outcome(SHARE, quarter).value == 90


def test_where_nothing_arose_there_is_no_hole():
    assert merged(SHARE, {"07": share(0, 0), "08": share(1, 2)}).holes == ()


def test_nothing_but_holes_stays_missing():
    year = merged(COUNT, {"07": None, "08": None})

    assert outcome(COUNT, year).told is Told.MISSING
    assert year.holes == ("07", "08")


def test_what_runs_on_by_itself_takes_the_newest_figure():
    year = merged(STOCK, {"07": share(10, 100), "08": share(25, 100), "09": None})

    assert (year.numerator, year.denominator) == (25, 100)
    assert year.holes == ("09",), "what came before the newest is in it already"
    assert year.indicator == "k"


def test_evidence_and_sources_of_all_parts_stay_with_the_sum():
    year = merged(
        SHARE, {"07": share(1, 2, source="Cổng", evidence=["a"]), "08": share(1, 2, source="Sổ", evidence=["b", "a"])}
    )

    assert (year.source, year.evidence) == ("Cổng; Sổ", ("a", "b"))


# -- of any figures -----------------------------------------------------------------------------------------------------

PARTS = st.one_of(
    st.none(),
    st.integers(0, 10**12).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))),
)


@given(st.lists(PARTS, min_size=1, max_size=12))
def test_a_year_of_shares_is_the_share_of_the_sums_whatever_the_months_say(months):
    table = {f"{n:02d}": share(*parts) if parts else None for n, parts in enumerate(months, 1)}
    there = [parts for parts in months if parts]

    year = merged(SHARE, table)

    assert len(year.holes) == months.count(None)
    if there:
        assert (year.numerator, year.denominator) == (sum(one[0] for one in there), sum(one[1] for one in there))
        assert year.numerator <= year.denominator


@given(st.lists(PARTS, min_size=2, max_size=12), st.integers(1, 11))
def test_quarters_make_the_same_year_as_their_months(months, cut):
    table = {f"{n:02d}": share(*parts) if parts else None for n, parts in enumerate(months, 1)}
    names = list(table)
    halves = [{name: table[name] for name in some} for some in (names[:cut], names[cut:]) if some]

    year = merged(SHARE, {str(n): merged(SHARE, half) for n, half in enumerate(halves)})

    whole = merged(SHARE, table)
    assert (year.numerator, year.denominator) == (whole.numerator, whole.denominator)


@given(st.integers(1, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_only_all_is_shown_as_all(parts):
    rounded = outcome(SHARE, share(*parts)).rounded

    assert (rounded == 100) == (parts[0] == parts[1])
    assert 0 <= rounded <= 100
