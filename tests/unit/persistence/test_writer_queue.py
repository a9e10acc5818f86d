"""The line of those who write into one SQLite file."""

import fcntl
import multiprocessing
import threading
from pathlib import Path

import pytest

from workflow.errors import Busy
from workflow.persistence.writer_queue import WriterQueue

PATIENCE = 20


@pytest.fixture
def queue_of(tmp_path):
    """Another process's view of the same line, as far as the system's locks go."""
    made = []

    def another(patience=PATIENCE):
        made.append(WriterQueue(str(tmp_path / "office.sqlite"), patience))
        return made[-1]

    yield another
    for queue in made:
        queue.close()


def hold_and_die(path, told):
    queue = WriterQueue(path, PATIENCE)
    queue.enter()
    told.set()
    threading.Event().wait(PATIENCE)


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_one_writes_at_a_time_and_all_come_to_write(queue_of):
    queues, inside, most, turns = [queue_of() for _ in range(3)], [], [], []

    def write(queue):
        for _ in range(20):
            queue.enter()
            inside.append(queue)
            most.append(len(inside))
            inside.remove(queue)
            turns.append(queue)
            queue.leave()

    threads = [in_a_thread(lambda queue=queue: write(queue)) for queue in queues for _ in range(2)]
    for thread in threads:
        thread.join(PATIENCE)

    assert max(most) == 1
    assert [turns.count(queue) for queue in queues] == [40, 40, 40]


def test_who_has_written_does_not_overtake_who_waits(queue_of):
    first, second, turns = queue_of(), queue_of(), []
    first.enter()
    waiting = in_a_thread(lambda: (second.enter(), turns.append("second"), second.leave()))
    line = first._files[0]
    while is_free(line.name):
        pass

    first.leave()
    first.enter()
    turns.append("first")
    first.leave()
    waiting.join(PATIENCE)

    assert turns == ["second", "first"]


def is_free(path):
    """Whether nobody is next."""
    with Path(path).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_who_waits_too_long_is_told_and_stands_in_nobodys_way(queue_of):
    first, impatient, third = queue_of(), queue_of(0.02), queue_of()
    first.enter()

    with pytest.raises(Busy):
        impatient.enter()
    first.leave()

    for queue in (third, impatient, third):
        queue.patience = PATIENCE
        queue.enter()
        queue.leave()


def test_threads_of_one_process_are_told_too(queue_of):
    queue = queue_of(0.02)
    queue.enter()

    with pytest.raises(Busy):
        queue.enter()

    queue.leave()
    queue.enter()
    queue.leave()


def test_the_turn_of_a_process_that_dies_is_free_again(queue_of, tmp_path):
    context = multiprocessing.get_context("spawn")
    told = context.Event()
    process = context.Process(target=hold_and_die, args=(str(tmp_path / "office.sqlite"), told), daemon=True)
    process.start()
    assert told.wait(PATIENCE)
    process.kill()
    process.join()

    queue = queue_of()
    queue.enter()
    queue.leave()
