"""A report's table of figures as a sheet for Excel, and the same sheet taken in again: every fault by its cell."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

from workflow.catalog.figures import Told, outcome
from workflow.catalog.findings import nearest
from workflow.catalog.indicators import Indicator, Indicators
from workflow.catalog.plain_values import Fault, Refused, figures_of, shown
from workflow.engine import Definition, Item, Kind, Label, Reason
from workflow.engine.events import instant_of
from workflow.errors import TooLarge, TypeRefused
from workflow.exports.sheet_reader import Row, Unreadable, read_cells
from workflow.exports.spreadsheet import XLSX, Cell, Sheet
from workflow.persistence import UnitOfWork
from workflow.persistence.files import StoredFile
from workflow.services.evidence import MAX_BYTES
from workflow.services.figures import Line, lines_of, past_of
from workflow.services.file_kinds import clean_name, kind_of

COLUMNS: Mapping[str, Label] = MappingProxyType(
    {
        "indicator": Label("Mã chỉ tiêu", "Code"),
        "label": Label("Chỉ tiêu", "Indicator"),
        "unit": Label("Đơn vị tính", "Unit"),
        "numerator_is": Label("Tử số là", "Numerator is"),
        "numerator": Label("Tử số", "Numerator"),
        "denominator_is": Label("Mẫu số là", "Denominator is"),
        "denominator": Label("Mẫu số", "Denominator"),
        "source": Label("Nguồn số liệu", "Source"),
        "extracted_at": Label("Thời điểm lấy số liệu", "Taken at"),
        "evidence": Label("Tệp minh chứng", "Evidence files"),
        "note": Label("Ghi chú", "Note"),
        "result": Label("Kết quả", "Result"),
        "before": Label("Kỳ trước", "Last period"),
        "cumulative": Label("Lũy kế từ đầu năm", "Since the beginning of the year"),
    }
)
_TAKEN = ("numerator", "denominator", "source", "extracted_at", "evidence", "note")
_NONE_AROSE = Label("Không phát sinh", "None arose")
_MISSING = Label("chưa có số liệu", "no figure yet")
_A_NUMBER = frozenset({"numerator", "denominator"})


@dataclass(frozen=True, slots=True)
class TakenSheet:
    """`rows` are the figures as a move takes them, of what could be read; each reason in `faults` names its `cell`."""

    rows: tuple[Mapping[str, Any], ...]
    faults: tuple[Reason, ...]


def sheet_of(
    indicators: Indicators, uow: UnitOfWork, definition: Definition, item: Item, field: str, language: str
) -> Sheet:
    """The item's table, a line for each indicator that the unit answers for, ready to be filled in and taken in again."""
    files = uow.files.of_item(item.id)
    lines = lines_of(indicators, definition, item, item.fields.get(field), past_of(uow, definition, item))
    return Sheet(
        title=definition.fields[field].label.in_language(language),
        above=(f"{item.fields.get('title') or ''} ({item.code})".strip(),),
        head=tuple(words.in_language(language) for words in COLUMNS.values()),
        rows=[_line(line, files, language) for line in lines],
    )


def _line(line: Line, files: Mapping[str, StoredFile], language: str) -> tuple[Cell, ...]:
    one, figure = line.indicator, line.figure
    names = [files[sha].name if sha in files else sha for sha in figure.evidence] if figure else []
    return (
        one.id,
        one.label.in_language(language),
        one.unit.in_language(language),
        one.numerator.in_language(language),
        figure.numerator if figure else None,
        one.denominator.in_language(language) if one.denominator else None,
        figure.denominator if figure else None,
        figure.source if figure else None,
        _taken_at(figure.extracted_at) if figure else None,
        "; ".join(names),
        figure.note if figure else None,
        *(_result(one, found, language) for found in (figure, line.before, line.cumulative)),
    )


def _taken_at(stored: str) -> Cell:
    try:
        return instant_of(stored) if "T" in stored else date.fromisoformat(stored)
    except ValueError:
        return stored


def _result(one: Indicator, figure: Any, language: str) -> Cell:
    found = outcome(one, figure)
    if found.told is Told.NUMBER:
        return found.rounded
    return (_NONE_AROSE if found.told is Told.NONE_AROSE else _MISSING).in_language(language)


# -- taken in -----------------------------------------------------------------------------------------------------------


def cells_in(name: str, stream: IO[bytes]) -> tuple[Row, ...]:
    """The cells of an uploaded sheet. TooLarge, TypeRefused for what is no sound XLSX file."""
    kept = clean_name(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        with path.open("wb") as file:
            shutil.copyfileobj(_bounded(stream), file)
        if kind_of(path, kept) != XLSX:
            raise TypeRefused(kept, "kind")
        try:
            return read_cells(path)
        except Unreadable:
            raise TypeRefused(kept, "damaged") from None


@dataclass
class _Bounded:
    stream: IO[bytes]
    left: int = MAX_BYTES

    def read(self, size: int) -> bytes:
        chunk = self.stream.read(size)
        self.left -= len(chunk)
        if self.left < 0:
            raise TooLarge("sheet", MAX_BYTES)
        return chunk


def _bounded(stream: IO[bytes]) -> IO[bytes]:
    """Nobody fills the disk: what is larger than any file may be is not read to its end."""
    return cast("IO[bytes]", _Bounded(stream))


def taken_from(
    cells: Sequence[Row],
    indicators: Indicators,
    field: str,
    files: Mapping[str, StoredFile],
    today: date,
    zone: tzinfo,
) -> TakenSheet:
    """The figures of a sheet that has the headings of `sheet_of`, in either language and any order."""
    at, columns = _head(cells)
    if at is None:
        words = ", ".join(COLUMNS[name].vi for name in ("indicator", "numerator"))
        return TakenSheet((), (Reason("sheet_without_head", Kind.INPUT, {"field": field, "value": words}),))
    rows: list[Mapping[str, Any]] = []
    faults: list[Reason] = []
    seen: set[str] = set()
    for n, cell_row in enumerate(cells[at + 1 :], at + 2):
        place = _Place(n, columns, cell_row, field)
        if place.text("indicator"):
            row, wrong = _row(place, indicators, seen, files, (today, zone))
            faults += wrong
            rows += row
    return TakenSheet(tuple(rows), tuple(faults))


@dataclass(frozen=True, slots=True)
class _Place:
    """One row of the sheet: its number there, where each column stands, its cells."""

    n: int
    columns: Mapping[str, int]
    cells: Row
    field: str

    def value(self, column: str) -> Any:
        at = self.columns.get(column)
        return self.cells[at] if at is not None and at < len(self.cells) else None

    def text(self, column: str) -> str:
        value = self.value(column)
        return "" if value is None else str(value).strip()

    def fault(self, column: str, code: str, params: Mapping[str, str]) -> Reason:
        where = {"field": self.field, "indicator": self.text("indicator"), "cell": self.cell(column)}
        return Reason(code, Kind.INPUT, {**params, **where})

    def cell(self, column: str) -> str:
        return f"{_letters(self.columns.get(column, 0))}{self.n}"


def _letters(column: int) -> str:
    return chr(ord("A") + column) if column < 26 else f"{_letters(column // 26 - 1)}{_letters(column % 26)}"


def _head(cells: Sequence[Row]) -> tuple[int | None, Mapping[str, int]]:
    """Which row holds the headings, and where each column stands; None where no row names indicator and numerator."""
    known = {words.in_language(spoken).casefold(): name for name, words in COLUMNS.items() for spoken in ("vi", "en")}
    for at, row in enumerate(cells):
        columns = {known[text]: n for n, cell in enumerate(row) if (text := str(cell).strip().casefold()) in known}
        if {"indicator", "numerator"} <= columns.keys():
            return at, columns
    return None, {}


def _row(
    place: _Place,
    indicators: Indicators,
    seen: set[str],
    files: Mapping[str, StoredFile],
    today: tuple[date, tzinfo],
) -> tuple[list[Mapping[str, Any]], list[Reason]]:
    """The row as a move takes it, none where it says nothing or something of it is wrong; and what is wrong."""
    name = place.text("indicator")
    if indicators.find(name) is None:
        known = nearest(name, indicators.ids) or ""
        return [], [place.fault("indicator", "no_such_indicator", {"value": shown(name), "nearest": known})]
    if name in seen:
        return [], [place.fault("indicator", "indicator_twice", {"value": name})]
    seen.add(name)
    given = {column: _given(place, column) for column in _TAKEN if place.text(column)}
    found, faults = _files(place, files) if "evidence" in given else ([], [])
    row = {"indicator": name, **given, **({"evidence": found} if found else {})}
    if not found:
        row.pop("evidence", None)
    try:
        return list(figures_of([row], *today)), faults
    except Refused as refused:
        return [], [*faults, *(place.fault(_column(fault), fault.code, fault.params) for fault in refused.faults)]


def _given(place: _Place, column: str) -> Any:
    value = place.value(column)
    if column in _A_NUMBER and isinstance(value, float):
        # What a spreadsheet holds is the nearest binary number; people wrote the short one.
        return f"{Decimal(repr(value)):f}".replace(".", ",")
    return value if column in _A_NUMBER and isinstance(value, int) else place.text(column)


def _column(fault: Fault) -> str:
    return fault.params.get("part", "indicator")


def _files(place: _Place, files: Mapping[str, StoredFile]) -> tuple[list[str], list[Reason]]:
    by_name = {file.name.casefold(): sha for sha, file in files.items()}
    found, faults = [], []
    for name in _names(place.text("evidence")):
        sha = name if name in files else by_name.get(name.casefold())
        if sha is None:
            faults.append(place.fault("evidence", "file_unknown", {"value": shown(name)}))
        else:
            found.append(sha)
    return found, faults


def _names(text: str) -> Iterator[str]:
    yield from (name.strip() for name in text.split(";") if name.strip())


def put_into(standing: object, taken: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The standing rows with those of a sheet in the place of the same indicators, and the others after them."""
    new = {str(row.get("indicator")): row for row in taken}
    rows = [row for row in standing if isinstance(row, Mapping)] if isinstance(standing, tuple | list) else []
    kept = [new.pop(str(row.get("indicator")), row) for row in rows]
    return [*kept, *new.values()]
