"""What was handed in may be taken back by who handed it in, until the receiver has acted; both acts stay in the log."""

import io

import pytest

from tests import files
from tests.offices import caller, moved, new_task, opened_office, tried
from workflow.audit import canonical
from workflow.services.evidence import Uploaded, attach
from workflow.services.items import NewItem, create
from workflow.services.moves import MoveRequest, Refused, perform

FIGURES = [{"indicator": "ho-so", "numerator": 9, "denominator": 10}]


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def declared(office):
    """A task whose head has declared completion."""
    code = new_task(office)
    uploaded = attach(office, caller(office, "head.kt"), code, "bảng số liệu.pdf", io.BytesIO(files.pdf()))
    assert isinstance(uploaded, Uploaded)
    moved(office, "head.kt", code, "complete", result_note="Đã công khai", evidence=[uploaded.sha256])
    return code


@pytest.fixture
def sent(office):
    """A report that the head has signed and thereby sent."""
    fields = {"series": "monthly", "period": "2026-06", "window_from": "2026-05-15", "window_to": "2026-06-14"}
    made = create(office, caller(office, "consolidator"), NewItem("report", "kt", fields))
    code = made.item.code
    moved(office, "officer.kt", code, "draft", results="Đạt kế hoạch", figures=FIGURES)
    moved(office, "officer.kt", code, "send")
    done = perform(office, caller(office, "head.kt"), MoveRequest(code, "send", "approve"))
    assert done.item.state == "completed"
    return code


def codes(outcome):
    assert isinstance(outcome, Refused), outcome
    return {reason.code for reason in outcome.reasons}


def entries(office, code):
    with office.read() as uow:
        item = uow.items.get(code).item
        return [canonical.decode(entry.body).get("tr") for entry in uow.audit.stream(f"{item.workflow}/{item.id}")]


def test_who_declared_it_may_take_it_back_while_nobody_has_judged_it(office, declared):
    item = moved(office, "head.kt", declared, "recall").item

    assert item.state == "in_progress"
    assert "completed_at" not in item.fields
    assert item.fields["result_note"] == "Đã công khai"


def test_nobody_else_takes_a_declaration_back(office, declared):
    assert codes(tried(office, "officer.kt", declared, "recall")) == {"not_permitted"}
    assert codes(tried(office, "chairman", declared, "recall")) == {"not_permitted"}


@pytest.mark.parametrize(("judgement", "comment"), [("verify", ""), ("rework", "Thiếu biểu số 3")])
def test_once_the_receiver_has_acted_nothing_is_taken_back(office, declared, judgement, comment):
    moved(office, "chairman", declared, judgement, comment=comment)

    assert codes(tried(office, "head.kt", declared, "recall")) == {"not_from_here"}


def test_what_was_taken_back_cannot_be_judged_any_more(office, declared):
    moved(office, "head.kt", declared, "recall")

    assert codes(tried(office, "chairman", declared, "verify")) == {"not_from_here"}
    assert codes(tried(office, "head.kt", declared, "recall")) == {"not_from_here"}


def test_the_act_and_its_recall_both_stay_in_the_log(office, declared):
    moved(office, "head.kt", declared, "recall")

    assert entries(office, declared)[-2:] == ["complete", "recall"]


def test_a_report_is_taken_back_until_it_is_received(office, sent):
    item = moved(office, "head.kt", sent, "recall").item

    assert item.state == "in_progress"
    assert "sent_at" not in item.fields


@pytest.mark.parametrize(("judgement", "comment"), [("receive", ""), ("return", "Thiếu phần IV")])
def test_a_report_that_was_received_or_returned_is_not_taken_back(office, sent, judgement, comment):
    moved(office, "consolidator", sent, judgement, comment=comment)

    assert codes(tried(office, "head.kt", sent, "recall")) == {"not_from_here"}


def test_an_officer_does_not_take_back_what_the_head_signed(office, sent):
    assert codes(tried(office, "officer.kt", sent, "recall")) == {"not_permitted"}
