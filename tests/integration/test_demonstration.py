import stat
from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest

from tests.offices import DEFINITIONS, at, caller, empty_office, shipped
from workflow.audit import canonical
from workflow.clock import VIETNAM
from workflow.services import auditing, evidence, passwords, people
from workflow.services.deadlines import sweep
from workflow.services.demonstration import (
    Stage,
    build,
    cases,
    commune,
    password_of,
    reports,
    standing,
    tasks,
)
from workflow.services.directives import order_of
from workflow.services.file_kinds import kind_of
from workflow.services.inbox import waiting
from workflow.values import replace

PASSWORD = "mot-mat-khau-cua-van-phong-mau"
ORDER = order_of(
    shipped().obligations, (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes(), date(2026, 6, 15)
)


def _stage(folder, **changes):
    return Stage(empty_office(folder), shipped(), ORDER, passwords.hash_of(PASSWORD), **changes)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The office on the morning of 20 November, and what was told of the building of it."""
    heard = []
    stage = _stage(tmp_path_factory.mktemp("demo"), heard=lambda done, of: heard.append((done, of)))
    built = build(stage)
    return at(stage.office, built.until), built, heard


@pytest.fixture(scope="module")
def office(lived):
    return lived[0]


@pytest.fixture(scope="module")
def items(office):
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 10_000)]


def _of(items, workflow):
    return [item for item in items if item.workflow == workflow]


def _named(items, title, unit):
    return next(item for item in items if title in str(item.fields.get("title")) and item.unit == unit)


def _obliged(items, name, unit):
    return next(item for item in items if item.fields.get("obligation") == name and item.unit == unit)


def _entries(office, item):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"{item.workflow}/{item.id}")]


def test_the_log_of_the_story_is_whole_and_yields_the_rows(office, items):
    assert auditing.verify(office).ok
    replayed = auditing.replay(office)
    assert replayed.items == len(items)
    assert not replayed.differences


def test_nothing_falls_due_that_the_story_left_behind(office):
    assert sweep(office).fired == 0


@pytest.mark.parametrize("workflow", ["task", "standing"])
def test_a_task_and_a_standing_duty_stand_in_every_state(items, workflow):
    states = {item.state for item in _of(items, workflow)}

    assert states == set(shipped().workflows[workflow].definition.states)


def test_a_report_stands_in_every_state_that_the_story_can_reach(items):
    states = Counter(item.state for item in _of(items, "report"))

    # None is late with a plan.
    assert set(states) == set(shipped().workflows["report"].definition.states) - {"remediation_planned"}
    assert states["verified"] > 20


def test_every_obligation_is_registered_and_served(office, items):
    with office.read() as uow:
        directive = uow.directives.all()[0]
        rows = uow.directives.obligations(directive.id)

    assert (len({row.id for row in rows}), len(rows)) == (45, 89)
    assert sum(row.item is not None for row in rows) == 48
    assert {row.item for row in rows if row.item} <= {item.id for item in items}
    assert sum(item.fields.get("obligation") is None for item in _of(items, "task")) >= 15


def test_every_unit_has_work_ahead_behind_and_done(items):
    for unit in ("vhxh", "vp", "kt", "hcc", "snc"):
        states = {item.state for item in items if item.unit == unit}
        assert {"in_progress", "verified"} <= states, unit
    for area in shipped().names.areas:
        assert any(item.fields.get("area") == area for item in _of(items, "task")), area


def test_some_live_work_is_due_within_a_week(office, items):
    now = office.clock.now()

    soon = [
        item
        for item in _of(items, "task")
        if item.state in ("assigned", "in_progress") and now <= item.due_at <= now + timedelta(days=7)
    ]

    assert len(soon) >= 3


def test_work_was_done_early_on_the_day_and_late(items):
    seen = Counter()
    for item in _of(items, "task"):
        if item.state == "verified":
            done = datetime.fromisoformat(item.fields["completed_at"]).astimezone(VIETNAM).date()
            due = date.fromisoformat(item.fields["due_on"])
            seen["late" if done > due else "on time" if done == due else "early"] += 1

    assert seen["early"] >= 5
    assert seen["on time"] >= 3
    assert seen["late"] >= 3


def test_causes_are_subjective_objective_and_confirmed(items):
    records = [episode.record for item in items for episode in item.episodes]
    causes = Counter(record["cause_kind"].value for record in records if "cause_kind" in record)

    assert causes["subjective"] >= 3
    assert causes["objective"] >= 2
    assert causes["both"] >= 1
    assert sum("cause_confirmed" in record for record in records) >= 2


def test_a_plan_was_kept_and_another_broken(items):
    kept = _obliged(items, "vhxh-guide-iso-9001", "vhxh")
    broken = _named(items, "Chuyển trang thông tin điện tử", "snc")

    assert (kept.state, [episode.n for episode in kept.episodes]) == ("verified", [1])
    assert broken.state == "remediation_planned"
    assert [episode.ended_at is None for episode in broken.episodes] == [False, True]
    assert broken.fields["late_count"] == 2


def test_a_plan_waits_for_the_chairman_and_a_poor_one_was_rejected(office, items):
    item = _named(items, "Rút ngắn thời gian đăng ký", "kt")

    assert item.state == "late"
    assert [request.move for request in item.requests] == ["plan"]
    votes = [event for entry in _entries(office, item) for event in entry.get("ev", ()) if event["e"] == "vote"]
    assert [vote["vote"] for vote in votes] == ["reject"]
    chairman = caller(office, "chairman").actor
    with office.read() as uow:
        assert item.id in {row.item.id for row in waiting(office, uow, chairman)}


def test_a_result_was_sent_back_and_verified_afterwards(items):
    item = _obliged(items, "all-review-2026-tasks", "hcc")

    assert (item.state, item.fields["returned_count"]) == ("verified", 1)


def test_lateness_at_midnight_keeps_its_true_time_through_an_outage(office, items):
    item = _obliged(items, "hcc-advise-online-solutions", "hcc")
    episode = item.episodes[0]

    assert episode.effective_at.astimezone(VIETNAM) == datetime(2026, 8, 1, tzinfo=VIETNAM)
    assert episode.recorded_at.astimezone(VIETNAM).time() == time(6, 10)
    with office.read() as uow:
        refusals = [canonical.decode(entry.body) for entry in uow.audit.stream(f"refusal/{item.id}")]
    assert [(entry["move"], entry["codes"]) for entry in refusals] == [("complete", ["condition_failed"])]


def test_every_other_lateness_was_noticed_ten_seconds_after_midnight(items):
    item = _obliged(items, "hcc-advise-online-solutions", "hcc")
    others = [episode for one in items for episode in one.episodes if one.id != item.id]

    assert len(others) >= 10
    for episode in others:
        assert episode.recorded_at - episode.effective_at == timedelta(seconds=10)


def test_a_task_changed_hands_and_the_old_unit_keeps_its_lateness(items):
    item = _named(items, "Kiện toàn tổ công nghệ số", "hcc")

    assert item.state == "in_progress"
    assert [(episode.unit, episode.ended_at is None) for episode in item.episodes] == [("vp", False)]


def test_an_extension_ended_the_lateness_and_kept_the_old_date(items):
    item = _obliged(items, "hcc-review-simplify-procedures", "hcc")

    assert (item.fields["previous_due_on"], item.fields["due_on"]) == ("2026-09-30", "2026-11-30")
    assert item.episodes[0].record["cause_confirmed"].value is True


@pytest.mark.parametrize(
    ("workflow", "states"),
    [
        ("extension", {"pending", "granted", "refused"}),
        ("escalation", {"open", "answered", "closed"}),
        ("finding", {"in_progress", "verified"}),
        ("explanation", {"given", "noted"}),
        ("consolidation", {"collecting", "issued", "superseded"}),
    ],
)
def test_whatever_else_the_office_deals_with_stands_open_and_decided(items, workflow, states):
    assert {item.state for item in _of(items, workflow)} == states


def test_a_deputy_signed_for_his_head_and_another_may_do_so_today(office, items):
    report = next(item for item in _of(items, "report") if (item.unit, item.fields["period"]) == ("kt", "2026-08"))

    signed = next(entry for entry in _entries(office, report) if entry.get("to") == "completed")

    assert (signed["act"]["id"], signed["act"]["for"]) == tuple(
        caller(office, login).actor.id for login in ("deputy.kt", "head.kt")
    )
    assert not report.episodes
    assert [power.giver_unit for power in caller(office, "deputy.hcc").actor.delegations] == ["hcc"]
    assert caller(office, "deputy.kt").actor.delegations == ()


def test_october_of_the_commune_stands_in_three_versions_and_each_stays_readable(items):
    versions = [item for item in _of(items, "consolidation") if item.fields["period"] == "2026-10"]

    told = [(one.fields["version_no"], one.fields["units_received"], one.state) for one in versions]
    assert told == [(1, 4, "superseded"), (2, 5, "superseded"), (3, 5, "issued")]
    assert versions[0].fields["missing_units"] == "snc"
    shares = [next(row for row in one.fields["figures"] if row["indicator"] == "hs-dung-han") for one in versions]
    assert [row["numerator"] - row["denominator"] for row in shares] == [0, 0, -14]


def test_standing_duties_hold_a_line_a_month_met_and_missed(office, items):
    item = _obliged(items, "hcc-dossiers-100-on-time", "hcc")
    met = []
    for entry in _entries(office, item):
        changed = {name: new for name, _, new in entry.get("chg", ())}
        if entry.get("tr") == "record":
            met.append(changed.get("met", met[-1] if met else None))

    assert met == [False, False, False, True, True]
    assert item.fields["line_count"] == 5


def test_every_report_but_the_troubled_ones_was_sent_in_time(items):
    monthly = [item for item in _of(items, "report") if item.fields["series"] == "monthly"]
    late = {(item.fields["period"], item.unit) for item in monthly if item.episodes}

    assert late == {("2026-07", "snc"), ("2026-10", "snc"), ("2026-11", "snc")}
    twice = next(item for item in monthly if (item.fields["period"], item.unit) == ("2026-09", "hcc"))
    assert (twice.state, twice.fields["returned_count"], twice.fields["sent_count"]) == ("verified", 2, 3)


def test_figures_of_a_ratio_never_exceed_their_whole(items):
    for item in _of(items, "report"):
        for row in item.fields.get("figures") or ():
            assert row["numerator"] <= row.get("denominator", row["numerator"]), row


def test_evidence_is_there_and_readable(office, items, tmp_path):
    shas = {sha for item in items for sha in item.fields.get("evidence") or ()}

    assert len(shas) >= 50
    for sha in list(shas)[:5]:
        opened = evidence.open_file(office, caller(office, "chairman").actor, sha)
        with opened.content as content:
            (tmp_path / sha).write_bytes(content.read())
        assert kind_of(tmp_path / sha, opened.file.name) == "application/pdf"


def test_everybody_can_log_in_with_the_one_password(office):
    visit = people.Visit("127.0.0.1")

    for login in ("chairman", "vice", "clerk", "consolidator", "auditor", "admin", "head.kt", "deputy.hcc"):
        assert isinstance(people.log_in(office, login, PASSWORD, visit), people.Opened), login


def test_people_act_on_working_days_in_working_hours():
    calendar = shipped().calendars["vn-commune"]
    lives = (
        *tasks.lives(),
        *standing.lives(ORDER.obligations),
        *reports.lives(),
        *cases.lives(),
        *commune.lives(),
    )
    instants = [act.at for life in lives for act in life.acts if act.refused is None]
    instants += [life.created[0] for life in lives if life.created]
    instants += [at for at, *_ in (*commune.POWERS, *commune.gatherings())]

    assert len(instants) > 500
    for instant in instants:
        assert calendar.is_working(instant.date()), instant
        assert time(7) <= instant.time() <= time(17, 30), instant


def test_the_building_tells_how_far_it_is(lived):
    _, built, heard = lived

    assert heard[-1] == (built.steps, built.steps)
    assert [done for done, _ in heard] == list(range(1, built.steps + 1))


@pytest.mark.parametrize(
    ("today", "count"), [(date(2026, 1, 1), 0), (date(2026, 6, 16), 48 + 15), (date(2026, 7, 15), None)]
)
def test_an_earlier_day_has_lived_only_what_lies_before_it(tmp_path, today, count):
    stage = _stage(tmp_path, today=today)

    built = build(stage)

    until = datetime.combine(today, time(8), tzinfo=VIETNAM)
    assert built.until == until
    assert count in (built.items, None)
    with stage.office.read() as uow:
        told = [canonical.decode(entry.body)["rec"] for entry in uow.audit.entries_by_stream()]
        assert max(told) < canonical.instant_text(until)
        assert uow.people.by_login("chairman") is not None
    assert auditing.verify(stage.office).ok
    assert not auditing.replay(stage.office).differences


def test_a_later_day_finds_the_clock_alone_at_work(tmp_path):
    stage = _stage(tmp_path, today=date(2027, 1, 4))

    build(stage)

    with stage.office.read() as uow:
        items = [stored.item for stored in uow.items.page("", 10_000)]
    programme = _obliged(items, "all-complete-2026-programme", "kt")
    assert programme.state == "late"
    assert programme.episodes[0].recorded_at.astimezone(VIETNAM) == datetime(2027, 1, 1, 0, 0, 10, tzinfo=VIETNAM)


def test_another_round_of_the_clock_may_be_given(tmp_path):
    nights = []
    stage = _stage(tmp_path, today=date(2026, 1, 4))

    build(replace(stage, night=lambda office: nights.append(office.clock.now().astimezone(VIETNAM))))

    assert nights == [datetime(2026, 1, day, 0, 0, 10, tzinfo=VIETNAM) for day in (2, 3, 4)]


def test_the_password_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    first = password_of(tmp_path / "var")
    again = password_of(tmp_path / "var")

    kept = tmp_path / "var" / "demo-password"
    assert first == again == kept.read_text(encoding="ascii").strip()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert passwords.refusal_of(first, "chairman") is None
    assert password_of(tmp_path / "elsewhere") != first
