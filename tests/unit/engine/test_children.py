"""What a move asks of the items above and below it, and how an item counts its children."""

import pytest

from tests.builders import (
    CHI,
    DUNG,
    TASK,
    VICE,
    accepted,
    by,
    codes,
    definition,
    field,
    item,
    move,
    named,
    on,
    perform,
    state,
    vote,
    who,
)
from workflow.engine import Accepted, CreateItem, Perform, Rejected, decide, fold, replay
from workflow.engine.definition import Create, Final, Gate, Signal, Source, Spawn, Step, Value
from workflow.engine.effects import SignalItem, SpawnChild, fitted
from workflow.engine.events import ChildClosed, ChildOpened, from_plain, to_plain
from workflow.values import replace


def value(text: str) -> Value:
    source, _, name = text.partition(".")
    return Value(Source(source), name) if name else Value(Source.LITERAL, text)


def values(**texts: str) -> tuple[tuple[str, Value], ...]:
    return tuple((name, value(text)) for name, text in texts.items())


def with_moves(*moves):
    return definition(transitions=named(*TASK.transitions.values(), *moves))


def decided(workflow, asked, before=None) -> Accepted:
    decision = decide(workflow, before or item(), asked, on())
    assert isinstance(decision, Accepted), decision
    return decision


def test_a_spawn_names_the_child_with_values_of_input_item_and_file():
    fields = values(title="item.title", asked_for="input.due_on", why="input.comment", kind="plain", where="item.unit")
    spawning = move(
        "extend", "assigned", "same", "unit_head", require=("due_on",), effects=(Spawn("extension", fields),)
    )

    decision = decided(with_moves(spawning), perform("extend", CHI, "Chờ danh mục mới", due_on="2026-07-01"))

    assert decision.consequences == (
        SpawnChild(
            "extension",
            {
                "title": "Công khai ngân sách",
                "asked_for": "2026-07-01",
                "why": "Chờ danh mục mới",
                "kind": "plain",
                "where": "kt",
            },
        ),
    )


def test_a_signal_speaks_of_the_item_as_its_move_left_it():
    granting = move(
        "grant",
        "assigned",
        "in_progress",
        "unit_head",
        require=("progress",),
        effects=(Signal("parent", "set_due", values(due_on="child.due_on", progress="item.progress")),),
    )
    workflow = with_moves(granting)
    below = replace(item(), parent="p1")

    decision = decided(workflow, perform("grant", CHI, progress=40), below)

    assert decision.consequences == (SignalItem("parent", "set_due", {"due_on": "2026-06-19", "progress": 40}),)


def test_consequences_come_in_the_order_of_the_file_and_leave_empty_values_out():
    effects = (Signal("children", "stop", values(why="input.comment")), Spawn("extension", values(by="item.assignee")))
    workflow = with_moves(move("both", "assigned", "same", "unit_head", effects=effects))

    decision = decided(workflow, perform("both", CHI))

    assert decision.consequences == (SignalItem("children", "stop", {}), SpawnChild("extension", {}))


def test_a_move_without_relatives_has_no_consequence():
    assert decided(TASK, perform("start", CHI)).consequences == ()


def test_behind_a_gate_the_consequence_waits_for_the_vote_that_opens_it():
    gate = Gate(by("unit_head"), (Step("chair", by("chairman", "vice_chairman"), need=2),))
    gated = move("extend", "assigned", "same", "", gate=gate, effects=(Spawn("extension", ()),))
    workflow = with_moves(gated)
    proposed = decided(workflow, perform("extend", CHI))
    waiting = fold(item(), proposed.events)
    first = decided(workflow, vote("extend", VICE), waiting)
    second = decided(workflow, vote("extend", DUNG), fold(waiting, first.events))

    assert (proposed.consequences, first.consequences) == ((), ())
    assert second.consequences == (SpawnChild("extension", {}),)


def test_a_rejection_that_makes_a_move_has_that_moves_consequences():
    gate = Gate(by("unit_head"), (Step("chair", by("chairman")),), on_reject="give_up")
    gated = move("plan", "assigned", "in_progress", "", gate=gate)
    given_up = move("give_up", "assigned", "same", "chairman", effects=(Spawn("escalation", ()),))
    workflow = with_moves(gated, given_up)
    waiting = accepted(workflow, item(workflow), perform("plan", CHI), on())

    decision = decided(workflow, vote("plan", DUNG, "reject"), waiting)

    assert decision.consequences == (SpawnChild("escalation", {}),)


def test_the_text_of_a_literal_becomes_a_value_of_the_item_that_takes_it():
    assert fitted(TASK, {"progress": "40", "checked": "true", "title": "40", "due_on": "2026-07-01"}) == {
        "progress": 40,
        "checked": True,
        "title": "40",
        "due_on": "2026-07-01",
    }


ORPHAN = definition(
    workflow="extension",
    code="GH",
    create=Create(by("unit_head"), ("title",), children_of=("task",)),
    fields=named(field("title", "text")),
    states=named(
        state("pending", initial=True, waits_on=who("chairman")), state("granted", final=Final.DONE, waits_on=None)
    ),
    transitions=named(move("grant", "pending", "granted", "chairman", effects=(Signal("parent", "set_due", ()),))),
    deadlines={},
    episode_record=(),
    timers={},
)


def test_what_speaks_to_a_parent_is_created_under_one_only():
    alone = decide(ORPHAN, None, CreateItem(CHI, "e1", "GH-1", "kt", {"title": "A"}), on())
    below = decide(ORPHAN, None, CreateItem(CHI, "e1", "GH-1", "kt", {"title": "A"}, "i1", "task"), on())

    assert codes(alone) == {"parent_needed"}
    assert isinstance(below, Accepted)


def test_each_child_opened_counts_one_and_each_closed_one_less():
    before = item()

    opened = fold(before, (ChildOpened("c1", "extension"), ChildOpened("c2", "escalation")))
    closed = fold(opened, (ChildClosed("c1", "granted"),))

    assert (opened.open_children, closed.open_children) == (2, 1)
    assert (opened.revision, closed.revision) == (before.revision + 1, before.revision + 2)


def test_a_replay_counts_the_children_again():
    created = decide(TASK, None, CreateItem(DUNG, "i1", "NV-1", "kt", {"title": "A"}), on()).events
    log = [created, (ChildOpened("c1", "task"),), (ChildClosed("c1", "verified"), ChildOpened("c2", "task"))]

    assert replay(log).open_children == 1


@pytest.mark.parametrize("event", [ChildOpened("c1", "extension"), ChildClosed("c1", "granted")])
def test_what_is_logged_of_a_child_reads_back_as_it_was(event):
    assert from_plain(to_plain(event)) == event


def test_an_open_child_stands_in_the_way_of_completion_until_it_closes():
    started = accepted(TASK, item(), perform("start", CHI), on())
    waiting = fold(started, (ChildOpened("c1", "extension"),))
    asked = Perform(CHI, "complete", {"evidence": ("a" * 64,)})

    held = decide(TASK, waiting, asked, on())
    freed = decide(TASK, fold(waiting, (ChildClosed("c1", "refused"),)), asked, on())

    assert isinstance(held, Rejected)
    assert isinstance(freed, Accepted)
