"""The rules of the house hold in every file, and each of them can be broken."""

import ast
import configparser
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture import house_rules
from tests.architecture.house_rules import ROOT, STATES, WORKFLOWS, Rule

UNIT_OF_WORK = "workflow/persistence/unit_of_work.py"
CLOCK = "workflow/clock.py"
SETTINGS = "web/settings.py"

LINE = "workflow/persistence/pipeline.py"  # stands where the driver's connection stands: its commit is the driver's
QUEUE = ("workflow/outbox/rq_dispatch.py", "web/worker.py", "web/wiring.py")

DEMONSTRATION = frozenset(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "workflow/services/demonstration").glob("*.py")
)  # tells of what is shipped
PURPOSES = frozenset(
    {
        "workflow/engine/definition.py",  # the purposes themselves
        "workflow/catalog/obligations.py",  # the kinds of obligations, words of the dispatch
    }
)

RULES: dict[Rule, tuple[tuple[str, ...], frozenset[str]]] = {
    house_rules.ends_a_transaction: (("workflow/**/*.py", "web/**/*.py"), frozenset({UNIT_OF_WORK, LINE})),
    house_rules.hands_transitions_a_string: (("workflow/engine/machine.py",), frozenset()),
    house_rules.queries_through_a_session: (("workflow/**/*.py", "web/**/*.py"), frozenset()),
    house_rules.renders_a_template: (("workflow/**/*.py",), frozenset()),
    house_rules.reads_the_clock: (("workflow/**/*.py", "web/**/*.py"), frozenset({CLOCK})),
    house_rules.reads_the_environment: (("workflow/**/*.py", "web/**/*.py"), frozenset({SETTINGS})),
    house_rules.talks_to_the_queue: (("workflow/**/*.py", "web/**/*.py"), frozenset(QUEUE)),
    house_rules.knows_a_state: (("web/**/*.py", "workflow/queries/*.py"), frozenset()),
    house_rules.knows_a_workflow: (("web/**/*.py", "workflow/**/*.py"), PURPOSES | DEMONSTRATION),
    house_rules.template_knows_a_workflow: (("web/templates/**/*.html", "web/templates/**/*.txt"), frozenset()),
    house_rules.template_knows_a_state: (("web/templates/**/*.html", "web/templates/**/*.txt"), frozenset()),
    house_rules.template_trusts_a_text: (("web/templates/**/*.html", "web/templates/**/*.txt"), frozenset()),
    house_rules.trusts_a_text: (("web/**/*.py", "workflow/**/*.py"), frozenset()),
}
"""Rule -> where it holds, and the files that are its one place."""

BREAKERS: tuple[tuple[Rule, str], ...] = (
    (house_rules.ends_a_transaction, "def f(c):\n    c.commit()"),
    (house_rules.ends_a_transaction, "connection.driver_connection.rollback()"),
    (house_rules.ends_a_transaction, "cursor.execute('COMMIT')"),
    (house_rules.ends_a_transaction, "connection.execute(sa.text('rollback to savepoint a'))"),
    (house_rules.hands_transitions_a_string, "machine.add_transition(name, a, b, conditions='is_ready')"),
    (house_rules.hands_transitions_a_string, "machine.add_transition(name, a, b, conditions=[guard, 'is_ready'])"),
    (house_rules.hands_transitions_a_string, "machine.add_transition(name, a, b, 'is_ready')"),
    (house_rules.hands_transitions_a_string, "Machine(states=s, after_state_change=f'on_{name}')"),
    (house_rules.hands_transitions_a_string, "Machine(transitions=[{'trigger': t, 'before': 'note'}])"),
    (house_rules.queries_through_a_session, "db.session.query(Item)"),
    (house_rules.queries_through_a_session, "Session.query"),
    (house_rules.renders_a_template, "from flask import render_template"),
    (house_rules.renders_a_template, "flask.render_template_string(x)"),
    (house_rules.talks_to_the_queue, "import rq"),
    (house_rules.talks_to_the_queue, "def f():\n    from redis.client import Redis"),
    (house_rules.reads_the_clock, "now = datetime.now(UTC)"),
    (house_rules.reads_the_clock, "import datetime\ntoday = datetime.date.today()"),
    (house_rules.reads_the_clock, "from time import time"),
    (house_rules.reads_the_environment, "import os\nhome = os.environ['HOME']"),
    (house_rules.reads_the_environment, "from os import getenv"),
    (house_rules.knows_a_state, "late = item.state == 'remediation_planned'"),
    (house_rules.knows_a_state, "done = state in ('completed', 'verified')"),
    (house_rules.knows_a_state, "done = state not in frozenset({'verified'})"),
    (house_rules.knows_a_state, "match state:\n    case 'late': pass"),
    (house_rules.knows_a_state, "Filter(state='late')"),
    (house_rules.knows_a_state, "params = {'state': 'late'}"),
    (house_rules.knows_a_state, "sql = \"SELECT id FROM item WHERE state = 'late'\""),
    (house_rules.knows_a_state, "sql = \"… WHERE state IN ('late', 'assigned')\""),
    (house_rules.knows_a_workflow, "TASKS = 'task'"),
    (house_rules.knows_a_workflow, "definition = editions.latest('report', uow)"),
    (house_rules.knows_a_workflow, "found = {'workflow': 'escalation'}"),
    (house_rules.knows_a_workflow, "mine = item.workflow in ('task', 'standing')"),
    (house_rules.knows_a_workflow, "sql = \"SELECT id FROM item WHERE workflow = 'finding'\""),
    (house_rules.knows_a_workflow, "link = '/items?workflow=report&unit=kt'"),
    (house_rules.template_knows_a_workflow, '<a href="/items?workflow=task">'),
    (house_rules.template_knows_a_workflow, "{% if item.workflow == 'report' %}!{% endif %}"),
    (house_rules.template_knows_a_state, "{% if item.state == 'late' %}!{% endif %}"),
    (house_rules.template_knows_a_state, "{% if item.state in ['completed', 'verified'] %}!{% endif %}"),
    (house_rules.template_knows_a_state, "{{ 'x' if state is sameas('verified') }}"),
    (house_rules.template_trusts_a_text, "{{ comment|safe }}"),
    (house_rules.template_trusts_a_text, "{{ drawing.title|safe }}"),
    (house_rules.template_trusts_a_text, "{{ (drawing.svg_wide ~ comment)|safe }}"),
    (house_rules.template_trusts_a_text, "{{ Markup(comment) }}"),
    (house_rules.template_trusts_a_text, "{% autoescape false %}{{ comment }}{% endautoescape %}"),
    (house_rules.trusts_a_text, "Markup(comment)"),
    (house_rules.trusts_a_text, "markupsafe.Markup(f'<b>{comment}</b>')"),
)

KEEPERS: tuple[tuple[Rule, str], ...] = (
    (house_rules.ends_a_transaction, "announce('commit')"),
    (house_rules.hands_transitions_a_string, "machine.add_transition(name, a, b, conditions=_guard(target))"),
    (house_rules.reads_the_clock, "now = clock.now()"),
    (house_rules.knows_a_state, "shown = cue.tone == 'late'"),
    (house_rules.knows_a_state, "body = {'late': episodes}"),
    (house_rules.knows_a_workflow, "definition = editions.serving(Purpose.REPORT, uow)"),
    (house_rules.knows_a_workflow, "said = item.fields.get('explanation')"),
    (house_rules.knows_a_workflow, "told = {'consolidation': row.consolidation.code}"),
    (house_rules.knows_a_workflow, "words = fields['explanation']"),
    (house_rules.template_knows_a_state, "{% if cue.tone == 'late' %}!{% endif %}"),
    (house_rules.template_knows_a_state, "{% if state.group == 'behind' %}!{% endif %}"),
    (house_rules.template_trusts_a_text, "{{ comment }}"),
    (house_rules.template_trusts_a_text, "{{ drawing.svg_wide|safe }}"),
)


def _name(value: object) -> str:
    return value.__name__ if callable(value) else ""


def _files(patterns: tuple[str, ...]) -> Iterator[Path]:
    return (path for pattern in patterns for path in sorted(ROOT.glob(pattern)))


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_no_file_breaks_the_rule(rule):
    patterns, its_place = RULES[rule]

    faults = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in _files(patterns)
        if path.relative_to(ROOT).as_posix() not in its_place
        for line, what in rule(path.read_text(encoding="utf-8"))
    ]

    assert faults == [], rule.__doc__


@pytest.mark.parametrize(("rule", "text"), BREAKERS, ids=_name)
def test_a_planted_fault_is_found(rule, text):
    assert list(rule(text))


@pytest.mark.parametrize(("rule", "text"), KEEPERS, ids=_name)
def test_what_only_looks_like_a_fault_passes(rule, text):
    assert list(rule(text)) == []


def test_every_rule_can_be_broken():
    assert {rule for rule, _ in BREAKERS} == set(RULES)


@pytest.mark.parametrize("place", [UNIT_OF_WORK, CLOCK, SETTINGS])
def test_the_one_place_of_a_rule_is_where_it_is_said_to_be(place):
    text = (ROOT / place).read_text(encoding="utf-8")

    assert any(list(rule(text)) for rule, (_, its_place) in RULES.items() if place in its_place)


def test_the_states_are_read_from_the_shipped_workflows():
    assert {"assigned", "in_progress", "late", "remediation_planned", "completed", "verified"} <= STATES


def test_the_workflows_are_read_from_what_is_shipped():
    assert {"task", "standing", "report", "consolidation", "extension", "escalation", "explanation"} < WORKFLOWS


def _third_parties(text: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"workflow", "web"}


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    return {line.partition(">")[0].partition("[")[0].strip().lower() for line in wanted}


# What Flask, RQ and pyHanko stand on; it is named by those who use these, and comes with them.
COMES_WITH = {
    "werkzeug": "flask",
    "jinja2": "flask",
    "markupsafe": "flask",
    "click": "flask",
    "redis": "rq",
    "pyhanko-certvalidator": "pyhanko",
}


def _named_alike(package: str) -> str:
    """As pyproject.toml spells it: to an index the two spellings are one name."""
    return package.lower().replace("_", "-")


def test_every_package_that_is_imported_is_declared():
    declared = _declared()
    owners = packages_distributions()
    imported = {
        name for path in _files(("workflow/**/*.py", "web/**/*.py")) for name in _third_parties(path.read_text())
    }

    undeclared = {
        name
        for name in imported
        if not declared & {COMES_WITH.get(owner, owner) for owner in map(_named_alike, owners.get(name, [name]))}
    }

    assert undeclared == set()


def test_an_undeclared_import_would_be_found():
    assert _third_parties("import os, numpy.linalg\nfrom requests import get") == {"numpy", "requests"}


def test_a_module_is_named_by_what_it_holds():
    says_nothing = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "tools"}

    assert [path for path in _files(("workflow/**/*.py", "web/**/*.py")) if path.stem in says_nothing] == []


def test_every_folder_of_definitions_is_installed():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")

    installed = set(parser["options.data_files"])

    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "definitions").rglob("*") if path.is_file()}
    assert {f"share/dondoc/{folder}" for folder in folders} == installed
