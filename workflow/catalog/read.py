"""A strict subset of YAML, and JSON, read to plain text values, each with its line and column.

Nothing is guessed: every scalar is the text that stands in the file. Whatever is hostile or ambiguous is one clear finding.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from workflow.catalog.findings import Finding, Severity, quoted
from workflow.catalog.json_events import JsonInvalid, json_events
from workflow.engine.definition import Label
from workflow.errors import DefinitionInvalid

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000

Path = tuple[str | int, ...]
"""Where a value stands in a document: mapping keys and list indices from the top."""

_UNSPEAKABLE = re.compile("[\0\ud800-\udfff]")
"""What an escape can smuggle into a value: NUL and halves of characters, which no database or encoding takes."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Position(NamedTuple):
    """1-based, counted in characters."""

    line: int
    column: int


class Written(NamedTuple):
    """How a text was written: its style of quoting, "" for none, and its width in characters; 0 where it spans lines."""

    style: str
    width: int


class DocumentInvalid(DefinitionInvalid):
    """The text is no document of ours at all (L02); `findings` say why."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Document:
    """`data` is nested dict, list and str; `positions` are of the values, `key_positions` of the keys of mappings."""

    file: str
    data: Any
    positions: Mapping[Path, Position]
    key_positions: Mapping[Path, Position]
    fingerprint: str
    written: Mapping[Path, Written] = field(default_factory=dict)

    def at(self, path: Path) -> Position:
        """Where the value at `path` stands, or the nearest thing around it that exists."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, Position(1, 1))

    def at_key(self, path: Path) -> Position:
        """Where the key of `path` stands; for an element of a list, or what is absent, as `at`."""
        return self.key_positions.get(path) or self.at(path)

    def within(self, path: Path, text: str, line: int, column: int) -> Position:
        """Where a character of the text at `path` stands; the text's beginning where it was not written on one line."""
        start, written = self.at(path), self.written.get(path)
        before = text[: column - 1]
        if written is None or not written.width or line != 1:
            return start
        if not written.style:
            return Position(start.line, start.column + len(before))
        doubled = '"\\' if written.style == '"' else "'"
        if len(text) + _count(text, doubled) + 2 != written.width:
            return start
        return Position(start.line, start.column + 1 + len(before) + _count(before, doubled))

    def finding(
        self,
        code: str,
        position: Position,
        message: Label,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        return Finding(code, severity, self.file, position.line, position.column, message, hint)


def _count(text: str, chars: str) -> int:
    return sum(text.count(char) for char in chars)


@dataclass
class _Open:
    """A mapping or list that is being read; `key` is the mapping key whose value comes next."""

    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None
    skipping: bool = False


@dataclass
class _Builder:
    file: str
    data: Any = None
    started: bool = False
    nodes: int = 0
    stack: list[_Open] = field(default_factory=list)
    positions: dict[Path, Position] = field(default_factory=dict)
    key_positions: dict[Path, Position] = field(default_factory=dict)
    written: dict[Path, Written] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def note(self, position: Position, vi: str, en: str, hint: str | None = None) -> None:
        line, column = position
        self.findings.append(Finding("L02", Severity.ERROR, self.file, line, column, Label(vi, en), hint))

    def stop(self, position: Position, vi: str, en: str) -> NoReturn:
        self.note(position, vi, en)
        raise DocumentInvalid(tuple(self.findings))

    def take(self, event: yaml.Event) -> None:
        position = _position(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self._start(event, position)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, position)

    def _start(self, event: yaml.DocumentStartEvent, position: Position) -> None:
        if self.started:
            self.stop(position, "Tệp chỉ được chứa một tài liệu.", "a file holds one document only")
        if event.version or event.tags:
            self.stop(
                position, "Không dùng chỉ thị YAML (dòng bắt đầu bằng %).", "YAML directives (%) are not accepted"
            )
        self.started = True

    def _node(self, event: yaml.NodeEvent, position: Position) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(position, f"Tệp có quá {MAX_NODES} giá trị.", f"the file has more than {MAX_NODES} values")
        self._refuse_marks(event, position)
        if isinstance(event, yaml.ScalarEvent) and _UNSPEAKABLE.search(event.value):
            self.stop(position, "Giá trị chứa ký tự không hợp lệ.", "the value holds a character that is no text")
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.value, dict) and top.key is None:
            self._key(top, event, position)
            return
        value = self._value(event)
        path = self._place(top, value, position)
        if isinstance(event, yaml.ScalarEvent):
            self.written[path] = _written(event)
        if isinstance(value, dict | list):
            if len(self.stack) >= MAX_DEPTH:
                self.stop(position, f"Lồng nhau quá {MAX_DEPTH} cấp.", f"nested more than {MAX_DEPTH} levels deep")
            self.stack.append(_Open(path, value))

    def _refuse_marks(self, event: yaml.NodeEvent, position: Position) -> None:
        anchor, tag = quoted(event.anchor or ""), quoted(getattr(event, "tag", None) or "")
        if isinstance(event, yaml.AliasEvent):
            self.note(position, f"Không dùng tham chiếu *{anchor}.", f"the alias *{anchor} is not accepted")
        elif anchor:
            self.note(position, f"Không dùng neo &{anchor}.", f"the anchor &{anchor} is not accepted")
        if tag:
            self.note(position, f"Không dùng thẻ kiểu {tag}.", f"the tag {tag} is not accepted")

    def _key(self, top: _Open, event: yaml.NodeEvent, position: Position) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self.stop(position, "Khóa phải là chữ.", "a key must be plain text")
        name = event.value
        top.key, top.skipping = name, name in top.value
        if top.skipping:
            first = self.key_positions[(*top.path, name)]
            self.note(
                position,
                f"Khóa “{quoted(name)}” đã có ở dòng {first.line}.",
                f'the key "{quoted(name)}" stands here a second time (first in line {first.line})',
            )
        else:
            self.key_positions[(*top.path, name)] = position

    def _value(self, event: yaml.NodeEvent) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        return event.value if isinstance(event, yaml.ScalarEvent) else ""

    def _place(self, top: _Open | None, value: Any, position: Position) -> Path:
        """Put a value where it belongs; a second value of one key is read past."""
        path: Path = ()
        if top is None:
            self.data = value
        elif isinstance(top.value, list):
            path = (*top.path, len(top.value))
            top.value.append(value)
        else:
            name = top.key or ""
            path = (*top.path, name)
            top.key = None
            if top.skipping:
                return path
            top.value[name] = value
        self.positions[path] = position
        return path


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _written(event: yaml.ScalarEvent) -> Written:
    start, end = _position(event.start_mark), _position(event.end_mark)
    return Written(event.style or "", end.column - start.column if start.line == end.line else 0)


def read_document(text: str | bytes, file: str) -> Document:
    """The document that `text` holds; DocumentInvalid with L02 findings, and never another exception, where it holds none.

    A name ending in `.json` is read as JSON: numbers and booleans become their text.
    """
    builder = _Builder(file)
    raw, decoded = _decoded(text, builder)
    events = json_events(decoded) if file.endswith(".json") else yaml.parse(decoded, Loader=yaml.CBaseLoader)
    try:
        for event in events:
            builder.take(event)
    except JsonInvalid as fault:
        builder.stop(Position(fault.line, fault.column), fault.message.vi, fault.message.en)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        position = _position(mark) if mark else Position(1, 1)
        builder.stop(position, f"Sai cú pháp YAML: {fault.problem}.", f"not valid YAML: {fault.problem}")
    except yaml.YAMLError as fault:
        problem = str(fault).splitlines()[0]
        builder.stop(Position(1, 1), f"Sai cú pháp YAML: {problem}.", f"not valid YAML: {problem}")
    if not builder.started:
        builder.stop(Position(1, 1), "Tệp trống.", "the file is empty")
    if builder.findings:
        raise DocumentInvalid(tuple(builder.findings))
    fingerprint = hashlib.sha256(raw).hexdigest()
    return Document(file, builder.data, builder.positions, builder.key_positions, fingerprint, builder.written)


def _decoded(text: str | bytes, builder: _Builder) -> tuple[bytes, str]:
    """The bytes and the characters of a file that keeps the bounds of size and alphabet."""
    start = Position(1, 1)
    try:
        raw = text.encode() if isinstance(text, str) else bytes(text)
        if len(raw) > MAX_BYTES:
            builder.stop(
                start, f"Tệp lớn hơn {MAX_BYTES // 1024} KB.", f"the file is larger than {MAX_BYTES // 1024} KB"
            )
        decoded = raw.decode("utf-8-sig")
    except UnicodeError:
        builder.stop(start, "Tệp không phải UTF-8.", "the file is not UTF-8")
    found = _CONTROL.search(decoded)
    if found:
        line = decoded.count("\n", 0, found.start()) + 1
        column = found.start() - decoded.rfind("\n", 0, found.start())
        name = f"U+{ord(found.group()):04X}" if found.group() != "\0" else "NUL"
        builder.stop(
            Position(line, column), f"Tệp chứa ký tự điều khiển {name}.", f"the file holds the control character {name}"
        )
    return raw, decoded
