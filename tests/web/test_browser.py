"""The browser that other tests drive."""

import pytest

from tests import chromium


@pytest.mark.browser
def test_a_page_is_opened_and_answers_a_click(browser):
    page = browser.new_page()
    page.set_content("<button onclick=\"this.textContent='Đã giao'\">Giao việc</button>")

    page.get_by_role("button").click()

    assert page.get_by_role("button").inner_text() == "Đã giao"
    page.close()


def test_the_browser_that_is_named_outranks_what_is_found(monkeypatch):
    monkeypatch.setenv("DONDOC_TEST_CHROMIUM", "/bin/sh")

    assert chromium.find() == "/bin/sh"


def test_a_named_browser_that_does_not_exist_is_said_and_nothing_is_installed_for_it(monkeypatch):
    monkeypatch.setenv("DONDOC_TEST_CHROMIUM", "/nowhere/chromium")
    monkeypatch.setattr(chromium, "_install", lambda: pytest.fail("installed"))

    with pytest.raises(chromium.NotHad, match="/nowhere/chromium"):
        chromium.provide.__wrapped__()
