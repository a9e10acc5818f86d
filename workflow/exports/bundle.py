"""What an auditor takes away: the whole log in one file that he checks without us, and the program that checks it."""

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import takewhile
from pathlib import Path
from typing import IO

from workflow.audit import canonical
from workflow.audit.note import Verifier
from workflow.persistence import UnitOfWork

_HERE = Path(__file__).parent
_VERIFIER = "verify.py"
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """A key that signs the log, and from which size on its signature is needed; or, without one, that of a witness."""

    verifier: Verifier
    since: int | None


@dataclass(frozen=True, slots=True)
class Bundled:
    """`size` entries, their root, and how many private values lie beside them."""

    size: int
    root: bytes
    private: int


def keys_of(uow: UnitOfWork) -> tuple[PolicyKey, ...]:
    """The keys that the log itself names, the oldest first."""
    found = []
    for entry in uow.audit.stream("log"):
        if b'"type":"key"' in entry.body:
            said = canonical.decode(entry.body)["key"]
            found.append(PolicyKey(Verifier.parse(said["verifier"]), said.get("from")))
    return tuple(found)


def policy_text(keys: Iterable[PolicyKey]) -> str:
    """A line a key, as verify.py and other tools of C2SP read them."""
    lines = [f"witness {key.verifier}" if key.since is None else f"log {key.verifier} from {key.since}" for key in keys]
    return "".join(f"{line}\n" for line in lines)


def packed(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def write(uow: UnitOfWork, file: Path, *, private: bool, at: datetime, zone: tzinfo) -> Bundled:
    """Put what is sealed into `file`, entry by entry; what opens private text goes with it where `private` says so."""
    head = uow.seals.head()
    with zipfile.ZipFile(file, "w") as archive:
        made = _Archive(archive, at.astimezone(zone))
        made.put("HUONG-DAN.txt", _guide(head.size, head.root(), at.astimezone(zone)))
        made.put(_VERIFIER, (_HERE / _VERIFIER).read_bytes())
        made.put("policy.txt", policy_text(keys_of(uow)).encode())
        notes = [one.note for one in uow.seals.checkpoints() if one.size <= head.size]
        made.put("checkpoints.txt", "\n".join(notes).encode())
        for size, token in uow.seals.tokens(head.size).items():
            made.put(f"timestamps/{size}.tst", token)
        for edition in (
            one for latest in uow.definitions.latest() for one in uow.definitions.editions(latest.workflow)
        ):
            made.put(f"definitions/{edition.workflow}-{edition.version}{_ending(edition.text)}", edition.text)
        bodies = takewhile(lambda row: row[0] < head.size, uow.seals.sealed())
        # An entry that is gone is an empty line: whoever checks finds it by its place.
        made.put_lines("events.ndjson.gz", (body or b"" for _seq, _leaf, body in bodies))
        openings = made.put_lines("private.ndjson.gz", _openings(uow, head.size)) if private else 0
        made.put("files.sha256", "".join(f"{digest}  {name}\n" for name, digest in made.digests.items()).encode())
    return Bundled(head.size, head.root(), openings)


def _ending(text: bytes) -> str:
    return ".json" if text.lstrip().startswith(b"{") else ".yaml"


def _openings(uow: UnitOfWork, size: int) -> Iterator[bytes]:
    for one in takewhile(lambda one: one.seq < size, uow.seals.openings()):
        said = {
            "seq": one.seq,
            "stream": one.stream,
            "n": one.n,
            "field": one.field,
            "salt": one.salt.hex(),
            "value": one.value,
        }
        yield json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _guide(size: int, root: bytes, at: datetime) -> bytes:
    text = (_HERE / "HUONG-DAN.txt").read_text(encoding="utf-8")
    return text.format(size=size, root=root.hex(), at=f"{at:%d/%m/%Y %H:%M}").encode()


@dataclass(slots=True)
class _Hashed(io.RawIOBase):
    """What is written goes on to `file` and is hashed on the way."""

    file: IO[bytes]
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self.digest.update(content)
        return self.file.write(content)

    def writable(self) -> bool:
        return True


@dataclass(slots=True)
class _Archive:
    archive: zipfile.ZipFile
    at: datetime
    digests: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> None:
        with self._opened(name, zipfile.ZIP_DEFLATED) as file:
            file.write(content)

    def put_lines(self, name: str, lines: Iterable[bytes]) -> int:
        """How many they were. Packed line by line: nothing is held, and whoever reads holds nothing either."""
        count = 0
        with self._opened(name, zipfile.ZIP_STORED) as file, self._packed(file) as packed:
            for line in lines:
                packed.write(line + b"\n")
                count += 1
        return count

    def _packed(self, file: "_Hashed") -> gzip.GzipFile:
        return gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0)

    @contextmanager
    def _opened(self, name: str, kind: int) -> Iterator["_Hashed"]:
        entry = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        entry.compress_type = kind
        with self.archive.open(entry, "w", force_zip64=True) as file:
            hashed = _Hashed(file)
            yield hashed
        self.digests[name] = hashed.digest.hexdigest()
