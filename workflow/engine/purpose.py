"""What each purpose needs of the workflow that has it: what it is handed when an item is made or moved, what is read of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from workflow.engine.definition import COMMENT, FieldType, Purpose


@dataclass(frozen=True, slots=True)
class Handed:
    """What code hands to a creation or a move: fields by their types. `empty` names those that may be left empty.

    `if_there` are handed over as well where the workflow has such a field.
    """

    fields: Mapping[str, FieldType]
    empty: frozenset[str] = frozenset()
    if_there: frozenset[str] = frozenset()
    by_system: bool = False

    @property
    def always(self) -> frozenset[str]:
        """What may be made mandatory: more than that would be missing."""
        return (frozenset(self.fields) | self.if_there) - self.empty


@dataclass(frozen=True, slots=True)
class Needs:
    """`created` is what code hands over where it makes the items itself, `moves` what it moves them by; `read` are fields.

    `made_by_office`: an office must be among those who may create. `series`: the calendar opens it, in a field of that name.
    `plain`: without series and episode, by which an item would be counted as something else. `calendar`: days are counted in it.
    `renewed_by` is the move that makes the next item of the same workflow.
    """

    created: Handed | None = None
    made_by_office: bool = False
    moves: Mapping[str, Handed] = field(default_factory=lambda: MappingProxyType({}))
    renewed_by: str = ""
    read: Mapping[str, FieldType] = field(default_factory=lambda: MappingProxyType({}))
    series: bool = False
    plain: bool = False
    calendar: bool = False


_ORDERED = {
    "title": FieldType.TEXT,
    "source": FieldType.TEXT,
    "section": FieldType.TEXT,
    "area": FieldType.CHOICE,
    "obligation": FieldType.TEXT,
    "mode": FieldType.CHOICE,
    "support_units": FieldType.UNITS,
    "due_on": FieldType.DATE,
}
_MEASURED = {"indicator": FieldType.TEXT, "target": FieldType.DECIMAL, "year": FieldType.INTEGER}
_OF_A_PERIOD = {"title": FieldType.TEXT, "series": FieldType.CHOICE, "period": FieldType.TEXT}
_WINDOW = {"window_from": FieldType.DATE, "window_to": FieldType.DATE, "due_on": FieldType.DATE}
_LINE = {"period": FieldType.TEXT, "value": FieldType.DECIMAL}
_MERGED = {
    "collected_at": FieldType.INSTANT,
    "units_total": FieldType.INTEGER,
    "units_received": FieldType.INTEGER,
    "on_time_units": FieldType.TEXT,
    "late_units": FieldType.TEXT,
    "missing_units": FieldType.TEXT,
    "waived_units": FieldType.TEXT,
    "included": FieldType.TEXT,
    "holes": FieldType.TEXT,
    "figures": FieldType.FIGURES,
}
_SOMETIMES = frozenset({"on_time_units", "late_units", "missing_units", "waived_units", "holes", "figures"})

NEEDS: Mapping[Purpose, Needs] = MappingProxyType(
    {
        Purpose.TASK: Needs(Handed(_ORDERED, frozenset({"support_units", "due_on"})), made_by_office=True),
        Purpose.STANDING: Needs(
            Handed(_ORDERED | _MEASURED, frozenset({"support_units", "due_on", "indicator", "target"})),
            made_by_office=True,
            moves={
                "measure": Handed(_LINE | {"met": FieldType.BOOLEAN}, by_system=True),
                "fall_short": Handed(_LINE, by_system=True),
            },
            read={"remedy_due_on": FieldType.DATE},
        ),
        Purpose.REPORT: Needs(
            Handed(_OF_A_PERIOD | _WINDOW, if_there=frozenset({"due_roll"}), by_system=True),
            read={"figures": FieldType.FIGURES, "sent_at": FieldType.INSTANT, "received_at": FieldType.INSTANT},
            series=True,
        ),
        Purpose.CONSOLIDATION: Needs(
            Handed(_OF_A_PERIOD | {"version_no": FieldType.INTEGER, "due_on": FieldType.DATE}, frozenset({"due_on"})),
            moves={
                "collect": Handed({}),
                "merge_reports": Handed(_MERGED, _SOMETIMES, by_system=True),
                "renew": Handed({COMMENT: FieldType.TEXT}),
            },
            renewed_by="renew",
            read={"submitted_at": FieldType.INSTANT},
        ),
        Purpose.EXTENSION: Needs(plain=True),
        Purpose.ESCALATION: Needs(read={"title": FieldType.TEXT}, plain=True, calendar=True),
        Purpose.EXPLANATION: Needs(
            Handed({"title": FieldType.TEXT, "period": FieldType.TEXT, "explanation": FieldType.TEXT})
        ),
    }
)
"""Closed: a purpose is what some page or job of the office asks for."""
