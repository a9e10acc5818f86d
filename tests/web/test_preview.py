"""Before a step: what it would lead to, who could take it instead; and none of it leaves a trace."""

import re

import pytest

from tests.web.conftest import set_clock
from tests.web.test_item_pages import PDF, chairman, code, day, hidden, make  # noqa: F401  fixtures
from workflow.services.deadlines import sweep

PREVIEW = "/items/{}/moves/{}/preview"


def ahead(text):
    """The words of the part of the page that looks ahead."""
    found = re.search(r'<section[^>]*class="card mb-3 ahead".*?</section>', text, re.DOTALL)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


@pytest.fixture
def started(client_of, chairman, code):  # noqa: F811  the fixtures above
    make(chairman, code, "assign")
    make(client_of("head.kt"), code, "start")
    return code


def fragment(visitor, code_, move, **fields):
    answer = visitor.client.post(
        PREVIEW.format(code_, move), data={"csrf_token": visitor.token, **fields}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return ahead(answer.text)


def test_the_form_tells_where_the_step_leads_and_whom_it_will_wait_for(client_of, started):
    told = ahead(client_of("head.kt").get(f"/items/{started}/moves/complete").text)

    assert "Sau bước này…" in told
    assert "Đã hoàn thành, chờ xác nhận" in told
    assert "Sẽ chờ Chủ tịch UBND xã" in told
    assert "Số liệu, tài liệu minh chứng" in told


def test_what_is_typed_changes_what_is_told(client_of, started):
    chairman_ = client_of("chairman")
    form = chairman_.get(f"/items/{started}/moves/set_due")

    told = fragment(chairman_, started, "set_due", act="perform", **hidden(form), due_on="30/06/2026")

    assert "Hạn hoàn thành 30/06/2026 (hiện nay 19/06/2026)" in told
    assert "Ghi nhận chậm tiến độ: 01/07/2026 00:00" in told


def test_a_value_that_cannot_be_is_told_before_it_is_sent(client_of, started):
    chairman_ = client_of("chairman")
    form = chairman_.get(f"/items/{started}/moves/set_due")

    told = fragment(chairman_, started, "set_due", act="perform", **hidden(form), due_on="01/01/2020")

    assert "Hạn mới phải sau thời điểm hiện tại." in told


def test_without_script_the_button_shows_the_form_again_with_all_that_was_typed(client_of, started):
    head = client_of("head.kt")
    form = head.get(f"/items/{started}/moves/complete")

    answer = head.post(PREVIEW.format(started, "complete"), act="perform", **hidden(form), result_note="Đã làm xong")

    assert answer.status_code == 200
    assert "Đã làm xong" in answer.text
    assert "Sau bước này…" in answer.text


def test_a_preview_writes_nothing(client_of, office, started):
    head = client_of("head.kt")
    with office.read() as uow:
        before = (uow.items.get(started).item, uow.audit.newest_mark())

    head.get(f"/items/{started}/moves/complete")
    head.post(PREVIEW.format(started, "complete"), act="perform", result_note="x")

    with office.read() as uow:
        assert (uow.items.get(started).item, uow.audit.newest_mark()) == before


def test_nobody_previews_a_step_on_an_item_he_may_not_read(client_of, started):
    stranger = client_of("officer.vp")

    answer = stranger.post(PREVIEW.format(started, "complete"), act="perform")

    assert answer.status_code == 404


def test_a_vote_tells_what_follows_from_approving(app, client_of, started):

    set_clock(app, day(6, 20))
    sweep(app.extensions["office"])
    head = client_of("head.kt")
    plan = {
        "cause_kind": "subjective",
        "cause_note": "Thiếu người",
        "plan_note": "Thêm người",
        "plan_due_on": "26/06/2026",
        "plan_owner": "officer.kt",
    }
    assert "chưa thay đổi cho tới khi" in ahead(head.get(f"/items/{started}/moves/plan").text)
    make(head, started, "plan", **plan)

    told = ahead(client_of("chairman").get(f"/items/{started}/moves/plan?act=vote").text)

    assert "Khi bạn phê duyệt…" in told
    assert "Đã có kế hoạch khắc phục" in told
    assert "26/06/2026" in told
    assert "Chuyên viên Phòng Kinh tế" in told


def test_who_is_shut_out_by_his_own_act_reads_who_could_do_it(client_of, started):
    made = make(client_of("head.kt"), started, "complete", upload=PDF, result_note="Xong")
    assert made.status_code == 303

    page = client_of("clerk").get(f"/items/{started}").text

    assert "hiện nay: Chủ tịch UBND xã" in page
