"""A data file of the definitions folder: read strictly, held to its grammar, its names held against each other."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from workflow.catalog.findings import Finding, nearest, quoted
from workflow.catalog.grammar import load, spoken
from workflow.catalog.read import Document, DocumentInvalid, Path, read_document
from workflow.engine.definition import Label


@dataclass
class DataFile:
    """The values of a file, and what is still found wrong with the names in it."""

    document: Document
    values: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)

    def note(self, path: Path, vi: str, en: str, hint: str | None = None, code: str = "L11") -> None:
        where = spoken(path)
        message = Label(where + vi, where + en)
        self.findings.append(self.document.finding(code, self.document.at(path), message, hint))

    def known(self, path: Path, word: str, words: Collection[str], kind: Label) -> None:
        """Note a word that is none of `words`."""
        if word not in words:
            short = quoted(word)
            self.note(path, f"không có {kind.vi} “{short}”", f'no {kind.en} "{short}"', nearest(word, words))

    def all_known(self, path: Path, given: Iterable[str], words: Collection[str], kind: Label) -> None:
        for n, word in enumerate(given):
            self.known((*path, n), word, words, kind)

    def unique(self, block: str, key: str) -> frozenset[str]:
        """The values of `key` in a list of blocks, each of which may stand once only."""
        seen: set[str] = set()
        for n, entry in enumerate(self.values[block]):
            if entry[key] in seen:
                text = quoted(entry[key])
                self.note((block, n, key), f"“{text}” đã có ở trên", f'"{text}" stands here a second time', code="L01")
            seen.add(entry[key])
        return frozenset(seen)

    def settle(self) -> None:
        """Raise what was noted, if anything was."""
        if self.findings:
            found = sorted(self.findings, key=lambda finding: finding.place)
            raise DocumentInvalid(tuple(found))


def open_data(grammar: type[Schema], text: str | bytes, file: str) -> DataFile:
    """The file's values; DocumentInvalid where it cannot be read or breaks its grammar."""
    document = read_document(text, file)
    values, findings = load(grammar, document)
    if findings:
        raise DocumentInvalid(findings)
    return DataFile(document, values)
