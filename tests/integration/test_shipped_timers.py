"""Every notice that a timer of the shipped workflows names is really sent: each state is lived through by moving the clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.offices import at, caller, moved, new_task, opened_office, shipped
from web.notices import SENTENCES, sentence
from web.wiring import NOTICES
from workflow.outbox.inline import relay_inline
from workflow.services import overrides
from workflow.services.consolidation import consolidate
from workflow.services.deadlines import sweep
from workflow.services.items import Created, NewItem, create
from workflow.services.moves import MoveRequest, perform
from workflow.services.overrides import Wanted
from workflow.services.reports import open_due

FACTS = {"title": "Công khai ngân sách", "source": "Kế hoạch năm", "area": "tai-chinh-cong"}
PLAN = {"cause_kind": "objective", "cause_note": "Chờ", "plan_note": "Làm thêm", "plan_owner": "officer.kt"}
BEGUN = date(2026, 6, 15)
DAYS = 45


@pytest.fixture
def office(tmp_path):
    return opened_office(tmp_path)


def on(office, day, hour=8):
    return at(office, datetime(day.year, day.month, day.day, hour - 7, tzinfo=UTC))


def task(office):
    return new_task(on(office, BEGUN), due_on="17/07/2026")


def duty(office):
    facts = FACTS | {"due_on": "17/07/2026", "assignee": "officer.kt"}
    made = create(on(office, BEGUN), caller(office, "clerk"), NewItem("standing", "kt", facts))
    assert isinstance(made, Created), made
    return made.item.code


def finding(office):
    facts = FACTS | {"shortcoming": "Niêm yết thiếu"}
    made = create(on(office, BEGUN), caller(office, "clerk"), NewItem("finding", "kt", facts))
    assert isinstance(made, Created), made
    moved(on(office, BEGUN), "chairman", made.item.code, "assign", due_on="17/07/2026", assignee="officer.kt")
    return made.item.code


def report(office):
    (opened,) = (one for one in open_due(on(office, BEGUN, 9)).periods if one.period.name == "2026-07")
    return next(item.code for item in opened.items if item.unit == "kt")


def child(office, move, **inputs):
    code = task(office)
    moved(on(office, BEGUN), "head.kt", code, move, **inputs)
    with office.read() as uow:
        (found,) = uow.items.children(uow.items.get(code).item.id)
    return found.item.code


def difficulty(office):
    return child(office, "escalate", comment="Thiếu kinh phí")


def extension(office):
    return child(office, "extend", comment="Chờ số liệu", proposed_due_on="30/09/2026")


def explanation(office):
    said = {"title": "Giải trình tháng 6", "period": "2026-06", "explanation": "Thiếu người"}
    return create(on(office, BEGUN), caller(office, "head.kt"), NewItem("explanation", "kt", said)).item.code


def consolidation(office):
    return consolidate(on(office, BEGUN), caller(office, "consolidator"), "monthly", "2026-06").item.code


MAKERS = {
    "consolidation": consolidation,
    "explanation": explanation,
    "task": task,
    "standing": duty,
    "finding": finding,
    "report": report,
    "escalation": difficulty,
    "extension": extension,
}
TIMED = sorted(
    (name, state, timer.name)
    for name, made in shipped().workflows.items()
    for timer in made.definition.timers.values()
    for state in timer.states
    if timer.notify
)


def put(office, code, state):
    """Into that state by the one way past a workflow."""
    then = on(office, BEGUN)
    with office.read() as uow:
        if uow.items.get(code).item.state == state:
            return
    asked = overrides.ask(then, caller(office, "admin"), Wanted(code, state, "Để thử"))
    overrides.grant(then, caller(office, "chairman"), asked.id, "Đồng ý")


def planned(office, code):
    put(office, code, "late")
    then = on(office, BEGUN)
    plan = PLAN | {"plan_due_on": "10/07/2026"}
    perform(then, caller(office, "head.kt"), MoveRequest(code, "plan", inputs=plan))
    perform(then, caller(office, "chairman"), MoveRequest(code, "plan", "approve"))


def lived_through(office, code):
    """Who got which notice about that item in the days that follow, one round of the clock a day."""
    for n in range(1, DAYS):
        then = on(office, BEGUN + timedelta(days=n), 9)
        sweep(then)
        relay_inline(then)
    with office.read() as uow:
        item = uow.items.get(code).item
        people = ("chairman", "clerk", "head.kt", "officer.kt", "head.vp", "consolidator")
        return [
            notice
            for login in people
            if (person := uow.people.id_of_login(login))
            for notice in uow.notices.of_person(person, 500)
            if notice.item == item.id
        ]


@pytest.mark.parametrize(("workflow", "state"), sorted({(name, state) for name, state, _timer in TIMED}))
def test_every_reminder_of_a_state_is_sent(office, workflow, state):
    definition = shipped().workflows[workflow].definition
    code = MAKERS[workflow](office)
    if state == "remediation_planned":
        planned(office, code)
    else:
        put(office, code, state)
    if (workflow, state) == ("standing", "in_progress"):
        line = {"period": "2026-06", "met": "false", "cause_kind": "objective", "cause_note": "Chờ"}
        remedy = {"remedy_note": "Làm thêm", "remedy_due_on": "25/06/2026"}
        moved(on(office, BEGUN), "head.kt", code, "record", **line, **remedy)

    found = lived_through(office, code)

    wanted = {definition.timers[timer].template for name, there, timer in TIMED if (name, there) == (workflow, state)}
    assert wanted <= {notice.template for notice in found}
    assert all(sentence(notice, {workflow: definition}) for notice in found)


def test_every_notice_of_a_timer_has_a_sentence_of_its_own():
    templates = {
        timer.template
        for made in shipped().workflows.values()
        for timer in made.definition.timers.values()
        if timer.notify
    }

    assert templates <= set(SENTENCES)
    assert templates <= NOTICES
