"""Rules of random walks: the same seed walks the same way, by the rules only, and what never comes about is told."""

import pytest

from tests.offices import shipped
from tests.unit.catalog.test_lint import BASE, NAMES, changed
from workflow.catalog import check_text
from workflow.catalog.simulate import cast_of, simulate

CAST = cast_of(shipped().organisation)
CALENDAR = shipped().calendars["vn-commune"]


def walks(text=BASE, runs=60, seed=7):
    definition = check_text(text, "errand.yaml", NAMES).definition
    return simulate(definition, CAST, CALENDAR, runs=runs, seed=seed)


def test_the_same_seed_walks_the_same_way_and_another_otherwise():
    assert walks().to_plain() == walks().to_plain()
    assert walks().to_plain() != walks(seed=8).to_plain()


def test_a_sound_workflow_reaches_every_state_by_every_move():
    found = walks(runs=150)

    assert found.unreached == ()
    assert dict(found.dead) == {}
    assert found.not_created == 0
    assert found.stays["late"].mean_days > 0
    assert found.stays["open"].longest_days >= found.stays["open"].mean_days
    assert sum(found.ended.values()) + found.unfinished == 150
    assert set(found.rung) == {"remind", "due", "broken", "nag"}
    assert found.rung["due"] + found.rung["broken"] == found.made["lapse"]


def test_a_timer_that_never_falls_due_is_told():
    found = walks(changed(('at: "main - 1wd", notify', 'at: "entered + 900d", notify')))

    assert found.silent == ("remind",)


def test_a_move_whose_condition_never_holds_is_dead_with_its_refusal():
    found = walks(changed(("plan_on > today", "plan_on > today && plan_on < today")))

    assert set(found.dead) == {"plan"}
    assert "condition_failed" in found.dead["plan"]
    assert found.unreached == ("planned",)


def test_a_workflow_that_nobody_here_may_begin_is_told():
    found = walks(changed(("create: {by: [chairman, clerk]", "create: {by: [system]")), runs=5)
    nobody = simulate(
        check_text(BASE, "errand.yaml", NAMES).definition,
        type(CAST)({"x": CAST.people["auditor"]}),
        CALENDAR,
        runs=5,
        seed=1,
    )

    assert found.not_created < 5
    assert nobody.not_created == 5


@pytest.mark.parametrize("name", ["task", "report", "standing"])
def test_the_shipped_workflows_have_no_dead_move(name):
    found = simulate(shipped().workflows[name].definition, CAST, CALENDAR, runs=120, seed=1)

    # A move that comes about once in hundreds of walks is not dead: four people in a row must agree to it. What a job of another
    # workflow asks for, no walk of one alone meets.
    assert set(found.dead) <= {"correct", "waive_plan", "measure", "fall_short"}
    assert set(found.unreached) <= {"superseded"}
