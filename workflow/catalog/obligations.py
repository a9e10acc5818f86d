"""The obligation file: what the dispatch asks of whom, and what carries it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from workflow.catalog.data_file import DataFile, open_data
from workflow.catalog.grammar import SLUG, Bilingual, Block, Day, Listed, Named, One, Text, Whole
from workflow.engine.definition import Label

TASK, STANDING, REPORT, RULE = KINDS = ("task", "standing", "report", "rule")
"""What an obligation asks for: something with an end, something without one, a report, or the keeping of a rule."""

TARGET = Block.from_dict(
    {
        "indicator": Text(needed=True, form=SLUG),
        "op": Text(needed=True),
        "value": Text(form=re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")),
        "basis": Text(),
    },
    name="Target",
)
OBLIGATION = Block.from_dict(
    {
        "id": Text(needed=True, form=SLUG),
        "title": Bilingual(needed=True),
        "section": Text(needed=True),
        "kind": Text(needed=True, known=KINDS),
        "units": Listed(Text(), needed=True, least=1),
        "support": Listed(Text()),
        "mode": Text(needed=True, known=("lead", "coordinate", "participate")),
        "area": Text(needed=True),
        "recurrence": Text(needed=True, form=SLUG),
        "due_on": Day(),
        "basis": Text(known=("seed", "inferred", "sample")),
        "target": One(TARGET),
        "evidence": Bilingual(),
        "indicators": Listed(Text()),
        "served_by": Text(needed=True),
    },
    name="Obligation",
)
OBLIGATIONS = Block.from_dict(
    {
        "format": Text(needed=True, known=("1",)),
        "version": Whole(least=1),
        "document": Named(Text()),
        "obligations": Listed(One(OBLIGATION), needed=True),
    },
    name="Obligations",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What an indicator has to become; `value` is None where the dispatch asks for more without saying how much."""

    indicator: str
    op: str
    value: Decimal | None
    basis: str | None


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty. Each of `units` answers for it with an item of its own.

    `served_by` names the purpose (`workflow.engine.definition.Purpose`) of the workflow that carries it, a series or a rule.
    """

    id: str
    title: Label
    section: str
    kind: str
    units: tuple[str, ...]
    mode: str
    area: str
    recurrence: str
    served_by: str
    support: tuple[str, ...] = ()
    due_on: date | None = None
    basis: str | None = None
    target: Target | None = None
    evidence: Label | None = None
    indicators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Obligations:
    """`document` describes the dispatch, where the file does."""

    version: int
    document: Mapping[str, str]
    obligations: tuple[Obligation, ...]


def read_obligations(
    text: str | bytes, file: str, *, units: frozenset[str], areas: frozenset[str], indicators: frozenset[str]
) -> Obligations:
    """The obligations of a file, whose names are among those given; DocumentInvalid with every fault found."""
    data = open_data(OBLIGATIONS, text, file)
    data.unique("obligations", "id")
    for n, block in enumerate(data.values["obligations"]):
        _check_names(data, ("obligations", n), block, units=units, areas=areas, indicators=indicators)
    data.settle()
    values = data.values
    return Obligations(
        version=values.get("version", 1),
        document=MappingProxyType(values.get("document", {})),
        obligations=tuple(_obligation(block) for block in values["obligations"]),
    )


def _check_names(
    data: DataFile,
    path: tuple[str | int, ...],
    block: dict[str, Any],
    *,
    units: frozenset[str],
    areas: frozenset[str],
    indicators: frozenset[str],
) -> None:
    unit, indicator = Label("đơn vị", "unit"), Label("chỉ tiêu", "indicator")
    data.all_known((*path, "units"), block["units"], units, unit)
    data.all_known((*path, "support"), block.get("support", ()), units, unit)
    data.known((*path, "area"), block["area"], areas, Label("lĩnh vực", "area"))
    data.all_known((*path, "indicators"), block.get("indicators", ()), indicators, indicator)
    if "target" in block:
        data.known((*path, "target", "indicator"), block["target"]["indicator"], indicators, indicator)


def _obligation(block: dict[str, Any]) -> Obligation:
    target = block.get("target")
    if target is None:
        return Obligation(**block)
    value = Decimal(target["value"]) if "value" in target else None
    made = Target(target["indicator"], target["op"], value, target.get("basis"))
    return Obligation(**{**block, "target": made})
