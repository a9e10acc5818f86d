"""Time-ordered identifiers: opaque to people, ascending for the database (RFC 9562, version 7)."""

import secrets
import threading
from datetime import datetime

_lock = threading.Lock()
_last = 0


def new_id(at: datetime) -> str:
    """A new identifier of 32 hex digits; within one process later calls sort after earlier ones made at the same instant."""
    global _last  # noqa: PLW0603  one counter a process is the point
    with _lock:
        candidate = (int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | secrets.randbits(62)
        stem = candidate >> 80
        if stem == _last >> 80 and candidate <= _last:
            candidate = _last + 1
        _last = candidate
    return f"{candidate:032x}"
