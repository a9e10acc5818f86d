"""Tables as files for Excel: numbers as numbers, and no text that a spreadsheet would take for a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from workflow.clock import VIETNAM

Cell = str | int | Decimal | date | datetime | None

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_BOM = "\ufeff"
_RISKY = frozenset("=+-@\t\r\n＝＋－＠")
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
_MOST_LETTERS = 32_000
_WIDTHS = (8, 60)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its heading. `above` are lines over it; a row may be shorter than `head`. Instants are shown in `zone`."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    above: tuple[str, ...] = ()
    zone: tzinfo = VIETNAM


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """An XLSX file of these sheets, of at least one."""
    # It costs a sixth of a second to load, and few processes ever write a sheet.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.creator = "Đôn Đốc"
    taken: set[str] = set()
    for sheet in sheets:
        _write(book, sheet, _title(sheet.title, taken))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def csv_file(sheet: Sheet) -> bytes:
    """The table alone as a CSV file that Excel opens with its letters and columns in place: BOM, semicolons, comma in decimals."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    for row in (sheet.head, *sheet.rows):
        writer.writerow([_csv_text(cell, sheet.zone) for cell in row])
    return (_BOM + written.getvalue()).encode()


# -- XLSX ---------------------------------------------------------------------------------------------------------------


def _write(book: Any, sheet: Sheet, title: str) -> None:
    page = book.create_sheet(title)
    for at, width in enumerate(_widths(sheet)):
        page.column_dimensions[chr(ord("A") + at) if at < 26 else f"A{chr(ord('A') + at - 26)}"].width = width
    page.freeze_panes = f"A{len(sheet.above) + 2}"
    for line in sheet.above:
        page.append([_cell(page, line, sheet.zone)])
    page.append([_heading(page, words) for words in sheet.head])
    for row in sheet.rows:
        page.append([_cell(page, value, sheet.zone) for value in row])


def _heading(page: Any, words: str) -> Any:
    from openpyxl.styles import Alignment, Font

    cell = _cell(page, words, VIETNAM)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(page: Any, value: Cell, zone: tzinfo) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if value is None or value == "":
        return None
    if isinstance(value, str):
        cell = WriteOnlyCell(page, value=clean(value))
        # Whatever a text begins with, it is a text.
        cell.data_type = "s"
        return cell
    if isinstance(value, datetime):
        # A spreadsheet knows no zones: what stands there is the local time.
        value = value.astimezone(zone).replace(tzinfo=None)
    cell = WriteOnlyCell(page, value=value)
    cell.number_format = _format(value)
    return cell


def _format(value: Cell) -> str:
    if isinstance(value, datetime):
        return "dd/mm/yyyy hh:mm"
    if isinstance(value, date):
        return "dd/mm/yyyy"
    if isinstance(value, Decimal) and value != value.to_integral_value():
        return "#,##0.00####"
    return "#,##0"


def clean(text: str) -> str:
    """A text as a cell can hold it: NFC, without control characters, not too long."""
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Cn"))
    return unicodedata.normalize("NFC", kept)[:_MOST_LETTERS]


def _title(wanted: str, taken: set[str]) -> str:
    """A name that a sheet may bear and no other bears."""
    plain = _NO_TITLE.sub(" ", clean(wanted)).strip().strip("'")[:31] or "1"
    title, n = plain, 1
    while title.casefold() in taken:
        n += 1
        title = f"{plain[: 31 - len(str(n)) - 1]} {n}"
    taken.add(title.casefold())
    return title


def _widths(sheet: Sheet) -> Iterator[int]:
    for at, words in enumerate(sheet.head):
        longest = max((len(str(row[at])) for row in sheet.rows if at < len(row) and row[at] is not None), default=0)
        yield min(max(longest, len(words) // 2, _WIDTHS[0]), _WIDTHS[1]) + 2


# -- CSV ----------------------------------------------------------------------------------------------------------------


def _csv_text(value: Cell, zone: tzinfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, int | Decimal):
        # A true number, also a negative one, stays a number.
        return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)
    text = clean(value)
    return f"'{text}" if text[:1] in _RISKY else text
