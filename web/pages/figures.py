"""The table of a report's figures: one row for each indicator that the unit answers for, with last period's beside it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from werkzeug.datastructures import MultiDict

from web.i18n import _, day, label, moment, number, percent, reason_sentence, typable
from web.wiring import office, settings
from workflow.catalog.figures import Figure, Told, figure_of, outcome
from workflow.catalog.indicators import Indicator, Indicators
from workflow.catalog.plain_values import Refused, figures_of
from workflow.engine import Definition, Item, Kind, Reason
from workflow.engine.events import instant_of
from workflow.exports.sheet_reader import Row as SheetRow
from workflow.persistence import UnitOfWork
from workflow.persistence.files import StoredFile
from workflow.queries.periods import Reported
from workflow.services.figure_sheets import TakenSheet, taken_from
from workflow.services.figures import Line, lines_of, past_of
from workflow.values import replace

_NUMBERS = ("numerator", "denominator")
PASTED = ("numerator", "denominator", "source", "extracted_at", "note")
"""The columns of rows that come from a sheet."""

WITH_THE_FORM = "new"
"""What the evidence of a figure says while its file is still on its way with the same form."""

_PARTS = (*PASTED, "evidence")
_CELL = re.compile(r"(.+)\.([a-z0-9-]+)\.(" + "|".join(_PARTS) + r")")

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One indicator. `parts` holds (part, its words, what stands in its box); `result`, `before`, `cumulative` are for reading.

    `evidence` holds (SHA-256, name) of the files that show the figure; `holes` the periods of this year that are missing.
    """

    indicator: str
    label: str
    unit: str
    parts: tuple[tuple[str, str, str], ...]
    source: str
    extracted_at: str
    note: str
    evidence: tuple[tuple[str, str], ...]
    result: str
    before: str
    cumulative: str
    holes: str
    errors: tuple[str, ...] = ()


def rows_of(
    definition: Definition,
    item: Item,
    written: Rows,
    read: Rows,
    past: Iterable[Reported] = (),
    reasons: Iterable[Reason] = (),
    files: Mapping[str, StoredFile] | None = None,
) -> tuple[FigureRow, ...]:
    """The rows of a form: what the unit answers for in this period, and whatever else stands in the table already.

    `written` is what stands in the boxes, `read` what of it can be read. Where a figure came from last period it comes from
    again, unless somebody says otherwise.
    """
    given = {str(row.get("indicator")): row for row in written}
    refused = sentences(reasons)
    return tuple(
        _row(
            line,
            {"source": line.before.source if line.before else "", **given.get(line.indicator.id, {})},
            errors=refused.get(line.indicator.id, ()),
            files=files,
        )
        for line in lines_of(_known(), definition, item, list(read), past)
    )


def form_rows(
    uow: UnitOfWork,
    definition: Definition,
    item: Item,
    field: str,
    written: Rows,
    reasons: Iterable[Reason],
    files: Mapping[str, StoredFile],
) -> tuple[FigureRow, ...]:
    """The rows of the form at hand, each with what stands against it, whether or not it was refused already."""
    read, unreadable = _read(field, written)
    unsound = office().measures(uow).against(item, field, tuple(read))
    past = past_of(uow, definition, item)
    return rows_of(definition, item, written, read, past, (*reasons, *unreadable, *unsound), files)


def faults_in(uow: UnitOfWork, item: Item, field: str, written: Rows) -> tuple[Reason, ...]:
    """What stands against a table as it is typed."""
    read, unreadable = _read(field, written)
    return (*unreadable, *office().measures(uow).against(item, field, tuple(read)))


def _read(field: str, written: Rows) -> tuple[list[Mapping[str, Any]], tuple[Reason, ...]]:
    zone = settings().zone
    rows = [{**row, "evidence": ""} if row.get("evidence") == [WITH_THE_FORM] else row for row in written]
    return read_typed(field, rows, office().clock.now().astimezone(zone).date(), zone)


def taken(cells: Sequence[SheetRow], field: str, files: Mapping[str, StoredFile]) -> TakenSheet:
    """What a sheet that came today says."""
    zone = settings().zone
    return taken_from(cells, _known(), field, files, office().clock.now().astimezone(zone).date(), zone)


def read_rows(
    definition: Definition,
    item: Item,
    standing: Rows,
    past: Iterable[Reported] = (),
    files: Mapping[str, StoredFile] | None = None,
) -> tuple[FigureRow, ...]:
    """The rows to be read: what stands in the table, and what the unit answers for and has not told, with the period before."""
    given = {str(row.get("indicator")): row for row in standing}
    lines = lines_of(_known(), definition, item, list(given.values()), past)
    return tuple(_row(line, _spelt(given.get(line.indicator.id, {})), files=files or {}) for line in lines)


def told_rows(standing: Rows) -> Iterator[tuple[str, str]]:
    """Each figure of a table in short: its indicator's words and what it says."""
    for row in standing:
        one = _known().find(str(row.get("indicator")))
        if one is not None:
            yield label(one.label), result_text(one, figure_of(row))


def stored_rows(value: object) -> list[Mapping[str, Any]]:
    """The rows of a stored table of figures; none where it is empty."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, tuple | list) else []


def written_rows(value: object) -> list[dict[str, Any]]:
    """Stored rows as somebody would have typed them."""
    return [
        {
            **row,
            **{part: typable(row[part]) for part in _NUMBERS if row.get(part) not in (None, "")},
            "extracted_at": taken_text(str(row.get("extracted_at") or "")),
        }
        for row in stored_rows(value)
    ]


def sentences(reasons: Iterable[Reason]) -> dict[str, tuple[str, ...]]:
    """What stands against each figure, by indicator, in its own words."""
    found: dict[str, list[str]] = defaultdict(list)
    for reason in reasons:
        indicator = reason.params.get("indicator")
        if indicator:
            found[indicator].append(figure_sentence(reason))
    return {indicator: tuple(dict.fromkeys(told)) for indicator, told in found.items()}


def figure_sentence(reason: Reason) -> str:
    """The sentence of a reason against one figure, which it calls by its indicator."""
    one = _known().find(reason.params.get("indicator", ""))
    return reason_sentence(replace(reason, params={**reason.params, "field": label(one.label)}) if one else reason)


def is_known(indicator: str) -> bool:
    """Whether the table has a row for it."""
    return _known().find(indicator) is not None


def read_typed(field: str, rows: Rows, today: date, zone: tzinfo) -> tuple[list[Mapping[str, Any]], tuple[Reason, ...]]:
    """The rows of a table as typed that can be read, and why the others cannot."""
    read: list[Mapping[str, Any]] = []
    reasons: list[Reason] = []
    for row in rows:
        try:
            read.extend(figures_of([row], today, zone))
        except Refused as refused:
            reasons += [Reason(one.code, Kind.INPUT, {"field": field, **one.params}) for one in refused.faults]
    return read, tuple(reasons)


# -- what a form sent ---------------------------------------------------------------------------------------------------


def typed_rows(form: MultiDict[str, str], name: str) -> list[dict[str, Any]] | None:
    """What the table's boxes held, one row for each indicator with words in it; None where the form had no such table.

    Rows pasted from a sheet into the form's box for them fill the table as if they had been typed.
    """
    found: dict[str, dict[str, Any]] = {}
    asked: dict[str, None] = {}
    for key, text in form.items():
        cell = _CELL.fullmatch(key)
        if cell is None or cell[1] != name:
            continue
        asked[cell[2]] = None
        if text.strip():
            found.setdefault(cell[2], {"indicator": cell[2]})[cell[3]] = (
                text.split(",") if cell[3] == "evidence" else text
            )
    for indicator, cells in _pasted(form.get(f"{name}.pasted", ""), tuple(asked)):
        found.setdefault(indicator, {"indicator": indicator}).update(cells)
    return [found[indicator] for indicator in asked if indicator in found] if asked else None


def _pasted(text: str, asked: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The cells of rows from a sheet, by indicator: by its name where rows begin with one, else one after another."""
    rows = [[cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip()]
    names = {label(one.label).casefold(): one.id for one in _known().indicators if one.id in asked}
    names |= {indicator: indicator for indicator in asked}
    by_name = any(row[0].casefold() in names for row in rows)
    # A heading has no digit in it.
    unnamed = iter([row for row in rows if any(char.isdigit() for cell in row for char in cell)])
    placed = (
        ((names[row[0].casefold()], row[1:]) for row in rows if row[0].casefold() in names)
        if by_name
        else zip(asked, unnamed, strict=False)
    )
    for indicator, cells in placed:
        yield indicator, {part: cell for part, cell in zip(PASTED, cells, strict=False) if cell}


# -- words --------------------------------------------------------------------------------------------------------------


def _known() -> Indicators:
    return office().indicators


def _row(
    line: Line,
    row: Mapping[str, Any],
    *,
    errors: tuple[str, ...] = (),
    files: Mapping[str, StoredFile] | None = None,
) -> FigureRow:
    one = line.indicator
    evidence = figure_of(row).evidence
    return FigureRow(
        indicator=one.id,
        label=label(one.label),
        unit=label(one.unit),
        parts=tuple((part, label(words), str(row.get(part, ""))) for part, words in _asked(one)),
        source=str(row.get("source", "")),
        extracted_at=taken_text(str(row.get("extracted_at") or "")),
        note=str(row.get("note", "")),
        evidence=tuple((sha, files[sha].name if files and sha in files else sha[:12]) for sha in evidence),
        result=result_text(one, line.figure),
        before=result_text(one, line.before),
        cumulative=result_text(one, line.cumulative),
        holes=_holes(one, line.cumulative),
        errors=errors,
    )


def _holes(one: Indicator, cumulative: Figure | None) -> str:
    """The periods that a sum of the year lacks; where there is no sum at all, that says enough."""
    if cumulative is None or outcome(one, cumulative).told is Told.MISSING:
        return ""
    return ", ".join(_period(name) for name in cumulative.holes)


def _period(name: str) -> str:
    """07/2026, Q3/2026: a period as it stands on papers."""
    year, _dash, part = name.partition("-")
    return f"{part}/{year}" if part else year


def _asked(indicator: Indicator) -> Iterator[tuple[str, Any]]:
    yield "numerator", indicator.numerator
    if indicator.denominator is not None:
        yield "denominator", indicator.denominator


def _spelt(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row with its numbers as people read them."""
    figure = figure_of(row)
    return {**row, "numerator": number(figure.numerator), "denominator": number(figure.denominator)}


def taken_text(stored: str) -> str:
    """When a figure was taken, as people write it; what was typed and cannot be read stays."""
    try:
        return moment(instant_of(stored), settings().zone) if "T" in stored else day(stored)
    except ValueError:
        return stored


def result_text(indicator: Indicator, figure: Figure | None) -> str:
    """The figure itself: a ratio from its parts, "không phát sinh" where there was nothing to measure, "" where it is missing."""
    found = outcome(indicator, figure)
    if found.told is Told.NONE_AROSE:
        return _("none arose")
    return percent(found.rounded) if found.is_share else number(found.rounded)
