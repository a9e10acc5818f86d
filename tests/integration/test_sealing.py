"""The sealer gives every committed entry one place, whoever wrote it when, and can do nothing else."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import psycopg
import pytest

from tests.offices import at, new_task, office_over, opened_office
from tests.sealing import sealer_of, signer_of, url_for
from tests.servers import PRODUCT, SEALER, SIGNER
from workflow.audit import ActorMark, Head, compose, tree
from workflow.audit.heads import head_leaf
from workflow.persistence.engine import open_sealer_engine, open_signer_engine
from workflow.services import sealing
from workflow.services.sealing import commit_to_heads, seal, seal_all, standing

NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def sealer(database):
    with sealer_of(database) as opener:
        yield opener


def write(uow, stream, count, now=NOW, head=None):
    head = head or uow.audit.head(stream)
    for _ in range(count):
        made = compose(  # noqa: S604  a word of the log, no process
            stream=stream,
            n=head.n + 1,
            previous=head.leaf,
            recorded_at=head.not_before(now),
            effective_at=now,
            type="login",
            actor=ActorMark("p-an"),
            shell="web",
        )
        uow.audit.append(made)
        head = made.head
    return head


def filled(database, streams=("person/an", "person/binh"), count=3):
    with database.write() as uow:
        for stream in streams:
            write(uow, stream, count)


def sealed_of(database):
    with database.read() as uow:
        return tuple(uow.seals.sealed())


def test_every_entry_gets_one_place_and_the_head_is_the_root_of_all(database, sealer):
    filled(database)

    assert seal(sealer) == 6
    assert seal(sealer) == 0
    filled(database, ("person/chi",))
    assert seal(sealer) == 3

    rows = sealed_of(database)
    with database.read() as uow:
        head = uow.seals.head()
        by_leaf = {entry.leaf for entry in uow.audit.entries_by_stream()}
    assert [seq for seq, _leaf, _body in rows] == list(range(9))
    assert {leaf for _seq, leaf, _body in rows} == by_leaf
    assert (head.size, head.root()) == (9, tree.root(leaf for _seq, leaf, _body in rows))


def test_a_long_backlog_is_numbered_in_batches(database, sealer, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    filled(database, count=5)

    assert seal(sealer) == 10
    assert len(sealed_of(database)) == 10


def test_what_is_not_committed_has_no_place(database, sealer):
    if database.name == "sqlite":
        pytest.skip("one writer at a time: nobody seals while somebody writes")
    with database.write() as uow:
        write(uow, "person/an", 1)
        assert seal(sealer) == 0

    assert seal(sealer) == 1


def test_what_was_committed_late_follows_what_was_committed_before(database, sealer):
    if database.name == "sqlite":
        pytest.skip("what is written there is committed in the same order")
    with database.write() as late:
        write(late, "person/an", 1, NOW)
        other = Thread(target=filled, args=(database, ("person/binh",), 1))
        other.start()
        other.join()
        assert seal(sealer) == 1

    assert seal(sealer) == 1
    assert [b'"person/binh"' in body for _seq, _leaf, body in sealed_of(database)] == [True, False]


def test_a_clock_that_went_back_hides_nothing_from_a_look_at_the_whole(database, sealer):
    filled(database)
    seal(sealer)
    with database.write() as uow:
        write(uow, "person/cu", 2, NOW - timedelta(days=3))

    seal_all(sealer)

    assert len(sealed_of(database)) == 8


def test_no_stream_goes_on_before_what_came_first_in_it(database, sealer):
    filled(database)
    seal(sealer)
    with database.write() as uow:
        write(uow, "person/cu", 2, NOW - timedelta(days=3))
        write(uow, "person/cu", 1, NOW + timedelta(minutes=1))

    seal(sealer)

    numbers = [body.split(b'"n":')[1][:1] for _seq, _leaf, body in sealed_of(database) if b'"person/cu"' in body]
    assert numbers == [b"1", b"2", b"3"]


def test_how_long_something_waits_is_told(database, sealer):
    filled(database)
    with database.read() as uow:
        before = standing(uow)
    seal(sealer)
    with database.read() as uow:
        after = standing(uow)

    assert (before.size, before.waiting_since) == (0, NOW)
    assert before.waits_too_long(NOW + timedelta(minutes=3))
    assert not before.waits_too_long(NOW + timedelta(minutes=1))
    assert (after.size, after.waiting_since, after.unsigned_since) == (6, None, NOW)
    assert after.unsigned_too_long(NOW + timedelta(hours=2))
    assert not after.unsigned_too_long(NOW + timedelta(minutes=30))


def test_the_signers_refusal_is_told_until_something_is_signed_again(database, sealer):
    filled(database)
    seal(sealer)
    with signer_of(database) as signer:
        with signer() as uow:
            uow.seals.raise_alarm("root", 2, NOW)
        with database.read() as uow:
            refused = standing(uow)
        with signer() as uow:
            uow.seals.add_checkpoint(6, NOW + timedelta(minutes=15), "note")
        with database.read() as uow:
            signed = standing(uow)

    assert (refused.refused, refused.at_entry, refused.signed_size) == ("root", 2, 0)
    assert (signed.refused, signed.signed_size, signed.unsigned_since) == (None, 6, None)


ATTACKS = (
    "INSERT INTO audit_leaf (seq, event_id, leaf) SELECT 6, id, leaf FROM audit_event WHERE stream = 'person/late'",
    "INSERT INTO audit_checkpoint (number, size, at, note) VALUES (1, 1, 0, 'forged')",
    "INSERT INTO audit_alarm (number, at, code) VALUES (1, 0, 'x')",
    "UPDATE audit_head SET size = 7",
    "UPDATE audit_leaf SET seq = 9 WHERE seq = 5",
    "DELETE FROM audit_leaf",
    "DELETE FROM audit_head",
    "UPDATE audit_event SET n = 9",
    "DELETE FROM audit_event",
    "DELETE FROM audit_private",
    "INSERT INTO setting (key, value) VALUES ('x', 'y')",
    "INSERT INTO audit_event (id, stream, n, rec, type, actor_id, body, leaf) SELECT 'x', 'person/x', 1, rec, type, actor_id, body, leaf FROM audit_event WHERE n = 1 AND stream = 'person/an'",  # noqa: E501  one attack, one line
)
OWN = {
    PRODUCT: {10, 11},
    SEALER: {0},
    SIGNER: {1, 2},
}
"""Which of these belong to whom: the product writes settings and entries, the sealer numbers, the signer signs and warns."""


@pytest.mark.parametrize("role", [PRODUCT, SEALER, SIGNER])
@pytest.mark.parametrize("number", range(len(ATTACKS)))
def test_each_writes_what_is_his_and_nothing_else(database, sealer, role, number):
    filled(database)
    seal(sealer)
    filled(database, ("person/late",), 1)
    opened = {PRODUCT: lambda _url: database.engine, SEALER: open_sealer_engine, SIGNER: open_signer_engine}[role]
    if database.name == "postgresql" and role == SIGNER:
        with signer_of(database):
            pass
    engine = opened(url_for(database, role))
    connection = engine.raw_connection()
    refused = ""
    try:
        connection.driver_connection.execute(ATTACKS[number])
    except (psycopg.Error, database.engine.dialect.loaded_dbapi.DatabaseError) as fault:
        refused = str(fault)
    finally:
        connection.driver_connection.rollback()
        connection.close()
        engine.dispose()

    assert bool(refused) is (number not in OWN[role]), refused
    if refused:
        assert any(
            words in refused for words in ("not authorized", "permission denied", "prohibited", "append-only")
        ), refused


TRIGGERED = (
    "INSERT INTO audit_leaf (seq, event_id, leaf) SELECT 9, id, leaf FROM audit_event WHERE stream = 'person/late'",
    "INSERT INTO audit_leaf (seq, event_id, leaf) SELECT 6, id, body FROM audit_event WHERE stream = 'person/late'",
    "UPDATE audit_leaf SET seq = 9 WHERE seq = 5",
    "DELETE FROM audit_leaf WHERE seq = 5",
    "UPDATE audit_head SET size = 5",
    "UPDATE audit_head SET size = 7",
    "DELETE FROM audit_head",
    "INSERT INTO audit_head SELECT 2, size, frontier FROM audit_head",
    "UPDATE audit_checkpoint SET note = 'forged'",
    "DELETE FROM audit_checkpoint",
    "INSERT INTO audit_checkpoint SELECT 3, size, at, note, token FROM audit_checkpoint",
    "UPDATE audit_alarm SET code = 'none'",
    "DELETE FROM audit_alarm",
)


@pytest.mark.parametrize("attack", TRIGGERED)
def test_triggers_refuse_the_owner_too(database, sealer, attack):
    filled(database)
    seal(sealer)
    filled(database, ("person/late",), 1)
    with signer_of(database) as signer, signer() as uow:
        uow.seals.add_checkpoint(6, NOW, "note")
        uow.seals.raise_alarm("root", 2, NOW)
    connection = database.owner.raw_connection()

    with pytest.raises((psycopg.Error, database.engine.dialect.loaded_dbapi.DatabaseError), match="append-only"):
        connection.driver_connection.execute(attack)

    connection.driver_connection.rollback()
    connection.close()


def test_the_heads_of_all_streams_are_committed_to_once_a_day(ground):
    office = opened_office(ground, NOW)
    new_task(office)
    database = ground.databases[-1]
    with sealer_of(database) as sealer:
        seal(sealer)

        first = commit_to_heads(office)
        again = commit_to_heads(office)
        later = commit_to_heads(at(office, NOW + timedelta(days=1)))

    assert (first, again, later) == (True, False, True)
    with office.read() as uow:
        heads = tuple(uow.seals.stream_heads())
        told = uow.audit.stream("log")[0]
    assert [name for name, _n, _leaf in heads] == sorted(name for name, _n, _leaf in heads)
    root = tree.root(head_leaf(*head) for head in heads)
    assert f'"root":"{root.hex()}"'.encode() in told.body


def test_the_head_of_an_item_is_its_last_entry(ground):
    office = office_over(ground.database(), NOW)
    with office.write() as uow:
        last = write(uow, "task/one", 4, head=Head())
    with sealer_of(ground.databases[-1]) as sealer:
        seal(sealer)

    with office.read() as uow:
        assert tuple(uow.seals.stream_heads()) == (("task/one", 4, last.leaf),)
