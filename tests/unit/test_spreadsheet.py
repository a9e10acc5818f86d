"""Sheets for Excel: numbers stay numbers, texts stay texts, and what comes back is read within bounds."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from tests import files
from workflow.exports.sheet_reader import MOST_ROWS, Unreadable, read_cells
from workflow.exports.spreadsheet import Sheet, csv_file, workbook

FORMULAS = (
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
)


def sheet(*rows, title="Biểu số liệu", head=("Tên", "Số")):
    return Sheet(title, head, rows)


def opened(*sheets):
    return openpyxl.load_workbook(io.BytesIO(workbook(sheets)))


def cells(tmp_path, *rows):
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook([sheet(*rows)]))
    return read_cells(path)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text):
    content = workbook([sheet((text, 1))])

    cell = openpyxl.load_workbook(io.BytesIO(content)).active["A2"]
    assert cell.data_type == "s"
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", FORMULAS)
def test_in_csv_a_text_that_begins_like_a_formula_is_quoted_as_text(text):
    (_head, row) = csv.reader(io.StringIO(csv_file(sheet((text, -5))).decode("utf-8-sig")), delimiter=";")

    assert row == [f"'{text}", "-5"]


def test_numbers_dates_and_instants_are_such_for_excel():
    page = opened(
        sheet((36_200_000_000, Decimal("97.25")), (date(2026, 7, 14), datetime(2026, 7, 14, 9, 30, tzinfo=UTC)))
    ).active

    assert [cell.value for cell in page[2]] == [36_200_000_000, 97.25]
    assert page["A3"].value.date() == date(2026, 7, 14)
    assert page["B3"].value == datetime(2026, 7, 14, 16, 30)  # noqa: DTZ001  a spreadsheet knows no zones


def test_vietnamese_letters_and_line_breaks_come_back_as_they_were(tmp_path):
    assert cells(tmp_path, ("Đường An\nỦy ban", None))[1][0] == "Đường An\nỦy ban"


def test_control_characters_are_left_out():
    assert opened(sheet(("a\x00\x1bb", 1))).active["A2"].value == "ab"


def test_sheets_bear_names_that_excel_takes_and_each_its_own():
    long = "Số liệu: [quý/III] của Trung tâm Phục vụ hành chính công"

    titles = opened(sheet(title=long), sheet(title=long)).sheetnames

    assert len(set(titles)) == 2
    assert all(len(title) <= 31 and not set(title) & set("[]:*?/\\") for title in titles)


def test_csv_opens_in_excel_with_its_letters_columns_and_decimals():
    content = csv_file(sheet(("Số hồ sơ; quá hạn", Decimal("1234.5")), ("x", 1_000_000)))

    assert content.startswith("\ufeff".encode())
    assert content.decode("utf-8-sig").splitlines() == ["Tên;Số", '"Số hồ sơ; quá hạn";1234,5', "x;1000000"]


def test_what_is_read_back_is_what_was_written(tmp_path):
    assert cells(tmp_path, ("a", 5), ("b", Decimal("0.5")), (None, 36_200_000_000)) == (
        ("Tên", "Số"),
        ("a", 5),
        ("b", 0.5),
        (None, 36_200_000_000),
    )


def test_a_sheet_of_too_many_rows_is_not_read(tmp_path):
    with pytest.raises(Unreadable):
        cells(tmp_path, *(("x", n) for n in range(MOST_ROWS)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a sheet", files.pdf()])
def test_what_is_no_sheet_is_refused(tmp_path, content):
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)

    with pytest.raises(Unreadable):
        read_cells(path)
