"""Where everything of a state drawing stands, as numbers: the whole map of a workflow, or what lies around one state."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median_low

from workflow.catalog.chart import MEASURES, Chart
from workflow.catalog.geometry import Cell, Form, Layout, Pair, Scope, View
from workflow.engine.definition import SAME, SYSTEM, Definition, Final, Transition

_MAIN = 0


def layout(definition: Definition, view: View, scope: Scope, form: Form) -> Layout:
    """The whole map, or what lies around the current state in at most four columns; without a current state always the whole.

    The wide form reads from left to right, the tall form from top to bottom.
    """
    links = _links(definition)
    if scope == "neighbourhood" and view.current in definition.states:
        chart = _neighbourhood(definition, view, form, links)
    else:
        chart = _whole(definition, view, form, links)
    return chart.drawn()


# ---------------------------------------------------------------------------------------------------- what is connected


def _links(definition: Definition) -> dict[Pair, tuple[str, ...]]:
    """Every pair of states that a move connects, with the moves that do so, in the order of the file."""
    links: dict[Pair, list[str]] = defaultdict(list)
    for move in definition.transitions.values():
        for pair in _ends(definition, move):
            if move.name not in links[pair]:
                links[pair].append(move.name)
    return {pair: tuple(moves) for pair, moves in links.items()}


def _ends(definition: Definition, move: Transition) -> Iterator[Pair]:
    for source in move.sources:
        for target in move.targets:
            end = source if target.state == SAME else target.state
            if source in definition.states and end in definition.states:
                yield source, end


def happy_path(definition: Definition) -> tuple[str, ...]:
    """The shortest way on which people alone bring an item from its first state to a good end, or as far as they can."""
    start = next((name for name, state in definition.states.items() if state.initial), next(iter(definition.states)))
    came_from: dict[str, str | None] = {start: None}
    queue = [start]
    for here in queue:
        for move in definition.leaving(here):
            if move.starters and all(who.name == SYSTEM for who in move.starters):
                continue
            for source, end in _ends(definition, move):
                if source == here and end not in came_from:
                    came_from[end] = here
                    queue.append(end)
    finals = [name for name in queue if definition.states[name].final]
    done = [name for name in finals if definition.states[name].final is Final.DONE]
    at: str | None = (done or finals or queue[-1:])[0]
    path = []
    while at is not None:
        path.append(at)
        at = came_from[at]
    return tuple(reversed(path))


# ------------------------------------------------------------------------------------------------------ what stands where


def _whole(definition: Definition, view: View, form: Form, links: Mapping[Pair, tuple[str, ...]]) -> Chart:
    path = happy_path(definition)
    rest = len(definition.states) - len(path)
    steps = max(len(path), rest) if form == "tall" else max(len(path), min(rest, 5))
    places = _places(definition, path, links, steps)
    cells = {name: (step, lane) if form == "wide" else (lane, step) for name, (step, lane) in places.items()}
    chart = Chart(definition, view, MEASURES["whole", form], cells, dict(links))
    spine = {pair for pair in pairwise(path) if pair in links}
    chart.plan(spine, teeth=frozenset())
    return chart


def _places(
    definition: Definition, path: Sequence[str], links: Mapping[Pair, tuple[str, ...]], steps: int
) -> dict[str, Cell]:
    """The path in lane 0; every other state as near below the middle of its sources as there is room."""
    places: dict[str, Cell] = {name: (step, _MAIN) for step, name in enumerate(path)}
    taken = set(places.values())
    waiting = [name for name in definition.states if name not in places]
    while waiting:
        name = next((state for state in waiting if _sources(state, links, places)), waiting[0])
        sources = _sources(name, links, places) or [0]
        cell = _nearest_cell(median_low(sources), taken, steps)
        places[name] = cell
        taken.add(cell)
        waiting.remove(name)
    return places


def _sources(name: str, links: Mapping[Pair, tuple[str, ...]], places: Mapping[str, Cell]) -> list[int]:
    return [places[source][0] for source, end in links if end == name and source in places]


def _nearest_cell(wanted: int, taken: set[Cell], steps: int) -> Cell:
    lane = 1
    while True:
        free = [step for step in range(steps) if (step, lane) not in taken]
        if free:
            return min(free, key=lambda step: (abs(step - wanted), -step)), lane
        lane += 1


def _neighbourhood(definition: Definition, view: View, form: Form, links: Mapping[Pair, tuple[str, ...]]) -> Chart:
    """Been, here and next: the last two states before, the current one, and one cell each for what may follow."""
    here = view.current or ""
    been = _been(definition, view)
    onward = [end for source, end in links if source == here and end != here and end not in been]
    onward = sorted(dict.fromkeys(onward), key=lambda end: _promise(definition, happy_path(definition), end))
    cells: dict[str, Cell] = {}
    for step, name in enumerate((*been, here)):
        cells[name] = (step, 0) if form == "wide" else (0, step)
    column, row = cells[here]
    first = row if form == "wide" else row + 1
    for offset, name in enumerate(onward):
        cells[name] = (column + 1, first + offset)
    # Of the ways gone, only those between the states behind: one that led here from ahead would cross the drawing.
    trodden = {pair for pair in _trodden(view) if set(pair) <= {*been, here}}
    shown = {pair: moves for pair, moves in links.items() if pair[0] == here or pair in trodden}
    chart = Chart(definition, view, MEASURES["neighbourhood", form], cells, shown, hanging=form == "tall")
    chart.plan(trodden, teeth=frozenset((here, end) for end in onward))
    return chart


def _been(definition: Definition, view: View) -> tuple[str, ...]:
    """The two states before this one, oldest first, without those that came again later."""
    former = [name for name in reversed(view.visited) if name in definition.states and name != view.current]
    return tuple(reversed(list(dict.fromkeys(former))[:2]))


def _promise(definition: Definition, path: Sequence[str], name: str) -> tuple[int, int]:
    """What the item should become stands first, how it may be cut off last."""
    final = definition.states[name].final
    cut_off = final is not None and final is not Final.DONE
    return (0 if name in path else 2 if cut_off else 1), list(definition.states).index(name)


def _trodden(view: View) -> set[Pair]:
    way = (*view.visited, view.current) if view.current else view.visited
    return {(here, there) for here, there in pairwise(way) if here and there and here != there}
