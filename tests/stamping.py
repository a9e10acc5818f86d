"""A time-stamping authority of the tests: a server with a key and a root certificate of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from asn1crypto import keys, tsp
from asn1crypto import x509 as certificates
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

STAMPED_AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
_SINCE, _UNTIL = STAMPED_AT - timedelta(days=400), STAMPED_AT + timedelta(days=4000)


@dataclass
class Authority:
    """`root` is its certificate as PEM; `mood` is "well", "refuses", "of another text", "garbage" or "breaks off"."""

    url: str
    root: bytes
    mood: str = "well"
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def authority() -> Iterator[Authority]:
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = _certificate("Gốc dấu thời gian", root_key, "Gốc dấu thời gian", root_key, ca=True)
    own = _certificate("Dấu thời gian", key, "Gốc dấu thời gian", root_key, ca=False)
    stamper = DummyTimeStamper(_loaded(own), _loaded_key(key), fixed_dt=STAMPED_AT)
    opened = Authority("", root.public_bytes(serialization.Encoding.PEM))

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            opened.asked.append(request["message_imprint"]["hashed_message"].native)
            if opened.mood == "breaks off":
                return
            if opened.mood == "of another text":
                request["message_imprint"]["hashed_message"] = bytes(32)
            answer = stamper.request_tsa_response(request)
            if opened.mood == "refuses":
                answer = tsp.TimeStampResp({"status": {"status": "rejection", "status_string": ["quota"]}})
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(b"<html>" if opened.mood == "garbage" else answer.dump())

        def log_message(self, *_said: object) -> None:
            """Nothing on the screen."""

    with HTTPServer(("127.0.0.1", 0), Desk) as server:
        opened.url = f"http://127.0.0.1:{server.server_port}/tsa"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield opened
        finally:
            server.shutdown()
            thread.join()


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _loaded(one: x509.Certificate) -> certificates.Certificate:
    return certificates.Certificate.load(one.public_bytes(serialization.Encoding.DER))


def _loaded_key(key: rsa.RSAPrivateKey) -> keys.PrivateKeyInfo:
    plain = serialization.NoEncryption()
    return keys.PrivateKeyInfo.load(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain)
    )
