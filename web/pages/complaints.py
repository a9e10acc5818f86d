"""What a check has to say about a file that somebody sent, and the file itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from flask import request

from web.i18n import _, label
from workflow.catalog.findings import Finding

_LONGEST_LINE = 160
_SHOWN_TEXT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Complaint:
    """A finding with the line of the text it is about."""

    place: str
    sentence: str
    line: str
    severity: str


def complaints(findings: Iterable[Finding], text: str) -> list[Complaint]:
    lines = text.splitlines()
    return [
        Complaint(
            place=_("Line {line}, column {column}", line=finding.line, column=finding.column),
            sentence=_spoken(finding),
            line=lines[finding.line - 1].strip()[:_LONGEST_LINE] if finding.line <= len(lines) else "",
            severity=finding.severity.value,
        )
        for finding in findings
    ]


def _spoken(finding: Finding) -> str:
    sentence = label(finding.message)
    # What begins with a name of the file keeps its spelling.
    if sentence.split(" ", 1)[0].isalpha():
        sentence = sentence[:1].upper() + sentence[1:]
    if finding.hint is None:
        return sentence
    asked = _("Did you mean “{word}”?", word=finding.hint)
    return f"{sentence.rstrip('.')}. {asked}"


def sent_file() -> tuple[str, bytes] | None:
    """The name and the bytes of the file in the field `part`, or None where none came."""
    sent = request.files.get("part")
    if sent is None or not sent.filename:
        return None
    return PurePath(sent.filename.replace("\\", "/")).name[-100:], sent.stream.read()


def pasted_text() -> str:
    """What was pasted into the field `text`, its lines ended as files end them."""
    return request.form.get("text", "").replace("\r\n", "\n")


def shown_text(source: bytes) -> str:
    """What was sent, as the form shows it again; what is far too long is not sent back."""
    return source.decode(errors="replace") if len(source) <= _SHOWN_TEXT else ""
