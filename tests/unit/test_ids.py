"""Identifiers are opaque, of one length, and sort by time; entries of one stream also by their number."""

from datetime import UTC, datetime, timedelta

from workflow.ids import entry_id, new_id

AT = datetime(2026, 6, 20, 1, 2, 3, 456_789, tzinfo=UTC)


def test_ids_of_one_instant_sort_as_they_were_made():
    made = [new_id(AT) for _ in range(500)]

    assert made == sorted(made)
    assert len(set(made)) == 500
    assert {len(one) for one in made} == {32}


def test_ids_sort_by_time_to_the_microsecond():
    assert new_id(AT) < new_id(AT + timedelta(microseconds=1)) < new_id(AT + timedelta(days=400))


def test_entries_of_one_stream_sort_by_their_number_within_one_instant_whoever_wrote_between():
    first = entry_id(AT, 1)
    new_id(AT + timedelta(days=1))
    later = [entry_id(AT, n) for n in (2, 3, 10, 100)]

    assert [first, *later] == sorted([first, *later])


def test_an_id_says_its_version_and_variant():
    made = new_id(AT)

    assert made[12] == "7"
    assert made[16] in "89ab"
