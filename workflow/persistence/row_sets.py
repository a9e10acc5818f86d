"""PostgreSQL: one statement for all of its rows. They travel as one JSON text, which the server takes apart.

Sent row by row, a statement costs this process several times what the row itself does, and the server a command each.
"""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workflow.persistence.columns import Instant

ROWS = "rows"
"""The one parameter of such a statement: the rows as JSON, bytes in them as base64."""

_PLACE = re.compile(r"%\((\w+)\)s(?:::[A-Z]+)?")
_INSERT = re.compile(
    r"(?P<into>INSERT INTO \w+ \([^()]+\)) VALUES \((?P<values>[^()]*)\)(?P<rest>( ON CONFLICT .*)?)", re.DOTALL
)
_UPDATE = re.compile(r"(?P<set>UPDATE \w+ SET [^()]*)(?P<where> WHERE [^()]*)")


def as_set(sql: str, types: Mapping[str, sa.types.TypeEngine[Any]]) -> str | None:
    """The statement for a set of rows that hold the parameters in `types`; None for one that is no plain insert or update."""
    text = _PLACE.sub(lambda place: f"new.{place[1]}" if place[1] in types else place[0], sql)
    columns = ", ".join(f"{name} {_kind(kind)}" for name, kind in types.items())
    source = f" FROM json_to_recordset(%({ROWS})s::json) AS new({columns})"
    if inserts := _INSERT.fullmatch(text):
        # Without a condition, what follows could be read as one of the source.
        text = f"{inserts['into']} SELECT {inserts['values']}{source} WHERE true{inserts['rest']}"
    elif updates := _UPDATE.fullmatch(text):
        text = f"{updates['set']}{source}{updates['where']}"
    else:
        return None
    for name, kind in types.items():
        if isinstance(kind, sa.LargeBinary):
            text = re.sub(rf"\bnew\.{name}\b", f"decode(new.{name}, 'base64')", text)
    return text


def _kind(kind: sa.types.TypeEngine[Any]) -> str:
    return "bigint" if isinstance(kind, sa.Integer | Instant) else "text"
