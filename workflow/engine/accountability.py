"""What the head of a unit answers for in a stretch of time, counted from the entries of the log. Pure: the cut is the caller's.

Numbers are never kept: each is the entries that make it up, so that whoever doubts one can open them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

from workflow.engine.apply import fold
from workflow.engine.definition import Definition, Final, Group, Purpose, WhoKind
from workflow.engine.events import (
    DueSet,
    EpisodeEnded,
    EpisodeOpened,
    EpisodeRecorded,
    Event,
    FieldChanged,
    RequestOpened,
    Transitioned,
    UnitChanged,
    Voted,
)
from workflow.engine.item import SYSTEM_ACTOR, Actor, Episode, Item
from workflow.engine.visibility import scope_of

_DAY = timedelta(days=1)
HEAD = "unit_head"
_WITH_THE_HEADS_HAND = frozenset({HEAD, "unit_deputy"})
_OBJECTIVE = frozenset({"objective", "both"})


class Measure(StrEnum):
    """What is counted. The first nine part what the unit answers for: each piece of work stands in one of them."""

    ASSIGNED = "assigned"
    NEW = "new"
    EARLY = "early"
    ON_TIME = "on_time"
    UNDATED = "undated"
    LATE_DONE = "late_done"
    LATE_OPEN = "late_open"
    OPEN = "open"
    PASSED_ON = "passed_on"
    WITHDRAWN = "withdrawn"
    SENT_BACK = "sent_back"
    EPISODES = "episodes"
    LATE_DAYS = "late_days"
    SUBJECTIVE = "subjective"
    OBJECTIVE_CLAIMED = "objective_claimed"
    OBJECTIVE_CONFIRMED = "objective_confirmed"
    UNEXPLAINED = "unexplained"
    WITHOUT_PLAN = "without_plan"
    PLANS_BROKEN = "plans_broken"
    EXTENSIONS_ASKED = "extensions_asked"
    EXTENSIONS = "extensions"
    REPORTS = "reports"
    REPORTS_ON_TIME = "reports_on_time"
    REPORTS_LATE = "reports_late"
    REPORTS_MISSING = "reports_missing"
    REPORTS_OPEN = "reports_open"
    RETURNED = "returned"
    CORRECTED = "corrected"
    WAIVED = "waived"
    DIFFICULTIES = "difficulties"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    ANSWER_DAYS = "answer_days"
    SIGNED_HEAD = "signed_head"
    SIGNED_KT = "signed_kt"
    SIGNED_TL = "signed_tl"
    SIGNED_TUQ = "signed_tuq"


DAYS = frozenset({Measure.LATE_DAYS, Measure.ANSWER_DAYS})
"""Measures that add up days instead of counting."""

_SIGNED = {"": Measure.SIGNED_HEAD, "KT.": Measure.SIGNED_KT, "TL.": Measure.SIGNED_TL, "TUQ.": Measure.SIGNED_TUQ}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of an item's stream. `role` is the capacity in which `person` acted, `power` the kind of delegation he used."""

    n: int
    recorded_at: datetime
    effective_at: datetime
    events: tuple[Event, ...]
    type: str = ""
    move: str = ""
    person: str = ""
    role: str = ""
    power: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One of those that a number counts: the item as it stands at the cut, and the entry by which it counts."""

    item: Item
    line: Line
    days: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` up to and without `until`, which a cut may have put before `end`; local days are those of `zone`."""

    since: datetime
    until: datetime
    end: datetime
    zone: tzinfo

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def is_for(self, bound: datetime) -> bool:
        """Whether a deadline's last day lies in the period, be it still ahead."""
        return self.since < bound <= self.end


@dataclass(frozen=True, slots=True)
class Product:
    """One piece of work of one person: how often it was late in his hands, and how often that is excused.

    `person` is "" where nobody was named: the head of the unit answers for it.
    """

    person: str
    item: Item
    delays: tuple[Mark, ...]
    excused: tuple[Mark, ...]

    @property
    def score(self) -> int:
        """The progress score in per cent: a quarter off for each delay whose objective cause is not confirmed."""
        return max(0, 100 - 25 * len(self.delays))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What `unit` answers for: the marks behind every number, and the products of its people."""

    unit: str
    marks: Mapping[Measure, tuple[Mark, ...]]
    products: tuple[Product, ...]

    def number(self, measure: Measure, workflow: str = "") -> int:
        """The number of that measure, of one workflow or of all."""
        found = self.of(measure, workflow)
        return sum(mark.days for mark in found) if measure in DAYS else len(found)

    def of(self, measure: Measure, workflow: str = "") -> tuple[Mark, ...]:
        found = self.marks.get(measure, ())
        return tuple(mark for mark in found if workflow in ("", mark.item.workflow))


WorkingDays = Callable[[datetime, datetime], int]
"""How many working days lie between two instants; 0 where no calendar tells."""


@dataclass(frozen=True, slots=True)
class House:
    """What the office adds to the log: the edition that rules an item, what a workflow is for by its name, and its calendar."""

    definition_of: Callable[[Item], Definition]
    purposes: Mapping[str, Purpose]
    working_days: WorkingDays


def accounted(streams: Iterable[Iterable[Line]], house: House, unit: str, stretch: Stretch) -> Sheet:
    """The sheet of `unit` over that stretch. What was said later of its lateness, a cause or its confirmation, counts as well."""
    marks: dict[Measure, list[Mark]] = {measure: [] for measure in Measure}
    products: list[Product] = []
    for stream in streams:
        story = _told(stream, house.definition_of)
        if story is None:
            continue
        for measure, mark in _counted(story, house, unit, stretch):
            marks[measure].append(mark)
        products.extend(_products(story, unit, stretch))
    counted = MappingProxyType({measure: tuple(found) for measure, found in marks.items()})
    return Sheet(unit, counted, tuple(products))


# -- the story of one item ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Snap:
    """The item after one entry, under the edition of that entry."""

    line: Line
    before: Item | None
    item: Item
    definition: Definition

    @property
    def at(self) -> datetime:
        return self.line.effective_at

    @property
    def is_done(self) -> bool:
        return self.definition.states[self.item.state].group is Group.DONE

    @property
    def final(self) -> Final | None:
        return self.definition.states[self.item.state].final

    @property
    def on_account(self) -> bool:
        """Whether the lead unit answers for it: not yet where an office still has to assign it."""
        state = self.definition.states[self.item.state]
        waits_on = state.waits_on
        return not (state.initial and (waits_on is None or waits_on.kind is WhoKind.OFFICE))


@dataclass(frozen=True, slots=True)
class _Story:
    snaps: tuple[_Snap, ...]
    causes: Mapping[int, "_Cause"]

    @property
    def last(self) -> _Snap:
        return self.snaps[-1]

    def until(self, end: datetime) -> tuple[_Snap, ...]:
        return tuple(snap for snap in self.snaps if snap.at < end)


@dataclass(slots=True)
class _Cause:
    """What is known of why an item was late, with the entries that said so."""

    opened: Line
    kind: str = ""
    said: Line | None = None
    confirmed: Line | None = None
    planned: bool = False


def _told(stream: Iterable[Line], definition_of: Callable[[Item], Definition]) -> _Story | None:
    snaps: list[_Snap] = []
    causes: dict[int, _Cause] = {}
    item: Item | None = None
    for line in stream:
        if not line.events:
            continue
        before, item = item, fold(item, line.events)
        definition = definition_of(item)
        snaps.append(_Snap(line, before, item, definition))
        for event in line.events:
            _hear(causes, line, event, item, definition)
    return _Story(tuple(snaps), causes) if snaps else None


def _hear(causes: dict[int, _Cause], line: Line, event: Event, item: Item, definition: Definition) -> None:
    if isinstance(event, EpisodeOpened):
        causes[event.n] = _Cause(line)
    elif isinstance(event, EpisodeRecorded) and event.n in causes:
        _learn(causes[event.n], line, event.field, event.value, definition)
    elif isinstance(event, FieldChanged) and item.episodes and event.field in definition.episode_record:
        # What is said once the stretch is over stands on the item alone; it is said of its last stretch.
        latest = item.episodes[-1]
        ended_before = latest.ended_at is not None and latest.ended_at < line.effective_at
        if ended_before and event.new is not None and latest.n in causes:
            _learn(causes[latest.n], line, event.field, event.new, definition)


def _learn(cause: _Cause, line: Line, field: str, value: object, definition: Definition) -> None:
    if field == "cause_kind":
        cause.kind, cause.said = str(value), line
    elif field == "cause_confirmed":
        cause.confirmed = line if value is True else None
    elif field in _plan_dates(definition):
        cause.planned = True


def _plan_dates(definition: Definition) -> frozenset[str]:
    """The dates by which lateness is to be made good: deadlines that belong to a stretch of it."""
    return frozenset(deadline.base for deadline in definition.deadlines.values()) & frozenset(definition.episode_record)


# -- what the unit answers for ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Charge:
    """The unit's account of one item: since it had it, its result as it stands, and how it got rid of it otherwise."""

    opened: _Snap
    done: _Snap | None = None
    ended: _Snap | None = None
    measure: Measure | None = None

    @property
    def over(self) -> datetime | None:
        last = self.done or self.ended
        return last.at if last else None


def _charges(snaps: Iterable[_Snap], unit: str) -> Iterator[_Charge]:
    charge: _Charge | None = None
    for snap in snaps:
        held = snap.on_account and snap.item.unit == unit
        if charge is None:
            charge = _Charge(snap) if held and snap.final is not Final.CANCELLED else None
        elif not held:
            charge.ended, charge.measure, charge.done = snap, Measure.PASSED_ON, None
        elif snap.final is Final.CANCELLED:
            charge.ended, charge.measure, charge.done = snap, Measure.WITHDRAWN, None
        if charge is None:
            continue
        if charge.ended is not None:
            yield charge
            charge = None
            continue
        _go_on(charge, snap)
    if charge is not None:
        yield charge


def _go_on(charge: _Charge, snap: _Snap) -> None:
    """A result stands from its declaration on, until somebody sends it back; a report that was replaced was sent all the same."""
    if snap.is_done or snap.final is Final.SUPERSEDED:
        charge.done = charge.done or snap
    else:
        charge.done = None


def _fate(charge: _Charge, last: Item, unit: str, stretch: Stretch) -> Measure:
    if charge.measure is not None:
        return charge.measure
    if charge.done is not None:
        return _timeliness(charge.done, stretch)
    late = any(one.unit == unit and _runs_at(one, stretch.until) for one in last.episodes)
    return Measure.LATE_OPEN if late else Measure.OPEN


def _timeliness(done: _Snap, stretch: Stretch) -> Measure:
    bound = _bound(done)
    if bound is None:
        return Measure.UNDATED
    if done.at >= bound:
        return Measure.LATE_DONE
    last_day = (bound - timedelta(microseconds=1)).astimezone(stretch.zone).date()
    return Measure.EARLY if done.at.astimezone(stretch.zone).date() < last_day else Measure.ON_TIME


def _bound(snap: _Snap) -> datetime | None:
    """The date in force when the result was declared."""
    paused = snap.item.paused.get("main")
    return paused.bound if paused else snap.item.due_at


def _runs_at(episode: Episode, at: datetime) -> bool:
    return episode.effective_at < at and (episode.ended_at is None or episode.ended_at >= at)


def _counted(story: _Story, house: House, unit: str, stretch: Stretch) -> Iterator[tuple[Measure, Mark]]:
    snaps = story.until(stretch.until)
    if not snaps:
        return
    definition = story.last.definition
    purpose = house.purposes.get(definition.workflow)
    if definition.series:
        yield from _reports(story, snaps, unit, stretch)
    elif definition.episode_record:
        yield from _work(story, snaps, unit, stretch)
    elif purpose is Purpose.ESCALATION:
        yield from _difficulties(story, snaps, unit, stretch, house.working_days)
    elif purpose is Purpose.EXTENSION and snaps[0].item.unit == unit and stretch.holds(snaps[0].at):
        yield Measure.EXTENSIONS_ASKED, Mark(story.last.item, snaps[0].line)
    yield from _lateness(story, snaps, unit, stretch)
    yield from _signed(story, snaps, unit, stretch)


def _work(story: _Story, snaps: tuple[_Snap, ...], unit: str, stretch: Stretch) -> Iterator[tuple[Measure, Mark]]:
    item = story.last.item
    for charge in _charges(snaps, unit):
        if charge.over is not None and charge.over < stretch.since:
            continue
        last = charge.done or charge.ended or charge.opened
        fate = _fate(charge, item, unit, stretch)
        yield Measure.ASSIGNED, Mark(item, charge.opened.line)
        if stretch.holds(charge.opened.at):
            yield Measure.NEW, Mark(item, charge.opened.line)
        line = _opening_of_lateness(story, item, unit, stretch) if fate is Measure.LATE_OPEN else last.line
        yield fate, Mark(item, line)
    for snap in snaps:
        if stretch.holds(snap.at) and snap.item.unit == unit:
            if _sent_back(snap):
                yield Measure.SENT_BACK, Mark(item, snap.line)
            if _later_date(snap):
                yield Measure.EXTENSIONS, Mark(item, snap.line)


def _opening_of_lateness(story: _Story, item: Item, unit: str, stretch: Stretch) -> Line:
    running = next(one for one in item.episodes if one.unit == unit and _runs_at(one, stretch.until))
    return story.causes[running.n].opened


def _sent_back(snap: _Snap) -> bool:
    """Whether somebody outside the unit did not take its result; that it took it back itself is no such thing."""
    if snap.before is None or snap.is_done or snap.final is not None:
        return False
    moves = (event for event in snap.line.events if isinstance(event, Transitioned))
    states = snap.definition.states
    return any(
        states[move.source].group is Group.DONE and move.doer.unit != snap.item.unit
        for move in moves
        if move.source in states
    )


def _later_date(snap: _Snap) -> bool:
    """Whether an office moved the date on. That of another unit, to which the item goes, is a new one."""
    if any(isinstance(event, UnitChanged) for event in snap.line.events):
        return False
    return any(
        event.deadline == "main" and event.old is not None and event.new is not None and event.new > event.old
        for event in snap.line.events
        if isinstance(event, DueSet)
    )


# -- lateness -----------------------------------------------------------------------------------------------------------


def _lateness(story: _Story, snaps: tuple[_Snap, ...], unit: str, stretch: Stretch) -> Iterator[tuple[Measure, Mark]]:
    item = story.last.item
    for episode in item.episodes:
        if episode.unit != unit or not _touches(episode, stretch):
            continue
        cause = story.causes[episode.n]
        yield Measure.EPISODES, Mark(item, cause.opened)
        yield Measure.LATE_DAYS, Mark(item, cause.opened, _days(episode, snaps, stretch))
        yield _verdict(cause), Mark(item, cause.confirmed or cause.said or cause.opened)
        if _runs_at(episode, stretch.until) and not _is_answered(episode, cause, snaps):
            yield Measure.WITHOUT_PLAN, Mark(item, cause.opened)
    for snap in snaps:
        broken = _ended_and_opened(snap.line.events)
        if broken and broken.unit == unit and stretch.holds(snap.at):
            yield Measure.PLANS_BROKEN, Mark(item, snap.line)


def _touches(episode: Episode, stretch: Stretch) -> bool:
    return episode.effective_at < stretch.until and (episode.ended_at is None or episode.ended_at > stretch.since)


def _days(episode: Episode, snaps: tuple[_Snap, ...], stretch: Stretch) -> int:
    """The days of it within the stretch. A started day counts; that of a transfer is the receiving unit's."""
    since = max(episode.effective_at, stretch.since)
    ended = episode.ended_at if episode.ended_at and episode.ended_at < stretch.until else None
    spent = (ended or stretch.until) - since
    passed_on = ended is not None and any(
        snap.at == ended and any(isinstance(event, UnitChanged) for event in snap.line.events) for snap in snaps
    )
    return max(1, spent // _DAY if passed_on else -(-spent // _DAY))


def _verdict(cause: _Cause) -> Measure:
    return verdict(cause.kind, confirmed=cause.confirmed is not None)


def verdict(kind: str, *, confirmed: bool) -> Measure:
    """Under which cause lateness counts: both kinds at once as subjective until the objective part is confirmed."""
    if kind in _OBJECTIVE and confirmed:
        return Measure.OBJECTIVE_CONFIRMED
    if kind == "objective":
        return Measure.OBJECTIVE_CLAIMED
    return Measure.SUBJECTIVE if kind else Measure.UNEXPLAINED


def cause_now(episode: Episode) -> Measure:
    """The cause of a stretch of lateness that still runs, as far as it is told."""
    record = episode.record
    said = {name: record[name].value for name in ("cause_kind", "cause_confirmed") if name in record}
    return verdict(str(said.get("cause_kind") or ""), confirmed=said.get("cause_confirmed") is True)


def _is_answered(episode: Episode, cause: _Cause, snaps: tuple[_Snap, ...]) -> bool:
    """Whether a plan is approved, or the chairman did without one: the item has then left the state it was late in."""
    if cause.planned:
        return True
    first = next((snap for snap in snaps if snap.line is cause.opened), None)
    last = snaps[-1]
    runs_by_plan = any(
        deadline.name in last.item.due and deadline.base in last.definition.episode_record
        for deadline in last.definition.deadlines.values()
    )
    return runs_by_plan or (first is not None and episode.ended_at is None and last.item.state != first.item.state)


def _ended_and_opened(events: tuple[Event, ...]) -> EpisodeOpened | None:
    """The new stretch of lateness that begins where the plan against the old one was not kept."""
    ended = any(isinstance(event, EpisodeEnded) for event in events)
    opened = (event for event in events if isinstance(event, EpisodeOpened))
    return next(opened, None) if ended else None


# -- reports, difficulties, signatures ----------------------------------------------------------------------------------


def _reports(story: _Story, snaps: tuple[_Snap, ...], unit: str, stretch: Stretch) -> Iterator[tuple[Measure, Mark]]:
    """A report belongs to the stretch in which its last day lies; what happens to it, to the one in which it happens."""
    item, last = story.last.item, snaps[-1]
    if last.item.unit != unit:
        return
    bound = _bound(last)
    if bound is not None and stretch.is_for(bound):
        charge = next(_charges(snaps, unit), None)
        yield Measure.REPORTS, Mark(item, snaps[0].line)
        yield _sending(charge, last, bound, stretch)
    for snap in snaps:
        if not stretch.holds(snap.at):
            continue
        if _sent_back(snap):
            yield Measure.RETURNED, Mark(item, snap.line)
        elif snap.final is Final.SUPERSEDED and snap.before is not None:
            yield Measure.CORRECTED, Mark(item, snap.line)


def _sending(charge: _Charge | None, last: _Snap, bound: datetime, stretch: Stretch) -> tuple[Measure, Mark]:
    if last.final is Final.CANCELLED:
        return Measure.WAIVED, Mark(last.item, last.line)
    done = charge.done if charge else None
    if done is not None:
        return (Measure.REPORTS_ON_TIME if done.at < bound else Measure.REPORTS_LATE), Mark(last.item, done.line)
    return (Measure.REPORTS_MISSING if stretch.until > bound else Measure.REPORTS_OPEN), Mark(last.item, last.line)


def _difficulties(
    story: _Story, snaps: tuple[_Snap, ...], unit: str, stretch: Stretch, working_days: WorkingDays
) -> Iterator[tuple[Measure, Mark]]:
    item, first, last = story.last.item, snaps[0], snaps[-1]
    if first.item.unit != unit:
        return
    if stretch.holds(first.at):
        yield Measure.DIFFICULTIES, Mark(item, first.line)
    answer = next((snap for snap in snaps if snap.item.state != first.item.state), None)
    if answer is None:
        yield Measure.UNANSWERED, Mark(item, first.line)
    elif answer.final is None and stretch.holds(answer.at):
        yield Measure.ANSWERED, Mark(item, answer.line)
        yield Measure.ANSWER_DAYS, Mark(last.item, answer.line, working_days(first.at, answer.at))


def _signed(story: _Story, snaps: tuple[_Snap, ...], unit: str, stretch: Stretch) -> Iterator[tuple[Measure, Mark]]:
    """What was done with the head's hand: by himself, or under a power that he gave."""
    for snap in snaps:
        line = snap.line
        at_home = (snap.before or snap.item).unit == unit
        if at_home and line.role in _WITH_THE_HEADS_HAND and stretch.holds(snap.at) and _is_an_act(line):
            yield _SIGNED.get(line.power, Measure.SIGNED_TUQ), Mark(story.last.item, line)


def _is_an_act(line: Line) -> bool:
    acts = (event for event in line.events if isinstance(event, Transitioned | Voted | RequestOpened))
    return line.person != SYSTEM_ACTOR.id and next(acts, None) is not None


# -- people -------------------------------------------------------------------------------------------------------------


def _products(story: _Story, unit: str, stretch: Stretch) -> Iterator[Product]:
    """Each piece of work once for everybody who had it in the stretch. A delay is told where it begins, of whoever had it then."""
    snaps = story.until(stretch.until)
    if not snaps or not story.last.definition.episode_record:
        return
    people = dict.fromkeys(_hands(snaps, unit, stretch))
    delays: dict[str, list[Mark]] = {person: [] for person in people}
    excused: dict[str, list[Mark]] = {person: [] for person in people}
    for episode in story.last.item.episodes:
        if episode.unit != unit or not stretch.holds(episode.effective_at):
            continue
        cause = story.causes[episode.n]
        mark = Mark(story.last.item, cause.opened)
        told = excused if _verdict(cause) is Measure.OBJECTIVE_CONFIRMED else delays
        person = _in_hand(snaps, episode.effective_at)
        told.setdefault(person, []).append(mark)
        people.setdefault(person)
    for person in people:
        yield Product(person, story.last.item, tuple(delays.get(person, ())), tuple(excused.get(person, ())))


def _hands(snaps: tuple[_Snap, ...], unit: str, stretch: Stretch) -> Iterator[str]:
    """Who was named for it in the stretch, or the head where nobody was; nobody for what was withdrawn, which became no product."""
    for charge in _charges(snaps, unit):
        over = charge.over or stretch.until
        if over < stretch.since or charge.measure is Measure.WITHDRAWN:
            continue
        first = max(charge.opened.at, stretch.since)
        held = [_in_hand(snaps, first), *(_named(snap.item) for snap in snaps if first < snap.at < over)]
        yield from [person for person in held if person] or [""]


def _in_hand(snaps: tuple[_Snap, ...], at: datetime) -> str:
    """Who had the item at that instant. Lateness that was recorded later is nobody's taking over."""
    known = [snap for snap in snaps if snap.at <= at]
    return _named(known[-1].item) if known else ""


def _named(item: Item) -> str:
    return str(item.fields.get("assignee") or "")


# -- who may read it ----------------------------------------------------------------------------------------------------


def reads_account(actor: Actor, unit: str) -> bool:
    """Whether `actor` may read what that unit answers for: its own people, whoever reads everything, or all work of that unit."""
    scope = scope_of(actor)
    mandate = scope.mandate
    mandated = mandate is not None and not mandate.workflows and unit in (mandate.units or (unit,))
    return scope.everything or unit == scope.unit or mandated


def reads_scores_of(actor: Actor, unit: str, person: str) -> bool:
    """Whether `actor` may read the score of that person of the unit: his own, the head those of the unit, the chairman all."""
    if "chairman" in actor.roles or (HEAD in actor.roles and actor.unit == unit):
        return True
    return person == actor.id
