"""An auditor reads under a written mandate: on its days, within its bounds, and nobody is one without it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.offices import HOUSE, at, caller, new_task, opened_office
from workflow.engine import Label, Reason
from workflow.engine.administration import refusal_to_audit, refusal_to_read_log
from workflow.engine.visibility import reads_private, scope_of
from workflow.errors import NotFound, OutsideMandate
from workflow.persistence.mandates import GivenMandate
from workflow.queries.worklist import Filter, list_items
from workflow.services import mandates, people
from workflow.services.items import readable
from workflow.services.mandates import NewMandate, NotMandated

OPENING = datetime(2026, 11, 24, 1, tzinfo=UTC)
DURING, AFTER = OPENING + timedelta(days=2), datetime(2026, 12, 4, 17, tzinfo=UTC)
PASSWORD = "một câu dài dễ nhớ 2026"
VISIT = people.Visit("127.0.0.1")


@pytest.fixture
def office(ground):
    return opened_office(ground, OPENING)


@pytest.fixture
def inspector(office):
    made = people.add_person(office, HOUSE, "doan.kiem-tra", Label("Đoàn kiểm tra", "Inspection"), PASSWORD)
    assert not isinstance(made, Reason), made
    return made.login


def given(office, login, first="25/11/2026", last="04/12/2026", **bounds):
    made = mandates.give(office, caller(office, "admin"), wish(login, first, last, **bounds))
    assert isinstance(made, GivenMandate), made
    return made


def wish(login, first="25/11/2026", last="04/12/2026", **bounds):
    return NewMandate(login, "Quyết định 215/QĐ-UBND ngày 23/11/2026", first, last, **bounds)


def refused(office, login, *, by="admin", **asked):
    answer = mandates.give(office, caller(office, by), wish(login, **asked))
    assert isinstance(answer, NotMandated), answer
    return [reason.code for reason in answer.reasons]


def signed_in(office, login):
    return people.log_in(office, login, PASSWORD, VISIT)


def test_an_auditor_signs_in_on_the_days_of_his_mandate_only(office, inspector):
    given(office, inspector)

    before, first = (
        signed_in(office, inspector),
        signed_in(at(office, datetime(2026, 11, 24, 17, tzinfo=UTC)), inspector),
    )
    last, after = (signed_in(at(office, moment), inspector) for moment in (AFTER - timedelta(minutes=1), AFTER))

    assert (before.code, before.params["at"]) == ("mandate_to_come", "2026-11-24T17:00:00.000000Z")
    assert isinstance(first, people.Opened)
    assert isinstance(last, people.Opened)
    assert (after.code, after.params["at"]) == ("mandate_over", "2026-12-04T17:00:00.000000Z")


def test_whoever_holds_the_post_alone_is_kept_out(office, inspector):
    people.appoint(office, HOUSE, people.NewPost(inspector, "auditor"))

    answer = signed_in(office, inspector)

    assert isinstance(answer, OutsideMandate)
    assert answer.code == "mandate_missing"
    assert people.actor_of(office, inspector).roles == frozenset()


def test_a_session_and_a_token_read_nothing_once_the_mandate_is_over(office, inspector):
    given(office, inspector)
    during, later = at(office, AFTER - timedelta(minutes=1)), at(office, AFTER)
    session = signed_in(during, inspector)
    token = people.create_token(during, HOUSE, inspector, frozenset({"read"}))

    assert people.resolve(during, session.id).actor.mandate.act.startswith("Quyết định 215")
    assert people.resolve_token(during, token.token) is not None
    for resolved in (lambda: people.resolve(later, session.id), lambda: people.resolve_token(later, token.token)):
        with pytest.raises(OutsideMandate):
            resolved()


def test_a_mandate_that_is_ended_closes_every_session_at_once(office, inspector):
    made = given(office, inspector)
    during = at(office, DURING)
    session = signed_in(during, inspector)

    ended = mandates.end(during, caller(office, "admin"), made.id)

    assert ended.until == DURING
    assert people.resolve(during, session.id) is None
    assert signed_in(during, inspector).code == "mandate_over"
    assert mandates.end(during, caller(office, "admin"), made.id).code == "mandate_over"


def test_a_narrow_mandate_reads_its_units_and_workflows_and_not_the_whole_log(office, inspector):
    inside, outside = new_task(office, "kt"), new_task(office, "hcc")
    given(office, inspector, units=("kt",), workflows=("task",))
    during = at(office, DURING)
    auditor = caller(during, inspector)

    with office.read() as uow:
        listed = [row.code for row in list_items(uow, auditor.actor, Filter(), DURING).rows]
        assert readable(uow, auditor, inside).item.code == inside
        with pytest.raises(NotFound):
            readable(uow, auditor, outside)

    assert listed == [inside]
    assert refusal_to_read_log(auditor.actor) is None
    assert refusal_to_audit(auditor.actor).code == "mandate_narrow"


def test_a_mandate_without_bounds_reads_everything_but_private_text_where_it_does_not_say_so(office, inspector):
    given(office, inspector)

    actor = people.actor_of(at(office, DURING), inspector)

    assert scope_of(actor).everything
    assert refusal_to_audit(actor) is None
    assert not reads_private(actor)
    assert reads_private(people.actor_of(office, "auditor"))


def test_the_administrator_alone_gives_and_ends_mandates(office, inspector):
    made = given(office, inspector)

    assert refused(office, inspector, by="chairman") == ["not_permitted"]
    assert mandates.end(office, caller(office, "chairman"), made.id).code == "not_permitted"


@pytest.mark.parametrize(
    ("login", "asked", "codes"),
    [
        ("nobody", {}, ["no_such_person"]),
        ("officer.kt", {}, ["auditor_has_posts"]),
        ("doan.kiem-tra", {"first": "", "last": "hôm nào"}, ["input_missing", "not_a_date"]),
        ("doan.kiem-tra", {"first": "04/12/2026", "last": "25/11/2026"}, ["ends_before_start"]),
        ("doan.kiem-tra", {"first": "01/11/2026", "last": "20/11/2026"}, ["end_in_past"]),
        ("doan.kiem-tra", {"last": "31/12/2028"}, ["mandate_too_long"]),
        ("doan.kiem-tra", {"units": ("xyz",), "workflows": ("nothing",)}, ["not_a_choice", "not_a_choice"]),
    ],
)
def test_a_mandate_that_makes_no_sense_is_refused_with_every_reason(office, inspector, login, asked, codes):
    assert inspector
    assert refused(office, login, **asked) == codes


def test_two_mandates_of_one_person_never_hold_at_once(office, inspector):
    given(office, inspector)

    assert refused(office, inspector, first="04/12/2026", last="10/12/2026") == ["mandate_twice"]
    assert given(office, inspector, first="05/12/2026", last="10/12/2026")


def test_giving_and_ending_stand_in_the_log(office, inspector):
    made = given(office, inspector, units=("kt",))
    mandates.end(office, caller(office, "admin"), made.id)

    with office.read() as uow:
        said = [entry.body for entry in uow.audit.stream("admin")][-2:]

    assert b'"act":"mandate_given"' in said[0]
    assert b'"units":["kt"]' in said[0]
    assert b'"act":"mandate_ended"' in said[1]
