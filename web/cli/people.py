"""People, units and tokens. Who runs this machine may do all of it; with --as it is done in somebody's name."""

import sys
from datetime import datetime
from typing import Any

import click

from web.cli.shell import SpokenGroup, as_house, as_json, caller_of, desk, option, say, say_json, table, taken
from web.i18n import N_, _, label
from workflow.engine import Label
from workflow.errors import NotFound
from workflow.persistence.letters import AT_ONCE, CHOICES
from workflow.persistence.people import Appointment, Person
from workflow.services import mail, passwords, people
from workflow.services.office import Office

user = SpokenGroup("user", help=N_("Accounts: add, list, lock, give a role, set a password."))
unit = SpokenGroup("unit", help=N_("The units of the office."))
token = SpokenGroup("token", help=N_("Tokens for programs that call the API."))


@user.command("list", help=N_("Everybody who has an account."))
@as_json
def list_users(as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    now = at.office.clock.now()
    with at.office.read() as uow:
        found = [(person, uow.people.appointments(person.id)) for person in uow.people.all()]
    if as_json:
        say_json([_told(person, _in_force(posts, now)) for person, posts in found])
        return
    table(
        (
            person.login,
            label(person.title),
            ", ".join(f"{held.role}@{held.unit}" if held.unit else held.role for held in _in_force(posts, now)),
            _("locked") if person.locked_at else "",
        )
        for person, posts in found
    )


def _in_force(posts: tuple[Appointment, ...], now: datetime) -> list[Appointment]:
    return [held for held in posts if held.from_at <= now and (held.to_at is None or held.to_at > now)]


def _told(person: Person, posts: list[Appointment]) -> dict[str, Any]:
    return {
        "id": person.id,
        "login": person.login,
        "title": {"vi": person.title.vi, "en": person.title.en},
        "roles": [{"role": held.role, "unit": held.unit, "areas": list(held.areas)} for held in posts],
        "locked": person.locked_at is not None,
    }


@user.command(help=N_("Add an account; its first password is printed once."))
@click.argument("login_new", metavar="LOGIN")
@option("--title-vi", required=True, help=N_("The title of the post in Vietnamese."))
@option("--title-en", help=N_("The title of the post in English."))
@option("--password-stdin", is_flag=True, help=N_("Read the password from the input instead of making one."))
@as_house
def add(login_new: str, title_vi: str, title_en: str | None, password_stdin: bool, login: str | None) -> None:  # noqa: FBT001  click's
    at = desk()
    password = _password(given=password_stdin)
    title = Label(title_vi, title_en or title_vi)
    taken(people.add_person(at.office, caller_of(at.office, login), login_new, title, password))
    say(_("Added: {login}", login=login_new))
    if not password_stdin:
        say(_("First password: {password}", password=password))


def _password(*, given: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if given else passwords.generated()


@user.command(help=N_("Lock an account: from now on it can neither log in nor act."))
@click.argument("whose", metavar="LOGIN")
@option("--undo", is_flag=True, help=N_("Unlock it again."))
@as_house
def lock(whose: str, undo: bool, login: str | None) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    taken(people.unlock(at.office, caller, whose) if undo else people.lock(at.office, caller, whose))
    say(_("Unlocked: {login}", login=whose) if undo else _("Locked: {login}", login=whose))


@user.command(help=N_("Give a role, or end it."))
@click.argument("whose", metavar="LOGIN")
@click.argument("role_name", metavar="ROLE")
@option("--unit", "unit_id", metavar="UNIT", help=N_("The unit in which a post is held."))
@option(
    "--area", "areas", multiple=True, metavar="AREA", help=N_("An area of a vice chairman; may be given several times.")
)
@option("--end", is_flag=True, help=N_("End the role instead."))
@as_house
def role(whose: str, role_name: str, unit_id: str | None, areas: tuple[str, ...], end: bool, login: str | None) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    if end:
        taken(people.end_appointment(at.office, caller, whose, _held(at.office, whose, role_name, unit_id)))
        say(_("Ended: {login} is no longer {role}", login=whose, role=role_name))
        return
    taken(people.appoint(at.office, caller, people.NewPost(whose, role_name, unit_id, areas)))
    say(_("Given: {login} is {role}", login=whose, role=role_name))


def _held(office: Office, whose: str, role_name: str, unit_id: str | None) -> str:
    person = people.person_of(office, whose)
    with office.read() as uow:
        posts = uow.people.appointments(person.id)
    for held in posts:
        if held.role == role_name and held.to_at is None and unit_id in (None, held.unit):
            return held.id
    raise NotFound("role", role_name)


@user.command(help=N_("Set a new password, printed once; every session of that person ends."))
@click.argument("whose", metavar="LOGIN")
@option("--password-stdin", is_flag=True, help=N_("Read the password from the input instead of making one."))
@as_house
def password(whose: str, password_stdin: bool, login: str | None) -> None:  # noqa: FBT001  click's
    at = desk()
    new = _password(given=password_stdin)
    taken(people.set_password(at.office, caller_of(at.office, login), whose, new))
    say(_("New password of {login} set.", login=whose))
    if not password_stdin:
        say(_("First password: {password}", password=new))


@user.command(
    help=N_("Where mail reaches a person, and what he gets by it; without an address nothing is mailed to him.")
)
@click.argument("whose", metavar="LOGIN")
@click.argument("address", default="")
@option(
    "--choice",
    type=click.Choice(CHOICES),
    default=AT_ONCE,
    show_default=True,
    help=N_("Urgent matters at once and a digest, the digest alone, or nothing."),
)
@as_house
def email(whose: str, address: str, choice: str, login: str | None) -> None:
    at = desk()
    person = people.person_of(at.office, whose)
    taken(mail.choose(at.office, caller_of(at.office, login), person.id, address, choice))
    say(
        _("Mail reaches {login} from now on.", login=whose)
        if address
        else _("Nothing is mailed to {login}.", login=whose)
    )


@unit.command("list", help=N_("The units, in their order."))
@as_json
def list_units(as_json: bool) -> None:  # noqa: FBT001  click's
    with desk().office.read() as uow:
        found = uow.people.units()
    if as_json:
        say_json(
            [
                {"id": one.id, "name": {"vi": one.name.vi, "en": one.name.en}, "kind": one.kind, "reports": one.reports}
                for one in found
            ]
        )
        return
    table((one.id, label(one.name)) for one in found)


@token.command(help=N_("Make a token that acts as a person within scopes; it is printed once."))
@option("--user", "whose", required=True, metavar="LOGIN", help=N_("Whom the token stands for."))
@option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(sorted(people.SCOPES)),
    help=N_("What it may do; may be given several times."),
)
@as_house
@as_json
def create(whose: str, scopes: tuple[str, ...], login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    made = taken(people.create_token(at.office, caller_of(at.office, login), whose, frozenset(scopes)))
    if as_json:
        say_json({"token": made.token, "id": made.id, "scopes": sorted(made.scopes)})
    else:
        say(made.token)
