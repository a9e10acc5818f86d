"""Reads the cells of a spreadsheet file in a process of its own, which has little time and memory for it.

As a program (`python sheet_reader.py FILE`) it writes the rows of the first sheet as JSON: texts, numbers as texts, instants.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

MOST_ROWS, MOST_COLUMNS = 1_000, 60
_CPU_SECONDS, _WALL_SECONDS = 10, 20
_MEMORY = 512 * 1024 * 1024


class Unreadable(ValueError):
    """The file is no spreadsheet that can be read within bounds."""


Row = tuple[str | int | float | None, ...]


def read_cells(path: Path) -> tuple[Row, ...]:
    """The first sheet's rows, as far as they reach from A1; Unreadable for what is damaged, too large or too slow."""
    command = [sys.executable, "-I", __file__, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_WALL_SECONDS, check=False)  # noqa: S603  our own program, no shell
    except subprocess.TimeoutExpired:
        raise Unreadable("too slow") from None
    if done.returncode != 0:
        raise Unreadable(done.stderr.decode(errors="replace").strip().splitlines()[-1:] or "no answer")
    return tuple(tuple(row) for row in json.loads(done.stdout))


def _bounded() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        # Not every system has bounds for a process; there the time on the wall is the only one.
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _rows(path: str) -> Iterator[list[Any]]:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        raise Unreadable("too many rows or columns")
    rows = sheet.to_python(skip_empty_area=False)
    if len(rows) > MOST_ROWS:
        raise Unreadable("too many rows")
    for row in rows:
        yield [_plain(cell) for cell in row]


def _plain(cell: Any) -> str | int | float | None:
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return cell if isinstance(cell, int) else str(cell) or None


if __name__ == "__main__":
    _bounded()
    sys.stdout.write(json.dumps(list(_rows(sys.argv[1]))))
