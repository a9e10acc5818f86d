"""Scenario 6: October is consolidated with a hole that is named; what comes late makes the next version, the first one stays."""

from tests.acceptance.periods import UNITS, consolidation, draft, received, sent, signed_and_issued, urged
from tests.acceptance.wires import on


def test_october_is_consolidated_with_a_hole_and_again_when_the_late_report_came(commune):
    consolidator, chairman = commune.program("consolidator"), commune.program("chairman")
    commune.clock(on(9, 15, 0, 1))
    commune.command("report", "open", "--period", "2026-10")
    for unit in UNITS:
        if unit != "snc":
            received(commune, unit, "2026-10", on(10, 16, 9))
    late = draft(commune, "snc", "2026-10", on(10, 19, 16))

    commune.clock(on(10, 20, 0, 0, 30))
    report = consolidator.item(late)
    (episode,) = report["late"]
    assert (report["state"], episode["effective_at"]) == ("late", "2026-10-19T17:00:00.000000Z")

    commune.at(on(10, 20, 8))
    urged(commune, late)
    commune.clock(on(10, 20, 8, 1))
    assert commune.notices("head.snc")[-1] == "urged"
    assert commune.history("consolidator", late)[-1]["tr"] == "urge"
    assert consolidator.item(late)["state"] == "late"

    commune.at(on(10, 21, 9))
    first = consolidation(commune, "2026-10")
    assert (first["units_received"], first["units_total"], first["missing"]) == (4, 5, ["snc"])
    figures = {line["indicator"]: line for line in first["figures"]}
    assert (figures["tin-bai"]["told"], figures["tin-bai"]["value"]) == ("missing", None)
    assert figures["tin-bai"]["holes"] == ["snc"]
    assert (figures["hs-dung-han"]["numerator"], figures["hs-dung-han"]["denominator"]) == ("1000", "1000")
    assert figures["hs-dung-han"]["value"] == "100"
    signed_and_issued(commune, first["versions"][0]["code"], on(10, 21, 15, 30), on(10, 21, 16))

    (version,) = consolidator.get("/reports/monthly/2026-10/consolidation").json["versions"]
    assert (version["version"], version["state"], version["issued_at"]) == (1, "issued", "2026-10-21T09:00:00.000000Z")

    sent(commune, "snc", late, on(10, 22, 10))
    commune.at(on(10, 23, 8))
    consolidator.moved(late, "receive")
    stale = consolidator.get("/reports/monthly/2026-10/consolidation").json
    assert stale["newly_received"] == [late]

    second = consolidation(commune, "2026-10")
    assert [one["version"] for one in second["versions"]] == [1, 2]
    assert (second["units_received"], second["missing"], second["late"]) == (5, [], [{"unit": "snc", "days": 3}])
    assert second["newly_received"] == []
    assert {line["indicator"]: line["value"] for line in second["figures"]}["tin-bai"] == "22"
    assert "tin-bai" in [one["indicator"] for one in second["differences"]]

    kept = chairman.item(second["versions"][0]["code"])
    assert (kept["state"], kept["fields"]["missing_units"], kept["fields"]["units_received"]) == (
        "superseded",
        "snc",
        4,
    )
    assert "tin-bai" not in [row["indicator"] for row in kept["fields"]["figures"]]
    assert [move["name"] for move in kept["moves"]] == []
    row = consolidator.get("/reports/monthly/2026-10").json
    (unit,) = (one for one in row["units"] if one["unit"] == "snc")
    assert (unit["late_days"], unit["version"], unit["sent_at"]) == (3, 1, "2026-10-22T03:00:00.000000Z")
