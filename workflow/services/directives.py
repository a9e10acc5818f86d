"""Take a directive into the office: its register holds every obligation, and what has to be done becomes drafts."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from workflow.catalog import Library
from workflow.catalog.dispatch import Dispatch, DocumentHead, as_register, match_register, read_dispatch
from workflow.catalog.obligations import Obligation, Obligations, read_obligations
from workflow.catalog.read import DocumentInvalid, read_document
from workflow.engine import Definition, Kind, Reason
from workflow.engine.definition import Purpose, WhoKind
from workflow.engine.item import units_text
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.directives import Directive, RegisteredObligation
from workflow.services.items import NewItem, Refusal, create_within
from workflow.services.journal import Note, append, fingerprint_of
from workflow.services.office import Caller, Office
from workflow.values import replace

CREATED = (Purpose.TASK, Purpose.STANDING)
"""What an import makes items of; what a series, a rule or the consolidation serves is only registered."""


@dataclass(frozen=True, slots=True)
class Order:
    """A directive as it is to be taken in: `source` is how items name it, `source_hash` the SHA-256 of its text in hex."""

    title: str
    number: str
    dated_on: date
    source: str
    source_hash: str
    obligations: tuple[Obligation, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What was understood of a text, to be corrected; `order` is None where its findings stand against taking it in."""

    dispatch: Dispatch
    order: Order | None


def preview(office: Office, library: Library, text: str | bytes, file: str) -> Preview:
    """Read a dispatch (plain text or structured) or an obligation file. Never raises for what the text says.

    Obligations that the shipped register knows of this very dispatch stand in place of what was guessed from its words;
    whoever corrects them imports `replace(preview.order, obligations=…)`.
    """
    if library.organisation is None:
        raise ValueError("a dispatch can be read only for an organisation")
    source = text.encode(errors="replace") if isinstance(text, str) else text
    today = office.clock.now().astimezone(office.zone).date()
    if _is_register(source, file):
        return _previewed_register(library, source, file, today)
    dispatch = read_dispatch(text, file, library.organisation)
    if library.obligations is not None:
        dispatch = match_register(dispatch, library.obligations)
    if not dispatch.ok:
        return Preview(dispatch, None)
    order = order_of(as_register(dispatch), source, today)
    return Preview(dispatch, replace(order, source=_known_source(library, order) or order.source))


def _known_source(library: Library, order: Order) -> str | None:
    """The short name that the shipped register gives this dispatch, if it is the register's own."""
    register = library.obligations
    return register.document.get("source") if register and register.obligations == order.obligations else None


def _is_register(source: bytes, file: str) -> bool:
    """Whether this is an obligation file, as the definitions folder holds it."""
    if not file.endswith((".yaml", ".yml", ".json")):
        return False
    try:
        data = read_document(source, file).data
    except DocumentInvalid:
        return False
    return isinstance(data, dict) and "format" in data and "obligations" in data


def _previewed_register(library: Library, source: bytes, file: str, today: date) -> Preview:
    try:
        register = read_obligations(
            source,
            file,
            units=frozenset(unit.id for unit in library.organisation.units) if library.organisation else frozenset(),
            areas=library.names.areas,
            indicators=library.indicators.ids if library.indicators else frozenset(),
        )
    except DocumentInvalid as fault:
        return Preview(Dispatch(DocumentHead("", "", "", "", ""), findings=fault.findings), None)
    order = order_of(register, source, today)
    head = DocumentHead(order.number, "", order.title, "", "", register.document.get("date", ""))
    return Preview(Dispatch(head, obligations=register.obligations), order)


def order_of(obligations: Obligations, text: bytes, received_on: date) -> Order:
    """The order that a register gives; by `text`, the bytes it was read from, a second import is known.

    A document without a date that can be counts from `received_on`, one that names only its month or year from the
    first day of it.
    """
    document = obligations.document
    source = document.get("source", "")
    return Order(
        title=document.get("title", source),
        number=document.get("number", ""),
        dated_on=_first_day(document.get("date", ""), received_on),
        source=source,
        source_hash=hashlib.sha256(text).hexdigest(),
        obligations=obligations.obligations,
    )


def _first_day(dated: str, received_on: date) -> date:
    """The first day that a written date may mean: of 31 February the month counts, of month 13 the year."""
    for known in (dated[:10], dated[:7], dated[:4]):
        try:
            return date.fromisoformat(f"{known}-01-01"[:10])
        except ValueError:
            continue
    return received_on


@dataclass(frozen=True, slots=True)
class Imported:
    """`items` counts the drafts, `obligations` the instances in the register: one for each obligation and unit."""

    directive: str
    items: int
    obligations: int
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class RowRefused:
    """Why one instance could not become an item. `definition` is None where the directive as a whole is refused."""

    obligation: str
    unit: str
    reasons: tuple[Reason, ...]
    definition: Definition | None = None


@dataclass(frozen=True, slots=True)
class NotImported:
    """Nothing was written; `rows` holds every row that was refused, each with all its reasons."""

    rows: tuple[RowRefused, ...]


class _Refused(Exception):
    """Carries the refused rows out of the unit of work, so that nothing of it stays."""

    def __init__(self, rows: tuple[RowRefused, ...]) -> None:
        super().__init__(", ".join(row.obligation for row in rows))
        self.rows = rows


def import_directive(office: Office, caller: Caller, order: Order) -> Imported | NotImported:
    """Register every obligation of a directive and create its tasks and standing duties as drafts: all or nothing.

    With `caller.key` the same import again is answered as before. Raises ReusedKey, Busy.
    """
    now = office.clock.now()
    try:
        with office.write() as uow:
            return _import(office, uow, caller, order, now)
    except _Refused as refused:
        return NotImported(refused.rows)


def _import(office: Office, uow: UnitOfWork, caller: Caller, order: Order, now: datetime) -> Imported:
    if caller.key is not None:
        asked = fingerprint_of("import", order.source_hash, [str(obligation) for obligation in order.obligations])
        answer = uow.idempotency.claim(caller.actor.id, caller.key, asked, now)
        if answer is not None:
            return replace(_imported(uow, answer.outcome), replayed=True)
    refusal = _refusal(office, uow, caller, order)
    if refusal:
        raise _Refused((RowRefused("", "", (refusal,)),))
    directive = Directive(
        new_id(now), order.title, order.number, order.dated_on, order.source_hash, now, caller.actor.id
    )
    items = _create_all(office, uow, caller, order, now)
    uow.directives.add(directive)
    uow.directives.register(_register(directive.id, order.obligations, items))
    _record(uow, caller, directive, order, items, now)
    if caller.key is not None:
        uow.idempotency.finish(caller.actor.id, caller.key, directive.id)
    return _imported(uow, directive.id)


def _imported(uow: UnitOfWork, directive_id: str) -> Imported:
    rows = uow.directives.obligations(directive_id)
    return Imported(directive_id, sum(row.item is not None for row in rows), len(rows))


def refusal_to_import(office: Office, uow: UnitOfWork, caller: Caller) -> Reason | None:
    """Why the caller may take in no directive at all, or None; each row is then judged by its own workflow."""
    definition = office.editions.find_serving(Purpose.TASK, uow)
    if definition is None:
        return _unserved(Purpose.TASK)
    may = [who for who in definition.create.by if who.kind is WhoKind.OFFICE]
    if not any(who.name in caller.actor.roles for who in may):
        return Reason("not_permitted", Kind.AUTHORITY, {"may": ", ".join(str(who) for who in may)})
    return None


def _unserved(purpose: Purpose) -> Reason:
    return Reason("purpose_unserved", Kind.PRECONDITION, {"purpose": purpose.value})


def _refusal(office: Office, uow: UnitOfWork, caller: Caller, order: Order) -> Reason | None:
    """Why this directive as a whole may not be taken in."""
    refusal = refusal_to_import(office, uow, caller)
    if refusal is not None:
        return refusal
    known = next((one for one in uow.directives.all() if one.source_hash == order.source_hash), None)
    if known is not None:
        return Reason("directive_known", Kind.STATE, {"title": known.title, "directive": known.id})
    return _faulty(order)


def _faulty(order: Order) -> Reason | None:
    named = [f"{obligation.id}/{unit}" for obligation, unit in _instances(order.obligations)]
    if not named:
        return Reason("nothing_to_import", Kind.INPUT)
    twice = next((name for name, count in Counter(named).items() if count > 1), None)
    return Reason("obligation_twice", Kind.INPUT, {"value": twice}) if twice else None


def _create_all(
    office: Office, uow: UnitOfWork, caller: Caller, order: Order, now: datetime
) -> Mapping[tuple[str, str], str]:
    """The id of each new item by obligation and unit; every row is tried before the first refusal ends it."""
    # The key answers for the whole import and cannot answer for each row as well.
    creator = replace(caller, key=None)
    serving = {one.value: office.editions.find_serving(one, uow) for one in CREATED}
    items: dict[tuple[str, str], str] = {}
    refused: list[RowRefused] = []
    for obligation, unit in _instances(order.obligations):
        if obligation.served_by not in serving:
            continue
        definition = serving[obligation.served_by]
        if definition is None:
            refused.append(RowRefused(obligation.id, unit, (_unserved(Purpose(obligation.served_by)),)))
            continue
        new = NewItem(definition.workflow, unit, _fields(order, obligation))
        try:
            items[obligation.id, unit] = create_within(office, uow, creator, new, now).item.id
        except Refusal as refusal:
            refused.append(RowRefused(obligation.id, unit, refusal.reasons, refusal.definition))
        except NotFound as fault:
            reason = Reason(f"no_such_{fault.kind}", Kind.INPUT, {"value": fault.name, "field": fault.kind})
            refused.append(RowRefused(obligation.id, unit, (reason,)))
    if refused:
        raise _Refused(tuple(refused))
    return MappingProxyType(items)


def _instances(obligations: Iterable[Obligation]) -> Iterator[tuple[Obligation, str]]:
    return ((obligation, unit) for obligation in obligations for unit in obligation.units)


def _fields(order: Order, obligation: Obligation) -> dict[str, str]:
    fields = {
        "title": obligation.title.vi,
        "source": order.source,
        "section": obligation.section,
        "area": obligation.area,
        "obligation": obligation.id,
        "mode": obligation.mode,
        "support_units": units_text(obligation.support),
        "due_on": obligation.due_on.isoformat() if obligation.due_on else "",
    }
    return fields | (_measured(order, obligation) if obligation.served_by == Purpose.STANDING else {})


def indicator_of(obligation: Obligation) -> str:
    """What a duty is measured by: the indicator of its target, else the first one named, else nothing."""
    target = obligation.target
    return (target.indicator if target else "") or next(iter(obligation.indicators), "")


def _measured(order: Order, obligation: Obligation) -> dict[str, str]:
    target = obligation.target
    value = str(target.value) if target and target.value is not None else ""
    return {"indicator": indicator_of(obligation), "target": value, "year": str(order.dated_on.year)}


def _register(
    directive: str, obligations: Iterable[Obligation], items: Mapping[tuple[str, str], str]
) -> Iterator[RegisteredObligation]:
    for obligation, unit in _instances(obligations):
        yield RegisteredObligation(
            directive=directive,
            id=obligation.id,
            unit=unit,
            section=obligation.section,
            title=obligation.title,
            kind=obligation.kind,
            mode=obligation.mode,
            area=obligation.area,
            served_by=obligation.served_by,
            details=_details(obligation),
            item=items.get((obligation.id, unit)),
        )


def _details(obligation: Obligation) -> dict[str, Any]:
    details: dict[str, Any] = {
        "recurrence": obligation.recurrence,
        "support": list(obligation.support),
        "indicators": list(obligation.indicators),
    }
    if obligation.due_on:
        details |= {"due_on": obligation.due_on.isoformat(), "basis": obligation.basis}
    if obligation.evidence:
        details["evidence"] = {"vi": obligation.evidence.vi, "en": obligation.evidence.en}
    if obligation.target:
        target = obligation.target
        value = str(target.value) if target.value is not None else None
        details["target"] = {"indicator": target.indicator, "op": target.op, "value": value, "basis": target.basis}
    return details


def _record(
    uow: UnitOfWork,
    caller: Caller,
    directive: Directive,
    order: Order,
    items: Mapping[tuple[str, str], str],
    now: datetime,
) -> None:
    said = {
        "directive": directive.id,
        "title": directive.title,
        "number": directive.number,
        "dated_on": directive.dated_on.isoformat(),
        "hash": directive.source_hash,
        "obligations": sum(1 for _ in _instances(order.obligations)),
        "items": list(items.values()),
    }
    append(uow, Note("log", "import", extra={"import": said}), caller, now)
