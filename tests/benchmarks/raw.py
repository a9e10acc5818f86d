"""The twin of each measured piece of work, written with the sqlite3 driver alone: the same tables, indexes and durability.

It is what somebody would write by hand for one move of one workflow: rules as plain ifs, a fixed text for every statement, only the
columns that the move changes, the instants as numbers. It reads and writes the same rows, the chained entry included.
"""

import hashlib
import hmac
import json
import re
import secrets
import sqlite3
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html import escape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

_READ = (
    "SELECT id, code, workflow, version, fingerprint, revision, state, unit, created_by, created_at, entered_at, fields, facts,"
    " parent, open_children, head_n, head_leaf, head_rec, area, late FROM item WHERE id = ?"
)
_PROGRESS = (
    "UPDATE item SET revision = ?, fields = ?, facts = ?, head_n = ?, head_leaf = ?, head_rec = ?"
    " WHERE id = ? AND revision = ?"
)
_TURN = (
    "UPDATE item SET revision = ?, state = ?, entered_at = ?, facts = ?, waits_on = ?, waits_person = ?, next_timer_at = ?,"
    " head_n = ?, head_leaf = ?, head_rec = ? WHERE id = ? AND revision = ?"
)
_ENTRY = (
    "INSERT INTO audit_event (id, stream, n, rec, type, actor_id, tr, item_id, body, leaf)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PRIVATE = "INSERT INTO audit_private (event_id, field, salt, value) VALUES (?, ?, ?, ?)"
_TALLY = (
    "INSERT INTO tally (workflow, unit, area, state, late, count) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (workflow, unit, area, state, late) DO UPDATE SET count = tally.count + excluded.count"
)
_MESSAGE = (
    "INSERT INTO message (id, created_at, kind, item, payload, status, attempts, due_at)"
    " VALUES (?, ?, ?, ?, ?, 'waiting', 0, ?)"
)
_READ_MANY = _READ.replace("id = ?", "id IN ({places})")
_JOB = "INSERT INTO job (id, person, move, created_at) VALUES (?, ?, 'turn', ?)"
_JOB_ROW = "INSERT INTO job_row (job, n, item, seen) VALUES (?, ?, ?, ?)"
_SETTLED = "UPDATE job_row SET done_at = ?, state = ? WHERE job = ? AND n = ?"
_KEY = "INSERT INTO idempotency (actor, key, fingerprint, outcome, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")
    return connection


class OnServer:
    """psycopg where sqlite3 stands: the same statements, prepared, each waited for; a row that is read to be moved is held."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, params: tuple[Any, ...] = ()) -> Any:
        return self._connection.execute(_spelt(sql), params, prepare=True)

    def executemany(self, sql: str, rows: list[tuple[Any, ...]]) -> Any:
        """One statement for all rows, which travel as one JSON text: an array a column costs this process three times that."""
        columns = list(zip(*rows, strict=True))
        kinds = tuple(next((type(part) for part in column if part is not None), None) for column in columns)
        names = [f"c{n}" for n in range(len(kinds))]
        told = json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, default=_base64)
        return self._connection.execute(_as_set(sql, kinds), (told,), prepare=True)


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


@cache
def _as_set(sql: str, kinds: tuple[type | None, ...]) -> str:
    spelt = iter([f"decode(new.c{n}, 'base64')" if kind is bytes else f"new.c{n}" for n, kind in enumerate(kinds)])
    text = re.sub(r"\?", lambda _: next(spelt), sql)
    # A column without any value: a number's NULL may stand in a text as well, not the other way round.
    told = ", ".join(f"c{n} {'text' if kind in (str, bytes) else 'bigint'}" for n, kind in enumerate(kinds))
    source = f" FROM json_to_recordset(%s::json) AS new({told})"
    if text.startswith("UPDATE"):
        return text.replace(" WHERE ", f"{source} WHERE ")
    return re.sub(r"VALUES \((.*)\)(?= ON|$)", rf"SELECT \1{source} WHERE true", text)


@cache
def _spelt(sql: str) -> str:
    if sql == "BEGIN IMMEDIATE":
        return "BEGIN"
    held = " FOR UPDATE" if sql.startswith(_READ.partition(" WHERE")[0]) else ""
    return sql.replace("%", "%%").replace("?", "%s") + held


Driver = sqlite3.Connection | OnServer
Progress = tuple[str, str, str, frozenset[str], int]
"""One bare step that is asked for: the item, the person, the unit, the roles, the value."""


class Steps:
    """Moves of one task at one instant, by hand."""

    def __init__(self, connection: Driver, now: int, now_text: str) -> None:
        self._connection, self._now, self._now_text = connection, now, now_text

    def progress(self, item_id: str, person: str, unit: str, roles: frozenset[str], value: int) -> None:
        """The bare step: an item read, checked and written under its revision, one chained entry."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._progressed(item_id, person, unit, roles, value)
        self._connection.execute("COMMIT")

    def progresses(self, asked: Iterable[Progress]) -> None:
        """Several bare steps that share a commit."""
        self._connection.execute("BEGIN IMMEDIATE")
        for one in asked:
            self._progressed(*one)
        self._connection.execute("COMMIT")

    def _progressed(self, item_id: str, person: str, unit: str, roles: frozenset[str], value: int) -> None:
        execute = self._connection.execute
        row = execute(_READ, (item_id,)).fetchone()
        if row[6] not in {"in_progress", "remediation_planned"} or row[7] != unit or "unit_head" not in roles:
            raise PermissionError
        if not 0 <= value <= 100:
            raise ValueError(value)
        fields, facts = json.loads(row[11]), json.loads(row[12])
        old, fields["progress"] = fields.get("progress"), value
        facts["last"]["progress"] = [person, unit, None]
        body = self._body(row, person, "unit_head", unit, "progress", row[6])
        body["ev"].insert(0, {"e": "field", "field": "progress", "old": old, "new": value})
        body["chg"] = [["progress", old, value]]
        leaf = self._enter(row, body)
        execute(
            _PROGRESS,
            (row[5] + 1, _text(fields), _text(facts), row[15] + 1, leaf, self._now, item_id, row[5]),
        )

    def turn(self, item_id: str, person: str, roles: frozenset[str], comment: str, key: str) -> None:
        """The whole step: suspend what is in progress, resume what is suspended, with key, message and counts."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        row = execute(_READ, (item_id,)).fetchone()
        move, target = self._allowed(row, roles)
        if move == "suspend" and not comment:
            raise ValueError(comment)
        asked = hashlib.sha256(json.dumps([item_id, move, comment], sort_keys=True).encode()).hexdigest()
        if execute(_KEY, (person, key, asked, f"{item_id} {row[5] + 1}", self._now)).rowcount != 1:
            raise KeyError(key)
        body = self._body(row, person, "chairman", None, move, target)
        salt = secrets.token_bytes(32)
        if comment:
            body["cmt"] = {"comment": hmac.new(salt, comment.encode(), hashlib.sha256).hexdigest()}
        body["req"] = {"key": key}
        leaf = self._enter(row, body)
        if comment:
            execute(_PRIVATE, (self._entry_id, "comment", salt, json.dumps(comment, ensure_ascii=False)))
        execute(_TURN, self._turned(row, person, move, target, leaf))
        for state, by in ((row[6], -1), (target, 1)):
            execute(_TALLY, (row[2], row[7], row[18] or "", state, row[19], by))
        execute(_MESSAGE, self._notice(item_id, move))
        execute("COMMIT")

    def turns(self, item_ids: Sequence[str], person: str, roles: frozenset[str], job: str) -> None:
        """Many at once, as a job: each table is written once for all of them, and all share two commits.

        The least that such a job can cost: the same rows and the same chain, and no decision but two ifs.
        """
        execute, many = self._connection.execute, self._connection.executemany
        execute("BEGIN IMMEDIATE")
        execute(_JOB, (job, person, self._now))
        many(_JOB_ROW, [(job, n, item_id, 1) for n, item_id in enumerate(item_ids, 1)])
        execute("COMMIT")
        execute("BEGIN IMMEDIATE")
        rows = execute(_READ_MANY.format(places=", ".join("?" * len(item_ids))), tuple(item_ids)).fetchall()
        entries, turned, messages, settled = [], [], [], []
        tally: Counter[tuple[Any, ...]] = Counter()
        for n, row in enumerate(rows, 1):
            move, target = self._allowed(row, roles)
            entry, leaf = self._entry(row, self._body(row, person, "chairman", None, move, target))
            entries.append(entry)
            turned.append(self._turned(row, person, move, target, leaf))
            messages.append(self._notice(row[0], move))
            settled.append((self._now, target, job, n))
            for state, by in ((row[6], -1), (target, 1)):
                tally[row[2], row[7], row[18] or "", state, row[19]] += by
        many(_ENTRY, entries)
        many(_TURN, turned)
        many(_TALLY, [(*cell, by) for cell, by in tally.items()])
        many(_MESSAGE, messages)
        many(_SETTLED, settled)
        execute("COMMIT")

    def _allowed(self, row: tuple[Any, ...], roles: frozenset[str]) -> tuple[str, str]:
        if "chairman" not in roles:
            raise PermissionError
        return ("resume", "in_progress") if row[6] == "suspended" else ("suspend", "suspended")

    def _turned(self, row: tuple[Any, ...], person: str, move: str, target: str, leaf: bytes) -> tuple[Any, ...]:
        """What the item's row becomes, in the order of `_TURN`."""
        facts = json.loads(row[12])
        facts["last"][move] = [person, None, None]
        facts["visited"] = [*(state for state in facts["visited"] if state != target), target]
        waits_on = "unit_head" if target == "in_progress" else "chairman"
        next_timer = facts["due"].get("main") if target == "in_progress" else None
        changed = (target, self._now, _text(facts), waits_on, None, next_timer)
        return (row[5] + 1, *changed, row[15] + 1, leaf, self._now, row[0], row[5])

    def _notice(self, item_id: str, move: str) -> tuple[Any, ...]:
        payload = {"item": item_id, "move": move, "name": f"{move}ed", "roles": ["unit_head", "assignee"]}
        return _id(), self._now, "notice", item_id, _text(payload), self._now

    def _body(
        self, row: tuple[Any, ...], person: str, role: str, unit: str | None, move: str, target: str
    ) -> dict[str, Any]:
        actor = {"id": person, "role": role, "post": "Trưởng phòng"} | ({"unit": unit} if unit else {})
        moved = {
            "e": "moved",
            "move": move,
            "source": row[6],
            "target": target,
            "doer": [person, unit, None],
            "at": self._now_text,
        }
        return {
            "v": 1,
            "stream": f"{row[2]}/{row[0]}",
            "n": row[15] + 1,
            "prev": row[16].hex(),
            "rec": self._now_text,
            "eff": self._now_text,
            "type": "move",
            "act": actor,
            "cli": "web",
            "ev": [moved],
            "wf": {"name": row[2], "ver": row[3], "hash": row[4]},
            "tr": move,
            "from": row[6],
            "to": target,
            "rev": row[5] + 1,
        }

    def _enter(self, row: tuple[Any, ...], body: dict[str, Any]) -> bytes:
        entry, leaf = self._entry(row, body)
        self._entry_id = entry[0]
        self._connection.execute(_ENTRY, entry)
        return leaf

    def _entry(self, row: tuple[Any, ...], body: dict[str, Any]) -> tuple[tuple[Any, ...], bytes]:
        """The entry's row, in the order of `_ENTRY`, and what the next one hangs on."""
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        leaf = hashlib.sha256(b"\x00" + text).digest()
        told = (body["stream"], body["n"], self._now, "move", body["act"]["id"], body["tr"], row[0])
        return (_id(), *told, text, leaf), leaf


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_numbers = count(secrets.randbits(100) << 20)


def _id() -> str:
    return f"{next(_numbers):032x}"


# -- lists and counts ---------------------------------------------------------------------------------------------------

_ROW = (
    "id, code, workflow, revision, state, unit, title, area, assignee, due_at, waits_on, waits_person, late, state_group, final,"
    " fingerprint"
)


def list_sql(condition: str) -> str:
    """The best statement known for one page: along an index, cut at 51. The names of posts and units are known by heart."""
    return (
        f"SELECT {_ROW} FROM item WHERE {condition} AND final = 0 AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 51"
    )


def page(connection: Driver, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return connection.execute(sql, params).fetchall()[:50]


# -- pages --------------------------------------------------------------------------------------------------------------

_LINE = (
    '  <tr data-row>\n    <td><a class="fw-semibold" href="/items/{code}">{title}</a>'
    '<div class="small text-quiet">{code} · {kind} · {unit}</div></td>\n'
    '    <td><span class="chip chip-{group}">{icon} {state}</span></td>\n'
    '    <td data-label="Hạn"><span class="due"><span class="text-nowrap">{day}</span>\n'
    '<span class="chip chip-{tone}">{icon} {due}</span></span></td>\n'
    '    <td data-label="Đang chờ">{waits}</td>\n  </tr>\n'
)
_ICON = '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#player-play"/></svg>'

Start = Callable[[str, list[tuple[str, str]]], object]


class Pages:
    """A bare WSGI application: the list as one query and one formatted text, a step as one parsed form. No session, no frame."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        steps: Steps,
        person: str,
        words: dict[str, dict[str, str]],
        days: Callable[[int], tuple[str, str, str]],
    ) -> None:
        self._connection, self._steps, self._person = connection, steps, person
        self._words, self._days = words, days
        self._sql = list_sql("1 = 1")

    def __call__(self, environ: dict[str, Any], start: Start) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
            item_id = environ["PATH_INFO"].split("/")[2]
            self._steps.turn(item_id, self._person, frozenset({"chairman"}), form["comment"][0], form["key"][0])
            start("303 SEE OTHER", [("Location", f"/items/{item_id}")])
            return [b""]
        text = self._page()
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(text)))])
        return [text]

    def _page(self) -> bytes:
        words, lines = self._words, []
        for row in page(self._connection, self._sql):
            day, tone, due = self._days(row[9])
            waits = words["people"].get(row[11]) or words["roles"].get(row[10], "")
            lines.append(
                _LINE.format(
                    code=row[1],
                    title=escape(row[6]),
                    kind=words["kinds"][row[2]],
                    unit=words["units"][row[5]],
                    group=row[13],
                    state=words["states"][row[4]],
                    day=day,
                    tone=tone,
                    due=due,
                    icon=_ICON,
                    waits=escape(waits),
                )
            )
        return f"<!doctype html>\n<html><body><table>\n{''.join(lines)}</table></body></html>".encode()
