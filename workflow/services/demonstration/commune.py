"""What the commune's leaders and its consolidating division do in the story: written powers, and the reports of the whole."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from workflow.services.delegations import Power
from workflow.services.demonstration.telling import Act, Life, act, when

POWERS = (
    (
        when("08-07 16:00"),
        "head.kt",
        Power("deputy.kt", "KT.", "Giấy ủy quyền số 15/GUQ-KT ngày 07/8/2026", "2026-08-10", "2026-08-18", ("report",)),
    ),
    (
        when("08-19 10:02"),
        "head.kt",
        Power("deputy.kt", "KT.", "Giấy ủy quyền số 16/GUQ-KT ngày 19/8/2026", "2026-08-19", "2026-08-21", ("report",)),
    ),
    (
        when("11-13 15:00"),
        "head.hcc",
        Power("deputy.hcc", "KT.", "Giấy ủy quyền số 22/GUQ-HCC ngày 13/11/2026", "2026-11-16", "2026-11-27"),
    ),
)
"""When each was given, by whom; the last one is in force at the end of the story."""

GATHERED = (
    ("monthly", "2026-07", "07-21 14:00"),
    ("monthly", "2026-08", "08-21 14:00"),
    ("monthly", "2026-09", "09-22 08:00"),
    ("quarterly", "2026-Q3", "09-22 14:00"),
    ("monthly", "2026-10", "10-21 14:00"),
    ("monthly", "2026-10", "10-23 14:00"),
    ("monthly", "2026-10", "11-09 14:00"),
)
"""Each version of the commune's reports that was issued: October without one unit, then with it, then corrected."""

BEGUN = ("monthly", "2026-11", when("11-19 16:40"))
"""One that is still being gathered at the end of the story."""

_TEXTS = {
    "overview": "UBND xã ban hành văn bản chỉ đạo, đôn đốc năm đơn vị thực hiện kế hoạch CCHC năm 2026.",
    "results": "Các chỉ tiêu thực hiện trong kỳ tại biểu số liệu kèm theo.",
    "shortcomings": "Còn nhiệm vụ chậm tiến độ và đơn vị gửi báo cáo chưa đúng hạn.",
    "next_tasks": "Tập trung khắc phục nhiệm vụ chậm; bảo đảm gửi báo cáo đúng hạn.",
}


def gatherings() -> Iterator[tuple[datetime, str, str]]:
    """When the consolidating officer gathers which period."""
    yield from ((when(at), series, period) for series, period, at in GATHERED)
    yield BEGUN[2], *BEGUN[:2]


def lives() -> Iterator[Life]:
    """What follows each gathering on the same day: written, signed in the division, submitted, issued."""
    for _series, period, at in GATHERED:
        yield Life(period, "consolidation", "vhxh", tuple(_issued(when(at))))


def _issued(at: datetime) -> Iterator[Act]:
    def later(minutes: int, by: str, do: str, **texts: object) -> Act:
        moment = at + timedelta(minutes=minutes)
        return act(f"{moment:%m-%d %H:%M}", by, do, **texts)  # type: ignore[arg-type]

    yield later(10, "consolidator", "draft", **_TEXTS)
    yield later(20, "consolidator", "submit")
    yield later(45, "head.vhxh", "approve submit")
    yield later(120, "chairman", "issue")
