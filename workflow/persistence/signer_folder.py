"""What a signer keeps for himself, outside of any database: his keys, and the last root that he signed."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from workflow.audit.keys import SigningKey
from workflow.audit.note import Note

OVERLAP = timedelta(days=30)
"""For so long after a new key was made the one before it signs as well."""
_KEYS, _LAST, _LOCK = "keys.json", "last-note.txt", "lock"


class NoKey(ValueError):
    """The folder holds none yet."""


@dataclass(frozen=True, slots=True)
class SignerFolder:
    """Readable by its owner alone. The keys in it are opened by `passphrase`; without one they lie open to whoever owns it."""

    path: Path
    passphrase: str | None = None

    @property
    def has_key(self) -> bool:
        return (self.path / _KEYS).exists()

    def new_key(self, name: str, at: datetime) -> SigningKey:
        """A new key, the newest from now on."""
        self._make()
        made = SigningKey.new(name)
        listed = self._listed()
        file = f"key-{len(listed) + 1}.pem"
        _write_new(self.path / file, made.stored(self.passphrase))
        listed.append({"file": file, "name": name, "made_at": at.isoformat()})
        _replace(self.path / _KEYS, json.dumps(listed, indent=1).encode())
        return made

    def keys(self, at: datetime) -> tuple[SigningKey, ...]:
        """Those that sign at that instant, the newest first; NoKey where there is none, KeyUnreadable where one stays shut."""
        listed = self._listed()
        if not listed:
            raise NoKey(f"there is no key in {self.path}")
        since = datetime.fromisoformat(listed[-1]["made_at"])
        signing = listed[-2:] if at - since < OVERLAP else listed[-1:]
        return tuple(self._key(one) for one in reversed(signing))

    def _key(self, listed: dict[str, str]) -> SigningKey:
        return SigningKey.read(listed["name"], (self.path / listed["file"]).read_bytes(), self.passphrase)

    def last_note(self) -> Note | None:
        """The note of the last root that was signed; ValueError where the file was spoilt."""
        path = self.path / _LAST
        return Note.parse(path.read_text(encoding="utf-8")) if path.exists() else None

    def remember(self, note: Note) -> None:
        """From here on only what begins with this root is signed."""
        _replace(self.path / _LAST, str(note).encode())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Two signers over one folder wait for each other."""
        self._make()
        with (self.path / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _listed(self) -> list[dict[str, str]]:
        path = self.path / _KEYS
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def _write_new(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, content: bytes) -> None:
    """All of it or what was there before, whatever happens meanwhile."""
    half = path.with_name(f"{path.name}.part")
    half.unlink(missing_ok=True)
    _write_new(half, content)
    half.replace(path)
