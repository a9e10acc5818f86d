"""The periodic reports of the story: most of them on time, some late, some returned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from workflow.services.demonstration.standing import VALUES
from workflow.services.demonstration.telling import YEAR, Act, Life, act, when

REPORTING = ("vhxh", "vp", "kt", "hcc", "snc")


@dataclass(frozen=True, slots=True)
class Period:
    """`due` is the last day for sending; `days` are those of drafting, signing and receiving in a unit that keeps time.

    `months` count from July: whose figures the report carries.
    """

    series: str
    name: str
    title: str
    window_from: str
    window_to: str
    due: str
    opened: str
    months: tuple[int, ...]
    days: tuple[str, ...] = ()


def _monthly(number: int, opened: str, *days: str) -> Period:
    """The month's report: data from the 15th to the 14th, to be sent before the 20th (the dispatch, s7.1)."""
    first, last = f"{YEAR}-{number - 1:02d}-15", f"{YEAR}-{number:02d}-14"
    title = f"Báo cáo CCHC tháng {number} năm {YEAR}"
    return Period(
        "monthly", f"{YEAR}-{number:02d}", title, first, last, f"{YEAR}-{number:02d}-19", opened, (number - 7,), days
    )


_PERIODS = (
    _monthly(7, "06-15", "07-15", "07-16", "07-17"),
    _monthly(8, "07-15", "08-17", "08-18", "08-19"),
    _monthly(9, "08-17", "09-15", "09-16", "09-17"),
    _monthly(10, "09-15", "10-15", "10-16", "10-19"),
    _monthly(11, "10-15", "11-16", "11-17", "11-18"),
    _monthly(12, "11-16"),
    Period(
        "quarterly",
        "2026-Q3",
        "Báo cáo CCHC quý III năm 2026",
        "2026-06-15",
        "2026-09-14",
        "2026-09-19",
        "06-15",
        (0, 1, 2),
        ("09-15", "09-17", "09-18"),
    ),
    Period(
        "quarterly",
        "2026-Q4",
        "Báo cáo CCHC quý IV năm 2026",
        "2026-09-15",
        "2026-12-14",
        "2026-12-19",
        "09-15",
        (3, 4),
    ),
    Period(
        "yearly", "2026", "Báo cáo CCHC năm 2026", "2025-12-15", "2026-12-14", "2026-12-19", "06-15", (0, 1, 2, 3, 4)
    ),
)

FIGURES: Mapping[str, tuple[tuple[str, int | str | None], ...]] = MappingProxyType(
    {
        "vhxh": (
            ("ton-tai-khac-phuc", 12),
            ("kiem-tra-ky-cuong", None),
            ("sang-kien", None),
            ("don-vi-iso", None),
            ("nv-hoan-thanh", 48),
            ("nv-cham-tien-do", None),
            ("nv-cham-co-ke-hoach", "nv-cham-tien-do"),
            ("bc-dung-han", 5),
            ("bc-bi-tra-lai", None),
        ),
        "vp": (
            ("vb-dien-tu", 421),
            ("vb-ky-so", 402),
            ("don-thu-dung-han", 20),
            ("doi-thoai", None),
            ("kk-duoc-tra-loi", 2),
        ),
        "kt": (("giai-ngan", 36_200_000_000), ("cong-khai-ngan-sach", 4)),
        "hcc": (
            ("hs-tiep-nhan", None),
            ("hs-giai-quyet", None),
            ("hs-dung-han", "hs-giai-quyet"),
            ("hs-truoc-han", "hs-giai-quyet"),
            ("hs-cap-nhat", "hs-tiep-nhan"),
            ("hs-truc-tuyen", 880),
            ("tt-truc-tuyen", 640),
            ("so-hoa", "hs-giai-quyet"),
            ("tai-su-dung", "hs-tiep-nhan"),
            ("tthc-ra-soat", None),
            ("tthc-don-gian-hoa", None),
        ),
        "snc": (("tin-bai", None), ("cong-ttdt", 25)),
    }
)
"""What each unit reports: an indicator with its denominator, that of another figure by name, or none for a count."""

_RUNS_ON = frozenset({"giai-ngan", "ton-tai-khac-phuc", "don-vi-iso", "nv-cham-tien-do", "nv-cham-co-ke-hoach"})
"""What counts from January on, or is a state: a quarter says what its last month says (`merge: latest` of the indicator file)."""

_LAST = 4
"""The last month that was measured, November."""

_PARTS = MappingProxyType(
    {
        "vhxh": (
            "Đã ban hành hướng dẫn và kiểm tra theo kế hoạch.",
            "Một số đơn vị gửi số liệu chưa thống nhất biểu mẫu.",
        ),
        "vp": ("Duy trì tiếp công dân, xử lý văn bản trên môi trường mạng.", "Còn văn bản giấy gửi song song."),
        "kt": ("Đẩy nhanh giải ngân, công khai ngân sách đúng quy định.", "Một công trình chậm mặt bằng."),
        "hcc": ("Hồ sơ được tiếp nhận, giải quyết trên hệ thống.", "Còn hồ sơ đất đai phải gia hạn."),
        "snc": ("Tăng thời lượng phát thanh, cập nhật trang thông tin.", "Nhân lực biên tập còn thiếu."),
    }
)


def lives() -> Iterator[Life]:
    """Every unit's report of every period, most of them on time."""
    for period in _PERIODS:
        for unit in REPORTING:
            yield Life(
                f"{period.name}/{unit}",
                "report",
                unit,
                _TROUBLED.get((period.name, unit)) or _kept(period, unit),
                (when(f"{period.opened} 10:30"), "consolidator"),
                MappingProxyType(
                    {
                        "title": period.title,
                        "series": period.series,
                        "period": period.name,
                        "window_from": period.window_from,
                        "window_to": period.window_to,
                        "due_on": period.due,
                        "due_roll": "keep",
                    }
                ),
            )

    yield Life("2026-10/hcc>correct", "report", "hcc", _corrected())


_FOURTEEN = MappingProxyType({"hs-dung-han": -14, "hs-qua-han": 14})


def _corrected() -> tuple[Act, ...]:
    """The centre's October again, with fourteen dossiers that were settled late after all."""
    rows = figures("hcc", (3,))
    for row in rows:
        if row["indicator"] in _FOURTEEN:
            row["numerator"] = int(str(row["numerator"])) + _FOURTEEN[str(row["indicator"])]
    return (
        act("11-06 09:00", "officer.hcc", "draft", files=("Danh sách 14 hồ sơ quá hạn.pdf",), figures=rows),
        act("11-06 09:40", "officer.hcc", "send"),
        act("11-06 10:30", "head.hcc", "approve send"),
        received("hcc", "11-09 08:30"),
    )


def _kept(period: Period, unit: str) -> tuple[Act, ...]:
    if not period.days:
        return ()
    draft, sign, receive = period.days
    return (
        drafted(unit, f"{draft} 14:30", period.months),
        act(f"{sign} 10:00", f"officer.{unit}", "send"),
        act(f"{sign} 15:10", f"head.{unit}", "approve send"),
        received(unit, f"{receive} 09:00"),
    )


def figures(unit: str, months: tuple[int, ...]) -> list[dict[str, object]]:
    """The unit's figures of these months together, the same that its standing duties recorded."""
    rows = [_row(indicator, base, months) for indicator, base in FIGURES[unit]]
    return [*rows, *(_overdue(row) for row in rows if row["indicator"] == "hs-dung-han")]


def _overdue(on_time: dict[str, object]) -> dict[str, object]:
    """What was settled, and not on time."""
    late = int(str(on_time["denominator"])) - int(str(on_time["numerator"]))
    return {"indicator": "hs-qua-han", "numerator": late, "source": on_time["source"]}


def _row(indicator: str, base: int | str | None, months: tuple[int, ...]) -> dict[str, object]:
    counted = months[-1:] if indicator in _RUNS_ON else months
    parts = [_parts(indicator, base, min(n, _LAST)) for n in counted]
    row: dict[str, object] = {"indicator": indicator, "source": "Hệ thống thông tin của đơn vị"}
    row["numerator"] = sum(numerator for numerator, _whole in parts)
    if base is not None:
        row["denominator"] = sum(whole for _numerator, whole in parts)
    return row


def _parts(indicator: str, base: int | str | None, month: int) -> tuple[int, int]:
    if base is None:
        return int(VALUES[indicator][month]), 0
    whole = int(VALUES[base][month]) if isinstance(base, str) else base
    return round(whole * Decimal(VALUES[indicator][month]) / 100), whole


def drafted(
    unit: str, at: str, months: tuple[int, ...], files: tuple[str, ...] = ("Biểu số liệu kèm minh chứng.pdf",)
) -> Act:
    results, shortcomings = _PARTS[unit]
    return act(
        at,
        f"officer.{unit}",
        "draft",
        files=files,
        overview="Thủ trưởng đơn vị chỉ đạo thực hiện theo kế hoạch CCHC năm 2026.",
        results=results,
        shortcomings=shortcomings,
        next_tasks="Tiếp tục thực hiện các chỉ tiêu được giao, khắc phục tồn tại đã nêu.",
        figures=figures(unit, months),
    )


def received(unit: str, at: str) -> Act:
    return act(at, "head.vp" if unit == "vhxh" else "consolidator", "receive")


_TROUBLED: Mapping[tuple[str, str], tuple[Act, ...]] = MappingProxyType(
    {
        ("2026-07", "snc"): (
            drafted("snc", "07-17 15:30", (0,)),
            act("07-17 16:20", "officer.snc", "send"),
            act("07-20 08:05", "head.snc", "approve send"),
            received("snc", "07-20 10:00"),
        ),
        # The head was on leave; his deputy signs KT., and for one hour had no power to.
        ("2026-08", "kt"): (
            drafted("kt", "08-17 14:30", (1,)),
            act("08-18 14:00", "officer.kt", "send"),
            act("08-19 09:10", "deputy.kt", "approve send", refused="delegation_expired", in_name_of="head.kt"),
            act("08-19 10:20", "deputy.kt", "approve send", in_name_of="head.kt"),
            received("kt", "08-20 09:00"),
        ),
        ("2026-09", "hcc"): (
            drafted("hcc", "09-15 10:00", (2,)),
            act("09-15 16:00", "officer.hcc", "send"),
            act("09-16 09:00", "head.hcc", "approve send"),
            act(
                "09-16 15:30",
                "consolidator",
                "return",
                "Số giải quyết trước hạn và đúng hạn lớn hơn số đã giải quyết. Đề nghị kiểm tra lại.",
            ),
            drafted("hcc", "09-17 09:00", (2,), ("Biểu số liệu sửa lần một.pdf",)),
            act("09-17 09:40", "officer.hcc", "send"),
            act("09-17 10:15", "head.hcc", "approve send"),
            act("09-18 10:00", "consolidator", "return", "Chưa có minh chứng cho tỷ lệ thanh toán trực tuyến."),
            drafted("hcc", "09-18 14:30", (2,), ("Biểu số liệu sửa lần hai.pdf", "Thống kê thanh toán.pdf")),
            act("09-18 15:50", "officer.hcc", "send"),
            act("09-18 16:50", "head.hcc", "approve send"),
            received("hcc", "09-21 08:30"),
        ),
        ("2026-09", "snc"): (
            act("09-15 16:40", "chairman", "waive", "Trung tâm gộp số liệu tháng 9 vào báo cáo quý III."),
        ),
        ("2026-10", "hcc"): (
            drafted("hcc", "10-15 14:30", (3,)),
            act("10-16 10:00", "officer.hcc", "send"),
            act("10-16 15:10", "head.hcc", "approve send"),
            received("hcc", "10-19 09:00"),
            act(
                "11-05 10:00",
                "head.hcc",
                "correct",
                "Đối chiếu lại phát hiện 14 hồ sơ giải quyết quá hạn chưa được tính trong tháng 10.",
            ),
            act("11-05 15:00", "consolidator", "approve correct"),
        ),
        ("2026-10", "snc"): (
            drafted("snc", "10-19 16:30", (3,)),
            act("10-20 08:00", "consolidator", "urge", "Đã quá hạn gửi báo cáo tháng 10, đề nghị Trung tâm gửi ngay."),
            act("10-22 09:10", "officer.snc", "send"),
            act("10-22 10:30", "head.snc", "approve send"),
            received("snc", "10-23 08:20"),
        ),
        ("2026-11", "kt"): (
            drafted("kt", "11-16 10:00", (4,)),
            act("11-17 14:00", "officer.kt", "send"),
            act("11-18 09:00", "head.kt", "approve send"),
            act(
                "11-18 16:00", "consolidator", "return", "Số giải ngân lũy kế chưa khớp với bảng đối chiếu của Kho bạc."
            ),
            drafted("kt", "11-19 09:00", (4,), ("Bảng đối chiếu Kho bạc.pdf",)),
            act("11-19 10:00", "officer.kt", "send"),
            act("11-19 14:20", "head.kt", "approve send"),
        ),
        ("2026-11", "hcc"): (
            drafted("hcc", "11-17 10:00", (4,)),
            act("11-19 15:00", "officer.hcc", "send"),
            act("11-19 16:30", "head.hcc", "approve send"),
        ),
        ("2026-11", "snc"): (drafted("snc", "11-19 16:00", (4,)),),
        ("2026-12", "vp"): (drafted("vp", "11-18 10:00", (5,)),),
        ("2026-Q4", "kt"): (
            drafted("kt", "11-18 14:00", (3, 4)),
            act("11-18 15:00", "officer.kt", "send"),
            act("11-18 16:30", "head.kt", "approve send"),
            act(
                "11-19 08:30",
                "consolidator",
                "return",
                "Chưa đến thời điểm chốt số liệu quý IV (14/12). Đề nghị gửi lại sau ngày chốt.",
            ),
        ),
    }
)
