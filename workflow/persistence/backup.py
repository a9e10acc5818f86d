"""A copy of the whole database while others go on writing. Runs under `open_owner_engine`."""

from pathlib import Path

from sqlalchemy import Engine


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
