"""How wide a text of Noto Sans will be, from a small table: good enough to keep drawn texts apart without a font at hand."""

import unicodedata
from functools import lru_cache

# Thousandths of the type size, taken from the bold cut and rounded up: what is drawn is never wider than what is reckoned.
_ADVANCES = (
    ("ijl .,:;'!|·-", 330),
    ('ftrI()[]/"“”', 460),
    ("Jscz?", 520),
    ("abdeghnopqvxyk0123456789L–", 660),
    ("uABCEFKPRSTYZXV", 700),
    ("DGHNOQUĐw✓↻●", 860),
    ("mMW%", 985),
)
_ADVANCE = {character: advance for characters, advance in _ADVANCES for character in characters}
_OTHER_LETTER, _SMALL_HORN, _GREAT_HORN, _FOREIGN = 700, 760, 885, 1000
_HORN = "\N{COMBINING HORN}"


@lru_cache(maxsize=1024)
def _advance(character: str) -> int:
    parts = unicodedata.normalize("NFD", character)
    if unicodedata.combining(parts[0]):
        return 0
    if _HORN in parts:
        return _GREAT_HORN if parts[0].isupper() else _SMALL_HORN
    foreign = unicodedata.east_asian_width(parts[0]) in "WF"
    return _ADVANCE.get(parts[0], _FOREIGN if foreign else _OTHER_LETTER)


def text_width(text: str, size: float) -> float:
    """In the unit of `size`; never less than the text takes in Noto Sans of any weight up to bold."""
    return sum(map(_advance, text)) * size / 1000


@lru_cache(maxsize=4096)
def wrap(text: str, width: float, size: float) -> tuple[str, ...]:
    """The text in as few lines no wider than `width` as it takes, of about one length.

    Only a word that is wider by itself is broken inside.
    """
    lines = _filled(text, width, size)
    narrower = text_width(text, size) / max(len(lines), 1)
    while narrower < width:
        even = _filled(text, narrower, size)
        if len(even) == len(lines):
            return even
        narrower += size / 2
    return lines


def _filled(text: str, width: float, size: float) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if text_width(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width, size)
        lines.extend(full)
    return (*lines, line) if line else tuple(lines)


def _pieces(word: str, width: float, size: float) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and text_width(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
