"""A copy of the whole database while others go on writing, and the way back. Runs under `open_owner_engine`.

A SQLite database is one file; of a server every table is copied out of one snapshot, and no program of the server is needed.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from workflow.audit import Verification, walk
from workflow.persistence.migrations import current
from workflow.persistence.tables import metadata

DATABASE = "database.sqlite"
TABLES = "tables"
_CHUNK = 1024 * 1024
_COLUMNS = "columns.json"
_NAME = re.compile("[a-z][a-z0-9_]*")


class BackupBroken(Exception):
    """A copy is not what it was when it was made, or holds a log that does not verify; the text says which part."""


def back_up(engine: Engine, file: Path) -> None:
    """Write a consistent copy of a SQLite database into `file`, which must not exist; it appears whole or not at all."""
    half = file.with_name(f"{file.name}.part")
    half.unlink(missing_ok=True)
    connection = engine.raw_connection()
    try:
        # Outside of any transaction: SQLite copies what is committed at this instant.
        connection.cursor().execute("VACUUM INTO ?", (str(half),))
        half.rename(file)
    finally:
        half.unlink(missing_ok=True)
        connection.close()


@dataclass(frozen=True, slots=True)
class Copied:
    """Which kind of database was copied ("sqlite" or "postgresql"), and the revision of its schema."""

    kind: str
    revision: str


def copy_out(engine: Engine, folder: Path) -> Copied:
    """Put everything that the database holds into `folder`, as it stood at one instant."""
    copied = Copied(engine.dialect.name, str(current(engine)))
    if copied.kind == "sqlite":
        back_up(engine, folder / DATABASE)
    else:
        _copy_tables(engine, folder)
    return copied


def _copy_tables(engine: Engine, folder: Path) -> None:
    """One file a table, and beside them the names of their columns: a later release reads a copy by what it says itself."""
    (folder / TABLES).mkdir()
    columns = {table.name: [column.name for column in table.c] for table in metadata.sorted_tables}
    (folder / TABLES / _COLUMNS).write_text(json.dumps(columns, indent=1), encoding="ascii")
    with _driver(engine) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in metadata.sorted_tables:
            keys = _listed(column.name for column in _order(table))
            rows_of = f'SELECT {_listed(columns[table.name])} FROM "{table.name}" ORDER BY {keys}'  # noqa: S608  our own names
            with (
                connection.cursor().copy(f"COPY ({rows_of}) TO STDOUT") as rows,
                (folder / TABLES / table.name).open("wb") as file,
            ):
                file.writelines(rows)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _order(table: Any) -> Iterable[Any]:
    """A stream's entries one behind the other: so they are read and so they were written."""
    return (table.c.stream, table.c.n) if table.name == "audit_event" else tuple(table.primary_key)


def _columns(folder: Path) -> dict[str, list[str]]:
    """By table, in the order in which tables refer to each other."""
    said: dict[str, list[str]] = json.loads((folder / TABLES / _COLUMNS).read_text(encoding="ascii"))
    if not all(_NAME.fullmatch(name) for table, names in said.items() for name in (table, *names)):
        raise ValueError("the names of a copy are not names")
    return said


def copy_in(connection: Connection, folder: Path) -> None:
    """Fill the empty tables of a server, whose schema is that of the copy, with what `copy_out` put into `folder`.

    All of it is a part of the transaction that is open there.
    """
    driver: Any = connection.connection.driver_connection
    for table, names in _columns(folder).items():
        with _without_triggers(driver, table):
            driver.execute(f'DELETE FROM "{table}"')  # noqa: S608  `_columns` looked at the names
            _fill(driver, f'COPY "{table}" ({_listed(names)}) FROM STDIN', folder / TABLES / table)


def _fill(connection: Any, statement: str, file: Path) -> None:
    with connection.cursor().copy(statement) as rows, file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            rows.write(chunk)


@contextmanager
def _without_triggers(connection: Any, table: str) -> Iterator[None]:
    """What was accepted once is not judged again; each trigger stands afterwards as it stood before."""
    found = connection.execute(
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table,)
    ).fetchall()
    for name, _mode in found:
        connection.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"')
    yield
    for name, mode in found:
        enabled = "ENABLE ALWAYS" if mode in ("A", b"A") else "ENABLE"
        connection.execute(f'ALTER TABLE "{table}" {enabled} TRIGGER "{name}"')


@contextmanager
def _driver(engine: Engine) -> Iterator[Any]:
    connection = engine.raw_connection()
    try:
        yield connection.driver_connection
    finally:
        connection.close()


def parts(folder: Path) -> Iterator[Path]:
    """The files that make up the copy of a database."""
    if (folder / DATABASE).exists():
        yield folder / DATABASE
    yield from sorted((folder / TABLES).glob("*"))


def hash_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def verified(folder: Path) -> Verification:
    """Walk the log of a copy as it lies in `folder`, without touching it. BackupBroken where the copy cannot even be read."""
    try:
        if (folder / DATABASE).exists():
            return _verified_file(folder / DATABASE)
        with (folder / TABLES / "audit_event").open("rb") as file:
            return walk(_entries(file, _columns(folder)["audit_event"]))
    except (OSError, ValueError, KeyError, IndexError, sqlite3.DatabaseError) as fault:
        raise BackupBroken(str(fault)) from fault


def _verified_file(file: Path) -> Verification:
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise BackupBroken(f"{file.name}: {found}")
        return walk(connection.execute("SELECT stream, n, body, leaf FROM audit_event ORDER BY stream, n"))


def _entries(lines: Iterable[bytes], names: list[str]) -> Iterator[tuple[str, int, bytes, bytes]]:
    """The entries in a server's copy: columns between tabs, bytes as hexadecimal behind two backslashes and an x."""
    places = [names.index(name) for name in ("stream", "n", "body", "leaf")]
    for line in lines:
        cells = line.rstrip(b"\n").split(b"\t")
        stream, n, body, leaf = (cells[place] for place in places)
        yield stream.decode(), int(n), bytes.fromhex(body[3:].decode()), bytes.fromhex(leaf[3:].decode())
