"""`dondoc report open`: what opened, what was there, and what is amiss with the dates."""

import pytest

from tests.offices import DEFINITIONS, next_version
from tests.web.test_cli_commands import Terminal, terminal  # noqa: F401  the fixture

REPORT = (DEFINITIONS / "workflows" / "report.yaml").read_text(encoding="utf-8")


def test_a_period_opens_and_each_report_is_named(terminal):  # noqa: F811
    said = terminal.run("report", "open", "--period", "2026-07").stdout

    assert "2026-07 (July 2026): data 15/06/2026 – 14/07/2026, last day for sending 19/07/2026" in said
    assert "5 reports opened; 0 were there already" in said
    assert said.count("BC-2026-") == 5


def test_a_program_reads_the_period_with_its_bound(terminal):  # noqa: F811
    (period,) = terminal.json("report", "open", "--period", "2026-Q3")["periods"]

    assert (period["workflow"], period["series"], period["period"]) == ("report", "quarterly", "2026-Q3")
    assert (period["window_from"], period["window_to"], period["due_on"]) == ("2026-06-15", "2026-09-14", "2026-09-19")
    assert period["due_at"] == "2026-09-19T17:00:00.000000Z"
    assert {one["unit"] for one in period["opened"]} == {"vhxh", "vp", "kt", "hcc", "snc"}
    assert (period["there"], period["finding"]) == ([], None)


def test_opening_again_says_what_was_there(terminal):  # noqa: F811
    terminal.run("report", "open", "--period", "2026-07")

    assert "0 reports opened; 5 were there already" in terminal.run("report", "open", "--period", "2026-07").stdout


def test_a_period_without_a_working_day_is_told_in_both_languages(terminal):  # noqa: F811
    english = terminal.run("report", "open", "--period", "2026-02").stdout
    vietnamese = terminal.run("report", "open", "--period", "2026-02", "--lang", "vi").stdout

    assert "! No working day lies after the data cut-off (14/02/2026)" in english
    assert "! Không có ngày làm việc nào" in vietnamese


def test_without_a_name_what_is_due_to_open_is_opened(terminal):  # noqa: F811
    opened = terminal.json("report", "open")

    assert [period["period"] for period in opened["periods"]] == ["2026-06", "2026-Q2", "2026"]


@pytest.mark.parametrize("name", ["2026-13", "2026-H2"])
def test_a_period_of_no_series_ends_with_not_found(terminal, name):  # noqa: F811
    assert name in terminal.run("report", "open", "--period", name, code=7).stderr


def test_a_calendar_without_the_year_is_told_and_ends_with_a_refusal(terminal, tmp_path):  # noqa: F811
    rolling = tmp_path / "report.yaml"
    text = next_version(REPORT).replace("roll: keep", "roll: next")
    rolling.write_text(text, encoding="utf-8")
    terminal.run("definition", "publish", str(rolling))

    said = terminal.run("report", "open", "--period", "2030-01", code=4)
    program = terminal.json("report", "open", "--period", "2030-01", code=4)

    assert "monthly was not opened:" in said.stdout
    assert "no data for 2030" in said.stderr
    (refused,) = program["refused"]
    assert (refused["series"], refused["reasons"][0]["params"]) == ("monthly", {"year": "2030"})


def test_the_matrix_tells_who_has_sent_what(terminal):  # noqa: F811
    terminal.run("report", "open", "--period", "2026-07")

    said = terminal.run("report", "matrix", "--year", "2026").stdout
    (period,) = terminal.json("report", "matrix", "--year", "2026")["periods"]

    assert "July 2026 (19/07/2026)" in said
    assert said.count("Period open") == 5
    assert [(one["unit"], one["sent_at"], one["version"]) for one in period["units"]] == [
        (unit, None, 0) for unit in ("vhxh", "vp", "kt", "hcc", "snc")
    ]
    assert period["consolidation_due_on"] == "2026-07-21"


def test_a_unit_reads_its_own_line_of_the_matrix(terminal):  # noqa: F811
    terminal.run("report", "open", "--period", "2026-07")

    (period,) = terminal.json("report", "matrix", "--year", "2026", "--as", "officer.kt")["periods"]

    assert [one["unit"] for one in period["units"]] == ["kt"]


def test_a_period_is_consolidated_from_the_command_line(terminal):  # noqa: F811
    terminal.run("report", "open", "--period", "2026-07")

    said = terminal.run("report", "consolidate", "--period", "2026-07", "--as", "consolidator").stdout
    again = terminal.json("report", "consolidate", "--period", "2026-07", "--as", "consolidator")
    terminal.run("report", "consolidate", "--period", "2026-07", "--as", "chairman", code=3)
    terminal.run("report", "consolidate", "--period", "2026-07", "--as", "head.kt", code=7)
    terminal.run("report", "consolidate", "--period", "2026-13", "--as", "consolidator", code=7)

    assert "version 1: 0 of 5 units" in said
    assert "Without a received report: vhxh vp kt hcc snc" in said
    assert [one["version"] for one in again["versions"]] == [1]
