"""The environment, read once into a frozen value; nothing else looks at it."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from web.mail_server import MailServer, MailUrlInvalid
from workflow.clock import VIETNAM

LANGUAGES = ("vi", "en")
_LOGS = ("text", "json")
_SECRET_BYTES = 32
_TOKEN_LENGTH = 16


class SettingRefused(ValueError):
    """A variable of the environment is odd or missing; the message names it and the way out."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the data lies and what surrounds the application.

    `proxy_hops` is the exact number of reverse proxies whose forwarding headers are to be believed. `test_clock` allows
    rounds of the clock at an instant that somebody names.
    """

    data: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    owner_database_url: str | None = field(default=None, repr=False)
    redactor_database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    sealer_database_url: str | None = field(default=None, repr=False)
    signer_database_url: str | None = field(default=None, repr=False)
    signer: Path = Path("var/signer")
    signer_passphrase: str | None = field(default=None, repr=False)
    tsa_url: str | None = field(default=None, repr=False)
    mail_server: MailServer | None = None
    base_url: str | None = None
    zone: ZoneInfo = VIETNAM
    language: str = "vi"
    files: Path = Path("var/files")
    trusted_roots: Path | None = None
    log: str = "text"
    metrics_token: str | None = field(default=None, repr=False)
    proxy_hops: int = 0
    test_clock: bool = False

    @classmethod
    def from_environ(cls, data: Path | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """The settings of this process; `data` outranks DONDOC_DATA. SettingRefused names the variable at fault."""
        env = os.environ if environ is None else environ
        folder = data or Path(env.get("DONDOC_DATA") or "var")
        database_url = _secret(env, "DONDOC_DATABASE_URL")
        base_url = _base(env.get("DONDOC_BASE_URL"))
        return cls(
            data=folder,
            database_url=_database("DONDOC_DATABASE_URL", database_url)
            or f"sqlite:///{folder.resolve()}/dondoc.sqlite",
            secret_key=_secret_key(env, folder, kept=database_url is None),
            owner_database_url=_of_a_server(env, "DONDOC_OWNER_DATABASE_URL"),
            redactor_database_url=_of_a_server(env, "DONDOC_REDACTOR_DATABASE_URL"),
            redis_url=_url("DONDOC_REDIS_URL", _secret(env, "DONDOC_REDIS_URL"), ("redis", "rediss", "unix")),
            sealer_database_url=_of_a_server(env, "DONDOC_SEALER_DATABASE_URL"),
            signer_database_url=_of_a_server(env, "DONDOC_SIGNER_DATABASE_URL"),
            signer=Path(env.get("DONDOC_SIGNER") or folder / "signer"),
            signer_passphrase=_secret(env, "DONDOC_SIGNER_PASSPHRASE"),
            tsa_url=_url("DONDOC_TSA_URL", _secret(env, "DONDOC_TSA_URL"), ("http", "https")),
            mail_server=_mail_server(_secret(env, "DONDOC_MAIL_URL"), base_url),
            base_url=base_url,
            zone=_zone(env.get("DONDOC_TIMEZONE") or "Asia/Ho_Chi_Minh"),
            language=_one_of("DONDOC_LANG", env.get("DONDOC_LANG") or "vi", LANGUAGES),
            files=Path(env.get("DONDOC_FILES") or folder / "files"),
            trusted_roots=_folder("DONDOC_TRUSTED_ROOTS", env.get("DONDOC_TRUSTED_ROOTS")),
            metrics_token=_metrics_token(_secret(env, "DONDOC_METRICS_TOKEN")),
            log=_one_of("DONDOC_LOG", env.get("DONDOC_LOG") or "text", _LOGS),
            proxy_hops=_count("DONDOC_PROXY_HOPS", env.get("DONDOC_PROXY_HOPS") or "0"),
            test_clock=_one_of("DONDOC_TEST_CLOCK", env.get("DONDOC_TEST_CLOCK") or "0", ("0", "1")) == "1",
        )

    @property
    def signs_by_itself(self) -> bool:
        """One machine, one SQLite file, the signer's folder beside it: then `dondoc serve` calls the signer, a child process."""
        beside = self.signer == self.data / "signer"
        return beside and self.redis_url is None and self.database_url.startswith("sqlite:")

    @property
    def https(self) -> bool:
        return bool(self.base_url and self.base_url.startswith("https://"))

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The only names a request may call us by; others answer 400."""
        public = urlsplit(self.base_url).hostname if self.base_url else None
        return tuple(name for name in (public, "localhost", "127.0.0.1", "[::1]") if name)


def wished_language() -> str:
    """DONDOC_LANG where it is one that we speak: for words that are said before the settings are read."""
    wish = os.environ.get("DONDOC_LANG")
    return wish if wish in LANGUAGES else LANGUAGES[0]


def _secret(env: Mapping[str, str], name: str) -> str | None:
    """The variable, or the content of the file that its `_FILE` twin names."""
    path = env.get(f"{name}_FILE")
    if path is None:
        return env.get(name) or None
    if env.get(name):
        raise SettingRefused(name, f"set either it or {name}_FILE, not both")
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError as fault:
        raise SettingRefused(f"{name}_FILE", f"cannot read {path}: {fault.strerror}") from fault


def _database(name: str, url: str | None) -> str | None:
    if url is not None and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingRefused(name, "must begin with postgresql+psycopg:// or sqlite:///")
    return url


def _of_a_server(env: Mapping[str, str], name: str) -> str | None:
    url = _secret(env, name)
    if url is not None and not url.startswith("postgresql+psycopg://"):
        raise SettingRefused(name, "must begin with postgresql+psycopg://")
    return url


def _url(name: str, url: str | None, schemes: tuple[str, ...]) -> str | None:
    if url is not None and urlsplit(url).scheme not in schemes:
        raise SettingRefused(name, f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url


def _mail_server(url: str | None, base_url: str | None) -> MailServer | None:
    if url is None:
        return None
    try:
        found = MailServer.of_url(url)
    except MailUrlInvalid as fault:
        raise SettingRefused("DONDOC_MAIL_URL", str(fault)) from fault
    if base_url is None:
        raise SettingRefused(
            "DONDOC_BASE_URL", "is required with DONDOC_MAIL_URL: the links of every mail begin with it"
        )
    return found


def _base(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise SettingRefused("DONDOC_BASE_URL", f"{url!r} must be like https://dondoc.example.vn, without a path")
    return url.rstrip("/")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise SettingRefused("DONDOC_TIMEZONE", f"no time zone {name!r}; for instance Asia/Ho_Chi_Minh") from fault


def _folder(name: str, path: str | None) -> Path | None:
    if path and not Path(path).is_dir():
        raise SettingRefused(name, f"there is no folder {path}")
    return Path(path) if path else None


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise SettingRefused(name, f"{value!r} is not one of {', '.join(known)}")
    return value


def _count(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 9:
        raise SettingRefused(name, f"{value!r} must be a number from 0 to 9")
    return int(value)


def _metrics_token(token: str | None) -> str | None:
    if token is not None and len(token) < _TOKEN_LENGTH:
        raise SettingRefused("DONDOC_METRICS_TOKEN", f"needs at least {_TOKEN_LENGTH} characters")
    return token


def _secret_key(env: Mapping[str, str], folder: Path, *, kept: bool) -> str:
    given = _secret(env, "DONDOC_SECRET_KEY")
    if given is not None:
        if len(given.encode()) < _SECRET_BYTES:
            raise SettingRefused("DONDOC_SECRET_KEY", f"needs at least {_SECRET_BYTES} bytes")
        return given
    if not kept:
        raise SettingRefused(
            "DONDOC_SECRET_KEY", "is required with DONDOC_DATABASE_URL, so that every process shares one"
        )
    return kept_secret(folder / "secret-key")


def kept_secret(path: Path) -> str:
    """The secret in `path`; made there, readable by its owner alone, where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Created in one step: of two processes that start together, one makes it and the other reads it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = path.read_text(encoding="ascii").strip()
        if len(kept) < _SECRET_BYTES:
            raise SettingRefused("DONDOC_SECRET_KEY", f"the key kept in {path} is too short; remove it") from None
        return kept
    with os.fdopen(handle, "w", encoding="ascii") as file:
        made = secrets.token_urlsafe(48)
        file.write(made)
    return made
