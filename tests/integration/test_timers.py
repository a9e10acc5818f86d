"""The clock over a real database: after days of silence each timer acts once, in nominal order, whoever sweeps."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from tests.offices import at, caller, moved, new_task, opened_office, shipped
from tests.patience import patiently
from workflow.audit import canonical
from workflow.engine import Kind, Reason, Rejected
from workflow.engine.tick import tick
from workflow.outbox.inline import relay_inline
from workflow.persistence.statements import observing
from workflow.services import auditing, calendars, deadlines
from workflow.services.calendars import Calendars, TypedDay
from workflow.services.deadlines import Swept, sweep
from workflow.services.inbox import waiting
from workflow.services.items import Created, NewItem, create
from workflow.services.moves import Done, MoveRequest, perform
from workflow.values import replace

ROOT = Path(__file__).parents[2]
FACTS = {"title": "Công khai ngân sách", "source": "Kế hoạch năm", "area": "tai-chinh-cong"}
PLAN = {"cause_kind": "objective", "cause_note": "Chờ số liệu", "plan_note": "Đôn đốc", "plan_due_on": "2026-08-20"}


class Broken(Exception):
    """The fault that a test plants."""


@pytest.fixture
def office(ground):
    return opened_office(ground)


def on(office, text):
    return at(office, datetime.fromisoformat(f"{text}+07:00").astimezone(UTC))


def heard(office):
    """Every timer that the log knows, in the order in which transactions took place: nominal instant, name, stream."""
    order = "rowid" if office.write.__self__.name == "sqlite" else "xmin::text::bigint"
    with office.read() as uow:
        rows = uow.cursor.raw.execute(f"SELECT body, stream FROM audit_event ORDER BY {order}").fetchall()
    entries = [(canonical.decode(bytes(body)), stream) for body, stream in rows]
    return [
        (body["eff"], event["timer"], stream)
        for body, stream in entries
        for event in body.get("ev", ())
        if event["e"] == "timer"
    ]


def told(office, login):
    with office.read() as uow:
        found = uow.notices.of_person(uow.people.id_of_login(login), 500)
    return [notice.template for notice in reversed(found)]


def live(office, *moments):
    """The clock makes a round at each of these moments; what is to be told is told."""
    for moment in moments:
        then = on(office, moment)
        sweep(then)
        relay_inline(then)


# -- days of silence --------------------------------------------------------------------------------------------------------


def five_hundred_timers(office):
    """200 drafts with a reminder each, 100 tasks with two reminders and a deadline each, all due within two days."""
    clerk, chairman = caller(office, "clerk"), caller(office, "chairman")
    begun = datetime(2026, 6, 1, 1, tzinfo=UTC)
    for n in range(300):
        then = at(office, begun + timedelta(minutes=n))
        dated = n % 3 == 0
        made = create(then, clerk, NewItem("task", "kt", FACTS | ({"due_on": "03/06/2026"} if dated else {})))
        assert isinstance(made, Created), made
        if dated:
            done = perform(then, chairman, MoveRequest(made.item.code, "assign"))
            assert isinstance(done, Done), done
    assert sweep(on(office, "2026-06-02 20:00")) == Swept(0)


def check_that_each_was_heard_once_and_in_order(office):
    found = heard(office)
    assert Counter(Counter((timer, stream) for _eff, timer, stream in found).values()) == {1: 500}
    assert Counter(timer for _eff, timer, _stream in found) == {
        "undrafted": 200,
        "last_day": 100,
        "unaccepted": 100,
        "due": 100,
    }
    assert [one[0] for one in found] == sorted(one[0] for one in found)
    assert auditing.replay(office).differences == ()
    assert auditing.verify(office).ok


def test_after_three_days_of_silence_two_sweepers_do_each_of_500_things_once_and_in_order(office):
    five_hundred_timers(office)
    awake, swept, barrier = on(office, "2026-06-06 06:10"), [], Barrier(2)

    def run():
        barrier.wait()
        swept.append(patiently(sweep, awake))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(one.refused == one.unknown == () for one in swept)
    check_that_each_was_heard_once_and_in_order(office)


SWEEPER = """
import sys
from datetime import datetime
from tests.offices import shipped
from tests.patience import patiently
from workflow.clock import fixed
from workflow.persistence import UnitOfWork, open_engine
from workflow.services.deadlines import sweep
from workflow.services.editions import Editions
from workflow.services.office import Office

engine = open_engine(sys.argv[1])
read = lambda: UnitOfWork(engine, read_only=True)
library = shipped()
editions = Editions(read, library.names)
clock = fixed(datetime.fromisoformat(sys.argv[2]))
office = Office(lambda: UnitOfWork(engine), read, clock, editions, library.calendars, library.names)
print("ready", flush=True)
sys.stdin.readline()
swept = patiently(sweep, office)
print(swept.fired, swept.reminded, *swept.refused, flush=True)
"""


def test_two_processes_share_500_timers_and_do_each_once(office):
    five_hundred_timers(office)
    url = office.write.__self__.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", SWEEPER, url, "2026-06-06T06:10:00+07:00"]
    sweepers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for one in sweepers:
        assert one.stdout.readline() == "ready\n"
    for one in sweepers:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=120)[0].split() for one in sweepers]

    assert all(len(words) == 2 for words in said)
    check_that_each_was_heard_once_and_in_order(office)


def test_of_one_item_and_another_what_fell_due_between_comes_between(office):
    # One has a reminder on Wednesday and another on Friday, the other one on Thursday: not one item after the other.
    first = create(on(office, "2026-06-01 08:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))
    moved(on(office, "2026-06-01 08:00"), "chairman", first.item.code, "assign")
    create(on(office, "2026-06-02 08:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))
    live(office, "2026-06-03 09:00")
    other = create(on(office, "2026-06-03 10:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))

    sweep(on(office, "2026-06-06 06:10"))

    names = [(timer, stream.endswith(other.item.id)) for _eff, timer, stream in heard(office)]
    assert names == [("unaccepted", False), ("undrafted", False), ("unaccepted", False), ("undrafted", True)]


def test_a_sweeper_whom_another_overtook_does_not_hurry_on(office):
    first = create(on(office, "2026-06-01 08:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))
    moved(on(office, "2026-06-01 08:00"), "chairman", first.item.code, "assign")
    create(on(office, "2026-06-02 08:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))
    others = []

    def write():
        # Between its reading and its first act another sweeper does what comes first.
        if not others:
            others.append(sweep(on(office, "2026-06-03 08:00")))
        return office.write()

    sweep(replace(on(office, "2026-06-06 06:10"), write=write))

    # Wednesday, Thursday, Friday: the second item's reminder lies between the two of the first.
    assert others == [Swept(0, reminded=1)]
    assert [timer for _eff, timer, _stream in heard(office)] == ["unaccepted", "undrafted", "unaccepted"]


# -- one reminder -----------------------------------------------------------------------------------------------------------


def test_nobodys_form_grows_old_by_a_reminder(office):
    code = new_task(office, due_on="30/06/2026")
    with office.read() as uow:
        before = uow.items.get(code).item

    live(office, "2026-06-26 00:10")
    with office.read() as uow:
        after = uow.items.get(code).item
    request = MoveRequest(code, "progress", inputs={"progress": "40"}, seen=before.revision)
    done = perform(on(office, "2026-06-26 08:00"), caller(office, "head.kt"), request)

    assert list(after.heard) == ["remind"]
    assert after.revision == before.revision
    assert isinstance(done, Done)
    assert auditing.replay(office).differences == ()


def test_a_fault_at_any_statement_of_a_reminder_leaves_nothing_of_it(office):
    code = new_task(office, due_on="30/06/2026")
    then, step = on(office, "2026-06-26 06:10"), 0
    while True:
        step += 1
        seen = []

        def observer(name, seen=seen, step=step):
            seen.append(name)
            if len(seen) == step:
                raise Broken(name)

        try:
            with observing(observer):
                sweep(then)
        except Broken:
            if seen[-1] != "committed":
                assert heard(office) == []
                continue
        break

    sweep(then)
    assert step > 3
    assert [timer for _eff, timer, _stream in heard(office)] == ["remind"]
    with office.read() as uow:
        item = uow.items.get(code).item
        messages = uow.cursor.raw.execute("SELECT payload FROM message").fetchall()
    assert item.heard["remind"].n == 1
    assert sum('"remind"' in payload for (payload,) in messages) == 1


def test_a_second_look_writes_no_entry_and_keeps_the_item(office):
    code = new_task(office, due_on="30/06/2026")
    then = on(office, "2026-06-26 06:10")
    sweep(then)
    with office.read() as uow:
        before = uow.items.get(code)
    with office.write() as uow:
        uow.items.look_at_all(then.clock.now())

    assert sweep(then) == Swept(0)

    with office.read() as uow:
        after = uow.items.get(code)
    # Looking again has found when the next thing falls due. The head of its stream says that there is no entry more.
    assert after == before


def test_a_refused_move_holds_up_no_reminder_behind_it(office, monkeypatch):
    code = new_task(office, due_on="03/06/2026")
    other = new_task(office, due_on="03/06/2026")
    barred = Rejected((Reason("not_permitted", Kind.AUTHORITY),))

    def ticked(definition, item, due, circumstances):
        refused = due.timer.fire and item.code == code
        return barred if refused else tick(definition, item, due, circumstances)

    monkeypatch.setattr(deadlines, "tick", ticked)
    swept = sweep(on(office, "2026-07-10 06:10"))
    monkeypatch.undo()

    with office.read() as uow:
        stream = f"task/{uow.items.get(code).item.id}"
        moved_on = uow.items.get(other).item.state
    assert swept.refused == (code,)
    assert [timer for _eff, timer, of in heard(office) if of == stream] == ["last_day", "underway"]
    assert moved_on == "late"
    # The next round tries again.
    assert sweep(on(office, "2026-07-10 06:11")).fired == 1


def test_a_calendar_without_the_year_is_named_and_holds_up_nothing(office):
    then = on(office, "2027-12-20 08:00")
    code = new_task(then, due_on="22/12/2027")

    swept = sweep(on(office, "2027-12-23 06:10"))

    # It was to be asked how it goes after twenty working days, which end in a year that nobody has entered.
    assert (swept.fired, swept.unknown) == (1, (2028,))
    with office.read() as uow:
        assert uow.items.get(code).item.state == "late"
    assert sweep(on(office, "2027-12-23 06:11")) == Swept(0)


@pytest.fixture
def keeping(office):
    """The office whose calendars may be changed, on the day of the change."""
    return replace(on(office, "2026-06-01 10:00"), calendars=Calendars(shipped().calendars, office.read))


def test_a_day_off_that_is_entered_moves_the_reminders_that_count_over_it(office, keeping):
    create(on(office, "2026-06-01 08:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))
    storm = TypedDay("2/6/2026", "off", "Nghỉ bão", "Công điện 12/CĐ-UBND")

    calendars.put_day(keeping, caller(office, "admin"), "vn-commune", storm)
    keeping.calendars.look()
    counts = [sweep(on(keeping, moment)).reminded for moment in ("2026-06-03 23:00", "2026-06-04 08:00")]

    assert counts == [0, 1]


def test_a_day_that_is_worked_after_all_brings_them_forward(office, keeping):
    create(on(office, "2026-06-05 08:00"), caller(office, "clerk"), NewItem("task", "kt", FACTS))
    swap = TypedDay("6/6/2026", "worked", "Làm bù", "Thông báo 5/TB-UBND")

    calendars.put_day(keeping, caller(office, "admin"), "vn-commune", swap)
    keeping.calendars.look()

    # From Friday over the Saturday that is worked to Monday, no longer to Tuesday.
    assert sweep(on(keeping, "2026-06-08 07:59")) == Swept(0)
    assert sweep(on(keeping, "2026-06-08 08:00")).reminded == 1


# -- who is told when ---------------------------------------------------------------------------------------------------------


def test_a_late_task_is_asked_for_day_by_day_and_then_goes_up_to_the_chairman(office):
    code = new_task(office, unit="hcc", due_on="31/07/2026")
    live(office, "2026-07-31 23:58")
    before = (told(office, "head.hcc").copy(), told(office, "chairman").copy())

    # The clock stood still over midnight; Monday is the first working day, Wednesday the third.
    live(office, "2026-08-01 06:10")
    late = told(office, "head.hcc")[len(before[0]) :]
    days = {}
    for day in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20):
        heads, chairmans = len(told(office, "head.hcc")), len(told(office, "chairman"))
        live(office, f"2026-08-{day:02d} 06:10")
        days[day] = (told(office, "head.hcc")[heads:], told(office, "chairman")[chairmans:])

    assert late == ["late"]
    asked = {day: heads for day, (heads, _chairmans) in days.items() if heads}
    assert asked == {
        3: ["plan_wanted"],
        5: ["no_plan"],
        6: ["no_plan"],
        7: ["no_plan"],
        10: ["no_plan"],
        11: ["no_plan"],
    }
    assert {day: chairmans for day, (_heads, chairmans) in days.items() if chairmans} == {11: ["no_plan"]}
    with office.read() as uow:
        (episode,) = uow.items.get(code).item.episodes
    assert (episode.effective_at, episode.recorded_at) == (
        on(office, "2026-08-01 00:00").clock.now(),
        on(office, "2026-08-01 06:10").clock.now(),
    )


def test_a_plan_ends_the_reminders_of_lateness(office):
    code = new_task(office, due_on="31/07/2026")
    live(office, "2026-08-01 00:10", "2026-08-05 08:00")
    plan = PLAN | {"plan_owner": "officer.kt"}
    perform(on(office, "2026-08-05 09:00"), caller(office, "head.kt"), MoveRequest(code, "plan", inputs=plan))
    perform(on(office, "2026-08-05 10:00"), caller(office, "chairman"), MoveRequest(code, "plan", "approve"))
    heads = len(told(office, "head.kt"))

    live(office, "2026-08-06 08:00", "2026-08-07 08:00", "2026-08-12 11:00", "2026-08-20 01:00")

    assert told(office, "head.kt")[heads:] == ["plan_approved", "plan_underway", "plan_underway", "plan_last_day"]


def test_a_difficulty_unanswered_for_five_working_days_heads_the_chairmans_list(office):
    code = new_task(office, due_on="30/06/2026")
    moved(office, "head.kt", code, "escalate", comment="Thiếu kinh phí")
    draft = create(office, caller(office, "clerk"), NewItem("task", "kt", FACTS | {"due_on": "05/06/2026"}))

    def listed(moment):
        then = on(office, moment)
        live(office, moment)
        chairman = caller(then, "chairman").actor
        with then.read() as uow:
            return [one.definition.workflow for one in waiting(then, uow, chairman)]

    before, after = listed("2026-06-08 07:59"), listed("2026-06-08 08:01")

    assert isinstance(draft, Created)
    assert before == ["task", "escalation"]
    assert after == ["escalation", "task"]
    assert "unanswered" in told(office, "chairman")


def test_an_answer_takes_it_from_the_head_of_the_list(office):
    code = new_task(office, due_on="30/06/2026")
    moved(office, "head.kt", code, "escalate", comment="Thiếu kinh phí")
    live(office, "2026-06-08 08:01")
    with office.read() as uow:
        (child,) = uow.items.children(uow.items.get(code).item.id)

    answered = moved(on(office, "2026-06-08 09:00"), "chairman", child.item.code, "answer", comment="Đã bố trí")

    assert answered.item.heard == {}


def test_a_transfer_is_told_to_both_heads_and_to_whoever_supports_the_task(office):
    code = new_task(office, unit="vp", due_on="30/09/2026", support_units="snc kt")
    relay_inline(office)
    heads = {unit: len(told(office, f"head.{unit}")) for unit in ("vp", "hcc", "snc", "kt", "vhxh")}

    moved(office, "chairman", code, "transfer", to_unit="hcc")
    relay_inline(office)

    found = {unit: told(office, f"head.{unit}")[many:] for unit, many in heads.items()}
    assert (found["vp"], found["hcc"]) == (["transferred_away"], ["transferred"])
    assert (found["snc"], found["kt"], found["vhxh"]) == (["lead_changed"], ["lead_changed"], [])
