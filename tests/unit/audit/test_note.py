import subprocess
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workflow.audit.keys import KeyUnreadable, SigningKey
from workflow.audit.note import Checkpoint, Line, Note, Verifier

ORIGIN = "duongan.haiphong/audit"
CHECKPOINT = Checkpoint(ORIGIN, 3000, bytes(range(32)))
SEEN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

# The example of https://c2sp.org/signed-note.
GOLANG = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


@pytest.fixture
def key():
    return SigningKey.new(ORIGIN)


def test_a_note_is_read_as_it_was_written(key):
    note = key.sign(CHECKPOINT)

    again = Note.parse(str(note))

    assert again == note
    assert again.checkpoint == CHECKPOINT
    assert str(note).startswith(f"{ORIGIN}\n3000\nAAECAwQF")
    assert again.signed_by(key.verifier)


def test_a_verifier_key_known_to_the_world_is_read_and_written_alike():
    assert str(Verifier.parse(GOLANG)) == GOLANG


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sum.golang.org",
        GOLANG.replace("033de0ae", "033de0af"),
        GOLANG.replace("Ac4z", "Ac4y"),
        GOLANG[:-4],
        GOLANG.replace("+Ac", "+Bc"),
        "a b+033de0ae+" + GOLANG.rpartition("+")[2],
        GOLANG + "=",
    ],
)
def test_an_odd_verifier_key_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Verifier.parse(text)


def test_no_byte_of_a_note_changes_unnoticed(key):
    said = str(key.sign(CHECKPOINT))
    for at, letter in enumerate(said):
        changed = said[:at] + ("A" if letter != "A" else "B") + said[at + 1 :]
        try:
            found = Note.parse(changed)
        except ValueError:
            continue
        assert not found.signed_by(key.verifier), at


def test_another_key_of_the_same_name_signs_nothing(key):
    note = key.sign(CHECKPOINT)

    assert not note.signed_by(SigningKey.new(ORIGIN).verifier)


def test_a_line_under_the_id_of_another_key_is_not_taken(key):
    other = SigningKey.new(ORIGIN)
    line = key.sign(CHECKPOINT).lines[0]
    forged = Note(str(CHECKPOINT), (Line(ORIGIN, other.verifier.id, line.signature),))

    assert not forged.signed_by(other.verifier)
    assert not forged.signed_by(key.verifier)


def test_a_witness_adds_a_line_that_tells_when(key):
    witness = SigningKey.new("hdnd.duongan/w1")

    note = witness.cosign(key.sign(CHECKPOINT), SEEN)

    assert note.signed_by(key.verifier)
    assert note.signed_by(witness.witness)
    assert not note.signed_by(witness.verifier)
    assert int.from_bytes(note.lines[1].signature[:8], "big") == int(SEEN.timestamp())
    assert len(str(note).encode()) < 400


def test_the_instant_of_a_witness_is_signed_too(key):
    witness = SigningKey.new("hdnd.duongan/w1")
    signed, seen = witness.cosign(key.sign(CHECKPOINT), SEEN).lines
    later = Line(seen.name, seen.id, (int(SEEN.timestamp()) + 1).to_bytes(8, "big") + seen.signature[8:])

    assert not Note(str(CHECKPOINT), (signed, later)).signed_by(witness.witness)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "a\n01\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    ],
)
def test_what_is_no_checkpoint_is_not_read_as_one(text):
    with pytest.raises(ValueError, match=r"."):
        Checkpoint.parse(text)


def test_a_key_comes_back_from_its_file_by_its_passphrase_only(key):
    stored = key.stored("mật khẩu dài của phòng")

    again = SigningKey.read(ORIGIN, stored, "mật khẩu dài của phòng")

    assert again.verifier == key.verifier
    assert b"ENCRYPTED" in stored
    for passphrase in ("mật khẩu khác", None):
        with pytest.raises(KeyUnreadable):
            SigningKey.read(ORIGIN, stored, passphrase)


def test_openssl_accepts_the_signature_of_a_checkpoint(key, tmp_path):
    note = key.sign(CHECKPOINT)
    public = Ed25519PublicKey.from_public_bytes(key.verifier.key)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("key", pem), ("text", note.text.encode()), ("signature", note.lines[0].signature)):
        (tmp_path / name).write_bytes(content)

    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key",
        "-rawin",
        "-in",
        "text",
        "-sigfile",
        "signature",
    ]
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / "text").write_bytes(note.text.encode() + b"x")
    bad = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (good.returncode, bad.returncode) == (0, 1), good.stderr
