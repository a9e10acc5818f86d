"""What a witness is asked and what he looks at before he signs: https://c2sp.org/tlog-witness, carried by whatever means."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workflow.audit import tree
from workflow.audit.note import Note, Verifier

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_signed": (
            "Niêm phong không có chữ ký của khóa nhật ký này",
            "The checkpoint is not signed by the key of this log",
        ),
        "smaller": (
            "Niêm phong nhỏ hơn niêm phong đã chứng kiến lần trước: nhật ký đã bị thay hoặc cắt bớt",
            "The checkpoint is smaller than the one witnessed last: the log was replaced or cut",
        ),
        "other_start": (
            "Bằng chứng không bắt đầu từ niêm phong đã chứng kiến lần trước; hãy xin lại, tính từ số mục đó",
            "The proof does not begin at the checkpoint witnessed last; ask again from that size",
        ),
        "inconsistent": (
            "Nhật ký không nối tiếp niêm phong đã chứng kiến lần trước: quá khứ đã bị viết lại",
            "The log does not continue the checkpoint witnessed last: the past was rewritten",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A note, and the proof that its tree begins with the one of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        hashes = "".join(f"{base64.b64encode(part).decode('ascii')}\n" for part in self.proof)
        return f"old {self.old}\n{hashes}\n{self.note}"

    @classmethod
    def parse(cls, said: str) -> "Asked":
        """ValueError for anything else."""
        head, blank, note = said.partition("\n\n")
        first, *hashes = head.split("\n")
        word, _, old = first.partition(" ")
        if not blank or word != "old" or not (old.isascii() and old.isdigit()):
            raise ValueError("not a request to a witness: old SIZE, a proof, an empty line, a note")
        return cls(int(old), tuple(_hash(part) for part in hashes), Note.parse(note))


def _hash(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise ValueError(f"{text!r} is not base64") from fault
    if len(found) != tree.HASH_BYTES:
        raise ValueError(f"{text!r} is no hash")
    return found


def fault_of(asked: Asked, log: Verifier, last: Note | None) -> str | None:
    """Why a witness who saw `last` (None: nothing yet) must not sign, as a code of SENTENCES; None where he may."""
    now = asked.note.checkpoint
    if now.origin != log.name or not asked.note.signed_by(log):
        return "not_signed"
    if last is None:
        return None
    seen = last.checkpoint
    if now.size < seen.size:
        return "smaller"
    if asked.old != seen.size:
        return "other_start"
    holds = tree.proves_consistency(seen.size, now.size, asked.proof, seen.root, now.root)
    return None if holds else "inconsistent"
