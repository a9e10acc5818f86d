"""Official papers: what an item says, as its definition words it, in the form of the decree, signed as the log says."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from workflow.catalog.organisation import Organisation, Unit
from workflow.engine import Actor, Definition, Item
from workflow.engine.definition import Agency, Final, PaperForm, Stamp
from workflow.engine.paper import fields_said, filled, filled_line
from workflow.engine.periods import calendar_stretch
from workflow.engine.visibility import shown_to
from workflow.errors import NotFound
from workflow.exports.paper import Annex, Cell, Paper, Seal, Section, Share, written
from workflow.exports.spreadsheet import Sheet, workbook
from workflow.persistence import UnitOfWork
from workflow.queries import history
from workflow.services.annexes import Reading, Reported, annexes
from workflow.services.figures import table_of
from workflow.services.file_kinds import TYPES
from workflow.services.items import readable
from workflow.services.journal import Note, append, stream_of
from workflow.services.office import Caller, Office

_COMMITTEE = "uy-ban"


@dataclass(frozen=True, slots=True)
class Written:
    """An item's paper and the item that it was made of."""

    item: Item
    paper: Paper


@dataclass(frozen=True, slots=True)
class _Signed:
    """Who signed: the title of his post on that day, and for whom under which power ("" where it was his own)."""

    post: str
    unit: str | None
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _House:
    """What a paper needs to know of the office."""

    organisation: Organisation
    units: Mapping[str, Unit]

    @property
    def committee(self) -> Unit | None:
        return next((unit for unit in self.units.values() if unit.kind == _COMMITTEE), None)

    @property
    def name(self) -> str:
        """The commune's name, whose last words no line tears apart."""
        name, place = self.organisation.name.vi, self.organisation.place
        before, found, _after = name.rpartition(place)
        kind = before.rstrip().rpartition(" ")
        return f"{kind[0]} {_together(f'{kind[2]} {place}')}" if found and kind[0] else name


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Matter:
    """What the paper is made of: the form that the item's edition declares, and the office's words for it."""

    form: PaperForm
    definition: Definition
    item: Item
    house: _House
    unit: Unit

    @property
    def of_commune(self) -> bool:
        return self.form.agency is Agency.COMMUNE

    @property
    def agency(self) -> str:
        return self.house.name if self.of_commune else self.unit.name.vi

    @property
    def words(self) -> Mapping[str, str]:
        """What stands in place of each placeholder; "" where there is nothing to say."""
        committee = self.house.committee
        consolidating = self.house.units.get(self.house.organisation.consolidator_unit)
        return {
            "agency": self.agency,
            "commune": self.house.name,
            "committee": committee.short.vi if committee else "",
            "consolidating": consolidating.short.vi if consolidating and consolidating.id != self.unit.id else "",
            "unit": self.unit.short.vi,
            "unit_symbol": self.unit.id.upper(),
            "title": str(self.item.fields.get("title") or ""),
            "period": _period(self.item),
            "window": _window(self.item),
        }


def has_paper(definition: Definition) -> bool:
    return definition.paper is not None


def paper_of(office: Office, organisation: Organisation | None, uow: UnitOfWork, caller: Caller, ref: str) -> Written:
    """The paper of an item as it stands; NotFound where the caller may not read the item or its edition declares none.

    Also where the office has no name. What was signed tells the tasks as they stood then, so that it says the same ever after.
    """
    item = readable(uow, caller, ref).item
    definition = office.editions.of(item, uow)
    form = definition.paper
    if organisation is None or form is None:
        raise NotFound("paper", ref[:64])
    item = shown_to(caller.actor, definition, item)
    house = _House(organisation, {unit.id: unit for unit in uow.people.units()})
    matter = _Matter(form, definition, item, house, house.units[item.unit])
    return Written(item, _paper(office, uow, matter, caller.actor))


def document_of(office: Office, organisation: Organisation | None, caller: Caller, ref: str, form: str) -> Document:
    """The paper of an item as a file of one of the FORMS, put on record as an export; NotFound as above, and for another form."""
    make = _MAKERS.get(form)
    if make is None:
        raise NotFound("form", form[:64])
    with office.read() as uow:
        written = paper_of(office, organisation, uow, caller, ref)
    content = make(written.paper)
    name = f"{written.item.code}.{form}"
    note_export(office, caller, written.item, name, content)
    return Document(name, TYPES[form], content)


def note_export(office: Office, caller: Caller, item: Item, name: str, content: bytes) -> None:
    """Put on record that somebody took a document of the item out of the office."""
    extra = {
        "what": name,
        "item": item.id,
        "code": item.code,
        "rev": item.revision,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
    }
    with office.write() as uow:
        append(uow, Note("log", "export", extra=extra), caller, office.clock.now())


def _as_pdf(paper: Paper) -> bytes:
    from workflow.exports.typeset import pdf

    return pdf(paper)


def _as_docx(paper: Paper) -> bytes:
    from workflow.exports.word import docx

    return docx(paper)


def _as_xlsx(paper: Paper) -> bytes:
    return workbook([_sheet(paper, annex) for annex in paper.annexes] or [Sheet(paper.kind, (paper.subject,), ())])


def _sheet(paper: Paper, annex: Annex) -> Sheet:
    head = tuple(column.heading for column in annex.columns)
    rows = [[_value(cell) for cell in row] for row in annex.rows]
    above = (annex.title, paper.agency, paper.subject, paper.reference, annex.note)
    return Sheet(annex.title, head, rows, tuple(filter(None, above)))


def _value(cell: Cell) -> str | int | Decimal | date | None:
    """A number as a number: of percent where the unit beside it says so."""
    return cell.percent if isinstance(cell, Share) else cell


_MAKERS: Mapping[str, Callable[[Paper], bytes]] = MappingProxyType({"docx": _as_docx, "pdf": _as_pdf, "xlsx": _as_xlsx})
FORMS = tuple(_MAKERS)


# -- the paper ----------------------------------------------------------------------------------------------------------


def _paper(office: Office, uow: UnitOfWork, matter: _Matter, actor: Actor) -> Paper:
    form, item, house, words = matter.form, matter.item, matter.house, matter.words
    signed = _signature(uow, matter)
    number, on = _registered(form, item)
    at = signed.at if signed else office.clock.now()
    reading, reported = Reading(office, uow, actor, house.units), Reported(item, matter.definition, form, at)
    return Paper(
        superior="" if matter.of_commune else house.name,
        agency=matter.agency,
        symbol=f"{form.symbol}-{_issuer(matter).id.upper()}",
        place=house.organisation.place,
        kind=form.kind,
        subject=filled(form.subject, words),
        addressee=filled(form.addressee, words),
        opening="\n".join(filter(None, (filled(form.opening, words), _replaced(office, uow, matter)))),
        sections=tuple(Section(heading, str(item.fields.get(name) or "")) for name, heading in form.sections),
        annexes=tuple(annexes(reading, reported)),
        recipients=tuple(filter(None, (filled_line(line, words) for line in form.recipients))),
        capacity=_capacity(matter, signed),
        composed_at=signed.at if signed else _last_change(item),
        number=number,
        dated=on,
        draft=signed is None,
        seal=_seal(office, uow),
    )


def _issuer(matter: _Matter) -> Unit:
    """The unit whose symbol the paper bears and whose head signs it."""
    return matter.house.committee or matter.unit if matter.of_commune else matter.unit


def _registered(form: PaperForm, item: Item) -> tuple[str, date | None]:
    """The number and the day that the register gave; "" and None until it does."""
    number, on = (item.fields.get(name) if name else None for name in (form.number, form.dated))
    return str(number or ""), date.fromisoformat(str(on)) if on else None


def _seal(office: Office, uow: UnitOfWork) -> Seal | None:
    """The newest that is signed: it leaves the building with the paper. None where nothing is."""
    newest = uow.seals.newest_checkpoint()
    if newest is None:
        return None
    from workflow.exports.seal import seal_line

    return seal_line(newest, office.zone)


def _last_change(item: Item) -> datetime:
    """An instant that stays as long as nothing is done: when the present state was entered."""
    return item.entered_at


def _period(item: Item) -> str:
    stretch = calendar_stretch(str(item.fields.get("period") or ""))
    return stretch.label.vi if stretch else str(item.fields.get("period") or "")


def _window(item: Item) -> str:
    first, last = (item.fields.get(name) for name in ("window_from", "window_to"))
    return f"từ ngày {_day(first)} đến ngày {_day(last)}" if first and last else ""


def _replaced(office: Office, uow: UnitOfWork, matter: _Matter) -> str:
    """What an issued paper with an error in it is replaced by says so (Điều 18 of the decree)."""
    stored = uow.items.find(matter.item.parent) if matter.item.parent else None
    if stored is None or stored.item.workflow != matter.item.workflow:
        return ""
    before = office.editions.of(stored.item, uow)
    if before.paper is None or before.states[stored.item.state].final is not Final.SUPERSEDED:
        return ""
    kind, was = matter.form.kind, before.paper.kind
    number, on = _registered(before.paper, stored.item)
    if number and on:
        return f"{kind} này thay thế {was} số {number} ngày {written(on)} của {matter.agency}."
    same = " của cùng kỳ báo cáo" if matter.item.fields.get("period") else ""
    return f"{kind} này thay thế {was[:1].lower()}{was[1:]} đã ký trước đây{same}."


def _day(value: object) -> str:
    return written(date.fromisoformat(str(value)))


# -- the signature ------------------------------------------------------------------------------------------------------


def _signature(uow: UnitOfWork, matter: _Matter) -> _Signed | None:
    """Who signed what the item says now; None where nobody did, or where it was changed or taken back since."""
    definition, item = matter.definition, matter.item
    move = definition.transitions[matter.form.signed_by]
    stamped = {effect.field for effect in move.effects if isinstance(effect, Stamp)}
    words = fields_said(matter.form) | {table_of(definition)}
    for entry in history.of_item(uow, item, stream=stream_of(item)):
        if any(event["e"] == "moved" and event["move"] == move.name for event in entry.events):
            return _signed(uow, entry)
        changed = {event["field"]: event["new"] for event in entry.events if event["e"] == "field"}
        if words & changed.keys() or any(changed.get(name, "") is None for name in stamped):
            return None
    return None


def _signed(uow: UnitOfWork, entry: history.HistoryEntry) -> _Signed:
    act = entry.actor
    power = uow.people.delegation(str(act["dlg"])) if act.get("dlg") else None
    return _Signed(str(act.get("post") or ""), act.get("unit"), power.kind if power else "", entry.effective_at)


def _capacity(matter: _Matter, signed: _Signed | None) -> tuple[str, ...]:
    """The lines above the signature: for whom, in which capacity, the post; the head's own where nobody has signed yet."""
    place = _issuer(matter)
    head = place.head_title.vi.upper()
    title = _title(place, signed.post).upper() if signed and signed.post else head
    if signed is not None and signed.kind and title != head:
        return (f"{signed.kind} {head}", title)
    if signed is not None and signed.unit not in (None, place.id):
        # Whoever signs in his own right and is of another unit stands in for nobody of this one.
        return (title,)
    above = ("TM. ỦY BAN NHÂN DÂN",) if matter.of_commune else ()
    return (*above, head) if title == head else (*above, f"KT. {head}", title)


def _title(unit: Unit, post: str) -> str:
    """The post as it is written in a paper of its own unit, which need not be named again."""
    titles = (unit.deputy_title.vi, unit.head_title.vi)
    return next((title for title in titles if post.casefold().startswith(title.casefold())), post)


def _together(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")
