"""A database that a backup is brought back into: filled as a whole, marked until it is fit to live in, forgetful by then."""

from collections.abc import Callable, Iterable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from workflow.errors import HalfRestored
from workflow.persistence.backup import copy_in
from workflow.persistence.migrations import current_within, downgrade_within, upgrade_within
from workflow.persistence.roles import Grant
from workflow.persistence.statements import Cursor, Statement, run
from workflow.persistence.tables import (
    api_token,
    calendar_feed,
    idempotency,
    login_attempt,
    message,
    setting,
    user_session,
)
from workflow.persistence.unit_of_work import UnitOfWork

Fitness = Callable[[Engine], None]
"""Is asked once before anybody works in a database, and raises where nobody may."""

RESTORING = "restoring"
"""Under this key a server's database says that a backup is being brought back into it, from its first row until the last deed."""

_FORGET = (
    # Whoever was signed in then may be locked by now.
    Statement("restoration.sessions", sa.delete(user_session)),
    Statement("restoration.attempts", sa.delete(login_attempt)),
    # One that was withdrawn since would be in force again.
    Statement("restoration.tokens", sa.delete(api_token)),
    Statement("restoration.feeds", sa.delete(calendar_feed)),
    # A key that was answered stays: what it stands for is in this database, and asked again it must not be done again.
    # A request that was under way will never be finished; asked again it must be done.
    Statement("restoration.keys", sa.delete(idempotency).where(idempotency.c.outcome.is_(None))),
    # Whoever had reserved a message works on another database now.
    Statement(
        "restoration.leases",
        sa.update(message).where(message.c.lease_until.is_not(None)).values(lease_until=sa.null(), leased_by=sa.null()),
    ),
    Statement("restoration.mark", sa.delete(setting).where(setting.c.key == sa.literal_column(f"'{RESTORING}'"))),
)


def fill(owner: Engine, folder: Path, revision: str, granting: Iterable[tuple[Grant, str]]) -> None:
    """Put a server's copy, of that revision, into its empty database, and bring it to the schema of this release.

    All of it or nothing, and marked: nobody works in it before `forget_the_living`. What an earlier attempt left goes.
    """
    with owner.begin() as connection:
        if current_within(connection) is not None:
            downgrade_within(connection)
        upgrade_within(connection, revision)
        copy_in(connection, folder)
        upgrade_within(connection)
        connection.execute(sa.insert(setting).values(key=RESTORING, value=revision))
        # Before they have their rights, those who are to be refused could not even see why.
        for grant_to, role in granting:
            grant_to(connection, role)


def is_half_restored(engine: Engine) -> bool:
    """Whether a backup was begun to be brought back into that database and has not come to its end.

    A SQLite file is brought into its place when it is whole.
    """
    if engine.dialect.name == "sqlite":
        return False
    with UnitOfWork(engine, read_only=True) as uow:
        return uow.settings.find(RESTORING) is not None


def refuse_half_restored(engine: Engine) -> None:
    if is_half_restored(engine):
        raise HalfRestored("a backup was not brought back to its end; restore it again")


def forget_the_living(cursor: Cursor) -> None:
    """End every session, token and address of a calendar; free what was under way when the copy was made; take the mark away."""
    for statement in _FORGET:
        run(cursor, statement)
