"""The routing of a state drawing: boxes on a grid, edges in the channels between, labels on edges.

A box fills one cell. Edges run in the channels between columns and between rows only, each on a track of its own, and
leave or enter a box through its own side; so no edge can cross a box. A label has its band of a track, or the room beside a
straight edge, to itself; so no label can meet a box or another label.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from workflow.catalog.geometry import (
    BEEN_MARK,
    HERE_MARK,
    LABEL_LEADING,
    LABEL_SIZE,
    LOOP_LEADING,
    LOOP_MARK,
    LOOP_SIZE,
    TITLE_LEADING,
    TITLE_SIZE,
    Box,
    Cell,
    Edge,
    EdgeLabel,
    Form,
    Layout,
    Loop,
    Pair,
    Scope,
    View,
)
from workflow.catalog.lettering import text_width, wrap
from workflow.engine.definition import Definition

_MARGIN = 12
_PORT_STEP, _TRACK_STEP, _STUB_STEP = 16, 12, 9
_ARROW_ROOM = 16
_TEXT_GAP = 4
_INDENT = 8


@dataclass(frozen=True, slots=True)
class Measures:
    """`here_width` is that of the current state's column."""

    box_width: float
    here_width: float
    straight_width: float
    track_width: float


MEASURES: Mapping[tuple[Scope, Form], Measures] = {
    ("whole", "wide"): Measures(box_width=142, here_width=142, straight_width=104, track_width=168),
    ("whole", "tall"): Measures(box_width=134, here_width=134, straight_width=88, track_width=104),
    ("neighbourhood", "wide"): Measures(box_width=142, here_width=188, straight_width=110, track_width=168),
    ("neighbourhood", "tall"): Measures(box_width=142, here_width=188, straight_width=104, track_width=96),
}


@dataclass(frozen=True, slots=True)
class _Text:
    move: str
    lines: tuple[str, ...]
    width: float

    @property
    def height(self) -> float:
        return len(self.lines) * LABEL_LEADING


def _stacked(texts: Sequence[_Text]) -> float:
    return sum(text.height for text in texts) + _TEXT_GAP * (len(texts) - 1)


@dataclass(eq=False, slots=True)
class _Straight:
    """An edge between neighbours of one row; in a comb, one tooth: it branches off below or above its source's row."""

    pair: Pair
    texts: tuple[_Text, ...]

    @property
    def height(self) -> float:
        return _stacked(self.texts) + 8


@dataclass(eq=False, slots=True)
class _Net:
    """Edges that share a hub and their labels: they meet on one horizontal track of channel `h`.

    `v` is None where all the others touch channel `h` too; else they come to it by a vertical track of channel `v`.
    """

    hub: str
    others: tuple[str, ...]
    joins: bool
    texts: tuple[_Text, ...]
    h: int
    v: int | None = None
    ports: dict[str, float] = field(default_factory=dict)
    v_track: int = 0
    leftmost: bool = False
    top: float = 0
    span: tuple[float, float] = (0, 0)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return tuple((other, self.hub) if self.joins else (self.hub, other) for other in self.others)

    @property
    def width(self) -> float:
        return max(text.width for text in self.texts)

    @property
    def height(self) -> float:
        return _stacked(self.texts) + 4

    @property
    def line(self) -> float:
        return self.top + self.height


@dataclass(eq=False)
class Chart:
    """One drawing in the making: first the plan of its edges, then x, then y, then the finished values.

    `hanging`: what may follow hangs below the current state like the branches of a tree, column 1 under column 0.
    """

    definition: Definition
    view: View
    measures: Measures
    cells: Mapping[str, Cell]
    links: dict[Pair, tuple[str, ...]]
    hanging: bool = False
    straights: list[_Straight] = field(default_factory=list)
    teeth: list[_Straight] = field(default_factory=list)
    nets: list[_Net] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = 1 + max(column for column, _ in self.cells.values())
        self.rows = 1 + max(row for _, row in self.cells.values())
        self.loops = {source: moves for (source, end), moves in self.links.items() if source == end}
        self.links = {pair: moves for pair, moves in self.links.items() if pair[0] != pair[1]}

    # ------------------------------------------------------------------------------------------------------------- plan

    def plan(self, spine: Iterable[Pair], teeth: frozenset[Pair]) -> None:
        """Give every pair its kind of edge; `spine` pairs stand alone, `teeth` branch off one another's beginning."""
        left = dict(self.links)
        for pair in [pair for pair in left if pair in teeth]:
            self.teeth.append(_Straight(pair, self._texts(left.pop(pair), self.measures.straight_width)))
        for pair in [pair for pair in left if pair in spine]:
            self._single(pair, left.pop(pair))
        while group := _largest_group(left):
            moves = left[group.pairs[0]]
            for pair in group.pairs:
                del left[pair]
            self._group(group, moves)
        for pair, moves in left.items():
            self._single(pair, moves)

    def _texts(self, moves: Iterable[str], width: float) -> tuple[_Text, ...]:
        return tuple(self._text(move, width) for move in moves)

    def _text(self, move: str, width: float) -> _Text:
        label = self.definition.transitions[move].label.in_language(self.view.language) or move
        lines = wrap(self.view.counted(f"move:{move}", label), width, LABEL_SIZE) or (move,)
        return _Text(move, lines, max(text_width(line, LABEL_SIZE) for line in lines))

    def _single(self, pair: Pair, moves: tuple[str, ...]) -> None:
        (column, row), (to_column, to_row) = self.cells[pair[0]], self.cells[pair[1]]
        if row == to_row and abs(column - to_column) == 1:
            self.straights.append(_Straight(pair, self._texts(moves, self.measures.straight_width)))
        else:
            self._group(_Group(pair[1], (pair[0],), joins=True), moves)

    def _group(self, group: "_Group", moves: tuple[str, ...]) -> None:
        """One net, or as many as it takes to reach all the others."""
        texts = self._texts(moves, self.measures.track_width)
        others = list(group.others)
        while others:
            net = self._best_net(group, others, texts)
            self.nets.append(net)
            others = [other for other in others if other not in net.others]

    def _best_net(self, group: "_Group", others: Sequence[str], texts: tuple[_Text, ...]) -> _Net:
        row = self.cells[group.hub][1]
        load = Counter(net.h for net in self.nets)
        flat = {h: self._touching_row_channel(others, h) for h in (row, row + 1)}
        h = max(flat, key=lambda h: (len(flat[h]), h in (0, self.rows), -load[h]))
        channels = (0,) if self.hanging else range(self.columns + 1)
        upright = {v: self._touching_column_channel(others, v) for v in channels}
        column = self.cells[group.hub][0]
        crowd = Counter(net.v for net in self.nets)
        v = max(upright, key=lambda v: (len(upright[v]), -crowd[v], -abs(v - column - 0.5)))
        if len(flat[h]) >= len(upright[v]):
            return _Net(group.hub, tuple(flat[h]), group.joins, texts, h)
        above = sum(self.cells[other][1] < row for other in upright[v]) * 2 >= len(upright[v])
        return _Net(group.hub, tuple(upright[v]), group.joins, texts, row if above else row + 1, v)

    def _touching_row_channel(self, others: Iterable[str], h: int) -> list[str]:
        return [other for other in others if self.cells[other][1] in (h - 1, h)]

    def _touching_column_channel(self, others: Iterable[str], v: int) -> list[str]:
        return [other for other in others if self.cells[other][0] in (v - 1, v)]

    # ---------------------------------------------------------------------------------------------------------------- x

    def _number_upright_tracks(self) -> list[int]:
        """How many vertical tracks each column channel needs."""
        counts = [0] * (self.columns + 1)
        for v in range(self.columns + 1):
            spans: list[list[tuple[int, int]]] = []
            for net in sorted((net for net in self.nets if net.v == v), key=self._reach):
                low, high = self._reach(net)
                track = next((n for n, taken in enumerate(spans) if all(high < a or low > b for a, b in taken)), None)
                if track is None:
                    track = len(spans)
                    spans.append([])
                spans[track].append((low, high))
                net.v_track = track
            counts[v] = len(spans)
        return counts

    def _reach(self, net: _Net) -> tuple[int, int]:
        """The rows a net spans, counted in halves: channel h is 2h, row r is 2r + 1."""
        ends = [2 * net.h, *(2 * self.cells[other][1] + 1 for other in net.others)]
        return min(ends), max(ends)

    def _port_groups(self) -> dict[Cell, list[tuple[float, int, _Net, str]]]:
        """Who needs a place on the edge between column c and row channel h, in the order from left to right."""
        groups: dict[Cell, list[tuple[float, int, _Net, str]]] = defaultdict(list)
        for number, net in enumerate(self.nets):
            hub_column = self.cells[net.hub][0]
            columns = [self.cells[other][0] for other in net.others]
            away = sum(columns) / len(columns) if net.v is None else net.v - 0.5
            groups[net.h, hub_column].append((away - hub_column, number, net, net.hub))
            if net.v is None and not self._is_drop(net):
                for other in net.others:
                    column = self.cells[other][0]
                    groups[net.h, column].append((hub_column - column, number, net, other))
        for group in groups.values():
            group.sort(key=lambda entry: entry[:2])
        return groups

    def _is_drop(self, net: _Net) -> bool:
        """One straight line down or up, between neighbours of one column."""
        return net.v is None and len(net.others) == 1 and self.cells[net.others[0]][0] == self.cells[net.hub][0]

    def _set_x(self) -> None:
        tracks = self._number_upright_tracks()
        groups = self._port_groups()
        ports = [
            max([len(group) for (_, c), group in groups.items() if c == column], default=0)
            for column in range(self.columns)
        ]
        self.column_width = [max(self._least_width(column), _PORT_STEP * (n + 1)) for column, n in enumerate(ports)]
        self.column_x: list[float] = []
        self.zone_x: list[float] = []
        self.track_x: list[float] = []
        at: float = _MARGIN
        for v in range(self.columns + 1):
            comb = any(self.cells[tooth.pair[0]][0] == v - 1 for tooth in self.teeth)
            zone = max([text.width for straight in self._in_channel(v) for text in straight.texts], default=0)
            inner = 0 < v < self.columns
            if self.hanging and v == 1:
                at = self.column_x[0] + _INDENT
            at += _TRACK_STEP if comb else 0
            self.zone_x.append(at + 6)
            at += zone + 12 + _ARROW_ROOM if zone else 0
            self.track_x.append(at + _TRACK_STEP / 2)
            at += tracks[v] * _TRACK_STEP
            at += _ARROW_ROOM if tracks[v] else 0
            if v == 0:
                at = max(at, self._room_for_left_labels(groups))
            if v < self.columns:
                at += 24 if inner and not zone and not tracks[v] else 0
                self.column_x.append(at)
                at += self.column_width[v]
        self.width = max(at, self.column_x[0] + self.column_width[0]) + _MARGIN
        for (_, column), group in groups.items():
            for place, (_, _, net, name) in enumerate(group):
                net.ports[name] = self.column_x[column] + self._port_offset(column, place, len(group))
                net.leftmost = place == 0 and len(group) > 1
        for net in self.nets:
            if self._is_drop(net):
                net.ports[net.others[0]] = net.ports[net.hub]

    def _room_for_left_labels(self, groups: Mapping[Cell, Sequence[tuple[float, int, _Net, str]]]) -> float:
        """Where column 0 must begin so that the labels left of its leftmost drops lie on the sheet."""
        needs = [0.0]
        for (_, column), group in groups.items():
            if column == 0 and len(group) > 1 and self._is_drop(group[0][2]):
                needs.append(group[0][2].width + 14 - self._port_offset(0, 0, len(group)))
        return max(needs)

    def _least_width(self, column: int) -> float:
        here = self.cells.get(self.view.current or "")
        return self.measures.here_width if here and here[0] == column else self.measures.box_width

    def _port_offset(self, column: int, place: int, count: int) -> float:
        width = self.column_width[column]
        step = min(26.0, (width - _PORT_STEP) / max(count - 1, 1))
        return width / 2 + (place - (count - 1) / 2) * step

    def _in_channel(self, v: int) -> list[_Straight]:
        return [
            straight
            for straight in (*self.straights, *self.teeth)
            if max(self.cells[straight.pair[0]][0], self.cells[straight.pair[1]][0]) == v
        ]

    # ---------------------------------------------------------------------------------------------------------------- y

    def _set_y(self) -> None:
        self.stubs = self._number_stubs()
        self.faces = {name: self._face(name) for name in self.cells}
        heights = [self._row_height(row) for row in range(self.rows)]
        at: float = _MARGIN
        self.middle: list[float] = []
        for h in range(self.rows + 1):
            at = self._set_tracks(h, at)
            if h < self.rows:
                self.middle.append(at + heights[h] / 2)
                at += heights[h]
        self.height = at + _MARGIN

    def _number_stubs(self) -> dict[tuple[_Net, str], int]:
        """Stubs of two boxes that face one another across a channel each get a height of their own."""
        counts: Counter[Cell] = Counter()
        numbers: dict[tuple[_Net, str], int] = {}
        for net in self.nets:
            if net.v is not None:
                for other in net.others:
                    place = (net.v, self.cells[other][1])
                    numbers[net, other] = counts[place]
                    counts[place] += 1
        return numbers

    def _face(self, name: str) -> tuple[tuple[str, ...], tuple[Loop, ...], float]:
        """The lines of a box, its inner moves and its height."""
        room = self.column_width[self.cells[name][0]] - 20
        label = self.definition.states[name].label.in_language(self.view.language) or name
        mark = HERE_MARK if name == self.view.current else BEEN_MARK if name in self.view.visited else ""
        lines = wrap(mark + self.view.counted(f"state:{name}", label), room, TITLE_SIZE)
        loops = tuple(Loop(move, self._loop_lines(move, room)) for move in self._loops_of(name))
        needed = 22 + len(lines) * TITLE_LEADING
        if loops:
            needed += 6 + sum(len(loop.lines) for loop in loops) * LOOP_LEADING
        numbers = [number for (_, other), number in self.stubs.items() if other == name]
        sides = 2 * (_ARROW_ROOM + _STUB_STEP * (1 + max(numbers))) if numbers else 0
        return lines, loops, max(52, needed, sides)

    def _loops_of(self, name: str) -> tuple[str, ...]:
        return self.loops.get(name, ())

    def _loop_lines(self, move: str, room: float) -> tuple[str, ...]:
        label = self.definition.transitions[move].label.in_language(self.view.language) or move
        return wrap(LOOP_MARK + self.view.counted(f"move:{move}", label), room, LOOP_SIZE)

    def _row_height(self, row: int) -> float:
        """High enough for every box, and for the labels above and below the straight edges."""
        needs = [self.faces[name][2] for name, cell in self.cells.items() if cell[1] == row]
        needs += [
            2 * (straight.height + abs(self._shift(straight)))
            for straight in (*self.straights, *self.teeth)
            if self.cells[straight.pair[1]][1] == row
        ]
        return max(needs, default=0)

    def _shift(self, straight: _Straight) -> float:
        """How far above or below the middle of its row an edge runs: two of opposite direction keep apart."""
        source, target = straight.pair
        if straight in self.teeth or not any(
            other.pair == (target, source) for other in (*self.straights, *self.teeth)
        ):
            return 0 if self._is_forward(straight) else 7
        return -7 if self._is_forward(straight) else 7

    def _is_forward(self, straight: _Straight) -> bool:
        return self.cells[straight.pair[0]][0] < self.cells[straight.pair[1]][0]

    def _set_tracks(self, h: int, top: float) -> float:
        """Pack the nets of one row channel into bands from `top` on; the height where the channel ends."""
        nets = [net for net in self.nets if net.h == h]
        if not nets:
            return top + (30 if 0 < h < self.rows else 0)
        bands: list[list[_Net]] = []
        for net in sorted(nets, key=lambda net: (self._lean(net), -self._length(net))):
            net.span = self._span(net)
            band = next((band for band in bands if all(_apart(net.span, other.span) for other in band)), None)
            if band is None:
                bands.append([net])
            else:
                band.append(net)
        at = top + (_ARROW_ROOM if h else 2)
        for band in sorted(bands, key=self._depth):
            height = max(net.height for net in band)
            for net in band:
                net.top = at + height - net.height
            at += height + 6
        return at + (_ARROW_ROOM if h < self.rows else 2)

    def _members_in_channel(self, net: _Net) -> tuple[str, ...]:
        return (net.hub, *net.others) if net.v is None else (net.hub,)

    def _lean(self, net: _Net) -> float:
        """0 where a net touches the row above its channel only, 1 where the row below only."""
        members = self._members_in_channel(net)
        return sum(self.cells[name][1] == net.h for name in members) / len(members)

    def _length(self, net: _Net) -> float:
        xs = self._track_ends(net)
        return max(xs) - min(xs)

    def _depth(self, band: Sequence[_Net]) -> tuple[float, float]:
        """Short brackets lie next to the boxes that they connect, long ones around them."""
        lean = sum(map(self._lean, band)) / len(band)
        length = max(map(self._length, band))
        return lean, length if lean < 0.5 else -length

    def _track_ends(self, net: _Net) -> list[float]:
        xs = [net.ports[name] for name in self._members_in_channel(net)]
        return xs if net.v is None else [*xs, self._upright_x(net)]

    def _upright_x(self, net: _Net) -> float:
        return self.track_x[net.v or 0] + net.v_track * _TRACK_STEP

    def _span(self, net: _Net) -> tuple[float, float]:
        """The part of a track that a net needs for its line and its labels."""
        xs = self._track_ends(net)
        low, high = min(xs), max(xs)
        if self._is_drop(net):
            left = net.leftmost and low - 8 - net.width >= 4
            return (low - 8 - net.width, low + 4) if left else (low - 4, low + 8 + net.width)
        lack = max(0.0, net.width + 4 - (high - low))
        start = max(4.0, min(low - lack / 2, self.width - 4 - net.width))
        return min(low, start), max(high, start + net.width + 4)

    # ------------------------------------------------------------------------------------------------------------ values

    def drawn(self) -> Layout:
        self._set_x()
        self._set_y()
        boxes = tuple(self._box(name) for name in self.cells)
        places = {box.state: box for box in boxes}
        edges = [self._straight_edge(straight, places) for straight in self.straights]
        edges += [self._tooth_edge(tooth, places) for tooth in self.teeth]
        edges += [edge for net in self.nets for edge in self._net_edges(net, places)]
        labels = [label for straight in (*self.straights, *self.teeth) for label in self._straight_labels(straight)]
        uprights = [line for edge in edges for line in _uprights(edge)]
        labels += [label for net in self.nets for label in self._net_labels(net, uprights)]
        width = max([self.width, *(label.x + label.width + 4 for label in labels)])
        return Layout(boxes, tuple(edges), tuple(labels), width, self.height)

    def _box(self, name: str) -> Box:
        column, row = self.cells[name]
        lines, loops, height = self.faces[name]
        return Box(
            name, self.column_x[column], self.middle[row] - height / 2, self.column_width[column], height, lines, loops
        )

    def _straight_edge(self, straight: _Straight, boxes: Mapping[str, Box]) -> Edge:
        source, target = (boxes[name] for name in straight.pair)
        y = self.middle[self.cells[straight.pair[0]][1]] + self._shift(straight)
        start = source.x + source.width if self._is_forward(straight) else source.x
        end = target.x if self._is_forward(straight) else target.x + target.width
        return Edge(*straight.pair, _moves(straight.texts), ((start, y), (end, y)))

    def _tooth_edge(self, tooth: _Straight, boxes: Mapping[str, Box]) -> Edge:
        source, target = (boxes[name] for name in tooth.pair)
        y, to_y = (self.middle[self.cells[name][1]] for name in tooth.pair)
        end = target.x
        if self.hanging:
            trunk = source.x + _INDENT + _TRACK_STEP / 2
            return Edge(
                *tooth.pair, _moves(tooth.texts), ((trunk, source.y + source.height), (trunk, to_y), (end, to_y))
            )
        start = source.x + source.width
        trunk = start + _TRACK_STEP
        points = ((start, y), (end, y)) if y == to_y else ((start, y), (trunk, y), (trunk, to_y), (end, to_y))
        return Edge(*tooth.pair, _moves(tooth.texts), points)

    def _net_edges(self, net: _Net, boxes: Mapping[str, Box]) -> Iterator[Edge]:
        hub = net.ports[net.hub]
        hub_end = (hub, self._door(boxes[net.hub], net.h))
        for other, pair in zip(net.others, net.pairs, strict=True):
            if net.v is None:
                x = net.ports[other]
                way = [(x, self._door(boxes[other], net.h)), (x, net.line), (hub, net.line), hub_end]
            else:
                box, x = boxes[other], self._upright_x(net)
                y = self.middle[self.cells[other][1]] + 8 + _STUB_STEP * self.stubs[net, other]
                side = box.x + box.width if self.cells[other][0] < net.v else box.x
                way = [(side, y), (x, y), (x, net.line), (hub, net.line), hub_end]
            if self._is_drop(net):
                way = [way[0], way[-1]]
            yield Edge(*pair, _moves(net.texts), tuple(way if net.joins else reversed(way)))

    def _door(self, box: Box, h: int) -> float:
        """The side of a box that looks at row channel `h`."""
        return box.y if self.cells[box.state][1] == h else box.y + box.height

    def _straight_labels(self, straight: _Straight) -> Iterator[EdgeLabel]:
        row = self.cells[straight.pair[1]][1]
        forward = self._is_forward(straight)
        v = max(self.cells[name][0] for name in straight.pair)
        line = self.middle[row] + self._shift(straight)
        y = line - straight.height + 2 if forward else line + 4
        zone = max(text.width for other in self._in_channel(v) for text in other.texts)
        for text in straight.texts:
            x = self.zone_x[v] + (zone - text.width) / 2 + (0 if forward else _ARROW_ROOM / 2)
            yield EdgeLabel(text.move, (straight.pair,), x, y, text.width, text.height, text.lines)
            y += text.height + _TEXT_GAP

    def _net_labels(self, net: _Net, uprights: Sequence[tuple[float, float, float]]) -> Iterator[EdgeLabel]:
        top, bottom = net.top + 1, net.line - 1
        crossing = sorted(x for x, low, high in uprights if low < bottom and high > top)
        drop = self._is_drop(net)
        start, end = net.span
        if drop:
            x = net.ports[net.hub]
            left = x + 8 if x - start < end - x else start
        else:
            left = _clearest(start, end, net.width, crossing)
        y = net.top + 1
        for text in net.texts:
            inset = 0 if drop else (net.width - text.width) / 2
            yield EdgeLabel(text.move, net.pairs, left + inset, y, text.width, text.height, text.lines, beside=drop)
            y += text.height + _TEXT_GAP


def _moves(texts: Iterable[_Text]) -> tuple[str, ...]:
    return tuple(text.move for text in texts)


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] + 12 < other[0] or other[1] + 12 < one[0]


def _uprights(edge: Edge) -> Iterator[tuple[float, float, float]]:
    for (x, y), (to_x, to_y) in pairwise(edge.points):
        if x == to_x:
            yield x, min(y, to_y), max(y, to_y)


def _clearest(start: float, end: float, width: float, crossing: Sequence[float]) -> float:
    """Where between `start` and `end` a label meets the fewest vertical lines, the nearest such place to the middle."""
    middle = (start + end - width) / 2
    latest = max(start, end - width)
    places = [middle, start, latest]
    places += [x + 4 for x in crossing] + [x - width - 4 for x in crossing]
    usable = [min(max(place, start), latest) for place in places]

    def nuisance(place: float) -> tuple[int, float]:
        return sum(place - 3 < x < place + width + 3 for x in crossing), abs(place - middle)

    return min(usable, key=nuisance)


@dataclass(frozen=True, slots=True)
class _Group:
    hub: str
    others: tuple[str, ...]
    joins: bool

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return tuple((other, self.hub) if self.joins else (self.hub, other) for other in self.others)


def _largest_group(links: Mapping[Pair, tuple[str, ...]]) -> _Group | None:
    """The most pairs with the same moves that share a target, or a source; None where there are no two."""
    joins: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    forks: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for (source, target), moves in links.items():
        joins[moves, target].append(source)
        forks[moves, source].append(target)
    groups = [_Group(hub, tuple(others), joins=True) for (_, hub), others in joins.items()]
    groups += [_Group(hub, tuple(others), joins=False) for (_, hub), others in forks.items()]
    largest = max(groups, key=lambda group: len(group.others), default=None)
    return largest if largest and len(largest.others) > 1 else None
