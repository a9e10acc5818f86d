"""One item of one definition played through in memory: by the rules, the calendar and the clock, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.catalog.compile import who_of
from workflow.catalog.inputs import InputContext, load_inputs
from workflow.engine import (
    Accepted,
    Actor,
    Choice,
    Circumstances,
    Command,
    CreateItem,
    Definition,
    Item,
    Kind,
    Perform,
    Reason,
    TakeBack,
    Vote,
    decide,
    fold,
    react,
)
from workflow.engine.deadlines import Due, outlook
from workflow.engine.definition import Who, WhoKind
from workflow.engine.events import TimerFired, Transitioned
from workflow.engine.facts import waiting
from workflow.engine.item import Plain
from workflow.engine.permissions import holders
from workflow.engine.tick import tick
from workflow.engine.workdays import Calendar, CalendarYearMissing

MOST_TIMERS = 20_000
"""How often timers may fall due in one rehearsal: a file must not keep us for hours."""


class RehearsalTooLong(Exception):
    """Timers fell due more than MOST_TIMERS times."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a rehearsal; they are its directory too."""

    people: Mapping[str, Actor]

    def holders(self, role: str, unit: str | None, area: str | None) -> frozenset[str]:
        return frozenset(
            name
            for name, person in self.people.items()
            if role in person.roles
            and unit in (None, person.unit)
            and (role != "vice_chairman" or area is None or area in person.areas)
        )

    def person_id(self, login: str) -> str | None:
        return login if login in self.people else None


class Rehearsal:
    """What is refused is returned as reasons; nothing else of the rehearsal changes by it.

    `told` are the people who got a notice by the last act or wait, `trail` all moves made so far, `rung` all timers that fell
    due. `item` is None until one is created.
    """

    def __init__(self, definition: Definition, cast: Cast, calendar: Calendar | None, now: datetime) -> None:
        self.definition, self.cast, self.now = definition, cast, now
        self.item: Item | None = None
        self.told: frozenset[str] = frozenset()
        self.trail: list[Transitioned] = []
        self.rung: list[TimerFired] = []
        self._calendar = calendar
        self._refused: set[tuple[str, datetime]] = set()
        self._timers = 0

    @property
    def circumstances(self) -> Circumstances:
        return Circumstances(self.now, calendar=self._calendar, directory=self.cast)

    @property
    def state(self) -> str:
        return self.item.state if self.item else ""

    # -- acts -------------------------------------------------------------------------------------------------------------

    def create(
        self, actor: Actor, unit: str, fields: Mapping[str, Any], parent_workflow: str | None = None
    ) -> tuple[Reason, ...]:
        values, errors = self._loaded(self.definition.create.inputs, fields)
        parent = "parent" if parent_workflow else None
        code = f"{self.definition.code}-1"
        return self._decide(CreateItem(actor, "item", code, unit, values, parent, parent_workflow), errors)

    def perform(
        self, actor: Actor, move: str, given: Mapping[str, Any], comment: str | None = None
    ) -> tuple[Reason, ...]:
        values, errors = self._loaded(self.definition.transitions[move].inputs, given)
        return self._decide(Perform(actor, move, values, comment), errors)

    def vote(self, actor: Actor, move: str, choice: Choice, comment: str | None = None) -> tuple[Reason, ...]:
        return self._decide(Vote(actor, move, choice, comment))

    def withdraw(self, actor: Actor, move: str, comment: str | None = None) -> tuple[Reason, ...]:
        """Take back one's standing vote, or else the request that one proposed."""
        request = self.item.request(move) if self.item else None
        if request and actor.id in request.proposer.people:
            voted = {ballot.doer.person for ballot in request.votes}
            if actor.id not in voted:
                return self._decide(TakeBack(actor, move, comment))
        return self.vote(actor, move, Choice.WITHDRAW, comment)

    def _loaded(
        self, names: tuple[str, ...], given: Mapping[str, Any]
    ) -> tuple[Mapping[str, Plain], tuple[Reason, ...]]:
        context = InputContext(self.circumstances.today.date(), self.cast.person_id, lambda _: True)
        loaded = load_inputs(self.definition, names, given, context)
        return loaded.values, tuple(
            Reason(error.code, Kind.INPUT, {"field": error.field, **error.params}) for error in loaded.errors
        )

    def _decide(self, command: Command, errors: tuple[Reason, ...] = ()) -> tuple[Reason, ...]:
        self.told = frozenset()
        before = None if isinstance(command, CreateItem) else self.item
        decision = decide(self.definition, before, command, self.circumstances)
        if not isinstance(decision, Accepted):
            unreadable = {error.params["field"] for error in errors}
            missing = [r for r in decision.reasons if r.code == "input_missing" and r.params["field"] in unreadable]
            return (*(reason for reason in decision.reasons if reason not in missing), *errors)
        if errors:
            return errors
        self._happen(before, decision)
        return ()

    def _happen(self, before: Item | None, decision: Accepted) -> None:
        self.item = fold(before, decision.events)
        self.trail.extend(event for event in decision.events if isinstance(event, Transitioned))
        self.rung.extend(event for event in decision.events if isinstance(event, TimerFired))
        for message in react(self.definition, decision.events):
            self._tell(who_of(word) for word in message.roles)

    # -- time -------------------------------------------------------------------------------------------------------------

    def wait(self, until: datetime) -> None:
        """Let time pass: every timer falls due at its own instant, in order. ValueError where the calendar does not reach."""
        told: frozenset[str] = frozenset()
        while due := self._next(until):
            self._timers += 1
            if self._timers > MOST_TIMERS:
                raise RehearsalTooLong
            self.now = max(self.now, due.at)
            self.told = frozenset()
            self._act(due)
            told |= self.told
        self.now = max(self.now, until)
        self.told = told

    def _next(self, until: datetime) -> Due | None:
        if self.item is None:
            return None
        found = outlook(self.definition, self.item, self.circumstances)
        for year in sorted(found.unknown):
            if self._calendar and year <= until.astimezone(self.circumstances.zone).year:
                raise CalendarYearMissing(self._calendar.name, year)
        return next(
            (due for due in found.dues if due.at <= until and (due.timer.name, due.at) not in self._refused), None
        )

    def _act(self, due: Due) -> None:
        if self.item is None:
            return
        decision = tick(self.definition, self.item, due, self.circumstances)
        if isinstance(decision, Accepted):
            self._happen(self.item, decision)
        else:
            # A refused timer would come round for ever; the real clock logs it and goes on, and so do we.
            self._refused.add((due.timer.name, due.at))

    # -- people -----------------------------------------------------------------------------------------------------------

    def waiting(self) -> frozenset[str]:
        """For whom the item waits now: the voters of an open request, else whom its state names."""
        if self.item is None:
            return frozenset()
        return frozenset().union(*(self._meant(who) for who in waiting(self.definition, self.item)))

    def _meant(self, who: Who) -> frozenset[str]:
        if self.item is None:
            return frozenset()
        if who.kind is WhoKind.POST:
            return self.cast.holders(who.name, self.item.unit, None)
        found = holders(who, self.item, self.cast)
        if not found and who.kind in (WhoKind.FIELD, WhoKind.CREATOR, WhoKind.LAST):
            # Nobody is named yet: the head of the unit answers for it, as in every worklist.
            return self.cast.holders("unit_head", self.item.unit, None)
        return found

    def _tell(self, whos: Iterable[Who]) -> None:
        for who in whos:
            self.told |= self._meant(who)
