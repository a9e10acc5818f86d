"""A dispatch is read, looked over, corrected and taken in through the pages."""

import gzip
import html
import io
import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from web.pages import directives
from workflow.persistence.directives import Directive

ROOT = Path(__file__).parents[2]
LETTERS = ROOT / "tests" / "definitions" / "dispatch"
REAL = Path(os.environ.get("DONDOC_TEST_DISPATCH", ROOT.parent / "shared")) / "directive"
real_dispatch = pytest.mark.skipif(not (REAL / "original.txt").exists(), reason="the real dispatch is not kept here")


class FormReader(HTMLParser):
    """What a browser would send of the form that is posted to `address`, without the token."""

    def __init__(self, address):
        super().__init__()
        self.address, self.inside, self.fields = address, False, {}
        self.area = self.select = None

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            self.inside = told.get("action") == self.address
        elif self.inside and tag == "input":
            if told["type"] != "checkbox" or "checked" in told:
                self.fields.setdefault(told["name"], []).append(told["value"])
        elif self.inside and tag == "textarea":
            self.area = told["name"]
            self.fields[self.area] = [""]
        elif self.inside and tag == "select":
            self.select = told["name"]
            self.fields[self.select] = [""]
        elif self.inside and tag == "option" and "selected" in told:
            self.fields[self.select] = [told["value"]]

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = None

    def handle_data(self, data):
        if self.area:
            self.fields[self.area] = [self.fields[self.area][0] + data]


@pytest.fixture
def clerk(client_of):
    return client_of("clerk")


def sent(visitor, name):
    """The answer to an upload of that letter."""
    visitor.get("/directives/new")
    part = (io.BytesIO((LETTERS / name).read_bytes()), name)
    return visitor.post("/directives/new", part=part, text="")


def looked_over(visitor, name="letter.yaml"):
    """The page on which that letter can be corrected, with its address."""
    answer = sent(visitor, name)
    assert answer.status_code == 303
    return answer.location, visitor.get(answer.location)


def fields_of(page):
    """The form of the page as it stands."""
    reader = FormReader(page.request.path)
    reader.feed(page.text)
    return {name: values for name, values in reader.fields.items() if name != "csrf_token"}


def values_of(page):
    """What its form holds: each page has a key of its own, and boxes stand in the office's order."""
    return {name: sorted(values) for name, values in fields_of(page).items() if name != "key"}


def row_of(page, title):
    """The number of the proposal with that title."""
    return next(name[1:].split("-")[0] for name, values in fields_of(page).items() if values == [title])


def register_of(office):
    with office.read() as uow:
        (directive,) = uow.directives.all()
        return uow.directives.obligations(directive.id)


def items_of(office):
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 1000)]


def test_nothing_is_created_before_it_is_confirmed(clerk, office):
    _address, page = looked_over(clerk)

    assert page.status_code == 200
    assert "Sơn hàng rào" in page.text
    assert "sơn lại hàng rào, xong trước ngày 15/4/2027" in page.text
    assert not items_of(office)
    with office.read() as uow:
        assert not uow.directives.all()


def test_what_is_confirmed_leads_to_its_register_with_the_items_that_carry_it(clerk, office):
    address, page = looked_over(clerk)

    done = clerk.post(address, act="confirm", **fields_of(page))

    assert done.status_code == 303
    shown = clerk.get(done.location)
    rows = register_of(office)
    assert (len({row.id for row in rows}), len(rows)) == (11, 20)
    for item in items_of(office):
        assert f'href="/items/{item.code}"' in shown.text
    assert "Quy định: Thủ trưởng đơn vị chịu trách nhiệm về kết quả" in shown.text
    assert "Báo cáo tháng" in shown.text
    assert "/items?workflow=task&amp;state=draft" in shown.text
    assert "Văn bản bạn đang nhập dở" not in clerk.get("/directives").text


def test_every_proposal_can_be_corrected(clerk, office):
    address, page = looked_over(clerk)
    fields, fence, gate = fields_of(page), row_of(page, "Sơn hàng rào"), row_of(page, "Trực cổng")
    fields |= {
        f"p{fence}-title_vi": ["Sơn lại toàn bộ hàng rào"],
        f"p{fence}-units": ["kt", "vp"],
        f"p{fence}-area": ["che-do-cong-vu"],
        f"p{fence}-due_on": ["14/4/2027"],
        f"p{gate}-served_by": ["report/quarterly"],
    }

    clerk.post(address, act="confirm", **fields)

    fences = {item.unit: item.fields for item in items_of(office) if item.fields["obligation"] == "fence"}
    assert set(fences) == {"kt", "vp"}
    assert {(one["title"], one["area"], one["due_on"]) for one in fences.values()} == {
        ("Sơn lại toàn bộ hàng rào", "che-do-cong-vu", "2027-04-14")
    }
    (changed,) = [row for row in register_of(office) if row.id == "gate"]
    assert (changed.kind, changed.served_by, changed.details["recurrence"]) == (
        "report",
        "report/quarterly",
        "quarterly",
    )
    assert changed.item is None


def test_a_proposal_without_its_tick_is_left_out(clerk, office):
    address, page = looked_over(clerk)
    fields = fields_of(page)
    del fields[f"p{row_of(page, 'Sơn hàng rào')}-keep"]

    clerk.post(address, act="confirm", **fields)

    assert "fence" not in {row.id for row in register_of(office)}
    assert len({row.id for row in register_of(office)}) == 10


def test_the_document_itself_can_be_corrected(clerk, office):
    address, page = looked_over(clerk)
    fields = fields_of(page) | {"title": ["Giữ trụ sở"], "number": ["46/UBND-VX"], "dated_on": ["4/2/2027"]}

    clerk.post(address, act="confirm", **fields)

    with office.read() as uow:
        (found,) = uow.directives.all()
    assert isinstance(found, Directive)
    assert (found.title, found.number, found.dated_on.isoformat()) == ("Giữ trụ sở", "46/UBND-VX", "2027-02-04")


def test_errors_are_told_per_row_and_every_correction_is_kept(clerk, office):
    address, page = looked_over(clerk)
    fields, fence, gate = fields_of(page), row_of(page, "Sơn hàng rào"), row_of(page, "Trực cổng")
    fields |= {
        f"p{fence}-due_on": ["31/4/2027"],
        f"p{fence}-area": [""],
        f"p{gate}-title_vi": [""],
        f"p{gate}-title_en": ["Watch the gate"],
        "dated_on": [""],
    }
    del fields[f"p{gate}-units"]

    answer = clerk.post(address, act="confirm", **fields)

    assert answer.status_code == 422
    for name in (f"p{fence}-due_on", f"p{fence}-area", f"p{gate}-title_vi", f"p{gate}-units", "dated_on"):
        assert f'href="#field-{name}"' in answer.text
    kept = fields_of(answer)
    assert kept[f"p{fence}-due_on"] == ["31/4/2027"]
    assert kept[f"p{gate}-title_en"] == ["Watch the gate"]
    assert f"p{gate}-units" not in kept
    assert not items_of(office)


def test_a_row_that_its_workflow_refuses_undoes_all_and_says_which(client_of, office):
    vice = client_of("vice")
    address, page = looked_over(vice)

    answer = vice.post(address, act="confirm", **fields_of(page))

    assert answer.status_code == 403
    row = row_of(page, "Ban hành nội quy")
    assert f'href="#field-p{row}-keep"' in answer.text
    assert not items_of(office)


def test_corrections_saved_for_later_are_there_again(clerk, office):
    address, page = looked_over(clerk)
    fields, fence = fields_of(page), row_of(page, "Sơn hàng rào")

    saved = clerk.post(address, act="keep", **fields | {f"p{fence}-title_vi": ["Sơn rào trước Tết"]})

    assert saved.status_code == 303
    assert "Sơn rào trước Tết" in clerk.get(saved.location).text
    assert address in clerk.get("/directives").text
    assert not items_of(office)
    sent(clerk, "letter.yaml")
    assert "Sơn rào trước Tết" in clerk.get(address).text


def test_a_document_put_aside_is_gone(clerk, office):
    address, page = looked_over(clerk)

    clerk.post(address, act="discard", **fields_of(page))

    assert clerk.get(address).status_code == 404
    assert not items_of(office)


def test_confirming_twice_enters_once(clerk, office):
    address, page = looked_over(clerk)
    fields = fields_of(page)
    first = clerk.post(address, act="confirm", **fields)

    second = clerk.post(address, act="confirm", **fields)

    assert second.status_code == 303
    assert second.location == first.location.split("?")[0]
    assert len(items_of(office)) == 10


def test_a_document_that_was_entered_is_not_read_again(clerk):
    address, page = looked_over(clerk)
    clerk.post(address, act="confirm", **fields_of(page))

    again = sent(clerk, "letter.yaml")

    assert again.status_code == 409
    assert "đã được nhập" in again.text
    assert 'href="/directives/' in again.text


def test_pasted_plain_text_is_taken_apart_and_guessed_from(clerk):
    clerk.get("/directives/new")
    text = (LETTERS / "letter.txt").read_text(encoding="utf-8").replace("\n", "\r\n")

    answer = clerk.post("/directives/new", text=text)

    assert answer.status_code == 303
    page = clerk.get(answer.location)
    assert "suy đoán từ câu chữ" in page.text
    assert "Phần 3: Phòng Kinh tế" in page.text


def test_faults_of_a_file_are_told_with_their_line_and_the_text_is_kept(clerk):
    clerk.get("/directives/new")
    text = (LETTERS / "letter.yaml").read_text(encoding="utf-8").replace("accountable: [vp]", "accountable: [vpp]")
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "[vpp]" in words)

    answer = clerk.post("/directives/new", text=text)

    assert answer.status_code == 422
    assert f"Dòng {line}, cột" in answer.text
    assert "Không có đơn vị “vpp”" in answer.text
    assert html.escape("accountable: [vpp]") in html.unescape(answer.text)
    assert 'href="#field-text"' in answer.text


def test_doubts_about_a_text_stand_on_top_of_the_page_that_corrects_it(clerk):
    clerk.get("/directives/new")

    answer = clerk.post("/directives/new", text="1. Phòng Kinh tế\n\n- Rà soát tủ hồ sơ.\n")

    page = clerk.get(answer.location)
    assert "Dòng 1, cột 1" in page.text
    assert "Không thấy ngày, tháng của văn bản." in page.text


@pytest.mark.parametrize(
    ("dated", "due", "shown"),
    [
        ("ngày 31 tháng 2 năm 2026", "", "01/02/2026"),
        ("ngày 3 tháng 13 năm 2026", "", "01/01/2026"),
        ("ngày 1 tháng 6 năm 0000", "", "01/06/2026"),
        ("ngày 3 tháng 2 năm 2026", " trước ngày 1/1/0001", "03/02/2026"),
    ],
)
def test_a_date_that_cannot_be_is_put_right_by_whoever_looks_it_over(clerk, dated, due, shown):
    clerk.get("/directives/new")

    answer = clerk.post("/directives/new", text=f"{dated}\n\n1. Phòng Kinh tế\n\n- Rà soát tủ hồ sơ{due}.\n")

    assert answer.status_code == 303
    assert fields_of(clerk.get(answer.location))["dated_on"] == [shown]


@pytest.mark.parametrize("text", ["", "   \n"])
def test_nothing_sent_is_told(clerk, text):
    clerk.get("/directives/new")

    answer = clerk.post("/directives/new", text=text)

    assert answer.status_code == 422
    assert 'href="#field-part"' in answer.text


def test_what_is_no_text_is_told(clerk):
    clerk.get("/directives/new")

    answer = clerk.post("/directives/new", part=(io.BytesIO(b"PK\x03\x04\xff\xfe"), "van-ban.docx"), text="")

    assert answer.status_code == 422
    assert "UTF-8" in answer.text


@pytest.mark.parametrize("login", ["officer.kt", "head.vp", "auditor", "admin"])
def test_who_may_create_no_task_of_the_office_may_enter_no_document(client_of, login):
    visitor = client_of(login)

    assert visitor.get("/directives/new").status_code == 403
    assert visitor.post("/directives/new", text="1. Phòng Kinh tế\n\n- Rà soát.\n").status_code == 403
    assert visitor.post("/directives/new/0123456789abcdef", act="confirm").status_code == 403
    assert "/directives/new" not in visitor.get("/directives").text


def test_a_unit_reads_its_own_part_of_a_register_and_what_it_supports(clerk, client_of, office):
    address, page = looked_over(clerk)
    done = clerk.post(address, act="confirm", **fields_of(page)).location.split("?")[0]

    shown = client_of("head.kt").get(done)

    assert "Danh sách tài sản" in shown.text
    assert "Ban hành nội quy" not in shown.text
    fence = next(item for item in items_of(office) if item.fields["obligation"] == "fence")
    assert fence.unit == "vhxh"
    assert fence.code in shown.text, "what the unit supports is read with its item"
    others = [item.code for item in items_of(office) if item.unit != "kt" and item.code != fence.code]
    assert not [code for code in others if code in shown.text]
    assert client_of("admin").get(done).status_code == 403


def test_the_link_stands_in_the_head_for_those_who_take_part(clerk, client_of):
    assert 'href="/directives"' in clerk.get("/help").text
    assert 'href="/directives"' in client_of("officer.kt").get("/help").text
    assert 'href="/directives"' not in client_of("admin").get("/help").text


def test_a_document_of_which_nothing_is_left_is_refused(clerk, office):
    address, page = looked_over(clerk)
    fields = {name: values for name, values in fields_of(page).items() if not name.endswith("-keep")}

    answer = clerk.post(address, act="confirm", **fields)

    assert answer.status_code == 422
    assert "Không còn nội dung nào để nhập." in answer.text
    with office.read() as uow:
        assert not uow.directives.all()


@real_dispatch
@pytest.mark.parametrize("name", ["original.txt", "directive.yaml"])
def test_the_real_dispatch_becomes_the_shipped_register(clerk, office, name):
    clerk.get("/directives/new")
    answer = clerk.post("/directives/new", part=(io.BytesIO((REAL / name).read_bytes()), name), text="")
    page = clerk.get(answer.location)

    done = clerk.post(answer.location, act="confirm", **fields_of(page))

    assert done.status_code == 303
    rows = register_of(office)
    assert (len({row.id for row in rows}), len(rows)) == (45, 89)
    assert Counter(item.workflow for item in items_of(office)) == {"task": 20, "standing": 28}
    shown = clerk.get(done.location)
    assert "20 ở trạng thái “Dự thảo giao việc”" in shown.text
    assert "28 ở trạng thái" in shown.text


def test_a_long_document_carries_along_what_nobody_opened(clerk, monkeypatch):
    _, page = looked_over(clerk)
    monkeypatch.setattr(directives, "_FEW", 0)

    folded = clerk.get(page.request.path)

    assert "<select" not in folded.text
    assert values_of(folded) == values_of(page)


def test_a_row_that_is_opened_brings_its_fields_and_keeps_what_was_typed(clerk, monkeypatch):
    monkeypatch.setattr(directives, "_FEW", 0)
    address, page = looked_over(clerk)
    typed = fields_of(page) | {"p0-title_vi": ["Tên đã sửa"]}

    answer = clerk.client.post(address, data=typed | {"act": "open-1", "csrf_token": clerk.token})
    opened = clerk.get(answer.location.partition("#")[0])

    assert answer.location.endswith("?open=1#p1")
    assert 'id="field-p1-title_vi"' in opened.text
    assert 'id="field-p0-title_vi"' not in opened.text
    assert fields_of(opened)["p0-title_vi"] == ["Tên đã sửa"]


@real_dispatch
def test_the_real_dispatch_is_looked_over_on_a_light_page(clerk):
    clerk.get("/directives/new")
    part = (io.BytesIO((REAL / "original.txt").read_bytes()), "original.txt")
    answer = clerk.post("/directives/new", part=part, text="")

    page = clerk.get(answer.location)

    assert page.text.count("py-2 border-top") == 45
    assert len(gzip.compress(page.data)) <= 15 * 1024
    assert len(re.findall("<[a-z]", page.text)) <= 1500
