"""The clock of responsibility: for whom an item waited, and since when, told from its events. Pure: no calendar, no present time.

Whose working time that is, is the calendar's business (`Calendar.working_time`): the night of a reviewer is nobody's delay.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from workflow.engine.apply import fold
from workflow.engine.definition import POSTS, Definition
from workflow.engine.events import Event
from workflow.engine.facts import held_by
from workflow.engine.item import Item
from workflow.values import replace

_CREATOR = "creator"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is waited for: `who` is an office, a post, or the word that names `person`; "" where nobody is.

    `unit` is the unit on whose clock it runs, None for an office (who reviews, decides or keeps is charged as such, and
    never to the unit whose work he has before him) and where nobody is waited for.
    """

    who: str
    person: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which an item of `unit` stood in one state and waited for one holder; `until` None: it still does."""

    state: str
    unit: str
    holder: Holder
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The events of one command, and the instant from which they count."""

    at: datetime
    events: tuple[Event, ...]


def custody(steps: Iterable[Step], definition_of: Callable[[Item], Definition]) -> tuple[Span, ...]:
    """The stretches of an item's life in order and without overlap; between two there is a gap only where it was closed.

    What counts from before the stretch at hand began (lateness that was recorded after somebody had gone on) takes that
    stretch's place from its beginning: nobody's time is changed that had ended before.
    """
    found: list[Span] = []
    item: Item | None = None
    for step in steps:
        if step.events:
            item = fold(item, step.events)
            _go_on(found, _span(definition_of(item), item, step.at))
    return tuple(found)


def _span(definition: Definition, item: Item, at: datetime) -> Span | datetime:
    """What begins at `at`; the bare instant where the item is closed by then."""
    if definition.states[item.state].final is not None:
        return at
    return Span(item.state, item.unit, holder_of(definition, item), at)


def _go_on(found: list[Span], step: Span | datetime) -> None:
    """Close the stretch at hand and begin `step`, or close it for good at that instant; nothing where it simply goes on."""
    open_one = found[-1] if found and found[-1].until is None else None
    if isinstance(step, Span) and open_one is not None and _alike(open_one, step):
        return
    at = step.since if isinstance(step, Span) else step
    if open_one is not None:
        at = max(at, open_one.since)
        found[-1] = replace(open_one, until=at)
        if at == open_one.since:
            found.pop()
    if isinstance(step, datetime):
        return
    if found and found[-1].until is not None:
        at = max(at, found[-1].until)
        if found[-1].until == at and _alike(found[-1], step):
            found[-1] = replace(found[-1], until=None)
            return
    found.append(replace(step, since=at))


def _alike(one: Span, other: Span) -> bool:
    return (one.state, one.unit, one.holder) == (other.state, other.unit, other.holder)


def holder_of(definition: Definition, item: Item) -> Holder:
    """For whom the item waits, by the same words as the worklist."""
    who, person = held_by(definition, item)
    if who in POSTS:
        return Holder(who, person, item.unit)
    if person is None:
        return Holder(who)
    return Holder(who, person, _unit_of(who, item))


def _unit_of(who: str, item: Item) -> str | None:
    """The unit of whoever is named: who did a step had one that day; anybody else is named for the item's unit."""
    if who == _CREATOR:
        return None
    step = who.removeprefix("last(").removesuffix(")")
    doer = item.last.get(step) if step != who else None
    return doer.unit if doer else item.unit
