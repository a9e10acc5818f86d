"""Time-ordered identifiers: opaque to people, ascending for the database (RFC 9562, version 7)."""

import random
import secrets
import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_lock = threading.Lock()
_last = 0


def new_id(at: datetime) -> str:
    """A new identifier of 32 hex digits; within one process later calls sort after earlier ones made at the same instant."""
    global _last  # noqa: PLW0603  one counter a process is the point
    with _lock:
        candidate = _stem(at) | secrets.randbits(62)
        if candidate >> 80 == _last >> 80 and candidate <= _last:
            candidate = _last + 1
        _last = candidate
    return f"{candidate:032x}"


def entry_id(at: datetime, n: int) -> str:
    """An identifier for entry `n` of a stream: entries of one stream sort by it as they follow, whoever wrote them."""
    # Told apart is enough here: an entry's identifier opens nothing, and every entry needs one.
    return f"{_stem(at) | (n & 0xF_FFFF) << 42 | random.getrandbits(42):032x}"


@lru_cache(maxsize=256)
def _stem(at: datetime) -> int:
    """Milliseconds, version, microseconds within the millisecond, variant."""
    milliseconds, rest = divmod((at - _EPOCH) // timedelta(microseconds=1), 1000)
    return milliseconds << 80 | 7 << 76 | rest << 64 | 2 << 62


def instant_in(identifier: str) -> datetime | None:
    """The instant that such an identifier was made of, or None for what is none."""
    try:
        stem = int(identifier, 16)
    except ValueError:
        return None
    if len(identifier) != 32 or stem >> 76 & 0xF != 7:
        return None
    return _EPOCH + timedelta(milliseconds=stem >> 80, microseconds=stem >> 64 & 0xFFF)
