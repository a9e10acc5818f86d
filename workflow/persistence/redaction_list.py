"""The list of erased texts beside a database and its backups: what a restore of an older copy must erase again. No content."""

import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from workflow.persistence.columns import instant, json_text, micros
from workflow.persistence.redactions import Redaction
from workflow.values import names_of

FILE = "redactions.ndjson"


def read(file: Path) -> tuple[Redaction, ...]:
    """Everything on the list; nothing where there is none. ValueError for what is no such list."""
    if not file.exists():
        return ()
    return tuple(_read(line) for line in file.read_text(encoding="utf-8").splitlines() if line)


def of_database(file: Path) -> tuple[Redaction, ...]:
    """What a SQLite database says was erased in it, however far its other parts can still be read. ValueError where it cannot."""
    names = names_of(Redaction)
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            rows = connection.execute(f"SELECT {', '.join(names)} FROM redaction").fetchall()  # noqa: S608  our own names
    except sqlite3.DatabaseError as fault:
        raise ValueError(f"{file}: {fault}") from fault
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return tuple(Redaction(**said | {"erased_at": instant(said["erased_at"])}) for said in found)


def _read(line: str) -> Redaction:
    try:
        said = json.loads(line)
        return Redaction(
            **{name: said[name] for name in names_of(Redaction)} | {"erased_at": instant(said["erased_at"])}
        )
    except (KeyError, TypeError) as fault:
        raise ValueError(f"no line of a list of erased texts: {line[:100]}") from fault


def add(file: Path, gone: Iterable[Redaction]) -> None:
    """Put these on the list too; what stands there stays. The list is whole at every instant."""
    found = {_place(one): one for one in (*read(file), *gone)}
    lines = "".join(f"{_line(one)}\n" for one in sorted(found.values(), key=_place))
    half = file.with_name(f"{file.name}.part")
    with half.open("w", encoding="utf-8") as writing:
        writing.write(lines)
        writing.flush()
        os.fsync(writing.fileno())
    half.replace(file)


def _place(one: Redaction) -> tuple[str, int, str]:
    return one.stream, one.n, one.field


def _line(one: Redaction) -> str:
    return json_text({name: getattr(one, name) for name in names_of(Redaction)} | {"erased_at": micros(one.erased_at)})
