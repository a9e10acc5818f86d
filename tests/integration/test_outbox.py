"""What leaves a transaction arrives: at least once, with one effect, and nothing that fails holds up the rest."""

from datetime import timedelta
from threading import Thread

import pytest

from tests.offices import OPENING, at, caller, moved, new_task, opened_office, tried
from workflow.clock import fixed
from workflow.errors import NotFound
from workflow.outbox.inline import inline, relay_inline
from workflow.outbox.relay import LEASE, MOST_ATTEMPTS, Relayed, Undeliverable, back_off, forget_old, relay
from workflow.persistence.statements import observing
from workflow.services import messages
from workflow.services.deadlines import sweep
from workflow.services.notices import PersonalInbox
from workflow.values import replace

LONG_AFTER = timedelta(days=2)


@pytest.fixture
def office(ground):
    return opened_office(ground)


def put(office, name="assigned", kind="notify", roles=("chairman",), code=None):
    """The id of one more message about an item."""
    with office.write() as uow:
        item = uow.items.get(code).item.id if code else "missing"
        payload = {"item": item, "move": "assign", "name": name, "roles": list(roles)}
        return uow.messages.put(kind, payload, office.clock.now())


def person(office, login):
    with office.read() as uow:
        return uow.people.id_of_login(login)


def notices(office, login):
    with office.read() as uow:
        return uow.notices.of_person(uow.people.id_of_login(login), 50)


def told(office, login):
    return [notice.template for notice in notices(office, login)]


def message(office, message_id):
    with office.read() as uow:
        return uow.messages.get(message_id)


def entries(office, login):
    with office.read() as uow:
        return uow.audit.head(f"person/{uow.people.id_of_login(login)}").n


def test_a_move_tells_whoever_its_definition_names(office):
    code = new_task(office)

    relayed = relay_inline(office)

    assert relayed == Relayed(delivered=1, postponed=0, buried=0)
    (notice,) = notices(office, "head.kt")
    assert (notice.template, notice.at, notice.read_at) == ("assigned", OPENING, None)
    assert notice.params == {
        "code": code,
        "workflow": "task",
        "unit": "kt",
        "move": "assign",
        "state": "in_progress",
        "title": "Công khai ngân sách quý III",
    }
    assert told(office, "head.snc") == []
    assert relay_inline(office) == Relayed(0, 0, 0)


def test_words_become_people_at_delivery(office):
    code = new_task(office)
    put(office, "dispatched", roles=["assignee"], code=code)
    with office.write() as uow:
        stored = uow.items.get(code)
    moved(office, "head.kt", code, "dispatch", assignee="officer.kt")
    assert stored.item.fields.get("assignee") != person(office, "officer.kt")

    relay_inline(office)

    assert "dispatched" in told(office, "officer.kt")


def test_a_proposal_is_told_to_whoever_may_decide_it(office):
    code = new_task(office, due_on="2026-06-05")
    later = at(office, OPENING + timedelta(days=10))
    sweep(later)
    tried(
        later,
        "head.kt",
        code,
        "plan",
        cause_kind="subjective",
        cause_note="Thiếu người",
        plan_note="Bố trí thêm người",
        plan_due_on="2026-06-30",
        plan_owner="officer.kt",
    )

    relay_inline(later)

    assert told(office, "chairman").count("plan_proposed") == 1
    assert "plan_proposed" not in told(office, "head.kt")


class Killed(BaseException):
    """The process ends here."""


def test_what_was_delivered_when_the_process_ended_is_delivered_once(office):
    new_task(office)

    def die(name):
        if name == "messages.settle":
            raise Killed

    with pytest.raises(Killed), observing(die):
        relay_inline(office)
    assert told(office, "head.kt") == ["assigned"]
    said = entries(office, "head.kt")
    assert relay_inline(office) == Relayed(0, 0, 0)

    again = relay_inline(at(office, OPENING + LEASE))

    assert again == Relayed(1, 0, 0)
    assert told(office, "head.kt") == ["assigned"]
    assert entries(office, "head.kt") == said


def test_poison_is_given_up_after_five_attempts_while_others_go_on(office):
    poison, sound = put(office, "poison"), put(office, "sound")
    seen = []

    def dispatch(one):
        seen.append(one.payload["name"])
        if one.id == poison:
            raise OSError("out of reach")

    rounds = [relay(at(office, OPENING + n * LONG_AFTER), dispatch) for n in range(MOST_ATTEMPTS + 1)]

    assert [(one.delivered, one.postponed, one.buried) for one in rounds] == [
        (1, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 0, 1),
        (0, 0, 0),
    ]
    assert seen.count("poison") == MOST_ATTEMPTS
    assert message(office, sound).status == "delivered"
    given_up = message(office, poison)
    assert (given_up.status, given_up.error) == ("buried", "OSError: out of reach")


def test_what_ends_the_process_each_time_is_given_up_and_uses_up_nobody_elses_attempts(office):
    poison, sound = put(office, "poison"), put(office, "sound")

    def dispatch(one):
        if one.id == poison:
            raise Killed

    for n in range(MOST_ATTEMPTS):
        with pytest.raises(Killed):
            relay(at(office, OPENING + n * LEASE), dispatch)
    assert message(office, sound).attempts <= 1

    relay(at(office, OPENING + MOST_ATTEMPTS * LEASE), dispatch)

    assert message(office, poison).status == "buried"
    assert message(office, sound).status == "delivered"


def test_a_message_rests_longer_after_every_attempt(office):
    put(office)

    def dispatch(_one):
        raise OSError

    assert relay(office, dispatch).postponed == 1
    early, late = OPENING + back_off(1) - timedelta(seconds=1), OPENING + back_off(1)
    assert relay(at(office, early), dispatch).postponed == 0
    assert relay(at(office, late), dispatch).postponed == 1
    assert [back_off(n) for n in (1, 2, 3, 4)] == [timedelta(minutes=m) for m in (1, 5, 25, 125)]


def test_two_relays_at_once_deliver_each_message_once(office):
    ids = [put(office) for _ in range(40)]
    seen, relayed = [], []

    def work():
        relayed.append(relay(office, lambda one: seen.append(one.id)))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == sorted(ids)
    assert sum(one.delivered for one in relayed) == len(ids)


@pytest.mark.parametrize("kind", ["webhook", "job"])
def test_what_nothing_here_takes_is_given_up_at_once_and_says_so(office, kind):
    lost = put(office, "to_the_province", kind=kind)

    assert relay_inline(office) == Relayed(0, 0, 1)

    assert message(office, lost).error == f"nothing in this installation takes a {kind} (“to_the_province”)"


def test_a_message_about_nothing_is_given_up(office):
    lost = put(office)

    relay_inline(office)

    assert message(office, lost).error == "its item missing does not exist"


def test_a_title_that_may_name_people_stays_with_its_item(office):
    code = new_task(office)
    private = replace(office, editions=Discreet(office.editions))

    relay_inline(private)

    (notice,) = notices(office, "head.kt")
    assert "title" not in notice.params
    assert notice.params["code"] == code


class Discreet:
    """Editions under which no title may be shown."""

    def __init__(self, editions):
        self._editions = editions

    def of(self, item, uow):
        found = self._editions.of(item, uow)
        fields = found.fields | {"title": replace(found.fields["title"], private=True)}
        return replace(found, fields=fields)


def test_notices_sent_and_first_read_are_entries_of_the_log(office):
    new_task(office)
    before = entries(office, "head.kt")
    relay_inline(office)
    assert entries(office, "head.kt") == before + 1

    (notice,) = notices(office, "head.kt")
    inbox, head = PersonalInbox(office), caller(office, "head.kt")
    assert inbox.mark_read(caller(office, "head.snc"), [notice.message]) == 0
    assert [inbox.mark_read(head, [notice.message, notice.message]) for _ in range(2)] == [1, 0]

    assert entries(office, "head.kt") == before + 2
    assert notices(office, "head.kt")[0].read_at == OPENING


def test_what_was_delivered_long_ago_is_forgotten(office):
    new_task(office)
    relay_inline(office)
    with office.read() as uow:
        (notice,) = uow.notices.of_person(uow.people.id_of_login("head.kt"), 5)

    forget_old(replace(office, clock=fixed(OPENING + timedelta(days=31))))

    assert message(office, notice.message) is None
    assert told(office, "head.kt") == ["assigned"]


def test_the_administrator_lets_a_message_be_tried_again_or_discards_it(office):
    kept, dropped = put(office, kind="job"), put(office, kind="job")
    relay_inline(office)
    admin = caller(office, "admin")

    assert messages.retry(office, caller(office, "chairman"), kept).code == "not_permitted"
    assert messages.retry(office, admin, kept) is None
    assert messages.discard(office, admin, dropped) is None

    assert (message(office, kept).status, message(office, kept).attempts) == ("waiting", 0)
    assert message(office, dropped) is None
    for act in (messages.retry, messages.discard):
        with pytest.raises(NotFound):
            act(office, admin, dropped)


def test_dispatch_in_the_process_says_what_it_cannot_do(office):
    lost = message(office, put(office, kind="webhook"))

    with pytest.raises(Undeliverable):
        inline(office)(lost)
