"""Comments to read beside an item; the log holds their commitment, this table their text."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.persistence.columns import instant, micros
from workflow.persistence.statements import Cursor, Statement, run
from workflow.persistence.tables import comment

_ADD = Statement("comments.add", sa.insert(comment))
_OF_ITEM = Statement(
    "comments.of_item",
    sa.select(comment.c.id, comment.c.item, comment.c.person, comment.c.text, comment.c.at)
    .where(comment.c.item == sa.bindparam("item"))
    .order_by(comment.c.at, comment.c.id),
)
_ERASE = Statement("comments.erase", sa.delete(comment).where(comment.c.id == sa.bindparam("id")))


@dataclass(frozen=True, slots=True)
class Comment:
    id: str
    item: str
    person: str
    text: str
    at: datetime


class Comments:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, comment_id: str, item_id: str, person_id: str, text: str, at: datetime) -> None:
        params = {"id": comment_id, "item": item_id, "person": person_id, "text": text, "at": micros(at)}
        run(self._cursor, _ADD, params)

    def of_item(self, item_id: str) -> tuple[Comment, ...]:
        """The comments on an item, the oldest first."""
        rows = run(self._cursor, _OF_ITEM, {"item": item_id}).fetchall()
        return tuple(Comment(row[0], row[1], row[2], row[3], instant(row[4])) for row in rows)

    def erase(self, comment_id: str) -> bool:
        """Part of a redaction: the text goes, the entry in the log stays."""
        return bool(run(self._cursor, _ERASE, {"id": comment_id}).rowcount)
