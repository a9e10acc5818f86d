"""Who had been told of what by an instant, and when he first opened it."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from workflow.persistence import UnitOfWork
from workflow.persistence.columns import micros
from workflow.persistence.notices import NOTICE_COLUMNS, Notice, read_notice
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import notice

MOST = 200
_NEWEST = (notice.c.at.desc(), notice.c.message.desc(), notice.c.person)
_TO = Statement(
    "told.to",
    sa.select(*NOTICE_COLUMNS)
    .where(notice.c.person == sa.bindparam("person"), notice.c.at <= sa.bindparam("until"))
    .order_by(*_NEWEST)
    .limit(sa.bindparam("most")),
)
_ABOUT = Statement(
    "told.about",
    sa.select(*NOTICE_COLUMNS)
    .where(notice.c.item == sa.bindparam("item"), notice.c.at <= sa.bindparam("until"))
    .order_by(*_NEWEST)
    .limit(sa.bindparam("most")),
)


def told_to(uow: UnitOfWork, person_id: str, until: datetime) -> Iterable[Notice]:
    """What a person had been told of by `until`, the newest first; `read_at` may lie after it."""
    params = {"person": person_id, "until": micros(until), "most": MOST}
    return map(read_notice, run(uow.cursor, _TO, params).fetchall())


def told_about(uow: UnitOfWork, item_id: str, until: datetime) -> Iterable[Notice]:
    """Who had been told of what about an item by `until`, the newest first; `read_at` may lie after it."""
    params = {"item": item_id, "until": micros(until), "most": MOST}
    return map(read_notice, run(uow.cursor, _ABOUT, params).fetchall())
