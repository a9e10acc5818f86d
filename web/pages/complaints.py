"""What a check has to say about a file that somebody sent, and the file itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from flask import request

from web.i18n import _, label
from workflow.catalog import Source
from workflow.catalog.findings import Finding

_LONGEST_LINE = 160
_SHOWN_TEXT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Complaint:
    """A finding with the line of the text it is about; `scenarios` where that text is the file of scenarios beside it."""

    place: str
    sentence: str
    code: str
    line: str
    severity: str
    number: int
    column: int
    scenarios: bool


def complaints(findings: Iterable[Finding], text: str, scenarios: Source | None = None) -> list[Complaint]:
    """`scenarios` are those that were checked beside `text`: findings bear the name of the file they are about."""
    lines, stories = text.split("\n"), _text(scenarios).split("\n")
    return [
        _complaint(finding, stories, scenarios=True)
        if scenarios is not None and finding.file == scenarios.file
        else _complaint(finding, lines, scenarios=False)
        for finding in findings
    ]


def _text(source: Source | None) -> str:
    return source.content.decode(errors="replace") if source else ""


def _complaint(finding: Finding, lines: list[str], *, scenarios: bool) -> Complaint:
    return Complaint(
        place=_("Line {line}, column {column}", line=finding.line, column=finding.column),
        sentence=_spoken(finding),
        code=finding.code,
        line=lines[finding.line - 1].strip()[:_LONGEST_LINE] if finding.line <= len(lines) else "",
        severity=finding.severity.value,
        number=finding.line,
        column=finding.column,
        scenarios=scenarios,
    )


def _spoken(finding: Finding) -> str:
    sentence = label(finding.message)
    # What begins with a name of the file keeps its spelling.
    if sentence.split(" ", 1)[0].isalpha():
        sentence = sentence[:1].upper() + sentence[1:]
    if finding.hint is None:
        return sentence
    asked = _("Did you mean “{word}”?", word=finding.hint)
    return f"{sentence.rstrip('.')}. {asked}"


def sent_file(field: str = "part") -> tuple[str, bytes] | None:
    """The name and the bytes of the file in that field, or None where none came."""
    sent = request.files.get(field)
    if sent is None or not sent.filename:
        return None
    return PurePath(sent.filename.replace("\\", "/")).name[-100:], sent.stream.read()


def pasted_text(field: str = "text") -> str:
    """What was pasted into that field, its lines ended as files end them."""
    # A browser ends lines its own way; the file's hash must not depend on who typed it.
    return request.form.get(field, "").replace("\r\n", "\n")


def shown_text(source: bytes) -> str:
    """What was sent, as the form shows it again; what is far too long is not sent back."""
    return source.decode(errors="replace") if len(source) <= _SHOWN_TEXT else ""
