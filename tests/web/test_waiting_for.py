"""Whom an item waits for: the page says the person that the word of its state names, and the unit's head where nobody is."""

import pytest

from tests.offices import moved, new_task, shipped
from web.i18n import speaking
from web.pages.presenting import waits_for
from web.titles import titles_of
from workflow.engine.facts import held_by


@pytest.fixture
def told(app, office):
    """What page and worklist say of the item of that code."""

    def of(code):
        with app.test_request_context(), office.read() as uow, speaking("vi"):
            item, titles = uow.items.get(code).item, titles_of(uow)
            definition = shipped().workflows[item.workflow].definition
            word, person = held_by(definition, item)
            page = waits_for(item, definition, titles)
            return page, titles.person(person) if person else titles.who(word, item.unit, definition)

    return of


def test_nobody_is_named_yet_so_the_head_of_the_unit_is_waited_for(office, told):
    code = new_task(office, "kt")

    page, worklist = told(code)

    assert page == worklist
    assert page.endswith("– Phòng Kinh tế")


def test_whoever_is_named_is_waited_for_by_his_post(office, told):
    code = new_task(office, "kt")
    moved(office, "head.kt", code, "dispatch", assignee="officer.kt")

    assert told(code) == ("Chuyên viên Phòng Kinh tế", "Chuyên viên Phòng Kinh tế")
