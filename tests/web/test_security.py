import re

import pytest
from flask import request
from werkzeug.exceptions import TooManyRequests

from tests.offices import HOUSE
from tests.web.test_vendor import templates
from web import create_app, security
from web.settings import Settings
from workflow.services import people


def filled(rule):
    """A path of that rule."""
    return re.sub(r"<(?:\w+:)?\w+>", "x", re.sub(r"<int:\w+>", "1", rule))


def changing_routes(app):
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            if not rule.rule.startswith(security.API_PREFIX):
                yield method, filled(rule.rule)


def test_every_changing_route_refuses_a_form_without_a_token_of_this_session(app, client_of):
    head, chairman = client_of("head.kt"), client_of("chairman")
    old = head.token
    head.post("/logout")
    head.log_in("head.kt")

    for token in ("", old, chairman.token, "AAAA", "không phải"):
        for method, path in changing_routes(app):
            answer = head.client.open(path, method=method, data={"csrf_token": token})
            assert answer.status_code == 403, (method, path, token)
    assert head.get("/help").status_code == 200


def test_the_token_of_a_page_is_accepted_and_masked_anew_each_time(client_of):
    head = client_of("head.kt")

    first = head.token
    head.get("/help")

    assert head.token != first
    assert head.post("/language", language="vi", next="/help").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.vn"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.vn"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_the_right_token(client_of, headers):
    head = client_of("head.kt")

    answer = head.client.post("/language", data={"csrf_token": head.token, "language": "en"}, headers=headers)

    assert answer.status_code == 403


def test_a_form_of_this_site_says_so_and_is_accepted(client_of):
    head = client_of("head.kt")

    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    answer = head.client.post("/language", data={"csrf_token": head.token, "language": "en"}, headers=headers)

    assert answer.status_code == 303


def test_asking_with_get_never_ends_a_session(client_of):
    head = client_of("head.kt")

    assert head.get("/logout").status_code == 405
    assert head.get("/help").status_code == 200


def test_every_page_but_the_public_ones_asks_for_a_session(app, visitor):
    with app.app_context():
        private = [
            filled(rule.rule)
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods and not security.is_public(rule.endpoint)
        ]

    assert private
    assert [path for path in private if visitor.client.get(path).status_code != 401] == []


HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Request-Id",
)


@pytest.mark.parametrize("path", ["/login", "/help", "/nowhere", "/logout", "/fault"])
def test_every_answer_carries_the_headers(app, visitor, path):
    app.add_url_rule("/fault", "fault", security.public(lambda: 1 / 0))

    answer = visitor.get(path)

    assert all(answer.headers.get(name) for name in HEADERS)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


FORBIDDEN = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:|hx-on|js:")


def test_no_template_holds_what_the_policy_forbids():
    for name, text in templates():
        assert not FORBIDDEN.search(text), name


@pytest.mark.parametrize(
    "host", ["evil.vn", "localhost.evil.vn", "127.0.0.1.evil.vn", "evil.vn:80", "localhost:80@evil.vn"]
)
def test_a_foreign_host_name_is_refused(visitor, host):
    assert visitor.get("/login", headers={"Host": host}).status_code == 400


def test_the_public_name_is_trusted_and_https_hardens_the_cookies(tmp_path):
    settings = Settings.from_environ(tmp_path, {"DONDOC_BASE_URL": "https://dondoc.duongan.vn"})
    app = create_app(settings)

    answer = app.test_client().get("/login", base_url="https://dondoc.duongan.vn")

    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-dondoc-form=")
    assert "Secure" in cookie


def test_forwarding_headers_count_only_behind_a_named_proxy(tmp_path):
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    seen = {}
    for hops in ("0", "1"):
        app = create_app(Settings.from_environ(tmp_path, {"DONDOC_PROXY_HOPS": hops}))
        app.add_url_rule("/who", "who", security.public(lambda: f"{request.remote_addr} {request.scheme}"))
        seen[hops] = app.test_client().get("/who", headers=told).text

    assert seen == {"0": "127.0.0.1 http", "1": "203.0.113.9 https"}


def test_a_token_counts_under_api_only_and_a_cookie_nowhere_there(app, office, client_of):
    app.add_url_rule("/api/v1/who", "who", lambda: "somebody")
    given = people.create_token(office, HOUSE, "head.kt", frozenset({"read"}))
    head = client_of("head.kt")

    anonymous = app.test_client()
    bearer = {"Authorization": f"Bearer {given.token}"}
    assert anonymous.get("/api/v1/who", headers=bearer).status_code == 200
    assert anonymous.get("/help", headers=bearer).status_code == 401
    assert head.get("/api/v1/who").status_code == 401
    assert anonymous.get("/api/v1/who", headers={"Authorization": "Bearer dondoc_x"}).status_code == 401


def test_an_allowance_is_spent_by_key_and_comes_back_with_time():
    now = [0.0]
    allowance = security.Allowance(2, 60, clock=lambda: now[0])
    allowance.take("an")
    now[0] = 30.0
    allowance.take("an")

    with pytest.raises(TooManyRequests) as refused:
        allowance.take("an")
    allowance.take("binh")
    now[0] = 60.0
    allowance.take("an")

    assert refused.value.retry_after == 31


def test_a_form_that_is_far_too_large_is_refused_without_being_read(client_of):
    head = client_of("head.kt")

    answer = head.post("/language", language="v" * 3_000_000)

    assert answer.status_code == 413
