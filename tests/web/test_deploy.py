"""The examples of a deployment name only what exists: variables, commands, options, files."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from web.cli import dondoc

DEPLOY = Path(__file__).parents[2] / "web" / "deploy"
README = (DEPLOY.parent / "README.md").read_text(encoding="utf-8")
FILES = sorted(DEPLOY.iterdir())
UNITS = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_example_is_explained_and_names_known_settings(file):
    named = set(re.findall(r"\bDONDOC_[A-Z_]+[A-Z]\b", file.read_text(encoding="utf-8")))

    assert f"`{file.name}`" in README
    assert {name for name in named if f"`{name.removesuffix('_FILE')}`" not in README} == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_each_unit_starts_a_command_with_options_that_it_takes(unit):
    (line,) = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    program, name, *options = shlex.split(line.replace("%i", "5001"))

    command = dondoc.commands[name]
    assert program.endswith("/dondoc")
    assert command.make_context(name, options, resilient_parsing=False) is not None


def test_the_containers_run_commands_that_exist_under_secrets_that_are_declared():
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = told["services"]

    started = [service["command"] for service in services.values() if "command" in service]
    assert {words[0] for words in started} == {"dondoc"}
    assert {words[1] for words in started} == {"init", "clock", "worker"}
    assert {words[1] for words in started} <= set(dondoc.commands)
    used = {name for service in services.values() for name in service.get("secrets", ())}
    assert used == set(told["secrets"])
    assert "owner-url" not in services["web-1"]["secrets"]
