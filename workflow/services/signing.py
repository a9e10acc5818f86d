"""The signer: signs size and root of the log, after it has proved that they continue what it signed last; else it refuses."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workflow.audit import tree
from workflow.audit.note import Checkpoint, Note, Verifier
from workflow.audit.tree import Frontier
from workflow.audit.witness import Asked, fault_of
from workflow.persistence import UnitOfWork
from workflow.persistence.sealer import SignersDoor
from workflow.persistence.signer_folder import SignerFolder

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest note; `fresh` where it was signed just now, and not before already, `stamped` where an authority dated it now."""

    note: Note
    fresh: bool
    stamped: bool = False


@dataclass(frozen=True, slots=True)
class NotSigned:
    """Nothing was signed, and the alarm is raised. `seq` is the first entry that cannot be vouched for."""

    code: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class NothingToSign:
    """The log has no sealed entry yet."""


SENTENCES = {
    "shorter": (
        "Nhật ký ngắn hơn nhật ký đã ký lần trước: cơ sở dữ liệu đã bị thay bằng bản cũ hơn hoặc bị cắt bớt",
        "The log is shorter than the one signed last: the database was replaced by an older copy, or cut",
    ),
    "root": (
        "Những mục đã ký lần trước nay cho ra gốc khác: quá khứ đã bị viết lại",
        "The entries signed last have another root now: the past was rewritten",
    ),
    "entry_changed": (
        "Nội dung một mục nhật ký không còn khớp với mã băm đã niêm phong",
        "The body of an entry is no longer that of its sealed hash",
    ),
    "entry_gone": ("Một mục nhật ký đã niêm phong không còn", "A sealed entry is gone"),
    "gap": ("Thứ tự chung của nhật ký bị đứt quãng", "The order of the whole log has a gap"),
    "head": (
        "Đỉnh cây lưu trong cơ sở dữ liệu không phải gốc của các mục nhật ký",
        "The head in the database is not the root of the entries",
    ),
}


Stamp = Callable[[str], bytes | None]
"""Asks a time-stamping authority about a note's text; None where it gives nothing."""


def unstamped(_text: str) -> None:
    """Of an office that asks no authority."""


def sign(
    door: SignersDoor, folder: SignerFolder, now: datetime, stamp: Stamp = unstamped
) -> Signed | NotSigned | NothingToSign:
    """Sign the log as it is sealed now. Every entry is read and hashed: nothing is taken on trust from the database."""
    with folder.alone():
        last = folder.last_note()
        with door.read() as uow:
            found = _grown(uow, last.checkpoint if last else None)
        if isinstance(found, NotSigned):
            _raise_alarm(door, found, now)
            return found
        if found.size == 0:
            return NothingToSign()
        if last is not None and last.checkpoint.size == found.size:
            return _signed_already(door, last, now)
        note = _note(folder, found, now)
        # Before it goes out: what was signed once is never unsaid, whatever breaks in between.
        folder.remember(note)
        token = stamp(note.text)
        with door.write() as uow:
            uow.seals.add_checkpoint(found.size, now, str(note), token)
        return Signed(note, fresh=True, stamped=token is not None)


def _signed_already(door: SignersDoor, last: Note, now: datetime) -> Signed:
    """The same once more, where the database has lost it or a refusal came after it that is over."""
    with door.write() as uow:
        newest, alarm = uow.seals.newest_checkpoint(), uow.seals.newest_alarm()
        if newest is None or newest.size < last.checkpoint.size or (alarm is not None and alarm.at >= newest.at):
            uow.seals.add_checkpoint(last.checkpoint.size, now, str(last))
    return Signed(last, fresh=False)


def _note(folder: SignerFolder, found: Frontier, now: datetime) -> Note:
    newest, *older = folder.keys(now)
    note = newest.sign(Checkpoint(newest.name, found.size, found.root()))
    for key in older:
        note = note.with_line(key.line(note.text))
    return note


def _grown(uow: UnitOfWork, last: Checkpoint | None) -> Frontier | NotSigned:
    """The tree over every entry as it lies in the database, where it begins with the last one that was signed."""
    grown, head = Frontier(), uow.seals.head()
    signed_size = last.size if last else 0
    pending: list[bytes] = []
    keep, hashed = pending.append, hashlib.sha256
    # A million of them every quarter of an hour: what is done here is done inline.
    for place, (seq, leaf, body) in enumerate(uow.seals.sealed(), start=1):
        if seq != place - 1 or body is None or hashed(b"\x00" + body).digest() != leaf:
            return NotSigned(_fault(place - 1, seq, body), place - 1)
        keep(leaf)
        if place == signed_size or not place % _AT_ONCE:
            grown.extend(pending)
            pending.clear()
            if place == signed_size and last is not None and grown.root() != last.root:
                # Which of them it is nobody can tell who has only the root.
                return NotSigned("root", None)
    grown.extend(pending)
    if grown.size < signed_size:
        return NotSigned("shorter", grown.size)
    return grown if grown == head else NotSigned("head", None)


def _fault(place: int, seq: int, body: bytes | None) -> str:
    if seq != place:
        return "gap"
    return "entry_gone" if body is None else "entry_changed"


def _raise_alarm(door: SignersDoor, found: NotSigned, now: datetime) -> None:
    with door.write() as uow:
        newest, alarm = uow.seals.newest_checkpoint(), uow.seals.newest_alarm()
        told = alarm is not None and (newest is None or alarm.at >= newest.at)
        if not told or (alarm and (alarm.code, alarm.seq) != (found.code, found.seq)):
            uow.seals.raise_alarm(found.code, found.seq, now)


# -- witnesses ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotWitnessed:
    """The witness signs nothing; `code` is one of `workflow.audit.witness`."""

    code: str


def ask_witness(uow: UnitOfWork, note: Note, old: int) -> Asked:
    """What a witness needs who saw the log last when it had `old` entries."""
    proof = tree.consistency(old, note.checkpoint.size, lambda start, end: tree.root(uow.seals.leaves(start, end)))
    return Asked(old, proof, note)


def witness(folder: SignerFolder, asked: Asked, log: Verifier, now: datetime) -> Note | NotWitnessed:
    """The note with the witness's line; he looks at nothing but what he signed last, which lies in his own folder."""
    with folder.alone():
        fault = fault_of(asked, log, folder.last_note())
        if fault:
            return NotWitnessed(fault)
        (key, *_older) = folder.keys(now)
        folder.remember(asked.note)
        return key.cosign(asked.note, now)


def take_witnessed(door: SignersDoor, note: Note) -> bool:
    """Keep a note that came back with lines of witnesses; False where the log never signed that text."""
    with door.write() as uow:
        ours = [one for one in uow.seals.checkpoints() if Note.parse(one.note).text == note.text]
        if not ours:
            return False
        whole = Note.parse(ours[-1].note)
        for line in note.lines:
            whole = whole.with_line(line)
        if str(whole) != ours[-1].note:
            # Of the instant at which it was signed: a witness says nothing about what came after.
            uow.seals.add_checkpoint(whole.checkpoint.size, ours[-1].at, str(whole))
        return True
