import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from workflow.audit import ERASED, RESERVED, ZERO, ActorMark, Head, canonical, chain, compose, open_events, opens
from workflow.audit.entry import item_of, item_stream, refusal_stream
from workflow.engine.events import (
    EpisodeRecorded,
    FieldChanged,
    RequestAmended,
    RequestOpened,
    Transitioned,
    UnitChanged,
    from_plain,
    to_plain,
)
from workflow.engine.item import Doer

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
AN = ActorMark("p-an", "officer", "kt", "Công chức phòng Kinh tế", "p-chi", "d1")
PRIVATE = frozenset({"cause", "difficulty"})


def salts():
    numbers = count(1)
    return lambda: bytes([next(numbers)]) * 32


def entry(events=(), **parts):
    given = {
        "stream": "task/i1",
        "n": 1,
        "previous": ZERO,
        "recorded_at": NOW,
        "effective_at": NOW - timedelta(hours=1),
        "type": "move",
        "actor": AN,
        "shell": "web",
        "events": [to_plain(event) for event in events],
        "private_fields": PRIVATE,
        "salts": salts(),
    }
    made = {name: part for name, part in (given | parts).items() if part is not None}
    return compose(**made)


def body(made):
    return canonical.decode(made.body)


def values(made):
    return {private.field: json.loads(private.value) for private in made.private}


def test_a_body_says_what_the_format_says():
    moved = Transitioned("start", "assigned", "in_progress", Doer("p-an", "kt"), NOW)

    said = body(
        entry(
            [moved, FieldChanged("progress", 10, 20), UnitChanged("kt", "vp")],
            key="k1",
            request="r1",
            workflow=("task", 3, "ab" * 32),
            move="start",
            source="assigned",
            target="in_progress",
            revision=2,
            files=[("cd" * 32, 12, "application/pdf")],
            why="subjective",
            conditions=[(0, True), (1, False)],
        )
    )

    assert said == {
        "v": 1,
        "stream": "task/i1",
        "n": 1,
        "prev": "0" * 64,
        "rec": "2026-11-20T01:00:00.000000Z",
        "eff": "2026-11-20T00:00:00.000000Z",
        "type": "move",
        "act": {
            "id": "p-an",
            "role": "officer",
            "unit": "kt",
            "post": "Công chức phòng Kinh tế",
            "for": "p-chi",
            "dlg": "d1",
        },
        "cli": "web",
        "ev": [
            to_plain(moved),
            {"e": "field", "field": "progress", "old": 10, "new": 20},
            {"e": "unit", "old": "kt", "new": "vp"},
        ],
        "chg": [["progress", 10, 20], ["unit", "kt", "vp"]],
        "req": {"key": "k1", "id": "r1"},
        "wf": {"name": "task", "ver": 3, "hash": "ab" * 32},
        "tr": "start",
        "from": "assigned",
        "to": "in_progress",
        "rev": 2,
        "files": [{"sha256": "cd" * 32, "size": 12, "type": "application/pdf"}],
        "why": "subjective",
        "cond": [[0, True], [1, False]],
    }


def test_what_is_absent_is_not_said():
    said = body(entry(actor=ActorMark("system"), shell="job"))  # noqa: S604  a word of the log, no process

    assert said.keys() == {"v", "stream", "n", "prev", "rec", "eff", "type", "act", "cli"}
    assert said["act"] == {"id": "system"}


def test_the_leaf_hashes_the_stored_bytes_and_the_head_moves_on():
    made = entry(n=4)

    assert made.leaf == hashlib.sha256(b"\x00" + made.body).digest() == chain.leaf(made.body)
    assert made.head == Head(4, made.leaf, NOW)


def test_the_next_entry_names_the_leaf_before_it():
    first = entry()
    second = entry(n=2, previous=first.leaf)

    assert body(second)["prev"] == first.leaf.hex()


def test_private_text_never_stands_in_a_body():
    events = [
        FieldChanged("cause", "bệnh nặng", "nghỉ thai sản"),
        RequestOpened("extend", Doer("p-an", "kt"), NOW, {"difficulty": "thiếu kinh phí", "days": 3}),
        RequestAmended("extend", NOW, {"difficulty": "thiếu người"}, dismissed=True),
        EpisodeRecorded(1, "cause", "chờ giám định", "p-an", NOW),
    ]

    made = entry(events, comment="bận việc gia đình")

    text = made.body.decode()
    for secret in ("bệnh nặng", "thai sản", "kinh phí", "thiếu người", "giám định", "gia đình"):
        assert secret not in text
    assert set(values(made).values()) == {
        "nghỉ thai sản",
        "thiếu kinh phí",
        "thiếu người",
        "chờ giám định",
        "bận việc gia đình",
    }


def test_a_private_change_is_no_change_in_the_clear_list():
    made = entry([FieldChanged("cause", None, "ốm"), FieldChanged("days", 1, 2)])

    assert body(made)["chg"] == [["days", 1, 2]]


def test_equal_values_of_one_field_share_a_commitment_and_others_are_numbered():
    made = entry(
        [
            FieldChanged("cause", None, "ốm"),
            EpisodeRecorded(1, "cause", "ốm", "p-an", NOW),
            EpisodeRecorded(2, "cause", "mưa bão", "p-an", NOW),
            FieldChanged("difficulty", None, "ốm"),
        ]
    )

    said = body(made)
    marks = [said["ev"][0]["new"], said["ev"][1]["value"], said["ev"][2]["value"], said["ev"][3]["new"]]
    assert marks == [{"cmt": "cause"}, {"cmt": "cause"}, {"cmt": "cause_2"}, {"cmt": "difficulty"}]
    assert values(made) == {"cause": "ốm", "cause_2": "mưa bão", "difficulty": "ốm"}
    assert len(set(said["cmt"].values())) == 3


def test_a_numbered_commitment_never_takes_the_name_of_another_private_field():
    made = entry(
        [
            FieldChanged("note", None, "một"),
            EpisodeRecorded(1, "note", "hai", "p-an", NOW),
            FieldChanged("note_2", None, "ba"),
        ],
        private_fields=frozenset({"note", "note_2"}),
    )

    assert values(made) == {"note": "một", "note_3": "hai", "note_2": "ba"}


def test_a_comment_given_as_an_input_is_sealed_like_the_comment():
    request = RequestOpened("extend", Doer("p-an", "kt"), NOW, {"comment": "xin thêm"})

    made = entry([request], comment="xin thêm")

    assert body(made)["ev"][0]["inputs"] == {"comment": {"cmt": "comment"}}
    assert values(made) == {"comment": "xin thêm"}


@pytest.mark.parametrize("empty", [None, "", ()])
def test_an_empty_private_value_is_not_sealed(empty):
    made = entry([FieldChanged("cause", "ốm", empty)])

    assert made.private == ()
    assert open_events(body(made), {})[0]["new"] == (list(empty) if empty == () else empty)


def test_a_commitment_opens_with_its_salt_and_value_alone():
    made = entry(comment="Đã xử lý")
    committed = body(made)["cmt"]["comment"]
    private = made.private[0]

    assert committed == hmac.new(b"\x01" * 32, "Đã xử lý".encode(), hashlib.sha256).hexdigest()
    assert opens(private.salt, "Đã xử lý", committed)
    assert not opens(private.salt, "Chưa xử lý", committed)
    assert not opens(b"\x02" * 32, "Đã xử lý", committed)


def test_a_private_value_that_is_no_text_is_committed_by_its_canonical_form():
    made = entry([FieldChanged("cause", None, ("a" * 64, "b" * 64))])

    assert opens(made.private[0].salt, ["a" * 64, "b" * 64], body(made)["cmt"]["cause"])


def test_salts_are_never_the_same_twice():
    first, second = entry(comment="x", salts=None), entry(comment="x", salts=None)

    assert first.private[0].salt != second.private[0].salt
    assert len(first.private[0].salt) == 32


def test_opened_events_are_the_events_that_happened():
    events = [
        FieldChanged("cause", None, "nghỉ thai sản"),
        RequestOpened("extend", Doer("p-an", "kt"), NOW, {"difficulty": ("a", "b"), "days": 3}),
        EpisodeRecorded(1, "cause", "mưa bão", "p-an", NOW),
    ]
    made = entry(events)

    opened = open_events(body(made), values(made))

    assert [from_plain(event) for event in opened] == events


def test_where_a_value_is_erased_a_mark_stands():
    made = entry([FieldChanged("cause", None, "ốm"), FieldChanged("difficulty", None, "xa")])
    kept = {"difficulty": "xa"}

    opened = open_events(body(made), kept)

    assert [event["new"] for event in opened] == [ERASED, "xa"]


def test_what_types_without_events_say_stands_beside_the_rest():
    said = body(entry(extra={"codes": ["self_review"], "state": "completed"}))

    assert said["codes"] == ["self_review"]
    with pytest.raises(ValueError, match="stream"):
        entry(extra={"stream": "task/other"})


def test_a_floating_number_never_enters_the_log():
    with pytest.raises(ValueError, match="float"):
        entry(extra={"share": 0.5})


def test_recorded_time_never_falls_behind_the_head():
    head = Head(3, b"x" * 32, NOW)

    assert head.not_before(NOW - timedelta(hours=1)) == NOW
    assert head.not_before(NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert Head().not_before(NOW) == NOW


def test_a_stream_says_which_item_it_is_about():
    assert item_of(item_stream("task", "i1")) == item_of(refusal_stream("i1")) == "i1"
    assert [item_of(stream) for stream in ("person/p1", "definition/task", "admin", "log")] == [None] * 4


def test_whatever_writes_a_stream_of_no_item_writes_under_a_name_that_no_workflow_may_bear():
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "workflow" / "services").rglob("*.py"))

    families = {name for text in sources for name in re.findall(r"""\bNote\(\s*f?["']([a-z]+)""", text)}

    assert {"person", "admin", "log"} <= families
    assert families <= RESERVED
