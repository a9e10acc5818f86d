"""The plain text of a dispatch taken apart by its own marks: head, numbered parts, dashes, closing paragraphs, signature.

What it looks for is how administrative documents are laid out (Nghị định 30/2020/NĐ-CP), read leniently: Markdown marks of a
converted file, lines wrapped anywhere, other dashes, other spacing of a unit's name. Total: any text gives a TakenApart.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from workflow.catalog.findings import Finding, Severity, nearest, quoted
from workflow.catalog.organisation import Organisation
from workflow.engine.definition import Label

MAX_BYTES = 256 * 1024
MAX_PASSAGES = 500
MAX_PASSAGE_LENGTH = 8_000

_DASH = re.compile(r"\s*(?:[-–—•+]|\*(?!\*))\s+(?=\S)")
_HEADING = re.compile(r"([1-9][0-9]?)\.(?![0-9])\s*(\S.{0,149})")
_INLINE_HEADING = re.compile(r"([1-9][0-9]?)\.(?![0-9])\s*([^:]{3,100}):\s+(\S.*)")
_NUMBER = re.compile(r"số\s*:\s*(.*)", re.IGNORECASE)
_DATE = re.compile(r"ngày\s+([0-9]{1,2})?\s*tháng\s+([0-9]{1,2})?\s*năm\s+([0-9]{4})", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[\w)”\"%][.!?])\s+(?=[^\W\d_])")
_COMPLETE = (".", ";", ":", "!", "?")
_UNIT_WORDS = ("phong", "van phong", "trung tam", "ban", "cong an", "to", "tram", "truong", "hoi", "doi", "thanh tra")
_STATE_HEADER = "cong hoa xa hoi chu nghia viet nam"
_MOTTO = "doc lap tu do hanh phuc"
_RECIPIENTS = "noi nhan"
_SIGNING_OFFICES = (
    "chu tich",
    "pho chu tich",
    "tm ",
    "kt ",
    "tl ",
    "tuq ",
    "q ",
    "thu truong",
    "giam doc",
    "truong phong",
)


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """`date` is what of it is known, `2026`, `2026-06` or `2026-06-15`, or empty; the rest is as written."""

    number: str
    date_text: str
    subject: str
    issuer: str
    signer: str
    date: str = ""

    @property
    def source(self) -> str:
        """How an item names this document."""
        named = f"Văn bản số {self.number}" if self.number.strip("/ ") else "Văn bản"
        return ", ".join(part for part in (named, self.date_text, self.subject) if part)[:300]


@dataclass(frozen=True, slots=True)
class Part:
    """`unit_id` is None where a part speaks to all; the closing paragraphs are the last part, without a heading."""

    number: int
    heading: str
    unit_id: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """One duty as it is written; `id` is `s`, the part, a point, its place in the part."""

    id: str
    part: int
    unit_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class TakenApart:
    head: DocumentHead
    parts: tuple[Part, ...] = ()
    passages: tuple[Passage, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Line:
    number: int
    text: str
    dashed: bool = False
    after_gap: bool = False
    opens: bool = False
    """Whether it stands apart from the line before: after a gap, a full sentence, or marked so."""


@dataclass(slots=True)
class _Paragraph:
    dashed: bool
    lines: list[str]

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclass(slots=True)
class _Block:
    """One numbered part while it is read."""

    number: int
    heading: str
    line: int
    paragraphs: list[_Paragraph] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """Its paragraphs, without those that only announce the dashes after them."""
        following = [*self.paragraphs, None][1:]
        return [
            paragraph.text
            for paragraph, after in zip(self.paragraphs, following, strict=True)
            if not (after and after.dashed and not paragraph.dashed and paragraph.text.endswith(":"))
        ]


@lru_cache(maxsize=512)
def folded(text: str) -> str:
    """Letters and digits only, small, without marks: `Văn Phòng HĐND - UBND` and `văn phòng HĐND-UBND` are one name."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", kept))


def unit_named(heading: str, organisation: Organisation) -> str | None:
    """The unit that a heading names, by its full or its short name."""
    words = folded(heading)
    for unit in organisation.units:
        if words in (folded(unit.name.vi), folded(unit.short.vi), folded(unit.name.en)):
            return unit.id
    longer = [unit for unit in organisation.units if words.startswith(f"{folded(unit.name.vi)} ")]
    return max(longer, key=lambda unit: len(unit.name.vi)).id if longer else None


def date_of(text: str) -> str:
    """What a date line tells, as far as it is filled in: `2026-06` of "ngày … tháng 6 năm 2026"."""
    found = _DATE.search(text)
    if not found:
        return ""
    day, month, year = found.groups()
    if not month or not 1 <= int(month) <= 12:
        return str(year)
    return f"{year}-{int(month):02}" + (f"-{int(day):02}" if day and 1 <= int(day) <= 31 else "")


def sentences(text: str) -> tuple[str, ...]:
    return tuple(part for part in _SENTENCE_END.split(text) if part)


def take_apart(text: str | bytes, file: str, organisation: Organisation) -> TakenApart:
    """The parts and passages of a dispatch, numbered as its own numbers and dashes do."""
    decoded = _decoded(text, file)
    if isinstance(decoded, Finding):
        return TakenApart(DocumentHead("", "", "", "", ""), findings=(decoded,))
    lines = tuple(_with_headings_apart(_lines(decoded), organisation))
    start = next((n for n, line in enumerate(lines) if _is_heading(line, 0)), len(lines))
    end = next((n for n in range(start, len(lines)) if _ends_body(lines[n])), len(lines))
    blocks = _blocks(lines[start:end])
    head = _head(lines[:start], lines[end:])
    excess = _excess(blocks, file)
    if excess:
        return TakenApart(head, findings=(excess,))
    findings = tuple(sorted(_complaints(blocks, head, file, organisation), key=lambda finding: finding.place))
    parts, passages = _numbered(blocks, organisation)
    return TakenApart(head, parts, passages, findings)


def _decoded(text: str | bytes, file: str) -> str | Finding:
    try:
        raw = text.encode() if isinstance(text, str) else bytes(text)
        decoded = raw.decode("utf-8-sig")
    except UnicodeError:
        return _unreadable(file, "Tệp không phải UTF-8.", "the file is not UTF-8")
    if len(raw) > MAX_BYTES:
        size = MAX_BYTES // 1024
        return _unreadable(file, f"Tệp lớn hơn {size} KB.", f"the file is larger than {size} KB")
    if "\0" in decoded:
        line = decoded.count("\n", 0, decoded.index("\0")) + 1
        return _unreadable(file, "Tệp chứa ký tự NUL.", "the file holds a NUL character", line)
    return unicodedata.normalize("NFC", decoded)


def _unreadable(file: str, vi: str, en: str, line: int = 1) -> Finding:
    return Finding("L02", Severity.ERROR, file, line, 1, Label(vi, en))


def _lines(text: str) -> Iterator[_Line]:
    """The lines that say something, without the marks of a converted file."""
    gap, opens = True, True
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        dash = _DASH.match(raw)
        # An asterisk never carries a meaning of its own in such a text.
        plain = raw[dash.end() if dash else 0 :].replace("*", "").strip().lstrip("#").replace("\\-", "-")
        words = " ".join(plain.split())
        if words:
            marked = raw.lstrip().startswith(("#", "**"))
            yield _Line(number, words, dashed=dash is not None, after_gap=gap or marked, opens=opens or marked)
        gap = not words
        opens = gap or words.endswith(_COMPLETE)


def _with_headings_apart(lines: Iterable[_Line], organisation: Organisation) -> Iterator[_Line]:
    """`3. Phòng Kinh tế: chịu trách nhiệm …` as two lines, the heading and what it says."""
    for line in lines:
        found = None if line.dashed else _INLINE_HEADING.fullmatch(line.text)
        if found and unit_named(found[2], organisation):
            yield _Line(line.number, f"{found[1]}. {found[2]}", opens=True)
            yield _Line(line.number, found[3])
        else:
            yield line


def _is_heading(line: _Line, last: int) -> bool:
    """A number above the last one on a line of its own; a sentence that happens to wrap at a number is none."""
    found = _HEADING.fullmatch(line.text)
    if not found or line.dashed or not line.opens or line.text.endswith((".", ";", ",")):
        return False
    number = int(found[1])
    return number == 1 if last == 0 else last < number <= last + 3


def _ends_body(line: _Line) -> bool:
    """The recipients, or the office of the signer in capitals."""
    words = folded(line.text)
    if words.startswith(_RECIPIENTS):
        return True
    return not line.dashed and line.text.isupper() and f"{words} ".startswith(_SIGNING_OFFICES)


def _blocks(lines: Iterable[_Line]) -> tuple[_Block, ...]:
    blocks: list[_Block] = []
    for line in lines:
        if _is_heading(line, blocks[-1].number if blocks else 0):
            number, _, heading = line.text.partition(".")
            blocks.append(_Block(int(number), heading.strip().rstrip(":"), line.number))
        elif blocks:
            _take(blocks[-1].paragraphs, line)
    return tuple(blocks)


def _take(paragraphs: list[_Paragraph], line: _Line) -> None:
    """A dash opens a duty, a gap after a full sentence a paragraph; any other line goes on with what stands before."""
    full = not paragraphs or paragraphs[-1].lines[-1].endswith(_COMPLETE)
    if line.dashed or not paragraphs or (line.after_gap and full):
        paragraphs.append(_Paragraph(line.dashed, [line.text]))
    else:
        paragraphs[-1].lines.append(line.text)


def _numbered(blocks: Sequence[_Block], organisation: Organisation) -> tuple[tuple[Part, ...], tuple[Passage, ...]]:
    parts: list[Part] = []
    passages: list[Passage] = []
    for block in blocks[:-1]:
        _add(parts, passages, Part(block.number, block.heading, unit_named(block.heading, organisation)), block.texts)
    for block in blocks[-1:]:
        own = _Block(block.number, block.heading, block.line, block.paragraphs[: _first_closing(block.paragraphs)])
        closing = block.paragraphs[len(own.paragraphs) :]
        _add(parts, passages, Part(block.number, block.heading, unit_named(block.heading, organisation)), own.texts)
        if closing:
            said = [sentence for paragraph in closing for sentence in sentences(paragraph.text)]
            _add(parts, passages, Part(block.number + 1, "", None), said)
    return tuple(parts), tuple(passages)


def _add(parts: list[Part], passages: list[Passage], part: Part, texts: Iterable[str]) -> None:
    parts.append(part)
    passages += [
        Passage(f"s{part.number}.{n}", part.number, part.unit_id, text) for n, text in enumerate(texts, start=1)
    ]


def _first_closing(paragraphs: Sequence[_Paragraph]) -> int:
    """Where the last part's own duties end and the paragraphs begin that speak to everybody."""
    return 1 + max((n for n, paragraph in enumerate(paragraphs) if paragraph.dashed), default=0)


# -------------------------------------------------------------------------------------------------- the head and the foot


def _head(top: Sequence[_Line], foot: Sequence[_Line]) -> DocumentHead:
    number = next((found[1].strip() for line in top if (found := _NUMBER.fullmatch(line.text))), "")
    dated = next((line.text for line in top if _DATE.search(line.text) and len(line.text) <= 80), "")
    return DocumentHead(number, dated, _subject(top), _issuer(top), _signer(foot), date_of(dated))


def _issuer(top: Sequence[_Line]) -> str:
    """The first lines in capitals, but for the state's own header."""
    words: list[str] = []
    for line in top:
        if folded(line.text) in (_STATE_HEADER, _MOTTO):
            continue
        if not line.text.isupper() or (words and line.after_gap):
            break
        words.append(line.text)
    return " ".join(words)


def _subject(top: Sequence[_Line]) -> str:
    """From `V/v` to the end of its paragraph."""
    words: list[str] = []
    for line in top:
        begins = folded(line.text).startswith(("v v ", "ve viec"))
        if words and (line.after_gap or _DATE.search(line.text)):
            break
        if words or begins:
            words.append(line.text)
    return " ".join(words)


def _signer(foot: Sequence[_Line]) -> str:
    """The last name under the office in capitals, where one stands."""
    names = [line.text for line in foot if not line.dashed and not line.text.isupper() and len(line.text) <= 60]
    names = [name for name in names if not folded(name).startswith(_RECIPIENTS) and not name.endswith((".", ";", ","))]
    return names[-1] if names else ""


# ------------------------------------------------------------------------------------------------------------- complaints


def _excess(blocks: Sequence[_Block], file: str) -> Finding | None:
    """What no dispatch has: such a text is not read further."""
    if sum(len(block.paragraphs) for block in blocks) > MAX_PASSAGES:
        return _unreadable(
            file, f"Văn bản có quá {MAX_PASSAGES} đoạn.", f"the dispatch has more than {MAX_PASSAGES} passages"
        )
    for block in blocks:
        if any(len(paragraph.text) > MAX_PASSAGE_LENGTH for paragraph in block.paragraphs):
            vi = f"Phần {block.number} có đoạn dài quá {MAX_PASSAGE_LENGTH} ký tự."
            en = f"part {block.number} has a passage of more than {MAX_PASSAGE_LENGTH} characters"
            return _unreadable(file, vi, en, block.line)
    return None


def _complaints(
    blocks: Sequence[_Block], head: DocumentHead, file: str, organisation: Organisation
) -> Iterator[Finding]:
    if not blocks:
        yield _unreadable(
            file,
            "Không thấy phần nào được đánh số (1. …): đây có phải văn bản giao nhiệm vụ không?",
            "no numbered part (1. …) was found: is this a dispatch that assigns work?",
        )
        return
    for block in blocks:
        yield from _complaints_about(block, file, organisation)
    for before, block in pairwise(blocks):
        if block.number != before.number + 1:
            yield _doubt(
                file,
                block.line,
                f"Sau phần {before.number} là phần {block.number}: thiếu một phần?",
                f"part {block.number} follows part {before.number}: is one missing?",
            )
    if not head.date:
        yield _doubt(file, 1, "Không thấy ngày, tháng của văn bản.", "the dispatch bears no date")


def _complaints_about(block: _Block, file: str, organisation: Organisation) -> Iterator[Finding]:
    if not block.paragraphs:
        yield _doubt(
            file, block.line, f"Phần {block.number} không giao việc nào.", f"part {block.number} assigns nothing"
        )
    heading = folded(block.heading)
    if unit_named(block.heading, organisation) is None and heading.startswith(
        tuple(f"{word} " for word in _UNIT_WORDS)
    ):
        names = {folded(unit.name.vi): unit.name.vi for unit in organisation.units}
        near = nearest(heading, names)
        message = Label(
            f"không có đơn vị “{quoted(block.heading)}” trong cơ cấu tổ chức",
            f'no unit "{quoted(block.heading)}" in the organisation',
        )
        yield Finding("L11", Severity.ERROR, file, block.line, 1, message, names[near] if near else None)


def _doubt(file: str, line: int, vi: str, en: str) -> Finding:
    return Finding("L02", Severity.WARNING, file, line, 1, Label(vi, en))
