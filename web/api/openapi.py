"""The calls described: OpenAPI 3.1, made from the routes and schemas that answer them, and a page to read it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from marshmallow import Schema
from werkzeug.routing import Rule

import workflow
from web import plain
from web.api import calls, schemas
from web.api.calls import Described
from web.api.components import COMPONENTS
from web.api.problem import TITLES
from web.i18n import language
from web.problems import BY_ERROR, BY_KIND, NOT_SIGNED_IN, TOO_MANY, VERSION_MISSING
from web.security import public

bp = Blueprint("openapi", __name__)

_PREFIX = "/api/v1"
_HEADERS = {
    "If-Match": "The version of the item that the caller looked at, in quotes; 428 without it, 412 where it is old",
    "Idempotency-Key": "Makes the call safe to repeat: the same key again is answered again and done once",
}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_FAILS = {problem.status: problem.name for problem in (*BY_KIND.values(), *BY_ERROR.values(), NOT_SIGNED_IN, TOO_MANY)}


@bp.get("/openapi.json")
@public
def document() -> Response:
    return calls.answer(description())


@bp.get("/docs")
@public
def docs() -> str:
    """A page without scripts that says the same."""
    return render_template(
        "api/docs.html", document=description(), titles=TITLES, language=language(), statuses=_statuses()
    )


def _statuses() -> dict[str, int]:
    known = (*BY_KIND.values(), *BY_ERROR.values(), NOT_SIGNED_IN, TOO_MANY, VERSION_MISSING)
    return {problem.name: problem.status for problem in known}


def description() -> plain.Said:
    paths: dict[str, plain.Said] = {}
    for rule, described in _described():
        method = next(name for name in ("GET", "POST", "PUT", "DELETE") if name in (rule.methods or ()))
        address = _braced(rule.rule).removeprefix(_PREFIX)
        paths.setdefault(address, {})[method.lower()] = _operation(rule, described, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Đôn Đốc", "version": workflow.__version__, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": _PREFIX}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**COMPONENTS, **_bodies()},
        },
    }


def _described() -> Iterator[tuple[Rule, Described]]:
    for rule in current_app.url_map.iter_rules():
        described = getattr(current_app.view_functions[rule.endpoint], "described", None)
        if described is not None:
            yield rule, described


def _braced(address: str) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", address)


def _operation(rule: Rule, described: Described, method: str) -> plain.Said:
    said: plain.Said = {
        "operationId": rule.endpoint.removeprefix("api."),
        "summary": described.summary,
        "parameters": [*_in_path(rule), *_in_query(described), *_in_header(described)],
        "responses": _responses(described, method),
    }
    if described.body is not None:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{_name(described.body)}"}}}
        said["requestBody"] = {"required": True, "content": content}
    if described.multipart:
        part = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
        said["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": part}}}
    return said


def _in_path(rule: Rule) -> list[plain.Said]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in sorted(rule.arguments)
    ]


def _in_query(described: Described) -> list[plain.Said]:
    if described.query is None:
        return []
    fields = described.query().fields
    return [{"name": name, "in": "query", "schema": _json(field)} for name, field in fields.items()]


def _in_header(described: Described) -> list[plain.Said]:
    return [
        {"name": name, "in": "header", "description": _HEADERS[name], "schema": {"type": "string"}}
        for name in described.headers
    ]


def _responses(described: Described, method: str) -> plain.Said:
    answers: plain.Said = {str(status): _answer(shape) for status, shape in described.answers.items()}
    fails = dict(_FAILS)
    if "If-Match" in described.headers:
        fails[VERSION_MISSING.status] = VERSION_MISSING.name
    elif method == "GET":
        fails = {status: fails[status] for status in (401, 403, 404, 422, 429, 503)}
    return answers | {
        str(status): {"description": TITLES[name], "content": _PROBLEM} for status, name in sorted(fails.items())
    }


def _answer(shape: str) -> plain.Said:
    if shape == "bytes":
        binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        return {"description": "The content", "content": binary}
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {"description": shape, "content": {"application/json": {"schema": schema}}}


@cache
def _bodies() -> plain.Said:
    made = {described.body for _rule, described in _described() if described.body}
    return {_name(schema): _object(schema()) for schema in sorted(made, key=_name)}


def _name(schema: type[Schema]) -> str:
    return schema.__name__


def _object(schema: Schema) -> plain.Said:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, field in schema.fields.items() if field.required],
        "properties": {name: _json(field) for name, field in schema.fields.items()},
    }


def _json(field: Any) -> plain.Said:
    if isinstance(field, schemas.Each):
        return {"type": "array", "minItems": 1, "maxItems": field.most, "items": _object(field.schema)}
    said: plain.Said = field.json
    return said
