"""A dispatch taken apart: who is told what in which part, and the obligations that follow.

Two forms are read: the plain text as it was signed, where the obligations are proposals to be confirmed, and the structured
form (`schema: cchc-directive/1`), where somebody has already stated them. Bad input gives findings, never an exception.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema

from workflow.catalog.dispatch_text import DocumentHead, Part, Passage, date_of, take_apart, unit_named
from workflow.catalog.findings import Finding, has_errors, nearest, quoted
from workflow.catalog.grammar import SLUG, Day, Listed, One, Text, Whole, load
from workflow.catalog.grammar import Part as Shape
from workflow.catalog.obligations import KINDS, Obligation, Obligations, Target
from workflow.catalog.organisation import Organisation
from workflow.catalog.proposals import propose, served_by
from workflow.catalog.read import Document, DocumentInvalid, Path, read_document
from workflow.engine.definition import Label
from workflow.values import replace

__all__ = ["Dispatch", "DocumentHead", "Part", "Passage", "as_register", "instances", "match_register", "read_dispatch"]

SCHEMA = "cchc-directive/1"
_STRUCTURED = (".yaml", ".yml", ".json")
_NULL = frozenset({"", "null", "~"})


@dataclass(frozen=True, slots=True)
class Dispatch:
    """`proposed` says that the obligations are guesses from the words. Only one without an error should be taken in."""

    document: DocumentHead
    parts: tuple[Part, ...] = ()
    passages: tuple[Passage, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    findings: tuple[Finding, ...] = ()
    proposed: bool = False

    @property
    def ok(self) -> bool:
        return not has_errors(self.findings)


def read_dispatch(text: str | bytes, file: str, organisation: Organisation) -> Dispatch:
    """The dispatch in a file: structured where its name ends in .yaml or .json, plain text otherwise."""
    if file.endswith(_STRUCTURED):
        return _read_structured(text, file, organisation)
    taken = take_apart(text, file, organisation)
    return Dispatch(
        taken.head, taken.parts, taken.passages, propose(taken.passages, organisation), taken.findings, proposed=True
    )


def match_register(dispatch: Dispatch, register: Obligations) -> Dispatch:
    """The register's obligations in place of what was read, where the register is of this very dispatch.

    That is: the same passages, told to the same units, of the same month. Anything else is handed back as it came.
    """
    dated = register.document.get("date", "")[:7]
    told = {passage.id: frozenset(_units_told(dispatch, passage)) for passage in dispatch.passages}
    sections = {obligation.section for obligation in register.obligations}
    same_month = bool(dated) and dispatch.document.date.startswith(dated)
    if not same_month or not dispatch.ok or sections != set(told):
        return dispatch
    # A passage to all may hold a duty of one unit alone; a passage to one unit never holds a duty of another.
    if not all(frozenset(obligation.units) <= told[obligation.section] for obligation in register.obligations):
        return dispatch
    return replace(dispatch, obligations=register.obligations, proposed=False)


def _units_told(dispatch: Dispatch, passage: Passage) -> Iterable[str]:
    if passage.unit_id:
        return (passage.unit_id,)
    return {unit for one in dispatch.obligations for unit in one.units if one.section == passage.id}


def as_register(dispatch: Dispatch) -> Obligations:
    """The same as an obligation file would give it; `document` has title, number, date and source."""
    head = dispatch.document
    document = {"title": head.subject, "number": head.number, "date": head.date, "source": head.source}
    return Obligations(1, {key: value for key, value in document.items() if value}, dispatch.obligations)


def instances(obligations: Iterable[Obligation], units: Iterable[str]) -> tuple[tuple[Obligation, str], ...]:
    """One pair for each obligation and each of its units that is among `units`: what becomes an item, or is kept as a rule."""
    known = frozenset(units)
    return tuple((obligation, unit) for obligation in obligations for unit in obligation.units if unit in known)


# ---------------------------------------------------------------------------------------------------- the structured form


class _Loose(Schema):
    """A mapping of which only the declared keys matter here: the form carries more than the office takes in."""

    class Meta:
        unknown = EXCLUDE


class _OrNull(Shape):
    """A value that may be `null`, which a reader without guesses sees as a word."""

    def __init__(self, inner: Shape) -> None:
        super().__init__()
        self.inner = inner

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return None if isinstance(value, str) and value in _NULL else self.inner.deserialize(value)


_ID = Text(needed=True, form=SLUG)
_HEAD = _Loose.from_dict(
    {
        "number": _OrNull(Text()),
        "date": _OrNull(Text(form=re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}"))),
        "date_line": _OrNull(Text()),
        "subject": Text(needed=True),
        "issuer": One(_Loose.from_dict({"name_vi": Text(needed=True)}, name="Issuer"), needed=True),
        "signer": One(_Loose.from_dict({"name": Text(needed=True)}, name="Signer"), needed=True),
    },
    name="Head",
)
_UNIT = _Loose.from_dict({"id": _ID, "name_vi": Text(needed=True)}, name="StatedUnit")
_SENTENCE = _Loose.from_dict(
    {"id": _ID, "section": Whole(needed=True, most=99), "heading": Text(), "text": Text(needed=True)}, name="Sentence"
)
_TARGET = _Loose.from_dict(
    {
        "op": Text(needed=True),
        "value": _OrNull(Text(form=re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?"))),
        "basis": _OrNull(Text()),
        "indicator": Text(needed=True),
    },
    name="StatedTarget",
)
_OBLIGATION = _Loose.from_dict(
    {
        "id": _ID,
        "sentence": Text(needed=True),
        "clause": Text(),
        "title_vi": Text(needed=True),
        "title_en": Text(needed=True),
        "mode": Text(needed=True, known=("lead", "coordinate", "participate")),
        "accountable": Listed(Text(), needed=True, least=1),
        "support": Listed(Text()),
        "scope": Text(needed=True, known=("unit", "each-unit")),
        "field": Text(needed=True),
        "kind": Text(needed=True, known=KINDS),
        "recurrence": Text(needed=True, form=SLUG),
        "target": _OrNull(One(_TARGET)),
        "deadline": _OrNull(Text()),
        "demo_due": _OrNull(Day()),
        "evidence": Listed(Text()),
        "indicators": Listed(Text()),
    },
    name="StatedObligation",
)
_FORM = _Loose.from_dict(
    {
        "schema": Text(needed=True, known=(SCHEMA,)),
        "document": One(_HEAD, needed=True),
        "units": Listed(One(_UNIT), needed=True, least=1),
        "sentences": Listed(One(_SENTENCE), needed=True, least=1),
        "obligations": Listed(One(_OBLIGATION), needed=True, least=1),
    },
    name="StatedDispatch",
)
_COMPARISONS = {">=": "at_least", "<=": "at_most"}
_WHOLE_YEAR = re.compile(r"year-([1-9][0-9]{3})")
_NOBODY = DocumentHead("", "", "", "", "")


def _read_structured(text: str | bytes, file: str, organisation: Organisation) -> Dispatch:
    try:
        document = read_document(text, file)
    except DocumentInvalid as fault:
        return Dispatch(_NOBODY, findings=fault.findings)
    values, findings = load(_FORM, document)
    if values is None:
        return Dispatch(_NOBODY, findings=findings)
    passages = tuple(_passages(values, organisation))
    return Dispatch(
        document=_head(values["document"]),
        parts=tuple(_parts(values, organisation)),
        passages=passages,
        obligations=tuple(_obligation(block, organisation) for block in values["obligations"]),
        findings=tuple(sorted(_wrong_names(document, values, organisation), key=lambda finding: finding.place)),
    )


def _head(block: dict[str, Any]) -> DocumentHead:
    line = block.get("date_line") or ""
    return DocumentHead(
        number=block.get("number") or "",
        date_text=line,
        subject=block["subject"],
        issuer=block["issuer"]["name_vi"],
        signer=block["signer"]["name"],
        date=block.get("date") or date_of(line),
    )


def _ordering(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The sentences that order something: section 0 only says on what ground."""
    return [sentence for sentence in values["sentences"] if sentence["section"]]


def _parts(values: dict[str, Any], organisation: Organisation) -> Iterable[Part]:
    headings: dict[int, str] = {}
    for sentence in _ordering(values):
        number = sentence["section"]
        given = sentence.get("heading", "").removeprefix(f"{number}.").strip()
        headings[number] = headings.get(number) or given
    return (Part(number, heading, unit_named(heading, organisation)) for number, heading in headings.items())


def _passages(values: dict[str, Any], organisation: Organisation) -> Iterable[Passage]:
    units = {part.number: part.unit_id for part in _parts(values, organisation)}
    for sentence in _ordering(values):
        yield Passage(sentence["id"], sentence["section"], units[sentence["section"]], sentence["text"])


def _obligation(block: dict[str, Any], organisation: Organisation) -> Obligation:
    title = Label(block["title_vi"], block["title_en"])
    evidence = "; ".join(block.get("evidence", ()))
    due_on, basis = _due(block)
    return Obligation(
        id=block["id"],
        title=title,
        section=block["sentence"],
        kind=block["kind"],
        units=block["accountable"],
        mode=block["mode"],
        area=block["field"],
        recurrence=block["recurrence"],
        served_by=served_by(
            block["kind"], block["recurrence"], block.get("clause", ""), organisation, block["accountable"]
        ),
        support=block.get("support", ()),
        due_on=due_on,
        basis=basis,
        target=_target(block.get("target")),
        evidence=Label(evidence, evidence) if evidence else None,
        indicators=block.get("indicators", ()),
    )


def _due(block: dict[str, Any]) -> tuple[date | None, str | None]:
    """A date for the demonstration where the form gives one, else the end of the year that the deadline names."""
    if block.get("demo_due"):
        return block["demo_due"], "sample"
    year = _WHOLE_YEAR.fullmatch(block.get("deadline") or "")
    return (date(int(year[1]), 12, 31), "inferred") if year else (None, None)


def _target(block: dict[str, Any] | None) -> Target | None:
    if block is None:
        return None
    value = block.get("value")
    op = _COMPARISONS.get(block["op"], block["op"])
    return Target(block["indicator"], op, Decimal(value) if value else None, block.get("basis"))


def _wrong_names(document: Document, values: dict[str, Any], organisation: Organisation) -> Iterator[Finding]:
    """Every name that means nothing here, and every id that stands twice."""
    units, areas = {unit.id for unit in organisation.units}, {area.id for area in organisation.areas}
    sentences = {sentence["id"] for sentence in values["sentences"]}
    unit, area = Label("đơn vị", "unit"), Label("lĩnh vực", "area")
    yield from _twice(document, values, "sentences")
    yield from _twice(document, values, "obligations")
    for n, block in enumerate(values["units"]):
        yield from _unknown(document, ("units", n, "id"), block["id"], units, unit)
    for n, block in enumerate(values["obligations"]):
        here = ("obligations", n)
        yield from _unknown(document, (*here, "sentence"), block["sentence"], sentences, Label("câu", "sentence"))
        yield from _unknown(document, (*here, "field"), block["field"], areas, area)
        for key in ("accountable", "support"):
            for index, word in enumerate(block.get(key, ())):
                yield from _unknown(document, (*here, key, index), word, units, unit)


def _unknown(document: Document, path: Path, word: str, words: set[str], kind: Label) -> Iterator[Finding]:
    if word not in words:
        message = Label(f"không có {kind.vi} “{quoted(word)}”", f'no {kind.en} "{quoted(word)}"')
        yield document.finding("L11", document.at(path), message, nearest(word, words))


def _twice(document: Document, values: dict[str, Any], block: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for n, entry in enumerate(values[block]):
        if entry["id"] in seen:
            message = Label(
                f"“{quoted(entry['id'])}” đã có ở trên", f'"{quoted(entry["id"])}" stands here a second time'
            )
            yield document.finding("L01", document.at((block, n, "id")), message)
        seen.add(entry["id"])
