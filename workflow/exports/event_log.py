"""The moves of the office as event logs that the field's own tools read: XES (IEEE 1849-2016) and OCEL 2.0 in JSON.

Both hold one event for each move, and of a gate the deciding vote; people stand under their opaque ids, texts not at all.
Whatever the size of the log, one item's story is in memory at a time.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from xml.sax.saxutils import quoteattr

from workflow.audit import canonical
from workflow.persistence import UnitOfWork

OVERRIDE = "override"
"""What an event is called that put an item into another state past its workflow."""

_Admits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Move:
    """One step of an item: by whom and in which post, for whom, when it was recorded and from when it counted."""

    n: int
    name: str
    source: str
    target: str
    person: str
    role: str
    unit: str
    acting_for: str
    recorded: str
    effective: str
    lead_unit: str


@dataclass(slots=True)
class Case:
    """One item with its moves in order; `units` and `states` tell from when on it was led by whom and stood where."""

    id: str
    workflow: str
    code: str
    version: int
    parent: str
    created: str
    units: list[tuple[str, str]] = field(default_factory=list)
    states: list[tuple[str, str]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def everything(_item_id: str) -> bool:
    return True


def cases(uow: UnitOfWork, admits: _Admits = everything) -> Iterator[Case]:
    """Every item that `admits` lets through (by its id), one after another."""
    for _stream, entries in groupby(uow.audit.item_entries_by_stream(), key=lambda entry: entry.stream):
        case: Case | None = None
        for entry in entries:
            body = canonical.decode(entry.body)
            if case is None:
                case = _begun(body)
                if case is None or not admits(case.id):
                    case = None
                    break
            _tell(case, body)
        if case is not None:
            yield case


def _begun(body: Mapping[str, Any]) -> Case | None:
    event = next((event for event in body.get("ev", ()) if event["e"] == "created"), None)
    if event is None:
        return None
    case = Case(
        event["item_id"],
        event["workflow"],
        event["code"],
        event["version"],
        event["parent"] or "",
        body["rec"],
    )
    case.units.append((body["rec"], event["unit"]))
    case.states.append((body["rec"], event["state"]))
    return case


def _tell(case: Case, body: Mapping[str, Any]) -> None:
    actor = body["act"]
    for event in body.get("ev", ()):
        kind = event["e"]
        if kind == "unit":
            case.units.append((body["rec"], event["new"]))
        elif kind in ("moved", OVERRIDE):
            case.moves.append(
                Move(
                    n=body["n"],
                    name=event.get("move", OVERRIDE),
                    source=event["source"],
                    target=event["target"],
                    person=actor["id"],
                    role=actor.get("role", ""),
                    unit=actor.get("unit", ""),
                    acting_for=actor.get("for", ""),
                    recorded=body["rec"],
                    effective=body["eff"],
                    lead_unit=case.units[-1][1],
                )
            )
            if event["source"] != event["target"]:
                case.states.append((body["rec"], event["target"]))
        elif kind == "migrated" and event["old_state"] != event["new_state"]:
            case.states.append((body["rec"], event["new_state"]))


def directly_follows(stories: Iterable[Case]) -> dict[tuple[str, str], int]:
    """How often one move directly followed another within an item."""
    counts: dict[tuple[str, str], int] = {}
    for story in stories:
        for before, after in zip(story.moves, story.moves[1:], strict=False):
            pair = before.name, after.name
            counts[pair] = counts.get(pair, 0) + 1
    return counts


# -- XES ----------------------------------------------------------------------------------------------------------------

_XES_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/><string key="org:resource" value=""/>\
<date key="time:timestamp" value="1970-01-01T00:00:00.000000Z"/><string key="lifecycle:transition" value="complete"/></global>
<classifier name="Move" keys="concept:name"/>
"""


def xes(uow: UnitOfWork, name: str, admits: _Admits = everything) -> Iterator[str]:
    """The log in XES, piece by piece: a trace an item, under its code; `name` says whose log it is."""
    yield _XES_HEAD
    yield f"{_string('concept:name', name)}\n{_string('lifecycle:model', 'standard')}\n"
    for case in cases(uow, admits):
        yield _trace(case)
    yield "</log>\n"


def _trace(case: Case) -> str:
    about = (
        _string("concept:name", case.code),
        _string("workflow", case.workflow),
        f'<int key="version" value="{case.version}"/>',
        _string("unit", case.units[-1][1]),
        _date("created", case.created),
    )
    events = "".join(_event(move) for move in case.moves)
    return f"<trace>{''.join(about)}\n{events}</trace>\n"


def _event(move: Move) -> str:
    parts = [
        _string("concept:name", move.name),
        _string("org:resource", move.person),
        # The instant of recording never runs backwards within an item; the one from which it counted stands beside it.
        _date("time:timestamp", move.recorded),
        _string("lifecycle:transition", "complete"),
        _string("from", move.source),
        _string("to", move.target),
        _date("effective", move.effective),
        _string("unit", move.lead_unit),
    ]
    parts += [
        _string(key, value)
        for key, value in (("org:role", move.role), ("org:group", move.unit), ("for", move.acting_for))
        if value
    ]
    return f"<event>{''.join(parts)}</event>\n"


def _string(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(value)}/>'


def _date(key: str, instant: str) -> str:
    return f'<date key="{key}" value="{instant}"/>'


# -- OCEL 2.0 -----------------------------------------------------------------------------------------------------------

_UNIT, _PERSON = "unit", "person"
_OF_EVENT = (
    ("from", "string"),
    ("to", "string"),
    ("role", "string"),
    ("effective", "time"),
)
_OF_ITEM = (("code", "string"), ("version", "integer"), ("unit", "string"), ("state", "string"))


def ocel(uow: UnitOfWork, admits: _Admits = everything) -> Iterator[str]:
    """The log in OCEL 2.0, piece by piece: items by their workflows, units and people are its objects."""
    types = _types(uow)
    yield '{"objectTypes":'
    yield _json(
        [
            *({"name": workflow, "attributes": _declared(_OF_ITEM)} for workflow in types.workflows),
            {"name": _UNIT, "attributes": []},
            {"name": _PERSON, "attributes": []},
        ]
    )
    yield ',"eventTypes":'
    yield _json([{"name": name, "attributes": _declared(_OF_EVENT)} for name in types.moves])
    yield ',"objects":['
    yield from _separated(_objects(uow, admits))
    yield '],"events":['
    yield from _separated(_json(_ocel_event(case, move)) for case in cases(uow, admits) for move in case.moves)
    yield "]}\n"


def _declared(parts: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in parts]


@dataclass(frozen=True, slots=True)
class _Types:
    """Which workflows there are, and what any of their items ever did."""

    workflows: tuple[str, ...]
    moves: tuple[str, ...]


def _types(uow: UnitOfWork) -> _Types:
    workflows, moves = {one.workflow for one in uow.definitions.latest()}, set[str]()
    for case in cases(uow):
        workflows.add(case.workflow)
        moves.update(move.name for move in case.moves)
    return _Types(tuple(sorted(workflows)), tuple(sorted(moves)))


def _separated(parts: Iterable[str]) -> Iterator[str]:
    for n, part in enumerate(parts):
        yield f",\n{part}" if n else part


def _objects(uow: UnitOfWork, admits: _Admits) -> Iterator[str]:
    for unit in uow.people.units():
        yield _json({"id": _unit(unit.id), "type": _UNIT, "attributes": [], "relationships": []})
    for person in ("system", *(one.id for one in uow.people.all())):
        yield _json({"id": _person(person), "type": _PERSON, "attributes": [], "relationships": []})
    for case in cases(uow, admits):
        yield _json(_item(case, admits))


def _item(case: Case, admits: _Admits) -> dict[str, Any]:
    above = case.parent and admits(case.parent)
    return {
        "id": case.id,
        "type": case.workflow,
        "attributes": [
            {"name": "code", "time": case.created, "value": case.code},
            {"name": "version", "time": case.created, "value": case.version},
            *({"name": "unit", "time": at, "value": unit} for at, unit in case.units),
            *({"name": "state", "time": at, "value": state} for at, state in case.states),
        ],
        "relationships": [{"objectId": case.parent, "qualifier": "parent"}] if above else [],
    }


def _ocel_event(case: Case, move: Move) -> dict[str, Any]:
    values = (("from", move.source), ("to", move.target), ("role", move.role), ("effective", move.effective))
    related = [(case.id, "item"), (_unit(move.lead_unit), "lead unit"), (_person(move.person), "resource")]
    if move.acting_for:
        related.append((_person(move.acting_for), "acted for"))
    return {
        "id": f"{case.id}-{move.n}",
        "type": move.name,
        "time": move.recorded,
        "attributes": [{"name": name, "value": value} for name, value in values],
        "relationships": [{"objectId": name, "qualifier": qualifier} for name, qualifier in related],
    }


def _unit(name: str) -> str:
    return f"unit:{name}"


def _person(name: str) -> str:
    return f"person:{name}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
