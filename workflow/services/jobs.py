"""One move on more items than a request may wait for: kept as a job, done row by row by the clock, told row by row.

Each row is a move like any other, decided when it is done, with a savepoint of its own: what fails undoes nothing of another.
A batch of rows shares one commit, the rows' outcomes with it: a process that ends in between leaves all or none of a batch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workflow.engine import Definition, Item, Kind, Label, Reason
from workflow.errors import Busy, NotFound, StaleItem
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.jobs import Asked, Job, Settled, Waiting
from workflow.services.items import readable
from workflow.services.journal import fingerprint_of, record_refusal
from workflow.services.moves import (
    Done,
    MoveRefused,
    MoveRequest,
    Outcome,
    Refused,
    perform_in,
    testify,
    transition_named,
)
from workflow.services.office import Caller, Office
from workflow.values import replace

MOST_AT_ONCE = 50
"""So many a request does itself; more become a job."""
MOST_IN_A_JOB = 1000
KEPT = timedelta(days=7)
_BATCH = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One row as it stands; `item` and `definition` are None where the asker may not read it."""

    row: Settled
    item: Item | None
    definition: Definition | None
    reasons: tuple[Reason, ...]


def start(office: Office, caller: Caller, move: str, rows: Sequence[Asked], comment: str | None) -> Job:
    """Keep the job; the same key gives the same job again. ReusedKey, Busy."""
    now = office.clock.now()
    with office.write() as uow:
        if caller.key is not None:
            asked = fingerprint_of("job", move, comment, [[row.item, row.seen, row.giver] for row in rows])
            answer = uow.idempotency.claim(caller.actor.id, caller.key, asked, now)
            if answer is not None:
                return uow.jobs.get(answer.outcome)
        job_id = new_id(now)
        uow.jobs.add(job_id, caller.actor.id, move, (comment or "").strip() or None, rows, now)
        if caller.key is not None:
            uow.idempotency.finish(caller.actor.id, caller.key, job_id)
        return uow.jobs.get(job_id)


def find(office: Office, caller: Caller, job_id: str) -> Job:
    """The asker's own job; NotFound for anybody else's."""
    with office.read() as uow:
        found = uow.jobs.get(job_id)
    if found.person != caller.actor.id:
        raise NotFound("job", job_id)
    return found


def own(office: Office, caller: Caller) -> tuple[Job, ...]:
    with office.read() as uow:
        return uow.jobs.of_person(caller.actor.id)


def cancel(office: Office, caller: Caller, job_id: str) -> Job:
    """What is done stays done; the rest is left. NotFound as `find`."""
    find(office, caller, job_id)
    with office.write() as uow:
        uow.jobs.cancel(job_id, office.clock.now())
        return uow.jobs.get(job_id)


def told(office: Office, caller: Caller, job: Job) -> tuple[Told, ...]:
    """What became of every row, in the order in which they were asked."""
    with office.read() as uow:
        found = []
        for row in uow.jobs.rows(job.id):
            try:
                item = readable(uow, caller, row.item).item
            except NotFound:
                found.append(Told(row, None, None, _reasons(row)))
            else:
                found.append(Told(row, item, office.editions.of(item, uow), _reasons(row)))
        return tuple(found)


def _reasons(row: Settled) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            one["code"],
            Kind(one["kind"]),
            one["params"],
            Label(one["sentence"]["vi"], one["sentence"]["en"]) if one["sentence"] else None,
        )
        for one in row.reasons
    )


# -- the work -----------------------------------------------------------------------------------------------------------


def work(office: Office, most: int | None = None) -> int:
    """Do what waits, the oldest job first, and at most so many rows; how many were done.

    One process does it at a time, so that what is told of a row is what became of it.
    """
    with office.turn("jobs") as mine:
        return _work(office, most) if mine else 0


def _work(office: Office, most: int | None) -> int:
    done = 0
    while most is None or done < most:
        with office.read() as uow:
            rows = uow.jobs.waiting(_BATCH if most is None else min(_BATCH, most - done))
        if not rows:
            break
        try:
            tried = _batch(office, rows)
        except Busy:
            # The database is held by somebody; the next round goes on where this one stops.
            break
        for request, outcome in tried:
            testify(office, request, outcome)
        done += len(rows)
    return done


def forget_old(office: Office) -> int:
    with office.write() as uow:
        return uow.jobs.purge(office.clock.now() - KEPT)


def _batch(office: Office, rows: Sequence[Waiting]) -> list[tuple[MoveRequest, Outcome]]:
    """Do these rows and settle them; what came of those that were tried at all."""
    now, tried = office.clock.now(), []
    with office.write() as uow:
        askers = {(row.person, row.asked.giver): _asker(uow, row, now) for row in rows}
        for row in rows:
            caller = askers[row.person, row.asked.giver]
            if caller is None:
                uow.jobs.settle(row, now, None, _plain((Reason("account_locked", Kind.AUTHORITY),)))
                continue
            request = MoveRequest(row.asked.item, row.move, comment=row.comment, seen=row.asked.seen)
            try:
                with uow.part():
                    outcome: Outcome = _made(office, uow, caller, request, now)
            except MoveRefused as refusal:
                outcome = refusal.refused
                record_refusal(uow, caller, outcome.item, outcome.move, outcome.reasons, now)
            except _Unfit as unfit:
                uow.jobs.settle(row, now, None, _plain(unfit.reasons))
                continue
            reasons = outcome.reasons if isinstance(outcome, Refused) else ()
            uow.jobs.settle(row, now, None if reasons else outcome.item.state, _plain(reasons))
            tried.append((request, outcome))
    return tried


def _asker(uow: UnitOfWork, row: Waiting, now: datetime) -> Caller | None:
    """Who asked, with whatever powers he has now, not those he had when he asked; None whose account is locked."""
    if uow.people.get(row.person).locked_at is not None:
        return None
    actor = replace(uow.people.actor(row.person, now), acting_for=row.asked.giver)
    return Caller(actor, "job", request=row.job)


class _Unfit(Exception):
    """The row does not come to a decision at all."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reasons = (reason,)


def _made(office: Office, uow: UnitOfWork, caller: Caller, request: MoveRequest, now: datetime) -> Done:
    try:
        item = readable(uow, caller, request.item).item
        if not transition_named(office.editions.of(item, uow), request.move).bulk:
            raise _Unfit(Reason("not_bulk", Kind.PRECONDITION, {"move": request.move}))
        return perform_in(office, uow, caller, request, now)
    except StaleItem as stale:
        raise _Unfit(Reason("stale", Kind.STATE, {"seen": str(stale.seen), "current": str(stale.current)})) from None
    except NotFound as missing:
        raise _Unfit(Reason("not_found", Kind.INPUT, {"kind": missing.kind, "name": missing.name})) from None


def _plain(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [
        {
            "code": reason.code,
            "kind": reason.kind.value,
            "params": dict(reason.params),
            "sentence": {"vi": reason.sentence.vi, "en": reason.sentence.en} if reason.sentence else None,
        }
        for reason in reasons
    ]
