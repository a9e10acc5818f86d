"""Bundles for tests: written by the product, taken apart, put together again with something changed, checked by verify.py alone."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from workflow.audit import canonical, tree
from workflow.audit.chain import leaf
from workflow.audit.keys import SigningKey
from workflow.audit.note import Checkpoint
from workflow.exports.bundle import PolicyKey, policy_text

VERIFY = Path(__file__).parent.parent / "workflow" / "exports" / "verify.py"
EVERY = 250
"""How many entries lie between two checkpoints."""


@dataclass(frozen=True)
class Parts:
    """A bundle in pieces: `notes` by the size they are of, `bodies` in the order of the log, `others` as files."""

    bodies: tuple[bytes, ...]
    notes: tuple[str, ...]
    policy: str
    others: dict[str, bytes] = field(default_factory=dict)
    private: tuple[bytes, ...] | None = None


def taken_apart(file: Path) -> Parts:
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    bodies = tuple(gzip.decompress(files.pop("events.ndjson.gz")).splitlines())
    private = files.pop("private.ndjson.gz", None)
    notes = files.pop("checkpoints.txt").decode()
    del files["files.sha256"]
    return Parts(
        bodies,
        tuple(f"{part}\n" for part in notes.removesuffix("\n").split("\n\n\n")) if notes else (),
        files.pop("policy.txt").decode(),
        files,
        tuple(gzip.decompress(private).splitlines()) if private is not None else None,
    )


def put_together(parts: Parts, file: Path) -> Path:
    """As whoever tampers would: the sums of the files are right again."""
    files = {
        **parts.others,
        "events.ndjson.gz": _packed(parts.bodies),
        "checkpoints.txt": "\n".join(parts.notes).encode(),
        "policy.txt": parts.policy.encode(),
    }
    if parts.private is not None:
        files["private.ndjson.gz"] = _packed(parts.private)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**files, "files.sha256": sums.encode()}.items():
            archive.writestr(name, content)
    return file


def _packed(lines: tuple[bytes, ...]) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as file:
        file.write(b"".join(line + b"\n" for line in lines))
    return packed.getvalue()


def sealed_parts(parts: Parts, key: SigningKey, sizes: tuple[int, ...] | None = None) -> Parts:
    """The same log, signed by `key` at every EVERY entries and at its end, or at `sizes`."""
    grown, notes = tree.Frontier(), []
    wanted = set(sizes or (*range(EVERY, len(parts.bodies), EVERY), len(parts.bodies)))
    for body in parts.bodies:
        grown.append(leaf(body))
        if grown.size in wanted:
            notes.append(str(key.sign(Checkpoint(key.name, grown.size, grown.root()))))
    return replace(parts, notes=tuple(notes), policy=policy_text([PolicyKey(key.verifier, 0)]))


def rechained(bodies: list[bytes], start: int) -> tuple[bytes, ...]:
    """The same entries from `start` on with numbers and hashes that fit again, as whoever owns the database can make them."""
    heads: dict[str, tuple[int, bytes]] = {}
    made = []
    for place, body in enumerate(bodies):
        said = canonical.decode(body)
        n, previous = heads.get(said["stream"], (0, bytes(32)))
        if place >= start:
            said["n"], said["prev"] = n + 1, previous.hex()
            body = canonical.encode(said)  # noqa: PLW2901  the entry goes on as it is made anew
        heads[said["stream"]] = (said["n"], leaf(body))
        made.append(body)
    return tuple(made)


def size_of(note: str) -> int:
    return int(note.split("\n")[1])


@dataclass(frozen=True)
class Verdict:
    code: int
    seq: int | None
    said: str


def verified(file: Path, *roots: Path) -> Verdict:
    """What verify.py says, alone: without site packages, without our modules, without the environment."""
    command = [sys.executable, "-I", "-S", str(VERIFY), str(file)]
    for root in roots:
        command += ["--root", str(root)]
    ended = subprocess.run(command, capture_output=True, cwd=file.parent, check=False)
    said = ended.stdout.decode()
    assert not ended.stderr, ended.stderr.decode()
    first = said.partition("\n")[0]
    seq = int(first.removeprefix("seq ").partition(":")[0]) if first.startswith("seq ") else None
    return Verdict(ended.returncode, seq, said)


def changed(body: bytes, **parts: object) -> bytes:
    return canonical.encode({**json.loads(body), **parts})
