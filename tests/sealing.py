"""The sealer's and the signer's own connections to an office's database, as each has them in production."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from tests.databases import Database
from tests.servers import SEALER, SIGNER
from workflow.persistence import UnitOfWork
from workflow.persistence.engine import open_sealer_engine, open_signer_engine
from workflow.persistence.roles import grant_to_sealer, grant_to_signer


def url_for(database: Database, role: str) -> str:
    """Where `role` finds the database; on SQLite there are no roles."""
    if database.name == "sqlite":
        return database.url
    return database.owner_url.replace("dondoc_owner", role)


@contextmanager
def sealer_of(database: Database) -> Iterator[Callable[[], UnitOfWork]]:
    if database.name != "sqlite":
        grant_to_sealer(database.owner, SEALER)
    with _opener(open_sealer_engine(url_for(database, SEALER))) as opener:
        yield opener


@contextmanager
def signer_of(database: Database) -> Iterator[Callable[[], UnitOfWork]]:
    if database.name != "sqlite":
        grant_to_signer(database.owner, SIGNER)
    with _opener(open_signer_engine(url_for(database, SIGNER))) as opener:
        yield opener


@contextmanager
def _opener(engine: Engine) -> Iterator[Callable[[], UnitOfWork]]:
    try:
        yield lambda: UnitOfWork(engine)
    finally:
        engine.dispose()
