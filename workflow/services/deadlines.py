"""The clock as an actor: `sweep` performs what fell due, on the same road as anyone else."""

import logging
from dataclasses import dataclass
from datetime import datetime

from workflow.engine import SYSTEM_ACTOR, Accepted, Perform, decide
from workflow.engine.deadlines import pending
from workflow.errors import StaleItem
from workflow.persistence import UnitOfWork
from workflow.services.office import Caller, Office
from workflow.services.relatives import Act, RelativesRefused, carry_out

_log = logging.getLogger(__name__)
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """How many timers fired, and the codes of items that refused the move of a timer, be it their own or a relative's."""

    fired: int
    refused: tuple[str, ...]


def sweep(office: Office, now: datetime | None = None) -> Swept:
    """Fire every timer due at `now`, in nominal order, each in a transaction of its own.

    A second sweeper meanwhile does no harm: whoever comes second finds the item moved on.
    """
    at = now or office.clock.now()
    fired = 0
    refused: list[str] = []
    passed: set[str] = set()
    while True:
        with office.read() as uow:
            due = [item_id for item_id in uow.items.due_before(at, _BATCH + len(passed)) if item_id not in passed]
        if not due:
            return Swept(fired, tuple(refused))
        for item_id in due:
            count, refusal = _fire(office, item_id, at)
            fired += count
            if refusal:
                refused.append(refusal)
            if not count:
                # What does not fire now is left for the next round; this round must end.
                passed.add(item_id)


def _fire(office: Office, item_id: str, at: datetime) -> tuple[int, str | None]:
    try:
        with office.write() as uow:
            return _fire_within(office, uow, item_id, at)
    except StaleItem:
        # Somebody moved the item in the same instant; the next round looks at it again.
        return 0, None
    except RelativesRefused as refusal:
        code = refusal.reasons[0].params["item"]
        _log.error("a timer of %s was refused for %s: %s", item_id, code, refusal)
        return 0, code


def _fire_within(office: Office, uow: UnitOfWork, item_id: str, at: datetime) -> tuple[int, str | None]:
    stored = uow.items.get(item_id)
    definition = office.editions.of(stored.item, uow)
    circumstances = office.circumstances(definition, uow.people.directory(at), at)
    due = next((due for due in pending(definition, stored.item, circumstances) if due.at <= at), None)
    if due is None or due.timer.fire is None:
        return 0, None
    command = Perform(SYSTEM_ACTOR, due.timer.fire, effective_at=due.at)
    decision = decide(definition, stored.item, command, circumstances)
    if not isinstance(decision, Accepted):
        codes = ", ".join(reason.code for reason in decision.reasons)
        _log.error("timer %s of %s was refused: %s", due.timer.name, stored.item.code, codes)
        return 0, stored.item.code
    carry_out(office, uow, Caller(SYSTEM_ACTOR, "job"), Act(definition, stored, decision), circumstances)
    return 1, None
