"""Roots of the log leave by mail: once a month, to the heads and the chairman, and what comes with the letter checks the log."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.bundles import verified
from tests.offices import HOUSE, OPENING, at, caller, new_task
from tests.post import post_office
from web import wiring
from web.mail_server import MailServer
from web.mailer import SmtpMailer
from workflow.audit import canonical
from workflow.outbox.inline import relay_inline
from workflow.outbox.relay import LEASE, Relayed
from workflow.persistence.letters import OFF
from workflow.persistence.sealer import signers_door
from workflow.persistence.signer_folder import SignerFolder
from workflow.services import bundles, mail, people, roots
from workflow.services.sealing import seal_whole
from workflow.services.signing import sign
from workflow.values import replace

CHAIRMAN, HEAD = "chu-tich@duongan.gov.vn", "truong-phong.kt@duongan.gov.vn"
NEXT_MONTH = datetime(2026, 7, 1, 1, tzinfo=UTC)


@pytest.fixture
def post():
    with post_office() as opened:
        yield opened


@pytest.fixture
def settings(app):
    return app.extensions["settings"]


@pytest.fixture
def office(office, post):
    """Mail is set up; the chairman, one head and a clerk have addresses."""
    made = replace(office, mailer=SmtpMailer(MailServer("127.0.0.1", post.port), "https://dondoc.duongan.gov.vn"))
    for login, address in (("chairman", CHAIRMAN), ("head.kt", HEAD), ("clerk", "van-thu@duongan.gov.vn")):
        reach(made, login, address)
    return made


def reach(office, login, address, choice="at_once"):
    who = caller(office, login)
    assert mail.choose(office, who, who.actor.id, address, choice) is None


def signed(office, settings):
    """The note over all that is in the log now."""
    folder = SignerFolder(settings.signer)
    if not folder.has_key:
        made = folder.new_key("duongan.haiphong/audit", office.clock.now())
        assert bundles.enter_key(office, HOUSE, made.verifier) is None
    seal_whole(office)
    with signers_door(settings.database_url) as door:
        return sign(door, folder, office.clock.now()).note


def left(office):
    """What the log says of roots that left."""
    with office.read() as uow:
        return [canonical.decode(entry.body)["root"] for entry in uow.audit.of_type("log", "root")]


def attached(letter):
    (file,) = letter.iter_attachments()
    return file.get_filename(), file.get_payload(decode=True)


def test_the_heads_and_the_chairman_get_the_root_of_a_month_once(office, post, settings):
    note = signed(office, settings)

    for minutes in (0, 1, 60 * 24):
        wiring.clock_and_post(at(office, OPENING + timedelta(minutes=minutes)))

    assert sorted(letter["To"] for letter in post.read()) == [CHAIRMAN, HEAD]
    assert {attached(letter)[1].decode() for letter in post.read()} == {str(note)}
    assert {attached(letter)[0] for letter in post.read()} == {f"seal-{note.checkpoint.size}.txt"}
    with office.read() as uow:
        keepers = {uow.people.id_of_login(login) for login in ("chairman", "head.kt")}
    told = left(office)
    assert {one["person"] for one in told} == keepers
    assert {(one["size"], one["root"]) for one in told} == {(note.checkpoint.size, note.checkpoint.root.hex())}
    assert len(told) == 2


def test_the_next_month_has_its_own_once_something_was_signed_in_it(office, post, settings):
    signed(office, settings)
    wiring.clock_and_post(office)
    then = at(office, NEXT_MONTH)

    assert roots.spread(then) == 0
    new_task(then)
    newer = signed(then, settings)
    assert roots.spread(then) == 2
    relay_inline(then)

    assert [attached(letter)[1].decode() for letter in post.read()][2:] == [str(newer)] * 2


def test_what_comes_with_the_letter_is_what_the_check_of_the_whole_log_wants(office, post, settings, tmp_path):
    new_task(office)
    signed(office, settings)
    roots.spread(office)
    relay_inline(office)
    root = tmp_path / attached(post.read()[0])[0]
    root.write_bytes(attached(post.read()[0])[1])
    new_task(office)
    signed(office, settings)
    file = tmp_path / "audit.zip"
    bundles.export(office, caller(office, "auditor"), file, private=True)
    forged = tmp_path / "forged.txt"
    forged.write_text(root.read_text(encoding="utf-8").replace("\n", "\n1", 1), encoding="utf-8")

    found = verified(file, root)

    assert found.code == 0, found.said
    assert verified(file, forged).code == 1


def test_a_letter_speaks_the_language_of_its_reader_and_shows_the_note(office, post, settings):
    with office.read() as uow:
        chairman = uow.people.id_of_login("chairman")
    people.change_language(office, chairman, "en")
    note = signed(office, settings)
    roots.spread(office)
    relay_inline(office)

    by_address = {letter["To"]: letter for letter in post.read()}
    assert by_address[CHAIRMAN]["Subject"] == "Đôn Đốc: seal of the log of 01/06/2026, to be kept"
    assert by_address[HEAD]["Subject"] == "Đôn Đốc: niêm phong nhật ký ngày 01/06/2026, đề nghị lưu giữ"
    for address, word in ((CHAIRMAN, "Keep this letter"), (HEAD, "Đề nghị bạn lưu thư này")):
        for kind in ("plain", "html"):
            text = by_address[address].get_body((kind,)).get_content()
            assert word in text
            assert f"--root seal-{note.checkpoint.size}.txt" in text
            assert str(note).split("\n")[2] in text.replace("&#43;", "+")


def test_a_process_that_dies_after_sending_sends_again_and_tells_it_once(office, post, settings):
    signed(office, settings)
    roots.spread(office)
    with office.write() as uow:
        (taken,) = uow.messages.claim("another", OPENING, OPENING + LEASE, 1)
    letter = roots.letter_of(office, taken)
    office.mailer.send(letter)
    roots.record_sent(office, letter)
    roots.record_sent(office, letter)

    assert relay_inline(at(office, OPENING + LEASE)) == Relayed(2, 0, 0)

    assert len(post.letters) == 2
    assert len(left(office)) == 2


def test_whoever_wants_no_mail_or_has_no_address_gets_none_and_an_office_without_mail_writes_nothing(
    office, post, settings
):
    signed(office, settings)
    reach(office, "head.kt", HEAD, OFF)
    reach(office, "chairman", "")

    assert roots.spread(office) == 0
    assert roots.spread(replace(office, mailer=None)) == 0
    reach(office, "chairman", CHAIRMAN)
    assert roots.spread(replace(office, mailer=None)) == 0
    assert roots.spread(office) == 1
    relay_inline(office)

    assert [letter["To"] for letter in post.read()] == [CHAIRMAN]


def test_while_nothing_is_signed_nothing_is_mailed(office):
    assert roots.spread(office) == 0
