"""Databases for tests, opened the way the product opens them. A suite takes `database` or `ground` and so runs on each of them."""

import atexit
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, event

from tests.servers import OWNER, PRODUCT, Postgres
from workflow.persistence import UnitOfWork, migrations, open_engine, open_owner_engine
from workflow.persistence.engine import writers
from workflow.persistence.roles import grant

BARE = "bare"
"""The template that has the newest schema and nothing in it."""


@dataclass(frozen=True)
class Database:
    """An office's database with a folder for its files: `engine` is the product's, `owner` may change the schema."""

    name: str
    url: str
    owner_url: str
    folder: Path
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
        event.listen(engine, "connect", lambda connection, _: self._told(connection, setting))
        if self.name == "sqlite":
            writers(engine).queue.patience = 0.02
        return engine

    def _told(self, connection, setting: str) -> None:
        connection.execute(setting)
        if self.name != "sqlite":
            connection.commit()

    def close(self) -> None:
        self.engine.dispose()
        self.owner.dispose()


def _opened(name: str, folder: Path, url: str, owner_url: str) -> Database:
    return Database(name, url, owner_url, folder, open_engine(url), open_owner_engine(owner_url))


class Stock(ABC):
    """Databases that are kept as they were at some moment, to be copied: a migration or an office a test would be slow."""

    name: str

    @abstractmethod
    def has(self, template: str) -> bool: ...

    @abstractmethod
    def keep(self, database: Database, template: str) -> None:
        """Have `database`, which is closed by this, copied under that name from now on."""

    @abstractmethod
    def copy(self, template: str, folder: Path) -> Database: ...

    @abstractmethod
    def drop(self, database: Database) -> None: ...


class SqliteStock(Stock):
    name = "sqlite"

    def __init__(self, shelf: Path) -> None:
        self._shelf = shelf

    def has(self, template: str) -> bool:
        return self._file(template).exists()

    def keep(self, database: Database, template: str) -> None:
        # The last connection that is closed writes everything into the one file.
        database.close()
        shutil.copyfile(database.folder / "office.sqlite", self._file(template))

    def copy(self, template: str, folder: Path) -> Database:
        if not self.has(BARE):
            self._migrate()
        path = folder / "office.sqlite"
        if not path.exists():
            shutil.copyfile(self._file(template), path)
        url = f"sqlite:///{path}"
        return _opened(self.name, folder, url, url)

    def drop(self, database: Database) -> None:
        database.close()

    def _file(self, template: str) -> Path:
        return self._shelf / f"{template}.sqlite"

    def _migrate(self) -> None:
        owner = open_owner_engine(f"sqlite:///{self._file(BARE)}")
        migrations.upgrade(owner)
        owner.dispose()


class PostgresqlStock(Stock):
    """On a server where one role owns the schema and another is the product's, as in production."""

    name = "postgresql"

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._kept: dict[str, str] = {}

    def has(self, template: str) -> bool:
        return template in self._kept

    def keep(self, database: Database, template: str) -> None:
        database.close()
        self._kept[template] = self._name_of(database)

    def copy(self, template: str, folder: Path) -> Database:
        if not self.has(BARE):
            self._migrate()
        made = self.server.new_database(self._kept[template])
        # The one thing of `grant` that is said of the database itself, and so is not copied with it.
        self.server.ask(f"REVOKE TEMPORARY ON DATABASE {made} FROM PUBLIC")
        return self._opened(made, folder)

    def drop(self, database: Database) -> None:
        database.close()
        if self._name_of(database) not in self._kept.values():
            self.server.drop(self._name_of(database))

    def close(self) -> None:
        for name in self._kept.values():
            self.server.drop(name)

    def _name_of(self, database: Database) -> str:
        return database.url.rpartition("/")[2]

    def _opened(self, database: str, folder: Path) -> Database:
        url, owner_url = (self.server.url_of(database, role) for role in (PRODUCT, OWNER))
        return _opened(self.name, folder, url, owner_url)

    def _migrate(self) -> None:
        name = self.server.new_database()
        owner = open_owner_engine(self.server.url_of(name, OWNER))
        migrations.upgrade(owner)
        grant(owner, PRODUCT)
        owner.dispose()
        self._kept[BARE] = name


@dataclass
class Ground:
    """Where one test's databases stand; they are closed with it."""

    stock: Stock
    folder: Path
    made: list[Database] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.stock.name

    @property
    def databases(self) -> tuple[Database, ...]:
        """Those made so far."""
        return tuple(self.made)

    def database(self, template: str = BARE) -> Database:
        """A new database like that template."""
        folder = self.folder / f"office-{len(self.made) + 1}" if self.made else self.folder
        folder.mkdir(exist_ok=True)
        made = self.stock.copy(template, folder)
        self.made.append(made)
        return made

    def like(self, template: str, fill: Callable[[Database], None]) -> Database:
        """A new database like that template, which `fill` makes of a bare one the first time."""
        if not self.stock.has(template):
            with tempfile.TemporaryDirectory() as folder:
                first = self.stock.copy(BARE, Path(folder))
                fill(first)
                self.stock.keep(first, template)
        return self.database(template)

    def close(self) -> None:
        for database in self.made:
            self.stock.drop(database)


@cache
def _shelf() -> SqliteStock:
    folder = tempfile.mkdtemp(prefix="dondoc-templates-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return SqliteStock(Path(folder))


def sqlite_ground(folder: Path) -> Ground:
    """A ground of SQLite files in `folder`; its databases live as long as the process."""
    return Ground(_shelf(), folder)
