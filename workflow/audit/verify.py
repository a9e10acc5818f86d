"""Walk a log and name the first entry that does not hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workflow.audit import canonical, chain
from workflow.audit.entry import FORMAT, REFUSALS

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_canonical": (
            "Nội dung mục nhật ký không ở dạng chuẩn, có thể đã bị sửa",
            "The body is not in the canonical form; it may have been edited",
        ),
        "leaf": (
            "Mã băm lưu kèm không khớp với nội dung mục nhật ký",
            "The stored hash is not that of the body",
        ),
        "misplaced": (
            "Luồng hoặc số thứ tự lưu kèm không khớp với nội dung mục nhật ký",
            "The stream or number stored beside the body is not the body's own",
        ),
        "format": (
            "Phiên bản định dạng của mục nhật ký không được hỗ trợ hoặc thiếu trường bắt buộc",
            "The format of the body is unknown, or a required part is missing",
        ),
        "number": (
            "Số thứ tự trong luồng bị đứt quãng: thiếu, trùng hoặc đảo thứ tự mục nhật ký",
            "The numbering of the stream is broken: an entry is missing, doubled or out of order",
        ),
        "previous": (
            "Mục nhật ký không nối tiếp mục đứng trước nó trong luồng",
            "The entry does not follow from the one before it in its stream",
        ),
        "time": (
            "Thời điểm ghi nhận sớm hơn mục đứng trước trong luồng",
            "The entry was recorded before the one that it follows",
        ),
        "state": (
            "Trạng thái xuất phát khác trạng thái mà mục trước để lại",
            "The entry starts from a state other than the one that the entry before it left",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one entry; `index` is its place in the order walked, from 0."""

    index: int
    stream: str
    n: int
    code: str

    def in_language(self, language: str) -> str:
        vietnamese, english = SENTENCES[self.code]
        return f"{self.stream} #{self.n}: {english if language == 'en' else vietnamese}."


@dataclass(frozen=True, slots=True)
class Verification:
    """`count` is how many entries were looked at, the bad one included."""

    ok: bool
    count: int
    first_bad: Fault | None


@dataclass(slots=True)
class _Stream:
    n: int = 0
    leaf: bytes = chain.ZERO
    recorded_at: str = ""
    state: str | None = None


def walk(entries: Iterable[tuple[str, int, bytes, bytes]]) -> Verification:
    """Look at (stream, n, body, leaf) until one does not hold; each stream's entries come in the order of their numbers."""
    streams: dict[str, _Stream] = {}
    count = 0
    for stream, n, body, leaf in entries:
        code = _fault(streams.setdefault(stream, _Stream()), stream, n, bytes(body), bytes(leaf))
        count += 1
        if code:
            return Verification(ok=False, count=count, first_bad=Fault(count - 1, stream, n, code))
    return Verification(ok=True, count=count, first_bad=None)


def _fault(last: _Stream, stream: str, n: int, body: bytes, leaf: bytes) -> str | None:
    """The code of the first thing wrong with this entry; `last` moves on to it where nothing is."""
    try:
        said = canonical.decode(body)
    except ValueError:
        return "not_canonical"
    if chain.leaf(body) != leaf:
        return "leaf"
    if not isinstance(said, dict) or said.get("v") != FORMAT or not isinstance(said.get("rec"), str):
        return "format"
    if said.get("stream") != stream or said.get("n") != n:
        return "misplaced"
    return _break(last, said, leaf)


def _break(last: _Stream, said: dict[str, Any], leaf: bytes) -> str | None:
    if said["n"] != last.n + 1:
        return "number"
    if said.get("prev") != last.leaf.hex():
        return "previous"
    if said["rec"] < last.recorded_at:
        return "time"
    # Refusals tell from where somebody tried; nothing moved, so they bind nothing.
    if not said["stream"].startswith(f"{REFUSALS}/"):
        source = said.get("from")
        if source is not None and last.state is not None and source != last.state:
            return "state"
        last.state = said.get("to", last.state)
    last.n, last.leaf, last.recorded_at = said["n"], leaf, said["rec"]
    return None
