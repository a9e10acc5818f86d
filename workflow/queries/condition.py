"""How the office itself fares: what an administrator looks at before anybody complains."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.persistence import UnitOfWork
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import audit_event, job, job_row, message

_MOST_FAILURES = 100
_SCHEMA = Statement(
    "condition.schema", sa.select(sa.column("version_num")).select_from(sa.table("alembic_version")).limit(1)
)
_MESSAGES = Statement(
    "condition.messages",
    sa.select(message.c.status, sa.func.count())
    .where(message.c.status.in_([sa.literal_column("'waiting'"), sa.literal_column("'buried'")]))
    .group_by(message.c.status),
)
_JOB_ROWS = Statement(
    "condition.job_rows",
    sa.select(sa.func.count())
    .select_from(job_row.join(job, job.c.id == job_row.c.job))
    .where(sa.literal_column("job_row.done_at IS NULL"), job.c.cancelled_at.is_(None)),
)
_newest = (
    sa.select(audit_event.c.stream).order_by(audit_event.c.id.desc()).limit(sa.bindparam("most")).subquery("newest")
)
_RECENT = Statement("condition.recent", sa.select(_newest.c.stream).distinct().order_by(_newest.c.stream))
_ENTRIES = Statement("condition.entries", sa.select(sa.func.count()).select_from(audit_event))


@dataclass(frozen=True, slots=True)
class Condition:
    """`oldest_message` is since when the message waits that has waited longest, None where none does.

    `undelivered` counts the messages that were given up, as far as a hundred.
    """

    database: str
    schema: str | None
    entries: int
    oldest_message: datetime | None
    undelivered: int


def condition(uow: UnitOfWork) -> Condition:
    return Condition(
        database=uow.cursor.name,
        schema=schema_of(uow),
        entries=run(uow.cursor, _ENTRIES).fetchone()[0],
        oldest_message=uow.messages.oldest_waiting(),
        undelivered=len(uow.messages.failures(_MOST_FAILURES)),
    )


def schema_of(uow: UnitOfWork) -> str | None:
    """The revision the database is at; None for an empty one."""
    row = run(uow.cursor, _SCHEMA).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class Load:
    """What waits to leave, what was given up, and how many rows of long jobs are still to be done."""

    waiting: int
    buried: int
    oldest_message: datetime | None
    job_rows: int


def load(uow: UnitOfWork) -> Load:
    messages = dict(run(uow.cursor, _MESSAGES).fetchall())
    return Load(
        waiting=messages.get("waiting", 0),
        buried=messages.get("buried", 0),
        oldest_message=uow.messages.oldest_waiting(),
        job_rows=run(uow.cursor, _JOB_ROWS).fetchone()[0],
    )


def recent_streams(uow: UnitOfWork, entries: int) -> tuple[str, ...]:
    """The streams in which so many entries were written last."""
    return tuple(row[0] for row in run(uow.cursor, _RECENT, {"most": entries}).fetchall())
