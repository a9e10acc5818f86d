"""What calls may send: every body and every query, unknown keys refused, each fault with a stable code."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError
from marshmallow.fields import Field

from workflow.catalog.plain_values import Fault, Refused, integer_of, shown, text_of
from workflow.engine import Choice, Kind, Reason
from workflow.engine.definition import Group
from workflow.services.calendars import FIRST_YEAR, LAST_YEAR
from workflow.services.calendars import KINDS as CALENDAR_KINDS
from workflow.services.delegations import KINDS
from workflow.services.event_logs import FORMS
from workflow.services.jobs import MOST_AT_ONCE, MOST_IN_A_JOB
from workflow.services.past import READINGS

MOST_ROWS = 200
_NAME = 200

_CODES: dict[str, Any] = {"required": "input_missing", "null": "input_missing", "validator_failed": "not_text"}


class Given(Field[Any]):
    """One key. `json` is its JSON Schema; `read` turns what was sent into the value, raising Refused."""

    def __init__(self, read: Callable[[Any], Any], json: Mapping[str, Any], *, needed: bool = False) -> None:
        super().__init__(required=needed, error_messages=_CODES)
        self.read, self.json = read, dict(json)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            return self.read(value)
        except Refused as refusal:
            raise ValidationError([refusal.fault]) from None


def words(*, needed: bool = False) -> Given:
    """Text as people write it."""
    return Given(text_of, {"type": "string", "maxLength": 10_000}, needed=needed)


def name(*, needed: bool = False) -> Given:
    """A short name: of a move, a person, an item."""
    return Given(_short, {"type": "string", "maxLength": _NAME}, needed=needed)


def _short(value: Any) -> str:
    text = text_of(value)
    if len(text) > _NAME:
        raise Refused("too_long", limit=_NAME, length=len(text))
    return text


def one_of(*known: str, needed: bool = False) -> Given:
    def read(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise Refused("not_a_choice", value=shown(value), known=", ".join(known))

    return Given(read, {"type": "string", "enum": list(known)}, needed=needed)


def whole(least: int, most: int, *, needed: bool = False) -> Given:
    def read(value: Any) -> int:
        number = integer_of(value)
        if number < least:
            raise Refused("below_minimum", value=number, minimum=least)
        if number > most:
            raise Refused("above_maximum", value=number, maximum=most)
        return number

    return Given(read, {"type": "integer", "minimum": least, "maximum": most}, needed=needed)


def names() -> Given:
    """Short names, none of them twice."""
    shape = {"type": "array", "items": {"type": "string", "maxLength": _NAME}, "maxItems": MOST_AT_ONCE}
    return Given(_names, shape)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Refused("not_a_list", value=shown(value))
    if len(value) > MOST_AT_ONCE:
        raise Refused("too_many", limit=MOST_AT_ONCE, count=len(value))
    return tuple(dict.fromkeys(map(_short, value)))


def mapping() -> Given:
    """The fields of an item or the inputs of a move: whoever declares them reads them."""
    return Given(_object, {"type": "object", "additionalProperties": True})


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Refused("not_an_object", value=shown(value))


class Each(Field[Any]):
    """A list of objects of one kind, at least one and at most `most`."""

    def __init__(self, schema: type[Schema], most: int) -> None:
        super().__init__(required=True, error_messages=_CODES)
        self.schema, self.most = schema(), most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise ValidationError([Fault("not_a_list", {"value": shown(value)})])
        if len(value) > self.most:
            raise ValidationError([Fault("too_many", {"limit": str(self.most), "count": str(len(value))})])
        return [self.schema.load(part) for part in value]


class Body(Schema):
    """What a call may send; a key that is not here is refused."""

    error_messages = {"unknown": "unknown_key", "type": "not_an_object"}  # noqa: RUF012  the base class declares it so

    class Meta:
        """Marshmallow's own name for what a schema does with the unknown."""

        unknown = RAISE


def faults(error: ValidationError) -> tuple[Reason, ...]:
    """A reason for everything that was wrong, by the name of the key."""
    return tuple(_reasons(error.messages, ""))


def _reasons(messages: Any, path: str) -> list[Reason]:
    if isinstance(messages, dict):
        return [
            found
            for key, part in messages.items()
            for found in _reasons(part, path if key == "_schema" else ".".join(filter(None, (path, shown(key)))))
        ]
    return [_reason(message, path) for message in messages]


def _reason(message: Any, path: str) -> Reason:
    if isinstance(message, Fault):
        return Reason(message.code, Kind.INPUT, {"field": path, **message.params})
    return Reason(str(message), Kind.INPUT, {"field": path})


# -- bodies -------------------------------------------------------------------------------------------------------------

NEW_ITEM = Body.from_dict(
    {
        "workflow": name(needed=True),
        "unit": name(needed=True),
        "fields": mapping(),
        "parent": name(),
        "for": name(),
    },
    name="NewItem",
)
MOVE = Body.from_dict(
    {"move": name(needed=True), "fields": mapping(), "comment": words(), "for": name()}, name="MoveToMake"
)
VOTE = Body.from_dict(
    {
        "move": name(needed=True),
        "vote": one_of(*(choice.value for choice in Choice), needed=True),
        "comment": words(),
        "for": name(),
    },
    name="VoteToCast",
)
PREVIEW = Body.from_dict(
    {
        "act": one_of("perform", "approve", "reject", "withdraw", "take_back"),
        "fields": mapping(),
        "comment": words(),
        "for": name(),
    },
    name="MoveToPreview",
)
SEEN_ITEM = Body.from_dict(
    {"id": name(needed=True), "version": whole(1, 2**31 - 1, needed=True)}, name="ItemAsItWasSeen"
)
BULK = Body.from_dict(
    {
        "move": name(needed=True),
        "items": Each(SEEN_ITEM, MOST_IN_A_JOB),
        "comment": words(),
        "for": name(),
    },
    name="MoveOfMany",
)
COMMENT = Body.from_dict({"text": words(), "comment": words()}, name="NewComment")
"""`comment` is the same as `text`: what other calls call it."""

CONSOLIDATION = Body.from_dict({"comment": words(), "for": name()}, name="ConsolidationToMake")

NEW_DELEGATION = Body.from_dict(
    {
        "receiver": name(needed=True),
        "kind": one_of(*KINDS, needed=True),
        "act": words(needed=True),
        "from": name(needed=True),
        "to": name(needed=True),
        "workflows": names(),
        "areas": names(),
        "giver": name(),
    },
    name="NewDelegation",
)
"""`act` is the number and date of the written act; both days are included; `giver` is for the clerk."""

NEW_REDACTION = Body.from_dict(
    {
        "item": name(needed=True),
        "n": whole(1, 2**31 - 1, needed=True),
        "field": name(needed=True),
        "ground": words(needed=True),
    },
    name="NewRedaction",
)
"""`n` and `field` name a private text of the item's history, `ground` the article of law that demands its erasing."""
REDACTION_DECISION = Body.from_dict(
    {"decision": one_of("grant", "refuse", needed=True), "note": words()}, name="RedactionDecision"
)

CALENDAR_DAY = Body.from_dict(
    {"kind": one_of(*CALENDAR_KINDS, needed=True), "name": name(needed=True), "source": words(needed=True)},
    name="CalendarDay",
)
CALENDAR_HOURS = Body.from_dict({"hours": name(needed=True), "source": words(needed=True)}, name="CalendarHours")
SOURCE = Body.from_dict({"source": words(needed=True)}, name="Source")
"""`source` is the document that decides it."""

# -- queries ------------------------------------------------------------------------------------------------------------

_PAGING = {"limit": whole(1, MOST_ROWS), "cursor": words()}
ITEMS_QUERY = Body.from_dict(
    {
        "workflow": name(),
        "state": name(),
        "group": one_of(*(group.value for group in Group)),
        "unit": name(),
        "assignee": name(),
        "waits_on": one_of("me"),
        "overdue": one_of("true", "false"),
        "area": name(),
        "q": name(),
        "sort": one_of("due_on", "-due_on", "title", "code"),
        "as_of": name(),
        "by": one_of(*READINGS),
        **_PAGING,
    },
    name="ItemsQuery",
)
ITEM_QUERY = Body.from_dict({"moves": one_of("all"), "as_of": name(), "by": one_of(*READINGS)}, name="ItemQuery")
AS_OF_QUERY = Body.from_dict(
    {"at": name(needed=True), "by": one_of(*READINGS), "workflow": name(), **_PAGING}, name="AsOfQuery"
)
COUNTS_THEN_QUERY = Body.from_dict(
    {"at": name(needed=True), "by": one_of(*READINGS), "workflow": name(), "unit": name()}, name="CountsThenQuery"
)
PERSON_THEN_QUERY = Body.from_dict({"at": name(needed=True), "by": one_of(*READINGS)}, name="PersonThenQuery")
HISTORY_QUERY = Body.from_dict({"refusals": one_of("0", "1"), **_PAGING}, name="HistoryQuery")
REPORTS_QUERY = Body.from_dict({"year": whole(1900, 2199)}, name="ReportsQuery")
ACCOUNT_QUERY = Body.from_dict({"period": name(), "as_of": name()}, name="AccountQuery")
ACCOUNT_ENTRIES_QUERY = Body.from_dict(
    {"period": name(), "as_of": name(), "workflow": name()}, name="AccountEntriesQuery"
)
DEFINITION_QUERY = Body.from_dict({"version": whole(1, 2**31 - 1)}, name="DefinitionQuery")
_ENTRIES = ("after", "stream", "actor", "type", "item", "move", "unit", "since", "until")
ENTRIES_QUERY = Body.from_dict({**{part: name() for part in _ENTRIES}, **_PAGING}, name="EntriesQuery")
MOVES_QUERY = Body.from_dict({"format": one_of(*FORMS, needed=True)}, name="MovesQuery")
CHECKPOINT_QUERY = Body.from_dict({"since": whole(0, 2**53)}, name="CheckpointQuery")
EXPORT_QUERY = Body.from_dict({"private": one_of("0", "1")}, name="ExportQuery")
PAGE_QUERY = Body.from_dict({**_PAGING}, name="PageQuery")
YEAR_QUERY = Body.from_dict({"year": whole(FIRST_YEAR, LAST_YEAR)}, name="YearQuery")
SOURCE_QUERY = Body.from_dict({"source": words(needed=True)}, name="SourceQuery")
NO_QUERY = Body.from_dict({}, name="NoQuery")
