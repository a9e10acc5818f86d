"""A letter by mail to one person: what it tells, grouped and bounded. How it looks and how it travels is the mailer's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflow.engine import Definition, Label
from workflow.persistence.notices import Notice

MOST_OF_A_KIND = 10
MOST = 40


@dataclass(frozen=True, slots=True)
class Section:
    """The notices of one kind of work in one unit, the newest first; `more` were left out."""

    workflow: str
    unit: str
    notices: tuple[Notice, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Letter:
    """`id` is that of its message, the same at every attempt; `occasion` is `letters.AT_ONCE` or `letters.DIGEST`.

    `more` counts what stands in no section; `definitions` are the editions in force by workflow;
    `givers` the titles of those in whose place its reader is told of something.
    """

    id: str
    occasion: str
    person: str
    address: str
    language: str
    at: datetime
    sections: tuple[Section, ...]
    more: int
    definitions: Mapping[str, Definition]
    units: Mapping[str, Label]
    givers: Mapping[str, Label]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """All that it tells one by one."""
        return tuple(notice for section in self.sections for notice in section.notices)

    @property
    def total(self) -> int:
        return self.more + sum(len(section.notices) + section.more for section in self.sections)


@dataclass(frozen=True, slots=True)
class RootLetter:
    """A root of the log for whoever keeps it: `note` is what the signer signed. The rest as in `Letter`."""

    id: str
    person: str
    address: str
    language: str
    at: datetime
    note: str


class Mailer(Protocol):
    """Sends a letter; it may be handed the same letter again. Undeliverable where another attempt would not help."""

    def send(self, letter: Letter | RootLetter) -> object: ...


def sections_of(notices: Iterable[Notice]) -> tuple[tuple[Section, ...], int]:
    """The notices, newest first, as a letter tells them, and how many are told by their number alone."""
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        params = notice.params
        groups.setdefault((str(params.get("workflow", "")), str(params.get("unit", ""))), []).append(notice)
    sections: list[Section] = []
    left, more = MOST, 0
    for (workflow, unit), group in groups.items():
        told = tuple(group[: min(MOST_OF_A_KIND, left)])
        left -= len(told)
        if told:
            sections.append(Section(workflow, unit, told, len(group) - len(told)))
        else:
            more += len(group)
    return tuple(sections), more
