"""The language of an answer: texts, dates, numbers, and a sentence for every reason a rule can give.

Texts are written in English in the code and stand in Vietnamese in `translations/vi/LC_MESSAGES/*.po`, all of which are read at
start; what has no translation is said in English.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from workflow.catalog.inputs import input_field
from workflow.clock import VIETNAM
from workflow.engine import Definition, Label, Reason
from workflow.engine.periods import calendar_stretch

LANGUAGES = ("vi", "en")
_FOLDER = Path(__file__).parent / "translations"
_SOON_DAYS = 3
_spoken: ContextVar[str] = ContextVar("language", default="vi")


def language() -> str:
    return _spoken.get()


def speak(chosen: str) -> None:
    """From here on, this request or command speaks `chosen`."""
    _spoken.set(chosen)


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


def choose_language(*wishes: str | None, accepted: str | None = None, default: str = "vi") -> str:
    """The first wish that we speak (account, cookie), else what the browser accepts, else the office's own."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    return accepted if accepted in LANGUAGES else default


# -- texts --------------------------------------------------------------------------------------------------------------


class CatalogueInvalid(ValueError):
    """A line of a .po file that is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a .po file: `forms` are its translations, one for each plural form."""

    message: str
    plural: str | None
    forms: tuple[str, ...]


_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr)(?:\[(\d)\])? )?(".*")')


def read_po(text: str, file: str) -> Iterator[Entry]:
    """The translated messages of a .po file, its header left out; CatalogueInvalid names file and line."""
    parts: dict[str, str] = {}
    key = ""
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise CatalogueInvalid(f"{file}:{number}: not a line of a .po file")
        word, form, quoted = found.groups()
        if word == "msgid":
            yield from _entry(parts)
            parts = {}
        if word:
            key = f"{word}{form or ''}"
        parts[key] = parts.get(key, "") + json.loads(quoted)


def _entry(parts: Mapping[str, str]) -> Iterator[Entry]:
    forms = tuple(parts[key] for key in ("msgstr", "msgstr0", "msgstr1") if parts.get(key))
    if parts.get("msgid") and forms:
        yield Entry(parts["msgid"], parts.get("msgid_plural"), forms)


@cache
def catalogue(chosen: str) -> Mapping[str, tuple[str, ...]]:
    """Message → translations, of all .po files of a language."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((_FOLDER / chosen / "LC_MESSAGES").glob("*.po")):
        for entry in read_po(path.read_text(encoding="utf-8"), path.name):
            found[entry.message] = entry.forms
    return MappingProxyType(found)


def N_(message: str) -> str:  # noqa: N802  the name that tools which collect messages look for
    """Mark a message that is translated later, where it is shown."""
    return message


def _(message: str, **params: object) -> str:
    """The message in the spoken language, its {names} filled in."""
    forms = catalogue(language()).get(message)
    text = forms[0] if forms else message
    return text.format(**params) if params else text


def ngettext(one: str, many: str, n: int, **params: object) -> str:
    """The same for a counted thing; {n} is filled in. Vietnamese has one form for all counts."""
    forms = catalogue(language()).get(one) or (one, many)
    text = forms[0] if n == 1 else forms[-1]
    return text.format(n=number(n), **params)


def label(text: Label | None) -> str:
    return text.in_language(language()) if text else ""


# -- dates and numbers --------------------------------------------------------------------------------------------------


def day(value: date | datetime | str | None, zone: tzinfo = VIETNAM) -> str:
    """dd/mm/yyyy; a text is a stored date (`YYYY-MM-DD`) or instant; an instant is shown as its local day."""
    if isinstance(value, str) and value:
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if isinstance(value, datetime):
        value = value.astimezone(zone)
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else ""


def clock_time(value: datetime | str | None, zone: tzinfo = VIETNAM) -> str:
    """HH:MM, 24 hours."""
    at = datetime.fromisoformat(value) if isinstance(value, str) and value else value
    return at.astimezone(zone).strftime("%H:%M") if isinstance(at, datetime) else ""


def exact_time(value: datetime, zone: tzinfo = VIETNAM) -> str:
    """HH:MM:SS, for what happened within one minute."""
    return value.astimezone(zone).strftime("%H:%M:%S")


def moment(value: datetime | str | None, zone: tzinfo = VIETNAM) -> str:
    """dd/mm/yyyy HH:MM."""
    return f"{day(value, zone)} {clock_time(value, zone)}".strip()


def period_words(name: str) -> str:
    """A period's name as people say it: 2026-Q3 is quý III năm 2026. What names none stays as it is."""
    stretch = calendar_stretch(name)
    return label(stretch.label) if stretch else name


def number(value: Decimal | float | str | None, places: int | None = None) -> str:
    """1.234.567,5 in Vietnamese, 1,234,567.5 in English."""
    if value is None or value == "":
        return ""
    exact = Decimal(str(value))
    text = f"{exact:,.{places}f}" if places is not None else f"{exact:,f}"
    return text if language() == "en" else text.translate(str.maketrans(",.", ".,"))


def typable(value: Decimal | float | str | None) -> str:
    """The same as it may stand in a box of a form: read back, it is this number in whatever language."""
    if value is None or value == "":
        return ""
    whole, _dot, fraction = f"{Decimal(str(value)):,f}".partition(".")
    # One group alone, 1.234, could be a decimal as well.
    grouped = whole.replace(",", "." if fraction or whole.count(",") > 1 else "")
    return f"{grouped},{fraction}" if fraction else grouped


def percent(value: Decimal | float | str | None, places: int | None = None) -> str:
    text = number(value, places)
    return f"{text}{'%' if language() == 'en' else ' %'}" if text else ""


# -- deadlines ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueCue:
    """What a due chip shows: never by colour alone. `tone` is late, soon, calm or done."""

    day: str
    tone: str
    icon: str
    text: str


@lru_cache(maxsize=4096)
def last_day(due_at: datetime, zone: tzinfo = VIETNAM) -> date:
    """The last day that is in time; `due_at` is the first instant that is too late."""
    return (due_at - timedelta(microseconds=1)).astimezone(zone).date()


def due_cue(
    due_at: datetime | None, now: datetime, closed_at: datetime | None = None, zone: tzinfo = VIETNAM
) -> DueCue | None:
    """How a deadline stands at `now`; frozen at `closed_at` once the item is done. None where there is no deadline."""
    if due_at is None:
        return None
    last = last_day(due_at, zone)
    if closed_at is not None:
        shown = day(last)
        over = (closed_at.astimezone(zone).date() - last).days
        if closed_at < due_at:
            return DueCue(shown, "done", "circle-check", _("on time"))
        return DueCue(shown, "late", "circle-check", ngettext("{n} day late", "{n} days late", max(over, 1)))
    return _open_cue(last, (last - now.astimezone(zone).date()).days, now >= due_at, language())


@lru_cache(maxsize=4096)
def _open_cue(last: date, left: int, past: bool, spoken: str) -> DueCue:  # noqa: ARG001, FBT001  all of it is the key
    if past:
        return DueCue(
            day(last), "late", "alert-triangle", ngettext("{n} day overdue", "{n} days overdue", max(-left, 1))
        )
    if left == 0:
        return DueCue(day(last), "soon", "clock", _("due today"))
    tone = "soon" if left <= _SOON_DAYS else "calm"
    return DueCue(day(last), tone, "clock", ngettext("{n} day left", "{n} days left", left))


# -- reasons ------------------------------------------------------------------------------------------------------------

REASONS: Mapping[str, str] = MappingProxyType(
    {
        # the state of the item
        "not_from_here": N_("“{move}” is not possible while the item is “{state}”."),
        "final_state": N_("The item is closed (“{state}”); nothing more can be done with it."),
        "request_open": N_("“{move}” has been proposed already and waits for approval."),
        "no_open_request": N_("Nobody has proposed “{move}”, or it has been decided already."),
        "already_voted": N_("You have given your opinion on this proposal already."),
        "not_voted": N_("You have given no opinion that could be withdrawn."),
        # authority
        "wrong_unit": N_("This item belongs to {unit}, not to your unit. It is for: {may}."),
        "delegation_needed": N_(
            "A deputy, or whoever acts for somebody else, may do this only under a written delegation that is in force."
        ),
        "delegation_outside": N_("What was delegated to you does not cover this item."),
        "delegation_expired": N_("The delegation ({document}) is over since {at}; ask for a new one in writing."),
        "delegation_not_begun": N_("The delegation ({document}) is in force from {at} only."),
        "delegation_chain": N_("What was delegated to somebody cannot be delegated on."),
        "outside_area": N_("This item lies outside the areas assigned to you. It is for: {may}."),
        "not_permitted": N_("You are not permitted to do this. It is for: {may}."),
        "self_review": N_("You did “{moves}” yourself on this item, so somebody else must do this step."),
        "same_unit": N_("Your unit did “{moves}” on this item, so somebody outside the unit must do this step."),
        "voted_in_other_step": N_(
            "You gave your opinion in another step of this approval; each step needs other people."
        ),
        "not_proposer": N_("Only the person who made the proposal may take it back."),
        "gate_impossible": N_("Nobody is left who may approve this proposal; ask the Chairman to direct it."),
        # preconditions
        "frozen": N_("“{field}” can no longer be changed while the item is “{state}”."),
        "condition_failed": N_("A condition of this step is not met."),
        "wrong_parent": N_("An item of this kind cannot be opened under that one."),
        "parent_needed": N_("An item of this kind is opened from the task that it belongs to."),
        "workflow_missing": N_("The workflow “{workflow}”, which this step opens, has not been published."),
        "move_unknown": N_("This item knows no step “{move}”."),
        "signalled_twice": N_("One act would make two steps of this item; make them one after the other."),
        "signals_too_deep": N_("Too many items would be changed at once, one through the other."),
        # another edition of the workflow
        "no_home": N_("“{state}” has no place in version {version}."),
        "field_lost": N_("The value of “{field}” would be lost in version {version}."),
        "value_unfit": N_("The value of “{field}” does not fit version {version}."),
        "finality_changes": N_("It would be opened or closed by the change of version (“{state}” to “{to}”)."),
        "lateness_changes": N_("Its being late would begin or end by the change of version (“{state}” to “{to}”)."),
        "request_lost": N_("The open proposal “{move}” would not stand in version {version}; decide it first."),
        # inputs
        "input_missing": N_("Please fill in “{field}”."),
        "unknown_input": N_("“{field}” is no field of this step."),
        "unknown_field": N_("“{field}” is no field of this step."),
        "file_unknown": N_("A file named in “{field}” was not uploaded to this item; please attach it again."),
        "not_text": N_("“{field}” must be text."),
        "too_long": N_("“{field}” is too long: {limit} characters at most."),
        "too_short": N_("“{field}” is too short: {minimum} characters at least."),
        "too_few": N_("“{field}”: {minimum} at least."),
        "control_character": N_("“{field}” holds a hidden character ({character}); please type it again."),
        "pattern": N_("“{value}” is not of the form that “{field}” asks for."),
        "not_an_address": N_("“{field}” must be an e-mail address, for instance name@example.vn."),
        "not_a_number": N_("“{field}” must be a number, for instance 1.234,5."),
        "not_a_whole_number": N_("“{field}” must be a whole number."),
        "number_too_long": N_("“{field}” has too many digits: {digits} at most, {places} after the comma."),
        "ambiguous_number": N_("“{field}”: {value} can be read in two ways. Write {grouped} or {decimal}."),
        "below_minimum": N_("“{field}” must be {minimum} or more."),
        "above_maximum": N_("“{field}” must be {maximum} or less."),
        "not_a_date": N_("“{field}” must be a date: day/month/year, for instance 30/06/2026."),
        "instant_ahead": N_(
            "“{field}”: {value} lies in the future; how things stand then nobody knows yet. Give a time that is not after now."
        ),
        "not_an_instant": N_("“{field}”: “{value}” is no date with a time. Write for instance 30/06/2026 08:00."),
        "not_a_boolean": N_("“{field}” must be yes or no."),
        "not_a_choice": N_("“{value}” is none of the choices for “{field}”."),
        "no_such_person": N_("“{field}”: there is nobody with the login “{value}”."),
        "no_such_unit": N_("“{field}”: there is no unit “{value}”."),
        "not_an_attachment": N_("“{field}” must name attached files."),
        "too_many": N_("“{field}”: {limit} at most."),
        "part_above_whole": N_("“{field}”: {numerator} of {denominator} is more than the whole."),
        "not_figures": N_("“{field}” must be a table of figures."),
        "sheet_without_head": N_("“{field}”: the sheet has no row of headings with these: {value}."),
        "no_such_indicator": N_("there is no indicator “{value}”. Did you mean “{nearest}”?"),
        "indicator_twice": N_("the indicator “{value}” stands in the sheet twice."),
        "figures_unsound": N_("“{field}”: the figure of {indicator} cannot be right."),
        "mandate_missing": N_("No mandate of an auditor has been recorded for you; ask the system administrator."),
        "mandate_to_come": N_("Your mandate as an auditor ({document}) begins {at}; you can sign in from then on."),
        "mandate_over": N_("The mandate ({document}) is over since {at}; reading on needs a new written act."),
        "mandate_narrow": N_("Your mandate ({act}) covers a part of the office's work only, not the whole log."),
        "key_known": N_("This key is entered in the log already."),
        "mandate_without_private": N_("Your mandate ({act}) does not cover private texts; take the log without them."),
        "mandate_twice": N_("“{field}”: another mandate of the same person is in force during that time."),
        "mandate_too_long": N_("“{field}”: a mandate lasts four hundred days at most."),
        "auditor_has_posts": N_("“{field}”: who inspects the office holds no other post in it; this person is: {may}."),
        "last_administrator": N_("Nobody else administers the office; give somebody else that post first."),
        "reads_only": N_("Who inspects the office reads its work and adds nothing to it."),
        "account_locked": N_("The account of whoever asked for this is locked."),
        # past the workflow
        "no_such_state": N_("The workflow has no state “{value}”."),
        "already_there": N_("The item is “{state}” already."),
        "override_open": N_("The Chairman has been asked about this item already and has not decided yet."),
        "override_decided": N_("This has been decided already."),
        "override_outdated": N_(
            "The item has moved on since this was asked and is “{state}” now; it must be asked anew."
        ),
        # erasing private text
        "redaction_unknown": N_("There is no private text “{name}” in entry {n}, or it is erased already."),
        "redaction_open": N_("The Chairman has been asked about this text already and has not decided yet."),
        "redaction_decided": N_("This has been decided already."),
        "ground_too_long": N_("The legal ground may have {most} characters at most."),
        # reporting periods
        "calendar_year_missing": N_("The calendar has no data for {year}; that year's days off must be entered first."),
        # working calendars
        "calendar_year_known": N_("The days off of {year} are entered already."),
        "hours_out_of_order": N_("Working hours stand in the order of the day, for instance 07:00-11:30 13:30-17:00."),
        "year_out_of_range": N_("The year must lie between {first} and {last}."),
        # documents
        "directive_known": N_("This document has been entered already: {title}."),
        "nothing_to_import": N_("Nothing of the document is left to be entered."),
        "obligation_twice": N_("The document names {value} twice."),
        # delegations
        "receiver_is_giver": N_("Nobody can be his own substitute; choose somebody else."),
        "receiver_of_other_unit": N_("The head of a unit delegates within it: choose somebody of {unit}."),
        "receiver_stands_apart": N_("The auditor and the system administrator take no part in the office's business."),
        "ends_before_start": N_("The last day lies before the first."),
        "end_in_past": N_("The last day is over already."),
        "period_too_long": N_("A delegation lasts a year at most."),
        # calls and commands
        "purpose_unserved": N_(
            "No workflow of this office is for this. A workflow is, once its file says “purpose: {purpose}” and is published."
        ),
        "not_found": N_("“{name}” does not exist, or it is not for you."),
        "no_such_name": N_("There is no “{name}” here. Did you mean “{nearest}”?"),
        "stale": N_("The item was changed meanwhile: you saw version {seen}, it is at version {current} now."),
        "version_missing": N_("Please say in If-Match which version of the item you looked at."),
        "key_reused": N_("This request key was used for another request."),
        "key_too_long": N_("A request key has {limit} characters at most."),
        "twin_running": N_("The same request is still being carried out; please ask again in a moment."),
        "busy": N_("The database is busy; nothing was written. Please try again in a moment."),
        "half_restored": N_(
            "A backup is being brought back into this database, or that was broken off: it is no office yet."
            " Wait for its end, or run again: dondoc restore FOLDER"
        ),
        "not_signed_in": N_("Please send a token that is in force: “Authorization: Bearer …”."),
        "scope_needed": N_("This token lacks the scope “{scope}”."),
        "too_many_requests": N_("Too many requests in a short time; please wait {seconds} seconds."),
        "too_large": N_("Too large: {limit} bytes at most."),
        "type_refused": N_("The file “{name}” is not accepted: PDF, Word (docx), Excel (xlsx), PNG and JPG are."),
        "definition_invalid": N_("The workflow file has faults: {findings}"),
        "unknown_key": N_("“{field}” is not known here."),
        "not_json": N_("The body must be one JSON object in UTF-8 (Content-Type: application/json)."),
        "not_an_object": N_("“{field}” must be an object."),
        "not_a_list": N_("“{field}” must be a list."),
        "broken": N_(
            "This step failed because of a fault in the system; nothing of it was done. The server's log says more."
        ),
        "not_bulk": N_("This step cannot be made for several items at once."),
        "cursor_invalid": N_("The cursor is none that a page of this list gave out."),
        "not_possible": N_("This address cannot be asked for in this way."),
        "not_understood": N_("The request could not be understood."),
        "fault": N_("Something went wrong on our side; the administrator finds it under number {request}."),
        # accounts
        "password_too_short": N_(
            "The password needs at least {minimum} characters; a short sentence is easy to remember."
        ),
        "password_too_long": N_("The password is too long: {limit} characters at most."),
        "password_common": N_("This password is easy to guess; please choose another."),
        "login_taken": N_("The login “{login}” is taken already."),
        "login_not_plain": N_("A login has 2 to 64 small letters, digits, dots and hyphens, for instance officer.kt."),
        "post_needs_unit": N_("Please choose the unit in which this post is held."),
        "scope_missing": N_("Please choose at least one scope: {known}."),
    }
)
"""A sentence for each code, in English as the key of its translation."""

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "chairman": N_("the Chairman"),
        "vice_chairman": N_("the Vice Chairman in charge"),
        "office_chief": N_("the Chief of Office"),
        "consolidator": N_("the consolidating officer"),
        "clerk": N_("the records clerk"),
        "auditor": N_("the auditor"),
        "admin": N_("the system administrator"),
        "system": N_("the system itself"),
        "unit_head": N_("the head of the unit"),
        "unit_deputy": N_("a deputy under a delegation"),
        "officer": N_("an officer of the unit"),
        "creator": N_("whoever created the item"),
    }
)


def role_name(word: str, definition: Definition | None = None) -> str:
    """One word of a `by`, as people say it: an office, a post, a field that names a person, who did a step last."""
    if word in ROLES:
        return _(ROLES[word])
    if word.startswith("last(") and definition:
        return _("whoever did “{move}”", move=_move(word[5:-1], definition))
    post, bracket, field = word.rstrip(")").partition("(")
    if bracket and post in ROLES:
        return _("{post} of the unit in “{field}”", post=_(ROLES[post]), field=_field(field, definition))
    return _("the person in “{field}”", field=_field(word, definition))


def reason_sentence(
    reason: Reason,
    chosen: str | None = None,
    definition: Definition | None = None,
    unit_name: Callable[[str], str] = str,
) -> str:
    """The definition's own sentence where it has one, else ours for the code; `unit_name` tells a unit from its id.

    The reason of another item than the one asked about begins with that item's code and speaks that item's words.
    """
    with speaking(chosen or language()):
        words = _sentence(reason, reason.of or definition, unit_name)
        if "cell" in reason.params:
            words = _("Cell {cell}: {sentence}", cell=reason.params["cell"], sentence=words)
        return f"{reason.params['item']}: {words}" if reason.of else words


def _sentence(reason: Reason, definition: Definition | None, unit_name: Callable[[str], str]) -> str:
    if reason.sentence is not None:
        return label(reason.sentence)
    params = {key: _said(key, value, definition, unit_name) for key, value in reason.params.items()}
    try:
        return _(REASONS[reason.code], **params)
    except KeyError:
        # A code or parameter that this release has no words for is still told as it is, never as an error.
        return f"{reason.code} {dict(reason.params)}"


def _said(key: str, value: object, definition: Definition | None, unit_name: Callable[[str], str]) -> str:
    text = str(value)
    if key == "move":
        return _move(text, definition)
    if key == "moves":
        return _list(_move(name, definition) for name in text.split(", "))
    if key == "may":
        return _list(role_name(word, definition) for word in text.split(", ") if word)
    if key in ("state", "to") and definition and text in definition.states:
        return label(definition.states[text].label)
    if key == "field":
        return _field(text, definition)
    if key == "unit":
        return unit_name(text)
    if key == "at":
        return moment(text)
    return number(text) if key in ("limit", "most", "minimum") and text.isdecimal() else text


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _move(name: str, definition: Definition | None) -> str:
    if name == "proposer":
        return _("propose")
    found = definition.transitions.get(name) if definition else None
    return label(found.label) if found else name


def _field(name: str, definition: Definition | None) -> str:
    found = input_field(definition, name) if definition else None
    return label(found.label) if found else name
