import json
from datetime import UTC, datetime, timedelta

import pytest

from workflow.audit import ZERO, ActorMark, Fault, canonical, chain, compose, walk

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
STATES = ("draft", "assigned", "in_progress", "completed", "verified")


def entries(stream="task/i1", states=STATES):
    """A stream that holds, as rows."""
    rows, previous = [], ZERO
    for n, (source, target) in enumerate(zip((None, *states), states, strict=False), start=1):
        made = compose(  # noqa: S604  a word of the log, no process
            stream=stream,
            n=n,
            previous=previous,
            recorded_at=NOW + timedelta(minutes=n),
            effective_at=NOW,
            type="move" if source else "create",
            actor=ActorMark("p1"),
            shell="web",
            source=source,
            target=target,
        )
        rows.append((stream, n, made.body, made.leaf))
        previous = made.leaf
    return rows


def changed(row, **parts):
    """The row with other words in its body and a leaf to match."""
    stream, n, body, _ = row
    said = {**json.loads(body), **parts}
    written = canonical.encode(said)
    return stream, n, written, chain.leaf(written)


def rechained(rows):
    """Rows linked and hashed anew, as the owner of the database could do."""
    out, previous = [], ZERO
    for row in rows:
        out.append(changed(row, prev=previous.hex()))
        previous = out[-1][3]
    return out


def test_a_log_that_was_left_alone_holds():
    rows = entries() + entries("task/i2") + entries("admin", (None,))

    verification = walk(rows)

    assert (verification.ok, verification.count, verification.first_bad) == (True, len(rows), None)


def test_streams_may_be_interleaved():
    one, two = entries(), entries("task/i2")

    assert walk([row for pair in zip(one, two, strict=True) for row in pair]).ok


def test_nothing_at_all_holds():
    assert walk([]).ok


def edited(rows):
    stream, n, body, leaf = rows[2]
    rows[2] = (stream, n, body.replace(b"p1", b"p2"), leaf)
    return rows


def edited_and_hashed(rows):
    rows[2] = changed(rows[2], act={"id": "p2"})
    return rows


def respelt(rows):
    stream, n, body, _ = rows[2]
    spaced = body.replace(b'":', b'": ', 1)
    rows[2] = (stream, n, spaced, chain.leaf(spaced))
    return rows


def renumbered_row(rows):
    stream, _, body, leaf = rows[2]
    rows[2] = (stream, 7, body, leaf)
    return rows


def moved_to_another_stream(rows):
    _, n, body, leaf = rows[2]
    rows[2] = ("task/i9", n, body, leaf)
    return rows


def deleted(rows):
    return rows[:2] + rows[3:]


def swapped(rows):
    rows[2], rows[3] = rows[3], rows[2]
    return rows


def doubled(rows):
    return [*rows[:3], rows[2], *rows[3:]]


def back_in_time(rows):
    rows[2] = changed(rows[2], rec="2026-11-20T00:00:00.000000Z")
    return rechained(rows)


def from_another_state(rows):
    rows[2] = changed(rows[2], **{"from": "suspended"})
    return rechained(rows)


def a_later_format(rows):
    rows[2] = changed(rows[2], v=2)
    return rows


def no_first(rows):
    return rows[1:]


@pytest.mark.parametrize(
    ("tamper", "index", "code"),
    [
        (edited, 2, "leaf"),
        (edited_and_hashed, 3, "previous"),
        (respelt, 2, "not_canonical"),
        (renumbered_row, 2, "misplaced"),
        (moved_to_another_stream, 2, "misplaced"),
        (deleted, 2, "number"),
        (swapped, 2, "number"),
        (doubled, 3, "number"),
        (back_in_time, 2, "time"),
        (from_another_state, 2, "state"),
        (a_later_format, 2, "format"),
        (no_first, 0, "number"),
    ],
)
def test_the_first_bad_entry_is_named(tamper, index, code):
    rows = tamper(entries())

    verification = walk(rows)

    assert not verification.ok
    assert (verification.first_bad.index, verification.first_bad.code) == (index, code)
    assert verification.count == index + 1


def test_a_refusal_binds_no_state():
    rows = entries("refusal/i1", ("assigned", "assigned"))
    rows[1] = changed(rows[1], **{"from": "completed"})

    assert walk(rechained(rows)).ok


@pytest.mark.parametrize("body", [b"\xff", b"[" * 60_000, b"[]", b'{"v":1}', b"", b"null"], ids=repr)
def test_no_bytes_make_the_walk_fail_otherwise_than_by_its_verdict(body):
    verification = walk([("task/i1", 1, body, chain.leaf(body))])

    assert verification.first_bad is not None


def test_a_fault_is_told_in_both_languages():
    fault = Fault(4, "task/i1", 5, "previous")

    assert fault.in_language("vi").startswith("task/i1 #5: Mục nhật ký không nối tiếp")
    assert fault.in_language("en").startswith("task/i1 #5: The entry does not follow")
