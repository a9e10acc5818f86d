"""Goals 1 and 3: one step of the product on durable SQLite, held to the same work written by hand."""

import tempfile
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path
from time import process_time

from tests.benchmarks import raw, rounds
from tests.offices import OPENING, at, caller, moved, new_task, opened_office
from workflow.engine.events import instant_text
from workflow.persistence.columns import micros
from workflow.services.moves import Done, MoveRequest, perform
from workflow.services.office import Office

Clock = Callable[[], float]

_keys = count()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rounds.table("One step, durable (SQLite, synchronous FULL)", _measured(Path(folder)))


def _measured(folder: Path) -> list[rounds.Line]:
    office = opened_office(folder)
    ours, twins = task_in_progress(office), task_in_progress(office)
    connection = raw.connect(folder / "office.sqlite")
    steps = raw.Steps(connection, micros(OPENING), instant_text(OPENING))
    lines = [bare(office, ours, twins, steps), whole(office, ours, twins, steps)]
    connection.close()
    return lines


def task_in_progress(office: Office) -> str:
    """The id of a task in progress; every step below goes through the id, as the API's callers do."""
    code = new_task(office, due_on="31/12/2026")
    return moved(at(office, OPENING), "head.kt", code, "progress", progress=0).item.id


def bare(
    office: Office,
    ours: str,
    twins: str,
    steps: raw.Steps,
    goal: str = "1",
    bound: float = 2.0,
    clock: Clock = process_time,
) -> rounds.Line:
    head = caller(office, "head.kt")
    values, twin_values = cycle(range(1, 100)), cycle(range(1, 100))

    def product() -> None:
        outcome = perform(office, head, MoveRequest(ours, "progress", inputs={"progress": str(next(values))}))
        assert isinstance(outcome, Done)

    def twin() -> None:
        steps.progress(twins, head.actor.id, "kt", head.actor.roles, next(twin_values))

    return rounds.compared(goal, "bare step: rules, machine, row, chained entry", bound, product, twin, clock)


def whole(
    office: Office,
    ours: str,
    twins: str,
    steps: raw.Steps,
    goal: str = "3",
    bound: float = 3.0,
    clock: Clock = process_time,
) -> rounds.Line:
    with office.read() as uow:
        suspended = uow.items.get(ours).item.state == "suspended"
    keys, moves = _keys, cycle(("resume", "suspend") if suspended else ("suspend", "resume"))
    chairman = caller(office, "chairman")
    words = "Chờ hướng dẫn của cấp trên về kinh phí thực hiện"

    def product() -> None:
        key = f"ours-{next(keys)}"
        asked = MoveRequest(ours, next(moves), comment=words)
        outcome = perform(office, type(chairman)(chairman.actor, "web", key=key), asked)
        assert isinstance(outcome, Done)

    def twin() -> None:
        steps.turn(twins, chairman.actor.id, chairman.actor.roles, words, f"raw-{next(keys)}")

    return rounds.compared(
        goal, "whole step: + request key, message, counts, sealed comment", bound, product, twin, clock
    )


if __name__ == "__main__":
    main()
