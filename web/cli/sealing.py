"""The log is numbered, signed, witnessed, taken away: each by its own command, so that each may run as a user of its own."""

from pathlib import Path
from typing import NoReturn, TextIO

import click

from web import i18n, wiring
from web.cli.shell import (
    WRONG,
    SpokenCommand,
    SpokenGroup,
    as_house,
    as_json,
    caller_of,
    database_is_there,
    desk,
    given_settings,
    option,
    say,
    say_fault,
    say_json,
    taken,
)
from web.i18n import N_, _, ngettext
from web.settings import Settings
from workflow.audit import witness as witnessing
from workflow.audit.keys import KeyUnreadable
from workflow.audit.note import Note, Verifier
from workflow.audit.witness import Asked
from workflow.persistence.sealer import signers_door
from workflow.persistence.signer_folder import NoKey, SignerFolder
from workflow.services import bundles, sealing, signing, timestamps
from workflow.services.signing import NothingToSign, NotSigned, NotWitnessed, Stamp
from workflow.services.timestamps import NotStamped

_NAME = "dondoc/audit"
_SHORTEST = 12


@click.command("seal", cls=SpokenCommand, help=N_("Give every committed entry its place in the one order of the log."))
@as_json
def seal(as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    if at.office.sealer is None:
        _fail(_("This machine may not number the log: set DONDOC_SEALER_DATABASE_URL."))
    with at.office.sealer.at_work() as opener:
        count = sealing.seal_all(opener)
    if as_json:
        say_json({"sealed": count})
    else:
        say(ngettext("{n} entry was given its place.", "{n} entries were given their places.", count))


@click.command(
    "sign", cls=SpokenCommand, help=N_("Sign how large the log is and its root; refused where it does not continue.")
)
@as_json
def sign(as_json: bool) -> None:  # noqa: FBT001  click's
    settings = _signers_settings()
    folder = SignerFolder(settings.signer, settings.signer_passphrase)
    if settings.signs_by_itself and not folder.has_key:
        _make_key(settings, folder, _NAME)
    try:
        with signers_door(settings.signer_database_url or settings.database_url) as door:
            found = signing.sign(door, folder, wiring.kept_clock(settings.data).now(), _stamp_of(settings))
    except NoKey:
        _fail(_("There is no key in {folder}. Run: dondoc audit key new", folder=settings.signer))
    except KeyUnreadable:
        _fail(_("DONDOC_SIGNER_PASSPHRASE does not open the key in {folder}.", folder=settings.signer))
    if isinstance(found, NotSigned):
        _refuse(found, as_json=as_json)
    if isinstance(found, NothingToSign):
        say_json({"size": 0}) if as_json else say(_("Nothing is sealed yet; there is nothing to sign."))
        return
    if as_json:
        say_json({"size": found.note.checkpoint.size, "root": found.note.checkpoint.root.hex(), "fresh": found.fresh})
    else:
        # As a file it is what an auditor or a witness keeps.
        click.echo(str(found.note), nl=False)


def _stamp_of(settings: Settings) -> Stamp:
    """Asks the authority of the settings; what it does not give is told, and holds nothing up."""
    if settings.tsa_url is None:
        return signing.unstamped
    authority = settings.tsa_url

    def asked(text: str) -> bytes | None:
        try:
            return timestamps.ask(authority, text)
        except NotStamped as fault:
            say_fault(_("Signed without a timestamp: {why}", why=fault))
            return None

    return asked


def _refuse(found: NotSigned, *, as_json: bool) -> NoReturn:
    sentence = _said(signing.SENTENCES[found.code])
    if as_json:
        say_json({"refused": found.code, "seq": found.seq, "message": sentence})
    else:
        where = _("entry {seq} of the log: ", seq=found.seq) if found.seq is not None else ""
        say_fault(_("Nothing was signed. {where}{why}.", where=where, why=sentence))
    raise click.exceptions.Exit(WRONG)


def _said(words: tuple[str, str]) -> str:
    return words[1] if i18n.language() == "en" else words[0]


def _fail(sentence: str) -> NoReturn:
    say_fault(sentence)
    raise click.exceptions.Exit(WRONG)


def _signers_settings() -> Settings:
    settings = given_settings()
    if settings.signer_database_url is None and not database_is_there(settings):
        _fail(_("There is no office in {folder}. Run: dondoc init, or: dondoc demo", folder=settings.data))
    return settings


# -- keys ---------------------------------------------------------------------------------------------------------------

key = SpokenGroup("key", help=N_("The keys that sign the log: make one, enter one."))


@key.command("new", help=N_("Make a key in the signer's folder; for thirty days the one before it signs as well."))
@option(
    "--name", default=_NAME, show_default=True, metavar="NAME", help=N_("What the log is called on its checkpoints.")
)
def new_key(name: str) -> None:
    settings = given_settings()
    folder = SignerFolder(settings.signer, settings.signer_passphrase)
    if not settings.signs_by_itself and len(settings.signer_passphrase or "") < _SHORTEST:
        _fail(
            _("Set DONDOC_SIGNER_PASSPHRASE, at least {count} characters: the key is kept under it.", count=_SHORTEST)
        )
    if "+" in name or name.split() != [name]:
        raise click.UsageError(_("“{given}” is no name: no space and no plus sign.", given=name))
    made = _make_key(settings, folder, name)
    say(made)
    if not settings.signs_by_itself:
        say_fault(_("Enter it where the office runs: dondoc audit key enter {key}", key=made))


def _make_key(settings: Settings, folder: SignerFolder, name: str) -> str:
    """The public half; on one machine it is entered in the log at once."""
    made = folder.new_key(name, wiring.kept_clock(settings.data).now()).verifier
    if settings.signs_by_itself and database_is_there(settings):
        at = desk()
        bundles.enter_key(at.office, caller_of(at.office, None), made)
        sealing.seal_whole(at.office)
    return str(made)


@key.command(
    "enter", help=N_("Record in the log whose signatures it bears from now on: the signer's key, or a witness's.")
)
@click.argument("verifier", metavar="KEY")
@as_house
def enter_key(verifier: str, login: str | None) -> None:
    at = desk()
    taken_key = _verifier(verifier)
    refusal = bundles.enter_key(at.office, caller_of(at.office, login), taken_key)
    if refusal:
        taken(refusal)
    say(_("Entered: {key}", key=taken_key))


def _verifier(text: str) -> Verifier:
    try:
        return Verifier.parse(text)
    except ValueError:
        raise click.UsageError(_("“{given}” is no verifier key (NAME+ID+KEY).", given=text)) from None


# -- what leaves the house ----------------------------------------------------------------------------------------------


@click.command("export", cls=SpokenCommand, help=N_("Put the whole log into one file that anybody checks without us."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@option("--private", is_flag=True, help=N_("With the private texts, where the mandate covers them."))
@as_house
@as_json
def export(file: Path, private: bool, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    if file.exists():
        raise click.UsageError(_("{file} exists already.", file=file))
    at = desk()
    made = taken(bundles.export(at.office, caller_of(at.office, login), file, private=private))
    size, root = made.bundled.size, made.bundled.root.hex()
    if as_json:
        say_json(
            {"file": str(file), "number": made.number, "size": size, "root": root, "private": made.bundled.private}
        )
    else:
        say(
            _(
                "Export {number}: {file}, {size} entries, root {root}.",
                number=made.number,
                file=file,
                size=size,
                root=root,
            )
        )
        say(_("Check it anywhere: python3 verify.py {file} --root NOTE", file=file.name))


@click.command("proof", cls=SpokenCommand, help=N_("One entry, with the proof that it stands in the signed log."))
@click.argument("stream", metavar="STREAM")
@click.argument("number", type=int, metavar="N")
def proof(stream: str, number: int) -> None:
    with desk().office.read() as uow:
        click.echo(bundles.proof_of(uow, stream, number), nl=False)


# -- witnesses ----------------------------------------------------------------------------------------------------------


@click.command(
    "checkpoint",
    cls=SpokenCommand,
    help=N_("What a witness is handed: the newest note, and the proof since he last saw it."),
)
@option("--since", type=int, default=0, metavar="SIZE", help=N_("How many entries the log had when he saw it last."))
def checkpoint(since: int) -> None:
    office = desk().office
    with office.read() as uow:
        newest = uow.seals.newest_checkpoint()
        if newest is None:
            _fail(_("Nothing was signed yet. Run: dondoc audit sign"))
        if not 0 <= since <= newest.size:
            raise click.UsageError(_("The newest note covers {size} entries.", size=newest.size))
        asked, tokens = signing.ask_witness(uow, Note.parse(newest.note), since), uow.seals.tokens(newest.size)
    click.echo(str(asked), nl=False)
    if tokens:
        size, token = max(tokens.items())
        # Beside the request, which goes on to a witness as it is.
        say_fault(
            _(
                "A time-stamping authority dated the first {size} entries at {at}.",
                size=size,
                at=i18n.moment(timestamps.time_of(token), office.zone),
            )
        )


@click.command(
    "witness",
    cls=SpokenCommand,
    help=N_("On another machine: sign as a witness, where the log continues."),
)
@click.argument("asked", type=click.File(encoding="utf-8"), metavar="FILE", default="-")
@option("--log", "log", required=True, metavar="KEY", help=N_("The key of the log that is witnessed."))
@option(
    "--name",
    default="",
    metavar="NAME",
    help=N_("What the witness is called; for the first time, when its key is made."),
)
def witness(asked: TextIO, log: str, name: str) -> None:
    settings = given_settings()
    folder = SignerFolder(settings.signer, settings.signer_passphrase)
    now = wiring.kept_clock(settings.data).now()
    if not folder.has_key:
        if not name or len(settings.signer_passphrase or "") < _SHORTEST:
            _fail(
                _(
                    "The first time needs --name, and DONDOC_SIGNER_PASSPHRASE of at least {count} characters.",
                    count=_SHORTEST,
                )
            )
        say_fault(
            _("Enter it where the office runs: dondoc audit key enter {key}", key=folder.new_key(name, now).witness)
        )
    try:
        found = signing.witness(folder, Asked.parse(asked.read()), _verifier(log), now)
    except KeyUnreadable:
        _fail(_("DONDOC_SIGNER_PASSPHRASE does not open the key in {folder}.", folder=settings.signer))
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None
    if isinstance(found, NotWitnessed):
        _fail(_("Nothing was signed. {where}{why}.", where="", why=_said(witnessing.SENTENCES[found.code])))
    click.echo(str(found), nl=False)


@click.command("witnessed", cls=SpokenCommand, help=N_("Keep a note that came back with the line of a witness."))
@click.argument("file", type=click.File(encoding="utf-8"), metavar="FILE", default="-")
def witnessed(file: TextIO) -> None:
    settings = _signers_settings()
    try:
        note = Note.parse(file.read())
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None
    with signers_door(settings.signer_database_url or settings.database_url) as door:
        kept = signing.take_witnessed(door, note)
    if not kept:
        _fail(_("This log never signed that text."))
    say(_("Kept: {size} entries, {count} signatures.", size=note.checkpoint.size, count=len(note.lines)))


COMMANDS: tuple[click.Command, ...] = (seal, sign, key, export, proof, checkpoint, witness, witnessed)
