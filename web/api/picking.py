"""Lists that are few enough to be picked from items in memory: filtered, ordered and paged as the worklist is."""

from collections.abc import Iterable
from typing import Any

from flask import Response

from web import plain
from web.actors import current_actor
from web.api import calls, problem
from workflow.engine import Item, Kind, Reason
from workflow.engine.facts import folded
from workflow.persistence import UnitOfWork
from workflow.queries.matching import fits
from workflow.queries.worklist import Filter


def wanted(uow: UnitOfWork, asked: dict[str, Any]) -> Filter:
    """The filter that a query asks for."""
    assignee = asked.pop("assignee", "")
    if assignee:
        # A login that nobody has finds nothing, as a unit that does not exist does.
        assignee = current_actor().id if assignee == "me" else uow.people.id_of_login(assignee) or "-"
    overdue = asked.pop("overdue", "false") == "true"
    return Filter(**asked, assignee=assignee, overdue=overdue)


def cursor_invalid() -> problem.Refusal:
    return problem.refused((Reason("cursor_invalid", Kind.INPUT, {"field": "cursor"}),))


def page(to: plain.Reader, items: Iterable[Item], wanted: Filter, limit: int, cursor: str | None) -> Response:
    """Those of `items` that fit, in the order asked for, behind the cursor."""
    now = to.office.clock.now()
    fitting = [item for item in items if fits(wanted, item, to.office.editions.of(item, to.uow), now)]
    found = _ordered(fitting, wanted.sort)
    start = 0
    if cursor:
        start = next((n for n, item in enumerate(found, 1) if item.id == cursor), 0)
        if not start:
            raise cursor_invalid()
    shown = found[start : start + limit]
    following = shown[-1].id if start + limit < len(found) else None
    return calls.page([plain.row_of(to, item) for item in shown], following)


def _ordered(found: list[Item], sort: str) -> list[Item]:
    if sort in ("title", "code"):
        return sorted(found, key=lambda item: _sort_text(item, sort))
    dated = sorted(
        ((item.due_at, item.id, item) for item in found if item.due_at is not None), reverse=sort == "-due_on"
    )
    return [*(item for _due, _id, item in dated), *(item for item in found if item.due_at is None)]


def _sort_text(item: Item, sort: str) -> tuple[str, str]:
    return (item.code if sort == "code" else folded(str(item.fields.get("title") or item.code)), item.id)
