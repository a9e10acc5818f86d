"""Two stories of the commune with their dates: a task extended after its date had passed, a late task moved to another unit."""

from datetime import UTC, date, datetime

import pytest

from tests import offices
from tests.offices import caller, moved, new_task, opened_office, tried
from workflow.clock import VIETNAM
from workflow.services import auditing
from workflow.services.deadlines import sweep
from workflow.services.moves import Done, MoveRequest, Refused, perform
from workflow.services.overview import overview

CAUSE = "Thành phố thay đổi danh mục thủ tục hành chính"


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def on(office, text):
    return offices.at(office, local(text))


def item(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def children(office, code):
    with office.read() as uow:
        return [child.item for child in uow.items.children(uow.items.get(code).item.id)]


def reasons(outcome):
    assert isinstance(outcome, Refused), outcome
    return [(reason.code, reason.params.get("item")) for reason in outcome.reasons]


def whole(office):
    return auditing.verify(office).ok and auditing.replay(office).differences == ()


@pytest.fixture
def office(ground):
    return opened_office(ground)


# -- scenario 9: extended after it passed


@pytest.fixture
def late(office):
    """A task of the service centre, due on 30/9, late since 01/10; noticed when the worker came up at 06:10."""
    code = new_task(office, "hcc", title="Rà soát thủ tục", area="thu-tuc-hanh-chinh", due_on="2026-09-30")
    assert sweep(on(office, "2026-10-01 06:10")).fired == 1
    return code


@pytest.fixture
def asked(office, late):
    """The code of the extension that the director asked for on 05/10."""
    moved(
        on(office, "2026-10-05 09:00"),
        "head.hcc",
        late,
        "extend",
        proposed_due_on="2026-11-30",
        comment=CAUSE,
        cause_kind="objective",
        cause_note=CAUSE,
    )
    return children(office, late)[0].code


def granted(office, code, at="2026-10-07 15:00", login="chairman", **inputs):
    given = {"granted_due_on": "2026-11-30", "cause_confirmed": "true"} | inputs
    return tried(on(office, at), login, code, "grant", **given)


def test_a_request_stops_no_clock_and_waits_for_the_chairman(office, late, asked):
    task, request = item(office, late), item(office, asked)

    assert (task.state, task.fields["due_on"], task.open_children) == ("late", "2026-09-30", 1)
    assert "proposed_due_on" not in task.fields
    assert (request.state, request.unit, request.parent) == ("pending", "hcc", task.id)
    assert dict(request.fields) == {
        "title": "Rà soát thủ tục",
        "area": "thu-tuc-hanh-chinh",
        "current_due_on": "2026-09-30",
        "proposed_due_on": "2026-11-30",
        "reason": CAUSE,
        "cause_kind": "objective",
        "cause_note": CAUSE,
    }


def test_a_grant_after_the_date_frees_the_task_and_keeps_the_late_episode(office, late, asked):
    assert isinstance(granted(office, asked), Done)

    task = item(office, late)
    episode = task.episodes[0]
    assert (task.state, task.open_children) == ("in_progress", 0)
    assert (task.fields["due_on"], task.fields["previous_due_on"]) == ("2026-11-30", "2026-09-30")
    assert task.due_at == local("2026-12-01 00:00")
    assert (episode.effective_at, episode.recorded_at) == (local("2026-10-01 00:00"), local("2026-10-01 06:10"))
    assert (episode.ended_at, episode.ended_by) == (local("2026-10-07 15:00"), "set_due")
    assert whole(office)


def test_the_cause_is_the_directors_word_and_its_confirmation_the_chairmans(office, late, asked):
    granted(office, asked)

    record = item(office, late).episodes[0].record
    director, chairman = caller(office, "head.hcc").actor.id, caller(office, "chairman").actor.id
    assert (record["cause_kind"].value, record["cause_kind"].by) == ("objective", director)
    assert (record["cause_confirmed"].value, record["cause_confirmed"].by) == (True, chairman)
    assert record["cause_confirmed"].at == local("2026-10-07 15:00")


def test_after_the_grant_the_task_is_late_again_only_after_its_new_date(office, late, asked):
    granted(office, asked)

    calm, again = sweep(on(office, "2026-11-30 23:59")), sweep(on(office, "2026-12-01 00:00"))

    assert (calm.fired, again.fired) == (0, 1)
    assert [episode.n for episode in item(office, late).episodes] == [1, 2]


def test_a_grant_of_a_day_that_is_over_is_impossible_because_time_is_the_servers(office, late, asked):
    outcome = granted(office, asked, granted_due_on="2026-09-29")

    assert reasons(outcome) == [("condition_failed", None)]
    assert (item(office, late).state, item(office, asked).state) == ("late", "pending")


def test_a_cause_that_nobody_called_objective_is_not_confirmed(office, late):
    moved(
        on(office, "2026-10-05 09:00"),
        "head.hcc",
        late,
        "extend",
        proposed_due_on="2026-11-30",
        comment="Bỏ sót",
        cause_kind="subjective",
    )
    request = children(office, late)[0].code

    refused, taken = granted(office, request), granted(office, request, cause_confirmed="")

    assert reasons(refused) == [("condition_failed", None)]
    assert isinstance(taken, Done)
    assert "cause_confirmed" not in item(office, late).fields


def test_a_refusal_needs_a_reason_and_leaves_the_task_late(office, late, asked):
    silent = tried(on(office, "2026-10-07 15:00"), "chairman", asked, "refuse")
    moved(on(office, "2026-10-07 15:00"), "chairman", asked, "refuse", comment="Danh mục đã có từ tháng 8")

    task = item(office, late)
    assert reasons(silent) == [("input_missing", None)]
    assert (task.state, task.open_children, task.fields["due_on"]) == ("late", 0, "2026-09-30")
    assert whole(office)


def test_who_comes_second_sees_that_it_is_decided(office, asked):
    seen = item(office, asked).revision
    first = granted(office, asked)
    ask = MoveRequest(asked, "refuse", comment="Không đồng ý")

    second = perform(on(office, "2026-10-07 15:00:01"), caller(office, "vice"), ask)

    assert isinstance(first, Done)
    assert first.item.revision > seen
    assert reasons(second) == [("not_from_here", None)]


@pytest.mark.parametrize(("login", "code"), [("head.hcc", "not_permitted"), ("head.vp", "not_permitted")])
def test_heads_do_not_grant(office, asked, login, code):
    assert reasons(granted(office, asked, login=login)) == [(code, None)]


def test_a_vice_chairman_grants_within_his_areas_only(office, asked):
    other = new_task(office, "kt", due_on="2026-11-02")
    moved(on(office, "2026-10-05"), "head.kt", other, "extend", proposed_due_on="2026-11-30", comment="Chờ số liệu")

    inside = granted(office, asked, login="vice")
    outside = granted(office, children(office, other)[0].code, login="vice", cause_confirmed="")

    assert isinstance(inside, Done)
    assert reasons(outside) == [("outside_area", None)]


def test_a_task_that_was_withdrawn_takes_no_grant_and_the_request_stays_open(office, late, asked):
    moved(on(office, "2026-10-06"), "chairman", late, "withdraw", comment="Không còn cần")

    outcome = granted(office, asked)

    assert ("not_from_here", late) in reasons(outcome)
    assert item(office, asked).state == "pending"
    assert whole(office)


def test_an_undecided_request_stands_in_the_way_of_completion_until_the_unit_takes_it_back(office):
    code = new_task(office, "hcc", area="thu-tuc-hanh-chinh", due_on="2026-09-30")
    moved(office, "head.hcc", code, "extend", proposed_due_on="2026-10-30", comment="Chờ danh mục")
    held = tried(office, "head.hcc", code, "complete", result_note="Xong")
    moved(office, "head.hcc", children(office, code)[0].code, "retract")
    freed = tried(office, "head.hcc", code, "complete", result_note="Xong")

    sentences = [[r.sentence.vi for r in refused.reasons if r.sentence] for refused in (held, freed)]
    assert "Còn việc con hoặc đề nghị liên quan chưa khép lại." in sentences[0]
    assert "Còn việc con hoặc đề nghị liên quan chưa khép lại." not in sentences[1]


@pytest.mark.parametrize("day", ["2026-05-30", "2026-09-30"])
def test_a_date_that_is_over_or_no_later_than_the_present_one_is_not_asked_for(office, day):
    code = new_task(office, "hcc", due_on="2026-09-30")

    outcome = tried(office, "head.hcc", code, "extend", proposed_due_on=day, comment="Chờ danh mục")

    assert set(reasons(outcome)) == {("condition_failed", None)}
    assert children(office, code) == []


# -- a difficulty of a task


def test_a_difficulty_is_answered_by_the_chairman_and_closed_by_the_unit(office, late):
    moved(on(office, "2026-10-02"), "head.hcc", late, "escalate", comment="Thiếu danh mục của thành phố")
    difficulty = children(office, late)[0].code
    moved(on(office, "2026-10-06"), "chairman", difficulty, "answer", comment="Giao Văn phòng làm việc với Sở")
    answered = item(office, difficulty)
    moved(on(office, "2026-10-09"), "head.hcc", difficulty, "close")

    assert (answered.state, item(office, difficulty).state) == ("answered", "closed")
    assert (item(office, late).open_children, item(office, late).state) == (0, "late")
    assert whole(office)


# -- scenario 5: a task moved between units


@pytest.fixture
def dialogue(office):
    """The periodic dialogue of the office, due on 30/9, late since 01/10, with an approved plan and an open difficulty."""
    code = new_task(office, "vp", title="Đối thoại định kỳ", area="the-che", due_on="2026-09-30")
    sweep(on(office, "2026-10-01 00:00"))
    moved(on(office, "2026-10-02"), "head.vp", code, "escalate", comment="Chưa bố trí được hội trường")
    moved(
        on(office, "2026-10-05"),
        "head.vp",
        code,
        "plan",
        cause_kind="subjective",
        cause_note="Chậm mời đại biểu",
        plan_note="Tổ chức trong tháng 10",
        plan_due_on="2026-10-30",
        plan_owner="officer.vp",
    )
    perform(on(office, "2026-10-05 10:00"), caller(office, "chairman"), MoveRequest(code, "plan", "approve"))
    assert item(office, code).state == "remediation_planned"
    return code


def transferred(office, code):
    return moved(on(office, "2026-10-12 08:00"), "chairman", code, "transfer", to_unit="hcc", due_on="2026-11-13").item


def behind(office, unit):
    with office.read() as uow:
        bars = {bar.key: bar for bar in overview(office, uow, workflow="task").by_unit}
    return (bars[unit].doing, bars[unit].behind) if unit in bars else (0, 0)


def test_a_transfer_closes_the_old_units_lateness_and_the_new_unit_starts_clean(office, dialogue):
    task = transferred(office, dialogue)

    episode = task.episodes[0]
    assert (task.unit, task.state, task.due_at) == ("hcc", "assigned", local("2026-11-14 00:00"))
    assert len(task.episodes) == 1
    assert (episode.unit, episode.ended_by) == ("vp", "transfer")
    assert episode.effective_at == local("2026-10-01 00:00")
    ended_on = episode.ended_at.astimezone(VIETNAM).date()
    assert (ended_on - date(2026, 10, 1)).days == 11
    assert whole(office)


def test_the_old_units_plan_ends_with_the_transfer_and_stays_in_its_episode(office, dialogue):
    task = transferred(office, dialogue)

    assert not {"plan_note", "plan_due_on", "plan_owner", "cause_kind"} & set(task.fields)
    record = task.episodes[0].record
    assert (record["plan_due_on"].value, record["cause_kind"].value) == ("2026-10-30", "subjective")


def test_the_new_unit_is_late_only_after_its_own_date(office, dialogue):
    transferred(office, dialogue)
    before, after = sweep(on(office, "2026-11-13 23:59")), sweep(on(office, "2026-11-14 00:00"))

    assert (before.fired, after.fired) == (0, 1)
    assert [episode.unit for episode in item(office, dialogue).episodes] == ["vp", "hcc"]


def test_the_counts_of_both_units_change_with_the_transfer(office, dialogue):
    on_the_tenth = behind(office, "vp"), behind(office, "hcc")
    transferred(office, dialogue)
    on_the_thirteenth = behind(office, "vp"), behind(office, "hcc")

    assert (on_the_tenth, on_the_thirteenth) == (((0, 1), (0, 0)), ((0, 0), (1, 0)))


def test_a_transfer_or_withdrawal_leaves_the_children_where_they_are(office, dialogue):
    difficulty = children(office, dialogue)[0].code
    task = transferred(office, dialogue)
    moved(on(office, "2026-10-13"), "chairman", dialogue, "withdraw", comment="Không còn cần")

    left = item(office, difficulty)
    assert (left.state, left.unit, left.parent) == ("open", "vp", task.id)
    assert item(office, dialogue).open_children == 1
    assert whole(office)
