"""The bytes of uploaded files: on disk, outside every web root, each under the SHA-256 of its content."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from workflow.errors import NotFound, TooLarge

_CHUNK = 64 * 1024
_NAME = re.compile(r"[0-9a-f]{64}")
_ARRIVING = ".arriving-"


class Readable(Protocol):
    """Anything that hands out bytes; it need not know how many there are."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """Bytes received in full and not kept yet: whoever receives them looks at `path` first."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ContentStore:
    """Files by content. Keep the bytes first and refer to them afterwards: what nobody came to refer to is swept.

    `inspect` looks at a file that arrived and names what is wrong with it, or None: here a virus scanner is plugged in.
    """

    folder: Path
    inspect: Callable[[Path], str | None] | None = None

    @contextmanager
    def receive(self, stream: Readable, limit: int) -> Iterator[Arrived]:
        """Take in `stream`; TooLarge one byte after `limit`. What is not kept is gone when the block ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_ARRIVING, dir=self.folder)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                digest, size = _copy(stream, file, limit)
                file.flush()
                os.fsync(file.fileno())
            yield Arrived(path, digest, size)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, arrived: Arrived) -> None:
        """Give the bytes their lasting place; they are on the disk, not in a cache, when this returns."""
        place = self._place(arrived.sha256)
        place.parent.mkdir(exist_ok=True)
        # Known bytes are replaced by themselves: their age starts anew, and no sweep takes them meanwhile.
        arrived.path.chmod(0o400)
        arrived.path.replace(place)
        _settle(place.parent)
        _settle(self.folder)

    def open(self, sha256: str) -> BinaryIO:
        """The bytes, for reading; NotFound where nothing of that name is kept."""
        try:
            return self._place(sha256).open("rb")
        except FileNotFoundError:
            raise NotFound("file", sha256) from None

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def kept(self) -> Iterator[str]:
        """The names of everything kept."""
        for path in self.folder.glob("??/*"):
            if _NAME.fullmatch(path.name):
                yield path.name

    def sweep(self, referred: frozenset[str], before: datetime) -> tuple[str, ...]:
        """Remove what nobody refers to and what never fully arrived, if it is older than `before` (machine time).

        The age protects an upload whose transaction is still under way: let `before` lie an hour back.
        """
        limit = before.timestamp()
        for path in self.folder.glob(f"{_ARRIVING}*"):
            _remove(path, limit)
        return tuple(name for name in self.kept() if name not in referred and _remove(self._place(name), limit))

    def _place(self, sha256: str) -> Path:
        # The name comes from outside: nothing but a hash may become a path.
        if not _NAME.fullmatch(sha256):
            raise NotFound("file", sha256)
        return self.folder / sha256[:2] / sha256


def _copy(stream: Readable, file: BinaryIO, limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        # Counted here and not believed from a header: a header says what its sender likes.
        if size > limit:
            raise TooLarge("file", limit)
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest(), size


def _settle(folder: Path) -> None:
    """Force the folder's own entries to the disk: a rename is not lasting before that."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path, limit: float) -> bool:
    try:
        if path.stat().st_mtime >= limit:
            return False
        path.unlink()
    except FileNotFoundError:
        # Another sweep was quicker.
        return False
    return True
