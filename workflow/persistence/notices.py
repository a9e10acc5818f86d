"""The inbox of each person: what a message told him, and whether he opened it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.persistence.columns import instant, instant_or_none, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run
from workflow.persistence.tables import notice

_NEW = sa.bindparam
NOTICE_COLUMNS = (
    notice.c.message,
    notice.c.person,
    notice.c.item,
    notice.c.template,
    notice.c.params,
    notice.c.at,
    notice.c.read_at,
)
_ADD = Statement("notices.add", per_dialect(lambda insert: insert(notice).on_conflict_do_nothing()))
_OF = Statement(
    "notices.of_person",
    sa.select(*NOTICE_COLUMNS)
    .where(
        notice.c.person == _NEW("person"),
        sa.or_(
            notice.c.at < _NEW("before"),
            sa.and_(notice.c.at == _NEW("before"), notice.c.message < _NEW("before_id")),
        ),
    )
    .order_by(notice.c.at.desc(), notice.c.message.desc())
    .limit(_NEW("most")),
)
_FIND = Statement(
    "notices.find",
    sa.select(*NOTICE_COLUMNS).where(notice.c.message == _NEW("message"), notice.c.person == _NEW("person")),
)
_UNREAD = Statement(
    "notices.unread",
    sa.select(sa.func.count()).select_from(notice).where(notice.c.person == _NEW("person"), notice.c.read_at.is_(None)),
)
_READ = Statement(
    "notices.read",
    sa.update(notice)
    .where(notice.c.message == _NEW("of_message"), notice.c.person == _NEW("of_person"), notice.c.read_at.is_(None))
    .values(read_at=_NEW("new_read_at")),
)
_END_OF_TIME = 2**62


@dataclass(frozen=True, slots=True)
class Notice:
    """`message` is the id of the outbox message that brought it: the same message leaves one notice a person."""

    message: str
    person: str
    item: str | None
    template: str
    params: Mapping[str, Any]
    at: datetime
    read_at: datetime | None = None


def read_notice(row: Row) -> Notice:
    """The notice of a row of `NOTICE_COLUMNS`."""
    return Notice(row[0], row[1], row[2], row[3], json_value(row[4]), instant(row[5]), instant_or_none(row[6]))


class Notices:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, new: Notice) -> bool:
        """False where the message had reached this person before."""
        params = {
            "message": new.message,
            "person": new.person,
            "item": new.item,
            "template": new.template,
            "params": json_text(new.params),
            "at": micros(new.at),
            "read_at": None,
            "letter": None,
            "mailed_at": None,
        }
        return bool(run(self._cursor, _ADD, params).rowcount)

    def of_person(self, person_id: str, most: int, before: Notice | None = None) -> tuple[Notice, ...]:
        """The newest first; `before` is the last one of the page before."""
        at, message = (micros(before.at), before.message) if before else (_END_OF_TIME, "")
        params = {"person": person_id, "most": most, "before": at, "before_id": message}
        return tuple(read_notice(row) for row in run(self._cursor, _OF, params).fetchall())

    def find(self, message_id: str, person_id: str) -> Notice | None:
        row = run(self._cursor, _FIND, {"message": message_id, "person": person_id}).fetchone()
        return read_notice(row) if row else None

    def unread(self, person_id: str) -> int:
        return int(run(self._cursor, _UNREAD, {"person": person_id}).fetchone()[0])

    def read(self, message_id: str, person_id: str, at: datetime) -> bool:
        """True the first time only: the opening of a notice is itself an entry of the log."""
        params = {"of_message": message_id, "of_person": person_id, "new_read_at": micros(at)}
        return bool(run(self._cursor, _READ, params).rowcount)
