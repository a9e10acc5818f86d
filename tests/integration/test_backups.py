"""A backup is taken while work goes on and brought back elsewhere: what is there then, what is gone, what is refused (F20, G15)."""

import io
import json
import shutil
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from tests.files import pdf
from tests.offices import caller, moved, new_task, office_over, opened_office
from tests.servers import OWNER, PRODUCT
from web.cli import dondoc
from workflow.audit import ERASED, canonical
from workflow.engine import SYSTEM_ACTOR
from workflow.persistence import UnitOfWork, open_engine, redaction_list
from workflow.persistence.backup import TABLES, BackupBroken, copy_out, hash_of
from workflow.persistence.backup import parts as parts_of
from workflow.persistence.erasure import Eraser
from workflow.services import auditing, backups, evidence, people
from workflow.services.items import comment
from workflow.services.office import Caller
from workflow.services.redactions import Wanted, ask, glimpse, grant
from workflow.values import replace

SECRET = "Bà Nguyễn Thị Hạnh ở ngõ 12 bị bệnh tim, số điện thoại 0912345678"
GROUND = "Luật 91/2025/QH15, Điều 14"
KEY = "a key that all processes of this office share"


@dataclass
class Place:
    """Where an office lives, as commands are told: its data folder and its environment."""

    data: Path
    environ: dict[str, str]

    def run(self, *words, code=0):
        done = CliRunner(env={"DONDOC_LANG": "en", **self.environ}).invoke(dondoc, [*words, "--data", str(self.data)])
        assert done.exit_code == code, done.output
        return done


def place_of(ground, data):
    database = ground.databases[-1]
    urls = {"DONDOC_DATABASE_URL": database.url, "DONDOC_SECRET_KEY": KEY}
    if ground.name == "postgresql":
        urls["DONDOC_OWNER_DATABASE_URL"] = database.owner_url
        urls["DONDOC_REDACTOR_DATABASE_URL"] = database.owner_url
    return Place(data, urls)


@pytest.fixture
def office(ground):
    made = opened_office(ground)
    database = ground.databases[-1]
    return replace(made, eraser=Eraser(database.owner_url, database.folder / redaction_list.FILE))


@pytest.fixture
def source(ground, office):  # noqa: ARG001  the office must be there
    return place_of(ground, ground.databases[-1].folder)


@pytest.fixture
def target(ground, tmp_path):
    """An empty place of the same kind."""
    data = tmp_path / "another machine"
    if ground.name == "sqlite":
        yield Place(data, {})
        return
    server = ground.stock.server
    name = server.new_database()
    urls = {
        "DONDOC_DATABASE_URL": server.url_of(name, PRODUCT),
        "DONDOC_OWNER_DATABASE_URL": server.url_of(name, OWNER),
        "DONDOC_REDACTOR_DATABASE_URL": server.url_of(name, OWNER),
        "DONDOC_SECRET_KEY": KEY,
    }
    yield Place(data, urls)
    server.drop(name)


@pytest.fixture
def restored(target):
    """The office that was brought back, opened when a test asks for it."""
    opened = []

    def office_there():
        url = target.environ.get("DONDOC_DATABASE_URL", f"sqlite:///{target.data}/dondoc.sqlite")
        engine = open_engine(url)
        opened.append(engine)
        return office_over(Restored(engine, target.data))

    yield office_there
    for engine in opened:
        engine.dispose()


@dataclass
class Restored:
    """What an office is opened over, once the databases of the tests are out of the game."""

    engine: Engine
    folder: Path

    def write(self):
        return UnitOfWork(self.engine)

    def read(self):
        return UnitOfWork(self.engine, read_only=True)


def log_of(office):
    with office.read() as uow:
        return [(entry.stream, entry.n, entry.body) for entry in uow.audit.entries_by_stream()]


def last_of(office, kind):
    with office.read() as uow:
        return canonical.decode(uow.audit.of_type("log", kind)[-1].body)


def erased(office, code):
    admin, chairman = caller(office, "admin"), caller(office, "chairman")
    one = glimpse(office, admin, code).sealed[0]
    wish = ask(office, admin, Wanted(code, one.n, one.field, GROUND))
    grant(office, chairman, wish.id, "")


def test_an_office_is_brought_back_as_it_stood_while_others_went_on_writing(
    office, source, target, restored, tmp_path, record_property
):
    code = new_task(office)
    attached = evidence.attach(office, caller(office, "head.kt"), code, "a.pdf", io.BytesIO(pdf()))
    over, head = threading.Event(), caller(office, "head.kt")

    def work():
        while not over.is_set():
            comment(office, head, code, "Đang làm")

    before = len(log_of(office))
    writer = threading.Thread(target=work)
    writer.start()
    try:
        source.run("backup", str(tmp_path / "kept" / "monday"))
    finally:
        over.set()
        writer.join()
    began = time.monotonic()
    target.run("restore", str(tmp_path / "kept" / "monday"))
    record_property("seconds to restore", round(time.monotonic() - began, 2))

    there = restored()
    live, back = log_of(office), log_of(there)
    said = [entry for entry in back if entry[0] != "log"]
    # A consistent prefix: of every stream its beginning, nothing else.
    assert set(said) <= set(live)
    assert before <= len(said) <= len(live)
    assert auditing.verify(there).ok
    assert auditing.replay(there).differences == ()
    assert there.content.has(attached.sha256)
    assert last_of(there, "restore")["restore"]["entries"] == len(said)
    assert json.loads(target.run("audit", "replay", "--json").stdout)["ok"]
    assert moved(there, "head.kt", code, "progress", progress="50").item.fields["progress"] == 50


def test_what_was_erased_after_the_backup_is_erased_again(office, source, target, restored, tmp_path):
    code = new_task(office)
    moved(office, "head.kt", code, "progress", progress="30", result_note=SECRET, comment=SECRET)
    source.run("backup", str(tmp_path / "kept" / "monday"))
    erased(office, code)
    source.run("backup", str(tmp_path / "kept" / "tuesday"))

    told = target.run("restore", str(tmp_path / "kept" / "monday"))

    assert "2 texts erased again" in told.stdout
    there = restored()
    with there.read() as uow:
        assert uow.items.get(code).item.fields["result_note"] == ERASED
    assert auditing.replay(there).differences == ()
    assert auditing.verify(there).ok
    needle = "Hạnh ở ngõ 12".encode()
    for file in (*target.data.glob("dondoc.sqlite*"), *(tmp_path / "kept" / "tuesday").rglob("*")):
        assert not file.is_file() or needle not in file.read_bytes(), file


def test_the_list_may_come_from_the_newer_database_itself(office, source, target, restored, ground, tmp_path):
    if ground.name != "sqlite":
        pytest.skip("a server is asked for its list by a backup of it")
    code = new_task(office)
    comment(office, caller(office, "head.kt"), code, SECRET)
    source.run("backup", str(tmp_path / "kept" / "monday"))
    erased(office, code)
    newer = ground.databases[-1].folder / "office.sqlite"

    told = target.run("restore", str(tmp_path / "kept" / "monday"), "--redactions", str(newer))

    assert "1 texts erased again" in told.stdout
    assert auditing.replay(restored()).differences == ()


def test_nobody_is_signed_in_and_what_was_answered_is_not_done_again(office, source, target, restored, tmp_path):
    code = new_task(office)
    people.create_token(office, Caller(SYSTEM_ACTOR, "cli"), "head.kt", frozenset({"read"}))
    now = office.clock.now()
    with office.write() as uow:
        uow.idempotency.claim("p1", "answered", "f", now)
        uow.idempotency.finish("p1", "answered", "done")
        uow.idempotency.claim("p1", "under way", "f", now)
    source.run("backup", str(tmp_path / "kept" / "monday"))

    target.run("restore", str(tmp_path / "kept" / "monday"))

    there = restored()
    with there.read() as uow:
        for table in ("user_session", "api_token", "calendar_feed"):
            assert uow.cursor.raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
        assert uow.items.get(code).item.code == code
    with there.write() as uow:
        assert uow.idempotency.claim("p1", "answered", "f", now).outcome == "done"
        assert uow.idempotency.claim("p1", "under way", "f", now) is None


def test_no_key_is_in_a_backup(source, tmp_path):
    for name in ("secret-key", "signing-key", "audit-key.pem"):
        (source.data / name).write_text("hidden", encoding="ascii")

    source.run("backup", str(tmp_path / "monday"))

    assert not [file for file in (tmp_path / "monday").rglob("*") if "key" in file.name]


def test_an_office_that_is_there_is_never_overwritten(source, target, tmp_path):
    source.run("backup", str(tmp_path / "monday"))
    source.run("backup", str(tmp_path / "monday"), code=2)
    target.run("restore", str(tmp_path / "monday"))

    target.run("restore", str(tmp_path / "monday"), code=6)


def test_what_another_database_left_behind_is_not_read_into_the_restored_one(source, target, ground, tmp_path):
    if ground.name != "sqlite":
        pytest.skip("a server keeps its files itself")
    source.run("backup", str(tmp_path / "monday"))
    target.data.mkdir()
    left = target.data / "dondoc.sqlite-wal"
    left.write_bytes(b"frames")

    refused = target.run("restore", str(tmp_path / "monday"), code=6)

    assert str(left) in refused.stderr
    assert not (target.data / "dondoc.sqlite").exists()
    left.unlink()
    target.run("restore", str(tmp_path / "monday"))


def test_a_backup_of_an_older_release_is_brought_to_the_schema_of_this_one(
    office, source, target, ground, restored, tmp_path
):
    if ground.name == "sqlite":
        pytest.skip("the copy of a file is brought up as any database")
    code = new_task(office)
    folder = tmp_path / "monday"
    source.run("backup", str(folder))
    older(folder, "2026_12_01_seals", without=("redaction", "redaction_request", "mandate"))

    target.run("restore", str(folder))

    assert json.loads(target.run("item", "show", code, "--json").stdout)["code"] == code
    assert auditing.verify(restored()).ok


def older(folder, revision, without):
    """Make the backup one of a release that did not know these tables."""
    columns = folder / TABLES / "columns.json"
    names = {table: found for table, found in json.loads(columns.read_text()).items() if table not in without}
    columns.write_text(json.dumps(names), encoding="ascii")
    for table in without:
        (folder / TABLES / table).unlink()
    manifest = folder / backups.MANIFEST
    parts = {str(part.relative_to(folder)): hash_of(part) for part in parts_of(folder)}
    said = json.loads(manifest.read_text()) | {"revision": revision, "sha256": parts}
    manifest.write_text(json.dumps(said), encoding="utf-8")


def test_a_backup_that_was_changed_is_not_brought_back(source, target, tmp_path):
    source.run("backup", str(tmp_path / "monday"))
    part = next(
        iter(sorted(one for one in (tmp_path / "monday").rglob("*") if one.name in ("database.sqlite", "item")))
    )
    part.write_bytes(part.read_bytes()[:-1] + b"\x00")

    refused = target.run("restore", str(tmp_path / "monday"), code=1)

    assert "not brought back" in refused.stderr
    assert not (target.data / "dondoc.sqlite").exists()


def test_no_backup_is_made_of_a_log_that_does_not_hold(office, ground, tmp_path):
    new_task(office)
    owner = ground.databases[-1].owner
    with owner.begin() as connection:
        if ground.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_event_update")
            connection.exec_driver_sql("UPDATE audit_event SET body = CAST('{}' AS BLOB) WHERE n = 2")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER audit_event_change")
            connection.exec_driver_sql("UPDATE audit_event SET body = '{}' WHERE n = 2")

    with pytest.raises(BackupBroken):
        backups.make(office, partial(copy_out, owner), tmp_path / "monday")

    assert list(tmp_path.glob("monday*")) == []


def test_the_triggers_of_a_restored_server_stand_as_before(source, target, ground, tmp_path):
    if ground.name == "sqlite":
        pytest.skip("the copy of a file brings its triggers along")
    import psycopg

    source.run("backup", str(tmp_path / "monday"))
    target.run("restore", str(tmp_path / "monday"))

    modes = []
    for place in (source, target):
        with psycopg.connect(place.environ["DONDOC_OWNER_DATABASE_URL"].replace("+psycopg", "")) as connection:
            found = (
                "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
            )
            modes.append(connection.execute(found).fetchall())
    assert modes[0] == modes[1] != []


def test_a_backup_that_was_stopped_leaves_nothing_behind(office, tmp_path):
    def stopped(folder):
        (folder / "half").write_text("x", encoding="ascii")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.make(office, stopped, tmp_path / "monday")

    assert [one for one in tmp_path.iterdir() if one.name.startswith("monday")] == []
    shutil.rmtree(tmp_path / "monday", ignore_errors=True)
