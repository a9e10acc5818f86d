"""The seal on paper: whoever holds the report holds a root of the log that nobody can take back."""

import io
from dataclasses import dataclass
from datetime import datetime, tzinfo

import segno

from workflow.audit.note import Note
from workflow.persistence.seals import StoredCheckpoint


@dataclass(frozen=True, slots=True)
class SealLine:
    """What a report bears in its footer: a line in each language, and the whole note as a QR code (SVG)."""

    vi: str
    en: str
    qr: str


def seal_line(checkpoint: StoredCheckpoint, zone: tzinfo) -> SealLine:
    """Of the newest checkpoint: its size, its root and when it was signed; `verify.py --root` takes what the code holds."""
    note = Note.parse(checkpoint.note)
    at: datetime = checkpoint.at.astimezone(zone)
    when, root = f"{at:%d/%m/%Y %H:%M}", note.checkpoint.root.hex()
    return SealLine(
        vi=f"Niêm phong nhật ký {note.checkpoint.origin}: {checkpoint.size} mục, {when}, gốc {root}",
        en=f"Seal of the log {note.checkpoint.origin}: {checkpoint.size} entries, {when}, root {root}",
        qr=_code(Note(note.text, note.lines[:1])),
    )


def _code(note: Note) -> str:
    # The log's own line alone: with the witnesses' it would be too fine for a bad printer.
    drawn = io.BytesIO()
    segno.make(str(note), error="m", micro=False).save(drawn, kind="svg", xmldecl=False, svgns=True, border=2)
    return drawn.getvalue().decode("utf-8").strip()
