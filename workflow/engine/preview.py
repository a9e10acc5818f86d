"""What an act would lead to, told before it is done: `decide` and `fold` on a draft, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from workflow.engine.apply import fold
from workflow.engine.circumstances import Circumstances
from workflow.engine.commands import Command, CreateItem, Perform
from workflow.engine.deadlines import Due, pending
from workflow.engine.decide import decide, drafted
from workflow.engine.decision import Accepted, Kind, Reason, Rejected
from workflow.engine.definition import Definition, Notify, Who
from workflow.engine.effects import Consequence, SpawnChild
from workflow.engine.events import DueSet, Event, RequestOpened, Transitioned
from workflow.engine.item import Item
from workflow.engine.parties import Party, parties, waited_for


@dataclass(frozen=True, slots=True)
class Preview:
    """How the item would stand after the act.

    `state` is None where it hangs on inputs still to come; then the rest tells nothing but `told`. `missing` holds what the
    act still asks for. `due` is every deadline as it would stand, `dues` those that change. `timers` fire a move by
    themselves, `reminders` only tell somebody, the nearest of each first. `proposal` is true where the act only opens a
    request, `opens` names items to be made.
    """

    state: str | None
    waits: tuple[Party, ...] = ()
    due: tuple[tuple[str, datetime], ...] = ()
    dues: tuple[DueSet, ...] = ()
    timers: tuple[Due, ...] = ()
    reminders: tuple[Due, ...] = ()
    told: tuple[Party, ...] = ()
    opens: tuple[str, ...] = ()
    proposal: bool = False
    missing: tuple[Reason, ...] = ()


def preview(definition: Definition, item: Item, command: Command, circumstances: Circumstances) -> Preview | Rejected:
    """What `command` would lead to; Rejected where more than inputs still to come stands against it.

    KeyError for a move the definition does not know.
    """
    if isinstance(command, CreateItem):
        raise TypeError("an item that does not exist has no state to move on from")
    decision = decide(definition, item, command, circumstances)
    if isinstance(decision, Accepted):
        return _shown(definition, item, decision.events, circumstances, decision.consequences)
    if not isinstance(command, Perform) or any(reason.code != "input_missing" for reason in decision.reasons):
        return decision
    return _incomplete(definition, item, command, decision, circumstances)


def _incomplete(
    definition: Definition, item: Item, command: Perform, decision: Rejected, circumstances: Circumstances
) -> Preview:
    missing = tuple(reason for reason in decision.reasons if reason.kind is Kind.INPUT)
    events = drafted(definition, item, command, circumstances)
    if events is None:
        told = _told_by_move(definition, command.move)
        return Preview(None, told=parties(told, item, circumstances), missing=missing)
    return _shown(definition, item, events, circumstances, missing=missing)


def _shown(
    definition: Definition,
    item: Item,
    events: tuple[Event, ...],
    circumstances: Circumstances,
    consequences: tuple[Consequence, ...] = (),
    missing: tuple[Reason, ...] = (),
) -> Preview:
    after = fold(item, events)
    ahead = [due for due in pending(definition, after, circumstances) if due.at > circumstances.now]
    return Preview(
        state=after.state,
        waits=waited_for(definition, after, circumstances),
        due=tuple(sorted(after.due.items(), key=lambda one: (one[1], one[0]))),
        dues=tuple(event for event in events if isinstance(event, DueSet)),
        timers=tuple(due for due in ahead if due.timer.fire),
        reminders=tuple(due for due in ahead if not due.timer.fire),
        told=_told(definition, after, events, circumstances),
        opens=tuple(asked.workflow for asked in consequences if isinstance(asked, SpawnChild)),
        proposal=any(isinstance(event, RequestOpened) for event in events),
        missing=missing,
    )


def _told(
    definition: Definition, after: Item, events: tuple[Event, ...], circumstances: Circumstances
) -> tuple[Party, ...]:
    """Whoever `react` sends a notice to: whom the move names, or of a proposal those who must decide first."""
    words: list[Who] = []
    for event in events:
        if isinstance(event, Transitioned):
            words.extend(_told_by_move(definition, event.move))
        elif isinstance(event, RequestOpened):
            gate = definition.transitions[event.move].gate
            words.extend(gate.steps[0].by if gate else ())
    return parties(dict.fromkeys(words), after, circumstances)


def _told_by_move(definition: Definition, move: str) -> tuple[Who, ...]:
    after = definition.transitions[move].after
    return tuple(dict.fromkeys(who for follow in after if isinstance(follow, Notify) for who in follow.roles))
