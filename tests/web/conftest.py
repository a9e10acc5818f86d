"""A real application over a real SQLite database with the commune's posts, and visitors who read its pages."""

import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import CodeType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from tests.browsing import Window, window
from tests.offices import OPENING
from tests.serving import PASSWORD, live_through, seat, serve
from web import create_app, wiring
from web.settings import Settings
from workflow.clock import fixed
from workflow.persistence import open_owner_engine
from workflow.persistence.migrations import upgrade
from workflow.services.office import Office
from workflow.values import replace

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def settings_of(folder: Path) -> Settings:
    return Settings.from_environ(folder, {})


def set_clock(app: Flask, instant: datetime) -> None:
    """The office of `app` at another instant."""
    app.extensions["office"] = replace(app.extensions["office"], clock=fixed(instant))


@dataclass
class Visitor:
    """A browser without JavaScript: it sends the forms of the page it has open."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, **options: object) -> TestResponse:
        return self._read(self.client.get(path, **options))

    def post(self, path: str, **fields: str) -> TestResponse:
        return self._read(self.client.post(path, data={"csrf_token": self.token, **fields}))

    def log_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        self.get("/login")
        answer = self.post("/login", login=login, password=password)
        if answer.status_code == 303:
            self.get("/help")
        return answer

    def _read(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html":
            found = _TOKEN.search(answer.text)
            self.token = found[1] if found else self.token
        return answer


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the posts and the workflows; each test gets a copy."""
    folder = tmp_path_factory.mktemp("furnished")
    settings = settings_of(folder)
    owner = open_owner_engine(settings.database_url)
    upgrade(owner)
    owner.dispose()
    app = create_app(settings)
    set_clock(app, OPENING)
    seat(app.extensions["office"])
    close(app)
    return folder


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """The folder of the demonstration office and its present instant; whoever writes there works on a copy."""
    folder = tmp_path_factory.mktemp("lived")
    office = live_through(folder)
    return folder, office.clock.now()


@pytest.fixture(scope="session")
def demonstration(lived, tmp_path_factory):
    """The demonstration office, served by a process of its own."""
    folder, now = lived
    data = shutil.copytree(folder, tmp_path_factory.mktemp("served") / "data")
    served = serve(data, now)
    yield served
    served.stop()


@pytest.fixture(scope="session")
def window_of(browser, demonstration):
    """The window of whoever has that login, opened once; "" is somebody who has not signed in."""
    with ExitStack() as open_windows:
        known: dict[str, Window] = {}

        def opened(login: str) -> Window:
            if login not in known:
                known[login] = open_windows.enter_context(window(browser, demonstration.address))
                if login:
                    known[login].log_in(login)
            return known[login]

        yield opened


class _Compiled(BytecodeCache):
    """Templates as they were compiled for the first application: each test makes one anew, of the same templates."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


def close(app: Flask) -> None:
    with app.app_context():
        wiring.db.engine.dispose()


@pytest.fixture
def app(furnished: Path, tmp_path: Path):
    shutil.copytree(furnished, tmp_path / "data")
    made = create_app(settings_of(tmp_path / "data"))
    made.jinja_env.bytecode_cache = _COMPILED
    set_clock(made, OPENING)
    yield made
    close(made)


@pytest.fixture
def office(app: Flask) -> Office:
    return app.extensions["office"]


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def client_of(app: Flask) -> Callable[[str], Visitor]:
    """Somebody who is signed in under that login."""

    def signed_in(login: str) -> Visitor:
        made = Visitor(app.test_client())
        assert made.log_in(login).status_code == 303
        return made

    return signed_in
