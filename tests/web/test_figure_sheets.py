"""A report's figures as an Excel file: written, filled in elsewhere, taken in again, each fault told by its cell."""

import csv
import io
from datetime import date
from hashlib import sha256

import openpyxl
import pytest

from tests import files
from tests.calls import program
from tests.offices import at, moved
from tests.web.test_cli_commands import terminal  # noqa: F401  the fixture
from tests.web.test_figures import AUGUST, august, boxes, sent, stored  # noqa: F401  the fixture
from workflow.catalog.indicators import NO_INDICATORS
from workflow.clock import VIETNAM
from workflow.exports.spreadsheet import Sheet, workbook
from workflow.services.figure_sheets import put_into, taken_from

HEAD = ("Mã chỉ tiêu", "Tử số", "Mẫu số", "Nguồn số liệu", "Ghi chú")


def book(*rows, head=HEAD):
    return workbook([Sheet("t", head, rows)])


def filled(content, **cells):
    """The workbook with those cells written by somebody in Excel."""
    opened = openpyxl.load_workbook(io.BytesIO(content))
    for name, value in cells.items():
        opened.active[name] = value
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()


def sheet_sent(officer, code, content, name="Biểu.xlsx"):
    part = (io.BytesIO(content), name)
    return sent(officer, code, fields={"figures.sheet": part, **boxes(officer, code)})


def test_the_file_has_a_line_for_each_indicator_and_its_numbers_are_numbers(client_of, august, office):  # noqa: F811
    moved(
        at(office, AUGUST),
        "officer.hcc",
        august,
        "draft",
        figures={"hs-dung-han": {"numerator": 389, "denominator": 400}},
    )

    answer = client_of("officer.hcc").get(f"/items/{august}/figures.xlsx")

    assert answer.headers["Content-Disposition"] == f"attachment; filename={august}.xlsx"
    rows = {row[0].value: row for row in openpyxl.load_workbook(io.BytesIO(answer.data)).active}
    line = [cell.value for cell in rows["hs-dung-han"]]
    assert line[4] == 389
    assert line[6] == 400
    assert line[11] == 97.25
    assert rows["hs-tiep-nhan"][11].value == "chưa có số liệu"


def test_whoever_may_not_read_the_report_gets_no_file(client_of, august):  # noqa: F811
    assert client_of("officer.kt").get(f"/items/{august}/figures.xlsx").status_code == 404


def test_as_plain_columns_it_opens_with_semicolons(client_of, august):  # noqa: F811
    answer = client_of("officer.hcc").get(f"/items/{august}/figures.csv")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:2] == ["Mã chỉ tiêu", "Chỉ tiêu"]
    assert [row[0] for row in rows if row[1] == "Số hồ sơ TTHC tiếp nhận trong kỳ"] == ["hs-tiep-nhan"]


def test_the_file_filled_in_elsewhere_fills_the_boxes_and_nothing_is_written(client_of, august, office):  # noqa: F811
    officer = client_of("officer.hcc")
    empty = officer.get(f"/items/{august}/figures.xlsx").data
    content = filled(empty, E3=1250, H3="Một cửa", E5=1230, G5=1240, I5=date(2026, 8, 14))

    answer = sheet_sent(officer, august, content)

    assert answer.status_code == 200
    assert 'name="figures.hs-tiep-nhan.numerator" value="1250"' in answer.text
    assert 'name="figures.hs-dung-han.denominator" value="1240"' in answer.text
    assert 'name="figures.hs-dung-han.extracted_at" value="14/08/2026"' in answer.text
    assert stored(office, august) == {}


def test_each_fault_of_a_file_is_told_by_its_cell_and_the_rest_stands_in_the_boxes(client_of, august):  # noqa: F811
    content = book(
        ("hs-tiep-nhan", "1.234"),
        ("hs-giai-quyet", -4),
        ("hs-dung-hann", 5),
        ("hs-dung-han", 9, 8),
        ("tt-truc-tuyen", 7, 9),
    )

    answer = sheet_sent(client_of("officer.hcc"), august, content)

    assert answer.status_code == 422
    for cell in ("Ô B2:", "Ô B3:", "Ô A4:", "Ô B5:"):
        assert cell in answer.text
    assert "Có phải “hs-dung-han” không?" in answer.text
    assert 'name="figures.tt-truc-tuyen.numerator" value="7"' in answer.text


def test_a_file_without_the_headings_is_told(client_of, august):  # noqa: F811
    answer = sheet_sent(client_of("officer.hcc"), august, book(("a", 1), head=("Tên", "Số")))

    assert answer.status_code == 422
    assert "không có dòng tiêu đề" in answer.text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "t.xlsx"),
        (b"PK\x03\x04 nonsense", "t.xlsx"),
        (files.pdf(), "t.xlsx"),
        (files.docx(), "t.docx"),
        (book(("hs-tiep-nhan", 1)), "t.xlsm"),
    ],
)
def test_what_is_no_sound_excel_file_is_refused_with_its_sentence(client_of, august, content, name):  # noqa: F811
    answer = sheet_sent(client_of("officer.hcc"), august, content, name)

    assert answer.status_code in (415, 422)
    assert "Không nhận tệp “t" in answer.text


def test_a_sheets_rows_take_the_place_of_the_same_indicators_only():
    standing = ({"indicator": "a", "numerator": 1}, {"indicator": "b", "numerator": 2})

    assert put_into(standing, [{"indicator": "b", "numerator": 9}, {"indicator": "c", "numerator": 3}]) == [
        {"indicator": "a", "numerator": 1},
        {"indicator": "b", "numerator": 9},
        {"indicator": "c", "numerator": 3},
    ]


def test_the_same_indicator_twice_is_a_fault(office):
    taken = taken_from(
        [HEAD, ("hs-tiep-nhan", 1), ("hs-tiep-nhan", 2)], office.indicators, "figures", {}, date(2026, 8, 17), VIETNAM
    )

    assert [(fault.code, fault.params["cell"]) for fault in taken.faults] == [("indicator_twice", "A3")]
    assert len(taken.rows) == 1


def test_evidence_is_found_by_the_name_of_a_file_of_the_report(office):
    content = files.pdf()
    sha = sha256(content).hexdigest()
    known = {sha: type("File", (), {"name": "Trích xuất.pdf"})()}
    head = (*HEAD, "Tệp minh chứng")

    taken = taken_from(
        [
            head,
            ("hs-tiep-nhan", 1, None, None, None, "trích xuất.pdf"),
            ("hs-giai-quyet", 1, None, None, None, "khác.pdf"),
        ],
        office.indicators,
        "figures",
        known,
        date(2026, 8, 17),
        VIETNAM,
    )

    assert taken.rows[0]["evidence"] == [sha]
    assert [(fault.code, fault.params["cell"]) for fault in taken.faults] == [("file_unknown", "F3")]


def test_without_a_catalogue_every_indicator_is_unknown():
    taken = taken_from([HEAD, ("a", 1)], NO_INDICATORS, "figures", {}, date(2026, 8, 17), VIETNAM)

    assert [fault.code for fault in taken.faults] == ["no_such_indicator"]


# -- calls and commands -------------------------------------------------------------------------------------------------


def test_a_program_sees_what_a_file_would_make_and_sends_the_rows_with_the_move(app, august, office):  # noqa: F811
    content = book(("hs-giai-quyet", 412), ("hs-dung-han", 412, 415), ("tt-truc-tuyen", "x", 9))

    answer = program(app, "officer.hcc").post(
        f"/items/{august}/figures/preview", data={"file": (io.BytesIO(content), "t.xlsx")}
    )

    said = answer.json
    assert (said["move"], said["field"], said["version"]) == ("draft", "figures", 1)
    assert [fault["params"]["cell"] for fault in said["faults"]] == ["B4"]
    assert [one["code"] for one in said["unsound"]] == ["figures_unsound"]
    assert said["rows"][0] == {"indicator": "hs-giai-quyet", "numerator": 412}
    assert stored(office, august) == {}


def test_a_command_writes_a_file_and_takes_it_in_again(terminal, tmp_path):  # noqa: F811
    terminal.run("report", "open", "--period", "2026-07")
    code = terminal.json("item", "list", "--workflow", "report", "--unit", "hcc")["items"][0]["code"]
    file = tmp_path / "bieu.xlsx"

    terminal.run("report", "export", code, str(file))
    file.write_bytes(filled(file.read_bytes(), E3=1250))
    before = terminal.json("report", "import", code, str(file), "--as", "officer.hcc", "--dry-run")
    terminal.run("report", "import", code, str(file), "--as", "officer.hcc")

    assert before["rows"] == [{"indicator": "hs-tiep-nhan", "numerator": 1250}]
    fields = terminal.json("item", "show", code)["fields"]
    assert fields["figures"] == [{"indicator": "hs-tiep-nhan", "numerator": 1250}]


def test_a_command_tells_faults_by_cell_and_ends_with_the_code_of_wrong_input(terminal, tmp_path):  # noqa: F811
    terminal.run("report", "open", "--period", "2026-07")
    code = terminal.json("item", "list", "--workflow", "report", "--unit", "hcc")["items"][0]["code"]
    file = tmp_path / "bieu.xlsx"
    file.write_bytes(book(("hs-tiep-nhan", "nhiều")))

    done = terminal.run("report", "import", code, str(file), "--as", "officer.hcc", code=4)

    assert "Cell B2:" in done.stderr
