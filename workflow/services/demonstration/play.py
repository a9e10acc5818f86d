"""Plays the story through the use cases of everybody, each act at its own past instant; no row is written by hand."""

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from heapq import merge
from pathlib import Path

from workflow.catalog import Library
from workflow.clock import VIETNAM, fixed
from workflow.engine import SYSTEM_ACTOR
from workflow.engine.facts import folded
from workflow.services import evidence, items, moves, passwords, people, publishing
from workflow.services.deadlines import sweep
from workflow.services.demonstration import reports, standing, tasks
from workflow.services.demonstration.paper import pdf
from workflow.services.demonstration.telling import YEAR, Act, Life, when
from workflow.services.directives import Imported, Order, import_directive
from workflow.services.items import Created, NewItem
from workflow.services.moves import Done, MoveRequest
from workflow.services.office import Caller, Office
from workflow.values import replace

FOUNDED_AT = when("01-01 00:00")
"""The demonstration's first instant: its people and workflows are there from then on."""

LAST_DAY = date(YEAR, 11, 20)
"""Where the story ends; a later day lies in an office that nobody but the clock has touched since."""

_IMPORTED_AT = when("06-15 09:00")
_IMPORTED_BY = "clerk"
_NIGHTLY = time(0, 0, 10)
_OUTAGES = {date(YEAR, 8, 1): time(6, 10)}
"""The nights on which the clock stood still, and when it went on."""
_MORNING = time(8)
_HOUSE = Caller(SYSTEM_ACTOR, "cli")


class StoryBroken(RuntimeError):
    """An act of the story met another answer than the one it tells of: the story or a rule was changed."""


def _unheard(_done: int, _of: int) -> None:
    """Nobody watches the progress."""


@dataclass(frozen=True, slots=True)
class Stage:
    """An empty office with what is to happen in it: the shipped library, the directive, and the day on which history ends.

    `night` is one round of the clock. `heard` is told how many of how many steps are done.
    """

    office: Office
    library: Library
    order: Order
    password_hash: str
    today: date = LAST_DAY
    night: Callable[[Office], object] = sweep
    heard: Callable[[int, int], None] = _unheard


@dataclass(frozen=True, slots=True)
class Built:
    """What stands in the office now; its own clock is to go on from `until`."""

    items: int
    steps: int
    until: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    play: Callable[[], object]


def password_of(folder: Path) -> str:
    """The one password of the demonstration's accounts, made at random and kept in `folder` for its owner's eyes alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "demo-password"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    made = passwords.generated()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{made}\n")
    return made


def build(stage: Stage) -> Built:
    """Found the office and live through the story up to the morning of `stage.today`. StoryBroken where a rule objects."""
    until = datetime.combine(stage.today, _MORNING, tzinfo=VIETNAM)
    player = _Player(stage)
    player.found()
    steps = [step for step in merge(_nights(player, until), _days(player), key=_time_of) if step.at < until]
    for n, step in enumerate(steps, 1):
        step.play()
        stage.heard(n, len(steps))
    return Built(len(player.known), len(steps), until)


def _time_of(step: _Step) -> datetime:
    return step.at


def _nights(player: "_Player", until: datetime) -> Iterator[_Step]:
    day = FOUNDED_AT.date()
    while day < until.date():
        day += timedelta(days=1)
        at = datetime.combine(day, _OUTAGES.get(day, _NIGHTLY), tzinfo=VIETNAM)
        yield _Step(at, partial(player.night, at))


def _days(player: "_Player") -> list[_Step]:
    """What people do, in the order of time."""
    steps = [_Step(_IMPORTED_AT, player.take_in)]
    directed = player.stage.order.obligations
    for life in (*tasks.lives(), *standing.lives(directed), *reports.lives()):
        if life.created:
            steps.append(_Step(life.created[0], partial(player.create, life)))
        steps.extend(_Step(act.at, partial(player.act, life, act)) for act in life.acts)
    return sorted(steps, key=_time_of)


@dataclass(slots=True)
class _Player:
    """Performs the acts; `known` holds the id of each item by the key under which the story speaks of it."""

    stage: Stage
    known: dict[str, str] = field(default_factory=dict)

    def found(self) -> None:
        organisation = self.stage.library.organisation
        if organisation is None:
            raise StoryBroken("the shipped library describes no organisation")
        office = self._at(FOUNDED_AT)
        people.seed_organisation(office, _HOUSE, organisation, self.stage.password_hash)
        for report in self.stage.library.workflows.values():
            publishing.publish(office, _HOUSE, report.source, Path(report.file).name)

    def night(self, at: datetime) -> None:
        self.stage.night(self._at(at))

    def take_in(self) -> None:
        office = self._at(_IMPORTED_AT)
        imported = import_directive(office, self._caller(office, _IMPORTED_BY), self.stage.order)
        if not isinstance(imported, Imported):
            raise StoryBroken(f"the directive was refused: {imported}")
        with office.read() as uow:
            rows = uow.directives.obligations(imported.directive)
        self.known |= {f"{row.id}/{row.unit}": row.item for row in rows if row.item}

    def create(self, life: Life) -> None:
        at, login = life.created or (_IMPORTED_AT, _IMPORTED_BY)
        office = self._at(at)
        new = NewItem(life.workflow, life.unit, life.fields)
        created = items.create(office, self._caller(office, login), new)
        if not isinstance(created, Created):
            raise StoryBroken(f"{life.key} could not be created: {created.reasons}")
        self.known[life.key] = created.item.id

    def act(self, life: Life, act: Act) -> None:
        office, item = self._at(act.at), self.known[life.key]
        caller = self._caller(office, act.by)
        if act.do == "comment":
            items.comment(office, caller, item, act.comment or "")
            return
        inputs = dict(act.inputs)
        if act.files:
            inputs["evidence"] = [self._attached(office, caller, item, life, act, name) for name in act.files]
        vote, _, move = act.do.rpartition(" ")
        request = MoveRequest(item, move, vote or "perform", inputs, act.comment, _seen(office, item))
        outcome = moves.perform(office, caller, request)
        met = None if isinstance(outcome, Done) else outcome.reasons[0].code
        if met != act.refused:
            raise StoryBroken(f"{act.at:%d/%m %H:%M} {act.by}: {act.do} of {life.key} met {met}: {outcome}")

    def _attached(self, office: Office, caller: Caller, item: str, life: Life, act: Act, name: str) -> str:
        said = [name.removesuffix(".pdf"), f"{life.key}, {act.at:%d/%m/%Y %H:%M}", "Du lieu mau cua he thong Don Doc"]
        content = io.BytesIO(pdf([folded(line) for line in said]))
        uploaded = evidence.attach(office, caller, item, name, content)
        if not isinstance(uploaded, evidence.Uploaded):
            raise StoryBroken(f"{name} was refused for {life.key}: {uploaded.reasons}")
        return uploaded.sha256

    def _at(self, at: datetime) -> Office:
        return replace(self.stage.office, clock=fixed(at.astimezone(UTC)))

    def _caller(self, office: Office, login: str) -> Caller:
        return Caller(people.actor_of(office, login), "web")


def _seen(office: Office, item: str) -> int:
    """The revision that somebody looks at before acting, as a page would show it."""
    with office.read() as uow:
        return uow.items.get(item).item.revision
