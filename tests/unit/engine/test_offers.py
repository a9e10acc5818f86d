"""A button never promises what the act refuses: offers are `decide` on a draft."""

from tests.builders import AN, CHI, DUNG, FILE, GIANG, TASK, accepted, at, item, on, perform
from workflow.engine import SYSTEM_ACTOR, Perform, list_moves
from workflow.engine.events import from_plain, to_plain
from workflow.engine.facts import folded, row_facts
from workflow.engine.item import Episode
from workflow.engine.visibility import scope_of
from workflow.values import replace

DAY = "2026-06-22 09:00"


def offered(item_, actor, day="2026-06-10 09:00"):
    return {(offer.move, offer.act): offer for offer in list_moves(TASK, item_, actor, on(day))}


def test_a_move_that_only_lacks_its_inputs_is_allowed():
    started = accepted(TASK, item(), perform("start", CHI), on())

    assert offered(started, CHI)["complete", "perform"].allowed


def test_a_failed_precondition_is_shown_with_its_sentence():
    started = replace(accepted(TASK, item(), perform("start", CHI), on()), open_children=1)

    offer = offered(started, CHI)["complete", "perform"]

    assert not offer.allowed
    assert not offer.refused_by_authority_alone
    assert offer.reasons[0].sentence.en == "Not yet."


def test_the_clocks_moves_are_never_offered():
    assert all(move != "mark_late" for move, _ in offered(item(), DUNG))


def test_an_open_request_is_offered_as_a_vote_and_to_its_proposer_as_amendment_and_retreat():
    late = accepted(TASK, item(), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")), on(DAY))
    asked = accepted(TASK, late, perform("plan", CHI, cause_note="a", plan_due_on="2026-06-30"), on(DAY))

    assert offered(asked, DUNG, DAY)["plan", "vote"].allowed
    assert {("plan", "amend"), ("plan", "take_back")} <= set(offered(asked, CHI, DAY))
    assert not offered(asked, AN, DAY)["plan", "vote"].allowed


def test_the_outcome_is_named_where_it_is_certain():
    done = accepted(
        TASK, accepted(TASK, item(), perform("start", CHI), on()), perform("complete", CHI, evidence=(FILE,)), on()
    )

    assert offered(done, DUNG)["verify", "perform"].target == "verified"
    assert offered(done, DUNG)["rework", "perform"].target == "in_progress"


def test_an_auditor_is_refused_everything_by_authority_alone():
    assert all(offer.refused_by_authority_alone for offer in list_moves(TASK, item(), GIANG, on()))


def test_every_event_survives_its_plain_form():
    late = accepted(TASK, item(), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")), on(DAY))
    from workflow.engine import decide

    for command in (
        perform("plan", CHI, cause_note="a", plan_due_on="2026-06-30"),
        perform("transfer", DUNG, to_unit="vp"),
    ):
        for event in decide(TASK, late, command, on(DAY)).events:
            assert from_plain(to_plain(event)) == event


def test_an_item_waits_for_the_head_until_somebody_is_named():
    started = accepted(TASK, item(), perform("start", CHI), on())
    assigned = replace(started, fields={**started.fields, "assignee": "an"})

    assert row_facts(TASK, started).waits_on == "unit_head"
    assert row_facts(TASK, assigned).waits_person == "an"


def test_an_open_request_waits_for_its_voters():
    late = accepted(TASK, item(), Perform(SYSTEM_ACTOR, "mark_late", effective_at=at("2026-06-20")), on(DAY))
    asked = accepted(TASK, late, perform("plan", CHI, cause_note="a", plan_due_on="2026-06-30"), on(DAY))

    assert row_facts(TASK, asked).waits_on == "chairman"


def test_search_folds_diacritics_and_both_spellings():
    assert folded("Đường An") == "duong an"
    assert folded("hòa") == folded("hoà") == "hoa"


def test_private_text_is_not_searched():
    noted = replace(item(), fields={"title": "Công khai", "cause_note": "bí mật"})

    assert "bi mat" not in row_facts(TASK, noted).search


def test_reading_follows_the_post():
    other = item(unit="vp")

    assert not scope_of(AN).covers(other)
    assert scope_of(AN).covers(item())
    assert scope_of(DUNG).covers(other)
    assert scope_of(AN).covers(replace(other, fields={**other.fields, "support_units": "kt hcc"}))
    assert not scope_of(replace(DUNG, roles=frozenset({"admin"}))).covers(other)


def test_a_unit_reads_on_what_it_led_before_or_was_late_with():
    other = item(unit="vp")
    late = Episode(1, on("2026-06-20 00:00").now, on("2026-06-20 06:10").now, "kt")

    for kept in (
        replace(other, fields={**other.fields, "previous_unit": "kt"}),
        replace(other, episodes=(late,)),
    ):
        assert scope_of(AN).covers(kept)
        assert " kt " in row_facts(TASK, kept).support
