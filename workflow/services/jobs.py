"""One move on more items than a request may wait for: kept as a job, done row by row by the clock, told row by row.

Each row is a move like any other, in its own transaction, decided when it is done; what fails for one undoes nothing of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from workflow.engine import Definition, Item, Kind, Label, Reason
from workflow.errors import Busy, NotFound, StaleItem
from workflow.ids import new_id
from workflow.persistence.jobs import Asked, Job, Settled, Waiting
from workflow.services.items import readable
from workflow.services.journal import fingerprint_of
from workflow.services.moves import MoveRequest, Refused, perform, transition_named
from workflow.services.office import Caller, Office

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
        for row in rows:
            if not _do(office, row):
                # The database is held by somebody; the next round goes on where this one stops.
                return done
            done += 1
    return done


def forget_old(office: Office) -> int:
    with office.write() as uow:
        return uow.jobs.purge(office.clock.now() - KEPT)


def _do(office: Office, row: Waiting) -> bool:
    try:
        state, reasons = _made(office, row)
    except Busy:
        return False
    plain = [
        {
            "code": reason.code,
            "kind": reason.kind.value,
            "params": dict(reason.params),
            "sentence": {"vi": reason.sentence.vi, "en": reason.sentence.en} if reason.sentence else None,
        }
        for reason in reasons
    ]
    with office.write() as uow:
        uow.jobs.settle(row, office.clock.now(), state, plain)
    return True


def _made(office: Office, row: Waiting) -> tuple[str | None, tuple[Reason, ...]]:
    """The state the row's item is in after the move, or why it was refused. Asked with whatever powers its asker has now."""
    with office.read() as uow:
        if uow.people.get(row.person).locked_at is not None:
            return None, (Reason("account_locked", Kind.AUTHORITY),)
        actor = replace(uow.people.actor(row.person, office.clock.now()), acting_for=row.asked.giver)
    # The key makes a row that was done but not yet settled, when the process ended, count once.
    caller = Caller(actor, "job", key=f"{row.job}:{row.n}")
    try:
        with office.read() as uow:
            item = readable(uow, caller, row.asked.item).item
            definition = office.editions.of(item, uow)
        if not transition_named(definition, row.move).bulk:
            return None, (Reason("not_bulk", Kind.PRECONDITION, {"move": row.move}),)
        asked = MoveRequest(row.asked.item, row.move, comment=row.comment, seen=row.asked.seen)
        outcome = perform(office, caller, asked)
    except StaleItem as stale:
        return None, (Reason("stale", Kind.STATE, {"seen": str(stale.seen), "current": str(stale.current)}),)
    except NotFound as missing:
        return None, (Reason("not_found", Kind.INPUT, {"kind": missing.kind, "name": missing.name}),)
    if isinstance(outcome, Refused):
        return None, outcome.reasons
    return outcome.item.state, ()
