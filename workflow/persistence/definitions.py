"""Published definitions: the text as it was published, byte for byte; never changed, never removed."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.errors import NotFound
from workflow.persistence.columns import instant, micros
from workflow.persistence.statements import Cursor, Row, Statement, run
from workflow.persistence.tables import definition

_NEW = sa.bindparam
_ALL = sa.select(*definition.c)
_ADD = Statement("definitions.add", sa.insert(definition))
_GET = Statement(
    "definitions.get",
    _ALL.where(definition.c.workflow == _NEW("workflow"), definition.c.version == _NEW("version")),
)
_BY_FINGERPRINT = Statement(
    "definitions.by_fingerprint",
    _ALL.where(definition.c.workflow == _NEW("workflow"), definition.c.fingerprint == _NEW("fingerprint")),
)
_OF = Statement(
    "definitions.editions", _ALL.where(definition.c.workflow == _NEW("workflow")).order_by(definition.c.version)
)
_other = definition.alias("newer")
_LATEST = Statement(
    "definitions.latest",
    _ALL.where(
        ~sa.exists(
            sa.select(_other.c.version).where(
                _other.c.workflow == definition.c.workflow, _other.c.version > definition.c.version
            )
        )
    ).order_by(definition.c.workflow),
)


@dataclass(frozen=True, slots=True)
class Edition:
    """One published edition: `text` is the file's bytes, `fingerprint` their SHA-256 in hex."""

    workflow: str
    version: int
    fingerprint: str
    text: bytes
    file: str
    published_at: datetime
    published_by: str


def _edition(row: Row) -> Edition:
    return Edition(row[0], row[1], row[2], bytes(row[3]), row[4], instant(row[5]), row[6])


class Definitions:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(
        self, workflow: str, version: int, fingerprint: str, text: bytes, file: str, *, at: datetime, by: str
    ) -> None:
        """Publish an edition; the database refuses a version that exists."""
        run(
            self._cursor,
            _ADD,
            {
                "workflow": workflow,
                "version": version,
                "fingerprint": fingerprint,
                "source": text,
                "file": file,
                "published_at": micros(at),
                "published_by": by,
            },
        )

    def find(self, workflow: str, version: int) -> Edition | None:
        row = run(self._cursor, _GET, {"workflow": workflow, "version": version}).fetchone()
        return _edition(row) if row else None

    def get(self, workflow: str, version: int) -> Edition:
        """The same; NotFound where there is none."""
        found = self.find(workflow, version)
        if found is None:
            raise NotFound("definition", f"{workflow} {version}")
        return found

    def by_fingerprint(self, workflow: str, fingerprint: str) -> Edition:
        """The edition an item is pinned to; NotFound where it was never published here."""
        row = run(self._cursor, _BY_FINGERPRINT, {"workflow": workflow, "fingerprint": fingerprint}).fetchone()
        if row is None:
            raise NotFound("definition", f"{workflow} {fingerprint}")
        return _edition(row)

    def editions(self, workflow: str) -> tuple[Edition, ...]:
        """All editions of one workflow, the oldest first."""
        return tuple(_edition(row) for row in run(self._cursor, _OF, {"workflow": workflow}).fetchall())

    def latest(self) -> tuple[Edition, ...]:
        """The newest edition of every workflow, by name."""
        return tuple(_edition(row) for row in run(self._cursor, _LATEST).fetchall())
