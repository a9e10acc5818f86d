"""The command `dondoc`: what it prints, and the code that it ends with."""

import fcntl
import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.offices import OPENING, next_version
from web import wiring
from web.cli import dondoc
from workflow.clock import Clock
from workflow.persistence import UnitOfWork, open_engine, open_owner_engine
from workflow.services import passwords

LATER = "2026-06-22T09:00:00+07:00"
NEW = ("--set", "title=Công khai ngân sách", "--set", "source=Kế hoạch số 12", "--set", "area=tai-chinh-cong")


class Terminal:
    """Somebody at a terminal before the data folder `data`."""

    def __init__(self, data: Path, **env: str) -> None:
        self.data, self.env = data, env

    def run(self, *words: str, typed: str | None = None, code: int = 0):
        done = CliRunner(env={"DONDOC_LANG": "en", **self.env}).invoke(
            dondoc, [*words, "--data", str(self.data)], input=typed
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == code, (done.exit_code, done.output)
        assert "Traceback" not in done.output
        return done

    def json(self, *words: str, code: int = 0):
        return json.loads(self.run(*words, "--json", code=code).stdout)


@contextmanager
def opened(terminal):
    """What its database holds."""
    engine = open_engine(f"sqlite:///{terminal.data}/dondoc.sqlite")
    try:
        with UnitOfWork(engine, read_only=True) as uow:
            yield uow
    finally:
        engine.dispose()


@pytest.fixture
def terminal(furnished, tmp_path):
    shutil.copytree(furnished, tmp_path / "data")
    wiring.keep_clock(tmp_path / "data", OPENING - Clock().now())
    return Terminal(tmp_path / "data")


@pytest.fixture
def task(terminal):
    """A task of kt, assigned and started, due on 19 June."""
    made = ("item", "create", "--workflow", "task", "--unit", "kt", "--as", "clerk")
    code = terminal.json(*made, *NEW, "--set", "due_on=2026-06-19")["code"]
    terminal.run("item", "move", code, "assign", "--as", "chairman")
    terminal.run("item", "move", code, "start", "--as", "head.kt")
    return code


# -- how it speaks ------------------------------------------------------------------------------------------------------


def _commands(group, path=()):
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))


@pytest.mark.parametrize("path", list(_commands(dondoc)), ids=" ".join)
def test_every_command_explains_itself_in_both_languages(path):
    runner = CliRunner()

    vietnamese = runner.invoke(dondoc, [*path, "--help"])
    english = runner.invoke(dondoc, [*path, "--help", "--lang", "en"])

    assert vietnamese.exit_code == english.exit_code == 0
    assert vietnamese.stdout.startswith("Cách dùng:")
    assert english.stdout.startswith("Usage:")
    for spoken, other in ((vietnamese.stdout, english.stdout), (english.stdout, vietnamese.stdout)):
        body = [line for line in spoken.splitlines()[1:] if line.strip() and not line.strip().startswith("-")]
        assert body
        assert not set(body[:1]) & set(other.splitlines())


@pytest.mark.parametrize("path", list(_commands(dondoc)), ids=" ".join)
def test_no_word_of_the_help_is_left_untranslated(path):
    shown = CliRunner().invoke(dondoc, [*path, "--help"]).stdout

    for english in ("Who acts", "Print JSON", "The data folder", "Show this text", "Options", "Commands"):
        assert english not in shown


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"DONDOC_LANG": "xx"}, "DONDOC_LANG"),
        ({"DONDOC_TIMEZONE": "Mars"}, "DONDOC_TIMEZONE"),
        ({"DONDOC_DATABASE_URL": "mysql://x"}, "DONDOC_DATABASE_URL"),
        ({"DONDOC_SECRET_KEY": "short"}, "DONDOC_SECRET_KEY"),
        ({"DONDOC_TEST_CLOCK": "yes"}, "DONDOC_TEST_CLOCK"),
    ],
)
def test_an_odd_setting_is_named_and_nothing_is_done(terminal, env, named):
    terminal.env = env

    done = terminal.run("item", "list", code=2)

    assert named in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ("item", "move"),
        ("item", "move", "NV-1", "assign"),
        ("item", "fly"),
        ("fly",),
        ("item", "list", "--colour", "red"),
        ("item", "list", "--limit", "0"),
        ("item", "list", "--cursor", "x"),
        ("token", "create", "--user", "chairman", "--scope", "everything"),
        ("clock", "--once", "--now", "yesterday"),
        ("clock", "--now", LATER),
        ("definition", "check", "no-such-file.yaml"),
        ("serve", "--port", "99999"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_where_help_is(terminal, words):
    assert "dondoc" in terminal.run(*words, code=2).stderr


def test_where_there_is_no_office_it_says_what_to_do(tmp_path):
    done = Terminal(tmp_path / "empty").run("item", "list", code=6)

    assert "dondoc init" in done.stderr
    assert not (tmp_path / "empty" / "dondoc.sqlite").exists()


def test_a_database_that_is_none_is_told_without_its_innards(tmp_path):
    (tmp_path / "dondoc.sqlite").write_bytes(b"this is no database at all" * 100)

    done = Terminal(tmp_path).run("item", "list", code=6)

    assert "dondoc doctor" in done.stderr
    assert "SELECT" not in done.stderr


# -- items --------------------------------------------------------------------------------------------------------------


def test_an_item_is_created_moved_and_shown(terminal, task):
    said = terminal.json("item", "show", task)
    listed = terminal.json("item", "list", "--unit", "kt")
    moves = terminal.json("item", "moves", task, "--as", "officer.kt")

    assert (said["unit"], said["version"], said["group"]) == ("kt", 3, "doing")
    assert [row["code"] for row in listed["items"]] == [task]
    assert [move["name"] for move in moves["moves"]] == ["progress"]
    assert task in terminal.run("item", "list").stdout
    assert "in_progress" not in terminal.run("item", "show", task).stdout


def test_every_write_is_on_record_as_the_command_line_of_that_person(terminal, task):
    with opened(terminal) as uow:
        stream = f"task/{uow.items.get(task).item.id}"
        bodies = [json.loads(entry.body) for entry in uow.audit.stream(stream)]
        logins = {person.id: person.login for person in uow.people.all()}

    assert {body["cli"] for body in bodies} == {"cli"}
    assert [logins[body["act"]["id"]] for body in bodies] == ["clerk", "chairman", "head.kt"]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("complete", "--as", "officer.kt"), 3, "not_permitted"),
        (("complete", "--as", "head.kt"), 4, "input_missing"),
        (("progress", "--as", "head.kt", "--set", "progress=many"), 4, "not_a_number"),
        (("progress", "--as", "head.kt", "--set", "progress=5", "--set", "colour=red"), 4, "unknown_field"),
        (("verify", "--as", "chairman"), 5, "not_from_here"),
        (("withdraw", "--as", "chairman", "--comment", "x", "--seen", "1"), 5, "stale"),
        (("withdrawn", "--as", "chairman"), 7, "no_such_name"),
        (("withdraw", "--as", "nobody"), 7, "not_found"),
        (("withdraw", "--as", "admin"), 7, "not_found"),
        (("progress", "--as", "deputy.kt", "--set", "progress=5", "--for", "head.kt"), 3, "delegation_needed"),
    ],
)
def test_a_refusal_says_every_reason_and_ends_with_its_code(terminal, task, words, code, reason):
    done = terminal.run("item", "move", task, *words, code=code)

    assert f"[{reason}]" in done.stderr
    assert done.stdout == ""


def test_reasons_are_told_as_json_where_json_is_asked_for(terminal, task):
    said = terminal.json("item", "move", task, "complete", "--as", "head.kt", code=4)

    assert [reason["code"] for reason in said["reasons"]] == ["input_missing", "input_missing"]
    assert set(said["reasons"][0]["message"]) == {"vi", "en"}


def test_the_same_key_does_it_once(terminal, task):
    words = ("item", "move", task, "withdraw", "--as", "chairman", "--key", "k1", "--comment")

    first, again = terminal.run(*words, "nhầm"), terminal.run(*words, "nhầm")
    other = terminal.run(*words, "khác", code=4)

    assert first.stdout == again.stdout
    assert "[key_reused]" in other.stderr


def test_a_proposal_is_voted_on(terminal, task):
    terminal.run("clock", "--once", "--now", LATER)
    plan = {
        "cause_kind": "objective", "cause_note": "Chờ số liệu", "plan_note": "Làm thêm giờ",
        "plan_due_on": "2026-07-10", "plan_owner": "officer.kt",
    }  # fmt: skip
    sets = [word for name, value in plan.items() for word in ("--set", f"{name}={value}")]
    terminal.run("item", "move", task, "plan", "--as", "head.kt", *sets)

    terminal.run("item", "vote", task, "plan", "approve", "--as", "head.kt", code=3)
    terminal.run("item", "vote", task, "plan", "maybe", "--as", "chairman", code=2)
    said = terminal.json("item", "vote", task, "plan", "approve", "--as", "chairman")

    assert said["state"] == "remediation_planned"
    assert said["fields"]["plan_owner"] == "officer.kt"


# -- delegations --------------------------------------------------------------------------------------------------------

POWER = (
    "delegation", "give", "--to", "deputy.kt", "--act", "15/UQ-PKT", "--from", "2026-06-01", "--until", "2026-06-30",
)  # fmt: skip


def test_a_delegation_is_given_used_listed_and_ended(terminal, task):
    made = terminal.json(*POWER, "--workflow", "task", "--as", "head.kt")
    dispatch = f"item move {task} dispatch --as deputy.kt --set assignee=officer.kt --for head.kt".split()
    done = terminal.json(*dispatch)
    listed = terminal.json("delegation", "list", "--as", "deputy.kt")
    ended = terminal.json("delegation", "end", made["id"], "--as", "deputy.kt")
    over = terminal.run(*dispatch, code=3)

    assert (made["giver"], made["receiver"], made["kind"], made["in_force"]) == ("head.kt", "deputy.kt", "KT.", True)
    assert done["fields"]["assignee"] == "officer.kt"
    assert listed["items"] == [made]
    assert terminal.json("delegation", "list", "--as", "officer.kt")["items"] == []
    assert not ended["in_force"]
    assert "[delegation_expired]" in over.stderr
    assert made["id"] in terminal.run("delegation", "list").stdout


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ((*POWER, "--as", "deputy.kt"), 3, "delegation_chain"),
        ((*POWER, "--as", "head.vp"), 4, "receiver_of_other_unit"),
        ((*POWER, "--as", "head.kt", "--workflow", "taks"), 4, "not_a_choice"),
        (("delegation", "end", "none", "--as", "clerk"), 7, "not_found"),
    ],
)
def test_a_delegation_that_may_not_be_given_or_ended_says_why(terminal, words, code, reason):
    assert f"[{reason}]" in terminal.run(*words, code=code).stderr


def test_the_clerk_records_a_delegation_for_another(terminal):
    said = terminal.run(*POWER, "--giver", "head.kt", "--as", "clerk").stdout

    assert "head.kt > deputy.kt" in said


# -- the clock ----------------------------------------------------------------------------------------------------------


def test_one_round_of_the_clock_is_at_the_instant_named(terminal, task):
    done = terminal.run("clock", "--once", "--now", LATER)

    late = terminal.json("item", "show", task)["late"]
    assert "1 timer" in done.stdout
    assert late[0]["effective_at"] == "2026-06-19T17:00:00.000000Z"
    assert late[0]["recorded_at"] == "2026-06-22T02:00:00.000000Z"


def test_a_named_instant_is_for_demonstrations_and_tests(terminal):
    demonstration = terminal.run("clock", "--once", "--now", LATER)
    (terminal.data / "clock.json").unlink()
    terminal.run("clock", "--once", "--now", LATER, code=2)
    terminal.env = {"DONDOC_TEST_CLOCK": "1"}
    test = terminal.run("clock", "--once", "--now", LATER)

    assert "Demonstration office" in demonstration.stderr
    assert "Demonstration office" not in test.stderr


def test_a_second_clock_at_the_same_moment_says_so_and_does_nothing(terminal, task):
    with (terminal.data / "clock.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = terminal.run("clock", "--once", "--now", LATER)

    assert "Another clock" in done.stdout
    assert terminal.json("item", "show", task)["late"] == []


# -- definitions --------------------------------------------------------------------------------------------------------


def test_a_good_file_is_passed_and_a_bad_one_named_to_the_column(terminal, tmp_path):
    text = wiring.shipped().workflows["task"].source.decode()
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(text, encoding="utf-8")
    bad.write_text(text.replace("by: [unit_head, unit_deputy]", "by: [unit_haed, unit_deputy]", 1), encoding="utf-8")

    terminal.run("definition", "check", str(good))
    done = terminal.run("definition", "check", str(bad), code=1)
    found = json.loads(terminal.run("definition", "check", str(bad), "--json", code=1).stdout)

    assert f"{bad}:" in done.stdout
    assert "unit_head" in done.stdout
    error = next(finding for finding in found["findings"] if finding["code"] == "L11")
    assert found["ok"] is False
    assert {"code", "severity", "file", "line", "column", "message", "hint"} == error.keys()
    assert error["hint"] == "unit_head"


def test_the_shipped_definitions_are_checked_without_a_path(terminal):
    assert f"{len(wiring.shipped().workflows)} files checked" in terminal.run("definition", "check").stdout


@pytest.mark.parametrize(("form", "begins"), [("svg", "<svg"), ("mermaid", "stateDiagram"), ("dot", "digraph")])
def test_a_workflow_is_drawn(terminal, tmp_path, form, begins):
    assert terminal.run("definition", "draw", "task", "--format", form).stdout.startswith(begins)
    unset = Terminal(tmp_path / "empty").run("definition", "draw", "report", "--format", form)
    assert unset.stdout.startswith(begins)
    assert "task" in terminal.run("definition", "draw", "taks", code=7).stderr


def test_an_edition_is_published_once_and_followed_by_new_items(terminal, tmp_path):
    text, version = (task := wiring.shipped().workflows["task"]).source, task.definition.version
    newer, changed = tmp_path / "task.yaml", tmp_path / "changed.yaml"
    newer.write_text(next_version(text.decode()), encoding="utf-8")
    changed.write_bytes(text.replace("Nhiệm vụ".encode(), "Việc".encode(), 1))

    terminal.run("definition", "publish", str(newer), "--as", "head.kt", code=3)
    terminal.run("definition", "publish", str(newer), "--as", "admin")
    again = terminal.run("definition", "publish", str(newer), "--as", "admin")
    refused = terminal.run("definition", "publish", str(changed), "--as", "admin", code=1)

    assert "before" in again.stdout
    assert "L30" in refused.stderr
    editions = {(row["name"], row["version"]) for row in terminal.json("definition", "list")}
    assert {("task", version), ("task", version + 1)} <= editions
    item = terminal.json("item", "create", "--workflow", "task", "--unit", "kt", *NEW, "--as", "clerk")
    assert item["definition"]["version"] == version + 1


# -- the log ------------------------------------------------------------------------------------------------------------


def test_a_whole_log_is_verified_and_a_tampered_one_named(terminal, task):
    assert terminal.json("audit", "verify")["ok"] is True
    assert terminal.json("audit", "replay")["differences"] == []

    engine = open_owner_engine(f"sqlite:///{terminal.data}/dondoc.sqlite")
    connection = engine.raw_connection()
    connection.cursor().execute("UPDATE item SET state = 'verified' WHERE code = ?", (task,))
    for trigger in [
        row[0] for row in connection.cursor().execute("SELECT name FROM sqlite_master WHERE type='trigger'")
    ]:
        connection.cursor().execute(f'DROP TRIGGER "{trigger}"')
    connection.cursor().execute("UPDATE audit_event SET leaf = zeroblob(32) WHERE n = 2 AND stream LIKE 'task/%'")
    connection.commit()
    connection.close()
    engine.dispose()

    verified = terminal.run("audit", "verify", code=1)
    replayed = terminal.json("audit", "replay", code=1)
    assert "#2" in verified.stdout
    assert [(one["code"], one["fact"]) for one in replayed["differences"]] == [(task, "state")]


def test_a_stream_whose_end_was_cut_off_is_named_with_what_is_wrong(terminal, task):
    with closing(sqlite3.connect(terminal.data / "dondoc.sqlite")) as connection, connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("DELETE FROM audit_event WHERE stream LIKE 'task/%' AND n > 1")

    said = terminal.json("audit", "verify", code=1)
    told = terminal.run("audit", "verify", code=1)

    assert (said["ok"], said["first_bad"]) == (False, None)
    (one,) = said["heads"]
    assert (one["stream"].partition("/")[0], one["n"], one["code"]) == ("task", 1, "log_shorter")
    assert one["message"] in told.stdout
    assert task


# -- people -------------------------------------------------------------------------------------------------------------


def test_an_account_is_added_given_a_post_and_locked(terminal):
    added = terminal.run("user", "add", "officer2.kt", "--title-vi", "Chuyên viên", "--as", "admin")
    password = added.stdout.strip().rpartition(" ")[2]
    terminal.run("user", "role", "officer2.kt", "officer", "--unit", "kt", "--as", "admin")
    before = next(row for row in terminal.json("user", "list") if row["login"] == "officer2.kt")
    terminal.run("user", "lock", "officer2.kt", "--as", "admin")
    terminal.run("user", "role", "officer2.kt", "officer", "--end", "--as", "admin")
    after = next(row for row in terminal.json("user", "list") if row["login"] == "officer2.kt")

    assert len(password) == 27
    assert before["roles"] == [{"role": "officer", "unit": "kt", "areas": []}]
    assert (after["locked"], after["roles"]) == (True, [])
    terminal.run("user", "lock", "officer2.kt", "--undo")


def test_the_operator_says_where_mail_reaches_a_person(terminal):
    terminal.run("user", "email", "head.kt", "kt@duongan.gov.vn", "--choice", "digest", "--as", "admin")
    with opened(terminal) as uow:
        person = uow.people.by_login("head.kt")
        assert (person.email, uow.letters.choice(person.id)) == ("kt@duongan.gov.vn", "digest")

    assert "Nothing is mailed to head.kt." in terminal.run("user", "email", "head.kt").stdout
    with opened(terminal) as uow:
        assert uow.people.by_login("head.kt").email is None
    assert "e-mail address" in terminal.run("user", "email", "head.kt", "kt@", code=4).stderr
    terminal.run("user", "email", "head.kt", "kt@x.vn", "--as", "chairman", code=3)
    terminal.run("user", "email", "hed.kt", "kt@x.vn", code=7)


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("user", "add", "x.kt", "--title-vi", "X", "--as", "head.kt"), 3, "not_permitted"),
        (("user", "add", "head.kt", "--title-vi", "X"), 4, "login_taken"),
        (("user", "role", "head.kt", "officer"), 4, "post_needs_unit"),
        (("user", "role", "head.kt", "oficer", "--unit", "kt"), 7, "no_such_name"),
        (("user", "lock", "nobody"), 7, "not_found"),
        (("token", "create", "--user", "chairman", "--scope", "read", "--as", "head.kt"), 3, "not_permitted"),
    ],
)
def test_what_may_not_be_done_with_accounts_is_refused(terminal, words, code, reason):
    assert f"[{reason}]" in terminal.run(*words, code=code).stderr


def test_a_password_can_be_given_on_the_input(terminal):
    done = terminal.run("user", "password", "head.kt", "--password-stdin", typed="bốn mùa hoa nở trước sân\n")
    short = terminal.run("user", "password", "head.kt", "--password-stdin", typed="ngắn\n", code=4)

    assert "hoa nở" not in done.output
    assert "[password_too_short]" in short.stderr


def test_a_token_is_printed_once_with_its_scopes(terminal):
    said = terminal.json("token", "create", "--user", "chairman", "--scope", "write", "--scope", "read")

    assert set(said) == {"token", "id", "scopes"}
    assert said["scopes"] == ["read", "write"]
    assert said["token"].startswith("dondoc_")
    assert [row["id"] for row in terminal.json("unit", "list")][:2] == ["ubnd", "vhxh"]


# -- directives ---------------------------------------------------------------------------------------------------------


def test_a_directive_is_shown_before_it_is_taken_in_once(terminal):
    file = str(wiring.definitions_folder() / "obligations" / "cchc-2026.yaml")

    shown = terminal.json("import", "directive", file, "--as", "clerk", "--dry-run")
    nothing_yet = terminal.json("item", "list")["items"]
    taken = terminal.json("import", "directive", file, "--as", "clerk")
    again = terminal.run("import", "directive", file, "--as", "clerk", code=5)
    terminal.run("import", "directive", file, "--as", "officer.kt", code=3)

    assert nothing_yet == []
    assert len(shown["rows"]) == taken["obligations"]
    assert sum(row["creates"] for row in shown["rows"]) == taken["items"]
    assert len(terminal.json("item", "list", "--limit", "200")["items"]) == taken["items"]
    assert "[directive_known]" in again.stderr


def test_a_directive_with_faults_is_not_taken_in(terminal, tmp_path):
    file = tmp_path / "register.yaml"
    file.write_text("format: 1\nobligations:\n  - {id: x}\n", encoding="utf-8")

    done = terminal.run("import", "directive", str(file), "--as", "clerk", code=1)

    assert f"{file}:3:" in done.stderr


# -- the house ----------------------------------------------------------------------------------------------------------


def test_an_office_is_set_up_once_and_brought_up_to_date_after(tmp_path):
    terminal = Terminal(tmp_path / "new")

    first = terminal.run("init")
    again = terminal.run("init")

    password = next(line for line in first.stdout.splitlines() if "First password" in line).rpartition(" ")[2]
    assert "First password" not in again.stdout
    assert "head.kt" in {row["login"] for row in terminal.json("user", "list")}
    assert {row["name"] for row in terminal.json("definition", "list")} == set(wiring.shipped().workflows)
    with opened(terminal) as uow:
        kept = uow.people.by_login("head.kt").password_hash
    assert passwords.is_right(password, kept)
    assert password not in (tmp_path / "new" / "dondoc.sqlite").read_bytes().decode("latin-1")


def test_a_backup_is_a_whole_office(terminal, task, tmp_path):
    copy = tmp_path / "backups" / "monday"
    other = Terminal(tmp_path / "other")

    terminal.run("backup", str(copy))
    terminal.run("backup", str(copy), code=2)
    other.run("restore", str(copy))

    assert other.json("item", "show", task)["code"] == task
    assert other.json("audit", "verify")["ok"] is True


def test_the_doctor_names_what_is_not_well(terminal, tmp_path):
    signs = {sign["name"]: sign["ok"] for sign in terminal.json("doctor", code=1)}
    terminal.run("clock", "--once")
    later = {sign["name"]: sign["ok"] for sign in terminal.json("doctor")}
    empty = {sign["name"]: sign["ok"] for sign in Terminal(tmp_path / "none").json("doctor", code=1)}

    assert [name for name, ok in signs.items() if not ok] == ["clock"]
    assert all(later.values())
    assert empty["database"] is False
