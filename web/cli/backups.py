"""A backup is made while work goes on, and brought back into an empty place."""

import shutil
from functools import partial
from pathlib import Path

import click

from web.cli.db import granting, prepare
from web.cli.shell import (
    UNREACHABLE,
    WRONG,
    Desk,
    SpokenCommand,
    desk,
    given_settings,
    open_desk,
    option,
    say,
    say_fault,
    sqlite_file,
)
from web.i18n import N_, _, moment
from web.settings import Settings
from workflow.persistence import open_owner_engine, redaction_list
from workflow.persistence.backup import DATABASE, BackupBroken, copy_out
from workflow.persistence.engine import closed_after
from workflow.persistence.migrations import current
from workflow.persistence.redactions import Redaction
from workflow.persistence.restoration import fill, is_half_restored
from workflow.persistence.turns import turn
from workflow.services import backups
from workflow.services.backups import Manifest
from workflow.values import replace

_RESTORING = "restoring"
_TURN = "restore"


@click.command(
    cls=SpokenCommand, help=N_("Copy database and uploaded files into a folder, verified, while work goes on. No keys.")
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
def backup(folder: Path) -> None:
    at = desk()
    if folder.exists():
        raise click.UsageError(_("{file} exists already.", file=folder))
    with closed_after(open_owner_engine(_owners_url(at.settings))) as engine:
        try:
            made = backups.make(at.office, partial(copy_out, engine), folder)
        except BackupBroken as fault:
            say_fault(_("The log in the copy does not hold, so no backup was made: {what}", what=fault))
            raise click.exceptions.Exit(WRONG) from None
    say(
        _(
            "Backed up and verified: {folder} ({entries} entries of the log, {files} files). The keys are kept elsewhere.",
            folder=folder,
            entries=made.entries,
            files=made.files,
        )
    )


@click.command(
    cls=SpokenCommand,
    help=N_(
        "Bring a backup back into an empty place: verified, texts erased since then erased again, nobody signed in."
    ),
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@option(
    "--redactions",
    "lists",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=N_("A later list of erased texts, or the newer SQLite database that knows them; any number."),
)
def restore(folder: Path, lists: tuple[Path, ...]) -> None:
    settings = given_settings()
    try:
        manifest = backups.looked_at(folder)
        gone = _gone(settings, folder, lists)
    except (BackupBroken, ValueError) as fault:
        say_fault(_("This backup is not brought back: {what}", what=fault))
        raise click.exceptions.Exit(WRONG) from None
    _check_kind(settings, manifest)
    settings.data.mkdir(parents=True, exist_ok=True)
    with closed_after(open_owner_engine(_owners_url(settings))) as owner, turn(owner, _TURN) as mine:
        if not mine:
            say_fault(_("Another restore is at work here."))
            raise click.exceptions.Exit(UNREACHABLE)
        _check_place(settings)
        work = _working_place(settings)
        _fill(work, manifest, folder)
        at = open_desk(work, fitness=_unasked)
        restored = backups.revive(at.office, manifest, folder, gone.values())
        _move_in(at, settings)
    made_at = moment(manifest.made_at, settings.zone)
    say(
        _(
            "Restored the backup of {moment}: {entries} entries of the log, {files} files, {erased} texts erased again.",
            moment=made_at,
            entries=restored.entries,
            files=restored.files,
            erased=restored.erased,
        )
    )
    say(_("Nobody is signed in and no token holds. Passwords, posts and locks are those of that time: look them over."))
    say(_("Then: dondoc audit replay, dondoc doctor."))


def _gone(settings: Settings, folder: Path, lists: tuple[Path, ...]) -> dict[tuple[str, int, str], Redaction]:
    """Every erased text that any list knows: beside the backup, in the data folder, and those named."""
    beside = (folder.resolve().parent / redaction_list.FILE, settings.data / redaction_list.FILE)
    found = [one for file in (*beside, *lists) for one in _read(file)]
    if not any(file.exists() for file in (*beside, *lists)):
        say_fault(_("No list of erased texts was found: what was erased after the backup will be back."))
    return {(one.stream, one.n, one.field): one for one in found}


def _read(file: Path) -> tuple[Redaction, ...]:
    if not file.exists():
        return ()
    with file.open("rb") as content:
        is_database = content.read(15) == b"SQLite format 3"
    return redaction_list.of_database(file) if is_database else redaction_list.read(file)


def _owners_url(settings: Settings) -> str:
    return settings.owner_database_url or settings.database_url


def _check_kind(settings: Settings, manifest: Manifest) -> None:
    if manifest.kind != ("sqlite" if sqlite_file(settings) else "postgresql"):
        raise click.UsageError(_("This is the backup of another kind of database: {kind}.", kind=manifest.kind))


def _check_place(settings: Settings) -> None:
    """Nothing may be there yet but what a restore left that did not come to its end."""
    if _is_taken(settings):
        say_fault(_("There is an office already; a backup is brought back into an empty place."))
        raise click.exceptions.Exit(UNREACHABLE)
    if file := sqlite_file(settings):
        _check_surroundings(file)


def _check_surroundings(file: Path) -> None:
    """What another database of that name left beside it would be read into the restored one."""
    for left in (file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-journal")):
        if left.exists():
            say_fault(
                _(
                    "{file} was left behind by another database. Take it to that one: here it would be read in.",
                    file=left,
                )
            )
            raise click.exceptions.Exit(UNREACHABLE)


def _is_taken(settings: Settings) -> bool:
    file = sqlite_file(settings)
    if file is not None:
        return file.exists()
    with closed_after(open_owner_engine(_owners_url(settings))) as engine:
        return current(engine) is not None and not is_half_restored(engine)


def _working_place(settings: Settings) -> Settings:
    """Where the database lies until it is fit to live in: a command that was killed leaves no office behind."""
    if sqlite_file(settings) is None:
        return settings
    half = settings.data / _RESTORING
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    return replace(settings, database_url=f"sqlite:///{half.resolve()}/dondoc.sqlite")


def _fill(work: Settings, manifest: Manifest, folder: Path) -> None:
    file = sqlite_file(work)
    if file is None:
        with closed_after(open_owner_engine(_owners_url(work))) as engine:
            fill(engine, folder, manifest.revision, granting(work))
    else:
        shutil.copyfile(folder / DATABASE, file)
        prepare(work)


def _unasked(_engine: object) -> None:
    """Whoever brings a backup back works in a database that is not fit for others yet."""


def _move_in(at: Desk, settings: Settings) -> None:
    at.close()
    file, final = sqlite_file(at.settings), sqlite_file(settings)
    if file is not None and final is not None:
        file.rename(final)
        shutil.rmtree(file.parent)
