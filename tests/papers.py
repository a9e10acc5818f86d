"""Papers to make documents of, and what a PDF says: its words and the letters that its fonts bring along."""

import io
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader

from workflow.exports.paper import Align, Annex, Column, Paper, Section

LETTERS = frozenset(
    unicodedata.normalize("NFC", vowel + tone)
    for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    for tone in ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
) | frozenset("đĐbcdghklmnpqrstvxBCDGHKLMNPQRSTVX")
"""Every letter that Vietnamese is written with."""

PARTS = ("Công tác chỉ đạo, điều hành", "Kết quả theo sáu lĩnh vực", "Tồn tại, hạn chế và nguyên nhân")
FIGURES = Annex(
    "BIỂU SỐ LIỆU",
    (Column("STT", 12, Align.CENTRE), Column("Chỉ tiêu", 180), Column("Kết quả", 60, Align.RIGHT)),
    (("1", "Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn", "98,75 %"),),
)
PLAIN = Paper(
    superior="Ủy ban nhân dân xã Đường An",
    agency="Phòng Kinh tế",
    symbol="BC-KT",
    place="Đường An",
    kind="Báo cáo",
    subject="Kết quả công tác cải cách hành chính tháng 7 năm 2026",
    addressee="Kính gửi: Ủy ban nhân dân xã Đường An",
    opening="Phòng Kinh tế báo cáo kết quả tháng 7 năm 2026 như sau:",
    sections=tuple(Section(part, "Phòng đã triển khai đầy đủ.") for part in PARTS),
    annexes=(FIGURES,),
    recipients=("- UBND xã (để b/c);", "- Lưu: VT."),
    capacity=("KT. TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG"),
    composed_at=datetime(2026, 7, 17, 9, tzinfo=UTC),
)


def saying(text: str) -> Paper:
    """A paper on which somebody has typed `text` wherever he can."""
    return replace(
        PLAIN,
        subject=text,
        sections=(Section("Kết quả", text), Section("Kiến nghị", "Không.")),
        annexes=(replace(FIGURES, rows=(("1", text, text),), note=text),),
    )


def dated(paper: Paper, day: date) -> Paper:
    return replace(paper, dated=day)


def embedded_letters(pdf: bytes) -> frozenset[str]:
    """The letters for which the fonts inside the file have glyphs that mean them."""
    return frozenset(
        text for meaning in _meanings(PdfFileReader(io.BytesIO(pdf))).values() for text in meaning.values()
    )


def words_of(pdf: bytes) -> str:
    """What the pages say, without any space: letters are placed one by one."""
    return "".join(words_by_page(pdf))


def words_by_page(pdf: bytes) -> list[str]:
    reader = PdfFileReader(io.BytesIO(pdf))
    meanings = _meanings(reader)
    return [_said(page, meanings) for page in _pages(reader.root["/Pages"])]


def pages_of(pdf: bytes) -> int:
    return int(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"])


def sizes_of(pdf: bytes) -> list[tuple[int, int]]:
    """Each page's width and height in millimetres."""
    pages = _pages(PdfFileReader(io.BytesIO(pdf)).root["/Pages"])
    return [tuple(round(float(page["/MediaBox"][n]) / 72 * 25.4) for n in (2, 3)) for page in pages]


def _pages(node):
    for kid in node.get("/Kids", ()):
        page = kid.get_object()
        yield from _pages(page) if page["/Type"] == "/Pages" else (page,)


def _meanings(reader):
    found = {}
    for page in _pages(reader.root["/Pages"]):
        for named in page["/Resources"].get("/Font", DictionaryObject()).values():
            font = named.get_object()
            assert font["/DescendantFonts"][0]["/FontDescriptor"]["/FontFile2"].data
            found[font["/BaseFont"]] = _meaning(font["/ToUnicode"].data.decode("ascii"))
    return found


def _meaning(cmap: str) -> dict[int, str]:
    pairs = re.findall(
        r"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>", "".join(re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL))
    )
    return {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}


_FONT = re.compile(rb"/(\w+) [\d.]+ Tf")
_BEGIN = re.compile(rb"/\w+ [\d.]+ Tf|\(")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _said(page, meanings) -> str:
    said, meaning, at = [], {}, 0
    contents = page["/Contents"]
    parts = [contents] if hasattr(contents, "data") else [part.get_object() for part in contents]
    data = b"\n".join(part.data for part in parts)
    while begin := _BEGIN.search(data, at):
        at = begin.end()
        if font := _FONT.fullmatch(begin[0]):
            meaning = meanings[page["/Resources"]["/Font"][f"/{font[1].decode()}"].get_object()["/BaseFont"]]
            continue
        end = _end_of_string(data, at)
        codes = _ESCAPE.sub(_byte, data[at:end])
        said += [meaning[codes[n] << 8 | codes[n + 1]] for n in range(0, len(codes), 2)]
        at = end + 1
    return "".join("".join(said).split())


def _end_of_string(data: bytes, at: int) -> int:
    depth = 1
    while True:
        sign = data[at : at + 1]
        if sign == b"\\":
            at += 1
        depth += (sign == b"(") - (sign == b")")
        if not depth:
            return at
        at += 1


def _byte(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8)]) if sign.isdigit() else _NAMED.get(sign, sign)
