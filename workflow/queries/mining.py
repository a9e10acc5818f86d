"""What the items of one workflow really did: their ways, how often each step was taken, how long each state and unit held them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TypeVar

import sqlalchemy as sa

from workflow.audit import canonical
from workflow.persistence import UnitOfWork
from workflow.persistence.columns import instant, instant_or_none, micros
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import audit_event, held, item

_Key = TypeVar("_Key")
_OF_PERIOD = (
    item.c.workflow == sa.bindparam("workflow"),
    item.c.created_at >= sa.bindparam("since"),
    item.c.created_at < sa.bindparam("until"),
)
_STEPS = Statement(
    "mining.steps",
    sa.select(item.c.code, audit_event.c.tr, audit_event.c.body)
    .select_from(
        item.outerjoin(audit_event, sa.and_(audit_event.c.item_id == item.c.id, audit_event.c.tr.is_not(None)))
    )
    .where(*_OF_PERIOD)
    .order_by(item.c.id, audit_event.c.n),
)
_HELD = Statement(
    "mining.held",
    sa.select(held.c.item, held.c.state, held.c.unit, held.c.since, held.c.until)
    .join_from(item, held, held.c.item == item.c.id)
    .where(*_OF_PERIOD)
    .order_by(held.c.item, held.c.n),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A move that was made, from which state to which."""

    move: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of one item in order."""

    code: str
    steps: tuple[Step, ...]

    @property
    def returns(self) -> int:
        """How often the item came back to a state that it had left before."""
        seen: set[str] = set()
        count = 0
        for step in self.steps:
            seen.add(step.source)
            count += step.target != step.source and step.target in seen
        return count


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch that an item of `unit` spent in one state without a break; `until` None: it is there yet."""

    item: str
    state: str
    unit: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Times:
    """Of so many stays, how long: the middle one, all of them together, the longest."""

    count: int
    median: timedelta
    total: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Variant:
    """One way through the workflow, and how many items went it; `example` is the code of one of them."""

    moves: tuple[str, ...]
    count: int
    example: str


def stories(uow: UnitOfWork, workflow: str, since: datetime, until: datetime) -> tuple[Story, ...]:
    """The items of a workflow that were made in that time, each with its steps; in one statement."""
    rows = run(uow.cursor, _STEPS, _params(workflow, since, until)).fetchall()
    return tuple(Story(code, tuple(_steps(found))) for code, found in groupby(rows, key=itemgetter(0)))


def _steps(rows: Iterable[tuple[str, str | None, bytes | None]]) -> Iterator[Step]:
    for _code, move, body in rows:
        if move is not None and body is not None:
            said = canonical.decode(bytes(body))
            # Creation has no state before it.
            yield Step(move, said.get("from", said["to"]), said["to"])


def stays(uow: UnitOfWork, workflow: str, since: datetime, until: datetime) -> tuple[Stay, ...]:
    """Where the same items stood how long, as the clock of responsibility has it; one statement."""
    rows = run(uow.cursor, _HELD, _params(workflow, since, until)).fetchall()
    found: list[Stay] = []
    for one, state, unit, begun, ended in rows:
        stay = Stay(one, state, unit, instant(begun), instant_or_none(ended))
        last = found[-1] if found else None
        # Who had the item within a state may change; the stay goes on.
        if last and (last.item, last.state, last.unit, last.until) == (stay.item, stay.state, stay.unit, stay.since):
            found[-1] = Stay(last.item, last.state, last.unit, last.since, stay.until)
        else:
            found.append(stay)
    return tuple(found)


def _params(workflow: str, since: datetime, until: datetime) -> dict[str, object]:
    return {"workflow": workflow, "since": micros(since), "until": micros(until)}


def variants(found: Iterable[Story]) -> tuple[Variant, ...]:
    """The ways that items went, the most frequent first."""
    ways: dict[tuple[str, ...], list[str]] = {}
    for story in found:
        ways.setdefault(tuple(step.move for step in story.steps), []).append(story.code)
    made = (Variant(moves, len(codes), codes[0]) for moves, codes in ways.items())
    return tuple(sorted(made, key=lambda one: (-one.count, one.moves)))


def taken(found: Iterable[Story]) -> Mapping[Step, int]:
    """How often each step was taken, the most frequent first."""
    return dict(Counter(step for story in found for step in story.steps).most_common())


def follows(found: Iterable[Story]) -> Mapping[tuple[str, str], int]:
    """How often one move directly followed another."""
    return dict(
        Counter((before.move, after.move) for story in found for before, after in pairwise(story.steps)).most_common()
    )


def returns(found: Iterable[Story]) -> Mapping[int, int]:
    """How many items came back how often to a state that they had left."""
    return dict(sorted(Counter(story.returns for story in found).items()))


Measure = Callable[[datetime, datetime], timedelta]


def elapsed(since: datetime, until: datetime) -> timedelta:
    return until - since


def by_state(found: Iterable[Stay], now: datetime, measure: Measure = elapsed) -> Mapping[str, Times]:
    """How long items stayed in each state, what is there yet up to `now`."""
    return _measured(((stay.state, stay) for stay in found), now, measure)


def by_unit(found: Iterable[Stay], now: datetime, measure: Measure = elapsed) -> Mapping[tuple[str, str], Times]:
    """The same by unit and state."""
    return _measured((((stay.unit, stay.state), stay) for stay in found), now, measure)


def _measured(found: Iterable[tuple[_Key, Stay]], now: datetime, measure: Measure) -> Mapping[_Key, Times]:
    lengths: dict[_Key, list[timedelta]] = {}
    for key, stay in found:
        lengths.setdefault(key, []).append(measure(stay.since, stay.until or now))
    return {key: _times(sorted(each)) for key, each in lengths.items()}


def _times(ascending: list[timedelta]) -> Times:
    return Times(len(ascending), ascending[len(ascending) // 2], sum(ascending, timedelta()), ascending[-1])
