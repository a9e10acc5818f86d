"""The inbox holds what waits for a person and what he may act on; list and badge agree."""

import pytest

from tests.offices import caller, moved, new_task, opened_office
from workflow.services.inbox import Badge, waiting
from workflow.services.items import NewItem, create


@pytest.fixture
def office(ground):
    return opened_office(ground)


def codes(office, login):
    actor = caller(office, login).actor
    with office.read() as uow:
        found = [one.item.code for one in waiting(office, uow, actor)]
        assert Badge(office).count(uow, actor) == len(found)
    return found


def test_a_task_waits_for_one_after_the_other(office):
    made = create(
        office, caller(office, "clerk"), NewItem("task", "kt", {"title": "A", "source": "B", "area": "the-che"})
    )
    code = made.item.code
    assert codes(office, "chairman") == [code]
    assert codes(office, "head.kt") == []

    moved(office, "chairman", code, "assign")
    assert codes(office, "chairman") == []
    assert codes(office, "head.kt") == [code]
    assert codes(office, "head.vp") == []

    moved(office, "head.kt", code, "start")
    moved(office, "head.kt", code, "dispatch", assignee="officer.kt")
    assert codes(office, "officer.kt") == [code]


def test_the_vice_chairman_finds_what_lies_in_his_areas_only(office):
    def drafted(area):
        asked = NewItem("task", "kt", {"title": area, "source": "B", "area": area})
        return create(office, caller(office, "clerk"), asked).item.code

    within, without = drafted("chuyen-doi-so"), drafted("tai-chinh-cong")

    assert within in codes(office, "vice")
    assert without not in codes(office, "vice")


def test_the_auditor_and_the_administrator_have_nothing_to_do(office):
    new_task(office)

    assert codes(office, "auditor") == codes(office, "admin") == []


def test_the_badge_counts_again_once_something_was_written(office):
    badge = Badge(office)
    actor = caller(office, "head.kt").actor
    with office.read() as uow:
        assert badge.count(uow, actor) == 0
    new_task(office)
    with office.read() as uow:
        assert badge.count(uow, actor) == 1
