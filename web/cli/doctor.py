"""`dondoc doctor`: looks at everything the office stands on, and says of each fault what to do about it."""

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from web import health, i18n, wiring
from web.cli.db import where
from web.cli.shell import (
    WRONG,
    Desk,
    SpokenCommand,
    as_json,
    database_is_there,
    given_settings,
    open_desk,
    say,
    say_json,
)
from web.i18n import N_, _, ngettext, reason_sentence, role_name
from web.problems import reason_of
from web.seals import alarms
from web.settings import Settings
from workflow.engine.definition import OFFICES, SYSTEM, Purpose
from workflow.errors import HalfRestored
from workflow.persistence import UnitOfWork
from workflow.persistence.engine import open_engine
from workflow.persistence.inspection import may_change_the_log, oddities
from workflow.persistence.migrations import current, newest
from workflow.persistence.restoration import is_half_restored
from workflow.queries.condition import load
from workflow.services.auditing import verify_newest
from workflow.services.calendars import missing_years
from workflow.services.sealing import standing

_LITTLE = 500 * 1024 * 1024
_NEWEST_ENTRIES = 500
_MEGABYTE = 1024 * 1024


class Level(StrEnum):
    """`advice` is worth a word and breaks nothing."""

    OK = "ok"
    ADVICE = "advice"
    FAULT = "fault"


_MARKS = {Level.OK: "✓", Level.ADVICE: "!", Level.FAULT: "✗"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing looked at: `name` for programs, `text` for people, with the way out where it is not well."""

    name: str
    level: Level
    text: str


def _well(name: str, text: str) -> Sign:
    return Sign(name, Level.OK, text)


def _fault(name: str, text: str) -> Sign:
    return Sign(name, Level.FAULT, text)


def _advice(name: str, text: str) -> Sign:
    return Sign(name, Level.ADVICE, text)


@click.command(
    cls=SpokenCommand,
    help=N_(
        "Look at everything the office stands on: settings, database, people, folders, clock, calendar, log, mail, disk."
    ),
)
@as_json
def doctor(as_json: bool) -> None:  # noqa: FBT001  click's
    settings = given_settings()
    signs = list(_signs(settings))
    if as_json:
        say_json(
            [
                {"name": sign.name, "ok": sign.level is not Level.FAULT, "level": sign.level.value, "text": sign.text}
                for sign in signs
            ]
        )
    else:
        for sign in signs:
            say(f"{_MARKS[sign.level]} {sign.text}")
    if any(sign.level is Level.FAULT for sign in signs):
        raise click.exceptions.Exit(WRONG)


def _signs(settings: Settings) -> Iterator[Sign]:
    yield from _of_settings(settings)
    if not database_is_there(settings):
        yield _fault("database", _("The database is not set up. Run: dondoc init"))
    else:
        yield from _of_database(settings)
    yield from _of_folders(settings)
    yield from _of_servers(settings)
    yield _disk(settings)


# -- what surrounds the office ------------------------------------------------------------------------------------------


def _of_settings(settings: Settings) -> Iterator[Sign]:
    """What is odd or missing among them has ended the command before; this is what they mean together."""
    if settings.proxy_hops and not settings.https:
        yield _advice(
            "settings",
            _(
                "Behind a proxy DONDOC_BASE_URL should be the public https address: cookies are not “Secure” without it."
            ),
        )
    elif settings.test_clock:
        yield _fault("settings", _("DONDOC_TEST_CLOCK lets rounds of the clock be made at any time. Take it away."))
    else:
        yield _well("settings", _("The settings fit together."))


def _of_folders(settings: Settings) -> Iterator[Sign]:
    for name, folder in (("data", settings.data), ("files", settings.files)):
        if health.can_write(folder):
            yield _well(name, _("Files can be written in {folder}.", folder=folder))
        else:
            yield _fault(
                name, _("No file can be written in {folder}. Give the folder to whoever runs dondoc.", folder=folder)
            )
    for key in sorted(settings.data.glob("*-key")):
        if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield _fault("keys", _("Others can read {file}. Run: chmod 600 {file}", file=key))


def _of_servers(settings: Settings) -> Iterator[Sign]:
    if settings.redis_url is None:
        yield _well("redis", _("No Redis is set: messages and long jobs are seen to by dondoc serve itself."))
    elif health.redis_answers(settings.redis_url):
        yield _well("redis", _("Redis answers."))
    else:
        yield _fault(
            "redis",
            _("Redis does not answer; messages wait and nothing is lost. Start it, or correct DONDOC_REDIS_URL."),
        )
    yield _mail(settings)


def _mail(settings: Settings) -> Sign:
    mailer = wiring.mailer_of(settings)
    if mailer is None:
        return _well("mail", _("No mail server is set: notices stay in the application."))
    try:
        mailer.reach()
    except Exception as fault:  # noqa: BLE001  whatever it is, no letter would go out
        what = f"{type(fault).__name__}: {fault}"[:200]
        return _fault("mail", _("The mail server is out of reach ({what}). Correct DONDOC_MAIL_URL.", what=what))
    return _well("mail", _("The mail server answers."))


def _disk(settings: Settings) -> Sign:
    free = shutil.disk_usage(_standing(settings.data)).free
    text = _("Free on the disk: {size} MB", size=free // _MEGABYTE)
    if free > _LITTLE:
        return _well("disk", text)
    return _fault("disk", text + ". " + _("Make room: without it nothing more can be recorded."))


def _standing(folder: Path) -> Path:
    """The folder, or the nearest one around it that exists."""
    return next(path for path in (folder, *folder.resolve().parents) if path.exists())


# -- the database -------------------------------------------------------------------------------------------------------


def _of_database(settings: Settings) -> Iterator[Sign]:
    engine = open_engine(settings.database_url)
    try:
        has, needs = current(engine), newest()
        yield _well("database", _("Database: {where}", where=where(settings)))
        if has != needs:
            yield _fault(
                "schema", _("The schema is {has}, this release needs {needs}. Run: dondoc init", has=has, needs=needs)
            )
            return
        yield _well("schema", _("Schema: {revision}", revision=has))
        if is_half_restored(engine):
            yield _fault("restored", reason_sentence(reason_of(HalfRestored())))
            return
        for odd in oddities(engine):
            words = {"name": odd.name, "found": odd.found, "wanted": odd.wanted}
            yield _fault("database_settings", _("The database has {name} = {found}; it must be {wanted}.", **words))
        yield _role(settings, may_change=may_change_the_log(engine))
    except Exception as fault:  # noqa: BLE001  whatever it is, the database is out of reach
        what = f"{type(fault).__name__}: {fault}".partition("\n")[0][:200]
        yield _fault("database", _("The database is out of reach: {what}", what=what))
        return
    finally:
        engine.dispose()
    yield from _of_office(open_desk(settings))


def _role(settings: Settings, *, may_change: bool) -> Sign:
    if not may_change:
        return _well("database_role", _("The program itself cannot change what was logged."))
    if settings.owner_database_url is None:
        return _advice(
            "database_role",
            _(
                "One role owns the database and works in it. Give migrations a role of their own: DONDOC_OWNER_DATABASE_URL."
            ),
        )
    return _fault(
        "database_role",
        _("The role of DONDOC_DATABASE_URL could change what was logged. Run: dondoc init, as the owner."),
    )


def _of_office(at: Desk) -> Iterator[Sign]:
    questions: tuple[Callable[[Desk, UnitOfWork], Iterator[Sign]], ...] = (_people, _purposes, _clock, _messages)
    with at.office.read() as uow:
        found = [sign for question in questions for sign in question(at, uow)]
    yield from found
    yield from _calendars(at)
    yield _log(at)
    yield _seals(at)


def _seals(at: Desk) -> Sign:
    now = at.office.clock.now()
    with at.office.read() as uow:
        found = standing(uow)
    told = alarms(found, now)
    if told:
        return _fault("seals", " ".join(told))
    if found.signed_at is None:
        return _advice("seals", _("Nothing of the log is signed yet."))
    return _well("seals", _("The log is signed up to entry {n}.", n=found.signed_size))


def _people(at: Desk, uow: UnitOfWork) -> Iterator[Sign]:
    """Posts without which work waits for nobody: each office that a workflow in force names, a head for each unit in the lead."""
    directory = uow.people.directory(at.office.clock.now())
    offices = sorted(_offices_named(at, uow) | {"admin"})
    wanted: list[tuple[str, str | None, str]] = [(word, None, "") for word in offices]
    wanted += [("unit_head", unit.id, i18n.label(unit.name)) for unit in uow.people.units() if unit.reports]
    empty = [
        f"{role_name(role)} – {name}" if name else role_name(role)
        for role, unit, name in wanted
        if not directory.holders(role, unit, None)
    ]
    if empty:
        text = _("Nobody holds these posts: {posts}. Give them at /admin/people.", posts="; ".join(empty))
        yield _fault("people", text)
    else:
        yield _well("people", _("Every post that work can wait for is held."))


def _offices_named(at: Desk, uow: UnitOfWork) -> set[str]:
    waits = (state.waits_on for one in at.office.editions.all_latest(uow) for state in one.states.values())
    return {who.name for who in waits if who and who.name in OFFICES - {SYSTEM}}


def _purposes(at: Desk, uow: UnitOfWork) -> Iterator[Sign]:
    """Purposes without a workflow: the office wants none, or has not brought its own up to date."""
    empty = [one.value for one in Purpose if at.office.editions.find_serving(one, uow) is None]
    if empty:
        text = _(
            "No workflow is for: {purposes}. Run: dondoc init, or write the line “purpose: …” into yours and publish it.",
            purposes=", ".join(empty),
        )
        yield _advice("purposes", text)
    else:
        yield _well("purposes", _("Each purpose has its workflow."))


def _clock(at: Desk, uow: UnitOfWork) -> Iterator[Sign]:
    age = health.clock_age(uow, at.office.clock.now())
    if age is None:
        yield _fault("clock", _("The clock has never run. Run: dondoc serve, or: dondoc clock"))
        return
    minutes = max(0, int(age.total_seconds() // 60))
    text = ngettext("The clock ran {n} minute ago.", "The clock ran {n} minutes ago.", minutes)
    if age < health.CLOCK_IS_OLD:
        yield _well("clock", text)
    else:
        yield _fault("clock", text + " " + _("Nothing falls due meanwhile. Run: dondoc serve, or: dondoc clock"))


def _messages(_at: Desk, uow: UnitOfWork) -> Iterator[Sign]:
    found = load(uow)
    if found.buried:
        text = ngettext("{n} message was given up.", "{n} messages were given up.", found.buried)
        yield _fault("messages", text + " " + _("Look at them at /admin/messages: try again, or discard."))
    else:
        waiting = ngettext("{n} message waits to leave.", "{n} messages wait to leave.", found.waiting)
        yield _well("messages", waiting)


def _calendars(at: Desk) -> Iterator[Sign]:
    missing = missing_years(at.office)
    for one in missing:
        words: dict[str, Any] = {"name": one.calendar, "year": one.year}
        yield _fault(
            "calendar", _("Calendar {name} does not know {year} yet. Enter its days off at /admin/calendars.", **words)
        )
    if not missing:
        names = ", ".join(sorted(at.office.calendars))
        yield _well("calendar", _("The calendars know the years that are needed: {names}.", names=names))


def _log(at: Desk) -> Sign:
    found = verify_newest(at.office, _NEWEST_ENTRIES)
    if found.first_bad is None:
        text = ngettext(
            "The log holds: {n} entry was checked.", "The log holds: {n} entries were checked.", found.count
        )
        return _well("log", text)
    what = found.first_bad.in_language(i18n.language())
    return _fault(
        "log", _("The log does not hold: {what} Keep a copy of the database and run: dondoc audit verify", what=what)
    )
