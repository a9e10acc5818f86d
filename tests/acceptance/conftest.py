"""The application in its own process over a new office, and the people of the commune at their browsers."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest

from tests.acceptance.wires import Commune, on
from tests.browsing import Window, window
from tests.databases import Ground, PostgresqlStock
from tests.offices import office_over
from tests.servers import RedisServer
from tests.serving import Served, furnish, seat, serve
from tests.workers import crew, environment, until
from web import wiring
from workflow.services.office import Office

ALONE = "one process on SQLite"
SCALED = "two processes and a worker on PostgreSQL and Redis"
"""How an office is served; a test takes its pick with `indirect=True`."""
_PATIENCE = 60

MORNING = datetime(2026, 6, 8, 1, tzinfo=UTC)
"""Monday 8 June 2026, 08:00 in Việt Nam."""


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("furnished")
    furnish(folder)
    return folder


@pytest.fixture
def commune(furnished: Path, tmp_path: Path) -> Iterator[Commune]:
    """The office on Monday 22 June 2026, reached by programs: the commune's own stories begin there."""
    began = on(6, 22)
    folder = shutil.copytree(furnished, tmp_path / "data")
    served = serve(folder, began)
    yield Commune(folder, served, began)
    served.stop()


@dataclass
class Several:
    """Several web processes of one office, with a worker: whoever asks for the address is sent to the next of them."""

    office: Office
    processes: list[Served]

    def __post_init__(self) -> None:
        self._turns = cycle(self.processes)

    @property
    def address(self) -> str:
        return next(self._turns).address

    def at(self, instant: datetime) -> None:
        for process in self.processes:
            process.at(instant)

    def round(self) -> int:
        """Let the clock look once, and the worker deliver what is to be told; how many timers fired."""
        fired = self.processes[0].round()
        until(self._nothing_waits, _PATIENCE, "the worker to deliver everything")
        return fired

    def _nothing_waits(self) -> bool:
        with self.office.read() as uow:
            return uow.messages.oldest_waiting() is None


@pytest.fixture
def served(request: pytest.FixtureRequest, furnished: Path, tmp_path: Path) -> Iterator[Served | Several]:
    """The application over an office of its own, in the morning of 8 June: in no office does time ever go back."""
    if getattr(request, "param", ALONE) == SCALED:
        yield request.getfixturevalue("scaled")
        return
    made = serve(shutil.copytree(furnished, tmp_path / "data"), MORNING)
    yield made
    made.stop()


@pytest.fixture
def scaled(postgresql_stock: PostgresqlStock, redis_server: RedisServer, tmp_path: Path) -> Iterator[Several]:
    """Two web processes and a worker over PostgreSQL and Redis."""
    ground = Ground(postgresql_stock, tmp_path)
    database = ground.like("furnished", lambda bare: seat(office_over(bare)))
    # The worker comes late to everything: what is due in the story is due for him.
    wiring.keep_clock(database.folder, datetime(2027, 1, 1, tzinfo=UTC) - datetime.now(UTC))
    settings = environment(database, redis_server) | {"DONDOC_LANG": "vi"}
    with ExitStack() as closing:
        closing.callback(ground.close)
        closing.enter_context(crew(database, redis_server)).launch("worker")
        processes = [serve(database.folder, MORNING, settings) for _ in range(2)]
        for process in processes:
            closing.callback(process.stop)
        yield Several(office_over(database), processes)


@pytest.fixture
def seated(browser, served: Served | Several) -> Iterator[Callable[..., Window]]:
    """Somebody at a browser of their own, signed in; options are those of a Playwright context."""
    with ExitStack() as windows:

        def sit(login: str, **options: object) -> Window:
            made = windows.enter_context(window(browser, served.address, **options))
            made.log_in(login)
            return made

        yield sit
