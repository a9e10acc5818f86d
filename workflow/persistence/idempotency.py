"""Request keys: the same request twice is answered once more, not done once more."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.errors import ReusedKey, TwinRunning
from workflow.persistence.columns import micros
from workflow.persistence.statements import Cursor, Statement, per_dialect, run
from workflow.persistence.tables import idempotency

_NEW = sa.bindparam
_CLAIM = Statement(
    "idempotency.claim",
    per_dialect(
        lambda insert: (
            insert(idempotency)
            .values({name: _NEW(name) for name in ("actor", "key", "fingerprint", "at")})
            .on_conflict_do_nothing()
        )
    ),
)
_FIND = Statement(
    "idempotency.find",
    sa.select(idempotency.c.fingerprint, idempotency.c.outcome).where(
        idempotency.c.actor == _NEW("actor"), idempotency.c.key == _NEW("key")
    ),
)
_FINISH = Statement(
    "idempotency.finish",
    sa.update(idempotency)
    .where(idempotency.c.actor == _NEW("of_actor"), idempotency.c.key == _NEW("of_key"))
    .values(outcome=_NEW("new_outcome")),
)
_RELEASE = Statement(
    "idempotency.release",
    sa.delete(idempotency).where(
        idempotency.c.actor == _NEW("actor"), idempotency.c.key == _NEW("key"), idempotency.c.outcome.is_(None)
    ),
)
_PURGE = Statement("idempotency.purge", sa.delete(idempotency).where(idempotency.c.at < _NEW("before")))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished request was answered, in the words its caller chose."""

    outcome: str


class Idempotency:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def claim(self, actor: str, key: str, fingerprint: str, at: datetime) -> Outcome | None:
        """None for a new key, now taken; the stored outcome for a known one; ReusedKey if it meant another request.

        TwinRunning where the first request with this key has not finished.
        """
        taken = run(
            self._cursor, _CLAIM, {"actor": actor, "key": key, "fingerprint": fingerprint, "at": micros(at)}
        ).rowcount
        if taken:
            return None
        known, outcome = run(self._cursor, _FIND, {"actor": actor, "key": key}).fetchone()
        if known != fingerprint:
            raise ReusedKey(key)
        if outcome is None:
            raise TwinRunning(key)
        return Outcome(outcome)

    def finish(self, actor: str, key: str, outcome: str) -> None:
        """Keep what the request was answered, in the transaction that did it."""
        run(self._cursor, _FINISH, {"of_actor": actor, "of_key": key, "new_outcome": outcome})

    def release(self, actor: str, key: str) -> None:
        """Forget a key that was claimed in this transaction: nothing was done for it."""
        run(self._cursor, _RELEASE, {"actor": actor, "key": key})

    def purge(self, before: datetime) -> int:
        """Forget the keys claimed before that instant; how many they were."""
        forgotten: int = run(self._cursor, _PURGE, {"before": micros(before)}).rowcount
        return forgotten
