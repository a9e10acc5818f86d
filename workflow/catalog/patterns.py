"""Patterns of text fields: RE2 by CEL's `matches`, so that no pattern and no text can take exponential time."""

from functools import lru_cache

from workflow.engine.conditions import ConditionInvalid, Environment, Program
from workflow.engine.definition import FieldType, InputField, Label

MAX_PATTERN = 500

_TEXT = Environment({"given": InputField("given", FieldType.TEXT, Label("", ""))})


@lru_cache(maxsize=256)
def _program(pattern: str) -> Program:
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return _TEXT.compile(f'given.matches("{quoted}")')


def is_pattern(pattern: str) -> bool:
    """Whether `pattern` is a regular expression of RE2, and of a length that somebody may still understand."""
    if len(pattern) > MAX_PATTERN:
        return False
    try:
        return isinstance(_program(pattern).compiled.eval(data={"given": ""}).value(), bool)
    except ConditionInvalid:
        return False


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`; it is not anchored, `^` and `$` say where it must stand."""
    return _program(pattern).holds({"given": text})
