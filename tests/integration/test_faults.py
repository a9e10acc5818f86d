"""A fault at any statement of any move leaves nothing; a lost answer is found again by its key (faults F5, F6, F9)."""

import threading
from datetime import UTC, datetime

import pytest

from tests.files import pdf
from tests.offices import at, caller, moved, new_task, opened_office
from workflow.errors import StaleItem
from workflow.persistence.statements import observing
from workflow.services import auditing, evidence
from workflow.services.deadlines import sweep
from workflow.services.moves import Done, MoveRequest, perform
from workflow.values import replace

DUE = datetime(2026, 6, 20, 16, tzinfo=UTC)


class Broken(Exception):
    """The fault that a test plants."""


@pytest.fixture
def office(ground):
    return opened_office(ground)


def rows(office):
    """Everything a move may write, as it lies in the database."""
    tables = ("item", "tally", "audit_event", "audit_private", "message", "idempotency")
    with office.read() as uow:
        return {name: uow.cursor.raw.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in tables}


def breaking(at_step):
    """An observer that raises at the step of that number, and says how many there were."""
    seen = []

    def observer(name):
        seen.append(name)
        if len(seen) == at_step:
            raise Broken(name)

    observer.seen = seen
    return observer


def attached(office, code):
    import io

    with_file = evidence.attach(office, caller(office, "head.kt"), code, "a.pdf", io.BytesIO(pdf()))
    return [with_file.sha256]


def story(office, code):
    """The moves of a task's life, each as (login, move, act, inputs, comment), late and remedied on the way."""
    files = attached(office, code)
    plan = {"cause_kind": "objective", "cause_note": "Chờ số liệu", "plan_note": "Đôn đốc", "plan_due_on": "2026-07-30"}
    return [
        ("head.kt", "dispatch", "perform", {"assignee": "officer.kt"}, None),
        ("officer.kt", "progress", "perform", {"progress": "30", "result_note": "Đang làm"}, "Ghi chú"),
        ("chairman", "suspend", "perform", {}, "Chờ ý kiến"),
        ("chairman", "resume", "perform", {}, None),
        (None, "mark_late", "clock", {}, None),
        ("head.kt", "plan", "perform", plan | {"plan_owner": "officer.kt"}, None),
        ("chairman", "plan", "approve", {}, None),
        ("chairman", "confirm_cause", "perform", {}, "Có văn bản"),
        ("head.kt", "complete", "perform", {"result_note": "Xong", "evidence": files}, None),
        ("chairman", "rework", "perform", {}, "Chưa đạt"),
        ("head.kt", "complete", "perform", {"result_note": "Xong lần hai", "evidence": files}, None),
        ("chairman", "verify", "perform", {}, None),
    ]


def act(office, step, code, key=None):
    login, move, what, inputs, comment = step
    if what == "clock":
        return sweep(office)
    done = perform(office, caller(office, login, key), MoveRequest(code, move, what, inputs, comment))
    assert isinstance(done, Done), done
    return done


def later(office, index):
    """The office on the day of that step: before the due day until the clock's, then after it."""
    return at(
        office, datetime(2026, 6, 2, 3, index, tzinfo=UTC) if index < 4 else datetime(2026, 7, 1, 3, index, tzinfo=UTC)
    )


def test_a_fault_at_every_statement_of_every_move_leaves_nothing(office):
    code = new_task(office, due_on="2026-06-20")
    steps = story(office, code)
    for index, step in enumerate(steps):
        then = later(office, index)
        # Editions are read once a process; what is broken here are the statements of the act itself.
        with then.read() as uow:
            then.editions.of(uow.items.get(code).item, uow)
        if step[2] == "clock":
            # The reminders of the days before went out in their time; what is broken here is the move alone.
            sweep(at(office, DUE))
        before, at_step = rows(then), 0
        while True:
            at_step += 1
            observer = breaking(at_step)
            try:
                with observing(observer):
                    act(then, step, code, key=f"k{index}")
            except Broken:
                if observer.seen[-1] != "committed":
                    assert rows(then) == before, f"{step[1]} at {observer.seen[-1]}"
                    continue
            # The fault struck after the commit, or not at all: the act is done, and done once.
            if step[2] != "clock":
                assert isinstance(act(then, step, code, key=f"k{index}"), Done)
            break
        assert rows(then) != before
    assert auditing.verify(office).ok
    assert auditing.replay(office).differences == ()


def test_an_answer_that_was_lost_is_given_again_and_nothing_is_done_twice(office):
    code = new_task(office)

    def lose(name):
        if name == "committed":
            raise Broken

    with pytest.raises(Broken), observing(lose):
        moved_with_key(office, code)
    again = moved_with_key(office, code)

    assert again.replayed
    with office.read() as uow:
        entries = uow.audit.stream(f"task/{again.item.id}")
    assert sum(b'"tr":"progress"' in entry.body for entry in entries) == 1


def moved_with_key(office, code):
    asked = MoveRequest(code, "progress", inputs={"progress": "10"})
    return perform(office, caller(office, "head.kt", key="same"), asked)


def test_of_many_at_once_on_one_version_exactly_one_wins(office):
    code = new_task(office)
    for round_ in range(20):
        with office.read() as uow:
            seen = uow.items.get(code).item.revision
        outcomes, barrier = [], threading.Barrier(8)

        def ask(number, seen=seen, outcomes=outcomes, barrier=barrier, round_=round_):
            request = MoveRequest(code, "progress", inputs={"progress": str(number)}, seen=seen)
            who = replace(caller(office, "head.kt"), key=f"{round_}-{number}")
            barrier.wait()
            try:
                outcomes.append(perform(office, who, request))
            except StaleItem as stale:
                outcomes.append(stale)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, StaleItem) for outcome in outcomes) == 7
    assert auditing.replay(office).differences == ()


def test_a_second_sweep_changes_nothing(office):
    code = new_task(office, due_on="2026-06-20")
    after = later(office, 5)

    assert sweep(after).fired == 1
    before = rows(after)
    assert sweep(after).fired == 0
    assert rows(after) == before
    moved(after, "chairman", code, "withdraw", comment="Không còn cần")
