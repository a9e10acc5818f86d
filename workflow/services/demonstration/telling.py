"""The words in which the demonstration's story is told: acts, lives, and the passages that come back again and again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from workflow.clock import VIETNAM

YEAR = 2026


@dataclass(frozen=True, slots=True)
class Act:
    """`do` is a move, "approve MOVE", "reject MOVE" or "comment"; `files` are made and named as evidence.

    `refused` is the code of the reason that the act meets; `in_name_of` whose written power is used.
    """

    at: datetime
    by: str
    do: str
    comment: str | None = None
    files: tuple[str, ...] = ()
    refused: str | None = None
    inputs: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    in_name_of: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One item: `key` is obligation/unit where the directive's import created it, else `created` says when and by whom.

    What a move of another item brought about has the key of that item, `>` and the move.
    """

    key: str
    workflow: str
    unit: str
    acts: tuple[Act, ...]
    created: tuple[datetime, str] | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def when(text: str) -> datetime:
    """`MM-DD HH:MM` or `MM-DD HH:MM:SS` of the story's year, local time."""
    return datetime.fromisoformat(f"{YEAR}-{text}").replace(tzinfo=VIETNAM)


def act(
    at: str,
    by: str,
    do: str,
    comment: str | None = None,
    *,
    files: tuple[str, ...] = (),
    refused: str | None = None,
    in_name_of: str = "",
    **inputs: object,
) -> Act:
    return Act(when(at), by, do, comment, files, refused, MappingProxyType(inputs), in_name_of)


def taken(unit: str, at: str, to: str = "officer") -> tuple[Act, ...]:
    """The head accepts, and dispatches to somebody of the unit a little later."""
    start = act(at, f"head.{unit}", "start")
    later = start.at + timedelta(minutes=25)
    return start, Act(later, f"head.{unit}", "dispatch", inputs=MappingProxyType({"assignee": f"{to}.{unit}"}))


def going(unit: str, at: str, percent: int, note: str = "", by: str = "officer") -> Act:
    return act(at, f"{by}.{unit}", "progress", progress=percent, result_note=note)


def done(unit: str, at: str, note: str, *files: str) -> Act:
    return act(at, f"head.{unit}", "complete", files=files, result_note=note)


def verified(at: str, by: str = "chairman") -> Act:
    return act(at, by, "verify")


def planned(unit: str, at: str, cause: str, why: str, remedy: str, due: str, owner: str = "officer") -> Act:
    return act(
        at,
        f"head.{unit}",
        "plan",
        cause_kind=cause,
        cause_note=why,
        plan_note=remedy,
        plan_due_on=f"{YEAR}-{due}",
        plan_owner=f"{owner}.{unit}",
    )


def approved(at: str, by: str = "chairman") -> Act:
    return act(at, by, "approve plan")


def life(key: str, *parts: Act | tuple[Act, ...], workflow: str = "task") -> Life:
    """The life of what the directive's import created."""
    return Life(key, workflow, key.partition("/")[2], _flat(parts))


def own(
    key: str,
    area: str,
    title: str,
    due: str,
    created: str,
    *parts: Act | tuple[Act, ...],
    by: str = "clerk",
    source: str = "Chương trình công tác năm 2026 của UBND xã",
    support: str = "",
) -> Life:
    """The life of a task that the commune gave itself; `key` is name/unit."""
    fields = {"title": title, "area": area, "due_on": f"{YEAR}-{due}", "source": source, "support_units": support}
    return Life(key, "task", key.partition("/")[2], _flat(parts), (when(created), by), MappingProxyType(fields))


def _flat(parts: tuple[Act | tuple[Act, ...], ...]) -> tuple[Act, ...]:
    return tuple(one for part in parts for one in (part if isinstance(part, tuple) else (part,)))


ASSIGNED_AT = when("06-16 14:00")
"""The chairman assigns everything that the directive brought, in one go."""


def assigned(n: int, due: str | None = None) -> Act:
    """The n-th of the acts of that afternoon."""
    inputs = {"due_on": f"{YEAR}-{due}"} if due else {}
    return Act(ASSIGNED_AT + timedelta(seconds=2 * n), "chairman", "assign", inputs=MappingProxyType(inputs))
