"""Whatever happens to the text of a definition, the answer is findings: never an exception, never a long wait."""

import gc
import os
import random
import time
from functools import cache
from pathlib import Path

import pytest

from workflow.catalog.library import check_text, load_folder

DEFINITIONS = Path(__file__).parents[3] / "definitions"
TASK = (DEFINITIONS / "workflows" / "task.yaml").read_text(encoding="utf-8")
LINES = TASK.splitlines(keepends=True)
WORDS = sorted({word.strip("[]{},:\"'") for word in TASK.split()} - {""})
MUTANTS = int(os.environ.get("DONDOC_MUTANTS", "300"))
SECONDS = 1.0


def without_a_line(chance):
    gone = chance.randrange(len(LINES))
    return "".join(line for n, line in enumerate(LINES) if n != gone)


def with_a_line_twice(chance):
    again, place = chance.choice(LINES), chance.randrange(len(LINES))
    return "".join([*LINES[:place], again, *LINES[place:]])


def with_two_lines_swapped(chance):
    one, other = chance.sample(range(len(LINES)), 2)
    lines = list(LINES)
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def with_another_word(chance):
    old, new = chance.sample(WORDS, 2)
    return TASK.replace(old, new, chance.choice([1, -1]))


def with_a_word_cut(chance):
    word = chance.choice(WORDS)
    return TASK.replace(word, word[: chance.randrange(len(word))], 1)


def with_odd_characters(chance):
    place = chance.randrange(len(TASK))
    odd = "".join(chance.choice("{}[]:,&*!|>'\"%@`#-?\n\t\0é\u200b\ud800") for _ in range(chance.randint(1, 8)))
    return TASK[:place] + odd + TASK[place + chance.randrange(20) :]


def with_random_bytes(chance):
    raw, place = TASK.encode(), chance.randrange(len(TASK.encode()))
    return raw[:place] + chance.randbytes(chance.randint(1, 40)) + raw[place + chance.randrange(40) :]


def cut_short(chance):
    return TASK.encode()[: chance.randrange(len(TASK.encode()))]


MUTATIONS = [
    without_a_line,
    with_a_line_twice,
    with_two_lines_swapped,
    with_another_word,
    with_a_word_cut,
    with_odd_characters,
    with_random_bytes,
    cut_short,
]


@cache
def names():
    return load_folder(DEFINITIONS).names


@pytest.fixture(autouse=True)
def nothing_of_others_to_clear_away():
    """What earlier tests of this process left is not looked through again while a check is timed."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_a_mutant_is_answered_with_findings_and_soon(mutate):
    for seed in range(-(-MUTANTS // len(MUTATIONS))):
        mutant = mutate(random.Random(f"{mutate.__name__} {seed}"))
        begun = time.process_time()

        report = check_text(mutant, "task.yaml", names())

        assert time.process_time() - begun < SECONDS, seed
        assert report.definition or report.findings, seed
        assert all(1 <= finding.line <= len(LINES) + 10 and finding.column >= 1 for finding in report.findings), seed
        assert all(finding.message.vi and finding.message.en for finding in report.findings), seed


def test_a_move_from_everywhere_to_everywhere_is_walked_once():
    states = [f"s{n}" for n in range(900)]
    text = (
        'format: 1\nworkflow: vast\nversion: 1\nlabel: {vi: "Lớn", en: "Vast"}\ncreate: {by: [chairman]}\nfields: {}\n'
        "states:\n"
        + "".join(f"  {state}: {{}}\n" for state in states).replace("s0: {}", "s0: {initial: true}")
        + f"transitions:\n  leap:\n    from: [{', '.join(states)}]\n    by: [officer]\n    to:\n"
        + "".join(f"      - {{state: {state}, if: overdue}}\n" for state in states)
        + "      - {state: s0}\n"
    )
    begun = time.process_time()

    report = check_text(text, "vast.yaml", names())

    assert report.findings
    assert time.process_time() - begun < 2 * SECONDS
