"""The processes themselves: the demonstration office, the server with its clock, and how they stop."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.offices import OPENING
from web import wiring
from web.cli import dondoc
from workflow.clock import Clock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(furnished, tmp_path):
    shutil.copytree(furnished, tmp_path / "data")
    wiring.keep_clock(tmp_path / "data", OPENING - Clock().now())
    return tmp_path / "data"


@contextmanager
def started(*words, **env):
    """A process of `dondoc`, with the lines that it has printed up to the address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "web", *words],
        cwd=ROOT,
        env={**os.environ, "DONDOC_LANG": "en", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if "Serving at" in line or "clock runs" in line:
            break
    try:
        yield process, "".join(said)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run(data, *words, code=0):
    done = CliRunner(env={"DONDOC_LANG": "en"}).invoke(dondoc, [*words, "--data", str(data)])
    assert done.exit_code == code, done.output
    return done


def test_the_server_answers_until_it_is_told_to_stop(data):
    with started("serve", "--port", "0", "--data", str(data)) as (process, said):
        address = next(word for word in said.split() if word.startswith("http://"))
        asked = HTTPConnection(address.removeprefix("http://"))
        asked.request("GET", "/login")
        assert asked.getresponse().status == 200
        asked.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    signs = run(data, "doctor").stdout
    assert "The clock ran 0 minutes ago" in signs


def test_a_port_that_is_taken_is_named(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with started("serve", "--port", port, "--data", str(data)) as (process, said):
            assert process.wait(timeout=30) == 6

    assert "Cannot listen at 127.0.0.1" in said
    assert "Traceback" not in said


def test_the_clock_alone_runs_until_it_is_told_to_stop(data):
    with started("clock", "--data", str(data)) as (process, said):
        assert "clock runs" in said
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_the_demonstration_is_made_once_and_kept(tmp_path):
    data = tmp_path / "var"

    first = run(data, "demo", "--no-serve", "--today", "2026-06-20")
    again = run(data, "demo", "--no-serve")
    other_day = run(data, "demo", "--no-serve", "--today", "2026-07-01")

    password = (data / "demo-password").read_text(encoding="ascii").strip()
    assert password in first.stdout
    assert password in again.stdout
    assert "officer.kt" in again.stdout
    assert "20/06/2026 08:0" in again.stdout
    assert "is kept as it is" in other_day.stderr
    assert run(data, "audit", "replay").stdout.rstrip().endswith("0 differences.")


def test_a_whole_reporting_year_is_made_instead_and_ends_on_its_last_day(tmp_path):
    data = tmp_path / "var"

    made = run(data, "demo", "--no-serve", "--year", "2026")

    assert "31/12/2026 17:0" in made.stdout
    run(data, "audit", "verify")
    assert run(data, "audit", "replay").stdout.rstrip().endswith("0 differences.")


@pytest.mark.parametrize("words", [("--year", "2026", "--today", "2026-07-01"), ("--year", "2199")])
def test_a_year_that_cannot_be_lived_is_refused(tmp_path, words):
    run(tmp_path / "var", "demo", "--no-serve", *words, code=2)

    assert not (tmp_path / "var" / "dondoc.sqlite").exists()


def test_a_half_made_demonstration_is_made_anew(tmp_path):
    data = tmp_path / "var"
    run(data, "init")
    (data / "demo-unfinished").touch()

    run(data, "demo", "--no-serve", "--today", "2026-01-05")

    assert not (data / "demo-unfinished").exists()
    assert wiring.is_demonstration(data)


def test_a_real_office_is_never_made_a_demonstration(tmp_path):
    data = tmp_path / "var"
    run(data, "init")

    done = run(data, "demo", "--no-serve", code=1)

    assert "no demonstration" in done.stderr
    assert not wiring.is_demonstration(data)


@pytest.mark.parametrize("today", ["2025-12-31", "soon"])
def test_a_day_before_the_story_is_refused(tmp_path, today):
    run(tmp_path / "var", "demo", "--no-serve", "--today", today, code=2)

    assert not (tmp_path / "var" / "dondoc.sqlite").exists()
