"""A move on many items: each is a move like any other, decided when its turn comes; nothing is done twice."""

import pytest

from tests.offices import HOUSE, caller, moved, opened_office
from workflow.errors import NotFound, ReusedKey
from workflow.persistence.jobs import Asked
from workflow.persistence.statements import observing
from workflow.services import people
from workflow.services.items import NewItem, create
from workflow.services.jobs import cancel, find, own, start, told, work


@pytest.fixture
def office(ground):
    return opened_office(ground)


def drafts(office, count):
    clerk = caller(office, "clerk")
    fields = {"title": "Rà soát", "source": "KH 12", "area": "the-che"}
    return [create(office, clerk, NewItem("task", "kt", fields)).item for _ in range(count)]


def asked(items):
    return [Asked(item.code, item.revision) for item in items]


def states(office, items):
    with office.read() as uow:
        return [uow.items.get(item.code).item.state for item in items]


def begun(office, items, login="chairman", key=None, move="assign"):
    return start(office, caller(office, login, key), move, asked(items), None)


def test_every_row_is_done_and_told_in_order(office):
    items = drafts(office, 3)
    job = begun(office, items)
    assert (job.total, job.done, job.is_over) == (3, 0, False)

    assert work(office) == 3

    chairman = caller(office, "chairman")
    job = find(office, chairman, job.id)
    assert (job.done, job.is_over) == (3, True)
    assert [(row.item.code, row.row.state, row.reasons) for row in told(office, chairman, job)] == [
        (item.code, "assigned", ()) for item in items
    ]
    assert states(office, items) == ["assigned"] * 3


def test_what_is_refused_for_one_undoes_nothing_of_another(office):
    items = drafts(office, 3)
    job = begun(office, items)
    begun(office, items[1:2])
    work(office)

    rows = told(office, caller(office, "chairman"), find(office, caller(office, "chairman"), job.id))
    again = told(office, caller(office, "chairman"), own(office, caller(office, "chairman"))[0])

    assert [row.reasons for row in rows] == [(), (), ()]
    assert [reason.code for row in again for reason in row.reasons] == ["stale"]


def test_whoever_asked_has_no_more_power_than_he_has_when_it_is_done(office):
    items = drafts(office, 1)
    job = begun(office, items, "head.kt")
    work(office)

    (row,) = told(office, caller(office, "head.kt"), find(office, caller(office, "head.kt"), job.id))
    assert [reason.code for reason in row.reasons] == ["not_permitted"]
    assert states(office, items) == ["draft"]


def test_a_locked_account_does_nothing_any_more(office):
    items = drafts(office, 1)
    begun(office, items)
    people.lock(office, HOUSE, "chairman")

    work(office)

    assert states(office, items) == ["draft"]


def test_a_move_that_is_not_for_many_is_not_for_a_job_either(office):
    items = drafts(office, 1)
    job = begun(office, items, move="withdraw")
    work(office)

    (row,) = told(office, caller(office, "chairman"), find(office, caller(office, "chairman"), job.id))
    assert [reason.code for reason in row.reasons] == ["not_bulk"]


def test_the_same_key_begins_one_job(office):
    items = drafts(office, 2)

    assert begun(office, items, key="k").id == begun(office, items, key="k").id
    with pytest.raises(ReusedKey):
        begun(office, items[:1], key="k")
    assert work(office) == 2


class Killed(Exception):
    """The process ends here."""


def test_a_batch_that_the_process_left_halfway_is_done_again_whole(office):
    items = drafts(office, 2)
    job = begun(office, items)

    def die(name):
        if name == "jobs.settle":
            raise Killed

    with pytest.raises(Killed), observing(die):
        work(office)
    assert states(office, items) == ["draft", "draft"]

    assert work(office) == 2

    rows = told(office, caller(office, "chairman"), find(office, caller(office, "chairman"), job.id))
    assert [(row.row.state, row.reasons) for row in rows] == [("assigned", ()), ("assigned", ())]
    with office.read() as uow:
        assert [uow.items.get(item.code).item.revision for item in items] == [2, 2]


def test_a_broken_row_is_told_of_and_holds_up_neither_the_others_nor_the_next_job(office, caplog):
    items, others = drafts(office, 3), drafts(office, 1)
    job, following = begun(office, items), begun(office, others)
    entered = []

    def breaks(name):
        """All four together, and then the second of them alone."""
        if name == "audit.append":
            entered.append(name)
            if len(entered) in (1, 3):
                raise ZeroDivisionError

    with observing(breaks):
        assert work(office) == 4

    chairman = caller(office, "chairman")
    rows = told(office, chairman, find(office, chairman, job.id))
    assert [[reason.code for reason in row.reasons] for row in rows] == [[], ["broken"], []]
    assert states(office, [*items, *others]) == ["assigned", "draft", "assigned", "assigned"]
    assert find(office, chairman, following.id).is_over
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


def test_a_row_that_is_refused_in_the_midst_of_a_batch_leaves_a_refusal_and_nothing_else(office):
    items = drafts(office, 3)
    moved(office, "chairman", items[1].code, "assign")
    with office.read() as uow:
        seen = [Asked(item.code, uow.items.get(item.code).item.revision) for item in items]
    start(office, caller(office, "chairman"), "assign", seen, None)

    work(office)

    assert states(office, items) == ["assigned"] * 3
    with office.read() as uow:
        assert [uow.items.get(item.code).item.revision for item in items] == [2, 2, 2]
        assert [uow.audit.head(f"refusal/{item.id}").n for item in items] == [0, 1, 0]


def test_what_is_stopped_is_left_as_it_is(office):
    items = drafts(office, 2)
    job = begun(office, items)

    assert cancel(office, caller(office, "chairman"), job.id).is_over

    assert work(office) == 0
    assert states(office, items) == ["draft", "draft"]


def test_a_job_is_its_askers_own(office):
    job = begun(office, drafts(office, 1))

    for act in (find, cancel):
        with pytest.raises(NotFound):
            act(office, caller(office, "vice"), job.id)
    assert own(office, caller(office, "vice")) == ()
