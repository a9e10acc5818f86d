"""A mail server of the tests: real sockets, every letter kept as it came, and the answers that a test asks for."""

import email
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

TAKEN = "250 OK"


@dataclass
class PostOffice:
    """`letters` are those taken; `recipient` and `data` are what the server answers meanwhile."""

    port: int
    letters: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    recipient: str = TAKEN
    data: str = TAKEN

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, to: str, _options: Any
    ) -> str:
        if self.recipient == TAKEN:
            envelope.rcpt_tos.append(to)
        return self.recipient

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        if self.data == TAKEN:
            self.letters.append(envelope.original_content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
            self.secured.append(server.transport.get_extra_info("sslcontext") is not None)
        return self.data

    def admit(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"mat khau", handled=False)

    def read(self) -> list[EmailMessage]:
        return [email.message_from_bytes(letter, policy=default) for letter in self.letters]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def post_office(port: int | None = None, **options: Any) -> Iterator[PostOffice]:
    made = PostOffice(port or free_port())
    options.setdefault("auth_require_tls", False)
    server = Controller(made, hostname="127.0.0.1", port=made.port, authenticator=made.admit, **options)
    server.start()
    try:
        yield made
    finally:
        server.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that signs itself, and the context of a server that shows it."""
    shown, key = folder / "server.pem", folder / "server.key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*made, "-keyout", key, "-out", shown], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, key)
    return shown, context
