"""The application in its own process over a new office, and the people of the commune at their browsers."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.browsing import Window, window
from tests.serving import Served, furnish, serve

MORNING = datetime(2026, 6, 8, 1, tzinfo=UTC)
"""Monday 8 June 2026, 08:00 in Việt Nam."""


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("furnished")
    furnish(folder)
    return folder


@pytest.fixture
def served(furnished: Path, tmp_path: Path) -> Iterator[Served]:
    """The application over an office of its own, in the morning of 8 June: in no office does time ever go back."""
    made = serve(shutil.copytree(furnished, tmp_path / "data"), MORNING)
    yield made
    made.stop()


@pytest.fixture
def seated(browser, served: Served) -> Iterator[Callable[..., Window]]:
    """Somebody at a browser of their own, signed in; options are those of a Playwright context."""
    with ExitStack() as windows:

        def sit(login: str, **options: object) -> Window:
            made = windows.enter_context(window(browser, served.address, **options))
            made.log_in(login)
            return made

        yield sit
