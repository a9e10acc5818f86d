"""Counts with triggers of the database's own what is changed and what is logged, and holds one against the other (goal G13).

Every table is guarded but for those that are named here with the reason why nobody answers for them in the log.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine

from tests.databases import BARE, Database, Ground
from workflow.persistence.statements import observing
from workflow.persistence.tables import metadata

UNGUARDED = {
    "tally": "told anew from the items",
    "held": "told anew from the log",
    "held_head": "told anew from the log",
    "code_counter": "numbers that an item may leave as a gap",
    "draft": "what somebody has typed and not sent",
    "job": "each of its rows is a move with its own entry",
    "job_row": "each is a move with its own entry",
    "message": "follows from an entry; what an administrator does to one is an entry without a change here",
    "idempotency": "stands for an entry",
    "login_attempt": "counts, to make a storm wait",
    "setting": "marks of the machine's own",
    "redaction": "one entry each, counted as the texts that went",
    "audit_leaf": "the sealer numbers entries",
    "audit_head": "the sealer's own",
    "audit_checkpoint": "the signer's own",
    "audit_alarm": "the signer's own",
    "audit_event": "the log",
}
"""Tables whose changes need no entry, each with its reason."""

UNGUARDED_COLUMNS = {
    "person": {"lang"},  # how one likes to read
    "notice": {"letter"},  # which letter will carry it; that it arrived is an entry
    "mail_choice": {"open_letter"},
    "user_session": {"csrf", "seen_at", "client"},
    "redaction_request": {"done_at"},  # its entries are those of the texts
    "item": {
        column.name
        for column in metadata.tables["item"].c
        if column.name
        not in (
            "id",
            "code",
            "workflow",
            "version",
            "fingerprint",
            "revision",
            "state",
            "unit",
            "fields",
            "facts",
            "parent",
        )
    },
}
"""Columns that are derived, or that nobody answers for."""

GOES_BY_ITSELF = {"user_session"}
"""Rows that end with time: going is no act."""

WITHOUT_CHANGE = {
    "refusal": "something was tried",
    "read": "somebody read",
    "export": "somebody took a copy out",
    "login": "a refused one changes nothing",
    "key": "of the sealer's",
    "heads": "of the sealer's",
    "root": "a letter left",
    "redaction": "the text that went",
    "restore": "a whole database came",
}
"""Types of entries that tell of no change in a guarded table."""

_LEDGER = "counted_change"


@dataclass
class Ledger:
    """What happened in one SQLite database, in order, and where each transaction ended."""

    engine: Engine
    ends: list[int] = field(default_factory=list)

    def install(self) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(
                f"CREATE TABLE {_LEDGER} (seq INTEGER PRIMARY KEY, kind TEXT, place TEXT, key TEXT, head INTEGER)"
            )
            for trigger in triggers():
                connection.exec_driver_sql(trigger)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the block runs, transactions of this thread are told apart; others are counted with the next of them."""
        with observing(self.hear):
            yield

    def hear(self, step: str) -> None:
        """Told of each step of a transaction; remembers where one ended."""
        if step == "committed":
            self.ends.append(self._last())

    def _last(self) -> int:
        with self.engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
            return connection.exec_driver_sql(f"SELECT coalesce(max(seq), 0) FROM {_LEDGER}").scalar_one()

    def transactions(self) -> list[list[tuple]]:
        """The changes and entries of each transaction: (kind, place, key, head)."""
        with self.engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT seq, kind, place, key, head FROM {_LEDGER} ORDER BY seq"
            ).fetchall()
        found: list[list[tuple]] = []
        start = 0
        for end in (*self.ends, float("inf")):
            part = [tuple(row[1:]) for row in rows if start < row[0] <= end]
            if part:
                found.append(part)
            start = end
        return found

    def faults(self) -> list[str]:
        """Every change without its entry, every entry without its change."""
        found = []
        for part in self.transactions():
            entries = [one for one in part if one[0] == "entry"]
            changes = [one for one in part if one[0] != "entry"]
            found += self._unlogged(changes, entries)
            found += self._unfounded(changes, entries)
        return found

    def _unlogged(self, changes: list[tuple], entries: list[tuple]) -> Iterator[str]:
        erased = any(self._type(one) == "redaction" for one in entries)
        written = {(one[1], one[3]) for one in entries}
        for kind, place, key, head in changes:
            if place == "item":
                if (key, head) not in written and not erased:
                    yield f"{kind} of item {key} at {head} has no entry"
            elif place == "audit_private" and kind == "delete":
                if not erased:
                    yield f"a private text of {key} went without an entry"
            elif not entries:
                yield f"{kind} of {place} {key} has no entry"

    def _unfounded(self, changes: list[tuple], entries: list[tuple]) -> Iterator[str]:
        items = {(one[2], one[3]) for one in changes if one[1] == "item"}
        others = [one for one in changes if one[1] not in ("item", "audit_private")]
        for entry in entries:
            said = json.loads(entry[2])
            if said["type"] in WITHOUT_CHANGE or said.get("admin", {}).get("act", "").startswith("message_"):
                continue
            if said.get("ev"):
                if (entry[1], entry[3]) not in items:
                    yield f"{entry[1]} #{entry[3]} ({said['type']}) changed no item"
            elif not others and not items:
                yield f"{entry[1]} #{entry[3]} ({said['type']} {said.get('admin', '')}) changed nothing"

    @staticmethod
    def _type(entry: tuple) -> str:
        return str(json.loads(entry[2])["type"])


class CountedGround(Ground):
    """A ground of SQLite databases each of which is counted: for running whole suites under `DONDOC_COMPLETENESS=1`."""

    def __init__(self, plain: Ground) -> None:
        super().__init__(plain.stock, plain.folder)
        self.ledgers: list[Ledger] = []

    def database(self, template: str = BARE) -> Database:
        made = super().database(template)
        ledger = Ledger(made.owner)
        ledger.install()
        self.ledgers.append(ledger)
        return made

    @contextmanager
    def watching(self) -> Iterator[None]:
        with observing(lambda step: [ledger.hear(step) for ledger in self.ledgers]):
            yield

    def faults(self) -> list[str]:
        return [fault for ledger in self.ledgers for fault in ledger.faults()]


def triggers() -> Iterator[str]:
    """One for each kind of change of each guarded table, and one for the log."""
    yield (
        "CREATE TRIGGER count_entry AFTER INSERT ON audit_event BEGIN"
        f" INSERT INTO {_LEDGER} (kind, place, key, head) VALUES ('entry', NEW.stream, CAST(NEW.body AS TEXT), NEW.n); END"
    )
    for table in metadata.sorted_tables:
        if table.name in UNGUARDED:
            continue
        columns = [one.name for one in table.c if one.name not in UNGUARDED_COLUMNS.get(table.name, ())]
        new, old = (_key(table, row) for row in ("NEW", "OLD"))
        changed = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in columns)
        yield _counting(table.name, "insert", f"INSERT ON {table.name}", new)
        yield _counting(table.name, "update", f"UPDATE ON {table.name} WHEN {changed}", new)
        if table.name not in GOES_BY_ITSELF:
            yield _counting(table.name, "delete", f"DELETE ON {table.name}", old)


def _counting(table: str, kind: str, when: str, key: tuple[str, str]) -> str:
    return (
        f"CREATE TRIGGER count_{table}_{kind} AFTER {when} BEGIN"
        f" INSERT INTO {_LEDGER} (kind, place, key, head) VALUES ('{kind}', '{table}', {key[0]}, {key[1]}); END"
    )


def _key(table, row: str) -> tuple[str, str]:
    """What names a row: an item by its stream, with the head of it; anything else by its key."""
    if table.name == "item":
        return f"{row}.workflow || '/' || {row}.id", f"{row}.head_n"
    return " || ' ' || ".join(f'{row}."{one.name}"' for one in table.primary_key), "0"
