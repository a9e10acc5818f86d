"""The ways into the database of those who number the log and who sign it. Each is opened for its work and closed after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workflow.persistence.engine import closed_after, open_sealer_engine, open_signer_engine
from workflow.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Sealer:
    """May number entries and move the head of the tree."""

    url: str

    @contextmanager
    def at_work(self) -> Iterator[Callable[[], UnitOfWork]]:
        """What opens one unit of work after another."""
        with closed_after(open_sealer_engine(self.url)) as engine:
            yield lambda: UnitOfWork(engine)


@dataclass(frozen=True, slots=True)
class SignersDoor:
    """`read` and `write` open a unit of work; the latter may add checkpoints and alarms."""

    read: Callable[[], UnitOfWork]
    write: Callable[[], UnitOfWork]


@contextmanager
def signers_door(url: str) -> Iterator[SignersDoor]:
    with closed_after(open_signer_engine(url)) as engine:
        yield SignersDoor(lambda: UnitOfWork(engine, read_only=True), lambda: UnitOfWork(engine))
