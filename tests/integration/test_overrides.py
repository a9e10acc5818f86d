"""The administrator asks, the chairman decides: who saw what, who did it, what the log keeps."""

import pytest

from tests.offices import caller, moved, new_task, opened_office, tried
from workflow.audit import canonical
from workflow.engine import Item
from workflow.errors import NotFound
from workflow.outbox.inline import relay_inline
from workflow.persistence.overrides import OverrideRequest
from workflow.services.auditing import replay
from workflow.services.inbox import Badge
from workflow.services.moves import Refused
from workflow.services.overrides import Wanted, ask, case, glimpse, grant, newest, refuse, to_decide

WHY = "Bấm nhầm xác nhận, chưa nghiệm thu"


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def task(office):
    return new_task(office)


@pytest.fixture
def asked(office, task):
    made = ask(office, caller(office, "admin"), Wanted(task, "assigned", WHY))
    assert isinstance(made, OverrideRequest)
    return made


def item_of(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def entries(office, item):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"{item.workflow}/{item.id}")]


def codes(reasons):
    assert isinstance(reasons, tuple), reasons
    return {reason.code for reason in reasons}


def test_a_wish_changes_nothing_not_even_the_version(office, task):
    before = item_of(office, task)

    made = ask(office, caller(office, "admin"), Wanted(task, "assigned", WHY))

    assert isinstance(made, OverrideRequest)
    assert item_of(office, task) == before
    last = entries(office, before)[-1]
    assert (last["type"], last["wish"], last["of"], last["wanted"]) == ("override", "asked", "in_progress", "assigned")


def test_the_chairman_grants_it_in_his_own_name(office, task, asked):
    after = grant(office, caller(office, "chairman"), asked.id, "")

    assert isinstance(after, Item)
    assert after.state == "assigned"
    last = entries(office, after)[-1]
    assert (last["type"], last["from"], last["to"]) == ("override", "in_progress", "assigned")
    assert last["act"]["id"] == caller(office, "chairman").actor.id
    assert last["ev"][0]["asked_by"] == caller(office, "admin").actor.id
    assert isinstance(tried(office, "head.kt", task, "complete"), Refused)
    assert moved(office, "head.kt", task, "start").item.state == "in_progress"


def test_the_log_still_replays_to_the_rows(office, asked):
    grant(office, caller(office, "chairman"), asked.id, "")

    assert replay(office).differences == ()


def test_a_refusal_leaves_the_item_and_keeps_its_words(office, task, asked):
    before = item_of(office, task)

    refused = refuse(office, caller(office, "chairman"), asked.id, "Dùng bước thông thường")

    assert refused.outcome == "refused"
    assert item_of(office, task) == before
    assert entries(office, before)[-1]["wish"] == "refused"
    assert codes(grant(office, caller(office, "chairman"), asked.id, "")) == {"override_decided"}


def test_a_refusal_needs_its_words(office, asked):
    assert codes(refuse(office, caller(office, "chairman"), asked.id, " ")) == {"input_missing"}


@pytest.mark.parametrize("login", ["admin", "vice", "head.kt", "auditor", "clerk"])
def test_nobody_else_decides_or_even_sees_the_wish(office, asked, login):
    asker = caller(office, login)

    for act in (grant, refuse):
        with pytest.raises(NotFound):
            act(office, asker, asked.id, "x")
    with pytest.raises(NotFound):
        case(office, asker, asked.id)
    with office.read() as uow:
        assert to_decide(uow, asker.actor) == ()


@pytest.mark.parametrize("login", ["chairman", "head.kt", "auditor"])
def test_only_the_administrator_asks(office, task, login):
    asker = caller(office, login)

    assert codes(ask(office, asker, Wanted(task, "assigned", WHY))) == {"not_permitted"}
    assert glimpse(office, asker, task).code == "not_permitted"
    assert newest(office, asker).code == "not_permitted"


@pytest.mark.parametrize(
    ("target", "reason", "code"),
    [
        ("verifyed", WHY, "no_such_state"),
        ("in_progress", WHY, "already_there"),
        ("assigned", "  ", "input_missing"),
    ],
)
def test_a_wish_without_sense_is_refused_at_once(office, task, target, reason, code):
    assert codes(ask(office, caller(office, "admin"), Wanted(task, target, reason))) == {code}


@pytest.mark.usefixtures("asked")
def test_one_wish_at_a_time(office, task):
    assert codes(ask(office, caller(office, "admin"), Wanted(task, "draft", WHY))) == {"override_open"}


def test_what_was_asked_of_another_state_is_not_granted(office, task, asked):
    moved(office, "chairman", task, "suspend", comment="Chờ hướng dẫn")

    assert codes(grant(office, caller(office, "chairman"), asked.id, "")) == {"override_outdated"}
    assert item_of(office, task).state == "suspended"
    refuse(office, caller(office, "chairman"), asked.id, "Đã tạm dừng")
    assert isinstance(ask(office, caller(office, "admin"), Wanted(task, "assigned", WHY)), OverrideRequest)


def test_the_badge_counts_it_for_the_chairman_alone(office, asked):
    def badge(login):
        actor = caller(office, login).actor
        with office.read() as uow:
            return Badge(office).count(uow, actor)

    before = badge("vice"), badge("chairman")
    refuse(office, caller(office, "chairman"), asked.id, "Không cần")

    assert (badge("vice"), badge("chairman")) == (before[0], before[1] - 1)


def test_a_glimpse_shows_code_and_state_and_nothing_of_the_content(office, task):
    seen = glimpse(office, caller(office, "admin"), task)

    assert (seen.code, seen.state.name) == (task, "in_progress")
    assert not hasattr(seen, "item")


def told(office, login):
    with office.read() as uow:
        return [notice.template for notice in uow.notices.of_person(uow.people.id_of_login(login), 50)]


def test_a_wish_is_told_to_the_chairman_alone(office, task):
    ask(office, caller(office, "admin"), Wanted(task, "assigned", WHY))

    relay_inline(office)

    assert told(office, "chairman")[0] == "override_asked"
    for login in ("vice", "admin", "head.kt", "officer.kt", "head.hcc"):
        assert not any(name.startswith("override") for name in told(office, login))


@pytest.mark.parametrize(("act", "template"), [(grant, "override_granted"), (refuse, "override_refused")])
def test_what_was_decided_is_told_to_who_asked_and_to_whom_it_concerns(office, asked, act, template):
    act(office, caller(office, "chairman"), asked.id, "Đã xem")

    relay_inline(office)

    for login in ("admin", "head.kt"):
        assert told(office, login)[0] == template
    assert template not in told(office, "head.hcc")


def test_a_notice_of_a_wish_says_no_more_of_the_item_than_its_code(office, task, asked):
    grant(office, caller(office, "chairman"), asked.id, "")

    relay_inline(office)

    admin = caller(office, "admin").actor.id
    with office.read() as uow:
        (notice,) = uow.notices.of_person(admin, 50)
    assert notice.params == {"code": task, "workflow": "task", "override": asked.id}


def test_whoever_decides_reads_what_the_item_is_about(office, asked):
    relay_inline(office)

    chairman = caller(office, "chairman").actor.id
    with office.read() as uow:
        newest_notice = uow.notices.of_person(chairman, 1)[0]
    assert newest_notice.params["title"] == "Công khai ngân sách quý III"
    assert newest_notice.params["override"] == asked.id
