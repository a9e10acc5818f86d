"""The database and what surrounds it: set up, back up, look after."""

from collections.abc import Iterator
from pathlib import Path

import click

from web import wiring
from web.cli.shell import (
    Desk,
    SpokenCommand,
    caller_of,
    finding_text,
    given_settings,
    open_desk,
    say,
    say_fault,
    sqlite_file,
    taken,
)
from web.i18n import N_, _
from web.settings import Settings
from workflow.persistence import open_owner_engine
from workflow.persistence.engine import closed_after
from workflow.persistence.migrations import upgrade
from workflow.persistence.roles import Grant, grant, grant_to_redactor, grant_to_sealer, grant_to_signer, role_of
from workflow.services import passwords, people
from workflow.services.publishing import publish


def prepare(settings: Settings) -> None:
    """The data folder, the schema that this release needs, and what each role may do in it; safe to repeat."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with closed_after(open_owner_engine(settings.owner_database_url or settings.database_url)) as engine:
        upgrade(engine)
        for grant_to, role in granting(settings):
            grant_to(engine, role)


def granting(settings: Settings) -> Iterator[tuple[Grant, str]]:
    """What each role of these settings may do, where the owner of the schema is another one."""
    owner = role_of(settings.owner_database_url) if settings.owner_database_url else None
    roles: tuple[tuple[Grant, str | None], ...] = (
        (grant, settings.database_url),
        (grant_to_redactor, settings.redactor_database_url),
        (grant_to_sealer, settings.sealer_database_url),
        (grant_to_signer, settings.signer_database_url),
    )
    for grant_to, url in roles:
        role = role_of(url) if url else None
        if owner is not None and role is not None and role != owner:
            yield grant_to, role


@click.command(
    cls=SpokenCommand,
    help=N_("Set the office up or bring it up to date: schema, workflows, organisation. Safe to repeat."),
)
def init() -> None:
    settings = given_settings()
    prepare(settings)
    say(_("Database: {where}", where=where(settings)))
    at = open_desk(settings)
    _publish_shipped(at)
    _seed(at)


def where(settings: Settings) -> str:
    """Which database that is, without the secret of its address."""
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
