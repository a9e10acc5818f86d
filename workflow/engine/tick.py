"""What the clock does with one item: the next thing that fell due, decided on the same road as everything else."""

from workflow.engine.circumstances import Circumstances
from workflow.engine.commands import Perform
from workflow.engine.deadlines import Due, passed_by
from workflow.engine.decide import decide
from workflow.engine.decision import Accepted, Decision
from workflow.engine.definition import SYSTEM, Definition
from workflow.engine.events import TimerFired
from workflow.engine.item import SYSTEM_ACTOR, Item
from workflow.values import replace


def tick(definition: Definition, item: Item, due: Due, circumstances: Circumstances) -> Decision:
    """What follows when the clock acts on `due`, however late. A reminder is never refused; repeats that were missed are one."""
    last = due.n if due.timer.fire else passed_by(definition, item, due, circumstances)
    fired = TimerFired(due.timer.name, last, last - due.n, due.at, circumstances.now)
    if due.timer.fire is None:
        return Accepted((fired,), role=SYSTEM)
    command = Perform(SYSTEM_ACTOR, due.timer.fire, effective_at=due.at)
    decision = decide(definition, item, command, circumstances)
    if isinstance(decision, Accepted):
        # Before the move: entering another state forgets what the clock told in this one.
        return replace(decision, events=(fired, *decision.events))
    return decision
