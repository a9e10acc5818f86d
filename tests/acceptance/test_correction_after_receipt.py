"""Scenario 7: fourteen overdue dossiers that October did not count are corrected after receipt; nobody can edit version 1."""

from tests.acceptance.periods import UNITS, approved, consolidation, received, signed_and_issued
from tests.acceptance.wires import Commune, on
from tests.calls import codes
from tests.files import pdf

RIGHT = {"hs-giai-quyet": (1000, None), "hs-dung-han": (986, 1000), "hs-qua-han": (14, None)}


def duty_of(commune: Commune) -> str:
    """The standing duty that no dossier is late, assigned and under way."""
    chairman = commune.program("chairman")
    asked = {
        "title": "Hồ sơ TTHC không trễ hạn: 100%",
        "source": "Công văn CCHC 2026",
        "area": "thu-tuc-hanh-chinh",
        "obligation": "hcc-dossiers-100-on-time",
        "indicator": "hs-dung-han",
        "target": "100",
    }
    code = chairman.post("/items", {"workflow": "standing", "unit": "hcc", "fields": asked}).json["code"]
    chairman.moved(code, "assign")
    commune.program("head.hcc").moved(code, "start")
    return code


def test_a_correction_reaches_the_consolidated_report_and_the_standing_duty(commune):
    consolidator, director = commune.program("consolidator"), commune.program("head.hcc")
    duty = duty_of(commune)
    commune.clock(on(9, 15, 0, 1))
    commune.command("report", "open", "--period", "2026-10")
    reports = {unit: received(commune, unit, "2026-10", on(10, 16, 9)) for unit in UNITS if unit != "snc"}
    commune.clock(on(10, 20, 0, 1))
    commune.at(on(10, 21, 9))
    signed_and_issued(
        commune, consolidation(commune, "2026-10")["versions"][-1]["code"], on(10, 21, 15), on(10, 21, 16)
    )
    reports["snc"] = received(commune, "snc", "2026-10", on(10, 22, 9))
    commune.at(on(10, 23, 9))
    signed_and_issued(
        commune, consolidation(commune, "2026-10")["versions"][-1]["code"], on(10, 23, 15), on(10, 23, 16)
    )
    fields = director.item(duty)["fields"]
    assert (fields["period"], fields["met"], fields["value"]) == ("2026-10", True, "100")

    commune.at(on(11, 5, 9))
    commune.file("head.hcc", reports["hcc"], "trich-xuat-qua-han.pdf", pdf())
    director.moved(reports["hcc"], "correct", comment="Sót 14 hồ sơ giải quyết quá hạn, kèm trích xuất hệ thống")
    commune.at(on(11, 5, 10))
    approved(commune, "consolidator", reports["hcc"], "correct")
    assert consolidator.get("/reports/monthly/2026-10/consolidation").json["newly_received"] == []
    corrected = received(commune, "hcc", "2026-10", on(11, 5, 11), RIGHT)
    assert corrected != reports["hcc"]

    row = consolidator.get("/reports/monthly/2026-10").json
    (unit,) = (one for one in row["units"] if one["unit"] == "hcc")
    assert (unit["version"], unit["in_force"], unit["late_days"]) == (2, corrected, 0)
    stale = consolidator.get("/reports/monthly/2026-10/consolidation").json
    assert stale["newly_received"] == [corrected]

    third = consolidation(commune, "2026-10", "Đính chính số liệu của Trung tâm Phục vụ Hành chính công")
    assert [(one["version"], one["state"]) for one in third["versions"]] == [
        (1, "superseded"),
        (2, "superseded"),
        (3, "collecting"),
    ]
    figures = {line["indicator"]: line for line in third["figures"]}
    assert (figures["hs-dung-han"]["numerator"], figures["hs-dung-han"]["denominator"]) == ("986", "1000")
    assert figures["hs-dung-han"]["value"] == "98.6"
    assert {
        one["indicator"]: (one["before"]["numerator"], one["after"]["numerator"]) for one in third["differences"]
    } == {
        "hs-dung-han": ("1000", "986"),
        "hs-qua-han": ("0", "14"),
    }

    commune.clock(on(11, 5, 14))
    fields = director.item(duty)["fields"]
    assert (fields["period"], fields["met"], fields["value"]) == ("2026-10", False, "98.6")
    assert commune.notices("head.hcc").count("remedy_wanted") == 1
    bare = director.move(duty, "record", fields={"period": "2026-10", "met": False})
    assert set(codes(bare)) == {"condition_failed"}
    director.moved(
        duty,
        "record",
        fields={
            "period": "2026-10",
            "met": False,
            "value": "98,6",
            "cause_kind": "subjective",
            "cause_note": "Không đếm hồ sơ đang giải quyết đã quá hạn",
            "remedy_note": "Đối soát hằng ngày với hệ thống",
            "remedy_due_on": "2026-11-30",
        },
    )

    first = consolidator.item(reports["hcc"])
    assert first["state"] == "superseded"
    assert {row["indicator"]: row["numerator"] for row in first["fields"]["figures"]}["hs-dung-han"] == 1000
    kept = third["versions"][0]["code"]
    for login, code, move in (
        ("officer.hcc", reports["hcc"], "draft"),
        ("head.hcc", reports["hcc"], "correct"),
        ("consolidator", kept, "draft"),
        ("consolidator", kept, "collect"),
        ("chairman", kept, "issue"),
    ):
        edited = commune.program(login).move(
            code, move, comment="Sửa", fields={"results": "Khác"} if move == "draft" else {}
        )
        assert edited.status_code in (409, 422), (login, move, edited.text)
