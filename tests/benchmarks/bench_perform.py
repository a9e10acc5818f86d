"""Goals 1 and 3: one step of the product on durable SQLite, held to the same work written by hand."""

import tempfile
from itertools import count, cycle
from pathlib import Path

from tests.benchmarks import raw, rounds
from tests.offices import OPENING, at, caller, moved, new_task, opened_office
from workflow.engine.events import instant_text
from workflow.persistence.columns import micros
from workflow.services.moves import Done, MoveRequest, perform
from workflow.services.office import Office


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rounds.table("One step, durable (SQLite, synchronous FULL)", _measured(Path(folder)))


def _measured(folder: Path) -> list[rounds.Line]:
    office = opened_office(folder)
    ours, twins = _task(office), _task(office)
    connection = raw.connect(folder / "office.sqlite")
    steps = raw.Steps(connection, micros(OPENING), instant_text(OPENING))
    lines = [_bare(office, ours, twins, steps), _whole(office, ours, twins, steps)]
    connection.close()
    return lines


def _task(office: Office) -> str:
    """The id of a task in progress; every step below goes through the id, as the API's callers do."""
    code = new_task(office, due_on="31/12/2026")
    return moved(at(office, OPENING), "head.kt", code, "progress", progress=0).item.id


def _bare(office: Office, ours: str, twins: str, steps: raw.Steps) -> rounds.Line:
    head = caller(office, "head.kt")
    values, twin_values = cycle(range(1, 100)), cycle(range(1, 100))

    def product() -> None:
        outcome = perform(office, head, MoveRequest(ours, "progress", inputs={"progress": str(next(values))}))
        assert isinstance(outcome, Done)

    def twin() -> None:
        steps.progress(twins, head.actor.id, "kt", head.actor.roles, next(twin_values))

    return rounds.compared("1", "bare step: rules, machine, row, chained entry", 2.0, product, twin)


def _whole(office: Office, ours: str, twins: str, steps: raw.Steps) -> rounds.Line:
    keys, moves = count(), cycle(("suspend", "resume"))
    chairman = caller(office, "chairman")
    words = "Chờ hướng dẫn của cấp trên về kinh phí thực hiện"

    def product() -> None:
        key = f"ours-{next(keys)}"
        asked = MoveRequest(ours, next(moves), comment=words)
        outcome = perform(office, type(chairman)(chairman.actor, "web", key=key), asked)
        assert isinstance(outcome, Done)

    def twin() -> None:
        steps.turn(twins, chairman.actor.id, chairman.actor.roles, words, f"raw-{next(keys)}")

    return rounds.compared("3", "whole step: + request key, message, counts, sealed comment", 3.0, product, twin)


if __name__ == "__main__":
    main()
