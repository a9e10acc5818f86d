"""One byte form per fact: the subset of JSON in which a plain encoder equals RFC 8785 byte for byte."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

LIMIT = 65_535
"""The most bytes one body may have."""

GREATEST = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_]+").fullmatch


def _plain_mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(f"canonical JSON has no {type(value).__name__}")


_written = msgspec.json.Encoder(order="deterministic", enc_hook=_plain_mapping).encode


# The keys that were looked at and found right: the same few dozen in every entry.
_KEYS: set[object] = set()
_MOST_KEYS = 4096


def _check_keys(keys: Iterable[object]) -> None:
    if _KEYS.issuperset(keys):
        return
    for key in keys:
        if not isinstance(key, str) or _KEY(key) is None:
            raise ValueError(f"the key {key!r} is not of [a-z0-9_]+")
    if len(_KEYS) < _MOST_KEYS:
        _KEYS.update(keys)


def _check(value: object) -> None:
    if isinstance(value, list | tuple):
        _check_parts(value)
    elif isinstance(value, int):
        _check_number(value)
    elif isinstance(value, Mapping):
        _check_keys(value)
        _check_parts(value.values())
    elif not isinstance(value, str | None):
        raise ValueError(f"canonical JSON has no {type(value).__name__}")  # noqa: TRY004  one class for every refusal


def _check_number(number: int) -> None:
    if not -GREATEST <= number <= GREATEST:
        raise ValueError(f"{number} is outside ±(2^53-1)")


def _check_parts(parts: Iterable[object]) -> None:
    for part in parts:
        # Nearly everything is of one of these classes itself; texts are most of it and fail, if at all, as they become bytes.
        kind = type(part)
        if kind is str or part is None or kind is bool:
            continue
        if kind is int:
            _check_number(part)  # type: ignore[arg-type]
        elif kind is dict:
            _check_keys(part)  # type: ignore[arg-type]
            _check_parts(part.values())  # type: ignore[attr-defined]
        else:
            _check(part)


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {key: _composed(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_composed(part) for part in value]
    return value


def encode(value: object) -> bytes:
    """The one spelling of `value`, its texts brought to NFC; ValueError for what the form cannot say or is too long."""
    _check(value)
    body = _written(value)
    # A text in NFC has only parts in NFC, so one look at the whole spares a walk in nearly every case.
    if not body.isascii() and not unicodedata.is_normalized("NFC", body.decode()):
        body = _written(_composed(value))
    if len(body) > LIMIT:
        raise ValueError(f"{len(body)} bytes are more than the {LIMIT} that one body may have")
    return body


def decode(body: bytes) -> Any:
    """The value that `body` spells; ValueError unless `body` is exactly what `encode` writes for it."""
    if len(body) > LIMIT:
        raise ValueError(f"{len(body)} bytes are more than the {LIMIT} that one body may have")
    try:
        value = msgspec.json.decode(body)
        respelt = encode(value)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except msgspec.DecodeError as fault:
        raise ValueError(str(fault)) from None
    if respelt != body:
        raise ValueError("not the canonical spelling")
    return value


@lru_cache(maxsize=256)
def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC with exactly six decimals: equal instants have one spelling."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
