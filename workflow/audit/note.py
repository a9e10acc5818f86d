"""Signed notes and checkpoints as C2SP writes them: a text, and lines of those who stand for it.

https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workflow.audit.tree import HASH_BYTES

ED25519, COSIGNATURE = 1, 4
_KEY_BYTES, _ID_BYTES, _SIGNATURE_BYTES, _TIME_BYTES = 32, 4, 64, 8
_NAME = re.compile(r"[^\s+]+").fullmatch
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})").fullmatch
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch


def _unpacked(text: str) -> bytes:
    """The bytes of one base64 text that has one spelling only; ValueError for any other."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise ValueError(f"{text!r} is not base64") from fault
    if _packed(found) != text:
        raise ValueError(f"{text!r} is not base64")
    return found


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whose signatures are taken: a name, what kind of signature, the public key."""

    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """The verifier key, as it is handed on."""
        return f"{self.name}+{self.id.hex()}+{_packed(bytes([self.kind]) + self.key)}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """ValueError for what is no Ed25519 verifier key, or whose id is not that of its key."""
        name, first, rest = text.strip().partition("+")
        number, second, packed = rest.partition("+")
        if not first or not second or not _NAME(name):
            raise ValueError(f"{text!r} is not NAME+ID+KEY")
        content = _unpacked(packed)
        if len(content) != 1 + _KEY_BYTES or content[0] not in (ED25519, COSIGNATURE):
            raise ValueError(f"{text!r} holds no Ed25519 key")
        found = cls(name, content[0], content[1:])
        if found.id.hex() != number:
            raise ValueError(f"{text!r}: the id is not that of the key")
        return found

    def holds(self, text: str, line: "Line") -> bool:
        """Whether `line` is this key's and signs `text`."""
        if (line.name, line.id) != (self.name, self.id) or len(line.signature) != self._length:
            return False
        at = line.signature[:-_SIGNATURE_BYTES]
        message = text if self.kind == ED25519 else cosigned(text, int.from_bytes(at, "big"))
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(line.signature[len(at) :], message.encode())
        except InvalidSignature:
            return False
        return True

    @property
    def _length(self) -> int:
        return _SIGNATURE_BYTES + (_TIME_BYTES if self.kind == COSIGNATURE else 0)


def cosigned(text: str, seconds: int) -> str:
    """What a witness signs who saw `text` so many seconds after the epoch."""
    return f"cosignature/v1\ntime {seconds}\n{text}"


@dataclass(frozen=True, slots=True)
class Line:
    """One signature; a witness's begins with eight bytes that say when."""

    name: str
    id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_packed(self.id + self.signature)}"

    @classmethod
    def parse(cls, text: str) -> "Line":
        found = _LINE(text)
        content = _unpacked(found[2]) if found else b""
        if not found or len(content) <= _ID_BYTES:
            raise ValueError(f"{text!r} is no line of a signature")
        return cls(found[1], content[:_ID_BYTES], content[_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large a log was, and its root then: the text of a note."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{_packed(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """ValueError for what is no checkpoint; lines that extend one are taken and not kept."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not lines[0] or not _NUMBER(lines[1]) or "" in lines[:-1]:
            raise ValueError("not a checkpoint: an origin, a size and a root, a line each")
        root = _unpacked(lines[2])
        if len(root) != HASH_BYTES:
            raise ValueError(f"a root has {HASH_BYTES} bytes, not {len(root)}")
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a line feed, and the lines that sign it."""

    text: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{line}\n" for line in self.lines)

    @classmethod
    def parse(cls, said: str) -> "Note":
        """ValueError for what is no signed note, one without a signature included."""
        text, blank, signed = said.rpartition("\n\n")
        if not blank or not signed.endswith("\n"):
            raise ValueError("not a signed note: a text, an empty line, signatures")
        return cls(text + "\n", tuple(Line.parse(line) for line in signed[:-1].split("\n")))

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.text)

    def signed_by(self, verifier: Verifier) -> bool:
        return any(verifier.holds(self.text, line) for line in self.lines)

    def with_line(self, line: Line) -> "Note":
        """The same note with one more signature; the same again where it has it already."""
        return self if line in self.lines else replace(self, lines=(*self.lines, line))
