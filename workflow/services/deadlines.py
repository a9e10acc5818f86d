"""The clock as an actor: `sweep` performs what fell due, on the same road as anyone else."""

import logging
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush

from workflow.engine import SYSTEM_ACTOR, Accepted, Circumstances, Definition, Item
from workflow.engine.deadlines import Due, next_look, outlook
from workflow.engine.tick import tick
from workflow.errors import StaleItem
from workflow.persistence import StoredItem, UnitOfWork
from workflow.services.office import Caller, Office
from workflow.services.relatives import Act, RelativesRefused, carry_out

_log = logging.getLogger(__name__)
_BATCH = 200
_CLOCK = Caller(SYSTEM_ACTOR, "job")


@dataclass(frozen=True, slots=True)
class Swept:
    """What a round did: how many timers made a move, and how many reminded somebody.

    `refused` are the codes of items that refused the move of a timer, be it their own or a relative's; `unknown` are years
    that somebody has to enter into a calendar before all timers can be told.
    """

    fired: int
    refused: tuple[str, ...] = ()
    reminded: int = 0
    unknown: tuple[int, ...] = ()


class _Refused(Exception):
    """Carries a refusal out of the unit of work, so that nothing of the act stays."""

    def __init__(self, timer: str, code: str, why: str) -> None:
        super().__init__(f"the timer {timer} was refused for {code}: {why}")
        self.timer, self.code = timer, code


def sweep(office: Office, now: datetime | None = None) -> Swept:
    """Act on everything due at `now`, in nominal order over all items, each in a transaction of its own.

    Several may sweep at once: each thing is done once, and none of them goes on before what fell due earlier is done.
    """
    return _Round(office, now or office.clock.now()).run()


class _Round:
    """One sweep. The queue holds when an item falls due and its id; nothing behind `_end` has been read completely."""

    def __init__(self, office: Office, at: datetime) -> None:
        self._office, self._at = office, at
        self._queue: list[tuple[datetime, str]] = []
        self._end = at
        self._left: set[str] = set()
        self._refused_timers: dict[str, set[str]] = {}
        self._refused: dict[str, None] = {}
        self._unknown: set[int] = set()
        self._fired = self._reminded = 0

    def run(self) -> Swept:
        self._read()
        while self._queue:
            while self._queue and self._queue[0][0] <= self._end:
                self._look(*heappop(self._queue))
            self._read()
        if self._unknown:
            _log.error("timers cannot be told, for a calendar has no data of %s", sorted(self._unknown))
        return Swept(self._fired, tuple(self._refused), self._reminded, tuple(sorted(self._unknown)))

    def _read(self) -> None:
        most = _BATCH + len(self._left)
        with self._office.read() as uow:
            found = uow.items.due_before(self._at, most)
        self._end = found[-1][0] if len(found) == most else self._at
        self._queue.extend(one for one in found if one[1] not in self._left)
        heapify(self._queue)

    def _look(self, nominal: datetime, item_id: str) -> None:
        try:
            with self._office.write() as uow:
                next_at = self._look_within(uow, uow.items.get(item_id), nominal)
        except StaleItem:
            # Somebody wrote the item in the same instant: the next round looks at it again.
            self._left.add(item_id)
        except _Refused as refusal:
            self._keep(refusal, nominal, item_id)
        else:
            # What lies behind the last that was read is read again; what was refused is never.
            if next_at is not None and next_at <= (self._at if item_id in self._left else self._end):
                heappush(self._queue, (next_at, item_id))

    def _keep(self, refusal: _Refused, nominal: datetime, item_id: str) -> None:
        """A refused move is left for the next round; the item's other timers go on."""
        _log.error("%s", refusal)
        self._refused[refusal.code] = None
        self._refused_timers.setdefault(item_id, set()).add(refusal.timer)
        self._left.add(item_id)
        heappush(self._queue, (nominal, item_id))

    def _look_within(self, uow: UnitOfWork, stored: StoredItem, nominal: datetime) -> datetime | None:
        """Do what fell due at `nominal`, if it is still to be done; when the item falls due again."""
        definition = self._office.editions.of(stored.item, uow)
        circumstances = self._office.around(uow, definition, self._at)
        due = self._first(definition, stored.item, circumstances)
        if due is None or due.at > nominal:
            if stored.item.id not in self._refused_timers:
                uow.items.look_again(stored, next_look(definition, stored.item, circumstances))
            return due.at if due else None
        after = self._act(uow, definition, stored, due, circumstances)
        following = self._first(definition, after, circumstances)
        return following.at if following else None

    def _first(self, definition: Definition, item: Item, circumstances: Circumstances) -> Due | None:
        """What falls due next of what this round was not refused."""
        found = outlook(definition, item, circumstances)
        self._unknown |= found.unknown
        refused = self._refused_timers.get(item.id, ())
        return next((due for due in found.dues if due.timer.name not in refused), None)

    def _act(
        self, uow: UnitOfWork, definition: Definition, stored: StoredItem, due: Due, circumstances: Circumstances
    ) -> Item:
        code = stored.item.code
        decision = tick(definition, stored.item, due, circumstances)
        if not isinstance(decision, Accepted):
            raise _Refused(due.timer.name, code, ", ".join(reason.code for reason in decision.reasons))
        try:
            after = carry_out(self._office, uow, _CLOCK, Act(definition, stored, decision), circumstances)
        except RelativesRefused as refusal:
            raise _Refused(due.timer.name, str(refusal.reasons[0].params["item"]), str(refusal)) from None
        if due.timer.fire:
            self._fired += 1
        else:
            self._reminded += 1
        return after
