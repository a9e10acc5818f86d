"""Requests that wait at the same time share a transaction: nobody is left waiting, and nobody pays for another's fault."""

import threading
from contextlib import contextmanager

import pytest

from workflow.errors import Busy
from workflow.persistence.together import ALONE, InCompany

PATIENCE = 20


class Writer:
    """Takes the requests as they come together; the first of them waits until it is let go on."""

    def __init__(self, fault=None):
        self.together = []
        self.began, self.go_on = threading.Event(), threading.Event()
        self._fault = fault

    def __call__(self, requests):
        self.together.append(tuple(requests))
        if requests[0] == "first":
            self.began.set()
            assert self.go_on.wait(PATIENCE)
        if self._fault:
            self._fault(requests)
        return [f"done {request}" for request in requests]


class Asker(threading.Thread):
    def __init__(self, line, write, request):
        super().__init__()
        self.answer = None
        self._asked = (line, write, request)
        self.start()

    def run(self):
        line, write, request = self._asked
        try:
            self.answer = line.do(write, request)
        except BaseException as fault:  # noqa: BLE001  looked at below
            self.answer = fault


def waiting(line, count):
    """Return when so many wait in the line."""
    while len(line._waiting) < count:
        pass


@contextmanager
def held_up(line, write, *requests):
    """Who asks for `requests` while the first one is still being written; all have their answer afterwards."""
    first = Asker(line, write, "first")
    assert write.began.wait(PATIENCE)
    others = []
    for request in requests:
        others.append(Asker(line, write, request))
        waiting(line, len(others))
    yield [first, *others]
    write.go_on.set()
    for asker in (first, *others):
        asker.join(PATIENCE)
        assert not asker.is_alive()


def answers(askers):
    return [asker.answer for asker in askers]


def test_who_comes_while_another_writes_is_written_with_all_who_wait():
    write = Writer()
    with held_up(InCompany(), write, "second", "third", "fourth") as askers:
        pass

    assert write.together == [("first",), ("second", "third", "fourth")]
    assert answers(askers) == ["done first", "done second", "done third", "done fourth"]


def test_no_more_share_a_transaction_than_may():
    write = Writer()
    with held_up(InCompany(most=2), write, "second", "third", "fourth") as askers:
        pass

    assert write.together == [("first",), ("second", "third"), ("fourth",)]
    assert answers(askers)[3] == "done fourth"


def test_who_waits_for_other_work_is_not_mixed_in():
    line, write = InCompany(), Writer()
    other = Writer()
    with held_up(line, write, "second") as askers:
        stranger = Asker(line, other, "third")
        waiting(line, 2)

    stranger.join(PATIENCE)
    assert (write.together, other.together) == ([("first",), ("second",)], [("third",)])
    assert [*answers(askers), stranger.answer] == ["done first", "done second", "done third"]


def test_who_breaks_the_transaction_of_all_is_told_and_the_others_are_done():
    def broken(requests):
        if "bad" in requests:
            raise ZeroDivisionError

    write = Writer(broken)
    with held_up(InCompany(), write, "second", "bad", "fourth") as askers:
        pass

    assert answers(askers)[::3] == ["done first", "done fourth"]
    assert isinstance(askers[2].answer, ZeroDivisionError)
    assert write.together[2:] == [("second",), ("bad",), ("fourth",)]


def test_a_fault_that_is_an_answer_is_raised_to_whom_it_belongs_alone():
    def judged(requests):
        return [KeyError(one) if one == "second" else f"done {one}" for one in requests if write([one])]

    line, write = InCompany(), Writer()
    first = Asker(line, judged, "first")
    assert write.began.wait(PATIENCE)
    others = [Asker(line, judged, request) for request in ("second", "third")]
    waiting(line, 2)
    write.go_on.set()
    for asker in (first, *others):
        asker.join(PATIENCE)

    assert isinstance(others[0].answer, KeyError)
    assert (first.answer, others[1].answer) == ("done first", "done third")


def test_where_the_database_is_held_all_are_told_so_and_none_tries_again():
    def held(requests):
        if len(requests) > 1:
            raise Busy("held")

    write = Writer(held)
    with held_up(InCompany(), write, "second", "third") as askers:
        pass

    assert [type(asker.answer) for asker in askers[1:]] == [Busy, Busy]
    assert askers[1].answer is not askers[2].answer
    assert len(write.together) == 2


def test_who_is_stopped_while_he_writes_for_others_leaves_nobody_waiting():
    class Stopped(BaseException):
        pass

    def stopped(requests):
        if "second" in requests:
            raise Stopped

    line, write = InCompany(), Writer(stopped)
    with held_up(line, write, "second", "third") as askers:
        pass

    assert [type(asker.answer) for asker in askers[1:]] == [Stopped, Busy]
    assert line.do(write, "fourth") == "done fourth"


def test_many_threads_all_get_their_own_answer():
    line = InCompany(most=5)
    found = {}

    def answered(requests):
        return [("answer", request) for request in requests]

    def ask(n):
        for k in range(200):
            found[n, k] = line.do(answered, (n, k))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert found == {(n, k): ("answer", (n, k)) for n in range(12) for k in range(200)}


def test_where_several_may_write_at_once_each_writes_alone():
    write = Writer()

    assert ALONE.do(write, "second") == "done second"
    with pytest.raises(ZeroDivisionError):
        ALONE.do(lambda _: [ZeroDivisionError()], "third")
