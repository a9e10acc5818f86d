import hashlib
import io
import os
from datetime import timedelta

import pytest

from tests import files
from tests.offices import caller, moved, new_task, opened_office, tried
from workflow.audit import canonical
from workflow.clock import Clock
from workflow.errors import NotFound, TooLarge, TypeRefused
from workflow.services import auditing, evidence
from workflow.services.evidence import Uploaded, attach, open_file, sweep_files
from workflow.services.moves import Refused


@pytest.fixture
def office(ground):
    return opened_office(ground)


@pytest.fixture
def task(office):
    return new_task(office, due_on="2026-07-10")


class Endless:
    """Counts what is asked of it and never ends."""

    given = 0

    def read(self, size):
        self.given += size
        return bytes(size)


def _kept(office):
    return sorted(office.content.kept())


def _entries(office, code):
    with office.read() as uow:
        item = uow.items.get(code).item
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"task/{item.id}")]


def _attached(office, login, task, name="bảng số liệu.pdf", content=None):
    return attach(office, caller(office, login), task, name, io.BytesIO(content or files.pdf()))


def test_an_upload_is_kept_under_its_hash_and_noted_in_the_log_without_a_new_revision(office, task):
    content = files.pdf()
    with office.read() as uow:
        before = uow.items.get(task).item

    uploaded = _attached(office, "officer.kt", task)

    sha256 = hashlib.sha256(content).hexdigest()
    assert uploaded == Uploaded(sha256, "bảng số liệu.pdf", len(content), "application/pdf")
    assert _kept(office) == [sha256]
    with office.read() as uow:
        assert uow.items.get(task).item == before
    last = _entries(office, task)[-1]
    assert last["type"] == "file"
    assert last["files"] == [{"sha256": sha256, "size": len(content), "type": "application/pdf"}]
    assert auditing.verify(office).ok
    assert not auditing.replay(office).differences


def test_a_file_becomes_evidence_once_a_move_names_it(office, task):
    uploaded = _attached(office, "officer.kt", task)

    done = moved(office, "head.kt", task, "complete", result_note="Đã công khai.", evidence=[uploaded.sha256])

    assert done.item.fields["evidence"] == (uploaded.sha256,)


def test_a_file_of_another_item_is_no_evidence_here(office, task):
    other = new_task(office)
    uploaded = _attached(office, "officer.kt", other)

    refused = tried(office, "head.kt", task, "complete", result_note="Đã xong.", evidence=[uploaded.sha256])

    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["file_unknown"]


def test_the_same_bytes_again_are_the_same_upload(office, task):
    first = _attached(office, "officer.kt", task)
    entries = len(_entries(office, task))

    again = _attached(office, "head.kt", task, "tên khác.pdf")

    assert again == first
    assert len(_entries(office, task)) == entries


def test_a_file_is_opened_only_by_those_who_may_read_an_item_that_names_it(office, task):
    uploaded = _attached(office, "officer.kt", task)

    for login in ("head.kt", "chairman", "auditor", "consolidator"):
        with open_file(office, caller(office, login).actor, uploaded.sha256).content as content:
            assert content.read() == files.pdf()

    for login in ("officer.hcc", "head.snc", "admin"):
        with pytest.raises(NotFound):
            open_file(office, caller(office, login).actor, uploaded.sha256)


def test_bytes_known_from_two_items_are_read_by_the_readers_of_either(office, task):
    uploaded = _attached(office, "officer.kt", task)
    elsewhere = new_task(office, "hcc")
    _attached(office, "officer.hcc", elsewhere)

    opened = open_file(office, caller(office, "head.hcc").actor, uploaded.sha256)

    opened.content.close()
    assert opened.file.sha256 == uploaded.sha256


@pytest.mark.parametrize("name", ["0" * 64, "../../office.sqlite", "", "A" * 64])
def test_nothing_but_a_known_hash_opens_a_file(office, name):
    with pytest.raises(NotFound):
        open_file(office, caller(office, "chairman").actor, name)
    with pytest.raises(NotFound):
        office.content.open(name)


@pytest.mark.parametrize("login", ["officer.hcc", "admin"])
def test_nobody_attaches_to_an_item_he_may_not_read(office, task, login):
    with pytest.raises(NotFound):
        _attached(office, login, task)

    assert not _kept(office)


def test_an_auditor_reads_and_attaches_nothing(office, task):
    refused = _attached(office, "auditor", task)

    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["reads_only"]
    assert not _kept(office)


def test_nothing_is_attached_to_a_closed_item(office, task):
    moved(office, "chairman", task, "withdraw", comment="Trùng với nhiệm vụ đã giao.")

    refused = _attached(office, "officer.kt", task)

    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["final_state"]
    assert not _kept(office)


def test_an_upload_is_counted_while_it_is_read_and_stopped_at_the_limit(office, task):
    endless = Endless()

    with pytest.raises(TooLarge):
        attach(office, caller(office, "officer.kt"), task, "x.pdf", endless)

    assert endless.given <= evidence.MAX_BYTES + 128 * 1024
    assert not list(office.content.folder.iterdir())


def test_a_refused_file_leaves_nothing_behind(office, task):
    entries = len(_entries(office, task))

    with pytest.raises(TypeRefused):
        _attached(office, "officer.kt", task, "x.pdf", b"MZ not a PDF")

    assert not list(office.content.folder.iterdir())
    assert len(_entries(office, task)) == entries


def test_what_a_scanner_names_is_refused(office, task):
    object.__setattr__(office.content, "inspect", lambda path: "EICAR" if path.exists() else None)

    with pytest.raises(TypeRefused) as refused:
        _attached(office, "officer.kt", task)

    assert refused.value.found == "infected"
    assert not _kept(office)


def test_a_sweep_takes_what_nobody_refers_to_and_only_what_is_old(office, task):
    uploaded = _attached(office, "officer.kt", task)
    with office.content.receive(io.BytesIO(b"orphan"), 100) as arrived:
        office.content.keep(arrived)
    with office.read() as uow:
        referred = uow.files.hashes()
    now = Clock().now()

    early = office.content.sweep(referred, now - timedelta(hours=1))
    late = office.content.sweep(referred, now + timedelta(hours=1))

    assert early == ()
    assert late == (hashlib.sha256(b"orphan").hexdigest(),)
    assert _kept(office) == [uploaded.sha256]


def test_the_office_sweeps_what_is_an_hour_old_and_unreferenced(office, task):
    uploaded = _attached(office, "officer.kt", task)
    orphans = []
    for content in (b"old orphan", b"new orphan"):
        with office.content.receive(io.BytesIO(content), 100) as arrived:
            office.content.keep(arrived)
            orphans.append(arrived.sha256)
    an_hour_and_more = Clock().now().timestamp() - 3_700
    for sha256 in (uploaded.sha256, orphans[0]):
        os.utime(office.content.folder / sha256[:2] / sha256, (an_hour_and_more, an_hour_and_more))

    swept = sweep_files(office)

    assert swept == (orphans[0],)
    assert _kept(office) == sorted([uploaded.sha256, orphans[1]])


def test_a_sweep_clears_away_what_never_fully_arrived(office):
    office.content.folder.mkdir(parents=True)
    (office.content.folder / ".arriving-left").write_bytes(b"half")

    office.content.sweep(frozenset(), Clock().now() + timedelta(hours=1))

    assert not list(office.content.folder.iterdir())
