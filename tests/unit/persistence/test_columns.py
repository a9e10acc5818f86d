import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.persistence.columns import instant, json_text, json_value, micros, sort_key

DICTIONARY = [
    "",
    "2 lần",
    "a",
    "à",
    "ả",
    "ã",
    "á",
    "ạ",
    "an",
    "àn",
    "án",
    "An Giang",
    "ăn",
    "ân",
    "ba",
    "bà",
    "bạn",
    "Ban Chỉ đạo",
    "dân",
    "do",
    "Dương",
    "đo",
    "đôn đốc",
    "Đôn đốc",
    "đương",
    "đường",
    "ê",
    "hòa",
    "o",
    "ô",
    "ơ",
    "ủy ban",
    "ưng",
    "y",
]
"""In the order of a Vietnamese dictionary: letters first, then tones (ngang, huyền, hỏi, ngã, sắc, nặng), then case."""


def test_titles_sort_as_in_a_vietnamese_dictionary():
    shuffled = random.Random(7).sample(DICTIONARY, len(DICTIONARY))

    assert sorted(shuffled, key=sort_key) == DICTIONARY


@given(st.text(max_size=30))
def test_a_sort_key_is_printable_ascii(text):
    key = sort_key(text)

    assert key.isascii()
    assert key.isprintable()


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  bounds are naive
def test_an_instant_keeps_every_microsecond(at):
    assert instant(micros(at)) == at


def test_an_instant_of_another_zone_is_the_same_instant():
    here = datetime(2026, 11, 20, 8, 0, tzinfo=timezone(timedelta(hours=7)))

    assert micros(here) == micros(here.astimezone(UTC))
    with pytest.raises(TypeError):
        micros(datetime(2026, 11, 20))  # noqa: DTZ001  the fault under test


def test_plain_values_come_back_from_json():
    plain = {"a": ["ủy ban", 1, None, True, {"b": []}]}

    assert json_value(json_text(plain)) == plain
    assert json_text(plain) == '{"a":["ủy ban",1,null,true,{"b":[]}]}'
