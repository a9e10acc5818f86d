"""The seal on paper: whoever holds the report holds a root of the log that nobody can take back."""

import io
from datetime import datetime, tzinfo

import segno

from workflow.audit.note import Note
from workflow.exports.paper import Seal
from workflow.persistence.seals import StoredCheckpoint

_BORDER = 2
_DOTS = 8
"""How many of a picture's dots make the side of one square of the code."""


def seal_line(checkpoint: StoredCheckpoint, zone: tzinfo) -> Seal:
    """Of a checkpoint: its size, its root and when it was signed; `verify.py --root` takes what the code holds."""
    note = Note.parse(checkpoint.note)
    at: datetime = checkpoint.at.astimezone(zone)
    said = note.checkpoint
    return Seal(
        line=f"Niêm phong nhật ký {said.origin}: {said.size} mục, {at:%d/%m/%Y %H:%M}, gốc {said.root.hex()}",
        # The log's own line alone: with the witnesses' the code would be too fine for a bad printer.
        note=str(Note(note.text, note.lines[:1])),
    )


def svg(seal: Seal) -> bytes:
    """The code as a drawing, whose text is the note."""
    drawn = io.BytesIO()
    _code(seal).save(drawn, kind="svg", xmldecl=False, border=_BORDER)
    return drawn.getvalue()


def png(seal: Seal) -> bytes:
    """The code as a picture of black and white dots."""
    drawn = io.BytesIO()
    _code(seal).save(drawn, kind="png", scale=_DOTS, border=_BORDER)
    return drawn.getvalue()


def _code(seal: Seal) -> segno.QRCode:
    return segno.make(seal.note, error="m", micro=False)
