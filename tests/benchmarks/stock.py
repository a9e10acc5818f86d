"""An office with many tasks: every row is one that the product itself writes, with the entry that its replay needs."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.offices import HOUSE
from workflow.audit import Head
from workflow.engine import Circumstances, Definition, fold, row_facts
from workflow.engine.deadlines import dues_of, next_look
from workflow.engine.events import DueSet, EpisodeOpened, Event, FieldChanged, ItemCreated, Transitioned
from workflow.engine.item import Doer, Plain
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.services.journal import Note, record, stream_of
from workflow.services.office import Office

DAY = datetime(2026, 6, 15, 2, tzinfo=UTC)
_UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
_WORK = (
    "Rà soát, cập nhật văn bản quy phạm pháp luật",
    "Công khai thủ tục hành chính tại bộ phận một cửa",
    "Báo cáo tình hình thực hiện ngân sách quý",
    "Số hóa kết quả giải quyết hồ sơ",
    "Kiểm tra việc chấp hành kỷ luật, kỷ cương hành chính",
    "Tập huấn sử dụng dịch vụ công trực tuyến",
)
_CLOSED, _OPEN = 30, 8


def fill(office: Office, size: int) -> None:
    """Take `size` tasks in, all in one transaction; about half of them are closed, as in an office that is years old."""
    with office.write() as uow:
        definition = office.editions.latest("task", uow)
        circumstances = office.around(uow, definition)
        people = {person.login: person.id for person in uow.people.all()}
        intake = _Intake(definition, circumstances, people)
        weights = [_CLOSED if state.final else _OPEN for state in definition.states.values()]
        for number, state in enumerate(intake.chance.choices(list(definition.states), weights, k=size), 1):
            _take_in(uow, definition, tuple(intake.events(state, number)), circumstances)


def _take_in(uow: UnitOfWork, definition: Definition, events: tuple[Event, ...], circumstances: Circumstances) -> None:
    item = fold(None, events)
    note = Note(stream_of(item), "import", events, item, definition, target=item.state, role="system")
    entry = record(uow, Head(), note, HOUSE, item.created_at)
    uow.items.add(item, row_facts(definition, item), next_look(definition, item, circumstances), entry.head)


@dataclass(frozen=True)
class _Intake:
    """What made one task what it is, as events: the seed is fixed, so that every run has the same office."""

    definition: Definition
    circumstances: Circumstances
    people: Mapping[str, str]
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def events(self, state: str, number: int) -> Iterator[Event]:
        definition, chance, now = self.definition, self.chance, self.circumstances.now
        unit = chance.choice(_UNITS)
        begun = now - timedelta(days=chance.randint(1, 400), seconds=number)
        yield ItemCreated(
            new_id(begun),
            f"{definition.code}-{begun.year}-{number:07d}",
            definition.workflow,
            definition.version,
            definition.fingerprint,
            unit,
            state,
            self.people["clerk"],
            begun,
            None,
        )
        behind = definition.states[state].overdue
        fields = self._fields(unit, number, begun, overdue=behind)
        yield from (FieldChanged(name, None, value) for name, value in fields.items())
        yield Transitioned("start", state, state, Doer(self.people[f"head.{unit}"], unit), begun)
        for name, at in dues_of(definition, fields, self.circumstances.zone).items():
            yield DueSet(name, None, at)
            if behind:
                yield EpisodeOpened(1, at, at, unit)

    def _fields(self, unit: str, number: int, begun: datetime, *, overdue: bool) -> dict[str, Plain]:
        chance, today = self.chance, self.circumstances.now.date()
        left = -chance.randint(2, 30) if overdue else chance.randint(-1, 300)
        fields: dict[str, Plain] = {
            "title": f"{chance.choice(_WORK)}, đợt {number}",
            "source": f"Kế hoạch số {number % 300 + 1}/KH-UBND ngày {begun:%d/%m/%Y}",
            "area": chance.choice(self.definition.fields["area"].choices).name,
        }
        if overdue or chance.random() < 0.95:
            fields["due_on"] = (today + timedelta(days=left)).isoformat()
        if chance.random() < 0.6:
            fields["assignee"] = self.people[f"officer.{unit}"]
        if chance.random() < 0.2:
            fields["support_units"] = chance.choice([other for other in _UNITS if other != unit])
        return fields
