"""The shapes of answers, as JSON Schema. A test holds what is really answered to them."""

from collections.abc import Mapping
from typing import Any

_Shape = dict[str, Any]

TEXT: _Shape = {"type": "string"}
WHOLE: _Shape = {"type": "integer"}
FLAG: _Shape = {"type": "boolean"}
INSTANT: _Shape = {"type": "string", "format": "date-time"}
ANYTHING: _Shape = {}
FREE: _Shape = {"type": "object", "additionalProperties": True}


def _or_null(shape: _Shape) -> _Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def _list(shape: _Shape) -> _Shape:
    return {"type": "array", "items": shape}


def _ref(name: str) -> _Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(optional: Mapping[str, _Shape] | None = None, /, **needed: _Shape) -> _Shape:
    return {
        "type": "object",
        "required": sorted(needed),
        "properties": {**needed, **(optional or {})},
        "additionalProperties": False,
    }


def _page(shape: _Shape) -> _Shape:
    return _object(items=_list(shape), next=_or_null(TEXT))


_STEP = _object(**{"id": TEXT, "by": _list(TEXT), "need": WHOLE, "if": _or_null(TEXT)})
_GATE = {"proposed_by": _list(TEXT), "steps": _list(_STEP), "ordered": FLAG, "on_reject": TEXT}
_LINE = {
    "id": TEXT,
    "code": TEXT,
    "workflow": TEXT,
    "version": WHOLE,
    "state": TEXT,
    "group": {"type": "string", "enum": ["doing", "behind", "done", "cancelled"]},
    "unit": TEXT,
    "title": TEXT,
    "due_at": _or_null(INSTANT),
    "overdue": FLAG,
    "waits_on": _or_null(TEXT),
    "waits_for": _or_null(TEXT),
    "fields": FREE,
}
_PARTY = _object(who=TEXT, people=_list(TEXT))
_BOUNDS = {"min": TEXT, "max": TEXT, "pattern": TEXT, "hint": _ref("Label")}
_ENTRY = {
    "stream": TEXT,
    "n": WHOLE,
    "rec": INSTANT,
    "eff": INSTANT,
    "type": TEXT,
    "act": FREE,
    "cli": TEXT,
    "ev": _list(FREE),
    "chg": _list({"type": "array"}),
    "comment": _or_null(TEXT),
}

_CONTENT = {
    **_LINE,
    "definition": _object(version=WHOLE, hash=TEXT),
    "created_by": _or_null(TEXT),
    "created_at": INSTANT,
    "late": _list(_ref("LateEpisode")),
    "paused": _list(_object(deadline=TEXT, bound=INSTANT, since=INSTANT)),
    "parent": _or_null(TEXT),
    "requests": _list(_ref("Request")),
}

_ACCOUNT = {
    "unit": TEXT,
    "period": TEXT,
    "first": TEXT,
    "last": TEXT,
    "as_of": INSTANT,
    "over": FLAG,
    "heads": _list(TEXT),
}

_COUNTS = dict.fromkeys(("doing", "behind", "done", "cancelled", "total"), WHOLE)

COMPONENTS: Mapping[str, _Shape] = {
    "AccountabilitySheet": _object(
        **_ACCOUNT,
        numbers={
            "type": "object",
            "additionalProperties": _object(all=WHOLE, by_workflow={"type": "object", "additionalProperties": WHOLE}),
        },
        explanations=_list(_object(code=TEXT, state=TEXT, text=TEXT, at=INSTANT)),
    ),
    "AccountabilityEntries": _object(
        **_ACCOUNT, measure=TEXT, number=WHOLE, entries=_list(_ref("AccountabilityEntry"))
    ),
    "AccountabilityEntry": _object(
        code=TEXT,
        workflow=TEXT,
        n=WHOLE,
        type=TEXT,
        move=_or_null(TEXT),
        effective_at=INSTANT,
        recorded_at=INSTANT,
        actor=TEXT,
        power=_or_null(TEXT),
        days=WHOLE,
    ),
    "Scores": _object(
        **_ACCOUNT,
        scores=_list(
            _object(
                person=_or_null(TEXT),
                percent=TEXT,
                products=_list(
                    _object(
                        code=TEXT,
                        percent=WHOLE,
                        delays=_list(_ref("AccountabilityEntry")),
                        excused=_list(_ref("AccountabilityEntry")),
                    )
                ),
            )
        ),
    ),
    "Label": _object(vi=TEXT, en=TEXT),
    "Reason": _object(
        code=TEXT,
        kind={"type": "string", "enum": ["state", "authority", "input", "precondition"]},
        params={"type": "object", "additionalProperties": TEXT},
        message=_ref("Label"),
    ),
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "reasons"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": TEXT,
            "status": WHOLE,
            "detail": TEXT,
            "instance": {"type": "string", "format": "uri-reference"},
            "reasons": _list(_ref("Reason")),
            "request_id": TEXT,
        },
        "additionalProperties": True,
    },
    "Input": _object(
        _BOUNDS,
        name=TEXT,
        type=TEXT,
        label=_ref("Label"),
        required=FLAG,
        choices=_list(_object(name=TEXT, label=_ref("Label"))),
    ),
    "Move": _object(
        {
            "approval": _object(
                **_GATE,
                open=FLAG,
                vote=_or_null(_object({"for": TEXT}, allowed=FLAG, reasons=_list(_ref("Reason")))),
                take_back=FLAG,
            ),
            "for": TEXT,
        },
        name=TEXT,
        label=_ref("Label"),
        to=_or_null(TEXT),
        allowed=FLAG,
        reasons=_list(_ref("Reason")),
        inputs=_list(_ref("Input")),
    ),
    "LateEpisode": _object(
        n=WHOLE,
        effective_at=INSTANT,
        recorded_at=INSTANT,
        ended_at=_or_null(INSTANT),
        ended_by=_or_null(TEXT),
        unit=TEXT,
        record={"type": "object", "additionalProperties": _object(value=ANYTHING, by=_or_null(TEXT), at=INSTANT)},
    ),
    "Request": _object(
        move=TEXT,
        proposed_by=_or_null(TEXT),
        at=INSTANT,
        inputs=FREE,
        steps=_list(_object(id=TEXT, by=_list(TEXT), need=WHOLE, voted=_list(TEXT), missing=WHOLE)),
    ),
    "Item": _object(**_CONTENT, children=_list(TEXT), moves=_list(_ref("Move"))),
    "PastItem": _object(**_CONTENT, as_of=INSTANT, by=TEXT),
    "Held": _object(
        items=_list(
            _object(
                state=TEXT,
                unit=TEXT,
                who=TEXT,
                person=_or_null(TEXT),
                charged=_or_null(TEXT),
                since=INSTANT,
                until=_or_null(INSTANT),
                working_minutes=_or_null(WHOLE),
            )
        ),
        day_minutes=_or_null(WHOLE),
    ),
    "Preview": _object(
        allowed=FLAG,
        reasons=_list(_ref("Reason")),
        missing=_list(_ref("Reason")),
        state=_or_null(TEXT),
        proposal=FLAG,
        waits_for=_list(_PARTY),
        due=_list(_object(deadline=TEXT, at=INSTANT, before=_or_null(INSTANT))),
        timers=_list(_object(move=TEXT, at=INSTANT)),
        reminders=_list(_object(timer=TEXT, at=INSTANT)),
        told=_list(_PARTY),
        opens=_list(TEXT),
    ),
    "Items": _page(_object(**_LINE)),
    "Inbox": _page(_object(**_LINE, moves=_list(_ref("Move")))),
    "Result": {
        "type": "object",
        "required": ["id", "status"],
        "properties": {"id": TEXT, "code": TEXT, "status": WHOLE, "version": WHOLE, "state": TEXT},
        "additionalProperties": True,
    },
    "Results": _page(_ref("Result")),
    "Job": _object(
        id=TEXT,
        move=TEXT,
        status={"type": "string", "enum": ["going_on", "finished", "stopped"]},
        created_at=INSTANT,
        total=WHOLE,
        done=WHOLE,
        items=_list(_ref("Result")),
    ),
    "Entry": {"type": "object", "required": sorted(_ENTRY), "properties": _ENTRY, "additionalProperties": True},
    "Entries": _page(_ref("Entry")),
    "SealedEntry": {
        "type": "object",
        "required": sorted([*_ENTRY, "id", "leaf", "prev", "v"]),
        "properties": {**_ENTRY, "id": TEXT, "leaf": TEXT, "prev": TEXT, "v": WHOLE},
        "additionalProperties": True,
    },
    "SealedEntries": _page(_ref("SealedEntry")),
    "Delegation": _object(
        **{
            "id": TEXT,
            "giver": TEXT,
            "receiver": TEXT,
            "kind": TEXT,
            "act": TEXT,
            "workflows": _list(TEXT),
            "areas": _list(TEXT),
            "from": {"type": "string", "format": "date"},
            "to": {"type": "string", "format": "date"},
            "ended_at": _or_null(INSTANT),
            "in_force": FLAG,
        }
    ),
    "Delegations": _page(_ref("Delegation")),
    "Redaction": _object(
        id=TEXT,
        item=TEXT,
        n=WHOLE,
        field=TEXT,
        ground=TEXT,
        asked_by=TEXT,
        asked_at=INSTANT,
        outcome=_or_null(TEXT),
        decided_by=_or_null(TEXT),
        decided_at=_or_null(INSTANT),
        note=_or_null(TEXT),
        erased_at=_or_null(INSTANT),
    ),
    "Redactions": _page(_ref("Redaction")),
    "Notices": _page(
        _object(id=TEXT, item=_or_null(TEXT), template=TEXT, at=INSTANT, read_at=_or_null(INSTANT)),
    ),
    "CountsThen": _object(
        as_of=INSTANT,
        by=TEXT,
        total=_object(**_COUNTS),
        by_unit=_list(_object(unit=TEXT, **_COUNTS)),
        by_area=_list(_object(area=_or_null(TEXT), **_COUNTS)),
        due_soon=WHOLE,
    ),
    "PersonThen": _object(
        login=TEXT,
        as_of=INSTANT,
        by=TEXT,
        waiting=_list(FREE),
        told=_list(_object(id=TEXT, item=_or_null(TEXT), template=TEXT, at=INSTANT, read_at=_or_null(INSTANT))),
        delegations=_list(_ref("Delegation")),
    ),
    "CalendarFeed": _object(url=_or_null(TEXT)),
    "Comment": _object(id=TEXT, item=TEXT, text=TEXT, by=_or_null(TEXT)),
    "FiguresPreview": _object(
        id=TEXT,
        code=TEXT,
        version=WHOLE,
        field=TEXT,
        move=_or_null(TEXT),
        rows=_list(FREE),
        faults=_list(_ref("Reason")),
        unsound=_list(_ref("Reason")),
    ),
    "File": _object(sha256=TEXT, name=TEXT, size=WHOLE, type=TEXT),
    "Signatures": _object(
        signatures=_list(
            _object(
                field=TEXT,
                holds=FLAG,
                verdict=TEXT,
                sentence=_ref("Label"),
                signer=TEXT,
                organisation=TEXT,
                issuer=TEXT,
                signed_at=_or_null(INSTANT),
                timestamped=FLAG,
                covers_all=FLAG,
            )
        )
    ),
    "Definition": _object(
        name=TEXT,
        version=WHOLE,
        hash=TEXT,
        label=_ref("Label"),
        code=TEXT,
        purpose=_or_null(TEXT),
        create=_object(
            by=_list(TEXT),
            require=_list(TEXT),
            optional=_list(TEXT),
            children_of=_list(TEXT),
            inputs=_list(_ref("Input")),
        ),
        fields=_list(
            _object(
                _BOUNDS,
                name=TEXT,
                type=TEXT,
                label=_ref("Label"),
                system=FLAG,
                private=FLAG,
                choices=_list(_object(name=TEXT, label=_ref("Label"))),
            )
        ),
        states=_list(
            _object(
                name=TEXT,
                label=_ref("Label"),
                group=TEXT,
                final=_or_null(TEXT),
                initial=FLAG,
                overdue=FLAG,
                waits_on=_or_null(TEXT),
            )
        ),
        transitions=_list(
            _object(
                **{
                    "name": TEXT,
                    "label": _ref("Label"),
                    "from": _list(TEXT),
                    "to": _list(TEXT),
                    "by": _list(TEXT),
                    "require": _list(TEXT),
                    "optional": _list(TEXT),
                    "distinct_from": _list(TEXT),
                    "distinct_unit_from": _list(TEXT),
                    "check": _list(TEXT),
                    "conditions": _list(_object(**{"if": TEXT, "else": _or_null(_ref("Label"))})),
                    "bulk": FLAG,
                    "approval": _or_null(_object(**_GATE)),
                }
            )
        ),
        timers=_list(FREE),
        series=_list(FREE),
    ),
    "Definitions": _page(_ref("Definition")),
    "Periods": _object(units=_list(TEXT), periods=_list(_ref("Period"))),
    "Period": _object(
        series=TEXT,
        period=TEXT,
        label=_ref("Label"),
        window_from=TEXT,
        window_to=TEXT,
        due_on=TEXT,
        days_left=WHOLE,
        units=_list(
            _object(
                unit=TEXT,
                code=_or_null(TEXT),
                state=_or_null(TEXT),
                sent_at=_or_null(INSTANT),
                received_at=_or_null(INSTANT),
                late_days=WHOLE,
                returned=WHOLE,
                in_force=_or_null(TEXT),
                version=WHOLE,
                waived=FLAG,
            )
        ),
        consolidation=_or_null(TEXT),
        consolidation_due_on=_or_null(TEXT),
    ),
    "Consolidation": _object(
        series=TEXT,
        period=TEXT,
        label=_ref("Label"),
        units_total=WHOLE,
        units_received=WHOLE,
        late=_list(_object(unit=TEXT, days=WHOLE)),
        missing=_list(TEXT),
        waived=_list(TEXT),
        figures=_list(
            _object(
                indicator=TEXT,
                told=TEXT,
                value=_or_null(TEXT),
                numerator=_or_null(TEXT),
                denominator=_or_null(TEXT),
                units=FREE,
                holes=_list(TEXT),
            )
        ),
        versions=_list(
            _object(
                version=WHOLE,
                code=TEXT,
                state=TEXT,
                collected_at=_or_null(INSTANT),
                units_received=_or_null(WHOLE),
                units_total=_or_null(WHOLE),
                issued_at=_or_null(INSTANT),
                issued_number=_or_null(TEXT),
                included=_list(TEXT),
            )
        ),
        newly_received=_list(TEXT),
        differences=_list(FREE),
    ),
    "Calendar": _object(
        name=TEXT,
        years=_list(WHOLE),
        missing_years=_list(WHOLE),
        hours=_list(_object(**{"from": TEXT, "to": TEXT})),
        days=_list(_object(date=TEXT, kind=TEXT, name=TEXT, source=TEXT)),
    ),
    "Calendars": _page(_ref("Calendar")),
}
