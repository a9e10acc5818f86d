"""The letters of documents: Liberation Serif, as wide as Times New Roman, complete for Vietnamese, shipped beside this module."""

import struct
from functools import cache
from pathlib import Path

FAMILY = "Liberation Serif"
FOLDER = Path(__file__).parent / "fonts"


def faces() -> tuple[Path, ...]:
    """Regular, bold, italic and both, as files."""
    return tuple(sorted(FOLDER.glob("*.ttf")))


@cache
def letters(face: Path) -> frozenset[int]:
    """The code points that a TrueType file has a glyph for."""
    data = face.read_bytes()
    found: set[int] = set()
    for subtable in _subtables(data):
        (form,) = struct.unpack_from(">H", data, subtable)
        if form == 4:
            found |= _segments(data, subtable)
        elif form == 12:
            found |= _groups(data, subtable)
    return frozenset(found)


@cache
def common_letters() -> frozenset[int]:
    """What every face can show."""
    return frozenset.intersection(*(letters(face) for face in faces()))


def _subtables(data: bytes) -> list[int]:
    (tables,) = struct.unpack_from(">H", data, 4)
    for n in range(tables):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", data, 12 + 16 * n)
        if tag == b"cmap":
            (count,) = struct.unpack_from(">H", data, offset + 2)
            return [offset + struct.unpack_from(">HHI", data, offset + 4 + 8 * one)[2] for one in range(count)]
    return []


def _segments(data: bytes, at: int) -> set[int]:
    """Format 4. A code point that a segment leads to glyph 0 is one that is missing."""
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", data, at + 14 + 2 * count * n + (2 if n else 0)) for n in range(4)
    )
    found = set()
    for n in range(count):
        place = at + 16 + 2 * count * 3 + 2 * n
        for code in range(starts[n], min(ends[n], 0xFFFE) + 1):
            glyph = code
            if offsets[n]:
                (glyph,) = struct.unpack_from(">H", data, place + offsets[n] + 2 * (code - starts[n]))
                if not glyph:
                    continue
            if (glyph + deltas[n]) & 0xFFFF:
                found.add(code)
    return found


def _groups(data: bytes, at: int) -> set[int]:
    (count,) = struct.unpack_from(">I", data, at + 12)
    found: set[int] = set()
    for n in range(count):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * n)
        found |= set(range(first + (not glyph), last + 1))
    return found
