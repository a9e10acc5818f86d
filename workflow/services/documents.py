"""Official papers of reports: what an item says, in the form of the decree, signed as the log says it was signed."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from workflow.catalog.organisation import Organisation, Unit
from workflow.engine import Actor, Definition, Item
from workflow.engine.definition import FieldType, Stamp
from workflow.engine.periods import calendar_stretch
from workflow.engine.visibility import shown_to
from workflow.errors import NotFound
from workflow.exports.paper import Annex, Cell, Paper, Seal, Section, Share, written
from workflow.exports.spreadsheet import Sheet, workbook
from workflow.persistence import UnitOfWork
from workflow.queries import history
from workflow.services.annexes import Reading, annexes, is_of_commune
from workflow.services.figures import table_of
from workflow.services.file_kinds import TYPES
from workflow.services.items import readable
from workflow.services.journal import Note, append, stream_of
from workflow.services.office import Caller, Office

_SIGNED_BY: Mapping[str, str] = MappingProxyType({"report": "send", "consolidation": "issue"})
"""Which workflows have a paper, and the move by which it is signed."""

_COMMITTEE = "uy-ban"
_NUMERAL = re.compile(r"[IVX]+\. ")
"""How the label of a part of the paper begins; the paper numbers anew."""


@dataclass(frozen=True, slots=True)
class Written:
    """A report's paper and the item that it was made of."""

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


def has_paper(item: Item) -> bool:
    return item.workflow in _SIGNED_BY


def paper_of(office: Office, organisation: Organisation | None, uow: UnitOfWork, caller: Caller, ref: str) -> Written:
    """The paper of a report as it stands; NotFound where the caller may not read the item or it is of no kind that has one.

    Also where the office has no name. What was signed tells the tasks as they stood then, so that it says the same ever after.
    """
    item = readable(uow, caller, ref).item
    if organisation is None or not has_paper(item):
        raise NotFound("paper", ref[:64])
    definition = office.editions.of(item, uow)
    item = shown_to(caller.actor, definition, item)
    house = _House(organisation, {unit.id: unit for unit in uow.people.units()})
    signed = _signature(uow, definition, item)
    return Written(item, _paper(office, uow, house, definition, item, signed, caller.actor))


def document_of(office: Office, organisation: Organisation | None, caller: Caller, ref: str, form: str) -> Document:
    """A report as a file of one of the FORMS, put on record as an export; NotFound as above, and for another form."""
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


def _paper(
    office: Office,
    uow: UnitOfWork,
    house: _House,
    definition: Definition,
    item: Item,
    signed: _Signed | None,
    actor: Actor,
) -> Paper:
    whole = is_of_commune(item)
    unit = house.units[item.unit]
    agency = house.name if whole else unit.name.vi
    period = _period(item)
    number, on = item.fields.get("issued_number"), item.fields.get("issued_on")
    at = signed.at if signed else office.clock.now()
    return Paper(
        superior="" if whole else house.name,
        agency=agency,
        symbol=f"BC-{house.committee.id.upper() if whole and house.committee else unit.id.upper()}",
        place=house.organisation.place,
        kind="Báo cáo",
        subject=f"Kết quả thực hiện công tác cải cách hành chính {period}".strip(),
        addressee=f"Kính gửi: {'Ủy ban nhân dân thành phố' if whole else house.name}",
        opening="\n".join(filter(None, (_opening(item, agency, period), _replaced(uow, item, agency)))),
        sections=tuple(_sections(definition, item)),
        annexes=tuple(annexes(Reading(office, uow, actor, house.units), definition, item, at)),
        recipients=tuple(_recipients(house, unit, whole=whole)),
        capacity=_capacity(house, unit, signed, whole=whole),
        composed_at=signed.at if signed else _last_change(item),
        number=str(number or ""),
        dated=date.fromisoformat(str(on)) if on else None,
        draft=signed is None,
        seal=_seal(office, uow),
    )


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


def _opening(item: Item, agency: str, period: str) -> str:
    first, last = (item.fields.get(name) for name in ("window_from", "window_to"))
    window = f" (số liệu từ ngày {_day(first)} đến ngày {_day(last)})" if first and last else ""
    return (
        f"Thực hiện chế độ thông tin, báo cáo định kỳ về công tác cải cách hành chính, {agency} "
        f"báo cáo kết quả thực hiện {period}{window} như sau:"
    )


def _replaced(uow: UnitOfWork, item: Item, agency: str) -> str:
    """What an issued paper with an error in it is replaced by says so (Điều 18 of the decree)."""
    stored = uow.items.find(item.parent) if item.parent else None
    if stored is None or stored.item.workflow != item.workflow:
        return ""
    number, on = (stored.item.fields.get(name) for name in ("issued_number", "issued_on"))
    if not (number and on):
        return "Báo cáo này thay thế báo cáo đã ký trước đây của cùng kỳ báo cáo."
    return f"Báo cáo này thay thế Báo cáo số {number} ngày {_day(on)} của {agency}."


def _day(value: object) -> str:
    return written(date.fromisoformat(str(value)))


def _sections(definition: Definition, item: Item) -> Iterator[Section]:
    """The fields whose labels are numbered as parts of a paper."""
    for name, field in definition.fields.items():
        if field.type is FieldType.TEXT and _NUMERAL.match(field.label.vi):
            yield Section(_NUMERAL.sub("", field.label.vi, count=1), str(item.fields.get(name) or ""))


def _recipients(house: _House, unit: Unit, *, whole: bool) -> Iterator[str]:
    if whole:
        yield "- UBND thành phố (để b/c);"
        yield "- Sở Nội vụ (để b/c);"
        yield "- TT Đảng ủy, TT HĐND xã;"
        yield "- Chủ tịch, các Phó Chủ tịch UBND xã;"
        yield "- Các cơ quan, đơn vị thuộc xã;"
        yield f"- Lưu: VT, {unit.id.upper()}."
        return
    if house.committee is not None:
        yield f"- {house.committee.short.vi} (để b/c);"
    consolidating = house.units.get(house.organisation.consolidator_unit)
    if consolidating is not None and consolidating.id != unit.id:
        yield f"- {consolidating.short.vi} (để tổng hợp);"
    yield "- Lưu: VT."


# -- the signature ------------------------------------------------------------------------------------------------------


def _signature(uow: UnitOfWork, definition: Definition, item: Item) -> _Signed | None:
    """Who signed what the item says now; None where nobody did, or where it was changed or taken back since."""
    move = definition.transitions.get(_SIGNED_BY[item.workflow])
    if move is None:
        return None
    stamped = {effect.field for effect in move.effects if isinstance(effect, Stamp)}
    words = {name for name, field in definition.fields.items() if _NUMERAL.match(field.label.vi)} | {
        table_of(definition)
    }
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


def _capacity(house: _House, unit: Unit, signed: _Signed | None, *, whole: bool) -> tuple[str, ...]:
    """The lines above the signature: for whom, in which capacity, the post; the head's own where nobody has signed yet."""
    place = house.committee or unit if whole else unit
    head = place.head_title.vi.upper()
    title = _title(place, signed.post).upper() if signed and signed.post else head
    if signed is not None and signed.kind and title != head:
        return (f"{signed.kind} {head}", title)
    above = ("TM. ỦY BAN NHÂN DÂN",) if whole else ()
    return (*above, head) if title == head else (*above, f"KT. {head}", title)


def _title(unit: Unit, post: str) -> str:
    """The post as it is written in a paper of its own unit, which need not be named again."""
    titles = (unit.deputy_title.vi, unit.head_title.vi)
    return next((title for title in titles if post.casefold().startswith(title.casefold())), post)


def _together(words: str) -> str:
    return words.replace(" ", "\N{NO-BREAK SPACE}")
