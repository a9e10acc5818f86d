"""What calls have in common: the body, the query, the version seen, for whom somebody acts, and the answer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, request
from marshmallow import Schema, ValidationError

from web import plain
from web.actors import current_actor, current_caller
from web.api import problem, schemas
from web.wiring import office
from workflow.catalog.plain_values import Refused, text_of
from workflow.engine import Item, Kind, Reason
from workflow.errors import NotFound, StaleItem
from workflow.services.items import readable
from workflow.services.office import Caller

_MOST_BYTES = 1024 * 1024
_KEY_LIMIT = 200
_TAG = re.compile(r'(?:W/)?"(\d{1,10})"')
_REFERENCE = re.compile(r"[\w.-]{1,64}", re.ASCII)
_NONE_SUCH = -1
"""A version that no item has: what an entity tag of somebody else's making stands for."""

_View = TypeVar("_View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Described:
    """What the description of the calls says of one: `summary` in English, `answers` by status a component or a word."""

    summary: str
    answers: Mapping[int, str]
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    headers: tuple[str, ...] = ()
    multipart: bool = False


def call(described: Described) -> Callable[[_View], _View]:
    """Put a view under its description, from which `openapi` tells of it."""

    def mark(view: _View) -> _View:
        view.described = described  # type: ignore[attr-defined]
        return view

    return mark


# -- what was sent ------------------------------------------------------------------------------------------------------


def query(schema: type[Schema]) -> dict[str, Any]:
    """The query string; a parameter given twice, unknown or wrong is refused."""
    given = {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}
    return loaded(schema, {name: value for name, value in given.items() if value != ""})


def body(schema: type[Schema]) -> dict[str, Any]:
    """The JSON body; 400 for what is no JSON object, 422 for keys that are wrong."""
    request.max_content_length = _MOST_BYTES
    if not request.is_json:
        raise problem.malformed()
    try:
        sent = json.loads(request.get_data(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise problem.malformed() from None
    if not isinstance(sent, dict):
        raise problem.malformed()
    return loaded(schema, sent)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def loaded(schema: type[Schema], sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, read by its schema; every fault is told at once."""
    try:
        found: dict[str, Any] = schema().load(sent)
    except ValidationError as error:
        raise problem.refused(schemas.faults(error)) from None
    return found


def item_body(schema: type[Schema], ref: str) -> dict[str, Any]:
    """The body of a call on an item. What is wrong with it is said last: first 404, 428 and 412, as everywhere."""
    try:
        return body(schema)
    except problem.Refusal as refusal:
        if refusal.problem.status == 422:
            _check_version(ref)
        raise


def _check_version(ref: str) -> None:
    seen = seen_version(ref)
    item = found_item(ref)
    if seen != item.revision:
        raise StaleItem(item.id, seen, item.revision)


def seen_version(ref: str) -> int:
    """The version in If-Match; 404 comes before 428, so that nobody learns what exists."""
    if not request.headers.get("If-Match"):
        found_item(ref)
        raise problem.version_missing()
    version = given_version()
    return _NONE_SUCH if version is None else version


def given_version() -> int | None:
    """The version in If-Match, where the call may go without: None where nothing is said."""
    tag = request.headers.get("If-Match")
    if tag is None:
        return None
    found = _TAG.fullmatch(tag.strip())
    return int(found[1]) if found else _NONE_SUCH


def found_item(ref: str) -> Item:
    """The item, if the asker may read it; NotFound otherwise."""
    with office().read() as uow:
        return readable(uow, current_caller(), ref).item


def check_reference(ref: str | None) -> None:
    """NotFound for what can be neither id nor code, before any database is asked."""
    if ref is not None and not _REFERENCE.fullmatch(ref):
        raise NotFound("item", ref[:64])


def request_key() -> str | None:
    """The Idempotency-Key, or None."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    try:
        key = text_of(key)
    except Refused as refusal:
        fault = refusal.fault
        raise problem.refused((Reason(fault.code, Kind.INPUT, {"field": "Idempotency-Key", **fault.params}),)) from None
    if len(key) > _KEY_LIMIT:
        raise problem.refused((Reason("key_too_long", Kind.INPUT, {"limit": str(_KEY_LIMIT)}),))
    return key or None


def caller_on(ref: str, giver: str | None) -> Caller:
    """Who asks, and in whose name: `giver` is the login of somebody. Whether he holds that person's power the rules say."""
    key = request_key()
    if giver is not None:
        found_item(ref)
    return current_caller(key, acting_for=giver_named(giver))


def giver_named(login: str | None) -> str | None:
    """The person with that login, in whose name the asker acts; None where he acts in his own."""
    if login is None:
        return None
    with office().read() as uow:
        person = uow.people.id_of_login(login)
    if person is None:
        raise problem.refused((Reason("no_such_person", Kind.INPUT, {"field": "for", "value": login}),))
    return person


# -- what is answered ---------------------------------------------------------------------------------------------------


def answer(said: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(said, ensure_ascii=False), status, headers, mimetype="application/json")


def page(rows: list[plain.Said], following: str | None) -> Response:
    return answer({"items": rows, "next": following})


def item_answer(item: Item, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The item as it is now for whoever asks, under its version as entity tag."""
    with office().read() as uow:
        said = plain.item(plain.reader(office(), uow, current_actor()), uow.items.get(item.id).item)
    return answer(said, status, {"ETag": f'"{said["version"]}"', **(headers or {})})
