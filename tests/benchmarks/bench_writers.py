"""Goals 5 and 8: many who write at once. Each waits its turn; how long, and do all get as much of it?"""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count, cycle
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.benchmarks import raw, rounds
from tests.benchmarks.bench_perform import task_in_progress
from tests.databases import Database, Ground, PostgresqlStock, sqlite_ground
from tests.offices import OPENING, caller, office_over, opened_office, shipped
from tests.servers import NotHad, postgres_server
from workflow.engine.events import instant_text
from workflow.errors import Busy
from workflow.persistence import open_engine
from workflow.persistence.columns import micros
from workflow.services.moves import Done, MoveRequest, perform
from workflow.services.office import Office

REQUESTS = 16
PROCESSES = 8
SECONDS = 2.0
_ROUNDS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ground = sqlite_ground(Path(folder))
        rounds.table(
            "Many writers at once (SQLite, synchronous FULL)", [*_waiting_requests(ground), *_processes(ground, 0.5)]
        )
    try:
        with ExitStack() as closing:
            databases = PostgresqlStock(closing.enter_context(postgres_server(fsync="on")))
            closing.callback(databases.close)
            ground = Ground(databases, Path(closing.enter_context(tempfile.TemporaryDirectory())))
            closing.callback(ground.close)
            rounds.table("Many writers at once (PostgreSQL, fsync on)", _processes(ground, 0.6))
    except NotHad as fault:
        print(f"\nNo PostgreSQL could be had, so nothing on it was measured: {fault}")


def _step(office: Office, code: str) -> Callable[[], bool]:
    """One bare move of that task; False where the database was held too long."""
    head, values = caller(office, "head.kt"), cycle(range(1, 100))

    def step() -> bool:
        try:
            outcome = perform(office, head, MoveRequest(code, "progress", inputs={"progress": str(next(values))}))
        except Busy:
            return False
        assert isinstance(outcome, Done)
        return True

    return step


# -- requests that wait in one process ----------------------------------------------------------------------------------


def _waiting_requests(ground: Ground) -> list[rounds.Line]:
    office = opened_office(ground)
    twin, *tasks = [task_in_progress(office) for _ in range(2 * REQUESTS + 1)]
    connection = raw.connect(ground.made[-1].folder / "office.sqlite")
    by_hand = raw.Steps(connection, micros(OPENING), instant_text(OPENING))
    head, values = caller(office, "head.kt").actor, cycle(range(1, 100))
    steps = [_step(office, code) for code in tasks[:REQUESTS]]
    ours, least = [], []
    for _ in range(_ROUNDS):
        one = rounds.cpu(
            lambda: by_hand.progress(twin, head.id, "kt", head.roles, next(values)), clock=time.perf_counter
        )
        ours.append(_together(steps) / one)
        with _one_writer(by_hand) as write:
            asked = [partial(write, (code, head.id, "kt", head.roles, 50)) for code in tasks[REQUESTS:]]
            least.append(_together(asked) / one)
    connection.close()
    return [
        rounds.Line("5", f"{REQUESTS} waiting requests: a step of theirs / a raw step, wall", "x", 0.5, tuple(ours)),
        rounds.Line("(5)", f"{REQUESTS} by hand, undecided, by one writer / a raw step, wall", "x", 0.5, tuple(least)),
    ]


@contextmanager
def _one_writer(by_hand: raw.Steps) -> Iterator[Callable[[raw.Progress], bool]]:
    """The least that waiting together can cost: a thread that writes for all who wait, and commits once for them."""
    waiting: SimpleQueue[tuple[raw.Progress, threading.Event] | None] = SimpleQueue()

    def write() -> None:
        while (first := waiting.get()) is not None:
            taken = [first]
            with suppress(Empty):
                while (one := waiting.get_nowait()) is not None:
                    taken.append(one)
            by_hand.progresses(asked for asked, _ in taken)
            for _, written in taken:
                written.set()

    def ask(asked: raw.Progress) -> bool:
        written = threading.Event()
        waiting.put((asked, written))
        return written.wait()

    writer = threading.Thread(target=write)
    writer.start()
    yield ask
    waiting.put(None)
    writer.join()


def _together(steps: list[Callable[[], bool]]) -> float:
    """Microseconds from one finished step to the next, over all threads."""
    done, until = count(), time.perf_counter() + SECONDS / 2

    def work(step: Callable[[], bool]) -> None:
        while time.perf_counter() < until:
            if step():
                next(done)

    threads = [threading.Thread(target=work, args=(step,)) for step in steps]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - began) / next(done) * 1e6


# -- processes ----------------------------------------------------------------------------------------------------------


def _processes(ground: Ground, share: float) -> list[rounds.Line]:
    office = opened_office(ground)
    database = ground.made[-1]
    tasks = [task_in_progress(office) for _ in range(PROCESSES)]
    database.close()
    longest, uneven, failed = [], [], []
    for _ in range(_ROUNDS):
        told = _told_by(database, tasks)
        longest.append(max(one["longest"] for one in told))
        uneven.append(max(one["steps"] for one in told) / max(1, min(one["steps"] for one in told)))
        failed.append(sum(one["failed"] for one in told))
    return [
        rounds.Line("8", f"{PROCESSES} processes: the longest wait for one step", "s", 0.5, tuple(longest)),
        rounds.Line(
            "8", f"{PROCESSES} processes: steps of the luckiest / of the unluckiest", "x", 1 / share, tuple(uneven)
        ),
        rounds.counted("8", f"{PROCESSES} processes: steps that were told to try again", 0, failed),
    ]


def _told_by(database: Database, tasks: list[str]) -> list[dict[str, float]]:
    """What each process says of its time; all begin together, each with connections of its own."""
    start, begin = os.pipe()
    answers = []
    for code in tasks:
        answer, tell = os.pipe()
        if os.fork() == 0:
            os.close(begin)
            os.close(answer)
            with os.fdopen(tell, "w") as told:
                json.dump(_life(database, code, start), told)
            sys.stdout.flush()
            os._exit(0)
        os.close(tell)
        answers.append(answer)
    os.close(start)
    time.sleep(1)
    os.close(begin)
    told = [json.loads(os.fdopen(answer).read()) for answer in answers]
    for _ in tasks:
        os.wait()
    return told


def _life(database: Database, code: str, start: int) -> dict[str, float]:
    engine = open_engine(database.url)
    own = Database(database.name, database.url, database.owner_url, database.folder, engine, engine)
    step = _step(office_over(own), code)
    step()
    os.read(start, 1)
    steps, failed, longest = 0, 0, 0.0
    until = time.perf_counter() + SECONDS
    while (began := time.perf_counter()) < until:
        if step():
            steps += 1
        else:
            failed += 1
        longest = max(longest, time.perf_counter() - began)
    return {"steps": steps, "failed": failed, "longest": longest}


if __name__ == "__main__":
    shipped()
    main()
