"""Goal 10: a page of fifty rows for somebody signed in, and a step by form, held to a bare WSGI application.

Both run in process and uncompressed: compression is the same work for any page, and a proxy may do it. The size is an argument.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from itertools import count, cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import EnvironBuilder

from tests.benchmarks import raw, rounds, stock
from tests.offices import HOUSE, caller, new_task
from tests.web.conftest import PASSWORD, Visitor, close, set_clock, settings_of
from web import create_app, wiring
from web.titles import titles_of
from workflow.catalog.draw import View, draw
from workflow.engine.events import instant_text
from workflow.persistence import open_owner_engine
from workflow.persistence.columns import micros
from workflow.persistence.migrations import upgrade
from workflow.persistence.statements import observing
from workflow.services import passwords, people, publishing
from workflow.services.office import Office

SIZE = 20_000
_LIST = "/items"
_COMMENT = "Chờ hướng dẫn của cấp trên về kinh phí thực hiện"
_NEVER = float("inf")


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else SIZE
    with tempfile.TemporaryDirectory() as folder:
        app = _furnished(Path(folder), size)
        office: Office = app.extensions["office"]
        connection = raw.connect(settings_of(Path(folder)).data / "dondoc.sqlite")
        steps = raw.Steps(connection, micros(stock.DAY), instant_text(stock.DAY))
        twin = raw.Pages(connection, steps, caller(office, "chairman").actor.id, _words(office), _cue)
        visitor = Visitor(app.test_client())
        assert visitor.log_in("chairman").status_code == 303
        lines = [*_lists(app, visitor, twin), _step(app, office, visitor, twin), _drawing(office)]
        rounds.table(f"Pages over {size:,} items, in process, signed in", lines)
        connection.close()
        close(app)


def _drawing(office: Office) -> rounds.Line:
    task = office.editions.latest("task")
    view = View(task.initial.name, (), frozenset(task.transitions))
    return rounds.timed(
        "", "the drawing of the whole task, all its states and moves", 20, lambda: draw(task, view, "whole")
    )


def _furnished(folder: Path, size: int) -> Flask:
    settings = settings_of(folder)
    owner = open_owner_engine(settings.database_url)
    upgrade(owner)
    owner.dispose()
    app = create_app(settings)
    set_clock(app, stock.DAY)
    office = app.extensions["office"]
    people.seed_organisation(office, HOUSE, wiring.shipped().organisation, passwords.hash_of(PASSWORD))
    for report in wiring.shipped().workflows.values():
        publishing.publish(office, HOUSE, report.source, report.file)
    stock.fill(office, size)
    return app


def _words(office: Office) -> dict[str, dict[str, str]]:
    """What the twin says for ids: it knows the office by heart."""
    definition = office.editions.latest("task")
    with office.read() as uow:
        titles = titles_of(uow)
    return {
        "kinds": {"task": definition.label.vi},
        "states": {name: state.label.vi for name, state in definition.states.items()},
        "units": {name: label.vi for name, label in titles.units.items()},
        "people": {name: label.vi for name, label in titles.people.items()},
        "roles": {"unit_head": "trưởng đơn vị", "chairman": "Chủ tịch"},
    }


_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400_000_000
_EAST = 7 * _DAY // 24
_TODAY = (micros(stock.DAY) + _EAST) // _DAY


def _cue(due_at: int) -> tuple[str, str, str]:
    """The due chip by hand: the last day in time, seven hours east of Greenwich, and how many days are left."""
    last = (due_at - 1 + _EAST) // _DAY
    left, day = last - _TODAY, date.fromordinal(_EPOCH + last)
    shown = f"{day.day:02}/{day.month:02}/{day.year}"
    if left < 0:
        return shown, "late", f"quá hạn {-left} ngày"
    return shown, "soon" if left <= 3 else "calm", f"còn {left} ngày"


def _environ(visitor: Visitor) -> dict[str, Any]:
    """The signed-in visitor's request, made once: what a client does is no work of ours."""
    cookie = visitor.client.get_cookie("dondoc")
    assert cookie is not None
    return EnvironBuilder(_LIST, headers={"Cookie": f"dondoc={cookie.value}", "Accept-Language": "vi"}).get_environ()


def _sent(environ: dict[str, Any], path: str, form: bytes) -> dict[str, Any]:
    return environ | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "REQUEST_URI": path,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(form)),
        "wsgi.input": io.BytesIO(form),
    }


def _answer(application: Callable[..., Any], environ: dict[str, Any]) -> tuple[str, bytes]:
    """What a server does with one request: call, read to the end, close."""
    status: list[str] = []
    answer = application(environ, lambda line, _headers: status.append(line))
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return status[0], body


def _lists(app: Flask, visitor: Visitor, twin: raw.Pages) -> list[rounds.Line]:
    asked = _environ(visitor)
    compressed = asked | {"HTTP_ACCEPT_ENCODING": "gzip"}
    for application in (app.wsgi_app, twin):
        status, body = _answer(application, dict(asked))
        assert status.startswith("200"), body
        assert body.count(b"data-row") == 50, body
    names: list[str] = []
    with observing(names.append):
        _answer(app.wsgi_app, dict(asked))
    asks = [name for name in names if name not in {"begin", "commit", "committed"}]

    def raw_page() -> None:
        _answer(twin, dict(asked))

    def page() -> None:
        _answer(app.wsgi_app, dict(asked))

    def compressed_page() -> None:
        _answer(app.wsgi_app, dict(compressed))

    return [
        rounds.compared("10", "list of 50 rows", 6.0, page, raw_page),
        rounds.compared("", "the same, compressed (for looking)", _NEVER, compressed_page, raw_page),
        rounds.counted("", f"statements of that page ({', '.join(asks)})", 8, [len(asks)]),
    ]


def _step(app: Flask, office: Office, visitor: Visitor, twin: raw.Pages) -> rounds.Line:
    ours, twins = new_task(office, due_on="31/12/2026"), new_task(office, due_on="31/12/2026")
    with office.read() as uow:
        revision = count(uow.items.get(ours).item.revision)
        twin_id = uow.items.get(twins).item.id
    visitor.get("/help")
    asked, moves, keys = _environ(visitor), cycle(("suspend", "resume")), count()
    typed = urlencode({"csrf_token": visitor.token, "comment": _COMMENT, "act": "perform"})

    def product() -> None:
        form = f"{typed}&seen={next(revision)}&key=ours-{next(keys)}".encode()
        status, body = _answer(app.wsgi_app, _sent(asked, f"/items/{ours}/moves/{next(moves)}", form))
        assert status.startswith("303"), (status, body.decode()[:3000])

    def by_hand() -> None:
        form = f"{typed}&seen=1&key=raw-{next(keys)}".encode()
        assert _answer(twin, _sent(asked, f"/items/{twin_id}/moves/turn", form))[0].startswith("303")

    return rounds.compared("10", "a step by form: parsed, checked, done, led back", 6.0, product, by_hand)


if __name__ == "__main__":
    main()
