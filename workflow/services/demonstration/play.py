"""The story of the demonstration office from its founding to its last day, act by act and night by night."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from heapq import merge
from itertools import chain
from pathlib import Path

from workflow.catalog import Library
from workflow.clock import VIETNAM
from workflow.services import passwords
from workflow.services.deadlines import sweep
from workflow.services.demonstration import cases, commune, reports, standing, tasks
from workflow.services.demonstration.player import Player, StoryBroken
from workflow.services.demonstration.telling import YEAR, when
from workflow.services.directives import Imported, Order, import_directive
from workflow.services.office import Office

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
    player = Player(stage.office, stage.library)
    player.found(FOUNDED_AT, stage.password_hash)
    steps = [
        step for step in merge(_nights(stage, player, until), _days(stage, player), key=_time_of) if step.at < until
    ]
    for n, step in enumerate(steps, 1):
        step.play()
        stage.heard(n, len(steps))
    return Built(len(player.known), len(steps), until)


def _time_of(step: _Step) -> datetime:
    return step.at


def _nights(stage: Stage, player: Player, until: datetime) -> Iterator[_Step]:
    day = FOUNDED_AT.date()
    while day < until.date():
        day += timedelta(days=1)
        at = datetime.combine(day, _OUTAGES.get(day, _NIGHTLY), tzinfo=VIETNAM)
        yield _Step(at, partial(stage.night, player.at(at)))


def _days(stage: Stage, player: Player) -> list[_Step]:
    """What people do, in the order of time."""
    steps = [_Step(_IMPORTED_AT, partial(_take_in, player, stage.order))]
    steps += [_Step(at, partial(player.give, at, login, power)) for at, login, power in commune.POWERS]
    steps += [_Step(at, partial(player.consolidate, at, *of)) for at, *of in commune.gatherings()]
    lives = (tasks.lives(), standing.lives(stage.order.obligations), reports.lives(), cases.lives(), commune.lives())
    for life in chain.from_iterable(lives):
        if life.created:
            steps.append(_Step(life.created[0], partial(player.create, life, *life.created)))
        steps.extend(_Step(act.at, partial(player.act, life, act)) for act in life.acts)
    return sorted(steps, key=_time_of)


def _take_in(player: Player, order: Order) -> None:
    office = player.at(_IMPORTED_AT)
    imported = import_directive(office, player.caller(office, _IMPORTED_BY), order)
    if not isinstance(imported, Imported):
        raise StoryBroken(f"the directive was refused: {imported}")
    with office.read() as uow:
        rows = uow.directives.obligations(imported.directive)
    player.known |= {f"{row.id}/{row.unit}": row.item for row in rows if row.item}
