"""What an item's page says of the items above and below it."""

from dataclasses import dataclass
from datetime import datetime

from web.actors import current_actor
from web.i18n import label
from web.pages.presenting import item_path
from web.wiring import office
from workflow.engine import Item
from workflow.persistence import UnitOfWork
from workflow.queries.related import Related, relatives


@dataclass(frozen=True, slots=True)
class Relative:
    code: str
    href: str
    kind: str
    title: str
    state: str
    group: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Family:
    """Those whom the reader may read."""

    parent: Relative | None
    children: tuple[Relative, ...]

    def __bool__(self) -> bool:
        return self.parent is not None or bool(self.children)


def family_of(uow: UnitOfWork, item: Item) -> Family:
    found = relatives(uow, current_actor(), item)
    parent = _relative(uow, found.parent) if found.parent else None
    return Family(parent, tuple(_relative(uow, child) for child in found.children))


def _relative(uow: UnitOfWork, row: Related) -> Relative:
    definition = office().editions.of(row, uow)
    return Relative(
        code=row.code,
        href=item_path(row.code),
        kind=label(definition.label),
        title=row.title,
        state=label(definition.states[row.state].label),
        group=row.group,
        since=row.since,
    )
