"""The standing duties of the story: a line a month, and for a few the closing of the year."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from workflow.catalog.obligations import Obligation
from workflow.services.demonstration.telling import (
    YEAR,
    Act,
    Life,
    act,
    approved,
    assigned,
    life,
    planned,
    taken,
    verified,
    when,
)
from workflow.services.directives import indicator_of

CLOSES_ON = MappingProxyType(
    {
        "vp-periodic-dialogue/vp": "10-30",
        "vhxh-inspect-discipline/vhxh": "10-30",
        "snc-multichannel/snc": "11-10",
        "snc-publicise-models/snc": "11-30",
    }
)
"""The standing duties for which the chairman set a date of closing when he assigned them."""

PERIODS = MappingProxyType({"07": "07-14", "08": "08-14", "09": "09-14", "10": "10-14", "11": "11-13"})
"""The day on which each month's line is recorded."""

VALUES = MappingProxyType(
    {
        "vb-dien-tu": ("96.4", "98.1", "99.2", "100", "100"),
        "vb-ky-so": ("88.5", "90.2", "92.7", "92.1", "94.6"),
        "hs-dung-han": ("99.1", "98.7", "99.6", "100", "100"),
        "hs-truoc-han": ("61.2", "63.5", "62.8", "66.0", "68.3"),
        "hs-cap-nhat": ("97.3", "99.0", "100", "100", "99.4"),
        "hs-truc-tuyen": ("54.8", "58.1", "61.0", "63.7", "66.9"),
        "tt-truc-tuyen": ("41.0", "46.2", "45.1", "52.4", "57.8"),
        "so-hoa": ("78.0", "80.5", "83.1", "85.0", "87.2"),
        "tai-su-dung": ("70.4", "72.0", "74.9", "77.3", "79.5"),
        "kiem-tra-ky-cuong": ("1", "1", "2", "1", "1"),
        "nv-hoan-thanh": ("64.0", "70.5", "73.2", "76.8", "81.0"),
        "ton-tai-khac-phuc": ("50.0", "58.3", "66.7", "75.0", "83.3"),
        "sang-kien": ("0", "1", "1", "2", "2"),
        "tin-bai": ("12", "15", "18", "22", "20"),
        "don-thu-dung-han": ("100", "95.0", "100", "100", "100"),
        "doi-thoai": ("0", "1", "0", "1", "1"),
        "cong-khai-ngan-sach": ("100", "100", "100", "100", "100"),
        "sipas": ("91.5", "91.5", "93.6", "93.6", "93.6"),
        "giai-ngan": ("38.0", "51.0", "63.0", "74.0", "86.0"),
        "hs-tiep-nhan": ("1012", "1038", "987", "1065", "1021"),
        "hs-giai-quyet": ("968", "1005", "1002", "1019", "1008"),
        "cong-ttdt": ("84.0", "88.0", "90.0", "93.0", "95.0"),
        "tthc-ra-soat": ("4", "6", "5", "7", "6"),
        "tthc-don-gian-hoa": ("1", "2", "1", "2", "1"),
        "don-vi-iso": ("1", "1", "2", "2", "2"),
        "nv-cham-tien-do": ("2", "3", "2", "4", "5"),
        "nv-cham-co-ke-hoach": ("50.0", "66.7", "50.0", "75.0", "60.0"),
        "bc-dung-han": ("80.0", "100", "100", "80.0", "80.0"),
        "bc-bi-tra-lai": ("0", "0", "2", "0", "1"),
        "kk-duoc-tra-loi": ("100", "100", "50.0", "100", "50.0"),
    }
)
"""What each indicator measured in the five periods."""

SHORTFALLS = MappingProxyType(
    {
        "vb-dien-tu": (
            "Một số đơn vị còn gửi bản giấy song song với bản điện tử.",
            "Nhắc từng đơn vị, từ chối nhận bản giấy.",
        ),
        "vb-ky-so": ("Chứng thư số của hai cán bộ hết hạn giữa kỳ.", "Gia hạn chứng thư số trước hạn 30 ngày."),
        "hs-dung-han": (
            "Hồ sơ đất đai phải chờ ý kiến của cơ quan phối hợp.",
            "Họp giao ban hằng tuần với bộ phận địa chính.",
        ),
        "hs-truoc-han": ("Nhân lực trả kết quả giảm trong kỳ nghỉ phép.", "Bố trí người thay thế theo ca."),
        "hs-cap-nhat": ("Đồng bộ trạng thái hồ sơ bị gián đoạn.", "Đối soát hằng ngày giữa hai hệ thống."),
        "tt-truc-tuyen": ("Người dân chưa quen thanh toán trực tuyến.", "Hướng dẫn trực tiếp tại quầy và tại thôn."),
        "don-thu-dung-han": ("Một đơn phải gia hạn để xác minh.", "Lập kế hoạch xác minh ngay khi thụ lý."),
    }
)
"""Cause and remedy where an indicator missed its target or fell back."""

REMEDY_DAYS = 25


def _line(at: str, unit: str, note: str) -> Act:
    return act(at, f"head.{unit}", "complete", files=("Kết quả cả năm.pdf",), result_note=note)


_SPECIAL = (
    life(
        "vp-periodic-dialogue/vp",
        _line("10-27 09:00", "vp", "Đã tổ chức đủ hai kỳ đối thoại, giải quyết 31/31 kiến nghị."),
        verified("10-28 14:00"),
        workflow="standing",
    ),
    life(
        "vhxh-inspect-discipline/vhxh",
        planned(
            "vhxh",
            "11-02 15:00",
            "subjective",
            "Còn hai cuộc kiểm tra theo kế hoạch chưa thực hiện.",
            "Kiểm tra hai đơn vị còn lại trong tháng 11 và đầu tháng 12.",
            "12-11",
        ),
        approved("11-03 09:00"),
        workflow="standing",
    ),
    life(
        "snc-publicise-models/snc",
        _line("11-17 10:00", "snc", "Đã giới thiệu 14 mô hình, gương làm tốt; vượt kế hoạch bốn bài."),
        workflow="standing",
    ),
    life(
        "hcc-e-government/hcc",
        act("09-15 15:00", "chairman", "withdraw", "Gộp vào nhiệm vụ số hóa hồ sơ và kết nối dữ liệu của Trung tâm."),
        workflow="standing",
    ),
    Life(
        "ky-so-2027/vp",
        "standing",
        "vp",
        (act("11-18 09:00", "vice", "assign"),),
        (when("11-17 14:00"), "clerk"),
        MappingProxyType(
            {
                "title": "Duy trì 100% văn bản điện tử được ký số",
                "source": "Chương trình công tác năm 2027 của UBND xã (dự kiến)",
                "area": "chuyen-doi-so",
                "indicator": "vb-ky-so",
                "target": "100",
                "year": "2027",
                "mode": "lead",
            }
        ),
    ),
    Life(
        "truyen-thong-2027/snc",
        "standing",
        "snc",
        (),
        (when("11-18 14:30"), "consolidator"),
        MappingProxyType(
            {
                "title": "Truyền thông về dịch vụ công trực tuyến đến từng thôn",
                "source": "Chương trình công tác năm 2027 của UBND xã (dự kiến)",
                "area": "chuyen-doi-so",
                "indicator": "tin-bai",
                "year": "2027",
                "mode": "lead",
                "support_units": "hcc, vhxh",
            }
        ),
    ),
)

_ENDED_BY = frozenset({"complete", "withdraw"})


def lives(obligations: Iterable[Obligation]) -> Iterator[Life]:
    """Every standing duty that the directive brought, and the two that are prepared for the year after."""
    special = {one.key: one for one in _SPECIAL}
    duties = [(one, unit) for one in obligations if one.served_by == "standing" for unit in one.units]
    for n, (obligation, unit) in enumerate(duties):
        key = f"{obligation.id}/{unit}"
        told = special.pop(key, None)
        acts = told.acts if told else ()
        ended = next((one.at for one in acts if one.do in _ENDED_BY), None)
        lines = tuple(line for line in _lines(n, obligation, unit) if ended is None or line.at < ended)
        started = taken(unit, f"06-18 {8 + n // 12:02d}:{n % 12 * 5:02d}", "deputy" if n % 3 == 0 else "officer")
        # Twenty tasks were assigned before them on the same afternoon.
        yield Life(key, "standing", unit, (assigned(20 + n, CLOSES_ON.get(key)), *started, *lines, *acts))
    yield from special.values()


def _lines(n: int, obligation: Obligation, unit: str) -> Iterator[Act]:
    """The five lines of a duty: by its indicator where it has one, else in words."""
    target, indicator = obligation.target, indicator_of(obligation)
    values = VALUES.get(indicator, ())
    for month, (number, day) in enumerate(PERIODS.items()):
        at = f"{day} {9 + n // 20:02d}:{n % 20 * 3:02d}"
        value = values[month] if values else ""
        before = values[month - 1] if values and month else value
        if value and target and not _is_met(value, before, target.value):
            yield _shortfall(at, unit, number, value, indicator)
        else:
            note = "Thực hiện theo kế hoạch, không có vướng mắc lớn."
            period = f"{YEAR}-{number}"
            yield act(at, f"officer.{unit}", "record", period=period, met="true", line_note=note, value=value)


def _is_met(value: str, before: str, target: Decimal | None) -> bool:
    """Against the figure that is set, else against the month before."""
    return Decimal(value) >= (target if target is not None else Decimal(before))


def _shortfall(at: str, unit: str, number: str, value: str, indicator: str) -> Act:
    cause, remedy = SHORTFALLS[indicator]
    return act(
        at,
        f"officer.{unit}",
        "record",
        period=f"{YEAR}-{number}",
        met="false",
        value=value,
        line_note="Chưa đạt yêu cầu của kỳ.",
        cause_kind="subjective",
        cause_note=cause,
        remedy_note=remedy,
        remedy_due_on=(when(at) + timedelta(days=REMEDY_DAYS)).date().isoformat(),
    )
