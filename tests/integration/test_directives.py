from collections import Counter
from datetime import date

import pytest

from tests.offices import DEFINITIONS, caller, moved, opened_office, shipped
from workflow.audit import canonical
from workflow.errors import ReusedKey
from workflow.services import auditing
from workflow.services.directives import Imported, NotImported, import_directive, order_of, preview
from workflow.values import replace

FILE = DEFINITIONS / "obligations" / "cchc-2026.yaml"


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture(scope="module")
def order():
    return order_of(shipped().obligations, FILE.read_bytes(), date(2026, 6, 15))


def _items(office):
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 1000)]


def _codes(outcome):
    return {reason.code for row in outcome.rows for reason in row.reasons}


def _with(order, obligation_id, **changes):
    changed = [replace(one, **changes) if one.id == obligation_id else one for one in order.obligations]
    return replace(order, obligations=tuple(changed))


def test_an_import_registers_every_obligation_and_drafts_the_tasks_and_standing_duties(office, order):
    imported = import_directive(office, caller(office, "clerk"), order)

    assert isinstance(imported, Imported)
    assert (imported.items, imported.obligations) == (48, 89)
    items = _items(office)
    assert Counter((item.workflow, item.state) for item in items) == {("task", "draft"): 20, ("standing", "draft"): 28}
    with office.read() as uow:
        rows = uow.directives.obligations(imported.directive)
    assert len({row.id for row in rows}) == 45
    assert all(row.served_by for row in rows)
    assert {row.item for row in rows if row.item} == {item.id for item in items}
    assert {row.kind for row in rows if not row.item} == {"report", "rule"}


def test_a_draft_holds_what_the_register_says_of_its_obligation(office, order):
    import_directive(office, caller(office, "clerk"), order)

    items = {(item.fields["obligation"], item.unit): item for item in _items(office)}

    guide = items["vhxh-guide-iso-9001", "vhxh"].fields
    assert (guide["section"], guide["area"], guide["mode"]) == ("s1.2", "chuyen-doi-so", "lead")
    assert (guide["support_units"], guide["due_on"]) == ("vp, kt, hcc, snc", "2026-09-30")
    assert guide["source"] == order.source
    measured = items["vp-internal-docs-100-electronic", "vp"].fields
    assert (measured["indicator"], measured["target"], measured["year"]) == ("vb-dien-tu", "100", 2026)
    assert {unit for name, unit in items if name == "all-task-list"} == {"vhxh", "vp", "kt", "hcc", "snc"}


def test_the_chairman_assigns_what_was_imported(office, order):
    import_directive(office, caller(office, "consolidator"), order)

    done = [moved(office, "chairman", item.code, "assign") for item in _items(office)]

    assert {one.item.state for one in done} == {"assigned"}


def test_an_import_is_one_entry_of_the_log_beside_the_items_own(office, order):
    imported = import_directive(office, caller(office, "clerk"), order)

    with office.read() as uow:
        entries = [canonical.decode(entry.body) for entry in uow.audit.stream("log")]
    said = [entry["import"] for entry in entries if entry["type"] == "import"]
    assert [(one["directive"], one["obligations"], len(one["items"])) for one in said] == [(imported.directive, 89, 48)]
    assert auditing.verify(office).ok
    assert not auditing.replay(office).differences


@pytest.mark.parametrize("login", ["officer.kt", "head.vp", "auditor", "admin"])
def test_who_may_not_create_imports_nothing(office, order, login):
    refused = import_directive(office, caller(office, login), order)

    assert isinstance(refused, NotImported)
    assert _codes(refused) == {"not_permitted"}
    assert not _items(office)


def test_a_vice_chairman_is_refused_for_each_row_outside_his_areas_and_imports_nothing(office, order):
    refused = import_directive(office, caller(office, "vice"), order)

    areas = {one.id: one.area for one in order.obligations}
    assert isinstance(refused, NotImported)
    assert {areas[row.obligation] for row in refused.rows} == {
        "the-che",
        "to-chuc-bo-may",
        "che-do-cong-vu",
        "tai-chinh-cong",
    }
    assert not _items(office)


def test_one_wrong_row_undoes_all_and_every_wrong_row_is_told(office, order):
    wrong = _with(order, "vhxh-guide-cchc", area="nong-nghiep")
    wrong = _with(wrong, "kt-public-assets", units=("kho-bac",))

    refused = import_directive(office, caller(office, "clerk"), wrong)

    assert isinstance(refused, NotImported)
    assert [(row.obligation, row.unit) for row in refused.rows] == [
        ("vhxh-guide-cchc", "vhxh"),
        ("kt-public-assets", "kho-bac"),
    ]
    assert "no_such_unit" in _codes(refused)
    with office.read() as uow:
        assert not uow.directives.all()
        assert not [entry for entry in uow.audit.stream("log") if b'"import"' in entry.body]
    assert not _items(office)


def test_the_numbers_of_a_refused_import_are_given_to_the_next(office, order):
    import_directive(office, caller(office, "clerk"), _with(order, "kt-public-assets", units=("kho-bac",)))

    import_directive(office, caller(office, "clerk"), order)

    assert min(item.code for item in _items(office) if item.workflow == "task") == "NV-2026-0001"


def test_the_same_directive_is_taken_in_once(office, order):
    import_directive(office, caller(office, "clerk"), order)

    again = import_directive(office, caller(office, "consolidator"), order)

    assert isinstance(again, NotImported)
    assert _codes(again) == {"directive_known"}
    assert len(_items(office)) == 48


def test_the_same_key_gives_the_same_answer_and_imports_once(office, order):
    first = import_directive(office, caller(office, "clerk", key="k1"), order)

    again = import_directive(office, caller(office, "clerk", key="k1"), order)

    assert again == replace(first, replayed=True)
    assert len(_items(office)) == 48


def test_the_same_key_for_another_directive_is_refused(office, order):
    import_directive(office, caller(office, "clerk", key="k1"), order)

    with pytest.raises(ReusedKey):
        import_directive(office, caller(office, "clerk", key="k1"), replace(order, source_hash="0" * 64))


DISPATCH = """ỦY BAN NHÂN DÂN
XÃ ĐƯỜNG AN
Số: 15/UBND-VP
Đường An, ngày 05 tháng 8 năm 2026
V/v chuẩn bị tổng kết năm

1. Phòng Kinh tế

- Chủ trì, lập báo cáo thu ngân sách trước ngày 15/9/2026.
- Thường xuyên cập nhật sổ tài sản công.

2. Văn phòng HĐND - UBND

- Tham mưu tổ chức hội nghị tổng kết trong tháng 12.

CHỦ TỊCH
"""


def test_a_plain_text_is_understood_sentence_by_sentence_and_can_be_taken_in(office):
    seen = preview(office, shipped(), DISPATCH, "cong-van.txt")

    assert seen.dispatch.ok
    assert seen.dispatch.proposed
    assert [(passage.unit_id, passage.id) for passage in seen.dispatch.passages] == [
        ("kt", "s1.1"),
        ("kt", "s1.2"),
        ("vp", "s2.1"),
    ]
    assert (seen.order.number, seen.order.dated_on) == ("15/UBND-VP", date(2026, 8, 5))
    imported = import_directive(office, caller(office, "clerk"), seen.order)
    assert isinstance(imported, Imported), imported
    assert {item.unit for item in _items(office)} <= {"kt", "vp"}
    assert imported.obligations >= 3


def test_what_was_understood_is_corrected_before_it_is_taken_in(office):
    seen = preview(office, shipped(), DISPATCH, "cong-van.txt")
    first, *rest = seen.order.obligations
    corrected = replace(first, kind="task", served_by="task", units=("kt", "vp"), due_on=date(2026, 9, 10))

    import_directive(office, caller(office, "clerk"), replace(seen.order, obligations=(corrected, *rest)))

    items = [item for item in _items(office) if item.fields["obligation"] == first.id]
    assert {item.unit for item in items} == {"kt", "vp"}
    assert {item.fields["due_on"] for item in items} == {"2026-09-10"}


def test_an_obligation_file_is_previewed_as_it_stands(office):
    seen = preview(office, shipped(), FILE.read_bytes(), FILE.name)

    assert seen.order.obligations == shipped().obligations.obligations
    assert not seen.dispatch.proposed
    assert seen.order.dated_on == date(2026, 6, 1)


def test_a_document_without_a_date_counts_from_the_day_it_is_received(office):
    seen = preview(office, shipped(), DISPATCH.replace("ngày 05 tháng 8 năm 2026", ""), "cong-van.txt")

    assert seen.order.dated_on == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        (b"khong co gi", "x.txt"),
        (b"", "x.txt"),
        (b"\xff\xfe\x00", "x.txt"),
        (b"format: 1\nobligations: 3", "x.yaml"),
        (b"a: [", "x.yaml"),
        (b"schema: cchc-directive/1", "x.yaml"),
        (b"{}", "x.json"),
    ],
)
def test_a_text_that_is_no_dispatch_gives_findings_and_no_order(office, text, file):
    seen = preview(office, shipped(), text, file)

    assert seen.order is None
    assert seen.dispatch.findings


def test_a_directive_without_obligations_or_with_one_twice_is_refused_as_a_whole(office, order):
    nothing = import_directive(office, caller(office, "clerk"), replace(order, obligations=()))
    twice = import_directive(
        office, caller(office, "clerk"), replace(order, obligations=(*order.obligations, order.obligations[0]))
    )

    assert _codes(nothing) == {"nothing_to_import"}
    assert _codes(twice) == {"obligation_twice"}
    assert not _items(office)
