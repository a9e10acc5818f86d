"""The real application in a process of its own, over a folder of its own, at the time that a test says.

`python -m tests.serving FOLDER INSTANT SETTINGS PORT` (a JSON object of variables; 0 is any port) tells its port, then takes an
order a line and answers each with a line:
an instant moves the clock's hand there, `round` lets the clock look once for what fell due.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

from argon2 import PasswordHasher
from waitress.server import create_server

from tests.offices import DEFINITIONS, HOUSE, OPENING
from web import create_app, wiring
from web.settings import Settings
from workflow.clock import Clock, fixed
from workflow.persistence import open_owner_engine
from workflow.persistence.migrations import upgrade
from workflow.services import people, publishing
from workflow.services.demonstration import Stage, build
from workflow.services.directives import order_of
from workflow.services.office import Office
from workflow.values import replace

PASSWORD = "bốn mùa hoa nở trước sân"
KEPT = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""What the product would keep of it, at the least cost: people of tests log in by the thousand, and nobody guesses at them."""
_THREADS = 4


class Refused(Exception):
    """The server did not start, or did not answer an order; its own words are on the standard error."""


@dataclass
class Served:
    """An application that listens at `address` until `stop`."""

    address: str
    _process: subprocess.Popen
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, instant: datetime) -> None:
        """From now on it is `instant` there."""
        self._order(instant.isoformat())

    def round(self) -> int:
        """Let the clock look once; how many timers fired."""
        return int(self._order("round"))

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait(timeout=20)
        self._process.stdin.close()
        self._process.stdout.close()

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def _order(self, words: str) -> str:
        with self._lock:
            self._process.stdin.write(f"{words}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().strip()
        if not answer:
            raise Refused(words)
        return answer


def serve(folder: Path, instant: datetime, settings: Mapping[str, str] = MappingProxyType({}), port: int = 0) -> Served:
    """Start a server over the office in `folder`, or where `settings`, named as in the environment, say."""
    words = (str(folder), instant.isoformat(), json.dumps(dict(settings)), str(port))
    command = [sys.executable, "-m", "tests.serving", *words]
    root = Path(__file__).parent.parent
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told = process.stdout.readline().strip()
    if not told:
        raise Refused(" ".join(command))
    return Served(f"http://127.0.0.1:{told}", process)


# -- what stands in the folder ------------------------------------------------------------------------------------------


def office_in(folder: Path, instant: datetime = OPENING) -> Office:
    """The office in `folder`, for what a test prepares or looks up there itself; the first call makes its database."""
    settings = Settings.from_environ(folder, {})
    owner = open_owner_engine(settings.database_url)
    upgrade(owner)
    owner.dispose()
    return replace(create_app(settings).extensions["office"], clock=fixed(instant))


def furnish(folder: Path) -> Office:
    """The commune's posts and the shipped workflows, nothing else."""
    office = office_in(folder)
    seat(office)
    return office


def seat(office: Office) -> None:
    """Fill an empty office likewise."""
    people.seed_organisation(office, HOUSE, wiring.shipped().organisation, KEPT)
    for report in wiring.shipped().workflows.values():
        publishing.publish(office, HOUSE, report.source, report.file)


def live_through(folder: Path) -> Office:
    """The demonstration office on its last day, five months old."""
    office = office_in(folder)
    text = (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes()
    order = order_of(wiring.shipped().obligations, text, date(2026, 6, 15))
    built = build(Stage(office, wiring.shipped(), order, KEPT, night=wiring.clock_and_post))
    return replace(office, clock=fixed(built.until))


# -- the process --------------------------------------------------------------------------------------------------------


@dataclass
class Hand:
    """Where the clock's hand stands."""

    at: datetime


def main(folder: str, instant: str, variables: str, port: str) -> None:
    hand = Hand(datetime.fromisoformat(instant))
    wiring.kept_clock = lambda _data: Clock(read=lambda: hand.at)
    settings = Settings.from_environ(Path(folder), json.loads(variables))
    app = create_app(settings)
    server = create_server(app, host="127.0.0.1", port=int(port), threads=_THREADS)
    threading.Thread(target=server.run, daemon=True).start()
    _tell(server.effective_port)
    for line in sys.stdin:
        order = line.strip()
        if order == "round":
            _tell(wiring.clock_and_post(app.extensions["office"], wiring.hands_of(settings).post).fired)
        else:
            hand.at = datetime.fromisoformat(order)
            _tell(order)


def _tell(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
