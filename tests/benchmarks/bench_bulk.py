"""Goal 6: one move on a hundred items, held item by item to a single durable step written by hand.

Beside it the least that can be asked for: the same hundred rows, entries and messages by hand, in one transaction, undecided.
"""

import statistics
import tempfile
import time
from itertools import count
from pathlib import Path

from tests.benchmarks import raw, rounds
from tests.offices import OPENING, caller, moved, new_task, opened_office
from workflow.engine.events import instant_text
from workflow.persistence.columns import micros
from workflow.persistence.jobs import Asked
from workflow.services.items import NewItem, create
from workflow.services.jobs import start, told, work
from workflow.services.office import Office

ITEMS = 100
_UNMEASURED = 3
"""As with every other measure, both are warm before they are compared."""
BOUND = 1 / 5
"""Five times faster than a raw step was hoped for; the line says how many raw steps one item costs."""
_ABOVE_THE_LEAST = 2.0
"""As a bare step (goal 1) may cost twice what it costs by hand, so may a hundred."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = opened_office(Path(folder))
        connection = raw.connect(Path(folder) / "office.sqlite")
        rounds.table(f"One move on {ITEMS} items (SQLite, synchronous FULL)", bulk(office, connection))
        connection.close()


def bulk(office: Office, connection: raw.Driver, bound: float = BOUND) -> list[rounds.Line]:
    twin, *twins = [_in_progress(office) for _ in range(ITEMS + 1)]
    steps = raw.Steps(connection, micros(OPENING), instant_text(OPENING))
    chairman, keys = caller(office, "chairman").actor, count()

    def one() -> None:
        steps.turn(twin, chairman.id, chairman.roles, "Chờ hướng dẫn của cấp trên", f"bulk-{next(keys)}")

    def hundred() -> None:
        steps.turns(twins, chairman.id, chairman.roles, f"job-{next(keys)}")

    for _ in range(_UNMEASURED):
        hundred()
        _assigned(office, [_draft(office) for _ in range(ITEMS)])
    ours, step, least = [], [], []
    for _ in range(rounds.ROUNDS):
        before = rounds.cpu(one)
        least.append(rounds.cpu(hundred) / ITEMS)
        # Made between the two: they bring the product's own connection back to the pages that the other one wrote.
        drafts = [_draft(office) for _ in range(ITEMS)]
        ours.append(_assigned(office, drafts))
        step.append((before + rounds.cpu(one)) / 2)
    return [
        _line("6", "a job of 100 moves, per item, each decided and logged / a raw step", bound, ours, step),
        _line("(6)", "the same rows by hand, undecided, in one transaction / a raw step", bound, least, step),
        _line("(6)", "a job of 100 moves / the same rows by hand", _ABOVE_THE_LEAST, ours, least),
    ]


def _line(goal: str, what: str, bound: float, ours: list[float], twin: list[float]) -> rounds.Line:
    note = f"{statistics.median(ours):.0f} µs against {statistics.median(twin):.0f} µs"
    return rounds.Line(
        goal, what, "x", bound, tuple(mine / other for mine, other in zip(ours, twin, strict=True)), note
    )


def _in_progress(office: Office) -> str:
    return moved(office, "head.kt", new_task(office, due_on="31/12/2026"), "progress", progress=0).item.id


def _draft(office: Office) -> Asked:
    fields = {"title": "Rà soát thủ tục", "source": "KH 12", "area": "the-che", "due_on": "31/12/2026"}
    item = create(office, caller(office, "clerk"), NewItem("task", "kt", fields)).item
    return Asked(item.code, item.revision)


def _assigned(office: Office, drafts: list[Asked]) -> float:
    """Microseconds of CPU per item for all of them being assigned."""
    chairman = caller(office, "chairman")
    began = time.process_time()
    job = start(office, chairman, "assign", drafts, None)
    work(office)
    spent = (time.process_time() - began) / len(drafts) * 1e6
    assert all(row.row.state == "assigned" for row in told(office, chairman, job))
    return spent


if __name__ == "__main__":
    main()
