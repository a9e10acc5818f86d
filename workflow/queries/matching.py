"""Whether an item that is at hand fits what a list asks for: the same question as `worklist` asks of rows, for items of a past."""

from datetime import datetime

from workflow.engine import Definition, Item, row_facts
from workflow.engine.definition import OVER
from workflow.engine.facts import folded
from workflow.queries.worklist import Awaited, Filter


def fits(wanted: Filter, item: Item, definition: Definition, now: datetime) -> bool:
    """Every condition of the filter, judged at `now`; its order is not looked at."""
    state = definition.states[item.state]
    group = state.group.value
    exact = (
        (wanted.workflow, item.workflow),
        (wanted.state, item.state),
        (wanted.group, group),
        (wanted.unit, item.unit),
        (wanted.assignee, item.fields.get("assignee")),
        (wanted.area, item.fields.get("area")),
    )
    if any(asked and asked != has for asked, has in exact):
        return False
    narrowed = wanted.overdue or wanted.late or wanted.due_until is not None
    if (wanted.open_only or narrowed) and state.final is not None:
        return False
    if wanted.late and not any(episode.ended_at is None for episode in item.episodes):
        return False
    return _is_due(wanted, item, group, now) and _is_found(wanted.q, item)


def _is_due(wanted: Filter, item: Item, group: str, now: datetime) -> bool:
    if not wanted.overdue and wanted.due_until is None:
        return True
    if item.due_at is None or group in OVER:
        return False
    if wanted.overdue and item.due_at > now:
        return False
    return wanted.due_until is None or now < item.due_at <= wanted.due_until


def _is_found(q: str, item: Item) -> bool:
    if not q:
        return True
    searched = folded(f"{item.code} {item.fields.get('title') or ''} {item.fields.get('source') or ''}")
    return all(word in searched for word in folded(q).split())


def waits(names: Awaited, definition: Definition, item: Item) -> bool:
    """Whether an open item waits under one of these names."""
    if definition.states[item.state].final is not None:
        return False
    facts = row_facts(definition, item)
    if facts.waits_person in names.people or facts.waits_on in names.offices:
        return True
    return (item.unit, facts.waits_on) in names.posts
