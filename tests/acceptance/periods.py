"""What people of the commune do with a period: drafting, signing, receiving, urging, consolidating, over the network."""

from datetime import datetime, timedelta

from tests.acceptance.wires import Commune

UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
FIGURES = {
    "vhxh": {"ton-tai-khac-phuc": (7, 12)},
    "vp": {"vb-dien-tu": (421, 421)},
    "kt": {"giai-ngan": (30, 40)},
    "hcc": {"hs-giai-quyet": (1000, None), "hs-dung-han": (1000, 1000), "hs-qua-han": (0, None)},
    "snc": {"tin-bai": (22, None)},
}

Figures = dict[str, tuple[int, int | None]]


def table(figures: Figures) -> list[dict[str, object]]:
    return [
        {"indicator": name, "numerator": part, "source": "Hệ thống của đơn vị"}
        | ({} if whole is None else {"denominator": whole})
        for name, (part, whole) in figures.items()
    ]


def code_of(commune: Commune, unit: str, period: str) -> str:
    """The newest report of the unit."""
    row = commune.program("consolidator").get(f"/reports/monthly/{period}").json
    (found,) = (one["code"] for one in row["units"] if one["unit"] == unit)
    return found


def draft(commune: Commune, unit: str, period: str, instant: datetime, figures: Figures | None = None) -> str:
    """The code of the unit's report, drafted at that instant."""
    commune.at(instant)
    code = code_of(commune, unit, period)
    fields = {"results": "Kết quả theo sáu lĩnh vực", "figures": table(figures or FIGURES[unit])}
    commune.program(f"officer.{unit}").moved(code, "draft", fields=fields)
    return code


def sent(commune: Commune, unit: str, code: str, instant: datetime) -> None:
    """Proposed by the officer, signed and thereby sent by the head."""
    commune.at(instant)
    commune.program(f"officer.{unit}").moved(code, "send")
    approved(commune, f"head.{unit}", code, "send")


def received(commune: Commune, unit: str, period: str, instant: datetime, figures: Figures | None = None) -> str:
    """The code of the unit's report, drafted, sent and received within some hours."""
    code = draft(commune, unit, period, instant, figures)
    sent(commune, unit, code, instant + timedelta(hours=1))
    commune.at(instant + timedelta(hours=2))
    commune.program("head.vp" if unit == "vhxh" else "consolidator").moved(code, "receive")
    return code


def approved(commune: Commune, login: str, code: str, move: str) -> None:
    voter = commune.program(login)
    answer = voter.post(f"/items/{code}/votes", {"move": move, "vote": "approve"}, seen=voter.item(code)["version"])
    assert answer.status_code == 200, answer.text


def urged(commune: Commune, code: str) -> None:
    commune.program("consolidator").moved(code, "urge", comment="Đã quá hạn gửi báo cáo, đề nghị gửi ngay.")


def consolidation(commune: Commune, period: str, words: str = "") -> dict:
    """What the period's consolidation says once the consolidator has brought it up to what was received."""
    consolidator = commune.program("consolidator")
    path = f"/reports/monthly/{period}/consolidation"
    answer = consolidator.post(path, {"comment": words} if words else {})
    assert answer.status_code in (200, 201), answer.text
    return consolidator.get(path).json


def signed_and_issued(commune: Commune, code: str, submitted: datetime, issued: datetime) -> None:
    commune.at(submitted)
    commune.program("consolidator").moved(code, "submit")
    approved(commune, "head.vhxh", code, "submit")
    commune.at(issued)
    commune.program("chairman").moved(code, "issue")
