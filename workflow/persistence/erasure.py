"""A way into the database that may delete private texts. Whoever serves people has none of it but for this one act."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from workflow.persistence import redaction_list
from workflow.persistence.engine import closed_after, open_redactor_engine
from workflow.persistence.unit_of_work import UnitOfWork

_HOLDING_TEXT = "audit_private, item, comment, draft, message, notice, job, job_row, override_request"


class Eraser:
    """Opened for each use and closed after it. `kept` is the list of erased texts, which lies outside of the database."""

    def __init__(self, url: str, kept: Path) -> None:
        self._url, self._kept = url, kept

    @contextmanager
    def at_work(self) -> Iterator[UnitOfWork]:
        """One unit of work; once it is written, the erased bytes leave the files of the database, too."""
        with closed_after(open_redactor_engine(self._url)) as engine:
            with UnitOfWork(engine) as uow:
                yield uow
                gone = uow.redactions.all_gone()
                # On the list first: a restore that erases what was not erased in the end takes nothing that was to stay.
                redaction_list.add(self._kept, gone)
            let_go(engine)


def let_go(engine: Engine) -> None:
    """Overwritten pages leave the write-ahead log at once; on a server, dead rows leave where the role may vacuum."""
    connection = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        else:
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            connection.cursor().execute(f"VACUUM {_HOLDING_TEXT}")
    finally:
        connection.close()
