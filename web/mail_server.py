"""Where letters are handed over, as DONDOC_MAIL_URL says it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from workflow.services.mail import is_address

_OPTIONS = frozenset({"from", "starttls", "ca"})
_STARTTLS = ("offered", "required", "never")
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587


class MailUrlInvalid(ValueError):
    """The URL names no mail server that could be used; the message says why."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """`tls` from the first byte (smtps), or by STARTTLS: "offered" takes it where it is there, and never sends a password without.

    `sender` is the address that letters come from, `ca` a file of certificates to trust besides the system's own.
    """

    host: str
    port: int
    tls: bool = False
    starttls: str = "offered"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str | None = None
    ca: str | None = None

    @classmethod
    def of_url(cls, url: str) -> Self:
        """`smtp://user:password@host:587?from=dondoc@example.vn`; `smtps://` speaks TLS at once. MailUrlInvalid says why not."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
            raise MailUrlInvalid("must be like smtp://user:password@mail.example.vn:587 or smtps://…")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in options.keys() - _OPTIONS:
            raise MailUrlInvalid(f"knows no option “{name}”; there are {', '.join(sorted(_OPTIONS))}")
        user = _ascii(unquote(parts.username)) if parts.username else None
        usual = _SUBMISSION if user and parts.scheme == "smtp" else _PORTS[parts.scheme]
        return cls(
            host=parts.hostname,
            port=_port(parts) or usual,
            tls=parts.scheme == "smtps",
            starttls=_starttls(options.get("starttls", "offered")),
            user=user,
            password=_ascii(unquote(parts.password)) if parts.password else None,
            sender=_sender(options.get("from")),
            ca=_ca(options.get("ca")),
        )


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        # What it says would repeat a part of the URL, which may be one of the password.
        raise MailUrlInvalid("names no port that could be one") from None


def _ascii(secret: str) -> str:
    if not secret.isascii():
        raise MailUrlInvalid("user and password must be plain letters, digits and signs (ASCII)")
    return secret


def _starttls(wish: str) -> str:
    if wish not in _STARTTLS:
        raise MailUrlInvalid(f"starttls={wish!r} is not one of {', '.join(_STARTTLS)}")
    return wish


def _sender(address: str | None) -> str | None:
    if address is not None and not is_address(address):
        raise MailUrlInvalid(f"from={address!r} is no address")
    return address


def _ca(path: str | None) -> str | None:
    if path is not None and not Path(path).is_file():
        raise MailUrlInvalid(f"ca={path!r} is no file")
    return path
