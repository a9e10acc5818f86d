"""What people and programs write, read to the values the engine stores. Every refusal is a Fault with a stable code."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, TypeVar

from workflow.engine.events import instant_text

_T = TypeVar("_T")

MAX_TEXT = 10_000
MAX_ATTACHMENTS = 50
MAX_ROWS = 200
MAX_COLUMNS = 30

_DIGITS = 15
_AMOUNTS = ("numerator", "denominator")
# A row of these alone tells of a figure that nobody knows yet.
_WORDS = frozenset({"indicator", "source", "note", "extracted_at", "evidence"})
"""Whole digits a number may have: every such number is exact wherever JSON goes."""

_PLACES = 6
_PLAIN = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_VIETNAMESE = re.compile(r"(-?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,([0-9]+))?")
_GROUPED_OR_PLAIN = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SPOKEN_DATE = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})(?:\2([0-9]{4}|[0-9]{2}))?")
_TODAY = frozenset({"hôm nay", "hom nay", "today"})
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:hg]([0-5][0-9])")
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
    """`fault` is what is wrong with the value; `others` is what is wrong with further parts of it."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.fault = Fault(code, {name: str(value) for name, value in params.items()})
        self.others: tuple[Fault, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (self.fault, *self.others)


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


def figures_of(value: Any, today: date, zone: tzinfo) -> tuple[dict[str, Any], ...]:
    """Rows as plain mappings; a mapping of rows by name becomes rows that carry their name as `indicator`.

    A row without any number says nothing and is left out. A `numerator` or `denominator` is a number of zero or more, and no part
    is greater than its whole; `extracted_at` is a day, or a day and a time, and not ahead; `evidence` names files. Whoever is
    refused learns of which `indicator` and which `part`, of every row at once.
    """
    rows = _rows(value)
    if len(rows) > MAX_ROWS:
        raise Refused("too_many", limit=MAX_ROWS, count=len(rows))
    read: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for row in map(_row, rows):
        if not row.keys() - _WORDS:
            continue
        try:
            read.append(_measured(row, today, zone))
        except Refused as refused:
            faults.extend(refused.faults)
    if faults:
        refusal = Refused(faults[0].code, **faults[0].params)
        refusal.others = tuple(faults[1:])
        raise refusal
    return tuple(read)


def _measured(row: dict[str, Any], today: date, zone: tzinfo) -> dict[str, Any]:
    indicator = str(row.get("indicator", ""))
    parts = {name: _amount(row[name], indicator, name) for name in _AMOUNTS if name in row}
    if len(parts) == len(_AMOUNTS) and parts["numerator"] > parts["denominator"]:
        shown_parts = {name: decimal_text(part) for name, part in parts.items()}
        raise Refused("part_above_whole", indicator=indicator, part="numerator", **shown_parts)
    read = row | {name: _stored(part) for name, part in parts.items()}
    if "extracted_at" in row:
        read["extracted_at"] = _of_part(indicator, "extracted_at", lambda: _taken_at(row["extracted_at"], today, zone))
    if "evidence" in row:
        read["evidence"] = list(_of_part(indicator, "evidence", lambda: attachments_of(row["evidence"])))
    return read


def _amount(cell: Any, indicator: str, part: str) -> Decimal:
    amount = _of_part(indicator, part, lambda: decimal_of(cell))
    if amount < 0:
        raise Refused("below_minimum", minimum=0, indicator=indicator, part=part)
    return amount


def _of_part(indicator: str, part: str, read: Callable[[], _T]) -> _T:
    """What `read` reads; a refusal says of which figure."""
    try:
        return read()
    except Refused as refused:
        raise Refused(refused.fault.code, **{**refused.fault.params, "indicator": indicator, "part": part}) from None


def _taken_at(value: Any, today: date, zone: tzinfo) -> str:
    """A day as `YYYY-MM-DD`, a day and a time as an instant; people write 14/07/2026 or 14/7/2026 16:30."""
    text = value.strip() if isinstance(value, str) else value
    words = text.split() if isinstance(text, str) else []
    if len(words) == 2 and (clock := _CLOCK.fullmatch(words[1])):
        day = date_of(words[0], today)
        text = f"{day.isoformat()}T{int(clock[1]):02d}:{clock[2]}:00"
    if isinstance(text, str) and ("T" in text or ":" in text):
        found = instant_of_text(text, zone)
        if datetime.fromisoformat(found).astimezone(zone).date() > today:
            raise Refused("instant_ahead", value=shown(value))
        return found
    day = date_of(text, today)
    if day > today:
        raise Refused("instant_ahead", value=shown(value))
    return day.isoformat()


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
