"""Reading a dispatch: every order is found under the right unit, what is guessed is sensible, bad input is told with its line."""

import os
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workflow.catalog import load_folder
from workflow.catalog.dispatch import Part, as_register, instances, match_register, read_dispatch
from workflow.catalog.dispatch_text import MAX_BYTES, MAX_PASSAGE_LENGTH, MAX_PASSAGES, date_of, sentences
from workflow.values import replace

ROOT = Path(__file__).parents[3]
LIBRARY = load_folder(ROOT / "definitions")
OFFICE = LIBRARY.organisation
REPORTING = tuple(unit.id for unit in OFFICE.units if unit.reports)
LETTER = (ROOT / "tests" / "definitions" / "dispatch" / "letter.txt").read_text(encoding="utf-8")
FORM = (ROOT / "tests" / "definitions" / "dispatch" / "letter.yaml").read_text(encoding="utf-8")

REAL = Path(os.environ.get("DONDOC_TEST_DISPATCH", ROOT.parent / "shared")) / "directive"
real_dispatch = pytest.mark.skipif(not (REAL / "original.txt").exists(), reason="the real dispatch is not kept here")


def letter(text=LETTER):
    return read_dispatch(text, "letter.txt", OFFICE)


def form(text=FORM):
    return read_dispatch(text, "letter.yaml", OFFICE)


def body(*lines):
    """A dispatch of these lines, with a head that gives no cause for complaint."""
    return letter("\n".join(("Bến Ngự, ngày 3 tháng 2 năm 2027", "", *lines)))


def of(dispatch, section):
    return [obligation for obligation in dispatch.obligations if obligation.section == section]


def only(dispatch, section):
    (obligation,) = of(dispatch, section)
    return obligation


# ------------------------------------------------------------------------------------------------------------- plain text


def test_the_head_of_a_letter_is_read_without_its_marks():
    head = letter().document

    assert head.number == "45/UBND-VX"
    assert head.subject == "V/v sắp xếp lại hồ sơ lưu trữ; giữ trụ sở sạch đẹp"
    assert head.issuer == "ỦY BAN NHÂN DÂN XÃ BẾN NGỰ"
    assert head.signer == "Trần Văn Mẫu"
    assert (head.date_text, head.date) == ("Bến Ngự, ngày 3 tháng 2 năm 2027", "2027-02-03")
    assert (
        head.source
        == "Văn bản số 45/UBND-VX, Bến Ngự, ngày 3 tháng 2 năm 2027, V/v sắp xếp lại hồ sơ lưu trữ; giữ trụ sở sạch đẹp"
    )


def test_every_part_finds_its_unit_whatever_the_case_the_tone_mark_and_the_hyphen():
    assert letter().parts == (
        Part(1, "Phòng Văn hoá – Xã hội", "vhxh"),
        Part(2, "VĂN PHÒNG HĐND-UBND", "vp"),
        Part(3, "phòng Kinh Tế", "kt"),
        Part(4, "Yêu cầu chung", None),
        Part(5, "Chế độ thông tin", None),
        Part(6, "", None),
    )


def test_the_plain_letter_and_its_structured_form_hold_the_same_passages():
    assert letter().findings == ()
    assert form().findings == ()
    assert letter().passages == form().passages


def test_a_duty_that_a_page_break_tore_apart_is_one_passage():
    assert letter().passages[0].text.endswith("đặc biệt theo dõi khách ra vào ngoài giờ.")


def test_a_part_without_dashes_is_one_passage():
    assert [passage.id for passage in letter().passages if passage.part == 3] == ["s3.1"]


def test_closing_paragraphs_are_a_part_of_their_own_one_passage_a_sentence():
    closing = [passage for passage in letter().passages if passage.part == 6]
    assert [(passage.id, passage.unit_id) for passage in closing] == [("s6.1", None), ("s6.2", None)]


def test_recipients_and_signature_order_nothing():
    assert not any("Lưu" in passage.text or "CHỦ TỊCH" in passage.text for passage in letter().passages)


def test_a_line_that_announces_dashes_is_no_duty():
    dispatch = body("1. Phòng Kinh tế", "Thực hiện các việc sau:", "- Rà soát kho.", "- Công khai giá.")
    assert [passage.text for passage in dispatch.passages] == ["Rà soát kho.", "Công khai giá."]


def test_a_compact_text_without_empty_lines_keeps_its_parts_apart():
    dispatch = body("1. Phòng Kinh tế:", "- Rà soát", "kho vật tư.", "2. Văn phòng HĐND - UBND", "+ Duy trì trực.")
    assert [(passage.id, passage.unit_id, passage.text) for passage in dispatch.passages] == [
        ("s1.1", "kt", "Rà soát kho vật tư."),
        ("s2.1", "vp", "Duy trì trực."),
    ]


def test_a_duty_on_the_line_of_its_heading_belongs_to_that_unit():
    dispatch = body("1. Phòng Kinh tế: rà soát kho vật tư.", "", "2. Văn phòng HĐND - UBND: duy trì trực.")
    assert [(passage.id, passage.unit_id) for passage in dispatch.passages] == [("s1.1", "kt"), ("s2.1", "vp")]


def test_a_sentence_that_wraps_at_a_number_opens_no_part():
    dispatch = body("1. Phòng Kinh tế", "", "- Thực hiện đủ mục", "2. của bảng kê kèm theo và", "3. của phụ lục.")
    assert [part.number for part in dispatch.parts] == [1]
    assert len(dispatch.passages) == 1


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("ngày 3 tháng 2 năm 2027", "2027-02-03"),
        ("Bến Ngự, ngày   tháng 6 năm 2026", "2026-06"),
        ("ngày tháng năm 2026", "2026"),
        ("ngày 45 tháng 13 năm 2026", "2026"),
        ("hôm qua", ""),
    ],
)
def test_a_date_is_read_as_far_as_it_is_filled_in(text, known):
    assert date_of(text) == known


def test_sentences_end_at_a_full_stop_before_a_letter_and_not_inside_a_number():
    assert sentences("Theo ISO 9001:2015 bản 1.2 thì đủ. Sau đó nộp (một bản). Hết./.") == (
        "Theo ISO 9001:2015 bản 1.2 thì đủ.",
        "Sau đó nộp (một bản).",
        "Hết./.",
    )


# -------------------------------------------------------------------------------------------------------------- proposals


def test_each_passage_proposes_at_least_one_obligation_and_says_it_is_a_proposal():
    dispatch = letter()
    assert dispatch.proposed
    assert {obligation.section for obligation in dispatch.obligations} == {passage.id for passage in dispatch.passages}
    ids = [obligation.id for obligation in dispatch.obligations]
    assert len(ids) == len(set(ids))


def test_kinds_are_told_by_the_first_telling_word():
    kinds = {
        section: [one.kind for one in of(letter(), section)] for section in ("s1.1", "s2.1", "s3.1", "s4.2", "s6.2")
    }
    assert kinds == {
        "s1.1": ["task", "standing", "standing"],
        "s2.1": ["standing"],
        "s3.1": ["task", "standing"],
        "s4.2": ["rule"],
        "s6.2": ["rule"],
    }


@pytest.mark.parametrize(
    ("words", "kind", "served_by"),
    [
        ("Giải ngân 100% vốn đầu tư", "task", "task"),
        ("Bảo đảm 100% hồ sơ đúng hạn", "standing", "standing"),
        ("Tăng cường dùng chữ ký số", "standing", "standing"),
        ("Tham mưu giải pháp nâng cao chất lượng", "task", "task"),
        ("Xây dựng kế hoạch khắc phục cho việc chậm", "rule", "rule/remediation_plan"),
        ("Nội dung báo cáo phải đầy đủ", "rule", "rule/report_checks"),
        ("Thực hiện báo cáo năm", "report", "report/yearly"),
        ("Trồng cây quanh sân", "standing", "standing"),
    ],
)
def test_the_words_of_a_duty_tell_its_kind_and_what_will_carry_it(words, kind, served_by):
    duty = only(body("1. Phòng Kinh tế", f"- {words}."), "s1.1")
    assert (duty.kind, duty.served_by) == (kind, served_by)


@pytest.mark.parametrize(
    ("words", "area"),
    [
        ("Công khai ngân sách", "tai-chinh-cong"),
        ("Dùng chữ ký số", "chuyen-doi-so"),
        ("Cắt giảm thủ tục hành chính", "thu-tuc-hanh-chinh"),
        ("Soạn văn bản quy phạm pháp luật", "the-che"),
        ("Sắp xếp biên chế", "to-chuc-bo-may"),
        ("Giữ kỷ cương", "che-do-cong-vu"),
        ("Trồng cây", "che-do-cong-vu"),
    ],
)
def test_the_words_of_a_duty_tell_its_area(words, area):
    assert only(body("1. Phòng Kinh tế", f"- {words}."), "s1.1").area == area


def test_who_leads_who_coordinates_and_with_whom():
    fence = only(letter(), "s1.2")
    assert (fence.mode, fence.support, fence.units) == ("coordinate", ("kt",), ("vhxh",))
    joint = of(body("1. Phòng Kinh tế", "- Chủ trì mua cây, đồng thời tham gia trồng cây."), "s1.1")
    assert [duty.mode for duty in joint] == ["lead", "participate"]


def test_before_a_day_leaves_until_the_evening_before_and_at_the_latest_leaves_that_day():
    assert (only(letter(), "s1.2").due_on, only(letter(), "s1.2").basis) == (date(2027, 4, 14), "seed")
    latest = only(body("1. Phòng Kinh tế", "- Hoàn thành việc sơn chậm nhất ngày 30 tháng 9 năm 2027."), "s1.1")
    assert latest.due_on == date(2027, 9, 30)
    year = only(body("1. Phòng Kinh tế", "- Hoàn thành việc sơn trong năm 2027."), "s1.1")
    assert (year.due_on, year.basis) == (date(2027, 12, 31), "inferred")
    never = only(body("1. Phòng Kinh tế", "- Hoàn thành việc sơn chậm nhất ngày 31/02/2027."), "s1.1")
    assert never.due_on is None


def test_a_share_to_be_reached_is_kept_as_a_target():
    target = only(letter(), "s2.1").target
    assert (target.op, target.value, target.basis) == ("at_least", Decimal(95), "seed")


def test_a_part_to_all_is_told_to_the_units_it_names_or_else_to_every_reporting_unit():
    assert set(only(letter(), "s4.1").units) == {"vp", "kt"}
    assert only(letter(), "s4.1").title.vi == "Tổ chức rà soát tủ hồ sơ của mình"
    assert only(letter(), "s4.2").units == REPORTING


def test_reports_of_two_periods_are_two_obligations():
    reports = of(letter(), "s5.1")
    assert [(one.kind, one.recurrence, one.served_by) for one in reports] == [
        ("report", "monthly", "report/monthly"),
        ("report", "quarterly", "report/quarterly"),
    ]
    assert [one.title.vi.partition(":")[0] for one in reports] == ["Báo cáo tháng", "Báo cáo quý"]


def test_a_list_after_semicolons_stays_one_duty():
    dispatch = body("1. Phòng Kinh tế", "- Rà soát kho; các tủ, bàn ghế; xe đạp của xã; công khai kết quả.")
    assert [one.title.vi for one in of(dispatch, "s1.1")] == [
        "Rà soát kho; các tủ, bàn ghế; xe đạp của xã",
        "Công khai kết quả",
    ]


def test_a_long_duty_gets_a_short_title():
    title = only(body("1. Phòng Kinh tế", f"- Rà soát {'kho vật tư ' * 40}."), "s1.1").title.vi
    assert len(title) <= 160
    assert title.endswith("…")


# -------------------------------------------------------------------------------------------------------- structured form


def test_the_structured_form_gives_obligations_as_stated():
    dispatch = form()
    fence = next(one for one in dispatch.obligations if one.id == "fence")
    scans = next(one for one in dispatch.obligations if one.id == "scans")
    rules = next(one for one in dispatch.obligations if one.id == "rules-of-the-house")

    assert not dispatch.proposed
    assert dispatch.document.signer == "Trần Văn Mẫu"
    assert (fence.mode, fence.support, fence.due_on, fence.basis) == (
        "coordinate",
        ("kt",),
        date(2027, 12, 31),
        "inferred",
    )
    assert fence.evidence.vi == "Biên bản; Ảnh"
    assert (rules.due_on, rules.basis, rules.target) == (date(2027, 3, 1), "sample", None)
    assert (scans.target.indicator, scans.target.op, scans.target.value) == ("vb-dien-tu", "at_least", Decimal(95))


def test_the_structured_form_knows_what_carries_each_obligation():
    carried = {one.id: one.served_by for one in form().obligations}
    assert carried["fence"] == "task"
    assert carried["gate"] == "standing"
    assert carried["monthly"] == "report/monthly"
    assert carried["merged"] == "consolidation"
    assert carried["heads"] == "rule/accountability_sheet"
    assert carried["damage"] == "rule/escalation"


def test_an_obligation_of_several_units_is_as_many_instances():
    pairs = instances(form().obligations, REPORTING)
    assert len(pairs) == 6 + 2 + 4 * 3
    assert {unit for one, unit in pairs if one.id == "heads"} == {"vhxh", "vp", "kt"}
    assert [one.id for one, unit in instances(form().obligations, ["vp"])] == [
        "scans", "cabinets", "heads", "monthly", "tidy", "damage",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "code", "words", "hint"),
    [
        ("accountable: [kt], support", "accountable: [ktt], support", "L11", 'no unit "ktt"', "kt"),
        ("field: the-che", "field: the-ché", "L11", 'no area "the-ché"', "the-che"),
        ("{id: scans, sentence: s2.1", "{id: scans, sentence: s2.12", "L11", 'no sentence "s2.12"', "s2.1"),
        ("{id: damage,", "{id: tidy,", "L01", "a second time", None),
        ("kind: rule, recurrence: on-event", "kind: rull, recurrence: on-event", "L01", '"rull" is none of', "rule"),
        ("schema: cchc-directive/1", "schema: cchc-directive/9", "L01", "is none of", "cchc-directive/1"),
        ('number: "45/UBND-VX"', "number: &a x", "L02", "anchor", None),
    ],
)
def test_a_wrong_word_in_the_structured_form_is_told_with_its_line(before, after, code, words, hint):
    assert FORM.count(before) == 1
    dispatch = form(FORM.replace(before, after))
    line = FORM[: FORM.index(before)].count("\n") + 1

    assert not dispatch.ok
    (finding,) = dispatch.findings
    assert (finding.code, finding.line, finding.hint) == (code, line, hint)
    assert words in finding.message.en


# ------------------------------------------------------------------------------------------------------------- the register


def test_the_register_of_the_same_dispatch_replaces_the_guesses():
    register = as_register(form())

    matched = match_register(letter(), register)

    assert matched.obligations == register.obligations
    assert not matched.proposed
    assert matched.passages == letter().passages


def test_the_register_of_another_month_another_shape_or_other_units_changes_nothing():
    register = as_register(form())
    dispatch = letter()
    next_month = replace(register, document={**register.document, "date": "2027-03"})
    shorter = replace(register, obligations=register.obligations[:-1])
    swapped = tuple(replace(one, units=("vp",)) if one.id == "gate" else one for one in register.obligations)

    assert match_register(dispatch, next_month) is dispatch
    assert match_register(dispatch, shorter) is dispatch
    assert match_register(dispatch, replace(register, obligations=swapped)) is dispatch


# ---------------------------------------------------------------------------------------------------------- what goes wrong


def test_an_unknown_unit_is_told_with_its_line_and_the_nearest_name():
    text = LETTER.replace("phòng  Kinh Tế", "Phòng Kinh thế")
    dispatch = letter(text)
    (finding,) = dispatch.findings

    assert not dispatch.ok
    assert (finding.code, finding.hint) == ("L11", "Phòng Kinh tế")
    assert finding.line == text[: text.index("Phòng Kinh thế")].count("\n") + 1


def test_a_missing_part_an_empty_part_and_a_missing_date_are_doubts_and_no_errors():
    dispatch = letter("1. Phòng Kinh tế\n\n- Rà soát kho.\n\n3. Văn phòng HĐND - UBND\n")
    assert dispatch.ok
    assert [(finding.line, finding.message.en) for finding in dispatch.findings] == [
        (1, "the dispatch bears no date"),
        (5, "part 3 assigns nothing"),
        (5, "part 3 follows part 1: is one missing?"),
    ]


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("", "no numbered part", 1),
        ("Kính gửi các đơn vị.\n\nTrân trọng.", "no numbered part", 1),
        (b"1. Ph\xc3", "not UTF-8", 1),
        ("1. \ud800", "not UTF-8", 1),
        ("1. Phòng Kinh tế\n\n- Rà\0soát.", "NUL", 3),
        ("x" * (MAX_BYTES + 1), "larger than 256 KB", 1),
        ("1. Phòng Kinh tế\n" + "- Rà soát.\n" * (MAX_PASSAGES + 1), "more than 500 passages", 1),
        ("\n1. Phòng Kinh tế\n- " + "kho " * MAX_PASSAGE_LENGTH, "more than 8000 characters", 2),
    ],
)
def test_what_is_no_dispatch_is_one_clear_finding(text, words, line):
    dispatch = letter(text)

    assert not dispatch.ok
    (finding,) = dispatch.findings
    assert (finding.code, finding.line) == ("L02", line)
    assert words in finding.message.en
    assert dispatch.obligations == ()


@pytest.mark.parametrize(
    "text",
    [
        "1. A\n" + "x\n" * 120_000,
        "1. A\n- " + "lập a; " * 1_100,
        "1. A\n" + ("- " + "lập a; " * 50 + "\n") * 490,
        "*" * MAX_BYTES,
        "1. " + "a: " * 80_000,
        "số:" * 80_000,
        "ngày " * 50_000,
        "1. A\n- " + "đồng thời " * 700,
    ],
)
def test_a_hostile_text_is_read_in_bounded_time(text):
    begun = time.process_time()
    letter(text)
    assert time.process_time() - begun < 5


@settings(max_examples=150, deadline=None)
@given(
    some.one_of(some.text(max_size=400), some.binary(max_size=400)), some.sampled_from(["a.txt", "a.yaml", "a.json"])
)
def test_no_text_raises(text, file):
    read_dispatch(text, file, OFFICE)


@settings(max_examples=150, deadline=None)
@given(some.data())
def test_no_damaged_letter_raises(data):
    lines = LETTER.splitlines(keepends=True)
    kept = data.draw(some.lists(some.sampled_from(lines), max_size=40))
    cut = data.draw(some.integers(0, 400))
    dispatch = letter("".join(kept)[cut:])
    assert {one.section for one in dispatch.obligations} <= {passage.id for passage in dispatch.passages}


# --------------------------------------------------------------------------------------------------------- the real dispatch


@real_dispatch
def test_every_order_of_the_real_dispatch_is_found_under_its_unit_word_for_word():
    plain = read_dispatch((REAL / "original.txt").read_bytes(), "original.txt", OFFICE)
    stated = read_dispatch((REAL / "directive.yaml").read_bytes(), "directive.yaml", OFFICE)

    assert (plain.findings, stated.findings) == ((), ())
    assert len(plain.passages) == 23
    assert plain.passages == stated.passages
    assert plain.parts == stated.parts
    assert [part.unit_id for part in plain.parts] == ["vhxh", "vp", "kt", "hcc", "snc", None, None, None]
    assert plain.document.date == "2026-06"


@real_dispatch
def test_the_real_dispatch_is_the_one_whose_register_ships():
    for file in ("original.txt", "directive.yaml"):
        dispatch = read_dispatch((REAL / file).read_bytes(), file, OFFICE)
        matched = match_register(dispatch, LIBRARY.obligations)
        assert matched.obligations == LIBRARY.obligations.obligations
        assert not matched.proposed
        assert len(matched.obligations) == 45
        assert len(instances(matched.obligations, REPORTING)) == 89


@real_dispatch
def test_the_stated_obligations_of_the_real_dispatch_agree_with_the_shipped_register_but_for_its_own_words():
    stated = read_dispatch((REAL / "directive.yaml").read_bytes(), "directive.yaml", OFFICE).obligations
    ours = {one.id: one for one in LIBRARY.obligations.obligations}
    assert len(stated) == 45
    for one in stated:
        assert replace(one, title=ours[one.id].title, evidence=ours[one.id].evidence) == ours[one.id]
