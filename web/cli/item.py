"""Items: list, show, create, make moves, vote."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from web import i18n, plain
from web.cli.shell import (
    Desk,
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
from web.i18n import N_, _, day, label
from workflow.catalog.inputs import input_field
from workflow.catalog.plain_values import Refused as TextRefused
from workflow.catalog.plain_values import text_of
from workflow.engine import Definition, Item
from workflow.engine.definition import FieldType
from workflow.engine.item import Actor
from workflow.persistence import UnitOfWork
from workflow.queries.past import RECORDED
from workflow.queries.worklist import MOST, CursorInvalid, Filter, list_items
from workflow.services.items import Created, NewItem, create, readable
from workflow.services.moves import MoveRequest, Outcome, Refused, perform
from workflow.services.office import Caller
from workflow.services.past import READINGS, instant_asked, item_then, office_at
from workflow.values import replace

VOTES = ("approve", "reject", "withdraw", "take_back")

item = SpokenGroup("item", help=N_("Tasks, reports and other items: list, show, create, move, vote."))

_inputs = option("--set", "pairs", multiple=True, metavar="FIELD=VALUE", help=N_("A field; twice for a list of files."))
_giver = option("--for", "giver", metavar="LOGIN", help=N_("Whose delegation is used."))


@item.command("list", help=N_("List items."))
@as_reader
@option("--workflow", default="", help=N_("Only of this workflow."))
@option("--state", default="", help=N_("Only in this state."))
@option(
    "--group",
    default="",
    type=click.Choice(["", "doing", "behind", "done", "cancelled"]),
    help=N_("Only of this group."),
)
@option("--unit", default="", help=N_("Only of this unit."))
@option("--assignee", default="", metavar="LOGIN", help=N_("Only of this person."))
@option("--area", default="", help=N_("Only of this area of reform."))
@option("--q", default="", help=N_("Words to find; diacritics may be left out."))
@option("--overdue", is_flag=True, help=N_("Only what is past its date."))
@option("--sort", default="due_on", type=click.Choice(["due_on", "-due_on", "title", "code"]), help=N_("The order."))
@option("--limit", default=50, type=click.IntRange(1, MOST), help=N_("How many."))
@option("--cursor", help=N_("Where the page before this one ended."))
@as_json
def list_command(
    login: str | None,
    assignee: str,
    limit: int,
    cursor: str | None,
    as_json: bool,  # noqa: FBT001  click's
    **wanted: Any,
) -> None:
    at = desk()
    actor = caller_of(at.office, login).actor
    now = at.office.clock.now()
    with at.office.read() as uow:
        person = (uow.people.id_of_login(assignee) or "-") if assignee else ""
        to = plain.reader(at.office, uow, actor)
        try:
            page = list_items(uow, actor, Filter(**wanted, assignee=person), now, limit=limit, cursor=cursor)
        except CursorInvalid:
            raise click.UsageError(_("The cursor is none that a page of this list gave out.")) from None
        rows = [plain.row(row, to.titles, now) for row in page.rows]
    if as_json:
        say_json({"items": rows, "next": page.next})
        return
    labels = {one.workflow: one for one in at.office.editions.all_latest()}
    table(
        (
            row["code"],
            label(labels[row["workflow"]].states[row["state"]].label)
            if row["state"] in labels[row["workflow"]].states
            else row["state"],
            row["unit"],
            _due(at, found.due_at),
            row["title"],
        )
        for row, found in zip(rows, page.rows, strict=True)
    )
    if page.next:
        say(_("More: --cursor {cursor}", cursor=page.next))


def _due(at: Desk, due_at: Any) -> str:
    return day(i18n.last_day(due_at, at.settings.zone)) if due_at else "–"


@item.command(help=N_("Show one item with the moves that are possible, or how it stood at a past instant."))
@click.argument("ref", metavar="ID")
@option("--as-of", "instant", metavar="INSTANT", help=N_("How it stood then, for instance “20/10/2026 08:00”."))
@option(
    "--by",
    default=RECORDED,
    type=click.Choice(READINGS),
    help=N_("With --as-of: what had been recorded by then, or what counted then though recorded later."),
)
@as_reader
@as_json
def show(ref: str, instant: str | None, by: str, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    if instant is not None:
        _show_then(at, caller, ref, taken(instant_asked(at.office, instant, "--as-of")), by, as_json=as_json)
        return
    with at.office.read() as uow:
        found = readable(uow, caller, ref).item
        definition = at.office.editions.of(found, uow)
        said = plain.item(plain.reader(at.office, uow, caller.actor), found)
    if as_json:
        say_json(said)
        return
    _say_content(at, found, definition, said)
    _say_moves(said["moves"])


def _show_then(at: Desk, caller: Caller, ref: str, instant: datetime, by: str, *, as_json: bool) -> None:
    with at.office.read() as uow:
        found = item_then(uow, readable(uow, caller, ref).item, instant, by)
        definition = at.office.editions.of(found, uow)
        said = plain.past_item(plain.reader(office_at(at.office, instant), uow, caller.actor), found, by)
    if as_json:
        say_json(said)
        return
    say(_("As it stood at {moment}:", moment=i18n.moment(instant, at.settings.zone)))
    _say_content(at, found, definition, said)


def _say_content(at: Desk, found: Item, definition: Definition, said: plain.Said) -> None:
    say(f"{found.code}  {said['title']}")
    state = label(definition.states[found.state].label)
    say(_("State: {state} · version {version}", state=state, version=found.revision))
    say(_("Unit: {unit} · due: {due} · waits on: {who}", unit=found.unit, due=_due(at, found.due_at), who=_waits(said)))
    for name, value in said["fields"].items():
        field = input_field(definition, name)
        say(f"  {label(field.label) if field else name}: {_text(value)}")


def _waits(said: plain.Said) -> str:
    return str(said["waits_for"] or said["waits_on"] or "–")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _say_moves(moves: Iterable[plain.Said]) -> None:
    for move in moves:
        mark = "+" if move["allowed"] else "-"
        say(f"{mark} {move['name']}: {move['label'][i18n.language()]}")
        for reason in move["reasons"]:
            say(f"    {reason['message'][i18n.language()]} [{reason['code']}]")
        for asked in move["inputs"] if move["allowed"] else ():
            needed = "*" if asked["required"] else ""
            say(f"    {asked['name']}{needed}: {asked['label'][i18n.language()]}")


@item.command(help=N_("The moves out of the item's state: which are possible, and why the others are not."))
@click.argument("ref", metavar="ID")
@as_reader
@option("--all", "every", is_flag=True, help=N_("Other people's moves as well."))
@as_json
def moves(ref: str, login: str | None, every: bool, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    with at.office.read() as uow:
        found = readable(uow, caller, ref).item
        definition = at.office.editions.of(found, uow)
        listed = plain.moves(plain.reader(at.office, uow, caller.actor), definition, found, every_move=every)
    if as_json:
        said = {"id": found.id, "code": found.code, "version": found.revision, "state": found.state, "moves": listed}
        say_json(said)
        return
    _say_moves(listed)


@item.command("create", help=N_("Create an item."))
@option("--workflow", required=True, help=N_("The workflow that it follows."))
@option("--unit", required=True, help=N_("The lead unit."))
@option("--parent", metavar="ID", help=N_("The item above it."))
@_inputs
@as_login
@request_key
@as_json
def create_command(
    workflow: str,
    unit: str,
    parent: str | None,
    pairs: tuple[str, ...],
    login: str,
    key: str | None,
    as_json: bool,  # noqa: FBT001  click's
) -> None:
    at = desk()
    caller = caller_of(at.office, login, key)
    fields = typed(at.office.editions.latest(workflow), pairs)
    made = create(at.office, caller, NewItem(workflow, unit, fields, parent))
    if not isinstance(made, Created):
        refuse_in(at.office, made.reasons, made.definition)
    _say_item(at, caller.actor, made.item, as_json=as_json)


def typed(definition: Definition, pairs: Iterable[str]) -> dict[str, Any]:
    """FIELD=VALUE pairs as a form would send them; a field given twice is a list, figures are written as JSON."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise click.UsageError(_("--set takes FIELD=VALUE, not “{given}”.", given=pair))
        value = _figures(definition, name, text)
        if name in found:
            before = found[name] if isinstance(found[name], list) else [found[name]]
            value = [*before, value]
        found[name] = value
    return found


def _figures(definition: Definition, name: str, text: str) -> Any:
    field = definition.fields.get(name)
    if field is None or field.type is not FieldType.FIGURES:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise click.UsageError(_("“{field}” takes figures as JSON.", field=name)) from None


@item.command(help=N_("Make a move, or propose it where an approval stands before it."))
@click.argument("ref", metavar="ID")
@click.argument("move_name", metavar="MOVE")
@as_login
@_inputs
@option("--comment", help=N_("The comment."))
@_giver
@option(
    "--seen", type=click.IntRange(1), metavar="VERSION", help=N_("Refuse if the item is no longer at this version.")
)
@request_key
@as_json
def move(
    ref: str,
    move_name: str,
    login: str,
    pairs: tuple[str, ...],
    comment: str | None,
    giver: str | None,
    seen: int | None,
    key: str | None,
    as_json: bool,  # noqa: FBT001  click's
) -> None:
    at = desk()
    caller = caller_of(at.office, login, key, giver)
    with at.office.read() as uow:
        definition = at.office.editions.of(readable(uow, caller, ref).item, uow)
    asked = MoveRequest(ref, move_name, inputs=typed(definition, pairs), comment=clean(comment), seen=seen)
    _say_outcome(at, caller, perform(at.office, caller, asked), as_json=as_json)


def clean(comment: str | None) -> str | None:
    """A comment as the office keeps texts."""
    if comment is None:
        return None
    try:
        return text_of(comment)
    except TextRefused as refusal:
        raise click.UsageError(refusal.fault.code) from None


@item.command(help=N_("Vote on a proposal, or take one's own vote or proposal back."))
@click.argument("ref", metavar="ID")
@click.argument("move_name", metavar="MOVE")
@click.argument("word", type=click.Choice(VOTES), metavar="|".join(VOTES))
@as_login
@option("--comment", help=N_("The comment."))
@_giver
@option(
    "--seen", type=click.IntRange(1), metavar="VERSION", help=N_("Refuse if the item is no longer at this version.")
)
@request_key
@as_json
def vote(
    ref: str,
    move_name: str,
    word: str,
    login: str,
    comment: str | None,
    giver: str | None,
    seen: int | None,
    key: str | None,
    as_json: bool,  # noqa: FBT001  click's
) -> None:
    at = desk()
    caller = caller_of(at.office, login, key, giver)
    asked = MoveRequest(ref, move_name, word, comment=clean(comment), seen=seen)
    _say_outcome(at, caller, perform(at.office, caller, asked), as_json=as_json)


def _say_outcome(at: Desk, caller: Caller, outcome: Outcome, *, as_json: bool) -> None:
    if isinstance(outcome, Refused):
        refuse_in(at.office, outcome.reasons, outcome.definition)
    _say_item(at, caller.actor, outcome.item, as_json=as_json)


def _say_item(at: Desk, actor: Actor, found: Item, *, as_json: bool) -> None:
    with at.office.read() as uow:
        # Read again: a move may have gone on to a state that this reader is told of by its present rights.
        current, definition = _current(at, uow, found)
        said = plain.item(plain.reader(at.office, uow, replace(actor, acting_for=None)), current)
    if as_json:
        say_json(said)
        return
    state = label(definition.states[current.state].label)
    say(_("{code}: {state} (version {version})", code=current.code, state=state, version=current.revision))


def _current(at: Desk, uow: UnitOfWork, found: Item) -> tuple[Item, Definition]:
    current = uow.items.get(found.id).item
    return current, at.office.editions.of(current, uow)
