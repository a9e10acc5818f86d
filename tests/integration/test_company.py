"""Many requests in one transaction come to what they would have come to one by one."""

import random

import pytest

from tests.offices import HOUSE, caller, new_task, office_over, opened_office, shipped
from workflow.audit import refusal_stream
from workflow.errors import NotFound, ReusedKey, StaleItem
from workflow.persistence.statements import observing
from workflow.services import auditing, people, publishing
from workflow.services.journal import stream_of
from workflow.services.moves import Done, MoveRequest, Refused, perform, perform_all

CAUSE = "Chờ hướng dẫn của thành phố"
PEOPLE = ("head.kt", "officer.kt", "chairman", "clerk", "head.vp")


def together(office, *asked):
    with office.write() as uow:
        return perform_all(office, uow, asked, office.clock.now())


def told(outcome):
    """What came of a request, in words that two offices share."""
    if isinstance(outcome, Refused):
        return [reason.code for reason in outcome.reasons]
    if isinstance(outcome, Done):
        return outcome.item.state, outcome.item.revision, outcome.replayed
    return type(outcome).__name__


def item(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def refusals(office, code):
    with office.read() as uow:
        return len(uow.audit.stream(f"refusal/{uow.items.get(code).item.id}"))


def whole(office):
    return auditing.verify(office).ok and auditing.replay(office).differences == ()


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def codes(office):
    return [new_task(office, due_on="2026-09-30", title=f"Việc {n}") for n in range(6)]


def progress(code, value, **parts):
    return MoveRequest(code, "progress", inputs={"progress": str(value)}, **parts)


def test_each_comes_to_its_own_end_and_undoes_nothing_of_another(office, codes):
    head, officer = caller(office, "head.kt"), caller(office, "officer.vp")
    outcomes = together(
        office,
        (head, progress(codes[0], 10)),
        (head, progress("NV-2026-9999", 10)),
        (officer, progress(codes[1], 10)),
        (head, progress(codes[2], 500)),
        (head, progress(codes[3], 10, seen=1)),
        (head, progress(codes[4], 20)),
    )

    assert [told(outcome) for outcome in outcomes] == [
        ("in_progress", 4, False),
        "NotFound",
        "NotFound",
        ["above_maximum"],
        "StaleItem",
        ("in_progress", 4, False),
    ]
    assert [item(office, code).fields.get("progress") for code in codes] == [10, None, None, None, 20, None]
    assert [refusals(office, code) for code in codes] == [0, 0, 1, 0, 0, 0]
    assert whole(office)


def test_two_requests_for_one_item_are_done_one_after_the_other(office, codes):
    head, chairman = caller(office, "head.kt"), caller(office, "chairman")
    by_id = item(office, codes[0]).id
    outcomes = together(
        office,
        (head, progress(codes[0], 10)),
        (chairman, MoveRequest(by_id, "suspend", comment=CAUSE)),
        (head, progress(codes[0], 30)),
        (head, progress(codes[1], 40)),
    )

    assert [told(outcome) for outcome in outcomes] == [
        ("in_progress", 4, False),
        ("suspended", 5, False),
        ["not_from_here"],
        ("in_progress", 4, False),
    ]
    assert whole(office)


def test_a_key_answers_again_and_one_whose_request_came_to_nothing_is_free(office, codes):
    keyed, other = caller(office, "head.kt", key="k1"), caller(office, "head.kt", key="k2")
    first = together(office, (keyed, progress(codes[0], 10)), (other, progress(codes[1], 500)))
    again = together(office, (keyed, progress(codes[0], 10)), (other, progress(codes[1], 50)))
    wrong = together(office, (keyed, progress(codes[2], 10)), (caller(office, "head.kt"), progress(codes[3], 10)))

    assert [told(outcome) for outcome in first] == [("in_progress", 4, False), ["above_maximum"]]
    assert [told(outcome) for outcome in again] == [("in_progress", 4, True), ("in_progress", 4, False)]
    assert [told(outcome) for outcome in wrong] == ["ReusedKey", ("in_progress", 4, False)]


def extension(code, **parts):
    inputs = {"proposed_due_on": "2026-11-30", "cause_kind": "objective", "cause_note": CAUSE}
    return MoveRequest(code, "extend", inputs=inputs, comment=CAUSE, **parts)


def child_of(office, code):
    with office.read() as uow:
        return uow.items.children(uow.items.get(code).item.id)[-1].item.code


def test_what_spawns_and_signals_is_done_beside_what_does_not(office, codes):
    head, chairman = caller(office, "head.kt"), caller(office, "chairman")
    first = together(office, (head, extension(codes[0])), (head, progress(codes[1], 10)))
    grant = MoveRequest(child_of(office, codes[0]), "grant", inputs={"granted_due_on": "2026-11-30"})
    second = together(office, (chairman, grant), (head, progress(codes[2], 10)))

    assert [told(outcome) for outcome in first] == [("in_progress", 4, False), ("in_progress", 4, False)]
    assert [told(outcome) for outcome in second] == [("granted", 2, False), ("in_progress", 4, False)]
    assert item(office, codes[0]).fields["due_on"] == "2026-11-30"
    assert whole(office)


def test_what_another_of_them_changes_as_its_relative_is_not_written_over(office, codes):
    head, chairman = caller(office, "head.kt"), caller(office, "chairman")
    together(office, (head, extension(codes[0])))
    grant = MoveRequest(child_of(office, codes[0]), "grant", inputs={"granted_due_on": "2026-11-30"})
    outcomes = together(office, (chairman, grant), (head, progress(codes[0], 10)), (head, extension(codes[0])))

    assert told(outcomes[0]) == ("granted", 2, False)
    assert item(office, codes[0]).fields["due_on"] == "2026-11-30"
    assert item(office, codes[0]).fields["progress"] == 10
    assert whole(office)


def test_a_hundred_moves_cost_the_database_no_more_statements_than_ten(office):
    def statements(count):
        codes = [new_task(office, title=f"Việc {n}") for n in range(count)]
        head, seen = caller(office, "head.kt"), []
        with observing(seen.append):
            together(office, *((head, progress(code, 10)) for code in codes))
        return len(seen)

    assert statements(100) == statements(10) <= 8


def furnished(database):
    office = office_over(database)
    people.seed_organisation(office, HOUSE, shipped().organisation)
    for report in shipped().workflows.values():
        publishing.publish(office, HOUSE, report.source, report.file)
    for n in range(5):
        new_task(office, due_on="2026-09-30", title=f"Việc {n}")


def asked_by_lot(chance, office):
    """Requests of all kinds, allowed or not, for items that are there, some twice, some with keys that come again."""
    with office.read() as uow:
        items = [stored.item for stored in uow.items.page("", 100)]
    for _ in range(chance.randint(2, 9)):
        one = chance.choice(items)
        key = chance.choice([None, None, f"k{chance.randint(1, 6)}"])
        seen = chance.choice([None, one.revision, one.revision, one.revision - 1])
        who = caller(office, chance.choice(PEOPLE), key=key)
        yield (
            who,
            chance.choice(
                [
                    progress(one.code, chance.randint(0, 120), seen=seen),
                    progress(one.id, chance.randint(0, 100)),
                    MoveRequest(one.code, "suspend", comment=chance.choice([CAUSE, None]), seen=seen),
                    MoveRequest(one.code, "resume", seen=seen),
                    MoveRequest(one.code, "assign", bulk=chance.random() < 0.5),
                    extension(one.code, seen=seen),
                    MoveRequest(one.code, "grant", inputs={"granted_due_on": "2026-11-30"}, seen=seen),
                    MoveRequest(one.code, "refuse", comment=CAUSE, seen=seen),
                ]
            ),
        )


def one_by_one(office, caller_, request):
    try:
        return perform(office, caller_, request)
    except (NotFound, StaleItem, ReusedKey) as fault:
        return fault


def stands(office):
    """Everything that the offices may differ in: the items, what the log says of each, and how many refusals there are."""
    with office.read() as uow:
        rows = [stored.item for stored in uow.items.page("", 100)]
        heads = {
            one.code: [(entry.n, entry.stream.split("/")[0]) for entry in uow.audit.stream(stream_of(one))]
            for one in rows
        }
        refused = {one.code: len(uow.audit.stream(refusal_stream(one.id))) for one in rows}
    return {one.code: (one.state, one.revision, dict(one.fields), one.open_children) for one in rows}, heads, refused


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_asked_together_comes_to_what_it_comes_to_one_by_one(ground, seed):
    """Of two offices that are alike down to the ids, one is asked in one transaction, the other request by request."""
    company, single = (office_over(ground.like("company", furnished)) for _ in range(2))
    chance = random.Random(seed)
    for _ in range(12):
        asked = tuple(asked_by_lot(chance, company))
        in_one = [told(outcome) for outcome in together(company, *asked)]
        each = [told(one_by_one(single, *one)) for one in asked]
        assert in_one == each
        assert stands(company) == stands(single)
    assert whole(company)
