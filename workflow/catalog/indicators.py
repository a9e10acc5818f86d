"""The indicator file: what is measured, from what, against which target. Ratios are merged from their parts."""

import re
from dataclasses import dataclass
from decimal import Decimal

from workflow.catalog.data_file import open_data
from workflow.catalog.grammar import SLUG, Bilingual, Block, Listed, One, Text, Whole
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
INDICATORS = Block.from_dict(
    {
        "format": Text(needed=True, known=("1",)),
        "version": Whole(needed=True, least=1),
        "indicators": Listed(One(INDICATOR), needed=True),
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


@dataclass(frozen=True, slots=True)
class Indicators:
    version: int
    indicators: tuple[Indicator, ...]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(indicator.id for indicator in self.indicators)

    def asked_of(self, unit: str, every: str | None) -> tuple[Indicator, ...]:
        """What `unit` answers for in a period as long as that of PERIODS (None: any); a longer one carries the shorter's too."""
        carried = PERIODS[: PERIODS.index(every) + 1] if every else PERIODS
        return tuple(one for one in self.indicators if one.owner == unit and one.period in carried)

    def find(self, indicator_id: str) -> Indicator | None:
        return next((indicator for indicator in self.indicators if indicator.id == indicator_id), None)


def read_indicators(text: str | bytes, file: str, units: frozenset[str]) -> Indicators:
    """The indicators of a file, whose owners are among `units`; DocumentInvalid with every fault found."""
    data = open_data(INDICATORS, text, file)
    data.unique("indicators", "id")
    for n, block in enumerate(data.values["indicators"]):
        data.known(("indicators", n, "owner"), block["owner"], units, Label("đơn vị", "unit"))
        if "target" in block:
            block["target"] = Decimal(block["target"])
    data.settle()
    return Indicators(data.values["version"], tuple(Indicator(**block) for block in data.values["indicators"]))
