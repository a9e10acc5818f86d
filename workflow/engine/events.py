"""What happened, as values: the closed list that the audit log keeps and `apply` folds into an item.

`to_plain` and `from_plain` are inverse to each other; the plain form holds only what canonical JSON can say.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_type_hints

from workflow.engine.item import Doer, Plain
from workflow.values import Frozen, names_of


class ItemCreated(Frozen):
    item_id: str
    code: str
    workflow: str
    version: int
    fingerprint: str
    unit: str
    state: str
    by: str
    at: datetime
    parent: str | None


class Transitioned(Frozen):
    """A move was made; `source` equals `target` for a move without change of state."""

    move: str
    source: str
    target: str
    doer: Doer
    at: datetime


class FieldChanged(Frozen):
    field: str
    old: Plain
    new: Plain


class UnitChanged(Frozen):
    old: str
    new: str


class DueSet(Frozen):
    deadline: str
    old: datetime | None
    new: datetime | None


class DuePaused(Frozen):
    """The deadline's clock stands from `at` on, with `bound` still ahead."""

    deadline: str
    bound: datetime
    at: datetime


class DueResumed(Frozen):
    deadline: str
    at: datetime


class TimerFired(Frozen):
    """A timer fell due at `effective_at` and was acted upon at `at`, the `n`-th time in this state; `missed` passed unheard."""

    timer: str
    n: int
    missed: int
    effective_at: datetime
    at: datetime


class EpisodeOpened(Frozen):
    n: int
    effective_at: datetime
    recorded_at: datetime
    unit: str


class EpisodeRecorded(Frozen):
    n: int
    field: str
    value: Plain
    by: str
    at: datetime


class EpisodeEnded(Frozen):
    n: int
    at: datetime
    by: str


class RequestOpened(Frozen):
    move: str
    proposer: Doer
    at: datetime
    inputs: Mapping[str, Plain]


class RequestAmended(Frozen):
    """The proposer changed the inputs; `dismissed` says whether the standing votes fell with it."""

    move: str
    at: datetime
    inputs: Mapping[str, Plain]
    dismissed: bool


class Voted(Frozen):
    move: str
    step: str
    vote: str
    doer: Doer
    at: datetime


class VoteWithdrawn(Frozen):
    move: str
    doer: Doer
    at: datetime


class RequestClosed(Frozen):
    """`outcome` is "opened", "rejected", "withdrawn" or "overtaken" (another move left the state meanwhile)."""

    move: str
    outcome: str
    at: datetime


class ChildOpened(Frozen):
    """An item below this one was created, or left its final state again."""

    child_id: str
    workflow: str


class ChildClosed(Frozen):
    """An item below this one entered the final state `state`."""

    child_id: str
    state: str


class Migrated(Frozen):
    """The item passed from one edition of its workflow to another; what else changed with it follows as events of its own."""

    old_version: int
    old_fingerprint: str
    version: int
    fingerprint: str
    old_state: str
    new_state: str
    at: datetime


class Overridden(Frozen):
    """The item was put into `target` outside its workflow: `asked_by` asked, `doer` decided and answers for it."""

    source: str
    target: str
    asked_by: str
    doer: Doer
    at: datetime


Event = (
    ItemCreated
    | Transitioned
    | FieldChanged
    | UnitChanged
    | DueSet
    | DuePaused
    | DueResumed
    | TimerFired
    | EpisodeOpened
    | EpisodeRecorded
    | EpisodeEnded
    | RequestOpened
    | RequestAmended
    | Voted
    | VoteWithdrawn
    | RequestClosed
    | ChildOpened
    | ChildClosed
    | Migrated
    | Overridden
)

_KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "created": ItemCreated,
        "moved": Transitioned,
        "field": FieldChanged,
        "unit": UnitChanged,
        "due": DueSet,
        "due_stands": DuePaused,
        "due_runs": DueResumed,
        "timer": TimerFired,
        "late": EpisodeOpened,
        "late_record": EpisodeRecorded,
        "late_end": EpisodeEnded,
        "request": RequestOpened,
        "amend": RequestAmended,
        "vote": Voted,
        "unvote": VoteWithdrawn,
        "request_end": RequestClosed,
        "child": ChildOpened,
        "child_end": ChildClosed,
        "override": Overridden,
        "migrated": Migrated,
    }
)
_NAMES = {kind: name for name, kind in _KINDS.items()}
_FIELDS = {kind: names_of(kind) for kind in _NAMES}
_INSTANTS = {
    kind: frozenset(name for name, hint in get_type_hints(kind).items() if hint in (datetime, datetime | None))
    for kind in _NAMES
}


@lru_cache(maxsize=256)
def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC with exactly six decimals: equal instants have one spelling."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def to_plain(event: Event) -> dict[str, Any]:
    kind = type(event)
    plain: dict[str, Any] = {"e": _NAMES[kind]}
    for name in _FIELDS[kind]:
        value = getattr(event, name)
        plain[name] = value if type(value) in _AS_THEY_ARE else _plain(value)
    return plain


_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Doer):
        return [value.person, value.unit, value.acting_for]
    if isinstance(value, Mapping):
        return {key: list(part) if isinstance(part, tuple) else part for key, part in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _value(plain: Any) -> Any:
    return tuple(plain) if isinstance(plain, list) else plain


def from_plain(plain: Mapping[str, Any]) -> Event:
    """The event that `to_plain` wrote; KeyError for a kind that this release does not know."""
    kind = _KINDS[plain["e"]]
    parts: dict[str, Any] = {}
    for name in _FIELDS[kind]:
        value = plain[name]
        if name in _INSTANTS[kind]:
            value = instant_of(value) if value else None
        elif name in {"doer", "proposer"}:
            value = Doer(*value)
        elif name == "inputs":
            value = MappingProxyType({key: _value(part) for key, part in value.items()})
        parts[name] = _value(value)
    made: Event = kind(**parts)
    return made
