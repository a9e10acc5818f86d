"""What a check looks at, and how it speaks: one definition, where its parts stand, what the folder around it knows."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from workflow.catalog.compile import Names
from workflow.catalog.findings import Finding, Severity, nearest
from workflow.catalog.grammar import spoken
from workflow.catalog.lint.routes import Routes
from workflow.catalog.read import Document, Path, Position
from workflow.engine.conditions import Environment
from workflow.engine.definition import Definition, Label

# A hint is a courtesy: a hostile file full of long, wrong names must not make us compare each with each.
_LONGEST_HINTED = 80
_MOST_COMPARED = 20_000


@dataclass(eq=False)
class Subject:
    definition: Definition
    document: Document
    names: Names
    _compared: int = field(default=0, init=False)
    _after: dict[str, frozenset[str]] = field(default_factory=dict, init=False)

    @cached_property
    def environment(self) -> Environment:
        return Environment(self.definition.fields)

    @cached_property
    def routes(self) -> Routes:
        """The graph. A misspelt state stands for its nearest name there, so that one slip is one finding."""
        return Routes(self.definition, lambda word: self.like(word, self.definition.states))

    def after(self, name: str) -> frozenset[str]:
        """The states in which an item may be once it has made that move."""
        if name not in self._after:
            routes = self.routes
            initial = (state.name for state in self.definition.states.values() if state.initial)
            reached = routes.reached(initial)
            ends: set[str] = set()
            for fan in routes.fans:
                made_in = fan.sources & reached if fan.move.name == name else frozenset()
                ends |= {end.target for end in fan.ends if end.target and made_in}
                ends |= made_in if any(end.target is None for end in fan.ends) else frozenset()
            self._after[name] = routes.reached(ends)
        return self._after[name]

    def like(self, word: str, known: Collection[str]) -> str | None:
        if len(word) > _LONGEST_HINTED or self._compared > _MOST_COMPARED:
            return None
        self._compared += len(known)
        return nearest(word, known)

    def at_value(self, code: str, path: Path, vi: str, en: str, hint: str | None = None) -> Finding:
        """An error, at the value of `path`; where that is absent, at the key of what should hold it."""
        standing = self._standing(path)
        # One word may stand for a list of one: then the word is the element.
        absent = standing != path and standing not in self.document.written
        position = self.document.at_key(standing) if absent else self.document.at(standing)
        return self.at(code, path, position, vi, en, hint)

    def at_key(self, code: str, path: Path, vi: str, en: str, hint: str | None = None) -> Finding:
        """An error, at the key of `path`; where that is absent, at the key of what should hold it."""
        return self.at(code, path, self.document.at_key(self._standing(path)), vi, en, hint)

    def at(self, code: str, path: Path, position: Position, vi: str, en: str, hint: str | None = None) -> Finding:
        """An error, at a position within `path`."""
        return self.document.finding(code, position, self._sentence(path, vi, en), hint)

    def warning(self, code: str, path: Path, vi: str, en: str) -> Finding:
        """A warning, at the key of `path`."""
        position = self.document.at_key(self._standing(path))
        return self.document.finding(code, position, self._sentence(path, vi, en), severity=Severity.WARNING)

    def unknown(self, code: str, path: Path, kind: Label, word: str, known: Collection[str]) -> Finding:
        """An error: nothing of that kind bears that name."""
        return self.at_value(
            code, path, f"không có {kind.vi} “{word}”", f'no {kind.en} "{word}"', self.like(word, known)
        )

    def _standing(self, path: Path) -> Path:
        """The path itself, or the nearest thing around it that stands in the file."""
        while path and path not in self.document.positions:
            path = path[:-1]
        return path

    def _sentence(self, path: Path, vi: str, en: str) -> Label:
        where = spoken(self._standing(path))
        return Label(where + vi, where + en)


Check = Callable[[Subject], Iterator[Finding]]
"""One rule: it yields the findings of one code."""
