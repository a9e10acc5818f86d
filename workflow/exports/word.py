"""A paper as DOCX, for whoever works on it further: the same parts and measures as its PDF, in Times New Roman."""

import io
import zipfile
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section as Pages
from docx.shared import Length, Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from workflow.exports import paper as form
from workflow.exports.paper import Align, Annex, Paper, Seal, clean
from workflow.exports.seal import png

_FACE = "Times New Roman"
_ACROSS = form.WIDE - form.LEFT - form.RIGHT
_HEAD = (66, _ACROSS - 66)
_FOOT = (80, _ACROSS - 80)
_INDENT = Mm(12.7)
_MOTTO_WIDTH = 51
_SOME_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every part of the file: equal papers make equal bytes."""
_ALIGNED = {
    Align.LEFT: WD_ALIGN_PARAGRAPH.LEFT,
    Align.CENTRE: WD_ALIGN_PARAGRAPH.CENTER,
    Align.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
}
# What of ours the schema wants behind a paragraph's border, and behind the numbering of a section's pages.
_AFTER_BORDER = ("w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr")
_AFTER_NUMBERING = ("w:cols", "w:titlePg", "w:docGrid")


def docx(paper: Paper) -> bytes:
    """The paper as a Word file; equal papers make equal bytes. What people typed stands there as text, never as a field."""
    document = Document()
    _prepare(document, paper)
    _lay_out(document.sections[0])
    _number_pages(document)
    _head(document, paper)
    _body(document, paper)
    _foot(document, paper)
    for n in range(len(paper.annexes)):
        _annex(document, paper, n)
    if paper.seal:
        _seal(document, paper.seal, across=form.TALL - form.LEFT - form.RIGHT if paper.annexes else _ACROSS)
    made = io.BytesIO()
    document.save(made)
    return _settled(made.getvalue())


# -- the file -----------------------------------------------------------------------------------------------------------


def _prepare(document: DocumentObject, paper: Paper) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FACE, Pt(14)
    fonts = style.element.rPr.rFonts
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), _FACE)
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    language.set(qn("w:eastAsia"), "vi-VN")
    style.element.rPr.append(language)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    properties, composed = document.core_properties, paper.composed_at.astimezone(UTC).replace(tzinfo=None)
    properties.title = clean(f"{paper.kind} {paper.subject}")[:255]
    properties.author = properties.last_modified_by = clean(paper.agency)[:255]
    properties.comments, properties.language = "", "vi-VN"
    properties.created = properties.modified = composed.replace(microsecond=0)


def _settled(made: bytes) -> bytes:
    """The same parts in the same order, without the time of their writing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = zipfile.ZipInfo(name, _SOME_DAY)
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, source.read(name))
    return out.getvalue()


# -- pages --------------------------------------------------------------------------------------------------------------


def _lay_out(pages: Pages) -> None:
    pages.page_width, pages.page_height = Mm(form.WIDE), Mm(form.TALL)
    pages.top_margin, pages.bottom_margin = Mm(form.TOP), Mm(form.BOTTOM)
    pages.left_margin, pages.right_margin = Mm(form.LEFT), Mm(form.RIGHT)
    pages.header_distance, pages.footer_distance = Mm(10), Mm(10)


def _number_pages(document: DocumentObject) -> None:
    """A number in the middle above, from the second page on."""
    pages = document.sections[0]
    pages.different_first_page_header_footer = True
    above = pages.header.paragraphs[0]
    # The header's own style brings tabs, which move the middle.
    above.style = document.styles["Normal"]
    above.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = above.add_run()
    run.font.size = Pt(13)
    for kind, words in (("begin", ""), ("", "PAGE"), ("separate", ""), ("text", "2"), ("end", "")):
        run._r.append(_field_part(kind, words))  # noqa: SLF001  python-docx has no call for a field


def _field_part(kind: str, words: str) -> Any:
    if kind == "text":
        part = OxmlElement("w:t")
        part.text = words
    elif words:
        part = OxmlElement("w:instrText")
        part.text = words
    else:
        part = OxmlElement("w:fldChar")
        part.set(qn("w:fldCharType"), kind)
    return part


# -- parts of the paper -------------------------------------------------------------------------------------------------


def _head(document: DocumentObject, paper: Paper) -> None:
    table = _grid(document, _HEAD, rows=2)
    left, right = table.rows[0].cells
    for line in form.balanced(paper.superior.upper()):
        _line(left, line, 12)
    for line in form.balanced(paper.agency.upper()):
        _line(left, line, 12, bold=True)
    _rule(left, _HEAD[0], _HEAD[0] * 0.4)
    _line(right, form.NATION, 12, bold=True)
    _line(right, form.MOTTO, 13, bold=True)
    _rule(right, _HEAD[1], _MOTTO_WIDTH)
    left, right = table.rows[1].cells
    _line(left, paper.number_line, 13, before=4)
    _line(right, paper.date_line, 13, italic=True, before=4)
    if paper.draft:
        _line(left, form.DRAFT, 12, bold=True, before=4)
    _line(document, paper.kind.upper(), 14, bold=True, before=14)
    _line(document, paper.subject, 14, bold=True)
    _rule(document, _ACROSS, _ACROSS / 3)
    if paper.addressee:
        _line(document, paper.addressee, 14, before=10, after=4)


def _body(document: DocumentObject, paper: Paper) -> None:
    for line in form.paragraphs(paper.opening):
        _written(document, line)
    for heading, lines in form.body(paper):
        title = _written(document, heading, bold=True)
        title.paragraph_format.keep_with_next = True
        for line in lines:
            _written(document, line)


def _foot(document: DocumentObject, paper: Paper) -> None:
    _gap(document, 12)
    left, right = _grid(document, _FOOT, rows=1, whole=True).rows[0].cells
    _line(left, form.RECIPIENTS, 12, bold=True, italic=True, align=Align.LEFT)
    for one in paper.recipients:
        _line(left, one, 11, align=Align.LEFT)
    for one in paper.capacity:
        _line(right, one, 14, bold=True)
    for _room in range(5):
        _line(right, "", 14)
    _line(right, paper.signer, 14, bold=True)


def _annex(document: DocumentObject, paper: Paper, n: int) -> None:
    annex = paper.annexes[n]
    pages = document.add_section()
    _lay_out(pages)
    pages.orientation = WD_ORIENT.LANDSCAPE
    pages.page_width, pages.page_height = Mm(form.TALL), Mm(form.WIDE)
    _count_anew(pages)
    _line(document, form.annex_number(paper, n), 14, bold=True)
    _line(document, annex.title, 14, bold=True)
    _line(document, paper.reference, 13, italic=True, after=6)
    _table(document, annex)
    if annex.note:
        _line(document, annex.note, 12, italic=True, align=Align.LEFT, before=4)


def _seal(document: DocumentObject, seal: Seal, across: int) -> None:
    """Small, at the end of the last page, which is `across` millimetres wide."""
    _gap(document, 10)
    left, right = _grid(document, (across - form.SEAL_SIDE, form.SEAL_SIDE), rows=1, whole=True).rows[0].cells
    left.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
    _line(left, seal.line, 8, align=Align.LEFT)
    code = right.paragraphs[0].add_run().add_picture(io.BytesIO(png(seal)), width=Mm(form.SEAL_SIDE - 3))
    code._inline.docPr.set("descr", form.SEAL_MEANS)  # noqa: SLF001  python-docx has no call for it


def _count_anew(pages: Pages) -> None:
    """An annex counts its own pages."""
    numbering = OxmlElement("w:pgNumType")
    numbering.set(qn("w:start"), "1")
    properties = pages._sectPr  # noqa: SLF001  python-docx has no call for it
    for old in properties.findall(qn("w:pgNumType")):
        properties.remove(old)
    properties.insert_element_before(numbering, *_AFTER_NUMBERING)


def _table(document: DocumentObject, annex: Annex) -> None:
    table = document.add_table(rows=1, cols=len(annex.columns))
    table.style, table.alignment, table.autofit = document.styles["Table Grid"], WD_TABLE_ALIGNMENT.CENTER, False
    _widen(table, tuple(column.width for column in annex.columns))
    _mark_row(table.rows[0], "w:tblHeader")
    for cell, column in zip(table.rows[0].cells, annex.columns, strict=True):
        _line(cell, column.heading, 12, bold=True)
    for row in annex.rows:
        added = table.add_row()
        _mark_row(added)
        for cell, value, column in zip(added.cells, row, annex.columns, strict=True):
            _line(cell, form.written(value), 12, align=column.align)


# -- words --------------------------------------------------------------------------------------------------------------


def _written(document: DocumentObject, text: str, *, bold: bool = False) -> Paragraph:
    """A paragraph of the body."""
    paragraph = _line(document, text, 14, bold=bold, before=3, after=3)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = _INDENT
    paragraph.paragraph_format.line_spacing = 1.1
    return paragraph


def _line(
    place: DocumentObject | _Cell,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    align: Align = Align.CENTRE,
    before: float = 0,
    after: float = 0,
) -> Paragraph:
    paragraph = _next(place)
    paragraph.alignment = _ALIGNED[align]
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    run = paragraph.add_run(clean(text))
    run.font.size, run.bold, run.italic = Pt(size), bold or None, italic or None
    return paragraph


def _next(place: DocumentObject | _Cell) -> Paragraph:
    """A new paragraph; of a fresh cell the one that it must have anyway."""
    fresh = isinstance(place, _Cell) and len(place.paragraphs) == 1 and not place.paragraphs[0].runs
    following: Paragraph = place.paragraphs[0] if fresh else place.add_paragraph()
    return following


def _rule(place: DocumentObject | _Cell, across: float, width: float) -> None:
    """A line in the middle of `across` millimetres."""
    paragraph = _gap(place, 3)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm((across - width) / 2)
    border, below = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        below.set(qn(f"w:{name}"), value)
    border.append(below)
    paragraph._p.get_or_add_pPr().insert_element_before(border, *_AFTER_BORDER)  # noqa: SLF001  no call for a border


def _gap(place: DocumentObject | _Cell, points: float) -> Paragraph:
    paragraph: Paragraph = place.add_paragraph()
    paragraph.paragraph_format.line_spacing = Pt(points)
    return paragraph


# -- tables -------------------------------------------------------------------------------------------------------------


def _grid(document: DocumentObject, widths: tuple[int, int], rows: int, *, whole: bool = False) -> Table:
    """A table without lines, which holds things side by side; a `whole` one is not torn by the end of a page."""
    table: Table = document.add_table(rows=rows, cols=len(widths))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _widen(table, widths)
    if whole:
        for row in table.rows:
            _mark_row(row)
    return table


def _widen(table: Table, widths: Iterable[int]) -> None:
    for column, width in zip(table.columns, widths, strict=True):
        measure: Length = Mm(width)
        column.width = measure
        for cell in column.cells:
            cell.width = measure


def _mark_row(row: Any, *marks: str) -> None:
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001  python-docx has no call for it
    for mark in ("w:cantSplit", *marks):
        properties.append(OxmlElement(mark))
