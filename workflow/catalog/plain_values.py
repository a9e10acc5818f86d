"""What people and programs write, read to the values the engine stores. Every refusal is a Fault with a stable code."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from workflow.engine.events import instant_text

MAX_TEXT = 10_000
MAX_ATTACHMENTS = 50
MAX_ROWS = 200
MAX_COLUMNS = 30

_DIGITS = 15
_AMOUNTS = ("numerator", "denominator")
# A row of these alone tells of a figure that nobody knows yet.
_WORDS = frozenset({"indicator", "source", "note"})
"""Whole digits a number may have: every such number is exact wherever JSON goes."""

_PLACES = 6
_PLAIN = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_VIETNAMESE = re.compile(r"(-?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,([0-9]+))?")
_GROUPED_OR_PLAIN = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SPOKEN_DATE = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})(?:\2([0-9]{4}|[0-9]{2}))?")
_TODAY = frozenset({"hôm nay", "hom nay", "today"})
_HEX = re.compile(r"[0-9a-f]{64}")
_YES = frozenset({"true", "on", "1", "yes", "có"})
_NO = frozenset({"false", "off", "0", "no", "không"})
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a line read otherwise than it is stored."""


@dataclass(frozen=True, slots=True)
class Fault:
    code: str
    params: Mapping[str, str]


class Refused(ValueError):
    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.fault = Fault(code, {name: str(value) for name, value in params.items()})


def shown(value: Any) -> str:
    """A given value, short and clean enough to be quoted in an answer."""
    try:
        text = str(value).encode(errors="replace").decode()
    except ValueError:
        # Python refuses to spell an int of thousands of digits.
        text = type(value).__name__
    return text if len(text) <= 80 else f"{text[:79]}…"


def text_of(value: Any) -> str:
    """Trimmed, NFC, lines ended by newline; no other control character, nothing that reorders a line."""
    if not isinstance(value, str):
        raise Refused("not_text", value=shown(value))
    if len(value) > 4 * MAX_TEXT:
        raise Refused("too_long", limit=MAX_TEXT, length=len(value))
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    for char in text:
        if (unicodedata.category(char) in ("Cc", "Cs") and char != "\n") or char in _REORDERING:
            raise Refused("control_character", character=f"U+{ord(char):04X}")
    text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_TEXT:
        raise Refused("too_long", limit=MAX_TEXT, length=len(text))
    return text


def decimal_of(value: Any) -> Decimal:
    """Plain (`1234.5`) or Vietnamese (`1.234,5`); `1.234`, which is both, is refused with its two readings."""
    text = _number_text(value)
    found = _PLAIN.fullmatch(text) or _VIETNAMESE.fullmatch(text)
    if not found:
        raise Refused("not_a_number", value=shown(value))
    sign, whole, fraction = found[1], found[2].replace(".", ""), (found[3] or "").rstrip("0")
    if len(whole.lstrip("0")) > _DIGITS or len(fraction) > _PLACES:
        raise Refused("number_too_long", digits=_DIGITS, places=_PLACES)
    return Decimal(f"{sign}{whole}.{fraction or '0'}")


def _number_text(value: Any) -> str:
    """The digits of a number as given; a number of JSON has one reading, so it is spelt without exponent."""
    if isinstance(value, str):
        text = value.strip()
        if _GROUPED_OR_PLAIN.fullmatch(text):
            raise Refused("ambiguous_number", value=text, grouped=text.replace(".", ""), decimal=text.replace(".", ","))
        return text
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("not_a_number", value=shown(value))
    # Python refuses to spell a very long int; ask for its size first.
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        raise Refused("number_too_long", digits=_DIGITS, places=_PLACES)
    return f"{Decimal(str(value)):f}"


def decimal_text(number: Decimal) -> str:
    """The one spelling of a number: no exponent, no idle zeros, no negative zero."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def integer_of(value: Any) -> int:
    if isinstance(value, str) and len(value) <= _DIGITS and value.isascii() and value.isdigit():
        # What nearly every form sends; all other spellings go the long way.
        return int(value)
    number = decimal_of(value)
    if number != number.to_integral_value():
        raise Refused("not_a_whole_number", value=shown(value))
    return int(number)


def date_of(value: Any, today: date) -> date:
    """`YYYY-MM-DD`, or as people write: 1/7 (this year), 01/07/26, 1-7-2026, hôm nay."""
    if not isinstance(value, str):
        raise Refused("not_a_date", value=shown(value))
    text = unicodedata.normalize("NFC", value).strip().casefold()
    if text in _TODAY:
        return today
    try:
        day = date(*_year_month_day(text, today))
    except ValueError:
        raise Refused("not_a_date", value=shown(value)) from None
    if not 1900 <= day.year < 2200:
        raise Refused("not_a_date", value=shown(value))
    return day


def _year_month_day(text: str, today: date) -> tuple[int, int, int]:
    """The three numbers of a written date, 0-0-0 where it is none."""
    if iso := _ISO.fullmatch(text):
        return int(iso[1]), int(iso[2]), int(iso[3])
    spoken = _SPOKEN_DATE.fullmatch(text)
    if not spoken:
        return 0, 0, 0
    year = int(spoken[4]) if spoken[4] else today.year
    return year + 2000 if year < 100 else year, int(spoken[3]), int(spoken[1])


def instant_of_text(value: Any, zone: tzinfo) -> str:
    """RFC 3339; without an offset (as a form writes it) it is local time."""
    try:
        at = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or not 1900 <= at.year < 2200 or ":" not in value:
        raise Refused("not_an_instant", value=shown(value))
    return instant_text((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC))


def boolean_of(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = unicodedata.normalize("NFC", str(value)).strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Refused("not_a_boolean", value=shown(value))


def attachments_of(value: Any) -> tuple[str, ...]:
    """SHA-256 sums in hex, each once, in the order given."""
    sums = [value] if isinstance(value, str) else value
    if not isinstance(sums, list | tuple):
        raise Refused("not_an_attachment", value=shown(value))
    if len(sums) > MAX_ATTACHMENTS:
        raise Refused("too_many", limit=MAX_ATTACHMENTS, count=len(sums))
    for found in sums:
        if not isinstance(found, str) or not _HEX.fullmatch(found):
            raise Refused("not_an_attachment", value=shown(found))
    return tuple(dict.fromkeys(sums))


def figures_of(value: Any) -> tuple[dict[str, Any], ...]:
    """Rows as plain mappings; a mapping of rows by name becomes rows that carry their name as `indicator`.

    A row without any number says nothing and is left out. A `numerator` or `denominator` is a number of zero or more, and no part
    is greater than its whole; whoever is refused learns of which `indicator` and which `part`.
    """
    rows = _rows(value)
    if len(rows) > MAX_ROWS:
        raise Refused("too_many", limit=MAX_ROWS, count=len(rows))
    return tuple(_measured(row) for row in map(_row, rows) if row.keys() - _WORDS)


def _measured(row: dict[str, Any]) -> dict[str, Any]:
    indicator = str(row.get("indicator", ""))
    parts = {name: _amount(row[name], indicator, name) for name in _AMOUNTS if name in row}
    if len(parts) == len(_AMOUNTS) and parts["numerator"] > parts["denominator"]:
        shown_parts = {name: decimal_text(part) for name, part in parts.items()}
        raise Refused("part_above_whole", indicator=indicator, part="numerator", **shown_parts)
    return row | {name: _stored(part) for name, part in parts.items()}


def _amount(cell: Any, indicator: str, part: str) -> Decimal:
    try:
        amount = decimal_of(cell)
    except Refused as refused:
        raise Refused(refused.fault.code, **{**refused.fault.params, "indicator": indicator, "part": part}) from None
    if amount < 0:
        raise Refused("below_minimum", minimum=0, indicator=indicator, part=part)
    return amount


def _stored(amount: Decimal) -> int | str:
    return int(amount) if amount == amount.to_integral_value() else decimal_text(amount)


def _rows(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        if value and all(isinstance(row, Mapping) for row in value.values()):
            return [{"indicator": name, **row} for name, row in value.items()]
        return [value]
    if isinstance(value, list | tuple):
        return list(value)
    raise Refused("not_figures", value=shown(value))


def _row(row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping) or not row or len(row) > MAX_COLUMNS:
        raise Refused("not_figures", value=shown(row))
    return {text_of(name): _cell(cell) for name, cell in row.items() if cell is not None and cell != ""}


def _cell(cell: Any) -> Any:
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int):
        return integer_of(cell)
    if isinstance(cell, float):
        return decimal_text(decimal_of(cell))
    if isinstance(cell, list | tuple) and len(cell) <= MAX_ATTACHMENTS:
        return [text_of(part) for part in cell]
    return text_of(cell)
