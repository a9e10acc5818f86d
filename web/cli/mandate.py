"""Mandates of auditors. Who runs this machine may give and end them; with --as it is done in an administrator's name."""

import click

from web import plain
from web.cli.shell import (
    SpokenGroup,
    as_house,
    as_json,
    caller_of,
    desk,
    option,
    refuse_in,
    say,
    say_json,
    table,
    taken,
)
from web.i18n import N_, _, day
from web.titles import titles_of
from workflow.persistence.mandates import GivenMandate
from workflow.services.mandates import NewMandate, NotMandated, days_of, end, give
from workflow.services.office import Office

mandate = SpokenGroup("mandate", help=N_("Mandates of auditors: give, list, end."))


@mandate.command("list", help=N_("Every mandate, the newest first."))
@as_json
def list_command(as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    now = at.office.clock.now()
    with at.office.read() as uow:
        titles, found = titles_of(uow), uow.mandates.all()
    if as_json:
        say_json({"items": [plain.mandate(one, titles, now) for one in found], "next": None})
        return
    table(
        (one.id, titles.login(one.person), _days(one, at.office), _("in force") if one.in_force(now) else "", one.act)
        for one in found
    )


@mandate.command("give", help=N_("Let somebody read as an auditor: by a written act, on its days, within its bounds."))
@click.argument("auditor", metavar="LOGIN")
@option("--act", required=True, metavar="TEXT", help=N_("Number and date of the written act."))
@option("--from", "first", required=True, metavar="DAY", help=N_("The first day."))
@option("--until", "last", required=True, metavar="DAY", help=N_("The last day, included."))
@option("--unit", "units", multiple=True, metavar="UNIT", help=N_("Only this unit; may be repeated."))
@option("--workflow", "workflows", multiple=True, metavar="NAME", help=N_("Only for this workflow; may be repeated."))
@option("--private", is_flag=True, help=N_("Private text may be read as well."))
@as_house
@as_json
def give_command(
    auditor: str,
    act: str,
    first: str,
    last: str,
    units: tuple[str, ...],
    workflows: tuple[str, ...],
    private: bool,  # noqa: FBT001  click's
    login: str | None,
    as_json: bool,  # noqa: FBT001  click's
) -> None:
    at = desk()
    asked = NewMandate(auditor, act, first, last, units, workflows, private)
    made = give(at.office, caller_of(at.office, login), asked)
    if isinstance(made, NotMandated):
        refuse_in(at.office, made.reasons, None)
    _say(at.office, made, as_json=as_json)


@mandate.command("end", help=N_("End a mandate with effect at once."))
@click.argument("ref", metavar="ID")
@as_house
@as_json
def end_command(ref: str, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    _say(at.office, taken(end(at.office, caller_of(at.office, login), ref)), as_json=as_json)


def _days(one: GivenMandate, office: Office) -> str:
    first, last = days_of(one, office)
    return f"{day(first)} – {day(last)}"


def _say(office: Office, one: GivenMandate, *, as_json: bool) -> None:
    with office.read() as uow:
        titles = titles_of(uow)
    if as_json:
        say_json(plain.mandate(one, titles, office.clock.now()))
    elif one.ended_at is not None:
        say(_("Ended: {login} ({id})", login=titles.login(one.person), id=one.id))
    else:
        say(_("Given: {login}, {days} ({id})", login=titles.login(one.person), days=_days(one, office), id=one.id))
