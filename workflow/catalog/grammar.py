"""The pieces that a grammar of text values is written with: every complaint becomes a finding (L01) with its place."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, validates_schema
from marshmallow.fields import Field

from workflow.catalog.findings import Finding, nearest, quoted
from workflow.catalog.read import Document, Path, Position
from workflow.engine.definition import Label

NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What states, moves, fields, timers and deadlines may be called."""

SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]*")
"""What workflows, units, areas, logins and lines of a data file may be called."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about a value, or about its key."""

    message: Label
    hint: str | None = None
    of_key: bool = False


def refuse(vi: str, en: str, hint: str | None = None, *, of_key: bool = False) -> ValidationError:
    return ValidationError([Problem(Label(vi, en), hint, of_key)])


def _kind(value: Any) -> Label:
    if isinstance(value, dict):
        return Label("một khối khóa: giá trị", "a mapping")
    if isinstance(value, list):
        return Label("một danh sách", "a list")
    text = quoted(str(value))
    return Label(f"“{text}”", f'"{text}"') if text else Label("trống", "nothing")


def _mismatch(wanted: Label, value: Any) -> ValidationError:
    found = _kind(value)
    return refuse(f"cần {wanted.vi}, đang là {found.vi}", f"expected {wanted.en}, found {found.en}")


class Part(Field[Any]):
    """A value of some shape. `needed` says that its key must stand there."""

    def __init__(self, *, needed: bool = False) -> None:
        super().__init__(required=needed)

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:  # noqa: ARG002  the signature is marshmallow's
        return refuse(f"thiếu khóa “{self.name}”", f'the key "{self.name}" is missing')


class Text(Part):
    """Text that is not empty; of `known` words only, or fully of a `form`, where these are given."""

    def __init__(
        self, *, needed: bool = False, known: Collection[str] = (), form: re.Pattern[str] | None = None
    ) -> None:
        super().__init__(needed=needed)
        self.known, self.form = known, form

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise _mismatch(Label("chữ", "text"), value)
        text = unicodedata.normalize("NFC", value)
        if self.known and text not in self.known:
            words = ", ".join(self.known)
            short = quoted(text)
            raise refuse(f"“{short}” không thuộc: {words}", f'"{short}" is none of: {words}', nearest(text, self.known))
        if self.form and not self.form.fullmatch(text):
            raise refuse(
                f"“{text}” viết không đúng dạng {self.form.pattern}",
                f'"{text}" does not have the form {self.form.pattern}',
            )
        return text


class Whole(Part):
    """A whole number in plain digits, not below `least` nor above `most`."""

    def __init__(self, *, needed: bool = False, least: int = 0, most: int = 999_999) -> None:
        super().__init__(needed=needed)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        wanted = Label(f"số nguyên từ {self.least} đến {self.most}", f"a whole number from {self.least} to {self.most}")
        # Ten digits at most: int() of a long text is slow, and no number here needs more.
        if not isinstance(value, str) or not re.fullmatch(r"-?(0|[1-9][0-9]{0,9})", value):
            raise _mismatch(wanted, value)
        if not self.least <= int(value) <= self.most:
            raise _mismatch(wanted, value)
        return int(value)


class Flag(Part):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value not in ("true", "false"):
            raise _mismatch(Label("true hoặc false", "true or false"), value)
        return bool(value == "true")


class Day(Part):
    """A date written `YYYY-MM-DD`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        wanted = Label("ngày dạng YYYY-MM-DD", "a date written YYYY-MM-DD")
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise _mismatch(wanted, value)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _mismatch(wanted, value) from None


class Listed(Part):
    """A list whose elements all have one shape."""

    def __init__(self, inner: Part, *, needed: bool = False, least: int = 0) -> None:
        super().__init__(needed=needed)
        self.inner, self.least = inner, least

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _mismatch(Label("một danh sách [ ]", "a list [ ]"), value)
        if len(value) < self.least:
            raise refuse(
                f"danh sách cần ít nhất {self.least} phần tử", f"the list is too short, at least {self.least} needed"
            )
        return tuple(_each(enumerate(value), self.inner).values())


class Named(Part):
    """A mapping from names to values of one shape; `refused` names say why they may not be used."""

    def __init__(
        self,
        inner: Part,
        *,
        needed: bool = False,
        form: re.Pattern[str] = NAME,
        refused: Collection[str] = (),
    ) -> None:
        super().__init__(needed=needed)
        self.inner, self.form, self.refused = inner, form, refused

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _mismatch(Label("một khối tên: giá trị", "a mapping of names"), value)
        errors: dict[Any, Any] = {name: self._complaints(name) for name in value if self._complaints(name)}
        try:
            loaded = _each(value.items(), self.inner)
        except ValidationError as fault:
            for name, messages in fault.messages_dict.items():
                errors.setdefault(name, messages)
            loaded = {}
        if errors:
            raise ValidationError(errors)
        return loaded

    def _complaints(self, name: str) -> list[Problem]:
        if name in self.refused:
            return [Problem(Label(f"tên “{name}” đã có nghĩa riêng", f'the name "{name}" is reserved'), None, True)]
        if not self.form.fullmatch(name):
            form, short = self.form.pattern, quoted(name)
            message = Label(
                f"tên “{short}” không đúng dạng {form}", f'the name "{short}" does not have the form {form}'
            )
            return [Problem(message, None, True)]
        return []


def _each(pairs: Any, inner: Part) -> dict[Any, Any]:
    loaded: dict[Any, Any] = {}
    errors: dict[Any, Any] = {}
    for key, value in pairs:
        try:
            loaded[key] = inner.deserialize(value)
        except ValidationError as fault:
            errors[key] = fault.messages
    if errors:
        raise ValidationError(errors)
    return loaded


class Block(Schema):
    """A mapping with a closed set of keys."""

    class Meta:  # noqa: D106  marshmallow's own word
        unknown = EXCLUDE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def only_known_keys(self, _: Any, original: Any, **__: Any) -> None:
        unknown = [key for key in original if key not in self.fields]
        if unknown:
            raise ValidationError({key: [self._unknown(key)] for key in unknown})

    def _unknown(self, key: str) -> Problem:
        short = quoted(key)
        message = Label(f"không có khóa “{short}” ở đây", f'unknown key "{short}"')
        return Problem(message, nearest(key, self.fields), of_key=True)


class One(Part):
    """A mapping that keeps the grammar of `block`."""

    def __init__(self, block: type[Schema], *, needed: bool = False) -> None:
        super().__init__(needed=needed)
        self.block = block()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, dict):
            keys = ", ".join(self.block.fields)
            raise _mismatch(Label(f"một khối với các khóa {keys}", f"a mapping with the keys {keys}"), value)
        return self.block.load(value)


class Bilingual(Part):
    """`{vi, en}` as a Label; a language that is left out is the empty text (the linter asks for both)."""

    _block = Block.from_dict({"vi": Text(), "en": Text()}, name="Bilingual")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Label:
        if not isinstance(value, dict):
            raise _mismatch(Label('{vi: "…", en: "…"}', '{vi: "…", en: "…"}'), value)
        loaded = self._block().load(value)
        return Label(loaded.get("vi", ""), loaded.get("en", ""))


def load(block: type[Schema], document: Document) -> tuple[Any, tuple[Finding, ...]]:
    """The loaded values, or None and what the grammar has against the document."""
    return load_as(One(block), document)


def load_as(part: Part, document: Document) -> tuple[Any, tuple[Finding, ...]]:
    """The same for a document whose top is no mapping."""
    try:
        return part.deserialize(document.data), ()
    except ValidationError as fault:
        found = (_finding(document, path, problem) for path, problem in _problems(fault.messages, ()))
        return None, tuple(sorted(found, key=lambda finding: finding.place))


def _problems(messages: Any, path: Path) -> Iterator[tuple[Path, Problem]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _problems(inner, path if key == "_schema" else (*path, key))
    else:
        for problem in messages:
            yield path, problem


def _finding(document: Document, path: Path, problem: Problem) -> Finding:
    around = path[:-1] if problem.of_key or path not in document.positions else path
    where = spoken(around)
    message = Label(where + problem.message.vi, where + problem.message.en)
    return document.finding("L01", _place(document, path, problem), message, problem.hint)


def _place(document: Document, path: Path, problem: Problem) -> Position:
    if path not in document.positions:
        return document.at_key(path[:-1])
    return document.at_key(path) if problem.of_key else document.at(path)


def spoken(path: Path) -> str:
    """A path as the beginning of a sentence: `transitions.plan.when[0]: `."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{quoted(part)}" for part in path)
    return f"{text.removeprefix('.')}: " if text else ""
