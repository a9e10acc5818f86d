"""F17: whoever owns the database changes the past. What verify.py alone finds with a root from outside, and what without one."""

import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tests.bundles import Parts, changed, put_together, rechained, sealed_parts, size_of, taken_apart, verified
from tests.databases import sqlite_ground
from tests.offices import caller, moved, new_task, opened_office
from tests.sealing import sealer_of
from workflow.audit import canonical
from workflow.audit.keys import SigningKey
from workflow.exports import bundle
from workflow.services.items import comment
from workflow.services.sealing import seal

ENTRIES = 3000
POSITIONS = 20
ORIGIN = "duongan.haiphong/audit"


@dataclass(frozen=True)
class Log:
    """A log as it is, signed by `key`; `root` is the note that left the building when it was this long."""

    parts: Parts
    key: SigningKey

    @property
    def root(self) -> str:
        return self.parts.notes[-1]


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Iterator[Log]:
    """At least 3,000 entries of an office at work, out of a bundle that the product wrote."""
    folder = tmp_path_factory.mktemp("tampered")
    ground = sqlite_ground(folder)
    office = opened_office(ground)
    head = caller(office, "head.kt")
    written = 0
    while written < ENTRIES:
        code = new_task(office)
        for step in range(12):
            moved(office, "head.kt", code, "progress", progress=str(step * 8), result_note="Đã rà soát")
            comment(office, head, code, "Đề nghị bổ sung số liệu")
        written += 27
    with sealer_of(ground.databases[-1]) as sealer:
        seal(sealer)
    file = folder / "audit.zip"
    with office.read() as uow:
        bundle.write(uow, file, private=True, at=office.clock.now(), zone=office.zone)
    key = SigningKey.new(ORIGIN)
    yield Log(sealed_parts(taken_apart(file), key), key)
    ground.close()


@dataclass(frozen=True)
class Tampered:
    """`first` is the first entry at which something does not hold; None where nothing but a root tells.

    `seen` is the entry at which that shows.
    """

    parts: Parts
    place: int
    first: int | None = None
    seen: int | None = None


def stream(body: bytes) -> str:
    return str(canonical.decode(body)["stream"])


def following(bodies, place: int) -> int | None:
    """Where the stream of the entry at `place` goes on."""
    name = stream(bodies[place])
    return next((at for at in range(place + 1, len(bodies)) if stream(bodies[at]) == name), None)


def unsigned_from(parts: Parts, place: int) -> Parts:
    """Checkpoints that no longer fit are dropped: whoever has no key can do no better."""
    return replace(parts, notes=tuple(note for note in parts.notes if size_of(note) <= place))


def edited(body: bytes) -> bytes:
    return changed(body, cli="api")


def edit(log: Log, place: int) -> Tampered:
    bodies = list(log.parts.bodies)
    bodies[place] = edited(bodies[place])
    return Tampered(replace(log.parts, bodies=tuple(bodies)), place, place, following(log.parts.bodies, place))


def delete(log: Log, place: int) -> Tampered:
    bodies = [*log.parts.bodies[:place], *log.parts.bodies[place + 1 :]]
    after = following(log.parts.bodies, place)
    first = None if after is None else after - 1
    return Tampered(replace(log.parts, bodies=tuple(bodies)), place, first, first)


def swap(log: Log, place: int) -> Tampered:
    """With the next entry of the same stream, which comes first then."""
    bodies = list(log.parts.bodies)
    after = following(bodies, place)
    if after is None:
        return edit(log, place)
    bodies[place], bodies[after] = bodies[after], bodies[place]
    return Tampered(replace(log.parts, bodies=tuple(bodies)), place, place, place)


def insert(log: Log, place: int) -> Tampered:
    """An entry that was there before, a second time."""
    bodies = [*log.parts.bodies[:place], log.parts.bodies[place - 1], *log.parts.bodies[place:]]
    return Tampered(replace(log.parts, bodies=tuple(bodies)), place, place, place)


def cut(log: Log, place: int) -> Tampered:
    kept = unsigned_from(replace(log.parts, bodies=log.parts.bodies[:place]), place)
    opened = tuple(line for line in kept.private or () if json.loads(line)["seq"] < place)
    return Tampered(replace(kept, private=opened), place)


def rechain(log: Log, place: int) -> Tampered:
    bodies = list(log.parts.bodies)
    bodies[place] = edited(bodies[place])
    return Tampered(unsigned_from(replace(log.parts, bodies=rechained(bodies, place)), place), place)


def renumber(log: Log, place: int) -> Tampered:
    """One that moved nothing is gone, and the numbers after it have no gap."""
    while canonical.decode(log.parts.bodies[place]).get("tr") not in (None, "progress"):
        place += 1
    bodies = [*log.parts.bodies[:place], *log.parts.bodies[place + 1 :]]
    parts = unsigned_from(replace(log.parts, bodies=rechained(bodies, place), private=None), place)
    return Tampered(parts, place)


def forged_checkpoints(log: Log, place: int) -> Tampered:
    """With the stolen key all of it is signed again."""
    parts = rechain(log, place).parts
    return Tampered(sealed_parts(parts, log.key), place)


def wrong_key(log: Log, place: int) -> Tampered:
    parts = rechain(log, place).parts
    other = sealed_parts(parts, SigningKey.new(ORIGIN))
    kept = tuple(note for note in log.parts.notes if size_of(note) <= place)
    notes = (*kept, *(note for note in other.notes if size_of(note) > place))
    return Tampered(replace(parts, notes=notes), place)


def forked(log: Log, place: int) -> Tampered:
    """Another continuation, as long as the true one, shown to this auditor alone; what came before is the same."""
    bodies = list(log.parts.bodies)
    bodies[place:] = [edited(body) for body in bodies[place:]]
    parts = replace(log.parts, bodies=rechained(bodies, place))
    return Tampered(sealed_parts(parts, log.key), place)


def backdated(log: Log, place: int) -> Tampered:
    bodies = list(log.parts.bodies)
    while canonical.decode(bodies[place])["n"] == 1:
        place += 1
    bodies[place] = changed(bodies[place], rec="2020-01-01T00:00:00.000000Z")
    return Tampered(replace(log.parts, bodies=rechained(bodies, place)), place, place, place)


def forbidden(log: Log, place: int) -> Tampered:
    """A move by somebody whom the definition does not let make it."""
    bodies = list(log.parts.bodies)
    while canonical.decode(bodies[place]).get("tr") is None:
        place += 1
    said = canonical.decode(bodies[place])
    bodies[place] = changed(bodies[place], act={**said["act"], "role": "auditor"})
    return Tampered(replace(log.parts, bodies=rechained(bodies, place)), place, place, place)


KINDS: dict[str, Callable[[Log, int], Tampered]] = {
    "edit": edit,
    "delete": delete,
    "swap": swap,
    "insert": insert,
    "cut": cut,
    "rechain": rechain,
    "renumber": renumber,
    "forged checkpoints": forged_checkpoints,
    "wrong key": wrong_key,
    "forked": forked,
    "backdated": backdated,
    "forbidden": forbidden,
}
NEEDS_A_ROOT = {"cut", "rechain", "renumber", "forged checkpoints", "forked"}
"""What nothing inside of the bundle tells: the chain is right again, and what does not fit was taken away or signed again."""
SIGNED_AGAIN = {"forged checkpoints", "forked"}


def expected(kind: str, made: Tampered) -> int:
    """The first bad entry: the one at fault where it shows before a root does, else the first after the last root that holds."""
    if kind in SIGNED_AGAIN:
        # Checkpoints of a key that signs anything are worth nothing: only what was brought before counts.
        return 0
    held = max((size_of(note) for note in made.parts.notes if size_of(note) <= made.place), default=0)
    wrong = min((size_of(note) for note in made.parts.notes if size_of(note) > made.place), default=10**9)
    if made.first is None or made.seen is None or made.seen >= wrong:
        return held
    return made.first


def positions(kind: str, log: Log, count: int) -> list[int]:
    chosen = random.Random(kind)
    return sorted(chosen.sample(range(10, len(log.parts.bodies) - 60), count))


@pytest.fixture
def root(log, tmp_path):
    file = tmp_path / "root.txt"
    file.write_text(log.root, encoding="utf-8")
    return file


def test_the_log_as_it_is_holds_with_and_without_a_root(log, root, tmp_path):
    file = put_together(log.parts, tmp_path / "audit.zip")

    with_root, without = verified(file, root), verified(file)

    assert len(log.parts.bodies) >= ENTRIES
    assert (with_root.code, without.code) == (0, 0), with_root.said
    assert "ĐẠT" in with_root.said
    assert "chưa mang theo gốc" in without.said
    assert f"{len(log.parts.private)} nội dung riêng khớp" in with_root.said


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_root_from_outside_all_of_it_is_found_and_the_first_bad_entry_named(log, root, tmp_path, kind):
    missed = []
    for place in positions(kind, log, POSITIONS):
        made = KINDS[kind](log, place)
        found = verified(put_together(made.parts, tmp_path / "audit.zip"), root)
        if (found.code, found.seq) != (1, expected(kind, made)):
            missed.append((place, expected(kind, made), found))

    assert not missed, missed[0]


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_root_only_that_is_found_which_the_owner_did_not_make_right_again(log, tmp_path, kind):
    found = set()
    for place in positions(kind, log, 4):
        made = KINDS[kind](log, place)
        found.add(verified(put_together(made.parts, tmp_path / "audit.zip")).code)

    assert found == ({0} if kind in NEEDS_A_ROOT else {1})


def test_a_private_text_that_was_never_written_does_not_open_its_commitment(log, root, tmp_path):
    for place in positions("private", log, POSITIONS):
        lines = [json.loads(line) for line in log.parts.private]
        number = place % len(lines)
        lines[number]["value"] = "Chưa từng nói"
        private = tuple(json.dumps(line, ensure_ascii=False).encode() for line in lines)

        found = verified(put_together(replace(log.parts, private=private), tmp_path / "audit.zip"), root)

        assert (found.code, found.seq) == (1, lines[number]["seq"])


def test_an_erased_private_text_leaves_everything_else_as_it_was(log, root, tmp_path):
    kept = log.parts.private[:7] + log.parts.private[8:]

    found = verified(put_together(replace(log.parts, private=kept), tmp_path / "audit.zip"), root)

    assert found.code == 0, found.said


def test_a_definition_that_was_rewritten_is_no_longer_the_one_of_its_entries(log, root, tmp_path):
    name = next(name for name in log.parts.others if name.startswith("definitions/task-"))
    others = {**log.parts.others, name: log.parts.others[name].replace(b"by: [chairman", b"by: [auditor, chairman", 1)}
    first = next(place for place, body in enumerate(log.parts.bodies) if b'"name":"task"' in body)

    found = verified(put_together(replace(log.parts, others=others), tmp_path / "audit.zip"), root)

    assert (found.code, found.seq) == (1, first)


def test_a_root_of_another_log_is_not_that_of_this_one(log, tmp_path):
    other = sealed_parts(replace(log.parts, bodies=log.parts.bodies[:500]), SigningKey.new("other/audit"))
    strange = tmp_path / "root.txt"
    strange.write_text(other.notes[-1], encoding="utf-8")

    found = verified(put_together(log.parts, tmp_path / "audit.zip"), strange)

    assert (found.code, found.seq) == (1, 0)


def test_a_root_copied_from_paper_is_enough(log, tmp_path):
    paper = tmp_path / "root.txt"
    paper.write_text("\r\n".join(log.root.split("\n")[:3]), encoding="utf-8")
    made = forked(log, 1234)

    good = verified(put_together(log.parts, tmp_path / "audit.zip"), paper)
    bad = verified(put_together(made.parts, tmp_path / "forged.zip"), paper)

    assert (good.code, bad.code) == (0, 1)


def test_of_two_roots_that_were_brought_the_first_bad_entry_lies_between(log, tmp_path):
    early, late = tmp_path / "early.txt", tmp_path / "late.txt"
    early.write_text(log.parts.notes[3], encoding="utf-8")
    late.write_text(log.root, encoding="utf-8")

    found = verified(put_together(forked(log, 1234).parts, tmp_path / "audit.zip"), late, early)

    assert (found.code, found.seq) == (1, 1000)


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"events.ndjson.gz", b"Events.ndjson.gz"),
        lambda _content: b"",
    ],
)
def test_a_broken_file_is_told_in_a_sentence(log, tmp_path, broken):
    file = put_together(log.parts, tmp_path / "audit.zip")
    file.write_bytes(broken(file.read_bytes()))

    found = verified(file)

    assert (found.code, found.seq) == (1, 0)


def test_a_file_that_was_added_is_told(log, tmp_path):
    file = put_together(log.parts, tmp_path / "audit.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("doc.txt", "Đọc tệp này trước")

    found = verified(file)

    assert found.code == 1
    assert "doc.txt" in found.said
