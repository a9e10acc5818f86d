"""The commune's own stories with their dates and times, through a server and a clock that are processes of their own."""

from tests.acceptance.wires import Commune, on
from tests.calls import codes
from tests.files import pdf
from tests.offices import shipped
from tests.serving import office_in
from workflow.engine.accountability import Measure
from workflow.engine.periods import calendar_stretch
from workflow.services import accountability, documents, people
from workflow.services.office import Caller

CAUSE = {"cause_kind": "objective", "cause_note": "Thành phố thay đổi danh mục thủ tục"}


def given(commune: Commune, unit: str, title: str, due_on: str, area: str = "thu-tuc-hanh-chinh", **fields: str) -> str:
    """The code of a task that the chairman gave to `unit` and its head took up."""
    chairman = commune.program("chairman")
    asked = {"title": title, "source": "Công văn CCHC 2026", "area": area, "due_on": due_on, **fields}
    code = chairman.post("/items", {"workflow": "task", "unit": unit, "fields": asked}).json["code"]
    chairman.moved(code, "assign")
    commune.program(f"head.{unit}").moved(code, "start")
    return code


def test_late_at_midnight_though_the_worker_was_down_until_the_morning(commune):
    director = commune.program("head.hcc")
    code = given(commune, "hcc", "Tư vấn dịch vụ công trực tuyến", "2026-07-31")

    commune.at(on(7, 31, 23, 58))
    seen = director.item(code)["version"]
    evidence = commune.file("head.hcc", code, "bien-ban.pdf", pdf())
    commune.at(on(8, 1, 0, 0, 3))
    done = {"result_note": "Đã thực hiện", "evidence": [evidence]}
    refused = director.move(code, "complete", seen=seen, fields=done)

    assert (refused.status_code, codes(refused)) == (422, ["condition_failed"])
    assert "quá hạn" in refused.json["reasons"][0]["message"]["vi"]

    said = commune.clock(on(8, 1, 6, 10))
    again = commune.clock(on(8, 1, 6, 11))

    assert said.startswith("1 timer fired")
    assert again.startswith("0 timers fired")
    late = director.item(code)
    (episode,) = late["late"]
    assert late["state"] == "late"
    assert episode["effective_at"] == "2026-07-31T17:00:00.000000Z"
    assert episode["recorded_at"] == "2026-07-31T23:10:00.000000Z"
    marked = commune.history("auditor", code)[-1]
    assert (marked["tr"], marked["eff"], marked["rec"]) == (
        "mark_late",
        episode["effective_at"],
        episode["recorded_at"],
    )
    assert commune.notices("head.hcc")[-1] == "late"

    commune.clock(on(8, 2, 18))
    assert commune.notices("head.hcc")[-1] == "late"
    commune.clock(on(8, 3, 8))
    assert commune.notices("head.hcc")[-1] == "plan_wanted"
    commune.clock(on(8, 4, 8))
    assert "no_plan" not in commune.notices("head.hcc")
    commune.clock(on(8, 5, 8))
    assert commune.notices("head.hcc")[-1] == "no_plan"
    assert "no_plan" not in commune.notices("chairman")


def test_a_task_that_moves_between_units_leaves_its_lateness_where_it_arose(commune):
    chairman = commune.program("chairman")
    code = given(commune, "vp", "Đối thoại định kỳ với người dân", "2026-09-30", support_units="kt, snc")
    evidence = commune.file("head.vp", code, "ke-hoach.pdf", pdf())
    commune.program("head.vp").moved(code, "progress", fields={"progress": 40, "evidence": [evidence]})
    commune.clock(on(10, 1, 0, 1))
    plan = CAUSE | {"plan_note": "Tổ chức bù", "plan_due_on": "2026-10-20", "plan_owner": "officer.vp"}
    commune.program("head.vp").moved(code, "plan", fields=plan)
    chairman.post(f"/items/{code}/votes", {"move": "plan", "vote": "approve"}, seen=chairman.item(code)["version"])
    assert chairman.item(code)["state"] == "remediation_planned"
    commune.at(on(10, 10))
    before = _late_of(commune)

    commune.at(on(10, 12, 9))
    moved = chairman.moved(code, "transfer", fields={"to_unit": "hcc", "due_on": "2026-11-13"})
    commune.clock(on(10, 12, 9, 1))

    assert (moved["unit"], moved["state"], moved["fields"]["due_on"]) == ("hcc", "assigned", "2026-11-13")
    (episode,) = moved["late"]
    assert (episode["unit"], episode["effective_at"], episode["ended_at"]) == (
        "vp",
        "2026-09-30T17:00:00.000000Z",
        "2026-10-12T02:00:00.000000Z",
    )
    assert episode["record"]["plan_note"]["value"] == "Tổ chức bù"
    assert "plan_note" not in moved["fields"]
    assert moved["fields"]["evidence"] == [evidence]
    assert commune.notices("head.hcc")[-1] == "transferred"
    assert commune.notices("head.vp")[-1] == "transferred_away"
    # The unit answers for its lateness wherever the task went: it reads on, and does nothing more.
    assert [episode["unit"] for episode in commune.program("head.vp").item(code)["late"]] == ["vp"]
    assert commune.program("head.vp").item(code)["moves"] == []
    assert {commune.notices(f"head.{unit}")[-1] for unit in ("kt", "snc")} == {"lead_changed"}
    commune.at(on(10, 13))
    assert (before, _late_of(commune)) == ({"vp": 1}, {})
    assert _late_of(commune, "&as_of=2026-10-10T08:00:00%2B07:00", "auditor") == {"vp": 1}


def _late_of(commune: Commune, then: str = "", login: str = "chairman") -> dict[str, int]:
    """How many tasks are late, by unit, as the list tells it of now or of an instant gone by."""
    found: dict[str, int] = {}
    for item in commune.program(login).get(f"/items?workflow=task&overdue=true{then}").json["items"]:
        found[item["unit"]] = found.get(item["unit"], 0) + 1
    return found


def test_an_extension_after_the_due_day_clears_the_state_and_keeps_the_episode(commune):
    director, chairman = commune.program("head.hcc"), commune.program("chairman")
    code = given(commune, "hcc", "Rà soát, đơn giản hóa thủ tục", "2026-09-30")
    commune.clock(on(10, 1, 0, 1))
    commune.at(on(10, 5, 10))
    director.moved(
        code, "extend", comment="Danh mục thủ tục thay đổi", fields={"proposed_due_on": "2026-11-30", **CAUSE}
    )
    request = director.item(code)["children"][0]

    commune.at(on(10, 7, 15))
    early = chairman.move(request, "grant", fields={"granted_due_on": "2026-09-29"})
    granted = chairman.moved(request, "grant", fields={"granted_due_on": "2026-11-30", "cause_confirmed": True})

    assert (early.status_code, codes(early)) == (422, ["condition_failed"])
    assert granted["state"] == "granted"
    task = director.item(code)
    assert (task["state"], task["fields"]["due_on"], task["fields"]["previous_due_on"]) == (
        "in_progress",
        "2026-11-30",
        "2026-09-30",
    )
    (episode,) = task["late"]
    assert (episode["effective_at"], episode["ended_at"]) == (
        "2026-09-30T17:00:00.000000Z",
        "2026-10-07T08:00:00.000000Z",
    )
    assert episode["record"]["cause_kind"]["value"] == "objective"
    assert episode["record"]["cause_confirmed"]["value"] is True
    assert episode["record"]["cause_confirmed"]["by"] == "chairman"
    commune.clock(on(10, 7, 15, 1))
    assert {"extension_granted", "due_changed"} <= set(commune.notices("head.hcc"))
    commune.clock(on(11, 30, 23, 59))
    assert len(director.item(code)["late"]) == 1
    commune.clock(on(12, 1, 0, 1))
    assert len(director.item(code)["late"]) == 2


def test_while_the_head_is_away_the_deputy_signs_for_him_as_long_as_his_power_lasts(commune):
    head, deputy, officer = (commune.program(f"{post}.kt") for post in ("head", "deputy", "officer"))
    commune.clock(on(7, 15, 0, 5))
    (report,) = [
        one["code"]
        for one in head.get("/items?workflow=report&unit=kt").json["items"]
        if head.item(one["code"])["fields"]["period"] == "2026-08"
    ]
    commune.at(on(8, 7, 16))
    power = {"receiver": "deputy.kt", "kind": "KT.", "act": "Giấy ủy quyền 15/GUQ", "workflows": ["report"]}
    assert head.post("/delegations", power | {"from": "2026-08-10", "to": "2026-08-18"}).status_code == 201
    onward = deputy.post("/delegations", power | {"receiver": "officer.kt", "from": "2026-08-10", "to": "2026-08-18"})
    assert onward.status_code in (403, 422), onward.text

    commune.at(on(8, 18, 14))
    figures = [{"indicator": "giai-ngan", "numerator": "21.700.000.000", "denominator": "42.500.000.000"}]
    officer.moved(report, "draft", fields={"results": "Giải ngân đạt kế hoạch", "figures": figures})
    officer.moved(report, "send")
    commune.at(on(8, 19, 9, 10))
    seen = deputy.item(report)["version"]
    ballot = {"move": "send", "vote": "approve", "for": "head.kt"}
    expired = deputy.post(f"/items/{report}/votes", ballot, seen=seen)
    assert expired.status_code == 403, expired.text

    commune.at(on(8, 19, 10, 2))
    longer = {"from": "2026-08-19", "to": "2026-08-21", "act": "Giấy ủy quyền 16/GUQ"}
    assert head.post("/delegations", power | longer).status_code == 201
    # Nobody may pass on what was given to him: the officer who was offered it signs nothing, neither before nor now.
    commune.at(on(8, 19, 10, 15))
    officers = officer.post(f"/items/{report}/votes", ballot, seen=officer.item(report)["version"])
    assert officers.status_code == 403, officers.text
    commune.at(on(8, 19, 10, 20))
    signed = deputy.post(f"/items/{report}/votes", ballot, seen=deputy.item(report)["version"])

    assert signed.json["state"] == "completed", signed.text
    assert signed.json["late"] == []
    entry = commune.history("auditor", report)[-1]
    assert (entry["act"]["id"], entry["act"]["for"]) == ("deputy.kt", "head.kt")
    assert entry["act"]["post"] == "Phó Trưởng Phòng Kinh tế"
    assert entry["act"]["for_post"] == "Trưởng Phòng Kinh tế"
    office = office_in(commune.folder, on(8, 31))
    head_himself = Caller(people.actor_of(office, "head.kt"), "web")
    with office.read() as uow:
        paper = documents.paper_of(office, shipped().organisation, uow, head_himself, report).paper
        month = accountability.account(office, uow, head_himself, "kt", calendar_stretch("2026-08"))
    assert paper.capacity == ("KT. TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG")
    assert month.heads == (head_himself.actor.id,)
    assert [mark.item.code for mark in month.sheet.of(Measure.SIGNED_KT)] == [report]
    assert [mark.item.code for mark in month.sheet.of(Measure.REPORTS_ON_TIME)] == [report]


def test_of_two_at_once_the_first_decides_and_the_second_learns_of_it(commune):
    director = commune.program("head.snc")
    code = given(commune, "snc", "Số hóa hồ sơ", "2026-08-31", area="chuyen-doi-so")
    commune.at(on(8, 17, 14, 2, 11))
    seen = director.item(code)["version"]

    first = director.move(code, "progress", seen=seen, key="signed", fields={"progress": 60})
    twice = director.move(code, "progress", seen=seen, key="signed", fields={"progress": 60})
    late = commune.program("officer.snc").move(code, "progress", seen=seen, fields={"progress": 30})

    assert (first.status_code, twice.status_code) == (200, 200)
    assert twice.headers["idempotency-replayed"] == "true"
    assert late.status_code == 412
    assert director.item(code)["fields"]["progress"] == 60
    saved = commune.history("auditor", code)[-1]
    assert (saved["act"]["id"], saved["rec"]) == ("head.snc", "2026-08-17T07:02:11.000000Z")

    director.moved(code, "extend", comment="Thiếu máy quét", fields={"proposed_due_on": "2026-09-30"})
    request = director.item(code)["children"][0]
    vice = commune.program("vice")
    asked = vice.item(request)["version"]
    commune.program("chairman").moved(request, "grant", fields={"granted_due_on": "2026-09-30"})
    commune.at(on(8, 17, 14, 2, 12))
    second = vice.move(request, "refuse", seen=asked, comment="Chưa đủ lý do")
    assert second.status_code == 412
    assert vice.item(request)["state"] == "granted"
    assert commune.history("auditor", request)[-1]["act"]["id"] == "chairman"
