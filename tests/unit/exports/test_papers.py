import io
import re
import shutil
import subprocess
import unicodedata
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import docx as python_docx
import pytest
import segno
from docx.oxml.ns import qn
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.papers import FIGURES, LETTERS, PLAIN, embedded_letters, pages_of, saying, sizes_of, words_by_page, words_of
from workflow.audit.keys import SigningKey
from workflow.audit.note import Checkpoint
from workflow.clock import VIETNAM
from workflow.exports.paper import Section, Share, balanced, body, date_words, numeral, paragraphs, written
from workflow.exports.seal import seal_line
from workflow.exports.typefaces import faces, letters
from workflow.exports.typeset import pdf
from workflow.exports.word import docx
from workflow.persistence.seals import StoredCheckpoint

HOSTILE = (
    '#panic("stop") #read("/etc/passwd") #import "x.typ": *',
    "$ integral $ *bold* _it_ `code` = Heading - list + enum / term: x @label <label> // comment /* c */ \\u{41} ~ --- ...",
    "] #[ } ) ( { \\ \\) \"quoted\" 'single'",
    '{ DDEAUTO c:\\\\windows\\\\cmd.exe } { INCLUDETEXT "x" } =HYPERLINK("http://x") @SUM(1) -1+1',
    "</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:t> &amp; &lt; ]]> <!DOCTYPE x>",
    "{{ config }} {% raw %} ${x} %s %n",
)
AS_TYPED = {sign for text in HOSTILE for sign in text if not sign.isspace()}


def parts(made: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def squeezed(text: str) -> str:
    return "".join(text.split())


# -- letters ------------------------------------------------------------------------------------------------------------


def test_every_face_has_every_vietnamese_letter():
    assert len(faces()) == 4
    for face in faces():
        assert {letter for letter in LETTERS if ord(letter) not in letters(face)} == set(), face.name


def test_the_fonts_inside_a_pdf_hold_every_vietnamese_letter_that_stands_on_it():
    made = pdf(replace(PLAIN, opening=" ".join(sorted(LETTERS))))

    assert embedded_letters(made) >= LETTERS
    assert "□" not in words_of(made)


def test_letters_come_composed_however_they_were_typed():
    made = pdf(replace(PLAIN, opening=unicodedata.normalize("NFD", "Tỷ lệ giải quyết được ưu tiên")))

    assert "Tỷlệgiảiquyếtđượcưutiên" in words_of(made)


def test_a_letter_that_the_typeface_lacks_is_an_empty_box_in_the_pdf_and_stays_in_word():
    paper = replace(PLAIN, opening="Đạt 🎉 中 yêu cầu")

    assert "Đạt□□yêucầu" in words_of(pdf(paper))
    assert "Đạt 🎉 中 yêu cầu" in parts(docx(paper))["word/document.xml"].decode()


# -- what people typed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_stands_in_the_pdf_as_it_was_typed(text):
    assert words_of(pdf(saying(text))).count(squeezed(text)) >= 3


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_is_text_in_word_and_no_field(text):
    made = parts(docx(saying(text)))
    document = etree.fromstring(made["word/document.xml"])

    assert sum(text in "".join(one.itertext()) for one in document.iter(qn("w:t"))) >= 3
    assert not list(document.iter(qn("w:instrText"), qn("w:fldSimple"), qn("w:hyperlink")))


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\u202e", "\u200b", "\ud800", "\ufffe", "\ue000", "\x7f"])
def test_signs_that_are_no_letters_are_left_out(sign):
    paper = saying(f"Đúng{sign} hạn")

    assert "Đúnghạn" in words_of(pdf(paper))
    assert "Đúng hạn" in parts(docx(paper))["word/document.xml"].decode()


@pytest.mark.parametrize("text", ["x" * 5_000, "từ " * 20_000])
def test_whatever_was_typed_makes_a_document_however_long(text):
    assert pages_of(pdf(saying(text))) > 1
    assert docx(saying(text))


def test_a_paper_refers_to_nothing_outside_itself():
    made = parts(docx(saying("http://example.vn/x")))

    assert not [
        name for name, content in made.items() if name.endswith(".rels") and b'TargetMode="External"' in content
    ]


# -- the form -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 7, 5), "ngày 05 tháng 7 năm 2026"),
        (date(2026, 2, 28), "ngày 28 tháng 02 năm 2026"),
        (date(2026, 1, 9), "ngày 09 tháng 01 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_under_ten_and_the_first_two_months_begin_with_a_nought(day, words):
    assert date_words(day, day) == words


def test_number_and_day_are_left_to_the_register_until_it_gives_them():
    assert squeezed(PLAIN.number_line) == "Số:/BC-KT"
    assert squeezed(PLAIN.date_line) == "ĐườngAn,ngàythángnăm2026"

    issued = replace(PLAIN, number="12", dated=date(2026, 7, 20))

    assert (issued.number_line, issued.date_line) == ("Số: 12/BC-KT", "Đường An, ngày 20 tháng 7 năm 2026")
    assert replace(issued, number="12/BC-KT").number_line == "Số: 12/BC-KT"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("PHÒNG VĂN HÓA - XÃ HỘI", ("PHÒNG VĂN HÓA - XÃ HỘI",)),
        ("TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG", ("TRUNG TÂM PHỤC VỤ", "HÀNH CHÍNH CÔNG")),
        ("", ()),
    ],
)
def test_a_long_name_stands_in_two_lines_of_like_length(name, lines):
    assert balanced(name) == lines


def test_parts_are_numbered_without_those_that_say_nothing_and_the_last_ends_in_the_closing_mark():
    paper = replace(
        PLAIN, sections=(Section("Chỉ đạo", "Một.\n\n Hai. "), Section("Kết quả", " \n"), Section("Kiến nghị", "Ba."))
    )

    assert body(paper) == (("I. CHỈ ĐẠO", ("Một.", "Hai.")), ("II. KIẾN NGHỊ", ("Ba./.",)))


def test_no_part_is_lost_however_many_there_are():
    many = body(replace(PLAIN, sections=(Section("Phần", "Một."),) * 24))

    assert [heading.partition(".")[0] for heading, _ in many] == [numeral(n) for n in range(1, 25)]
    assert [numeral(n) for n in (4, 9, 14, 19, 24)] == ["IV", "IX", "XIV", "XIX", "XXIV"]


def test_an_annex_names_its_paper_by_its_kind():
    assert replace(PLAIN, kind="Tờ trình", number="3").reference.startswith("(Kèm theo Tờ trình số 3/BC-KT ngày")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (1234567, "1.234.567"),
        (Decimal("1234.5"), "1.234,5"),
        (Share(Decimal("98.75")), "98,75 %"),
        (date(2026, 7, 5), "05/07/2026"),
        (None, ""),
        (" Không  phát sinh\n", "Không  phát sinh"),
    ],
)
def test_numbers_and_days_are_written_as_in_vietnamese(cell, words):
    assert written(cell) == words


def test_lines_of_any_system_are_paragraphs():
    assert paragraphs("a\r\nb\rc\n\nd") == ("a", "b", "c", "d")


def test_the_pdf_bears_all_parts_of_an_official_paper():
    said = words_of(pdf(PLAIN))

    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN XÃ ĐƯỜNG AN",
        "PHÒNG KINH TẾ",
        "BÁO CÁO",
        PLAIN.subject,
        "II. KẾT QUẢ THEO SÁU LĨNH VỰC",
        "đầy đủ./.",
        "Nơi nhận:",
        "KT. TRƯỞNG PHÒNG",
        "98,75 %",
    ):
        assert squeezed(part) in said, part


def test_both_documents_stand_on_a4_within_the_margins_of_the_decree():
    document = python_docx.Document(io.BytesIO(docx(PLAIN)))

    first, annex = document.sections
    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    assert (round(annex.page_width.mm), round(annex.page_height.mm)) == (297, 210)
    for pages in (first, annex):
        assert 20 <= round(pages.top_margin.mm) <= 25
        assert 20 <= round(pages.bottom_margin.mm) <= 25
        assert 30 <= round(pages.left_margin.mm) <= 35
        assert 15 <= round(pages.right_margin.mm) <= 20
        assert pages.different_first_page_header_footer
    assert sizes_of(pdf(PLAIN)) == [(210, 297), (297, 210)]


def test_pages_are_numbered_above_from_the_second_on():
    long = replace(PLAIN, sections=(Section("Kết quả", "\n".join(["Phòng đã triển khai đầy đủ nhiệm vụ."] * 80)),))

    said = words_of(pdf(long))

    assert pages_of(pdf(long)) == 4
    assert "1CỘNG" not in said
    assert "2Phòngđã" in said
    assert "2Phụlục" not in said
    header = parts(docx(long))["word/header1.xml"]
    assert b"PAGE" in header
    assert b'w:jc w:val="center"' in header


def test_a_table_repeats_its_head_on_each_page():
    many = replace(PLAIN, annexes=(replace(FIGURES, rows=FIGURES.rows * 60),))

    assert words_of(pdf(many)).count("STTChỉtiêuKếtquả") == pages_of(pdf(many)) - 1 > 1
    table = python_docx.Document(io.BytesIO(docx(many))).tables[-1]
    assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows][:2] == [True, False]


def test_a_long_row_of_a_table_stands_on_one_page():
    rows = tuple(("1", f"ĐẦU{n}, {'chỉ tiêu dài ' * 60} CUỐI{n}.", "1") for n in range(12))
    long = replace(PLAIN, annexes=(replace(FIGURES, rows=rows),))

    pages = words_by_page(pdf(long))[1:]

    assert len(pages) > 2
    for n in range(12):
        assert [f"ĐẦU{n}," in page for page in pages] == [f"CUỐI{n}." in page for page in pages]
    table = python_docx.Document(io.BytesIO(docx(long))).tables[-1]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)


def test_a_row_longer_than_a_page_goes_on_over_the_next_ones():
    endless = replace(FIGURES, rows=(("1", "chỉ tiêu dài " * 900, "1"),))

    assert pages_of(pdf(replace(PLAIN, annexes=(endless,)))) > 1 + 2


def test_what_nobody_signed_says_so():
    assert "DỰTHẢO" in words_of(pdf(replace(PLAIN, draft=True)))
    assert "DỰTHẢO" not in words_of(pdf(PLAIN))


# -- the seal -----------------------------------------------------------------------------------------------------------

_KEY = SigningKey.new("duongan.haiphong/audit")
NOTE = str(_KEY.sign(Checkpoint(_KEY.name, 3000, bytes(range(32)))))
SEAL = seal_line(StoredCheckpoint(7, 3000, datetime(2026, 7, 17, 1, 5, tzinfo=UTC), NOTE), VIETNAM)
_STROKE = re.compile(rb"(\d+) ([\d.]+) m\n?\s?(\d+) [\d.]+ l")
_LONG = replace(FIGURES, rows=tuple(FIGURES.rows * 60))


def code_of(text):
    """The squares of the QR code that holds `text`: where the dark ones are, as (line, place)."""
    rows = segno.make(text, error="m", micro=False).matrix
    return {(line, place) for line, row in enumerate(rows) for place, dark in enumerate(row) if dark}


def codes_in_pdf(made):
    """The dark squares of the code drawn on each page, empty where there is none; the border around it is two squares wide."""
    found = []
    for page in PdfFileReader(io.BytesIO(made)).root["/Pages"]["/Kids"]:
        strokes = _STROKE.findall(page.get_object()["/Contents"].data)
        # Other lines of a page are rules of the paper, which are filled; lines of the code run through half squares.
        code = [(int(float(line)) - 2, int(a) - 2, int(b) - 2) for a, line, b in strokes if line.endswith(b".5")]
        found.append({(line, place) for line, start, end in code for place in range(start, end)})
    return found


def code_in_word(made):
    """The dark squares of the one picture."""
    (name,) = [name for name in parts(made) if name.startswith("word/media/")]
    wide, rows = _dots(parts(made)[name])
    size = wide // 8
    return {(line - 2, place - 2) for line in range(size) for place in range(size) if not rows[line * 8][place] & 0x80}


def _dots(png):
    """How wide a picture of one bit a dot is, and its rows."""
    wide = int.from_bytes(png[16:20], "big")
    raw = zlib.decompress(png[png.index(b"IDAT") + 4 : png.index(b"IEND") - 8])
    across = (wide + 7) // 8 + 1
    rows = [bytes(across - 1)]
    for start in range(0, len(raw), across):
        kept, line = raw[start], raw[start + 1 : start + across]
        # Either as it is, or as what was added to the row above it.
        assert kept in (0, 2)
        rows.append(line if kept == 0 else bytes((a + b) % 256 for a, b in zip(line, rows[-1], strict=True)))
    assert png[24:26] == b"\x01\x00"
    return wide, rows[1:]


@pytest.mark.parametrize("annexes", [(), (FIGURES,), (FIGURES, _LONG)])
def test_the_last_page_bears_the_seal_whose_code_is_the_note(annexes):
    made = pdf(replace(PLAIN, annexes=annexes, seal=SEAL))

    *before, last = codes_in_pdf(made)
    assert last == code_of(NOTE)
    assert not any(before)
    assert words_of(made).count(squeezed(SEAL.line)) == 1


@pytest.mark.parametrize("annexes", [(), (FIGURES,)])
def test_word_bears_the_same_seal_at_its_end(annexes):
    made = docx(replace(PLAIN, annexes=annexes, seal=SEAL))

    assert code_in_word(made) == code_of(NOTE)
    assert python_docx.Document(io.BytesIO(made)).tables[-1].cell(0, 0).text == SEAL.line


def test_a_seal_takes_nothing_of_the_form_and_no_page_where_there_is_room():
    sealed, plain = pdf(replace(PLAIN, seal=SEAL)), pdf(PLAIN)

    assert pages_of(sealed) == pages_of(plain)
    assert words_of(sealed).replace(squeezed(SEAL.line), "") == words_of(plain)
    assert "Phòngđãtriểnkhaiđầyđủ./." in words_of(sealed)


def test_without_a_seal_nothing_is_printed():
    assert not any(codes_in_pdf(pdf(PLAIN)))
    assert "Niêmphong" not in words_of(pdf(PLAIN))
    assert not [name for name in parts(docx(PLAIN)) if name.startswith("word/media/")]


def test_equal_seals_make_equal_bytes():
    sealed = replace(PLAIN, seal=SEAL)

    assert pdf(sealed) == pdf(replace(sealed))
    assert docx(sealed) == docx(replace(sealed))
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf(sealed)


# -- the files ----------------------------------------------------------------------------------------------------------


def test_equal_papers_make_equal_bytes():
    assert pdf(PLAIN) == pdf(replace(PLAIN))
    assert docx(PLAIN) == docx(replace(PLAIN))
    assert pdf(PLAIN) != pdf(replace(PLAIN, composed_at=datetime(2026, 7, 18, tzinfo=UTC)))


def test_the_pdf_is_for_keeping():
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf(PLAIN)
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf(PLAIN)


_ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore pBdr shd tabs spacing ind jc rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps color sz szCs u lang",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols titlePg docGrid",
    "tcPr": "tcW gridSpan vMerge tcBorders vAlign",
    "tblPr": "tblStyle tblW jc tblBorders tblLayout tblLook",
}


def test_the_parts_of_the_word_file_stand_in_the_order_of_the_schema():
    made = parts(docx(PLAIN))

    for name in ("word/document.xml", "word/header1.xml"):
        for element in etree.fromstring(made[name]).iter():
            allowed = _ORDER.get(etree.QName(element).localname)
            if allowed:
                order = [allowed.split().index(etree.QName(child).localname) for child in element]
                assert order == sorted(order), etree.tostring(element)


def test_the_word_file_opens_again_with_the_same_words():
    document = python_docx.Document(io.BytesIO(docx(PLAIN)))

    assert PLAIN.subject in [paragraph.text for paragraph in document.paragraphs]
    assert [[cell.text for cell in row.cells] for row in document.tables[-1].rows][1] == list(FIGURES.rows[0])
    assert {run.font.name or document.styles["Normal"].font.name for p in document.paragraphs for run in p.runs} == {
        "Times New Roman"
    }


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed on this machine")
def test_an_office_program_opens_the_word_file(tmp_path):
    (tmp_path / "paper.docx").write_bytes(docx(PLAIN))
    home = f"-env:UserInstallation=file://{tmp_path}/profile"

    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, tmp_path / "paper.docx"],
        check=True,
        capture_output=True,
        timeout=120,
    )

    assert pages_of((tmp_path / "paper.pdf").read_bytes()) == 2
