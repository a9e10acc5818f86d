"""Rules of the reader: text and nothing but text, each value with its place, and no hostile file gets further."""

from contextlib import suppress
from itertools import product

import pytest

from workflow.catalog.read import MAX_BYTES, MAX_DEPTH, MAX_NODES, DocumentInvalid, Position, read_document


def read(text, file="task.yaml"):
    return read_document(text, file)


def refusal(text, file="task.yaml"):
    with pytest.raises(DocumentInvalid) as caught:
        read_document(text, file)
    return [str(finding) for finding in caught.value.findings]


def test_every_scalar_is_the_text_that_stands_in_the_file():
    document = read("on: NO\nat: 17:00\noctal: 010\nday: 2026-06-20\nempty:\nnull: ~\n")

    assert document.data == {
        "on": "NO", "at": "17:00", "octal": "010", "day": "2026-06-20", "empty": "", "null": "~",
    }  # fmt: skip


def test_every_value_and_key_knows_its_place():
    document = read('states:\n  draft: {initial: true}\nwords:\n  - một\n  - "hai"\n')

    assert document.at(("states", "draft", "initial")) == Position(2, 20)
    assert document.at_key(("states", "draft", "initial")) == Position(2, 11)
    assert document.at(("words", 1)) == Position(5, 5)


def test_what_is_absent_stands_where_its_surroundings_stand():
    document = read("states:\n  draft: {initial: true}\n")

    assert document.at(("states", "draft", "label", "vi")) == Position(2, 10)
    assert document.at_key(("states", "draft", "label")) == Position(2, 10)


def test_columns_count_characters_and_not_bytes():
    document = read("{đơn: 'ủy ban', sau: x}")

    assert document.at_key(("sau",)) == Position(1, 17)


def test_the_fingerprint_is_of_the_bytes():
    with_comment, without = read("a: 1 # x\n"), read("a: 1\n")

    assert with_comment.data == without.data
    assert with_comment.fingerprint != without.fingerprint
    assert without.fingerprint == read(b"a: 1\n").fingerprint


def test_a_second_key_of_one_name_is_refused_at_its_own_place():
    assert refusal("start: 1\nstop: {x: 1}\nstart: {y: 2}\n") == [
        'task.yaml:3:1 L02 the key "start" stands here a second time (first in line 1)'
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: &x 1\n", "1:4 L02 the anchor &x"),
        ("a: &x {b: c}\n", "1:4 L02 the anchor &x"),
        ("&x a: 1\n", "1:1 L02 the anchor &x"),
        ("a: !!python/object/apply:os.system ['true']\n", "1:4 L02 the tag"),
        ("a: ! x\n", "1:4 L02 the tag"),
        ("!x {a: b}\n", "1:1 L02 the tag"),
        ("%YAML 1.1\n---\na: b\n", "L02 YAML directives"),
        ("%TAG ! tag:x,2026:\n---\na: b\n", "L02 YAML directives"),
        ("a: b\n---\nc: d\n", "2:1 L02 a file holds one document only"),
        ("? [a, b]\n: c\n", "1:3 L02 a key must be plain text"),
        ("? {a: b}\n: c\n", "1:3 L02 a key must be plain text"),
        ("a: b: c\n", "1:5 L02 not valid YAML"),
        ("a: [b\n", "L02 not valid YAML"),
        ("a:\n\t- b\n", "L02 not valid YAML"),
        ("", "1:1 L02 the file is empty"),
        ("# only a remark\n", "1:1 L02 the file is empty"),
        ("a: b\nc: d\0\n", "2:5 L02 the file holds the control character NUL"),
        ("a: b\n\x07", "2:1 L02 the file holds the control character U+0007"),
        ('a: "\\0"\n', "1:4 L02 the value holds a character that is no text"),
        ("a: \ud800\n", "1:1 L02 the file is not UTF-8"),
        (b"a: \xff\xfe\n", "1:1 L02 the file is not UTF-8"),
        ("a: b\n".encode("utf-16"), "1:1 L02 the file is not UTF-8"),
    ],
)
def test_what_is_ambiguous_or_hostile_is_one_clear_finding(text, complaint):
    found = refusal(text)

    assert len(found) == 1
    assert complaint in found[0]


def test_aliases_are_refused_before_a_bomb_can_grow():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )

    found = refusal(bomb)

    assert "task.yaml:1:4 L02 the anchor &a is not accepted" in found
    assert "task.yaml:2:8 L02 the alias *a is not accepted" in found


def test_a_file_may_have_its_full_size_and_not_a_byte_more():
    full = "a: " + "x" * (MAX_BYTES - 3)

    assert len(read(full).data["a"]) == MAX_BYTES - 3
    assert refusal(full + "x") == ["task.yaml:1:1 L02 the file is larger than 256 KB"]


def test_size_is_counted_in_bytes():
    assert refusal("ủ" * (MAX_BYTES // 2)) == ["task.yaml:1:1 L02 the file is larger than 256 KB"]


@pytest.mark.parametrize("file", ["deep.yaml", "deep.json"])
def test_nesting_is_bounded(file):
    fits = "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert read(fits, file).data
    assert refusal("[" + fits + "]", file) == [f"{file}:1:{MAX_DEPTH + 1} L02 nested more than {MAX_DEPTH} levels deep"]
    assert len(refusal("[" * 200_000, file)) == 1


@pytest.mark.parametrize("file", ["wide.yaml", "wide.json"])
def test_the_number_of_values_is_bounded(file):
    fits = "[" + ",".join(["1"] * (MAX_NODES - 1)) + "]"

    assert len(read(fits, file).data) == MAX_NODES - 1
    assert f"L02 the file has more than {MAX_NODES} values" in refusal(fits[:-1] + ",1]", file)[0]


def test_json_gives_the_same_structure_and_places():
    text = '{"a": [1, 2.50, true, "x\\u00e1"],\n "b": {}, "c": []}'

    json, yaml = read(text, "task.json"), read(text, "task.yaml")

    assert json.data == {"a": ["1", "2.50", "true", "xá"], "b": {}, "c": []}
    assert (json.data, json.positions, json.key_positions) == (yaml.data, yaml.positions, yaml.key_positions)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"a": 1,\n "a": 2}', '2:2 L02 the key "a" stands here a second time'),
        ('{"a": null}', "1:7 L02 null says nothing"),
        ('{"a": NaN}', "1:7 L02 not valid JSON"),
        ('{"a": 01}', "1:8 L02 not valid JSON"),
        ("[1,]", "1:4 L02 not valid JSON"),
        ('{"a":1,}', "1:8 L02 not valid JSON"),
        ("{a: 1}", "1:2 L02 not valid JSON"),
        ('["a', "1:2 L02 not valid JSON"),
        ('["a\nb"]', "L02 not valid JSON"),
        ("[1", "1:3 L02 not valid JSON"),
        ("[1}", "1:3 L02 not valid JSON"),
        ("[] x", "1:4 L02 something stands after the document"),
        ('["\\ud800"]', "1:2 L02 the value holds a character that is no text"),
        ('["\\u0000"]', "1:2 L02 the value holds a character that is no text"),
        ("", "1:1 L02 the file is empty"),
        ("'a'", "1:1 L02 not valid JSON"),
    ],
)
def test_json_is_read_as_strictly(text, complaint):
    assert complaint in refusal(text, "task.json")[0]


@pytest.mark.parametrize("file", ["x.yaml", "x.json"])
def test_any_text_is_read_or_refused_and_nothing_else(file):
    pieces = [
        "a: ",
        "- ",
        "[",
        "}",
        "&x ",
        "*x",
        "!t ",
        "'",
        '"',
        "|\n",
        "\n",
        "  ",
        "? ",
        "%",
        "---\n",
        "\t",
        ",",
        "ủ",
    ]

    for text in map("".join, product(pieces, repeat=3)):
        with suppress(DocumentInvalid):
            assert read(text, file).positions
