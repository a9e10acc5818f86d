"""The log is searched by person, item, move, kind, unit and time, page by page, along an index on both databases."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.offices import OPENING, at, caller, moved, new_task, opened_office
from workflow.engine.visibility import part_of_log
from workflow.ids import entry_id, instant_in, new_id
from workflow.persistence.statements import run
from workflow.queries import history
from workflow.queries.history import Sought, entries


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def lived(office):
    """Two tasks of two units, a minute between one step and the next."""
    kt, hcc = new_task(office, "kt"), new_task(at(office, OPENING + timedelta(minutes=1)), "hcc")
    for n, code in enumerate((kt, hcc), 2):
        moved(at(office, OPENING + timedelta(minutes=n)), "chairman", code, "withdraw", comment="Thôi")
    return kt, hcc


def found(office, **sought):
    with office.read() as uow:
        return entries(uow, Sought(**sought), limit=200)


def id_of(office, login):
    with office.read() as uow:
        return uow.people.id_of_login(login)


def item_id(office, code):
    with office.read() as uow:
        return uow.items.get(code).item.id


def test_an_entry_is_found_by_its_move(office, lived):
    assert lived
    assert [entry.body["tr"] for entry in found(office, move="withdraw")] == ["withdraw", "withdraw"]


def test_an_entry_is_found_by_the_unit_whose_item_it_is_about(office, lived):
    kt, _hcc = lived

    about = {entry.stream for entry in found(office, unit="kt")}

    assert about == {f"task/{item_id(office, kt)}"}


def test_conditions_narrow_each_other(office, lived):
    _kt, hcc = lived
    chairman = id_of(office, "chairman")

    both = found(office, actor=chairman, item=item_id(office, hcc), since=OPENING + timedelta(minutes=2))

    assert [entry.body["tr"] for entry in both] == ["withdraw"]


@pytest.mark.parametrize("sought", [{}, {"type": "move"}, {"type": "definition"}, {"unit": "kt"}, {"move": "assign"}])
def test_pages_hold_every_entry_once_and_in_order(office, lived, sought):
    assert lived
    whole = [entry.id for entry in found(office, **sought)]
    paged, last = [], None
    with office.read() as uow:
        while page := entries(uow, Sought(**sought), before=last, limit=2):
            paged += [entry.id for entry in page]
            last = page[-1].id
        forward = [entry.id for entry in entries(uow, Sought(**sought), after="", limit=200)]

    assert whole
    assert paged == whole
    assert forward == whole[::-1]
    assert all(one > next_one for one, next_one in pairwise(whole))


def test_an_identifier_that_is_none_finds_nothing_older(office, lived):
    assert lived
    with office.read() as uow:
        assert entries(uow, Sought(), before="xyz") == ()


def test_a_part_of_the_log_holds_what_is_about_the_items_of_that_scope(office, lived):
    kt, _hcc = lived
    head = caller(office, "head.kt").actor

    about = {entry.stream for entry in found(office, within=part_of_log(head))}

    assert about == {f"task/{item_id(office, kt)}"}


def test_an_identifier_holds_its_instant():
    moment = OPENING + timedelta(microseconds=123_456_789)

    assert instant_in(entry_id(moment, 7)) == instant_in(new_id(moment)) == moment
    assert instant_in("none") is instant_in("f" * 32) is None


SEARCHES = {
    "everything": ({}, "ix_audit_event_rec"),
    "a person": ({"actor": "p"}, "ix_audit_event_actor_id_rec"),
    "an item": ({"item": "i"}, "ix_audit_event_item_id_rec"),
    "a move": ({"move": "assign"}, "ix_audit_event_tr_rec"),
    "a rare kind": ({"type": "read"}, "ix_audit_event_type_rec"),
    "a common kind": ({"type": "move"}, "ix_audit_event_rec"),
    "a unit": ({"unit": "kt"}, "ix_audit_event_rec"),
    "a stretch of time": ({"since": OPENING, "until": OPENING + timedelta(days=1)}, "ix_audit_event_rec"),
}


def plan_of(office, monkeypatch, **sought):
    """How the database goes about it; PostgreSQL, which would read so small a table whole, as if it were large."""
    lines = []

    def explained(cursor, statement, params):
        text = statement.text(cursor.dialect)
        bound = {**text.fixed, **params}
        if cursor.name == "sqlite":
            rows = cursor.raw.execute(f"EXPLAIN QUERY PLAN {text.sql}", bound).fetchall()
            lines.extend(row[-1] for row in rows)
        else:
            for way in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
                cursor.raw.execute(f"SET LOCAL {way} = off")
            rows = cursor.raw.execute(f"EXPLAIN {text.sql}", bound).fetchall()
            lines.extend(row[0] for row in rows)
        return run(cursor, statement, params)

    monkeypatch.setattr(history, "run", explained)
    with office.read() as uow:
        entries(uow, Sought(**sought), before=entry_id(OPENING + timedelta(days=30), 1), limit=50)
    return "\n".join(lines)


@pytest.mark.parametrize(("sought", "index"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_walks_along_an_index(office, monkeypatch, sought, index):
    plan = plan_of(office, monkeypatch, **sought)

    assert f"{index} " in plan, plan
    assert "SCAN audit_event" not in plan.replace("SCAN audit_event USING INDEX", ""), plan
