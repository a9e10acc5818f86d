"""The locks: every package by version and hash, from wherever it comes."""

import re
import tomllib

import pytest

from tests.architecture.house_rules import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(r"^([a-z0-9.-]+)==(\S+)( ; .+?)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def _text(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def _pins(text: str) -> dict[str, str]:
    return {name: version for name, version, _, _ in PINNED.findall(text)}


def _rest(text: str) -> str:
    """What is neither a pinned package with its hashes nor a comment."""
    return re.sub(r"^ *#.*\n", "", PINNED.sub("", text), flags=re.MULTILINE)


def _wanted(*extras: str) -> set[str]:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = list(declared["project"]["dependencies"]) + list(declared["dependency-groups"]["install"])
    for extra in extras:
        lines += declared["project"]["optional-dependencies"][extra]
    return {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_with_hashes_and_names_no_place(lock):
    text = _text(lock)

    assert _pins(text)
    assert _rest(text) == ""
    assert not re.search(r"://|index|file:|/tmp", text)


def test_what_is_declared_is_locked():
    assert _wanted("postgres") <= set(_pins(_text("requirements.lock")))
    assert _wanted("postgres", "test", "check") <= set(_pins(_text("requirements-dev.lock")))


def test_tests_run_with_the_versions_that_people_run():
    people, tests = (_pins(_text(lock)) for lock in LOCKS)

    assert {name: tests.get(name) for name in people} == people


def test_a_package_without_a_hash_is_found():
    text = _text(LOCKS[0])

    assert _rest(re.sub(r"(?<=flask==).*\\\n(    --hash.*\n)+", "3.1.3\n", text)) == "flask==3.1.3\n"
