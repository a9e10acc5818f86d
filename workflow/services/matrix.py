"""The periods of a year with who sent what: what the list of reports shows, to whom it may be shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from workflow.engine import Actor, Item, Reason
from workflow.engine.definition import Definition, Purpose, Series
from workflow.engine.periods import Period
from workflow.engine.visibility import scope_of
from workflow.persistence import UnitOfWork
from workflow.queries.consolidation import Consolidation, Standing, consolidations, standings
from workflow.services.consolidation import due_of_consolidation
from workflow.services.gathering import period_of
from workflow.services.moves import Done, MoveRequest, Refused, perform
from workflow.services.office import Caller, Office

URGE = "urge"


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period: how each unit stands, in the order of the units, and the consolidated report where the reader may see it.

    `due_on` is the last day for sending as it was fixed when the period opened.
    """

    series: Series
    period: Period
    due_on: date
    standings: tuple[Standing, ...]
    consolidated: Consolidation | None
    consolidation_due_on: date | None

    @property
    def consolidation(self) -> Item | None:
        """Its newest version."""
        return self.consolidated.newest if self.consolidated else None

    @property
    def missing(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if one.sent_at is None and not one.is_waived)

    def days_left(self, today: date) -> int:
        """0 on the last day, negative when it is over."""
        return (self.due_on - today).days


@dataclass(frozen=True, slots=True)
class Matrix:
    """`units` are those that report and of which the reader may know, in the office's order.

    `knows_consolidation`: there is a workflow for it, and he may know of everything or reads one that was made. Without it nothing
    is said of it: that a period has none would be more than he may know.
    """

    units: tuple[str, ...]
    rows: tuple[PeriodRow, ...]
    knows_consolidation: bool


def matrix(office: Office, uow: UnitOfWork, actor: Actor, year: str) -> Matrix:
    """Every period of that year that was opened, the one due last first; three statements, however many there are.

    Unserved where no workflow is for reports; where none is for the consolidated one, nothing is told of it.
    """
    return _matrix(office, uow, actor, year, None)


def row_of(office: Office, uow: UnitOfWork, actor: Actor, series: str, period: str) -> Matrix:
    """One period alone, opened or not; NotFound where no series has it."""
    return _matrix(office, uow, actor, period[:4], (series, period))


def _matrix(office: Office, uow: UnitOfWork, actor: Actor, year: str, only: tuple[str, str] | None) -> Matrix:
    definition = office.editions.serving(Purpose.REPORT, uow)
    own = office.editions.find_serving(Purpose.CONSOLIDATION, uow)
    reporting = tuple(unit.id for unit in uow.people.units() if unit.reports)
    whole = scope_of(actor).everything
    units = tuple(unit for unit in reporting if whole or unit == actor.unit)
    found: dict[tuple[str, str], list[Standing]] = {only: []} if only else {}
    for one in standings(uow, definition.workflow, year, reporting, actor):
        if only in (None, (one.series, one.period)):
            found.setdefault((one.series, one.period), []).append(one)
    consolidated = consolidations(uow, own.workflow, year, actor) if own else {}
    rows = [
        _row(office, (definition, own), units, key, there, consolidated.get(key))
        for key, there in found.items()
        if key == only or key[0] in definition.series
    ]
    knows_consolidation = bool(consolidated) or (whole and own is not None)
    newest_first = tuple(sorted(rows, key=lambda row: row.due_on, reverse=True))
    return Matrix(_shown(units, rows), newest_first, knows_consolidation)


def _row(
    office: Office,
    definitions: tuple[Definition, Definition | None],
    units: tuple[str, ...],
    key: tuple[str, str],
    there: Sequence[Standing],
    consolidated: Consolidation | None,
) -> PeriodRow:
    definition, own = definitions
    series, period = period_of(office, definition, *key)
    known = {one.unit: one for one in there}
    names = dict.fromkeys((*units, *known))
    all_ = tuple(known.get(unit) or Standing(unit, *key) for unit in names)
    due_on = next((one.due_on for one in there if one.due_on), period.due_on)
    consolidation_due_on = due_of_consolidation(office, own, due_on) if own else None
    return PeriodRow(series, period, due_on, all_, consolidated, consolidation_due_on)


def _shown(units: tuple[str, ...], rows: Iterable[PeriodRow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*units, *(one.unit for row in rows for one in row.standings))))


@dataclass(frozen=True, slots=True)
class Urged:
    """What became of it, by the code of the report."""

    done: tuple[str, ...]
    refused: tuple[tuple[str, Definition, tuple[Reason, ...]], ...]


def urge(office: Office, caller: Caller, codes: Iterable[str], words: str = "") -> Urged:
    """Urge the units of these reports, each by the move of its own workflow; NotFound for one the caller may not read."""
    done, refused = [], []
    for code in dict.fromkeys(codes):
        outcome = perform(office, caller, MoveRequest(code, URGE, comment=words or None))
        if isinstance(outcome, Done):
            done.append(code)
        elif isinstance(outcome, Refused):
            refused.append((code, outcome.definition, outcome.reasons))
    return Urged(tuple(done), tuple(refused))
