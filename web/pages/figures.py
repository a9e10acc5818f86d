"""The table of a report's figures: one row for each indicator that the unit answers for, with last period's beside it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from web.i18n import _, label, number, percent
from web.wiring import shipped
from workflow.catalog.figures import Figure, Told, figure_of, outcome
from workflow.catalog.indicators import Indicator, Indicators
from workflow.engine import Definition, Item, Reason

_PARTS = ("numerator", "denominator", "source", "note")
_CELL = re.compile(r"(.+)\.([a-z0-9-]+)\.(" + "|".join(_PARTS) + r")")
_NONE = Indicators(0, ())

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One indicator. `parts` holds (part, its words, what stands in its box); `result` and `before` are for reading."""

    indicator: str
    label: str
    unit: str
    parts: tuple[tuple[str, str, str], ...]
    source: str
    note: str
    result: str
    before: str
    error: str = ""


def rows_of(
    definition: Definition, item: Item, standing: Rows, before: Rows, reasons: Iterable[Reason] = ()
) -> tuple[FigureRow, ...]:
    """The rows of a form: what the unit answers for in this period, and whatever else stands in the table already.

    Where a figure came from last period it comes from again, unless somebody says otherwise.
    """
    given = {str(row.get("indicator")): row for row in standing}
    earlier = {str(row.get("indicator")): row for row in before}
    refused = {reason.params["indicator"] for reason in reasons if reason.params.get("indicator")}
    series = definition.series.get(str(item.fields.get("series")))
    asked = _known().asked_of(item.unit, series.every if series else None)
    others = tuple(one for one in _known().indicators if one.id in given and one not in asked)
    return tuple(
        _row(
            one,
            {"source": earlier.get(one.id, {}).get("source", ""), **given.get(one.id, {})},
            earlier.get(one.id, {}),
            wrong=one.id in refused,
        )
        for one in asked + others
    )


def read_rows(standing: Rows, before: Rows = ()) -> tuple[FigureRow, ...]:
    """The rows to be read: what stands in the table, with what stood there the period before."""
    earlier = {str(row.get("indicator")): row for row in before}
    found = [(_known().find(str(row.get("indicator"))), row) for row in standing]
    return tuple(_row(one, row, earlier.get(one.id, {})) for one, row in found if one is not None)


def stored_rows(value: object) -> Rows:
    """The rows of a stored table of figures; none where it is empty."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, tuple | list) else []


def typed_rows(form: MultiDict[str, str], name: str) -> list[dict[str, str]] | None:
    """What the table's boxes held, one row for each indicator with words in it; None where the form had no such table."""
    found: dict[str, dict[str, str]] = {}
    seen = False
    for key, text in form.items():
        cell = _CELL.fullmatch(key)
        if cell is None or cell[1] != name:
            continue
        seen = True
        if text.strip():
            found.setdefault(cell[2], {"indicator": cell[2]})[cell[3]] = text
    return list(found.values()) if seen else None


def _known() -> Indicators:
    return shipped().indicators or _NONE


def _row(indicator: Indicator, row: Mapping[str, Any], earlier: Mapping[str, Any], *, wrong: bool = False) -> FigureRow:
    return FigureRow(
        indicator=indicator.id,
        label=label(indicator.label),
        unit=label(indicator.unit),
        parts=tuple((part, label(words), _text(row.get(part))) for part, words in _asked(indicator)),
        source=str(row.get("source", "")),
        note=str(row.get("note", "")),
        result=result_text(indicator, figure_of(row)),
        before=result_text(indicator, figure_of(earlier)),
        error=_("These numbers cannot be right as they stand.") if wrong else "",
    )


def _asked(indicator: Indicator) -> Iterator[tuple[str, Any]]:
    yield "numerator", indicator.numerator
    if indicator.denominator is not None:
        yield "denominator", indicator.denominator


def _text(stored: Any) -> str:
    """A stored number as people write it; what was typed and could not be read stays as it was typed."""
    return number(stored) if isinstance(stored, int) else str(stored or "")


def result_text(indicator: Indicator, figure: Figure | None) -> str:
    """The figure itself: a ratio from its parts, "không phát sinh" where there was nothing to measure, "" where it is missing."""
    found = outcome(indicator, figure)
    if found.told is Told.NONE_AROSE:
        return _("none arose")
    return percent(found.rounded) if found.is_share else number(found.rounded)
