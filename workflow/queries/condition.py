"""How the office itself fares: what an administrator looks at before anybody complains."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.persistence import UnitOfWork
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import audit_event

_MOST_FAILURES = 100
_SCHEMA = Statement(
    "condition.schema", sa.select(sa.column("version_num")).select_from(sa.table("alembic_version")).limit(1)
)
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
    schema = run(uow.cursor, _SCHEMA).fetchone()
    return Condition(
        database=uow.cursor.name,
        schema=schema[0] if schema else None,
        entries=run(uow.cursor, _ENTRIES).fetchone()[0],
        oldest_message=uow.messages.oldest_waiting(),
        undelivered=len(uow.messages.failures(_MOST_FAILURES)),
    )
