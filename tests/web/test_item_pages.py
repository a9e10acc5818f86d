"""From assigning to verifying, through the pages, as each person does it."""

import io
import re
from datetime import UTC, datetime

import pytest

from tests.web.conftest import set_clock
from workflow.services.deadlines import sweep

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"
)
_HIDDEN = re.compile(r'name="(seen|key)" value="([^"]+)"')


def day(month: int, number: int, hour: int = 2) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def hidden(answer) -> dict[str, str]:
    return dict(_HIDDEN.findall(answer.text))


def new_task(visitor, **fields):
    visitor.get("/items/new?workflow=task")
    answer = visitor.post(
        "/items/new",
        workflow="task",
        unit="kt",
        title="Công khai ngân sách quý II",
        source="Kế hoạch số 12",
        area="tai-chinh-cong",
        due_on="19/06/2026",
        key="new-1",
        **fields,
    )
    assert answer.status_code == 303
    return answer.location.split("?")[0].rsplit("/", 1)[1]


def make(visitor, code, move, act="perform", upload=None, **fields):
    form = visitor.get(f"/items/{code}/moves/{move}" + (f"?act={act}" if act != "perform" else ""))
    assert form.status_code in (200, 403, 409, 422)
    data = {"act": act, **hidden(form), **fields}
    if upload:
        data["upload-evidence"] = (io.BytesIO(upload), "minh-chung.pdf")
    return visitor.post(f"/items/{code}/moves/{move}", **data)


@pytest.fixture
def chairman(client_of):
    return client_of("chairman")


@pytest.fixture
def head(client_of):
    return client_of("head.kt")


@pytest.fixture
def code(chairman):
    return new_task(chairman)


def test_the_whole_road_of_a_late_task_through_the_pages(app, client_of, code):
    chairman, head = client_of("chairman"), client_of("head.kt")
    assert make(chairman, code, "assign").status_code == 303
    assert make(head, code, "start").status_code == 303
    set_clock(app, day(6, 19, 17))
    assert sweep(app.extensions["office"]).fired == 1

    head, chairman = client_of("head.kt"), client_of("chairman")
    page = head.get(f"/items/{code}")
    assert "Chậm tiến độ" in page.text
    assert "Trình kế hoạch khắc phục" in page.text
    asked = make(
        head,
        code,
        "plan",
        cause_kind="subjective",
        cause_note="Chậm tổng hợp số liệu",
        plan_note="Bố trí thêm người",
        plan_due_on="26/6/2026",
        plan_owner="officer.kt",
    )
    assert asked.status_code == 303
    assert make(chairman, code, "plan", act="vote", vote="approve").status_code == 303
    done = make(head, code, "complete", upload=PDF, result_note="Đã công khai trên Cổng")
    assert done.status_code == 303
    assert make(chairman, code, "rework", comment="Thiếu biểu số 3").status_code == 303
    quoted = head.get(f"/items/{code}")
    assert "Thiếu biểu số 3" in quoted.text
    again = head.get(f"/items/{code}/moves/complete")
    sha = re.search(r'name="evidence" value="([0-9a-f]{64})"', again.text)[1]
    sent = head.post(
        f"/items/{code}/moves/complete", act="perform", **hidden(again), result_note="Đã bổ sung", evidence=sha
    )
    assert sent.status_code == 303
    assert make(chairman, code, "verify").status_code == 303

    auditor = client_of("auditor")
    story = auditor.get(f"/items/{code}/history")
    for words in ("Ghi nhận chậm tiến độ", "Thiếu biểu số 3", "Xác nhận hoàn thành", "Chậm tổng hợp số liệu"):
        assert words in story.text


def test_a_refusal_keeps_what_was_typed_and_names_every_field(chairman, head, code):
    make(chairman, code, "assign")
    make(head, code, "start")

    answer = make(head, code, "complete", result_note="Đã làm xong phần đầu")

    assert answer.status_code == 422
    assert "Đã làm xong phần đầu" in answer.text
    assert 'href="#field-evidence"' in answer.text


def test_a_stale_form_shows_what_changed_and_keeps_the_typed_text(chairman, head, client_of, code):
    make(chairman, code, "assign")
    make(head, code, "start")
    form = head.get(f"/items/{code}/moves/progress")
    make(client_of("officer.kt"), code, "progress", progress="40")

    answer = head.post(
        f"/items/{code}/moves/progress", act="perform", **hidden(form), progress="55", result_note="Của tôi"
    )

    assert answer.status_code == 412
    assert 'value="55"' in answer.text
    assert "Của tôi" in answer.text
    assert "Chuyên viên" in answer.text
    resent = head.post(f"/items/{code}/moves/progress", act="perform", **hidden(answer), progress="55")
    assert resent.status_code == 303


def test_pressing_twice_acts_once(chairman, head, code, office):
    make(chairman, code, "assign")
    form = head.get(f"/items/{code}/moves/start")

    first = head.post(f"/items/{code}/moves/start", act="perform", **hidden(form))
    second = head.post(f"/items/{code}/moves/start", act="perform", **hidden(form))

    assert (first.status_code, second.status_code) == (303, 303)
    with office.read() as uow:
        assert uow.items.get(code).item.revision == 3


def test_another_units_item_is_not_there(client_of, code):
    assert client_of("head.snc").get(f"/items/{code}").status_code == 404
    assert client_of("head.snc").get(f"/items/{code}/moves/start").status_code == 404
    assert client_of("admin").get(f"/items/{code}").status_code == 404


def test_whoever_may_not_gets_no_button_and_a_403_with_the_sentence(client_of, chairman, code):
    make(chairman, code, "assign")
    officer = client_of("officer.kt")

    assert "/moves/start" not in officer.get(f"/items/{code}").text
    answer = make(officer, code, "start")

    assert answer.status_code == 403
    assert "Thủ trưởng đơn vị" in answer.text or "thủ trưởng" in answer.text.lower()


def test_a_draft_comes_back_to_its_author_only(chairman, head, client_of, code):
    make(chairman, code, "assign")
    make(head, code, "start")
    form = head.get(f"/items/{code}/moves/complete")

    saved = head.post(f"/items/{code}/moves/complete", act="perform", **hidden(form), result_note="Bản nháp", draft="1")

    assert saved.status_code == 200
    assert "Bản nháp" in head.get(f"/items/{code}/moves/complete").text
    assert "Bản nháp" not in client_of("officer.kt").get(f"/items/{code}/moves/complete").text


def test_supporting_units_are_ticked_by_name_kept_when_the_form_comes_back_and_told_by_name(chairman):
    chairman.get("/items/new?workflow=task")
    given = {"workflow": "task", "unit": "kt", "source": "KH", "area": "the-che", "support_units": ["vp", "hcc"]}

    back = chairman.post("/items/new", title="", key="k1", **given)
    ticked = re.findall(r'name="support_units" value="(\w+)" checked', back.text)
    made = chairman.post("/items/new", title="Rà soát thủ tục", key="k2", **given)

    assert back.status_code == 422
    assert ticked == ["vp", "hcc"]
    page = chairman.get(made.location).text
    assert "Văn phòng HĐND - UBND, Trung tâm Phục vụ Hành chính công" in page


def test_a_supporting_unit_that_is_none_is_named_in_the_refusal(chairman):
    chairman.get("/items/new?workflow=task")
    given = {"workflow": "task", "unit": "kt", "title": "Rà soát", "source": "KH", "area": "the-che", "key": "k1"}

    refused = chairman.post("/items/new", support_units="Phòng Kinh tế", **given)

    assert refused.status_code == 422
    assert "“Đơn vị phối hợp”: không có đơn vị “Phòng”" in refused.text


def test_several_drafts_are_assigned_at_once(chairman):
    codes = []
    for n in range(3):
        chairman.get("/items/new?workflow=task")
        made = chairman.post(
            "/items/new", workflow="task", unit="kt", title=f"Việc {n}", source="KH", area="the-che", key=f"k{n}"
        )
        codes.append(made.location.split("?")[0].rsplit("/", 1)[1])
    chairman.get("/")

    review = chairman.post("/items/bulk", move="assign", id=codes)
    chosen = re.findall(r'name="item" value="([^"]+)"', review.text)
    result = chairman.post("/items/bulk/confirm", move="assign", key="bulk-1", item=chosen)

    assert len(chosen) == 3
    assert result.text.count("Đã giao") >= 3


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("chairman", "/", 200),
        ("chairman", "/items", 200),
        ("chairman", "/items?q=cong+khai", 200),
        ("chairman", "/items?sort=title&closed=true", 200),
        ("chairman", "/items?sort=bad", 400),
        ("chairman", "/items?cursor=bad", 400),
        ("chairman", "/commune", 200),
        ("head.kt", "/commune", 403),
        ("head.kt", "/units/kt", 200),
        ("head.kt", "/units/vp", 404),
        ("chairman", "/units/none", 404),
        ("auditor", "/history", 200),
        ("head.kt", "/history", 403),
        ("auditor", "/history/check", 200),
        ("officer.kt", "/definitions", 200),
        ("officer.kt", "/definitions/task", 200),
        ("officer.kt", "/definitions/task/9", 404),
        ("officer.kt", "/items/new", 403),
        ("clerk", "/items/new", 200),
    ],
)
@pytest.mark.usefixtures("code")
def test_pages_answer_by_ones_post(client_of, login, path, status):
    answer = client_of(login).get(path)

    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_search_finds_without_diacritics(chairman, code):
    assert code in chairman.get("/items?q=cong+khai+ngan+sach").text
    assert code not in chairman.get("/items?q=khong+co").text


def test_a_comment_does_not_change_the_version(chairman, code, office):
    chairman.get(f"/items/{code}")
    assert chairman.post(f"/items/{code}/comments", text="Đề nghị làm sớm", key="c1").status_code == 303
    with office.read() as uow:
        assert uow.items.get(code).item.revision == 1
    assert "Đề nghị làm sớm" in chairman.get(f"/items/{code}").text


def test_the_log_is_narrowed_by_day_person_and_item(client_of, chairman, code):
    make(chairman, code, "assign")
    auditor = client_of("auditor")

    assert code in auditor.get(f"/history?item={code}&since=01/06/2026&until=1/6/2026&actor=chairman").text
    assert code not in auditor.get("/history?since=02/06/2026&type=move").text.replace(f'value="{code}"', "")
    assert "ngày/tháng/năm" in auditor.get("/history?since=32/13/2026").text
    assert "XX-1" in auditor.get("/history?item=XX-1").text


def test_reading_the_log_is_itself_on_record(client_of):
    auditor = client_of("auditor")
    auditor.get("/history")

    assert "Xem nhật ký" in auditor.get("/history?type=read").text


def test_who_inspects_the_office_adds_neither_words_nor_files(office, chairman, client_of):
    code = new_task(chairman)
    auditor = client_of("auditor")

    page = auditor.get(f"/items/{code}")

    assert "Người kiểm tra, giám sát chỉ xem" in page.text
    assert f'action="/items/{code}/comments"' not in page.text
    assert f'action="/items/{code}/files"' not in page.text
    assert auditor.post(f"/items/{code}/comments", text="Đề nghị giải trình").status_code == 403
    with office.read() as uow:
        item = uow.items.get(code).item
        assert uow.audit.head(f"task/{item.id}").n == 1
        assert uow.audit.head(f"refusal/{item.id}").n == 1


def test_steps_barred_by_the_same_reason_stand_together_and_say_it_once(chairman, client_of):
    code = new_task(chairman)
    make(chairman, code, "assign")

    page = client_of("deputy.kt").get(f"/items/{code}").text

    barred = re.search(r'id="h-blocked".*?</section>', page, re.DOTALL)[0]
    assert "Tiếp nhận và thực hiện; " in barred
    assert barred.count("văn bản ủy quyền đang còn hiệu lực") == 1
    assert "Trưởng Phòng Kinh tế" in barred


def test_what_was_declared_complete_in_time_is_not_called_overdue_while_it_waits(app, client_of, chairman, head, code):
    make(chairman, code, "assign")
    make(head, code, "start")
    make(head, code, "complete", upload=PDF, result_note="Đã công khai trên Cổng")

    set_clock(app, day(7, 3, 1))
    chairman = client_of("chairman")

    for path in ("/items?group=done", f"/items/{code}"):
        page = chairman.get(path).text
        assert "đúng hạn" in page
        assert "Quá hạn" not in page.partition(code)[2].partition("</tr>")[0]


def test_what_was_declared_complete_in_time_stays_in_time_when_it_is_verified_after_the_deadline(
    app, client_of, chairman, head, code
):
    make(chairman, code, "assign")
    make(head, code, "start")
    make(head, code, "complete", upload=PDF, result_note="Đã công khai trên Cổng")
    set_clock(app, day(7, 3, 1))
    chairman = client_of("chairman")
    assert make(chairman, code, "verify").status_code == 303

    for path in ("/items?group=done", f"/items/{code}"):
        line = chairman.get(path).text.partition(code)[2].partition("</tr>")[0]
        assert "đúng hạn" in line
        assert "trễ" not in line


def test_what_only_waits_to_be_confirmed_is_not_among_what_is_late(app, client_of, chairman, head, code):
    make(chairman, code, "assign")
    make(head, code, "start")
    make(head, code, "complete", upload=PDF, result_note="Đã công khai trên Cổng")
    set_clock(app, day(7, 3, 1))

    page = client_of("chairman").get("/").text

    assert code in page
    assert "Chậm tiến độ hoặc đã quá hạn" not in page
    assert "Việc đang chờ bạn" in page


def test_a_fault_names_its_box_as_the_box_is_named_and_counts_letters(chairman, head, code):
    make(chairman, code, "assign")
    make(head, code, "start")
    long = make(head, code, "complete", upload=PDF, result_note="x" * 10_001)
    make(head, code, "complete", upload=PDF, result_note="Đã công khai trên Cổng")
    empty = make(chairman, code, "rework")

    assert "“Kết quả thực hiện” quá dài: nhiều nhất 10.000 ký tự." in long.text
    assert "Vui lòng nhập “Lý do hoặc ý kiến”." in empty.text
    assert ">Lý do hoặc ý kiến" in empty.text


def test_whoever_is_told_twice_is_named_once(chairman, head, code):
    make(chairman, code, "assign")
    make(head, code, "start")
    make(head, code, "extend", proposed_due_on="30/6/2026", comment="Chờ số liệu")
    wish = re.search(r"GH-2026-\d{4}", head.get(f"/items/{code}").text)[0]

    form = chairman.get(f"/items/{wish}/moves/refuse").text
    told = re.search(r"Được thông báo</dt><dd>(.*?)</dd>", form)[1].split("; ")

    assert len(told) == len(set(told)) > 0
