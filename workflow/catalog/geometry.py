"""What a state drawing consists of, as values: boxes, edges and labels with their places, and what its reader knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Scope = Literal["whole", "neighbourhood"]
Form = Literal["wide", "tall"]
Point = tuple[float, float]
Pair = tuple[str, str]
Cell = tuple[int, int]
"""Column and row."""

TITLE_SIZE, TITLE_LEADING = 14, 18
LABEL_SIZE, LABEL_LEADING = 13, 16
LOOP_SIZE, LOOP_LEADING = 12, 15
LOOP_MARK = "↻ "
HERE_MARK, BEEN_MARK = "● ", "✓ "


@dataclass(frozen=True, slots=True)
class View:
    """What the reader of a drawing knows of one item; `visited` are its former states, oldest first.

    `marks` calls states (`state:NAME`) and moves (`move:NAME`) "added" or "removed", in a drawing of two editions. `counts` says
    under the same names how often there was one, in a drawing of many items.
    """

    current: str | None = None
    visited: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()
    language: str = "vi"
    marks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def counted(self, name: str, label: str) -> str:
        """The label of a state or move with how often there was one, where that is told."""
        return f"{label} · {self.counts[name]}" if name in self.counts else label


@dataclass(frozen=True, slots=True)
class Loop:
    """A move that stays in the state; written inside its box."""

    move: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    state: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    loops: tuple[Loop, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """`points` are the corners of a line of horizontal and vertical pieces; the arrow stands at the last."""

    source: str
    target: str
    moves: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class EdgeLabel:
    """The name of one move beside the edges that it labels."""

    move: str
    pairs: tuple[Pair, ...]
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    labels: tuple[EdgeLabel, ...]
    width: float
    height: float
