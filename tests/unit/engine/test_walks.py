"""Random walks: whatever people and the clock do, the laws of the engine hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.builders import AN, CHI, DUNG, FILE, KHACH, TASK, VICE, item, on
from workflow.engine import SYSTEM_ACTOR, Accepted, Choice, Perform, TakeBack, Vote, decide, fold, list_moves
from workflow.engine.events import Transitioned

PEOPLE = (AN, CHI, DUNG, VICE, KHACH, SYSTEM_ACTOR)
INPUTS = {
    "title": "Tên khác",
    "progress": 50,
    "evidence": (FILE,),
    "cause_note": "Thiếu số liệu",
    "plan_due_on": "2026-08-20",
    "to_unit": "vp",
    "due_on": "2026-07-20",
}


class Walk(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.item = item()
        self.log = []
        self.episodes = 0
        self.day = 10

    @property
    def circumstances(self):
        return on(f"2026-{6 + self.day // 30:02d}-{1 + self.day % 28:02d} 09:00")

    def ask(self, command):
        before = self.item
        decision = decide(TASK, before, command, self.circumstances)
        if isinstance(decision, Accepted):
            assert decision.events
            self.log.append(decision.events)
            self.item = fold(before, decision.events)
            if before.state != self.item.state:
                assert any(isinstance(event, Transitioned) for event in decision.events)
        else:
            assert decision.reasons
        return decision

    @rule(name=st.sampled_from(sorted(TASK.transitions)), actor=st.sampled_from(PEOPLE), given=st.booleans())
    def move(self, name, actor, given):
        inputs = {key: INPUTS[key] for key in TASK.transitions[name].inputs if key in INPUTS} if given else {}
        final = TASK.states[self.item.state].final
        before = self.item.state
        decision = self.ask(Perform(actor, name, inputs, "Lý do" if given else None))
        if final and isinstance(decision, Accepted):
            assert TASK.transitions[name].reopens or self.item.state == before

    @rule(actor=st.sampled_from(PEOPLE), choice=st.sampled_from(list(Choice)))
    def vote(self, actor, choice):
        self.ask(Vote(actor, "plan", choice))

    @rule(actor=st.sampled_from(PEOPLE))
    def take_back(self, actor):
        self.ask(TakeBack(actor, "plan"))

    @rule(days=st.integers(1, 9))
    def time_passes(self, days):
        self.day = min(self.day + days, 160)

    @rule(actor=st.sampled_from(PEOPLE))
    def an_offer_keeps_its_word(self, actor):
        for offer in list_moves(TASK, self.item, actor, self.circumstances):
            if offer.act != "perform":
                continue
            inputs = {key: INPUTS[key] for key in TASK.transitions[offer.move].inputs if key in INPUTS}
            decision = decide(TASK, self.item, Perform(actor, offer.move, inputs, "Lý do"), self.circumstances)
            assert isinstance(decision, Accepted) == offer.allowed

    @invariant()
    def replay_equals_the_item(self):
        assert self.item.revision == 1 + len(self.log)
        again = item()
        for events in self.log:
            again = fold(again, events)
        assert again == self.item

    @invariant()
    def episodes_are_never_lost_and_at_most_one_is_open(self):
        assert len(self.item.episodes) >= self.episodes
        self.episodes = len(self.item.episodes)
        still_open = [episode for episode in self.item.episodes if episode.ended_at is None]
        assert len(still_open) <= 1
        assert bool(still_open) == TASK.states[self.item.state].overdue

    @invariant()
    def a_request_never_outlives_its_state(self):
        for request in self.item.requests:
            assert self.item.state in TASK.transitions[request.move].sources


Walk.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase
