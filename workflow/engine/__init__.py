"""The workflow core: pure values in, pure values out. Read this list first; `decide` is the one function that rules."""

from workflow.engine.apply import fold, replay
from workflow.engine.circumstances import Circumstances, Directory, NobodyElse
from workflow.engine.commands import Choice, Command, CreateItem, Perform, TakeBack, Vote
from workflow.engine.decide import decide, list_moves, offers_to
from workflow.engine.decision import Accepted, Decision, Kind, Offer, Reason, Rejected
from workflow.engine.definition import Definition, Label
from workflow.engine.facts import RowFacts, row_facts
from workflow.engine.item import SYSTEM_ACTOR, Actor, Delegation, Item
from workflow.engine.react import Outgoing, react

__all__ = [
    "SYSTEM_ACTOR",
    "Accepted",
    "Actor",
    "Choice",
    "Circumstances",
    "Command",
    "CreateItem",
    "Decision",
    "Definition",
    "Delegation",
    "Directory",
    "Item",
    "Kind",
    "Label",
    "NobodyElse",
    "Offer",
    "Outgoing",
    "Perform",
    "Reason",
    "Rejected",
    "RowFacts",
    "TakeBack",
    "Vote",
    "decide",
    "fold",
    "list_moves",
    "offers_to",
    "react",
    "replay",
    "row_facts",
]
