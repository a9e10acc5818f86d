"""The log leaves the house: in one file for an auditor, entry by entry with a proof; and which keys stand for it."""

from dataclasses import dataclass
from pathlib import Path

from workflow.audit import tree
from workflow.audit.note import ED25519, Note, Verifier
from workflow.engine import Kind, Reason
from workflow.engine.administration import refusal_to_administer, refusal_to_audit, refusal_to_take_private
from workflow.errors import NotFound
from workflow.exports import bundle
from workflow.exports.bundle import Bundled
from workflow.persistence import UnitOfWork
from workflow.services import journal
from workflow.services.office import Caller, Office
from workflow.services.sealing import seal_whole


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written; `number` is that of its entry in the log's own stream."""

    number: int
    bundled: Bundled


def export(office: Office, caller: Caller, file: Path, *, private: bool) -> Exported | Reason:
    """Put the whole log into `file`, the entry that says so included; or why this caller may not take it."""
    refusal = refusal_to_take_private(caller.actor) if private else refusal_to_audit(caller.actor)
    if refusal:
        return refusal
    now = office.clock.now()
    with office.write() as uow:
        said = {"what": "log", "private": private}
        entry = journal.append(uow, journal.Note("log", "export", extra={"export": said}), caller, now)
    seal_whole(office)
    with office.read() as uow:
        return Exported(entry.n, bundle.write(uow, file, private=private, at=now, zone=office.zone))


def enter_key(office: Office, caller: Caller, verifier: Verifier) -> Reason | None:
    """Record whose signatures the log is to bear from now on: a key of its own, or that of a witness."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    with office.write() as uow:
        known = bundle.keys_of(uow)
        if any(str(key.verifier) == str(verifier) for key in known):
            return Reason("key_known", Kind.STATE, {"key": verifier.name})
        said: dict[str, object] = {"verifier": str(verifier)}
        if verifier.kind == ED25519:
            own = [key for key in known if key.verifier.kind == ED25519]
            # What is sealed by now may have been signed already without it.
            said["from"] = uow.seals.head().size + 1 if own else 0
        journal.append(uow, journal.Note("log", "key", extra={"key": said}), caller, office.clock.now())
    return None


def proof_of(uow: UnitOfWork, stream: str, n: int) -> str:
    """One entry with the proof that it stands in the log (C2SP tlog-proof); NotFound where nothing signed covers it."""
    place, newest = uow.seals.place_of(stream, n), uow.seals.newest_checkpoint()
    if place is None or newest is None or place[0] >= newest.size:
        raise NotFound("entry", f"{stream} #{n}")
    seq, body = place
    note = Note.parse(newest.note)
    proof = tree.inclusion(seq, newest.size, lambda start, end: tree.root(uow.seals.leaves(start, end)))
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"extra {bundle.packed(body)}",
        f"index {seq}",
        *(bundle.packed(part) for part in proof),
    ]
    return "\n".join(lines) + f"\n\n{note}"
