"""Items, their moves and votes. Who acts on an item says which version he saw, and may send a key to be safe to repeat."""

from typing import Any

from flask import Blueprint, Response

from web import plain, problems
from web.actors import current_actor, current_caller
from web.api import calls, problem, schemas
from web.api.calls import Described, call
from web.api.jobs import job_begun
from web.titles import titles_of
from web.wiring import office
from workflow.catalog.findings import nearest
from workflow.engine import Definition, Item, Kind, Reason
from workflow.engine.definition import COMMENT
from workflow.engine.facts import folded
from workflow.errors import NotFound, WorkflowError
from workflow.persistence import UnitOfWork
from workflow.persistence.jobs import Asked
from workflow.queries.worklist import CursorInvalid, Filter, list_items, waiting_for
from workflow.services.items import Created, NewItem, comment, create, readable
from workflow.services.jobs import MOST_AT_ONCE, start
from workflow.services.moves import MoveRequest, Outcome, Refused, perform, transition_named
from workflow.services.office import Caller

bp = Blueprint("items", __name__)

_PAGE = 50
_CHANGES = ("If-Match", "Idempotency-Key")


# -- the list -----------------------------------------------------------------------------------------------------------


@bp.get("/items")
@call(Described("The worklist; q finds without diacritics", {200: "Items"}, query=schemas.ITEMS_QUERY))
def index() -> Response:
    asked = calls.query(schemas.ITEMS_QUERY)
    limit, cursor = asked.pop("limit", _PAGE), asked.pop("cursor", None)
    mine = asked.pop("waits_on", None) is not None
    now = office().clock.now()
    with office().read() as uow:
        wanted = _filter(uow, asked)
        to = plain.reader(office(), uow, current_actor())
        if mine:
            return _waiting(to, wanted, limit, cursor)
        try:
            page = list_items(uow, current_actor(), wanted, now, limit=limit, cursor=cursor)
        except CursorInvalid:
            raise _cursor_invalid() from None
    return calls.page([plain.row(row, to.titles, now) for row in page.rows], page.next)


def _filter(uow: UnitOfWork, asked: dict[str, Any]) -> Filter:
    assignee = asked.pop("assignee", "")
    if assignee:
        # A login that nobody has finds nothing, as a unit that does not exist does.
        assignee = current_actor().id if assignee == "me" else uow.people.id_of_login(assignee) or "-"
    overdue = asked.pop("overdue", "false") == "true"
    return Filter(**asked, assignee=assignee, overdue=overdue)


def _cursor_invalid() -> problem.Refusal:
    return problem.refused((Reason("cursor_invalid", Kind.INPUT, {"field": "cursor"}),))


def _waiting(to: plain.Reader, wanted: Filter, limit: int, cursor: str | None) -> Response:
    """What waits for the asker, the longest due first: few enough to be picked from one list."""
    found = [item for item in waiting_for(to.uow, to.actor) if _fits(to, item, wanted)]
    if wanted.sort in ("title", "code"):
        found.sort(key=lambda item: _sort_text(item, wanted.sort))
    elif wanted.sort == "-due_on":
        dated = [item for item in found if item.due_at is not None]
        found = [*reversed(dated), *(item for item in found if item.due_at is None)]
    start = 0
    if cursor:
        start = next((n for n, item in enumerate(found, 1) if item.id == cursor), 0)
        if not start:
            raise _cursor_invalid()
    shown = found[start : start + limit]
    following = shown[-1].id if start + limit < len(found) else None
    return calls.page([plain.row_of(to, item) for item in shown], following)


def _sort_text(item: Item, sort: str) -> tuple[str, str]:
    return (item.code if sort == "code" else folded(str(item.fields.get("title") or item.code)), item.id)


def _fits(to: plain.Reader, item: Item, wanted: Filter) -> bool:
    definition = to.office.editions.of(item, to.uow)
    group = definition.states[item.state].group.value
    given = (
        (wanted.workflow, item.workflow),
        (wanted.state, item.state),
        (wanted.group, group),
        (wanted.unit, item.unit),
        (wanted.assignee, item.fields.get("assignee")),
        (wanted.area, item.fields.get("area")),
    )
    if any(asked and asked != has for asked, has in given):
        return False
    past = item.due_at is not None and item.due_at <= to.office.clock.now()
    if wanted.overdue and not (past and group in ("doing", "behind")):
        return False
    searched = folded(f"{item.code} {item.fields.get('title') or ''} {item.fields.get('source') or ''}")
    return all(word in searched for word in folded(wanted.q).split())


# -- one item -----------------------------------------------------------------------------------------------------------


@bp.get("/items/<ref>")
@call(
    Described(
        "One item with the moves that the asker may make; moves=all lists other people's as well",
        {200: "Item"},
        query=schemas.ITEM_QUERY,
    )
)
def show(ref: str) -> Response:
    asked = calls.query(schemas.ITEM_QUERY)
    with office().read() as uow:
        item = readable(uow, current_caller(), ref).item
        to = plain.reader(office(), uow, current_actor())
        said = plain.item(to, item, every_move="moves" in asked)
    return calls.answer(said, headers={"ETag": f'"{item.revision}"'})


@bp.post("/items")
@call(
    Described(
        "Create an item in the initial state of its workflow",
        {201: "Item"},
        body=schemas.NEW_ITEM,
        headers=("Idempotency-Key",),
    )
)
def create_item() -> Response:
    asked = calls.body(schemas.NEW_ITEM)
    new = NewItem(asked["workflow"], asked["unit"], asked.get("fields", {}), asked.get("parent"))
    caller = current_caller(calls.request_key(), acting_for=calls.giver_named(asked.get("for")))
    try:
        made = create(office(), caller, new)
    except NotFound as fault:
        raise _not_creatable(fault) from None
    if not isinstance(made, Created):
        raise _refused(made.reasons, made.definition)
    location = f"/api/v1/items/{made.item.id}"
    return calls.item_answer(made.item, 201, {"Location": location})


def _not_creatable(fault: NotFound) -> Exception:
    """A unit or parent that does not exist is a wrong input; a workflow that does not exist is no address at all."""
    if fault.kind == "unit":
        return problem.refused((Reason("no_such_unit", Kind.INPUT, {"field": "unit", "value": fault.name}),))
    if fault.kind == "workflow":
        known = [one.workflow for one in office().editions.all_latest()]
        return NotFound("workflow", fault.name, nearest(fault.name, known))
    return fault


def _refused(reasons: tuple[Reason, ...], definition: Definition) -> problem.Refusal:
    with office().read() as uow:
        titles = titles_of(uow)
    return problem.refused(reasons, definition, titles)


# -- moves --------------------------------------------------------------------------------------------------------------


@bp.post("/items/<ref>/moves")
@call(
    Described(
        "Make a move, or propose it where an approval stands before it",
        {200: "Item"},
        body=schemas.MOVE,
        headers=_CHANGES,
    )
)
def make_move(ref: str) -> Response:
    asked = calls.item_body(schemas.MOVE, ref)
    fields = dict(asked.get("fields", {}))
    # The comment is listed among a move's inputs, so it may come as one of them.
    comment_given = asked.get("comment") or fields.pop(COMMENT, None)
    seen = calls.seen_version(ref)
    move = MoveRequest(ref, asked["move"], inputs=fields, comment=_comment(comment_given), seen=seen)
    return _performed(perform(office(), calls.caller_on(ref, asked.get("for")), move))


def _comment(given: object) -> str | None:
    if given is None:
        return None
    return str(calls.loaded(schemas.COMMENT, {"comment": given})["comment"])


def _performed(outcome: Outcome) -> Response:
    if isinstance(outcome, Refused):
        raise _refused(outcome.reasons, outcome.definition)
    return calls.item_answer(outcome.item, headers={"Idempotency-Replayed": "true"} if outcome.replayed else None)


@bp.post("/items/<ref>/votes")
@call(
    Described(
        "Approve or reject a proposal that waits for the asker, or take one's own opinion back",
        {200: "Item"},
        body=schemas.VOTE,
        headers=_CHANGES,
    )
)
def vote(ref: str) -> Response:
    asked = calls.item_body(schemas.VOTE, ref)
    seen = calls.seen_version(ref)
    move = MoveRequest(ref, asked["move"], asked["vote"], comment=asked.get("comment"), seen=seen)
    return _performed(perform(office(), calls.caller_on(ref, asked.get("for")), move))


@bp.delete("/items/<ref>/requests/<move>")
@call(Described("Take one's own proposal back", {200: "Item"}, headers=_CHANGES))
def take_back(ref: str, move: str) -> Response:
    asked = MoveRequest(ref, move, "take_back", seen=calls.given_version())
    return _performed(perform(office(), current_caller(calls.request_key()), asked))


@bp.post("/moves")
@call(
    Described(
        "Make one move on several items: a result for each, and what fails for one undoes nothing of another; "
        "more than 50 become a job",
        {200: "Results", 202: "Job"},
        body=schemas.BULK,
        headers=("Idempotency-Key",),
    )
)
def make_moves() -> Response:
    asked = calls.body(schemas.BULK)
    key, giver = calls.request_key(), calls.giver_named(asked.get("for"))
    if len(asked["items"]) > MOST_AT_ONCE:
        wanted = [Asked(one["id"], one["version"], giver) for one in asked["items"]]
        return job_begun(start(office(), current_caller(key), asked["move"], wanted, asked.get("comment")))
    rows = [
        _one_of_many(
            MoveRequest(one["id"], asked["move"], comment=asked.get("comment"), seen=one["version"]),
            current_caller(f"{key}:{one['id']}" if key else None, acting_for=giver),
        )
        for one in asked["items"]
    ]
    return calls.page(rows, None)


def _one_of_many(move: MoveRequest, caller: Caller) -> plain.Said:
    try:
        calls.check_reference(move.item)
        _check_bulk(move)
        outcome = perform(office(), caller, move)
        if isinstance(outcome, Refused):
            raise _refused(outcome.reasons, outcome.definition)
    except problem.Refusal as refusal:
        reasons = plain.reasons(refusal.reasons, refusal.definition, refusal.titles)
        return {"id": move.item} | problem.told(refusal.problem, reasons)
    except WorkflowError as error:
        return {"id": move.item} | problem.told(problems.of_error(error), plain.reasons((problems.reason_of(error),)))
    item = outcome.item
    return {"id": item.id, "code": item.code, "status": 200, "version": item.revision, "state": item.state}


def _check_bulk(move: MoveRequest) -> None:
    with office().read() as uow:
        item = readable(uow, current_caller(), move.item).item
        definition = office().editions.of(item, uow)
    if not transition_named(definition, move.move).bulk:
        raise problem.refused((Reason("not_bulk", Kind.PRECONDITION, {"move": move.move}),), definition)


# -- comments -----------------------------------------------------------------------------------------------------------


@bp.post("/items/<ref>/comments")
@call(Described("Comment on an item; its version stays", {201: "Comment"}, body=schemas.COMMENT))
def add_comment(ref: str) -> Response:
    calls.found_item(ref)
    asked = calls.body(schemas.COMMENT)
    text = asked.get("text") or asked.get("comment")
    if not text:
        raise problem.refused((Reason("input_missing", Kind.INPUT, {"field": "text"}),))
    made = comment(office(), current_caller(calls.request_key()), ref, text)
    if isinstance(made, Reason):
        raise problem.refused((made,))
    return calls.answer({"id": made, "item": ref, "text": text, "by": _own_login()}, 201)


def _own_login() -> str | None:
    with office().read() as uow:
        return uow.people.get(current_actor().id).login
