"""Logged-in browsers, attempts to log in and tokens: nothing here holds a secret, only what recognises one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.ids import new_id
from workflow.persistence.columns import instant, instant_or_none, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, per_dialect, run
from workflow.persistence.tables import api_token, calendar_feed, login_attempt, person, user_session

_NEW = sa.bindparam
_OPEN = Statement("sessions.open", sa.insert(user_session))
_FIND = Statement("sessions.find", sa.select(*user_session.c).where(user_session.c.id_hash == _NEW("id_hash")))
_OF = Statement(
    "sessions.of_person",
    sa.select(*user_session.c)
    .where(user_session.c.person == _NEW("person"))
    .order_by(user_session.c.created_at.desc()),
)
_TOUCH = Statement(
    "sessions.touch",
    sa.update(user_session).where(user_session.c.id_hash == _NEW("of_hash")).values(seen_at=_NEW("new_seen")),
)
_CLOSE = Statement("sessions.close", sa.delete(user_session).where(user_session.c.id_hash == _NEW("id_hash")))
_CLOSE_ALL = Statement("sessions.close_all_of", sa.delete(user_session).where(user_session.c.person == _NEW("person")))
_PURGE = Statement("sessions.purge", sa.delete(user_session).where(user_session.c.until <= _NEW("now")))

_ATTEMPT = Statement("sessions.attempt", sa.insert(login_attempt))
_FAILED = (
    sa.select(sa.func.count())
    .select_from(login_attempt)
    .where(login_attempt.c.succeeded == sa.literal_column("0"), login_attempt.c.at >= _NEW("since"))
)
_FAILED_ALL = Statement("sessions.failures", _FAILED)
_FAILED_LOGIN = Statement("sessions.failures_of_login", _FAILED.where(login_attempt.c.login == _NEW("login")))
_FAILED_CLIENT = Statement("sessions.failures_of_client", _FAILED.where(login_attempt.c.client == _NEW("client")))
_PURGE_ATTEMPTS = Statement(
    "sessions.purge_attempts", sa.delete(login_attempt).where(login_attempt.c.at < _NEW("before"))
)

_GIVE = Statement("sessions.give_token", sa.insert(api_token))
_TOKEN = sa.select(
    api_token.c.id,
    api_token.c.person,
    api_token.c.scopes,
    api_token.c.created_at,
    api_token.c.revoked_at,
)
_BY_HASH = Statement(
    "sessions.token", _TOKEN.where(api_token.c.token_hash == _NEW("token_hash"), api_token.c.revoked_at.is_(None))
)
_TOKENS_OF = Statement(
    "sessions.tokens_of", _TOKEN.where(api_token.c.person == _NEW("person")).order_by(api_token.c.created_at)
)
_REVOKE = Statement(
    "sessions.revoke_token",
    sa.update(api_token)
    .where(api_token.c.id == _NEW("of_id"), api_token.c.revoked_at.is_(None))
    .values(revoked_at=_NEW("new_end")),
)

_OPEN_FEED = Statement(
    "sessions.open_feed",
    per_dialect(
        lambda insert: insert(calendar_feed).on_conflict_do_update(
            index_elements=["person"],
            set_={name: sa.literal_column(f"excluded.{name}") for name in ("secret_hash", "created_at")},
        )
    ),
)
_CLOSE_FEED = Statement("sessions.close_feed", sa.delete(calendar_feed).where(calendar_feed.c.person == _NEW("person")))
_FEED_OF = Statement(
    "sessions.feed_of", sa.select(calendar_feed.c.created_at).where(calendar_feed.c.person == _NEW("person"))
)
_FEED = Statement(
    "sessions.feed",
    sa.select(calendar_feed.c.secret_hash, person.c.id, person.c.lang)
    .join_from(calendar_feed, person, person.c.id == calendar_feed.c.person)
    .where(calendar_feed.c.secret_hash == _NEW("secret_hash"), person.c.locked_at.is_(None)),
)


@dataclass(frozen=True, slots=True)
class Feed:
    """Whose calendar feed the secret with that hash opens, and in which language."""

    secret_hash: str
    person: str
    language: str


@dataclass(frozen=True, slots=True)
class Session:
    """`id_hash` is the SHA-256 in hex of what the cookie holds; `until` ends it whatever happens."""

    id_hash: str
    person: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    until: datetime
    client: str


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    person: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None


def stored_session(row: Row) -> Session:
    return Session(row[0], row[1], row[2], instant(row[3]), instant(row[4]), instant(row[5]), row[6])


def _token(row: Row) -> Token:
    return Token(row[0], row[1], frozenset(json_value(row[2])), instant(row[3]), instant_or_none(row[4]))


class Sessions:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def open(self, new: Session) -> None:
        self._run(
            _OPEN,
            id_hash=new.id_hash,
            person=new.person,
            csrf=new.csrf,
            created_at=micros(new.created_at),
            seen_at=micros(new.seen_at),
            until=micros(new.until),
            client=new.client,
        )

    def find(self, id_hash: str) -> Session | None:
        """The session as stored; whether it is too old is the caller's question."""
        rows = self._rows(_FIND, id_hash=id_hash)
        return stored_session(rows[0]) if rows else None

    def of_person(self, person_id: str) -> tuple[Session, ...]:
        return tuple(stored_session(row) for row in self._rows(_OF, person=person_id))

    def touch(self, id_hash: str, at: datetime) -> None:
        self._run(_TOUCH, of_hash=id_hash, new_seen=micros(at))

    def close(self, id_hash: str) -> bool:
        return self._run(_CLOSE, id_hash=id_hash) == 1

    def close_all_of(self, person_id: str) -> int:
        """End every session of a person: after a lock, a new password, a change of role."""
        return self._run(_CLOSE_ALL, person=person_id)

    def purge(self, now: datetime) -> int:
        return self._run(_PURGE, now=micros(now))

    def record_attempt(self, login: str, client: str, at: datetime, *, succeeded: bool) -> None:
        self._run(_ATTEMPT, id=new_id(at), login=login, client=client, at=micros(at), succeeded=int(succeeded))

    def failures_since(self, since: datetime) -> int:
        """How often logging in failed since then, whoever tried."""
        return int(self._rows(_FAILED_ALL, since=micros(since))[0][0])

    def failures_of_login(self, login: str, since: datetime) -> int:
        return int(self._rows(_FAILED_LOGIN, login=login, since=micros(since))[0][0])

    def failures_of_client(self, client: str, since: datetime) -> int:
        return int(self._rows(_FAILED_CLIENT, client=client, since=micros(since))[0][0])

    def purge_attempts(self, before: datetime) -> int:
        return self._run(_PURGE_ATTEMPTS, before=micros(before))

    def give_token(self, new: Token, token_hash: str) -> None:
        """Keep a token under the SHA-256 in hex of its text, which nobody here ever sees again."""
        self._run(
            _GIVE,
            id=new.id,
            token_hash=token_hash,
            person=new.person,
            scopes=json_text(sorted(new.scopes)),
            created_at=micros(new.created_at),
            revoked_at=None,
        )

    def token(self, token_hash: str) -> Token | None:
        """The token in force with that hash, or None."""
        rows = self._rows(_BY_HASH, token_hash=token_hash)
        return _token(rows[0]) if rows else None

    def tokens_of(self, person_id: str) -> tuple[Token, ...]:
        return tuple(_token(row) for row in self._rows(_TOKENS_OF, person=person_id))

    def revoke_token(self, token_id: str, at: datetime) -> bool:
        return self._run(_REVOKE, of_id=token_id, new_end=micros(at)) == 1

    def open_feed(self, person_id: str, secret_hash: str, at: datetime) -> None:
        """The person's one calendar feed; a secret that he had before opens nothing from now on."""
        self._run(_OPEN_FEED, person=person_id, secret_hash=secret_hash, created_at=micros(at))

    def close_feed(self, person_id: str) -> bool:
        return self._run(_CLOSE_FEED, person=person_id) == 1

    def feed_since(self, person_id: str) -> datetime | None:
        """Since when the person has his present calendar feed, or None."""
        rows = self._rows(_FEED_OF, person=person_id)
        return instant(rows[0][0]) if rows else None

    def feed(self, secret_hash: str) -> Feed | None:
        """The feed with that hash; None also where its person's account is locked."""
        rows = self._rows(_FEED, secret_hash=secret_hash)
        return Feed(*rows[0]) if rows else None

    def _rows(self, statement: Statement, **params: Any) -> Sequence[Row]:
        rows: Sequence[Row] = run(self._cursor, statement, params).fetchall()
        return rows

    def _run(self, statement: Statement, **params: Any) -> int:
        changed: int = run(self._cursor, statement, params).rowcount
        return changed
