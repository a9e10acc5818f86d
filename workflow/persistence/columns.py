"""Column types and the plain forms behind them; the same on SQLite and PostgreSQL."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary
from sqlalchemy import Text as AnyText
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


# A move reads and writes the same few instants over and over.
@lru_cache(maxsize=4096)
def micros(at: datetime) -> int:
    """Microseconds since the epoch, exactly; TypeError for an instant without a zone."""
    return (at - EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)
def instant(number: int) -> datetime:
    return EPOCH + timedelta(microseconds=number)


def micros_or_none(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def instant_or_none(number: int | None) -> datetime | None:
    return None if number is None else instant(number)


_written = msgspec.json.Encoder(enc_hook=dict).encode


def json_text(value: object) -> str:
    """JSON of plain values; mappings of any kind and tuples are welcome."""
    return _written(value).decode()


def json_value(text: str) -> Any:
    """The value of what `json_text` wrote."""
    return msgspec.json.decode(text)


# STRICT tables of SQLite know INTEGER, TEXT and BLOB only; INTEGER has 64 bits there.
_BIG = BigInteger().with_variant(Integer(), "sqlite")


Text: TypeEngine[str] = AnyText().with_variant(AnyText(collation="C"), "postgresql")
"""Text that sorts by its bytes, whatever the locale of the database: what people read sorts by a `sort_key` of its own."""


def whole() -> TypeEngine[int]:
    """A number of 64 bits on both databases."""
    return _BIG


def blob() -> TypeEngine[bytes]:
    return LargeBinary()


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as microseconds since the epoch."""

    impl = _BIG
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return micros_or_none(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return instant_or_none(value)


class JsonText(TypeDecorator[Any]):
    """Plain values as JSON text: the same bytes on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json_value(value)


_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"


def _letter(char: str) -> tuple[str, str, str]:
    """The weights of one composed letter: base letter, tone, case; each one printable character."""
    parts = unicodedata.normalize("NFD", char)
    tone = next((_TONES.index(part) + 1 for part in parts if part in _TONES), 0)
    base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    lower = base.lower()
    if lower.isspace():
        weight = 0
    elif lower in _ALPHABET:
        weight = 12 + _ALPHABET.index(lower)
    elif lower.isascii() and lower.isdigit():
        weight = 2 + int(lower)
    else:
        weight = 1
    return chr(ord('"') + weight), chr(ord('"') + tone), '"' if base == lower else "#"


class _Weights(dict[int, str]):
    """One level of weights for `str.translate`, learnt letter by letter."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def __missing__(self, code: int) -> str:
        weight = self[code] = _letter(chr(code))[self._level]
        return weight


_LEVELS = tuple(_Weights(level) for level in range(3))


@lru_cache(maxsize=4096)
def sort_key(text: str) -> str:
    """ASCII text whose byte order is the Vietnamese dictionary order of `text`: letters, then tones, then case."""
    composed = unicodedata.normalize("NFC", text)
    # "!" sorts before every weight, so a shorter text comes first.
    return "!".join(composed.translate(weights) for weights in _LEVELS)


def flag(value: bool) -> int:  # noqa: FBT001  the value itself is the argument
    return 1 if value else 0


def nested_tuples(value: Any) -> Any:
    """A stored field value as the engine holds it: a JSON list is a tuple there."""
    return tuple(value) if type(value) is list else value


def plain_fields(text: str) -> Mapping[str, Any]:
    return {name: nested_tuples(value) for name, value in json_value(text).items()}
