"""The one user of CEL: compile against the declared types, evaluate, say what a condition reads.

Fails closed: an expression that errs, or that yields anything but true, refuses.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import cache
from typing import Any

from cel_expr_python import cel

from workflow.engine.definition import FieldType, InputField
from workflow.engine.events import instant_of
from workflow.engine.item import Plain

_log = logging.getLogger(__name__)

_WORDS = frozenset(
    re.findall(
        r"\w+",
        "true false null in as break const continue else for function if import let loop package namespace return var void"
        " while type int uint double bool string bytes list map duration timestamp dyn size has all exists filter matches"
        " startsWith endsWith contains",
    )
)
_FACTS: Mapping[str, Any] = {
    "filled": cel.Type.List(cel.Type.STRING),
    "state": cel.Type.STRING,
    "today": cel.Type.TIMESTAMP,
    "now": cel.Type.TIMESTAMP,
    "overdue": cel.Type.BOOL,
    "actor.id": cel.Type.STRING,
    "actor.unit": cel.Type.STRING,
    "actor.roles": cel.Type.List(cel.Type.STRING),
    "item.unit": cel.Type.STRING,
    "item.created_by": cel.Type.STRING,
    "item.open_children": cel.Type.INT,
    "last": cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
}

FACTS = frozenset(_FACTS)
"""The names that every condition may look at beside the fields."""

RESERVED = frozenset(name.partition(".")[0] for name in _FACTS) | _WORDS | {"comment", "unit"}
"""Names that a field may not bear: the facts a condition may look at, CEL's own words, and what is built in."""

_TYPES: Mapping[FieldType, Any] = {
    FieldType.TEXT: cel.Type.STRING,
    FieldType.INTEGER: cel.Type.INT,
    FieldType.DECIMAL: cel.Type.DOUBLE,
    FieldType.DATE: cel.Type.TIMESTAMP,
    FieldType.INSTANT: cel.Type.TIMESTAMP,
    FieldType.BOOLEAN: cel.Type.BOOL,
    FieldType.CHOICE: cel.Type.STRING,
    FieldType.PERSON: cel.Type.STRING,
    FieldType.UNIT: cel.Type.STRING,
    FieldType.UNITS: cel.Type.STRING,
    FieldType.ATTACHMENTS: cel.Type.List(cel.Type.STRING),
    FieldType.FIGURES: cel.Type.List(cel.Type.DYN),
}
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)")


class ConditionInvalid(ValueError):
    """The expression does not compile or is not boolean; `line` and `column` are 1-based within the expression."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled condition; `reads` are the names it looks at (`actor.unit` counts as itself and as `actor`)."""

    expression: str
    reads: frozenset[str]
    compiled: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True only where the expression is certainly true; an error is logged and refuses."""
        value = self.compiled.eval(data=facts)
        if value.type() == cel.Type.BOOL:
            return bool(value.value())
        _log.warning("condition %r refused: %s", self.expression, value.value())
        return False


def reads(expression: str) -> frozenset[str]:
    """The variables an expression looks at, strings left out; a dotted name counts with its first part too."""
    found: set[str] = set()
    for name in _NAME.findall(_STRING.sub("''", expression)):
        first = name.partition(".")[0]
        found |= {name, first}
    return frozenset(found - _WORDS)


class Environment:
    """The types that conditions of one definition are compiled against."""

    def __init__(self, fields: Mapping[str, InputField]) -> None:
        declared = {name: _TYPES[field.type] for name, field in fields.items() if name not in RESERVED}
        self._cel = cel.NewEnv(variables={**declared, **_FACTS})
        self._fields = fields

    def compile(self, expression: str) -> Program:
        """The program of a boolean expression; ConditionInvalid says where and why not."""
        try:
            compiled = self._cel.compile(expression)
        except (RuntimeError, ValueError) as fault:
            raise _invalid(str(fault), expression) from None
        if compiled.return_type() != cel.Type.BOOL:
            raise ConditionInvalid(f"the expression yields {compiled.return_type().name()}, not a boolean", 1, 1)
        return Program(expression, reads(expression), compiled)


def _invalid(text: str, expression: str) -> ConditionInvalid:
    found = _POSITION.search(text)
    if not found:
        return ConditionInvalid(text.splitlines()[0] if text else "invalid expression", 1, 1)
    message = found.group(3)
    if "double" in message and re.search(r"\b\d+\b(?!\.)", expression):
        message += " (a decimal is compared with a decimal: write 1000000.0)"
    return ConditionInvalid(message, int(found.group(1)), int(found.group(2)))


@cache
def local_midnight(day: str, zone: tzinfo) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), tzinfo=zone)


def cel_value(kind: FieldType, value: Plain, zone: tzinfo) -> Any:
    """A stored value as CEL sees it: a date is its local midnight, a decimal a double, a tuple a list."""
    if kind is FieldType.DATE:
        return local_midnight(str(value), zone)
    if kind is FieldType.INSTANT:
        return instant_of(str(value))
    if kind is FieldType.DECIMAL:
        return float(str(value))
    if isinstance(value, tuple):
        return list(value)
    return value
