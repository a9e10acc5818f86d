"""The accountability sheet for programs and on the command line: the same numbers as on the page."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calls import codes, program
from tests.web.conftest import close, set_clock, settings_of
from web import create_app
from workflow.engine.accountability import Measure

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(lived, tmp_path_factory):
    return shutil.copytree(lived[0], tmp_path_factory.mktemp("counted") / "data")


@pytest.fixture(scope="module")
def app(lived, data):
    made = create_app(settings_of(data))
    set_clock(made, lived[1])
    yield made
    close(made)


def test_a_program_reads_every_number_and_the_entries_behind_it(app):
    head = program(app, "head.snc")

    sheet = head.get("/units/snc/accountability?period=2026").json

    assert set(sheet["numbers"]) == {measure.value for measure in Measure}
    assert (sheet["first"], sheet["last"], sheet["over"]) == ("2026-01-01", "2026-12-31", False)
    assert sheet["heads"] == ["head.snc"]
    for name in ("late_open", "episodes", "late_days", "signed_head"):
        behind = head.get(f"/units/snc/accountability/{name}?period=2026").json
        days = sum(entry["days"] for entry in behind["entries"])
        assert sheet["numbers"][name]["all"] == behind["number"] == (days or len(behind["entries"])) > 0


def test_a_past_day_and_one_kind_of_work_can_be_asked_for(app):
    chairman = program(app, "chairman")

    then = chairman.get("/units/snc/accountability?period=2026&as_of=31/07/2026").json
    reports = chairman.get("/units/snc/accountability/episodes?period=2026&workflow=report").json

    assert then["as_of"] == "2026-07-31T16:59:59.999999Z"
    assert {entry["workflow"] for entry in reports["entries"]} == {"report"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("period=2026-13", "pattern"),
        ("as_of=01/01/2099", "instant_ahead"),
        ("as_of=x", "not_an_instant"),
        ("x=1", "unknown_key"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(app, query, code):
    answer = program(app, "chairman").get(f"/units/snc/accountability?{query}")

    assert answer.status_code == 422
    assert codes(answer) == [code]


def test_another_units_sheet_and_a_number_that_is_none_are_not_found(app):
    assert program(app, "head.kt").get("/units/snc/accountability").status_code == 404
    assert program(app, "head.snc").get("/units/snc/accountability/nonsense").status_code == 404


def test_scores_are_told_as_far_as_the_asker_may_read_them(app):
    told = {
        login: [one["person"] for one in program(app, login).get("/units/snc/scores?period=2026").json["scores"]]
        for login in ("chairman", "head.snc", "officer.snc", "auditor")
    }

    assert told["chairman"] == told["head.snc"]
    assert None in told["head.snc"]
    assert told["officer.snc"] == ["officer.snc"]
    assert told["auditor"] == []


def run(data, *words):
    env = {**os.environ, "DONDOC_LANG": "en"}
    command = [sys.executable, "-m", "web", "accountability", *words, "--data", str(data)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_the_command_says_the_same_numbers(app, data):
    sheet = program(app, "chairman").get("/units/snc/accountability?period=2026-10").json

    said = json.loads(run(data, "snc", "--period", "2026-10", "--json", "--scores", "--as", "chairman").stdout)
    words = run(data, "snc", "--period", "2026-10", "--as-of", "31/10/2026", "--scores", "--as", "chairman")

    assert said["numbers"] == sheet["numbers"]
    assert said["scores"]
    assert "Stretches of lateness" in words.stdout
    assert " %  " in words.stdout


def test_the_command_ends_with_the_code_of_its_fault(data):
    assert run(data, "snc", "--as", "head.kt").returncode == 7
    assert run(data, "snc", "--period", "x").returncode == 4
