"""The database and what surrounds it: set up, back up, look after."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

from web import wiring
from web.cli.shell import (
    WRONG,
    Desk,
    SpokenCommand,
    as_json,
    caller_of,
    database_is_there,
    finding_text,
    given_settings,
    open_desk,
    say,
    say_fault,
    say_json,
    sqlite_file,
    taken,
)
from web.i18n import N_, _, ngettext
from web.settings import Settings
from workflow.engine.events import instant_of
from workflow.persistence import open_owner_engine
from workflow.persistence.backup import back_up
from workflow.persistence.migrations import current, newest, upgrade
from workflow.services import passwords, people
from workflow.services.publishing import publish

_STALE = timedelta(minutes=2)
_LITTLE = 500 * 1024 * 1024


def prepare(settings: Settings) -> None:
    """The data folder and the schema that this release needs; safe to repeat."""
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = open_owner_engine(settings.owner_database_url or settings.database_url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


@click.command(
    cls=SpokenCommand,
    help=N_("Set the office up or bring it up to date: schema, workflows, organisation. Safe to repeat."),
)
def init() -> None:
    settings = given_settings()
    prepare(settings)
    say(_("Database: {where}", where=_where(settings)))
    at = open_desk(settings)
    _publish_shipped(at)
    _seed(at)


def _where(settings: Settings) -> str:
    path = sqlite_file(settings)
    return str(path) if path else settings.database_url.rpartition("@")[2]


def _publish_shipped(at: Desk) -> None:
    house = caller_of(at.office, None)
    for report in wiring.shipped().workflows.values():
        with at.office.read() as uow:
            known = {one.workflow: one.version for one in uow.definitions.latest()}
        found = report.definition
        if found is not None and known.get(found.workflow, 0) > found.version:
            # The office went its own way: its newer edition stays.
            continue
        made = taken(publish(at.office, house, report.source, Path(report.file).name, report.scenarios))
        for warning in made.findings:
            say_fault(finding_text(warning))
        if made.fresh:
            version = made.definition.version
            say(_("Published: {name}, version {version}.", name=made.definition.workflow, version=version))


def _seed(at: Desk) -> None:
    """The organisation file fills an empty office; from then on the database rules."""
    with at.office.read() as uow:
        if uow.people.all():
            return
    organisation = wiring.organisation()
    if organisation is None:
        return
    password = passwords.generated()
    seeded = taken(
        people.seed_organisation(at.office, caller_of(at.office, None), organisation, passwords.hash_of(password))
    )
    say(_("Added: {units} units, {people} accounts.", units=seeded.units, people=seeded.people))
    with at.office.read() as uow:
        say(", ".join(person.login for person in uow.people.all()))
    say(_("First password of all of them, shown only now: {password}", password=password))
    say(_("Give each person one of his own: dondoc user password LOGIN"))


@click.command(cls=SpokenCommand, help=N_("Copy the database into a file, whole, while work goes on."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
def backup(file: Path) -> None:
    settings = given_settings()
    if file.exists():
        raise click.UsageError(_("{file} exists already.", file=file))
    if sqlite_file(settings) is None:
        raise click.UsageError(_("A PostgreSQL database is backed up with pg_dump."))
    if not database_is_there(settings):
        raise click.UsageError(
            _("There is no office in {folder}. Run: dondoc init, or: dondoc demo", folder=settings.data)
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = open_owner_engine(settings.database_url)
    try:
        back_up(engine, file)
    finally:
        engine.dispose()
    say(
        _(
            "Backed up: {file} ({size} KB). Attachments lie in {folder}.",
            file=file,
            size=file.stat().st_size // 1024,
            folder=settings.files,
        )
    )


# -- doctor -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing looked at: `name` for programs, `text` for people."""

    name: str
    well: bool
    text: str


@click.command(
    cls=SpokenCommand, help=N_("Look at everything the office needs: database, schema, clock, calendar, disk.")
)
@as_json
def doctor(as_json: bool) -> None:  # noqa: FBT001  click's
    settings = given_settings()
    signs = list(_signs(settings))
    if as_json:
        say_json([{"name": sign.name, "ok": sign.well, "text": sign.text} for sign in signs])
    else:
        for sign in signs:
            say(f"{'✓' if sign.well else '✗'} {sign.text}")
    if not all(sign.well for sign in signs):
        raise click.exceptions.Exit(WRONG)


def _signs(settings: Settings) -> Iterator[Sign]:
    if not database_is_there(settings):
        yield Sign("database", well=False, text=_("The database is not set up. Run: dondoc init"))
    else:
        yield from _of_database(settings)
    yield _disk(settings)


def _of_database(settings: Settings) -> Iterator[Sign]:
    at = open_desk(settings)
    engine = open_owner_engine(settings.database_url)
    try:
        has, needs = current(engine), newest()
    except Exception as fault:  # noqa: BLE001  whatever it is, the database is out of reach
        yield Sign("database", well=False, text=_("The database is out of reach: {what}", what=type(fault).__name__))
        return
    finally:
        engine.dispose()
    yield Sign("database", well=True, text=_("Database: {where}", where=_where(settings)))
    if has != needs:
        yield Sign(
            "schema",
            well=False,
            text=_("The schema is {has}, this release needs {needs}. Run: dondoc init", has=has, needs=needs),
        )
        return
    yield Sign("schema", well=True, text=_("Schema: {revision}", revision=has))
    yield _clock(at)
    yield from _calendar(at)


def _clock(at: Desk) -> Sign:
    with at.office.read() as uow:
        beat = uow.settings.find(wiring.HEARTBEAT)
    if beat is None:
        return Sign("clock", well=False, text=_("The clock has never run. Run: dondoc serve, or: dondoc clock"))
    age = at.office.clock.now() - instant_of(beat)
    minutes = max(0, int(age.total_seconds() // 60))
    text = ngettext("The clock ran {n} minute ago.", "The clock ran {n} minutes ago.", minutes)
    return Sign("clock", well=age < _STALE, text=text)


def _calendar(at: Desk) -> Iterator[Sign]:
    year = at.office.clock.now().astimezone(at.settings.zone).year + 1
    for name, calendar in at.office.calendars.items():
        well = year in calendar.years
        text = (
            _("Calendar {name} knows {year}.", name=name, year=year)
            if well
            else _("Calendar {name} does not know {year} yet.", name=name, year=year)
        )
        yield Sign("calendar", well=well, text=text)


def _disk(settings: Settings) -> Sign:
    folder = settings.data if settings.data.exists() else Path()
    free = shutil.disk_usage(folder).free
    return Sign("disk", well=free > _LITTLE, text=_("Free on the disk: {size} MB", size=free // (1024 * 1024)))
