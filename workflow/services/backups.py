"""Backups that were verified when they were made, and what must happen before an office lives on one of them.

A backup is a folder: the copy of the database, the uploaded files, a manifest. No key is in it. Beside the backups lies the
list of erased texts: whichever copy is brought back, they are erased in it again.
"""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workflow.audit import Verification
from workflow.engine import SYSTEM_ACTOR
from workflow.engine.events import instant_of, instant_text
from workflow.persistence import UnitOfWork, backup, redaction_list
from workflow.persistence.backup import BackupBroken, Copied
from workflow.persistence.content import ContentStore
from workflow.persistence.redactions import Redaction
from workflow.persistence.restoration import forget_the_living
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office
from workflow.services.redactions import erase
from workflow.services.sealing import seal_whole
from workflow.values import replace

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files"
_HOUSE = Caller(SYSTEM_ACTOR, "cli")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `sha256` of each part of the database, by its place in the folder."""

    kind: str
    revision: str
    made_at: datetime
    entries: int
    files: int
    sha256: dict[str, str]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and how many texts were erased again in it."""

    entries: int
    files: int
    erased: int


# -- making one ---------------------------------------------------------------------------------------------------------


def make(office: Office, copy_out: Callable[[Path], Copied], folder: Path) -> Manifest:
    """Put a verified backup into `folder`, which must not exist: it appears whole or not at all.

    BackupBroken where the log in the copy does not hold. The list of erased texts beside it is brought up to date.
    """
    seal_whole(office)
    half = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        made_at = office.clock.now()
        # The database first: files are there before anything names them.
        copied = copy_out(half)
        found = _sound(half)
        files = _copy_files(office.content.folder if office.content else None, half / FILES)
        manifest = Manifest(copied.kind, copied.revision, made_at, found.count, files, _hashes(half))
        (half / MANIFEST).write_text(_written(manifest), encoding="utf-8")
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    with office.read() as uow:
        gone = uow.redactions.all_gone()
    redaction_list.add(folder.parent / redaction_list.FILE, gone)
    return manifest


def _sound(folder: Path) -> Verification:
    found = backup.verified(folder)
    if found.first_bad is not None:
        raise BackupBroken(found.first_bad.in_language("en"))
    return found


def _hashes(folder: Path) -> dict[str, str]:
    return {str(part.relative_to(folder)): backup.hash_of(part) for part in backup.parts(folder)}


def _copy_files(source: Path | None, target: Path) -> int:
    """Bring over the uploaded files that are not there yet; how many are there then."""
    target.mkdir(parents=True, exist_ok=True)
    if source is None:
        return 0
    count = 0
    for name in sorted(ContentStore(source).kept()):
        place = target / name[:2] / name
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            half = place.with_name(f"{name}.part")
            # Left behind by one that was killed; it may be there for reading alone.
            half.unlink(missing_ok=True)
            shutil.copyfile(source / name[:2] / name, half)
            if backup.hash_of(half) != name:
                raise BackupBroken(f"the file {name} is not what its name says")
            half.chmod(0o400)
            half.rename(place)
        count += 1
    return count


def _written(manifest: Manifest) -> str:
    said = {
        "format": FORMAT,
        "kind": manifest.kind,
        "revision": manifest.revision,
        "made_at": instant_text(manifest.made_at),
        "entries": manifest.entries,
        "files": manifest.files,
        "sha256": manifest.sha256,
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


# -- bringing one back --------------------------------------------------------------------------------------------------


def looked_at(folder: Path) -> Manifest:
    """The manifest of a backup that is still what it was, its log walked once more; BackupBroken otherwise."""
    manifest = _read(folder / MANIFEST)
    if _hashes(folder) != manifest.sha256:
        raise BackupBroken("the copy of the database is not the one that was made")
    found = _sound(folder)
    if found.count != manifest.entries:
        raise BackupBroken(f"the log holds {found.count} entries, {manifest.entries} were copied")
    return manifest


def _read(file: Path) -> Manifest:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise BackupBroken(f"a backup of format {said['format']} is not known")
        return Manifest(
            said["kind"],
            said["revision"],
            instant_of(said["made_at"]),
            said["entries"],
            said["files"],
            said["sha256"],
        )
    except (OSError, ValueError, KeyError) as fault:
        raise BackupBroken(f"{file}: {fault}") from fault


def revive(office: Office, manifest: Manifest, folder: Path, gone: Iterable[Redaction]) -> Restored:
    """Make an office of what `folder` brought into the database of `office`, before anybody works in it.

    Its files come over, every text that is known to be `gone` is erased again, nobody is signed in, and the log says that
    it was restored.
    """
    files = _copy_files(folder / FILES, office.content.folder) if office.content else 0
    erased = _erase_again(office, tuple(gone))
    with office.write() as uow:
        forget_the_living(uow.cursor)
        said = {
            "backup": instant_text(manifest.made_at),
            "entries": manifest.entries,
            "files": manifest.files,
            "erased": erased,
        }
        append(uow, Note("log", "restore", extra={"restore": said}), _HOUSE, office.clock.now())
    return Restored(manifest.entries, files, erased)


def _erase_again(office: Office, gone: tuple[Redaction, ...]) -> int:
    if office.eraser is None or not gone:
        return 0
    with office.eraser.at_work() as uow:
        return sum(_erased_again(office, uow, one) for one in gone)


def _erased_again(office: Office, uow: UnitOfWork, gone: Redaction) -> int:
    text = uow.redactions.value(gone.stream, gone.n, gone.field)
    if not isinstance(text, str):
        # It was erased before the copy was made, written after it, or went with another text that said the same.
        return 0
    return erase(office, uow, _HOUSE, replace(gone, erased_at=office.clock.now()), text)
