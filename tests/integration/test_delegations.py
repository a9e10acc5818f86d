"""Substitutes over a real database: given in writing, within bounds, for a time, never passed on, both names in the log."""

import io
from datetime import UTC, datetime

import pytest

from tests import files
from tests.offices import at, caller, moved, new_task, opened_office, tried
from workflow.audit import canonical
from workflow.clock import VIETNAM
from workflow.errors import NotFound, ReusedKey
from workflow.queries.worklist import Filter, list_items
from workflow.services import auditing, delegations, people
from workflow.services.delegations import Given, NotGiven, Power, days_of
from workflow.services.evidence import attach
from workflow.services.inbox import Badge, waiting
from workflow.services.items import Created, NewItem, create, readable
from workflow.services.moves import Done, MoveRequest, Refused, names_to_act_in, offers, perform
from workflow.values import replace

ACT = "Văn bản số 15/UQ-PKT ngày 07/8/2026"
FIGURES = [{"indicator": "cong-khai-ngan-sach", "numerator": 4, "source": "Sổ theo dõi"}]


def local(text):
    """An instant of 2026 from `19/8 09:10`, Vietnam time."""
    return datetime.strptime(f"{text} 2026", "%d/%m %H:%M %Y").replace(tzinfo=VIETNAM).astimezone(UTC)


@pytest.fixture
def office(ground):
    return opened_office(ground, local("1/7 08:00"))


@pytest.fixture
def report(office):
    """The report of Phòng Kinh tế for August, drafted and put before the head for signature."""
    fields = {
        "title": "Báo cáo CCHC tháng 8 năm 2026",
        "series": "monthly",
        "period": "2026-08",
        "window_from": "2026-07-15",
        "window_to": "2026-08-14",
        "due_on": "2026-08-19",
    }
    opened = at(office, local("15/7 10:30"))
    created = create(opened, caller(opened, "consolidator"), NewItem("report", "kt", fields))
    assert isinstance(created, Created), created
    later = at(office, local("18/8 16:00"))
    moved(later, "officer.kt", created.item.code, "draft", results="Đã công khai ngân sách.", figures=FIGURES)
    moved(later, "officer.kt", created.item.code, "send")
    return created.item.code


def power(receiver="deputy.kt", **parts):
    return Power(
        **({"receiver": receiver, "kind": "KT.", "act": ACT, "from_on": "10/8/2026", "to_on": "18/8/2026"} | parts)
    )


def given(office, login, asked):
    answer = delegations.give(office, caller(office, login), asked)
    assert isinstance(answer, Given), answer
    return answer.power


def refused(office, login, asked):
    answer = delegations.give(office, caller(office, login), asked)
    assert isinstance(answer, NotGiven), answer
    return [(reason.code, reason.params.get("field", "")) for reason in answer.reasons]


def acting(office, login, giver):
    own = caller(office, login)
    return replace(own, actor=replace(own.actor, acting_for=people.person_of(office, giver).id))


def signing(office, who, code):
    return perform(office, who, MoveRequest(code, "send", "approve"))


def codes(outcome):
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


def entries(office, stream):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.stream(stream)]


# -- the head on leave --------------------------------------------------------------------------------------------------


def test_the_head_on_leave_extends_an_expired_power_and_the_deputy_signs_for_him(office, report):
    given(at(office, local("7/8 15:00")), "head.kt", power(workflows=("report",)))

    early = at(office, local("19/8 09:10"))
    expired = signing(early, caller(early, "deputy.kt"), report)
    remote = at(office, local("19/8 10:02"))
    extended = given(remote, "head.kt", power(from_on="19/8/2026", to_on="21/8/2026", workflows=("report",)))
    passed_on = refused(remote, "deputy.kt", power("officer.kt", from_on="19/8/2026", to_on="21/8/2026"))
    signed_at = at(office, local("19/8 10:20"))
    signed = signing(signed_at, caller(signed_at, "deputy.kt"), report)

    assert codes(expired) == ["delegation_expired"]
    assert expired.reasons[0].params == {"document": ACT, "at": "2026-08-18T17:00:00.000000Z"}
    assert passed_on == [("delegation_chain", "")]
    assert isinstance(signed, Done)
    assert signed.item.state == "completed"
    head, deputy = (people.person_of(office, login) for login in ("head.kt", "deputy.kt"))
    assert signed.item.last["send"].people == {head.id, deputy.id}
    assert entries(office, f"report/{signed.item.id}")[-1]["act"] == {
        "id": deputy.id,
        "role": "unit_deputy",
        "unit": "kt",
        "post": deputy.title.vi,
        "for": head.id,
        "for_post": head.title.vi,
        "dlg": extended.id,
    }
    assert auditing.verify(office).ok
    assert not auditing.replay(office).differences


def test_the_log_keeps_who_gave_what_to_whom_with_the_posts_of_that_day(office):
    made = given(at(office, local("7/8 15:00")), "head.kt", power(workflows=("report",), areas=("tai-chinh-cong",)))

    head, deputy = (people.person_of(office, login) for login in ("head.kt", "deputy.kt"))
    entry = entries(office, f"person/{head.id}")[-1]
    assert (entry["type"], entry["act"]["id"]) == ("delegation", head.id)
    assert entry["delegation"] == {
        "act": "given",
        "id": made.id,
        "giver": head.id,
        "giver_post": head.title.vi,
        "receiver": deputy.id,
        "receiver_post": deputy.title.vi,
        "kind": "KT.",
        "document": ACT,
        "from": "2026-08-09T17:00:00.000000Z",
        "until": "2026-08-18T17:00:00.000000Z",
        "workflows": ["report"],
        "areas": ["tai-chinh-cong"],
    }


# -- how long -----------------------------------------------------------------------------------------------------------


def test_both_days_are_included(office):
    given(at(office, local("7/8 15:00")), "head.kt", power())

    verdicts = []
    for instant in ("9/8 23:59", "10/8 00:00", "18/8 23:59", "19/8 00:00"):
        then = at(office, local(instant))
        verdicts.append(bool(caller(then, "deputy.kt").actor.delegations))

    assert verdicts == [False, True, True, False]


def test_a_power_that_is_to_come_is_told_of(office, report):
    then = at(office, local("18/8 17:00"))
    given(then, "head.kt", power(from_on="20/8/2026", to_on="21/8/2026"))

    assert codes(signing(then, caller(then, "deputy.kt"), report)) == ["delegation_not_begun"]


def test_a_power_recorded_later_than_signed_gives_nothing_backwards(office):
    made = given(at(office, local("12/8 09:30")), "head.kt", power())

    assert made.from_at == local("12/8 09:30")
    assert [str(day) for day in days_of(made, VIETNAM)] == ["2026-08-12", "2026-08-18"]


@pytest.mark.parametrize("ender", ["head.kt", "deputy.kt", "clerk"])
def test_either_party_and_the_clerk_end_it_with_effect_at_once(office, report, ender):
    made = given(at(office, local("7/8 15:00")), "head.kt", power())
    then = at(office, local("18/8 17:00"))

    ended = delegations.end(then, caller(then, ender), made.id)

    assert ended.ended_at == local("18/8 17:00")
    assert codes(signing(then, caller(then, "deputy.kt"), report)) == ["delegation_expired"]
    head = people.person_of(office, "head.kt")
    last = entries(office, f"person/{head.id}")[-1]
    assert (last["delegation"]["act"], last["act"]["id"]) == ("ended", people.person_of(office, ender).id)


def test_a_power_ended_between_offer_and_act_gives_nothing(office, report):
    made = given(at(office, local("7/8 15:00")), "head.kt", power())
    then = at(office, local("18/8 17:00"))
    for who in (caller(then, "deputy.kt"), acting(then, "deputy.kt", "head.kt")):
        assert who.actor.delegations
    implied, named = caller(then, "deputy.kt"), acting(then, "deputy.kt", "head.kt")
    delegations.end(then, caller(then, "head.kt"), made.id)

    assert codes(signing(then, implied, report)) == ["delegation_expired"]
    assert codes(signing(then, named, report)) == ["delegation_expired"]
    assert codes(signing(then, acting(then, "deputy.kt", "head.kt"), report)) == ["delegation_expired"]
    with office.read() as uow:
        assert uow.items.get(report).item.request("send").votes == ()


def test_what_is_over_cannot_be_ended_again(office):
    made = given(at(office, local("7/8 15:00")), "head.kt", power())
    delegations.end(office, caller(office, "head.kt"), made.id)

    again = delegations.end(office, caller(office, "head.kt"), made.id)

    assert (again.code, again.kind.value) == ("delegation_expired", "state")


def test_who_has_no_part_in_a_power_does_not_learn_of_it(office):
    made = given(office, "head.kt", power())

    with pytest.raises(NotFound):
        delegations.end(office, caller(office, "head.vp"), made.id)
    assert delegations.end(office, caller(office, "auditor"), made.id).code == "not_permitted"


# -- who gives what to whom ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "asked", "expected"),
    [
        ("officer.kt", power(), [("not_permitted", "")]),
        ("admin", power(), [("not_permitted", "")]),
        ("deputy.kt", power("officer.kt"), [("delegation_chain", "")]),
        ("head.kt", power(giver="head.vp"), [("not_permitted", "")]),
        ("clerk", power("officer.kt", giver="deputy.kt"), [("delegation_chain", "")]),
        ("clerk", power(giver="nobody"), [("no_such_person", "giver")]),
        ("head.kt", power("head.kt"), [("receiver_is_giver", "receiver")]),
        ("head.kt", power("deputy.vp"), [("receiver_of_other_unit", "receiver")]),
        ("chairman", power("auditor"), [("receiver_stands_apart", "receiver")]),
        ("head.kt", power("nobody"), [("no_such_person", "receiver")]),
        ("head.kt", power(kind="TM."), [("not_a_choice", "kind")]),
        ("head.kt", power(act=" "), [("input_missing", "act")]),
        ("head.kt", power(act="x" * 201), [("too_long", "act")]),
        ("head.kt", power(from_on="31/2/2026"), [("not_a_date", "from")]),
        ("head.kt", power(to_on="9/8/2026"), [("ends_before_start", "to")]),
        ("head.kt", power(from_on="1/6/2026", to_on="30/6/2026"), [("end_in_past", "to")]),
        ("head.kt", power(to_on="10/8/2027"), [("period_too_long", "to")]),
        ("head.kt", power(workflows=("reports",)), [("not_a_choice", "workflows")]),
        ("head.kt", power(areas=("the-che", "x")), [("not_a_choice", "areas")]),
        (
            "head.kt",
            Power("", "", "", "", ""),
            [("input_missing", name) for name in ("receiver", "kind", "act", "from", "to")],
        ),
    ],
)
def test_a_power_that_may_not_be_given_is_refused_with_every_reason(office, login, asked, expected):
    assert refused(office, login, asked) == expected
    with office.read() as uow:
        assert uow.people.delegations() == ()


@pytest.mark.parametrize("last", ["10/8/2026", "9/8/2027"])
def test_a_power_lasts_from_a_day_to_a_year(office, last):
    given(office, "head.kt", power(to_on=last))


def test_a_substitute_cannot_pass_on_what_he_received(office):
    given(office, "chairman", power("officer.hcc", kind="TUQ.", from_on="1/7/2026"))

    assert refused(office, "officer.hcc", power("officer.kt")) == [("delegation_chain", "")]


def test_the_clerk_records_a_written_act_for_a_chief_who_is_away(office):
    made = given(office, "clerk", power("vice", giver="chairman"))

    chairman, clerk = (people.person_of(office, login) for login in ("chairman", "clerk"))
    assert made.giver == chairman.id
    entry = entries(office, f"person/{chairman.id}")[-1]
    assert entry["act"]["id"] == clerk.id


def test_the_same_key_gives_once(office):
    who = caller(office, "head.kt", key="once")

    first, again = delegations.give(office, who, power()), delegations.give(office, who, power())

    assert (first.power, again.power, again.replayed) == (first.power, first.power, True)
    with office.read() as uow:
        assert len(uow.people.delegations()) == 1
    with pytest.raises(ReusedKey):
        delegations.give(office, who, power(to_on="17/8/2026"))


def test_people_see_their_own_powers_and_the_office_keeps_all(office):
    kt = given(office, "head.kt", power())
    vp = given(office, "head.vp", power("deputy.vp"))

    def seen(login):
        actor = caller(office, login).actor
        with office.read() as uow:
            return {found.id for found in delegations.visible_to(uow, actor)}

    assert seen("head.kt") == seen("deputy.kt") == {kt.id}
    assert seen("officer.kt") == set()
    assert seen("clerk") == seen("chairman") == seen("auditor") == {kt.id, vp.id}


# -- acting, reading, the list of work ----------------------------------------------------------------------------------


@pytest.fixture
def substitute(office):
    """officer.hcc may act for the chairman (TUQ.) on tasks of public finance from 1/7 to 31/7."""
    asked = power(
        "officer.hcc",
        kind="TUQ.",
        from_on="1/7/2026",
        to_on="31/7/2026",
        workflows=("task",),
        areas=("tai-chinh-cong",),
    )
    return given(office, "chairman", asked)


def complete(office, login, code):
    uploaded = attach(office, caller(office, login), code, "bảng số liệu.pdf", io.BytesIO(files.pdf()))
    return moved(office, login, code, "complete", result_note="Đã công khai.", evidence=[uploaded.sha256])


@pytest.fixture
def completed(office):
    code = new_task(office, due_on="2026-07-10")
    complete(office, "head.kt", code)
    return code


def seen_by(office, login):
    """Codes in the list of work and in the whole list."""
    actor = caller(office, login).actor
    with office.read() as uow:
        mine = {one.item.code for one in waiting(office, uow, actor)}
        listed = {row.code for row in list_items(uow, actor, Filter(), office.clock.now()).rows}
    return mine, listed


def verifying(office, login, code):
    """(allowed, in whose name) of each offer to verify."""
    actor = caller(office, login).actor
    with office.read() as uow:
        item = uow.items.get(code).item
        found = offers(office, uow, office.editions.of(item, uow), item, actor)
    return [(offer.allowed, offer.acting_for) for offer in found if offer.move == "verify"]


def test_what_waits_for_the_giver_waits_for_his_substitute_and_is_offered_in_the_givers_name(
    office, completed, substitute
):
    mine, listed = seen_by(office, "officer.hcc")

    assert completed in mine
    assert completed in listed
    assert verifying(office, "officer.hcc", completed) == [(True, substitute.giver)]
    assert verifying(office, "officer.snc", completed) == [(False, None)]


@pytest.mark.usefixtures("substitute")
def test_nothing_outside_the_power_is_read_or_waits(office):
    outside = new_task(office, area="the-che")
    complete(office, "head.kt", outside)

    mine, listed = seen_by(office, "officer.hcc")

    assert outside not in mine | listed
    who = caller(office, "officer.hcc")
    with office.read() as uow, pytest.raises(NotFound):
        readable(uow, who, outside)


@pytest.mark.usefixtures("substitute")
def test_reading_in_sql_and_in_the_engine_is_one_rule(office, completed):
    others = [new_task(office, unit, area=area) for unit in ("hcc", "vp") for area in ("the-che", "tai-chinh-cong")]
    given(office, "vice", power("officer.snc", kind="TUQ.", from_on="1/7/2026", areas=("the-che",)))
    given(office, "head.vp", power("officer.vp", from_on="1/7/2026", workflows=("report",)))

    for login in ("officer.hcc", "officer.snc", "officer.vp", "officer.kt", "admin"):
        who = caller(office, login)
        with office.read() as uow:
            allowed = set()
            for code in (completed, *others):
                try:
                    allowed.add(readable(uow, who, code).item.code)
                except NotFound:
                    continue
        assert seen_by(office, login)[1] == allowed, login


def test_when_the_power_is_over_its_items_are_gone(office, completed, substitute):
    badge, before = Badge(office), caller(office, "officer.hcc").actor
    with office.read() as uow:
        assert badge.count(uow, before) == 1
    delegations.end(office, caller(office, "chairman"), substitute.id)

    assert seen_by(office, "officer.hcc") == (set(), set())
    after = caller(office, "officer.hcc").actor
    with office.read() as uow:
        assert badge.count(uow, after) == 0
    with pytest.raises(NotFound):
        perform(office, acting(office, "officer.hcc", "chairman"), MoveRequest(completed, "verify"))


def test_a_substitute_acts_in_the_givers_name_and_not_in_his_own(office, completed, substitute):
    alone = tried(office, "officer.hcc", completed, "verify")
    done = perform(office, acting(office, "officer.hcc", "chairman"), MoveRequest(completed, "verify"))

    assert codes(alone) == ["not_permitted"]
    assert isinstance(done, Done)
    entry = entries(office, f"task/{done.item.id}")[-1]["act"]
    assert (entry["role"], entry["for"], entry["dlg"]) == ("chairman", substitute.giver, substitute.id)


def test_a_request_that_waits_for_the_giver_waits_for_his_substitute(office, report):
    then = at(office, local("18/8 17:00"))
    given(then, "head.kt", power("officer.kt", kind="TUQ.", from_on="18/8/2026"))

    mine, _ = seen_by(then, "officer.kt")
    signed = signing(then, acting(then, "officer.kt", "head.kt"), report)

    assert report in mine
    assert isinstance(signed, Done)
    assert signed.item.last["send"].acting_for == people.person_of(office, "head.kt").id


def test_whoever_may_act_in_several_names_may_choose(office, completed):
    given(office, "chairman", power("vice", from_on="1/7/2026"))
    code = new_task(office, area="chuyen-doi-so")
    complete(office, "head.kt", code)
    actor = caller(office, "vice").actor

    with office.read() as uow:
        own_area, other = (uow.items.get(found).item for found in (code, completed))
        definition = office.editions.of(other, uow)
        chairman = uow.people.id_of_login("chairman")
        both = names_to_act_in(office, uow, definition, own_area, actor, ("verify", "perform"))
        lent = names_to_act_in(office, uow, definition, other, actor, ("verify", "perform"))

    assert both == (None, chairman)
    assert lent == (chairman,)


def test_what_follows_from_a_step_within_the_power_follows_from_it(office):
    code = new_task(office, due_on="2026-07-10")
    given(office, "head.kt", power(from_on="1/7/2026", workflows=("task",)))
    given(office, "chairman", power("vice", from_on="1/7/2026", workflows=("extension",)))

    asked = moved(office, "deputy.kt", code, "extend", comment="Chờ số liệu", proposed_due_on="2026-07-20")
    with office.read() as uow:
        (child,) = uow.items.children(asked.item.id)
    granting = MoveRequest(child.item.id, "grant", inputs={"granted_due_on": "2026-07-20"})
    granted = perform(office, acting(office, "vice", "chairman"), granting)

    assert isinstance(granted, Done), granted
    with office.read() as uow:
        item = uow.items.get(code).item
    assert item.fields["due_on"] == "2026-07-20"
    assert item.last["set_due"].acting_for == people.person_of(office, "chairman").id
    assert auditing.verify(office).ok


# -- four eyes ----------------------------------------------------------------------------------------------------------


def test_whoever_completed_a_task_does_not_verify_it_as_a_substitute(office, completed):
    given(office, "chairman", power("head.kt", kind="TUQ.", from_on="1/7/2026"))

    outcome = perform(office, acting(office, "head.kt", "chairman"), MoveRequest(completed, "verify"))

    assert codes(outcome) == ["self_review"]


def test_a_substitute_who_completed_it_for_the_head_does_not_verify_it_for_the_chairman(office):
    code = new_task(office, due_on="2026-07-10")
    given(office, "head.kt", power(from_on="1/7/2026"))
    complete(office, "deputy.kt", code)
    given(office, "chairman", power(kind="TUQ.", from_on="1/7/2026"))
    given(office, "chairman", power("head.kt", kind="TUQ.", from_on="1/7/2026"))

    for login in ("deputy.kt", "head.kt"):
        outcome = perform(office, acting(office, login, "chairman"), MoveRequest(code, "verify"))
        assert codes(outcome) == ["self_review"], login
