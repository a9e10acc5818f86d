"""The application in its own process over a new office, and the people of the commune at their browsers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from tests.browsing import Window, window
from tests.serving import Served, furnish, serve

MORNING = datetime(2026, 6, 8, 1, tzinfo=UTC)
"""Monday 8 June 2026, 08:00 in Việt Nam."""


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("commune")
    furnish(folder)
    made = serve(folder, MORNING)
    yield made
    made.stop()


@pytest.fixture
def served(process: Served) -> Served:
    """The application, in the morning of 8 June. Each test has items of its own in it."""
    process.at(MORNING)
    return process


@pytest.fixture
def seated(browser, served: Served) -> Iterator[Callable[..., Window]]:
    """Somebody at a browser of their own, signed in; options are those of a Playwright context."""
    with ExitStack() as windows:

        def sit(login: str, **options: object) -> Window:
            made = windows.enter_context(window(browser, served.address, **options))
            made.log_in(login)
            return made

        yield sit
