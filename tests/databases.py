"""Databases for tests, opened the way the product opens them. A suite takes `database` and so runs on each of them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, event

from workflow.persistence import UnitOfWork, migrations, open_engine, open_owner_engine


@dataclass(frozen=True)
class Database:
    """An empty office: `engine` is the product's, `owner` may change the schema."""

    name: str
    url: str
    engine: Engine
    owner: Engine

    def write(self) -> UnitOfWork:
        return UnitOfWork(self.engine)

    def read(self) -> UnitOfWork:
        return UnitOfWork(self.engine, read_only=True)

    def impatient(self) -> Engine:
        """A product's engine that gives up waiting for a lock at once."""
        engine = open_engine(self.url)
        setting = "PRAGMA busy_timeout = 20" if self.name == "sqlite" else "SET lock_timeout = '20ms'"
        event.listen(engine, "connect", lambda connection, _: connection.execute(setting))
        return engine

    def close(self) -> None:
        self.engine.dispose()
        self.owner.dispose()


def sqlite_template(folder: Path) -> Path:
    """A file with the newest schema, to be copied: a migration a test would be slow."""
    path = folder / "template.db"
    owner = open_owner_engine(f"sqlite:///{path}")
    migrations.upgrade(owner)
    owner.dispose()
    return path


def sqlite_database(template: Path, folder: Path) -> Database:
    path = folder / "office.db"
    shutil.copyfile(template, path)
    url = f"sqlite:///{path}"
    return Database("sqlite", url, open_engine(url), open_owner_engine(url))
