"""Reports on paper: what stands there, who signed in which capacity, that it stays so, and that every taking is on record."""

import hashlib
import io
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest

from tests import files
from tests.integration.test_consolidation import consolidated, issued
from tests.offices import HOUSE, at, caller, moved, new_task, opened_office, shipped
from tests.papers import words_of
from tests.reporting import FIGURES, UNITS, code_of, on, opened, received, reported, sent, table, voted
from tests.sealing import signer_of
from workflow.audit import canonical
from workflow.audit.keys import SigningKey
from workflow.audit.note import Checkpoint
from workflow.engine.paper import PLACEHOLDERS
from workflow.errors import NotFound
from workflow.exports.paper import Share
from workflow.services import auditing, delegations, publishing
from workflow.services.delegations import Given, Power
from workflow.services.documents import document_of, paper_of
from workflow.services.evidence import attach
from workflow.services.items import NewItem, create
from workflow.services.moves import MoveRequest, perform
from workflow.values import replace

PERIOD = "2026-10"
PEOPLE_S_COMMITTEE = "Ủy ban nhân dân xã\u00a0Đường\u00a0An"
DEFINITIONS = Path(__file__).parents[1] / "definitions"


def reporting(place):
    office = opened_office(place, on(9, 1))
    opened(office, PERIOD, on(9, 15))
    return office


@pytest.fixture
def office(tmp_path):
    return reporting(tmp_path)


def paper(office, code, login="chairman"):
    reader = caller(office, login)
    with office.read() as uow:
        return paper_of(office, shipped().organisation, uow, reader, code).paper


def taken(office, code, form, login="chairman"):
    return document_of(office, shipped().organisation, caller(office, login), code, form)


def annex(found, word):
    return next(one for one in found.annexes if word in one.title)


# -- the signature ------------------------------------------------------------------------------------------------------


def test_a_report_that_nobody_has_signed_is_a_draft_over_the_post_of_its_head(office):
    code = code_of(office, "kt", PERIOD)

    found = paper(office, code)

    assert found.draft
    assert found.capacity == ("TRƯỞNG PHÒNG",)


def test_the_head_signs_in_his_own_capacity(office):
    found = paper(office, sent(office, "hcc", PERIOD, on(10, 16)))

    assert not found.draft
    assert found.capacity == ("GIÁM ĐỐC",)
    assert (found.superior.replace("\u00a0", " "), found.agency) == (
        "Ủy ban nhân dân xã Đường An",
        "Trung tâm Phục vụ Hành chính công",
    )
    assert found.symbol == "BC-HCC"
    assert found.subject == "Kết quả thực hiện công tác cải cách hành chính tháng 10 năm 2026"


@pytest.mark.parametrize("kind", ["KT.", "TUQ."])
def test_a_substitute_signs_as_his_power_says(office, kind):
    then = at(office, on(10, 16))
    asked = Power(receiver="deputy.kt", kind=kind, act="Giấy ủy quyền", from_on="16/10/2026", to_on="20/10/2026")
    assert isinstance(delegations.give(then, caller(then, "head.kt"), asked), Given)
    code = code_of(then, "kt", PERIOD)
    moved(then, "officer.kt", code, "draft", results="Sáu lĩnh vực", figures=table(FIGURES["kt"]))
    moved(then, "officer.kt", code, "send")
    voted(then, "deputy.kt", code, "send")

    assert paper(then, code).capacity == (f"{kind} TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG")


def test_what_is_drafted_anew_after_a_return_is_signed_no_more(office):
    code = sent(office, "kt", PERIOD, on(10, 15))
    moved(at(office, on(10, 16)), "consolidator", code, "return", comment="Thiếu mẫu số")
    as_sent = paper(at(office, on(10, 16)), code)
    moved(at(office, on(10, 16, 10)), "officer.kt", code, "draft", results="Bản sửa")

    assert not as_sent.draft
    assert paper(at(office, on(10, 16, 11)), code).draft


def test_what_was_recalled_is_signed_no_more(office):
    code = sent(office, "kt", PERIOD, on(10, 15))
    moved(at(office, on(10, 15, 9)), "head.kt", code, "recall")

    assert paper(at(office, on(10, 15, 10)), code).draft


@pytest.mark.parametrize(
    ("login", "capacity"),
    [
        ("chairman", ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")),
        ("vice", ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")),
    ],
)
def test_the_commune_s_report_is_signed_in_the_name_of_the_committee(office, login, capacity):
    for unit in UNITS[:4]:
        reported(office, unit, PERIOD, on(10, 16))
    item = consolidated(office, on(10, 20, 9))
    then = at(office, on(10, 21))
    moved(then, "consolidator", item.code, "submit")
    voted(then, "head.vhxh", item.code, "submit")
    power = Power(receiver=login, kind="KT.", act="Quyết định", from_on="21/10/2026", to_on="22/10/2026")
    if login == "vice":
        delegations.give(then, caller(then, "chairman"), power)
    done = perform(then, caller(then, login), MoveRequest(item.code, "issue"))

    assert done.item.state == "issued"
    found = paper(then, item.code)
    assert found.capacity == capacity
    assert (found.superior, found.symbol) == ("", "BC-UBND")


# -- what it says -------------------------------------------------------------------------------------------------------


def test_figures_that_are_missing_say_so_and_shares_are_shares(office):
    found = annex(paper(office, sent(office, "hcc", PERIOD, on(10, 16))), "SỐ LIỆU")

    results = {row[1]: row[5] for row in found.rows}
    assert results["Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn"] == Share(100)
    assert results["Tỷ lệ thanh toán trực tuyến"] == "Chưa có số liệu"


def test_the_commune_s_report_names_its_holes_and_who_has_not_sent(office):
    for unit in UNITS[:4]:
        reported(office, unit, PERIOD, on(10, 16))
    item = consolidated(office, on(10, 20, 9))

    found = paper(at(office, on(10, 20, 10)), item.code)

    missing = next(row for row in annex(found, "SỐ LIỆU").rows if row[5] == "Chưa có số liệu" and "TTDVSNC" in row[6])
    assert missing[6] == "Thiếu: TTDVSNC"
    assert annex(found, "GỬI BÁO CÁO").rows[-1][1:] == (
        "Trung tâm Dịch vụ sự nghiệp công",
        "Chưa có báo cáo được tiếp nhận",
    )


def test_tasks_stand_as_they_stood_when_it_was_signed(ground):
    office = reporting(ground)
    task = new_task(at(office, on(9, 20)), due_on="2026-11-30")
    code = sent(office, "kt", PERIOD, on(10, 16))
    before = taken(at(office, on(10, 16, 9)), code, "pdf").content

    moved(at(office, on(10, 17)), "head.kt", task, "progress", progress=100)
    new_task(at(office, on(10, 18)), title="Việc mới")

    later = at(office, on(10, 19))
    assert annex(paper(later, code), "NHIỆM VỤ").rows[0][4] == "Đang thực hiện"
    assert taken(later, code, "pdf").content == before


def test_the_register_s_number_and_day_stand_on_it_once_they_are_recorded(office):
    code = sent(office, "kt", PERIOD, on(10, 16))
    received(office, "kt", code, on(10, 19))
    then = at(office, on(10, 20))
    assert "Số:" in words_of(taken(then, code, "pdf").content)

    signed = attach(then, caller(then, "clerk"), code, "bản ký.pdf", io.BytesIO(files.pdf()))
    moved(
        then,
        "clerk",
        code,
        "record",
        issued_number="12/BC-KT",
        issued_on="2026-10-19",
        signed_file=[signed.sha256],
    )

    found = paper(then, code)
    assert (found.number_line, found.dated) == ("Số: 12/BC-KT", date(2026, 10, 19))
    again = perform(then, caller(then, "clerk"), MoveRequest(code, "record", inputs={"issued_number": "13/BC-KT"}))
    assert "condition_failed" in {reason.code for reason in again.reasons}


def test_a_correction_names_the_paper_that_it_replaces(office):
    code = sent(office, "kt", PERIOD, on(10, 16))
    received(office, "kt", code, on(10, 19))
    then = at(office, on(10, 20))
    signed = attach(then, caller(then, "clerk"), code, "bản ký.pdf", io.BytesIO(files.pdf()))
    issue = {"issued_number": "12/BC-KT", "issued_on": "2026-10-19", "signed_file": [signed.sha256]}
    moved(then, "clerk", code, "record", **issue)
    moved(then, "head.kt", code, "correct", comment="Sai mẫu số")
    voted(then, "consolidator", code, "correct")

    corrected = paper(then, code_of(then, "kt", PERIOD))

    assert corrected.opening.endswith("Báo cáo này thay thế Báo cáo số 12/BC-KT ngày 19/10/2026 của Phòng Kinh tế.")
    assert "thay thế" not in paper(then, code).opening
    assert corrected.number == ""


def test_a_report_is_addressed_to_the_commune_and_told_to_who_consolidates_unless_that_is_its_own_unit(office):
    of_another, own = (paper(office, code_of(office, unit, PERIOD)) for unit in ("kt", "vhxh"))

    assert (of_another.kind, of_another.symbol, of_another.superior) == ("Báo cáo", "BC-KT", PEOPLE_S_COMMITTEE)
    assert of_another.addressee == f"Kính gửi: {PEOPLE_S_COMMITTEE}"
    assert of_another.opening == (
        "Thực hiện chế độ thông tin, báo cáo định kỳ về công tác cải cách hành chính, Phòng Kinh tế báo cáo kết quả thực "
        "hiện tháng 10 năm 2026 (số liệu từ ngày 15/09/2026 đến ngày 14/10/2026) như sau:"
    )
    assert [section.heading for section in of_another.sections] == [
        "Công tác chỉ đạo, điều hành",
        "Kết quả theo sáu lĩnh vực",
        "Tồn tại, hạn chế và nguyên nhân",
        "Nhiệm vụ kỳ tới",
        "Kiến nghị, đề xuất",
    ]
    assert of_another.recipients == ("- UBND xã (để b/c);", "- Phòng VH-XH (để tổng hợp);", "- Lưu: VT.")
    assert own.recipients == ("- UBND xã (để b/c);", "- Lưu: VT.")


def test_the_commune_s_report_is_addressed_to_the_city(office):
    for unit in UNITS[:4]:
        reported(office, unit, PERIOD, on(10, 16))
    item = consolidated(office, on(10, 20, 9))

    found = paper(at(office, on(10, 20, 10)), item.code)

    assert found.addressee == "Kính gửi: Ủy ban nhân dân thành phố"
    assert found.opening == (
        f"Thực hiện chế độ thông tin, báo cáo định kỳ về công tác cải cách hành chính, {PEOPLE_S_COMMITTEE} báo cáo kết "
        "quả thực hiện tháng 10 năm 2026 như sau:"
    )
    assert found.recipients == (
        "- UBND thành phố (để b/c);",
        "- Sở Nội vụ (để b/c);",
        "- TT Đảng ủy, TT HĐND xã;",
        "- Chủ tịch, các Phó Chủ tịch UBND xã;",
        "- Các cơ quan, đơn vị thuộc xã;",
        "- Lưu: VT, VHXH.",
    )


# -- a workflow of another trade ----------------------------------------------------------------------------------------

ASKED = {
    "title": "Nghỉ phép năm {period}",
    "reason": "Việc gia đình",
    "first_day": "08/10/2026",
    "last_day": "09/10/2026",
}
BOARD = """
paper:
  signed_by: approve_large
  agency: AGENCY
  kind: "Tờ trình"
  symbol: TTr
  subject: "Mua sắm {title}"
  addressee: "Kính gửi: {committee}"
  sections: {purpose: "Mục đích sử dụng"}
  recipients: ["- {commune};", "- Lưu: VT, {unit_symbol}."]
"""


def published(office, text, name):
    assert publishing.publish(office, HOUSE, text.encode(), name).fresh


def new(office, workflow, login, fields, parent=None):
    return create(office, caller(office, login), NewItem(workflow, "kt", fields, parent)).item.code


def bought(office, agency):
    """The code of a purchase that chairman and chief of office have agreed to, in the name of the agency."""
    purchase = (DEFINITIONS / "purchase.yaml").read_text(encoding="utf-8")
    published(office, purchase + BOARD.replace("AGENCY", agency), "purchase.yaml")
    code = new(office, "purchase", "officer.kt", {"title": "máy chủ", "amount": "90000000", "purpose": "Thay máy hỏng"})
    moved(office, "officer.kt", code, "approve_large", supplier="Công ty B")
    for login in ("head.vp", "chairman"):
        voted(office, login, code, "approve_large")
    return code


def test_a_workflow_of_another_trade_has_a_paper_in_its_own_words_as_its_file_declares(office):
    published(office, (DEFINITIONS / "leave.yaml").read_text(encoding="utf-8"), "leave.yaml")
    code = new(office, "leave", "officer.kt", ASKED)
    asked = paper(office, code, "officer.kt")
    moved(office, "head.kt", code, "grant", days="2")

    granted = paper(office, code, "officer.kt")
    said = words_of(taken(office, code, "pdf", "officer.kt").content)
    lines = [
        line.text for line in docx.Document(io.BytesIO(taken(office, code, "docx", "officer.kt").content)).paragraphs
    ]

    assert (asked.draft, granted.draft) == (True, False)
    assert (granted.kind, granted.symbol, granted.capacity) == ("Giấy nghỉ phép", "GNP-KT", ("TRƯỞNG PHÒNG",))
    assert granted.recipients == ("- Văn phòng HĐND - UBND;", "- Phòng VH-XH (để theo dõi);", "- Lưu: Phòng KT.")
    assert (granted.addressee, granted.annexes, granted.number, granted.dated) == ("", (), "", None)
    expected = ("GIẤY NGHỈ PHÉP", ASKED["title"], "Phòng Kinh tế cho phép nghỉ như sau:", "I. LÝ DO NGHỈ")
    assert [words for words in (*expected, "Việc gia đình./.") if words not in lines] == []
    assert [words for words in expected if "".join(words.split()) not in said] == []
    assert "Báo cáo" not in " ".join(lines)


def test_every_placeholder_says_something(office):
    leave = (DEFINITIONS / "leave.yaml").read_text(encoding="utf-8")
    spoken = "".join(f'    - "{word}: {{{word}}}"\n' for word in PLACEHOLDERS)
    declared = "".join(
        f'  {name}: {{type: {kind}, private: false, label: {{vi: "Kỳ", en: "Period"}}}}\n'
        for name, kind in (("period", "text"), ("window_from", "date"), ("window_to", "date"))
    )
    text = f"{leave.partition('  recipients:')[0]}  recipients:\n{spoken}"
    text = text.replace("states:\n", f"{declared}states:\n", 1)
    text = text.replace("reason]}\n", "reason], optional: [period, window_from, window_to]}\n")
    published(office, text, "leave.yaml")
    more = {"period": "2026-Q3", "window_from": "15/06/2026", "window_to": "14/09/2026"}

    found = paper(office, new(office, "leave", "officer.kt", ASKED | more))

    assert dict(line.split(": ", 1) for line in found.recipients) == {
        "agency": "Phòng Kinh tế",
        "commune": PEOPLE_S_COMMITTEE,
        "committee": "UBND xã",
        "consolidating": "Phòng VH-XH",
        "unit": "Phòng KT",
        "unit_symbol": "KT",
        "title": ASKED["title"],
        "period": "quý III năm 2026",
        "window": "từ ngày 15/06/2026 đến ngày 14/09/2026",
    }


def test_what_the_subject_takes_from_the_item_is_signed_with_it(office):
    leave = (DEFINITIONS / "leave.yaml").read_text(encoding="utf-8")
    renamed = "  rename: {from: granted, to: same, by: [creator], require: [title], label: {vi: 'Sửa', en: 'Rename'}}\n"
    published(office, leave.replace("timers:\n", f"{renamed}timers:\n"), "leave.yaml")
    code = new(office, "leave", "officer.kt", ASKED)
    moved(office, "head.kt", code, "grant", days="2")
    assert not paper(office, code).draft

    moved(office, "officer.kt", code, "rename", title="Nghỉ không lương")

    assert paper(office, code).draft


@pytest.mark.parametrize(
    ("agency", "head", "capacity"),
    [
        ("unit", (PEOPLE_S_COMMITTEE, "Phòng Kinh tế", "TTr-KT"), ("CHỦ TỊCH UBND XÃ",)),
        ("commune", ("", PEOPLE_S_COMMITTEE, "TTr-UBND"), ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")),
    ],
)
def test_whoever_signs_the_paper_of_a_unit_that_is_not_his_stands_in_for_nobody_there(office, agency, head, capacity):
    found = paper(office, bought(office, agency))

    assert (found.superior, found.agency, found.symbol) == head
    assert found.capacity == capacity
    assert (found.subject, found.addressee) == ("Mua sắm máy chủ", "Kính gửi: UBND xã")
    assert found.recipients == (f"- {PEOPLE_S_COMMITTEE};", "- Lưu: VT, KT.")


def test_an_item_has_the_paper_of_the_edition_that_it_began_with(office):
    leave = (DEFINITIONS / "leave.yaml").read_text(encoding="utf-8")
    published(office, leave.partition("paper:\n")[0], "leave.yaml")
    before = new(office, "leave", "officer.kt", ASKED)
    published(office, leave.replace("version: 1\n", "version: 2\n"), "leave.yaml")
    after = new(office, "leave", "officer.kt", ASKED)

    with pytest.raises(NotFound):
        paper(office, before)
    assert paper(office, after).kind == "Giấy nghỉ phép"


def test_a_part_of_a_case_replaces_no_paper(office):
    leave = (DEFINITIONS / "leave.yaml").read_text(encoding="utf-8")
    published(office, leave.replace("reason]}\n", "reason], children_of: [leave]}\n"), "leave.yaml")
    whole = new(office, "leave", "officer.kt", ASKED)
    part = new(office, "leave", "officer.kt", ASKED, whole)

    assert paper(office, part).opening == "Phòng Kinh tế cho phép nghỉ như sau:"


# -- who takes it -------------------------------------------------------------------------------------------------------


def test_whoever_may_not_read_the_report_gets_no_document(office):
    code = sent(office, "kt", PERIOD, on(10, 16))

    for form in ("docx", "pdf", "xlsx"):
        with pytest.raises(NotFound):
            taken(office, code, form, "officer.snc")
        assert taken(office, code, form, "officer.kt").name == f"{code}.{form}"


def test_what_is_no_report_has_no_document_and_other_forms_there_are_none(office):
    task = new_task(at(office, on(9, 20)))

    with pytest.raises(NotFound):
        taken(office, task, "pdf")
    with pytest.raises(NotFound):
        taken(office, code_of(office, "kt", PERIOD), "exe")


def test_every_taking_is_an_entry_of_the_log(office):
    code = sent(office, "kt", PERIOD, on(10, 16))

    made = taken(at(office, on(10, 17)), code, "docx", "head.kt")

    with office.read() as uow:
        last = [canonical.decode(entry.body) for entry in uow.audit.stream("log")][-1]
    assert (last["type"], last["what"], last["code"]) == ("export", f"{code}.docx", code)
    assert last["sha256"] == hashlib.sha256(made.content).hexdigest()
    assert auditing.verify(office).ok


def test_the_workbook_holds_numbers_as_numbers_and_no_formula(office):
    code = code_of(office, "kt", PERIOD)
    then = at(office, on(10, 16))
    rows = [{"indicator": "giai-ngan", "numerator": 30, "denominator": 40, "source": '=HYPERLINK("http://x")'}]
    moved(then, "officer.kt", code, "draft", results="Sáu lĩnh vực", figures=rows)

    page = openpyxl.load_workbook(io.BytesIO(taken(then, code, "xlsx").content)).worksheets[0]

    row = next(row for row in page.iter_rows() if row[3].value == 30)
    assert [(cell.value, cell.data_type) for cell in row[3:6]] == [(30, "n"), (40, "n"), (75, "n")]
    assert row[-1].data_type == "s"
    assert not [cell for line in page.iter_rows() for cell in line if cell.data_type == "f"]


def test_an_issued_consolidated_report_says_the_same_whenever_it_is_taken(office):
    for unit in UNITS[:4]:
        reported(office, unit, PERIOD, on(10, 16))
    item = consolidated(office, on(10, 20, 9))
    issued(office, item, on(10, 21))

    first = taken(at(office, on(10, 21, 10)), item.code, "docx").content

    reported(office, "snc", PERIOD, on(10, 22))
    assert taken(at(office, on(10, 23)), item.code, "docx").content == first


# -- the seal -----------------------------------------------------------------------------------------------------------


def test_a_paper_takes_the_newest_signed_root_out_of_the_house_and_none_where_nothing_is_signed(ground):
    office = reporting(ground)
    code = sent(office, "hcc", PERIOD, on(10, 16))
    before = paper(office, code)
    key = SigningKey.new("duongan.haiphong/audit")
    notes = [str(key.sign(Checkpoint(key.name, size, bytes([size]) * 32))) for size in (3, 5)]
    for size, note in zip((3, 5), notes, strict=True):
        with signer_of(ground.databases[-1]) as signer, signer() as uow:
            uow.seals.add_checkpoint(size, office.clock.now(), note)

    sealed = paper(office, code)

    assert before.seal is None
    assert (sealed.seal.note, f"{bytes([5]).hex() * 32}" in sealed.seal.line) == (notes[1], True)
    assert replace(sealed, seal=None) == before
