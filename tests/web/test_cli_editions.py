"""`dondoc definition` over editions: the step between two, their difference, random walks, running items on the way."""

import json

import pytest

from tests.editions import FIRST, SECOND, THIRD
from tests.offices import next_version
from tests.web.test_cli_commands import Terminal, terminal  # noqa: F401  the fixture
from web import wiring

NEW = ("item", "create", "--workflow", "errand", "--unit", "kt", "--as", "clerk", "--set", "title=Việc", "--set")


def sendable(text):
    """Without the notice that only the tests of the linter know."""
    return text.replace(", template: told", "")


@pytest.fixture
def files(tmp_path):
    for name, text in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        (tmp_path / f"{name}.yaml").write_text(sendable(text), encoding="utf-8")
    return {name: str(tmp_path / f"{name}.yaml") for name in ("first", "second", "third")}


@pytest.fixture
def office(terminal, files):  # noqa: F811
    """Two errands under the first edition, one under the second, and the third published."""
    terminal.run("definition", "publish", files["first"])
    terminal.run(*NEW, "due_on=2026-12-01")
    terminal.run(*NEW, "due_on=2026-12-02")
    terminal.run("definition", "publish", files["second"])
    terminal.run(*NEW, "due_on=2026-12-03", "--set", "kind=urgent", "--set", "place=Kho")
    terminal.run("definition", "publish", files["third"])
    return terminal


def versions(office):
    return [row["version"] for row in _items(office)]


def _items(office):
    rows = office.json("item", "list", "--workflow", "errand")
    rows = rows["items"] if isinstance(rows, dict) else rows
    shown = [office.json("item", "show", row["code"]) for row in rows]
    return [{"version": row["definition"]["version"], "state": row["state"]} for row in shown]


def test_a_check_answers_in_the_promised_form(tmp_path, files):
    said = json.loads(Terminal(tmp_path / "none").run("definition", "check", files["first"], "--json").stdout)

    assert said["ok"] is True
    assert [finding for finding in said["findings"] if finding["severity"] == "error"] == []


def test_the_step_between_two_files_is_checked_without_an_office(tmp_path, files):
    nowhere = Terminal(tmp_path / "none")
    edited = tmp_path / "edited.yaml"
    edited.write_text(sendable(SECOND.partition("migrate:")[0]), encoding="utf-8")

    nowhere.run("definition", "check", files["first"], files["second"], "--as-step")
    refused = nowhere.run("definition", "check", files["first"], str(edited), "--as-step", code=1)

    assert "L29" in refused.stdout
    assert "L35" in refused.stdout
    nowhere.run("definition", "check", files["first"], "--as-step", code=2)


def test_a_check_holds_a_file_against_what_the_office_has_published(office, files, tmp_path):
    edited = tmp_path / "edited.yaml"
    edited.write_text(sendable(THIRD).replace("Giao việc", "Phân công"), encoding="utf-8")

    office.run("definition", "check", files["third"])
    assert "L30" in office.run("definition", "check", str(edited), code=1).stdout


def test_stories_beside_a_file_stop_its_publication(terminal, tmp_path):  # noqa: F811
    task = wiring.definitions_folder() / "workflows" / "task.yaml"
    text = next_version(task.read_text(encoding="utf-8"))
    (tmp_path / "task.yaml").write_text(text, encoding="utf-8")
    stories = task.with_name("task.scenarios.yaml").read_text(encoding="utf-8")
    (tmp_path / "task.scenarios.yaml").write_text(stories.replace("expect: late", "expect: draft"), encoding="utf-8")

    assert "L37" in terminal.run("definition", "publish", str(tmp_path / "task.yaml"), code=1).stderr
    assert "L37" in terminal.run("definition", "check", str(tmp_path / "task.yaml"), code=1).stdout


def test_a_difference_is_told_between_files_names_and_versions(office, files):
    told = office.run("definition", "diff", files["first"], "errand@2").stdout
    same = office.run("definition", "diff", "errand@3", "errand").stdout
    found = office.json("definition", "diff", "errand@2", "errand@3")

    assert 'state "mended" (Planned): added' in told
    assert "do not differ" in same
    assert ("removed", "field", "place") in {(row["kind"], row["part"], row["name"]) for row in found}
    office.run("definition", "diff", "errand@9", "errand", code=7)


def test_walks_are_repeated_by_their_seed(tmp_path):
    nowhere = Terminal(tmp_path / "none")
    asked = ("definition", "simulate", "extension", "--runs", "20", "--seed", "4")

    assert nowhere.json(*asked) == nowhere.json(*asked)
    assert nowhere.json(*asked)["runs"] == 20
    assert "Walks: 20" in nowhere.run(*asked).stdout


def test_running_items_are_brought_to_a_version_and_back(office):
    planned = office.run("definition", "migrate", "errand", "--to", "3", "--dry-run").stdout
    assert sorted(versions(office)) == [1, 1, 2]
    assert "3 items would go on there" in planned
    assert "filled: site" in planned

    office.run("definition", "migrate", "errand", "--to", "3", "--as", "chairman", code=3)
    done = office.json("definition", "migrate", "errand", "--to", "3", "--as", "admin")
    assert done["possible"] == 3
    assert versions(office) == [3, 3, 3]

    office.run("definition", "migrate", "errand", "--to", "3", "--revert", "--as", "admin")
    assert sorted(versions(office)) == [1, 1, 2]
    office.run("definition", "migrate", "errand", "--to", "7", code=7)
    office.run("audit", "verify")
    office.run("audit", "replay")
