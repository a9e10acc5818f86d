"""Delegations through the pages: the chief or the clerk gives one, its holder is told in whose name he acts, either ends it."""

import re
from datetime import UTC, datetime

import pytest

from tests.offices import caller, new_task
from tests.web.conftest import set_clock
from workflow.services.items import NewItem, create

_HIDDEN = re.compile(r'name="(seen|key|for)" value="([^"]+)"')
ACT = "15/UQ-PKT, 01/06/2026"


def hidden(answer):
    return dict(_HIDDEN.findall(answer.text))


def give(visitor, receiver="deputy.kt", **fields):
    page = visitor.get("/delegations")
    form = {"receiver": receiver, "kind": "KT.", "act": ACT, "from": "01/06/2026", "to": "30/06/2026"}
    return visitor.post("/delegations", **{"key": hidden(page).get("key", "k"), **form, **fields})


def given(visitor, receiver="deputy.kt", **fields):
    answer = give(visitor, receiver, **fields)
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.location)


def end_addresses(page):
    return re.findall(r'action="(/delegations/[^"]+/end)"', page.text)


@pytest.fixture
def head(client_of):
    return client_of("head.kt")


@pytest.fixture
def task(office):
    return new_task(office)


# -- giving and ending --------------------------------------------------------------------------------------------------


def test_a_head_delegates_and_both_read_of_it(head, client_of):
    page = given(head, workflows="task", areas="tai-chinh-cong")

    assert "Đã ghi nhận ủy quyền" in page.text
    for shown in (page, client_of("deputy.kt").get("/delegations")):
        assert ACT in shown.text
        assert "01/06/2026 – 30/06/2026" in shown.text
        assert "Nhiệm vụ; Tài chính công" in shown.text
        assert "đang có hiệu lực" in shown.text
    assert ACT not in client_of("head.vp").get("/delegations").text


def test_what_may_not_be_given_is_refused_at_its_field_and_keeps_what_was_typed(head):
    answer = give(head, "head.kt", act="", to="31/05/2026", workflows="task")

    assert answer.status_code == 422
    assert "Không thể ủy quyền cho chính mình" in answer.text
    assert 'href="#field-act"' in answer.text
    assert "Ngày kết thúc phải từ ngày bắt đầu trở đi" in answer.text
    assert 'value="31/05/2026"' in answer.text
    assert re.search(r'value="task" checked', answer.text)


def test_a_deputy_is_told_that_nothing_is_delegated_on(client_of):
    answer = give(client_of("deputy.kt"), "officer.kt")

    assert answer.status_code == 403
    assert "không được ủy quyền lại" in answer.text


def test_pressing_twice_gives_once(head):
    page = head.get("/delegations")
    form = {
        "receiver": "deputy.kt",
        "kind": "KT.",
        "act": ACT,
        "from": "01/06/2026",
        "to": "30/06/2026",
        **hidden(page),
    }

    first, second = head.post("/delegations", **form), head.post("/delegations", **form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert len(end_addresses(head.get("/delegations"))) == 1


def test_only_people_of_the_unit_are_offered_to_its_head_and_no_auditor_to_the_chairman(head, client_of):
    offered = set(re.findall(r'<option value="([^"]+)"|name="receiver" value="([^"]+)"', head.get("/delegations").text))
    chairman = client_of("chairman").get("/delegations").text

    assert {first or second for first, second in offered} == {"deputy.kt", "officer.kt"}
    assert 'value="vice"' in chairman
    assert 'value="auditor"' not in chairman
    assert 'value="admin"' not in chairman


def test_the_clerk_sees_all_and_records_for_a_chief_who_is_away(head, client_of):
    given(head)
    clerk = client_of("clerk")

    page = given(clerk, "vice", giver="chairman")

    assert len(end_addresses(page)) == 2
    assert "Phó Chủ tịch" in page.text
    assert "Trưởng Phòng Kinh tế" in page.text
    assert "Chủ tịch UBND xã" in client_of("vice").get("/delegations").text


@pytest.mark.parametrize("ender", ["head.kt", "deputy.kt", "clerk"])
def test_either_party_and_the_clerk_end_it(head, client_of, ender):
    given(head)
    visitor = client_of(ender)
    (address,) = end_addresses(visitor.get("/delegations"))

    ended = visitor.post(address)
    again = visitor.post(address)

    assert ended.status_code == 303
    assert again.status_code == 409
    assert end_addresses(head.get("/delegations")) == []
    assert client_of("head.vp").post(address).status_code == 404


def test_a_power_is_given_anew_with_its_scope_and_a_written_act_of_its_own(head):
    page = given(head, workflows="task")
    again = re.search(r'href="(/delegations\?again=[^"#]+)', page.text)[1]

    form = head.get(again).text

    assert 'value="01/07/2026"' in form
    assert re.search(r'value="task" checked', form)
    assert f'value="{ACT}"' not in form


def test_the_link_is_shown_to_whoever_gives_holds_or_keeps_powers(head, client_of):
    given(head)

    shown = {
        login: 'href="/delegations"' in client_of(login).get("/help").text
        for login in ("head.kt", "deputy.kt", "clerk", "chairman", "officer.kt", "admin")
    }

    assert shown == {
        "head.kt": True,
        "deputy.kt": True,
        "clerk": True,
        "chairman": True,
        "officer.kt": False,
        "admin": False,
    }


# -- acting -------------------------------------------------------------------------------------------------------------


def test_a_step_under_a_power_says_so_before_and_after(head, client_of, task):
    given(head, "officer.kt", kind="TUQ.")
    officer = client_of("officer.kt")

    item = officer.get(f"/items/{task}")
    form = officer.get(f"/items/{task}/moves/dispatch?for=head.kt")
    done = officer.post(f"/items/{task}/moves/dispatch", act="perform", assignee="officer.kt", **hidden(form))
    after = officer.get(f"/items/{task}")

    assert f'href="/items/{task}/moves/dispatch?for=head.kt"' in item.text
    assert "thay mặt Trưởng Phòng Kinh tế" in item.text
    assert "Bạn đang được ủy quyền" in form.text
    assert f"TUQ., {ACT}" in form.text
    assert hidden(form)["for"] == "head.kt"
    assert done.status_code == 303
    assert "Chuyên viên Phòng Kinh tế, thay mặt Trưởng Phòng Kinh tế" in after.text


def test_ones_own_step_bears_no_banner(head, client_of, task):
    given(head, "officer.kt", kind="TUQ.")

    form = client_of("officer.kt").get(f"/items/{task}/moves/progress")

    assert "Bạn đang được ủy quyền" not in form.text
    assert "for" not in hidden(form)


def test_the_form_of_a_power_that_ended_meanwhile_is_refused_and_keeps_the_text(head, client_of, task):
    given(head)
    deputy = client_of("deputy.kt")
    form = deputy.get(f"/items/{task}/moves/dispatch")
    (address,) = end_addresses(head.get("/delegations"))
    head.post(address)

    answer = deputy.post(
        f"/items/{task}/moves/dispatch", act="perform", assignee="officer.kt", comment="Giao đồng chí", **hidden(form)
    )

    assert answer.status_code == 403
    assert "đã hết hiệu lực" in answer.text
    assert "Giao đồng chí" in answer.text


def test_nobody_claims_a_name_that_is_not_there(client_of, task):
    assert client_of("officer.kt").get(f"/items/{task}/moves/dispatch?for=nobody").status_code == 404


def test_whoever_may_act_in_two_names_is_offered_the_choice(office, client_of):
    given(client_of("chairman"), "vice")
    code = new_task(office, area="chuyen-doi-so")
    vice = client_of("vice")

    own = vice.get(f"/items/{code}/moves/suspend")
    lent = vice.get(f"/items/{code}/moves/suspend?for=chairman")

    assert "Bạn đang được ủy quyền" not in own.text
    assert f'href="/items/{code}/moves/suspend?for=chairman"' in own.text
    assert "Bạn đang được ủy quyền" in lent.text
    assert f'href="/items/{code}/moves/suspend"' in lent.text


def test_several_at_once_are_done_in_the_name_in_which_each_was_offered(office, client_of):
    given(client_of("chairman"), "head.vp", kind="TUQ.")
    created = [draft(office, title) for title in ("Một", "Hai")]
    chief = client_of("head.vp")
    page = chief.get("/")

    review = chief.post("/items/bulk", id=created, move="assign")
    boxes = re.findall(r'name="item" value="([^"]+)"', review.text)
    result = chief.post("/items/bulk/confirm", item=boxes, move="assign", comment="", key="bulk-1")

    assert all(code in page.text for code in created)
    assert boxes == [f"{code}:1:chairman" for code in created]
    assert "thay mặt Chủ tịch UBND xã" in review.text
    assert result.status_code == 200
    with office.read() as uow:
        items = [uow.items.get(code).item for code in created]
        chairman = uow.people.id_of_login("chairman")
    assert [item.last["assign"].acting_for for item in items] == [chairman, chairman]


def draft(office, title):
    fields = {"title": title, "source": "Kế hoạch năm", "area": "tai-chinh-cong"}
    return create(office, caller(office, "clerk"), NewItem("task", "kt", fields)).item.code


def test_the_log_tells_who_delegated_what_to_whom(head, client_of):
    given(head)
    (address,) = end_addresses(head.get("/delegations"))
    head.post(address)

    log = client_of("auditor").get("/history?type=delegation")

    assert "Trưởng Phòng Kinh tế ủy quyền cho Phó Trưởng Phòng Kinh tế" in log.text
    assert "chấm dứt ủy quyền" in log.text


def test_a_power_that_ran_out_is_shown_as_over(app, head, client_of):
    given(head)
    set_clock(app, datetime(2026, 6, 30, 17, tzinfo=UTC))

    page = client_of("head.kt").get("/delegations")

    assert "đã hết hiệu lực" in page.text
    assert end_addresses(page) == []
