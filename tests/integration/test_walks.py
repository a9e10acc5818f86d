"""Random walks of all posts over the shipped workflows on a real database: replay equals rows, the chain holds, finals stay."""

import io
import random
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.files import pdf
from tests.offices import OPENING, at, caller, opened_office
from workflow.engine.definition import COMMENT, FieldType
from workflow.services import auditing, evidence, items, moves
from workflow.services.deadlines import sweep

LOGINS = (
    "chairman",
    "vice",
    "consolidator",
    "clerk",
    "auditor",
    "head.kt",
    "deputy.kt",
    "officer.kt",
    "head.vhxh",
    "head.vp",
)
UNITS = ("kt", "vhxh", "vp")
DAYS = ("2026-06-05", "2026-06-20", "2026-07-10", "2026-12-31")

logins = st.sampled_from(LOGINS)


class Walk(RuleBasedStateMachine):
    workflow = "task"

    def __init__(self):
        super().__init__()
        # Every walk would begin with the same `random`, and so draw the ids again that the copied office has for its entries.
        random.seed()
        self.folder = Path(tempfile.mkdtemp(prefix="walk-"))
        self.office = opened_office(self.folder)
        self.now = OPENING
        self.codes = []
        self.file = {}

    def teardown(self):
        try:
            verified = auditing.verify(self.office)
            assert verified.ok, verified.first_bad
            replayed = auditing.replay(self.office)
            assert replayed.differences == ()
            assert replayed.items == len(self.codes)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def then(self):
        return at(self.office, self.now)

    def definition(self):
        return self.office.editions.latest(self.workflow)

    @initialize(unit=st.sampled_from(UNITS), due=st.sampled_from(DAYS))
    def first(self, unit, due):
        self.create("chairman" if self.workflow == "task" else "consolidator", unit, due)

    @rule(login=logins, unit=st.sampled_from(UNITS), due=st.sampled_from(DAYS))
    @precondition(lambda self: len(self.codes) < 4)
    def create(self, login, unit, due):
        definition = self.definition()
        fields = {name: self.value(definition, name, due) for name in definition.create.inputs}
        asked = items.NewItem(self.workflow, unit, {k: v for k, v in fields.items() if v is not None})
        made = items.create(self.then, caller(self.office, login), asked)
        if isinstance(made, items.Created):
            self.codes.append(made.item.code)

    def value(self, definition, name, day):
        field = definition.fields[name]
        samples = {
            FieldType.TEXT: "Nội dung thử",
            FieldType.INTEGER: "3",
            FieldType.DECIMAL: "2,5",
            FieldType.DATE: day,
            FieldType.INSTANT: "2026-06-02 08:00",
            FieldType.BOOLEAN: "true",
            FieldType.CHOICE: field.choices[0].name if field.choices else None,
            FieldType.PERSON: "officer.kt",
            FieldType.UNIT: "vp",
            FieldType.UNITS: ["vp", "hcc"],
        }
        return samples.get(field.type)

    @rule(data=st.data(), login=logins, day=st.sampled_from(DAYS), given=st.booleans())
    @precondition(lambda self: self.codes)
    def move(self, data, login, day, given):
        code = data.draw(st.sampled_from(self.codes))
        definition = self.definition()
        with self.office.read() as uow:
            state = uow.items.get(code).item.state
        # Mostly moves that start here: the others are all refused in the same way.
        near = [move.name for move in definition.leaving(state)] or sorted(definition.transitions)
        name = data.draw(st.sampled_from(near))
        inputs = {}
        if given:
            for wanted in definition.transitions[name].inputs:
                if wanted == COMMENT:
                    continue
                if definition.fields[wanted].type is FieldType.ATTACHMENTS:
                    inputs[wanted] = self.uploaded(code)
                else:
                    inputs[wanted] = self.value(definition, wanted, day)
        self.ask(login, moves.MoveRequest(code, name, inputs=inputs, comment="Lý do" if given else None))

    def uploaded(self, code):
        if code not in self.file:
            taken = evidence.attach(self.then, caller(self.office, "chairman"), code, "a.pdf", io.BytesIO(pdf(code)))
            if not isinstance(taken, evidence.Uploaded):
                return []
            self.file[code] = taken.sha256
        return [self.file[code]]

    @rule(data=st.data(), login=logins, choice=st.sampled_from(["approve", "reject", "withdraw", "take_back"]))
    @precondition(lambda self: self.codes)
    def vote(self, data, login, choice):
        code = data.draw(st.sampled_from(self.codes))
        with self.office.read() as uow:
            open_ones = [request.move for request in uow.items.get(code).item.requests]
        if open_ones:
            self.ask(login, moves.MoveRequest(code, open_ones[0], choice))

    def ask(self, login, request):
        with self.office.read() as uow:
            before = uow.items.get(request.item).item
        try:
            outcome = moves.perform(self.then, caller(self.office, login), request)
        except moves.NotFound:
            return
        if isinstance(outcome, moves.Refused):
            assert outcome.reasons
            assert outcome.item == before
            return
        final = outcome.definition.states[before.state].final
        if final:
            transition = outcome.definition.transitions[request.move]
            assert transition.reopens or outcome.item.state == before.state

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        sweep(self.then)

    @rule(login=logins, data=st.data())
    @precondition(lambda self: self.codes)
    def comment(self, login, data):
        code = data.draw(st.sampled_from(self.codes))
        try:
            items.comment(self.then, caller(self.office, login), code, "Ý kiến")
        except moves.NotFound:
            return


class StandingWalk(Walk):
    workflow = "standing"


class ReportWalk(Walk):
    workflow = "report"


for walk in (Walk, StandingWalk, ReportWalk):
    walk.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)

TestTask = Walk.TestCase
TestStanding = StandingWalk.TestCase
TestReport = ReportWalk.TestCase
