"""What can be read off a condition's text without running it: literals that name something, fields asked for, negations."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from workflow.engine.conditions import reads

_WORD = r"(?P<quote>['\"])(?P<word>[^'\"\\]*)(?P=quote)"
_COMPARED = re.compile(rf"(?<![\w.])(?P<name>[a-z_]\w*)\s*[!=]=\s*{_WORD}")
_MEMBER = re.compile(rf"{_WORD}\s+in\s+(?P<name>filled|actor\.roles|last)\b")
_LAST = re.compile(rf"(?<![\w.])(?P<name>last)\s*\[\s*{_WORD}")
_AMONG = re.compile(r"(?<![\w.'\"])(?P<name>[a-z_]\w*)\s+in\s+\[(?P<words>[^\[\]]*)\]")
_QUOTED = re.compile(_WORD)
_FILLED = re.compile(rf"{_WORD}\s+in\s+filled")
_NAME = re.compile(r"[\w.]+")
_DEEPEST = 32  # deeper nesting does not compile
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class Literal(NamedTuple):
    """A quoted word that is compared with, or looked for in, `name`; `column` is 1-based, of the word itself."""

    name: str
    word: str
    column: int


def literals(expression: str) -> Iterator[Literal]:
    for pattern in (_COMPARED, _MEMBER, _LAST):
        for found in pattern.finditer(expression):
            yield Literal(found["name"], found["word"], found.start("word") + 1)
    for among in _AMONG.finditer(expression):
        for found in _QUOTED.finditer(among["words"]):
            yield Literal(among["name"], found["word"], among.start("words") + found.start("word") + 1)


def asked_for(expression: str) -> frozenset[str]:
    """The fields of which the expression asks whether they have a value."""
    return frozenset(found["word"] for found in _FILLED.finditer(expression))


def assured(expression: str) -> frozenset[str]:
    """Names that certainly have a value where the expression is true.

    A conjunct that is not itself a choice is true only where everything it reads has a value.
    """
    found: frozenset[str] = frozenset()
    for part in conjuncts(expression):
        bare = part.strip()
        if _FILLED.fullmatch(bare):
            found |= asked_for(bare)
        elif not re.search(r"&&|\|\||\?|\b(?:in|has|all|exists|exists_one|filter|map)\b", _TEXT.sub("''", bare)):
            found |= reads(bare)
    return found


def conjuncts(expression: str) -> Iterator[str]:
    """The parts between the outermost `&&`; the whole where an outermost `||` or `?` stands."""
    masked = _TEXT.sub(lambda text: "'" * len(text.group()), expression)
    depth, start, cuts = 0, 0, []
    for n, char in enumerate(masked):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and char in "|?":
            yield expression
            return
        if depth == 0 and masked.startswith("&&", n):
            cuts.append(n)
    for cut in cuts:
        yield expression[start:cut]
        start = cut + 2
    yield expression[start:]


def plain(expression: str) -> str:
    """The expression without white space outside its texts, nor brackets around the whole: for comparing two."""
    squeezed = re.sub(
        r"\s+|" + _TEXT.pattern, lambda found: "" if found.group().isspace() else found.group(), expression
    )
    for _ in range(_DEEPEST):
        if not _is_bracketed(squeezed):
            break
        squeezed = squeezed[1:-1]
    return squeezed


def negated(expression: str) -> str | None:
    """What a plain expression of the form `!(…)` denies, plain."""
    body = expression[1:]
    return plain(body) if expression.startswith("!") and (_is_bracketed(body) or _NAME.fullmatch(body)) else None


def _is_bracketed(text: str) -> bool:
    if not (text.startswith("(") and text.endswith(")")):
        return False
    masked = _TEXT.sub(lambda found: "'" * len(found.group()), text)
    depth = 0
    for n, char in enumerate(masked):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return n == len(masked) - 1
    return False
