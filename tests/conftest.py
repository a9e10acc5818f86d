"""What every folder of tests shares: the browser, and the last word on what could not be had."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from tests import chromium, missing, room
from tests.completeness import CountedGround
from tests.databases import Database, Ground, PostgresqlStock, sqlite_ground
from tests.servers import NotHad, Postgres, RedisServer, must_have, postgres_server, redis_of_its_own

room.take()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in missing.lines():
        terminalreporter.write_line(f"COULD NOT BE HAD  {line}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium, headless; each test opens its own context in it."""
    with sync_playwright() as playwright:
        opened = _opened(playwright)
        yield opened
        opened.close()


def _opened(playwright: Playwright) -> Browser:
    try:
        return playwright.chromium.launch(**chromium.launch_options())
    except (chromium.NotHad, Error) as fault:
        why = str(fault).splitlines()[0]
        missing.say("a browser", f"{why}; what only a browser can show was not tested")
        pytest.skip("no browser could be had")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL; each test makes a database of its own in it."""
    try:
        with postgres_server() as server:
            yield server
    except NotHad as fault:
        must_have("PostgreSQL", fault)


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A real, empty Redis of this test alone, which may kill and restart it."""
    try:
        with redis_of_its_own() as server:
            yield server
    except NotHad as fault:
        must_have("Redis", fault)


@pytest.fixture(scope="session")
def postgresql_stock(postgres: Postgres) -> Iterator[PostgresqlStock]:
    stock = PostgresqlStock(postgres)
    yield stock
    stock.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """Where this test's databases stand: it runs once on each kind."""
    if request.param == "sqlite":
        yield from _on_sqlite(tmp_path)
        return
    made = Ground(request.getfixturevalue("postgresql_stock"), tmp_path)
    yield made
    made.close()


def _on_sqlite(folder: Path) -> Iterator[Ground]:
    """With DONDOC_COMPLETENESS set, what the test changes and what it logs is counted and held against each other."""
    if not os.environ.get("DONDOC_COMPLETENESS"):
        yield sqlite_ground(folder)
        return
    counted = CountedGround(sqlite_ground(folder))
    with counted.watching():
        yield counted
    assert counted.faults() == []


@pytest.fixture
def database(ground: Ground) -> Database:
    """An empty office with the newest schema."""
    return ground.database()
