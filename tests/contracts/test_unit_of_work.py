"""What every database must keep: all or nothing, one writer a row, one answer a request."""

import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
import sqlalchemy as sa

from workflow.audit import ActorMark, Head, compose, walk
from workflow.engine.facts import RowFacts
from workflow.engine.item import Ballot, Doer, Episode, Item, Recorded, Request
from workflow.errors import Busy, NotFound, ReusedKey, StaleItem, TwinRunning
from workflow.persistence import UnitOfWork
from workflow.persistence.engine import writers
from workflow.persistence.items import Saved
from workflow.persistence.statements import observing
from workflow.persistence.tables import metadata
from workflow.values import replace

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
FACTS = RowFacts("doing", "unit_head", None, "Đôn đốc", "don doc", "tthc", "p-an", NOW, late=False, final=False)


def an_item(number=1, **parts):
    given = {
        "id": f"i{number}",
        "code": f"NV-2026-{number:04d}",
        "workflow": "task",
        "version": 1,
        "fingerprint": "f" * 64,
        "revision": 1,
        "state": "assigned",
        "unit": "kt",
        "created_by": "p-dung",
        "created_at": NOW,
        "entered_at": NOW,
        "visited": ("assigned",),
    }
    return Item(**given | parts)


def entry_after(head, item, stream=None, **parts):
    return compose(  # noqa: S604  a word of the log, no process
        stream=stream or f"task/{item.id}",
        n=head.n + 1,
        previous=head.leaf,
        recorded_at=head.not_before(NOW),
        effective_at=NOW,
        type="move",
        actor=ActorMark("p-an", "officer", "kt"),
        shell="web",
        revision=item.revision,
        **parts,
    )


def add(uow, item, facts=FACTS, look_at=None):
    made = entry_after(Head(), item, target=item.state)
    uow.audit.append(made)
    return uow.items.add(item, facts, look_at, made.head)


def move(uow, item_id="i1", to="in_progress", facts=FACTS, **entry_parts):
    """One move as the services make it: read, log, save."""
    stored = uow.items.get(item_id)
    after = replace(stored.item, revision=stored.item.revision + 1, state=to)
    made = entry_after(stored.head, after, source=stored.item.state, target=to, **entry_parts)
    uow.audit.append(made)
    return uow.items.save(Saved(stored, after, facts, stored.next_look_at, made.head))[0]


def whole_request(uow, key="k1", to="in_progress"):
    """Everything that one request of the product writes."""
    answer = uow.idempotency.claim("p-an", key, "asked", NOW)
    if answer is not None:
        return answer.outcome
    saved = move(uow, to=to, comment="đã làm xong")
    uow.messages.put("notify", {"item": "i1"}, NOW)
    uow.idempotency.finish("p-an", key, f"revision {saved.item.revision}")
    return f"revision {saved.item.revision}"


class Broken(Exception):
    """A fault of these tests."""


def whole_request_and_a_fault(uow):
    whole_request(uow)
    raise Broken


@contextmanager
def undone(database):
    """A unit of work that ends in a fault."""
    with suppress(Broken), database.write() as uow:
        yield uow
        raise Broken


def contents(database):
    """Every row of every table."""
    with database.owner.connect() as connection:
        return {
            table.name: connection.execute(sa.select(table).order_by(*table.primary_key.columns)).fetchall()
            for table in metadata.sorted_tables
        }


def tally_of(database):
    with database.owner.connect() as connection:
        rows = connection.exec_driver_sql("SELECT workflow, unit, area, state, late, count FROM tally").fetchall()
    return {tuple(row[:5]): row[5] for row in rows if row[5]}


@pytest.fixture
def office(database):
    """A database with one item."""
    with database.write() as uow:
        add(uow, an_item())
    return database


# -- all or nothing -----------------------------------------------------------------------------------------------------


def test_a_clean_exit_keeps_everything(office):
    with office.write() as uow:
        whole_request(uow)

    with office.read() as uow:
        assert uow.items.get("i1").item.state == "in_progress"
        assert uow.audit.head("task/i1").n == 2
        assert uow.messages.oldest_waiting() == NOW


def test_an_exception_keeps_nothing_and_is_not_swallowed(office):
    before = contents(office)

    with pytest.raises(Broken), office.write() as uow:
        whole_request_and_a_fault(uow)

    assert contents(office) == before


def test_a_fault_at_any_statement_leaves_everything_as_it_was(office):
    steps = []
    with observing(steps.append), undone(office) as uow:
        whole_request(uow)
    steps.append("commit")
    before = contents(office)

    for fatal in range(len(steps)):
        seen = []

        def break_there(name, seen=seen, fatal=fatal):
            seen.append(name)
            if len(seen) == fatal + 1:
                raise Broken(name)

        with pytest.raises(Broken), observing(break_there), office.write() as uow:
            whole_request(uow)

        assert seen == steps[: fatal + 1]
        assert contents(office) == before

    assert steps == [
        "begin",
        "idempotency.claim",
        "items.get",
        "audit.append",
        "audit.append_private",
        "items.save",
        "items.tally",
        "messages.put",
        "idempotency.finish",
        "commit",
    ]
    assert writers(office.engine).lent == 0


def test_a_request_that_was_kept_but_not_answered_gets_its_answer_on_retry(office):
    def lose_the_answer(name):
        if name == "committed":
            raise ConnectionError("the line broke after the commit")

    with pytest.raises(ConnectionError), observing(lose_the_answer), office.write() as uow:
        first = whole_request(uow)

    with office.write() as uow:
        again = whole_request(uow)

    assert again == first == "revision 2"
    with office.read() as uow:
        assert uow.audit.head("task/i1").n == 2


def test_a_unit_inside_a_unit_is_refused_and_the_outer_one_goes_on(office):
    with office.write() as outer:
        with pytest.raises(RuntimeError, match="pass it on"), office.write():
            pass
        with pytest.raises(RuntimeError, match="pass it on"), outer:
            pass
        whole_request(outer)

    with office.read() as uow:
        assert uow.items.get("i1").item.revision == 2


def test_one_unit_may_be_used_after_another(office):
    unit = office.write()

    for key in ("k1", "k2"):
        with unit as uow:
            whole_request(uow, key=key)

    with office.read() as uow:
        assert uow.items.get("i1").item.revision == 3


def test_a_reading_unit_cannot_write(office):
    before = contents(office)

    with pytest.raises(office.engine.dialect.loaded_dbapi.Error), office.read() as uow:
        whole_request(uow)

    assert contents(office) == before
    with office.write() as uow:
        assert whole_request(uow) == "revision 2"


def test_reading_does_not_wait_for_a_writer_and_sees_one_instant(office):
    seen = []

    def look():
        with office.read() as uow:
            seen.append(uow.items.get("i1").item.revision)

    with office.write() as uow:
        move(uow)
        reader = threading.Thread(target=look)
        reader.start()
        reader.join(timeout=4)

    assert seen == [1]


def test_each_reading_unit_sees_what_was_kept_before_it_and_nothing_of_its_predecessor(office):
    seen = []
    for n in range(3):
        with office.write() as uow:
            move(uow, to=("in_progress", "assigned")[n % 2])
        with office.read() as uow:
            seen.append(uow.items.get("i1").item.revision)

    assert seen == [2, 3, 4]


def test_a_reading_unit_that_is_over_keeps_no_transaction_open(office):
    with office.read() as uow:
        uow.items.get("i1")

    assert not in_a_transaction(office)


def test_a_reading_unit_may_leave_an_answer_or_a_fault_unlooked_at(office):
    with office.read() as uow:
        uow.cursor.raw.execute("SELECT id FROM item")
    with suppress(Exception), office.read() as uow:
        uow.cursor.raw.execute("SELECT id FROM no_such_table")

    assert not in_a_transaction(office)
    with office.read() as uow:
        assert uow.items.get("i1").item.revision == 1


def in_a_transaction(database):
    """Whether any connection of the product stands in one; a server is asked until it has done all it was told."""
    if database.name == "sqlite":
        with closing(sqlite3.connect(database.engine.url.database, timeout=0)) as connection:
            # Only a log that no reader holds can be taken back to its beginning.
            return bool(connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0])
    # A role is told the state of its own connections only.
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(200):
            states = connection.exec_driver_sql(
                "SELECT state FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            ).scalars()
            if set(states) == {"idle"}:
                return False
        return True


def test_a_writer_who_finds_the_database_held_is_told_busy_and_leaves_nothing(office):
    impatient = office.impatient()
    before = contents(office)
    outcome = []

    def try_to_move():
        try:
            with UnitOfWork(impatient) as uow:
                move(uow)
        except Busy as busy:
            outcome.append(busy)

    with undone(office) as uow:
        uow.items.get("i1")
        other = threading.Thread(target=try_to_move)
        other.start()
        other.join(timeout=4)

    assert len(outcome) == 1
    assert contents(office) == before
    assert writers(impatient).lent == 0
    impatient.dispose()


def test_many_threads_on_one_item_lose_no_move(office):
    def work(thread):
        for turn in range(8):
            with office.write() as uow:
                whole_request(uow, key=f"{thread}-{turn}", to=f"s{turn}")

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    with office.read() as uow:
        assert uow.items.get("i1").item.revision == 1 + 4 * 8
        assert uow.audit.head("task/i1").n == 1 + 4 * 8
        assert walk((e.stream, e.n, e.body, e.leaf) for e in uow.audit.entries_by_stream()).ok
    assert writers(office.engine).lent == 0


# -- items --------------------------------------------------------------------------------------------------------------


def full_item():
    doer, other = Doer("p-an", "kt"), Doer("p-binh", None, "p-chi")
    return an_item(
        fields=MappingProxyType(
            {
                "title": 'Đôn đốc "hồ sơ"\nquá hạn',
                "days": -3,
                "done": False,
                "share": "99.50",
                "evidence": ("a" * 64, "b" * 64),
                "figures": ({"indicator": "dossiers", "value": "12", "note": None},),
                "none": None,
                "nothing": (),
            }
        ),
        due=MappingProxyType({"main": NOW + timedelta(days=3, microseconds=1), "plan": NOW}),
        last=MappingProxyType({"assign": doer, "send": other}),
        visited=("draft", "assigned"),
        episodes=(
            Episode(1, NOW - timedelta(days=2), NOW, "kt", NOW, "p-an"),
            Episode(
                2,
                NOW,
                NOW,
                "vp",
                record=MappingProxyType(
                    {"cause": Recorded("ốm", "p-an", NOW), "files": Recorded(("c" * 64,), "p-an", NOW)}
                ),
            ),
        ),
        requests=(
            Request("extend", doer, NOW, MappingProxyType({"days": 2, "evidence": ("d" * 64,)})),
            Request("send", other, NOW, MappingProxyType({}), (Ballot("head", doer, NOW), Ballot("chair", other, NOW))),
        ),
        parent="i0",
        open_children=2,
    )


def test_every_fact_of_an_item_is_read_as_it_was_written(database):
    with database.write() as uow:
        added = add(uow, full_item())

    with database.read() as uow:
        stored = uow.items.get("i1")

    assert stored == added
    assert stored.item == full_item()


def test_every_fact_of_an_item_may_change_but_its_name_and_birth(office):
    changed = replace(
        full_item(), revision=2, version=2, fingerprint="e" * 64, state="late", unit="vp", entered_at=NOW + timedelta(1)
    )
    with office.write() as uow:
        stored = uow.items.get("i1")
        made = entry_after(stored.head, changed)
        uow.audit.append(made)
        uow.items.save(Saved(stored, changed, FACTS, None, made.head))

    with office.read() as uow:
        assert uow.items.get("i1").item == changed
        assert uow.items.get("i1").head == made.head


def test_an_item_is_found_by_its_code_too(office):
    with office.read() as uow:
        assert uow.items.get("NV-2026-0001") == uow.items.get("i1") == uow.items.find("i1")
        assert uow.items.find("NV-2026-0002") is None
        with pytest.raises(NotFound):
            uow.items.get("NV-2026-0002")


def test_saving_what_somebody_else_changed_is_refused_with_both_revisions(office):
    with office.write() as uow:
        stale = uow.items.get("i1")
        move(uow)

    with pytest.raises(StaleItem) as refused, office.write() as uow:
        uow.items.save(Saved(stale, replace(stale.item, revision=2, state="completed"), FACTS, None, stale.head))

    assert (refused.value.seen, refused.value.current) == (1, 2)
    with office.read() as uow:
        assert uow.items.get("i1").item.state == "in_progress"


def test_what_was_saved_may_be_saved_again_in_the_same_unit(office):
    with office.write() as uow:
        saved = move(uow)
        after = replace(saved.item, revision=3, state="completed")
        made = entry_after(saved.head, after, source="in_progress", target="completed")
        uow.audit.append(made)
        uow.items.save(Saved(saved, after, FACTS, None, made.head))

    with office.read() as uow:
        assert (uow.items.get("i1").item, uow.items.get("i1").head) == (after, made.head)


def test_a_comment_moves_the_head_and_not_the_revision(office):
    with office.write() as uow:
        stored = uow.items.get("i1")
        made = entry_after(stored.head, stored.item, comment="hỏi lại")
        uow.audit.append(made)
        advanced = uow.items.advance(stored, made.head)

    with office.read() as uow:
        assert uow.items.get("i1") == advanced == replace(stored, head=made.head)
    with pytest.raises(StaleItem), office.write() as uow:
        uow.items.advance(stored, made.head)


def test_the_tally_follows_every_change_of_place_state_and_lateness(office):
    late = replace(FACTS, late=True)

    assert tally_of(office) == {("task", "kt", "tthc", "assigned", 0): 1}

    with office.write() as uow:
        add(uow, an_item(2), replace(FACTS, area=None))
        move(uow, to="in_progress", facts=late)
    assert tally_of(office) == {
        ("task", "kt", "tthc", "in_progress", 1): 1,
        ("task", "kt", "", "assigned", 0): 1,
    }

    with office.write() as uow:
        stored = uow.items.get("i1")
        elsewhere = replace(stored.item, revision=3, unit="vp")
        uow.items.save(Saved(stored, elsewhere, replace(late, area="cds"), None, stored.head))
        move(uow, "i2", to="assigned", facts=replace(FACTS, area=None))
    assert tally_of(office) == {
        ("task", "vp", "cds", "in_progress", 1): 1,
        ("task", "kt", "", "assigned", 0): 1,
    }


def test_the_tally_costs_nothing_where_nothing_counted_changed(office):
    names = []

    with observing(names.append), office.write() as uow:
        move(uow, to="assigned")

    assert "items.tally" not in names


def test_numbers_are_given_once_for_each_prefix_and_year(database):
    with database.write() as uow:
        given = [uow.items.next_number("NV", 2026) for _ in range(3)]
        others = [uow.items.next_number("NV", 2027), uow.items.next_number("BC", 2026)]

    assert given == [1, 2, 3]
    assert others == [1, 1]


def test_items_with_timers_are_found_the_longest_due_first(database):
    with database.write() as uow:
        for number, minutes in ((1, 5), (2, -5), (3, 0), (4, None)):
            at = None if minutes is None else NOW + timedelta(minutes=minutes)
            add(uow, an_item(number), look_at=at)

    with database.read() as uow:
        longest = (NOW - timedelta(minutes=5), "i2")
        assert uow.items.due_before(NOW, 10) == (longest, (NOW, "i3"))
        assert uow.items.due_before(NOW, 1) == (longest,)


def test_children_and_pages_hold_whole_items(database):
    with database.write() as uow:
        stored = [add(uow, an_item(number, parent="i1" if number > 1 else None)) for number in (1, 2, 3)]

    with database.read() as uow:
        assert uow.items.children("i1") == (stored[1], stored[2])
        assert uow.items.page("i1", 1) == (stored[1],)
        assert uow.items.page("", 10) == tuple(stored)


def test_a_row_without_entries_is_pointed_out(office):
    with office.write() as uow:
        uow.items.add(an_item(2), FACTS, None, Head())

    with office.read() as uow:
        assert uow.items.without_entries() == (("i2", "NV-2026-0002"),)


# -- the audit log ------------------------------------------------------------------------------------------------------


def test_an_entry_is_read_byte_for_byte_with_its_private_values(office):
    with office.write() as uow:
        stored = uow.items.get("i1")
        made = entry_after(stored.head, stored.item, comment="mẹ ốm")
        (event_id,) = uow.audit.append(made)

    with office.read() as uow:
        last = uow.audit.stream("task/i1", after=1)
        assert [(entry.id, entry.n, entry.body, entry.leaf) for entry in last] == [(event_id, 2, made.body, made.leaf)]
        assert uow.audit.private(event_id) == {"comment": "mẹ ốm"}
        assert uow.audit.private_of_stream("task/i1") == {2: {"comment": "mẹ ốm"}}
        assert uow.audit.openings(event_id) == (("comment", made.private[0].salt, "mẹ ốm"),)
        assert uow.audit.head("task/i1") == made.head
        assert uow.audit.head("task/none") == Head()
        assert len(uow.audit.stream("task/i1", most=1)) == 1


def test_the_whole_log_is_walked_stream_by_stream(office):
    with office.write() as uow:
        add(uow, an_item(2))
        move(uow, comment="một")
        refused = entry_after(Head(), an_item(), stream="refusal/i1")
        uow.audit.append(refused)
        uow.audit.append(entry_after(Head(), an_item(), stream="person/p-an"))

    with office.read() as uow:
        everything = [(entry.stream, entry.n) for entry in uow.audit.entries_by_stream()]
        of_items = [(entry.stream, entry.n, dict(entry.private)) for entry in uow.audit.item_entries_by_stream()]

    assert everything == [("person/p-an", 1), ("refusal/i1", 1), ("task/i1", 1), ("task/i1", 2), ("task/i2", 1)]
    assert of_items == [("task/i1", 1, {}), ("task/i1", 2, {"comment": "một"}), ("task/i2", 1, {})]


def test_other_statements_may_run_between_two_entries(office):
    with office.write() as uow:
        move(uow)

    with office.read() as uow:
        seen = [(entry.n, uow.items.get("i1").item.revision) for entry in uow.audit.entries_by_stream()]

    assert seen == [(1, 2), (2, 2)]


def test_a_number_that_is_taken_is_not_given_again(office):
    before = contents(office)

    with pytest.raises(Busy, match="read the head again"), office.write() as uow:
        uow.audit.append(entry_after(Head(), an_item()))

    assert contents(office) == before


# -- request keys -------------------------------------------------------------------------------------------------------


def test_a_known_key_answers_what_was_answered_and_a_new_one_nothing(database):
    with database.write() as uow:
        assert uow.idempotency.claim("p-an", "k", "asked", NOW) is None
        uow.idempotency.finish("p-an", "k", "done")

    with database.write() as uow:
        assert uow.idempotency.claim("p-an", "k", "asked", NOW).outcome == "done"
        assert uow.idempotency.claim("p-binh", "k", "asked", NOW) is None


def test_a_key_with_another_request_behind_it_is_refused(database):
    with database.write() as uow:
        uow.idempotency.claim("p-an", "k", "asked", NOW)
        uow.idempotency.finish("p-an", "k", "done")

    with pytest.raises(ReusedKey), database.write() as uow:
        uow.idempotency.claim("p-an", "k", "asked otherwise", NOW)


def test_a_key_whose_request_was_undone_is_new_again(database):
    with undone(database) as uow:
        uow.idempotency.claim("p-an", "k", "asked", NOW)

    with database.write() as uow:
        assert uow.idempotency.claim("p-an", "k", "asked otherwise", NOW) is None


def test_a_key_left_unfinished_tells_of_its_twin(database):
    with database.write() as uow:
        uow.idempotency.claim("p-an", "k", "asked", NOW)

    with pytest.raises(TwinRunning), database.write() as uow:
        uow.idempotency.claim("p-an", "k", "asked", NOW)


def test_keys_are_forgotten_after_their_time(database):
    with database.write() as uow:
        uow.idempotency.claim("p-an", "old", "asked", NOW - timedelta(days=31))
        uow.idempotency.claim("p-an", "new", "asked", NOW)
        assert uow.idempotency.purge(NOW - timedelta(days=30)) == 1
        assert uow.idempotency.claim("p-an", "old", "anything", NOW) is None
