"""Drawings keep their promises: nothing overlaps, nothing is left out, nothing in them could run or style itself."""

import re
from itertools import combinations, pairwise, product
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.builders import TASK, by, definition, named
from workflow.catalog.compile import Names, compile_document
from workflow.catalog.draw import View, draw, to_dot, to_mermaid
from workflow.catalog.geometry import LABEL_SIZE
from workflow.catalog.layout import happy_path, layout
from workflow.catalog.lettering import text_width, wrap
from workflow.catalog.read import read_document
from workflow.engine.definition import Condition, Final, Label, State, Target, Transition

FOLDER = Path(__file__).parents[3] / "definitions" / "workflows"
FORMS = ("wide", "tall")


def shipped(path):
    compiled = compile_document(read_document(path.read_bytes(), path.name), Names())
    assert compiled.definition, compiled.findings
    return compiled.definition


SHIPPED = {
    path.stem: shipped(path) for path in sorted(FOLDER.glob("*.yaml")) if not path.name.endswith(".scenarios.yaml")
}


def a_state(name, vi, **options):
    return State(name, Label(vi, name), **options)


def a_move(name, vi, sources, *targets, actors="chairman"):
    ways = tuple(Target(target) for target in targets)
    return Transition(name, Label(vi, name), tuple(sources.split()), ways, by(*actors.split()))


REPORT = definition(
    states=named(
        a_state("opened", "Đã mở kỳ", initial=True),
        a_state("drafting", "Đang soạn thảo"),
        a_state("waiting", "Chờ ký duyệt"),
        a_state("sent", "Đã gửi, chờ tiếp nhận"),
        a_state("received", "Đã tiếp nhận"),
        a_state("merged", "Đã tổng hợp vào báo cáo chung", final=Final.DONE),
        a_state("late", "Quá hạn, chưa gửi"),
        a_state("returned", "Bị trả lại"),
        a_state("waived", "Được miễn kỳ này", final=Final.CANCELLED),
        a_state("superseded", "Đã thay thế bằng bản đính chính", final=Final.SUPERSEDED),
    ),
    transitions=named(
        a_move("draft", "Soạn báo cáo", "opened returned late", "drafting"),
        a_move("submit", "Trình ký", "drafting", "waiting"),
        a_move("sign", "Ký và gửi", "waiting", "sent"),
        a_move("amend", "Yêu cầu sửa", "waiting", "drafting"),
        a_move("receive", "Tiếp nhận báo cáo", "sent", "received"),
        a_move("return", "Trả lại báo cáo", "sent received", "returned"),
        a_move("merge", "Tổng hợp", "received", "merged"),
        a_move("expire", "Ghi nhận quá hạn", "opened drafting waiting returned", "late", actors="system"),
        a_move("waive", "Miễn báo cáo kỳ này", "opened drafting late", "waived"),
        a_move("correct", "Đính chính số liệu", "received merged", "superseded"),
        a_move("note", "Ghi chú", "drafting late", "same"),
    ),
)
KNOWN = {**SHIPPED, "small": TASK, "ten": REPORT}


def views(workflow):
    names = tuple(workflow.states)
    yield View()
    for number, name in enumerate(names):
        yield View(name, names[max(0, number - 3) : number], frozenset(workflow.transitions))


def plans(workflow):
    for form in FORMS:
        yield layout(workflow, View(language="vi"), "whole", form)
        for view in views(workflow):
            yield layout(workflow, view, "neighbourhood", form)


def meet(one, other):
    """Whether two rectangles share more than an edge."""
    return (
        one.x + one.width > other.x + 0.01
        and other.x + other.width > one.x + 0.01
        and one.y + one.height > other.y + 0.01
        and other.y + other.height > one.y + 0.01
    )


def crosses(start, end, box):
    """Whether a line piece goes through the inside of a box."""
    low_x, high_x = sorted((start[0], end[0]))
    low_y, high_y = sorted((start[1], end[1]))
    return (
        low_x < box.x + box.width - 0.01
        and high_x > box.x + 0.01
        and low_y < box.y + box.height - 0.01
        and high_y > box.y + 0.01
    )


def on_border(point, box):
    x, y = point
    beside = x in (box.x, box.x + box.width) and box.y <= y <= box.y + box.height
    return beside or (y in (box.y, box.y + box.height) and box.x <= x <= box.x + box.width)


def faults(plan):
    """Everything in a layout that a reader would stumble over."""
    boxes = {box.state: box for box in plan.boxes}
    for one, other in combinations(plan.boxes, 2):
        if meet(one, other):
            yield f"boxes {one.state}, {other.state}"
    for label, box in product(plan.labels, plan.boxes):
        if meet(label, box):
            yield f"label {label.move} on box {box.state}"
    for one, other in combinations(plan.labels, 2):
        if meet(one, other):
            yield f"labels {one.move}, {other.move}"
    for edge in plan.edges:
        for start, end in pairwise(edge.points):
            if start[0] != end[0] and start[1] != end[1]:
                yield f"edge {edge.source}-{edge.target} is not square"
            yield from (
                f"edge {edge.source}-{edge.target} through {box.state}"
                for box in plan.boxes
                if crosses(start, end, box)
            )
        if not (on_border(edge.points[0], boxes[edge.source]) and on_border(edge.points[-1], boxes[edge.target])):
            yield f"edge {edge.source}-{edge.target} hangs in the air"
    for thing in (*plan.boxes, *plan.labels):
        if thing.x < 0 or thing.y < 0 or thing.x + thing.width > plan.width or thing.y + thing.height > plan.height:
            yield f"{thing} is off the sheet"
    for edge in plan.edges:
        if not all(0 <= x <= plan.width and 0 <= y <= plan.height for x, y in edge.points):
            yield f"edge {edge.source}-{edge.target} is off the sheet"


def confusions(plan):
    """Pieces of edges that lie on one another although no end of theirs is the same."""
    pieces = [(edge, piece) for edge in plan.edges for piece in pairwise(edge.points)]
    for (one, a), (other, b) in combinations(pieces, 2):
        if {one.source} & {other.source} or {one.target} & {other.target}:
            continue
        for axis, along in ((0, 1), (1, 0)):
            if a[0][axis] == a[1][axis] == b[0][axis] == b[1][axis]:
                (low, high), (start, end) = sorted(p[along] for p in a), sorted(p[along] for p in b)
                if min(high, end) - max(low, start) > 0.01:
                    yield f"{one.source}-{one.target} on {other.source}-{other.target}"


@pytest.mark.parametrize("name", KNOWN)
def test_in_no_drawing_of_a_shipped_workflow_does_anything_overlap(name):
    found = [fault for plan in plans(KNOWN[name]) for fault in (*faults(plan), *confusions(plan))]
    assert found == []


NAMES = [f"s{number}" for number in range(12)]
WORDS = some.text("aăâbcdđeêghiklmnoôơpqrstuưvxyAĐMW 0123456789-,.", min_size=1, max_size=60)


@some.composite
def workflows(pick):
    names = NAMES[: pick(some.integers(1, 12))]
    finals = pick(some.lists(some.sampled_from([None, None, None, *Final]), min_size=len(names), max_size=len(names)))
    states = [
        State(name, Label(pick(WORDS), name), initial=number == 0, final=finals[number])
        for number, name in enumerate(names)
    ]
    ends = some.sampled_from([*names, "same"])
    moves = [
        Transition(
            f"m{number}",
            Label(pick(WORDS), f"m{number}"),
            tuple(pick(some.lists(some.sampled_from(names), min_size=1, max_size=6, unique=True))),
            tuple(
                Target(end, Condition("true")) for end in pick(some.lists(ends, min_size=1, max_size=3, unique=True))
            ),
            by(pick(some.sampled_from(["system", "officer"]))),
        )
        for number in range(pick(some.integers(0, 18)))
    ]
    return definition(states=named(*states), transitions=named(*moves))


@settings(max_examples=120, deadline=None)
@given(workflows(), some.data())
def test_in_no_drawing_of_any_workflow_does_anything_overlap(workflow, data):
    names = some.sampled_from(list(workflow.states))
    view = View(data.draw(names), tuple(data.draw(some.lists(names, max_size=4))))
    found = []
    for form in FORMS:
        for scope in ("whole", "neighbourhood"):
            plan = layout(workflow, view, scope, form)
            found += [f"{scope} {form}: {fault}" for fault in (*faults(plan), *confusions(plan))]
    assert found == []


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("form", FORMS)
def test_the_whole_map_names_every_move_between_every_pair_once(name, form):
    workflow = KNOWN[name]
    wanted = {
        (move.name, source, source if target.state == "same" else target.state)
        for move in workflow.transitions.values()
        for source in move.sources
        for target in move.targets
    }

    plan = layout(workflow, View(), "whole", form)

    labelled = [(label.move, *pair) for label in plan.labels for pair in label.pairs]
    looped = [(loop.move, box.state, box.state) for box in plan.boxes for loop in box.loops]
    assert sorted(labelled + looped) == sorted(wanted)
    pairs = [(edge.source, edge.target) for edge in plan.edges]
    assert len(pairs) == len(set(pairs))
    assert {(move, edge.source, edge.target) for edge in plan.edges for move in edge.moves} == set(labelled)


def test_the_happy_path_is_the_shortest_way_of_people_to_a_good_end():
    assert happy_path(TASK) == ("assigned", "in_progress", "completed", "verified")
    assert happy_path(REPORT) == ("opened", "drafting", "waiting", "sent", "received", "merged")


def test_the_happy_path_runs_along_one_line_in_reading_direction():
    wide = {box.state: box for box in layout(TASK, View(), "whole", "wide").boxes}
    tall = {box.state: box for box in layout(TASK, View(), "whole", "tall").boxes}

    for before, after in pairwise(happy_path(TASK)):
        assert wide[before].x + wide[before].width < wide[after].x
        assert wide[before].y + wide[before].height / 2 == wide[after].y + wide[after].height / 2
        assert tall[before].y + tall[before].height < tall[after].y
        assert tall[before].x == tall[after].x
    assert wide["late"].y > wide["completed"].y + wide["completed"].height
    assert tall["late"].x > tall["completed"].x + tall["completed"].width


@pytest.mark.parametrize("name", KNOWN)
def test_the_neighbourhood_is_the_last_two_states_this_one_and_what_may_follow_in_four_columns(name):
    workflow = KNOWN[name]
    for view in views(workflow):
        if view.current is None:
            continue
        onward = {
            view.current if target.state == "same" else target.state
            for move in workflow.leaving(view.current)
            for target in move.targets
        }

        plan = layout(workflow, view, "neighbourhood", "wide")

        assert {box.state for box in plan.boxes} == {*view.visited[-2:], view.current} | onward
        assert len({box.x for box in plan.boxes}) <= 4


def test_a_phone_shows_the_neighbourhood_without_shrinking_it_out_of_sight():
    view = View("late", ("assigned", "in_progress"))
    for workflow in (TASK, SHIPPED.get("task", TASK)):
        assert layout(workflow, view, "neighbourhood", "tall").width <= 390


def test_a_state_that_came_back_stands_once():
    view = View("late", ("assigned", "in_progress", "late", "in_progress"))
    states = [box.state for box in layout(TASK, view, "neighbourhood", "wide").boxes]
    assert sorted(states) == sorted(set(states))


def test_the_drawing_says_where_the_item_is_was_and_may_go():
    view = View("late", ("assigned", "in_progress"), frozenset({"plan"}))
    for svg in (draw(SHORT, view, "neighbourhood").svg_wide, draw(SHORT, view, "neighbourhood").svg_tall):
        assert len(re.findall(r'<g class="n n-here">', svg)) == 1
        assert len(re.findall(r'<g class="n n-been">', svg)) == 2
        assert len(re.findall(r'<path class="e e-open"', svg)) == 1
        assert len(re.findall(r'<path class="e e-been"', svg)) == 2
        assert len(re.findall(r'<text class="el e-open"', svg)) == 1
        assert "Trạng thái hiện tại: Chậm tiến độ" in svg
        assert "Trình kế hoạch khắc phục (đến Đã có kế hoạch khắc phục)" in svg


SHORT = definition(
    states=named(
        a_state("assigned", "Đã giao", initial=True),
        a_state("in_progress", "Đang thực hiện"),
        a_state("late", "Chậm tiến độ"),
        a_state("planned", "Đã có kế hoạch khắc phục"),
        a_state("verified", "Đã xác nhận <hoàn thành> & đóng", final=Final.DONE),
    ),
    transitions=named(
        a_move("start", "Tiếp nhận", "assigned", "in_progress"),
        a_move("mark_late", "Ghi nhận chậm", "in_progress", "late", actors="system"),
        a_move("plan", "Trình kế hoạch khắc phục", "late", "planned"),
        a_move("waive_plan", "Miễn lập kế hoạch", "late", "planned"),
        a_move("verify", 'Xác nhận "đạt"', "planned in_progress", "verified"),
    ),
)


@pytest.mark.parametrize("scope", ["whole", "neighbourhood"])
def test_an_svg_is_well_formed_named_and_carries_neither_style_nor_script(scope):
    drawing = draw(SHORT, View("late", ("in_progress",)), scope)
    for svg in (drawing.svg_wide, drawing.svg_tall):
        root = ET.fromstring(svg)  # noqa: S314  our own text
        assert root.get("role") == "img"
        assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=|href", svg)
        ids = {element.get("id") for element in root.iter() if element.get("id")}
        assert set(root.get("aria-labelledby").split()) <= ids
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= ids


def test_two_drawings_on_one_page_share_no_id():
    pages = [draw(TASK, View("late"), "whole", prefix) for prefix in ("one", "two")]
    ids = [
        found for page in pages for svg in (page.svg_wide, page.svg_tall) for found in re.findall(r' id="([^"]+)"', svg)
    ]
    assert len(ids) == len(set(ids))


def test_english_readers_get_english_words():
    svg = draw(TASK, View("late", language="en"), "whole").svg_wide
    assert "State diagram: Label" in svg
    assert "Nhãn" not in svg


def test_unknown_states_of_an_old_item_do_not_break_a_drawing():
    drawing = draw(TASK, View("abolished", ("gone", "late")), "neighbourhood")
    assert drawing.svg_wide.count("<rect") == len(TASK.states)


def test_mermaid_and_dot_name_every_state_and_every_move():
    workflow = SHORT
    mermaid, dot = to_mermaid(workflow, "vi"), to_dot(workflow, "vi")

    assert mermaid.startswith("stateDiagram-v2\n")
    assert "    s_late --> s_planned : Miễn lập kế hoạch\n" in mermaid
    assert "    [*] --> s_assigned\n" in mermaid
    assert "    s_verified --> [*]\n" in mermaid
    assert mermaid.count(" --> ") == 6 + 2
    assert "Xác nhận #34;đạt#34;" in mermaid
    assert '    "late" -> "planned" [label="Miễn lập kế hoạch"];\n' in dot
    assert r'label="Xác nhận \"đạt\""' in dot
    assert dot.count(" -> ") == 6
    assert dot.count("peripheries=2") == 1


def test_a_line_is_never_wider_than_asked_and_no_word_is_lost():
    text = "Chưa đạt, yêu cầu thực hiện lại nghiêng-một-chữ-rất-dài-không-ngắt"
    lines = wrap(text, 90, LABEL_SIZE)
    assert all(text_width(line, LABEL_SIZE) <= 90 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


# Thousandths of an em in Noto Sans Bold, measured in a browser.
MEASURED = {
    "A": 690,
    "M": 943,
    "W": 967,
    "a": 604,
    "g": 633,
    "i": 305,
    "m": 982,
    "ư": 760,
    "Ư": 885,
    "ơ": 679,
    "w": 856,
    "%": 901,
    "Q": 796,
}


@pytest.mark.parametrize("letter", MEASURED)
def test_no_letter_is_reckoned_narrower_than_it_is(letter):
    assert text_width(letter, 1000) >= MEASURED[letter]
    assert text_width(letter + "\N{COMBINING ACUTE ACCENT}", 1000) == text_width(letter, 1000)
