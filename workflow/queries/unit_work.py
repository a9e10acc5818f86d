"""What a unit has to do, as it stood at an instant: rows that have not changed since, and the log of those that have."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from workflow.engine import Item
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant_or_none, micros
from workflow.persistence.items import ITEM_COLUMNS, read_item
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import item
from workflow.queries.past import entries_of, item_as_of

MOST = 200
_LED_BY = Statement(
    "unit_work.led_by",
    sa.select(*(item.c[name] for name in ITEM_COLUMNS), item.c.head_rec)
    .where(
        item.c.unit == sa.bindparam("unit"),
        item.c.workflow.in_([sa.bindparam("first"), sa.bindparam("second")]),
        item.c.created_at <= sa.bindparam("at"),
        sa.or_(item.c.final == 0, item.c.entered_at >= sa.bindparam("since")),
    )
    .order_by(item.c.code)
    .limit(sa.bindparam("most")),
)


def led_by(uow: UnitOfWork, unit: str, workflows: tuple[str, str], since: datetime, at: datetime) -> Iterator[Item]:
    """The unit's items of two workflows as they stood at `at`, but those that were closed before `since`; MOST at most."""
    first, second = workflows
    params = {"unit": unit, "first": first, "second": second, "since": micros(since), "at": micros(at), "most": MOST}
    rows = run(uow.cursor, _LED_BY, params).fetchall()
    changed = [row[0] for row in rows if (instant_or_none(row[-1]) or at) > at]
    streams = entries_of(uow, changed, at) if changed else {}
    told_anew = frozenset(changed)
    for row in rows:
        found = item_as_of(streams.get(row[0], ()), at) if row[0] in told_anew else read_item(row)
        if found is not None and found.unit == unit:
            yield found
