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


@pytest.fixture
def bare_system(monkeypatch, tmp_path):
    """A folder that is the whole path: no browser; what apt-get does there is told by its script."""
    monkeypatch.delenv("DONDOC_TEST_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "_is_root", lambda: True)

    def apt_get(script):
        (tmp_path / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "apt-get").chmod(0o755)

    return apt_get


def test_root_installs_a_missing_browser(bare_system, tmp_path):
    program = tmp_path / "chromium-headless-shell"
    bare_system(f'[ "$1" = install ] && : > {program} && /bin/chmod +x {program}; exit 0')

    assert chromium.provide.__wrapped__() == str(program)


def test_an_installation_that_fails_says_why(bare_system):
    bare_system("echo 'E: Unable to locate package' >&2; exit 100")

    with pytest.raises(chromium.NotHad, match="Unable to locate package"):
        chromium.provide.__wrapped__()


def test_whoever_is_not_root_installs_nothing(bare_system, monkeypatch):
    bare_system("exit 0")
    monkeypatch.setattr(chromium, "_is_root", lambda: False)
    monkeypatch.setattr(chromium, "_install", lambda: pytest.fail("installed"))

    with pytest.raises(chromium.NotHad, match="only root"):
        chromium.provide.__wrapped__()
