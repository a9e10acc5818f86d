"""Mail to people: who wants which, one letter for what is urgent, one digest a working day, each sending in the log."""

import logging
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time
from types import MappingProxyType

from workflow.engine import SYSTEM_ACTOR, Kind, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.letters import AT_ONCE, CHOICES, DIGEST, Reader
from workflow.persistence.messages import Message
from workflow.persistence.notices import Notice
from workflow.services.journal import Note, append
from workflow.services.letters import Letter, sections_of
from workflow.services.office import Caller, Office

_log = logging.getLogger(__name__)

KIND = "mail"
"""The kind of the messages that carry a letter."""
URGENT = frozenset({"returned", "refused", "reworked", "late", "report_late"})
"""The notices that are mailed at once: what came back to somebody, and what is late since today."""
HOUR = time(7, 30)
"""When the digest of a working day is written, local time."""
LONGEST_ADDRESS = 254

_GATHERED = "digest_on"
_SATURDAY = 5
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{2,63}"
)
_POST = Caller(SYSTEM_ACTOR, "job")


# -- who wants which ----------------------------------------------------------------------------------------------------


def choose(office: Office, caller: Caller, person_id: str, address: str, choice: str) -> Reason | None:
    """Where mail reaches a person and what he gets by it: for oneself, or by the administrator. No address, no mail."""
    refusal = None if caller.actor.id == person_id else refusal_to_administer(caller.actor)
    address = unicodedata.normalize("NFC", address).strip()
    refusal = refusal or _refusal_of(address, choice)
    if refusal is not None:
        return refusal
    with office.write() as uow:
        if not uow.people.set_email(person_id, address or None):
            raise NotFound("person", person_id)
        uow.letters.choose(person_id, choice)
        # The address itself never stands in the log: it is personal, and entries never change.
        said = {"act": "mail_chosen", "person": person_id, "choice": choice, "address": "set" if address else "none"}
        append(uow, Note("admin", "admin", extra={"admin": said}), caller, office.clock.now())
    return None


def _refusal_of(address: str, choice: str) -> Reason | None:
    if choice not in CHOICES:
        return Reason("not_a_choice", Kind.INPUT, {"field": "choice", "value": choice[:64]})
    if address and not is_address(address):
        return Reason("not_an_address", Kind.INPUT, {"field": "address"})
    return None


def is_address(text: str) -> bool:
    """Whether that is a plain address: what cannot be one cannot smuggle a line into a letter's head either."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None and ".." not in text


# -- letters are written ------------------------------------------------------------------------------------------------


def enclose_urgent(uow: UnitOfWork, notice: Notice, now: datetime) -> None:
    """Put an urgent notice into its person's urgent letter; what comes while that one still waits shares it."""
    reader = uow.letters.reader(notice.person) if notice.template in URGENT else None
    if reader is None or reader.choice != AT_ONCE:
        return
    letter = reader.open_letter
    if letter is None or not uow.messages.is_untried(letter):
        letter = uow.messages.put(KIND, {"name": AT_ONCE, "person": reader.person}, now)
        uow.letters.keep_open(reader, letter)
    uow.letters.enclose(letter, notice.message, notice.person)


def gather(office: Office) -> int:
    """Write this working day's digests, once its hour has come; how many. Where nothing is mailed, none is written."""
    local = office.clock.now().astimezone(office.zone)
    today = local.date().isoformat()
    if office.mailer is None or local.time() < HOUR:
        return 0
    with office.read() as uow:
        gathered = uow.settings.find(_GATHERED) or ""
    if gathered >= today or not _is_working(office, local.date()):
        return 0
    with office.write() as uow:
        # First of all: where two clocks come here at once, the second waits, and finds every notice in its letter.
        uow.settings.put(_GATHERED, today)
        before = datetime.combine(local.date(), HOUR, local.tzinfo)
        written = [_digest(uow, person, before, office.clock.now()) for person in uow.letters.waiting(before)]
    return len(written)


def _digest(uow: UnitOfWork, person_id: str, before: datetime, now: datetime) -> str:
    letter = uow.messages.put(KIND, {"name": DIGEST, "person": person_id}, now)
    uow.letters.gather(letter, person_id, before)
    return letter


def _is_working(office: Office, day: date) -> bool:
    """By every calendar of the office; in a year that one of them lacks by weekdays, and the operator is told with each digest."""
    try:
        return all(calendar.is_working(day) for calendar in office.calendars.values())
    except CalendarYearMissing as fault:
        if day.weekday() >= _SATURDAY:
            return False
        _log.error("digests go by weekdays alone: %s", fault)
        return True


# -- letters are sent ---------------------------------------------------------------------------------------------------


def letter_of(office: Office, message: Message) -> Letter | None:
    """What that message has to tell now: None where all of it was read or mailed meanwhile, or nobody is to be reached."""
    with office.read() as uow:
        reader = uow.letters.reader(str(message.payload.get("person", "")))
        found = uow.letters.enclosed(message.id, reader.person) if reader and _wants(reader, message) else ()
        if reader is None or not found:
            return None
        sections, more = sections_of(found)
        return Letter(
            id=message.id,
            occasion=str(message.payload["name"]),
            person=reader.person,
            address=reader.address,
            language=reader.language,
            at=message.created_at,
            sections=sections,
            more=more,
            definitions=MappingProxyType({one.workflow: one for one in office.editions.all_latest(uow)}),
            units=MappingProxyType({unit.id: unit.name for unit in uow.people.units()}),
            givers=MappingProxyType({giver: uow.people.get(giver).title for giver in _givers(found)}),
        )


def _givers(notices: Iterable[Notice]) -> set[str]:
    return {str(notice.params["for"]) for notice in notices if "for" in notice.params}


def _wants(reader: Reader, message: Message) -> bool:
    return reader.choice == AT_ONCE or (reader.choice == DIGEST and message.payload.get("name") == DIGEST)


def record_sent(office: Office, letter: Letter) -> None:
    """The mail server has taken it: an entry of the log, once."""
    now = office.clock.now()
    with office.write() as uow:
        if uow.letters.mailed(letter.id, now):
            said = {"letter": letter.id, "mailed": [notice.message for notice in letter.notices]}
            counted = letter.total - len(letter.notices)
            extra = {"notice": said | ({"more": counted} if counted else {})}
            append(uow, Note(f"person/{letter.person}", "notice", extra=extra), _POST, now)
