"""The commune's data: what the dispatch asks for, who answers, which figures are reported, which days are worked."""

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from workflow.catalog import Library, load_folder

DEFINITIONS = Path(__file__).parents[2] / "definitions"
UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
RULES = {"remediation_plan", "accountability_sheet", "report_checks", "report_route", "escalation"}


@cache
def library() -> Library:
    return load_folder(DEFINITIONS)


def test_the_dispatch_gives_45_obligations_that_make_89_instances():
    obligations = library().obligations.obligations

    kinds = Counter(obligation.kind for obligation in obligations)

    assert kinds == {"task": 8, "standing": 28, "report": 4, "rule": 5}
    assert sum(len(obligation.units) for obligation in obligations) == 89


def test_only_sample_dates_are_given_to_tasks_because_the_dispatch_sets_none():
    tasks = [obligation for obligation in library().obligations.obligations if obligation.kind == "task"]

    bases = {obligation.basis for obligation in tasks if obligation.due_on}

    assert bases == {"sample"}
    assert all(obligation.due_on for obligation in tasks)


def test_every_obligation_is_served_by_something_that_this_product_has():
    series = library().workflows["report"].definition.series
    served = {f"report/{name}" for name in series} | {f"rule/{name}" for name in RULES}

    found = {obligation.served_by for obligation in library().obligations.obligations}

    assert found - served == {"task", "standing", "consolidation"}


def test_no_two_obligations_bear_the_same_title():
    titles = [obligation.title for obligation in library().obligations.obligations]

    repeated = [title for title, count in Counter(titles).items() if count > 1]

    assert repeated == []


def test_there_are_32_figures_and_every_reporting_unit_owns_some():
    indicators = library().indicators.indicators

    owners = {indicator.owner for indicator in indicators}

    assert len(indicators) == 32
    assert owners == set(UNITS)


def test_a_share_has_a_denominator_and_a_count_has_none():
    indicators = library().indicators.indicators

    shares = {indicator.id for indicator in indicators if indicator.unit.vi == "%" and indicator.id != "sipas"}

    assert shares == {indicator.id for indicator in indicators if indicator.denominator is not None}


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_has_a_head_a_deputy_who_is_also_an_officer_and_an_officer(unit):
    posts = {post.login: post for post in library().organisation.posts}

    roles = [set(posts[f"{login}.{unit}"].roles) for login in ("head", "deputy", "officer")]

    assert [part - {"office_chief"} for part in roles] == [{"unit_head"}, {"unit_deputy", "officer"}, {"officer"}]


def test_the_areas_of_a_task_are_those_of_the_organisation():
    areas = [(area.id, area.label) for area in library().organisation.areas]

    for workflow in ("task", "standing", "extension", "escalation", "finding"):
        choices = library().workflows[workflow].definition.fields["area"].choices

        assert [(choice.name, choice.label) for choice in choices] == areas


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-01-02", False),  # swapped
        ("2026-01-10", True),  # for this Saturday
        ("2026-02-20", False),
        ("2026-04-27", False),  # compensates a Sunday
        ("2026-08-22", True),
        ("2026-08-31", False),
        ("2026-07-19", False),
        ("2027-05-03", False),
    ],
)
def test_the_calendar_knows_the_days_that_the_weekday_does_not_tell(day, working):
    calendar = library().calendars["vn-commune"]

    answer = calendar.is_working(date.fromisoformat(day))

    assert answer is working


def test_between_the_cut_off_and_the_deadline_of_february_2026_there_is_no_working_day():
    calendar = library().calendars["vn-commune"]

    between = calendar.between(date(2026, 2, 14), date(2026, 2, 19))

    assert between == 0


def test_what_runs_on_by_itself_is_never_summed_over_months():
    latest = {one.id for one in library().indicators.indicators if one.merge == "latest"}

    assert latest >= {"giai-ngan", "ton-tai-khac-phuc", "nv-cham-tien-do", "don-vi-iso", "par-index"}
    assert "hs-dung-han" not in latest


def test_only_money_and_scores_have_places():
    assert {one.id for one in library().indicators.indicators if one.numbers == "decimal"} == {
        "giai-ngan",
        "sipas",
        "par-index",
    }
