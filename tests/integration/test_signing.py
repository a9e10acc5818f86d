"""F19, F21: the signer vouches for what continues his last root, and for nothing else; so does a witness."""

import hashlib
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from tests.databases import Database
from tests.sealing import sealer_of, signer_of, url_for
from tests.servers import SIGNER
from workflow.audit import ActorMark, compose
from workflow.audit.keys import KeyUnreadable
from workflow.audit.note import Note
from workflow.audit.witness import Asked
from workflow.persistence.backup import back_up
from workflow.persistence.sealer import signers_door
from workflow.persistence.signer_folder import NoKey, SignerFolder
from workflow.services.sealing import seal, standing
from workflow.services.signing import (
    NothingToSign,
    NotSigned,
    NotWitnessed,
    Signed,
    ask_witness,
    sign,
    take_witnessed,
    witness,
)

NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
ORIGIN = "duongan.haiphong/audit"
PASSPHRASE = "một câu dài chỉ người ký biết"


@pytest.fixture
def folder(tmp_path):
    made = SignerFolder(tmp_path / "signer", PASSPHRASE)
    made.new_key(ORIGIN, NOW)
    return made


@pytest.fixture
def door(database):
    with signer_of(database), signers_door(url_for(database, SIGNER)) as opened:
        yield opened


def grow(database: Database, stream: str = "person/an", count: int = 3) -> None:
    """Entries that are written and sealed."""
    with database.write() as uow:
        head = uow.audit.head(stream)
        for _ in range(count):
            made = compose(  # noqa: S604  a word of the log, no process
                stream=stream,
                n=head.n + 1,
                previous=head.leaf,
                recorded_at=NOW,
                effective_at=NOW,
                type="login",
                actor=ActorMark("p-an"),
                shell="web",
            )
            uow.audit.append(made)
            head = made.head
    with sealer_of(database) as opener:
        seal(opener)


def state(database: Database):
    with database.read() as uow:
        return standing(uow)


def rewritten(database: Database, *statements: str) -> None:
    """As the owner can, who takes the triggers away first."""
    triggers = {
        "sqlite": [
            f"DROP TRIGGER {table}_{what}"
            for table in ("audit_leaf", "audit_event")
            for what in ("insert", "update", "delete")
        ]
        + ["DROP TRIGGER audit_head_update", "DROP TRIGGER audit_checkpoint_delete"],
        "postgresql": [
            f"ALTER TABLE {table} DISABLE TRIGGER USER"
            for table in ("audit_leaf", "audit_event", "audit_head", "audit_checkpoint")
        ],
    }[database.name]
    with database.owner.begin() as connection:
        for statement in (*triggers, *statements):
            connection.exec_driver_sql(statement)


def test_what_is_sealed_is_signed_and_remembered(database, folder, door):
    grow(database)

    first = sign(door, folder, NOW)
    again = sign(door, folder, NOW + timedelta(minutes=15))
    grow(database)
    later = sign(door, folder, NOW + timedelta(minutes=30))

    assert isinstance(first, Signed)
    assert isinstance(later, Signed)
    assert (first.fresh, again.fresh, later.fresh) == (True, False, True)
    assert (first.note.checkpoint.size, later.note.checkpoint.size) == (3, 6)
    assert later.note.signed_by(folder.keys(NOW)[0].verifier)
    assert folder.last_note() == later.note
    assert (state(database).signed_size, state(database).refused) == (6, None)
    with database.read() as uow:
        assert [one.size for one in uow.seals.checkpoints()] == [3, 6]


@pytest.mark.usefixtures("database")
def test_what_an_authority_said_lies_beside_the_note_that_it_was_asked_about(database, folder, door):
    grow(database)
    asked = []

    first = sign(door, folder, NOW, lambda text: asked.append(text) or b"token")
    sign(door, folder, NOW, lambda _text: b"another")
    grow(database)
    second = sign(door, folder, NOW, lambda _text: None)

    assert (first.stamped, second.stamped) == (True, False)
    assert asked == [first.note.text]
    with database.read() as uow:
        assert uow.seals.tokens(second.note.checkpoint.size) == {first.note.checkpoint.size: b"token"}
        assert uow.seals.tokens(first.note.checkpoint.size - 1) == {}


def test_an_empty_log_is_not_signed(folder, door):
    assert sign(door, folder, NOW) == NothingToSign()


ALTERATIONS = {
    "an entry edited": (
        ["UPDATE audit_event SET body = leaf WHERE n = 2"],
        NotSigned("entry_changed", 1),
    ),
    "an entry and its leaves edited": (
        [
            "UPDATE audit_event SET body = {other}, leaf = {hash} WHERE n = 2",
            "UPDATE audit_leaf SET leaf = {hash} WHERE seq = 1",
        ],
        NotSigned("root", None),
    ),
    "an entry deleted": (
        ["DELETE FROM audit_leaf WHERE seq = 1"],
        NotSigned("gap", 1),
    ),
    "the end cut": (
        ["DELETE FROM audit_leaf WHERE seq = 2"],
        NotSigned("shorter", 2),
    ),
    "two exchanged": (
        [
            "UPDATE audit_leaf SET seq = 9 WHERE seq = 1",
            "UPDATE audit_leaf SET seq = 1 WHERE seq = 2",
            "UPDATE audit_leaf SET seq = 2 WHERE seq = 9",
        ],
        NotSigned("root", None),
    ),
    "the head moved": (
        ["UPDATE audit_head SET frontier = {other}"],
        NotSigned("head", None),
    ),
}


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_a_database_that_was_altered_is_not_signed_and_the_alarm_is_raised(database, folder, door, kind):
    grow(database)
    signed = sign(door, folder, NOW)
    statements, expected = ALTERATIONS[kind]
    other = b"\x00" * 64 if kind != "the head moved" else b"\x01" * 64
    words = {"other": other, "hash": hashlib.sha256(b"\x00" + other).digest()}
    literal = "x'{}'" if database.name == "sqlite" else "'\\x{}'::bytea"
    spelt = {name: literal.format(content.hex()) for name, content in words.items()}
    rewritten(database, *(statement.format(**spelt) for statement in statements))

    found = sign(door, folder, NOW + timedelta(minutes=15))
    sign(door, folder, NOW + timedelta(minutes=30))

    assert found == expected
    assert isinstance(signed, Signed)
    assert folder.last_note() == signed.note
    told = state(database)
    assert (told.refused, told.at_entry, told.signed_size) == (expected.code, expected.seq, 3)
    with database.read() as uow:
        assert uow.seals.newest_alarm().number == 1


def test_an_older_backup_that_was_restored_is_refused_until_the_log_is_the_signed_one_again(tmp_path, folder, ground):
    if ground.name != "sqlite":
        pytest.skip("a copy of a file shows it; the rule is the same on a server")
    database = ground.database()
    file = database.folder / "office.sqlite"

    def signed(minutes):
        with signers_door(database.url) as door:
            return sign(door, folder, NOW + timedelta(minutes=minutes))

    def replaced_by(copy):
        database.close()
        for stale in ("office.sqlite-wal", "office.sqlite-shm"):
            (database.folder / stale).unlink(missing_ok=True)
        shutil.copyfile(copy, file)

    grow(database)
    signed(0)
    back_up(database.owner, tmp_path / "backup")
    grow(database)
    signed(15)
    back_up(database.owner, tmp_path / "newest")

    replaced_by(tmp_path / "backup")
    refused = signed(30)
    grow(database, "person/other", 9)
    grown = signed(45)
    replaced_by(tmp_path / "newest")
    taken = signed(60)

    assert refused == NotSigned("shorter", 3)
    assert grown == NotSigned("root", None)
    assert isinstance(taken, Signed)


def test_a_checkpoint_that_the_database_lost_is_put_back(database, folder, door):
    grow(database)
    first = sign(door, folder, NOW)
    rewritten(database, "DELETE FROM audit_checkpoint")

    again = sign(door, folder, NOW + timedelta(minutes=15))

    assert isinstance(first, Signed)
    assert (again.note, again.fresh) == (first.note, False)
    assert state(database).signed_size == 3


def test_for_thirty_days_the_old_key_signs_beside_the_new_one(database, folder, door):
    old = folder.keys(NOW)[0]
    new = folder.new_key(ORIGIN, NOW + timedelta(days=1))
    grow(database)

    both = sign(door, folder, NOW + timedelta(days=30))
    grow(database)
    alone = sign(door, folder, NOW + timedelta(days=31))

    assert (both.note.signed_by(old.verifier), both.note.signed_by(new.verifier)) == (True, True)
    assert (alone.note.signed_by(old.verifier), alone.note.signed_by(new.verifier)) == (False, True)


def test_the_key_lies_closed_in_a_folder_of_its_owner(folder):
    files = [path for path in folder.path.iterdir() if path.name.endswith(".pem")]

    assert folder.path.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.path.iterdir())
    assert all(b"ENCRYPTED" in path.read_bytes() for path in files)
    with pytest.raises(KeyUnreadable):
        SignerFolder(folder.path, "đoán").keys(NOW)


def test_without_a_key_nothing_is_signed(database, tmp_path, door):
    grow(database)

    with pytest.raises(NoKey):
        sign(door, SignerFolder(tmp_path / "none"), NOW)

    assert state(database).signed_size == 0


@pytest.fixture
def neighbour(tmp_path):
    """A witness on another machine: a folder, and no database at all."""
    made = SignerFolder(tmp_path / "witness", "mật khẩu của HĐND xã")
    made.new_key("hdnd.duongan/w1", NOW)
    return made


def asked_of(database, note, old=0):
    with database.read() as uow:
        # Carried as text, by whatever means.
        return Asked.parse(str(ask_witness(uow, note, old)))


def test_a_witness_signs_what_continues_what_it_saw_last(database, folder, door, neighbour):
    log = folder.keys(NOW)[0].verifier
    key = neighbour.keys(NOW)[0]
    grow(database)
    first = sign(door, folder, NOW).note
    seen = witness(neighbour, asked_of(database, first), log, NOW)
    grow(database, count=5)
    second = sign(door, folder, NOW).note

    later = witness(neighbour, asked_of(database, second, 3), log, NOW)
    kept = take_witnessed(door, later)

    assert seen.signed_by(key.witness)
    assert later.signed_by(key.witness)
    assert kept
    with database.read() as uow:
        newest = Note.parse(uow.seals.newest_checkpoint().note)
    assert newest.signed_by(log)
    assert newest.signed_by(key.witness)


def test_a_witness_does_not_sign_another_past(database, folder, door, neighbour):
    key = folder.keys(NOW)[0]
    grow(database, count=5)
    note = sign(door, folder, NOW).note
    witness(neighbour, asked_of(database, note), key.verifier, NOW)
    grow(database, count=4)
    later = sign(door, folder, NOW).note
    asked = asked_of(database, later, 5)
    other = SignerFolder(folder.path.parent / "thief", "x" * 12)
    stranger = other.new_key(ORIGIN, NOW)
    forged = key.sign(type(later.checkpoint)(ORIGIN, 9, bytes(32)))

    refusals = [
        witness(neighbour, Asked(5, asked.proof, forged), key.verifier, NOW),
        witness(neighbour, Asked(5, asked.proof[:-1], later), key.verifier, NOW),
        witness(neighbour, Asked(4, asked.proof, later), key.verifier, NOW),
        witness(neighbour, Asked(5, asked.proof, stranger.sign(later.checkpoint)), key.verifier, NOW),
        witness(neighbour, asked, key.verifier, NOW),
        witness(neighbour, Asked(0, (), note), key.verifier, NOW),
    ]

    codes = [one.code if isinstance(one, NotWitnessed) else None for one in refusals]
    assert codes == ["inconsistent", "inconsistent", "other_start", "not_signed", None, "smaller"]


def test_lines_under_a_text_that_the_log_never_signed_are_not_kept(database, folder, door):
    grow(database)
    sign(door, folder, NOW)
    key = folder.keys(NOW)[0]
    made = key.sign(type(folder.last_note().checkpoint)(ORIGIN, 2, bytes(32)))

    assert not take_witnessed(door, made)
