"""Programs that call the API: one for each login, with a token of its own."""

from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.offices import HOUSE
from workflow.services import people

ALL = frozenset({"read", "write", "audit", "admin"})
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"
)


@dataclass
class Program:
    """Sends its token with every call; `seen` makes If-Match, `key` the Idempotency-Key."""

    client: FlaskClient
    token: str
    more: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, seen: object = None, key: str | None = None, **options) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **self.more, **options.pop("headers", {})}
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options) -> TestResponse:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: object = None, **options) -> TestResponse:
        return self.ask("POST", path, json=body, **options) if body is not None else self.ask("POST", path, **options)

    def item(self, ref: str, query: str = "") -> dict:
        answer = self.get(f"/items/{ref}{query}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def move(self, ref: str, move: str, seen: int | None = None, key: str | None = None, **body) -> TestResponse:
        version = self.item(ref)["version"] if seen is None else seen
        return self.post(f"/items/{ref}/moves", {"move": move, **body}, seen=version, key=key)

    def moved(self, ref: str, move: str, **body) -> dict:
        answer = self.move(ref, move, **body)
        assert answer.status_code == 200, answer.text
        return answer.json


def program(app: Flask, login: str, scopes: frozenset[str] = ALL) -> Program:
    given = people.create_token(app.extensions["office"], HOUSE, login, scopes)
    assert isinstance(given, people.NewToken)
    return Program(app.test_client(), given.token)


def codes(answer: TestResponse) -> list[str]:
    assert answer.mimetype == "application/problem+json", answer.text
    return [reason["code"] for reason in answer.json["reasons"]]
