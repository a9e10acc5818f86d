"""A definition as a picture: SVG for the pages (classes only: a strict content policy holds), Mermaid and DOT for others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from workflow.catalog.geometry import (
    LABEL_LEADING,
    LABEL_SIZE,
    LOOP_LEADING,
    LOOP_SIZE,
    TITLE_LEADING,
    TITLE_SIZE,
    Box,
    Edge,
    EdgeLabel,
    Form,
    Layout,
    Point,
    Scope,
    View,
)
from workflow.catalog.layout import layout
from workflow.engine.definition import SAME, Definition, Transition

__all__ = ["Drawing", "View", "draw", "to_dot", "to_mermaid"]

_CORNER = 7


@dataclass(frozen=True, slots=True)
class Drawing:
    """The same facts twice: from left to right, and from top to bottom for narrow screens. A page holds both, CSS picks."""

    svg_wide: str
    svg_tall: str


def draw(definition: Definition, view: View, scope: Scope, prefix: str = "sd") -> Drawing:
    """`prefix` begins every id: two drawings on one page need two."""
    wide = layout(definition, view, scope, "wide")
    tall = layout(definition, view, scope, "tall")
    return Drawing(
        _svg(definition, view, wide, "wide", f"{prefix}-w"), _svg(definition, view, tall, "tall", f"{prefix}-t")
    )


def _svg(definition: Definition, view: View, plan: Layout, form: Form, prefix: str) -> str:
    size = f'viewBox="0 0 {_n(plan.width)} {_n(plan.height)}" width="{_n(plan.width)}" height="{_n(plan.height)}"'
    named = f'role="img" aria-labelledby="{prefix}-title {prefix}-desc"'
    title, desc = _title(definition, view), _description(definition, view)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sd sd-{form}" {size} {named}>',
        f'<title id="{prefix}-title">{escape(title)}</title><desc id="{prefix}-desc">{escape(desc)}</desc>',
        "<defs>",
        *(_marker(prefix, kind) for kind in _kinds(view)),
        "</defs>",
        # What is open or was gone is drawn last: it must not disappear under a grey line of the same track.
        *(_edge(edge, view, prefix) for edge in sorted(plan.edges, key=lambda edge: _kind(edge, view))),
        *(_label(label, view) for label in plan.labels),
        *(_box(box, definition, view) for box in plan.boxes),
        "</svg>",
    ]
    return "".join(parts)


def _kinds(view: View) -> tuple[str, ...]:
    """The kinds of edges there may be."""
    return ("e", "e-been", "e-open", *sorted({f"e-{mark}" for mark in view.marks.values()}))


def _title(definition: Definition, view: View) -> str:
    label = definition.label.in_language(view.language)
    return f"State diagram: {label}" if view.language == "en" else f"Sơ đồ trạng thái: {label}"


def _description(definition: Definition, view: View) -> str:
    """What a reader who sees no picture must know: here, been, next."""
    english = view.language == "en"
    here = view.current if view.current in definition.states else None
    been = [_state(definition, view, name) for name in dict.fromkeys(view.visited) if name in definition.states]
    sentences = []
    if here:
        word = "Current state" if english else "Trạng thái hiện tại"
        sentences.append(f"{word}: {_state(definition, view, here)}")
    if been:
        sentences.append(f"{'Passed' if english else 'Đã qua'}: {', '.join(been)}")
    if here:
        moves = [move for move in definition.leaving(here) if move.name in view.allowed]
        steps = "; ".join(_step(definition, view, move) for move in moves) or ("none" if english else "không có")
        sentences.append(f"{'Moves allowed now' if english else 'Bước được phép'}: {steps}")
    else:
        names = ", ".join(_state(definition, view, name) for name in definition.states)
        sentences.append(f"{'States' if english else 'Các trạng thái'}: {names}")
    return ". ".join(sentences) + "."


def _state(definition: Definition, view: View, name: str) -> str:
    return definition.states[name].label.in_language(view.language) or name


def _step(definition: Definition, view: View, move: Transition) -> str:
    label = move.label.in_language(view.language) or move.name
    ends = [_state(definition, view, end.state) for end in move.targets if end.state in definition.states]
    word = "to" if view.language == "en" else "đến"
    return f"{label} ({word} {' / '.join(ends)})" if ends else label


def _marker(prefix: str, kind: str) -> str:
    box = 'viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse"'
    return f'<marker id="{prefix}-{kind}" class="m {kind}" {box} orient="auto"><path d="M0 0.5L10 5L0 9.5z"/></marker>'


def _kind(edge: Edge, view: View) -> str:
    """In drawing order: plain, been, open; in a drawing of two editions plain, added, removed."""
    marks = {view.marks.get(f"move:{move}") for move in edge.moves}
    if len(marks) == 1 and (mark := marks.pop()):
        return f"e-{mark}"
    if edge.source == view.current and view.allowed.intersection(edge.moves):
        return "e-open"
    way = (*view.visited, view.current)
    return "e-been" if (edge.source, edge.target) in pairwise(way) else "e"


def _edge(edge: Edge, view: View, prefix: str) -> str:
    kind = _kind(edge, view)
    classes = "e" if kind == "e" else f"e {kind}"
    return f'<path class="{classes}" d="{_path(edge.points)}" fill="none" marker-end="url(#{prefix}-{kind})"/>'


def _path(points: Sequence[Point]) -> str:
    """A line with rounded corners."""
    corners = [point for here, point in pairwise(points) if here != point]
    corners = [points[0], *corners]
    steps = [f"M{_n(corners[0][0])} {_n(corners[0][1])}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        steps.append(f"L{_n(start[0])} {_n(start[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(end[0])} {_n(end[1])}")
    steps.append(f"L{_n(corners[-1][0])} {_n(corners[-1][1])}")
    return "".join(steps)


def _towards(corner: Point, other: Point) -> Point:
    """The point a corner's radius away, or half of the way where that is nearer."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    part = min(_CORNER, length / 2) / length
    return corner[0] + dx * part, corner[1] + dy * part


def _label(label: EdgeLabel, view: View) -> str:
    is_open = label.move in view.allowed and any(source == view.current for source, _ in label.pairs)
    x = label.x if label.beside else label.x + label.width / 2
    anchor = "start" if label.beside else "middle"
    first = label.y + LABEL_LEADING - 4
    lines = _lines(label.lines, x, first, LABEL_LEADING)
    classes = _el(label.move, view, is_open=is_open)
    return f'<text class="{classes}" font-size="{LABEL_SIZE}" text-anchor="{anchor}">{lines}</text>'


def _el(move: str, view: View, *, is_open: bool) -> str:
    mark = view.marks.get(f"move:{move}")
    return " ".join(("el", *(["e-open"] if is_open else []), *([f"e-{mark}"] if mark else [])))


def _box(box: Box, definition: Definition, view: View) -> str:
    final = definition.states[box.state].final is not None
    classes = ["n"]
    classes += ["n-here"] if box.state == view.current else ["n-been"] if box.state in view.visited else []
    classes += ["n-final"] if final else []
    classes += [f"n-{mark}"] if (mark := view.marks.get(f"state:{box.state}")) else []
    middle = box.x + box.width / 2
    rounding = min(24, box.height / 2) if final else 7
    loops = [line for loop in box.loops for line in loop.lines]
    content = len(box.lines) * TITLE_LEADING + (len(loops) * LOOP_LEADING + 6 if loops else 0)
    top = box.y + (box.height - content) / 2
    shape = f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" rx="{_n(rounding)}"'
    title = _lines(box.lines, middle, top + TITLE_LEADING - 5, TITLE_LEADING)
    return "".join(
        (
            f'<g class="{" ".join(classes)}"><rect {shape}/>',
            f'<text font-size="{TITLE_SIZE}" text-anchor="middle">{title}</text>',
            *_loop_texts(box, view, top + len(box.lines) * TITLE_LEADING + 6),
            "</g>",
        )
    )


def _loop_texts(box: Box, view: View, top: float) -> Iterator[str]:
    """The moves that stay here, one below the other."""
    for loop in box.loops:
        is_open = box.state == view.current and loop.move in view.allowed
        lines = _lines(loop.lines, box.x + box.width / 2, top + LOOP_LEADING - 4, LOOP_LEADING)
        classes = _el(loop.move, view, is_open=is_open)
        yield f'<text class="{classes}" font-size="{LOOP_SIZE}" text-anchor="middle">{lines}</text>'
        top += len(loop.lines) * LOOP_LEADING


def _lines(lines: Iterable[str], x: float, first: float, leading: float) -> str:
    return "".join(
        f'<tspan x="{_n(x)}" y="{_n(first + number * leading)}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def to_mermaid(definition: Definition, language: str) -> str:
    """A `stateDiagram-v2`; every move, also those that stay where they are."""
    lines = ["stateDiagram-v2"]
    lines += [
        f'    state "{_mermaid(state.label.in_language(language) or name)}" as s_{name}'
        for name, state in definition.states.items()
    ]
    lines += [f"    [*] --> s_{name}" for name, state in definition.states.items() if state.initial]
    lines += [
        f"    s_{source} --> s_{end} : {_mermaid(move.label.in_language(language) or move.name)}"
        for move, source, end in _arrows(definition)
    ]
    lines += [f"    s_{name} --> [*]" for name, state in definition.states.items() if state.final]
    return "\n".join(lines) + "\n"


def to_dot(definition: Definition, language: str) -> str:
    """A digraph for Graphviz."""
    lines = [
        f"digraph {_quoted(definition.workflow)} {{",
        "    rankdir=LR;",
        '    node [shape=box, style=rounded, fontname="Noto Sans"];',
    ]
    for name, state in definition.states.items():
        label = _quoted(state.label.in_language(language) or name)
        lines.append(f"    {_quoted(name)} [label={label}{', peripheries=2' if state.final else ''}];")
    for move, source, end in _arrows(definition):
        label = _quoted(move.label.in_language(language) or move.name)
        lines.append(f"    {_quoted(source)} -> {_quoted(end)} [label={label}];")
    return "\n".join((*lines, "}")) + "\n"


def _arrows(definition: Definition) -> Iterator[tuple[Transition, str, str]]:
    for move in definition.transitions.values():
        for source in move.sources:
            ends = (source if target.state == SAME else target.state for target in move.targets)
            yield from ((move, source, end) for end in dict.fromkeys(ends))


def _mermaid(text: str) -> str:
    """Mermaid ends a text at these characters; its own entities stand for them."""
    return "".join(f"#{ord(character)};" if character in '#;:"<>{}%\n' else character for character in text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
