"""Written delegations: who may act for whom. A move or vote under one takes --for."""

import click

from web import plain
from web.cli.shell import (
    SpokenGroup,
    as_json,
    as_login,
    as_reader,
    caller_of,
    desk,
    option,
    refuse_in,
    request_key,
    say,
    say_json,
    table,
    taken,
)
from web.i18n import N_, _, day
from web.titles import titles_of
from workflow.persistence.people import GivenPower
from workflow.services.delegations import KINDS, NotGiven, Power, days_of, end, give, visible_to
from workflow.services.office import Office

delegation = SpokenGroup("delegation", help=N_("Written delegations: give, list, end."))


@delegation.command(
    "list", help=N_("What a person gave and received; every one for the clerk, the chairman, the auditor.")
)
@as_reader
@as_json
def list_command(login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    actor = caller_of(at.office, login).actor
    now = at.office.clock.now()
    with at.office.read() as uow:
        titles = titles_of(uow)
        found = visible_to(uow, actor) if login else uow.people.delegations()
    if as_json:
        said = [plain.delegation(power, titles, now, at.office.zone) for power in found]
        say_json({"items": said, "next": None})
        return
    table(
        (
            power.id,
            power.kind,
            f"{titles.login(power.giver)} > {titles.login(power.receiver)}",
            _days(power, at.office),
            _("in force") if power.in_force(now) else "",
            power.act,
        )
        for power in found
    )


def _days(power: GivenPower, office: Office) -> str:
    first, last = days_of(power, office.zone)
    return f"{day(first)} – {day(last)}"


@delegation.command("give", help=N_("Delegate in writing, for a time and within bounds."))
@option("--to", "receiver", required=True, metavar="LOGIN", help=N_("Who acts on the giver's behalf."))
@option("--kind", default="KT.", type=click.Choice(KINDS), help=N_("How the receiver signs."))
@option("--act", required=True, metavar="TEXT", help=N_("Number and date of the written act."))
@option("--from", "first", required=True, metavar="DAY", help=N_("The first day."))
@option("--until", "last", required=True, metavar="DAY", help=N_("The last day, included."))
@option("--workflow", "workflows", multiple=True, metavar="NAME", help=N_("Only for this workflow; may be repeated."))
@option("--area", "areas", multiple=True, metavar="NAME", help=N_("Only in this area; may be repeated."))
@option("--giver", metavar="LOGIN", help=N_("Who gave it in writing, where the clerk records it."))
@as_login
@request_key
@as_json
def give_command(
    receiver: str,
    kind: str,
    act: str,
    first: str,
    last: str,
    workflows: tuple[str, ...],
    areas: tuple[str, ...],
    giver: str | None,
    login: str,
    key: str | None,
    as_json: bool,  # noqa: FBT001  click's
) -> None:
    at = desk()
    asked = Power(receiver, kind, act, first, last, workflows, areas, giver)
    made = give(at.office, caller_of(at.office, login, key), asked)
    if isinstance(made, NotGiven):
        refuse_in(at.office, made.reasons, None)
    _say(at.office, made.power, as_json=as_json)


@delegation.command("end", help=N_("End a delegation with effect at once."))
@click.argument("ref", metavar="ID")
@as_login
@as_json
def end_command(ref: str, login: str, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    _say(at.office, taken(end(at.office, caller_of(at.office, login), ref)), as_json=as_json)


def _say(office: Office, power: GivenPower, *, as_json: bool) -> None:
    with office.read() as uow:
        titles = titles_of(uow)
    if as_json:
        say_json(plain.delegation(power, titles, office.clock.now(), office.zone))
        return
    parties = {"giver": titles.login(power.giver), "receiver": titles.login(power.receiver)}
    if power.ended_at is not None:
        say(_("Ended: {giver} > {receiver} ({id})", id=power.id, **parties))
    else:
        say(_("Given: {giver} > {receiver}, {days} ({id})", days=_days(power, office), id=power.id, **parties))
