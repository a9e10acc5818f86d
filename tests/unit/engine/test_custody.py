"""The clock of responsibility: who reviews is charged for his own time; what counts from earlier changes nothing that had ended."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.offices import shipped
from workflow.engine.custody import Holder, Span, Step, custody
from workflow.engine.events import (
    EpisodeOpened,
    FieldChanged,
    ItemCreated,
    RequestClosed,
    RequestOpened,
    Transitioned,
    UnitChanged,
    Voted,
)
from workflow.engine.item import Doer

TASK = shipped().workflows["task"].definition
NOON = datetime(2026, 6, 1, 5, tzinfo=UTC)
HEAD = Holder("unit_head", None, "kt")
AN = Holder("assignee", "an", "kt")
CHAIRMAN = Holder("chairman")


def at(hours):
    return NOON + timedelta(hours=hours)


def made(hours=0, **fields):
    created = ItemCreated("i1", "NV-1", "task", 1, "f", "kt", "draft", "clerk", at(hours), None)
    return Step(at(hours), (created, *(FieldChanged(name, None, value) for name, value in fields.items())))


def moved(hours, move, source, target, *more):
    return Step(at(hours), (Transitioned(move, source, target, Doer("x", "kt"), at(hours)), *more))


def told(*steps):
    return [
        (
            span.state,
            span.holder,
            (span.since - NOON) / timedelta(hours=1),
            span.until and (span.until - NOON) / timedelta(hours=1),
        )
        for span in custody(steps, lambda _item: TASK)
    ]


def test_each_stretch_is_charged_to_whom_the_item_waits_for():
    steps = (
        made(),
        moved(1, "assign", "draft", "assigned"),
        moved(3, "start", "assigned", "in_progress", FieldChanged("assignee", None, "an")),
        moved(9, "complete", "in_progress", "completed"),
        moved(20, "verify", "completed", "verified"),
    )

    assert told(*steps) == [
        ("draft", CHAIRMAN, 0, 1),
        ("assigned", HEAD, 1, 3),
        ("in_progress", AN, 3, 9),
        ("completed", CHAIRMAN, 9, 20),
    ]


def test_an_item_that_is_still_open_waits_still():
    assert told(made(), moved(1, "assign", "draft", "assigned"))[-1] == ("assigned", HEAD, 1, None)


def test_while_a_proposal_is_open_its_voters_are_charged_and_not_the_proposer():
    asked = RequestOpened("plan", Doer("chi", "kt"), at(5), {})
    steps = (
        made(),
        moved(1, "mark_late", "draft", "late", EpisodeOpened(1, at(1), at(1), "kt")),
        Step(at(5), (asked,)),
        Step(
            at(8),
            (Voted("plan", "approve", "reject", Doer("dung", "ubnd"), at(8)), RequestClosed("plan", "rejected", at(8))),
        ),
    )

    assert told(*steps)[1:] == [("late", HEAD, 1, 5), ("late", CHAIRMAN, 5, 8), ("late", HEAD, 8, None)]


def test_where_nobody_is_named_the_head_of_the_unit_is_charged():
    assert told(made(), moved(1, "start", "draft", "in_progress"))[-1] == ("in_progress", HEAD, 1, None)


def test_another_unit_is_charged_from_the_hour_it_got_the_item():
    steps = (made(), moved(1, "assign", "draft", "assigned"), Step(at(4), (UnitChanged("kt", "hcc"),)))

    spans = custody(steps, lambda _item: TASK)

    assert [(span.unit, span.holder.unit) for span in spans[1:]] == [("kt", "kt"), ("hcc", "hcc")]
    assert spans[1].until == spans[2].since == at(4)


def test_what_changes_nothing_of_who_is_waited_for_goes_on():
    steps = (
        made(),
        moved(1, "assign", "draft", "assigned"),
        Step(at(2), (FieldChanged("progress", None, 10),)),
        Step(at(3), ()),
    )

    assert told(*steps)[1:] == [("assigned", HEAD, 1, None)]


@pytest.mark.parametrize("effective", [1, 2, 3])
def test_lateness_counts_from_its_own_instant_and_changes_nothing_that_had_ended(effective):
    steps = (
        made(),
        moved(1, "assign", "draft", "assigned"),
        moved(3, "start", "assigned", "in_progress", FieldChanged("assignee", None, "an")),
        moved(effective, "mark_late", "in_progress", "late"),
    )

    assert told(*steps)[1:] == [("assigned", HEAD, 1, 3), ("late", HEAD, 3, None)]


def test_a_closed_item_runs_on_nobodys_clock_until_it_is_opened_again():
    steps = (
        made(),
        moved(2, "verify", "draft", "verified"),
        Step(at(5), (FieldChanged("title", None, "x"),)),
        moved(9, "reopen", "verified", "assigned"),
    )

    assert told(*steps) == [("draft", CHAIRMAN, 0, 2), ("assigned", HEAD, 9, None)]


def test_stretches_neither_overlap_nor_leave_a_gap_while_the_item_is_open():
    steps = (
        made(),
        moved(2, "assign", "draft", "assigned"),
        moved(2, "start", "assigned", "in_progress"),
        moved(1, "mark_late", "in_progress", "late"),
        moved(7, "start", "late", "in_progress"),
    )

    spans = custody(steps, lambda _item: TASK)

    assert [one.until for one in spans[:-1]] == [two.since for two in spans[1:]]
    assert all(span.until is None or span.since < span.until for span in spans)
    assert isinstance(spans[0], Span)
