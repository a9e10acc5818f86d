"""Whatever changes leaves its entry, whatever is logged has changed something: counted by the database itself (goal G13)."""

import io
from datetime import date

import pytest
from click.testing import CliRunner

from tests.completeness import UNGUARDED, UNGUARDED_COLUMNS, Ledger
from tests.databases import sqlite_ground
from tests.editions import lived_in
from tests.files import pdf
from tests.offices import (
    DEFINITIONS,
    HOUSE,
    OPENING,
    at,
    caller,
    empty_office,
    moved,
    new_task,
    opened_office,
    shipped,
    tried,
)
from web import wiring
from web.cli import dondoc
from workflow.catalog.organisation import Label
from workflow.engine import Reason
from workflow.persistence import redaction_list
from workflow.persistence.erasure import Eraser
from workflow.persistence.jobs import Asked
from workflow.persistence.tables import metadata
from workflow.services import (
    auditing,
    calendars,
    delegations,
    directives,
    event_logs,
    evidence,
    feeds,
    jobs,
    mail,
    mandates,
    overrides,
    passwords,
    people,
    redactions,
    succession,
)
from workflow.services.calendars import TypedDay
from workflow.services.demonstration import Stage, build
from workflow.services.items import comment
from workflow.services.notices import PersonalInbox
from workflow.values import replace

PASSWORD = "bốn mùa hoa nở trước sân"


@pytest.fixture
def place(tmp_path):
    return sqlite_ground(tmp_path)


@pytest.fixture
def counted(place):
    office = opened_office(place)
    database = place.databases[-1]
    ledger = Ledger(database.owner)
    ledger.install()
    office = replace(office, eraser=Eraser(database.url, database.folder / redaction_list.FILE))
    with ledger.watching():
        yield office, ledger


def done(outcome):
    assert not isinstance(outcome, (Reason, tuple)), outcome
    return outcome


def mandated(outcome):
    assert not isinstance(outcome, mandates.NotMandated), outcome
    return outcome


def entered(outcome):
    assert not isinstance(outcome, calendars.NotEntered), outcome
    return outcome


def test_moves_files_comments_and_refusals(counted):
    office, ledger = counted
    code = new_task(office, due_on="2026-06-20")
    moved(office, "head.kt", code, "progress", progress="30", result_note="x", comment="y")
    comment(office, caller(office, "head.kt"), code, "Đang làm")
    evidence.attach(office, caller(office, "head.kt"), code, "a.pdf", io.BytesIO(pdf()))
    tried(office, "officer.kt", code, "verify")
    evidence.attach(office, caller(office, "auditor"), code, "a.pdf", io.BytesIO(pdf()))
    later = at(office, OPENING.replace(month=7))
    wiring.clock_and_post(later)
    chairman = caller(office, "chairman")
    with office.read() as uow:
        told = [one.message for one in uow.notices.of_person(chairman.actor.id, 50)]
    PersonalInbox(office).mark_read(chairman, told)

    assert ledger.faults() == []
    assert len(ledger.transactions()) > 10


def test_one_move_on_many_items_as_a_job(counted):
    office, ledger = counted
    codes = [new_task(office) for _ in range(3)]
    with office.read() as uow:
        asked = [Asked(item.id, item.revision) for item in (uow.items.get(code).item for code in codes)]
    jobs.start(office, caller(office, "chairman"), "suspend", asked, "Chờ ý kiến")
    assert jobs.work(office) == 3

    assert ledger.faults() == []


def test_wishes_past_the_workflow_and_erasures(counted):
    office, ledger = counted
    code = new_task(office)
    comment(office, caller(office, "head.kt"), code, "Bà Nguyễn Thị Hạnh ở ngõ 12 bị bệnh tim")
    admin, chairman = caller(office, "admin"), caller(office, "chairman")
    wish = overrides.ask(office, admin, overrides.Wanted(code, "assigned", "Bấm nhầm"))
    overrides.refuse(office, chairman, wish.id, "Không")
    again = overrides.ask(office, admin, overrides.Wanted(code, "assigned", "Bấm nhầm"))
    done(overrides.grant(office, chairman, again.id, ""))
    one = redactions.glimpse(office, admin, code).sealed[-1]
    for act in (redactions.refuse, redactions.grant):
        asked = done(redactions.ask(office, admin, redactions.Wanted(code, one.n, one.field, "Luật 91/2025/QH15")))
        done(act(office, chairman, asked.id, "Vì"))

    assert ledger.faults() == []


def test_accounts_posts_visits_and_tokens(counted):
    office, ledger = counted
    admin = caller(office, "admin")
    done(people.add_person(office, admin, "nguoi.moi", Label("Người mới", "Newcomer"), PASSWORD))
    post = done(people.appoint(office, admin, people.NewPost("nguoi.moi", "officer", "kt")))
    visit = people.Visit("10.0.0.1")
    people.log_in(office, "nguoi.moi", "wrong", visit)
    opened = people.log_in(office, "nguoi.moi", PASSWORD, visit)
    people.log_out(office, people.resolve(office, opened.id))
    people.log_in(office, "nguoi.moi", PASSWORD, visit)
    token = done(people.create_token(office, admin, "nguoi.moi", frozenset({"read"})))
    newcomer = caller(office, "nguoi.moi")
    feeds.open_feed(office, newcomer)
    feeds.close_feed(office, newcomer)
    mail.choose(office, newcomer, newcomer.actor.id, "moi@example.vn", "digest")
    people.revoke_token(office, admin, "nguoi.moi", token.id)
    done(people.set_password(office, admin, "nguoi.moi", PASSWORD + "!"))
    done(people.end_appointment(office, admin, "nguoi.moi", post.id))
    done(people.lock(office, admin, "nguoi.moi"))
    done(people.unlock(office, admin, "nguoi.moi"))

    assert ledger.faults() == []


def test_calendars_powers_mandates_and_readings(counted):
    office, ledger = counted
    office = replace(office, calendars=calendars.Calendars(shipped().calendars, office.read))
    admin = caller(office, "admin")
    name = "vn-commune"
    entered(calendars.put_day(office, admin, name, TypedDay("2026-12-24", "off", "Nghỉ bù", "Công văn 1")))
    entered(calendars.take_day_back(office, admin, name, "2026-12-24", "Công văn 2"))
    entered(calendars.put_hours(office, admin, name, "07:00-11:00 13:00-17:00", "Công văn 3"))
    power = delegations.Power("officer.vp", "TUQ.", "Văn bản số 9", "2026-06-01", "2026-06-30")
    given = delegations.give(office, caller(office, "chairman"), power)
    delegations.end(office, caller(office, "chairman"), given.power.id)
    done(people.add_person(office, admin, "thanh.tra", Label("Thanh tra", "Inspector"), PASSWORD))
    mandate = mandates.NewMandate("thanh.tra", "Quyết định 7", "02/06/2026", "30/06/2026")
    mandates.end(office, admin, mandated(mandates.give(office, admin, mandate)).id)
    auditing.record_reading(office, caller(office, "auditor"), "/history", 50)
    done(event_logs.export(office, caller(office, "auditor"), "xes", ""))

    assert ledger.faults() == []
    assert [one for part in ledger.transactions() for one in part if one[1] == "calendar_hours"]


def test_documents_are_imported_and_definitions_published(counted):
    office, ledger = counted
    text = (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes()
    order = directives.order_of(shipped().obligations, text, date(2026, 6, 15))
    assert isinstance(directives.import_directive(office, caller(office, "clerk"), order), directives.Imported)

    assert ledger.faults() == []


def test_items_pass_to_another_edition_and_back(place):
    office = lived_in(place, 1)
    ledger = Ledger(place.databases[-1].owner)
    ledger.install()
    with ledger.watching():
        done(succession.run(office, caller(office, "admin"), "errand", 3))
        done(succession.run_return(office, caller(office, "admin"), "errand", 3))

    assert ledger.faults() == []
    assert len(ledger.transactions()) > 1
    assert auditing.replay(office).differences == ()


def test_five_months_of_the_demonstration_office(place):
    office = empty_office(place)
    ledger = Ledger(place.databases[-1].owner)
    ledger.install()
    text = (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes()
    order = directives.order_of(shipped().obligations, text, date(2026, 6, 15))
    with ledger.watching():
        build(Stage(office, shipped(), order, passwords.hash_of(PASSWORD), night=wiring.clock_and_post))

    assert ledger.faults() == []
    assert len(ledger.transactions()) > 1000
    assert auditing.replay(office).differences == ()


def test_commands_are_counted_too(counted, place):
    office, ledger = counted
    code = new_task(office)
    database = place.databases[-1]
    env = {"DONDOC_LANG": "en", "DONDOC_DATABASE_URL": database.url, "DONDOC_SECRET_KEY": "k" * 40}
    words = [
        "item",
        "move",
        code,
        "progress",
        "--as",
        "head.kt",
        "--set",
        "progress=40",
        "--data",
        str(database.folder),
    ]
    assert CliRunner(env=env).invoke(dondoc, words).exit_code == 0
    words = ["user", "lock", "officer.vp", "--data", str(database.folder)]
    assert CliRunner(env=env).invoke(dondoc, words).exit_code == 0

    assert ledger.faults() == []
    assert [one for part in ledger.transactions() for one in part if one[1] == "person"]


# -- the counting itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE item SET state = 'verified'",
        "UPDATE person SET locked_at = 1 WHERE login = 'chairman'",
        "DELETE FROM comment",
        "INSERT INTO calendar_year VALUES ('vn-commune', 2031, 'x', 'x', 1)",
        "DELETE FROM audit_private",
    ],
)
def test_a_change_that_nobody_logged_is_found(counted, place, change):
    office, ledger = counted
    code = new_task(office)
    comment(office, caller(office, "head.kt"), code, "Đang làm")
    with place.databases[-1].owner.begin() as connection:
        connection.exec_driver_sql(change)

    assert ledger.faults() != []


def test_an_entry_that_changed_nothing_is_found(counted):
    office, ledger = counted
    with office.write() as uow:
        people._record(uow, HOUSE, "locked", {"person": "p1"}, OPENING)

    assert ledger.faults() != []


def test_every_table_is_guarded_or_says_why_not():
    tables = set(metadata.tables)

    assert UNGUARDED.keys() - tables == set()
    assert UNGUARDED_COLUMNS.keys() - tables == set()
