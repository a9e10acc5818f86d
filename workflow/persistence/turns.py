"""Work that one process at a time does: whoever takes its turn has it until he ends, however he ends."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_GIVE_BACK = text("SELECT pg_advisory_unlock(:key)")


@contextmanager
def turn(engine: Engine, name: str) -> Iterator[bool]:
    """True where nobody else has the turn of this name; it lasts as long as the block, or as the process.

    On PostgreSQL it holds for all machines that share the database (not through a pooler that lends connections by the
    transaction), on SQLite for the one that has its file. Whoever relies on it must survive losing it: with its connection
    to the server a turn is gone.
    """
    taken = _on_a_server(engine, name) if engine.dialect.name == "postgresql" else _beside_the_file(engine, name)
    with taken as mine:
        yield mine


@contextmanager
def _on_a_server(engine: Engine, name: str) -> Iterator[bool]:
    # Of the session, outside of any transaction: work may last longer than one may stay open.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"key": _key(name)}
        mine = bool(connection.execute(_TAKE, key).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                connection.execute(_GIVE_BACK, key)


def _key(name: str) -> int:
    """A signed number of 64 bits, the same in every process."""
    return int.from_bytes(hashlib.sha256(f"dondoc/{name}".encode()).digest()[:8], "big", signed=True)


@contextmanager
def _beside_the_file(engine: Engine, name: str) -> Iterator[bool]:
    path = Path(engine.url.database or "").parent / f"{name}.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
