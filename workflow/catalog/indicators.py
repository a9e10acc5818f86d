"""The indicator file: what is measured, from what, against which target. Ratios are merged from their parts."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workflow.catalog.data_file import DataFile, open_data
from workflow.catalog.grammar import SLUG, Bilingual, Block, Flag, Listed, One, Text, Whole
from workflow.catalog.read import Path
from workflow.engine.definition import Label

PERIODS = ("month", "quarter", "half", "year")
MERGES = ("sum", "latest")

INDICATOR = Block.from_dict(
    {
        "id": Text(needed=True, form=SLUG),
        "label": Bilingual(needed=True),
        "unit": Bilingual(needed=True),
        "numerator": Bilingual(needed=True),
        "denominator": Bilingual(),
        "direction": Text(needed=True, known=("up", "down", "none")),
        "target": Text(form=re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")),
        "target_basis": Text(needed=True, known=("seed", "inferred", "assumed", "none")),
        "owner": Text(needed=True, form=SLUG),
        "period": Text(needed=True, known=PERIODS),
        "section": Text(needed=True),
        "merge": Text(known=MERGES),
        "numbers": Text(known=("whole", "decimal")),
    },
    name="Indicator",
)
_PART = re.compile(r"[a-z0-9][a-z0-9_-]*(\.(numerator|denominator))?")
RULES = ("at_most", "equals", "full_only_without", "never_falls")
CHECK = Block.from_dict(
    {
        "of": Text(needed=True, form=_PART),
        "at_most": Text(form=_PART),
        "equals": Text(form=_PART),
        "full_only_without": Text(form=_PART),
        "never_falls": Flag(),
        "way_out": Bilingual(needed=True),
    },
    name="Check",
)
INDICATORS = Block.from_dict(
    {
        "format": Text(needed=True, known=("1",)),
        "version": Whole(needed=True, least=1),
        "indicators": Listed(One(INDICATOR), needed=True),
        "checks": Listed(One(CHECK)),
    },
    name="Indicators",
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """Without a `denominator` it is a count, else a ratio of the two. `owner` is the unit that reports it.

    `merge` says how a longer period is made of shorter ones: their `sum`, or the `latest` where the figure runs on by itself
    (a stock, a total since January). `numbers` says whether its parts are `whole` numbers or may be `decimal`.
    """

    id: str
    label: Label
    unit: Label
    numerator: Label
    direction: str
    target_basis: str
    owner: str
    period: str
    section: str
    denominator: Label | None = None
    target: Decimal | None = None
    merge: str = "sum"
    numbers: str = "whole"

    def is_met(self, value: Decimal, target: Decimal) -> bool:
        """Whether a number reaches a target: not above it where less is better, not below it otherwise."""
        return value <= target if self.direction == "down" else value >= target


@dataclass(frozen=True, slots=True)
class Part:
    """One number of a figure: the `numerator` or the `denominator` of an indicator."""

    indicator: str
    part: str


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold between figures before a report is sent. A number that is missing breaks no check.

    `rule` is `at_most` or `equals` (`other` is the number it is held against), `full_only_without` (a share of 100 % stands
    only while `other` is zero) or `never_falls` (from one report of a year to the next, unless one of them is a correction).
    """

    of: Part
    rule: str
    way_out: Label
    other: Part | None = None


@dataclass(frozen=True, slots=True)
class Indicators:
    version: int
    indicators: tuple[Indicator, ...]
    checks: tuple[Check, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(indicator.id for indicator in self.indicators)

    def asked_of(self, unit: str, every: str | None) -> tuple[Indicator, ...]:
        """What `unit` answers for in a period as long as that of PERIODS (None: any); a longer one carries the shorter's too."""
        carried = PERIODS[: PERIODS.index(every) + 1] if every else PERIODS
        return tuple(one for one in self.indicators if one.owner == unit and one.period in carried)

    def find(self, indicator_id: str) -> Indicator | None:
        return next((indicator for indicator in self.indicators if indicator.id == indicator_id), None)


NO_INDICATORS = Indicators(0, ())


def read_indicators(text: str | bytes, file: str, units: frozenset[str]) -> Indicators:
    """The indicators of a file, whose owners are among `units`; DocumentInvalid with every fault found."""
    data = open_data(INDICATORS, text, file)
    data.unique("indicators", "id")
    for n, block in enumerate(data.values["indicators"]):
        data.known(("indicators", n, "owner"), block["owner"], units, Label("đơn vị", "unit"))
        if "target" in block:
            block["target"] = Decimal(block["target"])
    indicators = {block["id"]: block for block in data.values["indicators"]}
    for n, block in enumerate(data.values.get("checks", ())):
        _look_over(data, n, block, indicators)
    data.settle()
    return Indicators(
        data.values["version"],
        tuple(Indicator(**block) for block in data.values["indicators"]),
        tuple(map(_check, data.values.get("checks", ()))),
    )


def _look_over(data: DataFile, n: int, block: dict[str, Any], indicators: dict[str, dict[str, Any]]) -> None:
    """Note what is wrong with a check beside its grammar: not one rule, a number that no indicator has."""
    told = [rule for rule in RULES if block.get(rule)]
    if len(told) != 1:
        words = ", ".join(RULES)
        data.note(("checks", n), f"cần đúng một trong: {words}", f"expected exactly one of: {words}")
    for key in ("of", *RULES):
        if isinstance(block.get(key), str):
            _known_part(data, ("checks", n, key), _part(block[key]), indicators)
    if told and block[told[0]] == block["of"]:
        data.note(("checks", n, told[0]), "đối chiếu với chính nó", "is held against itself")
    share = indicators.get(_part(block["of"]).indicator)
    if "full_only_without" in block and share is not None and "denominator" not in share:
        data.note(("checks", n, "of"), "chỉ tỷ lệ mới đạt 100 %", "only a share reaches 100 %")


def _known_part(data: DataFile, path: Path, part: Part, indicators: dict[str, dict[str, Any]]) -> None:
    data.known(path, part.indicator, indicators, Label("chỉ tiêu", "indicator"))
    if part.indicator in indicators and part.part not in indicators[part.indicator]:
        data.note(path, f"“{part.indicator}” không có mẫu số", f'"{part.indicator}" has no denominator')


def _part(text: str) -> Part:
    indicator, _, part = text.partition(".")
    return Part(indicator, part or "numerator")


def _check(block: dict[str, Any]) -> Check:
    rule = next(rule for rule in RULES if block.get(rule))
    other = block[rule]
    return Check(_part(block["of"]), rule, block["way_out"], _part(other) if isinstance(other, str) else None)
