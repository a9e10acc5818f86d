"""What supervisors, load balancers and Prometheus ask of a process, and what it logs."""

import json
import logging
import os
import re
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.calls import program
from tests.offices import OPENING, new_task
from tests.web.conftest import close, set_clock, settings_of
from web import create_app, logs, wiring
from web.settings import SettingRefused, Settings
from workflow.values import replace


@pytest.fixture
def probe(app):
    """Somebody without a session, on this very machine."""
    return app.test_client()


def figures(answer):
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


# -- alive and ready ----------------------------------------------------------------------------------------------------


def test_a_process_that_answers_is_alive_whatever_its_database_does(app, probe):
    app.extensions["office"] = replace(app.extensions["office"], read=lambda: 1 / 0, write=lambda: 1 / 0)

    answer = probe.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_ready_once_database_schema_and_files_are_there(office, probe):
    wiring.one_round(office)

    answer = probe.get("/readyz")

    assert answer.status_code == 200
    assert answer.json == {
        "ready": True,
        "checks": {
            "database": {"ok": True, "needed": True},
            "schema": {"ok": True, "needed": True},
            "files": {"ok": True, "needed": True},
            "clock": {"ok": True, "needed": False},
            "seals": {"ok": True, "needed": False},
        },
    }


def test_not_ready_without_a_database(app, probe):
    app.extensions["office"] = replace(app.extensions["office"], read=lambda: 1 / 0)

    answer = probe.get("/readyz")

    assert answer.status_code == 503
    assert answer.json["checks"]["database"] == {"ok": False, "needed": True}


def test_not_ready_where_files_cannot_be_kept(app, probe, tmp_path):
    (tmp_path / "no-folder").write_text("x")
    app.extensions["settings"] = replace(app.extensions["settings"], files=tmp_path / "no-folder")

    answer = probe.get("/readyz")

    assert (answer.status_code, answer.json["checks"]["files"]["ok"]) == (503, False)


def test_not_ready_under_an_older_schema(probe, monkeypatch):
    monkeypatch.setattr("web.health._needed_schema", lambda: "2099_01_01")

    assert probe.get("/readyz").status_code == 503


def test_a_clock_or_a_redis_that_is_down_is_told_and_blocks_no_page(app, office, probe):
    wiring.one_round(office)
    set_clock(app, OPENING.replace(hour=OPENING.hour + 1))
    app.extensions["settings"] = replace(app.extensions["settings"], redis_url="redis://127.0.0.1:1")

    answer = probe.get("/readyz")

    assert answer.status_code == 200
    assert answer.json["checks"]["clock"] == {"ok": False, "needed": False}
    assert answer.json["checks"]["redis"] == {"ok": False, "needed": False}


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_the_administrator_is_alarmed_by_a_clock_that_stands_still(app, office, client_of):
    admin = client_of("admin")
    never = words(admin.get("/admin"))
    wiring.one_round(office)
    runs = words(admin.get("/admin"))
    set_clock(app, OPENING + timedelta(minutes=7))
    stands = words(admin.get("/admin"))

    assert "Đồng hồ hệ thống chưa chạy lần nào." in never
    assert "Đồng hồ hệ thống" not in runs
    assert "Đồng hồ hệ thống đã dừng 7 phút." in stands


def test_files_that_nobody_refers_to_are_removed_once_a_day_by_the_clocks_round(app, office):
    def left_behind():
        path = office.content.folder / "ab" / ("ab" * 32)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
        return path

    first = left_behind()
    wiring.one_round(office)
    assert not first.exists()
    again = left_behind()
    wiring.one_round(office)
    assert again.exists()

    set_clock(app, OPENING + timedelta(days=1))
    wiring.one_round(app.extensions["office"])

    assert not again.exists()


def test_a_supervisor_may_call_the_machine_by_any_name_and_nobody_else_may(probe):
    by_number = {"Host": "192.0.2.1:5000"}

    assert probe.get("/healthz", headers=by_number).status_code == 200
    assert probe.get("/readyz", headers=by_number).status_code == 200
    assert probe.get("/login", headers=by_number).status_code == 400
    assert probe.get("/metrics", headers=by_number).status_code == 400


# -- metrics ------------------------------------------------------------------------------------------------------------


def test_moves_and_refusals_are_counted_by_workflow_move_and_outcome(app, office, probe):
    of = {login: program(app, login) for login in ("chairman", "head.kt")}
    code = new_task(office)
    of["head.kt"].move(code, "verify")
    of["head.kt"].move(code, "progress", fields={"progress": 50})

    found = figures(probe.get("/metrics"))

    assert found["dondoc_moves_total", "refused", "task", "verify"] == 1
    assert found["dondoc_moves_total", "done", "progress", "task"] == 1
    assert found["dondoc_refusals_total", "not_from_here"] == 1


def test_the_same_move_sent_again_counts_once(app, office, probe):
    head, code = program(app, "head.kt"), new_task(office)
    for _again in range(2):
        head.move(code, "progress", seen=3, key="once", fields={"progress": 50})

    assert figures(probe.get("/metrics"))["dondoc_moves_total", "done", "progress", "task"] == 1


def test_requests_are_timed_by_the_template_of_their_address(client_of, office, probe):
    code = new_task(office)
    client_of("head.kt").get(f"/items/{code}")
    probe.get("/no/such/page?q=Nguyễn")

    answer = probe.get("/metrics")

    found = figures(answer)
    assert found["dondoc_request_seconds_count", "/items/<code>", "200", "GET"] == 1
    assert found["dondoc_request_seconds_count", "404", "GET", "none"] == 1
    assert code not in answer.text


def test_a_method_that_somebody_made_up_gets_no_row_of_its_own(probe):
    probe.open("/healthz", method="BREW")

    assert figures(probe.get("/metrics"))["dondoc_request_seconds_count", "405", "none", "other"] == 1


def test_what_the_office_keeps_is_told_whichever_process_did_it(app, office, probe):
    new_task(office, due_on="2026-06-05")
    with office.write() as uow:
        payload = {"item": "missing", "move": "assign", "name": "assigned", "roles": []}
        buried = uow.messages.put("notify", payload, office.clock.now())
        uow.messages.claim("r", office.clock.now(), office.clock.now(), 10)
        uow.messages.bury(buried, "r", office.clock.now(), "x")
    set_clock(app, OPENING.replace(day=9))
    wiring.one_round(app.extensions["office"])

    found = figures(probe.get("/metrics"))

    assert found["dondoc_messages", "buried"] == 1
    assert found["dondoc_messages", "waiting"] == 0
    assert found[("dondoc_clock_age_seconds",)] == 0
    assert found[("dondoc_timers_fired_total",)] > 0
    assert found[("dondoc_job_rows_waiting",)] == 0
    assert found[("dondoc_database_up",)] == 1


def test_a_database_out_of_reach_is_itself_a_figure(app, probe):
    app.extensions["office"] = replace(app.extensions["office"], read=lambda: 1 / 0)

    found = figures(probe.get("/metrics"))

    assert found[("dondoc_database_up",)] == 0
    assert ("dondoc_clock_age_seconds",) not in found


def test_without_a_token_only_this_machine_reads_the_figures(probe):
    assert probe.get("/metrics").status_code == 200
    assert probe.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert probe.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_with_a_token_only_its_bearer_reads_them_from_wherever(furnished):
    app = create_app(replace(settings_of(furnished), metrics_token="m" * 32))
    probe = app.test_client()

    bearer = {"Authorization": "Bearer " + "m" * 32}
    assert probe.get("/metrics").status_code == 403
    assert probe.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 403
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert probe.get("/metrics", headers=bearer, environ_base=elsewhere).status_code == 200
    assert probe.get("/metrics", headers=bearer | {"Host": "192.0.2.1:5000"}, environ_base=elsewhere).status_code == 200
    close(app)


def test_a_token_that_can_be_guessed_is_refused(tmp_path):
    with pytest.raises(SettingRefused, match="DONDOC_METRICS_TOKEN"):
        Settings.from_environ(tmp_path, {"DONDOC_METRICS_TOKEN": "short"})


# -- the log of the process ---------------------------------------------------------------------------------------------


@pytest.fixture
def log_of(monkeypatch, tmp_path):
    """Begins to log as a process with that setting does; what comes is read from the stream that is returned."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = StringIO()

    def begin(kind):
        root.handlers.clear()
        monkeypatch.setattr("sys.stderr", stream)
        logs.log_to_stderr(replace(settings_of(tmp_path), log=kind))
        return stream

    yield begin
    root.handlers[:] = handlers
    root.setLevel(level)


def objects(stream):
    """What was logged since this was asked last."""
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return [json.loads(line) for line in text.splitlines()]


def test_each_request_is_a_line_that_names_nobody(client_of, log_of):
    admin = client_of("admin")
    stream = log_of("json")

    answer = admin.get("/admin/people/officer.kt?q=Nguyễn")

    (line,) = objects(stream)
    assert line["event"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/admin/people/<login>", 200)
    assert line["request"] == answer.headers["X-Request-Id"]
    assert line["milliseconds"] >= 0
    assert "officer.kt" not in json.dumps(line, ensure_ascii=False)
    assert "Nguyễn" not in json.dumps(line, ensure_ascii=False)


def test_a_fault_is_logged_with_its_request_and_places_but_without_what_people_entered(app, client_of, log_of):
    client = client_of("chairman")

    def fail():
        raise ValueError("duplicate key\nDETAIL: Key (title)=(Nguyễn Văn A) exists")

    app.extensions["badge"] = None
    app.view_functions["inbox.index"] = fail
    stream = log_of("json")

    answer = client.get("/")

    fault = next(line for line in objects(stream) if line["level"] == "error")
    assert answer.status_code == 500
    assert fault["request"] == answer.headers["X-Request-Id"]
    assert fault["exception"] == "ValueError: duplicate key"
    assert any(place.endswith(" fail") for place in fault["trace"])
    assert "Nguyễn" not in json.dumps(fault, ensure_ascii=False)


def test_as_text_only_trouble_is_logged_and_no_message_begins_a_line_of_its_own(log_of):
    stream = log_of("text")

    logging.getLogger("dondoc.request").info("request")
    logging.getLogger("web").warning("a\nERROR web: forged")

    (line,) = stream.getvalue().splitlines()
    assert line.endswith("WARNING web: a ERROR web: forged")


def test_a_mail_address_is_not_logged(log_of):
    stream = log_of("json")

    logging.getLogger("workflow.outbox").warning("not delivered: %s", "550 <nguyen.van.a@example.vn>: unknown user")

    (line,) = objects(stream)
    assert line["event"] == "not delivered: 550 <…@…>: unknown user"


def test_the_id_of_a_request_is_in_its_answer_and_in_the_entry_it_caused(app, office):
    head, code = program(app, "head.kt"), new_task(office)

    own = head.move(code, "progress", fields={"progress": 50})
    named = head.ask(
        "POST", f"/items/{code}/comments", json={"text": "Xong phần 2"}, headers={"X-Request-Id": "proxy-0123456789"}
    )

    assert re.fullmatch(r"[0-9a-f]{16}", own.headers["X-Request-Id"])
    assert named.headers["X-Request-Id"] == "proxy-0123456789"
    with office.read() as uow:
        item = uow.items.get(code).item
        entries = [entry.body for entry in uow.audit.stream(f"task/{item.id}")]
    assert b'"id":"proxy-0123456789"' in entries[-1]


@pytest.mark.parametrize(
    "given", ["short", "with space 0123456789", "a" * 65, "ngắt-dòng-0123456789", "<b>0123456789</b>"]
)
def test_an_id_that_could_not_be_read_back_is_replaced(probe, given):
    answer = probe.get("/healthz", headers={"X-Request-Id": given})

    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
