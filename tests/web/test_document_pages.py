"""Papers, the follow-up sheet and signatures on files, by page, call and command."""

import io
import shutil
import zipfile

import pytest

from tests import files, signing
from tests.calls import program
from tests.offices import OPENING, caller, moved
from tests.reporting import opened, sent
from tests.web.conftest import close, settings_of
from tests.web.test_cli_commands import Terminal
from web import create_app
from workflow.services.evidence import attach
from workflow.services.items import NewItem, create
from workflow.services.office import Office
from workflow.values import replace

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HERE = signing.root()
HEAD = signing.person(HERE, since=OPENING - signing.DAY)


@pytest.fixture
def report(office: Office) -> str:
    """The signed report of Phòng Kinh tế."""
    opened(office, "2026-06", OPENING)
    return sent(office, "kt", "2026-06", OPENING)


@pytest.fixture
def trusting(app, tmp_path):
    """The office trusts our own root."""
    folder = tmp_path / "roots"
    folder.mkdir()
    (folder / "root.pem").write_bytes(HERE.pem)
    app.extensions["office"] = replace(app.extensions["office"], trusted_roots=folder)
    return app.extensions["office"]


@pytest.fixture
def task(office):
    fields = {"title": "Công khai ngân sách", "source": "Kế hoạch", "area": "tai-chinh-cong", "due_on": "31/07/2026"}
    created = create(office, caller(office, "clerk"), NewItem("task", "kt", fields))
    moved(office, "chairman", created.item.code, "assign")
    return created.item.code


def uploaded(office, code, content, name="bản ký.pdf"):
    return attach(office, caller(office, "head.kt"), code, name, io.BytesIO(content)).sha256


@pytest.mark.parametrize("form", TYPES)
def test_a_report_is_saved_as_a_document_and_kept_by_nobody_on_the_way(visitor, report, form):
    visitor.log_in("head.kt")

    answer = visitor.get(f"/items/{report}/report.{form}")

    assert (answer.status_code, answer.mimetype) == (200, TYPES[form])
    assert answer.headers["Content-Disposition"] == f"attachment; filename={report}.{form}"
    assert "no-store" in answer.headers["Cache-Control"]
    assert form == "pdf" or zipfile.is_zipfile(io.BytesIO(answer.data))


def test_an_auditor_reads_in_the_log_which_document_was_taken(visitor, report):
    visitor.log_in("head.kt")
    visitor.get(f"/items/{report}/report.pdf")
    visitor.post("/logout")
    visitor.log_in("auditor")

    assert f"{report}.pdf" in visitor.get("/history?type=export").text


def test_a_document_is_not_found_by_who_may_not_read_its_report(visitor, report):
    visitor.log_in("officer.snc")

    assert visitor.get(f"/items/{report}/report.pdf").status_code == 404
    assert visitor.get(f"/items/{report}/print").status_code == 404


def test_a_report_leads_to_its_documents_and_a_task_does_not(visitor, report, task):
    visitor.log_in("head.kt")

    of_report, of_task = visitor.get(f"/items/{report}").text, visitor.get(f"/items/{task}").text

    assert all(f'href="/items/{report}/report.{form}"' in of_report for form in TYPES)
    assert "/report." not in of_task
    assert f'href="/items/{task}/print"' in of_task
    assert visitor.get(f"/items/{task}/report.pdf").status_code == 404


def test_the_follow_up_sheet_tells_how_an_item_stands_and_who_printed_it(visitor, task):
    visitor.log_in("head.kt")

    text = visitor.get(f"/items/{task}/print").text

    assert "Phiếu theo dõi nhiệm vụ" in text
    assert "Công khai ngân sách" in text
    assert "31/07/2026" in text
    assert "Trưởng Phòng Kinh tế" in text
    assert "<nav" not in text


@pytest.mark.parametrize(
    ("content", "sentence", "english"),
    [
        (signing.signed(HEAD, HERE), "Chữ ký số hợp lệ", "The signature holds"),
        (
            signing.with_a_page_more(signing.signed(HEAD, HERE)),
            "đã bị bổ sung hoặc sửa sau khi ký",
            "something was added or changed after signing",
        ),
    ],
)
def test_beside_a_file_stands_what_its_signatures_are_worth(visitor, trusting, task, content, sentence, english):
    uploaded(trusting, task, content)
    visitor.log_in("head.kt")

    assert sentence in visitor.get(f"/items/{task}").text
    visitor.post("/language", language="en", next="/")
    assert english in visitor.get(f"/items/{task}").text


def test_a_file_says_what_it_is_to_the_item(visitor, office, report):
    moved(office, "consolidator", report, "receive")
    sha256 = uploaded(office, report, files.pdf())
    moved(office, "clerk", report, "record", issued_number="5/BC-KT", issued_on="2026-06-01", signed_file=[sha256])
    visitor.log_in("head.kt")

    text = visitor.get(f"/items/{report}").text

    assert "bản ký.pdf</a>" in text
    assert "Bản đã ký số · " in text
    assert "5/BC-KT" in text


def test_only_what_holds_is_called_signed(visitor, trusting, task):
    stranger = signing.root("CA lạ")
    uploaded(trusting, task, signing.signed(signing.person(stranger), stranger))
    uploaded(trusting, task, files.pdf(), "không ký.pdf")
    visitor.log_in("head.kt")

    text = visitor.get(f"/items/{task}").text

    assert "không thuộc chứng thư gốc tin cậy nào" in text
    assert "Tên người ký ghi trong tệp: Nguyễn Văn Ký" in text
    assert "Người ký: Nguyễn Văn Ký" not in text


def test_without_trusted_roots_nothing_is_called_signed(visitor, office, task):
    uploaded(office, task, signing.signed(HEAD, HERE))
    visitor.log_in("head.kt")

    assert "Không kiểm tra được: chưa có chứng thư gốc tin cậy." in visitor.get(f"/items/{task}").text


def test_a_program_gets_documents_and_verdicts(app, trusting, report, task):
    sha256 = uploaded(trusting, task, signing.signed(HEAD, HERE))
    head, stranger = program(app, "head.kt"), program(app, "officer.snc")

    (found,) = head.get(f"/files/{sha256}/signatures").json["signatures"]

    assert (found["holds"], found["verdict"], found["signer"]) == (True, "valid", "Nguyễn Văn Ký")
    assert head.get(f"/items/{report}/report.docx").mimetype == TYPES["docx"]
    assert head.get(f"/items/{report}/report.exe").status_code == 404
    assert stranger.get(f"/files/{sha256}/signatures").status_code == 404
    assert stranger.get(f"/items/{report}/report.pdf").status_code == 404


def test_a_command_writes_the_document_and_another_judges_signatures(furnished, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(furnished, folder)
    app = create_app(settings_of(folder))
    office = app.extensions["office"]
    opened(office, "2026-06", OPENING)
    code = sent(office, "kt", "2026-06", OPENING)
    uploaded(office, code, signing.signed(HEAD, HERE))
    close(app)
    roots = tmp_path / "roots"
    roots.mkdir()
    terminal = Terminal(folder, DONDOC_TRUSTED_ROOTS=str(roots))

    said = terminal.run(
        "report", "document", code, "--as", "head.kt", "--format", "pdf", "--out", str(tmp_path / "a.pdf")
    )
    unchecked = terminal.run("file", "signatures", code, "--as", "head.kt", code=1)
    (roots / "root.pem").write_bytes(HERE.pem)
    (checked,) = terminal.json("file", "signatures", code, "--as", "head.kt")

    assert "a.pdf" in said.stdout
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert "no trusted root certificate is set" in unchecked.stdout
    assert checked["signatures"][0]["holds"]
    terminal.run("report", "document", code, "--as", "officer.snc", code=7)
