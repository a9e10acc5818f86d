"""Letters, feeds and dates on each kind of database: one letter for what is urgent, one digest, one secret a person."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from tests.offices import OPENING, at, caller, new_task, opened_office
from workflow.engine.visibility import scope_of
from workflow.outbox.inline import relay_inline
from workflow.outbox.relay import LEASE, Relayed
from workflow.persistence.letters import AT_ONCE, DIGEST, OFF
from workflow.persistence.notices import Notice
from workflow.queries.agenda import dated
from workflow.services import feeds, mail, people
from workflow.services.notices import PersonalInbox
from workflow.values import replace

MORNING = datetime(2026, 6, 2, 0, 30, tzinfo=UTC)


@dataclass
class Postbag:
    """A mailer that keeps what it is handed."""

    letters: list = field(default_factory=list)

    def send(self, letter):
        self.letters.append(letter)


@pytest.fixture
def bag():
    return Postbag()


@pytest.fixture
def office(ground, bag):
    made = replace(opened_office(ground), mailer=bag)
    for login in ("head.kt", "head.snc"):
        reach(made, login)
    return made


def reach(office, login, choice=AT_ONCE):
    who = caller(office, login)
    assert mail.choose(office, who, who.actor.id, f"{login}@duongan.vn", choice) is None


def tell(office, login, template, n=1):
    whom, now = caller(office, login).actor.id, office.clock.now()
    said = {"code": "NV-2026-0001", "workflow": "task", "unit": "kt", "move": "assign", "title": "Rà soát"}
    PersonalInbox(office).leave([Notice(f"{template}{k}", whom, None, template, said, now) for k in range(n)])


def contents(bag):
    return [(one.address, one.occasion, [notice.message for notice in one.notices]) for one in bag.letters]


def test_urgent_matters_of_one_moment_share_a_letter_until_a_relay_takes_it(office, bag):
    tell(office, "head.kt", "late", 2)
    tell(office, "head.kt", "returned")
    with office.write() as uow:
        (taken,) = uow.messages.claim("another", OPENING, OPENING + LEASE, 1)
    tell(office, "head.kt", "reworked")

    assert relay_inline(office) == Relayed(1, 0, 0)
    assert relay_inline(at(office, OPENING + LEASE)) == Relayed(1, 0, 0)

    assert contents(bag) == [
        ("head.kt@duongan.vn", AT_ONCE, ["reworked0"]),
        ("head.kt@duongan.vn", AT_ONCE, ["returned0", "late1", "late0"]),
    ]
    assert bag.letters[1].id == taken.id


def test_each_reader_gets_a_digest_of_his_own_and_each_notice_is_in_one_letter(office, bag):
    tell(office, "head.kt", "assigned", 2)
    tell(office, "head.kt", "late")
    tell(office, "head.snc", "verified")
    tell(office, "chairman", "completed")
    relay_inline(office)
    then = at(office, MORNING)

    assert mail.gather(then) == 2
    assert relay_inline(then) == Relayed(2, 0, 0)

    assert sorted(contents(bag)) == [
        ("head.kt@duongan.vn", AT_ONCE, ["late0"]),
        ("head.kt@duongan.vn", DIGEST, ["assigned1", "assigned0"]),
        ("head.snc@duongan.vn", DIGEST, ["verified0"]),
    ]


def test_two_clocks_at_once_write_one_digest(office, bag):
    tell(office, "head.kt", "assigned", 3)
    then, ready, written = at(office, MORNING), Barrier(2), []

    def gather():
        ready.wait()
        written.append(mail.gather(then))

    threads = [Thread(target=gather) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(written) == [0, 1]
    relay_inline(then)
    assert len(bag.letters) == 1


def test_whoever_chose_nothing_or_cannot_be_reached_is_written_nothing(office, bag):
    reach(office, "head.kt", OFF)
    reach(office, "head.snc", DIGEST)
    reach(office, "officer.kt")
    people.lock(office, caller(office, "admin"), "officer.kt")
    for login in ("head.kt", "head.snc"):
        tell(office, login, "late")

    relay_inline(office)
    assert bag.letters == []
    mail.gather(at(office, MORNING))
    relay_inline(at(office, MORNING))

    assert contents(bag) == [("head.snc@duongan.vn", DIGEST, ["late0"])]


def test_whoever_changes_his_mind_gets_no_letter_that_waits_already(office, bag):
    tell(office, "head.kt", "late")
    reach(office, "head.kt", OFF)

    assert relay_inline(office) == Relayed(1, 0, 0)

    assert bag.letters == []


def test_one_letter_is_noted_once(office):
    tell(office, "head.kt", "late")
    with office.read() as uow:
        whose = uow.people.id_of_login("head.kt")
        message = uow.messages.get(uow.letters.reader(whose).open_letter)
        before = uow.audit.head(f"person/{whose}").n
    found = mail.letter_of(office, message)

    mail.record_sent(office, found)
    mail.record_sent(office, found)

    with office.read() as uow:
        assert uow.audit.head(f"person/{whose}").n == before + 1
    assert mail.letter_of(office, message) is None


def test_a_feed_has_one_secret_at_a_time_and_none_for_a_locked_account(office):
    head, admin = caller(office, "head.kt"), caller(office, "admin")
    first, second = feeds.open_feed(office, head), feeds.open_feed(office, head)

    def opens(secret):
        with office.read() as uow:
            found = feeds.subscriber(office, uow, secret)
        return found and found.actor.id

    assert (opens(first), opens(second)) == (None, head.actor.id)
    people.lock(office, admin, "head.kt")
    assert opens(second) is None
    people.unlock(office, admin, "head.kt")
    feeds.close_feed(office, head)
    assert opens(second) is None


def test_the_dates_of_a_person_are_those_of_all_open_items_that_he_may_read(office):
    codes = [new_task(office, unit, due_on=f"2026-06-{20 + n}") for n, unit in enumerate(("snc", "kt", "kt"))]
    new_task(office, "kt", due_on="2026-06-19")
    later = at(office, OPENING + timedelta(hours=1))

    for login in ("head.kt", "officer.snc", "chairman", "admin", "head.vp"):
        actor = caller(later, login).actor
        with later.read() as uow:
            shown = [one.code for one in dated(uow, actor)]
            items = [uow.items.get(code).item for code in codes]
        readable = [item.code for item in items if scope_of(actor).covers(item)]
        assert [code for code in shown if code in codes] == readable, login
        assert shown == sorted(shown, key=lambda code: (code in codes, code)), login
