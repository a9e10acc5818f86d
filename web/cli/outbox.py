"""What leaves the office: the worker that carries it, and what could not arrive."""

import importlib

import click

from web import plain
from web.cli.shell import (
    SpokenCommand,
    SpokenGroup,
    as_house,
    as_json,
    caller_of,
    desk,
    refuse,
    say,
    say_json,
    table,
)
from web.i18n import N_, _, moment
from web.logs import log_to_stderr
from workflow.persistence.messages import Message
from workflow.services import messages

_MOST = 200


@click.command(
    cls=SpokenCommand, help=N_("Deliver messages and go on with long jobs as Redis tells; any number may run.")
)
def worker() -> None:
    settings = desk().settings
    if settings.redis_url is None:
        raise click.UsageError(_("DONDOC_REDIS_URL is not set: without Redis, dondoc serve does this work itself."))
    log_to_stderr(settings)
    say(_("The worker runs (stop with Ctrl-C)."))
    # By its name: commands stand beside pages and calls and do not know them, RQ's functions need them all.
    importlib.import_module("web.worker").serve(settings, settings.redis_url)


outbox = SpokenGroup("outbox", help=N_("Messages that were given up: list, try again, discard."))


@outbox.command("list", help=N_("The messages that could not arrive, newest first."))
@as_json
def list_command(as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    with at.office.read() as uow:
        found = uow.messages.failures(_MOST)
    if as_json:
        say_json({"items": [_plain(one) for one in found], "next": None})
        return
    table(
        (one.id, moment(one.ended_at, at.settings.zone), one.kind, one.payload.get("name"), one.error)
        for one in found
        if one.ended_at
    )


def _plain(found: Message) -> dict[str, object]:
    return {
        "id": found.id,
        "kind": found.kind,
        "name": found.payload.get("name"),
        "item": found.item,
        "created_at": plain.at_text(found.created_at),
        "ended_at": plain.at_text(found.ended_at),
        "error": found.error,
    }


@outbox.command("retry", help=N_("Let such a message be tried again."))
@click.argument("message_id", metavar="ID")
@as_house
def retry(message_id: str, login: str | None) -> None:
    at = desk()
    refusal = messages.retry(at.office, caller_of(at.office, login), message_id)
    if refusal is not None:
        refuse((refusal,))
    say(_("The message will be tried again."))


@outbox.command("discard", help=N_("Forget such a message; the log keeps what it was."))
@click.argument("message_id", metavar="ID")
@as_house
def discard(message_id: str, login: str | None) -> None:
    at = desk()
    refusal = messages.discard(at.office, caller_of(at.office, login), message_id)
    if refusal is not None:
        refuse((refusal,))
    say(_("The message has been discarded."))
