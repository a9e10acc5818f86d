"""JSON as the stream of events that the YAML parser would give for it, so that one builder reads both, with positions."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from json.decoder import JSONDecodeError, JSONDecoder
from typing import NoReturn

import yaml

from workflow.engine.definition import Label

_SPACE = re.compile(r"[ \t\r\n]*")
_STRINGS = JSONDecoder()
_LITERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null", re.ASCII)


class JsonInvalid(ValueError):
    """The text is no JSON of ours; `line` and `column` are 1-based."""

    def __init__(self, message: Label, line: int, column: int) -> None:
        super().__init__(message.en)
        self.message, self.line, self.column = message, line, column


class _Scanner:
    """Walks the text without recursion, so that depth is the reader's to judge."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]

    def mark(self) -> yaml.Mark:
        line = bisect_right(self.lines, self.at) - 1
        return yaml.Mark("", self.at, line, self.at - self.lines[line], None, 0)

    def fail(self, vi: str, en: str) -> NoReturn:
        mark = self.mark()
        raise JsonInvalid(Label(vi, en), mark.line + 1, mark.column + 1)

    def peek(self) -> str:
        """The next character that is no white space, "" at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def expect(self, char: str) -> None:
        if self.peek() != char:
            self.fail(f"Sai cú pháp JSON: cần “{char}”.", f'not valid JSON: expected "{char}"')
        self.at += 1

    def scalar(self) -> yaml.ScalarEvent:
        mark = self.mark()
        if self.peek() == '"':
            return yaml.ScalarEvent(None, None, (False, True), self.string(), mark, mark)
        found = _LITERAL.match(self.text, self.at)
        if not found:
            self.fail("Sai cú pháp JSON: cần một giá trị.", "not valid JSON: expected a value")
        if found.group() == "null":
            self.fail("null không nói gì: hãy bỏ khóa này.", "null says nothing: leave the key out")
        self.at = found.end()
        return yaml.ScalarEvent(None, None, (True, False), found.group(), mark, mark)

    def string(self) -> str:
        try:
            value, self.at = _STRINGS.raw_decode(self.text, self.at)
        except JSONDecodeError as fault:
            self.at = fault.pos
            self.fail(f"Sai cú pháp JSON: {fault.msg}.", f"not valid JSON: {fault.msg}")
        return str(value)

    def key(self) -> yaml.ScalarEvent:
        if self.peek() != '"':
            self.fail("Sai cú pháp JSON: cần một khóa trong ngoặc kép.", "not valid JSON: expected a quoted key")
        event = self.scalar()
        self.expect(":")
        return event


def json_events(text: str) -> Iterator[yaml.Event]:
    """The events of one JSON document; JsonInvalid where the text stops being one."""
    scan = _Scanner(text)
    if scan.peek():
        yield yaml.DocumentStartEvent(scan.mark(), scan.mark())
        yield from _values(scan)
        if scan.peek():
            scan.fail("Có nội dung thừa sau tài liệu.", "something stands after the document")


def _values(scan: _Scanner) -> Iterator[yaml.Event]:
    closers: list[str] = []
    while True:
        opened = scan.peek()
        mark = scan.mark()
        if opened in ("{", "["):
            scan.at += 1
            kind = yaml.MappingStartEvent if opened == "{" else yaml.SequenceStartEvent
            yield kind(None, None, True, mark, mark)
            closers.append("}" if opened == "{" else "]")
            if scan.peek() != closers[-1]:
                if opened == "{":
                    yield scan.key()
                continue
        else:
            yield scan.scalar()
        yield from _closed(scan, closers)
        if not closers:
            return
        scan.expect(",")
        if closers[-1] == "}":
            yield scan.key()


def _closed(scan: _Scanner, closers: list[str]) -> Iterator[yaml.Event]:
    """The ends of the mappings and lists that end here."""
    while closers and scan.peek() == closers[-1]:
        mark = scan.mark()
        scan.at += 1
        end = yaml.MappingEndEvent if closers.pop() == "}" else yaml.SequenceEndEvent
        yield end(mark, mark)
