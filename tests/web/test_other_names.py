"""Pages of an office whose workflows bear other names, and of one that has no workflow for them: both are told in sentences."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.calls import program
from tests.offices import DEFINITIONS, HOUSE, caller, next_version, shipped
from tests.renamed import OTHER, renamed_definitions
from tests.reporting import on
from tests.serving import seat
from tests.web.conftest import Visitor, close, set_clock, settings_of
from web import create_app, wiring
from web.cli import dondoc
from workflow.clock import Clock
from workflow.engine.definition import Purpose
from workflow.persistence import open_owner_engine
from workflow.persistence.migrations import upgrade
from workflow.services.directives import import_directive, order_of
from workflow.services.items import NewItem, create
from workflow.services.publishing import publish
from workflow.services.reports import open_period

NOW = on(10, 16)
PURPOSE = re.compile(r"^purpose: \w+\n", re.MULTILINE)


def office_of(folder: Path, definitions: Path, monkeypatch):
    """An application over those definitions, with everybody's posts and the reports of October."""
    monkeypatch.setattr(wiring, "definitions_folder", lambda: definitions)
    wiring.shipped.cache_clear()
    settings = settings_of(folder)
    owner = open_owner_engine(settings.database_url)
    upgrade(owner)
    owner.dispose()
    app = create_app(settings)
    set_clock(app, NOW)
    seat(app.extensions["office"])
    open_period(app.extensions["office"], "2026-10")
    return app


@pytest.fixture
def other(tmp_path, monkeypatch):
    """All shipped workflows, each under another name."""
    app = office_of(tmp_path / "data", renamed_definitions(tmp_path), monkeypatch)
    yield app
    close(app)
    wiring.shipped.cache_clear()


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """The shipped workflows under their own names, none of which says what it is for."""
    definitions = renamed_definitions(tmp_path)
    for file in (definitions / "workflows").iterdir():
        file.write_text(PURPOSE.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")
    app = office_of(tmp_path / "data", definitions, monkeypatch)
    yield app
    close(app)
    wiring.shipped.cache_clear()


def signed_in(app, login):
    made = Visitor(app.test_client())
    assert made.log_in(login).status_code == 303
    return made


def difficulty(app):
    office = app.extensions["office"]
    facts = {"title": "Giải ngân vốn", "area": "tai-chinh-cong", "difficulty": "Thiếu mặt bằng"}
    return create(office, caller(office, "head.kt"), NewItem("kho_khan", "kt", facts)).item.code


def test_the_pages_find_their_items_under_whatever_name(other):
    code = difficulty(other)
    chairman, consolidator, clerk = (signed_in(other, login) for login in ("chairman", "consolidator", "clerk"))

    assert code in chairman.get("/escalations").text
    reports = chairman.get("/reports").text
    assert len(set(re.findall(r"BC-2026-\d{4}", reports))) == 5
    assert "Tổng hợp báo cáo" in consolidator.get("/reports/monthly/2026-10/consolidation").text
    made = consolidator.post("/reports/monthly/2026-10/consolidation")
    assert (made.status_code, made.location) == (303, "/reports/monthly/2026-10/consolidation?done=1")
    assert "TH-2026-" in consolidator.get("/reports/monthly/2026-10/consolidation").text
    assert clerk.get("/directives/new").status_code == 200


def test_the_head_explains_and_his_words_stand_beside_the_sheet(other):
    head = signed_in(other, "head.kt")
    assert "Lời giải trình" not in head.get("/units/kt/accountability?period=2026-10").text

    answer = head.post("/units/kt/accountability", period="2026-10", explanation="Thiếu người")

    assert answer.status_code == 303
    assert "Thiếu người" in head.get("/units/kt/accountability?period=2026-10").text


def test_a_dispatch_becomes_tasks_and_duties_and_leads_to_them(other):
    office, register = other.extensions["office"], DEFINITIONS / "obligations" / "cchc-2026.yaml"
    order = order_of(shipped().obligations, register.read_bytes(), date(2026, 6, 15))
    taken = import_directive(office, caller(office, "clerk"), order)

    page = signed_in(other, "clerk").get(f"/directives/{taken.directive}").text

    assert "/items?workflow=viec&amp;state=draft" in page
    assert "/items?workflow=thuong_xuyen&amp;state=draft" in page


@pytest.mark.parametrize(
    ("login", "address", "purpose"),
    [
        ("chairman", "/reports", "report"),
        ("chairman", "/reports/monthly/2026-10", "report"),
        ("consolidator", "/reports/monthly/2026-10/consolidation", "consolidation"),
        ("chairman", "/escalations", "escalation"),
        ("clerk", "/directives/new", "task"),
    ],
)
def test_a_page_without_its_workflow_says_which_one_is_missing(bare, login, address, purpose):
    answer = signed_in(bare, login).get(address)

    assert answer.status_code == 404
    assert "Cơ quan chưa có quy trình cho việc này" in answer.text
    assert f"purpose: {purpose}" in answer.text


def test_pages_that_can_do_without_do(bare):
    chairman, clerk, head = (signed_in(bare, login) for login in ("chairman", "clerk", "head.kt"))

    assert chairman.get("/commune").status_code == 200
    assert chairman.get("/").status_code == 200
    assert "/directives/new" not in clerk.get("/directives").text
    sheet = head.get("/units/kt/accountability?period=2026-10")
    assert sheet.status_code == 200
    assert 'name="explanation"' not in sheet.text
    refused = head.post("/units/kt/accountability", period="2026-10", explanation="Thiếu người")
    assert refused.status_code == 404
    assert "purpose: explanation" in refused.text


def test_a_program_is_told_likewise(bare):
    answer = program(bare, "chairman").get("/reports?year=2026")

    assert answer.status_code == 404
    assert "purpose: report" in answer.text
    assert [one["purpose"] for one in program(bare, "chairman").get("/definitions").json["items"]] == [None] * 8


def test_an_office_that_was_set_up_before_there_were_purposes_is_brought_up_to_date(bare, tmp_path, monkeypatch):
    assert signed_in(bare, "chairman").get("/reports").status_code == 404
    # The next release brings the same workflows, each with its purpose under the next number.
    for file in wiring.definitions_folder().joinpath("workflows").glob("*.yaml"):
        name = next((name for name, other in OTHER.items() if file.name == f"{other}.yaml"), None)
        if name in set(Purpose):
            text = next_version(file.read_text(encoding="utf-8"))
            file.write_text(text.replace("\nlabel: ", f"\npurpose: {name}\nlabel: ", 1), encoding="utf-8")
    wiring.shipped.cache_clear()
    monkeypatch.setenv("DONDOC_LANG", "en")

    done = CliRunner().invoke(dondoc, ["init", "--data", str(tmp_path / "data")])

    assert done.exit_code == 0, done.output
    assert done.stdout.count("Published: ") == len(Purpose)
    app = create_app(settings_of(tmp_path / "data"))
    set_clock(app, NOW)
    page = signed_in(app, "chairman").get("/reports")
    close(app)
    assert page.status_code == 200
    assert len(set(re.findall(r"BC-2026-\d{4}", page.text))) == 5


def test_a_file_is_checked_against_what_the_office_works_with(other, tmp_path, monkeypatch):
    monkeypatch.setenv("DONDOC_LANG", "en")
    text = wiring.definitions_folder().joinpath("workflows", "giai_trinh.yaml").read_text(encoding="utf-8")
    rival, office = tmp_path / "rival.yaml", other.extensions["office"]
    rival.write_text(text.replace("workflow: giai_trinh", "workflow: y_kien"), encoding="utf-8")
    asked = ["definition", "check", str(rival), "--data", str(tmp_path / "data")]

    before = CliRunner().invoke(dondoc, asked)
    publish(office, HOUSE, next_version(PURPOSE.sub("", text)).encode(), "giai_trinh.yaml")
    after = CliRunner().invoke(dondoc, asked)

    assert (before.exit_code, after.exit_code) == (1, 0), after.output
    assert "L40" in before.stdout


@pytest.mark.usefixtures("bare")
def test_the_command_line_is_told_likewise_and_the_doctor_advises(tmp_path):
    wiring.keep_clock(tmp_path / "data", datetime(2026, 10, 16, 1, tzinfo=UTC) - Clock().now())
    runner = CliRunner(env={"DONDOC_LANG": "en"})

    said = runner.invoke(dondoc, ["report", "matrix", "--as", "chairman", "--data", str(tmp_path / "data")])
    signs = runner.invoke(dondoc, ["doctor", "--json", "--data", str(tmp_path / "data")])

    assert said.exit_code == 7
    assert "No workflow of this office is for this" in said.stderr
    (sign,) = (one for one in json.loads(signs.stdout) if one["name"] == "purposes")
    assert sign["level"] == "advice"
    assert "task, standing, report, consolidation, extension, escalation, explanation" in sign["text"]
