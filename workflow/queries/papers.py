"""What stands on official papers beside the report itself: the tasks of a unit, or of all units, as they stood at an instant."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa

from workflow.engine import Item
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import micros
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item
from workflow.queries.past import entries_of, item_as_of

_AT_ONCE = 200


def items_standing(uow: UnitOfWork, workflow: str, at: datetime, unit: str = "") -> Iterator[Item]:
    """The items of a workflow that exist by `at`, as they stood then, in the order of their codes; of `unit`, where one is named.

    One that another unit leads by now is left out.
    """
    params = {"workflow": workflow, "at": micros(at)} | ({"unit": unit} if unit else {})
    ids = [row[0] for row in run(uow.cursor, _ids(one_unit=bool(unit)), params).fetchall()]
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        streams = entries_of(uow, some, at)
        for item_id in some:
            found = item_as_of(streams.get(item_id, ()), at)
            if found is not None and (not unit or found.unit == unit):
                yield found


@lru_cache(maxsize=2)
def _ids(*, one_unit: bool) -> Statement:
    wanted = sa.select(item.c.id).where(
        item.c.workflow == sa.bindparam("workflow"), item.c.created_at <= sa.bindparam("at")
    )
    if one_unit:
        wanted = wanted.where(item.c.unit == sa.bindparam("unit"))
    return Statement(f"papers.{'of_unit' if one_unit else 'all'}", wanted.order_by(item.c.code))
