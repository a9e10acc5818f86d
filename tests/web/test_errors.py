import pytest
from flask import abort
from werkzeug.exceptions import HTTPException

from web import problems, security
from web.pages.errors import TOLD
from workflow.engine import Kind, Reason
from workflow.errors import Busy, DefinitionInvalid, NotFound, ReusedKey, StaleItem, TooLarge, TypeRefused

STATUSES = [400, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429, 500, 503]
LEAKS = ("Traceback", ".py", "sqlite", "SELECT", "workflow.", "Werkzeug")


def answer_of(app, visitor, view, **options):
    app.add_url_rule("/act", "act", security.public(view))
    return visitor.get("/act", **options)


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_page_says_what_happened_what_is_kept_what_to_do_and_whom_to_ask(app, visitor, status):
    answer = answer_of(app, visitor, lambda: abort(status))

    assert answer.status_code == status
    assert '<html lang="vi">' in answer.text
    for part in ("Những gì được giữ lại", "Việc cần làm", "báo người quản trị", answer.headers["X-Request-Id"]):
        assert part in answer.text
    assert not any(leak in answer.text for leak in LEAKS)


def test_every_status_has_words_of_its_own():
    assert set(STATUSES) | {401} == set(TOLD)
    assert len({told.title for told in TOLD.values()}) == len(TOLD)


def test_an_unknown_status_falls_back_to_words_for_its_family(app, visitor):
    answer = answer_of(app, visitor, lambda: abort(418))

    assert answer.status_code == 418
    assert "Không hiểu được yêu cầu" in answer.text


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NotFound("item", "NV-1"), 404),
        (StaleItem("1", 2, 3), 412),
        (ReusedKey("k"), 422),
        (DefinitionInvalid(()), 422),
        (Busy("held"), 503),
        (TooLarge("file", 1), 413),
        (TypeRefused("a.exe", "a program"), 415),
        (RuntimeError("secret words of SELECT"), 500),
    ],
)
def test_each_fault_has_its_status_and_tells_nothing_of_the_program(app, visitor, fault, status):
    def view():
        raise fault

    answer = answer_of(app, visitor, view)

    assert answer.status_code == status
    assert not any(leak in answer.text for leak in (*LEAKS, "secret words"))


def test_htmx_gets_a_fragment_never_a_whole_page(app, visitor):
    answer = answer_of(app, visitor, lambda: abort(409), headers={"HX-Request": "true"})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text


def test_an_expired_fragment_request_is_told_to_sign_in(visitor):
    answer = visitor.get("/help", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert "<form" not in answer.text
    assert "đăng nhập" in answer.text


def test_how_long_to_wait_is_passed_on(app, visitor):
    allowance = security.Allowance(1, 60, clock=lambda: 0.0)
    allowance.take("x")

    answer = answer_of(app, visitor, lambda: allowance.take("x"))

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "61")


def test_an_error_page_survives_a_database_that_is_gone(app, client_of):
    def view():
        raise Busy("gone")

    app.add_url_rule("/busy", "busy", view)
    head = client_of("head.kt")
    app.extensions["badge"] = None
    answer = head.get("/busy")

    assert answer.status_code == 503
    assert "Hệ thống đang bận" in answer.text


def test_a_database_out_of_reach_at_the_door_is_an_error_page_too(app, client_of):
    from dataclasses import replace

    head = client_of("head.kt")

    def gone():
        raise Busy("out of reach")

    app.extensions["office"] = replace(app.extensions["office"], read=gone)

    assert head.get("/help").status_code == 503


def test_the_first_kind_in_rank_decides_the_status_of_several_reasons():
    by_rank = [Kind.STATE, Kind.AUTHORITY, Kind.INPUT]

    statuses = [problems.of_reasons(Reason("x", kind) for kind in reversed(by_rank[n:])).status for n in range(3)]

    assert statuses == [409, 403, 422]
    assert {kind: problem.exit_code for kind, problem in problems.BY_KIND.items()} == {
        Kind.STATE: 5,
        Kind.AUTHORITY: 3,
        Kind.INPUT: 4,
        Kind.PRECONDITION: 4,
    }


def test_the_api_may_answer_for_its_own_addresses(app, visitor):
    def told(error: HTTPException):
        return {"status": error.code}, error.code

    app.extensions["api_errors"] = told

    assert visitor.get("/api/v1/nowhere").json == {"status": 404}
    assert "<html" in visitor.get("/nowhere").text
