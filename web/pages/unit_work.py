"""What came into a report by itself, in words: tasks and standing duties as they stood at the cut-off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from web.actors import current_actor
from web.i18n import label
from web.pages import presenting
from web.titles import Titles
from web.wiring import office
from workflow.engine import Item
from workflow.engine.definition import FieldType
from workflow.persistence import UnitOfWork
from workflow.services.unit_work import Standing, work_of

_LINE = ("period", "value", "met", "line_note")


@dataclass(frozen=True, slots=True)
class WorkLine:
    """`why` is the cause of a lateness and its remedy, `result` the line of the duty's last period."""

    href: str
    title: str
    state: str
    group: str
    due: str
    why: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class WorkLists:
    at: datetime
    tasks: tuple[WorkLine, ...]
    duties: tuple[WorkLine, ...]


def work_lists(uow: UnitOfWork, item: Item, titles: Titles) -> WorkLists | None:
    """The lists of a report; None for an item of no period."""
    work = work_of(office(), uow, current_actor(), item)
    if work is None:
        return None
    return WorkLists(
        work.at,
        tuple(_line(one, titles) for one in work.tasks),
        tuple(_line(one, titles) for one in work.duties),
    )


def _line(one: Standing, titles: Titles) -> WorkLine:
    item, definition = one.item, one.definition
    due = presenting.due_of(item, definition, office().clock.now())
    return WorkLine(
        href=f"/items/{item.code}",
        title=str(item.fields.get("title") or item.code),
        state=label(definition.states[item.state].label),
        group=one.group.value,
        due=due.day if due else "",
        why="; ".join(_said(one, definition.episode_record, titles)),
        result="; ".join(_said(one, _LINE, titles)),
    )


def _said(one: Standing, names: tuple[str, ...], titles: Titles) -> Iterator[str]:
    """What stands in those fields: texts as they are, everything else with its name."""
    for name in names:
        field, value = one.definition.fields.get(name), one.item.fields.get(name)
        if field is None or value in (None, "", ()) or field.system:
            continue
        words = presenting.value_text(one.definition, name, value, titles, {})
        plain = field.type in (FieldType.TEXT, FieldType.CHOICE)
        yield words if plain else f"{label(field.label)}: {words}"
