"""The grammar of a workflow file: every key there is, and the shape of its value. What the words mean is `compile`'s."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from workflow.catalog.findings import quoted
from workflow.catalog.grammar import (
    SLUG,
    Bilingual,
    Block,
    Flag,
    Listed,
    Named,
    One,
    Part,
    Problem,
    Text,
    Whole,
    refuse,
)
from workflow.catalog.patterns import is_pattern
from workflow.engine.conditions import RESERVED
from workflow.engine.definition import (
    OFFICES,
    POSTS,
    SAME,
    Agency,
    Duration,
    FieldType,
    Final,
    Group,
    Label,
    Moment,
    Purpose,
    Table,
)
from workflow.engine.events import instant_of

FORMAT = "1"
_DURATION = re.compile(r"(-?)([0-9]{1,4})(wd|d|h)")
_MOMENT = re.compile(r"([a-z][a-z0-9_]*)(?: *([+-]) *([0-9]{1,4})(wd|d|h))?")
_RELATIONS = frozenset({"creator"})
_PLAIN = re.compile("[^{}]+")
"""Words of a paper that leave nothing open."""


class Span(Part):
    """`3wd`, `2d`, `12h`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Duration:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if not found:
            raise refuse("cần một khoảng như 3wd, 2d, 12h", "expected a span such as 3wd, 2d or 12h")
        return Duration(int(found[1] + found[2]), found[3])


class When(Part):
    """`main`, `main - 3wd`, `entered + 12h`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Moment:
        found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if not found:
            raise refuse(
                "cần một thời điểm như main, main - 3wd, entered + 3wd",
                "expected a moment such as main, main - 3wd or entered + 3wd",
            )
        anchor, sign, amount, unit = found.groups()
        return Moment(anchor, Duration(int(sign + amount), unit) if sign else None)


class TextOrList(Part):
    """One word, or a list of words."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        if isinstance(value, list):
            return tuple(Listed(Text(), least=1).deserialize(value))
        return (Text().deserialize(value),)


class FreezeWords(Part):
    """`all`, or a list of fields."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str | tuple[str, ...]:
        return value if value == "all" else tuple(Listed(Text()).deserialize(value))


class Targets(Part):
    """A state, or ordered alternatives `{state, if}`; always loaded as the latter."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[dict[str, Any], ...]:
        if isinstance(value, list):
            return tuple(Listed(One(TARGET), least=1).deserialize(value))
        return ({"state": Text().deserialize(value)},)


class Choices(Part):
    """A list of words (each its own label), or a mapping from words to labels."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[tuple[str, Label], ...]:
        if isinstance(value, dict):
            return tuple(Named(Bilingual(), form=SLUG).deserialize(value).items())
        names = Listed(Text(), least=1).deserialize(value)
        if len(set(names)) < len(names):
            raise refuse("một lựa chọn được nêu hai lần", "a choice is listed twice")
        return tuple((name, Label(name, name)) for name in names)


class Pattern(Text):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = super()._deserialize(value)
        if not is_pattern(text):
            raise refuse(
                f"“{quoted(text)}” không phải biểu thức RE2", f'"{quoted(text)}" is no regular expression of RE2'
            )
        return text


_NUMBERS = {
    FieldType.INTEGER: re.compile(r"-?[0-9]{1,15}"),
    FieldType.DECIMAL: re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?"),
}
_SIZE = re.compile(r"[0-9]{1,6}")


def is_quantity(kind: FieldType, text: str) -> bool:
    """Whether `text` writes a number or a time of this type, as the file writes them."""
    if kind in _NUMBERS:
        return _NUMBERS[kind].fullmatch(text) is not None
    try:
        if kind is FieldType.DATE:
            return date.fromisoformat(text).isoformat() == text
        return kind is FieldType.INSTANT and instant_of(text).tzinfo is not None
    except ValueError:
        return False


def _is_bound(kind: FieldType, text: str) -> bool:
    """Whether `text` can be a `min` or `max` of a field of this type: a value of it, or a size."""
    if kind in (FieldType.TEXT, FieldType.ATTACHMENTS, FieldType.FIGURES, FieldType.UNITS):
        return _SIZE.fullmatch(text) is not None
    return is_quantity(kind, text)


class FieldBlock(Block):
    @validates_schema
    def facts_fit_the_type(self, data: Any, **_: Any) -> None:
        errors = dict(self._misfits(data))
        if errors:
            raise ValidationError({key: [Problem(message)] for key, message in errors.items()})

    def _misfits(self, data: dict[str, Any]) -> Iterator[tuple[str, Label]]:
        kind = FieldType(data["type"])
        if kind is FieldType.CHOICE and "of" not in data:
            yield "of", Label("lựa chọn cần “of”", 'a choice needs "of"')
        if kind is not FieldType.CHOICE and "of" in data:
            yield "of", Label(f"“of” không dùng cho kiểu {kind}", f'"of" does not fit the type {kind}')
        if kind is not FieldType.TEXT and "pattern" in data:
            yield "pattern", Label(f"“pattern” không dùng cho kiểu {kind}", f'"pattern" does not fit the type {kind}')
        for key in ("min", "max"):
            if key in data and not _is_bound(kind, data[key]):
                text = quoted(data[key])
                yield key, Label(f"“{text}” không là giới hạn của kiểu {kind}", f'"{text}" is no bound of type {kind}')
        if not any(key in data and not _is_bound(kind, data[key]) for key in ("min", "max")):
            yield from self._crossed(data)

    def _crossed(self, data: dict[str, Any]) -> Iterator[tuple[str, Label]]:
        if "min" not in data or "max" not in data:
            return
        low, high = data["min"], data["max"]
        timed = data["type"] in (FieldType.DATE, FieldType.INSTANT)
        if (low > high) if timed else (Decimal(low) > Decimal(high)):
            yield "max", Label(f"“max” {high} nhỏ hơn “min” {low}", f'"max" {high} is below "min" {low}')


class OneOf(Block):
    """A mapping that is exactly one of several kinds, each told by its first key; the other keys are that kind's own."""

    kinds: ClassVar[Mapping[str, frozenset[str]]]

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def exactly_one_kind(self, _: Any, original: Any, **__: Any) -> None:
        told = [key for key in original if key in self.kinds]
        words = ", ".join(self.kinds)
        if not told and all(key in self.fields for key in original):
            raise refuse(f"cần một trong: {words}", f"expected one of: {words}")
        allowed = {told[0], *self.kinds[told[0]]} if told else set(self.fields)
        errors = {
            key: [
                Problem(
                    Label(f"“{key}” không đi cùng “{told[0]}”", f'"{key}" does not go with "{told[0]}"'), None, True
                )
            ]
            for key in original
            if key in self.fields and key not in allowed
        }
        if errors:
            raise ValidationError(errors)


class EffectBlock(OneOf):
    kinds: ClassVar[Mapping[str, frozenset[str]]] = {
        "stamp": frozenset(),
        "count": frozenset(),
        "set": frozenset(),
        "clear": frozenset(),
        "spawn": frozenset({"fields"}),
        "signal": frozenset({"move", "fields"}),
    }

    @validates_schema
    def a_signal_names_its_move(self, data: Any, **_: Any) -> None:
        if "signal" in data and "move" not in data:
            raise ValidationError({"move": [Problem(Label("thiếu khóa “move”", 'the key "move" is missing'))]})


class FollowUpBlock(OneOf):
    kinds: ClassVar[Mapping[str, frozenset[str]]] = {
        "notify": frozenset({"template"}),
        "webhook": frozenset(),
        "job": frozenset(),
    }


class InvariantBlock(OneOf):
    kinds: ClassVar[Mapping[str, frozenset[str]]] = {"path": frozenset(), "never": frozenset()}


TARGET = Block.from_dict({"state": Text(needed=True), "if": Text()}, name="Target")
CONDITION = Block.from_dict({"if": Text(needed=True), "else": Bilingual()}, name="Condition")
CREATE = Block.from_dict(
    {"by": Listed(Text()), "require": Listed(Text()), "optional": Listed(Text()), "children_of": Listed(Text())},
    name="Create",
)
FIELD = FieldBlock.from_dict(
    {
        "type": Text(needed=True, known=tuple(FieldType)),
        "label": Bilingual(),
        "system": Flag(),
        "private": Flag(),
        "min": Text(),
        "max": Text(),
        "pattern": Pattern(),
        "of": Choices(),
        "hint": Bilingual(),
    },
    name="Field",
)
DEADLINE = Block.from_dict(
    {"base": Text(needed=True), "optional": Flag(), "pause_in": Listed(Text()), "grace_on_return": Span()},
    name="Deadline",
)
EPISODE = Block.from_dict({"record": Listed(Text(), needed=True)}, name="Episode")
STATE = Block.from_dict(
    {
        "label": Bilingual(),
        "initial": Flag(),
        "final": Text(known=tuple(Final)),
        "group": Text(known=tuple(Group)),
        "flag": Text(known=("overdue",)),
        "waits_on": Text(),
        "freeze": FreezeWords(),
    },
    name="State",
)
STEP = Block.from_dict(
    {"id": Text(needed=True), "by": Listed(Text(), needed=True), "need": Whole(least=1, most=99), "if": Text()},
    name="Step",
)
APPROVAL = Block.from_dict(
    {
        "proposed_by": Listed(Text()),
        "steps": Listed(One(STEP), needed=True, least=1),
        "order": Text(known=("sequence", "parallel")),
        "distinct_from": Listed(Text()),
        "distinct_steps": Flag(),
        "distinct_unit_from": Listed(Text()),
        "nobody_left": Text(),
        "on_reject": Text(),
        "dismiss_when_changed": Listed(Text()),
    },
    name="Approval",
)
EFFECT = EffectBlock.from_dict(
    {
        "stamp": Text(),
        "count": Text(),
        "set": Named(Text()),
        "clear": Listed(Text(), least=1),
        "spawn": Text(),
        "signal": Text(known=("parent", "children")),
        "move": Text(),
        "fields": Named(Text()),
    },
    name="Effect",
)
FOLLOW_UP = FollowUpBlock.from_dict(
    {"notify": Listed(Text(), least=1), "template": Text(), "webhook": Text(), "job": Text()}, name="FollowUp"
)
TRANSITION = Block.from_dict(
    {
        "from": TextOrList(needed=True),
        "to": Targets(needed=True),
        "by": Listed(Text()),
        "require": Listed(Text()),
        "optional": Listed(Text()),
        "when": Listed(One(CONDITION)),
        "check": Listed(Text()),
        "approval": One(APPROVAL),
        "distinct_from": Listed(Text()),
        "distinct_unit_from": Listed(Text()),
        "nobody_left": Text(),
        "do": Listed(One(EFFECT)),
        "after": Listed(One(FOLLOW_UP)),
        "bulk": Flag(),
        "reopens": Flag(),
        "label": Bilingual(),
    },
    name="Transition",
)
TIMER = Block.from_dict(
    {
        "in": Listed(Text(), needed=True),
        "at": When(needed=True),
        "fire": Text(),
        "notify": Listed(Text()),
        "then": Listed(Text()),
        "every": Span(),
        "max": Whole(least=1, most=999),
        "template": Text(),
    },
    name="Timer",
)
WINDOW = Block.from_dict({"from": Whole(needed=True, least=1, most=31), "to": Whole(needed=True, least=1, most=31)})
DUE = Block.from_dict(
    {
        "before_day": Whole(needed=True, least=1, most=31),
        "of": Text(),
        "roll": Text(known=("keep", "next", "previous")),
    },
    name="Due",
)
SERIES = Block.from_dict(
    {
        "every": Text(needed=True, known=("month", "quarter", "half", "year")),
        "window": One(WINDOW, needed=True),
        "due": One(DUE, needed=True),
        "opens": Text(known=("window_start", "window_end")),
        "for_each": Text(needed=True),
        "enabled": Flag(),
    },
    name="Series",
)
PAPER = Block.from_dict(
    {
        "signed_by": Text(needed=True),
        "agency": Text(known=tuple(Agency)),
        "kind": Text(needed=True, form=_PLAIN),
        "symbol": Text(needed=True, form=re.compile("[A-ZĐ][A-Za-zĐđ]{0,9}")),
        "subject": Text(needed=True),
        "addressee": Text(),
        "opening": Text(),
        "sections": Named(Text(form=_PLAIN), needed=True),
        "annexes": Listed(Text(known=tuple(Table))),
        "number": Text(),
        "dated": Text(),
        "recipients": Listed(Text(), needed=True, least=1),
    },
    name="Paper",
)
PATH = Block.from_dict({"from": Text(needed=True), "to": Text(needed=True), "through": Text(needed=True)}, name="Path")
NEVER = Block.from_dict({"by": Text(needed=True), "do": Text(needed=True)}, name="Never")
INVARIANT = InvariantBlock.from_dict({"path": One(PATH), "never": One(NEVER)}, name="Invariant")
MIGRATION = Block.from_dict(
    {
        "from": Whole(needed=True, least=1),
        "states": Named(Text()),
        "fill": Named(Text()),
        "drop": Listed(Text()),
    },
    name="Migration",
)
WORKFLOW = Block.from_dict(
    {
        "format": Text(needed=True, known=(FORMAT,)),
        "workflow": Text(needed=True, form=SLUG),
        "version": Whole(needed=True, least=1),
        "code": Text(form=re.compile(r"[A-ZĐ][A-ZĐ0-9]{0,9}")),
        "label": Bilingual(needed=True),
        "purpose": Text(known=tuple(Purpose)),
        "calendar": Text(),
        "create": One(CREATE, needed=True),
        "fields": Named(One(FIELD), needed=True, refused=RESERVED | OFFICES | POSTS | _RELATIONS),
        "deadlines": Named(One(DEADLINE), refused={"entered"}),
        "episode": One(EPISODE),
        "states": Named(One(STATE), needed=True, refused={SAME}),
        "transitions": Named(One(TRANSITION), needed=True, refused={"proposer", "stay"}),
        "timers": Named(One(TIMER)),
        "series": Named(One(SERIES)),
        "paper": One(PAPER),
        "invariants": Listed(One(INVARIANT)),
        "migrate": Listed(One(MIGRATION)),
    },
    name="Workflow",
)
