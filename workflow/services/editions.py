"""Published definitions, compiled once a process and handed out by identity."""

import time
from collections.abc import Callable
from typing import Protocol

from workflow.catalog import Names, accepted_text
from workflow.engine import Definition
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork

_FRESH_SECONDS = 2.0


class Pinned(Protocol):
    """Whatever says which edition rules it."""

    @property
    def workflow(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...


class Editions:
    """The editions in the database. A newly published one is known here within a few seconds, in every process."""

    def __init__(self, read: Callable[[], UnitOfWork], names: Names) -> None:
        self._read = read
        self._names = names
        self._by_fingerprint: dict[str, Definition] = {}
        self._latest: dict[str, str] = {}
        self._looked_at = float("-inf")

    def of(self, item: Pinned, uow: UnitOfWork) -> Definition:
        """The edition that `item`, or what stands for it, is pinned to."""
        found = self._by_fingerprint.get(item.fingerprint)
        if found is None:
            source = uow.definitions.by_fingerprint(item.workflow, item.fingerprint)
            found = self._compiled(source.text, source.file, item.fingerprint)
        return found

    def latest(self, workflow: str, uow: UnitOfWork | None = None) -> Definition:
        """The newest edition; NotFound with the nearest name where there is none. Whoever has a unit open passes it."""
        self._refresh(uow)
        fingerprint = self._latest.get(workflow)
        if fingerprint is None:
            raise NotFound("workflow", workflow)
        return self._by_fingerprint[fingerprint]

    def all_latest(self, uow: UnitOfWork | None = None) -> tuple[Definition, ...]:
        self._refresh(uow)
        return tuple(self._by_fingerprint[fingerprint] for _, fingerprint in sorted(self._latest.items()))

    def version(self, workflow: str, version: int) -> Definition:
        with self._read() as uow:
            source = uow.definitions.get(workflow, version)
        return self._by_fingerprint.get(source.fingerprint) or self._compiled(
            source.text, source.file, source.fingerprint
        )

    def forget(self) -> None:
        """Look at the database again at the next question."""
        self._looked_at = float("-inf")

    def _refresh(self, uow: UnitOfWork | None) -> None:
        moment = time.monotonic()
        if moment - self._looked_at < _FRESH_SECONDS:
            return
        if uow is not None:
            self._look(uow)
        else:
            with self._read() as own:
                self._look(own)
        self._looked_at = moment

    def _look(self, uow: UnitOfWork) -> None:
        for source in uow.definitions.latest():
            if source.fingerprint not in self._by_fingerprint:
                self._compiled(source.text, source.file, source.fingerprint)
            self._latest[source.workflow] = source.fingerprint

    def _compiled(self, text: bytes, file: str, fingerprint: str) -> Definition:
        definition = accepted_text(text, file, self._names)
        if definition is None:
            raise NotFound("definition", fingerprint)
        self._by_fingerprint[fingerprint] = definition
        return definition
