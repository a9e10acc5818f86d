"""What may be asked of the engine, as values. Every shell builds these; nothing else changes an item."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from workflow.engine.item import EMPTY, Actor, Plain
from workflow.values import Frozen


class CreateItem(Frozen):
    """Ask for a new item; `item_id` and `code` are given by the caller because chance and counters are outside the core."""

    actor: Actor
    item_id: str
    code: str
    unit: str
    fields: Mapping[str, Plain] = EMPTY
    parent: str | None = None
    parent_workflow: str | None = None


class Perform(Frozen):
    """Ask for a move (on a gated one: propose it, or amend the open proposal).

    `effective_at` is for the clock: the instant a timer was due, when it is swept later.
    """

    actor: Actor
    move: str
    inputs: Mapping[str, Plain] = EMPTY
    comment: str | None = None
    effective_at: datetime | None = None


class Choice(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class Vote(Frozen):
    """Ask to approve or reject an open request, or to take one's standing vote back."""

    actor: Actor
    move: str
    vote: Choice
    comment: str | None = None


class TakeBack(Frozen):
    """Ask to withdraw one's own open request."""

    actor: Actor
    move: str
    comment: str | None = None


Command = CreateItem | Perform | Vote | TakeBack
