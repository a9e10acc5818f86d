"""What ids are called: every account, unit and area in one statement, for pages that show many of them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from workflow.engine import Label
from workflow.persistence import UnitOfWork
from workflow.persistence.statements import Statement, run
from workflow.persistence.tables import area, person, unit


class Named(NamedTuple):
    """`login` is empty for what is no person. A tuple, because all of them are made for every page."""

    id: str
    name: Label
    login: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """People by login, units and areas in the order in which pages list them."""

    people: tuple[Named, ...]
    units: tuple[Named, ...]
    areas: tuple[Named, ...]


def _kind(word: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{word}'").label("kind")


_NOUGHT: sa.ColumnElement[int] = sa.literal_column("0")
_NOBODY: sa.ColumnElement[str] = sa.literal_column("''")
_NAMES = Statement(
    "names.all",
    sa.union_all(
        sa.select(
            _kind("person"), _NOUGHT.label("rank"), person.c.login, person.c.id, person.c.title_vi, person.c.title_en
        ),
        sa.select(_kind("unit"), unit.c.rank, _NOBODY, unit.c.id, unit.c.name_vi, unit.c.name_en),
        sa.select(_kind("area"), area.c.rank, _NOBODY, area.c.id, area.c.label_vi, area.c.label_en),
    ),
)


_label = lru_cache(maxsize=4096)(Label)


def names(uow: UnitOfWork) -> Names:
    found: dict[str, list[Named]] = {"person": [], "unit": [], "area": []}
    # Sorted here: few rows, and each database would follow a collation of its own.
    for kind, _rank, login, id_, vi, en in sorted(run(uow.cursor, _NAMES).fetchall()):
        found[kind].append(Named(id_, _label(vi, en), login))
    return Names(tuple(found["person"]), tuple(found["unit"]), tuple(found["area"]))
