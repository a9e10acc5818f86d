"""What of an item goes on paper: a report in its official form, and of any item one sheet that tells how it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor, current_caller
from web.delivery import saved
from web.i18n import _, label, moment
from web.pages import presenting
from web.pages.rendering import Shown
from web.titles import titles_of
from web.wiring import office, organisation, settings
from workflow.engine import Definition, Item
from workflow.engine.definition import FieldType
from workflow.engine.visibility import shown_to
from workflow.persistence import UnitOfWork
from workflow.persistence.files import StoredFile
from workflow.queries import history
from workflow.queries.erased import grounds_of
from workflow.services.documents import document_of
from workflow.services.items import readable
from workflow.services.journal import stream_of
from workflow.services.signatures import SENTENCES, Signature, signatures_by_file

bp = Blueprint("documents", __name__)

Answer = AnyResponse | tuple[str, int]
_STEPS, _LOOKED_AT = 6, 60


@dataclass(frozen=True, slots=True)
class SignedLine:
    """One signature of a file in words; `who` is a claim of the file's own unless it `holds`."""

    holds: bool
    sentence: str
    who: str


def signed_lines(files: Iterable[StoredFile]) -> Mapping[str, tuple[SignedLine, ...]]:
    """What is to be said beside each file that bears signatures, by its SHA-256."""
    found = signatures_by_file(office(), files)
    return {sha256: tuple(signed_line(one) for one in signatures) for sha256, signatures in found.items()}


def uses_of(definition: Definition, item: Item) -> Mapping[str, str]:
    """What each file is to the item: the words of the fields that name it, by its SHA-256."""
    found: dict[str, list[str]] = {}
    for name, field in definition.fields.items():
        if field.type is FieldType.ATTACHMENTS:
            for sha256 in _named([item.fields.get(name)]):
                found.setdefault(sha256, []).append(label(field.label))
    return {sha256: ", ".join(words) for sha256, words in found.items()}


def signed_line(one: Signature) -> SignedLine:
    return SignedLine(one.holds, label(SENTENCES[one.verdict]), _who(one))


def _who(one: Signature) -> str:
    name = f"{one.signer} ({one.organisation})" if one.signer and one.organisation else one.signer
    if not name:
        return ""
    if not one.holds:
        return _("The file names as its signer: {name}.", name=name)
    at = moment(one.signed_at, settings().zone)
    words = [
        _("Signed by {name}, {time} (trusted timestamp).", name=name, time=at)
        if one.timestamped
        else _("Signed by {name}, {time} (by the clock of the signer's machine).", name=name, time=at),
        _("Certificate given by {issuer}.", issuer=one.issuer),
    ]
    if not one.covers_all:
        words.append(_("Another signature was added afterwards, which is allowed."))
    return " ".join(words)


@bp.get("/items/<code>/report.<form>")
def report(code: str, form: str) -> Response:
    return saved(document_of(office(), organisation(), current_caller(), code, form))


@bp.get("/items/<code>/print")
def sheet(code: str) -> Answer:
    with office().read() as uow:
        shown = _sheet(uow, code)
    return shown.render()


def _sheet(uow: UnitOfWork, code: str) -> Shown:
    stored = readable(uow, current_caller(), code)
    definition = office().editions.of(stored.item, uow)
    item = shown_to(current_actor(), definition, stored.item)
    titles, files, now = titles_of(uow), uow.files.of_item(item.id), office().clock.now()
    # What the clock told people fills no sheet of paper.
    recent = history.seen_by(current_actor(), history.of_item(uow, item, stream=stream_of(item), limit=_LOOKED_AT))
    entries = [entry for entry in recent if entry.type != "timer"]
    named = _named(item.fields.values())
    grounds = grounds_of(uow, item, stream_of(item))
    told = [presenting.told(entry, definition, titles, files, grounds=grounds) for entry in entries[:_STEPS]]
    return Shown(
        "items/print.html",
        item=item,
        kind=label(definition.label),
        title=str(item.fields.get("title") or item.code),
        state=label(definition.states[item.state].label),
        due=presenting.due_of(item, definition, now),
        unit=titles.unit(item.unit),
        waits=presenting.waits_for(item, definition, titles),
        facts=presenting.facts_of(item, definition, titles, files, grounds),
        lateness=presenting.late_lines(item, definition, titles, files, now),
        files=[file for file in files.values() if file.sha256 in named],
        told=told,
        earlier=len(entries) > _STEPS or len(recent) == _LOOKED_AT,
        printed_by=titles.person(current_actor().id),
        printed_at=moment(now, settings().zone),
    )


def _named(values: Iterable[object]) -> frozenset[str]:
    """The SHA-256 of every file that a field of the item names."""
    return frozenset(one for value in values if isinstance(value, tuple) for one in value if isinstance(one, str))
