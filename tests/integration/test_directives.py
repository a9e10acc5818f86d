from collections import Counter
from dataclasses import replace

import pytest

from tests.offices import DEFINITIONS, caller, moved, opened_office, shipped
from workflow.audit import canonical
from workflow.errors import ReusedKey
from workflow.services import auditing
from workflow.services.directives import Imported, NotImported, import_directive, order_of

FILE = DEFINITIONS / "obligations" / "cchc-2026.yaml"


@pytest.fixture
def office(tmp_path):
    return opened_office(tmp_path)


@pytest.fixture(scope="module")
def order():
    return order_of(shipped().obligations, FILE.read_bytes())


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
