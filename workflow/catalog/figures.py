"""What a figure says: a number, that nothing arose, or nothing yet; and how figures of several periods become one."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from workflow.catalog.indicators import Indicator

_HUNDRED = Decimal(100)
_HUNDREDTH = Decimal("0.01")


class Told(StrEnum):
    """`NONE_AROSE`: there was nothing to measure, which is neither 0 % nor 100 %. `MISSING`: nobody knows yet; not 0."""

    NUMBER = "number"
    NONE_AROSE = "none_arose"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator as reported. `extracted_at` is a date or an instant as stored; `evidence` are SHA-256 sums of attachments.

    `holes` names, in a merged figure, those whose figure is missing from it.
    """

    indicator: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    source: str = ""
    extracted_at: str = ""
    evidence: tuple[str, ...] = ()
    note: str = ""
    holes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`value` is exact, a share in percent; None unless `told` is NUMBER."""

    told: Told
    value: Decimal | None = None
    is_share: bool = False

    @property
    def rounded(self) -> Decimal | None:
        """The value to be shown, of two places at most. What falls short of 100 % is never rounded up to it."""
        if self.value is None:
            return None
        near = self.value.quantize(_HUNDREDTH, ROUND_HALF_UP)
        if self.is_share and near == _HUNDRED and self.value < _HUNDRED:
            near = self.value.quantize(_HUNDREDTH, ROUND_DOWN)
        return near.normalize() + 0


MISSING = Outcome(Told.MISSING)


def figure_of(row: Mapping[str, Any]) -> Figure:
    """The figure of a stored row; what is no number there (a half-typed cell) counts as missing."""
    evidence = row.get("evidence") or ()
    return Figure(
        indicator=str(row.get("indicator", "")),
        numerator=_amount(row.get("numerator")),
        denominator=_amount(row.get("denominator")),
        source=str(row.get("source") or ""),
        extracted_at=str(row.get("extracted_at") or ""),
        evidence=(evidence,) if isinstance(evidence, str) else tuple(str(one) for one in evidence),
        note=str(row.get("note") or ""),
    )


def outcome(indicator: Indicator, figure: Figure | None) -> Outcome:
    """What the figure says of its indicator."""
    if figure is None:
        return MISSING
    if indicator.denominator is None:
        return MISSING if figure.numerator is None else Outcome(Told.NUMBER, figure.numerator)
    if figure.denominator == 0:
        return Outcome(Told.NONE_AROSE)
    if figure.numerator is None or figure.denominator is None:
        return MISSING
    return Outcome(Told.NUMBER, figure.numerator / figure.denominator * _HUNDRED, is_share=True)


def merged(indicator: Indicator, figures: Mapping[str, Figure | None]) -> Figure:
    """One figure of several, oldest first, by the name of what each is of (a period, a unit).

    Parts are summed and a share is made anew of the sums, never averaged; an indicator that runs on by itself (`merge: latest`)
    takes the newest figure there is. Names whose figure is missing and wanted are its `holes`.
    """
    there = {name: one for name, one in figures.items() if one and outcome(indicator, one).told is not Told.MISSING}
    if indicator.merge == "latest":
        return _latest(indicator, figures, there)
    holes = tuple(name for name in figures if name not in there)
    if not there:
        return Figure(indicator.id, holes=holes)
    shares = indicator.denominator is not None
    return Figure(
        indicator.id,
        numerator=sum((one.numerator or Decimal(0) for one in there.values()), Decimal(0)),
        denominator=sum((one.denominator or Decimal(0) for one in there.values()), Decimal(0)) if shares else None,
        source="; ".join(dict.fromkeys(one.source for one in there.values() if one.source)),
        evidence=tuple(dict.fromkeys(sha for one in there.values() for sha in one.evidence)),
        holes=holes,
    )


def _latest(indicator: Indicator, figures: Mapping[str, Figure | None], there: Mapping[str, Figure]) -> Figure:
    """The newest figure; only what is missing after it is a hole."""
    names = tuple(figures)
    if not there:
        return Figure(indicator.id, holes=names)
    newest = list(there)[-1]
    one = there[newest]
    return Figure(
        indicator.id,
        one.numerator,
        one.denominator,
        one.source,
        one.extracted_at,
        one.evidence,
        one.note,
        holes=names[names.index(newest) + 1 :],
    )


def _amount(cell: Any) -> Decimal | None:
    if cell is None or cell == "" or isinstance(cell, bool):
        return None
    try:
        amount = Decimal(str(cell))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
