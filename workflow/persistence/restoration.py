"""What a restored database must forget before anybody works in it again."""

import sqlalchemy as sa

from workflow.persistence.statements import Cursor, Statement, run
from workflow.persistence.tables import api_token, calendar_feed, idempotency, login_attempt, message, user_session

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
)


def forget_the_living(cursor: Cursor) -> None:
    """End every session, token and address of a calendar; free what was under way when the copy was made."""
    for statement in _FORGET:
        run(cursor, statement)
