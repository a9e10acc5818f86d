"""A workflow file of another trade works end to end, page by page, with no line of Python."""

from pathlib import Path

import pytest

from tests.offices import HOUSE
from tests.web.test_item_pages import hidden, make
from workflow.services import publishing

LEAVE = Path(__file__).parent.parent / "definitions" / "leave.yaml"


@pytest.fixture
def leave(office):
    published = publishing.publish(office, HOUSE, LEAVE.read_bytes(), "leave.yaml")
    assert published.fresh
    assert published.findings == ()
    return published.definition


def ask(visitor, **changes):
    visitor.get("/items/new?workflow=leave")
    fields = {"title": "Nghỉ phép năm", "reason": "Việc gia đình", "first_day": "08/06/2026", "last_day": "10/06/2026"}
    return visitor.post("/items/new", workflow="leave", unit="kt", key="leave-1", **fields | changes)


def code_of(answer):
    return answer.location.split("?")[0].rsplit("/", 1)[1]


@pytest.mark.usefixtures("leave")
def test_leave_is_asked_granted_and_taken(client_of, office):
    officer, head = client_of("officer.kt"), client_of("head.kt")
    code = code_of(ask(officer))

    assert code in head.get("/").text
    assert make(head, code, "grant", days="3").status_code == 303
    assert code in officer.get("/").text
    assert make(officer, code, "report_back").status_code == 303

    with office.read() as uow:
        item = uow.items.get(code).item
    assert (item.state, item.fields["days"]) == ("taken", 3)


@pytest.mark.usefixtures("leave")
def test_its_rules_speak_their_own_sentences(client_of):
    head = client_of("head.kt")
    code = code_of(ask(head, last_day="01/06/2026"))

    refused = make(head, code, "grant", days="3")

    assert refused.status_code == 403
    assert "Không được tự chấp thuận đơn của mình." in refused.text
    assert "Ngày cuối phải sau ngày đầu." in refused.text


@pytest.mark.usefixtures("leave")
def test_a_refusal_needs_its_reason(client_of):
    code = code_of(ask(client_of("officer.kt")))
    head = client_of("head.kt")

    bare = make(head, code, "refuse")
    assert bare.status_code == 422
    told = head.post(f"/items/{code}/moves/refuse", act="perform", **hidden(bare), comment="Đang cao điểm")
    assert told.status_code == 303


@pytest.mark.usefixtures("leave")
def test_it_leads_to_the_paper_that_its_file_declares(client_of):
    officer = client_of("officer.kt")
    code = code_of(ask(officer))

    assert all(f'href="/items/{code}/report.{form}"' in officer.get(f"/items/{code}").text for form in ("docx", "pdf"))
    assert officer.get(f"/items/{code}/report.docx").status_code == 200


@pytest.mark.usefixtures("leave")
def test_it_is_drawn_and_explained(client_of):
    page = client_of("officer.vp").get("/definitions/leave/1")

    assert page.status_code == 200
    assert "Chờ thủ trưởng cho ý kiến" in page.text
    assert "Báo đã đi làm lại" in page.text
