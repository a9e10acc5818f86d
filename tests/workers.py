"""The scaled mode as an operator runs it: clocks and workers in processes of their own, which a test may kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.databases import Database
from tests.servers import RedisServer

ROOT = Path(__file__).parent.parent
_SECRET = "a key that all processes of the tests share"
_POLL_SECONDS = 0.02


class Overdue(Exception):
    """What a test waited for did not come about."""


def until(holds: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until that holds. Overdue says what did not come about."""
    last = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > last:
            raise Overdue(what)
        time.sleep(_POLL_SECONDS)


def environment(database: Database, redis: RedisServer) -> dict[str, str]:
    """The settings of every process over that database and that Redis."""
    return {
        "DONDOC_DATA": str(database.folder),
        "DONDOC_DATABASE_URL": database.url,
        "DONDOC_SECRET_KEY": _SECRET,
        "DONDOC_REDIS_URL": redis.url,
        "DONDOC_LANG": "en",
    }


@dataclass
class Crew:
    """Processes of one office. Whoever kills one starts it again, as the machine's supervisor would."""

    env: dict[str, str]
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def launch(self, *words: str) -> subprocess.Popen[str]:
        """A process of `dondoc`, which takes its time until it runs."""
        process = subprocess.Popen(
            [sys.executable, "-m", "web", *words],
            cwd=ROOT,
            env={**os.environ, **self.env},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The same; it says that it runs before this returns."""
        process = self.launch(*words)
        if not process.stdout.readline():
            raise Overdue(f"{words} to start")
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        """As a power cut does."""
        process.kill()
        process.wait()
        process.stdout.close()
        self._running.remove(process)

    def stop(self, process: subprocess.Popen[str]) -> int:
        """As the supervisor does; its exit code."""
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)
        process.stdout.close()
        self._running.remove(process)
        return code

    def end(self) -> None:
        for process in list(self._running):
            self.kill(process)


@contextmanager
def crew(database: Database, redis: RedisServer) -> Iterator[Crew]:
    made = Crew(environment(database, redis))
    try:
        yield made
    finally:
        made.end()


def horses(worker: subprocess.Popen[str]) -> list[int]:
    """The processes in which that worker does its jobs."""
    try:
        found = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in found.split()]
