"""The audit core: what an entry is, how it is spelt, chained and checked. Pure: no clock, no database."""

from workflow.audit.chain import ZERO
from workflow.audit.entry import (
    ERASED,
    REFUSALS,
    RESERVED,
    SYSTEM_MARK,
    ActorMark,
    Entry,
    Head,
    Private,
    compose,
    item_stream,
    open_events,
    opens,
    refusal_stream,
)
from workflow.audit.heads import HeadFault
from workflow.audit.verify import Fault, Verification, walk

__all__ = [
    "ERASED",
    "REFUSALS",
    "RESERVED",
    "SYSTEM_MARK",
    "ZERO",
    "ActorMark",
    "Entry",
    "Fault",
    "Head",
    "HeadFault",
    "Private",
    "Verification",
    "compose",
    "item_stream",
    "open_events",
    "opens",
    "refusal_stream",
    "walk",
]
