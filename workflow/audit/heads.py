"""The last entry of each stream: as it is kept beside the log, and as the log itself once committed to it, held against the log.

The chain of a stream tells nothing of its end: whoever cuts its last entries off leaves a shorter chain that holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workflow.audit import canonical, tree
from workflow.audit.chain import leaf as leaf_of
from workflow.audit.entry import RESERVED, Head

COMMITMENT = "heads"
"""The type of the entries that commit to the heads of all streams, and the key under which they say so."""

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "row_missing": (
            "Nhật ký có luồng này nhưng bản ghi giữ mục cuối của nó không còn: bản ghi đã bị xóa",
            "The log has this stream, and the row that keeps its last entry is gone: it was deleted",
        ),
        "log_shorter": (
            "Bản ghi giữ mục cuối là #{kept}, nhật ký chỉ đến #{last}: phần cuối của luồng đã bị cắt hoặc bản ghi đã bị sửa",
            "The row keeps #{kept} as the last entry, the log ends with #{last}: it was cut off, or the row was changed",
        ),
        "row_behind": (
            "Bản ghi giữ mục cuối là #{kept}, nhật ký đã đến #{last}: bản ghi đã bị đưa về trước hoặc nhật ký bị chèn thêm",
            "The row keeps #{kept} as the last entry, the log has #{last}: the row was taken back, or the log added to",
        ),
        "row_hash": (
            "Mã băm mục cuối mà bản ghi giữ không phải của mục cuối trong nhật ký",
            "The hash that the row keeps is not that of the last entry of the log",
        ),
        "row_time": (
            "Thời điểm ghi nhận mục cuối mà bản ghi giữ khác với nhật ký",
            "The row says that the last entry was recorded at another time than the log does",
        ),
        "sealed_gone": (
            "Mục đã niêm phong ở vị trí {place} của nhật ký chung không còn",
            "The entry sealed at place {place} of the whole log is gone",
        ),
        "sealed_hash": (
            "Mã băm đã niêm phong ở vị trí {place} của nhật ký chung không phải của mục này",
            "The hash sealed at place {place} of the whole log is not that of this entry",
        ),
        "heads_unread": (
            "Mục này phải xác nhận mục cuối của mọi luồng nhưng không nói đủ",
            "The entry should commit to the last entries of all streams and does not say which",
        ),
        "heads_beyond": (
            "Mục này xác nhận {size} mục đã niêm phong, nay chỉ còn {sealed}: phần cuối của nhật ký đã bị cắt",
            "The entry commits to {size} sealed entries, {sealed} are there: the end of the log was cut off",
        ),
        "heads_streams": (
            "Mục này xác nhận {said} luồng trong {size} mục đầu, nay có {found}",
            "The entry commits to {said} streams among the first {size} entries, there are {found}",
        ),
        "heads_root": (
            "Mục này xác nhận những mục cuối khác với mục cuối của các luồng trong {size} mục đầu",
            "The entry commits to other last entries than the streams have among the first {size} entries",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class HeadFault:
    """What does not agree with the end of a stream; `n` is the entry at which that shows.

    No stream where nobody can tell any more of which it was.
    """

    stream: str
    n: int
    code: str
    params: Mapping[str, int] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        vietnamese, english = SENTENCES[self.code]
        sentence = (english if language == "en" else vietnamese).format(**self.params)
        return f"{self.stream} #{self.n}: {sentence}." if self.stream else f"{sentence}."


# -- what is kept beside the log ----------------------------------------------------------------------------------------


def unlike_rows(kept: Iterable[tuple[str, Head]], last: Iterable[tuple[str, Head]]) -> Iterator[HeadFault]:
    """Hold the heads that items' rows keep against the last entry of each stream of the log.

    Streams of no item keep no head: what follows the last entry is asked of the log itself.
    """
    rows = dict(kept)
    for stream, head in last:
        row = rows.pop(stream, None)
        fault = _unlike(row, head) if row else _without_row(stream)
        if fault:
            yield HeadFault(stream, head.n, fault, {"kept": row.n if row else 0, "last": head.n})
    for stream, row in sorted(rows.items()):
        yield HeadFault(stream, row.n, "log_shorter", {"kept": row.n, "last": 0})


def _without_row(stream: str) -> str | None:
    return "row_missing" if stream.partition("/")[0] not in RESERVED else None


def _unlike(row: Head, last: Head) -> str | None:
    if row.n != last.n:
        return "log_shorter" if row.n > last.n else "row_behind"
    if row.leaf != last.leaf:
        return "row_hash"
    return "row_time" if row.recorded_at != last.recorded_at else None


# -- what the log committed to ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sealed:
    """One place in the order of the whole log: the hash sealed there, and the entry of it; no stream where that is gone."""

    hash: bytes
    stream: str | None
    n: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class _Commitment:
    stream: str
    n: int
    size: int
    streams: int
    root: str


@dataclass(slots=True)
class _Ends:
    """The last entry of each stream so far, as leaves of the tree over all of them."""

    last: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    leaves: dict[str, bytes] = field(default_factory=dict)

    def take(self, stream: str, n: int, leaf: bytes) -> None:
        if n > self.last.get(stream, (0, b""))[0]:
            self.last[stream] = n, leaf
            self.leaves.pop(stream, None)

    def root(self) -> str:
        # The bytes of UTF-8 sort as the letters they stand for.
        for stream in self.last.keys() - self.leaves.keys():
            self.leaves[stream] = head_leaf(stream, *self.last[stream])
        return tree.root(self.leaves[stream] for stream in sorted(self.leaves)).hex()


def head_leaf(stream: str, n: int, leaf: bytes) -> bytes:
    """What stands for the head of one stream in the tree of all of them, which is sorted by the streams' names."""
    return leaf_of(canonical.encode([stream, n, leaf.hex()]))


def unlike_commitments(bodies: Iterable[bytes], order: Iterable[Sealed]) -> Iterator[HeadFault]:
    """Hold the log's commitments to the heads of all streams (among `bodies`) against its sealed order.

    Of each kind the first alone is told: where one does not hold, those after it seldom do.
    """
    said = [_committed(body) for body in bodies]
    yield from [one for one in said if isinstance(one, HeadFault)][:1]
    wanted = sorted((one for one in said if isinstance(one, _Commitment)), key=lambda one: (-one.size, -one.n))
    told: set[str] = set()
    for fault in _against(wanted, order):
        if fault.code not in told:
            told.add(fault.code)
            yield fault


def _committed(body: bytes) -> _Commitment | HeadFault | None:
    try:
        entry = canonical.decode(body)
    except ValueError:
        # The walk of the chain names it.
        return None
    if not isinstance(entry, dict) or entry.get("type") != COMMITMENT:
        return None
    stream, n, heads = str(entry.get("stream")), _number(entry.get("n")) or 0, entry.get(COMMITMENT)
    if not isinstance(heads, dict):
        return HeadFault(stream, n, "heads_unread")
    size, streams = _number(heads.get("size")), _number(heads.get("streams"))
    if size is None or streams is None:
        return HeadFault(stream, n, "heads_unread")
    return _Commitment(stream, n, size, streams, str(heads.get("root")))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _against(wanted: list[_Commitment], order: Iterable[Sealed]) -> Iterator[HeadFault]:
    """The nearest commitment stands last in `wanted`."""
    ends, place = _Ends(), 0
    for one in order:
        while wanted and wanted[-1].size <= place:
            yield from _unlike_ends(wanted.pop(), ends)
        if one.stream is None:
            yield HeadFault("", 0, "sealed_gone", {"place": place})
        elif one.hash != one.leaf:
            yield HeadFault(one.stream, one.n, "sealed_hash", {"place": place})
        else:
            ends.take(one.stream, one.n, one.leaf)
        place += 1
    while wanted:
        last = wanted.pop()
        if last.size > place:
            yield HeadFault(last.stream, last.n, "heads_beyond", {"size": last.size, "sealed": place})
        else:
            yield from _unlike_ends(last, ends)


def _unlike_ends(said: _Commitment, ends: _Ends) -> Iterator[HeadFault]:
    if said.streams != len(ends.last):
        params = {"said": said.streams, "size": said.size, "found": len(ends.last)}
        yield HeadFault(said.stream, said.n, "heads_streams", params)
    elif said.root != ends.root():
        yield HeadFault(said.stream, said.n, "heads_root", {"size": said.size})
