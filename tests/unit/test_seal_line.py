"""The seal on paper holds all that verify.py wants to be brought."""

from datetime import UTC, datetime

from workflow.audit.keys import SigningKey
from workflow.audit.note import Checkpoint, Note
from workflow.clock import VIETNAM
from workflow.exports.seal import seal_line
from workflow.persistence.seals import StoredCheckpoint

SIGNED_AT = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)


def test_the_line_tells_size_root_and_time_and_the_code_holds_the_log_s_own_note():
    key = SigningKey.new("duongan.haiphong/audit")
    witness = SigningKey.new("hdnd.duongan/w1")
    note = witness.cosign(key.sign(Checkpoint(key.name, 3000, bytes(range(32)))), SIGNED_AT)

    made = seal_line(StoredCheckpoint(7, 3000, SIGNED_AT, str(note)), VIETNAM)

    assert made.line == (
        f"Niêm phong nhật ký duongan.haiphong/audit: 3000 mục, 20/11/2026 08:05, gốc {bytes(range(32)).hex()}"
    )
    assert made.note == str(Note(note.text, note.lines[:1]))
    assert Note.parse(made.note).signed_by(key.verifier)
    assert len(made.note.encode()) < 300
