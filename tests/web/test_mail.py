"""Notices by mail: what is sent to whom and when, as a real mail server receives it."""

import json
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from email.header import decode_header

import pytest

from tests import missing
from tests.offices import HOUSE, OPENING, at, caller, moved, new_task, opened_office
from tests.post import certificate, free_port, post_office
from web import wiring
from web.mail_server import MailServer, MailUrlInvalid
from web.mailer import NotTaken, SmtpMailer
from workflow.clock import Clock
from workflow.outbox.inline import relay_inline
from workflow.outbox.relay import MOST_ATTEMPTS, Relayed, Undeliverable
from workflow.persistence.letters import AT_ONCE, DIGEST, OFF
from workflow.persistence.notices import Notice
from workflow.services import mail, people
from workflow.services.delegations import Given, Power, give
from workflow.services.letters import MOST, MOST_OF_A_KIND
from workflow.services.notices import PersonalInbox
from workflow.values import replace

BASE = "https://dondoc.duongan.gov.vn"
HEAD = "truong-phong.kt@duongan.gov.vn"
MORNING = datetime(2026, 6, 2, 0, 30, tzinfo=UTC)  # Tuesday, 07:30 in Việt Nam


@pytest.fixture
def post():
    with post_office() as opened:
        yield opened


@pytest.fixture
def office(tmp_path, post):
    """Mail is set up, and the head of kt has an address."""
    made = replace(opened_office(tmp_path), mailer=SmtpMailer(MailServer("127.0.0.1", post.port), BASE))
    reach(made, "head.kt", HEAD)
    return made


def reach(office, login, address, choice=AT_ONCE):
    who = caller(office, login)
    assert mail.choose(office, who, who.actor.id, address, choice) is None


def person(office, login):
    with office.read() as uow:
        return uow.people.id_of_login(login)


def tell(office, login, template, n=1, **params):
    """`n` notices of that kind for somebody."""
    known = {"code": "NV-2026-0001", "workflow": "task", "unit": "kt", "move": "assign", "title": "Rà soát thủ tục"}
    whom, now = person(office, login), office.clock.now()
    PersonalInbox(office).leave(
        [Notice(f"{template}{k:03}", whom, None, template, known | params, now) for k in range(n)]
    )


def digest(office, instant=MORNING):
    """The morning of that day."""
    then = at(office, instant)
    mail.gather(then)
    return relay_inline(then)


def part(letter, kind):
    return letter.get_body((kind,)).get_content()


def entries(office, login):
    """What the log says of somebody's notices."""
    stream = f"person/{person(office, login)}"
    with office.read() as uow:
        found = uow.audit.stream(stream)
    return [said["notice"] for said in (json.loads(entry.body) for entry in found) if "notice" in said]


# -- what a letter is ---------------------------------------------------------------------------------------------------


def test_what_came_back_is_mailed_at_once_in_proper_vietnamese(office, post):
    tell(office, "head.kt", "reworked", title="Công khai thủ tục hành chính quý III")

    assert relay_inline(office) == Relayed(1, 0, 0)

    (letter,) = post.read()
    subject = "Đôn Đốc: Nhiệm vụ “Công khai thủ tục hành chính quý III” chưa đạt yêu cầu; đề nghị thực hiện lại."
    assert letter["Subject"] == subject
    assert (letter["To"], letter["Auto-Submitted"], letter["Content-Language"]) == (HEAD, "auto-generated", "vi")
    assert letter["From"] == "Đôn Đốc <dondoc@dondoc.duongan.gov.vn>"
    assert letter["Date"].datetime == OPENING
    assert [one.get_content_type() for one in letter.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        text = part(letter, kind)
        assert unicodedata.is_normalized("NFC", text)
        assert "Nhiệm vụ “Công khai thủ tục hành chính quý III” chưa đạt yêu cầu; đề nghị thực hiện lại." in text
        assert "Nhiệm vụ – Phòng Kinh tế" in text
        assert f"{BASE}/notices/reworked000" in text
        assert f"{BASE}/account" in text
        assert "01/06/2026 08:00 · NV-2026-0001" in text
    assert post.envelopes == [("dondoc@dondoc.duongan.gov.vn", [HEAD])]


def test_the_head_of_a_letter_is_plain_ascii_in_short_lines_that_split_no_character(office, post):
    tell(office, "head.kt", "late", title="Đẩy nhanh tiến độ giải ngân vốn đầu tư công " * 20)
    relay_inline(office)

    head, _, body = post.letters[0].partition(b"\r\n\r\n")
    assert (head + body).isascii()
    assert max(len(line) for line in post.letters[0].split(b"\r\n")) <= 998
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    subject = re.search(rb"Subject: (.*?)\r\n(?! )", head, re.DOTALL)[1].decode()
    words = [word.decode(charset) for word, charset in decode_header(subject)]
    assert "".join(words).startswith("Đôn Đốc: Nhiệm vụ “Đẩy nhanh tiến độ giải ngân vốn đầu tư công Đẩy nhanh")
    assert "".join(words).endswith("…")


def test_a_letter_speaks_the_language_of_its_reader(office, post):
    people.change_language(office, person(office, "head.kt"), "en")
    tell(office, "head.kt", "returned")

    relay_inline(office)

    (letter,) = post.read()
    assert letter["Subject"] == (
        "Đôn Đốc: Task “Rà soát thủ tục” has been returned; please complete it and send it again."
    )
    assert "Dear colleague," in part(letter, "plain")
    assert "Economic" in part(letter, "html")
    assert '<html lang="en">' in part(letter, "html")


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_title_is_text_and_never_markup_or_a_head_line(office, post, kind):
    title = 'x\r\nBcc: dich@xa.vn\r\n\r\n<script>alert(1)</script> & "y"'
    tell(office, "head.kt", "late", title=title)

    relay_inline(office)

    (letter,) = post.read()
    assert "Bcc" not in letter
    assert letter["Subject"].startswith("Đôn Đốc: Nhiệm vụ “x Bcc: dich@xa.vn <script>alert(1)</script> & ")
    assert ("<script>" in part(letter, kind)) == (kind == "plain")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.vn\r\nBcc: c@d.vn",
        "a@b.vn\nDATA",
        "a b@c.vn",
        "a@b@c.vn",
        "đ@b.vn",
        "a@b.vn,c@d.vn",
        "<a@b.vn>",
        "a@-b.vn",
        "@b.vn",
        f"{'a' * 65}@b.vn",
        f"a@{'b' * 64}.vn",
    ],
)
def test_what_is_no_address_is_refused_and_never_reaches_the_server(office, post, address):
    who = caller(office, "head.kt")
    assert mail.choose(office, who, who.actor.id, address, AT_ONCE).code == "not_an_address"
    with office.write() as uow:
        uow.people.set_email(who.actor.id, address)
    tell(office, "head.kt", "late")

    assert relay_inline(office) == Relayed(0, 0, 1)

    assert post.letters == []


# -- who gets what, and when --------------------------------------------------------------------------------------------


def test_what_is_not_urgent_waits_for_the_digest_of_the_next_working_day(office, post):
    new_task(office)
    assert relay_inline(office).delivered == 1
    assert post.letters == []
    assert digest(office, MORNING - timedelta(seconds=1)) == Relayed(0, 0, 0)

    assert digest(office) == Relayed(1, 0, 0)

    (letter,) = post.read()
    assert letter["Subject"] == "Đôn Đốc: 1 thông báo mới, ngày 02/06/2026"
    assert "đã được giao; đề nghị tiếp nhận và thực hiện." in part(letter, "plain")
    assert digest(office, MORNING + timedelta(hours=2)) == Relayed(0, 0, 0)


def test_a_digest_is_not_written_where_nothing_is_new_or_all_of_it_is_read(office, post):
    tell(office, "head.kt", "assigned", n=2)
    digest(office)
    assert len(post.letters) == 1
    assert digest(office, MORNING + timedelta(days=1)) == Relayed(0, 0, 0)

    tell(at(office, MORNING + timedelta(days=1)), "head.kt", "verified", n=1)
    PersonalInbox(office).mark_read(caller(office, "head.kt"), ["verified000"])

    assert digest(office, MORNING + timedelta(days=2)) == Relayed(0, 0, 0)
    assert len(post.letters) == 1


def test_what_is_read_between_writing_and_sending_is_not_sent(office, post):
    tell(office, "head.kt", "assigned", n=2)
    then = at(office, MORNING)
    assert mail.gather(then) == 1
    PersonalInbox(then).mark_read(caller(then, "head.kt"), ["assigned000", "assigned001"])

    assert relay_inline(then) == Relayed(1, 0, 0)

    assert post.letters == []


@pytest.mark.parametrize(
    ("day", "written"),
    [
        ("2026-06-05", 1),  # Friday
        ("2026-06-06", 0),  # Saturday
        ("2026-06-07", 0),
        ("2026-06-08", 1),  # Monday
        ("2026-09-02", 0),  # Quốc khánh, a Wednesday
        ("2026-08-22", 1),  # a Saturday that is worked for 31/8
        ("2026-08-31", 0),
    ],
)
def test_a_digest_comes_on_working_days_only(office, day, written):
    tell(office, "head.kt", "assigned")

    then = at(office, datetime.fromisoformat(f"{day}T07:30:00+07:00").astimezone(UTC))

    assert mail.gather(then) == written


def test_a_year_that_no_calendar_knows_goes_by_weekdays_and_says_so(office, caplog):
    tell(office, "head.kt", "assigned")

    saturday, monday = (at(office, datetime(2031, 6, day, 0, 30, tzinfo=UTC)) for day in (7, 9))

    assert (mail.gather(saturday), mail.gather(monday)) == (0, 1)
    assert "has no data for 2031" in caplog.text


def test_a_clock_that_was_down_in_the_morning_writes_one_digest_when_it_comes_back(office, post):
    tell(office, "head.kt", "assigned")
    afternoon = MORNING + timedelta(hours=8)
    tell(at(office, MORNING + timedelta(minutes=1)), "head.kt", "verified")

    assert digest(office, afternoon) == Relayed(1, 0, 0)

    assert "1 thông báo mới" in post.read()[0]["Subject"]
    digest(office, MORNING + timedelta(days=1))
    assert "đã được xác nhận hoàn thành" in part(post.read()[1], "plain")


def test_a_digest_is_grouped_by_kind_and_unit_and_bounded(office, post):
    tell(office, "head.kt", "assigned", n=MOST_OF_A_KIND + 3)
    tell(office, "head.kt", "verified", n=2, unit="snc", code="NV-2026-0002")
    tell(office, "head.kt", "sent", n=1, workflow="report", unit="kt", code="BC-2026-0001", title="Báo cáo tháng 5")
    digest(office)

    text = part(post.read()[0], "plain")
    assert text.count("đã được giao") == MOST_OF_A_KIND
    assert "- và 3 thông báo khác" in text
    headings = [line for line in text.splitlines() if " – " in line]
    assert sorted(headings) == sorted(set(headings))
    assert {heading.partition(" – ")[0] for heading in headings} == {"Nhiệm vụ", "Báo cáo định kỳ"}
    assert len(headings) == 3
    assert f"{MOST_OF_A_KIND + 6} thông báo mới" in post.read()[0]["Subject"]


def test_a_flood_is_told_by_its_number_once(office, post):
    units = ["vhxh", "vp", "kt", "hcc", "snc"]
    for n, unit in enumerate(units):
        tell(office, "head.kt", f"assigned{n}", n=20, unit=unit)
    digest(office)

    (letter,) = post.read()
    assert part(letter, "plain").count("/notices/") == MOST
    assert "và 20 thông báo khác" in part(letter, "plain")
    assert letter["Subject"] == "Đôn Đốc: 100 thông báo mới, ngày 02/06/2026"
    assert digest(office, MORNING + timedelta(days=1)) == Relayed(0, 0, 0)


def test_many_urgent_matters_of_one_moment_share_a_letter(office, post):
    tell(office, "head.kt", "late", n=3)

    assert relay_inline(office) == Relayed(1, 0, 0)
    tell(office, "head.kt", "returned", n=1)
    assert relay_inline(office) == Relayed(1, 0, 0)

    first, second = post.read()
    assert first["Subject"] == "Đôn Đốc: 3 việc bị trả lại hoặc quá hạn"
    assert part(first, "plain").count("/notices/late") == 3
    assert "/notices/late" not in part(second, "plain")
    assert digest(office) == Relayed(0, 0, 0)


def test_a_person_chooses_digest_or_nothing(office, post):
    reach(office, "head.kt", HEAD, DIGEST)
    reach(office, "head.snc", "snc@duongan.gov.vn", OFF)
    for login in ("head.kt", "head.snc"):
        tell(office, login, "late")
    assert relay_inline(office) == Relayed(0, 0, 0)

    assert digest(office) == Relayed(1, 0, 0)

    assert post.envelopes[0][1] == [HEAD]


def test_without_an_address_or_with_a_locked_account_nothing_is_written(office, post):
    reach(office, "head.kt", "")
    tell(office, "head.kt", "late")
    reach(office, "head.snc", "snc@duongan.gov.vn")
    tell(office, "head.snc", "late")
    people.lock(office, HOUSE, "head.snc")

    relay_inline(office)
    digest(office)

    assert post.letters == []


def test_without_a_mail_server_no_letter_is_written(office):
    silent = replace(office, mailer=None)
    tell(silent, "head.kt", "late")

    assert relay_inline(silent) == Relayed(0, 0, 0)
    assert digest(silent) == Relayed(0, 0, 0)


def test_the_log_says_what_was_mailed_and_what_was_chosen_but_no_address(office, post):
    tell(office, "head.kt", "late", n=2)
    relay_inline(office)
    relay_inline(office)

    sent = [said for said in entries(office, "head.kt") if "mailed" in said]
    assert [said["mailed"] for said in sent] == [["late001", "late000"]]
    assert len(post.letters) == 1
    with office.read() as uow:
        log = b"".join(entry.body for entry in uow.audit.stream("admin"))
    assert b'"choice":"at_once"' in log
    assert b"duongan.gov.vn" not in log


def test_one_chooses_for_oneself_and_the_administrator_for_anybody(office):
    whose = person(office, "head.kt")

    assert mail.choose(office, caller(office, "chairman"), whose, "", OFF).code == "not_permitted"
    assert mail.choose(office, caller(office, "head.kt"), whose, HEAD, "sometimes").code == "not_a_choice"
    assert mail.choose(office, caller(office, "admin"), whose, HEAD, OFF) is None


def test_the_clock_of_a_running_office_sends_what_is_due_as_a_process_of_its_own(furnished, tmp_path, post):
    data = shutil.copytree(furnished, tmp_path / "data")
    wiring.keep_clock(data, OPENING - Clock().now())
    env = {
        **os.environ,
        "DONDOC_DATA": str(data),
        "DONDOC_MAIL_URL": f"smtp://127.0.0.1:{post.port}",
        "DONDOC_BASE_URL": BASE,
    }
    new = ["title=Công khai ngân sách", "source=Kế hoạch số 12", "area=tai-chinh-cong", "due_on=2026-06-30"]

    def dondoc(*words):
        done = subprocess.run(
            [sys.executable, "-m", "web", *words], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    dondoc("user", "email", "head.kt", HEAD)
    sets = [word for value in new for word in ("--set", value)]
    made = json.loads(dondoc("item", "create", "--workflow", "task", "--unit", "kt", *sets, "--as", "clerk", "--json"))
    dondoc("item", "move", made["code"], "assign", "--as", "chairman")
    for now in ("2026-06-01T09:00:00+07:00", "2026-06-02T07:29:00+07:00", "2026-06-02T07:30:00+07:00"):
        assert post.letters == []
        dondoc("clock", "--once", "--now", now)

    (letter,) = post.read()
    assert letter["To"] == HEAD
    assert "Nhiệm vụ “Công khai ngân sách” đã được giao" in part(letter, "plain")
    assert made["code"] in part(letter, "html")


# -- substitutes --------------------------------------------------------------------------------------------------------


def stand_in(office, giver, receiver, **bounds):
    power = Power(receiver, "KT.", "15/UQ", "2026-06-01", "2026-06-30", **bounds)
    made = give(office, caller(office, giver), power)
    assert isinstance(made, Given), made


def told(office, login):
    with office.read() as uow:
        found = uow.notices.of_person(uow.people.id_of_login(login), 9)
    return [(one.template, one.params.get("for")) for one in found]


def test_a_substitute_is_told_in_the_place_of_whoever_he_stands_in_for(office, post):
    reach(office, "deputy.kt", "pho-phong.kt@duongan.gov.vn")
    stand_in(office, "head.kt", "deputy.kt")
    code = new_task(office)
    moved(office, "head.kt", code, "dispatch", assignee="officer.kt")
    relay_inline(office)

    assert told(office, "deputy.kt") == [("assigned", person(office, "head.kt"))]
    digest(office)

    mails = {letter["To"]: part(letter, "plain") for letter in post.read()}
    assert "Thay cho: Trưởng Phòng Kinh tế" in mails["pho-phong.kt@duongan.gov.vn"]
    assert "Thay cho" not in mails[HEAD]


def test_a_power_for_other_work_tells_its_receiver_nothing(office):
    stand_in(office, "head.kt", "deputy.kt", workflows=("report",))
    new_task(office)

    relay_inline(office)

    assert told(office, "deputy.kt") == []
    assert told(office, "head.kt") == [("assigned", None)]


# -- the mail server is out of reach, or refuses ------------------------------------------------------------------------


def test_a_letter_waits_while_the_server_is_down_and_then_arrives_once(tmp_path):
    port = free_port()
    office = replace(opened_office(tmp_path), mailer=SmtpMailer(MailServer("127.0.0.1", port), BASE))
    reach(office, "head.kt", HEAD)
    tell(office, "head.kt", "late")
    assert relay_inline(office) == Relayed(0, 1, 0)
    assert relay_inline(at(office, OPENING + timedelta(minutes=1))) == Relayed(0, 1, 0)
    assert [said for said in entries(office, "head.kt") if "mailed" in said] == []

    with post_office(port) as opened:
        assert relay_inline(at(office, OPENING + timedelta(minutes=6))) == Relayed(1, 0, 0)
        assert relay_inline(at(office, OPENING + timedelta(days=1))) == Relayed(0, 0, 0)

    (letter,) = opened.read()
    assert letter["Date"].datetime == OPENING


def test_a_letter_that_is_sent_a_second_time_bears_the_same_name(office, post):
    tell(office, "head.kt", "late")
    broken = replace(office, write=Crash(office.write, at=2))

    assert relay_inline(broken) == Relayed(0, 1, 0)
    assert relay_inline(at(office, OPENING + timedelta(minutes=1))) == Relayed(1, 0, 0)

    first, second = post.read()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@dondoc.duongan.gov.vn>")


class Crash:
    """The unit of work with that number fails: the letter has left, and nobody has noted it."""

    def __init__(self, write, at):
        self._write, self._left = write, at

    def __call__(self):
        self._left -= 1
        if self._left == 0:
            raise OSError("the disk is gone for a moment")
        return self._write()


def test_a_server_that_is_busy_is_asked_again_and_after_five_times_the_letter_is_given_up(office, post):
    post.data = "451 Greylisted"
    tell(office, "head.kt", "late")

    rounds = [relay_inline(at(office, OPENING + timedelta(days=n))) for n in range(MOST_ATTEMPTS)]

    assert [one.postponed for one in rounds] == [1, 1, 1, 1, 0]
    assert rounds[-1].buried == 1
    with office.read() as uow:
        (given_up,) = uow.messages.failures(9)
    assert (given_up.kind, given_up.error) == ("mail", "NotTaken: the mail server answered 451 Greylisted")


@pytest.mark.parametrize("step", ["recipient", "data"])
def test_what_the_server_refuses_for_good_is_given_up_at_once(office, post, step):
    setattr(post, step, "550 No such mailbox")
    tell(office, "head.kt", "late")

    assert relay_inline(office) == Relayed(0, 0, 1)

    with office.read() as uow:
        assert uow.messages.failures(9)[0].error == "the mail server answered 550 No such mailbox"


def test_the_address_stays_out_of_errors_and_server_logs(office, post, caplog):
    post.recipient = "450 Try later"
    tell(office, "head.kt", "late")

    relay_inline(office)

    assert "450 Try later" in caplog.text
    assert HEAD not in caplog.text


def test_a_letter_without_a_server_any_more_is_given_up_and_says_which_setting(office):
    tell(office, "head.kt", "late")

    assert relay_inline(replace(office, mailer=None)) == Relayed(0, 0, 1)

    with office.read() as uow:
        assert "DONDOC_MAIL_URL" in uow.messages.failures(9)[0].error


# -- how the server is spoken to ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    try:
        return certificate(tmp_path_factory.mktemp("tls"))
    except OSError:
        missing.say("openssl", "letters over TLS were not tested")
        pytest.skip("no certificate could be made")


def letter_of(office):
    tell(office, "head.kt", "late")
    with office.read() as uow:
        reader = uow.letters.reader(uow.people.id_of_login("head.kt"))
        message = uow.messages.get(reader.open_letter)
    return mail.letter_of(office, message)


def url(port, scheme="smtp", user="don%20doc:mat%20khau@", **options):
    asked = "&".join(f"{name}={value}" for name, value in options.items())
    return MailServer.of_url(f"{scheme}://{user}127.0.0.1:{port}?{asked}")


def test_starttls_comes_before_the_password(office, secured):
    shown, context = secured
    with post_office(tls_context=context, auth_require_tls=True) as opened:
        SmtpMailer(url(opened.port, ca=shown), BASE).send(letter_of(office))

    assert (opened.secured, opened.logins) == ([True], [(b"don doc", b"mat khau")])


def test_smtps_speaks_tls_from_the_first_byte(office, secured):
    shown, context = secured
    with post_office(ssl_context=context) as opened:
        SmtpMailer(url(opened.port, "smtps", ca=shown), BASE).send(letter_of(office))

    assert (opened.secured, len(opened.logins)) == ([True], 1)


def test_a_server_with_a_strange_certificate_gets_nothing(office, secured):
    with post_office(tls_context=secured[1]) as opened, pytest.raises(OSError, match="certificate"):
        SmtpMailer(url(opened.port), BASE).send(letter_of(office))

    assert (opened.letters, opened.logins) == ([], [])


def test_no_password_is_sent_in_the_clear_unless_that_was_asked_for(office, post):
    letter = letter_of(office)
    for options in ({}, {"starttls": "required", "user": ""}):
        with pytest.raises(NotTaken, match="STARTTLS"):
            SmtpMailer(url(post.port, **options), BASE).send(letter)
    assert (post.letters, post.logins) == ([], [])

    SmtpMailer(url(post.port, starttls="never"), BASE).send(letter)

    assert len(post.letters) == 1


def test_a_wrong_password_is_no_fault_of_the_letter(office, post):
    with pytest.raises(NotTaken, match="535"):
        SmtpMailer(url(post.port, user="a:b@", starttls="never"), BASE).send(letter_of(office))


def test_a_server_that_says_nothing_is_not_waited_for(office):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mailer = SmtpMailer(MailServer("127.0.0.1", mute.getsockname()[1]), BASE, timeout_seconds=0.2)
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            mailer.send(letter_of(office))


def test_an_address_that_is_none_is_refused_before_anything_is_opened(office):
    letter = replace(letter_of(office), address="a@b.vn\r\nRCPT TO:<x@y.vn>")

    with pytest.raises(Undeliverable):
        SmtpMailer(MailServer("127.0.0.1", 1), BASE).send(letter)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("smtp://mail.vn", MailServer("mail.vn", 25)),
        ("smtp://u:p@mail.vn", MailServer("mail.vn", 587, user="u", password="p")),
        ("smtps://mail.vn", MailServer("mail.vn", 465, tls=True)),
        (
            "smtp://mail.vn:2525?from=a@b.vn&starttls=required",
            MailServer("mail.vn", 2525, starttls="required", sender="a@b.vn"),
        ),
    ],
)
def test_the_url_says_where_letters_are_handed_over(given, found):
    assert MailServer.of_url(given) == found


@pytest.mark.parametrize(
    "given",
    [
        "mail.vn",
        "http://mail.vn",
        "smtp://",
        "smtp://mail.vn/x",
        "smtp://u:geheim@mail.vn:port",
        "smtp://u:m%E1%BA%ADt-geheim@mail.vn",
        "smtp://mail.vn?sender=a@b.vn",
        "smtp://mail.vn?from=nobody",
        "smtp://mail.vn?starttls=perhaps",
        "smtp://mail.vn?ca=/no/such/file",
    ],
)
def test_an_odd_url_is_refused_without_repeating_its_password(given):
    with pytest.raises(MailUrlInvalid) as refused:
        MailServer.of_url(given)

    assert "geheim" not in str(refused.value)
