"""One move on many items, row by row: what was asked, how far it is, what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.errors import NotFound
from workflow.persistence.columns import instant, json_text, json_value, micros
from workflow.persistence.statements import Cursor, Row, Statement, run, run_many
from workflow.persistence.tables import job, job_row

_ADD = Statement("jobs.add", sa.insert(job))
_ADD_ROW = Statement("jobs.add_row", sa.insert(job_row))
_COUNTED = (
    sa.select(
        job.c.id,
        job.c.person,
        job.c.move,
        job.c.comment,
        job.c.created_at,
        job.c.cancelled_at,
        sa.func.count(job_row.c.n),
        sa.func.count(job_row.c.done_at),
    )
    .join(job_row, job_row.c.job == job.c.id)
    .group_by(job.c.id, job.c.person, job.c.move, job.c.comment, job.c.created_at, job.c.cancelled_at)
)
_GET = Statement("jobs.get", _COUNTED.where(job.c.id == sa.bindparam("id")))
_OF = Statement(
    "jobs.of_person",
    _COUNTED.where(job.c.person == sa.bindparam("person")).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(50),
)
_ROW = (job_row.c.job, job_row.c.n, job_row.c.item, job_row.c.seen, job_row.c.giver)
_ROWS = Statement(
    "jobs.rows",
    sa.select(*_ROW, job_row.c.done_at, job_row.c.state, job_row.c.reasons)
    .where(job_row.c.job == sa.bindparam("job"))
    .order_by(job_row.c.n),
)
_WAITING = Statement(
    "jobs.waiting",
    sa.select(*_ROW, job.c.person, job.c.move, job.c.comment)
    .join(job, job.c.id == job_row.c.job)
    .where(sa.literal_column("job_row.done_at IS NULL"), job.c.cancelled_at.is_(None))
    .order_by(job_row.c.job, job_row.c.n)
    .limit(sa.bindparam("limit")),
)
_SETTLE = Statement(
    "jobs.settle",
    sa.update(job_row)
    .where(job_row.c.job == sa.bindparam("which"), job_row.c.n == sa.bindparam("number"))
    .values(done_at=sa.bindparam("at"), state=sa.bindparam("became"), reasons=sa.bindparam("why")),
)
_CANCEL = Statement(
    "jobs.cancel",
    sa.update(job)
    .where(job.c.id == sa.bindparam("which"), job.c.cancelled_at.is_(None))
    .values(cancelled_at=sa.bindparam("at")),
)
_OLD = sa.select(job.c.id).where(job.c.created_at < sa.bindparam("before"))
_PURGE_ROWS = Statement("jobs.purge_rows", sa.delete(job_row).where(job_row.c.job.in_(_OLD)))
_PURGE = Statement("jobs.purge", sa.delete(job).where(job.c.created_at < sa.bindparam("before")))


@dataclass(frozen=True, slots=True)
class Asked:
    """One row as it was asked: `seen` is the revision the asker looked at, `giver` the person in whose name it is done."""

    item: str
    seen: int
    giver: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    person: str
    move: str
    comment: str | None
    created_at: datetime
    cancelled_at: datetime | None
    total: int
    done: int

    @property
    def is_over(self) -> bool:
        return self.done == self.total or self.cancelled_at is not None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one row; `state` where it was done, `reasons` (plain mappings) where it was refused, neither before."""

    n: int
    item: str
    done_at: datetime | None
    state: str | None
    reasons: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row still to be done, with what its job asks."""

    job: str
    n: int
    asked: Asked
    person: str
    move: str
    comment: str | None


def _job(row: Row) -> Job:
    cancelled_at = instant(row[5]) if row[5] is not None else None
    return Job(row[0], row[1], row[2], row[3], instant(row[4]), cancelled_at, row[6], row[7])


class Jobs:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def add(
        self, job_id: str, person_id: str, move: str, comment: str | None, rows: Sequence[Asked], at: datetime
    ) -> None:
        params = {
            "id": job_id,
            "person": person_id,
            "move": move,
            "comment": comment,
            "created_at": micros(at),
            "cancelled_at": None,
        }
        run(self._cursor, _ADD, params)
        asked = [
            {
                "job": job_id,
                "n": n,
                "item": row.item,
                "seen": row.seen,
                "giver": row.giver,
                "done_at": None,
                "state": None,
                "reasons": None,
            }
            for n, row in enumerate(rows, 1)
        ]
        run_many(self._cursor, _ADD_ROW, asked)

    def get(self, job_id: str) -> Job:
        row = run(self._cursor, _GET, {"id": job_id}).fetchone()
        if row is None:
            raise NotFound("job", job_id)
        return _job(row)

    def of_person(self, person_id: str) -> tuple[Job, ...]:
        """The newest first."""
        return tuple(_job(row) for row in run(self._cursor, _OF, {"person": person_id}).fetchall())

    def rows(self, job_id: str) -> tuple[Settled, ...]:
        return tuple(
            Settled(
                row[1],
                row[2],
                instant(row[5]) if row[5] is not None else None,
                row[6],
                tuple(json_value(row[7])) if row[7] is not None else (),
            )
            for row in run(self._cursor, _ROWS, {"job": job_id}).fetchall()
        )

    def waiting(self, limit: int) -> tuple[Waiting, ...]:
        """What is still to be done, job by job, in the order in which it was asked."""
        return tuple(
            Waiting(row[0], row[1], Asked(row[2], row[3], row[4]), row[5], row[6], row[7])
            for row in run(self._cursor, _WAITING, {"limit": limit}).fetchall()
        )

    def settle(self, became: Sequence[tuple[Waiting, str | None, Sequence[Any]]], at: datetime) -> None:
        """Tell of rows what became of them: the state of each, or the reasons (plain mappings) why it was refused."""
        rows = [
            {
                "which": row.job,
                "number": row.n,
                "at": micros(at),
                "became": state,
                "why": json_text(list(reasons)) if reasons else None,
            }
            for row, state, reasons in became
        ]
        run_many(self._cursor, _SETTLE, rows)

    def cancel(self, job_id: str, at: datetime) -> bool:
        return bool(run(self._cursor, _CANCEL, {"which": job_id, "at": micros(at)}).rowcount)

    def purge(self, before: datetime) -> int:
        """Forget the jobs begun before; how many."""
        run(self._cursor, _PURGE_ROWS, {"before": micros(before)})
        forgotten: int = run(self._cursor, _PURGE, {"before": micros(before)}).rowcount
        return forgotten
