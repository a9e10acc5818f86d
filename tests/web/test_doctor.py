"""What the doctor looks at: each fault is one sentence with its way out, and the command ends with 1."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from tests.databases import Ground
from tests.offices import HOUSE
from tests.web.conftest import close, settings_of
from web import create_app, wiring
from web.cli import dondoc
from workflow.clock import Clock, fixed
from workflow.services import people
from workflow.values import replace


@pytest.fixture
def data(furnished, tmp_path):
    """The folder of an office whose clock has just run."""
    folder = shutil.copytree(furnished, tmp_path / "data")
    wiring.keep_clock(folder, datetime(2026, 6, 1, 1, tzinfo=UTC) - Clock().now())
    change(folder, wiring.one_round)
    return folder


def change(folder, act):
    """Do something in that office, as the application would."""
    app = create_app(settings_of(folder))
    try:
        return act(app.extensions["office"])
    finally:
        close(app)


def signs(folder, **env):
    """What it says by name, and the code with which it ends."""
    runner = CliRunner(env={"DONDOC_LANG": "en", **env})
    done = runner.invoke(dondoc, ["doctor", "--json", "--data", str(folder)])
    return {sign["name"]: sign for sign in json.loads(done.stdout)}, done.exit_code


def faults(found):
    return {name for name, sign in found.items() if not sign["ok"]}


def test_an_office_that_is_well_has_no_fault(data):
    found, code = signs(data)

    assert faults(found) == set()
    assert code == 0
    assert {
        "settings", "database", "schema", "database_role", "people", "purposes", "clock", "messages", "calendar", "log",
        "seals", "data",
        "files", "redis", "mail", "disk",
    } == set(found)  # fmt: skip


def test_a_log_in_which_somebody_wrote_is_named(data):
    with closing(sqlite3.connect(data / "dondoc.sqlite")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit_event SET body = CAST(body || ' ' AS BLOB) WHERE n = 1 AND stream = 'admin'")
        database.commit()

    found, code = signs(data)

    assert (faults(found), code) == ({"log"}, 1)
    assert "admin #1" in found["log"]["text"]
    assert "dondoc audit verify" in found["log"]["text"]


def test_messages_that_were_given_up_are_counted(data):
    def bury(office):
        now = office.clock.now()
        with office.write() as uow:
            message = uow.messages.put("notify", {"item": None, "move": "x", "name": "x", "roles": []}, now)
            uow.messages.claim("r", now, now, 100)
            uow.messages.bury(message, "r", now, "x")

    change(data, bury)

    found, code = signs(data)

    assert (faults(found), code) == ({"messages"}, 1)
    assert found["messages"]["text"].startswith("1 message was given up.")


def test_a_post_that_nobody_holds_is_named(data):
    change(data, lambda office: people.lock(office, HOUSE, "head.kt"))

    found, code = signs(data)

    assert (faults(found), code) == ({"people"}, 1)
    assert "Economic Division" in found["people"]["text"]


def test_a_year_without_days_off_is_named(data):
    wiring.keep_clock(data, datetime(2028, 3, 1, tzinfo=UTC) - Clock().now())

    found, _code = signs(data)

    assert "calendar" in faults(found)
    assert "2028" in found["calendar"]["text"]


def test_a_clock_that_stands_still_is_a_fault_with_its_age(data):
    change(data, lambda office: wiring.one_round(replace(office, clock=fixed(datetime(2026, 5, 31, tzinfo=UTC)))))

    found, code = signs(data)

    assert (faults(found), code) == ({"clock"}, 1)
    assert "minutes ago" in found["clock"]["text"]
    assert "dondoc clock" in found["clock"]["text"]


def test_a_key_that_others_can_read_is_a_fault(data):
    (data / "secret-key").chmod(0o644)

    found, code = signs(data)

    assert (faults(found), code) == ({"keys"}, 1)
    assert "chmod 600" in found["keys"]["text"]


def test_a_folder_in_which_nothing_can_be_kept_is_a_fault(data):
    shutil.rmtree(data / "files", ignore_errors=True)
    (data / "files").write_text("x")

    found, code = signs(data)

    assert (faults(found), code) == ({"files"}, 1)


def test_servers_that_do_not_answer_are_faults(data):
    found, code = signs(
        data,
        DONDOC_REDIS_URL="redis://127.0.0.1:1",
        DONDOC_MAIL_URL="smtp://127.0.0.1:1",
        DONDOC_BASE_URL="https://dondoc.example.vn",
    )

    assert (faults(found), code) == ({"redis", "mail"}, 1)
    assert "DONDOC_REDIS_URL" in found["redis"]["text"]


def test_an_older_schema_is_a_fault(data):
    with closing(sqlite3.connect(data / "dondoc.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '2026_11_29_time_in_state'")
        database.commit()

    found, code = signs(data)

    assert (faults(found), code) == ({"schema"}, 1)
    assert "dondoc init" in found["schema"]["text"]


def test_a_database_that_may_forget_what_it_promised_is_a_fault(data):
    with closing(sqlite3.connect(data / "dondoc.sqlite")) as database:
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'item'").fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
    with (data / "dondoc.sqlite").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x0d\xff\xff\xff\xff")

    found, code = signs(data)

    assert code == 1
    assert not found["database_settings"]["ok"] or not found["database"]["ok"]


def test_what_only_deserves_a_word_is_advice_and_ends_with_0(data):
    found, code = signs(data, DONDOC_PROXY_HOPS="1")

    assert (found["settings"]["level"], found["settings"]["ok"], code) == ("advice", True, 0)


@pytest.fixture
def server(postgresql_stock, tmp_path):
    """The environment of an office on a PostgreSQL server, set up by its owner."""
    ground = Ground(postgresql_stock, tmp_path)
    database = ground.database()
    env = {
        "DONDOC_DATABASE_URL": database.url,
        "DONDOC_OWNER_DATABASE_URL": database.owner_url,
        "DONDOC_SECRET_KEY": "s" * 32,
        "DONDOC_LANG": "en",
    }
    done = CliRunner(env=env).invoke(dondoc, ["init", "--data", str(tmp_path / "data")])
    assert done.exit_code == 0, done.output
    yield env
    ground.close()


def test_on_a_server_the_role_of_the_product_is_looked_at(server, tmp_path):
    data = tmp_path / "data"
    owner = server["DONDOC_OWNER_DATABASE_URL"]

    found, code = signs(data, **server)
    as_owner, _code = signs(data, **server | {"DONDOC_DATABASE_URL": owner})
    alone, _code = signs(data, **server | {"DONDOC_DATABASE_URL": owner, "DONDOC_OWNER_DATABASE_URL": ""})

    # The tests' own server gives up durability for speed, and that is told as well.
    assert faults(found) - {"database_settings"} == {"clock"}
    assert code == 1
    assert server["DONDOC_DATABASE_URL"].rpartition("@")[2] in found["database"]["text"]
    assert as_owner["database_role"]["level"] == "fault"
    assert alone["database_role"]["level"] == "advice"
