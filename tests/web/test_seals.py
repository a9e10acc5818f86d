"""The log is sealed by the clock, signed by a process of its own, taken away by whoever audits: pages, calls and commands."""

from base64 import b64decode
from datetime import timedelta

import pytest
from click.testing import CliRunner

from tests.bundles import verified
from tests.calls import program
from tests.offices import OPENING, caller, new_task
from tests.web.conftest import set_clock
from web import wiring
from web.cli import dondoc
from web.health import well_sealed
from workflow.audit import chain, tree
from workflow.audit.note import Checkpoint, Note
from workflow.clock import Clock
from workflow.persistence.signer_folder import SignerFolder
from workflow.services.mandates import NewMandate, give
from workflow.services.sealing import seal_whole, standing


@pytest.fixture
def data(app):
    return app.extensions["settings"].data


def command(data, *words, code=0, **env):
    done = CliRunner(env={"DONDOC_LANG": "en", **env}).invoke(dondoc, ["audit", *words, "--data", str(data)])
    assert done.exit_code == code, (done.exit_code, done.output, done.exception)
    return done


def content(answer):
    """What a download holds; a server closes it behind its reader."""
    said = answer.data
    answer.close()
    return said


@pytest.fixture
def at_opening(data):
    """Commands of that folder work at the office's own instant."""
    wiring.keep_clock(data, OPENING - Clock().now())
    return data


@pytest.fixture
def office_at_work(office):
    new_task(office)
    return office


def test_a_round_of_the_clock_seals_what_was_written(office_at_work):
    wiring.one_round(office_at_work)

    with office_at_work.read() as uow:
        found = standing(uow)
        size = uow.seals.head().size
        written = sum(1 for _ in uow.audit.entries_by_stream())
    assert found.waiting_since is None
    assert size == written > 10


def test_the_signer_makes_its_key_once_signs_and_is_shown(office_at_work, at_opening, client_of):
    seal_whole(office_at_work)

    note = Note.parse(command(at_opening, "sign").stdout)
    again = Note.parse(command(at_opening, "sign").stdout)

    folder = SignerFolder(at_opening / "signer")
    assert note.signed_by(folder.keys(OPENING)[0].verifier)
    assert again.checkpoint.size >= note.checkpoint.size
    page = client_of("auditor").get("/history/seals").text
    assert again.checkpoint.root.hex() in page
    assert str(folder.keys(OPENING)[0].verifier) in page
    assert folder.path.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("at_opening")
def test_the_child_process_of_one_machine_signs_when_something_has_waited(app, office_at_work):
    seal_whole(office_at_work)
    set_clock(app, OPENING + timedelta(minutes=20))
    call = wiring.SignerCall(app.extensions["office"], app.extensions["settings"])

    call()
    with office_at_work.read() as uow:
        before = standing(uow).signed_size
    call()

    with office_at_work.read() as uow:
        assert before == 0
        assert standing(uow).signed_size > 0


def test_who_may_not_audit_sees_no_seals_and_takes_nothing(client_of):
    for login in ("head.kt", "clerk", "admin"):
        visitor = client_of(login)

        assert visitor.get("/history/seals").status_code == 403
        assert visitor.post("/history/export").status_code == 403


def test_the_auditor_takes_the_log_and_it_verifies_without_us(office_at_work, client_of, at_opening, tmp_path):
    auditor = client_of("auditor")
    auditor.get("/history/seals")

    answer = auditor.post("/history/export", private="1")
    root = tmp_path / "root.txt"
    root.write_text(command(at_opening, "sign").stdout, encoding="utf-8")
    file = tmp_path / "audit.zip"
    file.write_bytes(content(answer))

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=audit-")
    assert "no-store" in answer.headers["Cache-Control"]
    found = verified(file)
    assert found.code == 0, found.said
    with office_at_work.read() as uow:
        taken = [entry for entry in uow.audit.stream("log") if b'"type":"export"' in entry.body]
    assert len(taken) == 1
    assert b'"private":true' in taken[0].body


def test_a_mandate_without_private_texts_takes_the_log_without_them(office, client_of):
    with office.write() as uow:
        for one in uow.mandates.of(uow.people.id_of_login("auditor")):
            uow.mandates.end(one.id, office.clock.now())
    asked = NewMandate("auditor", "Quyết định số 9/QĐ-UBND", "01/06/2026", "30/06/2026", private=False)
    give(office, caller(office, "admin"), asked)
    auditor = client_of("auditor")

    page = auditor.get("/history/seals").text
    with_private = auditor.post("/history/export", private="1")
    without = auditor.post("/history/export")

    assert 'name="private"' not in page
    assert (with_private.status_code, without.status_code) == (403, 200)
    assert b"private.ndjson.gz" not in content(without)


def test_programs_of_the_auditor_ask_for_the_newest_checkpoint_and_the_whole_log(app, office_at_work, at_opening):
    seal_whole(office_at_work)
    size = Note.parse(command(at_opening, "sign").stdout).checkpoint.size
    client = program(app, "auditor", frozenset({"audit"}))

    asked = client.get("/audit/checkpoint?since=3")
    beyond = client.get(f"/audit/checkpoint?since={size + 100}")
    taken = client.post("/audit/exports?private=1")

    assert asked.text.startswith("old 3\n")
    assert beyond.status_code == 422
    assert (taken.status_code, taken.mimetype) == (200, "application/zip")
    assert b"private.ndjson.gz" in content(taken)


def test_a_refusal_of_the_signer_is_a_red_line_and_an_alarm(office_at_work, at_opening, client_of, app):
    seal_whole(office_at_work)
    command(at_opening, "sign")
    folder = SignerFolder(at_opening / "signer")
    folder.remember(folder.keys(OPENING)[0].sign(Checkpoint("dondoc/audit", 5, bytes(32))))

    refused = command(at_opening, "sign", code=1)

    assert "rewritten" in refused.output
    for login, path in (("auditor", "/history"), ("auditor", "/history/seals"), ("admin", "/admin")):
        page = client_of(login).get(path).text
        assert "Không ký được niêm phong nhật ký" in page, path
    with office_at_work.read() as uow:
        assert not well_sealed(uow, OPENING)
    assert app.test_client().get("/readyz").get_json()["checks"]["seals"]["ok"] is False


def test_a_witness_on_another_machine_signs_and_its_line_is_kept(office_at_work, at_opening, tmp_path):
    seal_whole(office_at_work)
    command(at_opening, "sign")
    key = str(SignerFolder(at_opening / "signer").keys(OPENING)[0].verifier)
    elsewhere, secret = tmp_path / "elsewhere", {"DONDOC_SIGNER_PASSPHRASE": "mật khẩu của HĐND xã"}
    asked = tmp_path / "asked.txt"
    asked.write_text(command(at_opening, "checkpoint").stdout, encoding="utf-8")

    first = command(elsewhere, "witness", str(asked), "--log", key, "--name", "hdnd.duongan/w1", **secret)
    witness_key = first.stderr.strip().rpartition(" ")[2]
    command(at_opening, "key", "enter", witness_key)
    note = tmp_path / "note.txt"
    note.write_text(first.stdout, encoding="utf-8")
    kept = command(at_opening, "witnessed", str(note))
    asked.write_text(asked.read_text(encoding="utf-8").replace("dondoc/audit\n", "other/audit\n", 1), encoding="utf-8")
    strange = command(elsewhere, "witness", str(asked), "--log", key, code=1, **secret)

    assert "2 signatures" in kept.output
    assert "not signed by the key" in strange.output
    assert command(at_opening, "seal").exit_code == 0


def test_one_entry_is_proved_by_itself(office_at_work, at_opening):
    seal_whole(office_at_work)
    command(at_opening, "sign")

    proof = command(at_opening, "proof", "admin", "1").stdout

    head, _, note = proof.partition("\n\n")
    first, extra, index, *hashes = head.split("\n")
    checkpoint = Note.parse(note).checkpoint
    leaf = chain.leaf(b64decode(extra.removeprefix("extra ")))
    place = int(index.removeprefix("index "))
    assert first == "c2sp.org/tlog-proof@v1"
    assert tree.proves_inclusion(leaf, place, checkpoint.size, [b64decode(part) for part in hashes], checkpoint.root)
    command(at_opening, "proof", "admin", "999", code=7)


def test_a_backup_holds_no_key(office_at_work, at_opening, tmp_path):
    seal_whole(office_at_work)
    command(at_opening, "sign")
    secret = next((at_opening / "signer").glob("*.pem")).read_bytes().split(b"\n")[1]

    done = CliRunner().invoke(dondoc, ["backup", str(tmp_path / "copy"), "--data", str(at_opening)])

    assert done.exit_code == 0, done.output
    files = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert files
    assert not any(secret in path.read_bytes() or path.suffix == ".pem" for path in files)
