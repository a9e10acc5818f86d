import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.audit import canonical

KEYS = st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.GREATEST, canonical.GREATEST) | TEXTS,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(KEYS, parts, max_size=4),
    max_leaves=12,
)


def composed(value):
    return json.loads(unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False)))


@given(PLAIN)
def test_what_is_written_is_read_back_and_written_alike(value):
    body = canonical.encode(value)

    again = canonical.decode(body)

    assert canonical.encode(again) == body


@given(PLAIN)
def test_every_text_in_a_body_is_nfc(value):
    body = canonical.encode(value)

    assert unicodedata.is_normalized("NFC", body.decode())


@given(PLAIN)
def test_a_body_is_what_the_standard_library_spells(value):
    spelt = json.dumps(composed(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert canonical.encode(value) == spelt.encode()


def test_keys_are_sorted_and_nothing_is_spaced():
    body = canonical.encode({"b": [1, "ủy ban"], "a": None, "a1": True})

    assert body == '{"a":null,"a1":true,"b":[1,"ủy ban"]}'.encode()


def test_two_spellings_of_one_text_have_one_body():
    decomposed = unicodedata.normalize("NFD", "Đôn đốc thủ tục")

    assert canonical.encode({"t": decomposed}) == canonical.encode({"t": "Đôn đốc thủ tục"})


def test_a_mark_after_an_escaped_character_keeps_to_its_own_text():
    value = {"t": "dòng\n\u0303x"}

    assert canonical.decode(canonical.encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        {"Khóa": 1},
        {"A": 1},
        {"": 1},
        {"a b": 1},
        {"a\n": 1},
        {1: "a"},
        "\ud800",
        ["x", "\udfff"],
        b"bytes",
        {"a": {"b": {1, 2}}},
    ],
    ids=repr,
)
def test_what_has_no_one_spelling_is_refused(value):
    with pytest.raises(ValueError):
        canonical.encode({"v": value} if not isinstance(value, dict) else value)


def test_a_body_of_65535_bytes_is_the_longest():
    longest = "x" * (canonical.LIMIT - len('{"t":""}'))

    assert len(canonical.encode({"t": longest})) == canonical.LIMIT
    with pytest.raises(ValueError, match="65536"):
        canonical.encode({"t": longest + "x"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":NaN}',
        b'{"a":"\\u00e9"}',
        b'{"a":"/\\/"}',
        '{"a":"u\u0309y"}'.encode(),
        b'{"a":"\xff"}',
        b"{",
        b"[" * 60_000,
        b'{"a":"' + b"x" * 70_000 + b'"}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_only_the_canonical_spelling_is_read(body):
    with pytest.raises(ValueError):
        canonical.decode(body)


def test_an_instant_has_one_spelling_and_needs_a_zone():

    here = datetime(2026, 11, 20, 8, 0, tzinfo=timezone(timedelta(hours=7)))

    assert canonical.instant_text(here) == canonical.instant_text(here.astimezone(UTC)) == "2026-11-20T01:00:00.000000Z"
    with pytest.raises(ValueError, match="zone"):
        canonical.instant_text(datetime(2026, 11, 20))  # noqa: DTZ001  the fault under test
