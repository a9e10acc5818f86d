"""Rules of running items under a new edition: planned, done, taken back and done again, and the log yields the rows each time."""

from collections import Counter

import pytest

from tests import editions
from tests.editions import FIRST, SECOND, THIRD, edited, items, lived_in, publish
from tests.offices import HOUSE, caller, moved, opened_office, tried
from workflow.audit import canonical
from workflow.engine import Reason
from workflow.errors import DefinitionInvalid, NotFound
from workflow.services import auditing, publishing
from workflow.services.items import NewItem, create
from workflow.services.moves import Refused
from workflow.services.succession import plan, plan_return, run, run_return
from workflow.values import replace


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """300 items over two editions: 294 at seven stages, and some that only draft."""
    made = lived_in(tmp_path_factory.mktemp("office"), 21)
    for _ in range(6):
        create(
            made,
            caller(made, "clerk"),
            NewItem("errand", "kt", {"title": "draft", "due_on": "2026-12-01", "kind": "plain"}),
        )
    return made


def entries(office, item):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"errand/{item.id}")]


def facts(item):
    """What must be the same again after a way there and back; the number of commands is not."""
    return replace(item, revision=0, visited=())


def log_holds(office):
    assert auditing.verify(office).ok
    assert auditing.replay(office).differences == ()


def test_three_editions_with_three_hundred_items_there_and_back_and_there_again(office):
    before = items(office)
    assert len(before) == 300
    assert Counter(item.version for item in before) == {1: 147, 2: 147, 3: 6}

    planned = plan(office, "errand", 3)

    assert items(office) == before
    assert len(planned.verdicts) == 252
    assert planned.possible == 252

    done = run(office, caller(office, "admin"), "errand", 3)

    after = items(office)
    assert done == planned
    assert Counter(item.version for item in after) == {1: 21, 2: 21, 3: 258}
    assert {item.state for item in after if item.version < 3} == {"closed"}
    assert [item for item in after if item.version < 3 or item.revision == 1] == [
        item for item in before if item.state == "closed" or item.version == 3
    ]
    log_holds(office)

    assert run(office, caller(office, "admin"), "errand", 3).verdicts == ()

    back = plan_return(office, "errand", 3)
    returned = run_return(office, caller(office, "admin"), "errand", 3)

    assert back == returned
    assert returned.possible == 252
    assert [facts(item) for item in items(office)] == [facts(item) for item in before]
    log_holds(office)

    again = run(office, caller(office, "admin"), "errand", 3)

    assert again.possible == 252
    assert [facts(item) for item in items(office)] == [facts(item) for item in after]
    log_holds(office)


@pytest.fixture
def small(ground):
    return lived_in(ground, 1)


def of(office, version, stage):
    return next(item for item in items(office) if item.version == version and item.fields["title"] == stage)


def test_each_verdict_tells_the_road_and_what_is_filled_and_dropped(small):
    first, second = of(small, 1, "planned"), of(small, 2, "open")

    told = {verdict.item: verdict for verdict in plan(small, "errand", 3).verdicts}

    assert (told[first.id].state, told[first.id].to_state, told[first.id].filled) == ("planned", "mended", ("kind",))
    assert (told[second.id].state, told[second.id].to_state) == ("open", "doing")
    assert (told[second.id].filled, told[second.id].dropped) == (("site",), ("place", "secret"))


def test_an_item_of_the_first_edition_passes_through_the_second(small):
    item = of(small, 1, "planned")

    run(small, caller(small, "admin"), "errand", 3)

    after = next(one for one in items(small) if one.id == item.id)
    assert (after.version, after.state, after.fields["kind"]) == (3, "mended", "plain")
    assert (after.entered_at, after.episodes, after.due) == (item.entered_at, item.episodes, item.due)
    assert after.revision == item.revision + 1


def test_one_entry_of_its_own_type_stands_in_the_log_and_shows_nothing_private(small):
    item = of(small, 2, "open")
    known = len(entries(small, item))

    run(small, caller(small, "admin"), "errand", 3)

    (entry,) = entries(small, item)[known:]
    assert (entry["type"], entry["from"], entry["to"], entry["wf"]["ver"]) == ("migrate", "open", "doing", 3)
    assert entry["ev"][0]["e"] == "migrated"
    assert entry["act"]["role"] == "admin"
    assert "Kín" not in str(entry)


def test_work_goes_on_under_the_new_edition_and_an_open_request_stands(small):
    run(small, caller(small, "admin"), "errand", 3)

    proposed = next(item for item in items(small) if item.requests and item.version == 3)
    editions.perform(small, caller(small, "chairman"), editions.MoveRequest(proposed.code, "plan", "approve"))
    moved(small, "head.kt", proposed.code, "report", note="Xong")
    moved(small, "chairman", proposed.code, "close")

    log_holds(small)


def test_what_people_did_since_is_kept_on_the_way_back(small):
    item = of(small, 2, "open")
    run(small, caller(small, "admin"), "errand", 3)
    moved(small, "head.kt", item.code, "report", note="Xong")

    run_return(small, caller(small, "admin"), "errand", 3)

    after = next(one for one in items(small) if one.id == item.id)
    assert (after.version, after.state, after.fields["note"]) == (2, "done", "Xong")
    assert (after.fields["place"], after.fields["secret"], "site" in after.fields) == ("Hội trường", "Kín", False)
    assert "Kín" not in str(entries(small, item))
    log_holds(small)


def test_only_who_administers_the_office_migrates(small):
    for login in ("chairman", "head.kt", "auditor"):
        refused = run(small, caller(small, login), "errand", 3)
        assert isinstance(refused, Reason)
        assert isinstance(run_return(small, caller(small, login), "errand", 3), Reason)

    assert {item.version for item in items(small)} == {1, 2}


def test_a_version_that_is_not_published_is_not_found(small):
    with pytest.raises(NotFound):
        plan(small, "errand", 4)
    with pytest.raises(NotFound):
        plan(small, "nothing", 1)


def stays(tmp_path, *edits, tail="migrate: [{from: 1}]\n"):
    """Why items of the first edition stay, by stage, when a second one with these edits is published past its checks."""
    office = opened_office(tmp_path)
    publish(office, FIRST)
    for stage in ("open", "late", "proposed"):
        editions.brought(office, stage, {"kind": "urgent"})
    editions.sweep(editions.at(office, editions.OPENING + editions.timedelta(days=3)))
    office = editions.at(office, editions.OPENING + editions.timedelta(days=7))
    editions.explained(office)
    text = edited(FIRST, ("version: 1\n", "version: 2\n"), *edits) + tail
    with office.write() as uow:
        report = publishing.check_text(text.encode(), "errand.yaml", office.names)
        made = report.definition
        uow.definitions.add("errand", 2, made.fingerprint, text.encode(), "errand.yaml", at=office.clock.now(), by="x")
    verdicts = run(office, HOUSE, "errand", 2).verdicts
    log_holds(office)
    by_id = {item.id: item for item in items(office)}
    return {by_id[one.item].fields["title"]: [(why.code, dict(why.params)) for why in one.reasons] for one in verdicts}


def test_an_item_whose_state_has_no_home_stays(tmp_path):
    doing = (
        ("  open: {", "  doing: {"),
        ("to: open", "to: doing"),
        ("[open", "[doing"),
        ("draft, open", "draft, doing"),
        ("state: open", "state: doing"),
    )

    found = stays(tmp_path, *doing)

    assert found["open"] == [("no_home", {"state": "open", "version": "2"})]
    assert found["late"] == []


def test_an_item_whose_value_would_be_lost_stays(tmp_path):
    without = (
        ('  kind: {type: choice, of: [plain, urgent], label: {vi: "Loại", en: "Kind"}}\n', ""),
        ("optional: [kind], ", ""),
        ("    optional: [kind]\n", ""),
    )

    found = stays(tmp_path, *without)

    assert found["open"] == [("field_lost", {"field": "kind", "version": "2"})]


def test_an_item_whose_value_no_longer_fits_stays(tmp_path):
    found = stays(tmp_path, ("of: [plain, urgent]", "of: [plain, calm]"))

    assert found["open"] == [("value_unfit", {"field": "kind", "version": "2"})]


def test_a_text_that_holds_ids_of_units_fits_a_field_of_units_and_nothing_else_does(tmp_path):
    found = stays(tmp_path, ("title: {type: text, private: false,", "title: {type: units,"))
    assert found["open"] == []

    of_a_choice = ("kind: {type: choice, of: [plain, urgent],", "kind: {type: units,")
    assert stays(tmp_path / "again", of_a_choice)["open"] == [("value_unfit", {"field": "kind", "version": "2"})]


def test_no_administrator_begins_or_ends_a_lateness(tmp_path):
    found = stays(tmp_path, tail="migrate: [{from: 1, states: {late: open, open: late}}]\n")

    assert found["open"][0] == ("lateness_changes", {"state": "open", "to": "late"})
    assert found["late"][0] == ("lateness_changes", {"state": "late", "to": "open"})


def test_an_open_request_that_would_not_stand_keeps_its_item(tmp_path):
    found = stays(tmp_path, ("require: [note, plan_on, owner]", "require: [note, plan_on, owner, kind]"))

    assert found["proposed"] == [("request_lost", {"move": "plan", "version": "2"})]
    assert found["late"] == []


def test_an_edition_that_leaves_running_items_without_a_home_is_not_published(tmp_path):
    office = opened_office(tmp_path)
    publish(office, FIRST)

    with pytest.raises(DefinitionInvalid) as refused:
        publish(office, SECOND.partition("migrate:")[0])

    assert {finding.code for finding in refused.value.findings} == {"L29", "L35"}
    with office.read() as uow:
        assert [edition.version for edition in uow.definitions.editions("errand")] == [1]


def test_every_item_keeps_its_edition_until_it_is_migrated(small):
    old = of(small, 1, "open")

    assert isinstance(tried(small, "head.kt", old.code, "report"), Refused)
    assert moved(small, "head.kt", old.code, "report", note="Xong").definition.version == 1
    with small.read() as uow:
        assert uow.items.on_editions("errand") == {1: (6, 1), 2: (6, 1)}
    assert THIRD.encode() in [edition.text for edition in _published(small)]


def _published(office):
    with office.read() as uow:
        return uow.definitions.editions("errand")
