"""One move on more items than a request may wait for: kept as a job, done row by row by the clock, told row by row.

Each row is a move like any other, decided when it is done: what refuses one undoes nothing of another. A batch of rows shares one
commit, the rows' outcomes with it: a process that ends in between leaves all or none of a batch.
"""

import logging
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
from workflow.services.journal import fingerprint_of
from workflow.services.moves import Done, Fault, MoveRequest, Outcome, Refused, perform_all, testify
from workflow.services.office import Caller, Office
from workflow.values import replace

_log = logging.getLogger(__name__)

MOST_AT_ONCE = 50
"""So many a request does itself; more become a job."""
MOST_IN_A_JOB = 1000
KEPT = timedelta(days=7)
_BATCH = 100


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
            tried = _done(office, rows)
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


def _done(office: Office, rows: Sequence[Waiting]) -> list[tuple[MoveRequest, Outcome]]:
    """What came of a batch in which a row may be broken: that is told of it, and holds up neither the others nor the next job."""
    try:
        return _batch(office, rows)
    except Busy:
        raise
    except Exception:  # noqa: BLE001  told of at the row, and in full in the log
        if len(rows) > 1:
            return [tried for row in rows for tried in _done(office, (row,))]
        _log.exception("row %s of job %s cannot be done", rows[0].n, rows[0].job)
        with office.write() as uow:
            uow.jobs.settle([_settled(rows[0], Reason("broken", Kind.PRECONDITION))], office.clock.now())
        return []


def _batch(office: Office, rows: Sequence[Waiting]) -> list[tuple[MoveRequest, Outcome]]:
    """Do these rows and settle them; what came of those that were tried at all."""
    now = office.clock.now()
    with office.write() as uow:
        askers = {(row.job, row.asked.giver): row for row in rows}
        callers = {key: _asker(uow, row, now) for key, row in askers.items()}
        able = [(row, caller) for row in rows if (caller := callers[row.job, row.asked.giver]) is not None]
        requests = [(caller, _request(row)) for row, caller in able]
        outcomes = [_outcome(told) for told in perform_all(office, uow, requests, now)]
        became: dict[tuple[str, int], Outcome | Reason] = {
            (row.job, row.n): outcome for (row, _), outcome in zip(able, outcomes, strict=True)
        }
        locked = Reason("account_locked", Kind.AUTHORITY)
        uow.jobs.settle([_settled(row, became.get((row.job, row.n), locked)) for row in rows], now)
    tried = zip(requests, outcomes, strict=True)
    return [(request, outcome) for (_, request), outcome in tried if not isinstance(outcome, Reason)]


def _request(row: Waiting) -> MoveRequest:
    return MoveRequest(row.asked.item, row.move, comment=row.comment, seen=row.asked.seen, bulk=True)


def _settled(row: Waiting, became: Outcome | Reason) -> tuple[Waiting, str | None, list[dict[str, Any]]]:
    if isinstance(became, Done):
        return row, became.item.state, []
    return row, None, _plain(became.reasons if isinstance(became, Refused) else (became,))


def _outcome(told: Outcome | Fault) -> Outcome | Reason:
    """What is told of a row; one that does not come to a decision at all has a reason too."""
    match told:
        case StaleItem():
            return Reason("stale", Kind.STATE, {"seen": str(told.seen), "current": str(told.current)})
        case NotFound():
            return Reason("not_found", Kind.INPUT, {"kind": told.kind, "name": told.name})
        case Done() | Refused():
            return told
        case _:
            # No row of a job has a key of its own.
            raise told


def _asker(uow: UnitOfWork, row: Waiting, now: datetime) -> Caller | None:
    """Who asked, with whatever powers he has now, not those he had when he asked; None whose account is locked."""
    if uow.people.get(row.person).locked_at is not None:
        return None
    actor = replace(uow.people.actor(row.person, now), acting_for=row.asked.giver)
    return Caller(actor, "job", request=row.job)


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
