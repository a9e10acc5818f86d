"""The engine alone: what one decision and one list of moves of the shipped task cost beside a lookup in a dict."""

from datetime import UTC, datetime

from tests.benchmarks import rounds
from tests.offices import shipped
from workflow.engine import (
    Accepted,
    Actor,
    Circumstances,
    CreateItem,
    Definition,
    Item,
    Perform,
    decide,
    fold,
    list_moves,
)
from workflow.engine.circumstances import VIETNAM
from workflow.values import replace

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
# For looking: no goal is set on the engine alone. From 20 µs on it would be felt in a step of 160 µs of raw CPU.
_SHOWN = float("inf")


def main() -> None:
    definition = shipped().workflows["task"].definition
    calendar = shipped().calendars[definition.calendar]
    circumstances = Circumstances(NOW, VIETNAM, calendar)
    item = _in_progress(definition, circumstances)
    head = Actor("h", "kt", frozenset({"unit_head"}))
    progress = Perform(head, "progress", {"progress": 40})
    complete = Perform(head, "complete", {"result_note": "Đã xong", "evidence": ("a" * 64,)})
    table = {("in_progress", "progress"): ("unit_head", "progress")}

    def looked_up() -> None:
        role, required = table[item.state, progress.move]
        if role not in head.roles or head.unit != item.unit or required not in progress.inputs:
            raise PermissionError

    asks = {
        "decide progress: post, unit, required field": lambda: decide(definition, item, progress, circumstances),
        "decide complete: the same and four conditions": lambda: decide(definition, item, complete, circumstances),
        "list_moves in the busiest state (9 moves)": lambda: list_moves(definition, item, head, circumstances),
    }
    assert all(isinstance(decide(definition, item, ask, circumstances), Accepted) for ask in (progress, complete))
    lines = [rounds.compared("", what, _SHOWN, ask, looked_up) for what, ask in asks.items()]
    rounds.table("One decision against a dict lookup with ifs (for looking; a durable step is what counts)", lines)


def _in_progress(definition: Definition, circumstances: Circumstances) -> Item:
    chairman = Actor("c", None, frozenset({"chairman"}))
    fields = {"title": "Công khai ngân sách", "source": "Kế hoạch", "area": "tai-chinh-cong", "due_on": "2026-12-30"}
    made = decide(definition, None, CreateItem(chairman, "1" * 32, "NV-1", "kt", fields), circumstances)
    assert isinstance(made, Accepted), made
    return replace(fold(None, made.events), state="in_progress")


if __name__ == "__main__":
    main()
