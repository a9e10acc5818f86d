"""The machine agrees with the plain table, and conditions are typed."""

import pytest

from tests.builders import TASK, field, named
from workflow.engine.conditions import ConditionInvalid, Environment, reads
from workflow.engine.definition import SAME
from workflow.engine.machine import rules_of


class Yes:
    def permits(self):
        return True

    def chooses(self, target):
        return target.condition is None


class No(Yes):
    def permits(self):
        return False


def test_machine_and_table_agree_on_every_state_and_move():
    rules = rules_of(TASK)
    for state in TASK.states:
        for transition in TASK.transitions.values():
            default = transition.targets[-1].state
            expected = (state if default == SAME else default) if state in transition.sources else None
            assert rules.run(transition, state, Yes()) == expected
            assert rules.run(transition, state, No()) is None


ENVIRONMENT = Environment(named(field("due_on", "date"), field("amount", "decimal"), field("progress", "integer")))


@pytest.mark.parametrize(
    ("expression", "column", "part"),
    [
        ("due_on < 3", 8, "no matching overload"),
        ("due_onn > today", 1, "undeclared reference"),
        ("item.open_child == 0", 5, "undeclared reference"),
        ("progress", 1, "not a boolean"),
        ("amount > 1000000", 8, "write 1000000.0"),
        ("progress >", 11, "Syntax error"),
    ],
)
def test_a_condition_is_checked_against_the_declared_types(expression, column, part):
    with pytest.raises(ConditionInvalid) as fault:
        ENVIRONMENT.compile(expression)

    assert (fault.value.line, fault.value.column) == (1, column)
    assert part in fault.value.message


def test_a_condition_says_what_it_reads():
    assert reads("'due_on' in filled && item.unit == \"actor\" && progress > 3") == {
        "filled",
        "item",
        "item.unit",
        "progress",
    }


def test_anything_but_certainly_true_refuses():
    program = ENVIRONMENT.compile("progress > 3")

    assert program.holds({"progress": 4})
    assert not program.holds({"progress": 3})
    assert not program.holds({})
