"""Rows that are written as a set are what they would be one by one: every letter, byte, number and nothing."""

from datetime import UTC, datetime

import pytest

from workflow.audit import ActorMark, Head, compose
from workflow.engine import Label
from workflow.engine.facts import RowFacts
from workflow.engine.item import Item
from workflow.errors import Busy, StaleItem
from workflow.persistence.items import Saved
from workflow.persistence.jobs import Asked
from workflow.persistence.people import Person
from workflow.persistence.row_sets import as_set
from workflow.persistence.statements import observing
from workflow.values import replace

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HARD = (
    "Ủy ban nhân dân xã “Tiên Lãng”",
    "a'b\"c\\d%(rows)s %s {x} [1] $1 ::text",
    "dòng một\ndòng hai\ttab \u2028 \U0001f600",
    "",
    "0",
)
"""Titles that a careless way to the server would take apart."""


def item(n):
    return Item(
        id=f"i{n}",
        code=f"NV-2026-{n:04d}",
        workflow="task",
        version=1,
        fingerprint="f" * 64,
        revision=1,
        state="draft",
        unit="kt",
        created_by="p-an",
        created_at=NOW,
        entered_at=NOW,
    )


def facts(title, area=None, late=False):
    return RowFacts(
        group="open",
        waits_on="unit_head",
        waits_person=None,
        title=title,
        search=title.lower(),
        area=area,
        assignee=None,
        due_at=NOW,
        late=late,
        final=False,
    )


def entry(head, of, comment=None, n=None):
    return compose(  # noqa: S604  a word of the log, no process
        stream=f"task/{of.id}",
        n=n or head.n + 1,
        previous=head.leaf,
        recorded_at=NOW,
        effective_at=NOW,
        type="move",
        actor=ActorMark("p-an", "officer", "kt"),
        shell="web",
        revision=of.revision,
        comment=comment,
    )


@pytest.fixture
def stored(database):
    with database.write() as uow:
        found = []
        for n in range(len(HARD)):
            made = entry(Head(), item(n))
            uow.audit.append(made)
            found.append(uow.items.add(item(n), facts("trước"), None, made.head))
    return found


def became(stored, n, title, **parts):
    after = replace(stored.item, revision=2, fields={"title": title, "count": 2**40, "none": None}, **parts)
    made = entry(stored.head, after, comment=title or None)
    return made, Saved(stored, after, facts(title, area=title or None, late=n % 2 == 1), NOW if n else None, made.head)


def test_items_entries_and_private_texts_are_read_as_they_were_given(database, stored):
    with database.write() as uow:
        held = uow.items.get_all([one.item.id for one in stored])
        pairs = [became(held[f"i{n}"], n, title, state="open" if n < 3 else "draft") for n, title in enumerate(HARD)]
        ids = uow.audit.append(*(made for made, _ in pairs))
        saved = uow.items.save(*(one for _, one in pairs))

    with database.read() as uow:
        assert [uow.items.get(f"i{n}") for n in range(len(HARD))] == list(saved)
        assert [dict(uow.items.get(f"i{n}").item.fields) for n in range(len(HARD))] == [
            {"title": title, "count": 2**40, "none": None} for title in HARD
        ]
        titles = dict(zip(ids, HARD, strict=True))
        for (made, _), event_id in zip(pairs, ids, strict=True):
            (_, read) = uow.audit.stream(made.stream)
            assert (read.id, read.body, read.leaf) == (event_id, made.body, made.leaf)
            assert [value for _, _, value in uow.audit.openings(event_id)] == [
                title for title in (titles[event_id],) if title
            ]


def test_counts_move_with_the_set(database, stored):
    with database.write() as uow:
        pairs = [became(one, n, "việc", state="open") for n, one in enumerate(stored)]
        uow.items.save(*(one for _, one in pairs))

    with database.read() as uow:
        rows = uow.cursor.raw.execute("SELECT state, late, count FROM tally WHERE count <> 0 ORDER BY late").fetchall()
    assert [tuple(row) for row in rows] == [("open", 0, 3), ("open", 1, 2)]


def test_one_stale_item_is_named_and_nothing_of_the_set_stays(database, stored):
    with database.write() as uow:
        uow.items.save(became(stored[1], 1, "của người khác")[1])

    with pytest.raises(StaleItem) as stale, database.write() as uow:
        uow.items.save(*(became(one, n, "việc")[1] for n, one in enumerate(stored)))

    assert stale.value.item_id == "i1"
    with database.read() as uow:
        assert [uow.items.get(f"i{n}").item.revision for n in range(len(HARD))] == [1, 2, 1, 1, 1]


def test_an_entry_whose_number_is_taken_keeps_the_whole_set_away(database, stored):
    with pytest.raises(Busy), database.write() as uow:
        uow.audit.append(entry(stored[0].head, item(0)), entry(Head(), item(1), n=1))

    with database.read() as uow:
        assert len(uow.audit.stream("task/i0")) == 1


def test_jobs_and_messages_too(database):
    asked = [Asked(title or "trống", n, None if n % 2 else "p-binh") for n, title in enumerate(HARD)]
    with database.write() as uow:
        uow.people.add(Person("p-an", "an", Label("Công chức", "Officer"), "vi", NOW))
        uow.jobs.add("j1", "p-an", "assign", None, asked, NOW)
        uow.messages.put_all([("notify", {"item": None, "name": title}, NOW) for title in HARD])
    with database.write() as uow:
        rows = uow.jobs.waiting(10)
        uow.jobs.settle(
            [(row, None, [{"code": row.asked.item}]) if row.n % 2 else (row, "open", []) for row in rows], NOW
        )
        got = uow.messages.claim("one", NOW, NOW, 10)

    assert [row.asked for row in rows] == asked
    assert [message.payload["name"] for message in got] == list(HARD)
    with database.read() as uow:
        assert [(row.state, row.reasons) for row in uow.jobs.rows("j1")] == [
            ("open", ()) if n % 2 else (None, ({"code": row.item},)) for n, row in enumerate(asked)
        ]


def test_a_set_is_one_statement_however_many_rows_it_has(database, stored):
    seen = []
    with database.write() as uow, observing(seen.append):
        uow.items.save(*(became(one, 0, "việc")[1] for one in stored))

    assert seen == ["items.save", "items.tally"]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t WHERE a = %(x)s",
        "UPDATE t SET a = (SELECT max(b) FROM u WHERE c = %(x)s) WHERE d = %(y)s",
        "INSERT INTO t (a) SELECT b FROM u WHERE c = %(x)s",
        "INSERT INTO t (a) VALUES (lower(%(x)s)) ",
    ],
)
def test_what_is_no_plain_insert_or_update_has_no_set(sql):
    assert as_set(sql, {}) is None
