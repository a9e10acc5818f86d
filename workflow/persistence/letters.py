"""Notices on their way by mail: what each person chose, which letter carries which notice, what has arrived."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from workflow.persistence.columns import micros
from workflow.persistence.notices import NOTICE_COLUMNS, Notice, read_notice
from workflow.persistence.statements import Cursor, Statement, per_dialect, run
from workflow.persistence.tables import mail_choice, notice, person

AT_ONCE, DIGEST, OFF = "at_once", "digest", "off"
CHOICES = (AT_ONCE, DIGEST, OFF)
"""What a person may choose: what is urgent at once and the rest in the digest, everything in the digest, or nothing."""

_NEW = sa.bindparam
_chosen = sa.func.coalesce(mail_choice.c.choice, sa.literal_column(f"'{AT_ONCE}'"))
_READERS = sa.join(person, mail_choice, mail_choice.c.person == person.c.id, isouter=True)
_REACHED = sa.and_(person.c.email.is_not(None), person.c.locked_at.is_(None))
_READER = Statement(
    "letters.reader",
    sa.select(person.c.id, person.c.email, person.c.lang, _chosen, mail_choice.c.open_letter)
    .select_from(_READERS)
    .where(person.c.id == _NEW("person"), _REACHED),
)
_CHOSEN = Statement("letters.choice", sa.select(mail_choice.c.choice).where(mail_choice.c.person == _NEW("person")))
_CHOOSE = Statement(
    "letters.choose",
    per_dialect(
        lambda insert: insert(mail_choice).on_conflict_do_update(
            index_elements=["person"], set_={"choice": sa.literal_column("excluded.choice")}
        )
    ),
)
_OPEN = Statement(
    "letters.open",
    per_dialect(
        lambda insert: insert(mail_choice).on_conflict_do_update(
            index_elements=["person"], set_={"open_letter": sa.literal_column("excluded.open_letter")}
        )
    ),
)
# The words of the partial index, so that it is used.
_IN_NO_LETTER: sa.ColumnElement[bool] = sa.literal_column("notice.letter IS NULL AND notice.read_at IS NULL")
_WAITING = Statement(
    "letters.waiting",
    sa.select(notice.c.person)
    .distinct()
    .select_from(
        sa.join(notice, person, person.c.id == notice.c.person).join(
            mail_choice, mail_choice.c.person == person.c.id, isouter=True
        )
    )
    .where(_IN_NO_LETTER, notice.c.at < _NEW("before"), _REACHED, _chosen != sa.literal_column(f"'{OFF}'"))
    .order_by(notice.c.person),
)
_GATHER = Statement(
    "letters.gather",
    sa.update(notice)
    .where(
        notice.c.person == _NEW("of_person"),
        notice.c.letter.is_(None),
        notice.c.read_at.is_(None),
        notice.c.at < _NEW("before"),
    )
    .values(letter=_NEW("new_letter")),
)
_ENCLOSE = Statement(
    "letters.enclose",
    sa.update(notice)
    .where(notice.c.message == _NEW("of_message"), notice.c.person == _NEW("of_person"), notice.c.letter.is_(None))
    .values(letter=_NEW("new_letter")),
)
_ENCLOSED = Statement(
    "letters.enclosed",
    sa.select(*NOTICE_COLUMNS)
    .where(
        notice.c.letter == _NEW("letter"),
        notice.c.person == _NEW("person"),
        notice.c.read_at.is_(None),
        notice.c.mailed_at.is_(None),
    )
    .order_by(notice.c.at.desc(), notice.c.message.desc()),
)
_MAILED = Statement(
    "letters.mailed",
    sa.update(notice)
    .where(notice.c.letter == _NEW("of_letter"), notice.c.mailed_at.is_(None))
    .values(mailed_at=_NEW("new_mailed_at")),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom mail reaches. `open_letter` is the message of his last urgent letter, which may still wait."""

    person: str
    address: str
    language: str
    choice: str
    open_letter: str | None


class Letters:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def reader(self, person_id: str) -> Reader | None:
        """None for whoever has no address, or a locked account."""
        row = run(self._cursor, _READER, {"person": person_id}).fetchone()
        return Reader(*row) if row else None

    def choice(self, person_id: str) -> str:
        row = run(self._cursor, _CHOSEN, {"person": person_id}).fetchone()
        return str(row[0]) if row else AT_ONCE

    def choose(self, person_id: str, choice: str) -> None:
        run(self._cursor, _CHOOSE, {"person": person_id, "choice": choice, "open_letter": None})

    def keep_open(self, reader: Reader, letter: str) -> None:
        """What is urgent for this person from now on goes into that letter, as long as it waits."""
        params = {"person": reader.person, "choice": reader.choice, "open_letter": letter}
        run(self._cursor, _OPEN, params)

    def waiting(self, before: datetime) -> tuple[str, ...]:
        """Whom a digest of what he was told before that instant, has not read and got in no letter would reach."""
        rows = run(self._cursor, _WAITING, {"before": micros(before)}).fetchall()
        return tuple(row[0] for row in rows)

    def gather(self, letter: str, person_id: str, before: datetime) -> int:
        """Put all of that into one letter; how many notices it holds."""
        params = {"of_person": person_id, "before": micros(before), "new_letter": letter}
        return int(run(self._cursor, _GATHER, params).rowcount)

    def enclose(self, letter: str, message_id: str, person_id: str) -> bool:
        """Put one notice into a letter; False where it is in one already."""
        params = {"of_message": message_id, "of_person": person_id, "new_letter": letter}
        return bool(run(self._cursor, _ENCLOSE, params).rowcount)

    def enclosed(self, letter: str, person_id: str) -> tuple[Notice, ...]:
        """What of a letter is still to be told: neither read meanwhile nor mailed before; the newest first."""
        rows = run(self._cursor, _ENCLOSED, {"letter": letter, "person": person_id}).fetchall()
        return tuple(read_notice(row) for row in rows)

    def mailed(self, letter: str, at: datetime) -> bool:
        """True the first time only: what was sent is an entry of the log, once."""
        return bool(run(self._cursor, _MAILED, {"of_letter": letter, "new_mailed_at": micros(at)}).rowcount)
