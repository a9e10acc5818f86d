"""Items, their moves and votes. Who acts on an item says which version he saw, and may send a key to be safe to repeat."""

from flask import Blueprint, Response

from web import plain, problems
from web.actors import current_actor, current_caller
from web.api import calls, past, picking, problem, schemas
from web.api.calls import Described, call
from web.api.jobs import job_begun
from web.titles import titles_of
from web.wiring import office
from workflow.catalog.findings import nearest
from workflow.engine import Definition, Kind, Reason
from workflow.engine.definition import COMMENT
from workflow.errors import NotFound, WorkflowError
from workflow.persistence.jobs import Asked
from workflow.queries.worklist import CursorInvalid, list_items, waiting_for
from workflow.services.items import Created, NewItem, comment, create, readable
from workflow.services.jobs import MOST_AT_ONCE, start
from workflow.services.moves import MoveRequest, Outcome, Refused, perform, transition_named
from workflow.services.office import Caller

bp = Blueprint("items", __name__)

_PAGE = 50
_CHANGES = ("If-Match", "Idempotency-Key")


# -- the list -----------------------------------------------------------------------------------------------------------


@bp.get("/items")
@call(
    Described(
        "The worklist; q finds without diacritics. as_of shows, to those who audit, the rows as recorded by then",
        {200: "Items"},
        query=schemas.ITEMS_QUERY,
    )
)
def index() -> Response:
    asked = calls.query(schemas.ITEMS_QUERY)
    if "as_of" in asked:
        return past.rows(asked.pop("as_of"), asked)
    if asked.pop("by", None):
        raise problem.refused((Reason("input_missing", Kind.INPUT, {"field": "as_of"}),))
    limit, cursor = asked.pop("limit", _PAGE), asked.pop("cursor", None)
    mine = asked.pop("waits_on", None) is not None
    now = office().clock.now()
    with office().read() as uow:
        wanted = picking.wanted(uow, asked)
        to = plain.reader(office(), uow, current_actor())
        if mine:
            return picking.page(to, waiting_for(uow, to.actor), wanted, limit, cursor)
        try:
            page = list_items(uow, current_actor(), wanted, now, limit=limit, cursor=cursor)
        except CursorInvalid:
            raise picking.cursor_invalid() from None
    return calls.page([plain.row(row, to.titles, now) for row in page.rows], page.next)


# -- one item -----------------------------------------------------------------------------------------------------------


@bp.get("/items/<ref>")
@call(
    Described(
        "One item with the moves that the asker may make; moves=all lists other people's as well. With as_of, how it "
        "stood then: a PastItem, by=recorded as written by then, by=effective as it counted then",
        {200: "Item"},
        query=schemas.ITEM_QUERY,
    )
)
def show(ref: str) -> Response:
    asked = calls.query(schemas.ITEM_QUERY)
    if "as_of" in asked:
        return past.item(ref, asked)
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
