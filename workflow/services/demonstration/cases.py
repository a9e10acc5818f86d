"""What arises beside the tasks of the story: requests for more time, difficulties, findings of inspections, explanations."""

from collections.abc import Iterator
from types import MappingProxyType

from workflow.services.demonstration.telling import Life, act, done, taken, when

DECIDED = (
    Life(
        "hcc-review-simplify-procedures/hcc>extend",
        "extension",
        "hcc",
        (act("10-07 15:00", "chairman", "grant", granted_due_on="2026-11-30", cause_confirmed="true"),),
    ),
    Life(
        "kiem-ke-nha-van-hoa/kt>extend",
        "extension",
        "kt",
        (act("10-21 08:30", "chairman", "refuse", "Kiểm kê trước chín nhà văn hóa còn lại; giữ nguyên hạn 30/10."),),
    ),
    Life(
        "kt-disbursement-100/kt>escalate",
        "escalation",
        "kt",
        (
            act(
                "08-18 14:20",
                "chairman",
                "answer",
                "Chủ tịch UBND xã trực tiếp đối thoại với hai hộ sáng 20/8; Phòng báo cáo riêng trước ngày 25/8.",
            ),
            act("08-24 09:20", "head.kt", "close"),
        ),
    ),
    Life(
        "may-tra-cuu/hcc>escalate",
        "escalation",
        "hcc",
        (
            act(
                "11-12 08:40",
                "vice",
                "answer",
                "Đồng ý chủ trương; Phòng Kinh tế thẩm định, trình bổ sung dự toán trước ngày 27/11.",
            ),
        ),
    ),
)
"""How requests and difficulties went on that the tasks' own moves had opened; the others still wait for an answer."""

FOUND = (
    Life(
        "gio-lam-viec/snc",
        "finding",
        "snc",
        (
            act("09-22 08:40", "chairman", "assign", due_on="2026-10-09"),
            *taken("snc", "09-22 14:00"),
            done("snc", "10-06 10:20", "Đã kiểm điểm hai viên chức, lắp máy chấm công tại cổng.", "Biên bản họp.pdf"),
            act("10-07 09:00", "consolidator", "verify"),
        ),
        (when("09-21 14:00"), "consolidator"),
        MappingProxyType(
            {
                "title": "Hai viên chức vắng mặt trong giờ làm việc không có lý do",
                "source": "Biên bản kiểm tra đột xuất ngày 18/9/2026",
                "area": "che-do-cong-vu",
                "shortcoming": "Vắng mặt từ 13:30 đến 14:40. Yêu cầu kiểm điểm và có biện pháp theo dõi giờ làm việc.",
                "found_on": "2026-09-18",
            }
        ),
    ),
    Life(
        "phieu-kiem-soat/hcc",
        "finding",
        "hcc",
        (act("11-13 10:00", "chairman", "assign", due_on="2026-11-30"), *taken("hcc", "11-13 14:00")),
        (when("11-13 08:30"), "consolidator"),
        MappingProxyType(
            {
                "title": "Thiếu phiếu kiểm soát quá trình giải quyết ở 6 hồ sơ đất đai",
                "source": "Thông báo kết quả kiểm tra ngày 12/11/2026",
                "area": "thu-tuc-hanh-chinh",
                "shortcoming": "Kiểm tra 40 hồ sơ, 6 hồ sơ không có phiếu kiểm soát. Yêu cầu bổ sung và rà soát toàn bộ.",
                "found_on": "2026-11-12",
            }
        ),
    ),
)

EXPLAINED = (
    Life(
        "giai-trinh-quy-3/kt",
        "explanation",
        "kt",
        (act("10-13 09:00", "chairman", "note"),),
        (when("10-12 15:30"), "head.kt"),
        MappingProxyType(
            {
                "title": "Giải trình trách nhiệm người đứng đầu quý III năm 2026",
                "period": "2026-Q3",
                "explanation": "Hai lần chậm bảng rà soát nhiệm vụ là do Phòng phân công chưa hợp lý; đã phân công lại và"
                " không phát sinh thêm nhiệm vụ chậm từ tháng 8.",
            }
        ),
    ),
    Life(
        "giai-trinh-thang-10/snc",
        "explanation",
        "snc",
        (),
        (when("11-05 10:40"), "head.snc"),
        MappingProxyType(
            {
                "title": "Giải trình trách nhiệm người đứng đầu tháng 10 năm 2026",
                "period": "2026-10",
                "explanation": "Báo cáo tháng 10 gửi chậm ba ngày vì viên chức tổng hợp nghỉ ốm; Trung tâm đã phân công người"
                " thay thế.",
            }
        ),
    ),
)


def lives() -> Iterator[Life]:
    """Every case of the story."""
    yield from (*DECIDED, *FOUND, *EXPLAINED)
