"""Roots of the log leave the house by mail, once a month: whoever keeps one can show later that nothing before it was changed."""

from datetime import datetime, tzinfo

from workflow.audit import canonical
from workflow.audit.note import Note as SignedNote
from workflow.engine import SYSTEM_ACTOR
from workflow.persistence import UnitOfWork
from workflow.persistence.letters import OFF, Reader
from workflow.persistence.messages import Message
from workflow.persistence.seals import StoredCheckpoint
from workflow.services.journal import Note, append
from workflow.services.letters import RootLetter
from workflow.services.mail import KIND
from workflow.services.office import Caller, Office

ROOT = "root"
"""What the message of such a letter is named, and the type of the entry that tells that it left."""
SENT = "root_month"
"""Under this key the office keeps for which month roots were mailed last."""
KEEPERS = ("unit_head", "chairman")
"""Whoever holds one of these posts gets it, where mail reaches him."""

_POST = Caller(SYSTEM_ACTOR, "job")


def spread(office: Office) -> int:
    """Write this month's letters, once something was signed in it; how many. Where nobody is reached, the month stays open."""
    if office.mailer is None:
        return 0
    now = office.clock.now()
    month = _month(now, office.zone)
    with office.read() as uow:
        newest = _due(uow, month, office.zone)
    if newest is None:
        return 0
    with office.write() as uow:
        keepers = _keepers(uow, now)
        if keepers:
            uow.settings.put(SENT, month)
        for keeper in keepers:
            uow.messages.put(KIND, {"name": ROOT, "person": keeper.person, "note": newest.note}, now)
    return len(keepers)


def _due(uow: UnitOfWork, month: str, zone: tzinfo) -> StoredCheckpoint | None:
    """What is to be mailed for that month; None where it was, or where nothing was signed in it yet."""
    if (uow.settings.find(SENT) or "") >= month:
        return None
    newest = uow.seals.newest_checkpoint()
    return newest if newest is not None and _month(newest.at, zone) == month else None


def _month(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m}"


def _keepers(uow: UnitOfWork, now: datetime) -> tuple[Reader, ...]:
    directory = uow.people.directory(now)
    people = frozenset[str]().union(*(directory.holders(role, None, None) for role in KEEPERS))
    readers = (uow.letters.reader(person) for person in sorted(people))
    return tuple(reader for reader in readers if reader is not None and reader.choice != OFF)


def letter_of(office: Office, message: Message) -> RootLetter | None:
    """None where it has arrived already, or nobody is to be reached any more."""
    with office.read() as uow:
        reader = uow.letters.reader(str(message.payload["person"]))
        if reader is None or reader.choice == OFF or _has_left(uow, message.id):
            return None
        return RootLetter(
            id=message.id,
            person=reader.person,
            address=reader.address,
            language=reader.language,
            at=message.created_at,
            note=str(message.payload["note"]),
        )


def record_sent(office: Office, letter: RootLetter) -> None:
    """The mail server has taken it: an entry of the log, once."""
    signed = SignedNote.parse(letter.note).checkpoint
    said = {"letter": letter.id, "person": letter.person, "size": signed.size, "root": signed.root.hex()}
    with office.write() as uow:
        if not _has_left(uow, letter.id):
            append(uow, Note("log", ROOT, extra={ROOT: said}), _POST, office.clock.now())


def _has_left(uow: UnitOfWork, letter: str) -> bool:
    return any(canonical.decode(entry.body)[ROOT]["letter"] == letter for entry in uow.audit.of_type("log", ROOT))
