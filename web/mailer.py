"""The Mailer port over SMTP: a letter in its reader's language, plain and as HTML, handed to the mail server."""

import smtplib
import ssl
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from web.i18n import _, day, label, language, moment, ngettext, speaking
from web.mail_server import MailServer
from web.notices import sentence
from workflow.audit.note import Note
from workflow.clock import VIETNAM
from workflow.outbox.relay import Undeliverable
from workflow.persistence.letters import DIGEST
from workflow.persistence.notices import Notice
from workflow.services.letters import Letter, RootLetter, Section
from workflow.services.mail import is_address

TIMEOUT_SECONDS = 20.0
_LONGEST_SUBJECT = 120
_LONGEST_ANSWER = 300
_PERMANENT = range(500, 600)
_CRLF = compat32.clone(linesep="\r\n")
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "mail"),
    autoescape=select_autoescape(("html",)),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)


class NotTaken(Exception):
    """The mail server did not take the letter this time."""


# -- what a letter says -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    on_behalf: str
    at: str
    code: str
    href: str


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    lines: tuple[_Line, ...]
    more: str


@dataclass(frozen=True, slots=True)
class _View:
    """All words of a letter; its templates only lay them out."""

    language: str
    subject: str
    opening: str
    lead: str
    sections: tuple[_Section, ...]
    more: str
    all_words: str
    all_href: str
    foot: str
    choice_words: str
    choice_href: str


def _view(letter: Letter, base_url: str, zone: tzinfo) -> _View:
    digest = letter.occasion == DIGEST
    return _View(
        language=language(),
        subject=_subject(letter, zone),
        opening=_("Dear colleague,"),
        lead=ngettext(
            "There is {n} notice that you have not read yet:",
            "There are {n} notices that you have not read yet:",
            letter.total,
        )
        if digest
        else _("This came back to you or is late, and asks for your attention today:"),
        sections=tuple(_section(section, letter, base_url, zone) for section in letter.sections),
        more=_and_more(letter.more),
        all_words=_("All your notices"),
        all_href=f"{base_url}/notices",
        foot=_("Đôn Đốc wrote this letter by itself; please do not answer it."),
        choice_words=_("What you get by mail, and where to"),
        choice_href=f"{base_url}/account",
    )


def _subject(letter: Letter, zone: tzinfo) -> str:
    if letter.occasion == DIGEST:
        text = ngettext("{n} new notice, {day}", "{n} new notices, {day}", letter.total, day=day(letter.at, zone))
    elif letter.total == 1:
        text = sentence(letter.notices[0], letter.definitions)
    else:
        text = ngettext("{n} matter came back or is late", "{n} matters came back or are late", letter.total)
    # One line, whatever stands in a title.
    words = " ".join(f"Đôn Đốc: {text}".split())
    return words if len(words) <= _LONGEST_SUBJECT else f"{words[: _LONGEST_SUBJECT - 1].rstrip()}…"


def _section(section: Section, letter: Letter, base_url: str, zone: tzinfo) -> _Section:
    definition = letter.definitions.get(section.workflow)
    kind = label(definition.label) if definition else _("Item")
    unit = label(letter.units.get(section.unit))
    return _Section(
        heading=f"{kind} – {unit}" if unit else kind,
        lines=tuple(_line(notice, letter, base_url, zone) for notice in section.notices),
        more=_and_more(section.more),
    )


def _line(notice: Notice, letter: Letter, base_url: str, zone: tzinfo) -> _Line:
    giver = letter.givers.get(str(notice.params.get("for", "")))
    return _Line(
        text=sentence(notice, letter.definitions),
        on_behalf=_("On behalf of: {who}", who=label(giver)) if giver else "",
        at=moment(notice.at, zone),
        code=str(notice.params.get("code", "")),
        href=f"{base_url}/notices/{notice.message}",
    )


@dataclass(frozen=True, slots=True)
class _RootView:
    """The same of a letter with a root of the log; `steps` say what its reader does with it."""

    language: str
    subject: str
    opening: str
    lead: str
    note: str
    steps: tuple[str, ...]
    foot: str


def _root_view(letter: RootLetter, zone: tzinfo) -> _RootView:
    signed = Note.parse(letter.note).checkpoint
    when = day(letter.at, zone)
    return _RootView(
        language=language(),
        subject=_("Đôn Đốc: seal of the log of {day}, to be kept", day=when),
        opening=_("Dear colleague,"),
        lead=_(
            "This is the seal of the office's log: {size} entries had been recorded by then. Whoever keeps it can show later "
            "that nothing before it was changed, deleted or put in.",
            size=signed.size,
        ),
        note=letter.note,
        steps=(
            _("Keep this letter, or print it; nothing else is to be done. It holds no content of any item."),
            _(
                "Should there ever be doubt, ask the auditor for the file of the whole log (audit-….zip), which holds verify.py."
            ),
            _("Save the attached file, and run: python3 verify.py audit-….zip --root {file}", file=_root_file(letter)),
            _("“HOLDS” means that the log still begins with exactly these entries."),
        ),
        foot=_("Đôn Đốc wrote this letter by itself, once a month; please do not answer it."),
    )


def _root_file(letter: RootLetter) -> str:
    return f"seal-{Note.parse(letter.note).checkpoint.size}.txt"


def _and_more(count: int) -> str:
    return ngettext("and {n} more notice", "and {n} more notices", count) if count else ""


# -- how it travels -----------------------------------------------------------------------------------------------------


class SmtpMailer:
    """`base_url` is where the letters' links lead to."""

    def __init__(
        self, server: MailServer, base_url: str, zone: tzinfo = VIETNAM, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._server, self._base_url, self._zone, self._timeout = server, base_url, zone, timeout_seconds
        self._host = urlsplit(base_url).hostname or "localhost"
        self._sender = server.sender or f"dondoc@{self._host}"

    def send(self, letter: Letter | RootLetter) -> None:
        """Undeliverable where the server refuses the letter or its address for good; any other fault may pass."""
        if not is_address(letter.address):
            raise Undeliverable("the person's address is none that a letter can be sent to")
        content = self.composed(letter).as_bytes(policy=_CRLF)
        try:
            with self._connected() as smtp:
                smtp.sendmail(self._sender, [letter.address], content)
        except smtplib.SMTPRecipientsRefused as fault:
            code, answer = next(iter(fault.recipients.values()))
            raise _refusal(code, answer) from None
        except smtplib.SMTPAuthenticationError as fault:
            # The operator's to mend: the letter itself is sound.
            raise NotTaken(_told(fault.smtp_code, fault.smtp_error)) from None
        except smtplib.SMTPResponseException as fault:
            raise _refusal(fault.smtp_code, fault.smtp_error) from None

    def reach(self) -> None:
        """Open a connection and sign in as for a letter, and send none; whatever stands in the way flies."""
        with self._connected() as smtp:
            smtp.noop()

    def composed(self, letter: Letter | RootLetter) -> MIMEMultipart:
        """The letter as it goes out; the same letter has the same Message-ID at every attempt."""
        with speaking(letter.language):
            if isinstance(letter, RootLetter):
                root = _root_view(letter, self._zone)
                return self._addressed(letter, root, _with_file(_laid_out("root", root), letter))
            view = _view(letter, self._base_url, self._zone)
            return self._addressed(letter, view, _laid_out("letter", view))

    def _addressed(self, letter: Letter | RootLetter, view: _View | _RootView, message: MIMEMultipart) -> MIMEMultipart:
        # Encoded as a whole: where plain and encoded words mix, some releases of Python lose the spaces between them.
        subject = Header(unicodedata.normalize("NFC", view.subject), "utf-8", header_name="Subject")
        message["Subject"] = subject  # type: ignore[assignment]  # both are taken
        message["From"] = formataddr(("Đôn Đốc", self._sender), "utf-8")
        message["To"] = letter.address
        message["Date"] = format_datetime(letter.at.astimezone(self._zone))
        message["Message-ID"] = f"<{letter.id}@{self._host}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["Content-Language"] = view.language
        return message

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca)
        if server.tls:
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._host, timeout=self._timeout, context=context
            )
        else:
            opened = smtplib.SMTP(server.host, server.port, self._host, timeout=self._timeout)
        with opened as smtp:
            if not server.tls:
                self._begin_tls(smtp, context)
            if server.user:
                smtp.login(server.user, server.password or "")
            yield smtp

    def _begin_tls(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server = self._server
        if server.starttls == "never":
            return
        smtp.ehlo_or_helo_if_needed()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
        elif server.user or server.starttls == "required":
            raise NotTaken("the mail server offers no STARTTLS, without which no password and no letter is sent")


def _laid_out(name: str, view: _View | _RootView) -> MIMEMultipart:
    """Its words, plain and as HTML."""
    message = MIMEMultipart("alternative")
    for kind, ending in (("plain", "txt"), ("html", "html")):
        text = _TEMPLATES.get_template(f"{name}.{ending}").render(view=view)
        message.attach(MIMEText(unicodedata.normalize("NFC", text), kind, "utf-8"))
    return message


def _with_file(words: MIMEMultipart, letter: RootLetter) -> MIMEMultipart:
    """The note beside the words, byte by byte as it was signed."""
    message = MIMEMultipart("mixed")
    message.attach(words)
    file = MIMEApplication(letter.note.encode(), "octet-stream")
    file.add_header("Content-Disposition", "attachment", filename=_root_file(letter))
    message.attach(file)
    return message


def _refusal(code: int, answer: bytes | str) -> Exception:
    return Undeliverable(_told(code, answer)) if code in _PERMANENT else NotTaken(_told(code, answer))


def _told(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"the mail server answered {code} {' '.join(words.split())[:_LONGEST_ANSWER]}"
