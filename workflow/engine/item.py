"""Every fact of an item and of an actor that a rule may look at."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from workflow.engine.mandate import Mandate
from workflow.values import Frozen

Plain = str | int | bool | tuple[object, ...] | None
"""A field's value as it is stored, hashed and replayed.

Text, choice, person (id), unit (id) and units (`units_text`) are str; date is `YYYY-MM-DD`; instant is RFC 3339 UTC with
microseconds and `Z`; decimal is its str; attachments is a tuple of SHA-256 hex strings; figures is a tuple of plain mappings. No
floats.
"""

EMPTY: Mapping[str, Plain] = MappingProxyType({})


def units_of(text: str) -> tuple[str, ...]:
    """The ids in the text that a field of type units is stored as: parted by commas, or by blanks as people wrote them once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def units_text(units: Iterable[str]) -> str:
    return ", ".join(units)


class Delegation(Frozen):
    """A written power in force: the receiver may use the giver's `roles` within `workflows` and `areas` (empty: all).

    `giver_post` is the title of the giver's post, for the log.
    """

    id: str
    giver: str
    giver_unit: str | None
    roles: frozenset[str]
    giver_areas: frozenset[str] = frozenset()
    kind: str = "KT."
    workflows: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    giver_post: str = ""


class Actor(Frozen):
    """Who asks. `roles` are offices and posts; posts hold in `unit`; `areas` bounds a vice chairman (empty: none).

    `acting_for` names the giver of one of `delegations` when the act is done under it. `mandate` bounds what an auditor
    reads: without one in force nobody is an auditor.
    """

    id: str
    unit: str | None = None
    roles: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    post: str = ""
    delegations: tuple[Delegation, ...] = ()
    acting_for: str | None = None
    mandate: Mandate | None = None


SYSTEM_ACTOR = Actor(id="system", roles=frozenset({"system"}))


class Doer(Frozen):
    """Who performed a move last; a substitute and the one he stands for count as both people in every four-eyes rule."""

    person: str
    unit: str | None
    acting_for: str | None = None

    @property
    def people(self) -> frozenset[str]:
        return frozenset({self.person, self.acting_for} - {None})  # type: ignore[arg-type]


class Recorded(Frozen):
    """A value copied into an episode: what, by whom, when (UTC)."""

    value: Plain
    by: str
    at: datetime


class Episode(Frozen):
    """One stretch of lateness. `effective_at` is the deadline that passed, `recorded_at` when it was noticed (both UTC)."""

    n: int
    effective_at: datetime
    recorded_at: datetime
    unit: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    record: Mapping[str, Recorded] = MappingProxyType({})


class Ballot(Frozen):
    """One person's standing vote on a step of an open request."""

    step: str
    doer: Doer
    at: datetime


class Request(Frozen):
    """A gate that somebody proposed to open and that is still undecided."""

    move: str
    proposer: Doer
    at: datetime
    inputs: Mapping[str, Plain]
    votes: tuple[Ballot, ...] = ()


class Paused(Frozen):
    """A deadline whose clock stands: `bound` is where it stood when that began."""

    bound: datetime
    since: datetime


class Heard(Frozen):
    """How far a timer has run in the present state: its `n`-th falling due was acted upon at `at`, and all before it."""

    n: int
    at: datetime


class Item(Frozen):
    """One task, report or other thing under a definition. `revision` counts the commands that changed it, from 1.

    `due` holds the effective bound of each deadline that has one: the first instant that is too late (UTC). One whose
    clock stands is not there but in `paused`. `heard` belongs to the present state alone. What the clock tells people
    is no revision: nobody's form grows old by a reminder.
    """

    id: str
    code: str
    workflow: str
    version: int
    fingerprint: str
    revision: int
    state: str
    unit: str
    created_by: str
    created_at: datetime
    entered_at: datetime
    fields: Mapping[str, Plain] = EMPTY
    due: Mapping[str, datetime] = MappingProxyType({})
    last: Mapping[str, Doer] = MappingProxyType({})
    visited: tuple[str, ...] = ()
    episodes: tuple[Episode, ...] = ()
    requests: tuple[Request, ...] = ()
    parent: str | None = None
    open_children: int = 0
    paused: Mapping[str, Paused] = MappingProxyType({})
    heard: Mapping[str, Heard] = MappingProxyType({})

    @property
    def due_at(self) -> datetime | None:
        return self.due.get("main")

    def request(self, move: str) -> Request | None:
        return next((request for request in self.requests if request.move == move), None)
