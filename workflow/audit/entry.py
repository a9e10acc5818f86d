"""One command, one entry: its body is the record, and what is private stands beside it behind a salted commitment."""

import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflow.audit import canonical, chain
from workflow.values import Frozen

FORMAT = 1
COMMENT = "comment"
REFUSALS = "refusal"
ERASED = "[đã xóa theo quy định]"
"""What stands in the place of a private text that was erased: in an item's fields, in copies, in what is read from the log."""

_OTHER_FAMILIES = frozenset({"person", "definition"})
RESERVED = _OTHER_FAMILIES | {REFUSALS, "admin", "log"}
"""What streams of no item begin with: no workflow may bear such a name, or its items would write into them."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ActorMark(Frozen):
    """Who acted as the log keeps it: an opaque id, the role, unit and post of that day, and for whom under which power.

    `giver_post` is the post, that day, of the person for whom he acted.
    """

    id: str
    role: str | None = None
    unit: str | None = None
    post: str | None = None
    acting_for: str | None = None
    delegation: str | None = None
    giver_post: str | None = None


SYSTEM_MARK = ActorMark("system")


class Private(Frozen):
    """What opens one commitment; `value` is JSON text. Deleting it erases the value and leaves the log as it was."""

    field: str
    salt: bytes
    value: str


class Head(Frozen):
    """The last entry of a stream: its number (0: none yet), its leaf and when it was recorded."""

    n: int = 0
    leaf: bytes = chain.ZERO
    recorded_at: datetime | None = None

    def not_before(self, now: datetime) -> datetime:
        """`now`, or the head's own instant where the machine's clock went back: `rec` never falls within a stream."""
        return now if self.recorded_at is None else max(now, self.recorded_at)


class Entry(Frozen):
    """One entry, ready to be stored; `body` is hashed and kept as it is."""

    stream: str
    n: int
    recorded_at: datetime
    type: str
    actor_id: str
    move: str | None
    body: bytes
    leaf: bytes
    private: tuple[Private, ...] = ()

    @property
    def head(self) -> Head:
        return Head(self.n, self.leaf, self.recorded_at)

    @property
    def item_id(self) -> str | None:
        return item_of(self.stream)


def item_stream(workflow: str, item_id: str) -> str:
    return f"{workflow}/{item_id}"


def refusal_stream(item_id: str) -> str:
    return f"{REFUSALS}/{item_id}"


def item_of(stream: str) -> str | None:
    """The item a stream is about (its own, or that of its refusals), or None."""
    family, slash, name = stream.partition("/")
    return name if slash and family not in _OTHER_FAMILIES else None


def new_salt() -> bytes:
    return secrets.token_bytes(32)


def _bytes_of(value: object) -> bytes:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).encode()
    return canonical.encode(value)


def commitment(salt: bytes, value: object) -> str:
    """What the log keeps of a private value: it says nothing without the salt, and nothing else fits it with the salt."""
    return hmac.new(salt, _bytes_of(value), hashlib.sha256).hexdigest()


def opens(salt: bytes, value: object, committed: str) -> bool:
    return hmac.compare_digest(commitment(salt, value), committed)


def _value_text(value: object) -> str:
    return (
        json.dumps(unicodedata.normalize("NFC", value), ensure_ascii=False)
        if isinstance(value, str)
        else (canonical.encode(value).decode())
    )


@dataclass(slots=True)
class _Seals:
    """The private values of one entry: equal values of one field share a commitment, others are told apart by number."""

    fields: frozenset[str]
    salts: Callable[[], bytes]
    commitments: dict[str, str] = field(default_factory=dict)
    private: list[Private] = field(default_factory=list)
    _keys: dict[tuple[str, bytes], str] = field(default_factory=dict)

    def seal(self, name: str, value: object) -> str:
        content = _bytes_of(value)
        known = self._keys.get((name, content))
        if known:
            return known
        key, number = name, 2
        while key in self.commitments:
            key, number = self._numbered(name, number)
        salt = self.salts()
        self.commitments[key] = hmac.new(salt, content, hashlib.sha256).hexdigest()
        self.private.append(Private(key, salt, _value_text(value)))
        self._keys[name, content] = key
        return key

    def _numbered(self, name: str, number: int) -> tuple[str, int]:
        # A declared field may itself be called note_2: its name stays its own.
        while f"{name}_{number}" in self.fields:
            number += 1
        return f"{name}_{number}", number + 1

    def hide(self, name: str, value: object) -> object:
        """The value as the body may show it. What is empty tells nothing and stays, so that a replay finds it."""
        if name not in self.fields or value is None or value in ("", [], ()):
            return value
        return {"cmt": self.seal(name, value)}


def _shown(event: Mapping[str, Any], seals: _Seals) -> dict[str, Any]:
    shown = dict(event)
    kind = event["e"]
    if kind == "field" and event["field"] in seals.fields:
        shown["old"] = None
        shown["new"] = seals.hide(event["field"], event["new"])
    elif kind == "late_record":
        shown["value"] = seals.hide(event["field"], event["value"])
    elif kind in ("request", "amend"):
        shown["inputs"] = {name: seals.hide(name, value) for name, value in event["inputs"].items()}
    return shown


def _changes(events: Sequence[Mapping[str, Any]], private: frozenset[str]) -> list[list[Any]]:
    changes = []
    for event in events:
        if event["e"] == "field" and event["field"] not in private:
            changes.append([event["field"], event["old"], event["new"]])
        elif event["e"] == "unit":
            changes.append(["unit", event["old"], event["new"]])
    return changes


def _actor(actor: ActorMark) -> dict[str, str]:
    parts = {
        "id": actor.id,
        "role": actor.role,
        "unit": actor.unit,
        "post": actor.post,
        "for": actor.acting_for,
        "dlg": actor.delegation,
        "for_post": actor.giver_post,
    }
    return {key: part for key, part in parts.items() if part is not None}


def _request(key: str | None, request: str | None) -> dict[str, str] | None:
    return {name: part for name, part in (("key", key), ("id", request)) if part} or None


def compose(
    *,
    stream: str,
    n: int,
    previous: bytes,
    recorded_at: datetime,
    effective_at: datetime,
    type: str,  # noqa: A002  the log's own word
    actor: ActorMark,
    shell: str,
    key: str | None = None,
    request: str | None = None,
    workflow: tuple[str, int, str] | None = None,
    events: Sequence[Mapping[str, Any]] = (),
    private_fields: frozenset[str] = frozenset(),
    move: str | None = None,
    source: str | None = None,
    target: str | None = None,
    revision: int | None = None,
    comment: str | None = None,
    files: Sequence[tuple[str, int, str]] = (),
    why: str | None = None,
    conditions: Sequence[tuple[int, bool]] = (),
    extra: Mapping[str, Any] = _NOTHING,
    salts: Callable[[], bytes] = new_salt,
) -> Entry:
    """The entry that follows `previous` in its stream; ValueError for what a body cannot hold.

    `events` are in the plain form of `workflow.engine.events`; `extra` is what types without events say beside it.
    """
    seals = _Seals(private_fields | {COMMENT}, salts)
    if comment:
        seals.seal(COMMENT, comment)
    shown = [_shown(event, seals) for event in events]
    body: dict[str, Any] = {
        "v": FORMAT,
        "stream": stream,
        "n": n,
        "prev": previous.hex(),
        "rec": canonical.instant_text(recorded_at),
        "eff": canonical.instant_text(effective_at),
        "type": type,
        "act": _actor(actor),
        "cli": shell,
    }
    optional: dict[str, Any] = {
        "ev": shown,
        "wf": {"name": workflow[0], "ver": workflow[1], "hash": workflow[2]} if workflow else None,
        "tr": move,
        "from": source,
        "to": target,
        "rev": revision,
        "chg": _changes(events, seals.fields),
        "cmt": seals.commitments,
        "files": [{"sha256": sha256, "size": size, "type": kind} for sha256, size, kind in files],
        "why": why,
        "req": _request(key, request),
        "cond": [[index, verdict] for index, verdict in conditions],
    }
    body |= {
        name: part for name, part in optional.items() if part or not (part is None or isinstance(part, list | dict))
    }
    if twice := body.keys() & extra.keys():
        raise ValueError(f"extra says {', '.join(sorted(twice))} a second time")
    stored = canonical.encode(body | dict(extra))
    return Entry(
        stream=stream,
        n=n,
        recorded_at=recorded_at,
        type=type,
        actor_id=actor.id,
        move=move,
        body=stored,
        leaf=chain.leaf(stored),
        private=tuple(seals.private),
    )


def _opened(value: Any, private: Mapping[str, Any]) -> Any:
    if isinstance(value, dict) and value.keys() == {"cmt"}:
        return private.get(value["cmt"], ERASED)
    return value


def open_events(body: Mapping[str, Any], private: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a decoded body with their private values put back; ERASED stands where one is gone."""
    opened = []
    for event in body.get("ev", ()):
        restored = {name: _opened(part, private) for name, part in event.items()}
        if "inputs" in event:
            restored["inputs"] = {name: _opened(part, private) for name, part in event["inputs"].items()}
        opened.append(restored)
    return opened
