"""An official paper as a value: what stands on it, in the parts that Nghị định 30/2020/NĐ-CP gives it."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
RECIPIENTS = "Nơi nhận:"
END = "./."
DRAFT = "DỰ THẢO"

TOP, BOTTOM, LEFT, RIGHT = 20, 20, 30, 15
"""Margins of Phụ lục I, in millimetres: 20-25 above and below, 30-35 left, 15-20 right."""
WIDE, TALL = 210, 297
SEAL_SIDE = 26
"""How wide the code of a seal is, in millimetres: a camera reads it from the print of a bad printer."""
SEAL_MEANS = "Mã QR chứa niêm phong nhật ký"

# What may be typed but is no letter of a paper: controls, marks that turn the order of letters, halves and private signs.
_NO_LETTERS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in millimetres."""

    heading: str
    width: int
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the body, which the paper numbers; each line of `text` is a paragraph."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A number of percent, shown with its sign."""

    percent: Decimal


Cell = str | int | Decimal | date | Share | None


@dataclass(frozen=True, slots=True)
class Annex:
    """A table on pages of its own, which lie across; its head stands again on each. Numbers and days are written by the paper."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """A root of the log, which leaves with the paper: `line` for people, and the whole `note`, which a code beside it holds."""

    line: str
    note: str


@dataclass(frozen=True, slots=True)
class Paper:
    """`superior` stands above `agency` ("" for a paper of the commune itself); `symbol` is "BC-KT".

    `number` and `dated` are empty until the register gives them: room is left for the pen. `capacity` holds the lines above
    the signature, as they are written there; `signer` is empty where nobody's name is kept. `draft` marks what nobody signed.
    `composed_at` is when what it says was last changed: equal papers make equal bytes. `seal` stands small at its very end.
    """

    superior: str
    agency: str
    symbol: str
    place: str
    kind: str
    subject: str
    addressee: str
    opening: str
    sections: tuple[Section, ...]
    annexes: tuple[Annex, ...]
    recipients: tuple[str, ...]
    capacity: tuple[str, ...]
    composed_at: datetime
    number: str = ""
    dated: date | None = None
    signer: str = ""
    draft: bool = False
    seal: Seal | None = None

    @property
    def number_line(self) -> str:
        return f"Số: {self._numbered}"

    @property
    def _numbered(self) -> str:
        """Number and symbol; the register may have given both in one."""
        number = clean(self.number)
        return number if "/" in number else f"{number or _ROOM}/{clean(self.symbol)}"

    @property
    def date_line(self) -> str:
        return f"{clean(self.place)}, {date_words(self.dated, self.composed_at.date())}"

    @property
    def reference(self) -> str:
        """How an annex names the paper that it belongs to."""
        when = date_words(self.dated, self.composed_at.date())
        return f"(Kèm theo {clean(self.kind)} số {self._numbered} {when} của {clean(self.agency)})"


_ONE_LINE = 24
_NUMERALS = (("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1))
_ROOM = "\N{NO-BREAK SPACE}" * 8


def date_words(day: date | None, about: date) -> str:
    """The day as papers write it: 0 before days under 10 and the first two months; room for the pen where unknown."""
    if day is None:
        gap = "\N{NO-BREAK SPACE}" * 5
        return f"ngày{gap}tháng{gap}năm {about.year}"
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def annex_number(paper: Paper, n: int) -> str:
    """What stands above the `n`-th annex: it is numbered where it is not the only one."""
    return f"Phụ lục {numeral(n + 1)}" if len(paper.annexes) > 1 else "Phụ lục"


def numeral(n: int) -> str:
    """A number as parts and annexes are counted; of tens there are as many as it takes."""
    found = ""
    for sign, worth in _NUMERALS:
        found += sign * (n // worth)
        n %= worth
    return found


def balanced(name: str) -> tuple[str, ...]:
    """A name as it stands in the head of a paper: one that is long, in two lines of like length."""
    words = clean(name)
    gaps = [n for n, letter in enumerate(words) if letter == " "]
    if len(words) <= _ONE_LINE or not gaps:
        return (words,) if words else ()
    middle = min(gaps, key=lambda gap: abs(gap - len(words) / 2))
    return words[:middle], words[middle + 1 :]


def written(cell: Cell) -> str:
    """What stands in a cell, in Vietnamese: 1.234.567,5, 98,75 %, 05/07/2026."""
    if cell is None or isinstance(cell, str):
        return clean(cell or "")
    if isinstance(cell, Share):
        return f"{written(cell.percent)} %"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return (
        f"{cell:,f}".translate(str.maketrans(",.", ".,"))
        if isinstance(cell, Decimal)
        else f"{cell:,}".replace(",", ".")
    )


def paragraphs(text: str) -> tuple[str, ...]:
    """The lines of a text as paragraphs, without empty ones."""
    lines = (clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return tuple(line for line in lines if line)


def clean(text: str) -> str:
    """The letters of a text, composed, in one line."""
    composed = unicodedata.normalize("NFC", text.replace("\t", " ").replace("\n", " "))
    return "".join(letter for letter in composed if unicodedata.category(letter) not in _NO_LETTERS).strip()


def body(paper: Paper) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each numbered heading with its paragraphs; a part without words is left out. "./." ends the last: nothing follows it."""
    written = [(clean(one.heading), lines) for one in paper.sections if (lines := paragraphs(one.text))]
    found = [(f"{numeral(n)}. {heading.upper()}", lines) for n, (heading, lines) in enumerate(written, 1)]
    if found:
        heading, lines = found[-1]
        found[-1] = (heading, (*lines[:-1], lines[-1].rstrip(" ./;") + END))
    return tuple(found)
