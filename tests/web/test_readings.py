"""Mandates on their page and by command, what an auditor opens, and what the administrator tries to."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.calls import codes, program
from tests.offices import HOUSE, at, caller, moved, new_task
from tests.web.conftest import Visitor, set_clock
from tests.web.test_cli_commands import Terminal, opened, terminal  # noqa: F401  the fixture
from workflow.engine import Label
from workflow.services import people
from workflow.services.deadlines import sweep
from workflow.services.moves import Done, MoveRequest, perform

PASSWORD = "một câu dài dễ nhớ 2026"
DURING = datetime(2026, 6, 2, 2, tzinfo=UTC)
LAST = datetime(2026, 6, 3, 16, 59, tzinfo=UTC)


@pytest.fixture
def inspector(office):
    return people.add_person(office, HOUSE, "doan.kiem-tra", Label("Đoàn kiểm tra", "Inspection"), PASSWORD).login


@pytest.fixture
def mandated(client_of, inspector):
    """The page after the administrator recorded a mandate of two days for task of kt."""
    admin = client_of("admin")
    admin.get("/admin/mandates")
    answer = admin.post(
        "/admin/mandates", login=inspector, act="215/QĐ-UBND", to="03/06/2026", units="kt", **{"from": "01/06/2026"}
    )
    assert answer.status_code == 303, answer.text
    return admin.get("/admin/mandates").text


@pytest.fixture
def visitor(app, mandated):
    assert mandated
    set_clock(app, DURING)
    made = Visitor(app.test_client())
    assert made.log_in("doan.kiem-tra", PASSWORD).status_code == 303
    return made


def said(office, login, kind):
    with office.read() as uow:
        entries = uow.audit.stream(f"person/{uow.people.id_of_login(login)}")
    return [body for entry in entries if (body := json.loads(entry.body))["type"] == kind]


def test_the_administrator_records_a_mandate_and_sees_its_bounds(mandated):
    assert "215/QĐ-UBND" in mandated
    assert "01/06/2026 – 03/06/2026" in mandated
    assert "; mọi loại công việc; không gồm nội dung riêng" in mandated


def test_a_mandate_that_makes_no_sense_keeps_what_was_typed(client_of):
    admin = client_of("admin")
    admin.get("/admin/mandates")

    answer = admin.post("/admin/mandates", login="officer.kt", act="", to="03/06/2026", **{"from": "01/06/2026"})

    assert answer.status_code == 422
    assert "không được giữ vị trí nào khác" in answer.text
    assert 'value="03/06/2026"' in answer.text


@pytest.mark.parametrize("login", ["chairman", "auditor", "clerk"])
def test_nobody_else_sees_the_mandates(client_of, login):
    assert client_of(login).get("/admin/mandates").status_code == 403


def test_a_page_outside_the_mandates_days_is_refused_with_the_reason(app, visitor):
    set_clock(app, LAST)
    visitor.log_in("doan.kiem-tra", PASSWORD)
    set_clock(app, LAST + timedelta(minutes=2))

    page, again = visitor.get("/items"), visitor.log_in("doan.kiem-tra", PASSWORD)

    assert page.status_code == again.status_code == 403
    for answer in (page, again):
        assert "(215/QĐ-UBND) đã hết hiệu lực từ 04/06/2026 00:00" in answer.text


@pytest.mark.usefixtures("visitor")
def test_a_call_outside_the_mandates_days_is_refused_with_the_reason(app):
    by_call = program(app, "doan.kiem-tra")
    assert by_call.get("/items").status_code == 200
    set_clock(app, DURING + timedelta(days=2))

    answer = by_call.get("/items")

    assert (answer.status_code, codes(answer)) == (403, ["mandate_over"])


def test_each_page_an_auditor_opens_is_one_entry_with_its_purpose(office, visitor):
    code = new_task(office)

    visitor.get(f"/items/{code}")
    visitor.get("/items?unit=kt")
    visitor.get("/help")

    read = said(office, "doan.kiem-tra", "read")
    assert [entry["what"] for entry in read] == [f"/items/{code}", "/items?unit=kt"]
    assert {entry["purpose"] for entry in read} == {"215/QĐ-UBND"}


@pytest.mark.usefixtures("visitor")
def test_a_call_of_an_auditor_is_an_entry_as_well(app, office):
    program(app, "doan.kiem-tra").get("/items?unit=kt")

    assert [entry["what"] for entry in said(office, "doan.kiem-tra", "read")] == ["/api/v1/items?unit=kt"]


def test_nobody_elses_page_views_are_kept(client_of, office):
    client_of("officer.kt").get("/items")
    client_of("chairman").get("/commune")

    assert said(office, "officer.kt", "read") == said(office, "chairman", "read") == []


def test_the_administrator_is_refused_content_and_the_attempt_is_kept(client_of, app, office):
    code = new_task(office)
    admin, call = client_of("admin"), program(app, "admin")

    refused = [admin.get(path).status_code for path in (f"/items/{code}", f"/items/{code}/history", "/history")]
    by_call = call.get(f"/items/{code}").status_code

    assert [*refused, by_call] == [404, 404, 403, 404]
    assert [entry["what"] for entry in said(office, "admin", "refusal")] == [
        f"/items/{code}",
        f"/items/{code}/history",
        "/history",
        f"/api/v1/items/{code}",
    ]


def test_what_an_auditor_read_is_found_in_the_log(client_of, visitor):
    visitor.get("/items?unit=kt")

    page = client_of("chairman").get("/history?type=read&actor=doan.kiem-tra").text

    assert "/items?unit=kt" in page
    assert "215/QĐ-UBND" in page


def test_the_command_gives_lists_and_ends_a_mandate(terminal):  # noqa: F811
    terminal.run("user", "add", "doan.kiem-tra", "--title-vi", "Đoàn kiểm tra")

    asked = ("mandate", "give", "doan.kiem-tra", "--act", "215/QĐ-UBND", "--from", "hôm nay", "--until", "31/12/2199")
    terminal.run(*asked, code=4)
    made = terminal.json(*asked[:-1], "hôm nay", "--unit", "kt", "--private")
    listed = terminal.json("mandate", "list")["items"]
    ended = terminal.json("mandate", "end", made["id"])

    assert (made["login"], made["units"], made["private"], made["in_force"]) == ("doan.kiem-tra", ["kt"], True, True)
    assert made in listed
    assert not ended["in_force"]


# -- event logs ---------------------------------------------------------------------------------------------------------


def content(answer):
    """What a download holds; a server closes it behind its reader."""
    text = answer.text
    answer.close()
    return text


def exports(office):
    with office.read() as uow:
        entries = uow.audit.stream("log")
    return [body for entry in entries if (body := json.loads(entry.body))["type"] == "export"]


@pytest.mark.parametrize(
    ("form", "ending", "begins"), [("xes", "xes", "<?xml"), ("ocel", "jsonocel", '{"objectTypes"')]
)
def test_an_auditor_takes_the_moves_away_under_a_number_of_the_log(client_of, office, form, ending, begins):
    code = new_task(office)

    answer = client_of("auditor").get(f"/history/moves/{form}")

    (entry,) = exports(office)
    assert answer.headers["Content-Disposition"] == f"attachment; filename=dondoc-{entry['n']}.{ending}"
    assert entry["export"] == {"what": "moves", "format": form}
    text = content(answer)
    assert text.startswith(begins)
    assert code in text


def test_a_call_takes_the_moves_away(app, office):
    code = new_task(office)

    text = content(program(app, "auditor").get("/audit/moves?format=ocel"))

    assert {one["type"] for one in json.loads(text)["objects"]} == {"task", "unit", "person"}
    assert code in text
    assert len(exports(office)) == 1


def test_only_what_a_mandate_covers_is_taken_away(office, visitor):
    inside, outside = new_task(office, "kt"), new_task(office, "hcc")

    taken = content(visitor.get("/history/moves/xes"))

    assert inside in taken
    assert outside not in taken


@pytest.mark.parametrize("login", ["head.kt", "admin", "clerk"])
def test_nobody_else_takes_the_moves_away(client_of, office, login):
    assert client_of(login).get("/history/moves/xes").status_code == 403
    assert exports(office) == []


def test_another_form_is_not_found(client_of):
    assert client_of("auditor").get("/history/moves/csv").status_code == 404


def test_what_an_auditor_asks_for_by_command_is_on_record(terminal):  # noqa: F811
    terminal.run("item", "show", "NV-2026-0001", "--as", "auditor", code=7)
    terminal.run("item", "list", "--as", "chairman")

    with opened(terminal) as uow:
        entries = uow.audit.stream(f"person/{uow.people.id_of_login('auditor')}")
    assert [json.loads(entry.body)["what"] for entry in entries] == ["dondoc item show NV-2026-0001"]


def test_the_command_writes_the_moves_into_a_file(terminal, tmp_path):  # noqa: F811
    made = terminal.json("history", "export", str(tmp_path / "log.xes"))

    assert made["format"] == "xes"
    assert (tmp_path / "log.xes").read_text(encoding="utf-8").endswith("</log>\n")
    terminal.run("history", "export", str(tmp_path / "log.xes"), code=2)


# -- private text -------------------------------------------------------------------------------------------------------

SECRET = "lời riêng không ai ngoài được đọc"


def test_private_text_stays_closed_to_a_mandate_that_does_not_open_it(app, office, visitor):
    code = new_task(at(office, DURING), "kt", due_on="2026-06-02")
    later = at(office, DURING + timedelta(days=1))
    sweep(later)
    plan = {"cause_kind": "objective", "cause_note": SECRET, "plan_note": SECRET, "plan_due_on": "2026-06-30"}
    moved(later, "head.kt", code, "plan", **plan, plan_owner="officer.kt", comment=SECRET)
    decided = MoveRequest(code, "plan", act="approve", comment=SECRET)
    assert isinstance(perform(later, caller(later, "chairman"), decided), Done)
    set_clock(app, DURING + timedelta(days=1, hours=1))
    visitor.log_in("doan.kiem-tra", PASSWORD)
    chairman = Visitor(app.test_client())
    chairman.log_in("chairman")
    by_call = program(app, "doan.kiem-tra")
    then = "as_of=03/06/2026+09:30"

    pages = (
        f"/items/{code}",
        f"/items/{code}/history?refusals=1",
        f"/items/{code}/history?{then}",
        "/history",
        "/search?q=loi+rieng",
        f"/items/{code}/moves/complete",
        f"/items/{code}/print",
        f"/history/as-of?{then}",
        "/history/moves/ocel",
    )
    calls = (
        f"/items/{code}",
        f"/items/{code}?as_of=2026-06-03T02:30:00Z",
        f"/items/{code}/history",
        "/audit/entries",
        "/items",
    )

    assert SECRET in chairman.get(f"/items/{code}").text
    for path in pages:
        assert SECRET not in content(visitor.get(path)), path
    for path in calls:
        assert SECRET not in by_call.get(path).text, path
