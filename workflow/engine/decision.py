"""What the engine answers: the events that follow, or every reason why not."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from workflow.engine.definition import Definition, Label
from workflow.engine.effects import Consequence
from workflow.engine.events import Event
from workflow.values import Frozen


class Kind(StrEnum):
    """Why a refusal is one: each shell maps the kind to its own code in one table (`web.problems`)."""

    STATE = "state"
    AUTHORITY = "authority"
    INPUT = "input"
    PRECONDITION = "precondition"


class Reason(Frozen):
    """A stable `code` with parameters; `sentence` is the definition's own `else`, where the rule came from a file.

    `of` is set where another item refused, whose code is the parameter `item`: moves, states and fields are then its own.
    """

    code: str
    kind: Kind
    params: Mapping[str, str] = MappingProxyType({})
    sentence: Label | None = None
    of: Definition | None = None


class Accepted(Frozen):
    """`role` is the word of `by` under which the actor acted, `delegation` the power he used, if any.

    `consequences` are asked of other items in the same transaction; where one of them is refused, none of this is done.
    """

    events: tuple[Event, ...]
    conditions: tuple[tuple[int, bool], ...] = ()
    role: str = ""
    delegation: str | None = None
    consequences: tuple[Consequence, ...] = ()


class Rejected(Frozen):
    """Never empty. All reasons, in the order of the definition: authority before inputs before preconditions."""

    reasons: tuple[Reason, ...]
    conditions: tuple[tuple[int, bool], ...] = ()


Decision = Accepted | Rejected


class Offer(Frozen):
    """One move out of the present state, as it stands for one actor.

    `allowed` is true when nothing but its inputs is missing; `act` is "perform", "vote" (an open request waits for
    this actor), "amend" or "take_back"; `target` is None where the outcome depends on inputs not given yet;
    `acting_for` is the giver in whose name the act would be done.
    """

    move: str
    act: str
    allowed: bool
    reasons: tuple[Reason, ...] = ()
    target: str | None = None
    acting_for: str | None = None

    @property
    def refused_by_authority_alone(self) -> bool:
        return bool(self.reasons) and all(reason.kind is Kind.AUTHORITY for reason in self.reasons)
