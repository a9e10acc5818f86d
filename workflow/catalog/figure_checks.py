"""What stands against a table of figures: each fault names its indicator, the numbers, and the way out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from workflow.catalog.figures import Figure, Told, outcome
from workflow.catalog.indicators import Check, Indicator, Indicators, Part
from workflow.engine.definition import Label

_VIETNAMESE = str.maketrans(",.", ".,")
_WHOLE_ONLY = Label(
    "Chỉ tiêu này chỉ nhận số nguyên: đề nghị ghi lại số chính xác.",
    "This indicator takes whole numbers: write the exact one.",
)
_PART_OF_WHOLE = Label(
    "Tử số là một phần của mẫu số: đề nghị đối chiếu lại hai số.",
    "The numerator is part of the denominator: compare the two.",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`indicator` is whose number is wrong; `sentence` stands alone."""

    indicator: str
    sentence: Label


@dataclass(frozen=True, slots=True)
class Before:
    """What the unit reported last in the same year, by indicator, and in which period; None where it reported nothing."""

    period: str = ""
    figures: Mapping[str, Figure] | None = None


NOTHING_BEFORE = Before()


def faults_of(
    indicators: Indicators, figures: Mapping[str, Figure], before: Before = NOTHING_BEFORE
) -> tuple[Fault, ...]:
    """Every fault of the figures, by indicator: first those of one figure, then as the checks stand in the file."""
    return (*_of_each(indicators, figures), *_of_all(indicators, figures, before))


def looks_back(indicators: Indicators, figures: Mapping[str, Figure]) -> bool:
    """Whether one of the figures is held against what was reported before."""
    return any(check.rule == "never_falls" and _number(figures, check.of) is not None for check in indicators.checks)


def _of_each(indicators: Indicators, figures: Mapping[str, Figure]) -> Iterator[Fault]:
    for one in indicators.indicators:
        figure = figures.get(one.id)
        if figure is None:
            continue
        for part in ("numerator", "denominator"):
            number = _number(figures, Part(one.id, part))
            if number is not None and one.numbers == "whole" and number != number.to_integral_value():
                yield _fault(one, _said(one, part, number), _WHOLE_ONLY)
        if figure.numerator is not None and figure.denominator is not None and figure.numerator > figure.denominator:
            yield _fault(
                one, _above(indicators, Part(one.id, "numerator"), Part(one.id, "denominator"), figures), _PART_OF_WHOLE
            )


def _of_all(indicators: Indicators, figures: Mapping[str, Figure], before: Before) -> Iterator[Fault]:
    for check in indicators.checks:
        one = indicators.find(check.of.indicator)
        told = _broken(indicators, check, figures, before)
        if one is not None and told is not None:
            yield _fault(one, told, check.way_out)


def _broken(indicators: Indicators, check: Check, figures: Mapping[str, Figure], before: Before) -> Label | None:
    """What the figures say that the check forbids; None where they keep it, or a number of it is missing."""
    number = _number(figures, check.of)
    if check.rule == "never_falls":
        return _fallen(indicators, check.of, number, before)
    other = _number(figures, check.other) if check.other else None
    if number is None or other is None or check.other is None:
        return None
    if check.rule == "full_only_without":
        return _full(indicators, check.of, check.other, figures) if other > 0 else None
    if check.rule == "at_most":
        return _above(indicators, check.of, check.other, figures) if number > other else None
    return _unequal(indicators, check.of, check.other, figures) if number != other else None


def _fallen(indicators: Indicators, of: Part, number: Decimal | None, before: Before) -> Label | None:
    last = _number(before.figures or {}, of)
    if number is None or last is None or number >= last:
        return None
    now, then, words = _spelt(number), _spelt(last), _words(indicators, of)
    return Label(
        f"{words.vi} là {now.vi}, thấp hơn {then.vi} của kỳ {before.period}.",
        f"{words.en}: {now.en} is less than {then.en} of the period {before.period}.",
    )


def _full(indicators: Indicators, of: Part, other: Part, figures: Mapping[str, Figure]) -> Label | None:
    one = indicators.find(of.indicator)
    found = outcome(one, figures.get(of.indicator)) if one else None
    if found is None or found.told is not Told.NUMBER or found.value is None or found.value < 100:
        return None
    many, words = _spelt(_number(figures, other) or Decimal(0)), _words(indicators, other)
    return Label(f"là 100 % trong khi {words.vi} là {many.vi}.", f"is 100 % while {words.en}: {many.en}.")


def _above(indicators: Indicators, of: Part, other: Part, figures: Mapping[str, Figure]) -> Label:
    return _held_against(indicators, of, other, figures, Label("lớn hơn", "is more than"))


def _unequal(indicators: Indicators, of: Part, other: Part, figures: Mapping[str, Figure]) -> Label:
    return _held_against(indicators, of, other, figures, Label("khác với", "differs from"))


def _held_against(indicators: Indicators, of: Part, other: Part, figures: Mapping[str, Figure], how: Label) -> Label:
    number, limit = (_spelt(_number(figures, part) or Decimal(0)) for part in (of, other))
    mine, theirs = _words(indicators, of), _words(indicators, other)
    return Label(
        f"{mine.vi} là {number.vi}, {how.vi} {theirs.vi} là {limit.vi}.",
        f"{mine.en}: {number.en} {how.en} {theirs.en}: {limit.en}.",
    )


def _said(one: Indicator, part: str, number: Decimal) -> Label:
    words = one.numerator if part == "numerator" else one.denominator or one.numerator
    spelt = _spelt(number)
    return Label(f"{words.vi} là {spelt.vi}.", f"{words.en}: {spelt.en}.")


def _fault(one: Indicator, told: Label, way_out: Label) -> Fault:
    return Fault(
        one.id,
        Label(f"“{one.label.vi}”: {told.vi} {way_out.vi}", f"“{one.label.en}”: {told.en} {way_out.en}"),
    )


def _words(indicators: Indicators, part: Part) -> Label:
    one = indicators.find(part.indicator)
    if one is None:
        return Label(part.indicator, part.indicator)
    return one.denominator or one.numerator if part.part == "denominator" else one.numerator


def _number(figures: Mapping[str, Figure], part: Part) -> Decimal | None:
    figure = figures.get(part.indicator)
    if figure is None:
        return None
    return figure.denominator if part.part == "denominator" else figure.numerator


def _spelt(number: Decimal) -> Label:
    english = f"{number:,f}"
    return Label(english.translate(_VIETNAMESE), english)
