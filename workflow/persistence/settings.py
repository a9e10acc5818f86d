"""A few words the office keeps about itself: its name, the clock's heartbeat, the demonstration's offset."""

import sqlalchemy as sa

from workflow.persistence.statements import Cursor, Statement, per_dialect, run
from workflow.persistence.tables import setting

_FIND = Statement("settings.find", sa.select(setting.c.value).where(setting.c.key == sa.bindparam("key")))
_PUT = Statement(
    "settings.put",
    per_dialect(
        lambda insert: insert(setting).on_conflict_do_update(
            index_elements=["key"], set_={"value": sa.literal_column("excluded.value")}
        )
    ),
)


class Settings:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def find(self, key: str) -> str | None:
        row = run(self._cursor, _FIND, {"key": key}).fetchone()
        return row[0] if row else None

    def put(self, key: str, value: str) -> None:
        run(self._cursor, _PUT, {"key": key, "value": value})
