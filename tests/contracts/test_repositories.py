"""What every database must keep beside items and the log: people, messages, definitions and the small things."""

from datetime import UTC, date, datetime, timedelta

import pytest

from workflow.catalog.organisation import Area, Unit
from workflow.engine.definition import Label
from workflow.engine.item import Actor, Delegation
from workflow.errors import NotFound
from workflow.persistence.directives import Directive, RegisteredObligation
from workflow.persistence.files import StoredFile
from workflow.persistence.notices import Notice
from workflow.persistence.people import Appointment, GivenPower, Person
from workflow.persistence.sessions import Session, Token
from workflow.persistence.statements import observing
from workflow.values import replace

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=30), NOW + timedelta(days=30)
BOTH = Label("Tên", "Name")


def unit(name):
    return Unit(name, BOTH, BOTH, BOTH, BOTH, "division", reports=True)


def person(login, **parts):
    return Person(f"p-{login}", login, Label(f"Chức danh {login}", f"Title of {login}"), "vi", NOW, **parts)


def appointment(login, role, place=None, *, since=EARLIER, until=None, areas=()):
    return Appointment(f"a-{login}-{role}-{place}", f"p-{login}", role, place, since, until, areas)


def power(giver, receiver, **parts):
    given = {"kind": "KT.", "act": "QĐ 12/QĐ-UBND", "from_at": EARLIER, "to_at": LATER}
    return GivenPower(f"d-{giver}-{receiver}", f"p-{giver}", f"p-{receiver}", **given | parts)


@pytest.fixture
def office(database):
    """Two units and their people."""
    with database.write() as uow:
        uow.people.add_units([unit("kt"), unit("vp")])
        uow.people.add_areas([Area("tthc", BOTH, BOTH), Area("cds", BOTH, BOTH)])
        for login in ("an", "binh", "chi", "dung", "vice"):
            uow.people.add(person(login))
        uow.people.appoint(appointment("an", "officer", "kt"))
        uow.people.appoint(appointment("binh", "unit_deputy", "kt"))
        uow.people.appoint(appointment("chi", "unit_head", "kt"))
        uow.people.appoint(appointment("dung", "chairman"))
        uow.people.appoint(appointment("vice", "vice_chairman", areas=("tthc",)))
    return database


# -- people -------------------------------------------------------------------------------------------------------------


def test_an_actor_has_the_powers_in_force(office):
    with office.read() as uow:
        assert uow.people.actor("p-an", NOW) == Actor("p-an", "kt", frozenset({"officer"}), frozenset(), "Chức danh an")
        assert uow.people.actor("p-vice", NOW).areas == {"tthc"}
        assert uow.people.actor("p-dung", NOW).unit is None


def test_an_appointment_counts_from_its_first_instant_until_before_its_last(office):
    with office.write() as uow:
        uow.people.appoint(appointment("an", "clerk", "vp", since=NOW, until=LATER))

    with office.read() as uow:
        roles = [
            sorted(uow.people.actor("p-an", at).roles)
            for at in (NOW - timedelta(microseconds=1), NOW, LATER - timedelta(microseconds=1), LATER)
        ]
    assert roles == [["officer"], ["clerk", "officer"], ["clerk", "officer"], ["officer"]]


def test_an_ended_appointment_counts_no_more_and_ends_once(office):
    with office.write() as uow:
        assert uow.people.end_appointment("a-an-officer-kt", NOW)
        assert not uow.people.end_appointment("a-an-officer-kt", LATER)

    with office.read() as uow:
        assert uow.people.actor("p-an", NOW).roles == frozenset()
        assert uow.people.appointments("p-an")[0].to_at == NOW


def test_a_post_in_a_second_unit_gives_no_power_in_the_first(office):
    with office.write() as uow:
        uow.people.appoint(appointment("an", "unit_head", "vp", since=NOW))

    with office.read() as uow:
        actor = uow.people.actor("p-an", NOW)
    assert (actor.unit, actor.roles) == ("kt", {"officer"})


def test_a_locked_person_is_no_actor_and_holds_no_post(office):
    with office.write() as uow:
        assert uow.people.lock("p-chi", NOW)

    with office.read() as uow:
        with pytest.raises(NotFound):
            uow.people.actor("p-chi", NOW)
        assert uow.people.directory(NOW).holders("unit_head", "kt", None) == frozenset()
    with office.write() as uow:
        assert uow.people.unlock("p-chi")
        assert uow.people.actor("p-chi", NOW).roles == {"unit_head"}


def test_a_delegation_in_force_brings_the_powers_of_its_giver(office):
    with office.write() as uow:
        uow.people.delegate(power("chi", "binh", workflows=("task",)))
        uow.people.delegate(power("vice", "binh", kind="TUQ.", areas=("tthc",)))

    with office.read() as uow:
        delegations = uow.people.actor("p-binh", NOW).delegations
    assert set(delegations) == {
        Delegation(
            "d-chi-binh",
            "p-chi",
            "kt",
            frozenset({"unit_head"}),
            frozenset(),
            "KT.",
            frozenset({"task"}),
            frozenset(),
            "Chức danh chi",
        ),
        Delegation(
            "d-vice-binh",
            "p-vice",
            None,
            frozenset({"vice_chairman"}),
            frozenset({"tthc"}),
            "TUQ.",
            frozenset(),
            frozenset({"tthc"}),
            "Chức danh vice",
        ),
    }


def test_what_a_giver_became_after_giving_is_not_lent(office):
    with office.write() as uow:
        uow.people.delegate(power("chi", "binh"))
        uow.people.appoint(appointment("chi", "chairman", since=EARLIER + timedelta(microseconds=1)))

    with office.read() as uow:
        (lent,) = uow.people.actor("p-binh", NOW).delegations
    assert lent.roles == {"unit_head"}


@pytest.mark.parametrize(
    "over",
    ["not begun", "run out", "ended", "giver locked", "giver dismissed"],
)
def test_a_delegation_out_of_force_brings_nothing(office, over):
    given = power("chi", "binh")
    if over == "not begun":
        given = replace(given, from_at=NOW + timedelta(microseconds=1))
    if over == "run out":
        given = replace(given, to_at=NOW)
    with office.write() as uow:
        uow.people.delegate(given)
        if over == "ended":
            assert uow.people.end_delegation(given.id, NOW)
            assert not uow.people.end_delegation(given.id, NOW)
        if over == "giver locked":
            uow.people.lock("p-chi", NOW)
        if over == "giver dismissed":
            uow.people.end_appointment("a-chi-unit_head-kt", NOW)

    with office.read() as uow:
        assert uow.people.actor("p-binh", NOW).delegations == ()


def test_delegations_are_kept_as_written(office):
    given = power("chi", "binh", workflows=("task", "report"))
    with office.write() as uow:
        uow.people.delegate(given)

    with office.read() as uow:
        assert uow.people.delegation(given.id) == given
        assert uow.people.delegations() == (given,)
        assert uow.people.delegations_of("p-chi") == uow.people.delegations_of("p-binh") == (given,)
        assert uow.people.delegations_of("p-an") == ()
        with pytest.raises(NotFound):
            uow.people.delegation("d-none")


def test_the_directory_names_who_holds_a_post_and_asks_once(office):
    asked = []
    with office.read() as uow, observing(asked.append):
        directory = uow.people.directory(NOW)
        assert asked == []
        assert directory.holders("unit_head", "kt", None) == {"p-chi"}
        assert directory.holders("unit_head", "vp", None) == frozenset()
        assert directory.holders("chairman", None, "cds") == {"p-dung"}
        assert directory.holders("vice_chairman", None, "tthc") == {"p-vice"}
        assert directory.holders("vice_chairman", None, "cds") == frozenset()
        assert directory.holders("vice_chairman", None, None) == {"p-vice"}
        assert asked == ["people.holders"]


def test_accounts_are_kept_by_login(office):
    new = person("khach", email="khach@example.vn", password_hash="$argon2id$")
    with office.write() as uow:
        uow.people.add(new)
        assert uow.people.set_password("p-khach", "$argon2id$other")
        assert uow.people.set_language("p-khach", "en")
        assert not uow.people.set_password("p-none", "x")

    with office.read() as uow:
        found = uow.people.by_login("khach")
        assert found == replace(new, password_hash="$argon2id$other", lang="en")
        assert "argon2id" not in repr(found)
        assert uow.people.get("p-khach") == found
        assert uow.people.id_of_login("khach") == "p-khach"
        assert uow.people.id_of_login("none") is None
        assert [each.login for each in uow.people.all()] == ["an", "binh", "chi", "dung", "khach", "vice"]
        with pytest.raises(NotFound):
            uow.people.get("p-none")


def test_a_login_is_given_once(office):
    with pytest.raises(office.engine.dialect.loaded_dbapi.IntegrityError), office.write() as uow:
        uow.people.add(replace(person("an"), id="p-other"))


def test_units_and_areas_keep_their_order(office):
    with office.read() as uow:
        assert [each.id for each in uow.people.units()] == ["kt", "vp"]
        assert uow.people.units()[0] == unit("kt")
        assert [each.id for each in uow.people.areas()] == ["tthc", "cds"]
        assert uow.people.unit_exists("kt")
        assert not uow.people.unit_exists("xx")


# -- the outbox ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def outbox(database):
    """Three messages, a minute apart."""
    with database.write() as uow:
        for minute in range(3):
            uow.messages.put("notify", {"item": f"i{minute}", "roles": ["clerk"]}, NOW + timedelta(minutes=minute))
    return database


def claim(database, relay, at, most=10, lease=timedelta(minutes=10)):
    with database.write() as uow:
        return uow.messages.claim(relay, at, at + lease, most)


AFTER = NOW + timedelta(minutes=5)


def test_messages_are_claimed_oldest_first_and_by_one_relay_only(outbox):
    first = claim(outbox, "one", AFTER, most=2)
    second = claim(outbox, "two", AFTER)

    assert [each.item for each in first] == ["i0", "i1"]
    assert [each.item for each in second] == ["i2"]
    assert first[0].payload == {"item": "i0", "roles": ["clerk"]}
    assert (first[0].kind, first[0].attempts) == ("notify", 1)


def test_a_message_is_not_claimed_before_it_is_due(outbox):
    assert [each.item for each in claim(outbox, "one", NOW)] == ["i0"]


def test_a_lease_that_ran_out_is_taken_over_and_the_first_relay_settles_nothing(outbox):
    lost = claim(outbox, "one", AFTER)[0]
    taken = claim(outbox, "two", AFTER + timedelta(minutes=10))[0]

    assert (taken.id, taken.attempts) == (lost.id, 2)
    with outbox.write() as uow:
        assert not uow.messages.settle(lost.id, "one", AFTER)
        assert uow.messages.settle(lost.id, "two", AFTER)
        assert not uow.messages.settle(lost.id, "two", AFTER)


def test_a_settled_message_is_never_claimed_again_and_forgotten_in_time(outbox):
    done = claim(outbox, "one", NOW)[0]
    with outbox.write() as uow:
        uow.messages.settle(done.id, "one", NOW)

    assert done.id not in {each.id for each in claim(outbox, "two", LATER)}
    with outbox.write() as uow:
        assert uow.messages.get(done.id).status == "delivered"
        assert uow.messages.purge(NOW) == 0
        assert uow.messages.purge(LATER) == 1
        assert uow.messages.get(done.id) is None


def test_a_postponed_message_waits_for_its_time(outbox):
    failed = claim(outbox, "one", NOW)[0]
    with outbox.write() as uow:
        uow.messages.postpone(failed.id, "one", LATER, "mail server away")

    assert failed.id not in {each.id for each in claim(outbox, "one", AFTER)}
    again = next(each for each in claim(outbox, "one", LATER) if each.id == failed.id)
    assert (again.attempts, again.error) == (2, "mail server away")


def test_a_buried_message_is_shown_and_comes_back_only_on_demand(outbox):
    poison = claim(outbox, "one", NOW)[0]
    with outbox.write() as uow:
        assert uow.messages.bury(poison.id, "one", AFTER, "five times in vain")

    assert poison.id not in {each.id for each in claim(outbox, "one", LATER)}
    with outbox.write() as uow:
        shown = uow.messages.failures(10)
        assert [(each.id, each.error, each.ended_at) for each in shown] == [(poison.id, "five times in vain", AFTER)]
        assert uow.messages.retry(poison.id, AFTER)
        assert not uow.messages.retry(poison.id, AFTER)
    assert [each.attempts for each in claim(outbox, "two", AFTER)] == [1]


def test_only_a_buried_message_is_discarded_and_then_it_is_gone(outbox):
    poison = claim(outbox, "one", NOW)[0]
    with outbox.write() as uow:
        assert not uow.messages.discard(poison.id)
        uow.messages.bury(poison.id, "one", AFTER, "five times in vain")

        assert uow.messages.discard(poison.id)
        assert not uow.messages.discard(poison.id)
        assert uow.messages.get(poison.id) is None


def test_the_age_of_the_outbox_is_that_of_its_oldest_waiting_message(outbox):
    done = claim(outbox, "one", NOW)[0]
    with outbox.write() as uow:
        assert uow.messages.oldest_waiting() == NOW
        uow.messages.settle(done.id, "one", NOW)
        assert uow.messages.oldest_waiting() == NOW + timedelta(minutes=1)


# -- the rest -----------------------------------------------------------------------------------------------------------


def test_definitions_are_kept_byte_for_byte_and_the_newest_is_known(database):
    with database.write() as uow:
        for name, version in (("task", 1), ("task", 10), ("task", 2), ("report", 1)):
            text = f"{name}: {version}\r\n".encode()
            uow.definitions.add(name, version, f"{name}{version}", text, f"{name}.yaml", at=NOW, by="p-admin")

    with database.read() as uow:
        assert [(each.workflow, each.version) for each in uow.definitions.latest()] == [("report", 1), ("task", 10)]
        assert [each.version for each in uow.definitions.editions("task")] == [1, 2, 10]
        second = uow.definitions.get("task", 2)
        assert (second.text, second.file, second.published_at, second.published_by) == (
            b"task: 2\r\n",
            "task.yaml",
            NOW,
            "p-admin",
        )
        assert uow.definitions.by_fingerprint("task", "task2") == second
        assert uow.definitions.find("task", 3) is None
        with pytest.raises(NotFound):
            uow.definitions.get("task", 3)
        with pytest.raises(NotFound):
            uow.definitions.by_fingerprint("report", "task2")


def test_a_version_is_published_once(database):
    with database.write() as uow:
        uow.definitions.add("task", 1, "a", b"a", "task.yaml", at=NOW, by="p")

    with pytest.raises(database.engine.dialect.loaded_dbapi.IntegrityError), database.write() as uow:
        uow.definitions.add("task", 1, "b", b"b", "task.yaml", at=NOW, by="p")


def test_sessions_end_alone_all_together_or_in_time(office):
    def session(name, login):
        return Session(name * 64, f"p-{login}", "csrf", NOW, NOW, LATER, "10.0.0.1")

    with office.write() as uow:
        for name, login in (("a", "an"), ("b", "an"), ("c", "chi")):
            uow.sessions.open(session(name, login))
        uow.sessions.touch("a" * 64, AFTER)

    with office.write() as uow:
        assert uow.sessions.find("a" * 64) == replace(session("a", "an"), seen_at=AFTER)
        assert len(uow.sessions.of_person("p-an")) == 2
        assert uow.sessions.close("a" * 64)
        assert uow.sessions.find("a" * 64) is None
        assert uow.sessions.close_all_of("p-an") == 1
        assert uow.sessions.purge(NOW) == 0
        assert uow.sessions.purge(LATER) == 1


def test_failed_attempts_are_counted_by_login_by_client_and_in_all(database):
    with database.write() as uow:
        for login, client, minutes, succeeded in (
            ("an", "c1", 0, False),
            ("an", "c2", 1, False),
            ("an", "c1", 2, True),
            ("chi", "c1", 3, False),
            ("an", "c1", -60, False),
        ):
            uow.sessions.record_attempt(login, client, NOW + timedelta(minutes=minutes), succeeded=succeeded)

    with database.write() as uow:
        assert uow.sessions.failures_of_login("an", NOW) == 2
        assert uow.sessions.failures_of_client("c1", NOW) == 2
        assert uow.sessions.failures_since(NOW) == 3
        assert uow.sessions.purge_attempts(NOW) == 1


def test_a_token_is_known_by_its_hash_until_it_is_revoked(office):
    token = Token("t1", "p-an", frozenset({"read", "write"}), NOW)
    with office.write() as uow:
        uow.sessions.give_token(token, "h" * 64)

    with office.write() as uow:
        assert uow.sessions.token("h" * 64) == token
        assert uow.sessions.revoke_token("t1", AFTER)
        assert not uow.sessions.revoke_token("t1", LATER)
        assert uow.sessions.token("h" * 64) is None
        assert uow.sessions.tokens_of("p-an") == (replace(token, revoked_at=AFTER),)


def test_obligations_keep_the_order_of_their_directive_and_know_their_item(database):
    directive = Directive("d1", "Công văn", "12/UBND-VHXH", date(2026, 7, 1), "e" * 64, NOW, "p-clerk")
    duties = tuple(
        RegisteredObligation("d1", name, place, "1.1", BOTH, "task", "lead", "tthc", "task", {"target": ["100", None]})
        for name, place in (("z-first", "kt"), ("a-second", "kt"), ("a-second", "vp"))
    )
    with database.write() as uow:
        uow.directives.add(directive)
        uow.directives.register(duties)
        assert uow.directives.link("d1", "a-second", "vp", "i7")
        assert not uow.directives.link("d1", "a-second", "xx", "i7")

    with database.read() as uow:
        assert uow.directives.find("d1") == directive
        assert uow.directives.all() == (directive,)
        assert uow.directives.obligations("d1") == (*duties[:2], replace(duties[2], item="i7"))


def test_the_same_bytes_may_lie_with_two_items_but_once_with_each(database):
    one = StoredFile("a" * 64, "i1", "minh-chung.pdf", 2**33, "application/pdf", "p-an", NOW)
    with database.write() as uow:
        assert uow.files.add(one)
        assert uow.files.add(replace(one, item="i2", uploaded_at=LATER))
        assert not uow.files.add(replace(one, name="khac.pdf"))

    with database.read() as uow:
        assert uow.files.of_item("i1") == {"a" * 64: one}
        assert [each.item for each in uow.files.by_hash("a" * 64)] == ["i1", "i2"]
        assert uow.files.hashes() == {"a" * 64}


def test_comments_are_read_in_order_and_may_be_erased(database):
    with database.write() as uow:
        uow.comments.add("c2", "i1", "p-an", "hai", LATER)
        uow.comments.add("c1", "i1", "p-an", "một", NOW)
        uow.comments.add("c3", "i2", "p-an", "ba", NOW)

    with database.write() as uow:
        assert [each.text for each in uow.comments.of_item("i1")] == ["một", "hai"]
        assert uow.comments.erase("c1")
        assert not uow.comments.erase("c1")
        assert [each.text for each in uow.comments.of_item("i1")] == ["hai"]


def test_a_draft_is_kept_in_place_of_the_one_before(database):
    with database.write() as uow:
        uow.drafts.keep("p-an", "i1", "start", {"cause": "một"}, EARLIER)
        uow.drafts.keep("p-an", "i1", "start", {"cause": "hai"}, NOW)
        uow.drafts.keep("p-an", "i2", "start", {}, EARLIER)

    with database.write() as uow:
        found = uow.drafts.find("p-an", "i1", "start")
        assert (found.inputs, found.at) == ({"cause": "hai"}, NOW)
        assert [each.item for each in uow.drafts.of_person("p-an")] == ["i2", "i1"]
        assert uow.drafts.purge(NOW) == 1
        assert uow.drafts.discard("p-an", "i1", "start")
        assert uow.drafts.find("p-an", "i1", "start") is None


def test_a_message_leaves_one_notice_a_person_opened_once(database):
    notice = Notice("m1", "p-an", "i1", "assigned", {"by": "p-chi"}, NOW)
    with database.write() as uow:
        assert uow.notices.add(notice)
        assert not uow.notices.add(notice)
        assert uow.notices.add(replace(notice, person="p-binh"))

    with database.write() as uow:
        assert uow.notices.unread("p-an") == 1
        assert uow.notices.find("m1", "p-an") == notice
        assert uow.notices.find("m1", "p-chi") is None
        assert uow.notices.read("m1", "p-an", AFTER)
        assert not uow.notices.read("m1", "p-an", LATER)
        assert uow.notices.unread("p-an") == 0
        assert uow.notices.of_person("p-an", 10) == (replace(notice, read_at=AFTER),)


def test_notices_are_paged_newest_first_even_where_many_came_at_once(database):
    with database.write() as uow:
        for name in ("m1", "m2", "m3", "m4"):
            uow.notices.add(Notice(name, "p-an", None, "assigned", {}, NOW if name != "m4" else LATER))

    with database.read() as uow:
        first = uow.notices.of_person("p-an", 2)
        second = uow.notices.of_person("p-an", 2, before=first[-1])
    assert [each.message for each in first + second] == ["m4", "m3", "m2", "m1"]


def test_a_setting_is_what_was_put_last(database):
    with database.write() as uow:
        assert uow.settings.find("name") is None
        uow.settings.put("name", "UBND xã")
        uow.settings.put("name", "UBND phường")
        assert uow.settings.find("name") == "UBND phường"
