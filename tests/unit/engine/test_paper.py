"""Texts of a paper: filled once, without gaps, and a line that has nothing to say is left out."""

import pytest

from workflow.engine.definition import Agency, PaperForm
from workflow.engine.paper import fields_said, filled, filled_line

WORDS = {"unit": "Phòng KT", "period": "tháng 7", "title": "{unit} nghỉ", "committee": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kết quả {period}", "Kết quả tháng 7"),
        ("{unit}: {unit}", "Phòng KT: Phòng KT"),
        ("Việc {title}", "Việc {unit} nghỉ"),
        ("Gửi {committee} và {unit}", "Gửi và Phòng KT"),
        ("Kết quả {committee}", "Kết quả"),
        ("Xã\u00a0Đường\u00a0An", "Xã\u00a0Đường\u00a0An"),
        ("", ""),
    ],
)
def test_a_text_is_filled_once_and_without_gaps(text, expected):
    assert filled(text, WORDS) == expected


def test_a_line_with_a_placeholder_that_says_nothing_is_left_out():
    assert filled_line("- {committee} (để b/c);", WORDS) is None
    assert filled_line("- {unit};", WORDS) == "- Phòng KT;"
    assert filled_line("- Lưu: VT.", WORDS) == "- Lưu: VT."


def test_what_a_paper_says_is_its_parts_and_what_its_texts_take_from_the_item():
    form = PaperForm(
        "send", Agency.UNIT, "Báo cáo", "BC", "Về {title}", "{commune}", "({window})", (("note", "N"),), ("{period}",)
    )

    assert fields_said(form) == {"note", "title", "window_from", "window_to", "period"}
