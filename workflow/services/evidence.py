"""Evidence: files that people attach to items, and who may read them again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from workflow.clock import Clock
from workflow.engine import Actor, Definition, Item, Kind, Reason
from workflow.engine.administration import refusal_to_contribute
from workflow.engine.definition import FieldType
from workflow.engine.visibility import scope_of
from workflow.errors import NotFound, TypeRefused
from workflow.persistence import UnitOfWork
from workflow.persistence.content import Arrived, ContentStore, Readable
from workflow.persistence.files import StoredFile
from workflow.services.file_kinds import clean_name, kind_of
from workflow.services.items import readable
from workflow.services.journal import Note, record, record_refusal, stream_of
from workflow.services.moves import Refused
from workflow.services.office import Caller, Office

MAX_BYTES = 20 * 1024 * 1024
_ATTACH = "attach"
_SWEPT_AFTER = timedelta(hours=1)
_SWEPT_ON = "files_swept_on"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that a move or a draft may name from now on; `type` is its media type as its content tells."""

    sha256: str
    name: str
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A file on its way out; whoever took it closes `content`."""

    file: Uploaded
    content: BinaryIO


def attach(office: Office, caller: Caller, item_ref: str, name: str, stream: Readable) -> Uploaded | Refused:
    """Take in a file for an item, whose version stays: it becomes evidence once a move names it.

    Raises NotFound where the asker may not read the item, TooLarge, TypeRefused. Refused where the item is closed and no step
    takes a file any more, or the asker only ever reads. The same bytes again are the same upload, under its first name.
    """
    refusal = _refusal(office, caller, item_ref)
    if refusal:
        with office.write() as uow:
            record_refusal(uow, caller, refusal.item, refusal.move, refusal.reasons, office.clock.now())
        return refusal
    store = content_of(office)
    with store.receive(stream, MAX_BYTES) as arrived:
        kept = clean_name(name)
        kind = _inspected(store, arrived, kept)
        # Bytes first: a row must never name a file that a crash has lost.
        store.keep(arrived)
        return _note(office, caller, item_ref, Uploaded(arrived.sha256, kept, arrived.size, kind))


def open_file(office: Office, actor: Actor, sha256: str) -> Opened:
    """The file, for whoever may read an item that names it; NotFound for everybody else."""
    with office.read() as uow:
        file = next((file for file in uow.files.by_hash(sha256) if _may_read(uow, actor, file)), None)
    if file is None:
        raise NotFound("file", sha256)
    return Opened(_uploaded(file), content_of(office).open(sha256))


def sweep_files(office: Office) -> tuple[str, ...]:
    """Remove the bytes that no upload refers to, an hour after they came: what a crash or a lost race left behind."""
    with office.read() as uow:
        referred = uow.files.hashes()
    # Files bear the machine's time, whatever day the office lives on.
    return content_of(office).sweep(referred, Clock().now() - _SWEPT_AFTER)


def sweep_daily(office: Office) -> tuple[str, ...]:
    """The same at the first call of each day; nothing at the others, and in an office that takes no files."""
    today = office.clock.now().astimezone(office.zone).date().isoformat()
    with office.read() as uow:
        done = uow.settings.find(_SWEPT_ON) == today
    if done or office.content is None:
        return ()
    removed = sweep_files(office)
    with office.write() as uow:
        uow.settings.put(_SWEPT_ON, today)
    return removed


def content_of(office: Office) -> ContentStore:
    """The store of an office that takes files."""
    if office.content is None:
        raise RuntimeError("this office was composed without a place for files")
    return office.content


def _inspected(store: ContentStore, arrived: Arrived, name: str) -> str:
    kind = kind_of(arrived.path, name)
    if store.inspect and store.inspect(arrived.path):
        raise TypeRefused(name, "infected")
    return kind


def _refusal(office: Office, caller: Caller, item_ref: str) -> Refused | None:
    """Asked before the first byte is read, so that nobody fills the disk with what is refused anyway."""
    with office.read() as uow:
        return _refusal_within(office, uow, caller, readable(uow, caller, item_ref).item)


def _refusal_within(office: Office, uow: UnitOfWork, caller: Caller, item: Item) -> Refused | None:
    definition = office.editions.of(item, uow)
    reasons = refusals(definition, item, caller.actor)
    return Refused(item, definition, _ATTACH, reasons) if reasons else None


def refusals(definition: Definition, item: Item, actor: Actor) -> tuple[Reason, ...]:
    """Why `actor` may attach nothing to an item that he reads; empty where he may."""
    reasons = []
    if definition.states[item.state].final is not None and not _takes_files(definition, item.state):
        reasons.append(Reason("final_state", Kind.STATE, {"move": _ATTACH, "state": item.state}))
    if refusal := refusal_to_contribute(actor):
        reasons.append(refusal)
    return tuple(reasons)


def _takes_files(definition: Definition, state: str) -> bool:
    """Whether some step out of `state` may still name a file: the signed one comes back when all is done."""
    return any(
        definition.fields[name].type is FieldType.ATTACHMENTS
        for move in definition.transitions.values()
        if state in move.sources
        for name in move.inputs
        if name in definition.fields
    )


def _note(office: Office, caller: Caller, item_ref: str, uploaded: Uploaded) -> Uploaded | Refused:
    now = office.clock.now()
    with office.write() as uow:
        stored = readable(uow, caller, item_ref)
        refusal = _refusal_within(office, uow, caller, stored.item)
        if refusal:
            # Somebody closed the item while the bytes came in.
            return refusal
        known = uow.files.of_item(stored.item.id).get(uploaded.sha256)
        if known:
            return _uploaded(known)
        uow.files.add(
            StoredFile(
                uploaded.sha256,
                stored.item.id,
                uploaded.name,
                uploaded.size,
                uploaded.type,
                caller.actor.id,
                now,
            )
        )
        # The log keeps no name: a name may say who somebody is, and the log is never redacted.
        note = Note(stream_of(stored.item), "file", files=((uploaded.sha256, uploaded.size, uploaded.type),))
        entry = record(uow, stored.head, note, caller, now)
        uow.items.advance(stored, entry.head)
        return uploaded


def _may_read(uow: UnitOfWork, actor: Actor, file: StoredFile) -> bool:
    found = uow.items.find(file.item)
    return found is not None and scope_of(actor).covers(found.item)


def _uploaded(file: StoredFile) -> Uploaded:
    return Uploaded(file.sha256, file.name, file.size, file.type)
