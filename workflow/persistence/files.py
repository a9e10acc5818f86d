"""What is known of uploaded files; their bytes lie on disk under their SHA-256."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.persistence.columns import instant, micros
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run
from workflow.persistence.tables import file

_NEW = sa.bindparam
_ADD = Statement("files.add", per_dialect(lambda insert: insert(file).on_conflict_do_nothing()))
_OF_ITEM = Statement(
    "files.of_item", sa.select(*file.c).where(file.c.item == _NEW("item")).order_by(file.c.uploaded_at, file.c.sha256)
)
_BY_HASH = Statement(
    "files.by_hash", sa.select(*file.c).where(file.c.sha256 == _NEW("sha256")).order_by(file.c.uploaded_at)
)
_HASHES = Statement("files.hashes", sa.select(file.c.sha256).distinct())


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One upload to one item; the same bytes may have been uploaded to several."""

    sha256: str
    item: str
    name: str
    size: int
    type: str
    uploaded_by: str
    uploaded_at: datetime


def _file(row: Row) -> StoredFile:
    return StoredFile(row[0], row[1], row[2], row[3], row[4], row[5], instant(row[6]))


class Files:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(self, new: StoredFile) -> bool:
        """False where these bytes were uploaded to this item before; the first name stays."""
        params = {
            "sha256": new.sha256,
            "item": new.item,
            "name": new.name,
            "size": new.size,
            "type": new.type,
            "uploaded_by": new.uploaded_by,
            "uploaded_at": micros(new.uploaded_at),
        }
        return bool(run(self._cursor, _ADD, params).rowcount)

    def of_item(self, item_id: str) -> Mapping[str, StoredFile]:
        """The files uploaded to an item by SHA-256, the oldest first."""
        return {row[0]: _file(row) for row in run(self._cursor, _OF_ITEM, {"item": item_id}).fetchall()}

    def by_hash(self, sha256: str) -> tuple[StoredFile, ...]:
        """Every upload of these bytes: who may read any of the items may read the file."""
        return tuple(_file(row) for row in run(self._cursor, _BY_HASH, {"sha256": sha256}).fetchall())

    def hashes(self) -> frozenset[str]:
        """What must lie on disk; anything else there is swept."""
        return frozenset(row[0] for row in run(self._cursor, _HASHES).fetchall())
