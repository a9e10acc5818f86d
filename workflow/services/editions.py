"""Published definitions, compiled once a process and handed out by identity."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from workflow.catalog import Names, accepted_text
from workflow.engine import Definition
from workflow.engine.definition import Purpose
from workflow.errors import NotFound, Unserved
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
        self._serving: Mapping[Purpose, Definition] = MappingProxyType({})
        self._purposes: Mapping[str, Purpose] = MappingProxyType({})
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

    def find_serving(self, purpose: Purpose, uow: UnitOfWork | None = None) -> Definition | None:
        """The newest edition of the workflow that has that purpose, None where no workflow has it.

        Items of its older editions are of the same workflow, be it that those do not name the purpose yet.
        """
        self._refresh(uow)
        return self._serving.get(purpose)

    def serving(self, purpose: Purpose, uow: UnitOfWork | None = None) -> Definition:
        """The same; Unserved where there is none."""
        found = self.find_serving(purpose, uow)
        if found is None:
            raise Unserved(purpose.value)
        return found

    def purposes(self, uow: UnitOfWork | None = None) -> Mapping[str, Purpose]:
        """What each workflow is for, by its name; those without a purpose are left out."""
        self._refresh(uow)
        return self._purposes

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
        self._sort()

    def _sort(self) -> None:
        """Find out once what each workflow is for. Publishing keeps a purpose to one workflow; the first name wins otherwise."""
        newest = [self._by_fingerprint[fingerprint] for _, fingerprint in sorted(self._latest.items(), reverse=True)]
        serving = {one.purpose: one for one in newest if one.purpose}
        self._serving = MappingProxyType(serving)
        self._purposes = MappingProxyType({one.workflow: purpose for purpose, one in serving.items()})

    def _compiled(self, text: bytes, file: str, fingerprint: str) -> Definition:
        definition = accepted_text(text, file, self._names)
        if definition is None:
            raise NotFound("definition", fingerprint)
        self._by_fingerprint[fingerprint] = definition
        return definition
