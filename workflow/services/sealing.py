"""The sealer: gives every committed entry its place in the one order of the whole log, and tells what waits for one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.audit import tree
from workflow.audit.heads import COMMITMENT, head_leaf
from workflow.engine import SYSTEM_ACTOR
from workflow.persistence import UnitOfWork
from workflow.persistence.seals import Unsealed
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office

BATCH = 1000
LONGEST_WAIT = timedelta(minutes=2)
"""A round comes every ten seconds; an entry that waits so long for its place is an alarm."""
SIGNING_INTERVAL = timedelta(minutes=15)
LONGEST_UNSIGNED = timedelta(hours=1)
"""Four times the signer's interval; what is sealed and unsigned for so long is an alarm."""
HEADS = "heads_on"
"""Under this key the office keeps on which day the heads of all streams were committed to last."""

_CLOCK = Caller(SYSTEM_ACTOR, "job")

Opener = Callable[[], UnitOfWork]
_Look = Callable[[UnitOfWork], tuple[Unsealed, ...]]


def seal(opener: Opener) -> int:
    """Number what was committed since the last time, a batch a transaction; how many. Of two sealers one waits."""
    return _sealed(opener, lambda uow: uow.seals.recent(BATCH))


def seal_all(opener: Opener) -> int:
    """The same after a look at the whole log: before anything is exported or signed."""
    return _sealed(opener, lambda uow: uow.seals.missed(BATCH))


def _sealed(opener: Opener, look: _Look) -> int:
    count = 0
    while True:
        with opener() as uow:
            frontier = uow.seals.hold()
            batch = _in_order(uow, look(uow))
            if batch:
                uow.seals.append(frontier, batch)
        count += len(batch)
        if len(batch) < BATCH:
            return count


def _in_order(uow: UnitOfWork, batch: tuple[Unsealed, ...]) -> tuple[Unsealed, ...]:
    """The batch, where no stream goes on in it before what came first has a place; else the whole log is looked through."""
    return batch if _goes_on(batch) else uow.seals.missed(BATCH)


def _goes_on(batch: tuple[Unsealed, ...]) -> bool:
    placed: set[tuple[str, int]] = set()
    for entry in batch:
        if not entry.follows and (entry.stream, entry.n - 1) not in placed:
            return False
        placed.add((entry.stream, entry.n))
    return True


def bring_up(office: Office) -> None:
    """What a round of the clock does: number what is new, once an hour after a look at the whole log; commit to the heads daily."""
    if office.sealer is None:
        return
    with office.sealer.at_work() as opener:
        if office.clock.now().minute == 0:
            seal_all(opener)
        else:
            seal(opener)
        if commit_to_heads(office):
            seal(opener)


def seal_whole(office: Office) -> None:
    """Before anything leaves: whatever is committed has its place, where this process may give it one."""
    if office.sealer is not None:
        with office.sealer.at_work() as opener:
            seal_all(opener)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the log is sealed and signed. `waiting_since` and `unsigned_since` are None where nothing waits.

    `refused` is the code of the signer's last refusal, as long as nothing was signed after it; `at_entry` from where on.
    """

    size: int
    signed_size: int
    signed_at: datetime | None
    waiting_since: datetime | None
    unsigned_since: datetime | None
    refused: str | None
    at_entry: int | None

    def waits_too_long(self, now: datetime) -> bool:
        return self.waiting_since is not None and now - self.waiting_since > LONGEST_WAIT

    def wants_signature(self, now: datetime) -> bool:
        return self.unsigned_since is not None and now - self.unsigned_since > SIGNING_INTERVAL

    def unsigned_too_long(self, now: datetime) -> bool:
        return self.unsigned_since is not None and now - self.unsigned_since > LONGEST_UNSIGNED


def standing(uow: UnitOfWork) -> Standing:
    found = uow.seals.progress()
    refused = found.alarm_at is not None and (found.signed_at is None or found.alarm_at >= found.signed_at)
    return Standing(
        size=found.size,
        signed_size=found.signed_size,
        signed_at=found.signed_at,
        waiting_since=uow.seals.oldest_unsealed(),
        unsigned_since=found.unsigned_since,
        refused=found.alarm if refused else None,
        at_entry=found.alarm_seq if refused else None,
    )


# -- completeness: what the heads of all streams were ---------------------------------------------------------------------


def commit_to_heads(office: Office) -> bool:
    """Once a day an entry that commits to the last entry of every stream; whether this call wrote it.

    A proof shows that an entry is there; only this shows that an item has no more of them.
    """
    today = office.clock.now().astimezone(office.zone).date().isoformat()
    with office.read() as uow:
        if uow.settings.find(HEADS) == today or uow.seals.head().size == 0:
            return False
        size, heads = uow.seals.head().size, tuple(uow.seals.stream_heads())
    root = tree.root(head_leaf(*head) for head in heads)
    said = {"size": size, "streams": len(heads), "root": root.hex()}
    with office.write() as uow:
        append(uow, Note("log", COMMITMENT, extra={COMMITMENT: said}), _CLOCK, office.clock.now())
        uow.settings.put(HEADS, today)
    return True
