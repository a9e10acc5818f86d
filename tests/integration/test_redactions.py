"""A private text is erased: who asks, who decides, what of it is left anywhere, and what the log still proves."""

import pytest

from tests.bundles import put_together, sealed_parts, taken_apart, verified
from tests.offices import caller, moved, new_task, opened_office, tried
from tests.sealing import sealer_of
from workflow.audit import ERASED, canonical
from workflow.audit.keys import SigningKey
from workflow.errors import NotFound
from workflow.exports import bundle
from workflow.persistence import redaction_list
from workflow.persistence.backup import back_up
from workflow.persistence.erasure import Eraser
from workflow.persistence.statements import observing
from workflow.services import auditing
from workflow.services.items import comment
from workflow.services.moves import Done
from workflow.services.past import items_then
from workflow.services.redactions import (
    Wanted,
    ask,
    carry_out_granted,
    case,
    glimpse,
    grant,
    newest,
    refuse,
    to_decide,
)
from workflow.services.sealing import seal
from workflow.values import replace

SECRET = "Bà Nguyễn Thị Hạnh ở ngõ 12 bị bệnh tim, số điện thoại 0912345678"
GROUND = "Luật 91/2025/QH15, Điều 14"


@pytest.fixture
def office(ground):
    made = opened_office(ground)
    database = ground.databases[-1]
    return replace(made, eraser=Eraser(database.owner_url, database.folder / redaction_list.FILE))


@pytest.fixture
def task(office):
    """A task whose result and a comment say the same about somebody."""
    code = new_task(office)
    moved(office, "head.kt", code, "progress", progress="30", result_note=SECRET, comment=SECRET)
    comment(office, caller(office, "head.kt"), code, SECRET)
    return code


def item_of(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def comments(office, code):
    item = item_of(office, code)
    with office.read() as uow:
        return [one.text for one in uow.comments.of_item(item.id)]


def places(office, code):
    return [(one.n, one.field) for one in glimpse(office, caller(office, "admin"), code).sealed]


def asked_about(office, code):
    n, field = places(office, code)[0]
    made = ask(office, caller(office, "admin"), Wanted(code, n, field, GROUND))
    assert not isinstance(made, tuple), made
    return made


def erased(office, code):
    made = asked_about(office, code)
    done = grant(office, caller(office, "chairman"), made.id, "")
    assert not isinstance(done, tuple), done
    return made


def log(office, stream, kind):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.of_type(stream, kind)]


def codes(reasons):
    assert isinstance(reasons, tuple), reasons
    return {reason.code for reason in reasons}


def everything(office):
    """Every row of every table as text."""
    with office.read() as uow:
        cursor = uow.cursor.raw
        listed = (
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
            if uow.cursor.name == "sqlite"
            else "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        names = [row[0] for row in cursor.execute(listed).fetchall()]
        return {name: str(cursor.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names}


def test_the_text_is_gone_from_every_table(office, task):
    assert sum(SECRET in rows for rows in everything(office).values()) >= 3

    erased(office, task)

    assert [name for name, rows in everything(office).items() if SECRET in rows or "Hạnh" in rows] == []


def test_not_one_byte_of_it_is_left_in_the_files_or_in_a_new_backup(office, task, ground, tmp_path):
    if ground.name != "sqlite":
        pytest.skip("a server keeps its own files")
    folder = ground.databases[-1].folder
    needle = "Hạnh ở ngõ 12".encode()
    files = [folder / name for name in ("office.sqlite", "office.sqlite-wal")]
    assert any(needle in file.read_bytes() for file in files)

    erased(office, task)

    back_up(ground.databases[-1].owner, tmp_path / "copy.sqlite")
    for file in (*files, tmp_path / "copy.sqlite", folder / redaction_list.FILE):
        assert needle not in file.read_bytes(), file


def test_the_log_stays_as_it_was_and_tells_what_was_erased_not_what_it_said(office, task):
    item = item_of(office, task)
    stream = f"task/{item.id}"
    with office.read() as uow:
        before = uow.audit.stream(stream)
    said = places(office, task)

    made = erased(office, task)

    with office.read() as uow:
        assert uow.audit.stream(stream) == before
    entries = log(office, "log", "redaction")
    assert sorted((one["redaction"]["n"], one["redaction"]["field"]) for one in entries) == sorted(said)
    assert {one["redaction"]["stream"] for one in entries} == {stream}
    assert {one["redaction"]["ground"] for one in entries} == {GROUND}
    assert {one["act"]["id"] for one in entries} == {caller(office, "chairman").actor.id}
    assert {one["redaction"]["asked_by"] for one in entries} == {made.asked_by}
    assert auditing.verify(office).ok


def test_the_tree_does_not_change_and_no_export_holds_the_text(office, task, ground, tmp_path):
    key = SigningKey.new("duongan.haiphong/audit")
    with sealer_of(ground.databases[-1]) as sealer:
        seal(sealer)
        before = bundled(office, tmp_path / "before.zip")
        erased(office, task)
        seal(sealer)
        after = bundled(office, tmp_path / "after.zip")
    size = len(before.bodies)
    # One root held since before the erasing, one after it.
    signed = put_together(sealed_parts(after, key, (size, len(after.bodies))), tmp_path / "signed.zip")
    root = tmp_path / "root"
    root.write_text(sealed_parts(before, key, (size,)).notes[0], encoding="utf-8")

    assert after.bodies[:size] == before.bodies
    assert len(after.bodies) > size
    assert any(SECRET.encode() in line for line in before.private)
    assert not any(SECRET.encode() in line for line in after.private + after.bodies)
    assert verified(signed, root).code == 0


def bundled(office, file):
    with office.read() as uow:
        bundle.write(uow, file, private=True, at=office.clock.now(), zone=office.zone)
    return taken_apart(file)


def test_a_replay_still_yields_the_row_and_the_version_stays(office, task):
    before = item_of(office, task)

    erased(office, task)

    after = item_of(office, task)
    assert after.fields["result_note"] == ERASED
    assert after == replace(before, fields=after.fields)
    assert auditing.replay(office).differences == ()
    assert isinstance(tried(office, "head.kt", task, "progress", progress="40"), Done)
    assert auditing.replay(office).differences == ()


def test_what_was_as_of_then_no_longer_says_it(office, task):
    auditor = caller(office, "auditor")
    erased(office, task)

    with office.read() as uow:
        found = list(items_then(uow, auditor, office.clock.now()))
    assert SECRET not in str(found)


def test_a_comment_shows_that_it_was_erased(office, task):
    erased(office, task)

    assert comments(office, task) == [ERASED]


def test_a_long_text_is_erased_beside_other_items_too(office, task):
    other = new_task(office, unit="vp")
    comment(office, caller(office, "chairman"), other, SECRET)
    made = asked_about(office, task)
    copies = case(office, caller(office, "chairman"), made.id).copies
    assert other in {copy.code for copy in copies}

    grant(office, caller(office, "chairman"), made.id, "")

    assert places(office, other) == []


def test_a_short_text_stays_where_other_items_say_the_same(office):
    one, other = new_task(office), new_task(office)
    for code in (one, other):
        comment(office, caller(office, "chairman"), code, "Đồng ý")

    erased(office, one)

    assert places(office, one) == []
    assert len(places(office, other)) == 1
    assert comments(office, other) == ["Đồng ý"]
    assert auditing.replay(office).differences == ()


def test_a_draft_a_wish_and_a_job_that_hold_the_text_hold_it_no_longer(office, task):
    item = item_of(office, task)
    with office.write() as uow:
        uow.drafts.keep("p1", item.id, "progress", {"result_note": SECRET, "progress": "50"}, office.clock.now())

    erased(office, task)

    with office.read() as uow:
        assert uow.drafts.find("p1", item.id, "progress").inputs == {"result_note": ERASED, "progress": "50"}


@pytest.mark.usefixtures("task")
def test_a_text_that_is_gone_without_an_entry_is_found_by_the_replay(office, ground):
    with ground.databases[-1].owner.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_private WHERE field = 'comment'")

    found = auditing.replay(office).differences

    assert {(one.row, one.fact.split()[1]) for one in found} == {("missing", "comment")}


@pytest.mark.usefixtures("task")
def test_a_text_that_was_put_in_the_place_of_another_is_found_by_the_replay(office, ground):
    with ground.databases[-1].owner.begin() as connection:
        if ground.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_private_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_private DISABLE TRIGGER audit_private_change")
        connection.exec_driver_sql("UPDATE audit_private SET value = '\"khác\"' WHERE field = 'comment'")

    found = auditing.replay(office).differences

    assert {(one.row, one.fact.split()[1]) for one in found} == {("changed", "comment")}


def test_the_administrator_sees_where_something_is_sealed_and_nothing_of_it(office, task):
    seen = glimpse(office, caller(office, "admin"), task)

    assert {one.field for one in seen.sealed} == {"comment", "result_note"}
    assert SECRET not in str(seen)
    asked_about(office, task)
    assert SECRET not in str(newest(office, caller(office, "admin")))


def test_nothing_is_erased_before_the_chairman_decides(office, task):
    before = places(office, task)

    made = asked_about(office, task)

    chairman = caller(office, "chairman").actor
    assert places(office, task) == before
    assert item_of(office, task).fields["result_note"] == SECRET
    with office.read() as uow:
        assert [one.id for one in to_decide(uow, chairman)] == [made.id]
    assert log(office, "admin", "admin")[-1]["admin"]["act"] == "redaction_asked"
    assert case(office, caller(office, "chairman"), made.id).text == SECRET


@pytest.mark.parametrize("login", ["admin", "vice", "head.kt", "auditor", "clerk"])
def test_nobody_else_decides_or_even_sees_the_request(office, task, login):
    made = asked_about(office, task)
    asker = caller(office, login)

    for act in (grant, refuse):
        with pytest.raises(NotFound):
            act(office, asker, made.id, "x")
    with pytest.raises(NotFound):
        case(office, asker, made.id)
    with office.read() as uow:
        assert to_decide(uow, asker.actor) == ()


@pytest.mark.parametrize("login", ["chairman", "head.kt", "auditor"])
def test_only_the_administrator_asks(office, task, login):
    asker = caller(office, login)

    assert codes(ask(office, asker, Wanted(task, 1, "comment", GROUND))) == {"not_permitted"}
    assert glimpse(office, asker, task).code == "not_permitted"
    assert newest(office, asker).code == "not_permitted"


def test_a_refusal_keeps_the_text_and_needs_its_words(office, task):
    made = asked_about(office, task)

    assert codes(refuse(office, caller(office, "chairman"), made.id, " ")) == {"input_missing"}
    refused = refuse(office, caller(office, "chairman"), made.id, "Còn phải lưu trữ")

    assert refused.outcome == "refused"
    assert item_of(office, task).fields["result_note"] == SECRET
    assert codes(grant(office, caller(office, "chairman"), made.id, "")) == {"redaction_decided"}


def test_what_cannot_be_asked_is_told(office, task):
    admin = caller(office, "admin")
    n, field = places(office, task)[0]

    assert codes(ask(office, admin, Wanted(task, n, field, " "))) == {"input_missing"}
    assert codes(ask(office, admin, Wanted(task, n, field, "x" * 201))) == {"ground_too_long"}
    assert codes(ask(office, admin, Wanted(task, 1, "title", GROUND))) == {"redaction_unknown"}
    asked_about(office, task)
    assert codes(ask(office, admin, Wanted(task, n, field, GROUND))) == {"redaction_open"}
    with pytest.raises(NotFound):
        ask(office, admin, Wanted("NV-2026-9999", 1, "comment", GROUND))


def test_where_this_process_may_not_erase_another_does_it_later(office, task):
    bound = replace(office, eraser=None)
    made = asked_about(bound, task)
    grant(bound, caller(office, "chairman"), made.id, "")
    assert item_of(office, task).fields["result_note"] == SECRET

    assert carry_out_granted(office) == 1

    assert item_of(office, task).fields["result_note"] == ERASED
    assert carry_out_granted(office) == 0


def test_the_list_beside_the_database_names_what_was_erased(office, task, ground):
    said = places(office, task)

    erased(office, task)

    listed = redaction_list.read(ground.databases[-1].folder / redaction_list.FILE)
    assert sorted((one.n, one.field) for one in listed) == sorted(said)
    assert {one.ground for one in listed} == {GROUND}


class Broken(Exception):
    """The fault that a test plants."""


def test_a_fault_at_every_statement_of_an_erasing_leaves_all_of_it_or_nothing(office, task):
    waiting = replace(office, eraser=None)
    made = asked_about(waiting, task)
    grant(waiting, caller(office, "chairman"), made.id, "")
    before, step = everything(office), 0
    while True:
        step += 1
        seen = []

        def breaking(name, seen=seen, step=step):
            seen.append(name)
            if len(seen) == step:
                raise Broken(name)

        try:
            with observing(breaking):
                carry_out_granted(office)
        except Broken:
            if seen[-1] != "committed":
                assert everything(office) == before, seen[-1]
                continue
        break

    assert step > 10
    carry_out_granted(office)
    assert item_of(office, task).fields["result_note"] == ERASED
    assert auditing.replay(office).differences == ()
    assert len(log(office, "log", "redaction")) == len({(one.n, one.field) for one in gone(office, task)})


def gone(office, code):
    item = item_of(office, code)
    with office.read() as uow:
        return uow.redactions.gone_of(f"task/{item.id}")
