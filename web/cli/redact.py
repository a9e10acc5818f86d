"""Erasing private texts: the administrator asks, the chairman decides, whoever may delete carries it out."""

import click

from web import plain
from web.cli.shell import (
    Desk,
    SpokenGroup,
    as_json,
    as_login,
    caller_of,
    desk,
    refuse,
    say,
    say_json,
    table,
    taken,
)
from web.i18n import N_, _, moment, ngettext
from web.titles import titles_of
from workflow.engine import Reason
from workflow.persistence.redactions import RedactionRequest
from workflow.services import redactions
from workflow.services.redactions import Wanted

redact = SpokenGroup("redact", help=N_("Erasing private texts: where they lie, asking, deciding, carrying it out."))


@redact.command("list", help=N_("The latest requests, for the administrator."))
@as_login
@as_json
def list_command(login: str, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    found = taken(redactions.newest(at.office, caller_of(at.office, login)))
    if as_json:
        with at.office.read() as uow:
            titles = titles_of(uow)
        say_json({"items": [plain.redaction(one.request, one.code, titles) for one in found], "next": None})
        return
    table(
        (
            one.request.id,
            one.code,
            one.request.n,
            one.request.field,
            moment(one.request.asked_at, at.settings.zone),
            _("erased") if one.request.done_at else one.request.outcome or _("not decided yet"),
            one.request.ground,
        )
        for one in found
    )


@redact.command(help=N_("Where private texts of an item lie, without what they say."))
@click.argument("code", metavar="CODE")
@as_login
@as_json
def find(code: str, login: str, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    found = taken(redactions.glimpse(at.office, caller_of(at.office, login), code))
    if as_json:
        rows = [{"n": one.n, "field": one.field, "asked": (one.n, one.field) in found.open} for one in found.sealed]
        say_json({"item": found.code, "texts": rows})
        return
    table((one.n, one.field, one.type, moment(one.recorded_at, at.settings.zone)) for one in found.sealed)


@redact.command(help=N_("Ask the chairman to have one text erased."))
@click.argument("code", metavar="CODE")
@click.argument("n", type=int, metavar="ENTRY")
@click.argument("field", metavar="FIELD")
@click.option("--ground", required=True, metavar="TEXT")
@as_login
def ask(code: str, n: int, field: str, ground: str, login: str) -> None:
    at = desk()
    made = _taken(redactions.ask(at.office, caller_of(at.office, login), Wanted(code, n, field, ground)))
    say(_("The Chairman has been asked: {id}", id=made.id))


@redact.command(help=N_("Have it erased for good; only the chairman may."))
@click.argument("request_id", metavar="ID")
@click.option("--note", default="", metavar="TEXT")
@as_login
def grant(request_id: str, note: str, login: str) -> None:
    at = desk()
    _taken(redactions.grant(at.office, caller_of(at.office, login), request_id, note))
    _say_what_became(at, request_id)


@redact.command("refuse", help=N_("Leave the text where it is and say why; only the chairman may."))
@click.argument("request_id", metavar="ID")
@click.option("--note", required=True, metavar="TEXT")
@as_login
def refuse_command(request_id: str, note: str, login: str) -> None:
    at = desk()
    _taken(redactions.refuse(at.office, caller_of(at.office, login), request_id, note))
    say(_("Refused. The text stays where it is."))


@redact.command("carry-out", help=N_("Erase what was granted, where the process that serves people may not."))
def carry_out() -> None:
    at = desk()
    if at.office.eraser is None:
        raise click.UsageError(_("DONDOC_REDACTOR_DATABASE_URL is not set: this process may not erase anything."))
    done = redactions.carry_out_granted(at.office)
    say(ngettext("{n} request carried out.", "{n} requests carried out.", done))


def _taken(outcome: RedactionRequest | tuple[Reason, ...]) -> RedactionRequest:
    if isinstance(outcome, tuple):
        refuse(outcome)
    return outcome


def _say_what_became(at: Desk, request_id: str) -> None:
    with at.office.read() as uow:
        done = uow.redactions.get(request_id).done_at is not None
    say(_("The text has been erased.") if done else _("It is decided. Then run: dondoc redact carry-out"))
