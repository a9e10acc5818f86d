"""What several relays and refusals do at once: each gets its own, nobody waits in vain."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from workflow.audit import ActorMark, compose

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
PATIENCE = 20


def with_messages(database, number):
    with database.write() as uow:
        return [uow.messages.put("notify", {}, NOW) for _ in range(number)]


@contextmanager
def elsewhere(work):
    """`work` in another thread while the block runs; it has ended afterwards."""
    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_relay_gets_as_many_messages_as_it_asks_for_the_longest_due_first(database):
    ids = with_messages(database, 50)

    with database.write() as uow:
        first = [one.id for one in uow.messages.claim("one", NOW, LATER, 20)]
        second = [one.id for one in uow.messages.claim("two", NOW, LATER, 100)]

    assert first == ids[:20]
    assert second == ids[20:]


@pytest.mark.parametrize("ground", ["postgresql"], indirect=True)
def test_a_relay_does_not_wait_for_what_another_is_just_claiming(database):
    ids = with_messages(database, 4)
    found = []

    def other():
        with database.write() as uow:
            found.extend(one.id for one in uow.messages.claim("two", NOW, LATER, 4))

    with database.write() as uow:
        mine = [one.id for one in uow.messages.claim("one", NOW, LATER, 2)]
        with elsewhere(other) as thread:
            thread.join(PATIENCE)
            assert found == ids[2:]

    assert mine == ids[:2]


def test_two_entries_of_one_stream_without_a_row_follow_each_other(database):
    def refuse(done):
        with database.write() as uow:
            head = uow.audit.head("refusal/i1")
            uow.audit.append(
                compose(  # noqa: S604  a word of the log, no process
                    stream="refusal/i1",
                    n=head.n + 1,
                    previous=head.leaf,
                    recorded_at=NOW,
                    effective_at=NOW,
                    type="refusal",
                    actor=ActorMark("p-an"),
                    shell="web",
                )
            )
        done.append(head.n + 1)

    numbers = []
    threads = [threading.Thread(target=refuse, args=(numbers,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_a_log_longer_than_one_fetch_is_walked_whole_while_others_are_asked(database):
    with database.write() as uow:
        previous = b""
        for n in range(1, 1203):
            made = compose(  # noqa: S604  a word of the log, no process
                stream="person/p-an",
                n=n,
                previous=previous,
                recorded_at=NOW,
                effective_at=NOW,
                type="person",
                actor=ActorMark("p-an"),
                shell="web",
            )
            uow.audit.append(made)
            previous = made.head.leaf

    with database.read() as uow:
        numbers = []
        for entry in uow.audit.entries_by_stream():
            numbers.append(entry.n)
            if entry.n % 400 == 0:
                assert uow.audit.head("person/p-an").n == 1202
        again = sum(1 for _ in uow.audit.entries_by_stream())

    assert numbers == list(range(1, 1203))
    assert again == 1202
