"""Whoever cuts off, takes back or swaps the end of a stream is told of, with the stream and what is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from workflow.audit import Head, HeadFault, canonical, tree
from workflow.audit.heads import SENTENCES, Sealed, head_leaf, unlike_commitments, unlike_rows

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ONE, TWO = "task/one", "task/two"


def head(n, seconds=0):
    return Head(n, bytes([n]) * 32, NOW + timedelta(seconds=seconds))


def told(faults):
    return [(fault.stream, fault.n, fault.code) for fault in faults]


# -- rows ---------------------------------------------------------------------------------------------------------------


def test_rows_that_keep_the_ends_of_the_log_are_in_order():
    last = [(ONE, head(3)), (TWO, head(1)), ("log", head(7)), ("person/p1", head(2)), ("refusal/one", head(4))]

    assert told(unlike_rows([(ONE, head(3)), (TWO, head(1))], last)) == []


@pytest.mark.parametrize(
    ("row", "n", "code"),
    [
        (head(4), 3, "log_shorter"),
        (head(2), 3, "row_behind"),
        (Head(3, bytes(32), NOW), 3, "row_hash"),
        (head(3, seconds=1), 3, "row_time"),
        (Head(3, head(3).leaf, None), 3, "row_time"),
    ],
)
def test_a_row_that_keeps_another_end_is_named(row, n, code):
    found = unlike_rows([(ONE, row), (TWO, head(1))], [(TWO, head(1)), (ONE, head(3))])

    assert told(found) == [(ONE, n, code)]


def test_a_stream_without_its_row_and_a_row_without_its_stream_are_named():
    assert told(unlike_rows([(ONE, head(3))], [(TWO, head(2))])) == [(TWO, 2, "row_missing"), (ONE, 3, "log_shorter")]


# -- commitments --------------------------------------------------------------------------------------------------------

ORDER = ((ONE, 1), (ONE, 2), (TWO, 1), ("log", 1), (ONE, 3), (TWO, 2))


def order(places=ORDER):
    return [Sealed(leaf(*place), *place, leaf(*place)) for place in places]


def leaf(stream, n):
    return canonical.encode([stream, n]).ljust(32, b".")[:32]


def commitment(size, n=1, **wrong):
    ends = {stream: (n, leaf(stream, n)) for stream, n in ORDER[:size]}
    root = tree.root(head_leaf(stream, *ends[stream]) for stream in sorted(ends)).hex()
    heads = {"size": size, "streams": len(ends), "root": root, **wrong}
    return canonical.encode({"stream": "log", "n": n, "type": "heads", "heads": heads})


def test_commitments_that_fit_the_order_of_their_time_hold():
    bodies = [canonical.encode({"type": "export"}), *(commitment(size, size) for size in (2, 3, 4, 6))]

    assert told(unlike_commitments(bodies, order())) == []


@pytest.mark.parametrize(
    ("places", "code"),
    [
        (ORDER[:5], "heads_beyond"),
        ((*ORDER[:4], (ONE, 3), (ONE, 4)), "heads_root"),
        ((*ORDER[:4], (ONE, 3), ("task/three", 1)), "heads_streams"),
    ],
)
def test_an_end_that_was_cut_off_or_swapped_is_not_what_was_committed_to(places, code):
    assert told(unlike_commitments([commitment(4), commitment(6, 2)], order(places))) == [("log", 2, code)]


def test_the_first_commitment_that_does_not_hold_is_named():
    places = ((ONE, 1), (ONE, 2), ("task/three", 1), *ORDER[3:])

    found = unlike_commitments([commitment(2, 1), commitment(3, 2), commitment(6, 3)], order(places))

    assert told(found)[0] == ("log", 2, "heads_root")


def test_a_sealed_entry_that_is_gone_or_another_is_named_by_its_place():
    changed = order()
    changed[1] = Sealed(changed[1].hash, None, 0, b"")
    changed[4] = Sealed(b"x" * 32, ONE, 3, changed[4].leaf)

    found = list(unlike_commitments([], changed))

    assert told(found) == [("", 0, "sealed_gone"), (ONE, 3, "sealed_hash")]
    assert [fault.params["place"] for fault in found] == [1, 4]
    assert "place 1" in found[0].in_language("en")


@pytest.mark.parametrize("heads", [None, [], {}, {"size": "4", "streams": 2}, {"size": 4}])
def test_a_commitment_that_says_nothing_is_a_fault_and_breaks_nothing(heads):
    body = canonical.encode({"stream": "log", "n": 5, "type": "heads", "heads": heads})

    assert told(unlike_commitments([b"{", body], order())) == [("log", 5, "heads_unread")]


def test_every_fault_has_a_sentence_in_both_languages():
    params = dict.fromkeys(("kept", "last", "place", "size", "sealed", "said", "found"), 7)
    for code in SENTENCES:
        fault = HeadFault(ONE, 3, code, params)
        assert fault.in_language("vi") != fault.in_language("en")
        assert fault.in_language("vi").startswith("task/one #3: ")
