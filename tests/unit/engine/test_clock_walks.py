"""Random walks with a clock that sleeps and wakes: every falling due is heard once at most, and the log yields the item."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.builders import CHI, DUNG, FILE, TASK, at, by, definition, item, named, on
from workflow.engine import Accepted, Perform, Vote, decide, fold
from workflow.engine.commands import Choice
from workflow.engine.deadlines import next_look, pending, waits_alike
from workflow.engine.definition import Duration, Moment, Timer
from workflow.engine.events import TimerFired, from_plain, to_plain
from workflow.engine.tick import tick
from workflow.values import replace

DAY, HOURS = Duration(1, "d"), Duration(7, "h")
HEAD, CHAIRMAN = by("unit_head"), by("chairman")
WATCHED = definition(
    deadlines={
        **TASK.deadlines,
        "main": replace(TASK.deadlines["main"], pause_in=("completed",), grace_on_return=Duration(2, "d")),
    },
    timers={
        **TASK.timers,
        **named(
            Timer("remind", ("assigned", "in_progress"), Moment("main", Duration(-3, "d")), notify=HEAD),
            Timer("hourly", ("assigned", "late"), Moment("entered", HOURS), notify=HEAD, every=HOURS),
            Timer("nag", ("late",), Moment("entered", DAY), notify=HEAD, then=CHAIRMAN, every=DAY, maximum=3),
            Timer("waiting", ("completed",), Moment("entered", DAY), notify=CHAIRMAN, every=DAY, maximum=4),
        ),
    },
)
INPUTS = {
    "progress": 50,
    "evidence": (FILE,),
    "cause_note": "Thiếu số liệu",
    "to_unit": "vp",
}


class ClockedWalk(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.item = item(WATCHED, day="2026-06-10 08:00")
        self.now = at("2026-06-10 08:00")
        self.log = []
        self.heard = {}

    @property
    def circumstances(self):
        return replace(on(), now=self.now)

    def happen(self, decision):
        if isinstance(decision, Accepted):
            self.log.append(tuple(from_plain(to_plain(event)) for event in decision.events))
            before, self.item = self.item, fold(self.item, decision.events)
            if waits_alike(before, self.item):
                # What the row keeps of the clock need not be worked out anew.
                assert pending(WATCHED, before, self.circumstances) == pending(WATCHED, self.item, self.circumstances)

    @rule(name=st.sampled_from(sorted(WATCHED.transitions)), actor=st.sampled_from((CHI, DUNG)))
    def move(self, name, actor):
        transition = WATCHED.transitions[name]
        dates = {"plan_due_on": f"{self.now + timedelta(days=3):%Y-%m-%d}"}
        given = {field: (INPUTS | dates)[field] for field in transition.inputs if field in INPUTS | dates}
        self.happen(decide(WATCHED, self.item, Perform(actor, name, given, "Lý do"), self.circumstances))

    @rule()
    def approve(self):
        self.happen(decide(WATCHED, self.item, Vote(DUNG, "plan", Choice.APPROVE), self.circumstances))

    @rule(hours=st.integers(0, 200))
    def pass_time(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def wake(self):
        before = None
        while due := next((one for one in pending(WATCHED, self.item, self.circumstances) if one.at <= self.now), None):
            wait = self.item.entered_at
            decision = tick(WATCHED, self.item, due, self.circumstances)
            assert isinstance(decision, Accepted)
            fired = decision.events[0]
            assert before is None or self.item.entered_at == self.now or fired.effective_at >= before
            before = fired.effective_at
            self.hear(wait, fired)
            self.happen(decision)

    def hear(self, wait, fired):
        """No number of one wait comes twice, unless its deadline was moved meanwhile, and none before its time."""
        assert isinstance(fired, TimerFired)
        assert fired.effective_at <= fired.at
        timer = WATCHED.timers[fired.timer]
        numbers = set(range(fired.n - fired.missed, fired.n + 1))
        assert timer.maximum is None or fired.n <= timer.maximum
        key = (wait, fired.timer, self.item.due.get(timer.at.anchor))
        assert not numbers & self.heard.setdefault(key, set())
        self.heard[key] |= numbers

    @invariant()
    def the_log_yields_the_item(self):
        created = item(WATCHED, day="2026-06-10 08:00")
        again = created
        for events in self.log:
            again = fold(again, events)
        assert again == self.item

    @invariant()
    def the_row_is_looked_at_when_the_first_thing_falls_due(self):
        dues = pending(WATCHED, self.item, self.circumstances)
        assert next_look(WATCHED, self.item, self.circumstances) == (dues[0].at if dues else None)

    @invariant()
    def a_deadline_stands_or_runs_but_never_both(self):
        assert not set(self.item.paused) & set(self.item.due)

    @invariant()
    def late_days_never_overlap(self):
        for one, two in zip(self.item.episodes, self.item.episodes[1:], strict=False):
            assert one.ended_at is not None
            assert one.ended_at <= two.effective_at


TestClockedWalk = ClockedWalk.TestCase
TestClockedWalk.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
