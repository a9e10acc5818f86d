"""What all commands have in common: their language, their office, how they refuse and with which code they end."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from flask import Flask

from web import extensions, i18n, plain, problems, wiring
from web.i18n import N_, _, reason_sentence
from web.settings import SettingRefused, Settings, wished_language
from web.titles import Titles, titles_of
from workflow.catalog.findings import Finding
from workflow.engine import SYSTEM_ACTOR, Definition, Reason
from workflow.engine.administration import inspects
from workflow.errors import DefinitionInvalid, HalfRestored, WorkflowError
from workflow.persistence.restoration import Fitness, refuse_half_restored
from workflow.services import people
from workflow.services.auditing import record_reading
from workflow.services.office import Caller, Office
from workflow.values import replace

WRONG, USAGE, UNREACHABLE = 1, 2, 6
_DATA = "dondoc.data"
_DESK = "dondoc.desk"


# -- texts in the language of the reader --------------------------------------------------------------------------------


class SpokenFormatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{_('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_(heading))


class SpokenContext(click.Context):
    formatter_class = SpokenFormatter


class SpokenOption(click.Option):
    """An option whose help is told in the spoken language."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return (record[0], record[1].replace(self.help, _(self.help), 1)) if record and self.help else record


class SpokenCommand(click.Command):
    """A command that takes --data and --lang like every other and tells its help in the spoken language."""

    context_class = SpokenContext

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += _everywhere()

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        told = self.help
        self.help = _(told) if told else told
        super().format_help_text(ctx, formatter)
        self.help = told

    def get_short_help_str(self, limit: int = 45) -> str:
        # A whole sentence: what a command is for must not end in dots.
        return _(self.help) if self.help else super().get_short_help_str(limit)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = _("Show this text.")
        return found


class SpokenGroup(SpokenCommand, click.Group):
    command_class = SpokenCommand
    group_class = type


def _everywhere() -> list[click.Parameter]:
    return [
        SpokenOption(
            ["--data"],
            type=click.Path(file_okay=False, path_type=Path),
            expose_value=False,
            is_eager=True,
            callback=_keep_data,
            help=N_("The data folder (DONDOC_DATA; var/ without it)."),
        ),
        SpokenOption(
            ["--lang"],
            type=click.Choice(i18n.LANGUAGES),
            expose_value=False,
            is_eager=True,
            callback=_keep_language,
            help=N_("The language of texts (DONDOC_LANG)."),
        ),
    ]


def _keep_data(context: click.Context, _parameter: click.Parameter, given: Path | None) -> None:
    if given is not None:
        context.meta[_DATA] = given


def _keep_language(_context: click.Context, _parameter: click.Parameter, given: str | None) -> None:
    if given is not None:
        i18n.speak(given)


_Outcome = TypeVar("_Outcome")
_Body = TypeVar("_Body", bound=Callable[..., Any])


def option(*names: str, **more: Any) -> Callable[[_Body], _Body]:
    """`click.option` with its help in both languages."""
    return click.option(*names, cls=SpokenOption, **more)


as_json = option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
as_login = option("--as", "login", required=True, metavar="LOGIN", help=N_("Who acts."))
as_reader = option("--as", "login", metavar="LOGIN", help=N_("For whom; without it, whoever runs this machine."))
as_house = option("--as", "login", metavar="LOGIN", help=N_("Who acts; without it, whoever runs this machine."))
request_key = option("--key", metavar="KEY", help=N_("A key that makes it safe to run this again: it is done once."))


# -- the root -----------------------------------------------------------------------------------------------------------


class Root(SpokenGroup):
    """The group of all commands: whatever happens, it ends with a sentence and a code, never with a traceback."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> NoReturn:
        given = list(sys.argv[1:] if args is None else args)
        i18n.speak(_wished(given))
        more["standalone_mode"] = False
        sys.exit(self._ended(given, *rest, **more))

    def _ended(self, args: list[str], *rest: Any, **more: Any) -> int:
        try:
            code = super().main(args, *rest, **more)
        except click.UsageError as fault:
            _show_usage(fault)
            return USAGE
        except SettingRefused as fault:
            say_fault(str(fault))
            return USAGE
        except DefinitionInvalid as fault:
            for finding in fault.findings:
                say_fault(finding_text(finding) if isinstance(finding, Finding) else str(finding))
            return problems.of_error(fault).exit_code
        except WorkflowError as fault:
            say_reasons((problems.reason_of(fault),))
            return problems.of_error(fault).exit_code
        except (click.Abort, KeyboardInterrupt):
            say_fault(_("Stopped."))
            return WRONG
        except BrokenPipeError:
            # Whoever read this has enough; Python must not complain when it closes the stream.
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  it lives as long as the process
            return 0
        except Exception as fault:  # noqa: BLE001  the last word to a person at a terminal is a sentence
            say_fault(_out_of_reach(fault))
            return UNREACHABLE
        return code if isinstance(code, int) else 0


def _wished(args: list[str]) -> str:
    """The language asked for, wherever it stands among the words: help may be asked for before it."""
    for word, following in zip(args, [*args[1:], ""], strict=True):
        wish = following if word == "--lang" else word.removeprefix("--lang=")
        if word.startswith("--lang") and wish in i18n.LANGUAGES:
            return wish
    return wished_language()


def _show_usage(fault: click.UsageError) -> None:
    if fault.ctx is not None:
        click.echo(fault.ctx.get_usage(), err=True)
    say_fault(_("Wrong usage: {what}", what=fault.format_message()))
    if fault.ctx is not None:
        click.echo(_("Help: {command} --help", command=fault.ctx.command_path), err=True)


def _out_of_reach(fault: Exception) -> str:
    words = " ".join(str(getattr(fault, "orig", None) or fault).split())
    if "no such table" in words or "UndefinedTable" in words or "does not exist" in words:
        return _("The database is not set up. Run: dondoc init")
    kind = type(getattr(fault, "orig", None) or fault).__name__
    return _("Something is out of reach or broken ({what}). Run: dondoc doctor", what=f"{kind}: {words}"[:400])


# -- the office ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """The settings of this run and the office over them; `close` lets the database go before the command ends."""

    settings: Settings
    office: Office
    close: Callable[[], None]

    def at(self, office: Office) -> "Desk":
        return replace(self, office=office)


def given_settings() -> Settings:
    """The settings that --data and the environment make; from here on texts are in their language unless --lang said."""
    context = click.get_current_context()
    return Settings.from_environ(context.meta.get(_DATA))


def desk() -> Desk:
    """The office that exists already; says where it is a demonstration."""
    settings = given_settings()
    if not database_is_there(settings):
        say_fault(_("There is no office in {folder}. Run: dondoc init, or: dondoc demo", folder=settings.data))
        raise click.exceptions.Exit(UNREACHABLE)
    made = open_desk(settings)
    _check_fitness(made.office)
    if made.office.clock.offset:
        moment = i18n.moment(made.office.clock.now(), settings.zone)
        click.echo(_("Demonstration office; its time now: {moment}", moment=moment), err=True)
    return made


def open_desk(settings: Settings, fitness: Fitness = refuse_half_restored) -> Desk:
    """The same without asking whether anything is there yet."""
    app = Flask("dondoc", static_folder=None)
    app.config.update(SQLALCHEMY_DATABASE_URI=settings.database_url)
    extensions.bind(app)
    wiring.attach(app, settings, fitness=fitness)
    close = partial(_close, app)
    click.get_current_context().find_root().call_on_close(close)
    return Desk(settings, app.extensions["office"], close)


def _check_fitness(office: Office) -> None:
    """Nothing begins where no office is yet, whichever way it would take into the database: the command ends with the reason."""
    try:
        with office.read():
            pass
    except HalfRestored:
        raise
    except Exception:  # noqa: BLE001  out of reach: whoever needs it says so, and a server waits for it
        return


def _close(app: Flask) -> None:
    with app.app_context():
        extensions.db.engine.dispose()


def database_is_there(settings: Settings) -> bool:
    """False for a SQLite file that nobody has made; a server is asked when it is needed."""
    path = sqlite_file(settings)
    return path is None or path.is_file()


def sqlite_file(settings: Settings) -> Path | None:
    """The database's file, or None where a server holds it."""
    scheme, found, path = settings.database_url.partition("sqlite:///")
    return Path(path) if found and not scheme else None


def caller_of(office: Office, login: str | None, key: str | None = None, giver: str | None = None) -> Caller:
    """Who acts; without a login the system itself, which is whoever runs this machine. What an auditor asks for is on record."""
    actor = SYSTEM_ACTOR if login is None else people.actor_of(office, login)
    if giver is not None:
        # Whether he holds that person's power the rules say, and record it where he does not.
        actor = replace(actor, acting_for=people.person_of(office, giver).id)
    caller = Caller(actor, "cli", key=key)
    if inspects(actor):
        record_reading(office, caller, " ".join((click.get_current_context().command_path, *_arguments())), 0)
    return caller


def _arguments() -> list[str]:
    """What the command at hand was asked about, without its options."""
    context = click.get_current_context()
    named = (part.name for part in context.command.params if isinstance(part, click.Argument))
    return [str(context.params[name]) for name in named if name and context.params.get(name)]


# -- what is said -------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    click.echo(text)


def say_json(said: Any) -> None:
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))


def say_fault(text: str) -> None:
    click.echo(text, err=True)


def say_reasons(reasons: Iterable[Reason], definition: Definition | None = None, titles: Titles | None = None) -> None:
    """Every sentence with its code; as JSON on the output where that was asked for."""
    found = tuple(reasons)
    context = click.get_current_context(silent=True)
    if context is not None and context.params.get("as_json"):
        say_json({"reasons": plain.reasons(found, definition, titles)})
    for reason in found:
        sentence = reason_sentence(reason, None, definition, titles.unit if titles else str)
        say_fault(f"- {sentence} [{reason.code}]")


def refuse(reasons: Iterable[Reason], definition: Definition | None = None, titles: Titles | None = None) -> NoReturn:
    """Say every reason and end with the code that their kinds have."""
    found = tuple(reasons)
    say_reasons(found, definition, titles)
    raise click.exceptions.Exit(problems.of_reasons(found).exit_code)


def refuse_in(office: Office, reasons: Iterable[Reason], definition: Definition | None) -> NoReturn:
    with office.read() as uow:
        titles = titles_of(uow)
    refuse(reasons, definition, titles)


def taken(outcome: _Outcome | Reason) -> _Outcome:
    """The outcome of a use case, or the end of the command where it is the reason against it."""
    if isinstance(outcome, Reason):
        refuse((outcome,))
    return outcome


def finding_text(finding: Finding) -> str:
    hint = " " + _("(did you mean “{hint}”?)", hint=finding.hint) if finding.hint else ""
    message = finding.message.in_language(i18n.language())
    return f"{finding.file}:{finding.line}:{finding.column} {finding.code} {message}{hint}"


def table(rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their widest cell; nothing where there is nothing."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
