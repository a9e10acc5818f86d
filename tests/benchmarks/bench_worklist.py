"""Goal 9: a page of a long list, and the counts, at 100,000 items; another size is the first argument."""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.benchmarks import raw, rounds, stock
from tests.offices import caller, opened_office
from workflow.engine import Actor
from workflow.persistence.columns import micros
from workflow.persistence.statements import observing
from workflow.queries import dashboard
from workflow.queries.worklist import Filter, list_items
from workflow.services.office import Office
from workflow.services.overview import SOON_DAYS, overview

SIZE = 100_000
_READABLE = "(unit = ? OR support LIKE ? OR support LIKE ?)"


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else SIZE
    with tempfile.TemporaryDirectory() as folder:
        office = opened_office(Path(folder), stock.DAY)
        began = time.perf_counter()
        stock.fill(office, size)
        title = f"Lists and counts over {size:,} items (taken in within {time.perf_counter() - began:.0f} s)"
        connection = raw.connect(Path(folder) / "office.sqlite")
        rounds.table(title, [*lists(office, connection), *counts(office)])
        connection.close()


def lists(office: Office, connection) -> list[rounds.Line]:
    chairman, head = caller(office, "chairman").actor, caller(office, "head.kt").actor
    officer = caller(office, "officer.kt").actor
    now = micros(stock.DAY)
    working = "due_at <= ? AND state_group NOT IN ('done', 'cancelled')"
    reading = ("kt", "% kt %", f"% {head.id} %")
    lists: dict[str, tuple[Actor, Filter, str, tuple[object, ...]]] = {
        "list: all that is open": (chairman, Filter(open_only=True), "1 = 1", ()),
        "list: what the head of a unit may read": (head, Filter(open_only=True), _READABLE, reading),
        "list: one unit": (head, Filter(unit="kt", open_only=True), "unit = ?", ("kt",)),
        "list: one person's": (chairman, Filter(assignee=officer.id, open_only=True), "assignee = ?", (officer.id,)),
        "list: past their date": (chairman, Filter(overdue=True), working, (now,)),
        "list: late": (chairman, Filter(late=True), "late = 1", ()),
        "list: searched for a common word": (chairman, Filter(q="hoa", open_only=True), "search LIKE ?", ("%hoa%",)),
    }
    lines, statements = [], []
    for what, (actor, wanted, condition, params) in lists.items():
        sql = raw.list_sql(condition)
        lines.append(
            _page(office, what, actor, wanted, lambda sql=sql, params=params: raw.page(connection, sql, params))
        )
        statements.append(
            _statements(office, lambda uow, actor=actor, wanted=wanted: list_items(uow, actor, wanted, stock.DAY))
        )
    lines.append(rounds.counted("9", "statements of a list, whatever the rows", 5, statements))
    return lines


def _page(office: Office, what: str, actor: Actor, wanted: Filter, twin: rounds.Work) -> rounds.Line:
    def product() -> list[str]:
        with office.read() as uow:
            return [row.id for row in list_items(uow, actor, wanted, stock.DAY).rows]

    assert product() == [row[0] for row in twin()], what
    return rounds.compared("9", what, 2.0, product, twin)


def _statements(office: Office, ask: Callable[..., object]) -> int:
    names: list[str] = []
    with office.read() as uow, observing(names.append):
        ask(uow)
    return len(names)


def counts(office: Office) -> list[rounds.Line]:
    soon = stock.DAY + timedelta(days=SOON_DAYS)
    asks: dict[str, Callable[..., object]] = {
        "counts: the tally of a unit": lambda uow: dashboard.tallies(uow, "kt"),
        "counts: the tally of the commune": dashboard.tallies,
        "counts: due soon by unit": lambda uow: dashboard.due_soon(uow, stock.DAY, soon),
        "counts: who holds how much in a unit": lambda uow: dashboard.load_by_person(uow, "kt"),
        "dashboard: the unit's": lambda uow: overview(office, uow, "kt"),
        "dashboard: the commune's": lambda uow: overview(office, uow),
    }
    lines = []
    for what, ask in asks.items():

        def product(ask: Callable[..., object] = ask) -> object:
            with office.read() as uow:
                return ask(uow)

        lines.append(rounds.timed("9", what, 2.0, product, f"{_statements(office, ask)} statements"))
    return lines


if __name__ == "__main__":
    main()
