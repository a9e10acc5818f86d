"""A time-stamping authority dates what the signer signs: anybody checks it with OpenSSL, and its failure stops nothing."""

import hashlib
import shutil
import subprocess
import zipfile

import pytest
from click.testing import CliRunner

from tests import missing
from tests.bundles import verified
from tests.offices import OPENING, new_task
from tests.stamping import STAMPED_AT, authority
from web import wiring
from web.cli import dondoc
from web.settings import SettingRefused, Settings
from workflow.audit.note import Note
from workflow.clock import Clock
from workflow.services import timestamps
from workflow.services.sealing import seal_whole
from workflow.services.timestamps import NotStamped


@pytest.fixture
def tsa():
    with authority() as opened:
        yield opened


@pytest.fixture
def data(app, office):
    """The folder of an office at work, whose commands go by its own clock."""
    found = app.extensions["settings"].data
    wiring.keep_clock(found, OPENING - Clock().now())
    new_task(office)
    seal_whole(office)
    return found


def command(data, *words, tsa=None):
    env = {"DONDOC_LANG": "en", "DONDOC_TSA_URL": tsa.url if tsa else ""}
    done = CliRunner(env=env).invoke(dondoc, ["audit", *words, "--data", str(data)])
    assert done.exit_code == 0, (done.exit_code, done.output, done.exception)
    return done


def tokens_in(file):
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("timestamps/")}


def test_each_checkpoint_is_dated_and_its_token_leaves_with_the_log(data, tsa, tmp_path):
    note = Note.parse(command(data, "sign", tsa=tsa).stdout)
    file = tmp_path / "audit.zip"
    command(data, "export", str(file))

    assert tsa.asked == [hashlib.sha256(note.text.encode()).digest()]
    (token,) = tokens_in(file).items()
    assert token[0] == f"timestamps/{note.checkpoint.size}.tst"
    assert timestamps.time_of(token[1]) == STAMPED_AT
    found = verified(file)
    assert found.code == 0, found.said


def test_openssl_takes_the_token_for_the_first_three_lines_of_the_note_and_no_others(data, tsa, tmp_path):
    if shutil.which("openssl") is None:
        missing.say("openssl", "timestamps were not checked by a second program")
        pytest.skip("openssl is not installed")
    note = command(data, "sign", tsa=tsa).stdout
    command(data, "export", str(tmp_path / "audit.zip"))
    (token,) = tokens_in(tmp_path / "audit.zip").values()
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "root").write_bytes(tsa.root)
    said = "".join(note.splitlines(keepends=True)[:3])

    def verdict(text):
        (tmp_path / "said").write_text(text, encoding="utf-8")
        words = ["openssl", "ts", "-verify", "-data", "said", "-in", "token", "-token_in", "-CAfile", "root"]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode

    assert verdict(said) == 0
    assert verdict(said.replace("\n", "\n1", 1)) != 0


def test_whoever_hands_a_witness_his_request_is_told_when_it_was_dated(data, tsa):
    note = Note.parse(command(data, "sign", tsa=tsa).stdout)

    done = command(data, "checkpoint")

    assert f"dated the first {note.checkpoint.size} entries at 01/06/2026 08:30" in done.stderr
    assert "dated" not in done.stdout


@pytest.mark.parametrize("mood", ["refuses", "of another text", "garbage", "breaks off"])
def test_an_authority_that_gives_nothing_is_a_warning_and_the_log_is_signed(data, tsa, tmp_path, mood):
    tsa.mood = mood

    done = command(data, "sign", tsa=tsa)
    command(data, "export", str(tmp_path / "audit.zip"))

    assert Note.parse(done.stdout).checkpoint.size > 0
    assert "Signed without a timestamp: " in done.stderr
    assert tokens_in(tmp_path / "audit.zip") == {}
    assert "dated" not in command(data, "checkpoint").stderr


def test_an_authority_that_nobody_answers_for_gives_nothing():
    with authority() as closed:
        gone = closed.url

    with pytest.raises(NotStamped):
        timestamps.ask(gone, "x")


def test_without_an_authority_none_is_asked(data, tsa):
    assert "timestamp" not in command(data, "sign").stderr
    assert tsa.asked == []


def test_an_authority_is_an_address_of_the_web(tmp_path):
    with pytest.raises(SettingRefused, match="DONDOC_TSA_URL"):
        Settings.from_environ(tmp_path, {"DONDOC_TSA_URL": "file:///etc/passwd"})
