"""Programs of people of the commune that call a served office over the network, and its clock as a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tests.calls import ALL, Program
from tests.offices import HOUSE
from tests.serving import Served, office_in
from workflow.services import people

_ROOT = Path(__file__).parent.parent.parent
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_BOUNDARY = "----dondoc-test-boundary"


def on(month: int, day: int, hour: int = 8, minute: int = 0, second: int = 0) -> datetime:
    """That instant of 2026 in Việt Nam, in UTC."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=_ZONE).astimezone(UTC)


@dataclass(frozen=True)
class Answer:
    """What came over the wire, with the names that Flask's own test client gives it."""

    status_code: int
    headers: dict[str, str]
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def mimetype(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(frozen=True)
class Wire:
    """Stands where Flask's test client stands and calls a server."""

    address: str

    def open(
        self, path: str, method: str, headers: dict[str, str], json: object = None, data: bytes | None = None
    ) -> Answer:
        line = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        body = data
        if json is not None:
            body = _json(json)
            headers = {**headers, "Content-Type": "application/json"}
        line.request(method, path, body=body, headers=headers)
        answer = line.getresponse()
        found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        line.close()
        return found


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


@dataclass
class Commune:
    """A served office: its people's programs, its hand of time, its clock."""

    folder: Path
    served: Served
    began: datetime
    _programs: dict[str, Program] = field(default_factory=dict)

    def at(self, instant: datetime) -> None:
        self.served.at(instant)

    def program(self, login: str) -> Program:
        if login not in self._programs:
            given = people.create_token(office_in(self.folder, self.began), HOUSE, login, ALL)
            self._programs[login] = Program(Wire(self.served.address), given.token)
        return self._programs[login]

    def file(self, login: str, code: str, name: str, content: bytes) -> str:
        """Upload a file to an item; its SHA-256."""
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        answer = self.program(login).ask(
            "POST",
            f"/items/{code}/files",
            data=head + content + f"\r\n--{_BOUNDARY}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json["sha256"]

    def clock(self, instant: datetime) -> str:
        """One round of the clock at that instant, as `dondoc clock --once` does it; what it said."""
        said = self.command("clock", "--once", "--now", instant.isoformat())
        self.at(instant)
        return said

    def command(self, *words: str) -> str:
        """A command of the house on this office; its words. It must not fail."""
        env = {**os.environ, "DONDOC_DATA": str(self.folder), "DONDOC_TEST_CLOCK": "1", "DONDOC_LANG": "en"}
        done = subprocess.run(
            [sys.executable, "-m", "web", *words], cwd=_ROOT, env=env, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def notices(self, login: str) -> list[str]:
        """The kinds of notice that person has, the oldest first."""
        return [one["template"] for one in reversed(self.program(login).get("/notices").json["items"])]

    def history(self, login: str, code: str) -> list[dict]:
        """The entries of an item, the oldest first."""
        return list(reversed(self.program(login).get(f"/items/{code}/history").json["items"]))
