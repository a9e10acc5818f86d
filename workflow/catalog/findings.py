"""What is wrong with a file: a code, a place, a sentence in both languages and, where it can be told, the right name."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from workflow.engine.definition import Label


class Severity(StrEnum):
    """An error stops publishing; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` and `column` are 1-based, of the offending key or value; `hint` is the nearest right name."""

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    message: Label
    hint: str | None = None

    def __str__(self) -> str:
        asked = f' (did you mean "{self.hint}"?)' if self.hint else ""
        return f"{self.file}:{self.line}:{self.column} {self.code} {self.message.en}{asked}"

    @property
    def place(self) -> tuple[int, int, str]:
        """What findings of one file are sorted by."""
        return self.line, self.column, self.code

    def to_plain(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": {"vi": self.message.vi, "en": self.message.en},
            "hint": self.hint,
        }


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None where none is like it."""
    found = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def quoted(text: str) -> str:
    """A text of the file as a sentence may quote it: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
