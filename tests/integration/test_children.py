"""Rules of parents and children: one act, one transaction, one entry an item; a refusal of any undoes all."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.offices import OPENING, caller, moved, opened_office, tried
from workflow.audit import canonical
from workflow.errors import NotFound
from workflow.services import auditing
from workflow.services.editions import Editions
from workflow.services.items import Created, NewItem, NotCreated, creatable, create
from workflow.services.moves import Refused
from workflow.values import replace

FAMILY = Path(__file__).parents[1] / "definitions" / "family"


def with_family(office, *names, spelt=lambda text: text):
    """The office with these workflows in force, unchecked: two of their moves ask what the other cannot do."""
    known = replace(office.names, workflows=office.names.workflows | {"errand", "part", "link"})
    with office.write() as uow:
        for name in names:
            text = spelt((FAMILY / f"{name}.yaml").read_text(encoding="utf-8")).encode()
            fingerprint = hashlib.sha256(text).hexdigest()
            uow.definitions.add(name, 1, fingerprint, text, f"{name}.yaml", at=OPENING, by="system")
    return replace(office, names=known, editions=Editions(office.read, known))


@pytest.fixture
def office(ground):
    return with_family(opened_office(ground), "errand", "part", "link")


def created(office, login, workflow, parent=None, **fields):
    made = create(office, caller(office, login), NewItem(workflow, "kt", {"title": "Việc"} | fields, parent))
    assert isinstance(made, Created), made
    return made.item.code


@pytest.fixture
def errand(office):
    return created(office, "chairman", "errand")


def parted(office, errand, title="Phần một"):
    """The code of a new part of the errand."""
    moved(office, "head.kt", errand, "split", note=title)
    return children(office, errand)[-1].code


def item(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def children(office, code):
    with office.read() as uow:
        parent = uow.items.get(code).item
        return [child.item for child in uow.items.children(parent.id)]


def entries(office, code):
    with office.read() as uow:
        one = uow.items.get(code).item
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"{one.workflow}/{one.id}")]


def everything(office):
    """Every row and entry but the refusals: what a refused act must leave alone."""
    with office.read() as uow:
        rows = [stored.item for stored in uow.items.page("", 1000)]
        log = [(entry.stream, entry.n) for entry in uow.audit.entries_by_stream()]
    return rows, [entry for entry in log if not entry[0].startswith("refusal/")]


def reasons(outcome):
    assert isinstance(outcome, Refused), outcome
    return {(reason.code, reason.params.get("item")) for reason in outcome.reasons}


def whole(office):
    return auditing.verify(office).ok and auditing.replay(office).differences == ()


# -- opened and closed


def test_a_spawned_child_belongs_to_the_item_its_unit_and_the_person_who_moved_it(office, errand):
    moved(office, "head.kt", errand, "split", note="Phần một")

    child = children(office, errand)[0]
    assert (child.workflow, child.state, child.unit) == ("part", "open", "kt")
    assert dict(child.fields) == {"title": "Phần một", "weight": 3}
    assert child.created_by == caller(office, "head.kt").actor.id


def test_a_spawn_is_one_entry_in_each_stream_and_the_parents_tells_of_the_child(office, errand):
    part = parted(office, errand)

    parent, child = entries(office, errand), entries(office, part)
    assert [(body["type"], body.get("tr")) for body in parent] == [("create", None), ("move", "split")]
    assert {"e": "child", "child_id": item(office, part).id, "workflow": "part"} in parent[-1]["ev"]
    assert [body["type"] for body in child] == ["create"]
    assert item(office, errand).open_children == 1


def test_a_child_that_ends_is_counted_off_in_an_entry_of_the_parent_that_raises_its_revision(office, errand):
    part = parted(office, errand)
    before = item(office, errand)

    moved(office, "head.kt", part, "finish")

    after, last = item(office, errand), entries(office, errand)[-1]
    assert (after.open_children, after.revision) == (0, before.revision + 1)
    assert last["type"] == "child"
    assert last["ev"] == [{"e": "child_end", "child_id": item(office, part).id, "state": "finished"}]
    assert whole(office)


def test_a_child_that_leaves_its_final_state_counts_again(office, errand):
    part = parted(office, errand)
    moved(office, "head.kt", part, "finish")

    moved(office, "head.kt", part, "reopen")

    assert item(office, errand).open_children == 1
    assert whole(office)


def test_a_child_created_by_hand_counts_like_a_spawned_one(office, errand):
    inner = created(office, "chairman", "errand", errand)

    assert item(office, inner).parent == item(office, errand).id
    assert item(office, errand).open_children == 1
    assert entries(office, errand)[-1]["type"] == "child"
    assert whole(office)


def test_nobody_hangs_an_item_under_a_parent_that_he_may_not_read(office, errand):
    with pytest.raises(NotFound):
        create(office, caller(office, "head.snc"), NewItem("part", "snc", {"title": "Phần"}, errand))


def test_a_parent_cannot_close_before_its_children(office, errand):
    part = parted(office, errand)
    held = tried(office, "head.kt", errand, "close")
    moved(office, "head.kt", part, "finish")

    closed = moved(office, "head.kt", errand, "close")

    assert reasons(held) == {("condition_failed", None)}
    assert closed.item.state == "closed"


# -- signals


def test_a_signal_moves_the_parent_as_the_same_person_with_the_values_of_the_child(office, errand):
    part = parted(office, errand)

    moved(office, "head.kt", part, "tell", note="Xong một nửa", comment="Đã kiểm tra")

    last = entries(office, errand)[-1]
    assert item(office, errand).fields["note"] == "Xong một nửa"
    assert (last["tr"], last["act"]["id"]) == ("hear", caller(office, "head.kt").actor.id)
    assert "comment" in last["cmt"]
    assert whole(office)


def test_the_last_child_can_close_its_parent_in_one_entry(office, errand):
    part = parted(office, errand)
    count = len(entries(office, errand))

    moved(office, "head.kt", part, "finish_all")

    log = entries(office, errand)
    assert item(office, errand).state == "closed"
    assert [event["e"] for event in log[-1]["ev"]] == ["child_end", "moved"]
    assert (len(log), log[-1]["type"]) == (count + 1, "move")
    assert whole(office)


def test_while_a_sibling_is_open_the_parent_refuses_and_the_child_stays_open_too(office, errand):
    part = parted(office, errand)
    parted(office, errand, "Phần hai")
    before = everything(office)

    outcome = tried(office, "head.kt", part, "finish_all")

    assert reasons(outcome) == {("condition_failed", errand)}
    assert everything(office) == before


def test_a_signal_reaches_every_open_child_that_knows_the_move(office, errand):
    first, second = parted(office, errand), parted(office, errand, "Phần hai")
    done = parted(office, errand, "Phần ba")
    moved(office, "head.kt", done, "finish")
    inner = created(office, "chairman", "errand", errand)

    moved(office, "chairman", errand, "stop", comment="Không còn cần")

    states = [item(office, code).state for code in (errand, first, second, done, inner)]
    assert states == ["dropped", "dropped", "dropped", "finished", "open"]
    assert item(office, errand).open_children == 1
    assert [event["e"] for event in entries(office, errand)[-1]["ev"]] == ["moved", "child_end", "child_end"]
    assert whole(office)


def test_where_one_child_refuses_nothing_is_written_and_each_reason_names_its_item(office, errand):
    first, second = parted(office, errand), parted(office, errand, "Phần hai")
    before = everything(office)

    outcome = tried(office, "head.kt", errand, "stop", comment="Không còn cần")

    assert reasons(outcome) == {("not_permitted", first), ("not_permitted", second)}
    assert everything(office) == before


def test_where_the_child_cannot_be_created_the_move_is_not_made(office, errand):
    before = everything(office)

    outcome = tried(office, "chairman", errand, "split_badly", note="Phần một")

    assert reasons(outcome) == {("not_permitted", errand), ("input_missing", errand)}
    assert everything(office) == before
    assert item(office, errand).open_children == 0


def test_a_parent_that_knows_no_such_move_refuses(office, errand):
    outcome = tried(office, "head.kt", parted(office, errand), "tell_in_vain")

    assert reasons(outcome) == {("move_unknown", errand)}


@pytest.mark.parametrize(("move", "refusing"), [("tell_twice", "errand"), ("give_up", "part")])
def test_one_act_moves_no_item_twice(office, errand, move, refusing):
    part = parted(office, errand)
    before = everything(office)

    outcome = tried(office, "head.kt", part, move, comment="Không làm được")

    assert reasons(outcome) == {("signalled_twice", errand if refusing == "errand" else part)}
    assert everything(office) == before


def test_an_act_passes_through_five_items_and_no_further(office, errand):
    chain = [errand]
    for _ in range(5):
        chain.append(created(office, "head.kt", "link", chain[-1]))

    far, too_far = tried(office, "head.kt", chain[4], "rise"), tried(office, "head.kt", chain[5], "rise")

    assert not isinstance(far, Refused)
    assert reasons(too_far) == {("signals_too_deep", errand)}
    assert whole(office)


def test_a_workflow_that_was_never_published_refuses_the_spawn(tmp_path):
    opened = with_family(opened_office(tmp_path), "errand")
    errand = created(opened, "chairman", "errand")

    outcome = tried(opened, "head.kt", errand, "split", note="Phần một")

    assert reasons(outcome) == {("workflow_missing", errand)}


def test_what_speaks_to_its_parent_is_neither_offered_nor_created_alone(office):
    head = caller(office, "head.kt")
    alone = create(office, head, NewItem("part", "kt", {"title": "Phần"}))
    with office.read() as uow:
        offered = {definition.workflow for definition in creatable(office, uow, head)}

    assert isinstance(alone, NotCreated)
    assert [reason.code for reason in alone.reasons] == ["parent_needed"]
    assert "part" not in offered
    assert "escalation" in offered


# -- two at once


def test_two_children_that_end_at_once_are_both_counted_off(office, errand):
    parts = [parted(office, errand, f"Phần {n}") for n in range(4)]
    head = caller(office, "head.kt")
    assert head.actor.unit == "kt"
    start = Barrier(len(parts))

    def finish(code):
        start.wait()
        return moved(office, "head.kt", code, "finish").item.state

    with ThreadPoolExecutor(len(parts)) as pool:
        states = list(pool.map(finish, parts))

    assert states == ["finished"] * 4
    assert item(office, errand).open_children == 0
    assert whole(office)


# -- what binds a move binds it whoever asks for it


def with_checked_figures(text):
    """The errand holds a table of figures, against which it is held when it hears of a part."""
    return (
        text.replace(
            "require: [title], children_of: [errand]", "require: [title], optional: [table], children_of: [errand]"
        )
        .replace("states:\n", '  table: {type: figures, label: {vi: "Biểu", en: "Table"}}\nstates:\n', 1)
        .replace('label: {vi: "Ghi nhận"', 'check: [table]\n    label: {vi: "Ghi nhận"')
        if "workflow: errand" in text
        else text
    )


def test_a_move_that_another_item_asks_for_is_held_against_its_figures_as_well(ground):
    office = with_family(opened_office(ground), "errand", "part", "link", spelt=with_checked_figures)
    more_early_than_in_time = (("hs-truoc-han", 9), ("hs-dung-han", 8))
    table = [{"indicator": name, "numerator": n, "denominator": 10} for name, n in more_early_than_in_time]
    errand = created(office, "chairman", "errand", table=table)
    part = parted(office, errand)
    before = everything(office)

    told = tried(office, "head.kt", part, "tell", note="Xong một nửa")

    assert reasons(told) == {("figures_unsound", errand)}
    assert everything(office) == before
